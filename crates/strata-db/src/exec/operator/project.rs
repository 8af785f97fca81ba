//! New rows, one from one.
//!
//! Where values may be far larger than those that they are made from, a batch is computed in parts.

use super::growth::Growth;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_column, eval_row};
use crate::exec::step::{Input, Operator, Step, pull};
use crate::plan::Expr;
use std::sync::Arc;
use strata_types::{Batch, Column};

/// See the module.
pub(in crate::exec) struct Project {
    input: Input,
    exprs: Vec<Expr>,
    /// How much is computed at once; `None` if nothing can grow.
    growth: Option<Growth>,
    /// A batch and how many of its rows are done with.
    current: Option<(Batch, usize)>,
}

impl Project {
    pub(in crate::exec) fn new(input: Input, exprs: Vec<Expr>) -> Project {
        let growth = Growth::of(&exprs);
        Project { input, exprs, growth, current: None }
    }

    /// Computes the next part of the batch at hand.
    fn part(&mut self, mut growth: Growth, run: &mut Run<'_>) -> Result<Step> {
        let (batch, done) = match self.current.take() {
            Some(current) => current,
            None => (pull!(self.input, run, return Ok(Step::Done)), 0),
        };
        let rows = growth.rows(batch.rows - done);
        let part = project(&self.exprs, &batch.slice(done, rows), run)?;
        growth.learn(part.byte_len(), rows);
        self.growth = Some(growth);
        if done + rows < batch.rows {
            self.current = Some((batch, done + rows));
        }
        Ok(Step::Batch(part))
    }
}

impl Operator for Project {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if let Some(growth) = self.growth {
            return self.part(growth, run);
        }
        let batch = pull!(self.input, run, return Ok(Step::Done));
        Ok(Step::Batch(project(&self.exprs, &batch, run)?))
    }

    fn rewind(&mut self) {
        self.current = None;
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
