//! Very many row locks of one transaction, at eight bytes each.
//!
//! A transaction that writes millions of rows locks each of them, and hardly anybody asks for one. So beyond
//! some thousands its locks are kept as hashes of their keys, in sorted runs that are merged as they become
//! many, like the levels of a log-structured tree. When somebody does ask, the lock is *shown*: it gets a queue
//! in the table as any other. Two keys of equal hash share a lock, which costs a needless wait once in
//! a few billion rows.
//!
//! Such locks are held to the end of the transaction, also when it goes back to a savepoint.

use super::LockKey;
use super::modes::Mode;
use crate::TxnId;

/// Hashes that are kept unsorted.
const TAIL_LEN: usize = 4096;

/// A transaction's mass of locks.
#[derive(Debug)]
pub(super) struct Mass {
    pub(super) txn: TxnId,
    /// By mode.
    locked: [Runs; 4],
    /// Those that have a queue now.
    pub(super) shown: Vec<LockKey>,
}

impl Mass {
    pub(super) fn new(txn: TxnId) -> Mass {
        Mass { txn, locked: Default::default(), shown: Vec::new() }
    }

    /// Adds a lock. It may be there already.
    pub(super) fn add(&mut self, hash: u64, mode: Mode) {
        if let Some(runs) = self.locked.get_mut(mode.index()) {
            runs.add(hash);
        }
    }

    /// The modes in which a key is locked.
    pub(super) fn modes_of(&self, hash: u64) -> u8 {
        let held = self.locked.iter().enumerate().filter(|(_, runs)| runs.contains(hash));
        held.fold(0, |modes, (mode, _)| modes | 1 << mode)
    }

    /// Tells of every lock, each mode by itself.
    pub(super) fn each(&self, tell: &mut dyn FnMut(u64, usize)) {
        for (mode, runs) in self.locked.iter().enumerate() {
            runs.sorted.iter().chain([&runs.tail]).flatten().for_each(|hash| tell(*hash, mode));
        }
    }

    /// Bytes that it takes.
    pub(super) fn len(&self) -> usize {
        self.locked.iter().map(Runs::len).sum::<usize>() * size_of::<u64>()
    }
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
        if self.tail.capacity() == 0 {
            self.tail.reserve_exact(TAIL_LEN);
        }
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
