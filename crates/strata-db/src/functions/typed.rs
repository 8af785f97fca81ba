//! Typed arguments and answers: what lets a kernel be written as a function of Rust types.
//!
//! The binder has coerced the arguments to the function's types, so a value of another kind is a defect of
//! the binder: it is unreachable here.

use crate::error::Result;
use std::sync::Arc;
use strata_types::{Array, Bits, Interval, Jsonb, Numeric, Text, TimeTz, Value};

/// A Rust type that an argument can be taken as.
pub(super) trait Argument<'a>: Sized {
    /// The argument.
    fn of(value: &'a Value) -> Self;
}

/// A Rust type that a kernel can answer with.
pub(super) trait Answer {
    /// The answer as a value.
    fn into_value(self) -> Result<Value>;
}

/// The next argument; one that was left out for its default is NULL.
pub(super) fn next<'a, T: Argument<'a>>(args: &mut std::slice::Iter<'a, Value>) -> T {
    static LEFT_OUT: Value = Value::Null;
    T::of(args.next().unwrap_or(&LEFT_OUT))
}

/// `date`: days since 2000-01-01.
#[derive(Clone, Copy, Debug)]
pub(super) struct Date(pub(super) i32);
/// `time`: microseconds since midnight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time(pub(super) i64);
/// `timestamp`: microseconds since 2000-01-01.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timestamp(pub(super) i64);
/// `timestamptz`: microseconds since 2000-01-01 UTC.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimestampTz(pub(super) i64);
/// `oid` and its faces.
#[derive(Clone, Copy, Debug)]
pub(super) struct OidValue(pub(super) u32);
/// `uuid`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uuid(pub(super) [u8; 16]);
/// `"char"`.
#[derive(Clone, Copy, Debug)]
pub(super) struct CharValue(pub(super) u8);

macro_rules! copied {
    ($($rust:ty = $variant:ident($inner:ident) => $take:expr, $give:expr;)*) => {$(
        impl Argument<'_> for $rust {
            fn of(value: &Value) -> Self {
                match value {
                    Value::$variant($inner) => $take,
                    other => unreachable!("{other:?} where {} is expected", stringify!($rust)),
                }
            }
        }
        impl Answer for $rust {
            fn into_value(self) -> Result<Value> {
                let $inner = self;
                Ok(Value::$variant($give))
            }
        }
    )*};
}

copied! {
    bool = Bool(b) => *b, b;
    i16 = Int2(n) => *n, n;
    i32 = Int4(n) => *n, n;
    i64 = Int8(n) => *n, n;
    f32 = Float4(f) => *f, f;
    f64 = Float8(f) => *f, f;
    Numeric = Numeric(n) => n.clone(), n;
    Date = Date(d) => Date(*d), d.0;
    Time = Time(t) => Time(*t), t.0;
    TimeTz = TimeTz(t) => *t, t;
    Timestamp = Timestamp(t) => Timestamp(*t), t.0;
    TimestampTz = TimestampTz(t) => TimestampTz(*t), t.0;
    Interval = Interval(i) => *i, i;
    OidValue = Oid(o) => OidValue(*o), o.0;
    Uuid = Uuid(u) => Uuid(*u), u.0;
    CharValue = Char(c) => CharValue(*c), c.0;
    Text = Text(s) => s.clone(), s;
    Jsonb = Jsonb(j) => j.clone(), j;
    Arc<Array> = Array(a) => a.clone(), a;
    Arc<Bits> = Bit(b) => b.clone(), b;
    Arc<[Value]> = Record(r) => r.clone(), r;
}

macro_rules! borrowed {
    ($($rust:ty = $variant:ident;)*) => {$(
        impl<'a> Argument<'a> for &'a $rust {
            fn of(value: &'a Value) -> Self {
                match value {
                    Value::$variant(inner) => inner,
                    other => unreachable!("{other:?} where {} is expected", stringify!($rust)),
                }
            }
        }
    )*};
}

borrowed! {
    str = Text;
    [u8] = Bytea;
    Numeric = Numeric;
    Array = Array;
    Bits = Bit;
    Jsonb = Jsonb;
    [Value] = Record;
}

/// Any argument, NULL too.
impl<'a> Argument<'a> for &'a Value {
    fn of(value: &'a Value) -> Self {
        value
    }
}

/// An argument that may be NULL.
impl<'a, T: Argument<'a>> Argument<'a> for Option<T> {
    fn of(value: &'a Value) -> Self {
        (!value.is_null()).then(|| T::of(value))
    }
}

impl Answer for Value {
    fn into_value(self) -> Result<Value> {
        Ok(self)
    }
}

impl Answer for &Value {
    fn into_value(self) -> Result<Value> {
        Ok(self.clone())
    }
}

impl Answer for &str {
    fn into_value(self) -> Result<Value> {
        Ok(Value::text(self))
    }
}

impl Answer for String {
    fn into_value(self) -> Result<Value> {
        Ok(Value::text(self))
    }
}

impl Answer for Vec<u8> {
    fn into_value(self) -> Result<Value> {
        Ok(Value::Bytea(self.into()))
    }
}

impl Answer for Array {
    fn into_value(self) -> Result<Value> {
        Ok(Value::Array(Arc::new(self)))
    }
}

impl Answer for Bits {
    fn into_value(self) -> Result<Value> {
        Ok(Value::Bit(Arc::new(self)))
    }
}

/// `void`: PostgreSQL shows it as an empty string.
impl Answer for () {
    fn into_value(self) -> Result<Value> {
        Ok(Value::text(""))
    }
}

impl<T: Answer> Answer for Option<T> {
    fn into_value(self) -> Result<Value> {
        self.map_or(Ok(Value::Null), T::into_value)
    }
}

impl<T: Answer, E> Answer for std::result::Result<T, E>
where
    crate::error::SqlError: From<E>,
{
    fn into_value(self) -> Result<Value> {
        self?.into_value()
    }
}
