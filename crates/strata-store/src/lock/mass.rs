//! Very many row locks of one transaction, at eight bytes each.
//!
//! A transaction that writes millions of rows locks each of them, and hardly anybody asks for one. So beyond
//! some thousands its locks are kept as hashes of their keys, in sorted runs that are merged as they become
//! many, like the levels of a log-structured tree. There is a tree for each of [`PARTS`] equal parts of the hashes, so
//! that no lock waits until millions are merged. When somebody does ask, the lock is *shown*: it gets a queue
//! in the table as any other. Two keys of equal hash share a lock, which costs a needless wait once in
//! a few billion rows.
//!
//! Such locks are held to the end of the transaction, also when it goes back to a savepoint.

use super::LockKey;
use super::modes::Mode;
use crate::TxnId;

/// By the hash's first six bits.
const PARTS: usize = 64;
/// Hashes of a part that are kept unsorted.
const TAIL_LEN: usize = 128;

/// A transaction's mass of locks.
#[derive(Debug)]
pub(super) struct Mass {
    pub(super) txn: TxnId,
    /// By mode.
    locked: [Hashes; 4],
    /// Those that have a queue now.
    pub(super) shown: Vec<LockKey>,
}

impl Mass {
    pub(super) fn new(txn: TxnId) -> Mass {
        Mass { txn, locked: Default::default(), shown: Vec::new() }
    }

    /// Adds a lock. It may be there already.
    pub(super) fn add(&mut self, hash: u64, mode: Mode) {
        if let Some(hashes) = self.locked.get_mut(mode.index()) {
            hashes.add(hash);
        }
    }

    /// The modes in which a key is locked.
    pub(super) fn modes_of(&self, hash: u64) -> u8 {
        let held = self.locked.iter().enumerate().filter(|(_, hashes)| hashes.contains(hash));
        held.fold(0, |modes, (mode, _)| modes | 1 << mode)
    }

    /// Tells of every lock, each mode by itself.
    pub(super) fn each(&self, tell: &mut dyn FnMut(u64, usize)) {
        for (mode, hashes) in self.locked.iter().enumerate() {
            for part in &hashes.parts {
                part.sorted.iter().chain([&part.tail]).flatten().for_each(|hash| tell(*hash, mode));
            }
        }
    }

    /// Bytes that it takes.
    pub(super) fn len(&self) -> usize {
        self.locked.iter().map(|hashes| hashes.len).sum::<usize>() * size_of::<u64>()
    }
}

/// A growing set of hashes.
#[derive(Debug, Default)]
struct Hashes {
    /// [`PARTS`] of them, once there is a hash.
    parts: Vec<Runs>,
    /// How many are kept.
    len: usize,
}

impl Hashes {
    fn add(&mut self, hash: u64) {
        if self.parts.is_empty() {
            self.parts.resize_with(PARTS, Runs::default);
        }
        if let Some(part) = self.parts.get_mut(part_of(hash)) {
            let before = part.len();
            part.add(hash);
            self.len = self.len - before + part.len();
        }
    }

    fn contains(&self, hash: u64) -> bool {
        self.parts.get(part_of(hash)).is_some_and(|part| part.contains(hash))
    }
}

fn part_of(hash: u64) -> usize {
    (hash >> (u64::BITS - PARTS.ilog2())) as usize
}

/// A growing set of numbers.
#[derive(Debug, Default)]
struct Runs {
    /// Sorted, without repetition, each at most half as long as the one before.
    sorted: Vec<Vec<u64>>,
    tail: Vec<u64>,
}

impl Runs {
    fn add(&mut self, hash: u64) {
        self.tail.push(hash);
        if self.tail.len() < TAIL_LEN {
            return;
        }
        self.tail.sort_unstable();
        self.tail.dedup();
        let mut run = self.tail.clone();
        self.tail.clear();
        while let Some(last) = self.sorted.pop_if(|last| last.len() < 2 * run.len()) {
            run = merged(&last, &run);
        }
        self.sorted.push(run);
    }

    fn contains(&self, hash: u64) -> bool {
        self.tail.contains(&hash) || self.sorted.iter().any(|run| run.binary_search(&hash).is_ok())
    }

    fn len(&self) -> usize {
        self.tail.len() + self.sorted.iter().map(Vec::len).sum::<usize>()
    }
}

fn merged(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut all = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(left), Some(right)) if left <= right => a.next(),
            (_, Some(_)) => b.next(),
            (Some(_), None) => a.next(),
            (None, None) => return all,
        };
        if next != all.last().copied() {
            all.extend(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LockMode;

    #[test]
    fn a_mass_knows_every_lock_and_in_which_mode() {
        let mut mass = Mass::new(TxnId(1));
        let hash = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for n in 0..50_000 {
            mass.add(hash(n), LockMode::Update.into());
            mass.add(hash(n % 100), LockMode::KeyShare.into());
        }
        assert_eq!(mass.modes_of(hash(7)), 0b1001);
        assert_eq!(mass.modes_of(hash(49_999)), 0b1000);
        assert_eq!(mass.modes_of(hash(50_000)), 0);
        assert!(mass.len() < 60_000 * 8, "what repeats is kept once");
    }
}
