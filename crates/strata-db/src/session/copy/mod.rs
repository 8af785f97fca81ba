//! COPY: rows in and out in bulk, as text, CSV or binary (PostgreSQL documentation, "COPY").
//!
//! ```text
//! CopyData ──▶ reader: lines, fields ──▶ input: values ──▶ INSERT of a thousand rows at a time
//! a query's batches ──▶ output: lines ──▶ CopyData
//! ```

mod binary;
mod file;
mod input;
mod options;
mod output;
mod reader;

pub(super) use file::CopyFile;
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
    let file = match (&copy.target, copy.from) {
        (ast::CopyTarget::Client, _) => None,
        (ast::CopyTarget::File(path), true) => Some(file::open(session, shared, path)?),
        (ast::CopyTarget::File(_), false) | (ast::CopyTarget::Program(_), _) => {
            return Err(SqlError::unsupported("COPY to a file of the server, or with a program")
                .hint("psql's \\copy reads and writes files of the client.")
                .at(copy.pos.0));
        }
    };
    let options = Options::parse(copy)?;
    if !copy.from {
        return Ok(match CopyOut::open(session, shared, copy, options)? {
            Some(output) => Outcome::CopyOut(Box::new(output)),
            None => Outcome::Wait,
        });
    }
    match &copy.source {
        ast::CopySource::Table { name, columns } => {
            session.refuse_if_read_only("COPY FROM")?;
            let filter = copy.filter.as_ref();
            let Some(input) = CopyIn::open(session, shared, name, columns, options, filter)? else {
                return Ok(Outcome::Wait);
            };
            let input = Box::new(input);
            Ok(match file {
                Some(file) => Outcome::CopyFile(Box::new(CopyFile::new(input, file))),
                None => Outcome::CopyIn(input),
            })
        }
        ast::CopySource::Query(_) => {
            Err(SqlError::new(sqlstate::SYNTAX_ERROR, "COPY FROM needs a table").at(copy.pos.0))
        }
    }
}
