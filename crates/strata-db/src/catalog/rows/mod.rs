//! The catalog's own tables: every definition as rows of system keyspaces.
//!
//! ```text
//! keyspace 1..=12 ── key: OID, then positions, big-endian ──▶ value: a row of the types in `tables`
//! ```
//! Rows are written by the transaction that makes the change, so DDL is as atomic and durable as any
//! other write. [`load`] reads them all at start-up.

mod decode;
mod encode;
mod fields;
mod tables;

use super::Change;
use crate::error::Result;
use crate::schema::Oid;
use std::ops::Bound;
use strata_store::{Txn, View};
use strata_types::{Value, row};

pub use decode::load;
pub use tables::{COUNTERS, SystemTable, TABLES};

/// A row of a system table: its key's positions behind the OID, and its values.
struct Row {
    table: &'static SystemTable,
    positions: Vec<u16>,
    values: Vec<Value>,
}

/// Writes a change into the system keyspaces, as part of a transaction.
///
/// # Errors
/// Of the store.
pub fn write(txn: &mut Txn, change: &Change) -> Result<()> {
    let (oid, tables, rows) = match change {
        Change::Project(oid, def) => (*oid, &[&tables::PROJECTS][..], def.as_deref().map(encode::project)),
        Change::Dataset(oid, def) => (*oid, &[&tables::DATASETS][..], def.as_deref().map(encode::dataset)),
        Change::Role(oid, def) => {
            (*oid, &[&tables::ROLES, &tables::ROLE_MEMBERS][..], def.as_deref().map(encode::role))
        }
        Change::Relation(oid, def) => (*oid, tables::OF_RELATIONS, def.as_deref().map(encode::relation)),
    };
    for table in tables {
        erase(txn, table, oid)?;
    }
    for row in rows.unwrap_or_default() {
        let key = key(oid, &row.positions);
        txn.put(row.table.keyspace, &key, &row::encode(&row.table.types(), &row.values))?;
    }
    Ok(())
}

fn erase(txn: &mut Txn, table: &SystemTable, oid: Oid) -> Result<()> {
    let view = txn.newest_view().with_own_command();
    let lower = key(oid, &[]);
    let upper = key(Oid(oid.0 + 1), &[]);
    let mut keys = Vec::new();
    let mut scan = txn.scan(view, table.keyspace, Bound::Included(&lower), Bound::Excluded(&upper), false)?;
    while let Some(entry) = scan.next(txn)? {
        keys.push(entry.key.to_vec());
    }
    for key in keys {
        txn.delete(table.keyspace, &key)?;
    }
    Ok(())
}

#[expect(clippy::big_endian_bytes, reason = "byte order is sort order in keys")]
fn key(oid: Oid, positions: &[u16]) -> Vec<u8> {
    let mut key = oid.0.to_be_bytes().to_vec();
    key.extend(positions.iter().flat_map(|position| position.to_be_bytes()));
    key
}

/// Every row of a system table, by OID and positions.
fn read(txn: &Txn, view: View, table: &SystemTable) -> Result<Vec<(Oid, Vec<Value>)>> {
    let mut rows = Vec::new();
    let mut scan = txn.scan(view, table.keyspace, Bound::Unbounded, Bound::Unbounded, false)?;
    let types = table.types();
    while let Some(entry) = scan.next(txn)? {
        let Some((oid, _)) = entry.key.split_first_chunk::<4>() else { continue };
        #[expect(clippy::big_endian_bytes, reason = "byte order is sort order in keys")]
        let oid = Oid(u32::from_be_bytes(*oid));
        rows.push((oid, row::decode(&types, &entry.value)?));
    }
    Ok(rows)
}
