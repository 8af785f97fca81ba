//! The forms of values, one file a type: text in and out, binary in and out. Here a value finds its type's file.

mod array;
mod bit;
mod boolean;
mod bytea;
mod char;
mod compare;
mod float;
mod integer;
mod oid;
mod record;
mod string;
mod temporal;
mod uuid;
mod wire;

pub use compare::compare;
pub use string::{NAME_LEN_MAX, pad, truncate_name};

pub(crate) use bit::check_length as check_bits;
pub(crate) use string::fit as fit_string;
pub(crate) use temporal::{fit_interval, fit_timestamp, round_time};

use crate::column::{Column, ColumnData};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::json::{self, Jsonb};
use crate::numeric::Numeric;
use crate::sql_type::Type;
use crate::text::Text;
use crate::typmod::Typmod;
use crate::value::Value;

pub(crate) use float::{write_f32, write_f64};
pub(crate) use integer::write_i64;

impl Value {
    /// Reads a value from text, as the type's input function does. A modifier is applied as in an
    /// assignment: what does not fit is an error.
    pub fn from_text(ty: Type, typmod: Typmod, text: &str, format: &Format) -> Result<Value> {
        Ok(match ty {
            Type::BOOL => Value::Bool(boolean::parse(text)?),
            Type::INT2 => Value::Int2(integer::parse(text, ty)?),
            Type::INT4 => Value::Int4(integer::parse(text, ty)?),
            Type::INT8 => Value::Int8(integer::parse(text, ty)?),
            Type::FLOAT4 => Value::Float4(float::parse_f32(text)?),
            Type::FLOAT8 => Value::Float8(float::parse_f64(text)?),
            Type::NUMERIC => Value::Numeric(Numeric::parse(text)?.fit(typmod)?),
            Type::VARCHAR | Type::BPCHAR => Value::Text(string::fit(ty, typmod, text, false)?),
            Type::NAME => Value::Text(Text::from(truncate_name(text))),
            Type::CHAR => Value::Char(char::parse(text)),
            Type::BYTEA => Value::Bytea(bytea::parse(text)?),
            Type::DATE | Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL => {
                temporal::parse(ty, typmod, text, format)?
            }
            Type::UUID => Value::Uuid(uuid::parse(text)?),
            Type::JSON => {
                json::validate(text)?;
                Value::text(text)
            }
            Type::JSONB => Value::Jsonb(Jsonb::from(json::parse(text)?)),
            Type::BIT | Type::VARBIT => Value::Bit(bit::parse(ty, typmod, text)?.into()),
            Type::INT2VECTOR | Type::OIDVECTOR => array::parse_vector(ty, text, format)?,
            Type::RECORD => record::refuse()?,
            _ if ty.is_oid_alias() || matches!(ty, Type::XID | Type::CID) => {
                Value::Oid(oid::parse(text, ty)?)
            }
            _ => match ty.element() {
                Some(element) => array::parse(element, typmod, text, format)?,
                None if ty.is_polymorphic() => {
                    return Err(Error::NoSuchForm { verb: "cannot accept", ty });
                }
                // Text itself, and types that only the catalog above can check.
                None => Value::text(text),
            },
        })
    }

    /// Appends the value as text, as the type's output function does. NULL appends nothing.
    pub fn write_text(&self, ty: Type, format: &Format, out: &mut Vec<u8>) {
        match self {
            Value::Null => {}
            Value::Bool(b) => out.push(if *b { b't' } else { b'f' }),
            Value::Int2(n) => write_i64(i64::from(*n), out),
            Value::Int4(n) => write_i64(i64::from(*n), out),
            Value::Int8(n) => write_i64(*n, out),
            Value::Oid(n) => oid::write(*n, ty, out),
            Value::Float4(f) => write_f32(*f, format.extra_float_digits, out),
            Value::Float8(f) => write_f64(*f, format.extra_float_digits, out),
            Value::Numeric(n) => n.write(out),
            Value::Text(s) => out.extend_from_slice(s.as_bytes()),
            Value::Char(c) => char::write(*c, out),
            Value::Bytea(b) => bytea::write(b, format.bytea_output, out),
            Value::Date(d) => crate::datetime::write_date(*d, format, out),
            Value::Time(t) => crate::datetime::write_time(*t, out),
            Value::TimeTz(t) => crate::datetime::write_timetz(*t, out),
            Value::Timestamp(t) => crate::datetime::write_timestamp(*t, format, out),
            Value::TimestampTz(t) => crate::datetime::write_timestamptz(*t, format, out),
            Value::Interval(i) => crate::datetime::write_interval(*i, format, out),
            Value::Uuid(u) => uuid::write(u, out),
            Value::Jsonb(j) => j.write(out),
            Value::Bit(b) => bit::write(b, out),
            Value::Array(a) if matches!(ty, Type::INT2VECTOR | Type::OIDVECTOR) => {
                array::write_vector(a, format, out);
            }
            Value::Array(a) => array::write(a, format, out),
            Value::Record(fields) => record::write(fields, format, out),
        }
    }

    /// The value as text; `None` for NULL.
    pub fn to_text(&self, ty: Type, format: &Format) -> Option<String> {
        if self.is_null() {
            return None;
        }
        let mut out = Vec::new();
        self.write_text(ty, format, &mut out);
        Some(String::from_utf8_lossy(&out).into_owned())
    }

    /// The type that a value of this variant has when nothing else is known.
    pub fn natural_type(&self) -> Type {
        match self {
            Value::Null => Type::UNKNOWN,
            Value::Bool(_) => Type::BOOL,
            Value::Int2(_) => Type::INT2,
            Value::Int4(_) => Type::INT4,
            Value::Int8(_) => Type::INT8,
            Value::Float4(_) => Type::FLOAT4,
            Value::Float8(_) => Type::FLOAT8,
            Value::Numeric(_) => Type::NUMERIC,
            Value::Text(_) => Type::TEXT,
            Value::Char(_) => Type::CHAR,
            Value::Bytea(_) => Type::BYTEA,
            Value::Date(_) => Type::DATE,
            Value::Time(_) => Type::TIME,
            Value::TimeTz(_) => Type::TIMETZ,
            Value::Timestamp(_) => Type::TIMESTAMP,
            Value::TimestampTz(_) => Type::TIMESTAMPTZ,
            Value::Interval(_) => Type::INTERVAL,
            Value::Uuid(_) => Type::UUID,
            Value::Jsonb(_) => Type::JSONB,
            Value::Oid(_) => Type::OID,
            Value::Bit(_) => Type::VARBIT,
            Value::Array(array) => array.element.array_of().unwrap_or(Type::TEXT_ARRAY),
            Value::Record(_) => Type::RECORD,
        }
    }
}

impl Column {
    /// Appends the value of row `index` as text; NULL appends nothing.
    pub fn write_text(&self, index: usize, format: &Format, out: &mut Vec<u8>) {
        if self.is_null(index) {
            return;
        }
        match &self.data {
            ColumnData::Int2(vector) => write_i64(i64::from(vector[index]), out),
            ColumnData::Int4(vector) => write_i64(i64::from(vector[index]), out),
            ColumnData::Int8(vector) => write_i64(vector[index], out),
            ColumnData::Text(strings) => out.extend_from_slice(strings.get(index)),
            ColumnData::Bytea(strings) => bytea::write(strings.get(index), format.bytea_output, out),
            ColumnData::Other(vector) => vector[index].write_text(self.ty, format, out),
            data => data.value(index).write_text(self.ty, format, out),
        }
    }

    /// Appends the value of row `index` in binary form; NULL appends nothing.
    pub fn write_binary(&self, index: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.is_null(index) {
            return Ok(());
        }
        match &self.data {
            ColumnData::Text(strings) | ColumnData::Bytea(strings) => {
                out.extend_from_slice(strings.get(index))
            }
            ColumnData::Int2(vector) => out.extend_from_slice(&vector[index].to_be_bytes()),
            ColumnData::Int4(vector) => out.extend_from_slice(&vector[index].to_be_bytes()),
            ColumnData::Int8(vector) => out.extend_from_slice(&vector[index].to_be_bytes()),
            ColumnData::Other(vector) => return vector[index].write_binary(self.ty, out),
            data => data.value(index).send(self.ty, out),
        }
        Ok(())
    }
}
