//! How many rows are computed at once, where an expression may make values far larger than those that it reads
//! (`repeat`): as many as what the rows before came to allows.

use crate::exec::eval::may_amplify;
use crate::exec::step::BATCH_ROWS;
use crate::plan::{Expr, ExprKind};

/// Bytes that a part may come to.
const PART_BYTES: usize = 1 << 20;
/// Rows of the first part: so many values of the greatest length fit into a column.
const FIRST_ROWS: usize = 4;

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct Growth {
    part_rows: usize,
}

impl Growth {
    /// Of these expressions; `None` if none can grow.
    pub(super) fn of<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> Option<Growth> {
        let may_grow = |expr: &Expr| {
            expr.ty.len() < 0
                && match &expr.kind {
                    ExprKind::Column(_) => false,
                    ExprKind::Const(_) => may_amplify(expr),
                    _ => true,
                }
        };
        exprs.into_iter().any(may_grow).then_some(Growth { part_rows: FIRST_ROWS })
    }

    /// How many of so many rows to compute.
    pub(super) fn rows(self, left: usize) -> usize {
        self.part_rows.min(left)
    }

    /// Takes note of what some rows came to.
    pub(super) fn learn(&mut self, bytes: usize, rows: usize) {
        let row_bytes = bytes / rows.max(1) + 1;
        self.part_rows = (PART_BYTES / row_bytes).clamp(1, BATCH_ROWS);
    }
}
