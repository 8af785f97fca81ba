//! Rows in order.

use super::rows::Rows;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::{SortBytes, sort_bytes};
use crate::exec::step::{Input, Operator, Step, pull};
use crate::plan::SortKey;
use strata_types::{Batch, Type};

/// See the module.
pub(in crate::exec) struct Sort {
    input: Input,
    types: Vec<Type>,
    keys: Vec<SortKey>,
    gathered: Vec<Batch>,
    bytes: SortBytes,
    sorted: Option<Rows>,
}

impl Sort {
    pub(in crate::exec) fn new(input: Input, types: Vec<Type>, keys: Vec<SortKey>) -> Sort {
        Sort { input, types, keys, gathered: Vec::new(), bytes: SortBytes::default(), sorted: None }
    }

    fn finish(&mut self) -> &mut Rows {
        let order = std::mem::take(&mut self.bytes).order();
        let all = Batch::concat(&self.types, &std::mem::take(&mut self.gathered));
        self.sorted.insert(Rows::ordered(all, order))
    }
}

impl Operator for Sort {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if let Some(sorted) = &mut self.sorted {
            return Ok(sorted.step());
        }
        loop {
            let batch = pull!(self.input, run, break);
            self.bytes.append(&sort_bytes(&self.keys, &batch, run)?);
            self.gathered.push(batch);
        }
        Ok(self.finish().step())
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.gathered.clear();
        self.bytes = SortBytes::default();
        self.sorted = None;
    }
}
