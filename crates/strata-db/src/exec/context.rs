//! What operators and expressions reach while they run.

use super::running::State;
use super::slice::Slice;
use super::spill::Workspace;
use crate::catalog::system::SystemSource;
use crate::error::{Result, SqlError};
use crate::functions::Environment;
use crate::schema::{Oid, RelationDef};
use crate::table::{Doubt, RowNumbers};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strata_store::{Txn, View};
use strata_types::{Value, sqlstate};
use vfs::Clock;

/// Rows that a pull touches at most.
const SLICE_ROWS: usize = 64 * 1024;

/// Hears of every row that a statement writes: how foreign keys and deferrable keys are kept.
pub trait RowWatch {
    /// A row of a table was inserted (no `old`), updated, or deleted (no `new`).
    fn written(&mut self, table: Oid, old: Option<&[Value]>, new: Option<&[Value]>);

    /// A row of the table may have another's key in a deferrable index.
    fn doubted(&mut self, table: &Arc<RelationDef>, doubt: Doubt);
}

/// What the session lends for the time of one pull.
pub struct Context<'a> {
    /// The transaction.
    pub txn: &'a mut Txn,
    /// What the statement sees.
    pub view: View,
    /// The session, as functions see it.
    pub env: &'a dyn Environment,
    /// What virtual relations are computed from.
    pub system: &'a SystemSource<'a>,
    /// `$1` …
    pub params: &'a [Value],
    /// Hidden keys for rows of tables without a primary key.
    pub row_numbers: &'a RowNumbers,
    /// Raised to cancel the statement.
    pub cancelled: &'a AtomicBool,
    /// What each operator may hold in memory.
    pub workspace: Workspace<'a>,
    /// Tells when the slice is used up.
    pub clock: &'a dyn Clock,
    /// The session's slice.
    pub slice: &'a Slice,
    /// A row that changed since the snapshot raises 40001 instead of being looked at again.
    pub snapshot_is_fixed: bool,
    /// Hears of the rows written.
    pub watch: &'a mut dyn RowWatch,
}

/// What operators reach in one pull: the session's loan, and what the running statement has of its own.
pub(super) struct Run<'a> {
    pub(super) txn: &'a mut Txn,
    pub(super) view: View,
    pub(super) env: &'a dyn Environment,
    pub(super) system: &'a SystemSource<'a>,
    pub(super) params: &'a [Value],
    pub(super) row_numbers: &'a RowNumbers,
    pub(super) snapshot_is_fixed: bool,
    pub(super) workspace: Workspace<'a>,
    pub(super) watch: &'a mut dyn RowWatch,
    pub(super) state: &'a mut State,
    cancelled: &'a AtomicBool,
    clock: &'a dyn Clock,
    slice: &'a Slice,
    rows_left: usize,
}

/// A row of an enclosing query.
pub(super) type OuterRow = Arc<[Value]>;

impl<'a> Run<'a> {
    /// For one pull.
    pub(super) fn new(context: &'a mut Context<'_>, state: &'a mut State) -> Run<'a> {
        Run {
            txn: &mut *context.txn,
            view: context.view,
            env: context.env,
            system: context.system,
            params: context.params,
            row_numbers: context.row_numbers,
            snapshot_is_fixed: context.snapshot_is_fixed,
            workspace: context.workspace,
            watch: &mut *context.watch,
            state,
            cancelled: context.cancelled,
            clock: context.clock,
            slice: context.slice,
            rows_left: SLICE_ROWS,
        }
    }

    /// The monotonic clock.
    pub(super) fn now_us(&self) -> u64 {
        self.clock.monotonic_us()
    }

    /// Takes note of `rows` touched.
    pub(super) fn charge(&mut self, rows: usize) {
        self.rows_left = self.rows_left.saturating_sub(rows);
    }

    /// Whether to yield now: never before a row was touched, so that every pull gets somewhere. Inside of an
    /// expression that cannot be given up there is no yielding, only cancelling.
    ///
    /// # Errors
    /// 57014 if the statement has been cancelled.
    pub(super) fn must_yield(&self) -> Result<bool> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(SqlError::new(sqlstate::QUERY_CANCELED, "canceling statement due to user request"));
        }
        let is_over = match self.rows_left {
            0 => true,
            SLICE_ROWS => false,
            _ => self.slice.is_over(self.clock),
        };
        Ok(is_over && self.state.pinned == 0)
    }

    /// Enters a level: `Outer { depth: 1 }` is `row` until [`pop_outer`](Self::pop_outer).
    pub(super) fn push_outer(&mut self, row: OuterRow) {
        self.state.outer.push(row);
    }

    /// Leaves the innermost level.
    pub(super) fn pop_outer(&mut self) {
        self.state.outer.pop();
    }

    /// A column of an enclosing row.
    pub(super) fn outer(&self, depth: usize, column: usize) -> Value {
        let rows = &self.state.outer;
        match rows.len().checked_sub(depth).and_then(|at| rows.get(at)).and_then(|row| row.get(column)) {
            Some(value) => value.clone(),
            None => unreachable!("outer column {column} at depth {depth} of {} rows", rows.len()),
        }
    }

    /// A parameter's value.
    ///
    /// # Errors
    /// 42P02 if the client has sent fewer.
    pub(super) fn param(&self, index: usize) -> Result<Value> {
        self.params.get(index).cloned().ok_or_else(|| {
            SqlError::new(sqlstate::UNDEFINED_PARAMETER, format!("there is no parameter ${}", index + 1))
        })
    }
}
