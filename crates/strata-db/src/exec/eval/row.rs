//! An expression's value for one row.

use super::{array, call, cast, conditional, logic, subquery};
use crate::error::Result;
use crate::exec::context::Run;
use crate::plan::{Expr, ExprKind};
use strata_types::{Batch, Value};

/// A row to compute expressions over.
#[derive(Clone, Copy)]
pub(in crate::exec) enum Row<'a> {
    /// Values side by side.
    Values(&'a [Value]),
    /// Two rows side by side.
    Pair(&'a [Value], &'a [Value]),
    /// A row of a batch.
    Batch(&'a Batch, usize),
}

impl Row<'_> {
    /// A column's value.
    pub(in crate::exec) fn get(self, column: usize) -> Value {
        match self {
            Row::Values(values) => values[column].clone(),
            Row::Pair(left, _) if column < left.len() => left[column].clone(),
            Row::Pair(left, right) => right[column - left.len()].clone(),
            Row::Batch(batch, row) => batch.columns[column].value(row),
        }
    }
}

/// The value of `expr` for `row`.
///
/// # Errors
/// What the expression raises.
pub(in crate::exec) fn eval_row(expr: &Expr, row: Row<'_>, run: &mut Run<'_>) -> Result<Value> {
    match &expr.kind {
        ExprKind::Const(value) => Ok(value.clone()),
        ExprKind::Column(column) => Ok(row.get(*column)),
        ExprKind::Outer { depth, column } => Ok(run.outer(*depth, *column)),
        ExprKind::Param(index) => run.param(*index),
        ExprKind::Call { function, args } => call::row(function, expr.ty, args, row, run),
        ExprKind::Cast { arg, explicit } => {
            let value = eval_row(arg, row, run)?;
            cast::convert(value, arg.ty, expr.ty, expr.typmod, *explicit, run.env)
        }
        ExprKind::And(parts) => logic::row(parts, false, row, run),
        ExprKind::Or(parts) => logic::row(parts, true, row, run),
        ExprKind::Not(arg) => Ok(match eval_row(arg, row, run)? {
            Value::Bool(truth) => Value::Bool(!truth),
            other => other,
        }),
        ExprKind::IsNull { arg, negated } => {
            let value = eval_row(arg, row, run)?;
            Ok(Value::Bool(logic::is_null(&value, *negated)))
        }
        ExprKind::IsBool { arg, truth, negated } => {
            let value = eval_row(arg, row, run)?;
            Ok(Value::Bool((value.as_bool() == *truth) != *negated))
        }
        ExprKind::IsDistinct { left, right, equal, negated } => {
            let (a, b) = (eval_row(left, row, run)?, eval_row(right, row, run)?);
            let same = match (a.is_null(), b.is_null()) {
                (true, true) => true,
                (false, false) => call::is_true(equal, left.ty, right.ty, a, b, run.env)? == Some(true),
                _ => false,
            };
            Ok(Value::Bool(same == *negated))
        }
        ExprKind::Case { whens, otherwise } => conditional::case_row(whens, otherwise.as_deref(), row, run),
        ExprKind::Coalesce(args) => conditional::coalesce_row(args, row, run),
        ExprKind::NullIf { left, right, equal } => {
            let (a, b) = (eval_row(left, row, run)?, eval_row(right, row, run)?);
            let same = call::is_true(equal, left.ty, right.ty, a.clone(), b, run.env)? == Some(true);
            Ok(if same { Value::Null } else { a })
        }
        ExprKind::MinMax { args, greatest } => conditional::min_max_row(args, *greatest, row, run),
        ExprKind::InList { arg, list, equal, negated } => {
            logic::in_list_row((arg, list), equal, *negated, row, run)
        }
        ExprKind::Quantified { arg, function, quantifier, array } => {
            let value = eval_row(arg, row, run)?;
            let elements = eval_row(array, row, run)?;
            array::quantified((value, arg.ty), (elements, array.ty), function, *quantifier, run)
        }
        ExprKind::Array(elements) => array::construct(expr.ty, elements, row, run),
        ExprKind::Row(fields) => {
            let values: Result<Vec<Value>> = fields.iter().map(|field| eval_row(field, row, run)).collect();
            Ok(Value::Record(values?.into()))
        }
        ExprKind::Subscript { arg, indices, slice } => array::subscript(arg, indices, *slice, row, run),
        ExprKind::Field { arg, index } => Ok(match eval_row(arg, row, run)? {
            Value::Record(fields) => fields.get(*index).cloned().unwrap_or_default(),
            _ => Value::Null,
        }),
        ExprKind::SubPlan { index, kind } => subquery::eval(*index, kind, expr.ty, row, run),
        ExprKind::Subquery(_) => unreachable!("the optimizer has planned every subquery"),
    }
}
