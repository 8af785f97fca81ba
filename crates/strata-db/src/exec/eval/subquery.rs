//! Subqueries in expressions.
//!
//! A subquery runs to its end within the expression, or the expression is given up for the time being
//! ([`suspend`](crate::exec::suspend)). Its rows are kept as long as the outer columns that it reads keep their
//! values.

use super::call;
use super::row::{Row, eval_row};
use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::running::{Memo, RunningSubPlan, UnderWay};
use crate::exec::step::{Input, Step, Wait};
use crate::optimize::compare_op;
use crate::plan::{CompareOp, FunctionRef, Quantifier, SubqueryKind};
use std::collections::HashSet;
use std::sync::Arc;
use strata_types::{Array, Type, Value, sqlstate};

/// The value of subquery `index` for a row.
pub(super) fn eval(
    index: usize,
    kind: &SubqueryKind,
    ty: Type,
    row: Row<'_>,
    run: &mut Run<'_>,
) -> Result<Value> {
    match kind {
        SubqueryKind::Scalar => {
            let rows = rows(index, row, 2, run)?.rows;
            match &rows[..] {
                [] => Ok(Value::Null),
                [one] => Ok(one.first().cloned().unwrap_or_default()),
                _ => Err(SqlError::new(
                    sqlstate::CARDINALITY_VIOLATION,
                    "more than one row returned by a subquery used as an expression",
                )),
            }
        }
        SubqueryKind::Exists => Ok(Value::Bool(!rows(index, row, 1, run)?.rows.is_empty())),
        SubqueryKind::Array => {
            let rows = rows(index, row, usize::MAX, run)?.rows;
            let values = rows.iter().map(|row| row.first().cloned().unwrap_or_default()).collect();
            let element = ty.element().unwrap_or(Type::TEXT);
            Ok(Value::Array(Arc::new(Array::new(element, values))))
        }
        SubqueryKind::Compare { left, functions, quantifier } => {
            let types: Vec<Type> = left.iter().map(|expr| expr.ty).collect();
            let mut values = Vec::with_capacity(left.len());
            for expr in left {
                values.push(eval_row(expr, row, run)?);
            }
            let memo = rows(index, row, usize::MAX, run)?;
            if let Some(answer) = search(index, &values, functions, *quantifier, &memo, run) {
                return Ok(answer);
            }
            compare(&values, &types, functions, *quantifier, &memo.rows, run)
        }
    }
}

/// `= ANY` and `<> ALL` over one column by a set of its values, if they are of the left value's own kind.
fn search(
    index: usize,
    values: &[Value],
    functions: &[FunctionRef],
    quantifier: Quantifier,
    memo: &Memo,
    run: &mut Run<'_>,
) -> Option<Value> {
    let ([value], [function]) = (values, functions) else { return None };
    let found = match (compare_op(function)?, quantifier) {
        (CompareOp::Eq, Quantifier::Any) => true,
        (CompareOp::Ne, Quantifier::All) => false,
        _ => return None,
    };
    let first = memo.rows.iter().filter_map(|row| row.first()).find(|value| !value.is_null())?;
    let same_kind = std::mem::discriminant(first) == std::mem::discriminant(value);
    if memo.rows.len() < 8 || !same_kind || function.args.contains(&Type::BPCHAR) {
        return None;
    }
    let set = match &memo.set {
        Some(set) => set.clone(),
        None => {
            let values = memo.rows.iter().filter_map(|row| row.first()).cloned();
            let set: Arc<HashSet<Value>> = Arc::new(values.collect());
            if let Some(Some(subplan)) = run.state.subplans.get_mut(index)
                && let Some(memo) = &mut subplan.memo
            {
                memo.set = Some(set.clone());
            }
            set
        }
    };
    Some(if set.contains(value) {
        Value::Bool(found)
    } else if set.contains(&Value::Null) {
        Value::Null
    } else {
        Value::Bool(!found)
    })
}

fn compare(
    values: &[Value],
    types: &[Type],
    functions: &[FunctionRef],
    quantifier: Quantifier,
    rows: &[Vec<Value>],
    run: &Run<'_>,
) -> Result<Value> {
    let decisive = quantifier == Quantifier::Any;
    let mut unknown = false;
    for row in rows {
        match compare_row(values, types, functions, quantifier, row, run)? {
            Some(truth) if truth == decisive => return Ok(Value::Bool(decisive)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(!decisive) })
}

/// Rows compare column by column. Inequality (`<> ALL`, what NOT IN means) holds if any column differs; every
/// other comparison must hold for all columns.
fn compare_row(
    values: &[Value],
    types: &[Type],
    functions: &[FunctionRef],
    quantifier: Quantifier,
    row: &[Value],
    run: &Run<'_>,
) -> Result<Option<bool>> {
    let differs = quantifier == Quantifier::All
        && functions.iter().all(|function| compare_op(function) == Some(CompareOp::Ne));
    let mut unknown = false;
    for (((value, ty), other), function) in values.iter().zip(types).zip(row).zip(functions) {
        let other_type = function.args.get(1).copied().unwrap_or(*ty);
        match call::is_true(function, *ty, other_type, value.clone(), other.clone(), run.env)? {
            Some(truth) if truth == differs => return Ok(Some(differs)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { None } else { Some(!differs) })
}

/// The first rows of a subquery, up to `limit` of them.
fn rows(index: usize, row: Row<'_>, limit: usize, run: &mut Run<'_>) -> Result<Memo> {
    let Some(mut subplan) = run.state.subplans.get_mut(index).and_then(Option::take) else {
        unreachable!("subplan {index} is running already or is none of the plan's");
    };
    let memo = memo(&mut subplan, row, limit, run);
    run.state.subplans[index] = Some(subplan);
    memo
}

fn memo(subplan: &mut RunningSubPlan, row: Row<'_>, limit: usize, run: &mut Run<'_>) -> Result<Memo> {
    let key: Vec<Value> = subplan
        .reads
        .iter()
        .map(|(depth, column)| if *depth == 1 { row.get(*column) } else { run.outer(depth - 1, *column) })
        .collect();
    if let Some(memo) = &subplan.memo
        && identical(&memo.key, &key)
        && !subplan.volatile
    {
        return Ok(memo.clone());
    }
    let mut rows = match subplan.under_way.take() {
        Some(under_way) if identical(&under_way.key, &key) => under_way.rows,
        _ => {
            if std::mem::replace(&mut subplan.started, true) {
                subplan.operator.rewind();
            }
            Vec::new()
        }
    };
    if let Some(wait) = collect(subplan, &key, (&mut rows, limit), run)? {
        subplan.under_way = Some(UnderWay { key, rows });
        return Err(run.state.suspension.give_up(wait));
    }
    let memo = Memo { key, rows: Arc::new(rows), set: None };
    subplan.memo = Some(memo.clone());
    Ok(memo)
}

/// Whether a subquery cannot tell these outer values apart: 1.0 and 1.00 are equal, and their texts are not.
fn identical(key: &[Value], other: &[Value]) -> bool {
    key.len() == other.len() && key.iter().zip(other).all(|(value, other)| value.is_identical(other))
}

/// Gathers rows until there are `limit`. What to wait for, if the expression around can be given up for it.
fn collect(
    subplan: &mut RunningSubPlan,
    key: &[Value],
    (rows, limit): (&mut Vec<Vec<Value>>, usize),
    run: &mut Run<'_>,
) -> Result<Option<Wait>> {
    let may_give_up = run.state.suspension.enter();
    run.push_outer(outer_row(subplan, key));
    run.state.pinned += usize::from(!may_give_up);
    let outcome = pull_all(&mut subplan.operator, (rows, limit), may_give_up, run);
    run.state.pinned -= usize::from(!may_give_up);
    run.pop_outer();
    // Once it has run to its end a volatile subquery must not run again for the same row.
    run.state.suspension.leave(may_give_up && !subplan.volatile);
    outcome
}

fn pull_all(
    operator: &mut Input,
    (rows, limit): (&mut Vec<Vec<Value>>, usize),
    may_give_up: bool,
    run: &mut Run<'_>,
) -> Result<Option<Wait>> {
    while rows.len() < limit {
        match operator.next(run)? {
            Step::Batch(batch) => {
                rows.extend((0..batch.rows).take(limit - rows.len()).map(|row| batch.row(row)));
            }
            Step::Done => break,
            Step::Pending(wait) if may_give_up => return Ok(Some(wait)),
            Step::Pending(Wait::Slice | Wait::Output | Wait::Input) => {}
            Step::Pending(Wait::Lock) => {
                return Err(SqlError::unsupported("waiting for a row lock inside of this expression"));
            }
        }
    }
    Ok(None)
}

/// The row around a subquery, of which only the columns that it reads are filled in.
fn outer_row(subplan: &RunningSubPlan, key: &[Value]) -> Arc<[Value]> {
    if subplan.reads.iter().all(|(depth, _)| *depth != 1) {
        return Arc::from([]);
    }
    let columns = subplan.reads.iter().filter(|(depth, _)| *depth == 1).map(|(_, column)| column + 1);
    let mut values = vec![Value::Null; columns.max().unwrap_or(0)];
    for ((depth, column), value) in subplan.reads.iter().zip(key) {
        if *depth == 1 {
            values[*column] = value.clone();
        }
    }
    values.into()
}
