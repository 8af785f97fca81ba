//! Casts between numbers, and between whole numbers and OIDs or bits.

use crate::bits::Bits;
use crate::error::{Error, Result};
use crate::numeric::Numeric;
use crate::sql_type::Type;
use crate::typmod::Typmod;
use crate::value::Value;

/// A number as another type of number; `None` if there is no such cast.
pub(super) fn cast(value: &Value, to: Type, typmod: Typmod) -> Result<Option<Value>> {
    Ok(Some(match value {
        Value::Int2(n) => return whole(i64::from(*n), to, typmod),
        Value::Int4(n) => return whole(i64::from(*n), to, typmod),
        Value::Int8(n) => return whole(*n, to, typmod),
        Value::Oid(n) => match to {
            Type::INT4 => Value::Int4(*n as i32),
            Type::INT8 => Value::Int8(i64::from(*n)),
            _ if to.is_oid_alias() => Value::Oid(*n),
            _ => return Ok(None),
        },
        Value::Float4(f) => match to {
            Type::FLOAT8 => Value::Float8(f64::from(*f)),
            Type::NUMERIC => Value::Numeric(Numeric::from_f32(*f)?.fit(typmod)?),
            _ => return float(f64::from(*f), to),
        },
        Value::Float8(f) => match to {
            Type::FLOAT4 => Value::Float4(narrow(*f)?),
            Type::NUMERIC => Value::Numeric(Numeric::from_f64(*f)?.fit(typmod)?),
            _ => return float(*f, to),
        },
        Value::Numeric(n) => match to {
            Type::NUMERIC => Value::Numeric(n.fit(typmod)?),
            Type::FLOAT4 => Value::Float4(n.to_f32()?),
            Type::FLOAT8 => Value::Float8(n.to_f64()?),
            Type::INT2 | Type::INT4 | Type::INT8 => return whole(n.to_i64(to)?, to, typmod),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

fn whole(n: i64, to: Type, typmod: Typmod) -> Result<Option<Value>> {
    let out_of_range = |_| Error::OutOfRange { ty: to };
    Ok(Some(match to {
        Type::INT2 => Value::Int2(i16::try_from(n).map_err(out_of_range)?),
        Type::INT4 => Value::Int4(i32::try_from(n).map_err(out_of_range)?),
        Type::INT8 => Value::Int8(n),
        Type::FLOAT4 => Value::Float4(n as f32),
        Type::FLOAT8 => Value::Float8(n as f64),
        Type::NUMERIC => Value::Numeric(Numeric::from(n).fit(typmod)?),
        _ if to.is_oid_alias() => {
            // A negative integer is the OID of the same 32 bits, as it always was.
            let oid = u32::try_from(n).or_else(|_| i32::try_from(n).map(|n| n as u32));
            Value::Oid(oid.map_err(|_| Error::OutOfRange { ty: Type::OID })?)
        }
        _ => return Ok(None),
    }))
}

/// A float as a whole number: to the nearest, ties to the even one.
fn float(f: f64, to: Type) -> Result<Option<Value>> {
    let rounded = f.round_ties_even();
    let bounds = match to {
        Type::INT2 => f64::from(i16::MIN)..f64::from(i16::MAX) + 1.0,
        Type::INT4 => f64::from(i32::MIN)..f64::from(i32::MAX) + 1.0,
        Type::INT8 => i64::MIN as f64..-(i64::MIN as f64),
        _ => return Ok(None),
    };
    if !bounds.contains(&rounded) {
        return Err(Error::OutOfRange { ty: to });
    }
    whole(rounded as i64, to, Typmod::NONE)
}

fn narrow(f: f64) -> Result<f32> {
    let narrowed = f as f32;
    if narrowed.is_infinite() && f.is_finite() {
        return Err(Error::FloatOverflow);
    }
    if narrowed == 0.0 && f != 0.0 {
        return Err(Error::FloatUnderflow);
    }
    Ok(narrowed)
}

/// The lowest `len` bits of a number that has `own_len`, its sign repeated on the left.
pub(super) fn to_bits(n: i64, own_len: usize, len: usize) -> Value {
    let bit = |place: usize| n >> place.min(own_len - 1) & 1 == 1;
    Value::Bit(Bits::from_bits((0..len).rev().map(bit)).into())
}

/// The number whose bits these are.
pub(super) fn from_bits(bits: &Bits, to: Type) -> Result<Value> {
    let max = if to == Type::INT4 { 32 } else { 64 };
    if bits.len > max {
        return Err(Error::OutOfRange { ty: to });
    }
    let number = bits.iter().fold(0u64, |number, bit| number << 1 | u64::from(bit));
    Ok(if to == Type::INT4 { Value::Int4(number as u32 as i32) } else { Value::Int8(number as i64) })
}
