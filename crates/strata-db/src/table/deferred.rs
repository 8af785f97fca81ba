//! Keys of deferrable constraints: two rows may have one for a while.
//!
//! The entries of such an index are stored like those of a plain one. Who writes an entry tries to lock its key. If
//! another transaction has it, or another row the key, the row is in [`Doubt`]; [`settle`] looks again when
//! the constraint is to hold, and waits for whoever has the key or is about to take it away.

use super::entry;
use super::key::index_key;
use super::layout::{keyspace, table};
use super::write::IndexRow;
use crate::error::Result;
use crate::schema::{IndexDef, RelationDef, TableDef};
use std::ops::Bound;
use strata_store::{KeyspaceId, Lock, LockMode, Txn};
use strata_types::Value;
use strata_types::key::after_prefix;

/// A row whose key another row may have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Doubt {
    /// Position of the index.
    pub index: usize,
    /// The key.
    pub values: Vec<Value>,
    /// The row's own key.
    pub row_key: Vec<u8>,
}

/// What has become of a doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The row has the key alone, or no more.
    Alone,
    /// Another transaction has to end first: park, and call again.
    Wait,
    /// Another row has the key.
    Duplicate,
}

/// The doubts about a row that has just been written under `row_key`. `old` are its keys before, under the same
/// row key.
pub(super) fn doubts(
    txn: &mut Txn,
    table: &TableDef,
    old: &[IndexRow],
    new: &[IndexRow],
    row_key: &[u8],
) -> Result<Vec<Doubt>> {
    let mut doubts = Vec::new();
    for (position, (index, values)) in table.indexes.iter().zip(new).enumerate() {
        let Some(values) = values.as_ref().filter(|values| index.deferrable && is_distinct(index, values))
        else {
            continue;
        };
        let key = index_key(table, index, values);
        let before = old.get(position).and_then(Option::as_ref);
        if before.is_some_and(|before| index_key(table, index, before) == key) {
            continue;
        }
        let entries = KeyspaceId(index.keyspace);
        let free = txn.has_created(entries) || txn.try_lock(entries, &key, LockMode::Update)?;
        if !free || !others(txn, entries, &key, row_key)?.is_empty() {
            doubts.push(Doubt { index: position, values: values.clone(), row_key: row_key.to_vec() });
        }
    }
    Ok(doubts)
}

/// Whether rows with these values may not be two.
pub(super) fn is_distinct(index: &IndexDef, values: &[Value]) -> bool {
    index.nulls_not_distinct || !values.iter().any(Value::is_null)
}

/// Whether another row has the key in a deferrable index.
pub(super) fn is_taken(
    txn: &Txn,
    table: &TableDef,
    index: &IndexDef,
    values: &[Value],
    row_key: &[u8],
) -> Result<bool> {
    if !index.deferrable || !is_distinct(index, values) {
        return Ok(false);
    }
    let key = index_key(table, index, values);
    Ok(!others(txn, KeyspaceId(index.keyspace), &key, row_key)?.is_empty())
}

/// Looks at a doubt again, with the key locked.
///
/// # Errors
/// 40P01 for a deadlock, and the store's.
pub fn settle(txn: &mut Txn, relation: &RelationDef, doubt: &Doubt) -> Result<Settled> {
    let def = table(relation)?;
    let Some(index) = def.indexes.get(doubt.index) else { return Ok(Settled::Alone) };
    let (rows, entries) = (keyspace(def), KeyspaceId(index.keyspace));
    let key = index_key(def, index, &doubt.values);
    let own = [&key[..], &doubt.row_key[..]].concat();
    if txn.get(txn.newest_view().with_own_command(), entries, &own)?.is_none() {
        return Ok(Settled::Alone);
    }
    if !txn.has_created(entries) && txn.lock(entries, &key, LockMode::Update)? == Lock::Wait {
        return Ok(Settled::Wait);
    }
    for other in others(txn, entries, &key, &doubt.row_key)? {
        // Somebody may be deleting the row, or giving it another key.
        if !txn.has_created(rows) && txn.lock(rows, &other, LockMode::KeyShare)? == Lock::Wait {
            return Ok(Settled::Wait);
        }
        let entry = [&key[..], &other[..]].concat();
        if txn.get(txn.newest_view().with_own_command(), entries, &entry)?.is_some() {
            txn.would_write(entries, &entry)?;
            return Ok(Settled::Duplicate);
        }
    }
    Ok(Settled::Alone)
}

/// The keys of the other rows that have a key.
fn others(txn: &Txn, entries: KeyspaceId, key: &[u8], own: &[u8]) -> Result<Vec<Vec<u8>>> {
    let view = txn.newest_view().with_own_command();
    let end = after_prefix(key);
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut scan = txn.scan(view, entries, Bound::Included(key), upper, false)?;
    let mut found = Vec::new();
    while let Some(entry) = scan.next(txn)? {
        let row_key = entry::row_key(entry.key, &entry.value)?;
        if row_key != own {
            found.push(row_key.to_vec());
        }
    }
    Ok(found)
}
