//! What the rules ask of expressions, and do to them.

use crate::functions::Volatility;
use crate::plan::{Expr, ExprKind, JoinKind, Logical};
use std::collections::BTreeSet;
use strata_types::{Type, Value};

/// The parts of a conjunction.
pub(super) fn conjuncts(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::And(parts) => parts.into_iter().flat_map(conjuncts).collect(),
        ExprKind::Const(Value::Bool(true)) => Vec::new(),
        kind => vec![Expr { kind, ..expr }],
    }
}

/// The condition that all parts hold; none is no condition.
pub(crate) fn conjunction(mut parts: Vec<Expr>) -> Option<Expr> {
    if parts.len() < 2 {
        return parts.pop();
    }
    Some(Expr::new(ExprKind::And(parts), Type::BOOL))
}

/// A filter of the parts around a plan, if there are any.
pub(super) fn filtered(plan: Logical, parts: Vec<Expr>) -> Logical {
    match conjunction(parts) {
        Some(predicate) => Logical::Filter { input: Box::new(plan), predicate },
        None => plan,
    }
}

/// The conditions that chose the rows of a plan, over its own columns. Those inside of queries of their own, and of
/// the side that an outer join fills up, are not among them.
pub(super) fn conditions(plan: &Logical) -> Vec<Expr> {
    match plan {
        Logical::Filter { input, predicate } => {
            let mut all = conditions(input);
            all.push(predicate.clone());
            all
        }
        Logical::Sort { input, .. } | Logical::LockRows { input, .. } => conditions(input),
        Logical::Project { input, exprs, .. } => {
            let all = conditions(input);
            all.into_iter().filter_map(|part| above_projection(part, exprs)).collect()
        }
        Logical::Join { kind, left, right, on, lateral, .. } => {
            let mut all = Vec::new();
            if matches!(kind, JoinKind::Inner | JoinKind::Left) {
                all.extend(conditions(left));
            }
            if matches!(kind, JoinKind::Inner | JoinKind::Right) && !lateral {
                let width = left.schema().len();
                all.extend(conditions(right).into_iter().map(|mut part| {
                    part.map_row_columns(&mut |column| column + width);
                    part
                }));
            }
            if *kind == JoinKind::Inner {
                all.push(on.clone());
            }
            all
        }
        _ => Vec::new(),
    }
}

/// A condition over a projection's input as one over its output, if that has the columns.
fn above_projection(mut part: Expr, exprs: &[Expr]) -> Option<Expr> {
    let place = |column| exprs.iter().position(|expr| expr.kind == ExprKind::Column(column));
    if !columns(&part).into_iter().all(|column| place(column).is_some()) {
        return None;
    }
    part.map_row_columns(&mut |column| place(column).unwrap_or(column));
    Some(part)
}

/// The condition that is always true.
pub(super) fn truth() -> Expr {
    Expr::constant(Value::Bool(true), Type::BOOL)
}

/// The columns of its row that an expression reads, within subqueries too.
pub(super) fn columns(expr: &Expr) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    expr.clone().map_row_columns(&mut |column| {
        found.insert(column);
        column
    });
    found
}

/// The columns of the row directly around a plan that it reads.
pub(super) fn outer_columns(plan: &Logical) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    map_outer_columns(&mut plan.clone(), &mut |column| {
        found.insert(column);
        column
    });
    found
}

/// Renumbers the columns of the row directly around a plan.
pub(super) fn map_outer_columns(plan: &mut Logical, renumber: &mut dyn FnMut(usize) -> usize) {
    plan.visit_exprs_mut(1, &mut |expr, depth| {
        if let ExprKind::Outer { depth: up, column } = &mut expr.kind
            && *up == depth
        {
            *column = renumber(*column);
        }
        true
    });
}

/// The rows around a plan that it reads: (levels up from inside of it, column).
pub(super) fn reads(plan: &Logical) -> BTreeSet<(usize, usize)> {
    let mut found = BTreeSet::new();
    plan.clone().visit_exprs_mut(1, &mut |expr, depth| {
        if let ExprKind::Outer { depth: up, column } = expr.kind
            && up >= depth
        {
            found.insert((up - depth + 1, column));
        }
        true
    });
    found
}

/// It has a subquery.
pub(crate) fn has_subquery(expr: &Expr) -> bool {
    expr.contains(&mut |part| matches!(part.kind, ExprKind::Subquery(_) | ExprKind::SubPlan { .. }))
}

/// It may yield something else each time.
pub(super) fn is_volatile(expr: &Expr) -> bool {
    let mut found = false;
    expr.clone().visit_mut(0, &mut |part, _| {
        found = found || is_volatile_call(part);
        !found
    });
    found
}

/// Some expression of the plan may yield something else each time.
pub(super) fn is_volatile_plan(plan: &Logical) -> bool {
    let mut found = false;
    plan.clone().visit_exprs_mut(0, &mut |part, _| {
        found = found || is_volatile_call(part);
        !found
    });
    found
}

fn is_volatile_call(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if function.volatility == Volatility::Volatile)
}

/// It reads no column of its row and yields the same for the whole statement: fit for a bound of a scan.
pub(super) fn is_fixed(expr: &Expr) -> bool {
    columns(expr).is_empty() && !is_volatile(expr)
}

/// Moves an expression or plan below one more row: what it reads further out is one level further.
pub(super) fn deepen(expr: &mut Expr) {
    expr.visit_mut(0, &mut |part, depth| {
        if let ExprKind::Outer { depth: up, .. } = &mut part.kind
            && *up > depth
        {
            *up += 1;
        }
        true
    });
}

/// Moves a plan out from below a row that it does not read.
pub(super) fn rise(plan: &mut Logical) {
    plan.visit_exprs_mut(1, &mut |part, depth| {
        if let ExprKind::Outer { depth: up, .. } = &mut part.kind
            && *up > depth
        {
            *up -= 1;
        }
        true
    });
}

/// The expression over the input of a projection, given over its output. `None` if a subquery in it reads a
/// column that is computed.
pub(super) fn through_projection(expr: &Expr, projection: &[Expr]) -> Option<Expr> {
    let mut expr = expr.clone();
    if has_subquery(&expr) {
        let plain = |column: usize| match projection.get(column)?.kind {
            ExprKind::Column(input) => Some(input),
            _ => None,
        };
        if !columns(&expr).into_iter().all(|column| plain(column).is_some()) {
            return None;
        }
        expr.map_row_columns(&mut |column| plain(column).unwrap_or(column));
        return Some(expr);
    }
    expr.visit_mut(0, &mut |part, _| match part.kind {
        ExprKind::Column(column) => {
            *part = projection[column].clone();
            false
        }
        _ => true,
    });
    Some(expr)
}

/// Whether values of two types are equal exactly if their bytes in a hash key are.
pub(super) fn hash_alike(a: Type, b: Type) -> bool {
    let is_integer = |ty| matches!(ty, Type::INT2 | Type::INT4 | Type::INT8);
    let is_string = |ty| matches!(ty, Type::TEXT | Type::VARCHAR | Type::NAME);
    a == b || (is_integer(a) && is_integer(b)) || (is_string(a) && is_string(b))
}
