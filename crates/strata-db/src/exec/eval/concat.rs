//! Chains of `||` over text: `a || b || c` is made once, not once for each pair, so its cost is its length.

use super::row::{Row, eval_row};
use super::vector::{Vector, eval};
use crate::error::Result;
use crate::exec::context::Run;
use crate::functions::{FunctionKind, TEXTCAT, joined};
use crate::plan::{Expr, ExprKind, FunctionRef};
use std::sync::Arc;
use strata_types::{Batch, Column, ColumnBuilder, ColumnData, Type, Value};

/// The operands of a call that is a chain of at least three, in their order.
pub(super) fn operands<'a>(function: &FunctionRef, args: &'a [Expr]) -> Option<Vec<&'a Expr>> {
    if function.oid != TEXTCAT || !matches!(function.kind, FunctionKind::Scalar(..)) {
        return None;
    }
    let mut operands = Vec::new();
    let mut rest: Vec<&Expr> = args.iter().rev().collect();
    while let Some(expr) = rest.pop() {
        match &expr.kind {
            ExprKind::Call { function, args } if function.oid == TEXTCAT => rest.extend(args.iter().rev()),
            _ => operands.push(expr),
        }
    }
    (operands.len() > 2).then_some(operands)
}

/// NULL if any operand is.
pub(super) fn value(operands: &[Value]) -> Result<Value> {
    let texts: Option<Vec<&str>> = operands.iter().map(Value::as_str).collect();
    texts.map_or(Ok(Value::Null), |texts| joined(&texts).map(Value::text))
}

/// The chain for one row.
pub(super) fn row(operands: &[&Expr], row: Row<'_>, run: &mut Run<'_>) -> Result<Value> {
    let values: Result<Vec<Value>> = operands.iter().map(|operand| eval_row(operand, row, run)).collect();
    value(&values?)
}

/// The chain for every row of a batch.
pub(super) fn vector(operands: &[&Expr], batch: &Batch, run: &mut Run<'_>) -> Result<Vector> {
    let mut inputs: Vec<Arc<Column>> = Vec::with_capacity(operands.len());
    let mut constants = Vec::with_capacity(operands.len());
    for operand in operands {
        let input = eval(operand, batch, run)?;
        let constant = match input {
            Vector::Const(value) => Some(value),
            Vector::Column(column) => {
                inputs.push(column);
                None
            }
        };
        constants.push(constant);
    }
    let mut builder = ColumnBuilder::with_capacity(Type::TEXT, batch.rows);
    for row in 0..batch.rows {
        let mut columns = inputs.iter();
        let parts: Option<Vec<&str>> = constants
            .iter()
            .map(|constant| match constant {
                Some(value) => value.as_str(),
                None => columns.next().and_then(|column| text(column, row)),
            })
            .collect();
        match parts {
            Some(parts) => builder.push_str(&joined(&parts)?),
            None => builder.push_null(),
        }
    }
    Ok(Vector::Column(Arc::new(builder.finish())))
}

fn text(column: &Column, row: usize) -> Option<&str> {
    match &column.data {
        ColumnData::Text(strings) if !column.is_null(row) => Some(strings.get_str(row)),
        _ => None,
    }
}
