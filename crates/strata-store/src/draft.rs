//! A commit in the making: every write validated, placed, and written down as a change.
//!
//! ```text
//! private memtable ── validate ── place ──▶ record ──┬── a part's worth ──▶ journal, as a PART, and `parts`
//!                                                    └── the rest ────────▶ journal, with the COMMIT
//! ```
//! A small commit is drafted under its turn. A large one is drafted *ahead*, in steps between which others
//! commit; it has the turn only while a part is appended. Nothing that a draft does is seen by anybody, or
//! survives a crash: places are only reserved, and parts that no COMMIT names are nothing.

use crate::engine::{Engine, Turn};
use crate::keyspace::{KeyBuf, key_of, keyspace_of};
use crate::parts::Parts;
use crate::record::{self, Change, Changes, Version};
use crate::txn::private::{Own, Private};
use crate::underway::{Heard, Ticket};
use crate::{Error, KeyspaceId, Result, Txn, tuple};
use filesystem::Packed;
use journal::Lsn;
use lsm::Seq;
use std::ops::Bound;

/// Bytes of record that a step ahead adds: about a millisecond's work.
const STEP_LEN: usize = 64 << 10;
/// Most tuples are shorter than this: one allocation does for them.
const TUPLE_LEN_GUESS: usize = 512;
/// A commit frees this many versions of others at most, so that its turn is short.
const FREES_MAX: usize = 1 << 16;

/// See the module's text. It is to be committed or given up.
#[derive(Default)]
pub(crate) struct Draft {
    /// Changes that are not in the journal yet.
    record: Vec<u8>,
    parts: Option<Parts>,
    /// The last write that was placed before the draft paused.
    last: Option<KeyBuf>,
    count: usize,
    /// Every write is placed.
    is_complete: bool,
    /// Of a draft that is made ahead.
    ticket: Option<Ticket>,
    /// Others have written what this draft writes.
    is_stale: bool,
}

impl Draft {
    /// A draft that is made under the turn.
    pub(crate) fn begin(turn: &mut Turn) -> Draft {
        let mut record = std::mem::take(&mut turn.record);
        record.clear();
        Draft { record, ..Draft::default() }
    }

    /// A draft that is made ahead of its turn.
    pub(crate) fn begin_ahead(engine: &Engine) -> Draft {
        let mut turn = engine.turn.lock();
        let ticket = turn.underway.enter(engine.journal.end());
        engine.note_underway(&turn);
        Draft { ticket: Some(ticket), ..Draft::default() }
    }

    /// Goes on by a step. `true` when all is done that can be done ahead.
    pub(crate) fn advance(&mut self, engine: &Engine, txn: &Txn) -> Result<bool> {
        let part_len = engine.part_len();
        if !self.is_complete {
            self.place_some(engine, txn, part_len.min(self.record.len() + STEP_LEN))?;
        }
        if self.is_complete || self.record.len() >= part_len {
            let turn = &mut *engine.turn.lock();
            engine.check_health()?;
            self.look_at_rivals(turn, txn)?;
            if !self.is_complete {
                self.append_part(engine, txn.private())?;
            }
        }
        if self.is_stale || !self.is_complete {
            return Ok(self.is_stale);
        }
        self.parts.as_mut().map_or(Ok(true), |parts| parts.prepare_some(Changes::new(&self.record)))
    }

    fn look_at_rivals(&mut self, turn: &mut Turn, txn: &Txn) -> Result<()> {
        let Some(ticket) = self.ticket else { return Ok(()) };
        match turn.underway.take_heard(ticket) {
            Heard::TooMuch => self.is_stale = true,
            Heard::Rivals(rivals) => {
                for rival in rivals {
                    self.is_stale |= txn.private().has(&rival)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the draft, which was made ahead, may be committed now.
    pub(crate) fn holds(&mut self, turn: &mut Turn, txn: &Txn) -> Result<bool> {
        self.look_at_rivals(turn, txn)?;
        Ok(!self.is_stale)
    }

    /// Drafts what is left, under the turn. The record ends with what the store owes itself: versions that
    /// nobody sees any more are freed in passing, so that a hot row finds the room of its predecessors.
    pub(crate) fn complete(&mut self, engine: &Engine, turn: &mut Turn, txn: &Txn) -> Result<()> {
        while !self.is_complete {
            self.place_some(engine, txn, engine.part_len())?;
            if !self.is_complete {
                self.append_part(engine, txn.private())?;
            }
        }
        if let Some(parts) = &mut self.parts {
            parts.prepare(Changes::new(&self.record))?;
        }
        for keyspace in txn.private().dropped() {
            record::drop_keyspace(&mut self.record, *keyspace);
        }
        let horizon = engine.snapshots.horizon();
        engine.lsm.set_oldest_snapshot(horizon);
        let record = &mut self.record;
        turn.frees.take(horizon, owed(self.count), |version| {
            engine.heap.prefetch_tuple(version.keyspace.space(), version.loc);
            record::free(record, version);
        });
        Ok(())
    }

    /// Validates writes, reserves room for their tuples and writes the changes down, until all is done or the
    /// record is `len` long.
    fn place_some(&mut self, engine: &Engine, txn: &Txn, len: usize) -> Result<()> {
        let private = txn.private();
        let mut bytes = Vec::with_capacity(TUPLE_LEN_GUESS);
        let mut newest =
            private.newest_from(self.last.as_deref().map_or(Bound::Unbounded, Bound::Excluded))?;
        while let Some((key, own)) = newest.next()? {
            self.count += 1;
            bytes.clear();
            if keyspace_of(key).is_index() {
                self.write_inline(private, key, &own, &mut bytes)?;
            } else {
                let over = validate(engine, txn, key)?;
                self.write_tuple(engine, private, key, &own, over, &mut bytes)?;
            }
            if self.record.len() >= len {
                self.last = Some(KeyBuf::from_slice(key));
                return Ok(());
            }
        }
        self.is_complete = true;
        Ok(())
    }

    fn write_inline(
        &mut self,
        private: &Private,
        key: &[u8],
        own: &Own<'_>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        match own {
            Own::Delete => record::delete(&mut self.record, key, true),
            put => {
                private.read_value(put, bytes)?;
                record::put_inline(&mut self.record, key, bytes);
            }
        }
        Ok(())
    }

    fn write_tuple(
        &mut self,
        engine: &Engine,
        private: &Private,
        key: &[u8],
        own: &Own<'_>,
        over: Option<Version>,
        tuple: &mut Vec<u8>,
    ) -> Result<()> {
        match own {
            // Created and deleted by this transaction: there is nothing to delete.
            Own::Delete if over.is_none() => {}
            Own::Delete => record::delete(&mut self.record, key, false),
            put => {
                tuple.extend_from_slice(key_of(key));
                private.read_value(put, tuple)?;
                tuple.extend_from_slice(&tuple::key_len_bytes(key_of(key)));
                self.put_tuple(engine, keyspace_of(key), key, tuple)?;
            }
        }
        if let Some(version) = over {
            record::end(&mut self.record, version);
        }
        Ok(())
    }

    fn put_tuple(&mut self, engine: &Engine, keyspace: KeyspaceId, key: &[u8], tuple: &[u8]) -> Result<()> {
        let packed = Packed::new(tuple);
        let placement = engine.heap.place(keyspace.space(), &packed)?;
        match packed.is_compressed() {
            true => record::put_packed(&mut self.record, placement, key, packed.bytes()),
            false => record::put_tuple(&mut self.record, placement, keyspace, packed.bytes()),
        }
        Ok(())
    }

    /// Lets the record so far go ahead as a part, and begins the next. The caller has the turn.
    fn append_part(&mut self, engine: &Engine, private: &Private) -> Result<()> {
        let first = self.parts.as_ref().map_or(Lsn(0), |parts| parts.first);
        let mut head = Vec::new();
        record::begin_part(&mut head, first);
        let end = engine.journal.append(record::PART, &[&head, &self.record])?;
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => none.insert(Parts::begin(engine, private.len(), end)?),
        };
        parts.keep(Changes::new(&self.record))?;
        self.record.clear();
        Ok(())
    }

    /// The commit point: appends the record that closes the commit, and returns its end.
    pub(crate) fn append(&mut self, engine: &Engine, seq: Seq, is_lazy: bool) -> Result<Lsn> {
        let first = self.parts.as_ref().map_or(Lsn(0), |parts| parts.first);
        let mut head = Vec::with_capacity(record::COMMIT_HEAD_LEN);
        record::begin_commit(&mut head, seq, first);
        let (journal, record) = (&engine.journal, [&head[..], &self.record]);
        Ok(match is_lazy {
            true => journal.append_lazily(record::COMMIT, &record)?,
            false => journal.append(record::COMMIT, &record)?,
        })
    }

    /// What was appended: the parts, and the changes of the last record.
    pub(crate) fn into_record(self, engine: &Engine, turn: &mut Turn) -> (Option<Parts>, Vec<u8>) {
        leave(self.ticket, engine, turn);
        (self.parts, self.record)
    }

    /// Gives back what was reserved.
    pub(crate) fn give_up(self, engine: &Engine, turn: &mut Turn) {
        let unread = self.parts.as_ref().map(|parts| {
            parts.each(|changes| {
                give_back(engine, changes);
                Ok(())
            })
        });
        // Reservations that cannot be read back are kept until the next start: they cost room, and nothing else.
        drop(unread);
        give_back(engine, Changes::new(&self.record));
        leave(self.ticket, engine, turn);
    }
}

/// So many versions of others are freed by a commit of `count` writes, if there are as many.
pub(crate) fn owed(count: usize) -> usize {
    (2 * count + 8).min(FREES_MAX)
}

fn leave(ticket: Option<Ticket>, engine: &Engine, turn: &mut Turn) {
    if let Some(ticket) = ticket {
        turn.underway.leave(ticket);
        engine.note_underway(turn);
    }
}

fn give_back(engine: &Engine, changes: Changes<'_>) {
    for change in changes.flatten() {
        if let Change::PutTuple { key, placement, .. } = change {
            engine.heap.unplace(keyspace_of(key).space(), placement);
        }
    }
}

/// Finds the version that a write of `key` supersedes.
///
/// A row that the transaction has not locked must be as it was when the transaction looked: the first
/// updater wins. A transaction that has looked at nothing writes blindly, and the last writer wins.
fn validate(engine: &Engine, txn: &Txn, key: &[u8]) -> Result<Option<Version>> {
    let keyspace = keyspace_of(key);
    if txn.private().has_created(keyspace) {
        return Ok(None);
    }
    let newest = engine.lsm.newest(key)?;
    if let (Some((changed, _)), Some(snapshot)) = (&newest, txn.basis())
        && *changed > snapshot
        && !txn.has_locked(key)
    {
        return Err(Error::Conflict { keyspace, snapshot, changed: *changed });
    }
    let live = newest.and_then(|(seq, value)| value.map(|value| (seq, value)));
    live.map(|(seq, value)| version_at(engine, key, seq, &value)).transpose()
}

/// The version that an entry of the tree names. It is looked at now, so that a damaged page fails this
/// transaction, and not the store when the commit can no longer be taken back.
fn version_at(engine: &Engine, key: &[u8], created: Seq, value: &[u8]) -> Result<Version> {
    let keyspace = keyspace_of(key);
    let loc = engine.loc_of(keyspace, created, value)?;
    engine.tuple_of(keyspace, key, created, value)?;
    Ok(Version { keyspace, loc, created })
}
