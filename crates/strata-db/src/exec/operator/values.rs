//! Constant rows.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_row};
use crate::exec::step::{BATCH_ROWS, Operator, Step};
use crate::exec::suspend::{attempt_if, can_wait};
use crate::plan::Expr;
use strata_types::{Batch, Type, Value};

/// See the module.
pub(in crate::exec) struct Values {
    rows: Vec<Vec<Expr>>,
    types: Vec<Type>,
    at: usize,
    /// A row may have to wait: then the rows before it have gone their way, each by itself.
    can_wait: bool,
}

impl Values {
    pub(in crate::exec) fn new(rows: Vec<Vec<Expr>>, types: Vec<Type>) -> Values {
        let can_wait = can_wait(rows.iter().flatten());
        Values { rows, types, at: 0, can_wait }
    }
}

impl Operator for Values {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let mut rows = Vec::new();
        let batch_rows = if self.can_wait { 1 } else { BATCH_ROWS };
        while let Some(exprs) = self.rows.get(self.at)
            && rows.len() < batch_rows
        {
            let row = attempt_if(self.can_wait, run, |run| {
                exprs.iter().map(|expr| eval_row(expr, Row::Values(&[]), run)).collect::<Result<Vec<Value>>>()
            })?;
            match row {
                Ok(row) => rows.push(row),
                Err(wait) => return Ok(Step::Pending(wait)),
            }
            self.at += 1;
        }
        if rows.is_empty() {
            return Ok(Step::Done);
        }
        run.charge(rows.len());
        Ok(Step::Batch(Batch::from_rows(&self.types, &rows)))
    }

    fn rewind(&mut self) {
        self.at = 0;
    }
}
