//! Rows in order.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::sort_bytes;
use crate::exec::spill::{Sorter, Space};
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use crate::plan::SortKey;
use strata_types::Type;

/// See the module.
pub(in crate::exec) struct Sort {
    input: Input,
    types: Vec<Type>,
    keys: Vec<SortKey>,
    sorter: Sorter,
    gathered: bool,
}

impl Sort {
    pub(in crate::exec) fn new(input: Input, types: Vec<Type>, keys: Vec<SortKey>) -> Sort {
        let sorter = Sorter::new(&types);
        Sort { input, types, keys, sorter, gathered: false }
    }
}

impl Operator for Sort {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        while !self.gathered {
            if !self.sorter.settle(run)? {
                return Ok(Step::Pending(Wait::Slice));
            }
            let batch = pull!(self.input, run, {
                self.gathered = true;
                break;
            });
            let keys = sort_bytes(&self.keys, &batch, run)?;
            self.sorter.push(&batch, &keys, run);
        }
        self.sorter.next(run)
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.sorter = Sorter::new(&self.types);
        self.gathered = false;
    }

    fn space(&self) -> Space {
        self.sorter.space()
    }
}
