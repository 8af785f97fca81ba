//! One row by its key.

use super::entry;
use super::key::index_key;
use super::layout::{TableLayout, keyspace, table};
use crate::error::Result;
use crate::schema::{IndexDef, RelationDef, TableDef};
use strata_store::{KeyspaceId, Txn, View};
use strata_types::Value;

/// Some columns of the row with this key, as the view sees it.
///
/// # Errors
/// Of the store.
pub fn fetch(
    txn: &Txn,
    view: View,
    relation: &RelationDef,
    layout: &TableLayout,
    key: &[u8],
    columns: &[usize],
) -> Result<Option<Vec<Value>>> {
    match txn.get(view, keyspace(table(relation)?), key)? {
        Some(tuple) => Ok(Some(layout.decode_columns(key, &tuple, columns)?)),
        None => Ok(None),
    }
}

/// As [`fetch`], every column of the newest version, durable or not, own writes included.
///
/// # Errors
/// Of the store.
pub fn fetch_newest(
    txn: &Txn,
    relation: &RelationDef,
    layout: &TableLayout,
    key: &[u8],
) -> Result<Option<Vec<Value>>> {
    let view = txn.newest_view().with_own_command();
    match txn.get(view, keyspace(table(relation)?), key)? {
        Some(tuple) => Ok(Some(layout.decode(&tuple)?)),
        None => Ok(None),
    }
}

/// Some columns of the row that has these values in a unique index, all of them given and none NULL.
///
/// # Errors
/// Of the store.
pub fn fetch_by_index(
    txn: &Txn,
    view: View,
    relation: &RelationDef,
    layout: &TableLayout,
    index: usize,
    values: &[Value],
    columns: &[usize],
) -> Result<Option<Vec<Value>>> {
    let def = table(relation)?;
    let Some(index) = def.indexes.get(index) else { return Ok(None) };
    match row_key_in(txn, view, def, index, values)? {
        Some(key) => fetch(txn, view, relation, layout, &key, columns),
        None => Ok(None),
    }
}

/// The row key under which a unique index has these values.
fn row_key_in(
    txn: &Txn,
    view: View,
    table: &TableDef,
    index: &IndexDef,
    values: &[Value],
) -> Result<Option<Vec<u8>>> {
    let key = index_key(table, index, values);
    if index.is_clustered() {
        return Ok(Some(key));
    }
    match txn.get(view, KeyspaceId(index.keyspace), &key)? {
        Some(value) => Ok(Some(entry::row_key(&key, &value)?.to_vec())),
        None => Ok(None),
    }
}
