//! Replaying: what many records say, applied together.
//!
//! ```text
//! journal ──► records ──┬─► heap changes ──► in the order of pages      each on a job of its own,
//!                       └─► tree changes ──► in the order of keys       while the next are read
//! ```
//! Applied one record after the other, each change would meet a page and a place in the tree that are nowhere near
//! those of the one before. Of a key that was written more than once only the newest version goes to the tree:
//! no snapshot outlives a restart.

use crate::engine::Engine;
use crate::keyspace::keyspace_of;
use crate::record::Change;
use crate::{Error, Result};
use filesystem::{Redo, Redone, Reservation};
use journal::Lsn;
use lsm::{Op, Seq};
use parking_lot::Mutex;
use std::sync::Arc;
use vfs::{Job, JobHandle, Progress};

/// Changes are applied when they take so much of the store's memory …
const MEMORY_SHARE: usize = 16;
/// … but not in pieces smaller or larger than these.
const LEN_MIN: usize = 1 << 20;
const LEN_MAX: usize = 64 << 20;
/// Heap and tree, each being filled and being applied, in vectors that may be half empty.
const BUFFERS: usize = 6;

/// Changes that are read and not applied.
pub(crate) struct Pending {
    engine: Arc<Engine>,
    heap: HeapChanges,
    tree: TreeChanges,
    len_max: usize,
    beside: Option<(Beside<HeapChanges>, Beside<TreeChanges>)>,
    _memory: Option<Reservation>,
}

impl Pending {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        let pool = &engine.scratch.pool;
        let len_max = (pool.cap() / MEMORY_SHARE).clamp(LEN_MIN, LEN_MAX);
        let _memory = pool.try_reserve_leaving(len_max * BUFFERS, pool.cap() / 2);
        let (heap, tree) = Default::default();
        Pending { engine, heap, tree, len_max, beside: None, _memory }
    }

    /// Adds what a change of commit `seq` means to the heap. `lsn` is the end of the commit's record.
    #[inline]
    pub(crate) fn add_to_heap(&mut self, change: &Change<'_>, seq: Seq, lsn: Lsn) {
        let redo = &mut self.heap.redo;
        match *change {
            Change::PutTuple { key, packed, placement, .. } => {
                redo.write(keyspace_of(key).space(), placement, seq.0, packed, lsn);
            }
            Change::End(version) => {
                redo.end(version.keyspace.space(), version.loc, version.created.0, seq.0, lsn);
            }
            Change::Free(version) => {
                redo.free(version.keyspace.space(), version.loc, version.created.0, lsn);
            }
            Change::PutInline { .. } | Change::Delete { .. } | Change::Drop(_) | Change::Discard(_) => {}
        }
    }

    /// Adds what a change means to the tree.
    #[inline]
    pub(crate) fn add_to_tree(&mut self, change: &Change<'_>, seq: Seq, lsn: Lsn) {
        if let Some((key, op)) = change.tree_op() {
            self.tree.add(key, seq, op);
        }
        (self.tree.last, self.tree.lsn) = (seq, lsn);
    }

    /// Has what there is applied beside whatever comes next, if it is much.
    pub(crate) fn apply_if_full(&mut self) -> Result<()> {
        let engine = &self.engine;
        let start = || (Beside::start(engine, "replay heap"), Beside::start(engine, "replay tree"));
        if self.heap.redo.len() >= self.len_max {
            self.beside.get_or_insert_with(start).0.hand_over(engine, &mut self.heap)?;
        }
        if self.tree.len() >= self.len_max {
            match engine.await_tree() {
                // A full disk is no reason not to open: what the tree cannot write stays in memory.
                Ok(()) | Err(Error::Full { .. }) => {}
                Err(error) => return Err(error),
            }
            self.beside.get_or_insert_with(start).1.hand_over(engine, &mut self.tree)?;
        }
        Ok(())
    }

    /// Applies what there is, wholly.
    pub(crate) fn settle(&mut self) -> Result<()> {
        let engine = &self.engine;
        let Some((heap, tree)) = &self.beside else {
            self.tree.apply(engine)?;
            return self.heap.apply(engine);
        };
        tree.hand_over(engine, &mut self.tree)?;
        let before = heap.take_back(engine)?;
        self.heap.redone.join(before.redone);
        self.heap.apply(engine)?;
        tree.take_back(engine).map(drop)
    }

    /// What became of the heap's changes.
    pub(crate) fn redone(&self) -> Redone {
        self.heap.redone
    }
}

/// Changes that a job can apply.
trait Apply: Default + Send + 'static {
    /// Applies them, and forgets them all.
    fn apply(&mut self, engine: &Engine) -> Result<()>;
}

/// The heap's changes of some commits.
#[derive(Default)]
struct HeapChanges {
    redo: Redo,
    /// What became of those before.
    redone: Redone,
}

impl Apply for HeapChanges {
    fn apply(&mut self, engine: &Engine) -> Result<()> {
        self.redone.join(engine.heap.redo(&mut self.redo)?);
        Ok(())
    }
}

/// The tree's changes of some commits.
#[derive(Default)]
struct TreeChanges {
    changes: Vec<TreeChange>,
    bytes: Vec<u8>,
    /// The newest commit, and the end of its record.
    last: Seq,
    lsn: Lsn,
}

/// One of them; its key lies in the bytes, and its value behind the key.
#[derive(Clone, Copy)]
struct TreeChange {
    /// The key's first bytes: they decide nearly every comparison.
    head: u128,
    seq: Seq,
    at: usize,
    key_len: u32,
    /// Nothing for a deletion.
    value_len: Option<u32>,
}

impl TreeChange {
    fn key<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.at..self.at + self.key_len as usize).unwrap_or_default()
    }

    fn op<'a>(&self, bytes: &'a [u8]) -> Op<'a> {
        let from = self.at + self.key_len as usize;
        let value = |len| bytes.get(from..from + len as usize).unwrap_or_default();
        self.value_len.map_or(Op::Delete, |len| Op::Put(value(len)))
    }
}

impl TreeChanges {
    fn len(&self) -> usize {
        self.changes.len() * size_of::<TreeChange>() + self.bytes.len()
    }

    fn add(&mut self, key: &[u8], seq: Seq, op: Op<'_>) {
        let value = if let Op::Put(value) = op { Some(value) } else { None };
        let mut head = [0; 16];
        head.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        self.changes.push(TreeChange {
            head: u128::from_be_bytes(head),
            seq,
            at: self.bytes.len(),
            key_len: key.len() as u32,
            value_len: value.map(|value| value.len() as u32),
        });
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value.unwrap_or_default());
    }
}

impl Apply for TreeChanges {
    /// Of each key only the newest is applied.
    fn apply(&mut self, engine: &Engine) -> Result<()> {
        let TreeChanges { changes, bytes, last, lsn } = self;
        if *last == Seq(0) {
            return Ok(());
        }
        let by_key =
            |a: &TreeChange, b: &TreeChange| a.head.cmp(&b.head).then_with(|| a.key(bytes).cmp(b.key(bytes)));
        changes.sort_unstable_by(|a, b| by_key(a, b).then((b.seq, b.at).cmp(&(a.seq, a.at))));
        changes.dedup_by(|older, newest| by_key(older, newest).is_eq());
        let mut ops = changes.iter().map(|change| (change.key(bytes), change.seq, change.op(bytes)));
        engine.lsm.apply_many(*last, *lsn, &mut ops)?;
        changes.clear();
        bytes.clear();
        *last = Seq(0);
        Ok(())
    }
}

/// A job that applies changes while the next are read.
struct Beside<T> {
    work: Arc<Mutex<Work<T>>>,
    job: Arc<dyn JobHandle>,
}

enum Work<T> {
    /// What was handed over last is done; what it was kept in may be used again.
    Done(T),
    Failed(Error),
    Waiting(T),
    UnderWay,
}

impl<T: Apply> Beside<T> {
    fn start(engine: &Arc<Engine>, name: &'static str) -> Self {
        let work = Arc::new(Mutex::new(Work::Done(T::default())));
        let job = ReplayJob { engine: engine.clone(), work: work.clone() };
        Beside { work, job: engine.env.jobs.spawn(name, Box::new(job)) }
    }

    /// Waits until the job has done its work; gives back what it was kept in.
    fn take_back(&self, engine: &Engine) -> Result<T> {
        let is_over = || matches!(&*self.work.lock(), Work::Done(_) | Work::Failed(_));
        engine.env.jobs.wait_until(&is_over);
        let over = std::mem::replace(&mut *self.work.lock(), Work::Done(T::default()));
        match over {
            Work::Done(empty) => Ok(empty),
            Work::Failed(error) => Err(error),
            Work::Waiting(_) | Work::UnderWay => unreachable!("the job was waited for"),
        }
    }

    /// Has the job apply changes, and leaves none in their place.
    fn hand_over(&self, engine: &Engine, changes: &mut T) -> Result<()> {
        let empty = self.take_back(engine)?;
        *self.work.lock() = Work::Waiting(std::mem::replace(changes, empty));
        self.job.wake();
        Ok(())
    }
}

struct ReplayJob<T> {
    engine: Arc<Engine>,
    work: Arc<Mutex<Work<T>>>,
}

impl<T: Apply> Job for ReplayJob<T> {
    fn step(&mut self) -> Progress {
        let mut work = self.work.lock();
        if let Work::Waiting(changes) = &mut *work {
            let mut changes = std::mem::take(changes);
            *work = Work::UnderWay;
            drop(work);
            let applied = changes.apply(&self.engine);
            *self.work.lock() = applied.map_or_else(Work::Failed, |()| Work::Done(changes));
        }
        Progress::Idle
    }
}
