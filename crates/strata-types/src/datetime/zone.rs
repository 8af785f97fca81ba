//! Time zones: names of the IANA database (bundled, so that every world agrees), abbreviations, and plain offsets.

use super::{DAY, SECOND};
use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, civil};

/// Microseconds from 1970-01-01 to 2000-01-01.
const EPOCH_SHIFT: i64 = 10_957 * DAY;
/// The Gregorian calendar, and with it every rule of daylight saving, repeats after this many days.
const CYCLE: i64 = 146_097 * DAY;
/// Beyond these moments (years 1 and 9000) a zone is asked for the moment one or more cycles nearer.
const NEAR: std::ops::Range<i64> = -730_000 * DAY..2_556_000 * DAY;
/// Offsets must stay within this many seconds of UTC: 15:59:59.
pub(crate) const OFFSET_MAX: i32 = 16 * 3600 - 1;

/// The zone that a `TimeZone` setting names (`Europe/Berlin`, `utc`, `EST`, `+02:00`, `5.5`, POSIX
/// `EST5EDT`), and the name to show for it.
pub fn zone(name: &str) -> Option<(TimeZone, String)> {
    let name = name.trim();
    if let Ok(hours) = name.parse::<f64>() {
        return numeric_zone(hours);
    }
    if let Some(seconds) = parse_offset(name) {
        // An offset in a setting is POSIX: positive is west of Greenwich.
        let zone = TimeZone::fixed(tz::Offset::from_seconds(-seconds).ok()?);
        return Some((zone, name.to_owned()));
    }
    named_zone(name)
}

/// A zone of the database by name, case aside, or a POSIX rule.
pub(crate) fn named_zone(name: &str) -> Option<(TimeZone, String)> {
    if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("z") {
        return Some((TimeZone::UTC, name.to_uppercase()));
    }
    if let Ok(zone) = tz::db().get(name) {
        let shown = zone.iana_name().unwrap_or(name).to_owned();
        return Some((zone, shown));
    }
    if name.bytes().any(|byte| byte.is_ascii_digit()) {
        let zone = TimeZone::posix(name).ok()?;
        return Some((zone, name.to_owned()));
    }
    None
}

/// `SET TIME ZONE -7`: hours east, shown as PostgreSQL shows it: `<-07>+07`.
/// The names of the zones of the database, sorted.
pub fn zone_names() -> Vec<String> {
    let mut names: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
    names.sort_unstable();
    names
}

fn numeric_zone(hours: f64) -> Option<(TimeZone, String)> {
    let seconds = (hours * 3600.0).round();
    if !seconds.is_finite() || seconds.abs() > f64::from(OFFSET_MAX) {
        return None;
    }
    let seconds = seconds as i32;
    let zone = TimeZone::fixed(tz::Offset::from_seconds(seconds).ok()?);
    let shown = |sign: char| {
        let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
        let minutes = if minutes == 0 { String::new() } else { format!(":{minutes:02}") };
        format!("{sign}{hours:02}{minutes}")
    };
    let (east, west) = if seconds < 0 { ('-', '+') } else { ('+', '-') };
    Some((zone, format!("<{}>{}", shown(east), shown(west))))
}

/// An offset with sign: `+2`, `-0330`, `+05:30`, `-7:52:58`. Seconds, in the sign as written.
pub(crate) fn parse_offset(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let body = &text[1..];
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty();
    let parts: Vec<&str> = body.split(':').collect();
    if !parts.iter().all(|part| digits(part)) {
        return None;
    }
    let number = |part: &str| part.parse::<i32>().ok();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [all] if all.len() <= 2 => (number(all)?, 0, 0),
        [all] if all.len() <= 4 => (number(&all[..all.len() - 2])?, number(&all[all.len() - 2..])?, 0),
        [all] if all.len() <= 6 => {
            let (head, tail) = all.split_at(all.len() - 4);
            (number(head)?, number(&tail[..2])?, number(&tail[2..])?)
        }
        [hours, minutes] => (number(hours)?, number(minutes)?, 0),
        [hours, minutes, seconds] => (number(hours)?, number(minutes)?, number(seconds)?),
        _ => return None,
    };
    if hours > 15 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// Seconds east of UTC in `zone` at a moment (microseconds since 2000-01-01 UTC), and whether daylight
/// saving is on, with the zone's abbreviation then.
pub fn offset_at(zone: &TimeZone, utc: i64) -> i32 {
    if zone == &TimeZone::UTC {
        return 0;
    }
    zone.to_offset(moment(near(utc).0)).seconds()
}

/// Whether daylight saving is on in `zone` at a moment.
pub fn is_daylight_saving_at(zone: &TimeZone, utc: i64) -> bool {
    zone.to_offset_info(moment(near(utc).0)).dst().is_dst()
}

/// The abbreviation of `zone` at a moment: `CEST`, `+03`.
pub fn abbreviation_at(zone: &TimeZone, utc: i64) -> String {
    zone.to_offset_info(moment(near(utc).0)).abbreviation().to_owned()
}

/// Seconds east of UTC for a local time in `zone`. A time that daylight saving skips is read with the
/// offset before the gap, and one that comes twice is the standard-time one, as PostgreSQL has it.
pub fn offset_of_local(zone: &TimeZone, local: i64) -> i32 {
    use jiff::tz::AmbiguousOffset;
    if zone == &TimeZone::UTC {
        return 0;
    }
    match zone.to_ambiguous_timestamp(civil_time(near(local).0)).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.seconds(),
        AmbiguousOffset::Gap { before, .. } => before.seconds(),
        AmbiguousOffset::Fold { before, after } => before.seconds().min(after.seconds()),
    }
}

/// A local time in `zone` as a moment; infinities stay.
pub fn local_to_utc(zone: &TimeZone, local: i64) -> Option<i64> {
    if super::is_infinite(local) {
        return Some(local);
    }
    super::in_range(local.checked_sub(i64::from(offset_of_local(zone, local)) * SECOND)?)
}

/// A moment as local time in `zone`; infinities stay.
pub fn utc_to_local(zone: &TimeZone, utc: i64) -> Option<i64> {
    if super::is_infinite(utc) {
        return Some(utc);
    }
    super::in_range(utc.checked_add(i64::from(offset_at(zone, utc)) * SECOND)?)
}

/// Brings a time into the years that the zone database covers, by whole calendar cycles.
fn near(us: i64) -> (i64, i64) {
    let cycles = if us < NEAR.start {
        (us - NEAR.start).div_euclid(CYCLE)
    } else if us >= NEAR.end {
        (us - NEAR.end).div_euclid(CYCLE) + 1
    } else {
        0
    };
    (us - cycles * CYCLE, cycles)
}

fn moment(utc: i64) -> Timestamp {
    Timestamp::from_microsecond(utc + EPOCH_SHIFT).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn civil_time(local: i64) -> civil::DateTime {
    tz::Offset::UTC.to_datetime(moment(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_names_and_offsets() {
        let (berlin, shown) = zone("europe/berlin").unwrap();
        assert_eq!(shown, "Europe/Berlin");
        assert_eq!(offset_at(&berlin, 0), 3600);
        assert_eq!(abbreviation_at(&berlin, 0), "CET");
        assert_eq!(offset_at(&berlin, 200 * DAY), 7200);
        assert_eq!(offset_at(&berlin, 200 * DAY + 50 * CYCLE), 7200);
        assert_eq!(zone("-7").unwrap().1, "<-07>+07");
        assert_eq!(offset_at(&zone("-7").unwrap().0, 0), -7 * 3600);
        assert_eq!(offset_at(&zone("EST5EDT").unwrap().0, 0), -5 * 3600);
        assert!(zone("Mars/Phobos").is_none());
    }

    #[test]
    fn skipped_and_doubled_hours_follow_postgres() {
        let (york, _) = zone("America/New_York").unwrap();
        // 2021-03-14 02:30 does not exist; 2021-11-07 01:30 comes twice.
        let spring = 7_743 * DAY + 2 * super::super::HOUR + 30 * super::super::MINUTE;
        let autumn = 7_981 * DAY + super::super::HOUR + 30 * super::super::MINUTE;
        assert_eq!(offset_of_local(&york, spring), -5 * 3600);
        assert_eq!(offset_of_local(&york, autumn), -5 * 3600);
    }
}
