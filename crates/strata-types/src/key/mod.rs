//! Keys as bytes that sort as the values do: `memcmp` is `ORDER BY`.
//!
//! Each value is one marker byte (NULL or not, which also decides whether NULLs come first) and, unless NULL,
//! a payload that no other payload of the type is a prefix of. In a descending column the payload's bits are
//! flipped. Values that are equal in SQL have equal keys, so some detail does not come back from a key:
//! [`decodes_exactly`] tells for which types.

mod numeric;
mod payload;
mod reader;

use crate::error::Result;
use crate::sql_type::Type;
use crate::value::Value;
use reader::Reader;

const NULL_FIRST: u8 = 0;
const NOT_NULL: u8 = 1;
const NULL_LAST: u8 = 2;

/// How one column of a key sorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SortOrder {
    /// From large to small.
    pub descending: bool,
    /// NULLs before everything else.
    pub nulls_first: bool,
}

impl SortOrder {
    /// `ASC NULLS LAST`, the default.
    pub const ASCENDING: SortOrder = SortOrder { descending: false, nulls_first: false };
    /// `DESC NULLS FIRST`, the default of `DESC`.
    pub const DESCENDING: SortOrder = SortOrder { descending: true, nulls_first: true };
}

/// Appends one value to a key.
pub fn encode(ty: Type, value: &Value, order: SortOrder, out: &mut Vec<u8>) {
    if value.is_null() {
        out.push(if order.nulls_first { NULL_FIRST } else { NULL_LAST });
        return;
    }
    out.push(NOT_NULL);
    let start = out.len();
    payload::write(ty, value, out);
    if order.descending {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

/// Takes one value off the front of a key.
pub fn decode(ty: Type, order: SortOrder, key: &mut &[u8]) -> Result<Value> {
    let mut at = Reader::new(key, false);
    let value = match at.u8()? {
        NULL_FIRST | NULL_LAST => Value::Null,
        NOT_NULL => {
            at.flip(order.descending);
            payload::read(ty, &mut at)?
        }
        _ => return Err(at.corrupt("unknown marker")),
    };
    *key = at.rest();
    Ok(value)
}

/// Encodes the columns of a key in ascending order.
pub fn encode_all(types: &[Type], values: &[Value]) -> Vec<u8> {
    let mut key = Vec::with_capacity(16 * types.len());
    for (ty, value) in types.iter().zip(values) {
        encode(*ty, value, SortOrder::ASCENDING, &mut key);
    }
    key
}

/// A decoded value looks exactly as the encoded one did. Otherwise it is only equal to it: `numeric` loses
/// trailing zeros, `char(n)` its padding, floats the sign of zero, intervals the split into months and days.
pub fn decodes_exactly(ty: Type) -> bool {
    match ty {
        Type::NUMERIC | Type::BPCHAR | Type::FLOAT4 | Type::FLOAT8 | Type::INTERVAL | Type::JSONB => false,
        _ => match ty.element() {
            Some(element) => decodes_exactly(element),
            None => ty.info().is_some() && ty != Type::RECORD,
        },
    }
}

/// The smallest key that is larger than every key with this prefix; `None` if there is none.
pub fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut after = prefix[..=last].to_vec();
    after[last] += 1;
    Some(after)
}

#[cfg(test)]
mod tests;
