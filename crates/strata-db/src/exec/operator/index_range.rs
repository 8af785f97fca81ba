//! The rows of a range of an index, in its order.

use super::seq_scan::next_filtered;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_row};
use crate::exec::step::{Operator, Step};
use crate::exec::suspend::attempt;
use crate::plan::{Expr, KeyRange, RowLock};
use crate::schema::RelationDef;
use crate::table::{TableScan, range_bounds};
use std::ops::Bound;
use std::sync::Arc;
use strata_types::Value;

/// See the module.
pub(in crate::exec) struct IndexRange {
    relation: Arc<RelationDef>,
    index: usize,
    columns: Vec<usize>,
    range: KeyRange,
    reverse: bool,
    filter: Option<Expr>,
    /// Rows that others have locked against this are passed over.
    passes_over: Option<RowLock>,
    state: State,
}

enum State {
    Start,
    Scan(Box<TableScan>),
    /// A bound is NULL: nothing compares to it.
    Empty,
}

impl IndexRange {
    pub(in crate::exec) fn new(
        (relation, index): (Arc<RelationDef>, usize),
        columns: Vec<usize>,
        range: KeyRange,
        reverse: bool,
        filter: Option<Expr>,
    ) -> IndexRange {
        let (passes_over, state) = (None, State::Start);
        IndexRange { relation, index, columns, range, reverse, filter, passes_over, state }
    }

    /// Rows that others have locked against `lock`, if any, are left out as far as that is seen in passing.
    pub(in crate::exec) fn passing_over(self, lock: Option<RowLock>) -> IndexRange {
        IndexRange { passes_over: lock, ..self }
    }

    fn start(&self, run: &mut Run<'_>) -> Result<State> {
        let mut prefix = Vec::with_capacity(self.range.prefix.len());
        for expr in &self.range.prefix {
            prefix.push(eval_row(expr, Row::Values(&[]), run)?);
        }
        let lower = bound(&self.range.lower, run)?;
        let upper = bound(&self.range.upper, run)?;
        let is_null = |bound: &Bound<Value>| {
            matches!(bound, Bound::Included(Value::Null) | Bound::Excluded(Value::Null))
        };
        if prefix.iter().any(Value::is_null) || is_null(&lower) || is_null(&upper) {
            return Ok(State::Empty);
        }
        let not_null = self.range.not_null;
        let bounds =
            range_bounds(&self.relation, self.index, &prefix, lower.as_ref(), upper.as_ref(), not_null)?;
        let scan = TableScan::by_index(
            run.txn,
            run.view,
            &self.relation,
            self.index,
            &self.columns,
            &bounds,
            self.reverse,
        )?;
        Ok(State::Scan(Box::new(match self.passes_over {
            Some(lock) => scan.passing_over(lock),
            None => scan,
        })))
    }
}

fn bound(bound: &Option<(Expr, bool)>, run: &mut Run<'_>) -> Result<Bound<Value>> {
    let Some((expr, inclusive)) = bound else { return Ok(Bound::Unbounded) };
    let value = eval_row(expr, Row::Values(&[]), run)?;
    Ok(if *inclusive { Bound::Included(value) } else { Bound::Excluded(value) })
}

impl Operator for IndexRange {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if matches!(self.state, State::Start) {
            match attempt(run, |run| self.start(run))? {
                Ok(state) => self.state = state,
                Err(wait) => return Ok(Step::Pending(wait)),
            }
        }
        match &mut self.state {
            State::Scan(scan) => next_filtered(scan, self.filter.as_ref(), run),
            State::Start | State::Empty => Ok(Step::Done),
        }
    }

    fn rewind(&mut self) {
        self.state = State::Start;
    }
}
