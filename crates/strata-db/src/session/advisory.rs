//! Advisory locks: what applications lock by numbers of their own choosing.
//!
//! Unlike the store's locks they may outlive their transaction, are counted, and do not exclude other
//! locks of the same session; so they have a table of their own. Waiters are served in the order in which
//! they came.

use super::engine::SessionId;
use super::shared::Shared;
use crate::schema::Oid;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

/// What is locked: one 64-bit number, or a pair of 32-bit ones, of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) project: Oid,
    pub(super) is_pair: bool,
    pub(super) number: i64,
}

impl Key {
    /// As in `pg_locks`: database, classid, objid, objsubid.
    pub(super) fn fields(self) -> [u32; 4] {
        [self.project.0, (self.number >> 32) as u32, self.number as u32, if self.is_pair { 2 } else { 1 }]
    }
}

/// For how long a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Until it is released, or the session ends.
    Session,
    /// Until the transaction ends.
    Transaction,
}

/// A wish for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) key: Key,
    /// Shared locks exclude exclusive ones only.
    pub(super) shared: bool,
    pub(super) scope: Scope,
}

/// A session's hold on a key in one mode, counted by scope.
#[derive(Debug)]
struct Hold {
    session: SessionId,
    shared: bool,
    by_session: u32,
    by_transaction: u32,
}

#[derive(Default, Debug)]
struct Entry {
    holds: Vec<Hold>,
    waiters: VecDeque<(SessionId, bool)>,
}

impl Entry {
    fn is_held_against(&self, session: SessionId, shared: bool) -> bool {
        self.holds.iter().any(|hold| hold.session != session && !(hold.shared && shared))
    }

    fn is_held_by(&self, session: SessionId) -> bool {
        self.holds.iter().any(|hold| hold.session == session)
    }

    /// Who holds the key already goes before those who wait for it.
    fn must_wait(&self, session: SessionId, shared: bool) -> bool {
        let ahead = || self.waiters.iter().take_while(|(waiter, _)| *waiter != session);
        self.is_held_against(session, shared)
            || !self.is_held_by(session) && ahead().any(|(_, theirs)| !(*theirs && shared))
    }

    fn hold(&mut self, session: SessionId, wish: Wish) {
        self.waiters.retain(|(waiter, _)| *waiter != session);
        let found = self.holds.iter().position(|hold| hold.session == session && hold.shared == wish.shared);
        let index = found.unwrap_or_else(|| {
            self.holds.push(Hold { session, shared: wish.shared, by_session: 0, by_transaction: 0 });
            self.holds.len() - 1
        });
        if let Some(hold) = self.holds.get_mut(index) {
            match wish.scope {
                Scope::Session => hold.by_session += 1,
                Scope::Transaction => hold.by_transaction += 1,
            }
        }
    }

    /// Takes counts back and forgets holds without any. Whether something was let go.
    fn release(&mut self, mut change: impl FnMut(&mut Hold)) -> bool {
        self.holds.iter_mut().for_each(&mut change);
        let before = self.holds.len();
        self.holds.retain(|hold| hold.by_session > 0 || hold.by_transaction > 0);
        self.holds.len() < before
    }

    fn wake(&self, shared: &Shared) {
        self.waiters.iter().for_each(|(waiter, _)| shared.wake(*waiter));
    }
}

/// The advisory locks of an engine.
#[derive(Default)]
pub(super) struct AdvisoryLocks {
    entries: RefCell<HashMap<Key, Entry>>,
    /// What each waiting session wants, and whether shared.
    waits: RefCell<HashMap<SessionId, (Key, bool)>>,
    /// What the transaction of a session took, in that order, and whether shared.
    of_transactions: RefCell<HashMap<SessionId, Vec<(Key, bool)>>>,
}

impl AdvisoryLocks {
    /// None held.
    pub(super) fn new() -> AdvisoryLocks {
        AdvisoryLocks::default()
    }

    /// Takes a lock if that needs no waiting.
    pub(super) fn try_take(&self, session: SessionId, wish: Wish) -> bool {
        let mut entries = self.entries.borrow_mut();
        let entry = entries.entry(wish.key).or_default();
        if entry.must_wait(session, wish.shared) {
            return false;
        }
        entry.hold(session, wish);
        if wish.scope == Scope::Transaction {
            let mut taken = self.of_transactions.borrow_mut();
            taken.entry(session).or_default().push((wish.key, wish.shared));
        }
        true
    }

    /// Takes a lock or queues for it: `false` is to be asked again when the session is woken.
    pub(super) fn take(&self, session: SessionId, wish: Wish) -> bool {
        if self.try_take(session, wish) {
            self.waits.borrow_mut().remove(&session);
            return true;
        }
        let mut entries = self.entries.borrow_mut();
        if let Some(entry) = entries.get_mut(&wish.key)
            && entry.waiters.iter().all(|(waiter, _)| *waiter != session)
        {
            entry.waiters.push_back((session, wish.shared));
        }
        self.waits.borrow_mut().insert(session, (wish.key, wish.shared));
        false
    }

    /// What a session waits for, and whether it wants that shared.
    pub(super) fn wait_of(&self, session: SessionId) -> Option<(Key, bool)> {
        self.waits.borrow().get(&session).copied()
    }

    /// The sessions that one waits for: who holds what it wants, and who came before it.
    pub(super) fn blockers(&self, session: SessionId) -> Vec<SessionId> {
        let Some((key, shared)) = self.wait_of(session) else { return Vec::new() };
        let entries = self.entries.borrow();
        let Some(entry) = entries.get(&key) else { return Vec::new() };
        let holders = entry.holds.iter().filter(|hold| hold.session != session && !(hold.shared && shared));
        let before = entry.waiters.iter().take_while(|(waiter, _)| *waiter != session);
        let before = before.filter(|(_, theirs)| !(*theirs && shared)).map(|(waiter, _)| *waiter);
        let before = before.filter(|_| !entry.is_held_by(session));
        holders.map(|hold| hold.session).chain(before).collect()
    }

    /// Tells of every lock that is held: by whom, which, and whether shared.
    pub(super) fn each(&self, tell: &mut dyn FnMut(SessionId, Key, bool)) {
        for (key, entry) in &*self.entries.borrow() {
            entry.holds.iter().for_each(|hold| tell(hold.session, *key, hold.shared));
        }
    }

    /// Releases a session-level lock once. `false` if it was not held.
    pub(super) fn release(&self, shared: &Shared, session: SessionId, wish: Wish) -> bool {
        let mut entries = self.entries.borrow_mut();
        let Some(entry) = entries.get_mut(&wish.key) else { return false };
        let mut was_held = false;
        let is_free = entry.release(|hold| {
            if hold.session == session && hold.shared == wish.shared && hold.by_session > 0 {
                hold.by_session -= 1;
                was_held = true;
            }
        });
        if is_free {
            entry.wake(shared);
        }
        was_held
    }

    /// How many locks a session's transaction has taken.
    pub(super) fn taken_by_transaction(&self, session: SessionId) -> usize {
        self.of_transactions.borrow().get(&session).map_or(0, Vec::len)
    }

    /// A session's transaction goes back to where it had taken so many locks.
    pub(super) fn roll_back_to(&self, shared: &Shared, session: SessionId, taken: usize) {
        let mut of_transactions = self.of_transactions.borrow_mut();
        let Some(all) = of_transactions.get_mut(&session) else { return };
        let mut entries = self.entries.borrow_mut();
        for (key, is_shared) in all.drain(taken.min(all.len())..) {
            let Some(entry) = entries.get_mut(&key) else { continue };
            let is_free = entry.release(|hold| {
                if hold.session == session && hold.shared == is_shared {
                    hold.by_transaction = hold.by_transaction.saturating_sub(1);
                }
            });
            if is_free {
                entry.wake(shared);
            }
            if entry.holds.is_empty() && entry.waiters.is_empty() {
                entries.remove(&key);
            }
        }
    }

    /// Whether a session holds a key for itself and for its transaction.
    pub(super) fn holds_both(&self, session: SessionId) -> bool {
        let of_transactions = self.of_transactions.borrow();
        let Some(taken) = of_transactions.get(&session) else { return false };
        let entries = self.entries.borrow();
        taken.iter().any(|(key, _)| {
            let holds = entries.get(key).into_iter().flat_map(|entry| &entry.holds);
            holds.into_iter().any(|hold| hold.session == session && hold.by_session > 0)
        })
    }

    /// What a session's transaction has taken, and whether shared.
    pub(super) fn of_transaction(&self, session: SessionId) -> Vec<(Key, bool)> {
        self.of_transactions.borrow().get(&session).cloned().unwrap_or_default()
    }

    /// The locks of a session's transaction go over to `to`, which has none.
    pub(super) fn hand_over(&self, session: SessionId, to: SessionId) {
        let mut of_transactions = self.of_transactions.borrow_mut();
        let Some(taken) = of_transactions.remove(&session) else { return };
        let mut entries = self.entries.borrow_mut();
        for (key, _) in &taken {
            let holds = entries.get_mut(key).into_iter().flat_map(|entry| &mut entry.holds);
            holds.filter(|hold| hold.session == session).for_each(|hold| hold.session = to);
        }
        of_transactions.insert(to, taken);
    }

    /// A session's transaction ends: what it held for that long is released.
    pub(super) fn end_transaction(&self, shared: &Shared, session: SessionId) {
        self.roll_back_to(shared, session, 0);
        self.of_transactions.borrow_mut().remove(&session);
    }

    /// Releases every session-level lock.
    pub(super) fn release_all(&self, shared: &Shared, session: SessionId) {
        self.sweep(shared, session, |hold| hold.by_session = 0);
    }

    /// A session ends.
    pub(super) fn end(&self, shared: &Shared, session: SessionId) {
        self.withdraw(session);
        self.end_transaction(shared, session);
        self.release_all(shared, session);
    }

    /// A session waits no more.
    pub(super) fn withdraw(&self, session: SessionId) {
        if self.waits.borrow_mut().remove(&session).is_none() {
            return;
        }
        for entry in self.entries.borrow_mut().values_mut() {
            entry.waiters.retain(|(waiter, _)| *waiter != session);
        }
    }

    fn sweep(&self, shared: &Shared, session: SessionId, change: impl Fn(&mut Hold)) {
        // Most sessions hold none: the end of a transaction must cost nothing.
        if self.entries.borrow().is_empty() {
            return;
        }
        self.entries.borrow_mut().retain(|_, entry| {
            let freed = entry.release(|hold| {
                if hold.session == session {
                    change(hold);
                }
            });
            if freed {
                entry.wake(shared);
            }
            !entry.holds.is_empty() || !entry.waiters.is_empty()
        });
    }
}
