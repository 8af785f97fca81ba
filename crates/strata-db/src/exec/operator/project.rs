//! New rows, one from one.
//!
//! An expression may make values far larger than those that it reads (`repeat`). Where that can be, a batch
//! is computed in parts whose size follows from what the part before came to.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_column, eval_row, may_amplify};
use crate::exec::step::{BATCH_ROWS, Input, Operator, Step, pull};
use crate::plan::{Expr, ExprKind};
use std::sync::Arc;
use strata_types::{Batch, Column};

/// Bytes that a part may come to.
const PART_BYTES: usize = 1 << 20;
/// Rows of the first part: so many values of the greatest length fit into a column.
const FIRST_ROWS: usize = 4;

/// See the module.
pub(in crate::exec) struct Project {
    input: Input,
    exprs: Vec<Expr>,
    /// Rows of a part, if there have to be parts.
    part_rows: Option<usize>,
    /// A batch and how many of its rows are done with.
    current: Option<(Batch, usize)>,
}

impl Project {
    pub(in crate::exec) fn new(input: Input, exprs: Vec<Expr>) -> Project {
        let may_grow = |expr: &Expr| {
            expr.ty.len() < 0
                && match &expr.kind {
                    ExprKind::Column(_) => false,
                    ExprKind::Const(_) => may_amplify(expr),
                    _ => true,
                }
        };
        let part_rows = exprs.iter().any(may_grow).then_some(FIRST_ROWS);
        Project { input, exprs, part_rows, current: None }
    }

    /// Computes the next part of the batch at hand.
    fn part(&mut self, part_rows: usize, run: &mut Run<'_>) -> Result<Step> {
        let (batch, done) = match self.current.take() {
            Some(current) => current,
            None => (pull!(self.input, run, return Ok(Step::Done)), 0),
        };
        let rows = part_rows.min(batch.rows - done);
        let part = match rows == batch.rows {
            true => project(&self.exprs, &batch, run)?,
            false => project(&self.exprs, &batch.slice(done, rows), run)?,
        };
        let row_bytes = part.byte_len() / rows.max(1) + 1;
        self.part_rows = Some((PART_BYTES / row_bytes).clamp(1, BATCH_ROWS));
        if done + rows < batch.rows {
            self.current = Some((batch, done + rows));
        }
        Ok(Step::Batch(part))
    }
}

impl Operator for Project {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if let Some(part_rows) = self.part_rows {
            return self.part(part_rows, run);
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
