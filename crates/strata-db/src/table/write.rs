//! Inserting, updating and deleting rows together with their index entries.

use super::deferred::{Doubt, doubts, is_distinct, is_taken};
use super::entry;
use super::key::{index_key, row_key};
use super::layout::{TableLayout, keyspace, table};
use super::row_numbers::RowNumbers;
use crate::error::Result;
use crate::schema::{IndexDef, RelationDef, TableDef};
use strata_store::{KeyspaceId, Lock, LockMode, Txn};
use strata_types::Value;

/// A row's key values in one index; `None` where a partial index leaves the row out.
pub type IndexRow = Option<Vec<Value>>;

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It is done, in the transaction's private memtable.
    Done {
        /// Keys of deferrable indexes that other rows may have.
        doubts: Vec<Doubt>,
    },
    /// A key is locked by another transaction: park, and call again. Nothing has been written.
    Wait,
    /// A row with an equal key is there. Nothing has been written.
    Conflict {
        /// Position of the unique index.
        index: usize,
        /// That row's key.
        row_key: Vec<u8>,
    },
}

/// An entry of an index, as it is stored.
struct Entry {
    keyspace: KeyspaceId,
    key: Vec<u8>,
    value: Vec<u8>,
    /// Position of the index if no other entry may have this key.
    unique: Option<usize>,
}

/// Inserts a row. `indexes` has its key values for each of the table's indexes, in order.
///
/// # Errors
/// 40P01 for a deadlock, and the store's.
pub fn insert(
    txn: &mut Txn,
    numbers: &RowNumbers,
    relation: &RelationDef,
    layout: &TableLayout,
    row: &[Value],
    indexes: &[IndexRow],
) -> Result<WriteOutcome> {
    let def = table(relation)?;
    let rows = keyspace(def);
    let key = match row_key(def, row) {
        Some(key) => {
            if let Some(outcome) = claim_row_key(txn, def, &key)? {
                return Ok(outcome);
            }
            key
        }
        None => numbers.next_key(txn, rows)?,
    };
    let entries = entries(def, indexes, &key);
    for entry in &entries {
        if let Some(outcome) = claim_entry(txn, entry, &key)? {
            return Ok(outcome);
        }
    }
    put_row(txn, rows, &key, layout, row)?;
    for entry in entries {
        txn.put(entry.keyspace, &entry.key, &entry.value)?;
    }
    Ok(WriteOutcome::Done { doubts: doubts(txn, def, &[], indexes, &key)? })
}

/// Replaces a row, whose lock is held. `old_indexes` and `new_indexes` are its key values before and after.
///
/// # Errors
/// 40P01 for a deadlock, and the store's.
pub fn update(
    txn: &mut Txn,
    relation: &RelationDef,
    layout: &TableLayout,
    old_key: &[u8],
    old_indexes: &[IndexRow],
    row: &[Value],
    new_indexes: &[IndexRow],
) -> Result<WriteOutcome> {
    let def = table(relation)?;
    let rows = keyspace(def);
    let key = row_key(def, row).unwrap_or_else(|| old_key.to_vec());
    let moved = key != old_key;
    if moved && let Some(outcome) = claim_row_key(txn, def, &key)? {
        return Ok(outcome);
    }
    let old = entries(def, old_indexes, old_key);
    let new = entries(def, new_indexes, &key);
    let is_in = |entry: &Entry, list: &[Entry]| {
        list.iter().any(|other| other.keyspace == entry.keyspace && other.key == entry.key)
    };
    for entry in new.iter().filter(|entry| !is_in(entry, &old)) {
        if let Some(outcome) = claim_entry(txn, entry, old_key)? {
            return Ok(outcome);
        }
    }
    if moved {
        txn.delete(rows, old_key)?;
    }
    put_row(txn, rows, &key, layout, row)?;
    for entry in old.iter().filter(|entry| !is_in(entry, &new)) {
        txn.delete(entry.keyspace, &entry.key)?;
    }
    for entry in new.iter().filter(|entry| moved || !is_in(entry, &old)) {
        txn.put(entry.keyspace, &entry.key, &entry.value)?;
    }
    let before = if moved { &[] } else { old_indexes };
    Ok(WriteOutcome::Done { doubts: doubts(txn, def, before, new_indexes, &key)? })
}

/// Deletes a row, whose lock is held, with its index entries.
///
/// # Errors
/// Of the store.
pub fn delete(txn: &mut Txn, relation: &RelationDef, key: &[u8], indexes: &[IndexRow]) -> Result<()> {
    let def = table(relation)?;
    txn.delete(keyspace(def), key)?;
    for entry in entries(def, indexes, key) {
        txn.delete(entry.keyspace, &entry.key)?;
    }
    Ok(())
}

fn put_row(txn: &mut Txn, rows: KeyspaceId, key: &[u8], layout: &TableLayout, row: &[Value]) -> Result<()> {
    let mut tuple = Vec::with_capacity(16 * row.len());
    layout.encode(row, &mut tuple);
    Ok(txn.put(rows, key, &tuple)?)
}

/// The entries of a row in the secondary indexes.
fn entries(table: &TableDef, indexes: &[IndexRow], row_key: &[u8]) -> Vec<Entry> {
    let secondary =
        table.indexes.iter().zip(indexes).enumerate().filter(|(_, (index, _))| !index.is_clustered());
    secondary
        .filter_map(|(position, (index, values))| {
            Some(entry(table, position, index, values.as_ref()?, row_key))
        })
        .collect()
}

fn entry(table: &TableDef, position: usize, index: &IndexDef, values: &[Value], row_key: &[u8]) -> Entry {
    let keyspace = KeyspaceId(index.keyspace);
    let mut key = index_key(table, index, values);
    if index.is_unique_at_once() && is_distinct(index, values) {
        return Entry { keyspace, key, value: entry::with_row_key(row_key), unique: Some(position) };
    }
    key.extend_from_slice(row_key);
    Entry { keyspace, key, value: entry::with_suffix(row_key), unique: None }
}

/// Locks a row key that is to be used and looks whether it is in use.
fn claim_row_key(txn: &mut Txn, table: &TableDef, key: &[u8]) -> Result<Option<WriteOutcome>> {
    let rows = keyspace(table);
    if !txn.has_created(rows) && txn.lock(rows, key, LockMode::Update)? == Lock::Wait {
        return Ok(Some(WriteOutcome::Wait));
    }
    if txn.get(txn.newest_view().with_own_command(), rows, key)?.is_none() {
        return Ok(None);
    }
    let index = table.indexes.iter().position(|index| index.is_clustered()).unwrap_or(0);
    txn.would_write(keyspace(table), key)?;
    Ok(Some(WriteOutcome::Conflict { index, row_key: key.to_vec() }))
}

/// Locks a unique entry's key and looks whether another row has it.
fn claim_entry(txn: &mut Txn, claimed: &Entry, own_row: &[u8]) -> Result<Option<WriteOutcome>> {
    let Some(index) = claimed.unique else { return Ok(None) };
    if !txn.has_created(claimed.keyspace)
        && txn.lock(claimed.keyspace, &claimed.key, LockMode::Update)? == Lock::Wait
    {
        return Ok(Some(WriteOutcome::Wait));
    }
    let Some(value) = txn.get(txn.newest_view().with_own_command(), claimed.keyspace, &claimed.key)? else {
        return Ok(None);
    };
    let row_key = entry::row_key(&claimed.key, &value)?;
    if row_key == own_row {
        return Ok(None);
    }
    txn.would_write(claimed.keyspace, &claimed.key)?;
    Ok(Some(WriteOutcome::Conflict { index, row_key: row_key.to_vec() }))
}

/// Enters a row into an index that is being built: no other transaction uses it. `false` if the index is
/// unique, deferrable or not, and has the key already.
///
/// # Errors
/// Of the store.
pub fn add_entry(
    txn: &mut Txn,
    table: &TableDef,
    position: usize,
    values: &[Value],
    row_key: &[u8],
) -> Result<bool> {
    let Some(index) = table.indexes.get(position) else { return Ok(true) };
    let added = entry(table, position, index, values, row_key);
    if added.unique.is_some() {
        let view = txn.newest_view().with_own_command();
        if txn.get(view, added.keyspace, &added.key)?.is_some() {
            return Ok(false);
        }
    }
    if is_taken(txn, table, index, values, row_key)? {
        return Ok(false);
    }
    txn.put(added.keyspace, &added.key, &added.value)?;
    Ok(true)
}
