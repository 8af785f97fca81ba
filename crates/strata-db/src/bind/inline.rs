//! Common table expressions that are read once become part of the query that reads them, so that its conditions
//! reach into them. Those that write, are volatile, recursive or MATERIALIZED stay as they are.

use crate::functions::Volatility;
use crate::plan::{Cte, Expr, ExprKind, Logical};

/// A query with what is computed once for it. `kept` are the numbers of those that must not be inlined.
pub(super) fn surround(ctes: Vec<Cte>, mut body: Logical, kept: &[usize]) -> Logical {
    let mut shared: Vec<Cte> = Vec::with_capacity(ctes.len());
    let mut rest = ctes.into_iter();
    while let Some(mut cte) = rest.next() {
        if kept.contains(&cte.id) || !is_plain(&mut cte.plan) {
            shared.push(cte);
            continue;
        }
        let later = rest.as_mut_slice();
        let reads: usize = later.iter_mut().map(|other| count(&mut other.plan, cte.id)).sum::<usize>()
            + count(&mut body, cte.id);
        if reads > 1 {
            shared.push(cte);
            continue;
        }
        let plans = later.iter_mut().map(|other| &mut other.plan).chain([&mut body]);
        plans.for_each(|plan| replace(plan, cte.id, &cte.plan));
    }
    if shared.is_empty() { body } else { Logical::With { ctes: shared, body: Box::new(body) } }
}

/// Stands for itself, neither writes nor locks, and gives the same result whenever it runs.
fn is_plain(plan: &mut Logical) -> bool {
    let mut plain = true;
    each_node(plan, &mut |node| {
        plain &= !matches!(
            node,
            Logical::Insert(_)
                | Logical::Update(_)
                | Logical::Delete(_)
                | Logical::LockRows { .. }
                | Logical::Recursive { .. }
        );
    });
    plan.visit_exprs_mut(0, &mut |expr, depth| {
        plain &= match &expr.kind {
            ExprKind::Call { function, .. } => function.volatility != Volatility::Volatile,
            // Read from within a subquery it would lie further out.
            ExprKind::Outer { depth: up, .. } => *up <= depth,
            _ => true,
        };
        plain
    });
    plain
}

/// How often a plan reads a common table expression. What a recursive step reads is read many times, and counts
/// twice here.
fn count(plan: &mut Logical, id: usize) -> usize {
    let mut reads = 0;
    each_node(plan, &mut |node| match node {
        Logical::CteScan { id: read, .. } if *read == id => reads += 1,
        Logical::Recursive { step, .. } => reads += count(step, id),
        _ => {}
    });
    reads
}

fn replace(plan: &mut Logical, id: usize, by: &Logical) {
    each_node(plan, &mut |node| {
        if matches!(node, Logical::CteScan { id: read, .. } if *read == id) {
            *node = by.clone();
        }
    });
}

/// Visits every node, those of subqueries in expressions included.
fn each_node(plan: &mut Logical, visit: &mut dyn FnMut(&mut Logical)) {
    visit(plan);
    plan.exprs_mut().into_iter().for_each(|expr| subqueries(expr, visit));
    plan.inputs_mut().into_iter().for_each(|input| each_node(input, visit));
}

fn subqueries(expr: &mut Expr, visit: &mut dyn FnMut(&mut Logical)) {
    if let ExprKind::Subquery(subquery) = &mut expr.kind {
        each_node(&mut subquery.plan, visit);
    }
    expr.children_mut().into_iter().for_each(|child| subqueries(child, visit));
}
