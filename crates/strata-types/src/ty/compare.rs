//! The order of two values of a type.

use crate::sql_type::Type;
use crate::value::Value;
use std::cmp::Ordering;

/// Compares values of type `ty` as its `<` and `=` do: like [`Value::cmp`], but `char(n)` ignores padding.
pub fn compare(ty: Type, a: &Value, b: &Value) -> Ordering {
    match (ty, a, b) {
        (Type::BPCHAR, Value::Text(a), Value::Text(b)) => {
            a.trim_end_matches(' ').as_bytes().cmp(b.trim_end_matches(' ').as_bytes())
        }
        _ => a.cmp(b),
    }
}
