//! `date`, `timestamp`, `timestamptz`: arithmetic with days, intervals and each other.

use super::spans::negated;
use super::table::functions;
use super::typed::{Date, Time, Timestamp, TimestampTz};
use crate::error::{Result, SqlError};
use jiff::tz::TimeZone;
use strata_types::datetime::calendar::{CivilDate, days_in_month, join};
use strata_types::datetime::{
    self, DATE_INFINITY, DATE_MAX, DATE_MIN, DATE_NEG_INFINITY, DAY, TIMESTAMP_INFINITY,
    TIMESTAMP_NEG_INFINITY, is_infinite,
};
use strata_types::{Error, Interval, TimeTz, sqlstate};

functions! {
    1141 "date_pli"(DATE, INT4) -> DATE immutable strict
        = scalar(|d: Date, days: i32| add_days(d.0, i64::from(days)).map(Date)), "add",
        operator 1100 "+" commutator "+";
    2550 "integer_pl_date"(INT4, DATE) -> DATE immutable strict
        = scalar(|days: i32, d: Date| add_days(d.0, i64::from(days)).map(Date)), "add",
        operator 2555 "+" commutator "+";
    1142 "date_mii"(DATE, INT4) -> DATE immutable strict
        = scalar(|d: Date, days: i32| add_days(d.0, -i64::from(days)).map(Date)), "subtract",
        operator 1101 "-";
    1140 "date_mi"(DATE, DATE) -> INT4 immutable strict = scalar(|a: Date, b: Date| days_between(a.0, b.0)),
        "subtract",
        operator 1099 "-";
    2071 "date_pl_interval"(DATE, INTERVAL) -> TIMESTAMP immutable strict
        = scalar(|d: Date, by: Interval| midnight(d.0).and_then(|t| add(t, by)).map(Timestamp)), "add",
        operator 1076 "+" commutator "+";
    2072 "date_mi_interval"(DATE, INTERVAL) -> TIMESTAMP immutable strict
        = scalar(|d: Date, by: Interval| midnight(d.0).and_then(|t| add(t, negated(by)?)).map(Timestamp)),
        "subtract",
        operator 1077 "-";
    2546 "interval_pl_date"(INTERVAL, DATE) -> TIMESTAMP immutable strict
        = scalar(|by: Interval, d: Date| midnight(d.0).and_then(|t| add(t, by)).map(Timestamp)), "add",
        operator 2551 "+" commutator "+";
    1272 "datetime_pl"(DATE, TIME) -> TIMESTAMP immutable strict
        = scalar(|d: Date, t: Time| at(d, t).map(Timestamp)), "convert date and time to timestamp",
        operator 1360 "+" commutator "+";
    1296 "timedate_pl"(TIME, DATE) -> TIMESTAMP immutable strict
        = scalar(|t: Time, d: Date| at(d, t).map(Timestamp)), "convert time and date to timestamp",
        operator 1363 "+" commutator "+";
    1297 "datetimetz_pl"(DATE, TIMETZ) -> TIMESTAMPTZ immutable strict
        = scalar(|d: Date, t: TimeTz| at_zoned(d, t).map(TimestampTz)),
        "convert date and time with time zone to timestamp with time zone",
        operator 1361 "+" commutator "+";
    2032 "timestamp_pl_interval"(TIMESTAMP, INTERVAL) -> TIMESTAMP immutable strict
        = scalar(|t: Timestamp, by: Interval| add(t.0, by).map(Timestamp)), "add",
        operator 2066 "+" commutator "+";
    2033 "timestamp_mi_interval"(TIMESTAMP, INTERVAL) -> TIMESTAMP immutable strict
        = scalar(|t: Timestamp, by: Interval| negated(by).and_then(|by| add(t.0, by)).map(Timestamp)),
        "subtract",
        operator 2068 "-";
    2548 "interval_pl_timestamp"(INTERVAL, TIMESTAMP) -> TIMESTAMP immutable strict
        = scalar(|by: Interval, t: Timestamp| add(t.0, by).map(Timestamp)), "add",
        operator 2553 "+" commutator "+";
    2031 "timestamp_mi"(TIMESTAMP, TIMESTAMP) -> INTERVAL immutable strict
        = scalar(|a: Timestamp, b: Timestamp| between(a.0, b.0)), "subtract",
        operator 2067 "-";
    1189 "timestamptz_pl_interval"(TIMESTAMPTZ, INTERVAL) -> TIMESTAMPTZ stable strict
        = scalar(|call; t: TimestampTz, by: Interval| add_zoned(t.0, by, &call.format().time_zone).map(TimestampTz)),
        "add",
        operator 1327 "+" commutator "+";
    1190 "timestamptz_mi_interval"(TIMESTAMPTZ, INTERVAL) -> TIMESTAMPTZ stable strict
        = scalar(|call; t: TimestampTz, by: Interval| negated(by).and_then(|by| add_zoned(t.0, by, &call.format().time_zone)).map(TimestampTz)),
        "subtract",
        operator 1329 "-";
    2549 "interval_pl_timestamptz"(INTERVAL, TIMESTAMPTZ) -> TIMESTAMPTZ stable strict
        = scalar(|call; by: Interval, t: TimestampTz| add_zoned(t.0, by, &call.format().time_zone).map(TimestampTz)),
        "add",
        operator 2554 "+" commutator "+";
    1188 "timestamptz_mi"(TIMESTAMPTZ, TIMESTAMPTZ) -> INTERVAL immutable strict
        = scalar(|a: TimestampTz, b: TimestampTz| between(a.0, b.0)), "subtract",
        operator 1328 "-";
    2058 "age"(TIMESTAMP, TIMESTAMP) -> INTERVAL immutable strict
        = scalar(|a: Timestamp, b: Timestamp| age(a.0, b.0)), "date difference preserving months and years";
    2059 "age"(TIMESTAMP) -> INTERVAL stable strict
        = scalar(|call; b: Timestamp| today(call).and_then(|a| age(a, b.0))),
        "date difference from today preserving months and years";
    1199 "age"(TIMESTAMPTZ, TIMESTAMPTZ) -> INTERVAL immutable strict
        = scalar(|call; a: TimestampTz, b: TimestampTz| age_zoned(a.0, b.0, &call.format().time_zone)),
        "date difference preserving months and years";
    1386 "age"(TIMESTAMPTZ) -> INTERVAL stable strict
        = scalar(|call; b: TimestampTz| today(call).and_then(|a| age(a, local(b.0, &call.format().time_zone)?))),
        "date difference from today preserving months and years";
    1373 "isfinite"(DATE) -> BOOL immutable strict
        = scalar(|d: Date| d.0 != DATE_INFINITY && d.0 != DATE_NEG_INFINITY), "finite date?";
    2048 "isfinite"(TIMESTAMP) -> BOOL immutable strict = scalar(|t: Timestamp| !is_infinite(t.0)),
        "finite timestamp?";
    1389 "isfinite"(TIMESTAMPTZ) -> BOOL immutable strict = scalar(|t: TimestampTz| !is_infinite(t.0)),
        "finite timestamp?";
    2041 "overlaps"(TIMESTAMP, TIMESTAMP, TIMESTAMP, TIMESTAMP) -> BOOL immutable nullable
        = scalar(|a: Option<Timestamp>, b: Option<Timestamp>, c: Option<Timestamp>, d: Option<Timestamp>| overlap(a.map(|t| t.0), b.map(|t| t.0), c.map(|t| t.0), d.map(|t| t.0))),
        "intervals overlap?";
    1304 "overlaps"(TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ) -> BOOL immutable nullable
        = scalar(|a: Option<TimestampTz>, b: Option<TimestampTz>, c: Option<TimestampTz>, d: Option<TimestampTz>| overlap(a.map(|t| t.0), b.map(|t| t.0), c.map(|t| t.0), d.map(|t| t.0))),
        "intervals overlap?";
    1308 "overlaps"(TIME, TIME, TIME, TIME) -> BOOL immutable nullable
        = scalar(|a: Option<Time>, b: Option<Time>, c: Option<Time>, d: Option<Time>| overlap(a.map(|t| t.0), b.map(|t| t.0), c.map(|t| t.0), d.map(|t| t.0))),
        "intervals overlap?";
}

pub(super) fn out_of_range(what: &str) -> SqlError {
    Error::DatetimeRange { what: what.into() }.into()
}

fn add_days(date: i32, days: i64) -> Result<i32> {
    if date == DATE_INFINITY || date == DATE_NEG_INFINITY {
        return Ok(date);
    }
    let sum = i64::from(date) + days;
    i32::try_from(sum)
        .ok()
        .filter(|sum| (DATE_MIN..=DATE_MAX).contains(sum))
        .ok_or_else(|| out_of_range("date"))
}

fn days_between(a: i32, b: i32) -> Result<i32> {
    let infinite = |date| date == DATE_INFINITY || date == DATE_NEG_INFINITY;
    if infinite(a) || infinite(b) {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "cannot subtract infinite dates"));
    }
    Ok(a - b)
}

/// The start of a day as a timestamp.
pub(super) fn midnight(date: i32) -> Result<i64> {
    match date {
        DATE_INFINITY => Ok(TIMESTAMP_INFINITY),
        DATE_NEG_INFINITY => Ok(TIMESTAMP_NEG_INFINITY),
        date => join(i64::from(date), 0).ok_or_else(|| {
            SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "date out of range for timestamp")
        }),
    }
}

fn at(date: Date, time: Time) -> Result<i64> {
    let start = midnight(date.0)?;
    if is_infinite(start) { Ok(start) } else { in_range(start.checked_add(time.0)) }
}

fn at_zoned(date: Date, time: TimeTz) -> Result<i64> {
    let start = midnight(date.0)?;
    if is_infinite(start) { Ok(start) } else { in_range(start.checked_add(time.utc())) }
}

pub(super) fn in_range(timestamp: Option<i64>) -> Result<i64> {
    timestamp
        .filter(|t| (datetime::TIMESTAMP_MIN..datetime::TIMESTAMP_END).contains(t))
        .ok_or_else(|| out_of_range("timestamp"))
}

/// The moment's local time.
pub(super) fn local(utc: i64, zone: &TimeZone) -> Result<i64> {
    datetime::utc_to_local(zone, utc).ok_or_else(|| out_of_range("timestamp"))
}

/// A timestamp so much later: months first, keeping to the last day of a shorter month; then days; then time.
pub(super) fn add(timestamp: i64, by: Interval) -> Result<i64> {
    if is_infinite(timestamp) {
        return Ok(timestamp);
    }
    let moved = add_calendar(timestamp, by)?;
    in_range(moved.checked_add(by.us))
}

/// As [`add`], months and days counted in a time zone's local time.
pub(super) fn add_zoned(utc: i64, by: Interval, zone: &TimeZone) -> Result<i64> {
    if is_infinite(utc) {
        return Ok(utc);
    }
    let mut moved = utc;
    if by.months != 0 || by.days != 0 {
        let calendar = add_calendar(local(utc, zone)?, by)?;
        moved = datetime::local_to_utc(zone, calendar).ok_or_else(|| out_of_range("timestamp"))?;
    }
    in_range(moved.checked_add(by.us))
}

fn add_calendar(timestamp: i64, by: Interval) -> Result<i64> {
    let (mut days, time) = (timestamp.div_euclid(DAY), timestamp.rem_euclid(DAY));
    if by.months != 0 {
        let date = CivilDate::from_days(days);
        let months = i64::from(date.year) * 12 + i64::from(date.month) - 1 + i64::from(by.months);
        let year = i32::try_from(months.div_euclid(12)).map_err(|_| out_of_range("timestamp"))?;
        let month = months.rem_euclid(12) as u32 + 1;
        days = CivilDate { year, month, day: date.day.min(days_in_month(year, month)) }.days();
    }
    days += i64::from(by.days);
    join(days, time).ok_or_else(|| out_of_range("timestamp"))
}

/// The difference in days and time.
fn between(a: i64, b: i64) -> Result<Interval> {
    if is_infinite(a) || is_infinite(b) {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "cannot subtract infinite timestamps"));
    }
    let us = a.checked_sub(b).ok_or_else(super::spans::out_of_range)?;
    Ok(Interval::new(0, (us / DAY) as i32, us % DAY))
}

/// Midnight of the transaction's day.
fn today(call: &super::Call<'_>) -> Result<i64> {
    Ok(local(call.env.transaction_time(), &call.format().time_zone)?.div_euclid(DAY) * DAY)
}

fn age_zoned(a: i64, b: i64, zone: &TimeZone) -> Result<Interval> {
    age(local(a, zone)?, local(b, zone)?)
}

/// The difference in years, months, days and time, as calendars show it: a missing day is borrowed from the month
/// of the earlier moment.
fn age(a: i64, b: i64) -> Result<Interval> {
    if is_infinite(a) || is_infinite(b) {
        return Err(out_of_range("timestamp"));
    }
    let (later, earlier, sign) = if a >= b { (a, b, 1) } else { (b, a, -1) };
    let (from, to) =
        (CivilDate::from_days(earlier.div_euclid(DAY)), CivilDate::from_days(later.div_euclid(DAY)));
    let mut us = later.rem_euclid(DAY) - earlier.rem_euclid(DAY);
    let mut days = i64::from(to.day) - i64::from(from.day);
    let mut months = (to.year - from.year) * 12 + to.month as i32 - from.month as i32;
    if us < 0 {
        us += DAY;
        days -= 1;
    }
    while days < 0 {
        days += i64::from(days_in_month(from.year, from.month));
        months -= 1;
    }
    Ok(Interval::new(sign * months, sign * days as i32, i64::from(sign) * us))
}

/// `(a, b) OVERLAPS (c, d)` with half-open spans in either direction; NULL where the answer hangs on an unknown end.
fn overlap(a: Option<i64>, b: Option<i64>, c: Option<i64>, d: Option<i64>) -> Option<bool> {
    let ordered = |x: Option<i64>, y: Option<i64>| match (x, y) {
        (None, None) => None,
        (Some(start), None) | (None, Some(start)) => Some((start, None)),
        (Some(x), Some(y)) => Some((x.min(y), Some(x.max(y)))),
    };
    let ((first, first_end), (second, second_end)) = (ordered(a, b)?, ordered(c, d)?);
    let within = |start: i64, end: Option<i64>| match end {
        Some(end) => (start < end).then_some(true),
        None => None,
    };
    match first.cmp(&second) {
        std::cmp::Ordering::Greater => match (second_end, within(first, second_end)) {
            (_, Some(true)) => Some(true),
            (None, _) => None,
            _ => first_end.map(|_| false),
        },
        std::cmp::Ordering::Less => match (first_end, within(second, first_end)) {
            (_, Some(true)) => Some(true),
            (None, _) => None,
            _ => second_end.map(|_| false),
        },
        std::cmp::Ordering::Equal => (first_end.is_some() && second_end.is_some()).then_some(true),
    }
}
