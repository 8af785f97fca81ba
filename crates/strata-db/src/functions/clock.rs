//! What time it is, and making dates and times out of numbers.

use super::call::Call;
use super::moments::{in_range, local, out_of_range};
use super::table::functions;
use super::typed::{Date, Time, Timestamp, TimestampTz};
use crate::error::{Result, SqlError};
use jiff::tz::TimeZone;
use strata_types::datetime::calendar::{CivilDate, days_in_month, join};
use strata_types::datetime::{self, DAY, HOUR, MINUTE, SECOND, TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY};
use strata_types::{Interval, TimeTz, sqlstate};

functions! {
    1299 "now"() -> TIMESTAMPTZ stable strict = scalar(|call| TimestampTz(call.env.transaction_time())),
        "current transaction time";
    2647 "transaction_timestamp"() -> TIMESTAMPTZ stable strict
        = scalar(|call| TimestampTz(call.env.transaction_time())), "current transaction time";
    2648 "statement_timestamp"() -> TIMESTAMPTZ stable strict
        = scalar(|call| TimestampTz(call.env.statement_time())), "current statement time";
    2649 "clock_timestamp"() -> TIMESTAMPTZ volatile strict
        = scalar(|call| TimestampTz(call.env.clock_time())), "current clock time";
    274 "timeofday"() -> TEXT volatile strict = scalar(|call| time_of_day(call)),
        "current date and time - increments during transactions";
    3846 "make_date"(INT4, INT4, INT4) -> DATE immutable strict
        = scalar(|year: i32, month: i32, day: i32| make_date(year, month, day).map(Date)), "construct date";
    3847 "make_time"(INT4, INT4, FLOAT8) -> TIME immutable strict
        = scalar(|hour: i32, minute: i32, second: f64| make_time(hour, minute, second).map(Time)),
        "construct time";
    3461 "make_timestamp"(INT4, INT4, INT4, INT4, INT4, FLOAT8) -> TIMESTAMP immutable strict
        = scalar(|year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64| make_timestamp(year, month, day, hour, minute, second).map(Timestamp)),
        "construct timestamp";
    3462 "make_timestamptz"(INT4, INT4, INT4, INT4, INT4, FLOAT8) -> TIMESTAMPTZ stable strict
        = scalar(|call; year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64| make_timestamp(year, month, day, hour, minute, second).and_then(|t| utc(t, &call.format().time_zone)).map(TimestampTz)),
        "construct timestamp with time zone";
    3463 "make_timestamptz"(INT4, INT4, INT4, INT4, INT4, FLOAT8, TEXT) -> TIMESTAMPTZ stable strict
        = scalar(|year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64, zone: &str| make_timestamp(year, month, day, hour, minute, second).and_then(|t| utc(t, &named_zone(zone)?)).map(TimestampTz)),
        "construct timestamp with time zone";
    1158 "to_timestamp"(FLOAT8) -> TIMESTAMPTZ immutable strict
        = scalar(|seconds: f64| from_unix(seconds).map(TimestampTz)), "convert UNIX epoch to timestamptz";
    1159 "timezone"(TEXT, TIMESTAMPTZ) -> TIMESTAMP immutable strict
        = scalar(|zone: &str, t: TimestampTz| local(t.0, &named_zone(zone)?).map(Timestamp)),
        "adjust timestamp to new time zone";
    2069 "timezone"(TEXT, TIMESTAMP) -> TIMESTAMPTZ immutable strict
        = scalar(|zone: &str, t: Timestamp| utc(t.0, &named_zone(zone)?).map(TimestampTz)),
        "adjust timestamp to new time zone";
    1026 "timezone"(INTERVAL, TIMESTAMPTZ) -> TIMESTAMP immutable strict
        = scalar(|east: Interval, t: TimestampTz| shifted(t.0, east, 1).map(Timestamp)),
        "adjust timestamp to new time zone";
    2070 "timezone"(INTERVAL, TIMESTAMP) -> TIMESTAMPTZ immutable strict
        = scalar(|east: Interval, t: Timestamp| shifted(t.0, east, -1).map(TimestampTz)),
        "adjust timestamp to new time zone";
    2037 "timezone"(TEXT, TIMETZ) -> TIMETZ stable strict
        = scalar(|call; zone: &str, t: TimeTz| named_zone(zone).map(|zone| rezoned(t, datetime::offset_at(&zone, call.env.transaction_time())))),
        "adjust time with time zone to new zone";
    2626 "pg_sleep"(FLOAT8) -> VOID volatile strict = catalog("pg_sleep"),
        "sleep for the specified time in seconds";
}

/// 1970-01-01 as a timestamp.
const UNIX_EPOCH: i64 = -10_957 * DAY;

/// A zone by name, abbreviation or offset, as in AT TIME ZONE.
pub(super) fn named_zone(name: &str) -> Result<TimeZone> {
    datetime::zone(name)
        .map(|(zone, _)| zone)
        .ok_or_else(|| strata_types::Error::UnknownTimeZone { name: name.into() }.into())
}

/// The moment of a local time.
pub(super) fn utc(local: i64, zone: &TimeZone) -> Result<i64> {
    datetime::local_to_utc(zone, local).ok_or_else(|| out_of_range("timestamp"))
}

fn shifted(timestamp: i64, east: Interval, direction: i64) -> Result<i64> {
    if east.months != 0 || east.days != 0 {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            "interval time zone must not include months or days",
        ));
    }
    if datetime::is_infinite(timestamp) {
        return Ok(timestamp);
    }
    in_range(timestamp.checked_add(east.us * direction))
}

fn rezoned(time: TimeTz, east: i32) -> TimeTz {
    let us = (time.utc() + i64::from(east) * SECOND).rem_euclid(DAY);
    TimeTz { us, zone: -east }
}

fn time_of_day(call: &Call<'_>) -> Result<String> {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (now, zone) = (call.env.clock_time(), &call.format().time_zone);
    let here = local(now, zone)?;
    let (date, time) = datetime::calendar::split(here);
    let weekday = datetime::calendar::weekday(here.div_euclid(DAY)) as usize;
    Ok(format!(
        "{} {} {:02} {:02}:{:02}:{:02}.{:06} {} {}",
        DAYS.get(weekday).copied().unwrap_or_default(),
        MONTHS.get(date.month as usize - 1).copied().unwrap_or_default(),
        date.day,
        time.hour,
        time.minute,
        time.second,
        time.us,
        date.year,
        datetime::abbreviation_at(zone, now),
    ))
}

fn make_date(year: i32, month: i32, day: i32) -> Result<i32> {
    let bad = || {
        SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("date field value out of range: {year}-{month:02}-{day:02}"),
        )
    };
    // There is no year 0: negative years are BC.
    let astronomical = match year {
        0 => return Err(bad()),
        1.. => year,
        _ => year.checked_add(1).ok_or_else(bad)?,
    };
    let (month, day) = (u32::try_from(month).map_err(|_| bad())?, u32::try_from(day).map_err(|_| bad())?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(astronomical, month) {
        return Err(bad());
    }
    CivilDate { year: astronomical, month, day }.to_date().ok_or_else(|| {
        SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("date out of range: {year}-{month:02}-{day:02}"),
        )
    })
}

fn make_time(hour: i32, minute: i32, second: f64) -> Result<i64> {
    let us = second * SECOND as f64;
    let fits = (0..=24).contains(&hour)
        && (0..=59).contains(&minute)
        && (0.0..=60.0).contains(&second)
        && (hour < 24 || (minute == 0 && second == 0.0));
    if !fits {
        return Err(SqlError::new(
            sqlstate::DATETIME_FIELD_OVERFLOW,
            format!("time field value out of range: {hour}:{minute:02}:{second:02}"),
        ));
    }
    Ok(i64::from(hour) * HOUR + i64::from(minute) * MINUTE + us.round_ties_even() as i64)
}

fn make_timestamp(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64) -> Result<i64> {
    let date = make_date(year, month, day)?;
    join(i64::from(date), make_time(hour, minute, second)?).ok_or_else(|| out_of_range("timestamp"))
}

fn from_unix(seconds: f64) -> Result<i64> {
    if seconds.is_nan() {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "timestamp cannot be NaN"));
    }
    if seconds.is_infinite() {
        return Ok(if seconds > 0.0 { TIMESTAMP_INFINITY } else { TIMESTAMP_NEG_INFINITY });
    }
    let bad =
        || SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, format!("timestamp out of range: \"{seconds}\""));
    let us = (seconds * SECOND as f64).round_ties_even();
    if us.abs() >= i64::MAX as f64 {
        return Err(bad());
    }
    in_range((us as i64).checked_add(UNIX_EPOCH)).map_err(|_| bad())
}
