//! The date and time types: where their text is read, and what their modifiers do.

use crate::datetime::{self, Interval, SECOND, read};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::sql_type::Type;
use crate::typmod::Typmod;
use crate::value::Value;

pub(super) fn parse(ty: Type, typmod: Typmod, text: &str, format: &Format) -> Result<Value> {
    Ok(match ty {
        Type::DATE => Value::Date(read::date(text, format)?),
        Type::TIME => Value::Time(round_time(read::time(text, format)?, typmod)),
        Type::TIMETZ => {
            let mut time = read::timetz(text, format)?;
            time.us = round_time(time.us, typmod);
            Value::TimeTz(time)
        }
        Type::TIMESTAMP => Value::Timestamp(fit_timestamp(read::timestamp(text, format)?, typmod)?),
        Type::TIMESTAMPTZ => Value::TimestampTz(fit_timestamp(read::timestamptz(text, format)?, typmod)?),
        _ => Value::Interval(fit_interval(read::interval(text, typmod, format)?, typmod)?),
    })
}

/// Microseconds rounded to the digits that `time(p)` or `timestamp(p)` keeps.
pub(crate) fn round_time(us: i64, typmod: Typmod) -> i64 {
    match typmod.as_plain() {
        Some(digits @ 0..6) => {
            let unit = 10i64.pow(6 - digits);
            let half = if us < 0 { -unit / 2 } else { unit / 2 };
            us.saturating_add(half) / unit * unit
        }
        _ => us,
    }
}

pub(crate) fn fit_timestamp(us: i64, typmod: Typmod) -> Result<i64> {
    if datetime::is_infinite(us) {
        return Ok(us);
    }
    datetime::in_range(round_time(us, typmod))
        .ok_or_else(|| Error::DatetimeRange { what: "timestamp".into() })
}

/// The interval with only the fields and digits that its modifier keeps.
pub(crate) fn fit_interval(mut interval: Interval, typmod: Typmod) -> Result<Interval> {
    let Some((fields, digits)) = typmod.as_interval() else { return Ok(interval) };
    match fields.smallest() {
        Some("year") => interval = Interval::new(interval.months / 12 * 12, 0, 0),
        Some("month") => interval = Interval::new(interval.months, 0, 0),
        Some("day") => interval.us = 0,
        Some("hour") => interval.us = interval.us / datetime::HOUR * datetime::HOUR,
        Some("minute") => interval.us = interval.us / datetime::MINUTE * datetime::MINUTE,
        _ => {}
    }
    if let Some(digits @ 0..6) = digits {
        let unit = SECOND / 10i64.pow(digits);
        let half = if interval.us < 0 { -unit / 2 } else { unit / 2 };
        let rounded = interval.us.checked_add(half).map(|us| us / unit * unit);
        interval.us = rounded.ok_or_else(|| Error::DatetimeRange { what: "interval".into() })?;
    }
    Ok(interval)
}
