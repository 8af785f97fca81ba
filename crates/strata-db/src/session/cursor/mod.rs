//! Cursors: DECLARE, FETCH, MOVE, CLOSE over named portals.
//!
//! | file | |
//! |---|---|
//! | `kept` | the rows that a cursor has read |
//! | `current` | UPDATE and DELETE … WHERE CURRENT OF |

mod current;
mod kept;

pub(super) use current::{is_current_of, placeless, run as run_current_of};
pub(super) use kept::Kept;

use super::engine::Turn;
use super::outbox::Outbox;
use super::portal::{Fetched, Outcome, Portal};
use super::session::Session;
use super::shared::Shared;
use super::statement::Statement;
use super::transaction::Block;
use crate::error::{Result, SqlError};
use crate::exec::Workspace;
use crate::parse::ast::{self, FetchDirection};
use crate::plan::Field;
use std::sync::Arc;
use strata_types::{Value, sqlstate};

/// Rows read at a time for a cursor that is to be kept.
const READ_ROWS: usize = 1024;

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
    if !declare.hold && session.transaction.block() != Block::Open {
        let message = "DECLARE CURSOR can only be used in transaction blocks";
        return Err(SqlError::new(sqlstate::NO_ACTIVE_SQL_TRANSACTION, message));
    }
    refuse_locking(declare)?;
    if session.portals.contains_key(&name) {
        let message = format!("cursor \"{name}\" already exists");
        return Err(SqlError::new(sqlstate::DUPLICATE_CURSOR, message).at(declare.name.pos.0));
    }
    let (prepared, width) = {
        let env = session.environment(shared);
        let prepare = |query| {
            let tree = ast::Statement::Query(Box::new(query));
            Statement::prepare(&env, statement.sql.clone(), Some(tree), &[])
        };
        let plain = prepare(declare.query.clone())?;
        let width = plain.fields.len();
        // With the rows' keys, if it walks over the rows of one table.
        let keyed = current::with_row_key(&declare.query).and_then(|query| prepare(query).ok());
        (keyed.unwrap_or(plain), width)
    };
    let mut portal = Portal::new(Arc::new(prepared), params.to_vec(), Vec::new());
    // The cursor sees what is there now, however late its rows are fetched.
    if !portal.admit(session, shared)? {
        return Ok(Outcome::Wait);
    }
    // One that locks rows goes forward only.
    let scroll = declare.scroll.or((!declare.query.locking.is_empty()).then_some(false));
    portal.kept = Some(Box::new(Kept::new(scroll, declare.hold, width)));
    portal.depth = session.transaction.depth();
    session.portals.insert(name, Box::new(portal));
    Ok(Outcome::Tag("DECLARE CURSOR".to_owned()))
}

/// # Errors
/// 0A000 for row locks under a cursor that is read again or later.
fn refuse_locking(declare: &ast::DeclareCursor) -> Result<()> {
    let Some(locking) = declare.query.locking.first() else { return Ok(()) };
    let (words, kind) = match (declare.hold, declare.scroll) {
        (true, _) => ("CURSOR WITH HOLD", "Holdable"),
        (false, Some(true)) => ("SCROLL CURSOR", "Scrollable"),
        (false, _) => return Ok(()),
    };
    let message = format!("DECLARE {words} ... {} is not supported", locking.strength.words());
    let detail = format!("{kind} cursors must be READ ONLY.");
    Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).detail(detail))
}

/// `FETCH` and `MOVE`.
///
/// # Errors
/// 34000 for an unknown cursor, 55000 for going back where that cannot be; the query's.
pub(super) fn fetch(
    session: &mut Session,
    shared: &Shared,
    fetch: &ast::Fetch,
    out: &mut dyn Outbox,
) -> Result<Outcome> {
    let name = &*fetch.cursor.name;
    let mut portal = session.portals.remove(name).ok_or_else(|| unknown(name))?;
    let walked = match portal.failed {
        true => Err(SqlError::new(
            sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("portal \"{name}\" cannot be run"),
        )),
        false => walk(session, shared, &mut portal, fetch.direction, out),
    };
    let fetched = walked.and_then(|walked| take(&mut portal, walked, fetch.is_move));
    portal.failed |= fetched.is_err();
    session.portals.insert(name.to_owned(), portal);
    fetched
}

/// The rows that a walk has come by.
fn take(portal: &mut Portal, walked: Option<Walk>, is_move: bool) -> Result<Outcome> {
    Ok(match (walked, &mut portal.kept) {
        (None, _) => Outcome::Wait,
        (Some(walk), Some(kept)) => {
            let batches = match walk.rows {
                Some((from, to)) => kept.rows(from, to)?,
                None => Vec::new(),
            };
            kept.position = walk.position;
            kept.forget();
            let count: usize = batches.iter().map(|batch| batch.rows).sum();
            if is_move {
                Outcome::Tag(format!("MOVE {count}"))
            } else {
                Outcome::Rows(batches, format!("FETCH {count}"))
            }
        }
        (Some(_), None) => Outcome::Rows(Vec::new(), "FETCH 0".to_owned()),
    })
}

/// What a FETCH comes to: the rows from one to another, and where the cursor stands then.
struct Walk {
    rows: Option<(u64, u64)>,
    position: u64,
}

impl Walk {
    fn nowhere(position: u64) -> Walk {
        Walk { rows: None, position }
    }

    fn to(row: u64) -> Walk {
        Walk { rows: Some((row, row)), position: row }
    }
}

/// Reads as far as the direction wants and says which rows it wants; `None` if a lock must be waited for.
fn walk(
    session: &mut Session,
    shared: &Shared,
    portal: &mut Portal,
    direction: FetchDirection,
    out: &mut dyn Outbox,
) -> Result<Option<Walk>> {
    // The extended protocol may have named the portal: then it has no rows to go back to.
    let width = portal.statement.fields.len();
    let position = portal.kept.get_or_insert_with(|| Box::new(Kept::new(Some(false), false, width))).position;
    let wanted = match direction {
        FetchDirection::Forward(count) if count > 0 => position.saturating_add(count.unsigned_abs()),
        FetchDirection::Relative(count) if count > 0 => position.saturating_add(count.unsigned_abs()),
        FetchDirection::Absolute(row) if row >= 0 => row.unsigned_abs(),
        FetchDirection::ForwardAll | FetchDirection::Absolute(_) => u64::MAX,
        _ => 0,
    };
    if !read_to(session, shared, portal, wanted, out)? {
        return Ok(None);
    }
    let Some(kept) = &portal.kept else { return Ok(None) };
    let read = kept.read();
    let walk = match direction {
        FetchDirection::Forward(count) if count > 0 => forward(kept, position, wanted),
        FetchDirection::ForwardAll => forward(kept, position, wanted),
        FetchDirection::Forward(0) | FetchDirection::Backward(0) | FetchDirection::Relative(0) => {
            single(kept, position)?
        }
        FetchDirection::Forward(count) => backward(kept, position, count.unsigned_abs())?,
        FetchDirection::Backward(count) if count < 0 => {
            let wanted = position.saturating_add(count.unsigned_abs());
            if !read_to(session, shared, portal, wanted, out)? {
                return Ok(None);
            }
            let Some(kept) = &portal.kept else { return Ok(None) };
            forward(kept, position, wanted)
        }
        FetchDirection::Backward(count) => backward(kept, position, count.unsigned_abs())?,
        FetchDirection::BackwardAll => backward(kept, position, u64::MAX)?,
        FetchDirection::Absolute(row) if row >= 0 => single(kept, row.unsigned_abs().min(read + 1))?,
        FetchDirection::Absolute(row) => single(kept, (read + 1).saturating_sub(row.unsigned_abs()))?,
        FetchDirection::Relative(count) => {
            let row = position.saturating_add_signed(count).min(read + 1);
            single(kept, row)?
        }
    };
    Ok(Some(walk))
}

/// The rows after a position up to a wanted one.
fn forward(kept: &Kept, position: u64, wanted: u64) -> Walk {
    let last = wanted.min(kept.read());
    // Fewer rows than were asked for: the cursor stands behind the last.
    let position_after = if kept.read() < wanted { kept.read() + 1 } else { last };
    if last <= position {
        Walk::nowhere(position_after)
    } else {
        Walk { rows: Some((position + 1, last)), position: position_after }
    }
}

/// Up to `count` rows before a position, the nearest first.
fn backward(kept: &Kept, position: u64, count: u64) -> Result<Walk> {
    let nearest = position.saturating_sub(1).min(kept.read());
    let last = position.saturating_sub(count).max(1);
    let after = if count >= position { 0 } else { last };
    if nearest < last {
        return Ok(Walk::nowhere(after));
    }
    kept.refuse_lost(last)?;
    Ok(Walk { rows: Some((nearest, last)), position: after })
}

/// One row, or none before the first and after the last.
fn single(kept: &Kept, row: u64) -> Result<Walk> {
    if row == 0 || row > kept.read() {
        return Ok(Walk::nowhere(row));
    }
    if row < kept.position {
        kept.refuse_lost(row)?;
    }
    Ok(Walk::to(row))
}

/// Reads until so many rows are known or none is left; `false` if a lock must be waited for.
fn read_to(
    session: &mut Session,
    shared: &Shared,
    portal: &mut Portal,
    rows: u64,
    out: &mut dyn Outbox,
) -> Result<bool> {
    while let Some(kept) = &portal.kept
        && !kept.has(rows)
    {
        let missing = usize::try_from(rows - kept.read()).unwrap_or(usize::MAX);
        let fetched = portal.fetch(session, shared, missing.min(READ_ROWS), out)?;
        let Some(kept) = &mut portal.kept else { break };
        match fetched {
            Fetched::Rows(batch) => {
                let work_mem = session.variables.settings.borrow().limits().work_mem;
                kept.push(batch, &Workspace::new(work_mem, &shared.store))?;
            }
            Fetched::Wait(Turn::Lock) => return Ok(false),
            Fetched::Wait(_) => {}
            Fetched::End => kept.end(),
        }
    }
    Ok(true)
}

/// A transaction is about to commit: held cursors read what they have not read.
///
/// # Errors
/// The queries'; 55P03 if a row that one is to lock is locked by another transaction.
pub(super) fn hold(session: &mut Session, shared: &Shared, out: &mut dyn Outbox) -> Result<()> {
    let wanting = session.portals.iter().filter(|(_, portal)| portal.is_to_be_held());
    let names: Vec<String> = wanting.map(|(name, _)| name.clone()).collect();
    for name in names {
        let Some(mut portal) = session.portals.remove(&name) else { continue };
        if !read_to(session, shared, &mut portal, u64::MAX, out)? {
            let message = "a row that a held cursor is to lock is locked by another transaction";
            return Err(SqlError::new(sqlstate::LOCK_NOT_AVAILABLE, message));
        }
        portal.outlive();
        session.portals.insert(name, portal);
    }
    Ok(())
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
    let portal = session.portals.get(name)?;
    let width = portal.kept.as_ref().map_or(usize::MAX, |kept| kept.width);
    Some(portal.statement.fields.iter().take(width).cloned().collect())
}

fn unknown(name: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist"))
}
