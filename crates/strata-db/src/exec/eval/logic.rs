//! Three-valued logic.

use super::call;
use super::row::{Row, eval_row};
use super::select::Selection;
use super::vector::{Vector, eval, truths};
use crate::error::Result;
use crate::exec::context::Run;
use crate::plan::{Expr, FunctionRef};
use strata_types::{Batch, Value};

/// `IS [NOT] NULL`. A record is NULL if all its fields are, and not NULL if none is.
pub(super) fn is_null(value: &Value, negated: bool) -> bool {
    match value {
        Value::Record(fields) if negated => !fields.iter().any(Value::is_null),
        Value::Record(fields) => fields.iter().all(Value::is_null),
        value => value.is_null() != negated,
    }
}

/// AND (`decisive` is false) or OR (`decisive` is true) for one row: a decisive operand ends it.
pub(super) fn row(parts: &[Expr], decisive: bool, row: Row<'_>, run: &mut Run<'_>) -> Result<Value> {
    let mut unknown = false;
    for part in parts {
        match eval_row(part, row, run)?.as_bool() {
            Some(truth) if truth == decisive => return Ok(Value::Bool(decisive)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(!decisive) })
}

/// AND or OR for a batch: each operand is computed for the rows that are still open.
pub(super) fn vector(parts: &[Expr], decisive: bool, batch: &Batch, run: &mut Run<'_>) -> Result<Vector> {
    let mut result = vec![Some(!decisive); batch.rows];
    let mut open = Selection::All;
    for part in parts {
        if open.is_empty() {
            break;
        }
        let rest = open.narrow(batch, &[part]);
        let input = eval(part, &rest, run)?;
        let rows = open.rows(batch.rows);
        let mut still = Vec::with_capacity(rows.len());
        for (at, row) in rows.into_iter().enumerate() {
            match input.truth(at) {
                Some(truth) if truth == decisive => result[row as usize] = Some(decisive),
                Some(_) => still.push(row),
                None => {
                    result[row as usize] = None;
                    still.push(row);
                }
            }
        }
        open = Selection::Rows(still);
    }
    Ok(truths(result.into_iter()))
}

/// `arg [NOT] IN (list)` for one row.
pub(super) fn in_list_row(
    (arg, list): (&Expr, &[Expr]),
    equal: &FunctionRef,
    negated: bool,
    row: Row<'_>,
    run: &mut Run<'_>,
) -> Result<Value> {
    let value = eval_row(arg, row, run)?;
    if value.is_null() {
        return Ok(Value::Null);
    }
    let mut unknown = false;
    for candidate in list {
        let other = eval_row(candidate, row, run)?;
        match call::is_true(equal, arg.ty, candidate.ty, value.clone(), other, run.env)? {
            Some(true) => return Ok(Value::Bool(!negated)),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(negated) })
}
