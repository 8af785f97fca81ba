//! Dates and times as text, in the four styles of `DateStyle`.

use super::calendar::{self, CivilDate, CivilTime};
use super::{
    DATE_INFINITY, DATE_NEG_INFINITY, TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY, TimeTz, abbreviation_at,
    offset_at,
};
use crate::format::{DateOrder, DateOutput, DateStyle, Format};

pub(crate) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
pub(crate) const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Appends a `date`.
pub fn write_date(date: i32, format: &Format, out: &mut Vec<u8>) {
    match date {
        DATE_INFINITY => out.extend_from_slice(b"infinity"),
        DATE_NEG_INFINITY => out.extend_from_slice(b"-infinity"),
        _ => {
            let date = CivilDate::from_days(i64::from(date));
            write_civil_date(date, format.date_style, out);
            write_era(date, out);
        }
    }
}

/// Appends a `timestamp`.
pub fn write_timestamp(timestamp: i64, format: &Format, out: &mut Vec<u8>) {
    if !write_infinity(timestamp, out) {
        write_moment(timestamp, None, format, out);
    }
}

/// Appends a `timestamptz` in the session's zone.
pub fn write_timestamptz(timestamp: i64, format: &Format, out: &mut Vec<u8>) {
    if !write_infinity(timestamp, out) {
        let offset = offset_at(&format.time_zone, timestamp);
        let local = timestamp + i64::from(offset) * super::SECOND;
        let zone = match format.date_style.style {
            DateOutput::Iso => Zone::Offset(offset),
            _ => Zone::Name(abbreviation_at(&format.time_zone, timestamp)),
        };
        write_moment(local, Some(zone), format, out);
    }
}

/// Appends a `time`.
pub fn write_time(us: i64, out: &mut Vec<u8>) {
    write_civil_time(CivilTime::from_us(us), out);
}

/// Appends a `timetz`.
pub fn write_timetz(time: TimeTz, out: &mut Vec<u8>) {
    write_time(time.us, out);
    write_offset(-time.zone, out);
}

enum Zone {
    /// Seconds east.
    Offset(i32),
    Name(String),
}

fn write_infinity(timestamp: i64, out: &mut Vec<u8>) -> bool {
    match timestamp {
        TIMESTAMP_INFINITY => out.extend_from_slice(b"infinity"),
        TIMESTAMP_NEG_INFINITY => out.extend_from_slice(b"-infinity"),
        _ => return false,
    }
    true
}

fn write_moment(local: i64, zone: Option<Zone>, format: &Format, out: &mut Vec<u8>) {
    let (date, time) = calendar::split(local);
    if format.date_style.style == DateOutput::Postgres {
        let weekday = calendar::weekday(date.days()) as usize;
        let month = MONTHS[date.month as usize - 1];
        let day_first = format.date_style.order == DateOrder::Dmy;
        out.extend_from_slice(DAYS[weekday].as_bytes());
        out.push(b' ');
        if day_first {
            write_two(date.day, out);
            out.push(b' ');
            out.extend_from_slice(month.as_bytes());
        } else {
            out.extend_from_slice(month.as_bytes());
            out.push(b' ');
            write_two(date.day, out);
        }
        out.push(b' ');
        write_civil_time(time, out);
        out.push(b' ');
        write_year(date, out);
    } else {
        write_civil_date(date, format.date_style, out);
        out.push(b' ');
        write_civil_time(time, out);
    }
    match zone {
        Some(Zone::Offset(offset)) => write_offset(offset, out),
        Some(Zone::Name(name)) => {
            out.push(b' ');
            out.extend_from_slice(name.as_bytes());
        }
        None => {}
    }
    write_era(date, out);
}

fn write_civil_date(date: CivilDate, style: DateStyle, out: &mut Vec<u8>) {
    let (separator, year_first) = match style.style {
        DateOutput::Iso => (b'-', true),
        DateOutput::Sql => (b'/', false),
        DateOutput::German => (b'.', false),
        DateOutput::Postgres => (b'-', false),
    };
    if year_first {
        write_year(date, out);
        out.push(separator);
        write_two(date.month, out);
        out.push(separator);
        write_two(date.day, out);
        return;
    }
    let day_first = style.style == DateOutput::German || style.order == DateOrder::Dmy;
    let (first, second) = if day_first { (date.day, date.month) } else { (date.month, date.day) };
    write_two(first, out);
    out.push(separator);
    write_two(second, out);
    out.push(separator);
    write_year(date, out);
}

fn write_year(date: CivilDate, out: &mut Vec<u8>) {
    let (year, _) = date.era_year();
    if year < 10_000 {
        write_two(year as u32 / 100, out);
        write_two(year as u32 % 100, out);
    } else {
        out.extend_from_slice(year.to_string().as_bytes());
    }
}

fn write_era(date: CivilDate, out: &mut Vec<u8>) {
    if date.era_year().1 {
        out.extend_from_slice(b" BC");
    }
}

fn write_civil_time(time: CivilTime, out: &mut Vec<u8>) {
    write_two(time.hour, out);
    out.push(b':');
    write_two(time.minute, out);
    out.push(b':');
    write_two(time.second, out);
    write_fraction(time.us, out);
}

/// Appends `.123` for 123000 microseconds, nothing for none.
pub(crate) fn write_fraction(us: u32, out: &mut Vec<u8>) {
    if us == 0 {
        return;
    }
    out.push(b'.');
    let (mut rest, mut unit) = (us, 100_000);
    while rest > 0 {
        out.push(b'0' + (rest / unit) as u8);
        rest %= unit;
        unit /= 10;
    }
}

/// Appends `+02`, `-03:30`, for seconds east.
pub(crate) fn write_offset(east: i32, out: &mut Vec<u8>) {
    out.push(if east < 0 { b'-' } else { b'+' });
    let seconds = east.unsigned_abs();
    write_two(seconds / 3600, out);
    if !seconds.is_multiple_of(3600) {
        out.push(b':');
        write_two(seconds / 60 % 60, out);
    }
    if !seconds.is_multiple_of(60) {
        out.push(b':');
        write_two(seconds % 60, out);
    }
}

/// Appends at least two digits.
pub(crate) fn write_two(n: u32, out: &mut Vec<u8>) {
    if n < 100 {
        out.extend_from_slice(&[b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]);
    } else {
        out.extend_from_slice(n.to_string().as_bytes());
    }
}
