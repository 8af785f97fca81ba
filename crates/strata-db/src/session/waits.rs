//! Who waits for whom: one graph for all that sessions wait for each other with, which are locks on rows and
//! tables, held by transactions, and advisory locks, held by sessions.
//!
//! A session waits for one thing at a time. When it begins to, the graph is walked from there; if that leads back
//! to it, nobody in the ring would ever go on, and it is refused its wish. So there is never a ring.

use super::advisory::Key;
use super::ddl::RELATION_CLASS;
use super::engine::SessionId;
use super::shared::Shared;
use crate::error::SqlError;
use std::collections::HashMap;
use strata_store::{LockWait, Locked, ObjectMode, TxnId};
use strata_types::sqlstate;

/// What a session waits for.
pub(super) enum Wait {
    /// A lock of the store.
    Lock(LockWait),
    /// An advisory lock.
    Advisory { key: Key, shared: bool },
}

impl Wait {
    /// Of a session, if it waits for others.
    pub(super) fn of(shared: &Shared, session: SessionId) -> Option<Wait> {
        if let Some((key, is_shared)) = shared.advisory.wait_of(session) {
            return Some(Wait::Advisory { key, shared: is_shared });
        }
        let txn = shared.activities.txn_of(session)?;
        shared.store.lock_wait(txn).map(Wait::Lock)
    }

    /// The name of the wait event, and the kind of lock.
    pub(super) fn event(&self) -> &'static str {
        match self {
            Wait::Advisory { .. } => "advisory",
            Wait::Lock(LockWait { wants: Locked::Row { .. }, .. }) => "transactionid",
            Wait::Lock(LockWait { wants: Locked::Object { class: RELATION_CLASS, .. }, .. }) => "relation",
            Wait::Lock(_) => "object",
        }
    }

    /// The first transaction in the way, if it is one.
    pub(super) fn transaction(&self) -> Option<TxnId> {
        match self {
            Wait::Lock(wait) => wait.blockers.first().copied(),
            Wait::Advisory { .. } => None,
        }
    }

    /// In the words of a deadlock's detail.
    fn text(&self, database: u32) -> String {
        match self {
            Wait::Advisory { key, shared } => {
                let mode = if *shared { "ShareLock" } else { "ExclusiveLock" };
                let [database, high, low, kind] = key.fields();
                format!("{mode} on advisory lock [{database},{high},{low},{kind}]")
            }
            Wait::Lock(LockWait { wants: Locked::Row { .. }, blockers }) => {
                let txn = blockers.first().map_or(0, |txn| txn.0);
                format!("ShareLock on transaction {txn}")
            }
            Wait::Lock(LockWait { wants: Locked::Object { class, id, mode }, .. }) => {
                let mode = mode_name(*mode);
                match *class {
                    RELATION_CLASS => format!("{mode} on relation {id} of database {database}"),
                    class => format!("{mode} on object {id} of class {class} of database {database}"),
                }
            }
        }
    }
}

/// PostgreSQL's name of a mode.
pub(super) fn mode_name(mode: ObjectMode) -> &'static str {
    match mode {
        ObjectMode::AccessShare => "AccessShareLock",
        ObjectMode::RowShare => "RowShareLock",
        ObjectMode::RowExclusive => "RowExclusiveLock",
        ObjectMode::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
        ObjectMode::Share => "ShareLock",
        ObjectMode::ShareRowExclusive => "ShareRowExclusiveLock",
        ObjectMode::Exclusive => "ExclusiveLock",
        ObjectMode::AccessExclusive => "AccessExclusiveLock",
    }
}

/// The sessions that a session waits for, and whether a transaction without a session is among them: a
/// prepared one.
pub(super) fn blockers(shared: &Shared, session: SessionId) -> (Vec<SessionId>, bool) {
    match Wait::of(shared, session) {
        None => (Vec::new(), false),
        Some(Wait::Advisory { .. }) => (shared.advisory.blockers(session), false),
        Some(Wait::Lock(wait)) => {
            let found: Vec<_> = wait.blockers.iter().map(|txn| shared.activities.session_of(*txn)).collect();
            (found.iter().flatten().copied().collect(), found.iter().any(Option::is_none))
        }
    }
}

/// Why a session that has begun to wait cannot: it would wait for itself.
pub(super) fn deadlock(shared: &Shared, session: SessionId) -> Option<SqlError> {
    let ring = ring(shared, session)?;
    let mut detail = String::new();
    for (at, waiter) in ring.iter().enumerate() {
        let next = ring.get(at + 1).unwrap_or(&session);
        let pid = |session| shared.activities.pid_of(session).unwrap_or_default();
        let wait = Wait::of(shared, *waiter)?;
        if at > 0 {
            detail.push('\n');
        }
        let database = shared.activities.project_of(*waiter).map_or(0, |project| project.0);
        detail += &format!(
            "Process {} waits for {}; blocked by process {}.",
            pid(*waiter),
            wait.text(database),
            pid(*next)
        );
    }
    Some(
        SqlError::new(sqlstate::T_R_DEADLOCK_DETECTED, "deadlock detected")
            .detail(detail)
            .hint("See server log for query details."),
    )
}

/// The sessions around a ring, each waiting for the next and the last for the first, which is `start`.
fn ring(shared: &Shared, start: SessionId) -> Option<Vec<SessionId>> {
    let mut reached_from: HashMap<SessionId, SessionId> = HashMap::new();
    let mut open = vec![start];
    while let Some(session) = open.pop() {
        for next in blockers(shared, session).0 {
            if next == start {
                let mut ring = vec![session];
                while let Some(before) = ring.last().filter(|last| **last != start) {
                    ring.push(*reached_from.get(before)?);
                }
                ring.reverse();
                return Some(ring);
            }
            if let std::collections::hash_map::Entry::Vacant(vacant) = reached_from.entry(next) {
                vacant.insert(session);
                open.push(next);
            }
        }
    }
    None
}
