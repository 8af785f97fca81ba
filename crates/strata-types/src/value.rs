//! One SQL value or NULL.

use crate::array::Array;
use crate::bits::Bits;
use crate::datetime::{Interval, TimeTz};
use crate::json::Jsonb;
use crate::numeric::Numeric;
use crate::text::{Bytes, Text};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One SQL value or NULL. The [`Type`](crate::Type) travels beside it: several types share a variant.
///
/// `==`, `Ord` and `Hash` agree with each other and are those of `GROUP BY` and `ORDER BY`: NULLs equal each
/// other and come last, NaN is the largest number, -0 = 0, 1.0 = 1.00. They compare values of one type;
/// [`compare`](crate::compare) does it by type, which `character(n)` needs.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// The absent value, of any type.
    #[default]
    Null,
    /// `boolean`
    Bool(bool),
    /// `smallint`
    Int2(i16),
    /// `integer`
    Int4(i32),
    /// `bigint`
    Int8(i64),
    /// `real`
    Float4(f32),
    /// `double precision`
    Float8(f64),
    /// `numeric`
    Numeric(Numeric),
    /// `text`, `varchar`, `char(n)`, `name`, `json`, `xml`, and literals of unknown type
    Text(Text),
    /// `"char"`
    Char(u8),
    /// `bytea`
    Bytea(Bytes),
    /// `date`: days since 2000-01-01; the extremes are the infinities
    Date(i32),
    /// `time`: microseconds since midnight
    Time(i64),
    /// `time with time zone`
    TimeTz(TimeTz),
    /// `timestamp`: microseconds since 2000-01-01; the extremes are the infinities
    Timestamp(i64),
    /// `timestamp with time zone`: microseconds since 2000-01-01 UTC; the extremes are the infinities
    TimestampTz(i64),
    /// `interval`
    Interval(Interval),
    /// `uuid`
    Uuid([u8; 16]),
    /// `jsonb`
    Jsonb(Jsonb),
    /// `oid`, `xid`, `cid`, `regclass`, `regtype` and the other faces of an OID
    Oid(u32),
    /// `bit(n)`, `bit varying`
    Bit(Arc<Bits>),
    /// An array of any type
    Array(Arc<Array>),
    /// A row
    Record(Arc<[Value]>),
}

const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Value>();
    assert!(size_of::<Value>() <= 24, "a value is copied often: keep it three words");
};

impl Value {
    /// NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// About how many bytes of memory the value takes beside its own three words, were it not shared.
    pub fn heap_len(&self) -> usize {
        /// Two counters and what the allocator rounds up to.
        const SHARED: usize = 24;
        let all = |values: &[Value]| -> usize {
            values.iter().map(|value| size_of::<Value>() + value.heap_len()).sum()
        };
        match self {
            Value::Text(text) => SHARED + text.len(),
            Value::Bytea(bytes) => SHARED + bytes.len(),
            Value::Bit(bits) => 2 * SHARED + bits.bytes.len(),
            Value::Jsonb(json) => SHARED + json.root().heap_len(),
            Value::Numeric(numeric) => numeric.heap_len(),
            Value::Array(array) => 3 * SHARED + all(&array.values),
            Value::Record(fields) => SHARED + all(fields),
            Value::Null
            | Value::Bool(_)
            | Value::Int2(_)
            | Value::Int4(_)
            | Value::Int8(_)
            | Value::Float4(_)
            | Value::Float8(_)
            | Value::Char(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::TimeTz(_)
            | Value::Timestamp(_)
            | Value::TimestampTz(_)
            | Value::Interval(_)
            | Value::Uuid(_)
            | Value::Oid(_) => 0,
        }
    }

    /// The characters of a [`Value::Text`].
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth of a [`Value::Bool`].
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Any of the integer variants, widened.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int2(n) => Some(i64::from(*n)),
            Value::Int4(n) => Some(i64::from(*n)),
            Value::Int8(n) => Some(*n),
            Value::Oid(n) => Some(i64::from(*n)),
            _ => None,
        }
    }

    /// A [`Value::Text`] of these characters.
    pub fn text(s: impl Into<Text>) -> Value {
        Value::Text(s.into())
    }

    /// A place among the variants, so that the order is total even between types.
    fn rank(&self) -> u8 {
        match self {
            Value::Bool(_) => 0,
            Value::Int2(_) => 1,
            Value::Int4(_) => 2,
            Value::Int8(_) => 3,
            Value::Float4(_) => 4,
            Value::Float8(_) => 5,
            Value::Numeric(_) => 6,
            Value::Text(_) => 7,
            Value::Char(_) => 8,
            Value::Bytea(_) => 9,
            Value::Date(_) => 10,
            Value::Time(_) => 11,
            Value::TimeTz(_) => 12,
            Value::Timestamp(_) => 13,
            Value::TimestampTz(_) => 14,
            Value::Interval(_) => 15,
            Value::Uuid(_) => 16,
            Value::Jsonb(_) => 17,
            Value::Oid(_) => 18,
            Value::Bit(_) => 19,
            Value::Array(_) => 20,
            Value::Record(_) => 21,
            Value::Null => u8::MAX,
        }
    }
}

/// The order of floats in SQL: NaN equals itself and is the largest, -0 equals 0.
pub fn compare_f64(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// [`compare_f64`] for `real`.
pub fn compare_f32(a: f32, b: f32) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The bits of a float such that equal floats have equal bits.
fn equality_bits(f: f64) -> u64 {
    if f.is_nan() {
        f64::NAN.to_bits()
    } else if f == 0.0 {
        0
    } else {
        f.to_bits()
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Int2(a), Value::Int2(b)) => a.cmp(b),
            (Value::Int4(a), Value::Int4(b)) | (Value::Date(a), Value::Date(b)) => a.cmp(b),
            (Value::Int8(a), Value::Int8(b))
            | (Value::Time(a), Value::Time(b))
            | (Value::Timestamp(a), Value::Timestamp(b))
            | (Value::TimestampTz(a), Value::TimestampTz(b)) => a.cmp(b),
            (Value::Float4(a), Value::Float4(b)) => compare_f32(*a, *b),
            (Value::Float8(a), Value::Float8(b)) => compare_f64(*a, *b),
            (Value::Numeric(a), Value::Numeric(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Char(a), Value::Char(b)) => a.cmp(b),
            (Value::Bytea(a), Value::Bytea(b)) => a.cmp(b),
            (Value::TimeTz(a), Value::TimeTz(b)) => a.cmp(b),
            (Value::Interval(a), Value::Interval(b)) => a.cmp(b),
            (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
            (Value::Jsonb(a), Value::Jsonb(b)) => a.cmp(b),
            (Value::Oid(a), Value::Oid(b)) => a.cmp(b),
            (Value::Bit(a), Value::Bit(b)) => a.cmp(b),
            (Value::Array(a), Value::Array(b)) => a.cmp(b),
            (Value::Record(a), Value::Record(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Value::Null => u8::MAX.hash(state),
            Value::Bool(b) => b.hash(state),
            Value::Int2(n) => i64::from(*n).hash(state),
            Value::Int4(n) | Value::Date(n) => i64::from(*n).hash(state),
            Value::Int8(n) | Value::Time(n) | Value::Timestamp(n) | Value::TimestampTz(n) => n.hash(state),
            Value::Float4(f) => equality_bits(f64::from(*f)).hash(state),
            Value::Float8(f) => equality_bits(*f).hash(state),
            Value::Numeric(n) => n.hash(state),
            Value::Text(s) => s.hash(state),
            Value::Char(c) => c.hash(state),
            Value::Bytea(b) => b.hash(state),
            Value::TimeTz(t) => t.hash(state),
            Value::Interval(i) => i.hash(state),
            Value::Uuid(u) => u.hash(state),
            Value::Jsonb(j) => j.hash(state),
            Value::Oid(n) => i64::from(*n).hash(state),
            Value::Bit(b) => b.hash(state),
            Value::Array(a) => a.hash(state),
            Value::Record(r) => r.hash(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::hash_map::DefaultHasher;

    fn hash(value: &Value) -> u64 {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn equal_values_hash_equally() {
        let one = Value::Numeric(Numeric::from_i128(10, 1));
        let also_one = Value::Numeric(Numeric::from_i128(100, 2));
        assert_eq!(one, also_one);
        assert_eq!(hash(&one), hash(&also_one));
        assert_eq!(Value::Float8(-0.0), Value::Float8(0.0));
        assert_eq!(hash(&Value::Float8(-0.0)), hash(&Value::Float8(0.0)));
        assert_eq!(Value::Float8(f64::NAN), Value::Float8(f64::NAN));
        assert!(Value::Float8(f64::NAN) > Value::Float8(f64::INFINITY));
        assert!(Value::Null > Value::Int4(i32::MAX));
    }
}
