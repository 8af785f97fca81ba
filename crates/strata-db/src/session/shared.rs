//! What all sessions of an engine share. Owned by the engine, borrowed for a step: no latches.

use super::activity::Activities;
use super::advisory::AdvisoryLocks;
use super::engine::{PasswordVerifier, SessionId};
use super::errands::Errands;
use super::notify::Notifications;
use super::plans::Plans;
use super::prepared::PreparedTransactions;
use super::sequences::{Oids, Sequences};
use super::snapshots::ExportedSnapshots;
use crate::catalog::{Catalog, Change, rows};
use crate::error::{Result, SqlError};
use crate::exec::Slice;
use crate::table::RowNumbers;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strata_store::{Lsn, Seq, Store};
use strata_types::sqlstate;

/// The engine's state beside its sessions.
pub(super) struct Shared {
    /// The world.
    pub(super) env: vfs::Env,
    /// The data.
    pub(super) store: Store,
    /// Of the session at work.
    pub(super) slice: Slice,
    catalog: RefCell<Arc<Catalog>>,
    /// The last commit that changed it.
    catalog_commit: Cell<Seq>,
    /// Statements by text.
    pub(super) plans: Plans,
    /// Positions of sequences.
    pub(super) sequences: Sequences,
    /// Hidden keys of tables without a primary key.
    pub(super) row_numbers: RowNumbers,
    /// What each session is doing.
    pub(super) activities: Activities,
    /// Verifications and backups.
    pub(super) errands: Errands,
    /// Locks by numbers that applications choose.
    pub(super) advisory: AdvisoryLocks,
    /// LISTEN and NOTIFY.
    pub(super) notifications: Notifications,
    /// How to interrupt the session of a number.
    interrupts: RefCell<HashMap<i32, Interrupt>>,
    /// Sessions that have something to look at.
    woken: RefCell<Vec<SessionId>>,
    /// Snapshots that transactions hand to each other.
    pub(super) exported: ExportedSnapshots,
    /// Transactions between the halves of two-phase commit.
    pub(super) prepared: PreparedTransactions,
    /// OIDs of new objects.
    pub(super) oids: Oids,
    /// When the engine was opened, microseconds since 2000-01-01 UTC.
    pub(super) started: i64,
    /// How passwords given in clear are kept.
    pub(super) password_verifier: Option<PasswordVerifier>,
}

/// A session's flags.
pub(super) struct Interrupt {
    pub(super) session: SessionId,
    /// Raised to cancel the running statement.
    pub(super) cancelled: Arc<AtomicBool>,
    /// Raised to end the session.
    pub(super) ended: Arc<AtomicBool>,
}

/// Microseconds between 1970-01-01 and 2000-01-01.
const EPOCH_2000_US: i64 = 946_684_800_000_000;

impl Shared {
    /// Around an open store and its catalog.
    ///
    /// # Errors
    /// Of the store.
    pub(super) fn new(
        env: vfs::Env,
        store: Store,
        catalog: Catalog,
        password_verifier: Option<PasswordVerifier>,
    ) -> Result<Shared> {
        let advisory = AdvisoryLocks::new();
        Ok(Shared {
            slice: Slice::default(),
            prepared: PreparedTransactions::recover(&store, &advisory)?,
            exported: ExportedSnapshots::default(),
            plans: Plans::new(),
            sequences: Sequences::new(),
            row_numbers: RowNumbers::new(),
            activities: Activities::default(),
            errands: Errands::default(),
            advisory,
            notifications: Notifications::new(),
            interrupts: RefCell::default(),
            woken: RefCell::default(),
            oids: Oids::new(),
            started: env.clock.now_us() - EPOCH_2000_US,
            env,
            store,
            catalog: RefCell::new(Arc::new(catalog)),
            catalog_commit: Cell::new(Seq(0)),
            password_verifier,
        })
    }

    /// Whether the session at work is to yield.
    pub(super) fn is_slice_over(&self) -> bool {
        self.slice.is_over(&*self.env.clock)
    }

    /// The catalog that new transactions see.
    pub(super) fn catalog(&self) -> Arc<Catalog> {
        self.catalog.borrow().clone()
    }

    /// Whether the catalog is that of a commit which plain snapshots do not show yet: what it says of tables
    /// would not fit the rows in them.
    pub(super) fn catalog_is_ahead(&self) -> bool {
        self.catalog_commit.get() > self.store.durable_seq()
    }

    /// Makes the changes of a transaction that has committed everybody's.
    pub(super) fn publish(&self, changes: &[Change], commit: Seq) {
        if changes.is_empty() {
            return;
        }
        self.catalog_commit.set(commit);
        let mut catalog = self.catalog.borrow_mut();
        let next = Arc::make_mut(&mut catalog);
        for change in changes {
            next.apply(change);
        }
    }

    /// The catalog as its rows say.
    ///
    /// # Errors
    /// Of the store.
    pub(super) fn reload(&self) -> Result<()> {
        let txn = self.store.begin();
        let loaded = rows::load(&txn, txn.newest_view())?;
        self.replace_catalog(loaded, self.store.last_seq());
        Ok(())
    }

    /// If the journal has failed under a commit that is in the catalog, that never becomes durable, and every answer
    /// that rests on it is refused: the catalog goes back to what is durable, so that this can be read on. One that
    /// cannot be read stays, to be tried again.
    pub(super) fn keep_to_durable(&self) {
        if !self.catalog_is_ahead() {
            return;
        }
        let Some(durable) = self.store.final_seq().filter(|durable| *durable < self.catalog_commit.get())
        else {
            return;
        };
        let mut txn = self.store.begin();
        let view = txn.statement_view();
        if let Ok(loaded) = rows::load(&txn, view) {
            self.replace_catalog(loaded, durable);
        }
    }

    fn replace_catalog(&self, mut loaded: Catalog, commit: Seq) {
        self.catalog_commit.set(commit);
        let mut catalog = self.catalog.borrow_mut();
        loaded.set_version(catalog.version() + 1);
        *catalog = Arc::new(loaded);
    }

    /// What a session whose last commit this is must see at least: no commit that the journal has failed under.
    pub(super) fn still_visible(&self, last: Seq) -> Seq {
        if last <= self.store.durable_seq() {
            return last;
        }
        self.store.final_seq().map_or(last, |durable| last.min(durable))
    }

    /// To be asked before an answer waits until the journal is durable up to `lsn`.
    ///
    /// # Errors
    /// 58030 if the journal has failed before that: the answer would wait for ever.
    pub(super) fn can_become_durable(&self, lsn: Lsn) -> Result<()> {
        // In this order: where the journal is durable once it has failed is final.
        if self.store.final_seq().is_none() || lsn <= self.store.durable() {
            return Ok(());
        }
        let lost =
            "what this rests on could not be written to disk: whether it survives is known after a restart";
        Err(SqlError::new(sqlstate::IO_ERROR, lost))
    }

    /// A session starts: this is how it is interrupted.
    pub(super) fn enter(&self, pid: i32, interrupt: Interrupt) {
        self.interrupts.borrow_mut().insert(pid, interrupt);
    }

    /// A session ends.
    pub(super) fn leave(&self, pid: i32) {
        self.interrupts.borrow_mut().remove(&pid);
    }

    /// Cancels what the session of a number does, or `ends` it. `false` if there is none. One that does nothing
    /// has nothing to be cancelled.
    pub(super) fn interrupt(&self, pid: i32, ends: bool) -> bool {
        let interrupts = self.interrupts.borrow();
        let Some(interrupt) = interrupts.get(&pid) else { return false };
        if !ends && !self.activities.is_active(interrupt.session) {
            return true;
        }
        let flag = if ends { &interrupt.ended } else { &interrupt.cancelled };
        flag.store(true, Ordering::Relaxed);
        self.wake(interrupt.session);
        true
    }

    /// A session has something to look at: it is to be run.
    pub(super) fn wake(&self, session: SessionId) {
        self.woken.borrow_mut().push(session);
    }

    /// The sessions to be run, each once.
    pub(super) fn take_woken(&self, into: &mut Vec<SessionId>) {
        into.append(&mut self.woken.borrow_mut());
    }

    /// Now, in microseconds since 2000-01-01 UTC.
    pub(super) fn now(&self) -> i64 {
        self.env.clock.now_us() - EPOCH_2000_US
    }
}
