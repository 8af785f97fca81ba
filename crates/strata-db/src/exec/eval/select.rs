//! Conditions: which rows of a batch they are true for.

use super::row::{Row, eval_row};
use super::vector::{Vector, eval_bounded};
use crate::error::Result;
use crate::exec::context::Run;
use crate::plan::{Expr, ExprKind};
use strata_types::{Batch, Value};

/// Some rows of a batch.
#[derive(Clone, Debug)]
pub(in crate::exec) enum Selection {
    /// Every one.
    All,
    /// These, ascending.
    Rows(Vec<u32>),
}

impl Selection {
    /// The rows of `inner`, which counts among these, as rows of the whole.
    pub(super) fn then(self, inner: Selection) -> Selection {
        match (self, inner) {
            (outer, Selection::All) => outer,
            (Selection::All, inner) => inner,
            (Selection::Rows(outer), Selection::Rows(inner)) => {
                Selection::Rows(inner.into_iter().map(|row| outer[row as usize]).collect())
            }
        }
    }

    /// Nothing is selected.
    pub(in crate::exec) fn is_empty(&self) -> bool {
        matches!(self, Selection::Rows(rows) if rows.is_empty())
    }

    /// The batch of the rows selected.
    pub(in crate::exec) fn apply(&self, batch: Batch) -> Batch {
        match self {
            Selection::All => batch,
            Selection::Rows(rows) => batch.take(rows),
        }
    }

    /// The rows selected, of a batch to compute `exprs` over: columns that none of them reads are left as they
    /// are, and must not be looked at.
    pub(super) fn narrow(&self, batch: &Batch, exprs: &[&Expr]) -> Batch {
        let rows = match self {
            Selection::All => return batch.clone(),
            Selection::Rows(rows) => rows,
        };
        let mut read = vec![false; batch.columns.len()];
        for expr in exprs {
            expr.walk(&mut |part| match &part.kind {
                ExprKind::Column(column) => read[*column] = true,
                ExprKind::SubPlan { .. } => read.fill(true),
                _ => {}
            });
        }
        let columns = batch.columns.iter().zip(read);
        let columns =
            columns.map(|(column, read)| if read { column.take(rows).into() } else { column.clone() });
        Batch { columns: columns.collect(), rows: rows.len() }
    }

    /// The row numbers.
    pub(in crate::exec) fn rows(self, count: usize) -> Vec<u32> {
        match self {
            Selection::All => (0..count as u32).collect(),
            Selection::Rows(rows) => rows,
        }
    }
}

/// The rows for which a condition is true.
///
/// # Errors
/// What the condition raises.
pub(in crate::exec) fn select(condition: &Expr, batch: &Batch, run: &mut Run<'_>) -> Result<Selection> {
    if let ExprKind::And(parts) = &condition.kind {
        let mut selected = Selection::All;
        for part in parts {
            if selected.is_empty() {
                break;
            }
            let rest = selected.narrow(batch, &[part]);
            let inner = select(part, &rest, run)?;
            selected = selected.then(inner);
        }
        return Ok(selected);
    }
    let truths = eval_bounded(condition, batch, run)?;
    Ok(match truths {
        Vector::Const(Value::Bool(true)) => Selection::All,
        Vector::Const(_) => Selection::Rows(Vec::new()),
        Vector::Column(_) => {
            let rows: Vec<u32> = (0..batch.rows)
                .filter(|row| truths.truth(*row) == Some(true))
                .map(|row| row as u32)
                .collect();
            if rows.len() == batch.rows { Selection::All } else { Selection::Rows(rows) }
        }
    })
}

/// Whether a condition is true for one row; no condition is true.
///
/// # Errors
/// What the condition raises.
pub(in crate::exec) fn matches(condition: Option<&Expr>, row: Row<'_>, run: &mut Run<'_>) -> Result<bool> {
    match condition {
        None => Ok(true),
        Some(condition) => Ok(eval_row(condition, row, run)?.as_bool() == Some(true)),
    }
}
