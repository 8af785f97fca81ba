//! The block cache: decoded blocks by file and offset, shared by all tables, within the memory pool.
//!
//! Sharded, so that readers rarely meet; each shard is a CLOCK with small counters. A block enters
//! with counter zero and gains by being used again, so a scan, which uses blocks once, pushes out
//! other once-used blocks and leaves the hot set alone; nor does a long one push out more than a part of them. A hit
//! allocates nothing.

use crate::buffer::Buffer;
use filesystem::{MemoryPool, Reservation};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

const SHARD_COUNT: usize = 16;
/// What an entry costs beside its bytes: slot, map entry, header of the shared buffer.
const ENTRY_OVERHEAD: usize = 128;
const USES_MAX: u8 = 3;
/// One part in so many may be pinned.
const PIN_SHARE: usize = 4;
/// One scan fills so much of the cache with what it has missed.
const SCAN_SHARE: usize = 4;
const BUDGET_STEP: usize = 64 * 1024;

/// Which block: file id and offset.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct BlockAddress {
    pub(crate) file: u64,
    pub(crate) offset: u64,
}

/// See the module's text.
pub(crate) struct BlockCache {
    shards: Vec<Mutex<Shard>>,
    hits: AtomicU64,
    misses: AtomicU64,
    pins: Mutex<Pins>,
    pool: MemoryPool,
    len_max: usize,
}

/// Memory for what is held outside of the cache, on its account.
struct Pins {
    used: usize,
    max: usize,
    reservation: Option<Reservation>,
}

struct Shard {
    /// A hit looks at nothing else: every further place would be a cache miss.
    slots: HashMap<BlockAddress, Slot, BuildHasherDefault<AddressHasher>>,
    /// The clock's face, for evictions.
    ring: Vec<Option<BlockAddress>>,
    vacant: Vec<usize>,
    hand: usize,
    used: usize,
    budget: usize,
    budget_max: usize,
    reservation: Option<Reservation>,
}

struct Slot {
    bytes: Buffer,
    uses: u8,
}

impl BlockCache {
    /// A cache of up to `len_max` bytes, taken from `pool` as they are needed.
    pub(crate) fn new(len_max: usize, pool: &MemoryPool) -> Self {
        let shard = || {
            Mutex::new(Shard {
                slots: HashMap::default(),
                ring: Vec::new(),
                vacant: Vec::new(),
                hand: 0,
                used: 0,
                budget: 0,
                budget_max: len_max / SHARD_COUNT,
                reservation: pool.try_reserve(0),
            })
        };
        BlockCache {
            shards: (0..SHARD_COUNT).map(|_| shard()).collect(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            pins: Mutex::new(Pins { used: 0, max: len_max / PIN_SHARE, reservation: pool.try_reserve(0) }),
            pool: pool.clone(),
            len_max,
        }
    }

    /// Grants memory to hold index and filters outside of the cache; to be given back by [`Self::unpin`].
    pub(crate) fn pin(&self, cost: usize) -> bool {
        let pins = &mut *self.pins.lock();
        let fits = pins.used + cost <= pins.max;
        let granted = fits && pins.reservation.as_mut().is_some_and(|memory| memory.grow(cost));
        pins.used += if granted { cost } else { 0 };
        granted
    }

    /// Gives back what was pinned.
    pub(crate) fn unpin(&self, cost: usize) {
        let pins = &mut *self.pins.lock();
        pins.used -= cost;
        if let Some(memory) = &mut pins.reservation {
            memory.shrink(cost);
        }
    }

    /// Memory of the pool beside that of the cache.
    pub(crate) fn reserve(&self, len: usize) -> Option<Reservation> {
        self.pool.try_reserve(len)
    }

    /// Whether what a scan reads is still to enter the cache when it has missed `len` bytes in a row.
    pub(crate) fn keeps_scan_of(&self, len: usize) -> bool {
        len <= self.len_max / SCAN_SHARE
    }

    pub(crate) fn get(&self, address: BlockAddress) -> Option<Buffer> {
        let found = self.shard(address).lock().get(address);
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    pub(crate) fn insert(&self, address: BlockAddress, bytes: &Buffer) {
        self.shard(address).lock().insert(address, bytes);
    }

    /// Forgets the blocks of files that are no more: nobody asks for them, and until the clock had passed them often
    /// enough they would take the place of others.
    pub(crate) fn forget(&self, files: &HashSet<u64>) {
        self.shards.iter().for_each(|shard| shard.lock().forget(files));
    }

    /// Hits and misses since the tree was opened.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    pub(crate) fn used(&self) -> usize {
        self.pins.lock().used + self.shards.iter().map(|shard| shard.lock().used).sum::<usize>()
    }

    fn shard(&self, address: BlockAddress) -> &Mutex<Shard> {
        &self.shards[(mix(address) >> 60) as usize % SHARD_COUNT]
    }
}

impl Shard {
    fn get(&mut self, address: BlockAddress) -> Option<Buffer> {
        let slot = self.slots.get_mut(&address)?;
        slot.uses = (slot.uses + 1).min(USES_MAX);
        Some(slot.bytes.clone())
    }

    fn insert(&mut self, address: BlockAddress, bytes: &Buffer) {
        let cost = bytes.len() + ENTRY_OVERHEAD;
        if self.slots.contains_key(&address) || !self.make_room(cost) {
            return;
        }
        let at = self.vacant.pop().unwrap_or_else(|| {
            self.ring.push(None);
            self.ring.len() - 1
        });
        self.ring[at] = Some(address);
        self.slots.insert(address, Slot { bytes: bytes.clone(), uses: 0 });
        self.used += cost;
    }

    fn forget(&mut self, files: &HashSet<u64>) {
        for at in 0..self.ring.len() {
            if let Some(address) = self.ring[at]
                && files.contains(&address.file)
            {
                self.remove(at, address);
            }
        }
        // What is left will be joined by blocks of the files that came instead. More than that is for others.
        if self.used < self.budget / 2 {
            let rest = self.budget - self.used.next_multiple_of(BUDGET_STEP).min(self.budget);
            self.reservation.iter_mut().for_each(|memory| memory.shrink(rest));
            self.budget -= rest;
        }
    }

    /// Takes out the block whose place on the ring is `at`.
    fn remove(&mut self, at: usize, address: BlockAddress) {
        let len = self.slots.remove(&address).map_or(0, |slot| slot.bytes.len());
        self.used -= len + ENTRY_OVERHEAD;
        self.ring[at] = None;
        self.vacant.push(at);
    }

    fn make_room(&mut self, cost: usize) -> bool {
        while self.used + cost > self.budget {
            if !self.raise_budget(cost) && !self.evict_one() {
                return false;
            }
        }
        true
    }

    fn raise_budget(&mut self, cost: usize) -> bool {
        let step = cost.max(BUDGET_STEP).min(self.budget_max.saturating_sub(self.budget));
        let granted = step > 0 && self.reservation.as_mut().is_some_and(|memory| memory.grow(step));
        self.budget += if granted { step } else { 0 };
        granted
    }

    fn evict_one(&mut self) -> bool {
        if self.slots.is_empty() {
            return false;
        }
        loop {
            self.hand = (self.hand + 1) % self.ring.len();
            let Some(address) = self.ring[self.hand] else { continue };
            if let Some(slot) = self.slots.get_mut(&address).filter(|slot| slot.uses > 0) {
                slot.uses -= 1;
                continue;
            }
            self.remove(self.hand, address);
            return true;
        }
    }
}

fn mix(address: BlockAddress) -> u64 {
    (address.file.rotate_left(40) ^ address.offset).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Two multiplications: addresses are not chosen by an adversary.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0.rotate_left(29) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u64) -> BlockAddress {
        BlockAddress { file: n % 3, offset: n * 4096 }
    }

    #[test]
    fn a_scan_leaves_the_hot_set_alone() {
        let cache = BlockCache::new(1 << 20, &MemoryPool::new(16 << 20));
        let block = Buffer::copy_of(&[0u8; 1000]);
        for n in 0..200 {
            cache.insert(address(n), &block);
            assert!(cache.get(address(n)).is_some());
        }
        for n in 1000..3000 {
            cache.insert(address(n), &block);
            cache.get(address(n % 200));
        }
        let kept = (0..200).filter(|&n| cache.get(address(n)).is_some()).count();
        assert!(kept > 150, "{kept} of 200 hot blocks kept");
        assert!(cache.used() <= 1 << 20);
    }

    #[test]
    fn blocks_of_files_that_are_no_more_make_room_for_others() {
        let pool = MemoryPool::new(16 << 20);
        let cache = BlockCache::new(4 << 20, &pool);
        let block = Buffer::copy_of(&[0u8; 1000]);
        for n in 0..3000 {
            cache.insert(address(n), &block);
        }
        let (used, reserved) = (cache.used(), pool.used());
        cache.forget(&HashSet::from([1]));
        assert_eq!(pool.used(), reserved, "two thirds are still needed");
        cache.forget(&HashSet::from([0, 7]));
        let left: Vec<u64> = (0..3000).filter(|&n| cache.get(address(n)).is_some()).collect();
        assert!(left.len() >= 990 && left.iter().all(|n| n % 3 == 2));
        assert!(cache.used() < used / 2 && pool.used() < reserved / 2 + SHARD_COUNT * BUDGET_STEP);
        assert!(cache.used() <= pool.used());
        (3000..6000).for_each(|n| cache.insert(address(n), &block));
        assert!(cache.used() >= used && cache.used() <= 4 << 20);
    }

    #[test]
    fn stays_within_a_pool_that_refuses() {
        let pool = MemoryPool::new(300_000);
        let cache = BlockCache::new(1 << 30, &pool);
        for n in 0..5000 {
            cache.insert(address(n), &Buffer::copy_of(&[0u8; 4096]));
        }
        assert!(pool.used() <= 300_000);
        assert!(cache.used() <= pool.used());
    }
}
