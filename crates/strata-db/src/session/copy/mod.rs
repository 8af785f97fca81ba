//! COPY: rows in and out in bulk, as text or CSV (PostgreSQL documentation, "COPY").
//!
//! ```text
//! CopyData ──▶ reader: lines, fields ──▶ input: values ──▶ INSERT of a thousand rows at a time
//! a query's batches ──▶ output: lines ──▶ CopyData
//! ```

mod input;
mod options;
mod output;
mod reader;

pub(super) use input::CopyIn;
pub(super) use output::CopyOut;

use super::portal::Outcome;
use super::session::Session;
use super::shared::Shared;
use crate::error::{Result, SqlError};
use crate::parse::ast;
use options::Options;
use strata_types::sqlstate;

/// Begins COPY.
///
/// # Errors
/// For options that contradict each other, files of the server, and whatever is wrong with the table or query.
pub(super) fn run(session: &mut Session, shared: &Shared, copy: &ast::Copy) -> Result<Outcome> {
    match &copy.target {
        ast::CopyTarget::Client => {}
        ast::CopyTarget::File(_) | ast::CopyTarget::Program(_) => {
            return Err(SqlError::unsupported("COPY with a file or program of the server")
                .hint("psql's \\copy reads and writes files of the client.")
                .at(copy.pos.0));
        }
    }
    let options = Options::parse(copy)?;
    if !copy.from {
        return Ok(Outcome::CopyOut(Box::new(CopyOut::open(session, shared, copy, options)?)));
    }
    if let Some(filter) = &copy.filter {
        return Err(SqlError::unsupported("COPY FROM with WHERE").at(filter.pos.0));
    }
    match &copy.source {
        ast::CopySource::Table { name, columns } => {
            session.refuse_if_read_only("COPY FROM")?;
            Ok(Outcome::CopyIn(Box::new(CopyIn::open(session, shared, name, columns, options)?)))
        }
        ast::CopySource::Query(_) => {
            Err(SqlError::new(sqlstate::SYNTAX_ERROR, "COPY FROM needs a table").at(copy.pos.0))
        }
    }
}
