//! INSERT, UPDATE and DELETE.

mod delete;
mod insert;
mod refusal;
mod target;
mod update;

pub(crate) use refusal::duplicate;

pub(in crate::exec) use delete::Delete;
pub(in crate::exec) use insert::Insert;
pub(in crate::exec) use update::Update;

use super::project::project;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::step::{BATCH_ROWS, Step};
use crate::plan::Expr;
use strata_types::{Batch, Type, Value};

/// The rows that RETURNING is computed over, gathered until they fill a batch.
struct Returning {
    exprs: Option<Vec<Expr>>,
    types: Vec<Type>,
    rows: Vec<Vec<Value>>,
}

impl Returning {
    /// Over rows with columns of these types.
    fn new(exprs: Option<Vec<Expr>>, types: Vec<Type>) -> Returning {
        Returning { exprs, types, rows: Vec::new() }
    }

    /// Adds the row that `row` makes, if it is asked for.
    fn add(&mut self, row: impl FnOnce() -> Vec<Value>) {
        if self.exprs.is_some() {
            self.rows.push(row());
        }
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS
    }

    /// The rows gathered, as the client sees them.
    fn flush(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let rows = std::mem::take(&mut self.rows);
        match &self.exprs {
            Some(exprs) if !rows.is_empty() => {
                Ok(Step::Batch(project(exprs, &Batch::from_rows(&self.types, &rows), run)?))
            }
            _ => Ok(Step::Done),
        }
    }
}
