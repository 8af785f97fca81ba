//! What keeps a statement from running or from going on: cancellation, timeouts, read-only transactions.

use super::session::Session;
use super::settings::Modes;
use super::shared::Shared;
use super::transaction::{Block, Isolation};
use crate::error::{Result, SqlError};
use strata_types::sqlstate;

impl Session {
    /// The isolation level of the transaction at hand.
    pub(super) fn isolation(&self) -> Isolation {
        self.modes().isolation()
    }

    /// Whether the transaction at hand may not write.
    pub(super) fn is_read_only(&self) -> bool {
        self.modes().read_only
    }

    /// A block has modes of its own; an implicit transaction has the session's.
    fn modes(&self) -> Modes {
        let limits = self.variables.settings.borrow().limits();
        match self.transaction.block() {
            Block::Open | Block::Failed => limits.in_block,
            Block::Idle | Block::Implicit => limits.by_default,
        }
    }

    /// The setting that a mode of the transaction at hand is.
    pub(super) fn mode_setting(&self, mode: &str) -> &'static str {
        let own = matches!(self.transaction.block(), Block::Open | Block::Failed);
        match (mode, own) {
            ("isolation", true) => "transaction_isolation",
            ("isolation", false) => "default_transaction_isolation",
            ("read_only", true) => "transaction_read_only",
            ("read_only", false) => "default_transaction_read_only",
            (_, true) => "transaction_deferrable",
            (_, false) => "default_transaction_deferrable",
        }
    }

    /// # Errors
    /// 25006 in a read-only transaction.
    pub(super) fn refuse_if_read_only(&self, tag: &str) -> Result<()> {
        if !self.is_read_only() {
            return Ok(());
        }
        Err(SqlError::new(
            sqlstate::READ_ONLY_SQL_TRANSACTION,
            format!("cannot execute {tag} in a read-only transaction"),
        ))
    }

    /// # Errors
    /// 57014 if the client has cancelled the statement or its time is up, 55P03 if a lock took too long.
    pub(super) fn check_interrupts(&mut self, shared: &Shared) -> Result<()> {
        let clock = &*shared.env.clock;
        self.variables.interrupts.check(clock)?;
        if self.lock_deadline.is_some_and(|deadline| deadline <= clock.monotonic_us()) {
            return Err(SqlError::new(
                sqlstate::LOCK_NOT_AVAILABLE,
                "canceling statement due to lock timeout",
            ));
        }
        Ok(())
    }

    /// The request is answered: the client has so much time to send the next.
    pub(super) fn start_idling(&mut self, shared: &Shared) {
        let limits = self.variables.settings.borrow().limits();
        let limit = match self.transaction.block() {
            Block::Open | Block::Failed => limits.idle_in_block,
            Block::Idle | Block::Implicit => limits.idle,
        };
        self.idle_deadline = (limit > 0).then(|| shared.env.clock.monotonic_us() + limit * 1000);
    }

    /// # Errors
    /// 25P03 and 57P05 if the client has taken too long.
    pub(super) fn check_idle(&self, shared: &Shared) -> Result<()> {
        if self.idle_deadline.is_none_or(|deadline| deadline > shared.env.clock.monotonic_us()) {
            return Ok(());
        }
        Err(match self.transaction.block() {
            Block::Open | Block::Failed => SqlError::new(
                sqlstate::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                "terminating connection due to idle-in-transaction timeout",
            ),
            Block::Idle | Block::Implicit => SqlError::new(
                sqlstate::IDLE_SESSION_TIMEOUT,
                "terminating connection due to idle-session timeout",
            ),
        })
    }

    /// When the time of the transaction at hand is up, if that is limited.
    pub(super) fn transaction_deadline(&self) -> Option<u64> {
        let limit = self.variables.settings.borrow().limits().transaction;
        let is_limited = limit > 0 && self.transaction.block() != Block::Idle;
        is_limited.then(|| self.transaction_began + limit * 1000)
    }

    /// # Errors
    /// 25P04 if the transaction has taken too long.
    pub(super) fn check_transaction_time(&self, shared: &Shared) -> Result<()> {
        if self.transaction_deadline().is_none_or(|deadline| deadline > shared.env.clock.monotonic_us()) {
            return Ok(());
        }
        Err(SqlError::new(sqlstate::TRANSACTION_TIMEOUT, "terminating connection due to transaction timeout"))
    }

    /// A wait for a lock begins: `lock_timeout` runs from now on, unless it runs already.
    pub(super) fn start_lock_wait(&mut self, shared: &Shared) {
        let timeout = self.variables.settings.borrow().limits().lock_timeout;
        if timeout > 0 && self.lock_deadline.is_none() {
            self.lock_deadline = Some(shared.env.clock.monotonic_us() + timeout * 1000);
        }
    }
}
