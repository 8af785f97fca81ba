//! Locks: long, logical, owned by a transaction until it ends.
//!
//! Nobody ever blocks in here. A request that cannot be granted is queued and answered with
//! [`Lock::Wait`]; the caller parks itself, and asks again when
//! [`Store::take_woken`](crate::Store::take_woken) names its transaction. By then the lock is usually
//! its own: a released lock is handed to the waiters in the order in which they came, so a stream of
//! newcomers cannot starve them. A transaction that already holds the key in a weaker mode goes to the
//! head of the queue, for those behind it wait for it anyway.
//!
//! A transaction waits for at most one lock, so the wait-for graph is walked whenever somebody begins
//! to wait: a ring is found at once and the newcomer is refused with [`Error::Deadlock`]. Where transactions
//! wait for other things too, whoever knows of those walks the graph, with [`report`] for this part of it.
//!
//! # Invariants
//! 1. No two holders of a key hold modes that exclude each other.
//! 2. A waiter is excluded by a holder, or by a waiter before it.
//! 3. The wait-for graph has no ring.

mod mass;
mod memory;
mod modes;
mod report;

pub use modes::{LockMode, ObjectMode};
pub(crate) use report::HeldRow;
pub use report::{LockWait, Locked};

use crate::keyspace::{KeyBuf, stored_key};
use crate::{Error, KeyspaceId, Result, TxnId};
use filesystem::MemoryPool;
use mass::Mass;
use memory::Memory;
use modes::Held;
pub(crate) use modes::Mode;
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::Xxh3DefaultBuilder;

/// What a lock takes beside the bytes of a long key, roughly.
const ENTRY_LEN: usize = 256;
/// Locks that a transaction holds one by one before it gets a mass of them.
const MASS_FROM: usize = 16 * 1024;

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The lock is held.
    Granted,
    /// The request is queued: park, and ask again once the transaction is named as woken.
    Wait,
}

/// What can be locked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LockKey {
    Row(KeyBuf),
    Object { class: u64, id: u64 },
}

impl LockKey {
    pub(crate) fn row(keyspace: KeyspaceId, key: &[u8]) -> Self {
        LockKey::Row(stored_key(keyspace, key))
    }

    /// The hash of a row's key; others are never many.
    fn hash(&self) -> Option<u64> {
        match self {
            LockKey::Row(key) => Some(xxhash_rust::xxh3::xxh3_64(key)),
            LockKey::Object { .. } => None,
        }
    }
}

/// What a transaction gained, kept by it in the order of gaining, so that a savepoint can be undone.
#[derive(Debug)]
pub(crate) struct Gained {
    key: LockKey,
    before: Held,
}

/// A transaction and what it holds, which is something.
#[derive(Clone, Copy, Debug)]
struct Holder {
    txn: TxnId,
    held: Held,
}

#[derive(Clone, Copy, Debug)]
struct Waiter {
    txn: TxnId,
    mode: Mode,
}

/// Where a transaction waits, and what it held there before. The entry stays until the transaction has
/// come back to collect the lock that was handed to it.
#[derive(Debug)]
struct Wait {
    key: LockKey,
    before: Held,
}

#[derive(Default, Debug)]
struct Queue {
    holders: SmallVec<[Holder; 1]>,
    waiters: Vec<Waiter>,
}

impl Queue {
    fn held_by(&self, txn: TxnId) -> Held {
        self.holders.iter().find(|holder| holder.txn == txn).map(|holder| holder.held).unwrap_or_default()
    }

    /// Whether somebody else holds what excludes `mode`.
    fn is_held_against(&self, txn: TxnId, mode: Mode) -> bool {
        self.holders.iter().any(|holder| holder.txn != txn && holder.held.excludes & mode.bit != 0)
    }

    /// Whether a newcomer has to queue. Who holds the key already goes before those who wait for it.
    fn must_wait(&self, txn: TxnId, mode: Mode) -> bool {
        let queued_against = || self.waiters.iter().any(|waiter| waiter.mode.excludes & mode.bit != 0);
        self.is_held_against(txn, mode) || self.held_by(txn).is_none() && queued_against()
    }

    fn hold(&mut self, txn: TxnId, mode: Mode) {
        match self.holders.iter_mut().find(|holder| holder.txn == txn) {
            Some(holder) => holder.held = holder.held.with(mode),
            None => self.holders.push(Holder { txn, held: Held::default().with(mode) }),
        }
    }

    fn put_back(&mut self, txn: TxnId, before: Held) {
        match self.holders.iter_mut().find(|holder| holder.txn == txn) {
            Some(holder) if !before.is_none() => holder.held = before,
            _ => self.holders.retain(|holder| holder.txn != txn),
        }
    }

    /// Hands the lock to every waiter that nothing excludes any more.
    fn grant(&mut self, woken: &mut Vec<TxnId>) {
        let mut at = 0;
        while let Some(waiter) = self.waiters.get(at).copied() {
            let mut ahead = self.waiters.iter().take(at);
            let is_behind = ahead.any(|other| other.mode.excludes & waiter.mode.bit != 0);
            if is_behind || self.is_held_against(waiter.txn, waiter.mode) {
                at += 1;
                continue;
            }
            self.waiters.remove(at);
            self.hold(waiter.txn, waiter.mode);
            woken.push(waiter.txn);
        }
    }

    /// Who keeps `txn`, which waits here, from going on.
    fn blockers(&self, txn: TxnId) -> Vec<TxnId> {
        let Some(at) = self.waiters.iter().position(|waiter| waiter.txn == txn) else { return Vec::new() };
        let Some(bit) = self.waiters.get(at).map(|waiter| waiter.mode.bit) else { return Vec::new() };
        let holders =
            self.holders.iter().filter(|holder| holder.txn != txn && holder.held.excludes & bit != 0);
        let ahead = self.waiters.iter().take(at).filter(|waiter| waiter.mode.excludes & bit != 0);
        holders.map(|holder| holder.txn).chain(ahead.map(|waiter| waiter.txn)).collect()
    }
}

/// All locks of a store.
pub(crate) struct LockTable {
    queues: HashMap<LockKey, Queue, Xxh3DefaultBuilder>,
    /// Transactions with very many locks; nearly always none.
    masses: Vec<Mass>,
    waiting: HashMap<TxnId, Wait>,
    woken: Vec<TxnId>,
    /// Whether rings are looked for here, and not by whoever knows what else is waited for.
    finds_deadlocks: bool,
    memory: Memory,
}

impl LockTable {
    /// Nothing is locked; what is takes memory from `pool`.
    pub(crate) fn new(pool: MemoryPool, finds_deadlocks: bool) -> Self {
        LockTable {
            queues: HashMap::default(),
            masses: Vec::new(),
            waiting: HashMap::new(),
            woken: Vec::new(),
            finds_deadlocks,
            memory: Memory::new(pool),
        }
    }

    /// Asks for `key`. What the transaction gains by it is noted in `gained`.
    pub(crate) fn lock(
        &mut self,
        txn: TxnId,
        key: LockKey,
        mode: Mode,
        gained: &mut Vec<Gained>,
    ) -> Result<Lock> {
        if self.try_lock(txn, &key, mode, gained)? {
            return Ok(Lock::Granted);
        }
        if self.waiting.contains_key(&txn) {
            return Ok(Lock::Wait);
        }
        let Some(queue) = self.queues.get_mut(&key) else {
            unreachable!("{key:?} is free, and yet {txn:?} did not get it")
        };
        let before = queue.held_by(txn);
        let at = if before.is_none() { queue.waiters.len() } else { 0 };
        queue.waiters.insert(at, Waiter { txn, mode });
        self.waiting.insert(txn, Wait { key, before });
        if self.finds_deadlocks && self.is_in_ring(txn) {
            self.cancel_wait(txn);
            return Err(Error::Deadlock);
        }
        Ok(Lock::Wait)
    }

    /// Takes `key` if that needs no waiting.
    pub(crate) fn try_lock(
        &mut self,
        txn: TxnId,
        key: &LockKey,
        mode: Mode,
        gained: &mut Vec<Gained>,
    ) -> Result<bool> {
        if !self.waiting.is_empty() {
            self.collect(txn, key, gained);
        }
        if !self.masses.is_empty() {
            self.show(txn, key);
        }
        let Some(queue) = self.queues.get_mut(key) else {
            return self.take_free(txn, key, mode, gained).map(|()| true);
        };
        let before = queue.held_by(txn);
        if before.covers(mode) {
            return Ok(true);
        }
        if queue.must_wait(txn, mode) {
            return Ok(false);
        }
        queue.hold(txn, mode);
        gained.push(Gained { key: key.clone(), before });
        Ok(true)
    }

    /// Whether `txn` would have to wait for `key`. What very many others are locked with is not looked at: the
    /// answer is for who may be told at the lock itself.
    pub(crate) fn is_taken(&self, txn: TxnId, key: &LockKey, mode: Mode) -> bool {
        let is_taken = |queue: &Queue| !queue.held_by(txn).covers(mode) && queue.must_wait(txn, mode);
        self.queues.get(key).is_some_and(is_taken)
    }

    /// Locks what nobody has locked: in its own queue, or in a mass with very many others.
    fn take_free(&mut self, txn: TxnId, key: &LockKey, mode: Mode, gained: &mut Vec<Gained>) -> Result<()> {
        if gained.len() >= MASS_FROM
            && let Some(hash) = key.hash()
        {
            return self.take_hash(txn, hash, mode);
        }
        self.memory.change(0, ENTRY_LEN)?;
        let mut queue = Queue::default();
        queue.hold(txn, mode);
        self.queues.insert(key.clone(), queue);
        gained.push(Gained { key: key.clone(), before: Held::default() });
        Ok(())
    }

    /// Adds a lock to the mass of a transaction.
    fn take_hash(&mut self, txn: TxnId, hash: u64, mode: Mode) -> Result<()> {
        let at = self.masses.iter().position(|mass| mass.txn == txn).unwrap_or_else(|| {
            self.masses.push(Mass::new(txn));
            self.masses.len() - 1
        });
        let Some(mass) = self.masses.get_mut(at) else { unreachable!("it was found or made just now") };
        let before = mass.len();
        mass.add(hash, mode);
        self.memory.change(before, mass.len())
    }

    /// Gives `key` a queue if another transaction has locked it among a mass of others.
    fn show(&mut self, txn: TxnId, key: &LockKey) {
        let Some(hash) = key.hash() else { return };
        for mass in self.masses.iter_mut().filter(|mass| mass.txn != txn) {
            let modes = mass.modes_of(hash);
            if modes == 0 || mass.shown.contains(key) {
                continue;
            }
            let queue = self.queues.entry(key.clone()).or_insert_with(|| {
                self.memory.take(ENTRY_LEN);
                Queue::default()
            });
            for mode in
                LockMode::ALL.iter().map(|mode| Mode::from(*mode)).filter(|mode| modes & mode.bit != 0)
            {
                queue.hold(mass.txn, mode);
            }
            mass.shown.push(key.clone());
        }
    }

    /// Whether `txn` holds `key` in `mode` or a stronger one.
    pub(crate) fn holds(&self, txn: TxnId, key: &LockKey, mode: Mode) -> bool {
        if self.queues.get(key).is_some_and(|queue| queue.held_by(txn).covers(mode)) {
            return true;
        }
        let Some(mass) = self.masses.iter().find(|mass| mass.txn == txn) else { return false };
        let modes = key.hash().map_or(0, |hash| mass.modes_of(hash));
        let held = LockMode::ALL.iter().map(|mode| Mode::from(*mode)).filter(|mode| modes & mode.bit != 0);
        held.fold(Held::default(), Held::with).covers(mode)
    }

    /// `txn`, which was parked, comes back for `key`: from here on it knows what was handed to it. If it
    /// wants another key by now it has given up waiting.
    fn collect(&mut self, txn: TxnId, key: &LockKey, gained: &mut Vec<Gained>) {
        let Some(wait) = self.waiting.get(&txn) else { return };
        if wait.key != *key {
            return self.cancel_wait(txn);
        }
        let is_queued = |queue: &Queue| queue.waiters.iter().any(|waiter| waiter.txn == txn);
        if self.queues.get(key).is_some_and(is_queued) {
            return;
        }
        if let Some(Wait { key, before }) = self.waiting.remove(&txn) {
            gained.push(Gained { key, before });
        }
    }

    /// Ends the wait of `txn`. A lock that was handed to it, but that it never came back for, is given back.
    pub(crate) fn cancel_wait(&mut self, txn: TxnId) {
        let Some(Wait { key, before }) = self.waiting.remove(&txn) else { return };
        if let Some(queue) = self.queues.get_mut(&key) {
            let len = queue.waiters.len();
            queue.waiters.retain(|waiter| waiter.txn != txn);
            if queue.waiters.len() == len {
                queue.put_back(txn, before);
            }
        }
        self.settle(&key);
    }

    /// Gives back what was gained since `gained` was `keep` long. Locks of a mass go with the last.
    pub(crate) fn release(&mut self, txn: TxnId, gained: &mut Vec<Gained>, keep: usize) {
        if !self.waiting.is_empty() {
            self.cancel_wait(txn);
        }
        while gained.len() > keep {
            let Some(Gained { key, before }) = gained.pop() else { break };
            self.put_back(txn, &key, before);
        }
        if keep == 0
            && let Some(at) = self.masses.iter().position(|mass| mass.txn == txn)
        {
            let mass = self.masses.swap_remove(at);
            self.memory.give_back(mass.len());
            for key in &mass.shown {
                self.put_back(txn, key, Held::default());
            }
        }
    }

    fn put_back(&mut self, txn: TxnId, key: &LockKey, before: Held) {
        if let Some(queue) = self.queues.get_mut(key) {
            queue.put_back(txn, before);
        }
        self.settle(key);
    }

    /// Grants what has become free at `key`, and forgets the key if nobody wants it any more.
    fn settle(&mut self, key: &LockKey) {
        let Some(queue) = self.queues.get_mut(key) else { return };
        queue.grant(&mut self.woken);
        if queue.holders.is_empty() {
            self.queues.remove(key);
            self.memory.give_back(ENTRY_LEN);
        }
    }

    /// Moves the transactions whose wait has ended to `into`.
    pub(crate) fn take_woken(&mut self, into: &mut Vec<TxnId>) {
        into.append(&mut self.woken);
    }

    fn blockers(&self, txn: TxnId) -> Vec<TxnId> {
        let queue = self.waiting.get(&txn).and_then(|wait| self.queues.get(&wait.key));
        queue.map(|queue| queue.blockers(txn)).unwrap_or_default()
    }

    fn is_in_ring(&self, start: TxnId) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![start];
        while let Some(txn) = open.pop() {
            for blocker in self.blockers(txn) {
                if blocker == start {
                    return true;
                }
                if seen.insert(blocker) {
                    open.push(blocker);
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
