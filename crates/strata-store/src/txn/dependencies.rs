//! What a serializable transaction tells [`Serializable`](crate::serializable): what it reads, what it writes,
//! and how it ends.

use super::{Txn, View};
use crate::engine::Engine;
use crate::keyspace::{KeyBuf, stored_key};
use crate::serializable::{Access, Serializable};
use crate::snapshots::Snapshot;
use crate::{Commit, KeyspaceId, Lock, Result};
use parking_lot::MutexGuard;
use std::ops::Bound;
use std::sync::atomic::Ordering;

/// Entries after which a scan is taken to read its range to the end.
const WATCHED_STEPS: usize = 32;

impl Txn {
    /// Takes the snapshot of a serializable transaction, before its first view; from here on
    /// [`same_snapshot_view`](Self::same_snapshot_view) is to be used. [`Lock::Wait`] is the answer only to
    /// [`Access::Deferrable`]: park, and ask again when [`Store::take_woken`](crate::Store::take_woken) names
    /// this transaction.
    pub fn serialize(&mut self, access: Access) -> Lock {
        let store = self.store.clone();
        let mut serializable = store.engine().serializable.lock();
        loop {
            if !self.is_watched() && self.first.is_none() {
                if access == Access::Deferrable {
                    // A commit on its way to disk, which a plain snapshot misses, could make that unsafe.
                    self.look_at_newest();
                }
                // Under the latch, so that no commit falls between the snapshot and what it must conflict with.
                let View { snapshot, .. } = self.statement_view();
                let is_watched = serializable.enter(self.id, snapshot, access != Access::ReadWrite);
                self.is_watched.store(is_watched, Ordering::Relaxed);
            }
            if access != Access::Deferrable {
                return Lock::Granted;
            }
            if let Some(answer) = serializable.safety(self.id) {
                return answer;
            }
            serializable.rolled_back(self.id, store.engine().snapshots.durable());
            self.is_watched.store(false, Ordering::Relaxed);
            (self.first, self.last) = (None, None);
        }
    }

    /// Sees what `snapshot` sees, and is serializable. Of a snapshot that a running serializable transaction has
    /// taken: so nothing that overlaps it has been forgotten.
    pub fn serialize_at(&mut self, snapshot: &Snapshot, access: Access) {
        let store = self.store.clone();
        let mut serializable = store.engine().serializable.lock();
        self.adopt(snapshot);
        let is_watched = serializable.enter(self.id, snapshot.seq(), access != Access::ReadWrite);
        self.is_watched.store(is_watched, Ordering::Relaxed);
    }

    pub(super) fn is_watched(&self) -> bool {
        self.is_watched.load(Ordering::Relaxed)
    }

    /// The table, while it watches this transaction.
    fn watching(&self) -> Option<MutexGuard<'_, Serializable>> {
        self.is_watched().then(|| self.store.engine().serializable.lock())
    }

    /// It stays watched, or its snapshot has proved safe.
    fn note(&self, still_watched: bool) {
        if !still_watched {
            self.is_watched.store(false, Ordering::Relaxed);
        }
    }

    pub(super) fn reads_key(&self, stored: &[u8]) -> Result<()> {
        let Some(mut table) = self.watching() else { return Ok(()) };
        self.note(table.read_key(self.id, stored)?);
        Ok(())
    }

    pub(super) fn reads_everything(&self, keyspace: KeyspaceId) -> Result<()> {
        let Some(mut table) = self.watching() else { return Ok(()) };
        self.note(table.read_everything(self.id, keyspace)?);
        Ok(())
    }

    pub(super) fn writes_key(&self, stored: &[u8]) -> Result<()> {
        match self.watching() {
            Some(mut table) => table.write_key(self.id, stored),
            None => Ok(()),
        }
    }

    /// This transaction would write `key`, but finds another's row there: at SERIALIZABLE that may be a conflict
    /// with what it has read, and is then the better error to raise.
    pub fn would_write(&self, keyspace: KeyspaceId, key: &[u8]) -> Result<()> {
        self.writes_key(&stored_key(keyspace, key))
    }

    /// What it drops, it writes everywhere.
    fn writes_dropped(&self, table: &mut Serializable) -> Result<()> {
        let dropped = self.private.dropped().iter().filter(|keyspace| !self.has_created(**keyspace));
        dropped.into_iter().try_for_each(|keyspace| table.write_everything(self.id, *keyspace))
    }

    /// Makes sure that nothing can refuse the commit any more, however long it is put off: the first half of
    /// a commit in two phases. After an error it can only be rolled back.
    pub fn prepare(&self) -> Result<()> {
        let Some(mut table) = self.watching() else { return Ok(()) };
        self.writes_dropped(&mut table)?;
        table.check_commit(self.id)?;
        let (last, _) = self.store.engine().snapshots.last();
        table.prepared(self.id, lsm::Seq(last.0 + 1));
        Ok(())
    }

    /// Commits by `commit`, in one step with the checks before it.
    pub(super) fn commits_watched(&self, commit: impl FnOnce(&Txn) -> Result<Commit>) -> Result<Commit> {
        let Some(mut table) = self.watching() else { return commit(self) };
        self.writes_dropped(&mut table)?;
        table.check_commit(self.id)?;
        let done = commit(self)?;
        table.committed(self.id, done.seq, self.engine().snapshots.durable());
        self.note(false);
        Ok(done)
    }

    /// Commits what it has read.
    pub(super) fn commits_nothing(&self) -> Result<()> {
        let Some(mut table) = self.watching() else { return Ok(()) };
        table.check_commit(self.id)?;
        let (last, _) = self.engine().snapshots.last();
        table.committed(self.id, last, self.engine().snapshots.durable());
        self.note(false);
        Ok(())
    }

    /// It ends; if it was not committed, it has never been.
    pub(super) fn leaves(&self) {
        if let Some(mut table) = self.watching() {
            table.rolled_back(self.id, self.engine().snapshots.durable());
        }
    }

    fn engine(&self) -> &Engine {
        self.store.engine()
    }
}

/// How far a scan has read its range. The first entries are noted one by one, so that a scan that stops early
/// has read no more than it has passed; one that goes on is taken to read all of it.
pub(super) struct WatchedScan {
    keyspace: KeyspaceId,
    lower: Bound<KeyBuf>,
    upper: Bound<KeyBuf>,
    reverse: bool,
    steps: usize,
}

impl WatchedScan {
    pub(super) fn new(
        keyspace: KeyspaceId,
        (lower, upper): (&Bound<KeyBuf>, &Bound<KeyBuf>),
        reverse: bool,
    ) -> Self {
        WatchedScan { keyspace, lower: lower.clone(), upper: upper.clone(), reverse, steps: 0 }
    }

    /// The scan passes `key`, or has come to its end.
    pub(super) fn passes(&mut self, txn: &Txn, key: Option<&KeyBuf>) -> Result<()> {
        if self.steps > WATCHED_STEPS {
            return Ok(());
        }
        self.steps += 1;
        let mut range = (self.lower.clone(), self.upper.clone());
        match key {
            Some(key) if self.steps <= WATCHED_STEPS => {
                let reached = Bound::Included(key.clone());
                if self.reverse { range.0 = reached } else { range.1 = reached }
            }
            _ => self.steps = WATCHED_STEPS + 1,
        }
        let Some(mut table) = txn.watching() else { return Ok(()) };
        txn.note(table.read_range(txn.id, self.keyspace, &range)?);
        Ok(())
    }
}
