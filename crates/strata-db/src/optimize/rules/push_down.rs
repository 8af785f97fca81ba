//! Predicate push-down: conditions move to where their columns come from. On the way, outer joins whose
//! NULL-filled rows a condition would drop anyway become inner ones.

use crate::functions::Environment;
use crate::optimize::expressions::{
    columns, conjunction, conjuncts, deepen, filtered, has_subquery, is_volatile, through_projection, truth,
};
use crate::plan::{Expr, ExprKind, JoinKind, Logical};

/// The rule.
pub(super) fn apply(plan: Logical, _env: &dyn Environment) -> Logical {
    push(plan, Vec::new())
}

/// The plan with these conditions asked of its rows, as far down as they go.
fn push(plan: Logical, mut parts: Vec<Expr>) -> Logical {
    match plan {
        Logical::Filter { input, predicate } => {
            let (fixed, mobile): (Vec<_>, Vec<_>) = conjuncts(predicate).into_iter().partition(is_volatile);
            if !fixed.is_empty() {
                // A volatile condition is asked of exactly the rows that it was written over.
                let inner = push(*input, mobile);
                return filtered(filtered(inner, fixed), parts);
            }
            parts.splice(0..0, mobile);
            push(*input, parts)
        }
        Logical::Project { input, exprs, schema } => project(*input, exprs, schema, parts),
        Logical::Join { .. } => join(plan, parts),
        Logical::Sort { input, keys } => Logical::Sort { input: Box::new(push(*input, parts)), keys },
        Logical::Distinct { input, on } => {
            let allowed = |part: &Expr| match &on {
                None => true,
                Some(on) => reads_only(part, on),
            };
            let (inside, above): (Vec<_>, Vec<_>) = parts.into_iter().partition(allowed);
            filtered(Logical::Distinct { input: Box::new(push(*input, inside)), on }, above)
        }
        Logical::Aggregate { input, groups, sets, calls, grouping_calls, schema } => {
            let everywhere = |group: usize| sets.iter().all(|set| set.contains(&group));
            let allowed = |part: &Expr| {
                columns(part).into_iter().all(|at| at < groups.len() && everywhere(at)) && !sets.is_empty()
            };
            let (mut inside, mut above) = (Vec::new(), Vec::new());
            for part in parts {
                match allowed(&part).then(|| through_projection(&part, &groups)).flatten() {
                    // Without a column to read it would make an empty group vanish.
                    Some(moved) if !columns(&part).is_empty() => inside.push(moved),
                    _ => above.push(part),
                }
            }
            let input = Box::new(push(*input, inside));
            filtered(Logical::Aggregate { input, groups, sets, calls, grouping_calls, schema }, above)
        }
        Logical::Window { input, calls, schema } => {
            let allowed = |part: &Expr| calls.iter().all(|call| reads_only(part, &call.partition_by));
            let (inside, above): (Vec<_>, Vec<_>) = parts.into_iter().partition(allowed);
            filtered(Logical::Window { input: Box::new(push(*input, inside)), calls, schema }, above)
        }
        Logical::SetOp { kind, all, left, right, schema } => {
            let left = Box::new(push(*left, parts.clone()));
            let right = Box::new(push(*right, parts));
            Logical::SetOp { kind, all, left, right, schema }
        }
        Logical::Limit { input, offset, count, ties } => {
            filtered(Logical::Limit { input: Box::new(push(*input, Vec::new())), offset, count, ties }, parts)
        }
        Logical::ProjectSet { input, exprs, schema } => {
            filtered(Logical::ProjectSet { input: Box::new(push(*input, Vec::new())), exprs, schema }, parts)
        }
        Logical::Values { .. }
        | Logical::Scan { .. }
        | Logical::SystemScan { .. }
        | Logical::FunctionScan { .. }
        | Logical::With { .. }
        | Logical::CteScan { .. }
        | Logical::Recursive { .. }
        | Logical::LockRows { .. }
        | Logical::Insert(_)
        | Logical::Update(_)
        | Logical::Delete(_) => filtered(plan, parts),
    }
}

/// The condition reads only columns that stand by themselves among `exprs`.
fn reads_only(part: &Expr, exprs: &[Expr]) -> bool {
    let read = columns(part);
    !read.is_empty()
        && read.into_iter().all(|column| exprs.iter().any(|expr| expr.kind == ExprKind::Column(column)))
}

fn project(input: Logical, exprs: Vec<Expr>, schema: crate::plan::Schema, parts: Vec<Expr>) -> Logical {
    let (mut inside, mut above) = (Vec::new(), Vec::new());
    for part in parts {
        let computed_once = columns(&part)
            .into_iter()
            .all(|column| !is_volatile(&exprs[column]) && !has_subquery(&exprs[column]));
        match computed_once.then(|| through_projection(&part, &exprs)).flatten() {
            Some(moved) => inside.push(moved),
            None => above.push(part),
        }
    }
    filtered(Logical::Project { input: Box::new(push(input, inside)), exprs, schema }, above)
}

/// Which side of a join a condition reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

fn side(part: &Expr, width: usize) -> Side {
    let read = columns(part);
    match (read.iter().any(|column| *column < width), read.iter().any(|column| *column >= width)) {
        (_, false) => Side::Left,
        (false, true) => Side::Right,
        (true, true) => Side::Both,
    }
}

fn join(plan: Logical, parts: Vec<Expr>) -> Logical {
    let Logical::Join { mut kind, left, right, on, lateral, schema } = plan else {
        unreachable!("asked of joins only")
    };
    let width = left.schema().len();
    for part in &parts {
        kind = simplified(kind, part, width);
    }
    let (mut to_left, mut to_right, mut on_parts, mut above) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        match (kind, side(&part, width)) {
            (JoinKind::Inner, Side::Both) => on_parts.push(part),
            (
                JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti,
                Side::Left,
            ) => {
                to_left.push(part);
            }
            (JoinKind::Inner | JoinKind::Right, Side::Right) => to_right.push(part),
            _ => above.push(part),
        }
    }
    for part in conjuncts(on) {
        match (kind, side(&part, width)) {
            (_, _) if is_volatile(&part) => on_parts.push(part),
            (JoinKind::Inner | JoinKind::Right | JoinKind::Semi, Side::Left) => to_left.push(part),
            (JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti, Side::Right) => {
                to_right.push(part)
            }
            _ => on_parts.push(part),
        }
    }
    for part in &mut to_right {
        part.map_row_columns(&mut |column| column - width);
        if lateral {
            deepen(part);
        }
    }
    let left = Box::new(push(*left, to_left));
    let right = Box::new(push(*right, to_right));
    let on = conjunction(on_parts).unwrap_or_else(truth);
    filtered(Logical::Join { kind, left, right, on, lateral, schema }, above)
}

/// The join without the NULL-filled rows that a condition above drops.
fn simplified(kind: JoinKind, part: &Expr, width: usize) -> JoinKind {
    let rejects_left = rejects_null(part, &|column| column < width);
    let rejects_right = rejects_null(part, &|column| column >= width);
    match kind {
        JoinKind::Left if rejects_right => JoinKind::Inner,
        JoinKind::Right if rejects_left => JoinKind::Inner,
        JoinKind::Full if rejects_left && rejects_right => JoinKind::Inner,
        JoinKind::Full if rejects_left => JoinKind::Left,
        JoinKind::Full if rejects_right => JoinKind::Right,
        kind => kind,
    }
}

/// The condition is not true when all the columns for which `of` holds are NULL.
fn rejects_null(part: &Expr, of: &dyn Fn(usize) -> bool) -> bool {
    match &part.kind {
        ExprKind::IsNull { arg, negated: true } => null_on_null(arg, of),
        ExprKind::IsBool { arg, truth: Some(_), negated: false } => null_on_null(arg, of),
        ExprKind::And(parts) => parts.iter().any(|part| rejects_null(part, of)),
        ExprKind::Or(parts) => parts.iter().all(|part| rejects_null(part, of)),
        _ => null_on_null(part, of),
    }
}

/// The expression is NULL when all the columns for which `of` holds are.
fn null_on_null(expr: &Expr, of: &dyn Fn(usize) -> bool) -> bool {
    match &expr.kind {
        ExprKind::Column(column) => of(*column),
        ExprKind::Call { function, args } => function.strict && args.iter().any(|arg| null_on_null(arg, of)),
        ExprKind::Cast { arg, .. } | ExprKind::Not(arg) => null_on_null(arg, of),
        // An empty array is a different matter: ALL is true for it.
        ExprKind::InList { arg, .. } => null_on_null(arg, of),
        _ => false,
    }
}
