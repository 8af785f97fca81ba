//! Rows for which a condition is true.

use super::portions::Portions;
use super::seq_scan::keep;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::step::{Input, Operator, Step};
use crate::plan::Expr;

/// See the module.
pub(in crate::exec) struct Filter {
    input: Input,
    predicate: Expr,
    portions: Portions,
}

impl Filter {
    pub(in crate::exec) fn new(input: Input, predicate: Expr) -> Filter {
        let portions = Portions::of_condition(std::slice::from_ref(&predicate));
        Filter { input, predicate, portions }
    }
}

impl Operator for Filter {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let predicate = Some(&self.predicate);
        self.portions.next(&mut self.input, run, |batch, run| keep(batch, predicate, run))
    }

    fn rewind(&mut self) {
        self.portions.rewind();
        self.input.rewind();
    }
}
