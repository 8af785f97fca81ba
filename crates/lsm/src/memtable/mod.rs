//! The newest writes, in memory: a skip list of versions and, beside it, the range tombstones.
//!
//! A memtable is written by one thread until it is sealed, read by any number, written to level 0 by
//! the flush job, and dropped when the last iterator over it is gone.

#[cfg(all(test, loom))]
mod interleavings;
mod skiplist;

pub(crate) use skiplist::NodeRef;

use crate::key::Tag;
use crate::tombstone::{RangeTombstone, Tombstones};
use crate::{Op, Seq};
use filesystem::{MemoryPool, Reservation};
use journal::Lsn;
use parking_lot::{Mutex, RwLock};
use skiplist::SkipList;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// An entry takes about this much of a memtable; sizes its hash index.
const ENTRY_LEN_GUESS: usize = 96;
/// So many entries are added under one latch.
const APPLIED_AT_ONCE: usize = 64;
/// Memory is asked of the pool in pieces of this size.
const RESERVE_STEP: usize = 256 * 1024;

pub(crate) struct Memtable {
    list: SkipList,
    tombstones: RwLock<Arc<Tombstones>>,
    /// Spares point reads the latch: most memtables never hold a range tombstone.
    has_tombstones: AtomicBool,
    min_seq: AtomicU64,
    max_seq: AtomicU64,
    max_lsn: AtomicU64,
    pool: MemoryPool,
    reservation: Mutex<Option<Reservation>>,
    reserved: AtomicUsize,
    empty_len: usize,
}

/// A version in memory.
pub(crate) struct Entry<'a> {
    pub(crate) tag: Tag,
    pub(crate) value: &'a [u8],
}

impl Memtable {
    /// An empty memtable meant to grow to `target_len` bytes.
    pub(crate) fn new(target_len: usize, pool: &MemoryPool) -> Self {
        let list = SkipList::new(target_len / ENTRY_LEN_GUESS);
        let empty_len = list.used();
        let reservation = pool.try_reserve(empty_len);
        Memtable {
            list,
            tombstones: RwLock::default(),
            has_tombstones: AtomicBool::new(false),
            min_seq: AtomicU64::new(u64::MAX),
            max_seq: AtomicU64::new(0),
            max_lsn: AtomicU64::new(0),
            reserved: AtomicUsize::new(if reservation.is_some() { empty_len } else { 0 }),
            empty_len,
            pool: pool.clone(),
            reservation: Mutex::new(reservation),
        }
    }

    /// Adds versions of the commits up to `last`, which the journal holds up to `lsn`; those of one key in the
    /// order of their commits.
    pub(crate) fn apply<'a>(
        &self,
        last: Seq,
        lsn: Lsn,
        ops: &mut dyn Iterator<Item = (&'a [u8], Seq, Op<'a>)>,
    ) {
        let mut first = last;
        let mut ops = ops.peekable();
        while ops.peek().is_some() {
            // Given up in between: an iterator may wait for the order of what was there before.
            let mut list = self.list.writer();
            for (key, seq, op) in ops.by_ref().take(APPLIED_AT_ONCE) {
                first = first.min(seq);
                list.insert(key, seq, op);
            }
        }
        self.cover(first, lsn);
        self.cover(last, lsn);
    }

    /// Adds a range tombstone.
    pub(crate) fn delete_range(&self, tombstone: RangeTombstone, lsn: Lsn) {
        let seq = tombstone.seq;
        let mut tombstones = self.tombstones.write();
        Arc::make_mut(&mut tombstones).add(tombstone);
        self.has_tombstones.store(true, Ordering::Release);
        drop(tombstones);
        self.cover(seq, lsn);
    }

    fn cover(&self, seq: Seq, lsn: Lsn) {
        self.min_seq.fetch_min(seq.0, Ordering::Relaxed);
        self.max_seq.fetch_max(seq.0, Ordering::Release);
        self.max_lsn.fetch_max(lsn.0, Ordering::Relaxed);
    }

    /// Makes the pool's account agree with what is in use. `false` if the pool refused.
    pub(crate) fn reserve(&self) -> bool {
        let missing = self.list.used().saturating_sub(self.reserved.load(Ordering::Relaxed));
        if missing == 0 {
            return true;
        }
        let step = missing.next_multiple_of(RESERVE_STEP);
        let mut reservation = self.reservation.lock();
        let granted = match &mut *reservation {
            Some(reservation) => reservation.grow(step),
            none => {
                *none = self.pool.try_reserve(step);
                none.is_some()
            }
        };
        if granted {
            self.reserved.fetch_add(step, Ordering::Relaxed);
        }
        granted
    }

    /// The newest version of `key` that `snapshot` sees.
    pub(crate) fn get(&self, key: &[u8], snapshot: Seq) -> Option<Entry<'_>> {
        let node = self.list.get(key, snapshot)?;
        Some(Entry { tag: self.list.tag(node), value: self.list.value(node) })
    }

    /// The newest range tombstone over `key` that `snapshot` sees.
    pub(crate) fn tombstone_over(&self, key: &[u8], snapshot: Seq) -> Option<Seq> {
        if !self.has_tombstones.load(Ordering::Acquire) {
            return None;
        }
        self.tombstones.read().newest_over(key, snapshot)
    }

    pub(crate) fn tombstones(&self) -> Arc<Tombstones> {
        self.tombstones.read().clone()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty() && !self.has_tombstones.load(Ordering::Acquire)
    }

    /// Whether any version lies in `smallest..=largest`, or any range tombstone touches it.
    pub(crate) fn overlaps(&self, smallest: &[u8], largest: &[u8]) -> bool {
        let point = self.list.seek(smallest, Seq::MAX).is_some_and(|node| self.list.key(node) <= largest);
        point || self.tombstones().iter().any(|tombstone| tombstone.overlaps(smallest, largest))
    }

    /// Bytes that its versions take, without what an empty memtable takes.
    pub(crate) fn content_len(&self) -> usize {
        self.list.used() - self.empty_len
    }

    /// Bytes of memory in use.
    pub(crate) fn used(&self) -> usize {
        self.list.used()
    }

    pub(crate) fn min_seq(&self) -> Seq {
        Seq(self.min_seq.load(Ordering::Relaxed))
    }

    pub(crate) fn max_seq(&self) -> Seq {
        Seq(self.max_seq.load(Ordering::Acquire))
    }

    pub(crate) fn max_lsn(&self) -> Lsn {
        Lsn(self.max_lsn.load(Ordering::Relaxed))
    }
}

/// A position in a memtable; keeps the memtable alive.
pub(crate) struct Cursor {
    memtable: Arc<Memtable>,
    node: Option<NodeRef>,
}

impl Cursor {
    pub(crate) fn new(memtable: Arc<Memtable>) -> Self {
        Cursor { memtable, node: None }
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.node.is_some()
    }

    pub(crate) fn key(&self) -> &[u8] {
        self.node.map_or(&[], |node| self.memtable.list.key(node))
    }

    pub(crate) fn tag(&self) -> Tag {
        self.node.map_or(Tag(0), |node| self.memtable.list.tag(node))
    }

    pub(crate) fn value(&self) -> &[u8] {
        self.node.map_or(&[], |node| self.memtable.list.value(node))
    }

    pub(crate) fn first(&mut self) {
        self.node = self.memtable.list.first();
    }

    pub(crate) fn last(&mut self) {
        self.node = self.memtable.list.last();
    }

    /// To the first entry at or behind `(key, seq)`.
    pub(crate) fn seek(&mut self, key: &[u8], seq: Seq) {
        self.node = self.memtable.list.seek(key, seq);
    }

    /// To the last entry before `(key, seq)`.
    pub(crate) fn seek_before(&mut self, key: &[u8], seq: Seq) {
        self.node = self.memtable.list.seek_before(key, seq);
    }

    pub(crate) fn next(&mut self) {
        self.node = self.node.and_then(|node| self.memtable.list.next(node));
    }

    pub(crate) fn prev(&mut self) {
        self.node = self.node.and_then(|node| self.memtable.list.before(node));
    }
}
