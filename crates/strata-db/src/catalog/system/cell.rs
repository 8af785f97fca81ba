//! Rust values as cells of a column of a given type.
//!
//! Every type of a virtual relation's column has a marker here of the same name as its constant in
//! [`Type`](strata_types::Type), so that a column and its value can only agree.

use crate::schema::Oid;
use std::sync::Arc;
use strata_types::{Array, Dimension, Type, Value};

/// A Rust value that can stand in a column of type `T`.
pub(super) trait Cell<T> {
    /// The cell.
    fn value(self) -> Value;
}

/// The absent value, of any type.
pub(super) const NULL: Value = Value::Null;
/// The OID that names nothing.
pub(super) const NONE: Oid = Oid::INVALID;
/// The `"char"` that is no letter.
pub(super) const NO_CHAR: u8 = 0;

impl<T> Cell<T> for Value {
    fn value(self) -> Value {
        self
    }
}

impl<T, C: Cell<T>> Cell<T> for Option<C> {
    fn value(self) -> Value {
        self.map_or(Value::Null, C::value)
    }
}

macro_rules! cells {
    ($($marker:ident: $($rust:ty = |$it:ident| $value:expr),+;)*) => {$(
        #[doc = concat!("Marks columns of `Type::", stringify!($marker), "`.")]
        #[derive(Debug)]
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "the name of the type's constant")]
        pub(super) enum $marker {}
        $(impl Cell<$marker> for $rust {
            fn value(self) -> Value {
                let $it = self;
                $value
            }
        })+
    )*};
}

cells! {
    BOOL: bool = |b| Value::Bool(b);
    CHAR: u8 = |c| Value::Char(c);
    INT2: i16 = |n| Value::Int2(n), usize = |n| Value::Int2(i16::try_from(n).unwrap_or(i16::MAX));
    INT4: i32 = |n| Value::Int4(n), usize = |n| Value::Int4(i32::try_from(n).unwrap_or(i32::MAX));
    INT8: i64 = |n| Value::Int8(n);
    FLOAT4: f32 = |f| Value::Float4(f);
    FLOAT8: f64 = |f| Value::Float8(f);
    NUMERIC: i64 = |n| Value::Numeric(n.into());
    OID: Oid = |oid| Value::Oid(oid.0), u32 = |oid| Value::Oid(oid), Type = |ty| Value::Oid(ty.oid().0);
    REGPROC: Oid = |oid| Value::Oid(oid.0), u32 = |oid| Value::Oid(oid);
    REGTYPE: Type = |ty| Value::Oid(ty.oid().0);
    XID: u32 = |xid| Value::Oid(xid);
    NAME: &str = |s| Value::text(s), String = |s| Value::text(s), &String = |s| Value::text(s.as_str());
    TEXT: &str = |s| Value::text(s), String = |s| Value::text(s), &String = |s| Value::text(s.as_str());
    VARCHAR: &str = |s| Value::text(s), String = |s| Value::text(s), &String = |s| Value::text(s.as_str());
    PG_NODE_TREE: &str = |s| Value::text(s), String = |s| Value::text(s);
    TIMESTAMPTZ: i64 = |us| Value::TimestampTz(us);
    INTERVAL: strata_types::Interval = |interval| Value::Interval(interval);
    INT2VECTOR: Vec<i16> = |numbers| vector(Type::INT2, numbers.into_iter().map(Value::Int2).collect());
    OIDVECTOR: Vec<Oid> = |oids| vector(Type::OID, oids.into_iter().map(|oid| Value::Oid(oid.0)).collect());
    INT2_ARRAY: Vec<i16> = |numbers| array(Type::INT2, numbers.into_iter().map(Value::Int2).collect());
    OID_ARRAY: Vec<Oid> = |oids| array(Type::OID, oids.into_iter().map(|oid| Value::Oid(oid.0)).collect());
    REGTYPE_ARRAY: Vec<Type> = |types| {
        array(Type::REGTYPE, types.into_iter().map(|ty| Value::Oid(ty.oid().0)).collect())
    };
    CHAR_ARRAY: Vec<u8> = |chars| array(Type::CHAR, chars.into_iter().map(Value::Char).collect());
    TEXT_ARRAY: Vec<String> = |texts| array(Type::TEXT, texts.into_iter().map(Value::text).collect());
    NAME_ARRAY: Vec<String> = |texts| array(Type::NAME, texts.into_iter().map(Value::text).collect());
    ACLITEM_ARRAY: Vec<String> = |texts| array(Type::ACLITEM, texts.into_iter().map(Value::text).collect());
}

/// Marks columns of `Type::ANYARRAY`, which are NULL.
#[derive(Debug)]
#[allow(clippy::upper_case_acronyms, reason = "the name of the type's constant")]
pub(super) enum ANYARRAY {}

fn array(element: Type, values: Vec<Value>) -> Value {
    Value::Array(Arc::new(Array::new(element, values)))
}

/// `int2vector` and `oidvector` count from 0, and have a dimension even if it is empty.
fn vector(element: Type, values: Vec<Value>) -> Value {
    let dimensions = vec![Dimension { len: values.len(), lower: 0 }];
    Value::Array(Arc::new(Array { element, dimensions, values }))
}
