//! What each session is doing, as the others may see it.
//!
//! Sessions cannot look into each other: the engine lends a step its own session and what all share. So each
//! writes down here what it begins and ends.

use super::engine::SessionId;
use crate::schema::Oid;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use strata_store::TxnId;

/// Where a session stands with its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// At work.
    Active,
    /// Waiting for a request.
    Idle,
    /// The same, in a transaction block.
    InBlock,
    /// The same, in one that has failed.
    InFailedBlock,
}

impl State {
    /// As in `pg_stat_activity`.
    pub(super) fn name(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Idle => "idle",
            State::InBlock => "idle in transaction",
            State::InFailedBlock => "idle in transaction (aborted)",
        }
    }
}

/// Why a session at work is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parked {
    /// For a lock, or a safe snapshot.
    Lock,
    /// It sleeps.
    Sleep,
    /// Its client does not read.
    Output,
}

/// A session. Times are microseconds since 2000-01-01 UTC.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    pub(super) pid: i32,
    pub(super) project: Oid,
    pub(super) user: String,
    pub(super) application_name: String,
    pub(super) client: Option<String>,
    pub(super) started: i64,
    pub(super) txn: Option<TxnId>,
    pub(super) transaction_started: i64,
    pub(super) statement_started: Option<i64>,
    pub(super) changed: i64,
    pub(super) state: State,
    pub(super) parked: Option<Parked>,
    pub(super) query: Arc<str>,
}

/// All sessions of an engine.
#[derive(Default)]
pub(super) struct Activities {
    sessions: RefCell<BTreeMap<SessionId, Activity>>,
    by_txn: RefCell<HashMap<TxnId, SessionId>>,
}

impl Activities {
    /// A session starts.
    pub(super) fn enter(&self, session: SessionId, activity: Activity) {
        self.sessions.borrow_mut().insert(session, activity);
    }

    /// It is over.
    pub(super) fn leave(&self, session: SessionId) {
        if let Some(Activity { txn: Some(txn), .. }) = self.sessions.borrow_mut().remove(&session) {
            self.by_txn.borrow_mut().remove(&txn);
        }
    }

    /// A session begins with a statement, at `now`.
    pub(super) fn runs(&self, session: SessionId, query: Arc<str>, now: i64, transaction_started: i64) {
        self.update(session, |activity| {
            activity.query = query;
            activity.transaction_started = transaction_started;
            activity.statement_started = Some(now);
            activity.changed = now;
            activity.state = State::Active;
        });
    }

    /// A session has answered, and waits for its client.
    pub(super) fn rests(&self, session: SessionId, state: State, now: i64) {
        self.update(session, |activity| {
            activity.state = state;
            activity.changed = now;
        });
    }

    /// A session is parked, or goes on.
    pub(super) fn park(&self, session: SessionId, parked: Option<Parked>) {
        self.update(session, |activity| activity.parked = parked);
    }

    /// A session calls itself something else.
    pub(super) fn rename(&self, session: SessionId, name: &str) {
        self.update(session, |activity| name.clone_into(&mut activity.application_name));
    }

    /// A session's transaction in the store has begun, or is over.
    pub(super) fn set_txn(&self, session: SessionId, txn: Option<TxnId>) {
        let mut sessions = self.sessions.borrow_mut();
        let Some(activity) = sessions.get_mut(&session) else { return };
        let mut by_txn = self.by_txn.borrow_mut();
        if let Some(before) = std::mem::replace(&mut activity.txn, txn) {
            by_txn.remove(&before);
        }
        if let Some(txn) = txn {
            by_txn.insert(txn, session);
        }
    }

    /// A session's transaction in the store.
    pub(super) fn txn_of(&self, session: SessionId) -> Option<TxnId> {
        self.sessions.borrow().get(&session)?.txn
    }

    /// The session of a transaction; prepared ones have none.
    pub(super) fn session_of(&self, txn: TxnId) -> Option<SessionId> {
        self.by_txn.borrow().get(&txn).copied()
    }

    /// Whether a session is at work.
    pub(super) fn is_active(&self, session: SessionId) -> bool {
        self.sessions.borrow().get(&session).is_some_and(|activity| activity.state == State::Active)
    }

    /// The number that the clients of a session cancel by.
    pub(super) fn pid_of(&self, session: SessionId) -> Option<i32> {
        self.sessions.borrow().get(&session).map(|activity| activity.pid)
    }

    /// The project that a session is in.
    pub(super) fn project_of(&self, session: SessionId) -> Option<Oid> {
        self.sessions.borrow().get(&session).map(|activity| activity.project)
    }

    /// The session of such a number.
    pub(super) fn by_pid(&self, pid: i32) -> Option<SessionId> {
        let sessions = self.sessions.borrow();
        sessions.iter().find(|(_, activity)| activity.pid == pid).map(|(session, _)| *session)
    }

    /// Every session.
    pub(super) fn all(&self) -> Vec<(SessionId, Activity)> {
        self.sessions.borrow().iter().map(|(session, activity)| (*session, activity.clone())).collect()
    }

    fn update(&self, session: SessionId, change: impl FnOnce(&mut Activity)) {
        if let Some(activity) = self.sessions.borrow_mut().get_mut(&session) {
            change(activity);
        }
    }
}
