//! Each distinct row once.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::eval_column;
use crate::exec::keys::{KeyTable, encode_row};
use crate::exec::spill::{Seen, Space};
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use crate::plan::Expr;
use strata_types::{Batch, Type};

/// All rows that have not come before, by a hash table of those that have.
pub(in crate::exec) struct Distinct {
    input: Input,
    seen: Seen,
    input_done: bool,
}

impl Distinct {
    pub(in crate::exec) fn new(input: Input, types: &[Type]) -> Distinct {
        Distinct { input, seen: Seen::whole(types), input_done: false }
    }

    /// Of the rows that were put aside, those that have not come before.
    fn next_aside(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            match self.seen.next_aside(run.workspace.memory(), run)? {
                Some((_, fresh)) if fresh.is_empty() => {}
                Some((batch, fresh)) => return Ok(Step::Batch(chosen(batch, &fresh))),
                None => return Ok(Step::Done),
            }
        }
    }
}

impl Operator for Distinct {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        while !self.input_done {
            let batch = pull!(self.input, run, {
                self.input_done = true;
                break;
            });
            let memory = run.workspace.memory();
            let fresh = self.seen.fresh(&batch.columns, batch.rows, memory, &run.workspace)?;
            if !fresh.is_empty() {
                return Ok(Step::Batch(chosen(batch, &fresh)));
            }
        }
        self.next_aside(run)
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.seen.clear();
        self.input_done = false;
    }

    fn space(&self) -> Space {
        self.seen.space()
    }
}

/// Some rows of a batch, in ascending order.
pub(super) fn chosen(batch: Batch, rows: &[u32]) -> Batch {
    if rows.len() == batch.rows { batch } else { batch.take(rows) }
}

/// The rows of a batch that are not in `seen`, where they are put.
pub(super) fn unseen(seen: &mut KeyTable, batch: Batch) -> Batch {
    let mut key = Vec::new();
    let mut fresh = Vec::new();
    for row in 0..batch.rows {
        key.clear();
        encode_row(batch.columns.iter().map(|column| &**column), row, &mut key);
        if seen.insert(&key).1 {
            fresh.push(row as u32);
        }
    }
    chosen(batch, &fresh)
}

/// The first of neighbours that have equal values.
pub(in crate::exec) struct DistinctOn {
    input: Input,
    on: Vec<Expr>,
    last: Option<Vec<u8>>,
}

impl DistinctOn {
    pub(in crate::exec) fn new(input: Input, on: Vec<Expr>) -> DistinctOn {
        DistinctOn { input, on, last: None }
    }
}

impl Operator for DistinctOn {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            let batch = pull!(self.input, run, return Ok(Step::Done));
            let mut columns = Vec::with_capacity(self.on.len());
            for expr in &self.on {
                columns.push(eval_column(expr, &batch, run)?);
            }
            let mut fresh = Vec::new();
            for row in 0..batch.rows {
                let mut key = Vec::new();
                encode_row(columns.iter().map(|column| &**column), row, &mut key);
                if self.last.as_ref() != Some(&key) {
                    fresh.push(row as u32);
                    self.last = Some(key);
                }
            }
            if !fresh.is_empty() {
                return Ok(Step::Batch(batch.take(&fresh)));
            }
        }
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.last = None;
    }
}
