//! `interval`: arithmetic, `justify_*`, `make_interval`.

use super::table::functions;
use super::typed::Time;
use crate::error::{Result, SqlError};
use strata_types::datetime::{DAY, HOUR, MINUTE, SECOND};
use strata_types::{Error, Interval, sqlstate};

functions! {
    1169 "interval_pl"(INTERVAL, INTERVAL) -> INTERVAL immutable strict
        = scalar(|a: Interval, b: Interval| sum(a, b)), "add",
        operator 1337 "+" commutator "+";
    1170 "interval_mi"(INTERVAL, INTERVAL) -> INTERVAL immutable strict
        = scalar(|a: Interval, b: Interval| negated(b).and_then(|b| sum(a, b))), "subtract",
        operator 1338 "-";
    1168 "interval_um"(INTERVAL) -> INTERVAL immutable strict = scalar(|a: Interval| negated(a)), "negate",
        operator 1336 "-";
    1618 "interval_mul"(INTERVAL, FLOAT8) -> INTERVAL immutable strict
        = scalar(|a: Interval, factor: f64| multiplied(a, factor)), "multiply",
        operator 1583 "*" commutator "*";
    1624 "mul_d_interval"(FLOAT8, INTERVAL) -> INTERVAL immutable strict
        = scalar(|factor: f64, a: Interval| multiplied(a, factor)), "multiply",
        operator 1584 "*" commutator "*";
    1326 "interval_div"(INTERVAL, FLOAT8) -> INTERVAL immutable strict
        = scalar(|a: Interval, divisor: f64| divided(a, divisor)), "divide",
        operator 1585 "/";
    1175 "justify_hours"(INTERVAL) -> INTERVAL immutable strict = scalar(|a: Interval| justify_hours(a)),
        "promote groups of 24 hours to numbers of days";
    1295 "justify_days"(INTERVAL) -> INTERVAL immutable strict = scalar(|a: Interval| justify_days(a)),
        "promote groups of 30 days to numbers of months";
    2711 "justify_interval"(INTERVAL) -> INTERVAL immutable strict = scalar(|a: Interval| justify(a)),
        "promote groups of 24 hours to numbers of days and promote groups of 30 days to numbers of months";
    3464 "make_interval"(INT4, INT4, INT4, INT4, INT4, INT4, FLOAT8; defaults 7) -> INTERVAL immutable strict
        = raw(make), "construct interval";
    1390 "isfinite"(INTERVAL) -> BOOL immutable strict = scalar(|_a: Interval| true), "finite interval?";
    1747 "time_pl_interval"(TIME, INTERVAL) -> TIME immutable strict
        = scalar(|t: Time, by: Interval| Time((t.0 + by.us % DAY).rem_euclid(DAY))), "add",
        operator 1800 "+" commutator "+";
    1748 "time_mi_interval"(TIME, INTERVAL) -> TIME immutable strict
        = scalar(|t: Time, by: Interval| Time((t.0 - by.us % DAY).rem_euclid(DAY))), "subtract",
        operator 1801 "-";
    1848 "interval_pl_time"(INTERVAL, TIME) -> TIME immutable strict
        = scalar(|by: Interval, t: Time| Time((t.0 + by.us % DAY).rem_euclid(DAY))), "add",
        operator 1849 "+" commutator "+";
    1690 "time_mi_time"(TIME, TIME) -> INTERVAL immutable strict
        = scalar(|a: Time, b: Time| Interval::new(0, 0, a.0 - b.0)), "subtract",
        operator 1399 "-";
}

pub(super) fn out_of_range() -> SqlError {
    Error::DatetimeRange { what: "interval".into() }.into()
}

pub(super) fn sum(a: Interval, b: Interval) -> Result<Interval> {
    let sum = || {
        Some(Interval::new(
            a.months.checked_add(b.months)?,
            a.days.checked_add(b.days)?,
            a.us.checked_add(b.us)?,
        ))
    };
    sum().ok_or_else(out_of_range)
}

pub(super) fn negated(a: Interval) -> Result<Interval> {
    let negated = || Some(Interval::new(a.months.checked_neg()?, a.days.checked_neg()?, a.us.checked_neg()?));
    negated().ok_or_else(out_of_range)
}

pub(super) fn multiplied(a: Interval, factor: f64) -> Result<Interval> {
    scaled(a, |n| n * factor)
}

pub(super) fn divided(a: Interval, divisor: f64) -> Result<Interval> {
    if divisor == 0.0 {
        return Err(Error::DivisionByZero.into());
    }
    scaled(a, |n| n / divisor)
}

/// Each field is scaled by itself; what is left of a month becomes days, what is left of a day becomes time.
fn scaled(a: Interval, scale: impl Fn(f64) -> f64) -> Result<Interval> {
    // Six digits are what the fraction of a day is good for: more would show the error of the division.
    let rounded = |n: f64| (n * 1e6).round_ties_even() / 1e6;
    let (months, days) = (scale(f64::from(a.months)), scale(f64::from(a.days)));
    if !(i32_fits(months) && i32_fits(days)) {
        return Err(out_of_range());
    }
    let month_days = rounded((months - months.trunc()) * 30.0);
    let mut whole_days = days.trunc();
    let mut seconds = rounded((days - days.trunc() + month_days - month_days.trunc()) * 86_400.0);
    if seconds.abs() >= 86_400.0 {
        whole_days += (seconds / 86_400.0).trunc();
        seconds -= (seconds / 86_400.0).trunc() * 86_400.0;
    }
    whole_days += month_days.trunc();
    let us = (scale(a.us as f64) + seconds * SECOND as f64).round_ties_even();
    if !i32_fits(whole_days) || us.is_nan() || us.abs() >= i64::MAX as f64 {
        return Err(out_of_range());
    }
    Ok(Interval::new(months as i32, whole_days as i32, us as i64))
}

fn i32_fits(n: f64) -> bool {
    n >= f64::from(i32::MIN) && n <= f64::from(i32::MAX)
}

fn justify_hours(a: Interval) -> Result<Interval> {
    let days = i32::try_from(a.us / DAY).map_err(|_| out_of_range())?;
    let mut out = Interval::new(a.months, a.days.checked_add(days).ok_or_else(out_of_range)?, a.us % DAY);
    if out.days > 0 && out.us < 0 {
        (out.days, out.us) = (out.days - 1, out.us + DAY);
    } else if out.days < 0 && out.us > 0 {
        (out.days, out.us) = (out.days + 1, out.us - DAY);
    }
    Ok(out)
}

fn justify_days(a: Interval) -> Result<Interval> {
    let months = a.months.checked_add(a.days / 30).ok_or_else(out_of_range)?;
    let mut out = Interval::new(months, a.days % 30, a.us);
    if out.months > 0 && out.days < 0 {
        (out.months, out.days) = (out.months - 1, out.days + 30);
    } else if out.months < 0 && out.days > 0 {
        (out.months, out.days) = (out.months + 1, out.days - 30);
    }
    Ok(out)
}

/// Both, and all signs alike.
fn justify(a: Interval) -> Result<Interval> {
    let days = i32::try_from(a.us / DAY).map_err(|_| out_of_range())?;
    let days = a.days.checked_add(days).ok_or_else(out_of_range)?;
    let mut out =
        Interval::new(a.months.checked_add(days / 30).ok_or_else(out_of_range)?, days % 30, a.us % DAY);
    if out.months > 0 && (out.days < 0 || (out.days == 0 && out.us < 0)) {
        (out.months, out.days) = (out.months - 1, out.days + 30);
    } else if out.months < 0 && (out.days > 0 || (out.days == 0 && out.us > 0)) {
        (out.months, out.days) = (out.months + 1, out.days - 30);
    }
    if out.days > 0 && out.us < 0 {
        (out.days, out.us) = (out.days - 1, out.us + DAY);
    } else if out.days < 0 && out.us > 0 {
        (out.days, out.us) = (out.days + 1, out.us - DAY);
    }
    Ok(out)
}

/// `make_interval(years, months, weeks, days, hours, mins, secs)`, each 0 if left out.
fn make(_: &super::Call<'_>, args: &[strata_types::Value]) -> Result<strata_types::Value> {
    use strata_types::Value;
    let whole = |index: usize| args.get(index).and_then(Value::as_i64).unwrap_or(0);
    let seconds = match args.get(6) {
        Some(Value::Float8(seconds)) => *seconds,
        _ => 0.0,
    };
    if !seconds.is_finite() {
        return Err(SqlError::new(sqlstate::DATETIME_FIELD_OVERFLOW, "interval out of range"));
    }
    let months = i32::try_from(whole(0) * 12 + whole(1)).map_err(|_| out_of_range())?;
    let days = i32::try_from(whole(2) * 7 + whole(3)).map_err(|_| out_of_range())?;
    let us = whole(4) * HOUR + whole(5) * MINUTE + (seconds * SECOND as f64).round_ties_even() as i64;
    Ok(Value::Interval(Interval::new(months, days, us)))
}
