//! Statements that are interpreted from their tree instead of being planned.
//!
//! | file | |
//! |---|---|
//! | `transaction` | BEGIN, COMMIT, ROLLBACK, savepoints |
//! | `settings` | SET, RESET, SHOW, DISCARD |
//! | `constraints` | SET CONSTRAINTS |
//! | `prepare` | PREPARE, EXECUTE, DEALLOCATE |
//! | `maintenance` | VACUUM, ANALYZE, CHECKPOINT, LOCK TABLE, NOTIFY and what has nothing to do here |
//!
//! Whatever changes the catalog is in `ddl`, COPY in `copy`, cursors in `cursor`, EXPLAIN in `explain`.

mod constraints;
mod maintenance;
mod prepare;
mod settings;
mod transaction;

pub(super) use transaction::{outside_of_block, refuse_in_block};

use super::environment::StepEnvironment;
use super::outbox::Outbox;
use super::portal::Outcome;
use super::session::Session;
use super::shared::Shared;
use super::statement::Statement;
use super::{copy, cursor, ddl, explain};
use crate::error::Result;
use crate::parse::ast::{self, Statement as Tree};
use crate::plan::Field;
use strata_types::Value;

/// Runs a utility statement, or says what is to be run in its place.
///
/// # Errors
/// The statement's.
pub(super) fn run(
    session: &mut Session,
    shared: &Shared,
    statement: &Statement,
    tree: &ast::Statement,
    params: &[Value],
    out: &mut dyn Outbox,
) -> Result<Outcome> {
    match tree {
        Tree::Transaction(control) => transaction::run(session, shared, control, out),
        Tree::Set(set) => settings::set(session, shared, set),
        Tree::SetTransaction(set) => settings::set_transaction(session, shared, set),
        Tree::SetConstraints(set) => constraints::set(session, shared, set),
        Tree::Show(show) => settings::show(session, show),
        Tree::Discard(target) => settings::discard(session, shared, *target),
        Tree::Prepare(prepare) => prepare::prepare(session, shared, statement, prepare),
        Tree::Execute(execute) => prepare::execute(session, shared, execute),
        Tree::Deallocate(name) => prepare::deallocate(session, name.as_ref()),
        Tree::Explain(explain) => explain::explain(session, shared, explain, params),
        Tree::Copy(copy) => copy::run(session, shared, copy),
        Tree::DeclareCursor(declare) => cursor::declare(session, shared, statement, declare, params),
        Tree::Fetch(fetch) => cursor::fetch(session, shared, fetch, out),
        Tree::CloseCursor(name) => cursor::close(session, name.as_ref()),
        Tree::Update(_) | Tree::Delete(_) => cursor::run_current_of(session, shared, statement, tree, params),
        _ => match maintenance::run(session, shared, tree)? {
            Some(outcome) => Ok(outcome),
            None => ddl::run(session, shared, statement, tree),
        },
    }
}

/// The columns of the rows that a utility statement returns; none if it returns no rows.
///
/// # Errors
/// For bad options of EXPLAIN.
pub(super) fn fields(tree: &ast::Statement) -> Result<Vec<Field>> {
    match tree {
        Tree::Show(show) => Ok(settings::show_fields(show)),
        Tree::Explain(explain) => explain::fields(explain),
        _ => Ok(Vec::new()),
    }
}

/// The columns of EXECUTE and FETCH: those of the session's prepared statement or cursor. One that is not
/// there is told when the statement runs.
///
/// # Errors
/// 0A000 if the prepared statement has other columns under today's catalog.
pub(super) fn named_fields(
    session: &Session,
    env: &StepEnvironment<'_>,
    tree: &ast::Statement,
) -> Result<Option<Vec<Field>>> {
    match tree {
        Tree::Execute(execute) => match session.statements.get(&*execute.name.name) {
            Some(statement) if !statement.is_current(env) => Ok(Some(statement.renewed(env)?.fields)),
            found => Ok(found.map(|statement| statement.fields.clone())),
        },
        Tree::Fetch(fetch) if !fetch.is_move => Ok(cursor::fields(session, &fetch.cursor.name)),
        _ => Ok(None),
    }
}

fn done(tag: &str) -> Outcome {
    Outcome::Tag(tag.to_owned())
}
