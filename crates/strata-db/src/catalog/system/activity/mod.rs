//! What the server and its sessions are doing: `pg_stat_*`, `pg_locks`, `pg_settings`, and what a session
//! holds open.
//!
//! Work is not counted by relation: the counters are there, and stay at 0.

pub(in crate::catalog::system) mod indexes;
pub(in crate::catalog::system) mod sequences;
pub(in crate::catalog::system) mod server;
pub(in crate::catalog::system) mod session;
pub(in crate::catalog::system) mod settings;
pub(in crate::catalog::system) mod tables;
pub(in crate::catalog::system) mod zones;

use super::SystemSource;

/// The items of a relation about what only the system has, of which nothing is counted.
fn none<T>(_: &SystemSource<'_>) -> [T; 0] {
    []
}
