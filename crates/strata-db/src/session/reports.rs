//! What is told of all sessions: the rows of `pg_stat_activity` and `pg_locks`.

use super::activity::{Activity, Parked, State};
use super::ddl::RELATION_CLASS;
use super::engine::SessionId;
use super::shared::Shared;
use super::waits::{Wait, mode_name};
use crate::functions::reports::{LockReport, SessionReport};
use std::collections::BTreeSet;
use strata_store::{LockWait, Locked, TxnId};

/// Every session.
pub(super) fn sessions(shared: &Shared) -> Vec<SessionReport> {
    let report = |(session, activity): (SessionId, Activity)| SessionReport {
        pid: activity.pid,
        database: activity.project.0,
        wait_event: wait_event(shared, session, &activity),
        transaction: activity.txn.map(number),
        transaction_started: (activity.state != State::Idle).then_some(activity.transaction_started),
        statement_started: activity.statement_started,
        user: activity.user,
        application_name: activity.application_name,
        client: activity.client,
        started: activity.started,
        state: activity.state.name(),
        query: activity.query.to_string(),
        changed: activity.changed,
    };
    shared.activities.all().into_iter().map(report).collect()
}

fn wait_event(
    shared: &Shared,
    session: SessionId,
    activity: &Activity,
) -> Option<(&'static str, &'static str)> {
    match (activity.state, activity.parked) {
        (State::Idle | State::InBlock | State::InFailedBlock, _) => Some(("Client", "ClientRead")),
        (State::Active, Some(Parked::Sleep)) => Some(("Timeout", "PgSleep")),
        (State::Active, Some(Parked::Output)) => Some(("Client", "ClientWrite")),
        (State::Active, Some(Parked::Lock)) => Some(match Wait::of(shared, session) {
            Some(wait) => ("Lock", wait.event()),
            None => ("IPC", "SafeSnapshot"),
        }),
        (State::Active, None) => None,
    }
}

/// Every lock on a relation or an advisory key, every transaction that somebody waits for, and every wait.
pub(super) fn locks(shared: &Shared) -> Vec<LockReport> {
    let mut reports = Vec::new();
    let mut awaited = BTreeSet::new();
    for (session, activity) in shared.activities.all() {
        let own = LockReport {
            holder: virtual_transaction(session),
            pid: Some(activity.pid),
            ..LockReport::default()
        };
        if activity.txn.is_some() {
            reports.push(LockReport {
                kind: "virtualxid",
                virtual_transaction: Some(own.holder.clone()),
                mode: "ExclusiveLock",
                granted: true,
                ..own.clone()
            });
        }
        if let Some(wait) = Wait::of(shared, session) {
            awaited.extend(wait.transaction());
            reports.push(waited_for(&wait, activity.project.0, own));
        }
    }
    shared.store.each_object_lock(&mut |txn, locked| {
        let Locked::Object { class, id, mode } = locked else { return };
        let wait = LockWait { wants: Locked::Object { class, id, mode }, blockers: Vec::new() };
        let database = project_of(shared, txn);
        let report = waited_for(&Wait::Lock(wait), database, held_by(shared, txn));
        reports.push(LockReport { granted: true, ..report });
    });
    shared.advisory.each(&mut |session, key, is_shared| {
        let own = LockReport {
            holder: virtual_transaction(session),
            pid: shared.activities.pid_of(session),
            granted: true,
            ..LockReport::default()
        };
        let report = waited_for(&Wait::Advisory { key, shared: is_shared }, key.project.0, own);
        reports.push(LockReport { granted: true, ..report });
    });
    // Who is waited for because of a row holds its own number.
    reports.extend(awaited.into_iter().map(|txn| LockReport {
        kind: "transactionid",
        transaction: Some(number(txn)),
        mode: "ExclusiveLock",
        granted: true,
        ..held_by(shared, txn)
    }));
    reports
}

/// What a wait is for, on top of who waits.
fn waited_for(wait: &Wait, database: u32, own: LockReport) -> LockReport {
    let own = LockReport { kind: wait.event(), ..own };
    match wait {
        Wait::Advisory { key, shared } => {
            let [database, class, object, part] = key.fields();
            let mode = if *shared { "ShareLock" } else { "ExclusiveLock" };
            let object = Some((class, object, part as i16));
            LockReport { database: Some(database), object, mode, ..own }
        }
        Wait::Lock(LockWait { wants: Locked::Row { .. }, blockers }) => {
            LockReport { transaction: blockers.first().copied().map(number), mode: "ShareLock", ..own }
        }
        Wait::Lock(LockWait { wants: Locked::Object { class: RELATION_CLASS, id, mode }, .. }) => {
            LockReport {
                database: Some(database),
                relation: u32::try_from(*id).ok(),
                mode: mode_name(*mode),
                ..own
            }
        }
        Wait::Lock(LockWait { wants: Locked::Object { class, id, mode }, .. }) => LockReport {
            database: Some(database),
            object: Some((*class as u32, *id as u32, 0)),
            mode: mode_name(*mode),
            ..own
        },
    }
}

fn held_by(shared: &Shared, txn: TxnId) -> LockReport {
    match shared.activities.session_of(txn) {
        Some(session) => LockReport {
            holder: virtual_transaction(session),
            pid: shared.activities.pid_of(session),
            ..LockReport::default()
        },
        None => LockReport { holder: format!("-1/{}", txn.0), ..LockReport::default() },
    }
}

fn project_of(shared: &Shared, txn: TxnId) -> u32 {
    let session = shared.activities.session_of(txn);
    session.and_then(|session| shared.activities.project_of(session)).map_or(0, |project| project.0)
}

/// A session's transaction, by the session's number.
fn virtual_transaction(session: SessionId) -> String {
    format!("{}/1", session.0)
}

/// A transaction's number, as far as 32 bits go.
fn number(txn: TxnId) -> u32 {
    txn.0 as u32
}
