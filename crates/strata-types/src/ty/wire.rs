//! Values in PostgreSQL's binary form. Integers are big-endian.

use crate::array::{Array, DIMENSIONS_MAX, Dimension};
use crate::bits::Bits;
use crate::datetime::{self, DATE_INFINITY, DATE_MAX, DATE_MIN, DATE_NEG_INFINITY, DAY, Interval, TimeTz};
use crate::error::{Error, Result};
use crate::json::{self, Jsonb};
use crate::numeric::Numeric;
use crate::row::Kind;
use crate::sql_type::{Oid, Type};
use crate::text::Bytes;
use crate::value::Value;

/// Deepest nesting of records that is read.
const DEPTH_MAX: usize = 1_000;
/// The only version of `jsonb`'s binary form.
const JSONB_VERSION: u8 = 1;

/// The unread rest of a message.
struct Wire<'a> {
    rest: &'a [u8],
}

impl<'a> Wire<'a> {
    fn new(bytes: &'a [u8]) -> Wire<'a> {
        Wire { rest: bytes }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Error::ShortBinary)?;
        self.rest = rest;
        Ok(*head)
    }

    fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(Error::ShortBinary)?;
        self.rest = rest;
        Ok(head)
    }

    fn text(&mut self) -> Result<&'a str> {
        let bytes = std::mem::take(&mut self.rest);
        check_utf8(bytes)
    }
}

/// The bytes as text, or PostgreSQL's complaint about the first that are none.
fn check_utf8(bytes: &[u8]) -> Result<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => Err(Error::InvalidUtf8 { bytes: "0x00".into() }),
        Ok(text) => Ok(text),
        Err(error) => {
            let from = error.valid_up_to();
            let to = (from + error.error_len().unwrap_or(1)).min(bytes.len());
            let shown: Vec<String> = bytes[from..to].iter().map(|byte| format!("0x{byte:02x}")).collect();
            Err(Error::InvalidUtf8 { bytes: shown.join(" ").into() })
        }
    }
}

impl Value {
    /// Reads a value from its binary form, which must be all of `bytes`.
    pub fn from_binary(ty: Type, bytes: &[u8]) -> Result<Value> {
        receive(ty, bytes, 0)
    }

    /// Appends the binary form. NULL appends nothing. Some types have no such form.
    pub fn write_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<()> {
        if ty.info().is_some_and(|info| info.send.is_empty()) {
            return Err(Error::Other {
                sqlstate: crate::sqlstate::UNDEFINED_FUNCTION,
                message: format!("no binary output function available for type {ty}").into(),
            });
        }
        self.send(ty, out);
        Ok(())
    }

    pub(crate) fn send(&self, ty: Type, out: &mut Vec<u8>) {
        match self {
            Value::Null => {}
            Value::Bool(b) => out.push(u8::from(*b)),
            Value::Char(c) => out.push(*c),
            Value::Int2(n) => out.extend_from_slice(&n.to_be_bytes()),
            Value::Int4(n) | Value::Date(n) => out.extend_from_slice(&n.to_be_bytes()),
            Value::Oid(n) => out.extend_from_slice(&n.to_be_bytes()),
            Value::Int8(n) | Value::Time(n) | Value::Timestamp(n) | Value::TimestampTz(n) => {
                out.extend_from_slice(&n.to_be_bytes());
            }
            Value::Float4(f) => out.extend_from_slice(&f.to_be_bytes()),
            Value::Float8(f) => out.extend_from_slice(&f.to_be_bytes()),
            Value::Numeric(n) => n.send(out),
            Value::Text(s) => out.extend_from_slice(s.as_bytes()),
            Value::Bytea(b) => out.extend_from_slice(b),
            Value::TimeTz(t) => {
                out.extend_from_slice(&t.us.to_be_bytes());
                out.extend_from_slice(&t.zone.to_be_bytes());
            }
            Value::Interval(i) => {
                out.extend_from_slice(&i.us.to_be_bytes());
                out.extend_from_slice(&i.days.to_be_bytes());
                out.extend_from_slice(&i.months.to_be_bytes());
            }
            Value::Uuid(u) => out.extend_from_slice(u),
            Value::Jsonb(j) => {
                out.push(JSONB_VERSION);
                j.write(out);
            }
            Value::Bit(b) => {
                out.extend_from_slice(&(b.len as i32).to_be_bytes());
                out.extend_from_slice(&b.bytes);
            }
            Value::Array(a) => send_array(a, ty, out),
            Value::Record(fields) => {
                out.extend_from_slice(&(fields.len() as i32).to_be_bytes());
                for field in fields.iter() {
                    let ty = field.natural_type();
                    out.extend_from_slice(&ty.oid().0.to_be_bytes());
                    send_framed(field, ty, out);
                }
            }
        }
    }
}

fn receive(ty: Type, bytes: &[u8], depth: usize) -> Result<Value> {
    if depth > DEPTH_MAX {
        return Err(Error::TooDeep);
    }
    let mut wire = Wire::new(bytes);
    let at = &mut wire;
    let value = match Kind::of(ty) {
        Kind::Bool => Value::Bool(at.array::<1>()?[0] != 0),
        Kind::Char => Value::Char(at.array::<1>()?[0]),
        Kind::Int2 => Value::Int2(at.array().map(i16::from_be_bytes)?),
        Kind::Int4 => Value::Int4(at.i32()?),
        Kind::Oid => Value::Oid(at.array().map(u32::from_be_bytes)?),
        Kind::Int8 => Value::Int8(at.i64()?),
        Kind::Float4 => Value::Float4(at.array().map(f32::from_be_bytes)?),
        Kind::Float8 => Value::Float8(at.array().map(f64::from_be_bytes)?),
        Kind::Date => Value::Date(check_date(at.i32()?)?),
        Kind::Time => Value::Time(check_time(at.i64()?)?),
        Kind::TimeTz => Value::TimeTz(TimeTz { us: check_time(at.i64()?)?, zone: check_zone(at.i32()?)? }),
        Kind::Timestamp => Value::Timestamp(check_timestamp(at.i64()?)?),
        Kind::TimestampTz => Value::TimestampTz(check_timestamp(at.i64()?)?),
        Kind::Interval => {
            let us = at.i64()?;
            let days = at.i32()?;
            Value::Interval(Interval { us, days, months: at.i32()? })
        }
        Kind::Uuid => Value::Uuid(at.array()?),
        Kind::Bytea => Value::Bytea(Bytes::from(std::mem::take(&mut at.rest))),
        Kind::Numeric => {
            let number = Numeric::receive(at.rest)?;
            let count = at.rest.first_chunk::<2>().map_or(0, |count| usize::from(u16::from_be_bytes(*count)));
            at.take(8 + count * 2)?;
            Value::Numeric(number)
        }
        Kind::Text => receive_text(ty, at.text()?)?,
        Kind::Jsonb => {
            if at.array::<1>()?[0] != JSONB_VERSION {
                return Err(Error::InvalidBinary { ty });
            }
            Value::Jsonb(Jsonb::from(json::parse(at.text()?)?))
        }
        Kind::Bit => {
            let len = usize::try_from(at.i32()?).map_err(|_| Error::InvalidBinary { ty })?;
            let mut bytes = at.take(len.div_ceil(8))?.to_vec();
            if let (Some(last), true) = (bytes.last_mut(), !len.is_multiple_of(8)) {
                *last &= 0xffu8 << (8 - len % 8);
            }
            Value::Bit(Bits { len, bytes }.into())
        }
        Kind::Array => receive_array(ty, at, depth)?,
        Kind::Record => receive_record(at, depth)?,
        Kind::Null | Kind::Tagged if matches!(ty, Type::XID | Type::CID) => {
            Value::Oid(at.array().map(u32::from_be_bytes)?)
        }
        Kind::Null | Kind::Tagged => Value::text(at.text()?),
    };
    if at.rest.is_empty() { Ok(value) } else { Err(Error::InvalidBinary { ty }) }
}

fn receive_text(ty: Type, text: &str) -> Result<Value> {
    Ok(match ty {
        Type::NAME => Value::text(super::truncate_name(text)),
        Type::JSON => {
            json::validate(text)?;
            Value::text(text)
        }
        _ => Value::text(text),
    })
}

fn out_of_range(what: &str) -> Error {
    Error::DatetimeRange { what: what.into() }
}

fn check_date(days: i32) -> Result<i32> {
    let infinite = days == DATE_INFINITY || days == DATE_NEG_INFINITY;
    let valid = infinite || (DATE_MIN..=DATE_MAX).contains(&days);
    if valid { Ok(days) } else { Err(out_of_range("date")) }
}

fn check_time(us: i64) -> Result<i64> {
    if (0..=DAY).contains(&us) { Ok(us) } else { Err(out_of_range("time")) }
}

fn check_zone(zone: i32) -> Result<i32> {
    if zone.abs() <= datetime::OFFSET_MAX { Ok(zone) } else { Err(out_of_range("time zone displacement")) }
}

fn check_timestamp(us: i64) -> Result<i64> {
    let valid = datetime::is_infinite(us) || datetime::in_range(us).is_some();
    if valid { Ok(us) } else { Err(out_of_range("timestamp")) }
}

fn send_framed(value: &Value, ty: Type, out: &mut Vec<u8>) {
    if value.is_null() {
        return out.extend_from_slice(&(-1i32).to_be_bytes());
    }
    let frame = out.len();
    out.extend_from_slice(&[0; 4]);
    value.send(ty, out);
    let len = (out.len() - frame - 4) as i32;
    out[frame..frame + 4].copy_from_slice(&len.to_be_bytes());
}

fn receive_framed(ty: Type, at: &mut Wire<'_>, depth: usize) -> Result<Value> {
    match at.i32()? {
        -1 => Ok(Value::Null),
        len => {
            let len = usize::try_from(len).map_err(|_| Error::InvalidBinary { ty })?;
            receive(ty, at.take(len)?, depth + 1)
        }
    }
}

fn send_array(array: &Array, ty: Type, out: &mut Vec<u8>) {
    let has_nulls = array.values.iter().any(Value::is_null);
    let element = ty.element().unwrap_or(array.element);
    out.extend_from_slice(&(array.dimensions.len() as i32).to_be_bytes());
    out.extend_from_slice(&i32::from(has_nulls).to_be_bytes());
    out.extend_from_slice(&element.oid().0.to_be_bytes());
    for dimension in &array.dimensions {
        out.extend_from_slice(&(dimension.len as i32).to_be_bytes());
        out.extend_from_slice(&dimension.lower.to_be_bytes());
    }
    array.values.iter().for_each(|value| send_framed(value, element, out));
}

fn receive_array(ty: Type, at: &mut Wire<'_>, depth: usize) -> Result<Value> {
    let invalid = || Error::InvalidBinary { ty };
    let rank = usize::try_from(at.i32()?).ok().filter(|rank| *rank <= DIMENSIONS_MAX).ok_or_else(invalid)?;
    at.i32()?; // whether there are NULLs: the elements say so themselves
    let element = Type(Oid(at.array().map(u32::from_be_bytes)?));
    if ty.element().is_some_and(|wanted| wanted != element) {
        return Err(Error::Other {
            sqlstate: crate::sqlstate::DATATYPE_MISMATCH,
            message: "wrong element type".into(),
        });
    }
    let mut dimensions = Vec::with_capacity(rank);
    let mut count = usize::from(rank > 0);
    for _ in 0..rank {
        let len = usize::try_from(at.i32()?).map_err(|_| invalid())?;
        dimensions.push(Dimension { len, lower: at.i32()? });
        count = count.checked_mul(len).ok_or_else(invalid)?;
    }
    if count > at.rest.len() / 4 {
        return Err(Error::ShortBinary);
    }
    let values = (0..count).map(|_| receive_framed(element, at, depth)).collect::<Result<Vec<_>>>()?;
    if values.is_empty() {
        dimensions.clear();
    }
    Ok(Value::Array(Array { element, dimensions, values }.into()))
}

fn receive_record(at: &mut Wire<'_>, depth: usize) -> Result<Value> {
    let invalid = || Error::InvalidBinary { ty: Type::RECORD };
    let count = usize::try_from(at.i32()?).map_err(|_| invalid())?;
    if count > at.rest.len() / 8 {
        return Err(Error::ShortBinary);
    }
    let field = |_| {
        let ty = Type(Oid(at.array().map(u32::from_be_bytes)?));
        receive_framed(ty, at, depth)
    };
    let fields = (0..count).map(field).collect::<Result<Vec<_>>>()?;
    Ok(Value::Record(fields.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn binary_forms_come_back((ty, value, _) in sample::pair()) {
            prop_assume!(!value.is_null());
            // Random days and moments may lie outside what the types take from a client.
            prop_assume!(!matches!(ty, Type::DATE | Type::TIMESTAMPTZ));
            let mut bytes = Vec::new();
            value.send(ty, &mut bytes);
            let back = Value::from_binary(ty, &bytes).unwrap();
            prop_assert_eq!(format!("{back:?}"), format!("{value:?}"));
            for len in 0..bytes.len() {
                let _ = Value::from_binary(ty, &bytes[..len]);
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic((ty, _, _) in sample::pair(), bytes: Vec<u8>) {
            let _ = Value::from_binary(ty, &bytes);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_named() {
        let error = Value::from_binary(Type::TEXT, &[b'a', 0xc3, 0x28]).unwrap_err();
        assert_eq!(error.to_string(), "invalid byte sequence for encoding \"UTF8\": 0xc3");
        assert_eq!(error.sqlstate(), "22021");
    }
}
