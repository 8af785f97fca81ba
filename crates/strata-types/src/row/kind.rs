//! How the values of a type are stored: at a fixed width, or as bytes of their own length.

use crate::sql_type::Type;
use crate::value::Value;

/// The stored shapes. The numbers are written to disk as tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Null = 0,
    Bool = 1,
    Int2 = 2,
    Int4 = 3,
    Int8 = 4,
    Float4 = 5,
    Float8 = 6,
    Numeric = 7,
    Text = 8,
    Char = 9,
    Bytea = 10,
    Date = 11,
    Time = 12,
    TimeTz = 13,
    Timestamp = 14,
    TimestampTz = 15,
    Interval = 16,
    Uuid = 17,
    Jsonb = 18,
    Oid = 19,
    Bit = 20,
    Array = 21,
    Record = 22,
    /// A value that carries its own kind: of types that only the catalog knows.
    Tagged = 23,
}

impl Kind {
    const ALL: [Kind; 24] = [
        Kind::Null,
        Kind::Bool,
        Kind::Int2,
        Kind::Int4,
        Kind::Int8,
        Kind::Float4,
        Kind::Float8,
        Kind::Numeric,
        Kind::Text,
        Kind::Char,
        Kind::Bytea,
        Kind::Date,
        Kind::Time,
        Kind::TimeTz,
        Kind::Timestamp,
        Kind::TimestampTz,
        Kind::Interval,
        Kind::Uuid,
        Kind::Jsonb,
        Kind::Oid,
        Kind::Bit,
        Kind::Array,
        Kind::Record,
        Kind::Tagged,
    ];

    /// The kind of a type's values.
    pub(crate) fn of(ty: Type) -> Kind {
        match ty {
            Type::BOOL => Kind::Bool,
            Type::INT2 => Kind::Int2,
            Type::INT4 => Kind::Int4,
            Type::INT8 => Kind::Int8,
            Type::FLOAT4 => Kind::Float4,
            Type::FLOAT8 => Kind::Float8,
            Type::NUMERIC => Kind::Numeric,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => Kind::Text,
            Type::CHAR => Kind::Char,
            Type::BYTEA => Kind::Bytea,
            Type::DATE => Kind::Date,
            Type::TIME => Kind::Time,
            Type::TIMETZ => Kind::TimeTz,
            Type::TIMESTAMP => Kind::Timestamp,
            Type::TIMESTAMPTZ => Kind::TimestampTz,
            Type::INTERVAL => Kind::Interval,
            Type::UUID => Kind::Uuid,
            Type::JSONB => Kind::Jsonb,
            Type::BIT | Type::VARBIT => Kind::Bit,
            Type::RECORD => Kind::Record,
            _ if ty.is_oid_alias() => Kind::Oid,
            _ if ty.is_array() => Kind::Array,
            _ => Kind::Tagged,
        }
    }

    /// The kind of this value.
    pub(crate) fn of_value(value: &Value) -> Kind {
        match value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Int2(_) => Kind::Int2,
            Value::Int4(_) => Kind::Int4,
            Value::Int8(_) => Kind::Int8,
            Value::Float4(_) => Kind::Float4,
            Value::Float8(_) => Kind::Float8,
            Value::Numeric(_) => Kind::Numeric,
            Value::Text(_) => Kind::Text,
            Value::Char(_) => Kind::Char,
            Value::Bytea(_) => Kind::Bytea,
            Value::Date(_) => Kind::Date,
            Value::Time(_) => Kind::Time,
            Value::TimeTz(_) => Kind::TimeTz,
            Value::Timestamp(_) => Kind::Timestamp,
            Value::TimestampTz(_) => Kind::TimestampTz,
            Value::Interval(_) => Kind::Interval,
            Value::Uuid(_) => Kind::Uuid,
            Value::Jsonb(_) => Kind::Jsonb,
            Value::Oid(_) => Kind::Oid,
            Value::Bit(_) => Kind::Bit,
            Value::Array(_) => Kind::Array,
            Value::Record(_) => Kind::Record,
        }
    }

    /// The kind that a stored tag names.
    pub(crate) fn from_tag(tag: u8) -> Option<Kind> {
        Kind::ALL.get(usize::from(tag)).copied()
    }

    /// Bytes of a value at a fixed width; `None` for values of their own length.
    pub(crate) fn width(self) -> Option<usize> {
        match self {
            Kind::Bool | Kind::Char => Some(1),
            Kind::Int2 => Some(2),
            Kind::Int4 | Kind::Float4 | Kind::Date | Kind::Oid => Some(4),
            Kind::Int8 | Kind::Float8 | Kind::Time | Kind::Timestamp | Kind::TimestampTz => Some(8),
            Kind::TimeTz => Some(12),
            Kind::Interval | Kind::Uuid => Some(16),
            Kind::Null
            | Kind::Numeric
            | Kind::Text
            | Kind::Bytea
            | Kind::Jsonb
            | Kind::Bit
            | Kind::Array
            | Kind::Record
            | Kind::Tagged => None,
        }
    }
}
