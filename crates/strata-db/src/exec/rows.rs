//! Rows that are there already, handed out a batch at a time.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::step::{BATCH_ROWS, Step, Wait};
use strata_types::{Batch, Type, Value};

/// Rows in the order in which they are to be handed out.
#[derive(Default)]
pub(in crate::exec) struct Rows {
    batch: Batch,
    order: Option<Vec<u32>>,
    at: usize,
}

impl Rows {
    /// The rows of a batch of any size.
    pub(in crate::exec) fn new(batch: Batch) -> Rows {
        Rows { batch, order: None, at: 0 }
    }

    /// Some rows of a batch, in this order.
    pub(in crate::exec) fn ordered(batch: Batch, order: Vec<u32>) -> Rows {
        Rows { batch, order: Some(order), at: 0 }
    }

    /// These rows.
    pub(in crate::exec) fn of_values(types: &[Type], rows: &[Vec<Value>]) -> Rows {
        Rows::new(Batch::from_rows(types, rows))
    }

    /// The next rows.
    pub(in crate::exec) fn next(&mut self) -> Option<Batch> {
        let total = self.order.as_ref().map_or(self.batch.rows, Vec::len);
        let len = BATCH_ROWS.min(total - self.at);
        if len == 0 {
            return None;
        }
        let from = self.at;
        self.at += len;
        Some(match &self.order {
            Some(order) => self.batch.take(&order[from..from + len]),
            None => self.batch.slice(from, len),
        })
    }

    /// From the first row again.
    pub(in crate::exec) fn rewind(&mut self) {
        self.at = 0;
    }

    /// The next rows as a step, unless the slice is used up: an operator above may pass over all of them.
    ///
    /// # Errors
    /// 57014
    pub(in crate::exec) fn step(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if run.must_yield()? {
            return Ok(Step::Pending(Wait::Slice));
        }
        let batch = self.next();
        run.charge(batch.as_ref().map_or(0, |batch| batch.rows));
        Ok(batch.map_or(Step::Done, Step::Batch))
    }
}
