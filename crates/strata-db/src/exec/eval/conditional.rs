//! CASE, COALESCE, GREATEST and LEAST.

use super::row::{Row, eval_row};
use super::select::{Selection, matches, select};
use super::vector::{Vector, eval_column};
use crate::error::Result;
use crate::exec::context::Run;
use crate::plan::Expr;
use std::sync::Arc;
use strata_types::{Batch, Column, Type, Value};

/// CASE for one row.
pub(super) fn case_row(
    whens: &[(Expr, Expr)],
    otherwise: Option<&Expr>,
    row: Row<'_>,
    run: &mut Run<'_>,
) -> Result<Value> {
    for (condition, result) in whens {
        if matches(Some(condition), row, run)? {
            return eval_row(result, row, run);
        }
    }
    otherwise.map_or(Ok(Value::Null), |otherwise| eval_row(otherwise, row, run))
}

/// CASE for a batch: each branch is computed for the rows that take it, and the pieces are put in order.
pub(super) fn case_vector(
    ty: Type,
    whens: &[(Expr, Expr)],
    otherwise: Option<&Expr>,
    batch: &Batch,
    run: &mut Run<'_>,
) -> Result<Vector> {
    let mut open = Selection::All;
    let mut pieces: Vec<(Vec<u32>, Arc<Column>)> = Vec::new();
    for (condition, result) in whens {
        if open.is_empty() {
            break;
        }
        let chosen = select(condition, &open.narrow(batch, &[condition]), run)?;
        if chosen.is_empty() {
            continue;
        }
        let rows = open.rows(batch.rows);
        let (taken, left) = split(rows, chosen);
        let taken = Selection::Rows(taken);
        let values = eval_column(result, &taken.narrow(batch, &[result]), run)?;
        pieces.push((taken.rows(batch.rows), values));
        open = Selection::Rows(left);
    }
    if !open.is_empty() {
        let values = match otherwise {
            Some(otherwise) => eval_column(otherwise, &open.narrow(batch, &[otherwise]), run)?,
            None => {
                let count = open.clone().rows(batch.rows).len();
                Arc::new(Column::repeat(ty, &Value::Null, count))
            }
        };
        pieces.push((open.rows(batch.rows), values));
    }
    Ok(Vector::Column(assemble(ty, pieces, batch.rows)))
}

/// The rows chosen and the others.
fn split(rows: Vec<u32>, chosen: Selection) -> (Vec<u32>, Vec<u32>) {
    let Selection::Rows(chosen) = chosen else { return (rows, Vec::new()) };
    let mut is_chosen = vec![false; rows.len()];
    chosen.iter().for_each(|at| is_chosen[*at as usize] = true);
    let (mut taken, mut left) = (Vec::with_capacity(chosen.len()), Vec::new());
    for (row, chosen) in rows.into_iter().zip(is_chosen) {
        if chosen { taken.push(row) } else { left.push(row) }
    }
    (taken, left)
}

/// One column out of pieces, each with the rows that it is for.
fn assemble(ty: Type, mut pieces: Vec<(Vec<u32>, Arc<Column>)>, rows: usize) -> Arc<Column> {
    if pieces.len() == 1
        && let Some((_, column)) = pieces.pop()
    {
        return column;
    }
    let mut places = vec![0u32; rows];
    let order = pieces.iter().flat_map(|(rows, _)| rows);
    order.enumerate().for_each(|(at, row)| places[*row as usize] = at as u32);
    let columns: Vec<&Column> = pieces.iter().map(|(_, column)| &**column).collect();
    Arc::new(Column::concat(ty, &columns).take(&places))
}

/// COALESCE for one row.
pub(super) fn coalesce_row(args: &[Expr], row: Row<'_>, run: &mut Run<'_>) -> Result<Value> {
    for arg in args {
        let value = eval_row(arg, row, run)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

/// GREATEST or LEAST for one row.
pub(super) fn min_max_row(args: &[Expr], greatest: bool, row: Row<'_>, run: &mut Run<'_>) -> Result<Value> {
    let mut best = Value::Null;
    for arg in args {
        let value = eval_row(arg, row, run)?;
        let better = best.is_null() || if greatest { value > best } else { value < best };
        if !value.is_null() && better {
            best = value;
        }
    }
    Ok(best)
}
