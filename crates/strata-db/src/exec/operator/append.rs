//! One input after the other.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::step::{Input, Operator, Step, pull};

/// See the module.
pub(in crate::exec) struct Append {
    inputs: Vec<Input>,
    at: usize,
}

impl Append {
    pub(in crate::exec) fn new(inputs: Vec<Input>) -> Append {
        Append { inputs, at: 0 }
    }
}

impl Operator for Append {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        while let Some(input) = self.inputs.get_mut(self.at) {
            let batch = pull!(input, run, {
                self.at += 1;
                continue;
            });
            return Ok(Step::Batch(batch));
        }
        Ok(Step::Done)
    }

    fn rewind(&mut self) {
        self.inputs.iter_mut().for_each(|input| input.rewind());
        self.at = 0;
    }
}
