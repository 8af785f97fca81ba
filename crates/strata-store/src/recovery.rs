//! Opening: tables and pages as the last checkpoint left them, then the journal from there on.
//!
//! 1. Take the directory; empty the scratch files; read the superblock.
//! 2. Open journal (a torn tail is cut), heap (torn pages are repaired) and tree.
//! 3. Replay, many records at a time ([`replay`](crate::replay)). Which parts belong to a whole commit is known
//!    only at its end, so the first part that is met has the rest of the journal looked through for the ends of
//!    large commits; the parts of those are kept until then, for others have committed in between. Heap pages
//!    and tables that have a change already are left as they are, so a recovery that is cut short is simply
//!    done again.
//!
//! Nothing uncommitted is reachable, so nothing is undone.

use crate::engine::{Engine, JournalFirst, Turn};
use crate::lock::LockTable;
use crate::parts::Parts;
use crate::record::{self, Change, Changes, Malformed};
use crate::replay::Pending;
use crate::serializable::Serializable;
use crate::snapshots::Snapshots;
use crate::superblock::Superblock;
use crate::txn::values::Scratch;
use crate::upkeep::Schedule;
use crate::vacuum::Dropped;
use crate::{Error, Result, StoreOptions, redo};
use filesystem::{Heap, HeapOptions, MemoryPool};
use journal::{Journal, Lsn, Record};
use lsm::{Lsm, Seq};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};
use vfs::{Env, File};

/// Opens the store in `dir` to be read, over an environment that keeps changes to itself.
pub(crate) fn open_read_only(env: &Env, dir: &Path, options: &StoreOptions) -> Result<Arc<Engine>> {
    if !Superblock::exists(env, dir)? {
        let (file, reason) = (dir.display().to_string(), "there is no store".to_owned());
        return Err(Error::Disk { op: "open", file, reason });
    }
    recover(vfs::overlay::env(env), dir, options, true)
}

/// Opens the store in `dir`, or makes one there.
pub(crate) fn open(env: Env, dir: &Path, options: &StoreOptions) -> Result<Arc<Engine>> {
    recover(env, dir, options, false)
}

fn recover(env: Env, dir: &Path, options: &StoreOptions, is_read_only: bool) -> Result<Arc<Engine>> {
    make_directory(&env, dir)?;
    let directory_lock = take_directory(&env, dir)?;
    let scratch_dir = dir.join("scratch");
    empty_scratch(&env, &scratch_dir)?;
    let superblock = Superblock::open(&env, dir)?;

    let pool = MemoryPool::new(options.memory);
    let journal_options =
        journal::Options { segment_len: options.segment_len, replay_from: superblock.checkpoint };
    let journal = Arc::new(Journal::open(&env, &dir.join("journal"), journal_options)?);
    let wal = Arc::new(JournalFirst(journal.clone()));
    let heap = Heap::open(&env, dir, pool.clone(), wal.clone(), HeapOptions::default())?;
    let tree_options = lsm::Options {
        memtable_len: (options.memory / 16).clamp(1 << 20, 64 << 20),
        cache_len: options.memory / 4,
        compression: options.compression,
        wal: Some(wal),
        ..lsm::Options::default()
    };
    let lsm = Lsm::open(&env, &dir.join("lsm"), pool.clone(), tree_options)?;
    if lsm.flushed() < superblock.flushed {
        let what = format!("the tree ends at commit {}, before {}", lsm.flushed().0, superblock.flushed.0);
        return Err(Error::Corrupt { file: dir.join("lsm").display().to_string(), offset: 0, what });
    }
    // The names of what was just made; each has synced what is in it.
    env.fs.sync_dir(dir).map_err(|source| Error::disk("sync", dir, &source))?;
    let dropped_by_tree = Arc::new(Dropped::default());
    let sink = dropped_by_tree.clone();
    lsm.set_drop_sink(Arc::new(move |key, seq, value| sink.note(key, seq, value)));

    let mut turn = Turn::new(superblock.last_seq.max(lsm.flushed()), dropped_by_tree);
    turn.dropped = superblock.dropped.iter().map(|keyspace| (*keyspace, Seq(0))).collect();
    let engine = Arc::new(Engine {
        locks: Mutex::new(LockTable::new(pool.clone(), options.finds_deadlocks)),
        serializable: Mutex::new(Serializable::new(pool.clone())),
        scratch: Arc::new(Scratch { env: env.clone(), dir: scratch_dir, pool }),
        env,
        dir: dir.to_path_buf(),
        checkpointed: AtomicU64::new(superblock.checkpoint.0),
        underway_from: AtomicU64::new(u64::MAX),
        schedule: Arc::new(Schedule::new(options.checkpoint_every, superblock.checkpoint)),
        upkeep: OnceLock::new(),
        discarded: Arc::default(),
        superblock: Mutex::new(superblock),
        turn: Mutex::new(turn),
        snapshots: Arc::new(Snapshots::new(Seq(0), Lsn(0))),
        lsm,
        heap,
        journal,
        bulk_len: options.bulk_len,
        next_txn: AtomicU64::new(1),
        poison: Mutex::new(None),
        awaits_room: AtomicBool::new(false),
        retained: Mutex::new(()),
        is_read_only,
        _directory_lock: directory_lock,
    });
    engine.heap.replay_starts_at(engine.superblock.lock().checkpoint);
    // Whoever waits for the store waits for the replay alone.
    engine.lsm.put_off_compactions(true);
    replay(&engine)?;
    engine.lsm.put_off_compactions(false);
    engine.schedule.note_drop();
    let last_seq = engine.turn.lock().last_seq;
    engine.snapshots.restore(last_seq, engine.journal.end());
    Ok(engine)
}

/// Makes the directory, durably: a store whose name is lost is lost (I-5).
pub(crate) fn make_directory(env: &Env, dir: &Path) -> Result<()> {
    if Superblock::exists(env, dir)? {
        return Ok(());
    }
    env.fs.create_dir_all(dir).map_err(|source| Error::disk("create", dir, &source))?;
    for parent in dir.ancestors().skip(1) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        env.fs.sync_dir(parent).map_err(|source| Error::disk("sync", parent, &source))?;
    }
    Ok(())
}

/// Removes what transactions of an earlier life have spilled.
fn empty_scratch(env: &Env, dir: &Path) -> Result<()> {
    if env.fs.exists(dir).map_err(|source| Error::disk("look for", dir, &source))? {
        env.fs.remove_dir_all(dir).map_err(|source| Error::disk("remove", dir, &source))?;
    }
    Ok(())
}

pub(crate) fn take_directory(env: &Env, dir: &Path) -> Result<Arc<dyn File>> {
    let path = dir.join("LOCK");
    env.fs.lock(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::WouldBlock => Error::Locked { dir: dir.display().to_string() },
        _ => Error::disk("lock", &path, &source),
    })
}

fn replay(engine: &Arc<Engine>) -> Result<()> {
    let from = engine.superblock.lock().checkpoint;
    let turn = &mut *engine.turn.lock();
    let flushed = engine.lsm.flushed();
    let pending = Pending::new(engine.clone());
    let mut replay = Replay { engine, turn: &mut *turn, runs: None, parts: HashMap::new(), flushed, pending };
    each_record(engine, from, &mut |record| replay.record(record))?;
    replay.pending.settle()?;
    let redone = replay.pending.redone();
    turn.freed += redone.freed;
    turn.refused += redone.refused;
    Ok(())
}

/// The large commits that end behind `from`, by the ends of their first parts.
fn large_commits(engine: &Engine, from: Lsn) -> Result<HashMap<Lsn, Run>> {
    let mut runs = HashMap::new();
    each_record(engine, from, &mut |record| {
        if record.kind == record::COMMIT {
            let (seq, first, _) = record::split_commit(record.payload)?;
            if first != Lsn(0) {
                runs.insert(first, Run { seq, end: record.end });
            }
        }
        Ok(Ok(()))
    })?;
    Ok(runs)
}

/// Visits the records. The outer error is a malformed record, the inner one a failure to apply it.
fn each_record(
    engine: &Engine,
    from: Lsn,
    visit: &mut dyn FnMut(Record<'_>) -> Result<Result<()>, Malformed>,
) -> Result<()> {
    let mut outcome = Ok(());
    engine.journal.replay(from, &mut |record| {
        outcome = visit(record).unwrap_or_else(|Malformed| Err(redo::malformed(record.lsn)));
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome
}

/// A large commit, and the end of the record that closes it.
struct Run {
    seq: Seq,
    end: Lsn,
}

struct Replay<'a> {
    engine: &'a Engine,
    turn: &'a mut Turn,
    /// The large commits, once a part of one was met.
    runs: Option<HashMap<Lsn, Run>>,
    /// The parts so far of those that have not been met yet.
    parts: HashMap<Lsn, Parts>,
    /// The tables have every commit up to here.
    flushed: Seq,
    pending: Pending,
}

impl Replay<'_> {
    fn record(&mut self, record: Record<'_>) -> Result<Result<()>, Malformed> {
        if let Err(error) = self.engine.heap.repay() {
            return Ok(Err(error.into()));
        }
        Ok(match record.kind {
            record::COMMIT => {
                let (seq, first, changes) = record::split_commit(record.payload)?;
                match first {
                    Lsn(0) => self.commit(seq, record.end, changes),
                    _ => {
                        let parts = self.parts.remove(&first).ok_or(Malformed)?;
                        self.large_commit(seq, record.end, parts, changes)
                    }
                }
            }
            record::PART => {
                let (first, changes) = record::split_part(record.payload)?;
                self.part(first, record, changes)
            }
            record::UPKEEP => {
                self.add(self.turn.last_seq, record.end, Changes::new(record.payload), false).map(drop)
            }
            _ => return Err(Malformed),
        })
    }

    fn commit(&mut self, seq: Seq, lsn: Lsn, changes: Changes<'_>) -> Result<()> {
        let has_drops = self.add(seq, lsn, changes, seq > self.flushed)?;
        self.end_commit(seq, lsn, changes, has_drops)
    }

    fn large_commit(&mut self, seq: Seq, lsn: Lsn, mut parts: Parts, last: Changes<'_>) -> Result<()> {
        parts.each(|changes| self.add(seq, lsn, changes, false).map(drop))?;
        let has_drops = self.add(seq, lsn, last, false)?;
        if seq > self.flushed {
            self.pending.settle()?;
            // Tables that stand already are built once more: a version that is there twice counts once.
            parts.prepare(last)?;
            parts.install(self.engine, seq, lsn, last)?;
        }
        self.end_commit(seq, lsn, last, has_drops)
    }

    fn end_commit(&mut self, seq: Seq, lsn: Lsn, changes: Changes<'_>, has_drops: bool) -> Result<()> {
        if has_drops {
            self.pending.settle()?;
            redo::dropped(self.engine, self.turn, seq, lsn, changes)?;
        }
        self.turn.last_seq = self.turn.last_seq.max(seq);
        Ok(())
    }

    /// Adds the changes of a record to those that wait; whether it drops keyspaces.
    fn add(&mut self, seq: Seq, lsn: Lsn, changes: Changes<'_>, to_tree: bool) -> Result<bool> {
        let mut has_drops = false;
        for change in changes {
            // Looked at where it was decoded: there are millions, and a copy would cost as much as all else here.
            let Ok(change) = &change else { return Err(redo::malformed(lsn)) };
            match *change {
                Change::End(version) => self.turn.frees.add(version, seq),
                Change::Free(version) => self.turn.frees.note_freed(version),
                Change::Drop(_) => has_drops = true,
                Change::Discard(keyspace) => {
                    self.pending.settle()?;
                    redo::discard(self.engine, self.turn, keyspace, lsn)?;
                }
                Change::PutTuple { .. } | Change::PutInline { .. } | Change::Delete { .. } => {}
            }
            self.pending.add_to_heap(change, seq, lsn);
            if to_tree {
                self.pending.add_to_tree(change, seq, lsn);
            }
        }
        self.pending.apply_if_full()?;
        Ok(has_drops)
    }

    fn part(&mut self, first: Lsn, record: Record<'_>, changes: Changes<'_>) -> Result<()> {
        let runs = match &self.runs {
            Some(runs) => runs,
            None => self.runs.insert(large_commits(self.engine, record.lsn)?),
        };
        let first = if first == Lsn(0) { record.end } else { first };
        let Some(run) = runs.get(&first) else { return Ok(()) };
        let parts = match self.parts.entry(first) {
            Entry::Occupied(parts) => parts.into_mut(),
            Entry::Vacant(none) if run.seq <= self.flushed => {
                none.insert(Parts::begin_for_heap(self.engine, first)?)
            }
            Entry::Vacant(none) => none.insert(Parts::begin(self.engine, run.end.0 - first.0, first)?),
        };
        parts.keep(changes)
    }
}
