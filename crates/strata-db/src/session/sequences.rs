//! Positions of sequences, and the OIDs of new objects: counters outside of transactions.
//!
//! ```text
//! keyspace of the sequence, key "" ──▶ value: next 8 bytes little-endian, called 1 byte
//! ```
//! A position is written ahead, [`AHEAD`] values at a time, by a small transaction of its own; nobody waits
//! for it: whatever commits with a value from it comes later in the journal (one log). A crash may
//! therefore skip up to [`AHEAD`] values and never repeats one that a durable commit has used.

use super::shared::Shared;
use crate::error::{Result, SqlError};
use crate::schema::SequenceDef;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use strata_store::{KeyspaceId, Store};
use strata_types::sqlstate;

/// How many values are written ahead of their use.
const AHEAD: i64 = 32;

/// The positions of all sequences in use.
pub(super) struct Sequences {
    positions: RefCell<HashMap<u32, Position>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    /// The value that was returned last, or that will be returned next if not `called`.
    last: i64,
    called: bool,
    /// Calls that the written position still covers.
    covered: i64,
}

impl Sequences {
    /// Of an engine that starts.
    pub(super) fn new() -> Sequences {
        Sequences { positions: RefCell::new(HashMap::new()) }
    }

    /// `nextval`.
    ///
    /// # Errors
    /// 2200H at the limit of a sequence that does not cycle; of the store.
    pub(super) fn next(&self, shared: &Shared, name: &str, def: &SequenceDef) -> Result<i64> {
        let mut position = self.position(&shared.store, def)?;
        let next = if position.called { successor(position.last, name, def)? } else { position.last };
        position.last = next;
        position.called = true;
        position.covered -= 1;
        if position.covered < 0 {
            position.covered = AHEAD;
            write(&shared.store, def, ahead(next, def), true)?;
        }
        self.positions.borrow_mut().insert(def.keyspace, position);
        Ok(next)
    }

    /// `setval`, `ALTER SEQUENCE RESTART`.
    ///
    /// # Errors
    /// 22003 outside of the sequence's bounds; of the store.
    pub(super) fn set(
        &self,
        shared: &Shared,
        name: &str,
        def: &SequenceDef,
        value: i64,
        called: bool,
    ) -> Result<()> {
        if value < def.min || value > def.max {
            return Err(SqlError::new(
                sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                format!(
                    "setval: value {value} is out of bounds for sequence \"{name}\" ({}..{})",
                    def.min, def.max
                ),
            ));
        }
        write(&shared.store, def, value, called)?;
        self.positions.borrow_mut().insert(def.keyspace, Position { last: value, called, covered: 0 });
        Ok(())
    }

    /// Last value and whether it was returned: what `SELECT * FROM sequence` shows.
    ///
    /// # Errors
    /// Of the store.
    pub(super) fn show(&self, shared: &Shared, def: &SequenceDef) -> Result<(i64, bool)> {
        let position = self.position(&shared.store, def)?;
        Ok((position.last, position.called))
    }

    fn position(&self, store: &Store, def: &SequenceDef) -> Result<Position> {
        if let Some(position) = self.positions.borrow().get(&def.keyspace) {
            return Ok(*position);
        }
        let start = Position { last: def.start, called: false, covered: 0 };
        let txn = store.begin();
        let found = txn.get(txn.newest_view(), KeyspaceId(def.keyspace), b"")?;
        Ok(found.and_then(|bytes| decode(&bytes)).unwrap_or(start))
    }
}

fn decode(bytes: &[u8]) -> Option<Position> {
    let (last, rest) = bytes.split_first_chunk::<8>()?;
    let called = *rest.first()? != 0;
    Some(Position { last: i64::from_le_bytes(*last), called, covered: 0 })
}

fn write(store: &Store, def: &SequenceDef, last: i64, called: bool) -> Result<()> {
    let mut txn = store.begin();
    let mut value = last.to_le_bytes().to_vec();
    value.push(u8::from(called));
    txn.put(KeyspaceId(def.keyspace), b"", &value)?;
    txn.commit()?;
    Ok(())
}

/// The position to write so that the next calls are covered: never beyond the bounds.
fn ahead(next: i64, def: &SequenceDef) -> i64 {
    let far = next.saturating_add(def.increment.saturating_mul(AHEAD));
    if far > def.max || far < def.min { next } else { far }
}

fn successor(last: i64, name: &str, def: &SequenceDef) -> Result<i64> {
    let next = last.checked_add(def.increment).filter(|next| (def.min..=def.max).contains(next));
    match next {
        Some(next) => Ok(next),
        None if def.cycle => Ok(if def.increment > 0 { def.min } else { def.max }),
        None => {
            let (end, bound) = if def.increment > 0 { ("maximum", def.max) } else { ("minimum", def.min) };
            Err(SqlError::new(
                sqlstate::SEQUENCE_GENERATOR_LIMIT_EXCEEDED,
                format!("nextval: reached {end} value of sequence \"{name}\" ({bound})"),
            ))
        }
    }
}

/// OIDs of new objects: never used twice, since keyspaces and heap files carry them.
pub(super) struct Oids {
    next: Cell<u32>,
    covered: Cell<u32>,
}

impl Oids {
    /// Of an engine that starts.
    pub(super) fn new() -> Oids {
        Oids { next: Cell::new(0), covered: Cell::new(0) }
    }

    /// A fresh OID.
    ///
    /// # Errors
    /// Of the store; 54000 when all are used up.
    pub(super) fn allocate(&self, store: &Store) -> Result<u32> {
        if self.next.get() == self.covered.get() {
            self.cover_more(store)?;
        }
        let oid = self.next.get();
        self.next.set(oid + 1);
        Ok(oid)
    }

    fn cover_more(&self, store: &Store) -> Result<()> {
        const BLOCK: u32 = 64;
        let key = b"next_oid";
        let mut txn = store.begin();
        let found = txn.get(txn.newest_view(), crate::catalog::rows::COUNTERS, key)?;
        let next = found
            .and_then(|bytes| bytes.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes)))
            .unwrap_or(crate::schema::FIRST_USER_OID);
        let covered = next.checked_add(BLOCK).filter(|covered| *covered < 1 << 31).ok_or_else(|| {
            SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "all object identifiers are used up")
        })?;
        txn.put(crate::catalog::rows::COUNTERS, key, &covered.to_le_bytes())?;
        txn.commit()?;
        self.next.set(next);
        self.covered.set(covered);
        Ok(())
    }
}
