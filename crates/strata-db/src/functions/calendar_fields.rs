//! `extract`, `date_part`, `date_trunc`, `date_bin`: fields of dates, times and spans.

use super::clock::{named_zone, utc};
use super::moments::{local, midnight, out_of_range};
use super::table::functions;
use super::typed::{Date, Time, Timestamp, TimestampTz};
use crate::error::{Result, SqlError};
use jiff::tz::TimeZone;
use strata_types::datetime::calendar::{CivilDate, CivilTime, JULIAN_OF_EPOCH, join, split, weekday};
use strata_types::datetime::{self, DAY, HOUR, MINUTE, SECOND, is_infinite};
use strata_types::{Interval, Numeric, TimeTz, Type, sqlstate};

functions! {
    6199 "extract"(TEXT, DATE) -> NUMERIC immutable strict
        = scalar(|field: &str, d: Date| of_date(field, d.0)), "extract field from date";
    6202 "extract"(TEXT, TIMESTAMP) -> NUMERIC immutable strict
        = scalar(|field: &str, t: Timestamp| of_timestamp(field, t.0)), "extract field from timestamp";
    6203 "extract"(TEXT, TIMESTAMPTZ) -> NUMERIC stable strict
        = scalar(|call; field: &str, t: TimestampTz| of_timestamptz(field, t.0, &call.format().time_zone)),
        "extract field from timestamp with time zone";
    6200 "extract"(TEXT, TIME) -> NUMERIC immutable strict
        = scalar(|field: &str, t: Time| of_time(field, t.0, Type::TIME)), "extract field from time";
    6201 "extract"(TEXT, TIMETZ) -> NUMERIC immutable strict
        = scalar(|field: &str, t: TimeTz| of_timetz(field, t)), "extract field from time with time zone";
    6204 "extract"(TEXT, INTERVAL) -> NUMERIC immutable strict
        = scalar(|field: &str, i: Interval| of_interval(field, i)), "extract field from interval";
    1384 "date_part"(TEXT, DATE) -> FLOAT8 immutable strict
        = scalar(|field: &str, d: Date| midnight(d.0).and_then(|t| of_timestamp(field, t)).and_then(float)),
        "extract field from date";
    2021 "date_part"(TEXT, TIMESTAMP) -> FLOAT8 immutable strict
        = scalar(|field: &str, t: Timestamp| of_timestamp(field, t.0).and_then(float)),
        "extract field from timestamp";
    1171 "date_part"(TEXT, TIMESTAMPTZ) -> FLOAT8 stable strict
        = scalar(|call; field: &str, t: TimestampTz| of_timestamptz(field, t.0, &call.format().time_zone).and_then(float)),
        "extract field from timestamp with time zone";
    1385 "date_part"(TEXT, TIME) -> FLOAT8 immutable strict
        = scalar(|field: &str, t: Time| of_time(field, t.0, Type::TIME).and_then(float)),
        "extract field from time";
    1273 "date_part"(TEXT, TIMETZ) -> FLOAT8 immutable strict
        = scalar(|field: &str, t: TimeTz| of_timetz(field, t).and_then(float)),
        "extract field from time with time zone";
    1172 "date_part"(TEXT, INTERVAL) -> FLOAT8 immutable strict
        = scalar(|field: &str, i: Interval| of_interval(field, i).and_then(float)),
        "extract field from interval";
    2020 "date_trunc"(TEXT, TIMESTAMP) -> TIMESTAMP immutable strict
        = scalar(|unit: &str, t: Timestamp| truncated(unit, t.0, Type::TIMESTAMP).map(Timestamp)),
        "truncate timestamp to specified units";
    1217 "date_trunc"(TEXT, TIMESTAMPTZ) -> TIMESTAMPTZ stable strict
        = scalar(|call; unit: &str, t: TimestampTz| truncated_zoned(unit, t.0, &call.format().time_zone).map(TimestampTz)),
        "truncate timestamp with time zone to specified units";
    1284 "date_trunc"(TEXT, TIMESTAMPTZ, TEXT) -> TIMESTAMPTZ stable strict
        = scalar(|unit: &str, t: TimestampTz, zone: &str| truncated_zoned(unit, t.0, &named_zone(zone)?).map(TimestampTz)),
        "truncate timestamp with time zone to specified units in specified time zone";
    1218 "date_trunc"(TEXT, INTERVAL) -> INTERVAL immutable strict
        = scalar(|unit: &str, i: Interval| truncated_interval(unit, i)),
        "truncate interval to specified units";
    6177 "date_bin"(INTERVAL, TIMESTAMP, TIMESTAMP) -> TIMESTAMP immutable strict
        = scalar(|stride: Interval, t: Timestamp, origin: Timestamp| binned(stride, t.0, origin.0).map(Timestamp)),
        "bin timestamp into specified interval";
    6178 "date_bin"(INTERVAL, TIMESTAMPTZ, TIMESTAMPTZ) -> TIMESTAMPTZ immutable strict
        = scalar(|stride: Interval, t: TimestampTz, origin: TimestampTz| binned(stride, t.0, origin.0).map(TimestampTz)),
        "bin timestamp with time zone into specified interval";
}

/// A field of a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Epoch,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoYear,
    Julian,
    Timezone,
    TimezoneHour,
    TimezoneMinute,
}

impl Field {
    /// By name; PostgreSQL takes many spellings.
    fn named(name: &str) -> Option<Field> {
        Some(match name.to_ascii_lowercase().as_str() {
            "microseconds" | "microsecond" | "microsec" | "us" | "usec" | "usecs" | "usecond"
            | "useconds" => Field::Microsecond,
            "milliseconds" | "millisecond" | "millisecon" | "ms" | "msec" | "msecs" | "msecond"
            | "mseconds" => Field::Millisecond,
            "second" | "seconds" | "sec" | "secs" | "s" => Field::Second,
            "minute" | "minutes" | "min" | "mins" | "m" => Field::Minute,
            "hour" | "hours" | "hr" | "hrs" | "h" => Field::Hour,
            "day" | "days" | "d" => Field::Day,
            "week" | "weeks" | "w" => Field::Week,
            "month" | "months" | "mon" | "mons" => Field::Month,
            "quarter" | "qtr" => Field::Quarter,
            "year" | "years" | "yr" | "yrs" | "y" => Field::Year,
            "decade" | "decades" | "dec" | "decs" => Field::Decade,
            "century" | "centuries" | "cent" | "c" => Field::Century,
            "millennium" | "millennia" | "mil" | "mils" => Field::Millennium,
            "epoch" => Field::Epoch,
            "dow" => Field::DayOfWeek,
            "isodow" => Field::IsoDayOfWeek,
            "doy" => Field::DayOfYear,
            "isoyear" => Field::IsoYear,
            "julian" | "jd" | "j" => Field::Julian,
            "timezone" => Field::Timezone,
            "timezone_hour" | "timezone_h" => Field::TimezoneHour,
            "timezone_minute" | "timezone_m" => Field::TimezoneMinute,
            _ => return None,
        })
    }
}

fn field(name: &str, ty: Type) -> Result<Field> {
    Field::named(name).ok_or_else(|| {
        SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("unit \"{}\" not recognized for type {ty}", name.to_lowercase()),
        )
    })
}

fn unsupported(name: &str, ty: Type) -> SqlError {
    SqlError::new(
        sqlstate::FEATURE_NOT_SUPPORTED,
        format!("unit \"{}\" not supported for type {ty}", name.to_lowercase()),
    )
}

fn float(n: Option<Numeric>) -> Result<Option<f64>> {
    Ok(n.map(|n| n.to_f64()).transpose()?)
}

fn whole(n: i64) -> Numeric {
    Numeric::from(n)
}

/// 1970-01-01 in days.
const UNIX_EPOCH_DAYS: i64 = -10_957;

/// Fields that only grow are infinite for an infinite moment; those that come round are NULL.
fn of_infinity(name: &str, ty: Type, positive: bool) -> Result<Option<Numeric>> {
    Ok(match field(name, ty)? {
        Field::Year
        | Field::Decade
        | Field::Century
        | Field::Millennium
        | Field::Julian
        | Field::IsoYear
        | Field::Epoch => Some(if positive { Numeric::INFINITY } else { Numeric::NEG_INFINITY }),
        _ => None,
    })
}

fn of_date(name: &str, date: i32) -> Result<Option<Numeric>> {
    let wanted = field(name, Type::DATE)?;
    let clock = matches!(
        wanted,
        Field::Microsecond
            | Field::Millisecond
            | Field::Second
            | Field::Minute
            | Field::Hour
            | Field::Timezone
            | Field::TimezoneHour
            | Field::TimezoneMinute
    );
    if clock {
        return Err(unsupported(name, Type::DATE));
    }
    if date == datetime::DATE_INFINITY || date == datetime::DATE_NEG_INFINITY {
        return of_infinity(name, Type::DATE, date > 0);
    }
    let days = i64::from(date);
    Ok(Some(match wanted {
        Field::Epoch => whole((days - UNIX_EPOCH_DAYS) * 86_400),
        Field::Julian => whole(days + JULIAN_OF_EPOCH),
        _ => whole(calendar_field(wanted, days).ok_or_else(|| unsupported(name, Type::DATE))?),
    }))
}

fn of_timestamp(name: &str, timestamp: i64) -> Result<Option<Numeric>> {
    let ty = Type::TIMESTAMP;
    if is_infinite(timestamp) {
        return of_infinity(name, ty, timestamp > 0);
    }
    match field(name, ty)? {
        Field::Timezone | Field::TimezoneHour | Field::TimezoneMinute => Err(unsupported(name, ty)),
        Field::Epoch => Ok(Some(epoch(timestamp))),
        wanted => Ok(Some(of_local(wanted, timestamp).ok_or_else(|| unsupported(name, ty))?)),
    }
}

fn of_timestamptz(name: &str, moment: i64, zone: &TimeZone) -> Result<Option<Numeric>> {
    let ty = Type::TIMESTAMPTZ;
    if is_infinite(moment) {
        return of_infinity(name, ty, moment > 0);
    }
    let offset = i64::from(datetime::offset_at(zone, moment));
    Ok(Some(match field(name, ty)? {
        Field::Timezone => whole(offset),
        Field::TimezoneHour => whole(offset / 3600),
        Field::TimezoneMinute => whole(offset / 60 % 60),
        Field::Epoch => epoch(moment),
        wanted => of_local(wanted, local(moment, zone)?).ok_or_else(|| unsupported(name, ty))?,
    }))
}

fn epoch(timestamp: i64) -> Numeric {
    Numeric::from_i128(i128::from(timestamp) - i128::from(UNIX_EPOCH_DAYS) * i128::from(DAY), 6)
}

fn of_local(wanted: Field, timestamp: i64) -> Option<Numeric> {
    let (days, us) = (timestamp.div_euclid(DAY), timestamp.rem_euclid(DAY));
    if wanted == Field::Julian {
        let fraction = Numeric::from(us).div(&Numeric::from(DAY)).ok()?;
        return whole(days + JULIAN_OF_EPOCH).add(&fraction).ok();
    }
    clock_field(wanted, us).or_else(|| calendar_field(wanted, days).map(whole))
}

/// A field of a time of day.
fn clock_field(wanted: Field, us: i64) -> Option<Numeric> {
    let time = CivilTime::from_us(us);
    Some(match wanted {
        Field::Microsecond => whole(us % MINUTE),
        Field::Millisecond => Numeric::from_i128(i128::from(us % MINUTE), 3),
        Field::Second => Numeric::from_i128(i128::from(us % MINUTE), 6),
        Field::Minute => whole(i64::from(time.minute)),
        Field::Hour => whole(i64::from(time.hour)),
        _ => return None,
    })
}

/// A field of a day.
fn calendar_field(wanted: Field, days: i64) -> Option<i64> {
    let date = CivilDate::from_days(days);
    let year = i64::from(date.year);
    let counted = if year > 0 { year } else { year - 1 };
    let period = |len: i64| if year > 0 { (year + len - 1) / len } else { -((len - year) / len) };
    Some(match wanted {
        Field::Day => i64::from(date.day),
        Field::Week => i64::from(date.iso_week().1),
        Field::Month => i64::from(date.month),
        Field::Quarter => i64::from((date.month - 1) / 3 + 1),
        Field::Year => counted,
        Field::Decade => year.div_euclid(10),
        Field::Century => period(100),
        Field::Millennium => period(1000),
        Field::DayOfWeek => i64::from(weekday(days)),
        Field::IsoDayOfWeek => i64::from((weekday(days) + 6) % 7 + 1),
        Field::DayOfYear => i64::from(date.day_of_year()),
        Field::IsoYear => {
            let year = i64::from(date.iso_week().0);
            if year > 0 { year } else { year - 1 }
        }
        _ => return None,
    })
}

fn of_time(name: &str, us: i64, ty: Type) -> Result<Option<Numeric>> {
    match field(name, ty)? {
        Field::Epoch => Ok(Some(Numeric::from_i128(i128::from(us), 6))),
        wanted => Ok(Some(clock_field(wanted, us).ok_or_else(|| unsupported(name, ty))?)),
    }
}

fn of_timetz(name: &str, time: TimeTz) -> Result<Option<Numeric>> {
    let east = -i64::from(time.zone);
    Ok(Some(match field(name, Type::TIMETZ)? {
        Field::Timezone => whole(east),
        Field::TimezoneHour => whole(east / 3600),
        Field::TimezoneMinute => whole(east / 60 % 60),
        Field::Epoch => Numeric::from_i128(i128::from(time.utc()), 6),
        _ => return of_time(name, time.us, Type::TIMETZ),
    }))
}

fn of_interval(name: &str, interval: Interval) -> Result<Option<Numeric>> {
    let (years, months) = (i64::from(interval.months / 12), i64::from(interval.months % 12));
    let us = interval.us;
    let within_minute = i128::from(us % MINUTE);
    Ok(Some(match field(name, Type::INTERVAL)? {
        Field::Microsecond => whole(us % MINUTE),
        Field::Millisecond => Numeric::from_i128(within_minute, 3),
        Field::Second => Numeric::from_i128(within_minute, 6),
        Field::Minute => whole(us % HOUR / MINUTE),
        Field::Hour => whole(us / HOUR),
        Field::Day => whole(i64::from(interval.days)),
        Field::Month => whole(months),
        Field::Quarter => whole(months / 3 + 1),
        Field::Year => whole(years),
        Field::Decade => whole(years / 10),
        Field::Century => whole(years / 100),
        Field::Millennium => whole(years / 1000),
        Field::Epoch => {
            // A year counts 365.25 days here and a month 30.
            let days = i128::from(months) * 30 + i128::from(interval.days);
            let us =
                i128::from(years) * 31_557_600 * i128::from(SECOND) + days * i128::from(DAY) + i128::from(us);
            Numeric::from_i128(us, 6)
        }
        _ => return Err(unsupported(name, Type::INTERVAL)),
    }))
}

/// The start of the unit in which a local time lies.
fn truncated(name: &str, timestamp: i64, ty: Type) -> Result<i64> {
    let unit = field(name, ty)?;
    if is_infinite(timestamp) {
        return Ok(timestamp);
    }
    let clock = |len: i64| Ok(timestamp.div_euclid(len) * len);
    let (date, _) = split(timestamp);
    let day = |date: CivilDate| join(date.days(), 0).ok_or_else(|| out_of_range("timestamp"));
    let year = |year: i32| day(CivilDate { year, month: 1, day: 1 });
    // Centuries and millennia begin with year 1, decades with year 0.
    let period = |len: i32| (date.year - 1).div_euclid(len) * len + 1;
    match unit {
        Field::Microsecond => Ok(timestamp),
        Field::Millisecond => clock(1000),
        Field::Second => clock(SECOND),
        Field::Minute => clock(MINUTE),
        Field::Hour => clock(HOUR),
        Field::Day => clock(DAY),
        Field::Week => {
            let days = timestamp.div_euclid(DAY);
            join(days - i64::from((weekday(days) + 6) % 7), 0).ok_or_else(|| out_of_range("timestamp"))
        }
        Field::Month => day(CivilDate { day: 1, ..date }),
        Field::Quarter => day(CivilDate { month: (date.month - 1) / 3 * 3 + 1, day: 1, ..date }),
        Field::Year => year(date.year),
        Field::Decade => year(date.year.div_euclid(10) * 10),
        Field::Century => year(period(100)),
        Field::Millennium => year(period(1000)),
        _ => Err(unsupported(name, ty)),
    }
}

fn truncated_zoned(name: &str, moment: i64, zone: &TimeZone) -> Result<i64> {
    if is_infinite(moment) {
        return truncated(name, moment, Type::TIMESTAMPTZ);
    }
    let here = local(moment, zone)?;
    let start = truncated(name, here, Type::TIMESTAMPTZ)?;
    match field(name, Type::TIMESTAMPTZ)? {
        // Within a day the offset stays as it was, so that a repeated hour is not mistaken for its twin.
        Field::Microsecond | Field::Millisecond | Field::Second | Field::Minute | Field::Hour => {
            Ok(moment - (here - start))
        }
        _ => utc(start, zone),
    }
}

fn truncated_interval(name: &str, interval: Interval) -> Result<Interval> {
    let Interval { months, days, us } = interval;
    let time = |len: i64| Ok(Interval::new(months, days, us / len * len));
    let month = |len: i32| Ok(Interval::new(months / len * len, 0, 0));
    match field(name, Type::INTERVAL)? {
        Field::Microsecond => Ok(interval),
        Field::Millisecond => time(1000),
        Field::Second => time(SECOND),
        Field::Minute => time(MINUTE),
        Field::Hour => time(HOUR),
        Field::Day => Ok(Interval::new(months, days, 0)),
        Field::Month => month(1),
        Field::Quarter => month(3),
        Field::Year => month(12),
        Field::Decade => month(120),
        Field::Century => month(1200),
        Field::Millennium => month(12_000),
        Field::Week => Err(unsupported(name, Type::INTERVAL).detail("Months usually have fractional weeks.")),
        _ => Err(unsupported(name, Type::INTERVAL)),
    }
}

fn binned(stride: Interval, timestamp: i64, origin: i64) -> Result<i64> {
    if is_infinite(timestamp) {
        return Ok(timestamp);
    }
    if is_infinite(origin) {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "origin out of range"));
    }
    if stride.months != 0 {
        return Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "timestamps cannot be binned into intervals containing months or years",
        ));
    }
    let stride = i64::try_from(stride.span()).map_err(|_| super::spans::out_of_range())?;
    if stride <= 0 {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "stride must be greater than zero"));
    }
    let distance = timestamp.checked_sub(origin).ok_or_else(|| out_of_range("interval"))?;
    super::moments::in_range(origin.checked_add(distance.div_euclid(stride) * stride))
}
