//! Cursors: DECLARE, FETCH, MOVE, CLOSE over named portals, forwards.

use super::engine::Turn;
use super::outbox::Outbox;
use super::portal::{Fetched, Outcome, Portal};
use super::session::Session;
use super::shared::Shared;
use super::statement::Statement;
use super::transaction::Block;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, FetchDirection};
use crate::plan::Field;
use std::sync::Arc;
use strata_types::{Value, sqlstate};

/// `DECLARE name CURSOR FOR query`.
///
/// # Errors
/// 25P01 outside of a block, 42P03 for a name in use; the query's.
pub(super) fn declare(
    session: &mut Session,
    shared: &Shared,
    statement: &Statement,
    declare: &ast::DeclareCursor,
    params: &[Value],
) -> Result<Outcome> {
    let name = declare.name.name.to_string();
    if declare.hold {
        return Err(SqlError::unsupported("DECLARE CURSOR WITH HOLD").at(declare.name.pos.0));
    }
    if session.transaction.block() != Block::Open {
        let message = "DECLARE CURSOR can only be used in transaction blocks";
        return Err(SqlError::new(sqlstate::NO_ACTIVE_SQL_TRANSACTION, message));
    }
    if session.portals.contains_key(&name) {
        let message = format!("cursor \"{name}\" already exists");
        return Err(SqlError::new(sqlstate::DUPLICATE_CURSOR, message).at(declare.name.pos.0));
    }
    let tree = ast::Statement::Query(Box::new(declare.query.clone()));
    let prepared = {
        let env = session.environment(shared);
        Statement::prepare(&env, statement.sql.clone(), Some(tree), &[])?
    };
    session.portals.insert(name, Box::new(Portal::new(Arc::new(prepared), params.to_vec(), Vec::new())));
    Ok(Outcome::Tag("DECLARE CURSOR".to_owned()))
}

/// `FETCH` and `MOVE`, forwards.
///
/// # Errors
/// 34000 for an unknown cursor, 55000 for going back; the query's.
pub(super) fn fetch(
    session: &mut Session,
    shared: &Shared,
    fetch: &ast::Fetch,
    out: &mut dyn Outbox,
) -> Result<Outcome> {
    let name = &*fetch.cursor.name;
    let most = match fetch.direction {
        FetchDirection::Forward(count) | FetchDirection::Relative(count) => usize::try_from(count).ok(),
        FetchDirection::ForwardAll => Some(usize::MAX),
        FetchDirection::Backward(_) | FetchDirection::BackwardAll | FetchDirection::Absolute(_) => None,
    };
    let most = most.ok_or_else(|| {
        SqlError::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, "cursor can only scan forward")
            .hint("Declare it with SCROLL option to enable backward scan.")
    })?;
    let mut portal = session.portals.remove(name).ok_or_else(|| unknown(name))?;
    let mut batches = Vec::new();
    let mut rows = 0;
    while rows < most {
        match portal.fetch(session, shared, most - rows, out)? {
            Fetched::Rows(batch) => {
                rows += batch.rows;
                batches.push(batch);
            }
            Fetched::Wait(Turn::Lock) if batches.is_empty() => {
                session.portals.insert(name.to_owned(), portal);
                return Ok(Outcome::Wait);
            }
            Fetched::Wait(Turn::Lock) | Fetched::End => break,
            Fetched::Wait(_) => {}
        }
    }
    session.portals.insert(name.to_owned(), portal);
    if fetch.is_move {
        return Ok(Outcome::Tag(format!("MOVE {rows}")));
    }
    Ok(Outcome::Rows(batches, format!("FETCH {rows}")))
}

/// `CLOSE name`, `CLOSE ALL`.
///
/// # Errors
/// 34000 for an unknown cursor.
pub(super) fn close(session: &mut Session, name: Option<&ast::Ident>) -> Result<Outcome> {
    match name {
        None => {
            session.portals.clear();
            Ok(Outcome::Tag("CLOSE CURSOR ALL".to_owned()))
        }
        Some(name) => match session.portals.remove(&*name.name) {
            Some(_) => Ok(Outcome::Tag("CLOSE CURSOR".to_owned())),
            None => Err(unknown(&name.name).at(name.pos.0)),
        },
    }
}

/// The columns of a cursor's rows; `None` if there is no such cursor.
pub(super) fn fields(session: &Session, name: &str) -> Option<Vec<Field>> {
    session.portals.get(name).map(|portal| portal.statement.fields.clone())
}

fn unknown(name: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist"))
}
