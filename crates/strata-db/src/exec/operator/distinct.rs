//! Each distinct row once.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::eval_column;
use crate::exec::keys::{KeyTable, encode_row};
use crate::exec::step::{Input, Operator, Step, pull};
use crate::plan::Expr;
use strata_types::Batch;

/// All rows that have not come before, by a hash table of those that have.
pub(in crate::exec) struct Distinct {
    input: Input,
    seen: KeyTable,
}

impl Distinct {
    pub(in crate::exec) fn new(input: Input) -> Distinct {
        Distinct { input, seen: KeyTable::default() }
    }
}

impl Operator for Distinct {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            let batch = pull!(self.input, run, return Ok(Step::Done));
            let fresh = unseen(&mut self.seen, batch);
            if !fresh.is_empty() {
                return Ok(Step::Batch(fresh));
            }
        }
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.seen.clear();
    }
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
    if fresh.len() == batch.rows { batch } else { batch.take(&fresh) }
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
