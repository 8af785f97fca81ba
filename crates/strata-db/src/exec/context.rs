//! What operators and expressions reach while they run.

use super::running::RunState;
use crate::catalog::system::SystemSource;
use crate::error::{Result, SqlError};
use crate::functions::Environment;
use crate::table::RowNumbers;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strata_store::{Txn, View};
use strata_types::{Value, sqlstate};

/// Bytes that sorts, hash tables and the like of one operator may hold before they spill.
pub const WORK_MEMORY: usize = 64 << 20;

/// A step's surroundings, lent by the session for the time of one pull.
pub struct Context<'a> {
    /// The transaction.
    pub txn: &'a mut Txn,
    /// What the statement sees.
    pub view: View,
    /// The session, as functions see it.
    pub env: &'a dyn Environment,
    /// What virtual relations are computed from.
    pub source: SystemSource<'a>,
    /// `$1` …
    pub params: &'a [Value],
    /// Hidden keys for rows of tables without a primary key.
    pub row_numbers: &'a RowNumbers,
    /// Raised to cancel the statement.
    pub cancelled: &'a AtomicBool,
    /// READ COMMITTED: a row that changed since the snapshot is looked at again instead of raising 40001.
    pub read_committed: bool,
    /// Rows that may still be touched before the statement must yield.
    pub budget: usize,
    /// Bytes that one operator may hold before it spills.
    pub work_memory: usize,
    /// The running statement's own; swapped in by [`Running::next`](super::Running::next).
    pub state: State,
}

/// What belongs to a running statement rather than to one of its operators.
#[derive(Default)]
pub struct State(pub(super) RunState);

/// A row of an enclosing query.
pub(super) type OuterRow = Arc<[Value]>;

impl Context<'_> {
    /// Takes note of `rows` touched.
    pub(super) fn charge(&mut self, rows: usize) {
        self.budget = self.budget.saturating_sub(rows);
    }

    /// Whether to yield now. Inside of an expression there is no yielding, only cancelling.
    ///
    /// # Errors
    /// 57014 if the statement has been cancelled.
    pub(super) fn must_yield(&self) -> Result<bool> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(SqlError::new(sqlstate::QUERY_CANCELED, "canceling statement due to user request"));
        }
        Ok(self.budget == 0 && self.state.0.expression_depth == 0)
    }

    /// Enters a level: `Outer { depth: 1 }` is `row` until [`pop_outer`](Self::pop_outer).
    pub(super) fn push_outer(&mut self, row: OuterRow) {
        self.state.0.outer.push(row);
    }

    /// Leaves the innermost level.
    pub(super) fn pop_outer(&mut self) {
        self.state.0.outer.pop();
    }

    /// A column of an enclosing row.
    pub(super) fn outer(&self, depth: usize, column: usize) -> Value {
        let rows = &self.state.0.outer;
        match rows.len().checked_sub(depth).and_then(|at| rows.get(at)).and_then(|row| row.get(column)) {
            Some(value) => value.clone(),
            None => unreachable!("outer column {column} at depth {depth} of {} rows", rows.len()),
        }
    }

    /// A parameter's value.
    ///
    /// # Errors
    /// 08P01 if the client has sent fewer.
    pub(super) fn param(&self, index: usize) -> Result<Value> {
        self.params.get(index).cloned().ok_or_else(|| {
            SqlError::new(sqlstate::UNDEFINED_PARAMETER, format!("there is no parameter ${}", index + 1))
        })
    }
}
