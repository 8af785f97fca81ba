//! Plans as text: a node a line, indented beneath the node that reads it.
//!
//! ```text
//! Project #1, (#0 + 1)
//!   Filter (#0 > 10)
//!     Scan pgbench_accounts [0, 1]
//! ```
//! Expressions are written as in `print_expr`.

use super::print_expr::{keys_text, list};
use super::{AggregateCall, Expr, ExprKind, Logical, SubqueryKind, WindowCall};
use std::fmt;

impl fmt::Display for Logical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        node(self, f, 0)
    }
}

fn line(f: &mut fmt::Formatter<'_>, depth: usize, text: fmt::Arguments<'_>) -> fmt::Result {
    writeln!(f, "{:width$}{text}", "", width = depth * 2)
}

fn node(plan: &Logical, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
    match plan {
        Logical::Values { rows, .. } => {
            let rows: Vec<String> = rows.iter().map(|row| format!("({})", list(row))).collect();
            line(f, depth, format_args!("Values {}", rows.join(", ")))
        }
        Logical::Scan { relation, columns, .. } => {
            let shown = columns.iter().map(|column| match *column {
                usize::MAX => "key".to_owned(),
                column => column.to_string(),
            });
            let shown: Vec<String> = shown.collect();
            line(f, depth, format_args!("Scan {} [{}]", relation.name, shown.join(", ")))
        }
        Logical::SystemScan { name, columns, .. } => {
            line(f, depth, format_args!("SystemScan {name} {columns:?}"))
        }
        Logical::FunctionScan { calls, ordinality, .. } => {
            let calls: Vec<String> = calls.iter().map(|(call, _)| call.to_string()).collect();
            let ordinality = if *ordinality { " with ordinality" } else { "" };
            line(f, depth, format_args!("FunctionScan {}{ordinality}", calls.join(", ")))
        }
        Logical::Filter { input, predicate } => {
            line(f, depth, format_args!("Filter {predicate}"))?;
            expression_plans(predicate, f, depth)?;
            node(input, f, depth + 1)
        }
        Logical::Project { input, exprs, .. } => above("Project", exprs, input, f, depth),
        Logical::ProjectSet { input, exprs, .. } => above("ProjectSet", exprs, input, f, depth),
        Logical::Join { kind, left, right, on, lateral, .. } => {
            let lateral = if *lateral { " lateral" } else { "" };
            line(f, depth, format_args!("Join {kind:?}{lateral} on {on}"))?;
            expression_plans(on, f, depth)?;
            node(left, f, depth + 1)?;
            node(right, f, depth + 1)
        }
        Logical::Aggregate { input, groups, sets, calls, grouping_calls, .. } => {
            let calls: Vec<String> = calls.iter().map(AggregateCall::to_string).collect();
            let mut parts = Vec::new();
            if !groups.is_empty() {
                parts.push(format!("by {}", list(groups)));
            }
            if sets.len() != 1 {
                parts.push(format!("sets {sets:?}"));
            }
            if !calls.is_empty() {
                parts.push(format!("of {}", calls.join(", ")));
            }
            if !grouping_calls.is_empty() {
                parts.push(format!("grouping {grouping_calls:?}"));
            }
            line(f, depth, format_args!("Aggregate {}", parts.join(" ")))?;
            node(input, f, depth + 1)
        }
        Logical::Window { input, calls, .. } => {
            let calls: Vec<String> = calls.iter().map(WindowCall::to_string).collect();
            line(f, depth, format_args!("Window {}", calls.join(", ")))?;
            node(input, f, depth + 1)
        }
        Logical::Sort { input, keys } => {
            line(f, depth, format_args!("Sort {}", keys_text(keys)))?;
            node(input, f, depth + 1)
        }
        Logical::Limit { input, offset, count, ties } => {
            let part = |word: &str, expr: &Option<Expr>| {
                expr.as_ref().map_or_else(String::new, |expr| format!(" {word} {expr}"))
            };
            let ties = if ties.is_some() { " with ties" } else { "" };
            line(f, depth, format_args!("Limit{}{}{ties}", part("count", count), part("offset", offset)))?;
            node(input, f, depth + 1)
        }
        Logical::Distinct { input, on } => {
            let on = on.as_ref().map_or_else(String::new, |on| format!(" on {}", list(on)));
            line(f, depth, format_args!("Distinct{on}"))?;
            node(input, f, depth + 1)
        }
        Logical::SetOp { kind, all, left, right, .. } => {
            line(f, depth, format_args!("{kind:?}{}", if *all { " all" } else { "" }))?;
            node(left, f, depth + 1)?;
            node(right, f, depth + 1)
        }
        Logical::With { ctes, body } => {
            line(f, depth, format_args!("With"))?;
            for cte in ctes {
                line(f, depth + 1, format_args!("{} ({}):", cte.name, cte.id))?;
                node(&cte.plan, f, depth + 2)?;
            }
            node(body, f, depth + 1)
        }
        Logical::CteScan { id, name, .. } => line(f, depth, format_args!("CteScan {name} ({id})")),
        Logical::Recursive { id, distinct, base, step, .. } => {
            line(f, depth, format_args!("Recursive ({id}){}", if *distinct { " distinct" } else { "" }))?;
            node(base, f, depth + 1)?;
            node(step, f, depth + 1)
        }
        Logical::LockRows { input, keys, lock, wait } => {
            let tables: Vec<String> =
                keys.iter().map(|(relation, key)| format!("{} by #{key}", relation.name)).collect();
            line(f, depth, format_args!("LockRows {lock:?} {wait:?} {}", tables.join(", ")))?;
            node(input, f, depth + 1)
        }
        Logical::Insert(insert) => {
            let conflict = if insert.conflict.is_some() { " on conflict" } else { "" };
            let returning = returning(&insert.returning);
            line(f, depth, format_args!("Insert {}{conflict}{returning}", insert.relation.name))?;
            node(&insert.input, f, depth + 1)
        }
        Logical::Update(update) => {
            let set: Vec<String> =
                update.assignments.iter().map(|(column, expr)| format!("{column} = {expr}")).collect();
            let returning = returning(&update.returning);
            line(
                f,
                depth,
                format_args!("Update {} set {}{returning}", update.relation.name, set.join(", ")),
            )?;
            node(&update.input, f, depth + 1)
        }
        Logical::Delete(delete) => {
            let returning = returning(&delete.returning);
            line(f, depth, format_args!("Delete {}{returning}", delete.relation.name))?;
            node(&delete.input, f, depth + 1)
        }
    }
}

fn above(
    name: &str,
    exprs: &[Expr],
    input: &Logical,
    f: &mut fmt::Formatter<'_>,
    depth: usize,
) -> fmt::Result {
    line(f, depth, format_args!("{name} {}", list(exprs)))?;
    for expr in exprs {
        expression_plans(expr, f, depth)?;
    }
    node(input, f, depth + 1)
}

/// The plans of the subqueries inside of an expression, each behind a bar.
fn expression_plans(expr: &Expr, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
    if let ExprKind::Subquery(subquery) = &expr.kind {
        let kind = match &subquery.kind {
            SubqueryKind::Scalar => "scalar",
            SubqueryKind::Exists => "exists",
            SubqueryKind::Array => "array",
            SubqueryKind::Compare { .. } => "compare",
        };
        let correlated = if subquery.correlated { " correlated" } else { "" };
        line(f, depth + 1, format_args!("| {kind}{correlated}:"))?;
        node(&subquery.plan, f, depth + 2)?;
    }
    let mut outcome = Ok(());
    expr.for_each_child(&mut |child| {
        if outcome.is_ok() {
            outcome = expression_plans(child, f, depth);
        }
    });
    outcome
}

fn returning(returning: &Option<Vec<Expr>>) -> String {
    returning.as_ref().map_or_else(String::new, |exprs| format!(" returning {}", list(exprs)))
}
