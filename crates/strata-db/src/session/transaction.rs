//! A session's transaction: block state, savepoints, and the catalog changes it carries.
//!
//! ```text
//!            statement               BEGIN                  error
//!   Idle ───────────────▶ Implicit ─────────▶ Block ───────────────▶ Failed
//!    ▲                       │ end of request   │ COMMIT, ROLLBACK      │ COMMIT (as ROLLBACK), ROLLBACK
//!    └───────────────────────┴──────────────────┴───────────────────────┘
//! ```
//! The store's transaction begins with the first statement that needs one. After an error a block goes back to its
//! last savepoint at once, or is rolled back if there is none: a failed block holds no locks that its client
//! cannot keep any more.

use super::engine::SessionId;
use super::references::{Deferral, DeferralMark, Event};
use super::settings::{Mark, Settings};
use super::shared::Shared;
use crate::catalog::{Catalog, Change};
use crate::error::{Result, SqlError};
use std::cell::RefCell;
use std::sync::Arc;
use strata_store::{Access, Lock, Lsn, Savepoint, Snapshot, Txn, View};
use strata_types::sqlstate;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// No transaction.
    Idle,
    /// One that ends with the request.
    Implicit,
    /// One that the client began.
    Open,
    /// One that has failed: only its end is accepted.
    Failed,
}

/// Isolation levels (PostgreSQL documentation, 13.2). READ UNCOMMITTED is READ COMMITTED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// A snapshot a statement.
    ReadCommitted,
    /// A snapshot a transaction.
    RepeatableRead,
    /// As if one after the other.
    Serializable(Access),
}

/// A session's transaction.
pub(super) struct Transaction {
    session: SessionId,
    block: Block,
    txn: Option<Txn>,
    /// The catalog with this transaction's own changes, and the version of the shared one that it is made
    /// from; `None` while there are no changes or it has to be made anew.
    catalog: RefCell<Option<(u64, Arc<Catalog>)>>,
    changes: Vec<Change>,
    savepoints: Vec<Level>,
    /// The first statement that took a snapshot has run: the isolation level is settled.
    pub(super) has_snapshot: bool,
    /// Checks of foreign keys that wait for the end.
    pub(super) deferral: Deferral,
    /// A commit of this session that later ones must see even if it is not durable yet.
    last_commit: Option<strata_store::Seq>,
}

struct Level {
    name: String,
    store: Savepoint,
    changes: usize,
    signals: usize,
    deferred: DeferralMark,
    advisory: usize,
    settings: Mark,
}

impl Transaction {
    /// No transaction.
    pub(super) fn new(session: SessionId) -> Transaction {
        Transaction {
            session,
            block: Block::Idle,
            txn: None,
            catalog: RefCell::new(None),
            changes: Vec::new(),
            savepoints: Vec::new(),
            has_snapshot: false,
            deferral: Deferral::default(),
            last_commit: None,
        }
    }

    /// Where the session stands.
    pub(super) fn block(&self) -> Block {
        self.block
    }

    /// ReadyForQuery's status byte.
    pub(super) fn status(&self) -> u8 {
        match self.block {
            Block::Idle | Block::Implicit => b'I',
            Block::Open => b'T',
            Block::Failed => b'E',
        }
    }

    /// A statement starts: there is a transaction from now on.
    pub(super) fn ensure(&mut self) {
        if self.block == Block::Idle {
            self.block = Block::Implicit;
        }
    }

    /// `BEGIN`. An implicit transaction becomes a block.
    pub(super) fn begin_block(&mut self) {
        self.block = Block::Open;
    }

    /// The block is over: what fails now ends the transaction.
    pub(super) fn leave_block(&mut self) {
        self.block = Block::Implicit;
    }

    /// The store's transaction, begun if there is none.
    pub(super) fn txn(&mut self, shared: &Shared) -> &mut Txn {
        let (session, last) = (self.session, self.last_commit);
        self.txn.get_or_insert_with(|| {
            let txn = match last {
                Some(seq) => shared.store.begin_after(shared.still_visible(seq)),
                None => shared.store.begin(),
            };
            shared.activities.set_txn(session, Some(txn.id()));
            txn
        })
    }

    /// The store's transaction, if there is one.
    pub(super) fn open_txn(&mut self) -> Option<&mut Txn> {
        self.txn.as_mut()
    }

    /// What the next statement sees.
    pub(super) fn view(&mut self, shared: &Shared, isolation: Isolation) -> View {
        let takes_first = &mut !std::mem::replace(&mut self.has_snapshot, true);
        let is_ahead = shared.catalog_is_ahead();
        let txn = self.txn(shared);
        if is_ahead {
            txn.see_newest();
        }
        match isolation {
            Isolation::ReadCommitted => txn.statement_view(),
            Isolation::RepeatableRead => txn.same_snapshot_view(),
            Isolation::Serializable(access) => {
                if std::mem::take(takes_first) {
                    // What may be put off has waited for a safe snapshot before.
                    txn.serialize(if access == Access::ReadWrite { access } else { Access::ReadOnly });
                }
                txn.same_snapshot_view()
            }
        }
    }

    /// Takes a snapshot that no other transaction can make unsafe, if the first one is still to be taken.
    pub(super) fn safe_snapshot(&mut self, shared: &Shared) -> Lock {
        if self.has_snapshot {
            return Lock::Granted;
        }
        let lock = self.txn(shared).serialize(Access::Deferrable);
        self.has_snapshot = lock == Lock::Granted;
        lock
    }

    /// What an internal statement sees: the newest commits, durable or not, and everything written so far.
    pub(super) fn newest_view(&mut self, shared: &Shared, isolation: Isolation) -> View {
        self.view(shared, isolation);
        self.txn(shared).newest_view()
    }

    /// Sees what another transaction sees, from the first query on.
    pub(super) fn adopt_snapshot(&mut self, shared: &Shared, snapshot: &Snapshot, isolation: Isolation) {
        self.has_snapshot = true;
        let txn = self.txn(shared);
        match isolation {
            Isolation::Serializable(access) => txn.serialize_at(snapshot, access),
            Isolation::ReadCommitted | Isolation::RepeatableRead => txn.adopt(snapshot),
        }
    }

    /// The events that are to be seen to before the statement ends: all of them, where the transaction ends
    /// with it.
    pub(super) fn due_now(&mut self, events: Vec<Event>) -> Vec<Event> {
        match self.block {
            Block::Idle | Block::Implicit => events,
            Block::Open | Block::Failed => self.deferral.keep(events),
        }
    }

    /// The catalog as this transaction sees it.
    pub(super) fn catalog(&self, shared: &Shared) -> Arc<Catalog> {
        let committed = shared.catalog();
        if self.changes.is_empty() {
            return committed;
        }
        let mut own = self.catalog.borrow_mut();
        match &*own {
            Some((version, catalog)) if *version == committed.version() => catalog.clone(),
            _ => {
                let version = committed.version();
                let mut catalog = (*committed).clone();
                self.changes.iter().for_each(|change| catalog.apply(change));
                let catalog = Arc::new(catalog);
                *own = Some((version, catalog.clone()));
                catalog
            }
        }
    }

    /// Whether it has changed the catalog: its plans are not for others.
    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Whether one of its changes of the catalog is such.
    pub(super) fn has_changed(&self, such: impl Fn(&Change) -> bool) -> bool {
        self.changes.iter().any(such)
    }

    /// Records a change of the catalog and writes it to the system keyspaces.
    pub(super) fn change(&mut self, shared: &Shared, change: Change) -> Result<()> {
        crate::catalog::rows::write(self.txn(shared), &change)?;
        if let Some((_, catalog)) = self.catalog.get_mut() {
            Arc::make_mut(catalog).apply(&change);
        }
        self.changes.push(change);
        Ok(())
    }

    /// Does some of the work of a large commit before it; `true` when no such is left.
    ///
    /// # Errors
    /// Of the store; the transaction can only be rolled back then.
    pub(super) fn prepare_commit(&mut self) -> Result<bool> {
        Ok(self.txn.as_mut().map_or(Ok(true), Txn::prepare_commit)?)
    }

    /// Ends the transaction well. The reply is gated on the position returned.
    ///
    /// # Errors
    /// Of the store; the transaction is then rolled back.
    pub(super) fn commit(&mut self, shared: &Shared, settings: &mut Settings) -> Result<Option<Lsn>> {
        let changes = std::mem::take(&mut self.changes);
        let Some(txn) = self.take_txn(shared) else {
            self.reset();
            settings.commit();
            return Ok(None);
        };
        let writes = txn.has_writes();
        let outcome = txn.commit();
        self.reset();
        match outcome {
            Ok(commit) => {
                settings.commit();
                shared.publish(&changes, commit.seq);
                if writes {
                    self.last_commit = Some(commit.seq);
                }
                Ok(Some(commit.lsn))
            }
            Err(error) => {
                settings.rollback();
                Err(error.into())
            }
        }
    }

    /// Hands the store's transaction over to who will end it. The block is over; what was set stays.
    ///
    pub(super) fn hand_over(&mut self, shared: &Shared, settings: &mut Settings) -> (Txn, Vec<Change>) {
        self.txn(shared);
        let changes = std::mem::take(&mut self.changes);
        let Some(txn) = self.take_txn(shared) else { unreachable!("it was begun above") };
        self.reset();
        settings.commit();
        (txn, changes)
    }

    /// Somebody else has committed for this session: what it does next must see that.
    pub(super) fn has_seen_newest(&mut self, shared: &Shared) {
        self.last_commit = Some(shared.store.last_seq());
    }

    fn take_txn(&mut self, shared: &Shared) -> Option<Txn> {
        let txn = self.txn.take()?;
        shared.activities.set_txn(self.session, None);
        shared.exported.withdraw(self.session);
        Some(txn)
    }

    /// Takes everything back. The reply is gated on the position returned.
    pub(super) fn rollback(&mut self, shared: &Shared, settings: &mut Settings) -> Option<Lsn> {
        let gate = self.take_txn(shared).map(Txn::rollback);
        self.reset();
        settings.rollback();
        gate
    }

    /// A statement failed: an implicit transaction is over, a block has failed.
    pub(super) fn fail(&mut self, shared: &Shared, settings: &mut Settings) -> Option<Lsn> {
        match self.block {
            Block::Idle | Block::Implicit => self.rollback(shared, settings),
            Block::Open | Block::Failed if self.savepoints.is_empty() => {
                let gate = self.rollback(shared, settings);
                self.block = Block::Failed;
                gate
            }
            Block::Open | Block::Failed => {
                self.take_back(shared);
                self.block = Block::Failed;
                None
            }
        }
    }

    /// `SAVEPOINT name`, after so many signals.
    pub(super) fn savepoint(&mut self, shared: &Shared, name: &str, signals: usize, settings: &Settings) {
        let store = self.txn(shared).savepoint();
        self.savepoints.push(Level {
            name: name.to_owned(),
            store,
            changes: self.changes.len(),
            signals,
            deferred: self.deferral.mark(),
            advisory: shared.advisory.taken_by_transaction(self.session),
            settings: settings.mark(),
        });
    }

    /// `RELEASE name`: the savepoint and those after it are forgotten, what was done since stays.
    ///
    /// # Errors
    /// 3B001 if there is none.
    pub(super) fn release(&mut self, name: &str) -> Result<()> {
        let index = self.level(name)?;
        let released = self.savepoints.drain(index..).next();
        if let (Some(txn), Some(level)) = (&mut self.txn, released) {
            txn.release(level.store);
        }
        Ok(())
    }

    /// `ROLLBACK TO name`: what was done since is taken back; the savepoint stays. Returns how many signals
    /// do.
    ///
    /// # Errors
    /// 3B001 if there is none.
    pub(super) fn rollback_to(
        &mut self,
        shared: &Shared,
        name: &str,
        settings: &mut Settings,
    ) -> Result<usize> {
        let index = self.level(name)?;
        self.savepoints.truncate(index + 1);
        let mut signals = 0;
        if let Some(level) = self.savepoints.last_mut() {
            self.changes.truncate(level.changes);
            *self.catalog.get_mut() = None;
            signals = level.signals;
            self.deferral.roll_back_to(&level.deferred);
            settings.rollback_to(level.settings);
        }
        self.take_back(shared);
        self.block = Block::Open;
        Ok(signals)
    }

    /// Takes back the writes and locks since the last savepoint, and gives up waiting.
    fn take_back(&mut self, shared: &Shared) {
        let Some(level) = self.savepoints.last() else { return };
        if let Some(txn) = &mut self.txn {
            txn.rollback_to(level.store);
        }
        shared.advisory.roll_back_to(shared, self.session, level.advisory);
    }

    /// How many savepoints are set.
    pub(super) fn depth(&self) -> usize {
        self.savepoints.len()
    }

    fn level(&self, name: &str) -> Result<usize> {
        self.savepoints.iter().rposition(|level| level.name == name).ok_or_else(|| {
            SqlError::new(sqlstate::S_E_INVALID_SPECIFICATION, format!("savepoint \"{name}\" does not exist"))
        })
    }

    fn reset(&mut self) {
        self.block = Block::Idle;
        *self.catalog.get_mut() = None;
        self.changes.clear();
        self.savepoints.clear();
        self.has_snapshot = false;
        self.deferral = Deferral::default();
    }
}
