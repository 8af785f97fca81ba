//! Values of one type as values of another.

mod json;
mod number;
mod table;
mod temporal;

pub use table::{CASTS, Cast, CastContext, cast_context};

use crate::array::Array;
use crate::bits::Bits;
use crate::error::{Error, Result};
use crate::format::Format;
use crate::sql_type::Type;
use crate::text::Text;
use crate::ty::{fit_string, truncate_name};
use crate::typmod::Typmod;
use crate::value::Value;

/// Casts a value. What does not fit the modifier is cut off by an explicit cast and an error otherwise.
pub fn cast(
    value: &Value,
    from: Type,
    to: Type,
    typmod: Typmod,
    explicit: bool,
    format: &Format,
) -> Result<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    if from == to && typmod.is_none() {
        return Ok(value.clone());
    }
    if to.is_text() {
        return to_text(value, from, to, typmod, explicit, format);
    }
    let cannot = || Error::CannotCast { from, to };
    match (value, to) {
        (Value::Text(text), Type::CHAR) => Ok(Value::Char(text.bytes().next().unwrap_or(0))),
        (Value::Text(text), Type::JSON) if from == Type::JSON => Ok(Value::Text(text.clone())),
        (Value::Text(text), Type::BIT | Type::VARBIT) => {
            let bits = Value::from_text(Type::VARBIT, Typmod::NONE, text, format)?;
            cast(&bits, Type::VARBIT, to, typmod, explicit, format)
        }
        (Value::Text(text), _) => {
            let text = if from == Type::BPCHAR { text.trim_end_matches(' ') } else { text };
            Value::from_text(to, typmod, text, format)
        }
        (Value::Jsonb(json), Type::JSON) => Ok(Value::text(json.root().to_text())),
        (Value::Jsonb(json), _) if from != to => json::cast(json, to, typmod),
        (Value::Array(array), _) => {
            cast_array(array, to.element().ok_or_else(cannot)?, typmod, explicit, format)
        }
        (Value::Bit(bits), Type::BIT | Type::VARBIT) => fit_bits(bits, to, typmod, explicit),
        (Value::Bit(bits), Type::INT4 | Type::INT8) => number::from_bits(bits, to),
        (Value::Int4(_) | Value::Int8(_), Type::BIT) => {
            let wide = value.as_i64().ok_or_else(cannot)?;
            let own_len = if matches!(value, Value::Int4(_)) { 32 } else { 64 };
            Ok(number::to_bits(wide, own_len, typmod.as_plain().unwrap_or(1) as usize))
        }
        (Value::Bool(truth), Type::INT4) => Ok(Value::Int4(i32::from(*truth))),
        (Value::Int4(n), Type::BOOL) => Ok(Value::Bool(*n != 0)),
        (Value::Char(byte), Type::INT4) => Ok(Value::Int4(i32::from(*byte as i8))),
        (Value::Int4(n), Type::CHAR) => {
            i8::try_from(*n).map(|byte| Value::Char(byte as u8)).map_err(|_| Error::OutOfRange { ty: to })
        }
        (
            Value::Date(_)
            | Value::Time(_)
            | Value::TimeTz(_)
            | Value::Timestamp(_)
            | Value::TimestampTz(_)
            | Value::Interval(_),
            _,
        ) => temporal::cast(value, to, typmod, format)?.ok_or_else(cannot),
        _ => number::cast(value, to, typmod)?.ok_or_else(cannot),
    }
}

/// Text of any value, fitted to the string type.
fn to_text(
    value: &Value,
    from: Type,
    to: Type,
    typmod: Typmod,
    explicit: bool,
    format: &Format,
) -> Result<Value> {
    let text = match value {
        Value::Text(text) if from == Type::BPCHAR && to != Type::BPCHAR => {
            Text::from(text.trim_end_matches(' '))
        }
        Value::Text(text) => text.clone(),
        Value::Bool(truth) => Text::from(if *truth { "true" } else { "false" }),
        _ => Text::from(value.to_text(from, format).unwrap_or_default()),
    };
    Ok(Value::Text(match to {
        Type::VARCHAR | Type::BPCHAR if !typmod.is_none() => fit_string(to, typmod, &text, explicit)?,
        Type::NAME => Text::from(truncate_name(&text)),
        _ => text,
    }))
}

/// Casts every element.
fn cast_array(
    array: &Array,
    element: Type,
    typmod: Typmod,
    explicit: bool,
    format: &Format,
) -> Result<Value> {
    let values =
        array.values.iter().map(|value| cast(value, array.element, element, typmod, explicit, format));
    let values = values.collect::<Result<Vec<_>>>()?;
    Ok(Value::Array(Array { element, dimensions: array.dimensions.clone(), values }.into()))
}

/// Bits at the declared length: an explicit cast cuts or fills up on the right.
fn fit_bits(bits: &Bits, to: Type, typmod: Typmod, explicit: bool) -> Result<Value> {
    let declared = match typmod.as_plain() {
        Some(declared) => declared as usize,
        None => return Ok(Value::Bit(bits.clone().into())),
    };
    if !explicit {
        return Ok(Value::Bit(crate::ty::check_bits(to, typmod, bits.clone())?.into()));
    }
    let len = if to == Type::BIT { declared } else { bits.len.min(declared) };
    Ok(Value::Bit(Bits::from_bits((0..len).map(|at| bits.get(at).unwrap_or(false))).into()))
}

#[cfg(test)]
mod tests;
