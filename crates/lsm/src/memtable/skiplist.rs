//! An ordered map in memory that one thread extends while others read it without locks.
//!
//! ```text
//! head ──────────────────▶ c ─────────────▶ ∅      a level-1 tower
//! head ──▶ a ──▶ b ◀──▶ c ──▶ d ──▶ ∅      level 0, linked both ways
//! bucket[hash(key)] ──▶ newest node of the bucket ──▶ older …    for point lookups
//! ```
//! Nodes are never changed after they are linked, except for their links, and never freed before the
//! list: that is why readers need no locks. A point lookup goes through the hash chains and costs
//! two or three cache misses; the towers serve ordered access. A new node is in its bucket at once, and in
//! its place in the order when somebody asks for order, or with others of its kind ([`order`]).
//!
//! # Why this is sound
//! 1. A node is written completely before a `Release` store makes it reachable; readers follow links
//!    with `Acquire` loads only.
//! 2. Memory of a node belongs to a chunk that is freed with the list, when no borrow of the list is left;
//!    every reference that is handed out borrows the list.
//! 3. Only the holder of the `Mutex` around [`Writer`] allocates or links.
//!
//! `interleavings.rs` plays 1 in every order that the language's memory model allows.

#![expect(unsafe_code, reason = "nodes of variable size in an arena, read while the writer appends")]

mod order;

use crate::key::{Tag, compare};
use crate::{Op, Seq};
use filesystem::slab::{LARGE_PAGE_LEN, Slab};
use order::{Path, Search, WAITING_MAX};
use std::alloc::{Layout, handle_alloc_error};
use std::ptr::{self, NonNull};
use sync::{AtomicPtr, AtomicUsize, Mutex, MutexGuard, Ordering::*, Witness};
use xxhash_rust::xxh3::xxh3_64;

#[cfg(all(test, loom))]
use super::interleavings::sync;

/// What threads share the list by.
#[cfg(not(all(test, loom)))]
mod sync {
    pub(super) use parking_lot::{Mutex, MutexGuard};
    pub(super) use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

    /// Nothing: stands where a node is written and read, for a model checker to watch.
    pub(super) struct Witness;

    impl Witness {
        pub(super) fn write() -> Witness {
            Witness
        }

        pub(super) fn read(&self) {}
    }
}

const HEIGHT_MAX: usize = 14;
/// One in four nodes reaches the next level.
const BRANCHING_BITS: u32 = 2;
/// Memory is taken in chunks of this size,
const CHUNK_LEN: usize = 256 * 1024;
/// and in large pages by a list that is meant for so many entries that it will fill several.
const ENTRIES_LARGE: usize = 1 << 17;
/// Bytes of a cache line.
const LINE_LEN: usize = 64;
const ALIGN: usize = align_of::<Node>();
const _: () = assert!(align_of::<Links>() == ALIGN && size_of::<Links>().is_multiple_of(ALIGN));

/// What a search reads of a node; its tower, key and value follow in the same allocation, so that it is
/// mostly one cache line. What a search does not need lies before it, as [`Links`].
#[repr(C)]
struct Node {
    tag: Tag,
    key_len: u32,
    height: u32,
    written: Witness,
}

/// The part of a node in front of its [`Node`].
#[repr(C)]
struct Links {
    /// The node before this one on level 0; null at the front.
    before: AtomicPtr<Node>,
    /// The next older node of the same hash bucket.
    older: *mut Node,
    hash: u32,
    value_len: u32,
}

/// A position in the list. Plain data; [`SkipList`] turns it into keys and values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeRef(NonNull<Node>);

// SAFETY: a NodeRef is an address; following it takes a `&SkipList`, which is Sync.
unsafe impl Send for NodeRef {}
// SAFETY: as above.
unsafe impl Sync for NodeRef {}

/// The list. `&self` methods may run on any number of threads beside one [`SkipList::writer`].
pub(crate) struct SkipList {
    head: [AtomicPtr<Node>; HEIGHT_MAX],
    height: AtomicUsize,
    last: AtomicPtr<Node>,
    buckets: Buckets,
    used: AtomicUsize,
    /// Nodes that are not in order yet.
    waiting: AtomicUsize,
    writer: Mutex<Writer>,
}

// SAFETY: see "Why this is sound": shared state is atomics, or written before it is published.
unsafe impl Send for SkipList {}
// SAFETY: as above.
unsafe impl Sync for SkipList {}

/// What only the writer touches.
struct Writer {
    chunks: Vec<Slab>,
    chunk_len: usize,
    /// The free rest of the newest chunk.
    free: *mut u8,
    free_len: usize,
    /// State of the tower dice; any seed will do.
    dice: u64,
    /// Where the node linked last was put: ascending inserts continue from here.
    splice: Path,
    previous: *mut Node,
    /// Nodes that are not in order yet, oldest first.
    waiting: Vec<*mut Node>,
}

/// The right to insert.
pub(crate) struct Inserter<'a> {
    list: &'a SkipList,
    writer: MutexGuard<'a, Writer>,
}

impl SkipList {
    /// An empty list with room for about `expected` entries in its hash index (more only make its
    /// chains longer).
    pub(crate) fn new(expected: usize) -> Self {
        let chunk_len = if expected < ENTRIES_LARGE { CHUNK_LEN } else { LARGE_PAGE_LEN };
        let bucket_count = expected.next_power_of_two().max(64);
        SkipList {
            head: Default::default(),
            height: AtomicUsize::new(1),
            last: AtomicPtr::default(),
            buckets: Buckets::new(bucket_count),
            used: AtomicUsize::new(bucket_count * size_of::<AtomicPtr<Node>>()),
            waiting: AtomicUsize::new(0),
            writer: Mutex::new(Writer {
                chunks: Vec::new(),
                chunk_len,
                free: ptr::null_mut(),
                free_len: 0,
                dice: 0x9E37_79B9_7F4A_7C15,
                splice: [ptr::null_mut(); HEIGHT_MAX],
                previous: ptr::null_mut(),
                waiting: Vec::with_capacity(WAITING_MAX),
            }),
        }
    }

    /// Bytes of memory in use.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.load(Acquire) == 0 && self.head[0].load(Acquire).is_null()
    }

    /// Waits for the one writer's place.
    pub(crate) fn writer(&self) -> Inserter<'_> {
        Inserter { list: self, writer: self.writer.lock() }
    }

    pub(crate) fn key(&self, node: NodeRef) -> &[u8] {
        // SAFETY: nodes of this list live as long as `self` and their bytes never change.
        unsafe { node_key(node.0.as_ptr()) }
    }

    pub(crate) fn value(&self, node: NodeRef) -> &[u8] {
        // SAFETY: as in `key`.
        unsafe { node_value(node.0.as_ptr()) }
    }

    pub(crate) fn tag(&self, node: NodeRef) -> Tag {
        // SAFETY: as in `key`.
        unsafe { (*node.0.as_ptr()).tag }
    }

    /// The newest version of `key` that `snapshot` sees, through the hash index.
    pub(crate) fn get(&self, key: &[u8], snapshot: Seq) -> Option<NodeRef> {
        let hash = xxh3_64(key);
        let mut node = self.buckets.of(hash).load(Acquire);
        while !node.is_null() {
            // SAFETY: reachable nodes are complete (Acquire above; `older` is written before).
            unsafe {
                // The versions of one key run from newest to oldest: they are inserted in their order.
                let links = links(node);
                if (*links).hash == hash as u32 && (*node).tag.seq() <= snapshot && node_key(node) == key {
                    return NonNull::new(node).map(NodeRef);
                }
                node = (*links).older;
            }
        }
        None
    }

    pub(crate) fn first(&self) -> Option<NodeRef> {
        self.bring_into_order();
        NonNull::new(self.head[0].load(Acquire)).map(NodeRef)
    }

    pub(crate) fn last(&self) -> Option<NodeRef> {
        self.bring_into_order();
        NonNull::new(self.last.load(Acquire)).map(NodeRef)
    }

    pub(crate) fn next(&self, node: NodeRef) -> Option<NodeRef> {
        // SAFETY: a node of this list; every tower has a level 0.
        let next = unsafe { link(node.0.as_ptr(), 0) }.load(Acquire);
        NonNull::new(next).map(NodeRef)
    }

    pub(crate) fn before(&self, node: NodeRef) -> Option<NodeRef> {
        // SAFETY: a node of this list.
        let before = unsafe { (*links(node.0.as_ptr())).before.load(Acquire) };
        NonNull::new(before).map(NodeRef)
    }

    /// The first node at or behind `(key, seq)`.
    pub(crate) fn seek(&self, key: &[u8], seq: Seq) -> Option<NodeRef> {
        NonNull::new(self.find(key, seq).next).map(NodeRef)
    }

    /// The last node before `(key, seq)`.
    pub(crate) fn seek_before(&self, key: &[u8], seq: Seq) -> Option<NodeRef> {
        NonNull::new(self.find(key, seq).path[0]).map(NodeRef)
    }

    fn find(&self, key: &[u8], seq: Seq) -> Search {
        self.bring_into_order();
        let mut search = Search::begin(self);
        while search.step(self, key, seq) {}
        search
    }

    fn link_from(&self, node: *mut Node, level: usize) -> &AtomicPtr<Node> {
        if node.is_null() {
            return &self.head[level];
        }
        // SAFETY: `node` was reached on this level or above, so its tower is high enough.
        unsafe { link(node, level) }
    }
}

/// The hash index: of each bucket the newest node.
struct Buckets {
    slab: Slab,
    mask: usize,
}

impl Buckets {
    /// So many empty buckets, a power of two.
    fn new(count: usize) -> Buckets {
        let slab = slab_of(count * size_of::<AtomicPtr<Node>>());
        let first = slab.start().cast::<AtomicPtr<Node>>();
        // SAFETY: there is room for `count` buckets, and a slab is aligned to a page.
        (0..count).for_each(|at| unsafe { first.add(at).write(AtomicPtr::default()) });
        Buckets { slab, mask: count - 1 }
    }

    #[inline]
    fn of(&self, hash: u64) -> &AtomicPtr<Node> {
        // The upper half: the lower one is what nodes of a bucket are told apart by.
        let at = (hash >> 32) as usize & self.mask;
        // SAFETY: at most the last bucket, and all were written.
        unsafe { self.slab.start().cast::<AtomicPtr<Node>>().add(at).as_ref() }
    }
}

impl Inserter<'_> {
    /// Adds a version. An equal `(key, seq)` is put in front of the one that is there and hides it.
    pub(crate) fn insert(&mut self, key: &[u8], seq: Seq, op: Op<'_>) {
        let hash = xxh3_64(key);
        let height = self.writer.roll_height();
        if height == 1 && self.insert_over(key, seq, op, hash) {
            return;
        }
        let node = self.new_node(key, seq, op, height, hash as u32);
        self.enter(node, hash);
        if self.follows_previous(key, seq) {
            self.link(node, self.writer.splice);
            return;
        }
        self.writer.waiting.push(node);
        self.list.waiting.store(self.writer.waiting.len(), Release);
        if self.writer.waiting.len() == WAITING_MAX {
            self.link_waiting();
        }
    }

    /// A key that is there already shows where its new version belongs: right before its newest one.
    fn insert_over(&mut self, key: &[u8], seq: Seq, op: Op<'_>, hash: u64) -> bool {
        let Some(newest) = self.list.get(key, Seq(u64::MAX)) else { return false };
        if self.list.tag(newest).seq() > seq || self.writer.waiting.contains(&newest.0.as_ptr()) {
            return false;
        }
        let node = self.new_node(key, seq, op, 1, hash as u32);
        let before = self.list.before(newest).map_or(ptr::null_mut(), |before| before.0.as_ptr());
        self.enter(node, hash);
        self.link_level_0(node, before);
        // The splice does not know this node on the levels above.
        self.writer.previous = ptr::null_mut();
        true
    }

    /// Puts a complete node at the front of its bucket.
    fn enter(&mut self, node: *mut Node, hash: u64) {
        let bucket = self.list.buckets.of(hash);
        // SAFETY: `node` is complete and not shared yet.
        unsafe { (*links(node)).older = bucket.load(Relaxed) };
        bucket.store(node, Release);
    }

    /// Whether the entry belongs right behind the one linked before it, as in ascending loads: no search is needed.
    fn follows_previous(&self, key: &[u8], seq: Seq) -> bool {
        let previous = self.writer.previous;
        // SAFETY: nodes of this list, complete.
        !previous.is_null()
            && unsafe {
                let next = link(previous, 0).load(Relaxed);
                compare((node_key(previous), (*previous).tag.seq()), (key, seq)).is_lt()
                    && (next.is_null() || compare((node_key(next), (*next).tag.seq()), (key, seq)).is_ge())
            }
    }

    /// Links a node behind `path`; returns its height.
    fn link(&mut self, node: *mut Node, path: Path) -> usize {
        // SAFETY: a complete node.
        let height = unsafe { (*node).height } as usize;
        self.list.height.fetch_max(height, Release);
        for (level, &before) in path.iter().enumerate().take(height).skip(1) {
            let from = self.list.link_from(before, level);
            // SAFETY: `node` is complete, not reached by this link yet, and higher than `level`.
            unsafe { link(node, level) }.store(from.load(Relaxed), Relaxed);
        }
        self.link_level_0(node, path[0]);
        for (level, &before) in path.iter().enumerate().take(height).skip(1) {
            self.list.link_from(before, level).store(node, Release);
        }
        self.writer.splice = path;
        self.writer.splice[..height].fill(node);
        self.writer.previous = node;
        height
    }

    fn link_level_0(&mut self, node: *mut Node, before: *mut Node) {
        let from = self.list.link_from(before, 0);
        let after = from.load(Relaxed);
        // SAFETY: `node` is complete and in no order yet; `after` is null or a node of this list.
        unsafe {
            (*links(node)).before.store(before, Relaxed);
            link(node, 0).store(after, Relaxed);
            from.store(node, Release);
            match after.is_null() {
                true => self.list.last.store(node, Release),
                false => (*links(after)).before.store(node, Release),
            }
        }
    }

    fn new_node(&mut self, key: &[u8], seq: Seq, op: Op<'_>, height: usize, hash: u32) -> *mut Node {
        let (value, kind) = match op {
            Op::Put(value) => (value, crate::key::Kind::Put),
            Op::Delete => (&[][..], crate::key::Kind::Delete),
        };
        let tower_len = height * size_of::<AtomicPtr<Node>>();
        let len = size_of::<Links>() + size_of::<Node>() + tower_len + key.len() + value.len();
        let searched = size_of::<Node>() + tower_len + key.len();
        let links = self.allocate(len, searched).cast::<Links>();
        // SAFETY: `allocate` gives `len` writable bytes aligned for Links and Node, shared with nobody.
        unsafe {
            links.write(Links {
                before: AtomicPtr::default(),
                older: ptr::null_mut(),
                hash,
                value_len: value.len() as u32,
            });
            let node = links.add(1).cast::<Node>();
            node.write(Node {
                tag: Tag::new(seq, kind),
                key_len: key.len() as u32,
                height: height as u32,
                written: Witness::write(),
            });
            let tower = node.add(1).cast::<AtomicPtr<Node>>();
            for level in 0..height {
                tower.add(level).write(AtomicPtr::default());
            }
            let bytes = tower.add(height).cast::<u8>();
            ptr::copy_nonoverlapping(key.as_ptr(), bytes, key.len());
            ptr::copy_nonoverlapping(value.as_ptr(), bytes.add(key.len()), value.len());
            node
        }
    }

    /// Room for a node. The part of it that is `searched` lies in one cache line if that can be.
    fn allocate(&mut self, len: usize, searched: usize) -> *mut u8 {
        let len = len.next_multiple_of(ALIGN);
        let writer = &mut *self.writer;
        if len + LINE_LEN > writer.free_len {
            writer.add_chunk((len + LINE_LEN).max(writer.chunk_len));
        }
        let within = (writer.free.addr() + size_of::<Links>()) % LINE_LEN;
        let skipped =
            if within + searched > LINE_LEN && searched <= LINE_LEN { LINE_LEN - within } else { 0 };
        // SAFETY: `skipped + len <= free_len`, so both results stay within the chunk or one past its end. What is
        // skipped is a multiple of the alignment, as `within` is.
        let at = unsafe { writer.free.add(skipped) };
        // SAFETY: as above.
        writer.free = unsafe { at.add(len) };
        writer.free_len -= skipped + len;
        self.list.used.fetch_add(skipped + len, Relaxed);
        at
    }
}

impl Writer {
    fn add_chunk(&mut self, len: usize) {
        let chunk = slab_of(len);
        self.free = chunk.start().as_ptr();
        self.free_len = len;
        self.chunks.push(chunk);
    }

    fn roll_height(&mut self) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        let levels_up = (self.dice >> 32).trailing_zeros() / BRANCHING_BITS;
        (1 + levels_up as usize).min(HEIGHT_MAX)
    }
}

/// Memory that the list cannot do without.
fn slab_of(len: usize) -> Slab {
    match Slab::new(len) {
        Some(slab) => slab,
        None => handle_alloc_error(Layout::array::<u8>(len).unwrap_or(Layout::new::<u8>())),
    }
}

/// SAFETY: `node` must be a complete node whose list outlives `'a`.
unsafe fn node_key<'a>(node: *const Node) -> &'a [u8] {
    // SAFETY: the key lies behind the tower in the same allocation.
    unsafe {
        (*node).written.read();
        let tower = node.add(1).cast::<AtomicPtr<Node>>();
        let bytes = tower.add((*node).height as usize).cast::<u8>();
        std::slice::from_raw_parts(bytes, (*node).key_len as usize)
    }
}

/// SAFETY: as `node_key`.
unsafe fn node_value<'a>(node: *const Node) -> &'a [u8] {
    // SAFETY: the value lies behind the key in the same allocation.
    unsafe {
        let tower = node.add(1).cast::<AtomicPtr<Node>>();
        let bytes = tower.add((*node).height as usize).cast::<u8>();
        std::slice::from_raw_parts(bytes.add((*node).key_len as usize), (*links(node)).value_len as usize)
    }
}

/// SAFETY: `node` must be a node that `new_node` made.
unsafe fn links(node: *const Node) -> *mut Links {
    // SAFETY: the links lie in front of the head in the same allocation.
    unsafe { node.cast_mut().cast::<Links>().sub(1) }
}

/// SAFETY: as `node_key`, and the node's tower must be higher than `level`.
unsafe fn link<'a>(node: *const Node, level: usize) -> &'a AtomicPtr<Node> {
    // SAFETY: the tower lies behind the head in the same allocation.
    unsafe {
        debug_assert!(level < (*node).height as usize);
        &*node.add(1).cast::<AtomicPtr<Node>>().add(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn numbers(count: u64) -> impl Iterator<Item = u64> {
        // A fixed permutation of 0..count (count a power of two).
        (0..count).map(move |n| n.wrapping_mul(0x9E37_79B9) & (count - 1))
    }

    #[test]
    fn holds_what_a_btree_map_holds() {
        let (list, mut model) = (SkipList::new(64), BTreeMap::new());
        for (seq, n) in numbers(512).chain(numbers(256)).enumerate() {
            let key = (n / 3).to_be_bytes();
            list.writer().insert(&key, Seq(seq as u64), Op::Put(&n.to_le_bytes()));
            model.insert((key, u64::MAX - seq as u64), n);
        }
        let mut node = list.first();
        for ((key, seq), n) in &model {
            let here = node.unwrap();
            assert_eq!((list.key(here), list.tag(here).seq().0), (&key[..], u64::MAX - seq));
            assert_eq!(list.value(here), n.to_le_bytes());
            node = list.next(here);
        }
        assert!(node.is_none());
        let mut node = list.last();
        for (key, seq) in model.keys().rev() {
            let here = node.unwrap();
            assert_eq!((list.key(here), list.tag(here).seq().0), (&key[..], u64::MAX - seq));
            node = list.before(here);
        }
        assert!(node.is_none());
    }

    #[test]
    fn point_lookups_see_the_snapshot() {
        let list = SkipList::new(1);
        for seq in 1..200 {
            list.writer().insert(&[(seq % 7) as u8], Seq(seq), Op::Put(&seq.to_le_bytes()));
        }
        for snapshot in 0..200u64 {
            for key in 0..9u8 {
                let expected = (1..=snapshot).rev().find(|seq| (seq % 7) as u8 == key);
                let found = list.get(&[key], Seq(snapshot)).map(|node| list.tag(node).seq().0);
                assert_eq!(found, expected);
                let sought = list.seek(&[key], Seq(snapshot)).filter(|&node| list.key(node) == [key]);
                assert_eq!(sought.map(|node| list.tag(node).seq().0), expected);
            }
        }
    }

    #[test]
    fn readers_see_whole_entries_while_the_writer_inserts() {
        let list = Arc::new(SkipList::new(64));
        let reader = {
            let list = list.clone();
            std::thread::spawn(move || {
                let mut seen = 0;
                while seen < 2048 {
                    (seen, _) = std::iter::successors(list.first(), |&node| list.next(node)).fold(
                        (0, None),
                        |(count, before), node| {
                            assert_eq!(list.key(node), list.value(node));
                            assert!(before.is_none_or(|before| before < list.key(node)));
                            (count + 1, Some(list.key(node)))
                        },
                    );
                }
            })
        };
        for n in numbers(2048) {
            list.writer().insert(&n.to_be_bytes(), Seq(n), Op::Put(&n.to_be_bytes()));
        }
        reader.join().unwrap();
    }

    #[test]
    fn large_entries_have_chunks_of_their_own() {
        let list = SkipList::new(64);
        for n in 0..20u8 {
            list.writer().insert(&[n; 60_000], Seq(1), Op::Put(&[n; 300_000]));
        }
        for n in 0..20u8 {
            let node = list.get(&[n; 60_000], Seq(1)).unwrap();
            assert_eq!(list.value(node), [n; 300_000]);
        }
    }
}
