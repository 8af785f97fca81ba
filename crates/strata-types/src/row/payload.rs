//! The bytes of one value, given its kind. Integers are little-endian.

use super::cursor::Cursor;
use super::kind::Kind;
use crate::array::{Array, DIMENSIONS_MAX, Dimension};
use crate::bits::Bits;
use crate::datetime::{Interval, TimeTz};
use crate::error::{Error, Result};
use crate::json::{Json, Jsonb};
use crate::numeric::Numeric;
use crate::sql_type::{Oid, Type};
use crate::text::{Bytes, Text};
use crate::value::Value;

/// Deepest nesting of arrays, records and JSON that is read back.
const DEPTH_MAX: usize = 1_000;

/// Appends the payload of a value that is not NULL.
pub(crate) fn write(kind: Kind, value: &Value, out: &mut Vec<u8>) {
    if kind == Kind::Tagged {
        out.push(Kind::of_value(value) as u8);
    }
    match value {
        Value::Null => {}
        Value::Bool(b) => out.push(u8::from(*b)),
        Value::Char(c) => out.push(*c),
        Value::Int2(n) => out.extend_from_slice(&n.to_le_bytes()),
        Value::Int4(n) | Value::Date(n) => out.extend_from_slice(&n.to_le_bytes()),
        Value::Oid(n) => out.extend_from_slice(&n.to_le_bytes()),
        Value::Int8(n) | Value::Time(n) | Value::Timestamp(n) | Value::TimestampTz(n) => {
            out.extend_from_slice(&n.to_le_bytes());
        }
        Value::Float4(f) => out.extend_from_slice(&f.to_le_bytes()),
        Value::Float8(f) => out.extend_from_slice(&f.to_le_bytes()),
        Value::Numeric(n) => n.write_stored(out),
        Value::Text(s) => out.extend_from_slice(s.as_bytes()),
        Value::Bytea(b) => out.extend_from_slice(b),
        Value::TimeTz(t) => {
            out.extend_from_slice(&t.us.to_le_bytes());
            out.extend_from_slice(&t.zone.to_le_bytes());
        }
        Value::Interval(i) => {
            out.extend_from_slice(&i.us.to_le_bytes());
            out.extend_from_slice(&i.days.to_le_bytes());
            out.extend_from_slice(&i.months.to_le_bytes());
        }
        Value::Uuid(u) => out.extend_from_slice(u),
        Value::Jsonb(j) => write_json(j.root(), out),
        Value::Bit(b) => {
            out.extend_from_slice(&(b.len as u32).to_le_bytes());
            out.extend_from_slice(&b.bytes);
        }
        Value::Array(a) => write_array(a, out),
        Value::Record(fields) => {
            out.extend_from_slice(&(fields.len() as u32).to_le_bytes());
            fields.iter().for_each(|field| write_framed(Kind::Tagged, field, out));
        }
    }
}

/// Reads the payload of one value; `bytes` is all of it.
pub(crate) fn read(kind: Kind, bytes: &[u8]) -> Result<Value> {
    read_at(kind, bytes, 0)
}

fn read_at(kind: Kind, bytes: &[u8], depth: usize) -> Result<Value> {
    if depth > DEPTH_MAX {
        return Err(Error::TooDeep);
    }
    let mut at = Cursor::new(bytes, "row");
    let value = match kind {
        Kind::Null => Value::Null,
        Kind::Bool => Value::Bool(at.u8()? != 0),
        Kind::Char => Value::Char(at.u8()?),
        Kind::Int2 => Value::Int2(at.array().map(i16::from_le_bytes)?),
        Kind::Int4 => Value::Int4(at.i32()?),
        Kind::Date => Value::Date(at.i32()?),
        Kind::Oid => Value::Oid(at.u32()?),
        Kind::Int8 => Value::Int8(at.i64()?),
        Kind::Time => Value::Time(at.i64()?),
        Kind::Timestamp => Value::Timestamp(at.i64()?),
        Kind::TimestampTz => Value::TimestampTz(at.i64()?),
        Kind::Float4 => Value::Float4(at.array().map(f32::from_le_bytes)?),
        Kind::Float8 => Value::Float8(at.array().map(f64::from_le_bytes)?),
        Kind::Numeric => Value::Numeric(Numeric::read_stored(at.rest())?),
        Kind::Text => Value::Text(read_text(at.rest())?),
        Kind::Bytea => Value::Bytea(Bytes::from(at.rest())),
        Kind::TimeTz => Value::TimeTz(TimeTz { us: at.i64()?, zone: at.i32()? }),
        Kind::Interval => {
            let us = at.i64()?;
            let days = at.i32()?;
            Value::Interval(Interval { us, days, months: at.i32()? })
        }
        Kind::Uuid => Value::Uuid(at.array()?),
        Kind::Jsonb => Value::Jsonb(Jsonb::from(read_json(&mut at, depth)?)),
        Kind::Bit => Value::Bit(read_bits(&mut at)?.into()),
        Kind::Array => Value::Array(read_array(&mut at, depth)?.into()),
        Kind::Record => {
            let count = at.u32()?;
            let fields = (0..count).map(|_| read_framed(Kind::Tagged, &mut at, depth));
            Value::Record(fields.collect::<Result<Vec<_>>>()?.into())
        }
        Kind::Tagged => {
            let tag = at.u8()?;
            match Kind::from_tag(tag) {
                Some(kind) if kind != Kind::Tagged => read_at(kind, at.rest(), depth + 1)?,
                _ => return Err(at.corrupt("unknown kind of value")),
            }
        }
    };
    if at.len() == 0 { Ok(value) } else { Err(at.corrupt("longer than its value")) }
}

/// Checks that stored text is text.
pub(crate) fn read_str(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Error::Corrupt { what: "row", fault: "text is not UTF-8" })
}

fn read_text(bytes: &[u8]) -> Result<Text> {
    read_str(bytes).map(Text::from)
}

/// The length of a framed NULL.
const NULL_LEN: u32 = u32::MAX;

fn write_framed(kind: Kind, value: &Value, out: &mut Vec<u8>) {
    if value.is_null() {
        out.extend_from_slice(&NULL_LEN.to_le_bytes());
        return;
    }
    let frame = out.len();
    out.extend_from_slice(&[0; 4]);
    write(kind, value, out);
    let len = (out.len() - frame - 4) as u32;
    out[frame..frame + 4].copy_from_slice(&len.to_le_bytes());
}

fn read_framed(kind: Kind, at: &mut Cursor<'_>, depth: usize) -> Result<Value> {
    match at.u32()? {
        NULL_LEN => Ok(Value::Null),
        len => read_at(kind, at.bytes(len as usize)?, depth + 1),
    }
}

fn write_array(array: &Array, out: &mut Vec<u8>) {
    out.extend_from_slice(&array.element.oid().0.to_le_bytes());
    out.push(array.dimensions.len() as u8);
    for dimension in &array.dimensions {
        out.extend_from_slice(&(dimension.len as u32).to_le_bytes());
        out.extend_from_slice(&dimension.lower.to_le_bytes());
    }
    let kind = Kind::of(array.element);
    array.values.iter().for_each(|value| write_framed(kind, value, out));
}

fn read_array(at: &mut Cursor<'_>, depth: usize) -> Result<Array> {
    let element = Type(Oid(at.u32()?));
    let rank = usize::from(at.u8()?);
    if rank > DIMENSIONS_MAX {
        return Err(at.corrupt("too many array dimensions"));
    }
    let mut dimensions = Vec::with_capacity(rank);
    let mut count: usize = usize::from(rank > 0);
    for _ in 0..rank {
        let dimension = Dimension { len: at.u32()? as usize, lower: at.i32()? };
        count = count.checked_mul(dimension.len).ok_or_else(|| at.corrupt("array bounds overflow"))?;
        dimensions.push(dimension);
    }
    if count > at.len() / 4 {
        return Err(at.corrupt("fewer elements than the array's bounds say"));
    }
    let kind = Kind::of(element);
    let values = (0..count).map(|_| read_framed(kind, at, depth)).collect::<Result<Vec<_>>>()?;
    Ok(Array { element, dimensions, values })
}

fn read_bits(at: &mut Cursor<'_>) -> Result<Bits> {
    let len = at.u32()? as usize;
    let bytes = at.rest().to_vec();
    if bytes.len() != len.div_ceil(8) {
        return Err(at.corrupt("bit string of another length"));
    }
    Ok(Bits { len, bytes })
}

/// One byte of kind, then what the kind needs; strings and numbers with their length.
fn write_json(json: &Json, out: &mut Vec<u8>) {
    match json {
        Json::Null => out.push(0),
        Json::Bool(false) => out.push(1),
        Json::Bool(true) => out.push(2),
        Json::Number(number) => {
            out.push(3);
            let frame = out.len();
            out.extend_from_slice(&[0; 4]);
            number.write_stored(out);
            let len = (out.len() - frame - 4) as u32;
            out[frame..frame + 4].copy_from_slice(&len.to_le_bytes());
        }
        Json::String(text) => {
            out.push(4);
            write_json_text(text, out);
        }
        Json::Array(items) => {
            out.push(5);
            out.extend_from_slice(&(items.len() as u32).to_le_bytes());
            items.iter().for_each(|item| write_json(item, out));
        }
        Json::Object(members) => {
            out.push(6);
            out.extend_from_slice(&(members.len() as u32).to_le_bytes());
            for (key, member) in members {
                write_json_text(key, out);
                write_json(member, out);
            }
        }
    }
}

fn write_json_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn read_json(at: &mut Cursor<'_>, depth: usize) -> Result<Json> {
    if depth > DEPTH_MAX {
        return Err(Error::TooDeep);
    }
    let read_len = |at: &mut Cursor<'_>| -> Result<usize> { Ok(at.u32()? as usize) };
    Ok(match at.u8()? {
        0 => Json::Null,
        1 => Json::Bool(false),
        2 => Json::Bool(true),
        3 => {
            let len = read_len(at)?;
            Json::Number(Numeric::read_stored(at.bytes(len)?)?)
        }
        4 => {
            let len = read_len(at)?;
            Json::String(read_text(at.bytes(len)?)?)
        }
        5 => {
            let count = read_len(at)?;
            Json::Array((0..count).map(|_| read_json(at, depth + 1)).collect::<Result<_>>()?)
        }
        6 => {
            let count = read_len(at)?;
            let member = |_| {
                let len = read_len(at)?;
                Ok((read_text(at.bytes(len)?)?, read_json(at, depth + 1)?))
            };
            Json::Object((0..count).map(member).collect::<Result<_>>()?)
        }
        _ => return Err(at.corrupt("unknown kind of JSON")),
    })
}
