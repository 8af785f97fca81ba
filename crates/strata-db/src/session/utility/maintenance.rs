//! Statements that keep the store in shape, and those that PostgreSQL needs and strata does not.

use super::done;
use crate::catalog::Relation;
use crate::error::{Result, SqlError};
use crate::parse::ast::{LockTable, Statement as Tree, TableLockMode, Vacuum};
use crate::session::ddl::{Ddl, RELATION_CLASS};
use crate::session::notify::Signal;
use crate::session::portal::Outcome;
use crate::session::session::Session;
use crate::session::shared::Shared;
use std::sync::Arc;
use strata_store::{Lock, ObjectMode};
use strata_types::sqlstate;

/// Runs a statement of this family; `None` if it is of another.
///
/// # Errors
/// The statement's.
pub(super) fn run(session: &mut Session, shared: &Shared, tree: &Tree) -> Result<Option<Outcome>> {
    let tag = match tree {
        Tree::Vacuum(statement) => vacuum(session, shared, statement)?,
        Tree::Checkpoint => {
            shared.store.checkpoint()?;
            "CHECKPOINT"
        }
        Tree::Reindex(_) => "REINDEX",
        Tree::Cluster(_) => "CLUSTER",
        Tree::Listen(channel) => {
            signal(session, Signal::Listen(Arc::from(&*channel.name)));
            "LISTEN"
        }
        Tree::Unlisten(channel) => {
            let channel = channel.as_ref().map(|channel| Arc::from(&*channel.name));
            signal(session, Signal::Unlisten(channel));
            "UNLISTEN"
        }
        Tree::Notify { channel, payload } => {
            signal(session, Signal::notify(&channel.name, payload.as_deref().unwrap_or_default())?);
            "NOTIFY"
        }
        Tree::LockTable(lock) => return lock_tables(session, shared, lock).map(Some),
        Tree::Do(_) => return Err(SqlError::unsupported("DO")),
        Tree::Call(_) => return Err(SqlError::unsupported("CALL")),
        Tree::Unsupported(statement) => {
            return Err(SqlError::unsupported(&statement.name).at(statement.pos.0));
        }
        _ => return Ok(None),
    };
    Ok(Some(done(tag)))
}

fn signal(session: &Session, signal: Signal) {
    session.variables.signals.borrow_mut().push(signal);
}

fn vacuum(session: &mut Session, shared: &Shared, statement: &Vacuum) -> Result<&'static str> {
    let env = session.environment(shared);
    for (table, _) in &statement.tables {
        env.names().relation(&parts(table), table.pos().0)?;
    }
    drop(env);
    if !statement.vacuum {
        return Ok("ANALYZE");
    }
    super::refuse_in_block(session, "VACUUM")?;
    shared.store.vacuum()?;
    Ok("VACUUM")
}

fn lock_tables(session: &mut Session, shared: &Shared, lock: &LockTable) -> Result<Outcome> {
    if session.transaction.status() != b'T' {
        return Err(super::outside_of_block("LOCK TABLE"));
    }
    for table in &lock.tables {
        let parts = parts(&table.name);
        let found = session.environment(shared).names().relation(&parts, table.pos.0)?;
        let Relation::Stored(relation) = found else { continue };
        let (id, mode) = (u64::from(relation.oid.0), object_mode(lock.mode));
        if lock.nowait {
            if !session.transaction.txn(shared).try_lock_object(RELATION_CLASS, id, mode)? {
                return Err(SqlError::new(
                    sqlstate::LOCK_NOT_AVAILABLE,
                    format!("could not obtain lock on relation \"{}\"", relation.name),
                ));
            }
        } else if Ddl::new(session, shared).lock(relation.oid, mode)? == Lock::Wait {
            return Ok(Outcome::Wait);
        }
    }
    Ok(done("LOCK TABLE"))
}

fn parts(name: &crate::parse::ast::ObjectName) -> Vec<String> {
    name.0.iter().map(|part| part.name.to_string()).collect()
}

fn object_mode(mode: TableLockMode) -> ObjectMode {
    match mode {
        TableLockMode::AccessShare => ObjectMode::AccessShare,
        TableLockMode::RowShare => ObjectMode::RowShare,
        TableLockMode::RowExclusive => ObjectMode::RowExclusive,
        TableLockMode::ShareUpdateExclusive => ObjectMode::ShareUpdateExclusive,
        TableLockMode::Share => ObjectMode::Share,
        TableLockMode::ShareRowExclusive => ObjectMode::ShareRowExclusive,
        TableLockMode::Exclusive => ObjectMode::Exclusive,
        TableLockMode::AccessExclusive => ObjectMode::AccessExclusive,
    }
}
