//! Keys of rows and index entries, and bounds for ranges of them.

use super::layout::table;
use crate::error::Result;
use crate::schema::{IndexDef, IndexKey, KeySource, RelationDef, TableDef};
use std::ops::Bound;
use strata_types::key::{self, SortOrder};
use strata_types::{Type, Value};

/// A range of keys.
pub type Bounds = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// How a key column sorts.
pub(super) fn order(key: &IndexKey) -> SortOrder {
    SortOrder { descending: key.descending, nulls_first: key.nulls_first }
}

/// The type of a key column's values.
pub(super) fn key_type(table: &TableDef, key: &IndexKey) -> Type {
    match &key.source {
        KeySource::Column(column) => table.columns.get(*column).map_or(Type::UNKNOWN, |column| column.ty),
        KeySource::Expression(_, ty) => *ty,
    }
}

/// The key columns of an index, as bytes that sort as the index does. Fewer values make a prefix.
pub fn index_key(table: &TableDef, index: &IndexDef, values: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 * values.len());
    for (key, value) in index.keys.iter().zip(values) {
        key::encode(key_type(table, key), value, order(key), &mut bytes);
    }
    bytes
}

/// As [`index_key`], for the index at a position of a relation's list.
///
/// # Errors
/// 42809 if the relation is no table.
pub fn key_prefix(relation: &RelationDef, index: usize, values: &[Value]) -> Result<Vec<u8>> {
    let table = table(relation)?;
    Ok(table.indexes.get(index).map(|index| index_key(table, index, values)).unwrap_or_default())
}

/// The key of a row of a clustered table; `None` for others.
pub fn row_key(table: &TableDef, row: &[Value]) -> Option<Vec<u8>> {
    let primary = table.clustered()?;
    let mut bytes = Vec::with_capacity(16);
    for key in &primary.keys {
        if let KeySource::Column(column) = key.source {
            let value = row.get(column).unwrap_or(&Value::Null);
            key::encode(key_type(table, key), value, order(key), &mut bytes);
        }
    }
    Some(bytes)
}

/// The range of an index in which the first columns equal `prefix` and the next lies between two values.
/// `Unbounded` on a side leaves out NULLs on that side, unless both are unbounded and `not_null` does not ask for it.
///
/// # Errors
/// 42809 if the relation is no table.
pub fn range_bounds(
    relation: &RelationDef,
    index: usize,
    prefix: &[Value],
    low: Bound<&Value>,
    high: Bound<&Value>,
    not_null: bool,
) -> Result<Bounds> {
    let table = table(relation)?;
    let Some(index) = table.indexes.get(index) else { return Ok((Bound::Unbounded, Bound::Unbounded)) };
    let start = index_key(table, index, prefix);
    let whole = || match key::after_prefix(&start) {
        Some(after) => Bound::Excluded(after),
        None => Bound::Unbounded,
    };
    let Some(next) = index.keys.get(prefix.len()) else {
        return Ok((Bound::Included(start.clone()), whole()));
    };
    if matches!((low, high), (Bound::Unbounded, Bound::Unbounded)) && !not_null {
        return Ok((Bound::Included(start.clone()), whole()));
    }
    // In a descending column the larger value comes first.
    let (first, last) = if next.descending { (high, low) } else { (low, high) };
    let with = |value: &Value| {
        let mut bytes = start.clone();
        key::encode(key_type(table, next), value, order(next), &mut bytes);
        bytes
    };
    let null = with(&Value::Null);
    let lower = match first {
        Bound::Included(value) => Bound::Included(with(value)),
        Bound::Excluded(value) => after(with(value)),
        Bound::Unbounded if next.nulls_first => after(null.clone()),
        Bound::Unbounded => Bound::Included(start.clone()),
    };
    let upper = match last {
        Bound::Included(value) => match key::after_prefix(&with(value)) {
            Some(after) => Bound::Excluded(after),
            None => whole(),
        },
        Bound::Excluded(value) => Bound::Excluded(with(value)),
        Bound::Unbounded if next.nulls_first => whole(),
        Bound::Unbounded => Bound::Excluded(null),
    };
    Ok((lower, upper))
}

/// Behind every key that begins with this one.
fn after(prefix: Vec<u8>) -> Bound<Vec<u8>> {
    match key::after_prefix(&prefix) {
        Some(after) => Bound::Included(after),
        None => Bound::Excluded(prefix),
    }
}
