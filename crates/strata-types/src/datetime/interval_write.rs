//! Intervals as text, in the four styles of `IntervalStyle`.

use super::write::{write_fraction, write_two};
use super::{HOUR, Interval, MINUTE, SECOND};
use crate::format::{Format, IntervalStyle};
use std::io::Write;

/// An interval taken apart; the parts of each group share a sign.
struct Parts {
    years: i32,
    months: i32,
    days: i32,
    hours: i64,
    minutes: i64,
    seconds: i64,
    us: i64,
}

impl Parts {
    fn of(interval: Interval) -> Parts {
        Parts {
            years: interval.months / 12,
            months: interval.months % 12,
            days: interval.days,
            hours: interval.us / HOUR,
            minutes: interval.us / MINUTE % 60,
            seconds: interval.us / SECOND % 60,
            us: interval.us % SECOND,
        }
    }

    fn time_is_negative(&self) -> bool {
        self.hours < 0 || self.minutes < 0 || self.seconds < 0 || self.us < 0
    }

    fn time_is_zero(&self) -> bool {
        self.hours == 0 && self.minutes == 0 && self.seconds == 0 && self.us == 0
    }
}

/// Appends an `interval`.
pub fn write_interval(interval: Interval, format: &Format, out: &mut Vec<u8>) {
    let parts = Parts::of(interval);
    match format.interval_style {
        IntervalStyle::Postgres => write_postgres(&parts, out),
        IntervalStyle::PostgresVerbose => write_verbose(&parts, out),
        IntervalStyle::SqlStandard => write_sql_standard(&parts, out),
        IntervalStyle::Iso8601 => write_iso(&parts, out),
    }
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    assert!(written.is_ok(), "memory takes every byte");
}

/// Seconds with their fraction, without sign.
fn write_seconds(parts: &Parts, pad: bool, out: &mut Vec<u8>) {
    let seconds = parts.seconds.unsigned_abs() as u32;
    if pad {
        write_two(seconds, out);
    } else {
        put(out, format_args!("{seconds}"));
    }
    write_fraction(parts.us.unsigned_abs() as u32, out);
}

/// `1 year 2 mons -3 days +04:05:06`
fn write_postgres(parts: &Parts, out: &mut Vec<u8>) {
    let (mut empty, mut after_negative) = (true, false);
    for (value, unit) in [(parts.years, "year"), (parts.months, "mon"), (parts.days, "day")] {
        if value == 0 {
            continue;
        }
        let space = if empty { "" } else { " " };
        let plus = if after_negative && value > 0 { "+" } else { "" };
        let plural = if value == 1 { "" } else { "s" };
        put(out, format_args!("{space}{plus}{value} {unit}{plural}"));
        (empty, after_negative) = (false, value < 0);
    }
    if !empty && parts.time_is_zero() {
        return;
    }
    if !empty {
        out.push(b' ');
    }
    match (parts.time_is_negative(), after_negative) {
        (true, _) => out.push(b'-'),
        (false, true) => out.push(b'+'),
        (false, false) => {}
    }
    write_clock(parts, true, out);
}

fn write_clock(parts: &Parts, pad_hours: bool, out: &mut Vec<u8>) {
    let hours = parts.hours.unsigned_abs();
    match pad_hours {
        true => put(out, format_args!("{hours:02}:")),
        false => put(out, format_args!("{hours}:")),
    }
    write_two(parts.minutes.unsigned_abs() as u32, out);
    out.push(b':');
    write_seconds(parts, true, out);
}

/// `@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs ago`: the first part decides about `ago`.
fn write_verbose(parts: &Parts, out: &mut Vec<u8>) {
    out.push(b'@');
    let (mut empty, mut ago) = (true, false);
    let units = [
        (i64::from(parts.years), "year"),
        (i64::from(parts.months), "mon"),
        (i64::from(parts.days), "day"),
        (parts.hours, "hour"),
        (parts.minutes, "min"),
    ];
    for (value, unit) in units {
        if value == 0 {
            continue;
        }
        if empty {
            ago = value < 0;
        }
        let shown = if ago { -value } else { value };
        let plural = if shown == 1 { "" } else { "s" };
        put(out, format_args!(" {shown} {unit}{plural}"));
        empty = false;
    }
    if parts.seconds != 0 || parts.us != 0 {
        let negative = parts.seconds < 0 || parts.us < 0;
        out.push(b' ');
        if empty {
            ago = negative;
        } else if negative != ago {
            out.push(b'-');
        }
        write_seconds(parts, false, out);
        let one = parts.seconds.abs() == 1 && parts.us == 0;
        out.extend_from_slice(if one { b" sec" } else { b" secs" });
        empty = false;
    }
    if empty {
        out.extend_from_slice(b" 0");
    }
    if ago {
        out.extend_from_slice(b" ago");
    }
}

/// `1-2`, `3 4:05:06`, or `+1-2 -3 +4:05:06` when signs or kinds mix.
fn write_sql_standard(parts: &Parts, out: &mut Vec<u8>) {
    let negative = parts.years < 0 || parts.months < 0 || parts.days < 0 || parts.time_is_negative();
    let positive = parts.years > 0
        || parts.months > 0
        || parts.days > 0
        || (!parts.time_is_zero() && !parts.time_is_negative());
    let has_year_month = parts.years != 0 || parts.months != 0;
    let has_time = !parts.time_is_zero();
    let has_day_time = parts.days != 0 || has_time;
    let sign = |negative| if negative { '-' } else { '+' };
    if !has_year_month && !has_day_time {
        out.push(b'0');
    } else if (negative && positive) || (has_year_month && has_day_time) {
        let year_sign = sign(parts.years < 0 || parts.months < 0);
        put(out, format_args!("{year_sign}{}-{} ", parts.years.abs(), parts.months.abs()));
        put(out, format_args!("{}{} ", sign(parts.days < 0), parts.days.unsigned_abs()));
        put(out, format_args!("{}", sign(parts.time_is_negative())));
        write_clock(parts, false, out);
    } else {
        if negative {
            out.push(b'-');
        }
        if has_year_month {
            put(out, format_args!("{}-{}", parts.years.abs(), parts.months.abs()));
        } else if parts.days != 0 {
            put(out, format_args!("{} ", parts.days.unsigned_abs()));
            write_clock(parts, false, out);
        } else {
            write_clock(parts, false, out);
        }
    }
}

/// `P1Y2M3DT4H5M6S`
fn write_iso(parts: &Parts, out: &mut Vec<u8>) {
    if parts.years == 0 && parts.months == 0 && parts.days == 0 && parts.time_is_zero() {
        out.extend_from_slice(b"PT0S");
        return;
    }
    let unit = |value: i64, letter: char, out: &mut Vec<u8>| {
        if value != 0 {
            put(out, format_args!("{value}{letter}"));
        }
    };
    out.push(b'P');
    unit(parts.years.into(), 'Y', out);
    unit(parts.months.into(), 'M', out);
    unit(parts.days.into(), 'D', out);
    if parts.time_is_zero() {
        return;
    }
    out.push(b'T');
    unit(parts.hours, 'H', out);
    unit(parts.minutes, 'M', out);
    if parts.seconds != 0 || parts.us != 0 {
        if parts.seconds < 0 || parts.us < 0 {
            out.push(b'-');
        }
        write_seconds(parts, false, out);
        out.push(b'S');
    }
}
