//! Dates and times from text, as PostgreSQL reads them.

mod abbreviations;
mod decode;
mod interval;
mod lex;
mod words;

use super::calendar;
use super::{
    DATE_INFINITY, DATE_MAX, DATE_MIN, DATE_NEG_INFINITY, DAY, Interval, SECOND, TIMESTAMP_INFINITY,
    TIMESTAMP_NEG_INFINITY, TimeTz, local_to_utc, offset_of_local, utc_to_local,
};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::sql_type::Type;
use crate::typmod::Typmod;
use decode::{Fault, Fields, Zone};
use words::Word;

/// 1970-01-01 as a timestamp.
const UNIX_EPOCH: i64 = -10_957 * DAY;

/// Reads a `date`.
pub fn date(text: &str, format: &Format) -> Result<i32> {
    let fields = fields(text, Type::DATE, format, false)?;
    let special = match fields.special {
        Some(Word::Infinity) => return Ok(DATE_INFINITY),
        Some(Word::NegInfinity) => return Ok(DATE_NEG_INFINITY),
        Some(Word::Epoch) => Some(UNIX_EPOCH),
        special => special.map(|word| special_moment(word, format)),
    };
    let days = match special {
        Some(local) => local.div_euclid(DAY),
        None => fields.days().map_err(|fault| fault_error(fault, text, Type::DATE))?,
    };
    let fits = (i64::from(DATE_MIN)..=i64::from(DATE_MAX)).contains(&days);
    let out_of_range = || Error::TextDatetimeRange { what: "date", input: text.into() };
    if fits { Ok(days as i32) } else { Err(out_of_range()) }
}

/// Reads a `timestamp`; a zone in the text is read and ignored.
pub fn timestamp(text: &str, format: &Format) -> Result<i64> {
    let fields = fields(text, Type::TIMESTAMP, format, false)?;
    if let Some(special) = infinite(&fields) {
        return Ok(special);
    }
    local_moment(&fields, text, Type::TIMESTAMP, format)
}

/// Reads a `timestamptz`; without a zone in the text it is in the session's.
pub fn timestamptz(text: &str, format: &Format) -> Result<i64> {
    let fields = fields(text, Type::TIMESTAMPTZ, format, false)?;
    match fields.special {
        Some(Word::Now) => return Ok(format.now),
        Some(Word::Epoch) => return Ok(UNIX_EPOCH),
        _ => {}
    }
    if let Some(special) = infinite(&fields) {
        return Ok(special);
    }
    let local = local_moment(&fields, text, Type::TIMESTAMPTZ, format)?;
    let utc = match &fields.zone {
        Some(Zone::Offset(east)) => local.checked_sub(i64::from(*east) * SECOND).and_then(super::in_range),
        Some(Zone::Named(zone)) => local_to_utc(zone, local),
        None => local_to_utc(&format.time_zone, local),
    };
    utc.ok_or_else(|| timestamp_out_of_range(text))
}

/// Reads a `time`; a date or zone in the text is read and ignored.
pub fn time(text: &str, format: &Format) -> Result<i64> {
    let fields = fields(text, Type::TIME, format, true)?;
    match (fields.special, fields.time) {
        (Some(Word::Now), _) => Ok(special_moment(Word::Now, format).rem_euclid(DAY)),
        (None, Some(time)) => Ok(time),
        _ => Err(Error::invalid_datetime(Type::TIME, text)),
    }
}

/// Reads a `timetz`; without a zone in the text it is in the session's, as of today.
pub fn timetz(text: &str, format: &Format) -> Result<TimeTz> {
    let fields = fields(text, Type::TIMETZ, format, true)?;
    let us = match (fields.special, fields.time) {
        (Some(Word::Now), _) => special_moment(Word::Now, format).rem_euclid(DAY),
        (None, Some(time)) => time,
        _ => return Err(Error::invalid_datetime(Type::TIMETZ, text)),
    };
    // Only a day tells which offset a named zone has.
    if matches!(fields.zone, Some(Zone::Named(_))) && !fields.has_date() {
        return Err(Error::invalid_datetime(Type::TIMETZ, text));
    }
    let day = fields
        .days()
        .ok()
        .map_or_else(|| special_moment(Word::Today, format), |days| days.saturating_mul(DAY));
    let east = match &fields.zone {
        Some(Zone::Offset(east)) => *east,
        Some(Zone::Named(zone)) => offset_of_local(zone, day.saturating_add(us)),
        None => offset_of_local(&format.time_zone, day.saturating_add(us)),
    };
    Ok(TimeTz { us, zone: -east })
}

/// Reads an `interval`; the modifier names the unit of a bare number.
pub fn interval(text: &str, typmod: Typmod, format: &Format) -> Result<Interval> {
    let smallest = typmod.as_interval().and_then(|(fields, _)| fields.smallest());
    interval::decode(text, smallest, format.interval_style).map_err(|fault| match fault {
        Fault::Syntax => Error::invalid_datetime(Type::INTERVAL, text),
        _ => Error::IntervalField { input: text.into() },
    })
}

fn fields(text: &str, ty: Type, format: &Format, time_only: bool) -> Result<Fields> {
    decode::decode(text, format.date_style.order, time_only).map_err(|fault| fault_error(fault, text, ty))
}

fn fault_error(fault: Fault, text: &str, ty: Type) -> Error {
    match fault {
        Fault::Syntax => Error::invalid_datetime(ty, text),
        Fault::Field => Error::DatetimeField { input: text.into(), style: false },
        Fault::Order => Error::DatetimeField { input: text.into(), style: true },
        Fault::Displacement => Error::TimeZoneDisplacement { input: text.into() },
        Fault::UnknownZone(name) => Error::UnknownTimeZone { name: name.into() },
    }
}

fn timestamp_out_of_range(text: &str) -> Error {
    Error::TextDatetimeRange { what: "timestamp", input: text.into() }
}

fn infinite(fields: &Fields) -> Option<i64> {
    match fields.special {
        Some(Word::Infinity) => Some(TIMESTAMP_INFINITY),
        Some(Word::NegInfinity) => Some(TIMESTAMP_NEG_INFINITY),
        _ => None,
    }
}

/// The local time that was read.
fn local_moment(fields: &Fields, text: &str, ty: Type, format: &Format) -> Result<i64> {
    match fields.special {
        Some(Word::Now) => return Ok(special_moment(Word::Now, format)),
        Some(Word::Epoch) => return Ok(UNIX_EPOCH),
        Some(day) => return Ok(special_moment(day, format) + fields.time.unwrap_or(0)),
        None => {}
    }
    let days = fields.days().map_err(|fault| fault_error(fault, text, ty))?;
    calendar::join(days, fields.time.unwrap_or(0)).ok_or_else(|| timestamp_out_of_range(text))
}

/// `now`, or the midnight of `today` and its neighbours, in the session's zone.
fn special_moment(word: Word, format: &Format) -> i64 {
    let local = utc_to_local(&format.time_zone, format.now).unwrap_or(format.now);
    let midnight = local.div_euclid(DAY) * DAY;
    match word {
        Word::Now => local,
        Word::Tomorrow => midnight + DAY,
        Word::Yesterday => midnight - DAY,
        _ => midnight,
    }
}
