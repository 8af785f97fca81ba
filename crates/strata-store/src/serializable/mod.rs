//! Serializable transactions: snapshot isolation that notices when no serial order is left.
//!
//! Each transaction reads its snapshot and waits for nobody. What it reads and writes is noted in two
//! [`Footprints`]; where the write of one meets the read of another that overlaps it, the [`Graph`] gets an
//! edge, and refuses one that would complete a dangerous structure. Only serializable transactions take part:
//! as in PostgreSQL, the promise holds among them.
//!
//! ```text
//!   read  ──► note it in `reads`  ──► who has written there?  ──► edge me → writer
//!   write ──► note it in `writes` ──► who has read there?     ──► edge reader → me
//!   commit ─► am I doomed? whom must I doom? ──► keep all this until nobody overlaps me
//! ```
//!
//! Time is the order of commits: A precedes B if A's commit is in B's snapshot, and overlaps it otherwise. A
//! committed transaction is kept while one that runs, or may still begin, overlaps it; new snapshots are of
//! the last *durable* commit, so that is at least until its commit is durable.
//!
//! # Memory
//! A transaction names at most some thousand keys of a keyspace, then all of it. What is noted is taken from
//! the memory pool; should it refuse, or should very many committed transactions have to be kept, the oldest of them
//! are [summarized](summary): of them all only *which* keyspaces were touched is remembered. Each of these steps
//! can make a refusal more likely, and none can make one be missed.

mod footprint;
mod graph;
mod summary;
#[cfg(test)]
mod tests;

use crate::keyspace::keyspace_of;
use crate::{Error, KeyspaceId, Lock, Result, TxnId};
use filesystem::{MemoryPool, Reservation};
use footprint::Footprints;
pub(crate) use footprint::KeyRange;
use graph::{Graph, Node};
use lsm::Seq;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use summary::Summaries;

/// Committed transactions that are kept one by one.
const COMMITTED_MAX: usize = 2048;

/// How a serializable transaction will use the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It reads and writes.
    ReadWrite,
    /// It only reads: once its snapshot has proved safe it is not watched any more.
    ReadOnly,
    /// It only reads, and rather waits for a safe snapshot than be refused.
    Deferrable,
}

/// Why a transaction was refused: PostgreSQL's reason codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It was doomed by another's read or commit, and goes on to read.
    #[error("Canceled on identification as a pivot, during conflict out checking.")]
    PivotBeforeRead,
    /// It was doomed by another's read or commit, and goes on to write.
    #[error("Canceled on identification as a pivot, during conflict in checking.")]
    PivotBeforeWrite,
    /// Its write makes it a pivot.
    #[error("Canceled on identification as a pivot, during write.")]
    PivotInWrite,
    /// What it reads was overwritten by a pivot that has committed.
    #[error("Canceled on conflict out to pivot {}, during read.", pivot.0)]
    BeforePivotInRead {
        /// The pivot.
        pivot: TxnId,
    },
    /// What it reads was overwritten by a pivot whose commit was long ago.
    #[error("Canceled on conflict out to old pivot.")]
    BeforeOldPivot,
    /// It has become a pivot, and those around it have committed long ago.
    #[error("Canceled on identification as a pivot, with conflict out to old committed transaction.")]
    PivotBeforeOld,
    /// It was doomed, and wants to commit.
    #[error("Canceled on identification as a pivot, during commit attempt.")]
    PivotInCommit,
    /// Its commit would complete a structure whose pivot is prepared.
    #[error("Canceled on commit attempt with conflict in from prepared pivot.")]
    PreparedPivot,
}

/// All serializable transactions of a store.
pub(crate) struct Serializable {
    graph: Graph,
    reads: Footprints,
    writes: Footprints,
    old: Summaries,
    /// Snapshots of those that run, and the commits of those that are kept.
    running: BTreeSet<(Seq, TxnId)>,
    committed: BTreeSet<(Seq, TxnId)>,
    memory: Option<Reservation>,
    sizes: BTreeMap<TxnId, usize>,
    pool: MemoryPool,
    /// Transactions that wait for a safe snapshot and may know by now.
    woken: Vec<TxnId>,
}

impl Serializable {
    /// Nobody yet; what is noted is taken from `pool`.
    pub(crate) fn new(pool: MemoryPool) -> Self {
        Serializable {
            graph: Graph::default(),
            reads: Footprints::default(),
            writes: Footprints::default(),
            old: Summaries::default(),
            running: BTreeSet::new(),
            committed: BTreeSet::new(),
            memory: None,
            sizes: BTreeMap::new(),
            pool,
            woken: Vec::new(),
        }
    }

    /// A transaction has taken its snapshot, under this table's latch. `false`: it only reads, nothing
    /// that runs can make its snapshot unsafe, and it need not be watched.
    pub(crate) fn enter(&mut self, txn: TxnId, snapshot: Seq, read_only: bool) -> bool {
        let mut node = Node::new(snapshot, read_only);
        if read_only {
            let writers = self.graph.iter().filter(|(_, other)| !other.committed && !other.read_only);
            node.watched = writers.map(|(txn, _)| txn).collect();
            // Committed, but not durable when the snapshot was taken.
            let unseen = self.graph.iter().filter(|(_, other)| other.decided.is_some_and(|at| at > snapshot));
            let mut thirds = unseen.filter_map(|(txn, _)| self.graph.first_after(txn));
            node.is_unsafe = thirds.any(|third| third <= snapshot) || self.old.is_unsafe_at(snapshot);
            if node.is_unsafe {
                node.watched.clear();
            } else if node.watched.is_empty() {
                return false;
            }
        }
        self.graph.insert(txn, node);
        self.running.insert((snapshot, txn));
        true
    }

    /// What a transaction that wants a safe snapshot is to do: `Some(Wait)`, to be asked again when it is
    /// woken; `Some(Granted)`, for its snapshot is safe; `None`, and it must take another.
    pub(crate) fn safety(&mut self, txn: TxnId) -> Option<Lock> {
        match self.graph.get(txn) {
            None => Some(Lock::Granted),
            Some(node) if node.is_unsafe => None,
            Some(_) => Some(Lock::Wait),
        }
    }

    /// `txn` reads a key. `false`: it need not be watched any more.
    pub(crate) fn read_key(&mut self, txn: TxnId, stored: &[u8]) -> Result<bool> {
        if !self.goes_on(txn, Reason::PivotBeforeRead)? {
            return Ok(false);
        }
        let len = self.reads.add_key(txn, stored);
        self.charge(txn, len, keyspace_of(stored), true);
        let mut writers = SmallVec::new();
        self.writes.at_key(stored, &mut writers);
        self.reads_before(txn, keyspace_of(stored), &writers)
    }

    /// `txn` reads a range of a keyspace. `false` as above.
    pub(crate) fn read_range(&mut self, txn: TxnId, keyspace: KeyspaceId, range: &KeyRange) -> Result<bool> {
        if !self.goes_on(txn, Reason::PivotBeforeRead)? {
            return Ok(false);
        }
        let len = self.reads.add_range(txn, keyspace, range);
        self.charge(txn, len, keyspace, true);
        let mut writers = SmallVec::new();
        self.writes.in_range(keyspace, range, &mut writers);
        self.reads_before(txn, keyspace, &writers)
    }

    /// `txn` reads a whole keyspace. `false` as above.
    pub(crate) fn read_everything(&mut self, txn: TxnId, keyspace: KeyspaceId) -> Result<bool> {
        if !self.goes_on(txn, Reason::PivotBeforeRead)? {
            return Ok(false);
        }
        self.reads.add_everything(txn, keyspace);
        let mut writers = SmallVec::new();
        self.writes.in_range(keyspace, &footprint::whole(keyspace), &mut writers);
        self.reads_before(txn, keyspace, &writers)
    }

    fn reads_before(&mut self, me: TxnId, keyspace: KeyspaceId, writers: &[TxnId]) -> Result<bool> {
        for writer in writers {
            self.graph.add_edge(me, me, *writer).map_err(refused)?;
        }
        if let Some(node) = self.graph.get(me)
            && let Some(writer) = self.old.written_after(keyspace, node.snapshot)
        {
            let limit = if node.read_only { node.snapshot } else { writer.last };
            if writer.earliest_after.is_some_and(|third| third <= limit) {
                return Err(refused(Reason::BeforeOldPivot));
            }
            // The commit was one of several: at the earliest it was the first that `me` does not see.
            let earliest = Seq(node.snapshot.0 + 1);
            if self.graph.is_pivot_before(me, earliest) {
                return Err(refused(Reason::PivotBeforeOld));
            }
            self.graph.note_after(me, earliest);
        }
        Ok(true)
    }

    /// `txn` writes a key.
    pub(crate) fn write_key(&mut self, txn: TxnId, stored: &[u8]) -> Result<()> {
        if !self.goes_on(txn, Reason::PivotBeforeWrite)? {
            return Ok(());
        }
        let len = self.writes.add_key(txn, stored);
        self.charge(txn, len, keyspace_of(stored), false);
        let mut readers = SmallVec::new();
        self.reads.at_key(stored, &mut readers);
        self.writes_after(txn, keyspace_of(stored), &readers)
    }

    /// `txn` writes anywhere in a keyspace: it drops it.
    pub(crate) fn write_everything(&mut self, txn: TxnId, keyspace: KeyspaceId) -> Result<()> {
        if !self.goes_on(txn, Reason::PivotBeforeWrite)? {
            return Ok(());
        }
        self.writes.add_everything(txn, keyspace);
        let mut readers = SmallVec::new();
        self.reads.in_range(keyspace, &footprint::whole(keyspace), &mut readers);
        self.writes_after(txn, keyspace, &readers)
    }

    fn writes_after(&mut self, me: TxnId, keyspace: KeyspaceId, readers: &[TxnId]) -> Result<()> {
        if let Some(node) = self.graph.get_mut(me) {
            node.has_written = true;
        }
        for reader in readers {
            self.graph.add_edge(me, *reader, me).map_err(refused)?;
        }
        if let Some(node) = self.graph.get(me)
            && let Some(reader) = self.old.read_after(keyspace, node.snapshot)
        {
            if self.graph.first_after(me).is_some_and(|third| third <= reader) {
                return Err(refused(Reason::PivotInWrite));
            }
            self.graph.note_before(me, reader);
        }
        Ok(())
    }

    /// Whether `txn` is watched still. Refuses it, for `reason`, if it is doomed.
    fn goes_on(&self, txn: TxnId, reason: Reason) -> Result<bool> {
        match self.graph.get(txn) {
            None => Ok(false),
            Some(node) if node.doomed => Err(refused(reason)),
            Some(_) => Ok(true),
        }
    }

    /// `txn` wants to commit or be prepared.
    pub(crate) fn check_commit(&mut self, txn: TxnId) -> Result<()> {
        if self.graph.get(txn).is_some_and(|node| node.decided.is_some()) {
            return Ok(());
        }
        self.graph.check_commit(txn).map_err(refused)
    }

    /// `txn` is prepared, `next` being the next commit's place: nothing can refuse it any more.
    pub(crate) fn prepared(&mut self, txn: TxnId, next: Seq) {
        if let Some(node) = self.graph.get_mut(txn) {
            node.decided = Some(next);
        }
    }

    /// What `txn` has read.
    pub(crate) fn reads_of(&self, txn: TxnId) -> Vec<(KeyspaceId, KeyRange)> {
        self.reads.of(txn)
    }

    /// `txn` has read a range in an earlier life of the process.
    pub(crate) fn has_read(&mut self, txn: TxnId, keyspace: KeyspaceId, range: &KeyRange) {
        let len = match range {
            (Bound::Included(lower), Bound::Included(upper)) if lower == upper => {
                self.reads.add_key(txn, lower)
            }
            range => self.reads.add_range(txn, keyspace, range),
        };
        self.charge(txn, len, keyspace, true);
    }

    /// Which commits `txn` had to precede is not known any more: so there was one.
    pub(crate) fn assume_conflicts(&mut self, txn: TxnId) {
        if let Some(node) = self.graph.get(txn) {
            let snapshot = node.snapshot;
            self.graph.note_after(txn, snapshot);
        }
    }

    /// `txn` has committed as `seq`, or, having written nothing, when `seq` was the last.
    pub(crate) fn committed(&mut self, txn: TxnId, seq: Seq, durable: Seq) {
        let Some(node) = self.graph.get_mut(txn) else { return };
        node.decided.get_or_insert(seq);
        node.committed = true;
        node.read_only |= !node.has_written;
        self.running.remove(&(node.snapshot, txn));
        self.committed.insert((seq, txn));
        let after = self.graph.first_after(txn);
        if let Some(after) = after {
            // A reader to come, whose snapshot misses this commit only, must know of it even when the
            // other is forgotten.
            self.graph.note_after(txn, after);
        }
        self.settle_readers(txn, after);
        self.clean(durable);
    }

    /// `txn` was rolled back, or its snapshot is given up.
    pub(crate) fn rolled_back(&mut self, txn: TxnId, durable: Seq) {
        let Some(node) = self.graph.remove(txn) else { return };
        self.running.remove(&(node.snapshot, txn));
        self.forget(txn);
        self.settle_readers(txn, None);
        self.clean(durable);
    }

    /// A writer has ended, having to precede the commit `after`, if any: those who watched it may know now
    /// whether their snapshot is safe.
    fn settle_readers(&mut self, writer: TxnId, after: Option<Seq>) {
        let mut safe = Vec::new();
        for (txn, reader) in self.graph.iter_mut() {
            if !reader.watched.remove(&writer) {
                continue;
            }
            if after.is_some_and(|after| after <= reader.snapshot) {
                reader.watched.clear();
                reader.is_unsafe = true;
                self.woken.push(txn);
            } else if reader.watched.is_empty() && !reader.committed {
                safe.push(txn);
            }
        }
        for txn in safe {
            if let Some(node) = self.graph.remove(txn) {
                self.running.remove(&(node.snapshot, txn));
            }
            self.forget(txn);
            self.woken.push(txn);
        }
    }

    /// Lets go of the committed that nobody overlaps any more, and sums up the oldest if too many are left.
    fn clean(&mut self, durable: Seq) {
        let running = self.running.first().map_or(durable, |(oldest, _)| durable.min(*oldest));
        while let Some(&(seq, txn)) = self.committed.first()
            && seq <= running
        {
            self.committed.pop_first();
            self.graph.remove(txn);
            self.forget(txn);
        }
        self.old.clean(running);
        while self.committed.len() > COMMITTED_MAX {
            self.summarize_oldest();
        }
    }

    /// Sums up the oldest committed transaction, if there is one.
    fn summarize_oldest(&mut self) -> bool {
        let Some((seq, txn)) = self.committed.pop_first() else { return false };
        let after = self.graph.first_after(txn);
        self.graph.summarize(txn);
        for keyspace in self.reads.keyspaces_of(txn) {
            self.old.add_reader(keyspace, seq);
        }
        for keyspace in self.writes.keyspaces_of(txn) {
            self.old.add_writer(keyspace, seq, after);
        }
        self.forget(txn);
        true
    }

    fn forget(&mut self, txn: TxnId) {
        self.reads.forget(txn);
        self.writes.forget(txn);
        let len = self.sizes.remove(&txn).unwrap_or_default();
        if let Some(memory) = &mut self.memory {
            memory.shrink(len);
        }
        if self.graph.iter().next().is_none() {
            self.memory = None;
        }
    }

    /// Takes memory for what was noted of `txn`; if there is none, the oldest are summed up, and at last
    /// `txn` has touched the whole keyspace.
    fn charge(&mut self, txn: TxnId, len: usize, keyspace: KeyspaceId, reads: bool) {
        if len == 0 {
            return;
        }
        *self.sizes.entry(txn).or_default() += len;
        loop {
            let granted = match &mut self.memory {
                Some(memory) => memory.grow(len),
                none => {
                    *none = self.pool.try_reserve(len);
                    none.is_some()
                }
            };
            if granted {
                return;
            }
            if !self.summarize_oldest() {
                break;
            }
        }
        if let Some(size) = self.sizes.get_mut(&txn) {
            *size -= len;
        }
        let footprints = if reads { &mut self.reads } else { &mut self.writes };
        footprints.add_everything(txn, keyspace);
    }

    /// Moves to `into` the transactions whose wait for a safe snapshot may be over.
    pub(crate) fn take_woken(&mut self, into: &mut Vec<TxnId>) {
        into.append(&mut self.woken);
    }
}

fn refused(reason: Reason) -> Error {
    Error::Serialization { reason }
}
