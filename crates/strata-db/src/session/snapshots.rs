//! Snapshots that one transaction hands to others: `pg_export_snapshot` and `SET TRANSACTION SNAPSHOT`. One can be
//! adopted as long as the transaction that has exported it is open.

use super::engine::SessionId;
use super::session::Session;
use super::shared::Shared;
use super::transaction::{Block, Isolation};
use crate::error::{Result, SqlError};
use crate::schema::Oid;
use std::cell::RefCell;
use std::collections::BTreeMap;
use strata_store::{Access, Snapshot};
use strata_types::sqlstate;

struct Exported {
    by: SessionId,
    project: Oid,
    snapshot: Snapshot,
    isolation: Isolation,
}

/// The exported snapshots of an engine, by identifier.
#[derive(Default)]
pub(super) struct ExportedSnapshots {
    by_identifier: RefCell<BTreeMap<String, Exported>>,
}

impl ExportedSnapshots {
    /// A transaction exports what it sees. Returns the identifier.
    pub(super) fn export(
        &self,
        (by, project): (SessionId, Oid),
        txn: u64,
        snapshot: Snapshot,
        isolation: Isolation,
    ) -> String {
        let mut exported = self.by_identifier.borrow_mut();
        let own = exported.values().filter(|other| other.by == by).count();
        let identifier = format!("{:08X}-{txn:08X}-{}", by.0, own + 1);
        exported.insert(identifier.clone(), Exported { by, project, snapshot, isolation });
        identifier
    }

    /// A session's transaction ends: what it has exported is not to be had any more.
    pub(super) fn withdraw(&self, by: SessionId) {
        if !self.by_identifier.borrow().is_empty() {
            self.by_identifier.borrow_mut().retain(|_, exported| exported.by != by);
        }
    }
}

/// `SET TRANSACTION SNAPSHOT`.
///
/// # Errors
/// 25001 after a query, 0A000 at levels where it makes no sense, 22023 for an unknown identifier.
pub(super) fn adopt(session: &mut Session, shared: &Shared, identifier: &str) -> Result<()> {
    if session.transaction.block() != Block::Open {
        let warning = super::utility::outside_of_block("SET TRANSACTION");
        session.variables.notice("WARNING", warning);
    }
    if session.transaction.has_snapshot {
        let message = "SET TRANSACTION SNAPSHOT must be called before any query";
        return Err(SqlError::new(sqlstate::ACTIVE_SQL_TRANSACTION, message));
    }
    let isolation = session.isolation();
    if isolation == Isolation::ReadCommitted {
        return Err(refused(
            "a snapshot-importing transaction must have isolation level SERIALIZABLE or REPEATABLE READ",
        ));
    }
    let exported = shared.exported.by_identifier.borrow();
    let found = exported.get(identifier).ok_or_else(|| {
        let message = format!("invalid snapshot identifier: \"{identifier}\"");
        SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message)
    })?;
    if found.project != session.variables.project {
        return Err(refused("cannot import a snapshot from a different database"));
    }
    if let Isolation::Serializable(access) = isolation {
        let Isolation::Serializable(source) = found.isolation else {
            return Err(refused(
                "a serializable transaction cannot import a snapshot from a non-serializable transaction",
            ));
        };
        if source != Access::ReadWrite && access == Access::ReadWrite {
            return Err(refused(
                "a non-read-only serializable transaction cannot import a snapshot from a read-only transaction",
            ));
        }
        if access == Access::Deferrable {
            return Err(refused("a snapshot-importing transaction must not be READ ONLY DEFERRABLE"));
        }
    }
    session.transaction.adopt_snapshot(shared, &found.snapshot, isolation);
    Ok(())
}

fn refused(why: &str) -> SqlError {
    SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, why)
}
