//! How a private memtable becomes a commit: five steps, under one turn.
//!
//! Up to the append nothing has changed that anybody could see or a crash could keep: places are only
//! reserved, and an error gives them back. From the append on the commit exists; what is left is to apply
//! its record, exactly as recovery would, and that touches memory only. Should it fail all the same the
//! store is poisoned, for memory and journal no longer say the same.

use crate::engine::{Engine, Turn};
use crate::keyspace::{key_of, keyspace_of};
use crate::record::{self, COMMIT_HEAD_LEN, Changes, PART_LEN, TreeOps, Version};
use crate::txn::private::{Private, Write};
use crate::{Commit, Error, KeyspaceId, Result, Txn, redo, tuple};
use filesystem::{Packed, Placement, ScratchFile};
use journal::Lsn;
use lsm::Seq;

/// Commits the writes of `txn`.
pub(crate) fn commit(engine: &Engine, txn: &Txn) -> Result<Commit> {
    let turn = &mut *engine.turn.lock();
    engine.check_health()?;
    let superseded = validate(engine, txn)?;
    let seq = turn.next_seq();
    let mut draft = Draft::new(engine, turn, seq);
    draft.place(txn.private(), superseded)?;
    let (lsn, parts) = draft.append()?;
    engine.or_poison(absorb(engine, turn, seq, lsn, parts))?;
    engine.snapshots.publish(seq, lsn, engine.journal.durable());
    Ok(Commit { seq, lsn })
}

/// Finds the version that each write supersedes, in the order of the writes of table keyspaces.
///
/// A row that the transaction has not locked must be as it was when the transaction looked: the first
/// updater wins. A transaction that has looked at nothing writes blindly, and the last writer wins.
fn validate(engine: &Engine, txn: &Txn) -> Result<Vec<Option<Version>>> {
    let mut superseded = Vec::new();
    for (key, _) in txn.private().newest().filter(|(key, _)| !keyspace_of(key).is_index()) {
        if txn.private().has_created(keyspace_of(key)) {
            superseded.push(None);
            continue;
        }
        let newest = engine.lsm.newest(key)?;
        if let (Some((changed, _)), Some(snapshot)) = (&newest, txn.basis())
            && *changed > snapshot
            && !txn.has_locked(key)
        {
            return Err(Error::Conflict { keyspace: keyspace_of(key), snapshot, changed: *changed });
        }
        let live = newest.and_then(|(seq, value)| value.map(|value| (seq, value)));
        superseded.push(live.map(|(seq, value)| version_at(engine, key, seq, &value)).transpose()?);
    }
    Ok(superseded)
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
    placed: Vec<(KeyspaceId, Placement)>,
    parts: Parts,
    appended: bool,
}

/// The parts of a large commit, in the journal already and kept aside to be applied.
#[derive(Default)]
struct Parts {
    /// End of the first part's record; 0 if there are no parts.
    first: Lsn,
    file: Option<ScratchFile>,
    lens: Vec<usize>,
}

impl<'a> Draft<'a> {
    /// Begins the record with what the store owes itself: versions that nobody sees any more are freed
    /// in passing, so that a hot row finds the room of its predecessors.
    fn new(engine: &'a Engine, turn: &'a mut Turn, seq: Seq) -> Self {
        turn.record.clear();
        record::begin_commit(&mut turn.record, seq, Lsn(0));
        Draft { engine, turn, seq, placed: Vec::new(), parts: Parts::default(), appended: false }
    }

    /// Reserves room for every tuple and writes the changes down.
    fn place(&mut self, private: &Private, superseded: Vec<Option<Version>>) -> Result<()> {
        let mut superseded = superseded.into_iter();
        let (mut tuple, mut count) = (Vec::new(), 0);
        for (key, write) in private.newest() {
            count += 1;
            let keyspace = keyspace_of(key);
            if keyspace.is_index() {
                self.write_inline(private, key, write);
            } else {
                let over = superseded.next().flatten();
                tuple.clear();
                self.write_tuple(private, keyspace, key, write, over, &mut tuple)?;
            }
            if self.turn.record.len() >= PART_LEN {
                self.append_part()?;
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

    fn write_inline(&mut self, private: &Private, key: &[u8], write: Write) {
        let record = &mut self.turn.record;
        match write {
            Write::Put(value) => record::put_inline(record, key, private.inline_value(value)),
            Write::Delete => record::delete(record, key, true),
        }
    }

    fn write_tuple(
        &mut self,
        private: &Private,
        keyspace: KeyspaceId,
        key: &[u8],
        write: Write,
        over: Option<Version>,
        tuple: &mut Vec<u8>,
    ) -> Result<()> {
        match write {
            Write::Put(value) => {
                tuple.extend_from_slice(key_of(key));
                private.read_value(value, tuple)?;
                tuple.extend_from_slice(&tuple::key_len_bytes(key_of(key)));
                let packed = Packed::new(tuple);
                let placement = self.engine.heap.place(keyspace.space(), &packed)?;
                self.placed.push((keyspace, placement));
                match packed.is_compressed() {
                    true => record::put_packed(&mut self.turn.record, placement, key, packed.bytes()),
                    false => record::put_tuple(&mut self.turn.record, placement, keyspace, packed.bytes()),
                }
            }
            // Created and deleted by this transaction: there is nothing to delete.
            Write::Delete if over.is_none() => {}
            Write::Delete => record::delete(&mut self.turn.record, key, false),
        }
        if let Some(version) = over {
            record::end(&mut self.turn.record, version);
        }
        Ok(())
    }

    /// Lets the record so far go ahead as a part, and begins the next.
    fn append_part(&mut self) -> Result<()> {
        let changes = self.turn.record.get(COMMIT_HEAD_LEN..).unwrap_or_default();
        let mut head = Vec::new();
        record::begin_part(&mut head, self.seq);
        let end = self.engine.journal.append(record::PART, &[&head, changes])?;
        if self.parts.first == Lsn(0) {
            self.parts.first = end;
            let scratch = &self.engine.scratch;
            self.parts.file = Some(ScratchFile::create(&scratch.env, &scratch.dir)?);
        }
        if let Some(file) = &mut self.parts.file {
            file.append(changes)?;
        }
        self.parts.lens.push(changes.len());
        self.turn.record.truncate(COMMIT_HEAD_LEN);
        Ok(())
    }

    /// The commit point.
    fn append(mut self) -> Result<(Lsn, Parts)> {
        let mut head = Vec::with_capacity(COMMIT_HEAD_LEN);
        record::begin_commit(&mut head, self.seq, self.parts.first);
        let changes = self.turn.record.get(COMMIT_HEAD_LEN..).unwrap_or_default();
        let lsn = self.engine.journal.append(record::COMMIT, &[&head, changes])?;
        self.appended = true;
        Ok((lsn, std::mem::take(&mut self.parts)))
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.appended {
            for (keyspace, placement) in self.placed.drain(..) {
                self.engine.heap.unplace(keyspace.space(), placement);
            }
            self.turn.frees.put_back();
        }
    }
}

/// Applies the commit to heap and tree.
fn absorb(engine: &Engine, turn: &mut Turn, seq: Seq, lsn: Lsn, parts: Parts) -> Result<()> {
    let record = std::mem::take(&mut turn.record);
    let last = Changes::new(record.get(COMMIT_HEAD_LEN..).unwrap_or_default());
    if parts.lens.is_empty() {
        redo::heap(engine, turn, seq, lsn, last)?;
        redo::tree(engine, seq, lsn, &mut last.flatten().filter_map(record::Change::tree_op))?;
    } else {
        absorb_large(engine, turn, (seq, lsn), parts, last)?;
    }
    redo::dropped(engine, turn, seq, lsn, last)?;
    turn.settle(seq, record);
    Ok(())
}

fn absorb_large(
    engine: &Engine,
    turn: &mut Turn,
    (seq, lsn): (Seq, Lsn),
    parts: Parts,
    last: Changes<'_>,
) -> Result<()> {
    let mut ops = TreeOps::default();
    let (mut part, mut at) = (Vec::new(), 0);
    for len in parts.lens {
        part.resize(len, 0);
        if let Some(file) = &parts.file {
            file.read_at(&mut part, at)?;
        }
        at += len as u64;
        redo::heap(engine, turn, seq, lsn, Changes::new(&part))?;
        Changes::new(&part).flatten().filter_map(record::Change::tree_op).for_each(|op| ops.push(op));
    }
    redo::heap(engine, turn, seq, lsn, last)?;
    let mut all = ops.iter().chain(last.flatten().filter_map(record::Change::tree_op));
    redo::tree(engine, seq, lsn, &mut all)
}
