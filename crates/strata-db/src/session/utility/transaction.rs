//! BEGIN, COMMIT, ROLLBACK and savepoints.

use crate::error::{Result, SqlError};
use crate::parse::ast::{IsolationLevel, Transaction, TransactionMode};
use crate::session::outbox::Outbox;
use crate::session::portal::Outcome;
use crate::session::references::Checks;
use crate::session::session::Session;
use crate::session::shared::Shared;
use crate::session::transaction::Block;
use strata_types::sqlstate;

/// Runs a statement of transaction control.
///
/// # Errors
/// 25P01 for savepoints outside of a block, 3B001 for unknown ones; a commit's.
pub(super) fn run(
    session: &mut Session,
    shared: &Shared,
    statement: &Transaction,
    out: &mut dyn Outbox,
) -> Result<Outcome> {
    if matches!(statement, Transaction::Commit { .. } | Transaction::Prepare(_))
        && session.transaction.block() == Block::Open
    {
        let deferred = session.transaction.deferral.take();
        if !deferred.is_empty() {
            return Ok(Outcome::Checks(Box::new(Checks::new(deferred))));
        }
    }
    if matches!(statement, Transaction::Commit { .. })
        && session.transaction.block() != Block::Failed
        && !session.works_ahead(shared)?
    {
        return Ok(Outcome::Yield);
    }
    let tag = match statement {
        Transaction::Begin { start, modes } => {
            begin(session, modes)?;
            if *start { "START TRANSACTION" } else { "BEGIN" }
        }
        Transaction::Commit { chain } => commit(session, shared, *chain, out)?,
        Transaction::Rollback { chain } => rollback(session, shared, *chain, out)?,
        Transaction::Savepoint(name) => {
            require_block(session, "SAVEPOINT")?;
            let settings = session.variables.settings.borrow();
            let signals = session.variables.signals.borrow().len();
            session.transaction.savepoint(shared, &name.name, signals, &settings);
            "SAVEPOINT"
        }
        Transaction::Release(name) => {
            require_block(session, "RELEASE SAVEPOINT")?;
            session.transaction.release(&name.name)?;
            session.keep_portals_of(session.transaction.depth());
            "RELEASE"
        }
        Transaction::RollbackTo(name) => {
            require_block(session, "ROLLBACK TO SAVEPOINT")?;
            let mut settings = session.variables.settings.borrow_mut();
            let signals = session.transaction.rollback_to(shared, &name.name, &mut settings)?;
            drop(settings);
            session.drop_portals_of(session.transaction.depth());
            session.variables.signals.borrow_mut().truncate(signals);
            session.variables.refresh_search_path();
            "ROLLBACK"
        }
        Transaction::Prepare(identifier) => prepare(session, shared, identifier, out)?,
        Transaction::CommitPrepared(identifier) => {
            refuse_in_block(session, "COMMIT PREPARED")?;
            finish_prepared(session, shared, identifier, true, out)?;
            "COMMIT PREPARED"
        }
        Transaction::RollbackPrepared(identifier) => {
            refuse_in_block(session, "ROLLBACK PREPARED")?;
            finish_prepared(session, shared, identifier, false, out)?;
            "ROLLBACK PREPARED"
        }
    };
    Ok(Outcome::Tag(tag.to_owned()))
}

fn begin(session: &mut Session, modes: &[TransactionMode]) -> Result<()> {
    if session.transaction.block() == Block::Open {
        let warning =
            SqlError::new(sqlstate::ACTIVE_SQL_TRANSACTION, "there is already a transaction in progress");
        session.variables.notice("WARNING", warning);
    } else {
        open_block(session)?;
    }
    set_modes(session, modes)
}

/// A block begins, with the session's default modes.
fn open_block(session: &mut Session) -> Result<()> {
    session.transaction.begin_block();
    let limits = session.variables.settings.borrow().limits();
    if limits.in_block == limits.by_default {
        return Ok(());
    }
    for mode in ["isolation", "read_only", "deferrable"] {
        let (own, default) = (format!("transaction_{mode}"), format!("default_transaction_{mode}"));
        let mut settings = session.variables.settings.borrow_mut();
        if settings.get(&own) != settings.get(&default) {
            let value = settings.get(&default).unwrap_or_default().to_owned();
            settings.set(&own, &value, true)?;
        }
    }
    Ok(())
}

/// Gives the block at hand these modes.
///
/// # Errors
/// 25001 for an isolation level, or a change to read-write, after the first query.
pub(super) fn set_modes(session: &mut Session, modes: &[TransactionMode]) -> Result<()> {
    let started = session.transaction.has_snapshot;
    for mode in modes {
        let (name, value) = mode_as_setting(*mode);
        let mut settings = session.variables.settings.borrow_mut();
        let changes = settings.get(&format!("transaction_{name}")) != Some(value);
        if started && changes {
            let refused = match mode {
                TransactionMode::Isolation(_) => {
                    Some("SET TRANSACTION ISOLATION LEVEL must be called before any query")
                }
                TransactionMode::ReadOnly(false) => {
                    Some("transaction read-write mode must be set before any query")
                }
                TransactionMode::ReadOnly(true) => None,
                TransactionMode::Deferrable(_) => {
                    Some("SET TRANSACTION [NOT] DEFERRABLE must be called before any query")
                }
            };
            if let Some(message) = refused {
                return Err(SqlError::new(sqlstate::ACTIVE_SQL_TRANSACTION, message));
            }
        }
        if changes {
            settings.set(&format!("transaction_{name}"), value, true)?;
        }
    }
    Ok(())
}

/// A mode as the end of a setting's name, and its value.
pub(super) fn mode_as_setting(mode: TransactionMode) -> (&'static str, &'static str) {
    let word = |on| if on { "on" } else { "off" };
    match mode {
        TransactionMode::Isolation(level) => {
            let level = match level {
                IsolationLevel::ReadUncommitted => "read uncommitted",
                IsolationLevel::ReadCommitted => "read committed",
                IsolationLevel::RepeatableRead => "repeatable read",
                IsolationLevel::Serializable => "serializable",
            };
            ("isolation", level)
        }
        TransactionMode::ReadOnly(on) => ("read_only", word(on)),
        TransactionMode::Deferrable(on) => ("deferrable", word(on)),
    }
}

fn commit(session: &mut Session, shared: &Shared, chain: bool, out: &mut dyn Outbox) -> Result<&'static str> {
    match session.transaction.block() {
        Block::Open => {
            let modes = chained_modes(session, chain);
            session.commit(shared, out)?;
            reopen(session, modes)?;
            Ok("COMMIT")
        }
        Block::Failed => {
            let modes = chained_modes(session, chain);
            session.rollback(shared, out);
            reopen(session, modes)?;
            Ok("ROLLBACK")
        }
        Block::Idle | Block::Implicit => {
            refuse_chain(chain, "COMMIT AND CHAIN")?;
            warn_no_block(session);
            session.commit(shared, out)?;
            Ok("COMMIT")
        }
    }
}

/// `PREPARE TRANSACTION`. In a failed block it is a rollback, outside of one it is nothing.
fn prepare(
    session: &mut Session,
    shared: &Shared,
    identifier: &str,
    out: &mut dyn Outbox,
) -> Result<&'static str> {
    match session.transaction.block() {
        Block::Idle | Block::Implicit => {
            warn_no_block(session);
            Ok("ROLLBACK")
        }
        Block::Failed => {
            session.rollback(shared, out);
            Ok("ROLLBACK")
        }
        Block::Open => {
            // Whatever is refused from here on ends the block.
            session.transaction.leave_block();
            shared.prepared.refuse_identifier(identifier)?;
            session.prepare_transaction(shared, identifier, out)?;
            Ok("PREPARE TRANSACTION")
        }
    }
}

fn finish_prepared(
    session: &mut Session,
    shared: &Shared,
    identifier: &str,
    commits: bool,
    out: &mut dyn Outbox,
) -> Result<()> {
    let catalog = session.transaction.catalog(shared);
    let role = catalog.role_named(&session.variables.current_user()).cloned();
    let lsn = shared.prepared.finish(shared, identifier, commits, |prepared| {
        role.is_some_and(|role| role.superuser || role.oid == prepared.owner)
    })?;
    out.gate(lsn);
    session.transaction.has_seen_newest(shared);
    Ok(())
}

fn rollback(
    session: &mut Session,
    shared: &Shared,
    chain: bool,
    out: &mut dyn Outbox,
) -> Result<&'static str> {
    if matches!(session.transaction.block(), Block::Idle | Block::Implicit) {
        refuse_chain(chain, "ROLLBACK AND CHAIN")?;
        warn_no_block(session);
    }
    let modes = chained_modes(session, chain);
    session.rollback(shared, out);
    reopen(session, modes)?;
    Ok("ROLLBACK")
}

/// The modes of the transaction at hand, if the next one is to have them.
fn chained_modes(session: &Session, chain: bool) -> Option<Vec<(&'static str, String)>> {
    if !chain {
        return None;
    }
    let settings = session.variables.settings.borrow();
    let names = ["transaction_isolation", "transaction_read_only", "transaction_deferrable"];
    Some(names.map(|name| (name, settings.get(name).unwrap_or_default().to_owned())).to_vec())
}

fn reopen(session: &mut Session, modes: Option<Vec<(&'static str, String)>>) -> Result<()> {
    let Some(modes) = modes else { return Ok(()) };
    open_block(session)?;
    for (name, value) in modes {
        session.variables.settings.borrow_mut().set(name, &value, true)?;
    }
    Ok(())
}

fn refuse_chain(chain: bool, what: &str) -> Result<()> {
    if chain { Err(outside_of_block(what)) } else { Ok(()) }
}

fn require_block(session: &Session, what: &str) -> Result<()> {
    match session.transaction.block() {
        Block::Open | Block::Failed => Ok(()),
        Block::Idle | Block::Implicit => Err(outside_of_block(what)),
    }
}

/// # Errors
/// Never; it *is* the error 25P01.
pub(in crate::session) fn outside_of_block(what: &str) -> SqlError {
    SqlError::new(
        sqlstate::NO_ACTIVE_SQL_TRANSACTION,
        format!("{what} can only be used in transaction blocks"),
    )
}

fn warn_no_block(session: &Session) {
    let warning = SqlError::new(sqlstate::NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress");
    session.variables.notice("WARNING", warning);
}

/// Refuses a statement that must not run inside of a block.
///
/// # Errors
/// 25001.
pub(in crate::session) fn refuse_in_block(session: &Session, what: &str) -> Result<()> {
    match session.transaction.block() {
        Block::Idle | Block::Implicit => Ok(()),
        Block::Open | Block::Failed => Err(SqlError::new(
            sqlstate::ACTIVE_SQL_TRANSACTION,
            format!("{what} cannot run inside a transaction block"),
        )),
    }
}
