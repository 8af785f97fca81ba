//! Reading a date or time by template.

use super::moments::in_range;
use super::template_parse::{Field, Piece, Template};
use super::template_write::{DAYS, MONTHS, ROMAN};
use crate::error::{Result, SqlError};
use strata_types::datetime::calendar::{CivilDate, JULIAN_OF_EPOCH, days_in_month, join, weekday};
use strata_types::datetime::{HOUR, MINUTE, SECOND};
use strata_types::sqlstate;

/// A local time, and the offset that the text told.
pub(super) struct ReadTimestamp {
    pub(super) local: i64,
    /// Seconds east of UTC.
    pub(super) zone: Option<i32>,
}

/// What has been read so far.
#[derive(Default)]
struct Found {
    year: Option<i32>,
    iso_year: Option<i32>,
    century: Option<i32>,
    bc: bool,
    month: Option<i32>,
    day: Option<i32>,
    day_of_year: Option<i32>,
    week: Option<i32>,
    week_of_month: Option<i32>,
    iso_week: Option<i32>,
    /// 1 for Monday.
    iso_day: Option<i32>,
    julian: Option<i64>,
    hour: i64,
    half_day: bool,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    us: i64,
    seconds_of_day: Option<i64>,
    zone_sign: i32,
    zone_hour: Option<i32>,
    zone_minute: i32,
}

fn invalid(message: String) -> SqlError {
    SqlError::new(sqlstate::INVALID_DATETIME_FORMAT, message)
}

fn out_of_range(text: &str) -> SqlError {
    SqlError::new(
        sqlstate::DATETIME_FIELD_OVERFLOW,
        format!("date/time field value out of range: \"{text}\""),
    )
}

/// `to_date`
pub(super) fn date(text: &str, template: &str) -> Result<i32> {
    let found = read(text, template)?;
    let days = found.days(text)?;
    i32::try_from(days).map_err(|_| out_of_range(text))
}

/// `to_timestamp`
pub(super) fn timestamp(text: &str, template: &str) -> Result<ReadTimestamp> {
    let found = read(text, template)?;
    let local = in_range(join(found.days(text)?, found.time_of_day(text)?))?;
    let zone = found
        .zone_hour
        .map(|hour| found.zone_sign.signum() * (hour * 3600 + found.zone_minute * 60))
        .or((found.zone_minute != 0).then_some(found.zone_sign.signum() * found.zone_minute * 60));
    Ok(ReadTimestamp { local, zone })
}

fn read(text: &str, template: &str) -> Result<Found> {
    let pieces = Template::parse(template).0;
    let mut found = Found { zone_sign: 1, ..Found::default() };
    let mut reader = Reader { rest: text, exact: false };
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Exact => reader.exact = true,
            Piece::Literal { text, quoted } => reader.literal(text, *quoted),
            Piece::Field { field, fill, suffix, .. } => {
                if !reader.exact {
                    reader.rest = reader.rest.trim_start();
                }
                if reader.rest.is_empty() {
                    break;
                }
                // A number that is followed by no separator takes as many digits as its field has.
                let glued = matches!(pieces.get(index + 1), Some(Piece::Field { .. }));
                reader.field(*field, glued || (reader.exact && *fill), &mut found)?;
                if suffix.is_some() {
                    reader.rest = reader.rest.get(2..).unwrap_or_default();
                }
            }
        }
    }
    Ok(found)
}

struct Reader<'a> {
    rest: &'a str,
    exact: bool,
}

impl Reader<'_> {
    /// A separator of the template stands for any separator or none; quoted text for as many characters.
    fn literal(&mut self, text: &str, quoted: bool) {
        let mut chars = self.rest.chars();
        let separator = |c: char| !c.is_alphanumeric();
        if quoted || self.exact || text.starts_with(char::is_alphanumeric) {
            for _ in text.chars() {
                chars.next();
            }
            self.rest = chars.as_str();
        } else if text.starts_with(char::is_whitespace) {
            self.rest = self.rest.trim_start();
        } else {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with(|c: char| separator(c) && c != '-' && c != '+')
                || self.rest.starts_with(text)
            {
                let mut chars = self.rest.chars();
                chars.next();
                self.rest = chars.as_str();
            } else if self.rest.starts_with('-') && text != "-" {
                self.rest = self.rest.get(1..).unwrap_or_default();
            }
        }
    }

    fn number(&mut self, what: &str, width: usize, fixed: bool) -> Result<i64> {
        let signed = self.rest.strip_prefix(['-', '+']).filter(|_| !fixed);
        let (negative, digits) = match signed {
            Some(after) => (self.rest.starts_with('-'), after),
            None => (false, self.rest),
        };
        let most = if fixed { width } else { 18 };
        let end = digits.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (number, rest) = digits.split_at(end);
        let value: i64 = number.parse().map_err(|_| {
            let shown: String = self.rest.chars().take(width).collect();
            invalid(format!("invalid value \"{shown}\" for \"{what}\"")).detail("Value must be an integer.")
        })?;
        self.rest = rest;
        Ok(if negative { -value } else { value })
    }

    fn small(&mut self, what: &str, width: usize, fixed: bool) -> Result<i32> {
        let number = self.number(what, width, fixed)?;
        i32::try_from(number).map_err(|_| {
            SqlError::new(
                sqlstate::DATETIME_FIELD_OVERFLOW,
                format!("value for \"{what}\" in source string is out of range"),
            )
        })
    }

    /// Which of several words comes next, by as many of its letters as `len` says.
    fn word(&mut self, what: &str, words: &[&str], len: Option<usize>) -> Result<usize> {
        let matching = |word: &&str| {
            let word = len.and_then(|len| word.get(..len)).unwrap_or(word);
            self.rest.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)).map(str::len)
        };
        let best = words.iter().enumerate().filter_map(|(at, word)| Some((at, matching(word)?)));
        match best.max_by_key(|(_, len)| *len) {
            Some((at, len)) => {
                self.rest = self.rest.get(len..).unwrap_or_default();
                Ok(at)
            }
            None => {
                let shown: String = self.rest.chars().take_while(|c| !c.is_whitespace()).collect();
                Err(invalid(format!("invalid value \"{shown}\" for \"{what}\""))
                    .detail("The given value did not match any of the allowed values for this field."))
            }
        }
    }

    fn field(&mut self, field: Field, fixed: bool, found: &mut Found) -> Result<()> {
        match field {
            Field::Year(4) => found.year = Some(self.small("YYYY", 4, fixed)?),
            Field::Year(digits) => {
                let before = self.rest.len();
                let year = self.small("YYY", digits as usize, fixed)?;
                found.year = Some(near_2020(year, before - self.rest.len()));
            }
            Field::YCommaYYY => {
                let thousands = self.small("Y,YYY", 1, false)?;
                self.literal(",", false);
                found.year = Some(thousands * 1000 + self.small("Y,YYY", 3, true)?);
            }
            Field::IYear(4) => found.iso_year = Some(self.small("IYYY", 4, fixed)?),
            Field::IYear(digits) => {
                let before = self.rest.len();
                let year = self.small("IYY", digits as usize, fixed)?;
                found.iso_year = Some(near_2020(year, before - self.rest.len()));
            }
            Field::CC => found.century = Some(self.small("CC", 2, fixed)?),
            Field::AD { dotted } => {
                let words = if dotted { ["A.D.", "B.C."] } else { ["AD", "BC"] };
                found.bc = self.word("AD", &words, None)? == 1;
            }
            Field::MM => found.month = Some(self.small("MM", 2, fixed)?),
            Field::MONTH => found.month = Some(self.word("MONTH", &MONTHS, None)? as i32 + 1),
            Field::MON => found.month = Some(self.word("MON", &MONTHS, Some(3))? as i32 + 1),
            Field::RM => found.month = Some(self.word("RM", &ROMAN, None)? as i32 + 1),
            Field::DD => found.day = Some(self.small("DD", 2, fixed)?),
            Field::DDD => found.day_of_year = Some(self.small("DDD", 3, fixed)?),
            Field::DAY => found.iso_day = Some(iso_day(self.word("DAY", &DAYS, None)? as i32)),
            Field::DY => found.iso_day = Some(iso_day(self.word("DY", &DAYS, Some(3))? as i32)),
            Field::D => found.iso_day = Some(iso_day(self.small("D", 1, fixed)? - 1)),
            Field::ID => found.iso_day = Some(self.small("ID", 1, fixed)?),
            Field::IDDD => found.day_of_year = Some(self.small("IDDD", 3, fixed)?),
            Field::WW => found.week = Some(self.small("WW", 2, fixed)?),
            Field::W => found.week_of_month = Some(self.small("W", 1, fixed)?),
            Field::IW => found.iso_week = Some(self.small("IW", 2, fixed)?),
            Field::J => found.julian = Some(self.number("J", 7, fixed)?),
            Field::Q => {
                self.small("Q", 1, fixed)?;
            }
            clock => self.clock(clock, fixed, found)?,
        }
        Ok(())
    }

    fn clock(&mut self, field: Field, fixed: bool, found: &mut Found) -> Result<()> {
        match field {
            Field::HH24 => found.hour = self.number("HH24", 2, fixed)?,
            Field::HH12 => {
                found.hour = self.number("HH12", 2, fixed)?;
                found.half_day = true;
            }
            Field::AM { dotted } => {
                let words = if dotted { ["A.M.", "P.M."] } else { ["AM", "PM"] };
                found.afternoon = Some(self.word("AM", &words, None)? == 1);
            }
            Field::MI => found.minute = self.number("MI", 2, fixed)?,
            Field::SS => found.second = self.number("SS", 2, fixed)?,
            Field::MS => found.us = self.fraction("MS", 3)?,
            Field::US => found.us = self.fraction("US", 6)?,
            Field::FF(digits) => found.us = self.fraction("FF", digits as usize)?,
            Field::SSSS => found.seconds_of_day = Some(self.number("SSSS", 5, fixed)?),
            Field::TZH => {
                found.zone_sign = if self.rest.starts_with('-') { -1 } else { 1 };
                self.rest = self.rest.trim_start_matches(['+', '-']);
                found.zone_hour = Some(self.small("TZH", 2, true)?);
            }
            Field::TZM => found.zone_minute = self.small("TZM", 2, true)?,
            Field::TZ | Field::OF => {
                return Err(SqlError::unsupported("reading a time zone's name in to_timestamp"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Digits after the point: `12` for `MS` is 120 milliseconds.
    fn fraction(&mut self, what: &str, width: usize) -> Result<i64> {
        let before = self.rest.len();
        let number = self.number(what, width, true)?;
        let digits = before - self.rest.len();
        Ok(number * 10_i64.pow(6_u32.saturating_sub(digits as u32)))
    }
}

/// 0 is Sunday; ISO counts it 7.
fn iso_day(sunday_first: i32) -> i32 {
    if sunday_first == 0 { 7 } else { sunday_first }
}

/// A year of fewer than four digits is the one nearest to 2020.
fn near_2020(year: i32, digits: usize) -> i32 {
    match digits {
        0..=2 if year < 70 => year + 2000,
        0..=2 => year + 1900,
        3 if year < 520 => year + 2000,
        3 if year < 1000 => year + 1000,
        _ => year,
    }
}

impl Found {
    fn full_year(&self) -> i32 {
        let year = match (self.year, self.century) {
            (Some(year), Some(century)) if year < 100 => (century - 1) * 100 + year,
            (Some(year), _) => year,
            (None, Some(century)) => (century - 1) * 100 + 1,
            (None, None) => self.iso_year.unwrap_or(0),
        };
        match (self.bc, year) {
            (true, year) => 1 - year,
            // Nothing said about the year: PostgreSQL's year 0 is 1 BC.
            (false, year) => year,
        }
    }

    /// Days since 2000-01-01.
    fn days(&self, text: &str) -> Result<i64> {
        if let Some(julian) = self.julian {
            return Ok(julian - JULIAN_OF_EPOCH);
        }
        let year = self.full_year();
        let first = CivilDate { year, month: 1, day: 1 }.days();
        if let Some(week) = self.iso_week {
            let jan4 = CivilDate { year: self.iso_year.unwrap_or(year), month: 1, day: 4 }.days();
            let monday = jan4 - i64::from((weekday(jan4) + 6) % 7);
            return Ok(monday + i64::from(week - 1) * 7 + i64::from(self.iso_day.unwrap_or(1) - 1));
        }
        if let Some(day) = self.day_of_year {
            if !(1..=366).contains(&day) {
                return Err(out_of_range(text));
            }
            return Ok(first + i64::from(day) - 1);
        }
        if let (Some(week), None) = (self.week, self.day) {
            return Ok(first + i64::from(week - 1) * 7);
        }
        let day = match (self.day, self.week_of_month) {
            (Some(day), _) => day,
            (None, Some(week)) => (week - 1) * 7 + 1,
            (None, None) => 1,
        };
        let month = u32::try_from(self.month.unwrap_or(1)).ok().filter(|month| (1..=12).contains(month));
        let month = month.ok_or_else(|| out_of_range(text))?;
        let day = u32::try_from(day).ok().filter(|day| (1..=days_in_month(year, month)).contains(day));
        Ok(CivilDate { year, month, day: day.ok_or_else(|| out_of_range(text))? }.days())
    }

    /// Microseconds since midnight.
    fn time_of_day(&self, text: &str) -> Result<i64> {
        if let Some(seconds) = self.seconds_of_day {
            return Ok(seconds * SECOND + self.us);
        }
        let mut hour = self.hour;
        if self.half_day || self.afternoon.is_some() {
            if !(1..=12).contains(&hour) {
                return Err(invalid(format!("hour \"{hour}\" is invalid for the 12-hour clock"))
                    .hint("Use the 24-hour clock, or give an hour between 1 and 12."));
            }
            hour = hour % 12 + if self.afternoon == Some(true) { 12 } else { 0 };
        }
        if !(0..24).contains(&hour) || !(0..60).contains(&self.minute) || !(0..60).contains(&self.second) {
            return Err(out_of_range(text));
        }
        Ok(hour * HOUR + self.minute * MINUTE + self.second * SECOND + self.us)
    }
}
