//! The store as its user holds it.

use crate::backup::{self, BackupStats};
use crate::checkpoint;
use crate::discard::Discard;
use crate::engine::Engine;
use crate::snapshots::Snapshot;
use crate::upkeep::Upkeep;
use crate::vacuum::{self, VacuumStats};
use crate::verify::{self, VerifyReport};
use crate::{Error, KeyspaceId, LockWait, Locked, Result, Txn, TxnId, View, recovery};
use filesystem::{MemoryPool, ScratchFile};
use journal::Lsn;
use lsm::{Compression, LevelCompression, Seq};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use vfs::{Env, JobHandle};

/// How a store uses its machine.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Bytes of memory for caches, memtables and transactions together.
    pub memory: usize,
    /// Bytes of journal between two checkpoints. A recovery replays about as many, half as many more if the next
    /// checkpoint is nearly done, and never more than four times as many: before that commits are held back. (A large
    /// commit that is being made ready holds checkpoints up.)
    pub checkpoint_every: u64,
    /// Bytes of a journal segment, fixed when the store is made.
    pub segment_len: u64,
    /// A commit of more bytes than these goes to the tree as tables, and not through its memtable.
    pub bulk_len: u64,
    /// How the blocks of the tree are packed, level by level. (Large tuples of the heap are packed with LZ4.)
    pub compression: LevelCompression,
    /// Refuses to let a transaction wait for itself. Whoever lets transactions wait for other things than
    /// locks of this store sets this to `false` and looks for rings with [`Store::lock_wait`].
    pub finds_deadlocks: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions {
            memory: 1 << 30,
            checkpoint_every: 256 << 20,
            segment_len: 64 << 20,
            bulk_len: 16 << 20,
            compression: LevelCompression::all(Compression::Lz4),
            finds_deadlocks: true,
        }
    }
}

/// A transactional store. Clones are the same store; it closes with the last of them, its transactions
/// included.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    /// Stops before the engine goes: jobs run on what it owns.
    _upkeep: Arc<dyn JobHandle>,
    _discard: Arc<dyn JobHandle>,
    engine: Arc<Engine>,
}

impl Store {
    /// Opens the store in `dir`, or makes one there. What was committed before a crash is there again
    /// when this returns.
    pub fn open(env: Env, dir: &Path, options: StoreOptions) -> Result<Store> {
        recovery::open(env, dir, &options).map(Store::start)
    }

    /// Opens the store in `dir` as it stands, and changes nothing there: what recovery has to do it does in
    /// memory. Nothing can be committed. While it is open nobody else can open the directory.
    pub fn open_read_only(env: &Env, dir: &Path, options: StoreOptions) -> Result<Store> {
        recovery::open_read_only(env, dir, &options).map(Store::start)
    }

    fn start(engine: Arc<Engine>) -> Store {
        let jobs = engine.env.jobs.clone();
        let upkeep = jobs.spawn("upkeep", Box::new(Upkeep::new(engine.clone())));
        let discard = jobs.spawn("discard", Box::new(Discard::new(engine.discarded.clone())));
        engine.discarded.set_job(Arc::downgrade(&discard));
        // Weak, for the job owns the journal that owns what listens to it.
        let waker = Arc::downgrade(&upkeep);
        let _ = engine.upkeep.set(waker.clone());
        let (snapshots, schedule) = (engine.snapshots.clone(), engine.schedule.clone());
        let tree = engine.lsm.journal_listener();
        engine.journal.subscribe(Arc::new(move |durable| {
            snapshots.durable_up_to(durable);
            tree(durable);
            if schedule.is_due(durable)
                && let Some(job) = waker.upgrade()
            {
                job.wake();
            }
        }));
        Store { shared: Arc::new(Shared { _upkeep: upkeep, _discard: discard, engine }) }
    }

    /// Begins a transaction.
    pub fn begin(&self) -> Txn {
        self.begin_after(Seq(0))
    }

    /// Begins a transaction whose views are at least as new as `seq`: with its last commit, a session
    /// reads what it wrote even before that is durable.
    pub fn begin_after(&self, seq: Seq) -> Txn {
        let id = TxnId(self.engine().next_txn.fetch_add(1, Ordering::Relaxed));
        Txn::new(self.clone(), id, seq)
    }

    /// Everything committed up to this position survives any crash.
    pub fn durable(&self) -> Lsn {
        self.engine().journal.durable()
    }

    /// Waits until commits up to `lsn` are durable.
    pub fn wait_durable(&self, lsn: Lsn) -> Result<()> {
        self.engine().journal.wait_durable(lsn)?;
        // The caller's next view sees what it waited for, whoever of journal and subscriber was faster.
        self.engine().snapshots.durable_up_to(self.engine().journal.durable());
        Ok(())
    }

    /// Asks for everything committed so far to be made durable soon.
    pub fn request_sync(&self) {
        self.engine().journal.request_sync();
    }

    /// `f` is called, from a background thread, whenever [`durable`](Self::durable) has grown, and once
    /// when the store is poisoned.
    pub fn subscribe(&self, f: Arc<dyn Fn(Lsn) + Send + Sync>) {
        self.engine().journal.subscribe(f);
    }

    /// Why the store accepts nothing more, if it is so.
    pub fn poisoned(&self) -> Option<Error> {
        self.engine().check_health().err()
    }

    /// The newest commit, durable or not.
    pub fn last_seq(&self) -> Seq {
        self.engine().snapshots.last().0
    }

    /// The newest durable commit.
    pub fn durable_seq(&self) -> Seq {
        self.engine().snapshots.durable()
    }

    /// The newest durable commit, once none after it can become durable: the journal has failed.
    pub fn final_seq(&self) -> Option<Seq> {
        let engine = self.engine();
        engine.journal.poisoned()?;
        engine.snapshots.durable_up_to(engine.journal.durable());
        Some(engine.snapshots.durable())
    }

    /// Keeps what the newest durable commit sees.
    pub fn snapshot(&self) -> Snapshot {
        self.engine().snapshots.take(Seq(0))
    }

    /// Keeps what a view sees, for others: the view's transaction is open.
    pub fn keep(&self, view: View) -> Snapshot {
        self.engine().snapshots.take_again(view.snapshot)
    }

    /// Moves to `into` the transactions whose wait for a lock, or for a safe snapshot, has ended: each asks again.
    pub fn take_woken(&self, into: &mut Vec<TxnId>) {
        self.engine().locks.lock().take_woken(into);
        self.engine().serializable.lock().take_woken(into);
    }

    /// What a transaction waits for, if it waits for a lock.
    pub fn lock_wait(&self, txn: TxnId) -> Option<LockWait> {
        self.engine().locks.lock().wait_of(txn)
    }

    /// Tells of every lock that is held on something that is no row.
    pub fn each_object_lock(&self, tell: &mut dyn FnMut(TxnId, Locked)) {
        self.engine().locks.lock().each_object(tell);
    }

    /// Writes everything in memory to its place, so that a recovery from here has nothing to replay.
    pub fn checkpoint(&self) -> Result<()> {
        checkpoint::checkpoint(self.engine())
    }

    /// Gives back the room of every version that nobody sees any more.
    pub fn vacuum(&self) -> Result<VacuumStats> {
        vacuum::vacuum(self.engine())
    }

    /// Copies the store to another directory, which is a store then, while commits go on. An earlier backup
    /// of this store in the same directory is replaced; what of it still holds is not written again.
    pub fn backup(&self, to: &Path) -> Result<BackupStats> {
        backup::backup(self.engine(), to)
    }

    /// Checks everything against everything.
    pub fn verify(&self) -> Result<VerifyReport> {
        let snapshot = self.snapshot();
        verify::verify(self.engine(), snapshot.seq())
    }

    /// Bytes that a table keyspace takes on disk; 0 for an index keyspace, whose entries share the tree's files.
    pub fn table_bytes(&self, keyspace: KeyspaceId) -> u64 {
        if keyspace.is_index() {
            return 0;
        }
        u64::from(self.engine().heap.block_count(keyspace.space())) * filesystem::BLOCK_LEN as u64
    }

    /// The memory that the store shares with what is built on it.
    pub fn memory(&self) -> &MemoryPool {
        &self.engine().scratch.pool
    }

    /// A new file for what does not fit in memory. It goes with its handle; a crash leaves nothing of it
    /// behind the next start.
    pub fn scratch(&self) -> Result<ScratchFile> {
        let scratch = &self.engine().scratch;
        Ok(ScratchFile::create(&scratch.env, &scratch.dir)?)
    }

    /// Checkpoints and lets go of the store.
    pub fn close(self) -> Result<()> {
        self.checkpoint()
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("dir", &self.engine().dir).finish_non_exhaustive()
    }
}
