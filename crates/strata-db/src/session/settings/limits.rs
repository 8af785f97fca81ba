//! The settings that every statement asks for, read once when they change.

use super::{Settings, value};

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
        }
    }
}
