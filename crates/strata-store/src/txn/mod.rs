//! A transaction: what it has written, what it may see, what it has locked.
//!
//! Its writes are a private memtable ([`private`]) over the shared store until [`Txn::commit`]; every
//! read merges the two. A transaction is owned and moves between threads; it borrows nothing.
//!
//! # Views
//! | call                          | for                          | snapshot                         |
//! |-------------------------------|------------------------------|----------------------------------|
//! | [`Txn::statement_view`]       | READ COMMITTED               | newest durable, for each statement |
//! | [`Txn::same_snapshot_view`]   | REPEATABLE READ; with [`Txn::serialize`] SERIALIZABLE | newest durable, of the first statement |
//! | [`Txn::newest_view`]          | unique checks, after a lock wait | newest committed, durable or not |
//!
//! Time never runs backwards inside a transaction: once it has looked at the newest commits, its later
//! views are at least as new, and the position that gates its last reply covers what it has seen.

mod dependencies;
mod entries;
mod extent;
mod holdings;
mod leaving;
mod overflow;
pub(crate) mod private;
mod scan;
pub(crate) mod values;
mod view;

pub use extent::ExtentScan;
pub use scan::{Entry, Scan};
pub use view::View;

use crate::draft::Draft;
use crate::keyspace::{KeyBuf, stored_key};
use crate::lock::{Gained, LockKey};
use crate::snapshots::Snapshot;
use crate::tuple::{KEY_LEN_LEN, Tuple};
use crate::{Error, KEY_LEN_MAX, KeyspaceId, Lock, LockMode, ObjectMode, Result, Store, commit};
use journal::Lsn;
use lsm::Seq;
use private::{Mark, Own, Private};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use values::ValueLog;

/// The longest value of a table keyspace.
const TUPLE_VALUE_LEN_MAX: usize = filesystem::heap::TUPLE_LEN_MAX - KEY_LEN_MAX - KEY_LEN_LEN;

/// Names a transaction within the life of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxnId(pub u64);

/// What a commit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its place in the order of commits; for a transaction without writes, the newest commit that it saw.
    pub seq: Seq,
    /// The reply may be let out when the journal is durable up to here.
    pub lsn: Lsn,
}

/// A point to which a transaction can go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Savepoint {
    mark: Mark,
    gained_len: usize,
}

/// Is told of a write: keyspace, key, and the value, unless it deletes.
pub type EachWrite<'a> = dyn FnMut(KeyspaceId, &[u8], Option<&[u8]>) -> Result<()> + 'a;

/// A transaction. Dropping it rolls it back.
pub struct Txn {
    store: Store,
    id: TxnId,
    private: Private,
    command: u32,
    /// Keeps what the oldest view in use sees.
    oldest: Snapshot,
    first: Option<Seq>,
    last: Option<Seq>,
    /// The newest commit and the highest journal position that the transaction has looked at.
    seen: AtomicU64,
    gate: AtomicU64,
    gained: Vec<Gained>,
    /// What of a large commit is ready.
    ahead: Option<Draft>,
    /// It was told to wait for a lock.
    waits: bool,
    /// Its reads and writes are watched for conflicts.
    is_watched: AtomicBool,
    /// Nobody waits for its commit to be durable.
    is_lazy: bool,
}

impl Txn {
    pub(crate) fn new(store: Store, id: TxnId, at_least: Seq) -> Self {
        let oldest = store.engine().snapshots.take(at_least);
        let private = Private::new(ValueLog::new(store.engine().scratch.clone()));
        Txn {
            store,
            id,
            private,
            command: 0,
            oldest,
            first: None,
            last: None,
            seen: AtomicU64::new(at_least.0),
            gate: AtomicU64::new(0),
            gained: Vec::new(),
            ahead: None,
            waits: false,
            is_watched: AtomicBool::new(false),
            is_lazy: false,
        }
    }

    /// The transaction's name.
    pub fn id(&self) -> TxnId {
        self.id
    }

    /// The store it belongs to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether it has written anything.
    pub fn has_writes(&self) -> bool {
        !self.private.is_empty()
    }

    /// Whether it has written nothing, so that its commit is no record.
    pub fn is_read_only(&self) -> bool {
        self.private.is_empty()
    }

    /// From here on views are at least as new as `seq`: a session passes its own last commit, which may
    /// not be durable yet, so that it reads what it wrote. The commit's own reply gate covers the risk.
    pub fn at_least(&mut self, seq: Seq) {
        self.seen.fetch_max(seq.0, Ordering::Relaxed);
    }

    /// Begins the next command with a fresh snapshot: READ COMMITTED.
    pub fn statement_view(&mut self) -> View {
        let fresh = self.store.engine().snapshots.take(self.seen_seq());
        self.begin_command(fresh)
    }

    /// Begins the next command with the first snapshot of the transaction: REPEATABLE READ.
    pub fn same_snapshot_view(&mut self) -> View {
        match self.first {
            Some(snapshot) => {
                self.command += 1;
                self.last = Some(snapshot);
                View { snapshot, command: self.command, is_watched: self.is_watched() }
            }
            None => self.statement_view(),
        }
    }

    /// From the first view on sees what `snapshot` sees, as REPEATABLE READ.
    pub fn adopt(&mut self, snapshot: &Snapshot) {
        self.oldest = snapshot.clone();
        (self.first, self.last) = (Some(snapshot.seq()), Some(snapshot.seq()));
    }

    fn begin_command(&mut self, fresh: Snapshot) -> View {
        let snapshot = fresh.seq();
        if self.last.is_none() {
            // Nothing was looked at since the transaction began: it need not hold on to that moment.
            self.oldest = fresh;
        }
        self.command += 1;
        self.first.get_or_insert(snapshot);
        self.last = Some(snapshot);
        self.seen.fetch_max(snapshot.0, Ordering::Relaxed);
        View { snapshot, command: self.command, is_watched: false }
    }

    /// The newest commits, durable or not, with the own writes of earlier commands.
    pub fn newest_view(&self) -> View {
        View { snapshot: self.look_at_newest(), command: self.command, is_watched: false }
    }

    fn look_at_newest(&self) -> Seq {
        let (seq, lsn) = self.store.engine().snapshots.last();
        self.seen.fetch_max(seq.0, Ordering::Relaxed);
        self.gate.fetch_max(lsn.0, Ordering::Relaxed);
        seq
    }

    /// Views of earlier commands are not used any more: the versions that only they see may go. Views are
    /// otherwise good until the transaction ends, so that a portal may outlive its statement.
    pub fn release_views(&mut self) {
        if let Some(last) = self.last
            && self.oldest.seq() < last
        {
            self.oldest = self.store.engine().snapshots.take_exactly(last, &self.oldest);
        }
    }

    fn seen_seq(&self) -> Seq {
        Seq(self.seen.load(Ordering::Relaxed))
    }

    /// The commit that this transaction's decisions rest on; `None` if it has not looked at anything.
    pub(crate) fn basis(&self) -> Option<Seq> {
        self.last.map(|last| last.max(self.seen_seq()))
    }

    /// The value of `key` in `view`.
    pub fn get(&self, view: View, keyspace: KeyspaceId, key: &[u8]) -> Result<Option<Tuple>> {
        let stored = stored_key(keyspace, key);
        if self.private.has_rows()
            && let Some(own) = self.private.get(&stored, view.command)?
        {
            return self.own_value(own);
        }
        if self.has_created(keyspace) {
            return Ok(None);
        }
        if view.is_watched {
            self.reads_key(&stored)?;
        }
        self.store.engine().read(view.snapshot, keyspace, &stored)
    }

    fn own_value(&self, own: Own<'_>) -> Result<Option<Tuple>> {
        match own {
            Own::Delete => Ok(None),
            Own::Inline(value) => Ok(Some(Tuple::copy_of(&value))),
            logged => {
                let mut bytes = Vec::new();
                self.private.read_value(&logged, &mut bytes)?;
                Ok(Some(Tuple::own(bytes)))
            }
        }
    }

    /// The commit that wrote or deleted `key` last, `Seq(0)` if none did: compared with a view's snapshot,
    /// it says whether the row has changed since.
    pub fn newest_seq(&self, keyspace: KeyspaceId, key: &[u8]) -> Result<Seq> {
        self.look_at_newest();
        let newest = self.store.engine().lsm.newest(&stored_key(keyspace, key))?;
        Ok(newest.map_or(Seq(0), |(seq, _)| seq))
    }

    /// The keys of a range in order, with their values.
    pub fn scan(
        &self,
        view: View,
        keyspace: KeyspaceId,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        reverse: bool,
    ) -> Result<Scan> {
        Scan::open(self, view, keyspace, lower, upper, reverse)
    }

    /// The rows of a table keyspace in the order in which they lie on disk.
    pub fn scan_extent(&self, view: View, keyspace: KeyspaceId) -> Result<ExtentScan> {
        ExtentScan::open(self, view, keyspace)
    }

    /// Asks for a row lock. On [`Lock::Wait`] park, and ask again when [`Store::take_woken`] names this
    /// transaction; [`Error::Deadlock`] if waiting would close a ring.
    pub fn lock(&mut self, keyspace: KeyspaceId, key: &[u8], mode: LockMode) -> Result<Lock> {
        let key = LockKey::row(keyspace, key);
        self.store.engine().locks.lock().lock(self.id, key, mode.into(), &mut self.gained)
    }

    /// Takes a row lock if that needs no waiting: `NOWAIT`, `SKIP LOCKED`.
    pub fn try_lock(&mut self, keyspace: KeyspaceId, key: &[u8], mode: LockMode) -> Result<bool> {
        let key = LockKey::row(keyspace, key);
        self.store.engine().locks.lock().try_lock(self.id, &key, mode.into(), &mut self.gained)
    }

    /// Whether others are seen to hold a row lock against `mode`, or to wait for it: who passes such rows over need
    /// not read them. The lock itself may be refused all the same.
    pub fn is_taken(&self, keyspace: KeyspaceId, key: &[u8], mode: LockMode) -> bool {
        let key = LockKey::row(keyspace, key);
        self.store.engine().locks.lock().is_taken(self.id, &key, mode.into())
    }

    /// Asks for a lock of something that is no row: a table, an advisory key. As [`lock`](Self::lock).
    pub fn lock_object(&mut self, class: u64, id: u64, mode: ObjectMode) -> Result<Lock> {
        let key = LockKey::Object { class, id };
        let lock = self.store.engine().locks.lock().lock(self.id, key, mode.into(), &mut self.gained)?;
        match lock {
            Lock::Wait => self.waits = true,
            Lock::Granted => self.follows_others(mode),
        }
        Ok(lock)
    }

    /// Takes the lock of an object if that needs no waiting.
    pub fn try_lock_object(&mut self, class: u64, id: u64, mode: ObjectMode) -> Result<bool> {
        let key = LockKey::Object { class, id };
        let is_mine =
            self.store.engine().locks.lock().try_lock(self.id, &key, mode.into(), &mut self.gained)?;
        if is_mine {
            self.follows_others(mode);
        }
        Ok(is_mine)
    }

    /// It has a lock after others had it: their commits may not be durable yet, but it is to see them.
    fn follows_others(&mut self, mode: ObjectMode) {
        if std::mem::take(&mut self.waits) || mode > ObjectMode::RowExclusive {
            self.see_newest();
        }
    }

    /// From here on views show at least every commit until now, durable or not; the gate of the reply that
    /// ends the transaction covers them.
    pub fn see_newest(&self) {
        self.look_at_newest();
    }

    /// The statement that waited for a lock has been cancelled.
    pub fn cancel_wait(&mut self) {
        self.store.engine().locks.lock().cancel_wait(self.id);
    }

    /// Writes `key`, as part of the command at hand. The caller holds its lock; a row of a table keyspace
    /// that is written without one is checked at commit ([`Error::Conflict`]).
    pub fn put(&mut self, keyspace: KeyspaceId, key: &[u8], value: &[u8]) -> Result<()> {
        let max = if keyspace.is_index() { lsm::VALUE_LEN_MAX } else { TUPLE_VALUE_LEN_MAX };
        if value.len() > max {
            return Err(Error::ValueTooLong { len: value.len(), max });
        }
        let stored = writable_key(keyspace, key)?;
        self.writes_key(&stored)?;
        self.give_up_draft();
        self.private.put(self.command, stored, value)
    }

    /// Deletes `key`, as part of the command at hand. The caller holds its lock.
    pub fn delete(&mut self, keyspace: KeyspaceId, key: &[u8]) -> Result<()> {
        let stored = writable_key(keyspace, key)?;
        self.writes_key(&stored)?;
        self.give_up_draft();
        self.private.delete(self.command, stored)
    }

    /// Says that `keyspace` is new and this transaction's own: what is loaded into it needs no look at what
    /// was there before. A keyspace that others write to is not to be passed.
    pub fn create_keyspace(&mut self, keyspace: KeyspaceId) {
        self.private.create_keyspace(keyspace);
    }

    /// Whether this transaction has said so of `keyspace`: nobody else can be writing to it.
    pub fn has_created(&self, keyspace: KeyspaceId) -> bool {
        self.private.has_created(keyspace)
    }

    /// Drops a keyspace with all that is in it, at commit. Its number is not to be used again.
    pub fn drop_keyspace(&mut self, keyspace: KeyspaceId) {
        self.give_up_draft();
        self.private.drop_keyspace(keyspace);
    }

    /// Visits what a commit would write, in key order: keyspace, key, and the value (`None` deletes). For who
    /// must be able to write the same in another life of the process.
    pub fn each_write(&self, visit: &mut EachWrite<'_>) -> Result<()> {
        let mut value = Vec::new();
        let mut newest = self.private.newest_from(Bound::Unbounded)?;
        while let Some((stored, own)) = newest.next()? {
            let Some((keyspace, key)) = crate::keyspace::split(stored) else { continue };
            value.clear();
            self.private.read_value(&own, &mut value)?;
            visit(keyspace, key, (own != Own::Delete).then_some(value.as_slice()))?;
        }
        Ok(())
    }

    /// The keyspaces that go with its commit.
    pub fn dropped_keyspaces(&self) -> &[KeyspaceId] {
        self.private.dropped()
    }

    /// Sets a savepoint.
    pub fn savepoint(&mut self) -> Savepoint {
        Savepoint { mark: self.private.mark(), gained_len: self.gained.len() }
    }

    /// Takes back every write and lock since `savepoint`, which stays set; those set after it are gone.
    pub fn rollback_to(&mut self, savepoint: Savepoint) {
        self.give_up_draft();
        self.private.rollback_to(savepoint.mark);
        let keep = savepoint.gained_len;
        self.store.engine().locks.lock().release(self.id, &mut self.gained, keep);
    }

    /// Forgets `savepoint` and those set after it; what was written since stays.
    pub fn release(&mut self, savepoint: Savepoint) {
        self.private.release(savepoint.mark);
    }

    /// Says that nobody waits for the commit to be durable: it will be within a few milliseconds, and costs less.
    /// Who waits all the same does so no longer than for any other commit.
    pub fn commit_may_wait(&mut self) {
        self.is_lazy = true;
    }

    pub(crate) fn is_lazy(&self) -> bool {
        self.is_lazy
    }

    /// Does a part of the work of a large commit, so that [`commit`](Self::commit) is short: others may commit
    /// between the calls. `true` once nothing is left that can be done ahead; at once if there is little to
    /// commit. After an error nothing is changed.
    pub fn prepare_commit(&mut self) -> Result<bool> {
        let engine = self.store.engine();
        if self.private.len() < engine.part_len() as u64 || engine.is_read_only {
            return Ok(true);
        }
        let mut draft = match self.ahead.take() {
            Some(draft) => draft,
            None => {
                engine.hold_back()?;
                Draft::begin_ahead(engine)
            }
        };
        let advanced = draft.advance(engine, self);
        self.ahead = Some(draft);
        if advanced.is_err() {
            self.give_up_draft();
        }
        advanced
    }

    fn give_up_draft(&mut self) {
        if let Some(draft) = self.ahead.take() {
            let engine = self.store.engine();
            draft.give_up(engine, &mut engine.turn.lock());
        }
    }

    /// Makes the writes one commit. It is *visible* on return and *durable* when the journal is durable up
    /// to the LSN returned; nothing waits for the disk here. After an error nothing is changed, unless the
    /// store is poisoned.
    pub fn commit(mut self) -> Result<Commit> {
        if self.private.is_empty() {
            self.commits_nothing()?;
            let lsn = self.gate();
            return Ok(Commit { seq: self.seen_seq(), lsn });
        }
        if self.store.engine().is_read_only {
            return Err(Error::ReadOnly);
        }
        self.store.engine().hold_back()?;
        while !self.prepare_commit()? {}
        let mut ahead = self.ahead.take();
        let done = self.commits_watched(|txn| commit::commit(txn.store.engine(), txn, ahead.take()));
        // If the commit was refused, the draft goes with the transaction.
        self.ahead = ahead;
        let commit = done?;
        Ok(Commit { lsn: commit.lsn.max(self.gate()), ..commit })
    }

    /// Forgets every write. The reply that reports it is gated on the position returned.
    pub fn rollback(self) -> Lsn {
        self.gate()
    }

    fn gate(&self) -> Lsn {
        Lsn(self.gate.load(Ordering::Relaxed))
    }

    pub(crate) fn private(&self) -> &Private {
        &self.private
    }

    /// Whether this transaction may overwrite `stored` whatever others have done to it.
    pub(crate) fn has_locked(&self, stored: &[u8]) -> bool {
        let key = LockKey::Row(KeyBuf::from_slice(stored));
        self.store.engine().locks.lock().holds(self.id, &key, LockMode::NoKeyUpdate.into())
    }

    /// A snapshot of its own for what outlives a call: a scan keeps what it has yet to read.
    fn hold(&self, view: View) -> Snapshot {
        self.store.engine().snapshots.take_exactly(view.snapshot, &self.oldest)
    }
}

impl Drop for Txn {
    fn drop(&mut self) {
        self.give_up_draft();
        self.leaves();
        if self.private.is_large() {
            let engine = self.store.engine();
            let empty = Private::new(ValueLog::new(engine.scratch.clone()));
            engine.discarded.take(std::mem::replace(&mut self.private, empty));
        }
        let mut locks = self.store.engine().locks.lock();
        locks.release(self.id, &mut self.gained, 0);
    }
}

fn writable_key(keyspace: KeyspaceId, key: &[u8]) -> Result<KeyBuf> {
    if key.len() > KEY_LEN_MAX {
        return Err(Error::KeyTooLong { len: key.len(), max: KEY_LEN_MAX });
    }
    Ok(stored_key(keyspace, key))
}
