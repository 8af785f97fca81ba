//! What ends a running statement from outside: a client's cancel request, and `statement_timeout`.

use crate::error::{Result, SqlError};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strata_types::sqlstate;
use vfs::Clock;

/// See the module.
pub(super) struct Interrupts {
    /// Raised to cancel the statement.
    pub(super) cancelled: Arc<AtomicBool>,
    /// When the statement's time is up, microseconds of the monotonic clock.
    pub(super) deadline: Cell<Option<u64>>,
}

impl Interrupts {
    /// Nothing is to be interrupted yet.
    pub(super) fn new(cancelled: Arc<AtomicBool>) -> Interrupts {
        Interrupts { cancelled, deadline: Cell::new(None) }
    }

    /// # Errors
    /// 57014 if the client has cancelled the statement or its time is up.
    pub(super) fn check(&self, clock: &dyn Clock) -> Result<()> {
        let reason = if self.cancelled.swap(false, Ordering::Relaxed) {
            "user request"
        } else if self.deadline.get().is_some_and(|deadline| deadline <= clock.monotonic_us()) {
            "statement timeout"
        } else {
            return Ok(());
        };
        Err(SqlError::new(sqlstate::QUERY_CANCELED, format!("canceling statement due to {reason}")))
    }

    /// What was to interrupt the last statement does not interrupt the next.
    pub(super) fn clear(&self) {
        self.cancelled.store(false, Ordering::Relaxed);
    }
}
