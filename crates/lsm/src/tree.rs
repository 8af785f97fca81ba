//! The tree's shared state: what readers look at, how it is replaced, and what became of the disk.
//!
//! ```text
//! State   active memtable │ sealed memtables, newest first │ version: tables by level
//!   ▲         apply, seal            flush ───────────────▶     compaction, ingest
//!   └── one pointer: a reader clones it and has a consistent picture for as long as it likes
//! ```
//! Latches, always taken in this order: `writing`, the slot of flush or compaction, `manifest`, `state`.

use crate::cache::BlockCache;
use crate::compaction::{CompactionSlot, DropSink};
use crate::flush::RunningFlush;
use crate::gaps::Gaps;
use crate::manifest::{AppendError, Manifest};
use crate::memtable::Memtable;
use crate::sstable::{self, Table, TableMeta, TableWriter};
use crate::version::{Edit, Version};
use crate::{Error, Options, Result, Seq};
use filesystem::MemoryPool;
use journal::Lsn;
use parking_lot::{Mutex, RwLock};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};
use vfs::Env;

/// Everything that the public handle and the background jobs share.
pub(crate) struct Tree {
    pub(crate) files: Arc<Files>,
    pub(crate) options: Options,
    pub(crate) pool: MemoryPool,
    /// Held while memtables are written or replaced.
    pub(crate) writing: Mutex<()>,
    pub(crate) flush: Mutex<Option<RunningFlush>>,
    pub(crate) compaction: Mutex<CompactionSlot>,
    pub(crate) sink: RwLock<Option<Arc<DropSink>>>,
    /// Where nothing is left to see.
    pub(crate) gaps: Arc<Gaps>,
    /// The journal position that the flush job waits for; 0 if it does not wait.
    pub(crate) awaited: Arc<AtomicU64>,
    /// The pool refused memory to the active memtable.
    pub(crate) is_short_of_memory: AtomicBool,
    /// Compactions wait, until writers would wait for them.
    pub(crate) puts_off_compactions: AtomicBool,
    /// Why background work does not get on, if it does not.
    pub(crate) stalled: Mutex<Option<Error>>,
    manifest: Mutex<Manifest>,
    state: RwLock<Arc<State>>,
    oldest: AtomicU64,
    poison: OnceLock<String>,
}

/// What a reader reads.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) active: Arc<Memtable>,
    /// Newest first.
    pub(crate) sealed: Vec<Arc<Memtable>>,
    pub(crate) version: Arc<Version>,
}

/// The directory of tables.
pub(crate) struct Files {
    pub(crate) env: Env,
    pub(crate) dir: PathBuf,
    pub(crate) cache: Arc<BlockCache>,
    next_id: AtomicU64,
}

/// Whether the caller may block until the journal is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// A thread that asked for the work.
    Wait,
    /// A background job, which must not wait for another.
    Poll,
}

impl State {
    /// The memtables, newest first.
    pub(crate) fn memtables(&self) -> impl Iterator<Item = &Arc<Memtable>> {
        std::iter::once(&self.active).chain(&self.sealed)
    }
}

impl Files {
    pub(crate) fn new(env: &Env, dir: PathBuf, cache: Arc<BlockCache>, next_id: u64) -> Self {
        Files { env: env.clone(), dir, cache, next_id: AtomicU64::new(next_id) }
    }

    /// A file id that no table ever had.
    fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn peek_next_id(&self) -> u64 {
        self.next_id.load(Ordering::Relaxed)
    }

    pub(crate) fn open_table(&self, meta: &TableMeta) -> Result<Arc<Table>> {
        Table::open(&self.env, &self.dir, meta.clone(), self.cache.clone()).map(Arc::new)
    }

    /// Begins a table for versions not older than `min_seq`, in which range tombstones up to `purged`
    /// have been carried out. It is made for `level`.
    pub(crate) fn create_table(
        &self,
        level: usize,
        min_seq: Seq,
        purged: Seq,
        options: &Options,
    ) -> Result<TableWriter> {
        let compression = options.compression.of(level);
        TableWriter::create(&self.env, &self.dir, self.next_id(), min_seq, purged, compression, options)
    }

    /// Removes a table that no version names.
    pub(crate) fn remove_table(&self, id: u64) {
        // If this fails the file is an orphan, which the next open removes.
        let _ = self.env.fs.remove(&sstable::path(&self.dir, id));
    }
}

impl Tree {
    pub(crate) fn new(
        files: Files,
        options: Options,
        pool: MemoryPool,
        manifest: Manifest,
        version: Version,
    ) -> Self {
        let active = Arc::new(Memtable::new(options.memtable_len, &pool));
        Tree {
            files: Arc::new(files),
            options,
            pool,
            writing: Mutex::new(()),
            flush: Mutex::default(),
            compaction: Mutex::default(),
            sink: RwLock::default(),
            gaps: Arc::default(),
            awaited: Arc::default(),
            is_short_of_memory: AtomicBool::new(false),
            puts_off_compactions: AtomicBool::new(false),
            stalled: Mutex::default(),
            manifest: Mutex::new(manifest),
            state: RwLock::new(Arc::new(State { active, sealed: Vec::new(), version: Arc::new(version) })),
            oldest: AtomicU64::new(0),
            poison: OnceLock::new(),
        }
    }

    /// The picture of this moment.
    #[inline]
    pub(crate) fn state(&self) -> Arc<State> {
        self.state.read().clone()
    }

    /// Tables in level 0 from which on writers wait for compactions.
    pub(crate) fn level0_max(&self) -> usize {
        8 * self.options.level0_tables.max(1)
    }

    pub(crate) fn oldest_snapshot(&self) -> Seq {
        Seq(self.oldest.load(Ordering::Acquire))
    }

    pub(crate) fn set_oldest_snapshot(&self, seq: Seq) {
        self.oldest.fetch_max(seq.0, Ordering::AcqRel);
    }

    /// Replaces the active memtable by an empty one; the caller holds `writing`.
    pub(crate) fn rotate(&self) {
        let fresh = Arc::new(Memtable::new(self.options.memtable_len, &self.pool));
        self.replace_state(|state| {
            let full = std::mem::replace(&mut state.active, fresh);
            state.sealed.insert(0, full);
        });
        self.gaps.turn_over();
    }

    /// Makes `edit` durable and then visible, together with what `then` does to the state. The tables
    /// that it adds must be durable. On a refusal for want of space nothing has changed; any other
    /// failure poisons the tree.
    pub(crate) fn commit(&self, edit: &Edit, then: impl FnOnce(&mut State)) -> Result<()> {
        let opened: Result<Vec<_>> =
            edit.added.iter().map(|(level, meta)| Ok((*level, self.open_added(meta)?))).collect();
        let opened = opened?;
        let mut manifest = self.manifest.lock();
        self.check_poison()?;
        let before = self.state().version.clone();
        let after = Arc::new(before.after(edit, opened));
        match manifest.append(edit) {
            Ok(()) => {}
            Err(AppendError::Refused(error)) => return Err(error),
            Err(AppendError::Uncertain(error)) => return Err(self.poison(error)),
        }
        let mut gone = HashSet::new();
        for (_, table) in before.tables().filter(|(_, table)| edit.removed.contains(&table.meta.id)) {
            let moved = edit.added.iter().any(|(_, meta)| meta.id == table.meta.id);
            if !moved {
                table.set_obsolete();
                gone.insert(table.meta.id);
            }
        }
        self.replace_state(|state| {
            state.version = after.clone();
            then(state);
        });
        if !gone.is_empty() {
            self.files.cache.forget(&gone);
        }
        self.rewrite_if_long(&mut manifest, &after)
    }

    /// A moved table is open already, and a second handle to it would remove its file twice.
    fn open_added(&self, meta: &TableMeta) -> Result<Arc<Table>> {
        let version = self.state().version.clone();
        let here = version.tables().find(|(_, table)| table.meta.id == meta.id);
        here.map_or_else(|| self.files.open_table(meta), |(_, table)| Ok(table.clone()))
    }

    fn rewrite_if_long(&self, manifest: &mut Manifest, version: &Version) -> Result<()> {
        if !manifest.is_long() {
            return Ok(());
        }
        match manifest.rewrite(&version.as_edit(self.files.peek_next_id())) {
            // Refused: the old manifest goes on being right, and the next edit tries again.
            Ok(()) | Err(AppendError::Refused(_)) => Ok(()),
            Err(AppendError::Uncertain(error)) => Err(self.poison(error)),
        }
    }

    fn replace_state(&self, change: impl FnOnce(&mut State)) {
        let mut slot = self.state.write();
        let mut next = State::clone(&slot);
        change(&mut next);
        let old = std::mem::replace(&mut *slot, Arc::new(next));
        drop(slot);
        // The old state may hold the last handle of a file to remove: not under the latch.
        drop(old);
    }

    /// Whether the journal is durable up to `lsn` (I-1); waits for it if the caller may.
    pub(crate) fn is_journal_durable(&self, lsn: Lsn, patience: Patience) -> Result<bool> {
        let Some(wal) = &self.options.wal else { return Ok(true) };
        if patience == Patience::Poll {
            // Noted before the look: should the journal get there in between, its subscriber sees the note.
            self.awaited.store(lsn.0, Ordering::Relaxed);
            fence(Ordering::SeqCst);
            let is_durable = wal.durable() >= lsn;
            if is_durable {
                self.awaited.store(0, Ordering::Relaxed);
            }
            return Ok(is_durable);
        }
        match wal.ensure_durable(lsn) {
            Ok(()) => Ok(true),
            Err(error) => Err(Error::JournalNotDurable {
                lsn: lsn.0,
                is_full: error.is_full,
                reason: error.reason.to_string(),
            }),
        }
    }

    /// Hands a failure of background work on: a failed write or sync poisons; a full disk, a damaged
    /// input or a journal that lags leave everything as it was.
    pub(crate) fn judge(&self, error: Error) -> Error {
        *self.stalled.lock() = Some(error.clone());
        if error.is_failed_write() { self.poison(error) } else { error }
    }

    /// The first failure stays the reason.
    pub(crate) fn poison(&self, error: Error) -> Error {
        let reason = match &error {
            Error::Poisoned { reason } => reason.clone(),
            other => other.to_string(),
        };
        let _ = self.poison.set(reason);
        error
    }

    pub(crate) fn check_poison(&self) -> Result<()> {
        match self.poison.get() {
            Some(reason) => Err(Error::Poisoned { reason: reason.clone() }),
            None => Ok(()),
        }
    }
}
