//! New rows, one from one.

use super::portions::Portions;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_column, eval_row};
use crate::exec::step::{Input, Operator, Step};
use crate::plan::Expr;
use std::sync::Arc;
use strata_types::{Batch, Column};

/// See the module.
pub(in crate::exec) struct Project {
    input: Input,
    exprs: Vec<Expr>,
    portions: Portions,
}

impl Project {
    pub(in crate::exec) fn new(input: Input, exprs: Vec<Expr>) -> Project {
        let portions = Portions::of_values(&exprs);
        Project { input, exprs, portions }
    }
}

impl Operator for Project {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let exprs = &self.exprs;
        self.portions.next(&mut self.input, run, |batch, run| project(exprs, &batch, run))
    }

    fn rewind(&mut self) {
        self.portions.rewind();
        self.input.rewind();
    }
}

/// The values of expressions for every row of a batch.
pub(super) fn project(exprs: &[Expr], batch: &Batch, run: &mut Run<'_>) -> Result<Batch> {
    let mut columns = Vec::with_capacity(exprs.len());
    if batch.rows == 1 {
        for expr in exprs {
            let value = eval_row(expr, Row::Batch(batch, 0), run)?;
            columns.push(Arc::new(Column::repeat(expr.ty, &value, 1)));
        }
    } else {
        for expr in exprs {
            columns.push(eval_column(expr, batch, run)?);
        }
    }
    Ok(Batch::new(columns, batch.rows))
}
