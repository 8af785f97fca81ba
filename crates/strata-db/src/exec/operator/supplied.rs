//! Rows that whoever runs the statement hands in.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::step::{Operator, Step, Wait};

/// See the module.
pub(in crate::exec) struct Supplied;

impl Operator for Supplied {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let supply = &mut run.state.supply;
        while let Some(batch) = supply.batches.pop_front() {
            if !batch.is_empty() {
                return Ok(Step::Batch(batch));
            }
        }
        Ok(if supply.ended { Step::Done } else { Step::Pending(Wait::Input) })
    }

    fn rewind(&mut self) {
        unreachable!("rows that were handed in are read once");
    }
}
