//! The bytes of one value in a key. Integers are big-endian with the sign bit flipped.

use super::numeric;
use super::reader::Reader;
use crate::array::{Array, DIMENSIONS_MAX, Dimension};
use crate::bits::Bits;
use crate::datetime::{DAY, Interval, TimeTz};
use crate::error::{Error, Result};
use crate::json::{Json, Jsonb};
use crate::row::Kind;
use crate::sql_type::{Oid, Type};
use crate::text::{Bytes, Text};
use crate::value::Value;

/// What follows in an array or record: nothing sorts before values, and values before NULL.
const END: u8 = 1;
const ELEMENT: u8 = 2;
const NULL_ELEMENT: u8 = 3;

const DEPTH_MAX: usize = 1_000;

/// Appends the payload of a value that is not NULL.
pub(super) fn write(ty: Type, value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Bool(b) => out.push(u8::from(*b)),
        Value::Char(c) => out.push(*c),
        Value::Int2(n) => out.extend_from_slice(&((*n as u16) ^ (1 << 15)).to_be_bytes()),
        Value::Int4(n) | Value::Date(n) => write_i32(*n, out),
        Value::Oid(n) => out.extend_from_slice(&n.to_be_bytes()),
        Value::Int8(n) | Value::Time(n) | Value::Timestamp(n) | Value::TimestampTz(n) => write_i64(*n, out),
        Value::Float4(f) => out.extend_from_slice(&sortable_f32(*f).to_be_bytes()),
        Value::Float8(f) => out.extend_from_slice(&sortable_f64(*f).to_be_bytes()),
        Value::Numeric(n) => numeric::write(n, out),
        Value::Text(s) if ty == Type::BPCHAR => write_escaped(s.trim_end_matches(' ').as_bytes(), out),
        Value::Text(s) => write_escaped(s.as_bytes(), out),
        Value::Bytea(b) => write_escaped(b, out),
        Value::TimeTz(t) => {
            write_i64(t.utc(), out);
            write_i32(t.zone, out);
        }
        Value::Interval(i) => out.extend_from_slice(&((i.span() as u128) ^ (1 << 127)).to_be_bytes()),
        Value::Uuid(u) => out.extend_from_slice(u),
        Value::Jsonb(j) => write_jsonb(j, out),
        Value::Bit(b) => {
            write_escaped(&b.bytes, out);
            out.extend_from_slice(&(b.len as u32).to_be_bytes());
        }
        Value::Array(a) => write_array(a, out),
        Value::Record(fields) => {
            for field in fields.iter() {
                write_element(field, out, |out| {
                    out.push(Kind::of_value(field) as u8);
                    write(Type::NONE, field, out);
                });
            }
            out.push(END);
        }
    }
}

/// Reads the payload of a value of type `ty`.
pub(super) fn read(ty: Type, at: &mut Reader<'_>) -> Result<Value> {
    read_kind(Kind::of(ty), at, 0)
}

fn read_kind(kind: Kind, at: &mut Reader<'_>, depth: usize) -> Result<Value> {
    if depth > DEPTH_MAX {
        return Err(Error::TooDeep);
    }
    Ok(match kind {
        Kind::Bool => Value::Bool(at.u8()? != 0),
        Kind::Char => Value::Char(at.u8()?),
        Kind::Int2 => Value::Int2((u16::from_be_bytes(at.array()?) ^ (1 << 15)) as i16),
        Kind::Int4 => Value::Int4(read_i32(at)?),
        Kind::Date => Value::Date(read_i32(at)?),
        Kind::Oid => Value::Oid(u32::from_be_bytes(at.array()?)),
        Kind::Int8 => Value::Int8(read_i64(at)?),
        Kind::Time => Value::Time(read_i64(at)?),
        Kind::Timestamp => Value::Timestamp(read_i64(at)?),
        Kind::TimestampTz => Value::TimestampTz(read_i64(at)?),
        Kind::Float4 => Value::Float4(float_of_sortable_f32(u32::from_be_bytes(at.array()?))),
        Kind::Float8 => Value::Float8(float_of_sortable_f64(u64::from_be_bytes(at.array()?))),
        Kind::Numeric => Value::Numeric(numeric::read(at)?),
        Kind::Text => Value::Text(read_text(at)?),
        Kind::Bytea => Value::Bytea(Bytes::from(at.escaped()?)),
        Kind::TimeTz => {
            let (utc, zone) = (read_i64(at)?, read_i32(at)?);
            let us = utc.checked_sub(i64::from(zone) * crate::datetime::SECOND);
            Value::TimeTz(TimeTz { us: us.ok_or_else(|| at.corrupt("time out of range"))?, zone })
        }
        Kind::Interval => Value::Interval(read_interval(at)?),
        Kind::Uuid => Value::Uuid(at.array()?),
        Kind::Jsonb => Value::Jsonb(Jsonb::from(read_json(at, depth)?)),
        Kind::Bit => {
            let bytes = at.escaped()?;
            let len = u32::from_be_bytes(at.array()?) as usize;
            if bytes.len() != len.div_ceil(8) {
                return Err(at.corrupt("bit string of another length"));
            }
            Value::Bit(Bits { len, bytes }.into())
        }
        Kind::Array => Value::Array(read_array(at, depth)?.into()),
        Kind::Record => {
            let mut fields = Vec::new();
            while let Some(present) = read_element(at)? {
                fields.push(if present { read_tagged(at, depth)? } else { Value::Null });
            }
            Value::Record(fields.into())
        }
        // Keys are written by the value's kind, so a type that only the catalog knows reads back as text.
        Kind::Tagged => Value::Text(read_text(at)?),
        Kind::Null => Value::Null,
    })
}

fn read_tagged(at: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let kind = Kind::from_tag(at.u8()?).ok_or_else(|| at.corrupt("unknown kind of value"))?;
    read_kind(kind, at, depth + 1)
}

fn write_i32(n: i32, out: &mut Vec<u8>) {
    out.extend_from_slice(&((n as u32) ^ (1 << 31)).to_be_bytes());
}

fn read_i32(at: &mut Reader<'_>) -> Result<i32> {
    Ok((u32::from_be_bytes(at.array()?) ^ (1 << 31)) as i32)
}

fn write_i64(n: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&((n as u64) ^ (1 << 63)).to_be_bytes());
}

fn read_i64(at: &mut Reader<'_>) -> Result<i64> {
    Ok((u64::from_be_bytes(at.array()?) ^ (1 << 63)) as i64)
}

/// The bits of a float, arranged to sort as integers: negative ones flipped, NaN largest, one zero.
fn sortable_f64(f: f64) -> u64 {
    let bits = if f.is_nan() { f64::NAN.to_bits() & !(1 << 63) } else { (f + 0.0).to_bits() };
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn float_of_sortable_f64(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
}

fn sortable_f32(f: f32) -> u32 {
    let bits = if f.is_nan() { f32::NAN.to_bits() & !(1 << 31) } else { (f + 0.0).to_bits() };
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn float_of_sortable_f32(bits: u32) -> f32 {
    f32::from_bits(if bits >> 31 == 1 { bits & !(1 << 31) } else { !bits })
}

/// Bytes with every 0 followed by 255, and two zeros at the end: a string sorts before its continuations.
fn write_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    for piece in bytes.split_inclusive(|byte| *byte == 0) {
        out.extend_from_slice(piece);
        if piece.last() == Some(&0) {
            out.push(u8::MAX);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

fn read_text(at: &mut Reader<'_>) -> Result<Text> {
    let bytes = at.escaped()?;
    String::from_utf8(bytes).map(Text::from).map_err(|_| at.corrupt("text is not UTF-8"))
}

fn read_interval(at: &mut Reader<'_>) -> Result<Interval> {
    let span = (u128::from_be_bytes(at.array()?) ^ (1 << 127)) as i128;
    let day = i128::from(DAY);
    let days = span / day;
    let us = (span % day) as i64;
    let out_of_range = |_| at.corrupt("interval out of range");
    match i32::try_from(days) {
        Ok(days) => Ok(Interval { months: 0, days, us }),
        Err(_) => {
            let months = i32::try_from(days / 30).map_err(out_of_range)?;
            Ok(Interval { months, days: (days % 30) as i32, us })
        }
    }
}

fn write_element(value: &Value, out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
    if value.is_null() {
        out.push(NULL_ELEMENT);
    } else {
        out.push(ELEMENT);
        payload(out);
    }
}

/// Whether an element follows, and whether it is there or NULL.
fn read_element(at: &mut Reader<'_>) -> Result<Option<bool>> {
    match at.u8()? {
        END => Ok(None),
        ELEMENT => Ok(Some(true)),
        NULL_ELEMENT => Ok(Some(false)),
        _ => Err(at.corrupt("unknown element marker")),
    }
}

/// The element type comes last: it decides nothing between arrays of one type.
fn write_array(array: &Array, out: &mut Vec<u8>) {
    for value in &array.values {
        write_element(value, out, |out| {
            out.push(Kind::of_value(value) as u8);
            write(array.element, value, out);
        });
    }
    out.push(END);
    out.push(array.dimensions.len() as u8);
    for dimension in &array.dimensions {
        out.extend_from_slice(&(dimension.len as u32).to_be_bytes());
        write_i32(dimension.lower, out);
    }
    out.extend_from_slice(&array.element.oid().0.to_be_bytes());
}

fn read_array(at: &mut Reader<'_>, depth: usize) -> Result<Array> {
    let mut values = Vec::new();
    while let Some(present) = read_element(at)? {
        values.push(if present { read_tagged(at, depth)? } else { Value::Null });
    }
    let rank = usize::from(at.u8()?);
    if rank > DIMENSIONS_MAX {
        return Err(at.corrupt("too many array dimensions"));
    }
    let mut dimensions = Vec::with_capacity(rank);
    for _ in 0..rank {
        dimensions.push(Dimension { len: u32::from_be_bytes(at.array()?) as usize, lower: read_i32(at)? });
    }
    Ok(Array { element: Type(Oid(u32::from_be_bytes(at.array()?))), dimensions, values })
}

/// An empty array at the root sorts before everything; below it, each node is its rank and content.
fn write_jsonb(jsonb: &Jsonb, out: &mut Vec<u8>) {
    match jsonb.root() {
        Json::Array(items) if items.is_empty() => out.push(0),
        root => write_json(root, out),
    }
}

fn write_json(json: &Json, out: &mut Vec<u8>) {
    match json {
        Json::Null => out.push(1),
        Json::String(text) => {
            out.push(2);
            write_escaped(text.as_bytes(), out);
        }
        Json::Number(number) => {
            out.push(3);
            numeric::write(number, out);
        }
        Json::Bool(truth) => out.extend_from_slice(&[4, u8::from(*truth)]),
        Json::Array(items) => {
            out.push(5);
            out.extend_from_slice(&(items.len() as u32).to_be_bytes());
            items.iter().for_each(|item| write_json(item, out));
        }
        Json::Object(members) => {
            out.push(6);
            out.extend_from_slice(&(members.len() as u32).to_be_bytes());
            for (key, member) in members {
                out.extend_from_slice(&(key.len() as u32).to_be_bytes());
                write_escaped(key.as_bytes(), out);
                write_json(member, out);
            }
        }
    }
}

fn read_json(at: &mut Reader<'_>, depth: usize) -> Result<Json> {
    if depth > DEPTH_MAX {
        return Err(Error::TooDeep);
    }
    let count = |at: &mut Reader<'_>| Ok::<_, Error>(u32::from_be_bytes(at.array()?) as usize);
    Ok(match at.u8()? {
        0 => Json::Array(Vec::new()),
        1 => Json::Null,
        2 => Json::String(read_text(at)?),
        3 => Json::Number(numeric::read(at)?),
        4 => Json::Bool(at.u8()? != 0),
        5 => {
            let count = count(at)?;
            Json::Array((0..count).map(|_| read_json(at, depth + 1)).collect::<Result<_>>()?)
        }
        6 => {
            let members = count(at)?;
            let member = |_| {
                count(at)?;
                Ok((read_text(at)?, read_json(at, depth + 1)?))
            };
            Json::Object((0..members).map(member).collect::<Result<_>>()?)
        }
        _ => return Err(at.corrupt("unknown kind of JSON")),
    })
}
