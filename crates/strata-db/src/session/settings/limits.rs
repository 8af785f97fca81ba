//! The settings that every statement asks for, read once when they change.

use super::{Settings, value};
use crate::parse::ast::IsolationLevel;
use crate::session::transaction::Isolation;
use strata_store::Access;

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::session) struct Limits {
    /// `statement_timeout` in milliseconds; 0 is none.
    pub(in crate::session) statement_timeout: u64,
    /// `lock_timeout` in milliseconds; 0 is none.
    pub(in crate::session) lock_timeout: u64,
    /// `idle_in_transaction_session_timeout` and `idle_session_timeout` in milliseconds; 0 is none.
    pub(in crate::session) idle_in_block: u64,
    pub(in crate::session) idle: u64,
    /// `transaction_timeout` in milliseconds; 0 is none.
    pub(in crate::session) transaction: u64,
    /// `synchronous_commit`: an answer waits until its commit is on disk.
    pub(in crate::session) waits_for_disk: bool,
    /// `work_mem` in bytes: what an operator may hold in memory.
    pub(in crate::session) work_mem: usize,
    /// `transaction_isolation` and its kind: of the block at hand.
    pub(in crate::session) in_block: Modes,
    /// `default_transaction_isolation` and its kind: of implicit transactions, and of blocks as they begin.
    pub(in crate::session) by_default: Modes,
}

/// The modes of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) struct Modes {
    level: IsolationLevel,
    pub(in crate::session) read_only: bool,
    deferrable: bool,
}

impl Default for Modes {
    fn default() -> Self {
        Modes { level: IsolationLevel::ReadCommitted, read_only: false, deferrable: false }
    }
}

impl Modes {
    /// As three settings stand.
    fn of(settings: &Settings, level: &str, read_only: &str, deferrable: &str) -> Modes {
        Modes {
            level: match settings.get(level) {
                Some("serializable") => IsolationLevel::Serializable,
                Some("repeatable read") => IsolationLevel::RepeatableRead,
                Some("read uncommitted") => IsolationLevel::ReadUncommitted,
                _ => IsolationLevel::ReadCommitted,
            },
            read_only: settings.is_on(read_only),
            deferrable: settings.is_on(deferrable),
        }
    }

    /// What they come to.
    pub(in crate::session) fn isolation(self) -> Isolation {
        match self.level {
            IsolationLevel::ReadUncommitted | IsolationLevel::ReadCommitted => Isolation::ReadCommitted,
            IsolationLevel::RepeatableRead => Isolation::RepeatableRead,
            IsolationLevel::Serializable if !self.read_only => Isolation::Serializable(Access::ReadWrite),
            IsolationLevel::Serializable if self.deferrable => Isolation::Serializable(Access::Deferrable),
            IsolationLevel::Serializable => Isolation::Serializable(Access::ReadOnly),
        }
    }
}

impl Limits {
    /// As the settings stand.
    pub(super) fn of(settings: &Settings) -> Limits {
        let milliseconds = |name| settings.get(name).and_then(value::milliseconds).unwrap_or(0);
        let work_mem = settings.get("work_mem").and_then(value::kilobytes).unwrap_or(0);
        Limits {
            statement_timeout: milliseconds("statement_timeout"),
            lock_timeout: milliseconds("lock_timeout"),
            idle_in_block: milliseconds("idle_in_transaction_session_timeout"),
            idle: milliseconds("idle_session_timeout"),
            transaction: milliseconds("transaction_timeout"),
            waits_for_disk: settings.get("synchronous_commit") != Some("off"),
            work_mem: usize::try_from(work_mem).unwrap_or(usize::MAX).saturating_mul(1024),
            in_block: Modes::of(
                settings,
                "transaction_isolation",
                "transaction_read_only",
                "transaction_deferrable",
            ),
            by_default: Modes::of(
                settings,
                "default_transaction_isolation",
                "default_transaction_read_only",
                "default_transaction_deferrable",
            ),
        }
    }
}
