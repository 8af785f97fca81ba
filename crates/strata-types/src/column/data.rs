//! The typed vectors inside a column, and which of them a type uses.

use super::Strings;
use crate::sql_type::Type;
use crate::text::{Bytes, Text};
use crate::value::Value;

/// One vector of values, all of the same kind.
#[derive(Clone, Debug)]
pub enum ColumnData {
    /// `boolean`
    Bool(Vec<bool>),
    /// `smallint`
    Int2(Vec<i16>),
    /// `integer`
    Int4(Vec<i32>),
    /// `bigint`
    Int8(Vec<i64>),
    /// `real`
    Float4(Vec<f32>),
    /// `double precision`
    Float8(Vec<f64>),
    /// The types that [`Value::Text`] holds; UTF-8
    Text(Strings),
    /// `bytea`
    Bytea(Strings),
    /// `date`, days since 2000-01-01
    Date(Vec<i32>),
    /// `time`, microseconds since midnight
    Time(Vec<i64>),
    /// `timestamp`, microseconds since 2000-01-01
    Timestamp(Vec<i64>),
    /// `timestamp with time zone`, microseconds since 2000-01-01 UTC
    TimestampTz(Vec<i64>),
    /// Every other type; NULL is [`Value::Null`]
    Other(Vec<Value>),
}

/// Runs `$body` with the vector of whichever variant, and again for strings.
macro_rules! each_vector {
    ($data:expr, $vector:ident => $body:expr, $strings:ident => $otherwise:expr) => {
        match $data {
            ColumnData::Bool($vector) => $body,
            ColumnData::Int2($vector) => $body,
            ColumnData::Int4($vector) | ColumnData::Date($vector) => $body,
            ColumnData::Int8($vector)
            | ColumnData::Time($vector)
            | ColumnData::Timestamp($vector)
            | ColumnData::TimestampTz($vector) => $body,
            ColumnData::Float4($vector) => $body,
            ColumnData::Float8($vector) => $body,
            ColumnData::Other($vector) => $body,
            ColumnData::Text($strings) | ColumnData::Bytea($strings) => $otherwise,
        }
    };
}

/// Rebuilds the same variant from its vector.
macro_rules! map_vector {
    ($data:expr, $vector:ident => $body:expr, $strings:ident => $otherwise:expr) => {
        match $data {
            ColumnData::Bool($vector) => ColumnData::Bool($body),
            ColumnData::Int2($vector) => ColumnData::Int2($body),
            ColumnData::Int4($vector) => ColumnData::Int4($body),
            ColumnData::Int8($vector) => ColumnData::Int8($body),
            ColumnData::Float4($vector) => ColumnData::Float4($body),
            ColumnData::Float8($vector) => ColumnData::Float8($body),
            ColumnData::Date($vector) => ColumnData::Date($body),
            ColumnData::Time($vector) => ColumnData::Time($body),
            ColumnData::Timestamp($vector) => ColumnData::Timestamp($body),
            ColumnData::TimestampTz($vector) => ColumnData::TimestampTz($body),
            ColumnData::Other($vector) => ColumnData::Other($body),
            ColumnData::Text($strings) => ColumnData::Text($otherwise),
            ColumnData::Bytea($strings) => ColumnData::Bytea($otherwise),
        }
    };
}

impl ColumnData {
    /// The empty vector that values of `ty` go to.
    pub fn with_capacity(ty: Type, rows: usize) -> ColumnData {
        match ty {
            Type::BOOL => ColumnData::Bool(Vec::with_capacity(rows)),
            Type::INT2 => ColumnData::Int2(Vec::with_capacity(rows)),
            Type::INT4 => ColumnData::Int4(Vec::with_capacity(rows)),
            Type::INT8 => ColumnData::Int8(Vec::with_capacity(rows)),
            Type::FLOAT4 => ColumnData::Float4(Vec::with_capacity(rows)),
            Type::FLOAT8 => ColumnData::Float8(Vec::with_capacity(rows)),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => {
                ColumnData::Text(Strings::with_capacity(rows))
            }
            Type::BYTEA => ColumnData::Bytea(Strings::with_capacity(rows)),
            Type::DATE => ColumnData::Date(Vec::with_capacity(rows)),
            Type::TIME => ColumnData::Time(Vec::with_capacity(rows)),
            Type::TIMESTAMP => ColumnData::Timestamp(Vec::with_capacity(rows)),
            Type::TIMESTAMPTZ => ColumnData::TimestampTz(Vec::with_capacity(rows)),
            _ => ColumnData::Other(Vec::with_capacity(rows)),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        each_vector!(self, vector => vector.len(), strings => strings.len())
    }

    /// No rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry of row `index`, whether or not the row is NULL.
    pub fn value(&self, index: usize) -> Value {
        match self {
            ColumnData::Bool(vector) => Value::Bool(vector[index]),
            ColumnData::Int2(vector) => Value::Int2(vector[index]),
            ColumnData::Int4(vector) => Value::Int4(vector[index]),
            ColumnData::Int8(vector) => Value::Int8(vector[index]),
            ColumnData::Float4(vector) => Value::Float4(vector[index]),
            ColumnData::Float8(vector) => Value::Float8(vector[index]),
            ColumnData::Text(strings) => Value::Text(Text::from(strings.get_str(index))),
            ColumnData::Bytea(strings) => Value::Bytea(Bytes::from(strings.get(index))),
            ColumnData::Date(vector) => Value::Date(vector[index]),
            ColumnData::Time(vector) => Value::Time(vector[index]),
            ColumnData::Timestamp(vector) => Value::Timestamp(vector[index]),
            ColumnData::TimestampTz(vector) => Value::TimestampTz(vector[index]),
            ColumnData::Other(vector) => vector[index].clone(),
        }
    }

    /// Appends a value that is not NULL and of this vector's kind; says whether it was.
    pub(crate) fn push(&mut self, value: &Value) -> bool {
        match (self, value) {
            (ColumnData::Bool(vector), Value::Bool(b)) => vector.push(*b),
            (ColumnData::Int2(vector), Value::Int2(n)) => vector.push(*n),
            (ColumnData::Int4(vector), Value::Int4(n)) => vector.push(*n),
            (ColumnData::Int8(vector), Value::Int8(n)) => vector.push(*n),
            (ColumnData::Float4(vector), Value::Float4(f)) => vector.push(*f),
            (ColumnData::Float8(vector), Value::Float8(f)) => vector.push(*f),
            (ColumnData::Text(strings), Value::Text(s)) => strings.push_str(s),
            (ColumnData::Bytea(strings), Value::Bytea(b)) => strings.push(b),
            (ColumnData::Date(vector), Value::Date(n)) => vector.push(*n),
            (ColumnData::Time(vector), Value::Time(n)) => vector.push(*n),
            (ColumnData::Timestamp(vector), Value::Timestamp(n)) => vector.push(*n),
            (ColumnData::TimestampTz(vector), Value::TimestampTz(n)) => vector.push(*n),
            (ColumnData::Other(vector), value) => vector.push(value.clone()),
            _ => return false,
        }
        true
    }

    /// Appends the entry of a NULL row.
    pub(crate) fn push_default(&mut self) {
        each_vector!(self, vector => vector.push(Default::default()), strings => strings.push(&[]));
    }

    /// Appends all of `other`; says whether it was of the same kind.
    pub(crate) fn append(&mut self, other: &ColumnData) -> bool {
        match (self, other) {
            (ColumnData::Bool(a), ColumnData::Bool(b)) => a.extend_from_slice(b),
            (ColumnData::Int2(a), ColumnData::Int2(b)) => a.extend_from_slice(b),
            (ColumnData::Int4(a), ColumnData::Int4(b)) | (ColumnData::Date(a), ColumnData::Date(b)) => {
                a.extend_from_slice(b);
            }
            (ColumnData::Int8(a), ColumnData::Int8(b))
            | (ColumnData::Time(a), ColumnData::Time(b))
            | (ColumnData::Timestamp(a), ColumnData::Timestamp(b))
            | (ColumnData::TimestampTz(a), ColumnData::TimestampTz(b)) => a.extend_from_slice(b),
            (ColumnData::Float4(a), ColumnData::Float4(b)) => a.extend_from_slice(b),
            (ColumnData::Float8(a), ColumnData::Float8(b)) => a.extend_from_slice(b),
            (ColumnData::Other(a), ColumnData::Other(b)) => a.extend_from_slice(b),
            (ColumnData::Text(a), ColumnData::Text(b)) | (ColumnData::Bytea(a), ColumnData::Bytea(b)) => {
                a.append(b);
            }
            _ => return false,
        }
        true
    }

    pub(crate) fn take(&self, rows: &[u32]) -> ColumnData {
        map_vector!(self, vector => gather(vector, rows), strings => strings.take(rows))
    }

    pub(crate) fn slice(&self, from: usize, len: usize) -> ColumnData {
        map_vector!(self, vector => vector[from..from + len].to_vec(), strings => strings.slice(from, len))
    }

    pub(crate) fn byte_len(&self) -> usize {
        if let ColumnData::Other(values) = self {
            return values.iter().map(|value| size_of::<Value>() + value.heap_len()).sum();
        }
        each_vector!(
            self,
            vector => vector.first().map_or(0, size_of_val) * vector.len(),
            strings => strings.byte_len() + strings.len() * size_of::<u32>()
        )
    }
}

/// The entries of these rows, in this order.
fn gather<T: Clone>(vector: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|row| vector[*row as usize].clone()).collect()
}
