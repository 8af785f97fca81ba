//! The settings that every statement asks for, read once when they change.

use super::{Settings, value};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) struct Limits {
    /// `statement_timeout` in milliseconds; 0 is none.
    pub(in crate::session) statement_timeout: u64,
    /// `lock_timeout` in milliseconds; 0 is none.
    pub(in crate::session) lock_timeout: u64,
    /// `synchronous_commit`: an answer waits until its commit is on disk.
    pub(in crate::session) waits_for_disk: bool,
}

impl Limits {
    /// As the settings stand.
    pub(super) fn of(settings: &Settings) -> Limits {
        let milliseconds = |name| settings.get(name).and_then(value::milliseconds).unwrap_or(0);
        Limits {
            statement_timeout: milliseconds("statement_timeout"),
            lock_timeout: milliseconds("lock_timeout"),
            waits_for_disk: settings.get("synchronous_commit") != Some("off"),
        }
    }
}
