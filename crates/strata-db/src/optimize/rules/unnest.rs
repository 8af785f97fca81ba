//! Subqueries in conditions become joins.
//!
//! | condition                         | join                                                   |
//! |-----------------------------------|--------------------------------------------------------|
//! | `EXISTS (q)`, `NOT EXISTS (q)`    | semi, anti                                             |
//! | `a = ANY (q)` (IN)                | semi on a = q's column                                 |
//! | `a <> ALL (q)` (NOT IN)           | null-aware anti, if q does not read the rows around it |
//!
//! A correlated subquery qualifies if it reads the rows around only in its conditions: these move into the
//! condition of the join.

use super::bottom_up;
use crate::functions::Environment;
use crate::optimize::comparison::compare_op;
use crate::optimize::expressions::{conjunction, conjuncts, filtered, is_volatile_plan, reads, rise, truth};
use crate::plan::{
    CompareOp, Expr, ExprKind, FunctionRef, JoinKind, Logical, Quantifier, Subquery, SubqueryKind,
};
use strata_types::{Type, Typmod};

/// The rule.
pub(super) fn apply(plan: Logical, _env: &dyn Environment) -> Logical {
    bottom_up(plan, &mut |plan| match plan {
        Logical::Filter { input, predicate } => {
            let mut plan = *input;
            let mut kept = Vec::new();
            for part in conjuncts(predicate) {
                match unnest(&part, plan) {
                    Ok(joined) => plan = joined,
                    Err(same) => {
                        plan = *same;
                        kept.push(part);
                    }
                }
            }
            filtered(plan, kept)
        }
        other => other,
    })
}

/// The plan joined with a condition's subquery, or the plan as it was.
fn unnest(part: &Expr, plan: Logical) -> Result<Logical, Box<Logical>> {
    let (subquery, negated) = match &part.kind {
        ExprKind::Subquery(subquery) => (subquery, false),
        ExprKind::Not(arg) => match &arg.kind {
            ExprKind::Subquery(subquery) => (subquery, true),
            _ => return Err(Box::new(plan)),
        },
        _ => return Err(Box::new(plan)),
    };
    match &subquery.kind {
        SubqueryKind::Exists => exists(subquery, negated, plan),
        SubqueryKind::Compare { left, functions, quantifier } => {
            compare(subquery, (left, functions, *quantifier), negated, plan)
        }
        SubqueryKind::Scalar | SubqueryKind::Array => Err(Box::new(plan)),
    }
}

fn exists(subquery: &Subquery, negated: bool, plan: Logical) -> Result<Logical, Box<Logical>> {
    let Some((right, on)) = detach(without_shape(subquery.plan.clone()), plan.schema().len()) else {
        return Err(Box::new(plan));
    };
    if on.is_empty() {
        // Without a condition to join on it is computed once: a subplan does that best.
        return Err(Box::new(plan));
    }
    let kind = if negated { JoinKind::Anti } else { JoinKind::Semi };
    Ok(join(kind, plan, right, on))
}

fn compare(
    subquery: &Subquery,
    (left, functions, quantifier): (&[Expr], &[FunctionRef], Quantifier),
    negated: bool,
    plan: Logical,
) -> Result<Logical, Box<Logical>> {
    let all_are = |op| functions.iter().all(|function| compare_op(function) == Some(op));
    let anti = match quantifier {
        Quantifier::Any if all_are(CompareOp::Eq) => negated,
        Quantifier::All if all_are(CompareOp::Ne) && !negated => true,
        _ => return Err(Box::new(plan)),
    };
    if anti && (subquery.correlated || functions.len() != 1) {
        return Err(Box::new(plan));
    }
    let Some(equal) = functions.iter().map(equality).collect::<Option<Vec<_>>>() else {
        return Err(Box::new(plan));
    };
    let width = plan.schema().len();
    let fields = subquery.plan.schema().clone();
    let Some((right, mut on)) = detach(subquery.plan.clone(), width) else { return Err(Box::new(plan)) };
    for (at, ((left, equal), field)) in left.iter().zip(equal).zip(&fields).enumerate() {
        let column = Expr::column(width + at, field.ty, Typmod::NONE);
        on.push(Expr::new(ExprKind::Call { function: equal, args: vec![left.clone(), column] }, Type::BOOL));
    }
    let kind = if anti { JoinKind::NullAwareAnti } else { JoinKind::Semi };
    Ok(join(kind, plan, right, on))
}

/// The `=` behind a comparison by `=` or `<>`.
fn equality(function: &FunctionRef) -> Option<FunctionRef> {
    if compare_op(function)? == CompareOp::Eq {
        return Some(*function);
    }
    let [left, right] = function.args else { return None };
    let found = crate::functions::registry::operators("=")
        .iter()
        .find(|op| op.left == Some(*left) && op.right == *right)?;
    Some(FunctionRef(found.function))
}

fn join(kind: JoinKind, left: Logical, right: Logical, on: Vec<Expr>) -> Logical {
    let schema = left.schema().clone();
    let on = conjunction(on).unwrap_or_else(truth);
    Logical::Join { kind, left: Box::new(left), right: Box::new(right), on, lateral: false, schema }
}

/// Whether there are rows does not depend on their order, on their columns or on duplicates.
fn without_shape(plan: Logical) -> Logical {
    match plan {
        Logical::Sort { input, .. } | Logical::Distinct { input, .. } | Logical::Project { input, .. } => {
            without_shape(*input)
        }
        other => other,
    }
}

/// A subquery's plan that reads nothing of the row around, and the conditions that did, over that row's
/// `width` columns followed by the plan's. `None` if it reads that row elsewhere.
pub(super) fn detach(plan: Logical, width: usize) -> Option<(Logical, Vec<Expr>)> {
    if is_volatile_plan(&plan) {
        return None;
    }
    let (mut plan, mut conditions) = extract(plan);
    if reads(&plan).iter().any(|(depth, _)| *depth == 1) {
        return None;
    }
    rise(&mut plan);
    for condition in &mut conditions {
        join_condition(condition, width);
    }
    Some((plan, conditions))
}

/// A condition inside of a subquery as the condition of a join with the row around.
fn join_condition(condition: &mut Expr, width: usize) {
    condition.visit_mut(0, &mut |part, depth| {
        match &mut part.kind {
            ExprKind::Column(column) if depth == 0 => *column += width,
            ExprKind::Outer { depth: up, column } if *up == depth && depth > 0 => *column += width,
            ExprKind::Outer { depth: up, column } if *up == depth + 1 => {
                part.kind = match depth {
                    0 => ExprKind::Column(*column),
                    _ => ExprKind::Outer { depth, column: *column },
                };
            }
            ExprKind::Outer { depth: up, .. } if *up > depth + 1 => *up -= 1,
            _ => {}
        }
        true
    });
}

/// Takes the conditions that read the row around out of the filters at the top of a plan. What they read of
/// the plan is added to its columns, behind those that are there.
pub(super) fn extract(plan: Logical) -> (Logical, Vec<Expr>) {
    match plan {
        Logical::Filter { input, predicate } => {
            let (input, mut conditions) = extract(*input);
            let (out, stay): (Vec<_>, Vec<_>) = conjuncts(predicate).into_iter().partition(reads_around);
            conditions.extend(out);
            (filtered(input, stay), conditions)
        }
        Logical::Join { kind: JoinKind::Inner, left, right, on, lateral: false, schema } => {
            let (conditions, stay): (Vec<_>, Vec<_>) = conjuncts(on).into_iter().partition(reads_around);
            let on = conjunction(stay).unwrap_or_else(truth);
            (Logical::Join { kind: JoinKind::Inner, left, right, on, lateral: false, schema }, conditions)
        }
        Logical::Project { input, mut exprs, mut schema } => {
            let (input, mut conditions) = extract(*input);
            for condition in &mut conditions {
                condition.map_row_columns(&mut |column| {
                    let field = input.schema()[column].clone();
                    exprs.push(Expr::column(column, field.ty, field.typmod));
                    schema.push(field);
                    exprs.len() - 1
                });
            }
            (Logical::Project { input: Box::new(input), exprs, schema }, conditions)
        }
        other => (other, Vec::new()),
    }
}

/// The condition reads the row directly around its query.
fn reads_around(condition: &Expr) -> bool {
    let mut found = false;
    condition.clone().visit_mut(0, &mut |part, depth| {
        found |= matches!(part.kind, ExprKind::Outer { depth: up, .. } if up == depth + 1);
        !found
    });
    found
}
