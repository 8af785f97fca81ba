//! Rows for which a condition is true.

use super::seq_scan::keep;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::step::{Input, Operator, Step, pull};
use crate::plan::Expr;

/// See the module.
pub(in crate::exec) struct Filter {
    input: Input,
    predicate: Expr,
}

impl Filter {
    pub(in crate::exec) fn new(input: Input, predicate: Expr) -> Filter {
        Filter { input, predicate }
    }
}

impl Operator for Filter {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            let batch = pull!(self.input, run, return Ok(Step::Done));
            let batch = keep(batch, Some(&self.predicate), run)?;
            if !batch.is_empty() {
                return Ok(Step::Batch(batch));
            }
        }
    }

    fn rewind(&mut self) {
        self.input.rewind();
    }
}
