//! Correlated scalar aggregates become joins with groups:
//!
//! ```text
//! x < (SELECT avg(y) FROM t WHERE t.k = outer.k)
//! ──▶  x < g.avg   with   … LEFT JOIN (SELECT k, avg(y) FROM t GROUP BY k) g ON g.k = outer.k
//! ```
//! This holds where the subquery is NULL for an empty group, as every aggregate but `count` is.

use super::bottom_up;
use super::unnest::extract;
use crate::functions::Environment;
use crate::optimize::comparison::comparison;
use crate::optimize::expressions::{columns, conjunction, is_volatile_plan, reads, rise};
use crate::plan::{CompareOp, Expr, ExprKind, Field, JoinKind, Logical, Subquery, SubqueryKind};
use strata_types::{Type, Typmod};

/// The rule.
pub(super) fn apply(plan: Logical, _env: &dyn Environment) -> Logical {
    bottom_up(plan, &mut |plan| match plan {
        Logical::Filter { input, mut predicate } => {
            let fields = input.schema().clone();
            let mut plan = *input;
            replace(&mut predicate, &mut plan);
            let widened = plan.schema().len() > fields.len();
            let filter = Logical::Filter { input: Box::new(plan), predicate };
            if !widened {
                return filter;
            }
            let exprs = fields
                .iter()
                .enumerate()
                .map(|(at, field)| Expr::column(at, field.ty, field.typmod))
                .collect();
            Logical::Project { input: Box::new(filter), exprs, schema: fields }
        }
        Logical::Project { input, mut exprs, schema } => {
            let mut plan = *input;
            exprs.iter_mut().for_each(|expr| replace(expr, &mut plan));
            Logical::Project { input: Box::new(plan), exprs, schema }
        }
        other => other,
    })
}

/// Replaces the subqueries that qualify by columns that are joined to the plan.
fn replace(expr: &mut Expr, plan: &mut Logical) {
    if let ExprKind::Subquery(subquery) = &expr.kind
        && let Some((right, on)) = grouped(subquery, plan.schema().len())
    {
        let left = std::mem::replace(plan, Logical::single_row());
        let schema: Vec<Field> = left.schema().iter().chain(right.schema()).cloned().collect();
        let column = left.schema().len();
        *plan = Logical::Join {
            kind: JoinKind::Left,
            left: Box::new(left),
            right: Box::new(right),
            on,
            lateral: false,
            schema,
        };
        expr.kind = ExprKind::Column(column);
        return;
    }
    // A branch that may not be taken must not cost a join for every row.
    if matches!(expr.kind, ExprKind::Case { .. } | ExprKind::Coalesce(_)) {
        return;
    }
    expr.children_mut().into_iter().for_each(|child| replace(child, plan));
}

/// The subquery as groups: its value, then the values to join by; and the condition to join on.
fn grouped(subquery: &Subquery, width: usize) -> Option<(Logical, Expr)> {
    if subquery.kind != SubqueryKind::Scalar || !subquery.correlated || is_volatile_plan(&subquery.plan) {
        return None;
    }
    let Logical::Project { input, exprs, schema } = subquery.plan.clone() else { return None };
    let [value] = <[Expr; 1]>::try_from(exprs).ok()?;
    let Logical::Aggregate { input, groups, sets, calls, grouping_calls, schema: aggregate_schema } = *input
    else {
        return None;
    };
    let plain = groups.is_empty() && sets.len() == 1 && grouping_calls.is_empty();
    let null_when_empty = calls.iter().all(|call| call.function.name != "count") && is_strict(&value);
    if !plain || !null_when_empty {
        return None;
    }
    let (input, conditions) = extract(*input);
    let mut keys = Vec::with_capacity(conditions.len());
    let mut on = Vec::with_capacity(conditions.len());
    for condition in &conditions {
        let (function, inner, outer) = equality(condition)?;
        let column = Expr::column(width + 1 + keys.len(), inner.ty, Typmod::NONE);
        on.push(Expr::new(ExprKind::Call { function, args: vec![outer, column] }, Type::BOOL));
        keys.push(inner);
    }
    let count = keys.len();
    let fields = keys.iter().map(|key| Field::new("key", key.ty));
    let aggregate = Logical::Aggregate {
        input: Box::new(input),
        sets: vec![(0..count).collect()],
        groups: keys.clone(),
        calls,
        grouping_calls,
        schema: fields.clone().chain(aggregate_schema).collect(),
    };
    let keys = keys.iter().enumerate().map(|(at, key)| Expr::column(at, key.ty, Typmod::NONE));
    let exprs = std::iter::once(value.shifted(count)).chain(keys).collect();
    let schema = schema.into_iter().chain(fields).collect();
    let mut right = Logical::Project { input: Box::new(aggregate), exprs, schema };
    rise_checked(&mut right)?;
    Some((right, conjunction(on)?))
}

/// `inner = outer` taken apart; the outer side as seen from the row around.
fn equality(condition: &Expr) -> Option<(crate::plan::FunctionRef, Expr, Expr)> {
    let parts = comparison(condition)?;
    let outer = |expr: &Expr| match expr.kind {
        ExprKind::Outer { depth: 1, column } => Some(Expr::column(column, expr.ty, expr.typmod)),
        _ => None,
    };
    let is_inner = |expr: &Expr| {
        !columns(expr).is_empty()
            && !expr.contains(&mut |part| matches!(part.kind, ExprKind::Outer { .. } | ExprKind::Subquery(_)))
    };
    // The same function serves both ways round only if its operands are of one type.
    if parts.op != CompareOp::Eq || parts.left.ty != parts.right.ty {
        return None;
    }
    match (outer(parts.left), outer(parts.right)) {
        (Some(found), None) if is_inner(parts.right) => Some((parts.function, parts.right.clone(), found)),
        (None, Some(found)) if is_inner(parts.left) => Some((parts.function, parts.left.clone(), found)),
        _ => None,
    }
}

/// NULL whenever the aggregates are.
fn is_strict(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) => true,
        ExprKind::Cast { arg, .. } => is_strict(arg),
        ExprKind::Call { function, args } => function.strict && args.iter().any(is_strict),
        _ => false,
    }
}

/// Moves the plan out from below the row around, unless it reads that row.
fn rise_checked(plan: &mut Logical) -> Option<()> {
    if reads(plan).iter().any(|(depth, _)| *depth == 1) {
        return None;
    }
    rise(plan);
    Some(())
}
