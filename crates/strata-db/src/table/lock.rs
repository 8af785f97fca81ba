//! Locks on rows.

use super::layout::{keyspace, table};
use crate::error::{Result, SqlError};
use crate::plan::{LockWait, RowLock};
use crate::schema::RelationDef;
use strata_store::{Lock, LockMode, Txn, View};
use strata_types::sqlstate;

/// What became of a lock on a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowLockOutcome {
    /// It is held. `changed`: somebody has committed a newer version since the view's snapshot (or ended the row).
    Locked {
        /// The row is to be looked at again.
        changed: bool,
    },
    /// Another transaction holds it: park, and ask again.
    Wait,
    /// Another transaction holds it, and the query said to pass such rows over.
    Skipped,
}

/// Locks a row.
///
/// # Errors
/// 55P03 under NOWAIT, 40P01 for a deadlock, and the store's.
pub fn lock_row(
    txn: &mut Txn,
    view: View,
    relation: &RelationDef,
    key: &[u8],
    lock: RowLock,
    wait: LockWait,
) -> Result<RowLockOutcome> {
    let keyspace = keyspace(table(relation)?);
    let mode = mode(lock);
    match wait {
        LockWait::Block => match txn.lock(keyspace, key, mode)? {
            Lock::Granted => {}
            Lock::Wait => return Ok(RowLockOutcome::Wait),
        },
        LockWait::NoWait | LockWait::SkipLocked => {
            if !txn.try_lock(keyspace, key, mode)? {
                if wait == LockWait::SkipLocked {
                    return Ok(RowLockOutcome::Skipped);
                }
                return Err(SqlError::new(
                    sqlstate::LOCK_NOT_AVAILABLE,
                    format!("could not obtain lock on row in relation \"{}\"", relation.name),
                ));
            }
        }
    }
    let changed = txn.newest_seq(keyspace, key)? > view.snapshot;
    Ok(RowLockOutcome::Locked { changed })
}

/// What the store calls a lock.
pub(super) fn mode(lock: RowLock) -> LockMode {
    match lock {
        RowLock::KeyShare => LockMode::KeyShare,
        RowLock::Share => LockMode::Share,
        RowLock::NoKeyUpdate => LockMode::NoKeyUpdate,
        RowLock::Update => LockMode::Update,
    }
}
