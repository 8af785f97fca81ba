//! An expression's values for a batch of rows.

use super::row::{Row, eval_row};
use super::{call, cast, compare, conditional, logic, may_amplify};
use crate::error::Result;
use crate::exec::context::Run;
use crate::plan::{Expr, ExprKind};
use std::sync::Arc;
use strata_types::{Batch, Bitmap, Column, ColumnBuilder, ColumnData, Type, Value};

/// One value a row.
#[derive(Clone, Debug)]
pub(in crate::exec) enum Vector {
    /// The same in every row.
    Const(Value),
    /// As in the column.
    Column(Arc<Column>),
}

impl Vector {
    /// The value in row `row`.
    pub(in crate::exec) fn value(&self, row: usize) -> Value {
        match self {
            Vector::Const(value) => value.clone(),
            Vector::Column(column) => column.value(row),
        }
    }

    /// As a column of `rows` rows.
    pub(in crate::exec) fn to_column(&self, ty: Type, rows: usize) -> Arc<Column> {
        match self {
            Vector::Const(value) => Arc::new(Column::repeat(ty, value, rows)),
            Vector::Column(column) => column.clone(),
        }
    }

    /// The truth in row `row`; `None` is NULL.
    pub(super) fn truth(&self, row: usize) -> Option<bool> {
        match self {
            Vector::Const(value) => value.as_bool(),
            Vector::Column(column) => match &column.data {
                ColumnData::Bool(truths) if !column.is_null(row) => Some(truths[row]),
                _ => None,
            },
        }
    }
}

/// The values of `expr` as a column.
///
/// # Errors
/// What the expression raises for any of the rows.
pub(in crate::exec) fn eval_column(expr: &Expr, batch: &Batch, run: &mut Run<'_>) -> Result<Arc<Column>> {
    Ok(eval_bounded(expr, batch, run)?.to_column(expr.ty, batch.rows))
}

/// The values of a whole expression: row by row where it may amplify what it reads ([`may_amplify`]).
///
/// # Errors
/// What the expression raises for any of the rows.
pub(super) fn eval_bounded(expr: &Expr, batch: &Batch, run: &mut Run<'_>) -> Result<Vector> {
    let computed = !matches!(expr.kind, ExprKind::Const(_) | ExprKind::Column(_));
    match computed && batch.rows > 1 && may_amplify(expr) {
        true => row_by_row(expr, batch, run),
        false => eval(expr, batch, run),
    }
}

/// The values of `expr`.
///
/// # Errors
/// What the expression raises for any of the rows.
pub(in crate::exec) fn eval(expr: &Expr, batch: &Batch, run: &mut Run<'_>) -> Result<Vector> {
    match &expr.kind {
        ExprKind::Const(value) => Ok(Vector::Const(value.clone())),
        ExprKind::Column(column) => Ok(Vector::Column(batch.columns[*column].clone())),
        ExprKind::Outer { depth, column } => Ok(Vector::Const(run.outer(*depth, *column))),
        ExprKind::Param(index) => Ok(Vector::Const(run.param(*index)?)),
        ExprKind::Call { function, args } => call::vector(function, expr.ty, args, batch, run),
        ExprKind::Cast { arg, explicit } => {
            let input = eval(arg, batch, run)?;
            cast::vector(input, arg.ty, (expr.ty, expr.typmod), *explicit, batch.rows, run.env)
        }
        ExprKind::And(parts) => logic::vector(parts, false, batch, run),
        ExprKind::Or(parts) => logic::vector(parts, true, batch, run),
        ExprKind::Not(arg) => {
            let input = eval(arg, batch, run)?;
            Ok(truths((0..batch.rows).map(|row| input.truth(row).map(|truth| !truth))))
        }
        ExprKind::IsNull { arg, negated } => {
            let input = eval(arg, batch, run)?;
            Ok(is_null(&input, *negated, batch.rows))
        }
        ExprKind::IsBool { arg, truth, negated } => {
            let input = eval(arg, batch, run)?;
            Ok(truths((0..batch.rows).map(|row| Some((input.truth(row) == *truth) != *negated))))
        }
        ExprKind::Case { whens, otherwise } => {
            conditional::case_vector(expr.ty, whens, otherwise.as_deref(), batch, run)
        }
        ExprKind::InList { arg, list, equal, negated } => {
            match compare::in_list(&eval(arg, batch, run)?, arg.ty, list, *negated, batch.rows) {
                Some(column) => Ok(Vector::Column(Arc::new(column))),
                None => {
                    let _ = equal;
                    row_by_row(expr, batch, run)
                }
            }
        }
        ExprKind::IsDistinct { .. }
        | ExprKind::Coalesce(_)
        | ExprKind::NullIf { .. }
        | ExprKind::MinMax { .. }
        | ExprKind::Quantified { .. }
        | ExprKind::Array(_)
        | ExprKind::Row(_)
        | ExprKind::Subscript { .. }
        | ExprKind::Field { .. }
        | ExprKind::SubPlan { .. }
        | ExprKind::Subquery(_) => row_by_row(expr, batch, run),
    }
}

fn row_by_row(expr: &Expr, batch: &Batch, run: &mut Run<'_>) -> Result<Vector> {
    let mut builder = ColumnBuilder::with_capacity(expr.ty, batch.rows);
    for row in 0..batch.rows {
        run.env.check_interrupts()?;
        builder.push(&eval_row(expr, Row::Batch(batch, row), run)?);
    }
    Ok(Vector::Column(Arc::new(builder.finish())))
}

/// A boolean vector.
pub(super) fn truths(values: impl Iterator<Item = Option<bool>>) -> Vector {
    let mut builder = ColumnBuilder::with_capacity(Type::BOOL, values.size_hint().0);
    for value in values {
        match value {
            Some(truth) => builder.push_bool(truth),
            None => builder.push_null(),
        }
    }
    Vector::Column(Arc::new(builder.finish()))
}

fn is_null(input: &Vector, negated: bool, rows: usize) -> Vector {
    let column = match input {
        Vector::Const(value) => return Vector::Const(Value::Bool(logic::is_null(value, negated))),
        Vector::Column(column) => column,
    };
    let truths = match (&column.data, &column.validity) {
        (ColumnData::Other(values), _) if column.ty == Type::RECORD => {
            values.iter().map(|value| logic::is_null(value, negated)).collect()
        }
        (_, Some(validity)) => validity.iter().map(|valid| valid == negated).collect(),
        (ColumnData::Other(values), None) => values.iter().map(|value| value.is_null() != negated).collect(),
        (_, None) => vec![negated; rows],
    };
    Vector::Column(Arc::new(Column::new(Type::BOOL, ColumnData::Bool(truths), None::<Bitmap>)))
}
