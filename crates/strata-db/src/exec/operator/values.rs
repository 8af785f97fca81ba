//! Constant rows.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_row};
use crate::exec::step::{BATCH_ROWS, Operator, Step};
use crate::plan::Expr;
use strata_types::{Batch, Type, Value};

/// See the module.
pub(in crate::exec) struct Values {
    rows: Vec<Vec<Expr>>,
    types: Vec<Type>,
    at: usize,
}

impl Values {
    pub(in crate::exec) fn new(rows: Vec<Vec<Expr>>, types: Vec<Type>) -> Values {
        Values { rows, types, at: 0 }
    }
}

impl Operator for Values {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let end = self.rows.len().min(self.at + BATCH_ROWS);
        let exprs = &self.rows[self.at..end];
        if exprs.is_empty() {
            return Ok(Step::Done);
        }
        let mut rows = Vec::with_capacity(exprs.len());
        for exprs in exprs {
            let row: Result<Vec<Value>> =
                exprs.iter().map(|expr| eval_row(expr, Row::Values(&[]), run)).collect();
            rows.push(row?);
        }
        self.at = end;
        run.charge(rows.len());
        Ok(Step::Batch(Batch::from_rows(&self.types, &rows)))
    }

    fn rewind(&mut self) {
        self.at = 0;
    }
}
