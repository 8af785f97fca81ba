//! How a private memtable becomes a commit, under one turn: take a seq, place (each write validated), append,
//! absorb, publish.
//!
//! Up to the append nothing has changed that anybody could see or a crash could keep: places are only
//! reserved, and an error gives them back. From the append on the commit exists; what is left is to apply
//! its record, exactly as recovery would, and that touches memory only. Should it fail all the same the
//! store is poisoned, for memory and journal no longer say the same.
//!
//! A large commit goes into the journal in [`parts`](crate::parts).

use crate::engine::{Engine, Turn};
use crate::keyspace::{key_of, keyspace_of};
use crate::parts::Parts;
use crate::record::{self, COMMIT_HEAD_LEN, Change, Changes, Version};
use crate::txn::private::{Own, Private};
use crate::{Commit, Error, KeyspaceId, Result, Txn, redo, tuple};
use filesystem::Packed;
use journal::Lsn;
use lsm::Seq;

/// Commits the writes of `txn`.
pub(crate) fn commit(engine: &Engine, txn: &Txn) -> Result<Commit> {
    let turn = &mut *engine.turn.lock();
    engine.check_health()?;
    let seq = turn.next_seq();
    let mut draft = Draft::new(engine, turn, seq);
    draft.place(txn)?;
    let (lsn, parts) = draft.append(txn.is_lazy())?;
    engine.or_poison(absorb(engine, turn, seq, lsn, parts))?;
    engine.snapshots.publish(seq, lsn, engine.journal.durable());
    engine.relieve_cache();
    Ok(Commit { seq, lsn })
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

/// A commit on its way into the journal.
struct Draft<'a> {
    engine: &'a Engine,
    turn: &'a mut Turn,
    seq: Seq,
    parts: Option<Parts>,
    appended: bool,
}

impl<'a> Draft<'a> {
    fn new(engine: &'a Engine, turn: &'a mut Turn, seq: Seq) -> Self {
        turn.record.clear();
        record::begin_commit(&mut turn.record, seq, Lsn(0));
        turn.frees.begin_record();
        Draft { engine, turn, seq, parts: None, appended: false }
    }

    /// Validates every write, reserves room for its tuple and writes the change down. The record ends with
    /// what the store owes itself: versions that nobody sees any more are freed in passing, so that a hot
    /// row finds the room of its predecessors.
    fn place(&mut self, txn: &Txn) -> Result<()> {
        let private = txn.private();
        let (mut bytes, mut count) = (Vec::new(), 0);
        let mut newest = private.newest()?;
        while let Some((key, own)) = newest.next()? {
            count += 1;
            bytes.clear();
            if keyspace_of(key).is_index() {
                self.write_inline(private, key, &own, &mut bytes)?;
            } else {
                let over = validate(self.engine, txn, key)?;
                self.write_tuple(private, key, &own, over, &mut bytes)?;
            }
            if self.turn.record.len() >= self.engine.part_len() {
                self.append_part(private)?;
            }
        }
        for keyspace in private.dropped() {
            record::drop_keyspace(&mut self.turn.record, *keyspace);
        }
        let horizon = self.engine.snapshots.horizon();
        self.engine.lsm.set_oldest_snapshot(horizon);
        let record = &mut self.turn.record;
        self.turn.frees.take(horizon, 2 * count + 8, |version| record::free(record, version));
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
            Own::Delete => record::delete(&mut self.turn.record, key, true),
            put => {
                private.read_value(put, bytes)?;
                record::put_inline(&mut self.turn.record, key, bytes);
            }
        }
        Ok(())
    }

    fn write_tuple(
        &mut self,
        private: &Private,
        key: &[u8],
        own: &Own<'_>,
        over: Option<Version>,
        tuple: &mut Vec<u8>,
    ) -> Result<()> {
        match own {
            // Created and deleted by this transaction: there is nothing to delete.
            Own::Delete if over.is_none() => {}
            Own::Delete => record::delete(&mut self.turn.record, key, false),
            put => {
                tuple.extend_from_slice(key_of(key));
                private.read_value(put, tuple)?;
                tuple.extend_from_slice(&tuple::key_len_bytes(key_of(key)));
                self.put_tuple(keyspace_of(key), key, tuple)?;
            }
        }
        if let Some(version) = over {
            record::end(&mut self.turn.record, version);
        }
        Ok(())
    }

    fn put_tuple(&mut self, keyspace: KeyspaceId, key: &[u8], tuple: &[u8]) -> Result<()> {
        let packed = Packed::new(tuple);
        let placement = self.engine.heap.place(keyspace.space(), &packed)?;
        match packed.is_compressed() {
            true => record::put_packed(&mut self.turn.record, placement, key, packed.bytes()),
            false => record::put_tuple(&mut self.turn.record, placement, keyspace, packed.bytes()),
        }
        Ok(())
    }

    /// Lets the record so far go ahead as a part, and begins the next.
    fn append_part(&mut self, private: &Private) -> Result<()> {
        let changes = self.turn.record.get(COMMIT_HEAD_LEN..).unwrap_or_default();
        let mut head = Vec::new();
        record::begin_part(&mut head, self.seq);
        let end = self.engine.journal.append(record::PART, &[&head, changes])?;
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => none.insert(Parts::begin(self.engine, self.seq, private.len(), end)?),
        };
        parts.keep(Changes::new(changes))?;
        self.turn.record.truncate(COMMIT_HEAD_LEN);
        Ok(())
    }

    /// The commit point.
    fn append(mut self, is_lazy: bool) -> Result<(Lsn, Option<Parts>)> {
        let changes = self.turn.record.get(COMMIT_HEAD_LEN..).unwrap_or_default();
        let mut first = Lsn(0);
        if let Some(parts) = &mut self.parts {
            first = parts.first;
            parts.prepare(Changes::new(changes))?;
        }
        let mut head = Vec::with_capacity(COMMIT_HEAD_LEN);
        record::begin_commit(&mut head, self.seq, first);
        let (journal, record) = (&self.engine.journal, [&head[..], changes]);
        let lsn = match is_lazy {
            true => journal.append_lazily(record::COMMIT, &record)?,
            false => journal.append(record::COMMIT, &record)?,
        };
        self.appended = true;
        Ok((lsn, self.parts.take()))
    }

    fn give_back(&self, changes: Changes<'_>) {
        for change in changes.flatten() {
            if let Change::PutTuple { key, placement, .. } = change {
                self.engine.heap.unplace(keyspace_of(key).space(), placement);
            }
        }
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if self.appended {
            return;
        }
        let unread = self.parts.as_ref().map(|parts| {
            parts.each(|changes| {
                self.give_back(changes);
                Ok(())
            })
        });
        // Reservations that cannot be read back are kept until the next start: they cost room, and nothing else.
        drop(unread);
        self.give_back(Changes::new(self.turn.record.get(COMMIT_HEAD_LEN..).unwrap_or_default()));
        self.turn.frees.put_back();
    }
}

/// Applies the commit to heap and tree.
fn absorb(engine: &Engine, turn: &mut Turn, seq: Seq, lsn: Lsn, parts: Option<Parts>) -> Result<()> {
    let record = std::mem::take(&mut turn.record);
    let last = Changes::new(record.get(COMMIT_HEAD_LEN..).unwrap_or_default());
    if let Some(parts) = parts {
        parts.each(|changes| redo::heap(engine, turn, seq, lsn, changes))?;
        redo::heap(engine, turn, seq, lsn, last)?;
        parts.install(engine, seq, lsn, last)?;
    } else {
        redo::heap(engine, turn, seq, lsn, last)?;
        redo::tree(engine, seq, lsn, &mut { last })?;
    }
    redo::dropped(engine, turn, seq, lsn, last)?;
    turn.settle(seq, record);
    Ok(())
}
