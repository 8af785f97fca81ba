//! Casts between dates, times and moments.

use crate::datetime::{
    self, DATE_INFINITY, DATE_NEG_INFINITY, DAY, Interval, SECOND, TIMESTAMP_INFINITY,
    TIMESTAMP_NEG_INFINITY, TimeTz, local_to_utc, utc_to_local,
};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::sql_type::Type;
use crate::ty::{fit_interval, fit_timestamp, round_time};
use crate::typmod::Typmod;
use crate::value::Value;

/// A date, time, moment or interval as another of them; `None` if there is no such cast.
pub(super) fn cast(value: &Value, to: Type, typmod: Typmod, format: &Format) -> Result<Option<Value>> {
    let zone = &format.time_zone;
    let too_far = || Error::DatetimeRange { what: "timestamp".into() };
    Ok(Some(match (value, to) {
        (Value::Date(days), Type::TIMESTAMP) => Value::Timestamp(fit_timestamp(midnight(*days)?, typmod)?),
        (Value::Date(days), Type::TIMESTAMPTZ) => {
            let utc = local_to_utc(zone, midnight(*days)?).ok_or_else(too_far)?;
            Value::TimestampTz(fit_timestamp(utc, typmod)?)
        }
        (Value::Timestamp(local), Type::TIMESTAMP) => Value::Timestamp(fit_timestamp(*local, typmod)?),
        (Value::Timestamp(local), Type::TIMESTAMPTZ) => {
            let utc = local_to_utc(zone, *local).ok_or_else(too_far)?;
            Value::TimestampTz(fit_timestamp(utc, typmod)?)
        }
        (Value::TimestampTz(utc), Type::TIMESTAMPTZ) => Value::TimestampTz(fit_timestamp(*utc, typmod)?),
        (Value::TimestampTz(utc), Type::TIMETZ) => {
            if datetime::is_infinite(*utc) {
                return Ok(Some(Value::Null));
            }
            let east = datetime::offset_at(zone, *utc);
            let us = (utc + i64::from(east) * SECOND).rem_euclid(DAY);
            Value::TimeTz(TimeTz { us: round_time(us, typmod), zone: -east })
        }
        (Value::TimestampTz(utc), _) => {
            let local = utc_to_local(zone, *utc).ok_or_else(too_far)?;
            return from_local(local, to, typmod);
        }
        (Value::Timestamp(local), _) => return from_local(*local, to, typmod),
        (Value::Time(us), Type::TIME) => Value::Time(round_time(*us, typmod)),
        (Value::Time(us), Type::TIMETZ) => {
            let today = utc_to_local(zone, format.now).unwrap_or(format.now).div_euclid(DAY) * DAY;
            let east = datetime::offset_of_local(zone, today + us);
            Value::TimeTz(TimeTz { us: round_time(*us, typmod), zone: -east })
        }
        (Value::Time(us), Type::INTERVAL) => {
            Value::Interval(fit_interval(Interval { months: 0, days: 0, us: *us }, typmod)?)
        }
        (Value::TimeTz(time), Type::TIMETZ) => {
            Value::TimeTz(TimeTz { us: round_time(time.us, typmod), zone: time.zone })
        }
        (Value::TimeTz(time), Type::TIME) => Value::Time(round_time(time.us, typmod)),
        (Value::Interval(interval), Type::INTERVAL) => Value::Interval(fit_interval(*interval, typmod)?),
        (Value::Interval(interval), Type::TIME) => {
            Value::Time(round_time(interval.us.rem_euclid(DAY), typmod))
        }
        _ => return Ok(None),
    }))
}

/// The parts of a local time.
fn from_local(local: i64, to: Type, typmod: Typmod) -> Result<Option<Value>> {
    Ok(Some(match to {
        Type::TIMESTAMP => Value::Timestamp(fit_timestamp(local, typmod)?),
        Type::DATE => Value::Date(match local {
            TIMESTAMP_INFINITY => DATE_INFINITY,
            TIMESTAMP_NEG_INFINITY => DATE_NEG_INFINITY,
            _ => local.div_euclid(DAY) as i32,
        }),
        Type::TIME if datetime::is_infinite(local) => Value::Null,
        Type::TIME => Value::Time(round_time(local.rem_euclid(DAY), typmod)),
        _ => return Ok(None),
    }))
}

/// The first moment of a day, local.
fn midnight(days: i32) -> Result<i64> {
    match days {
        DATE_INFINITY => Ok(TIMESTAMP_INFINITY),
        DATE_NEG_INFINITY => Ok(TIMESTAMP_NEG_INFINITY),
        _ => i64::from(days).checked_mul(DAY).and_then(datetime::in_range).ok_or_else(|| Error::Other {
            sqlstate: crate::sqlstate::DATETIME_FIELD_OVERFLOW,
            message: "date out of range for timestamp".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_beyond_all_timestamps_is_refused() {
        assert!(midnight(800_000_000).is_err());
        assert_eq!(midnight(1), Ok(DAY));
    }
}
