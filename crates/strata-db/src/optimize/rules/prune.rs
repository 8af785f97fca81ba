//! Column pruning: nodes yield only the columns that somebody above reads.
//!
//! Going down, a node is told which of its output columns are needed; coming up, it tells where they are now.

use crate::functions::Environment;
use crate::optimize::expressions::{columns, conditions, map_outer_columns, outer_columns};
use crate::plan::{Expr, Logical, Schema, SortKey};
use std::collections::BTreeSet;

/// The rule. The plan as a whole keeps its columns.
pub(super) fn apply(plan: Logical, _env: &dyn Environment) -> Logical {
    let needed = (0..plan.schema().len()).collect();
    prune(plan, &needed).0
}

/// The old numbers of a node's output columns.
type Kept = Vec<usize>;

/// Where an old column is now.
fn place(kept: &Kept, column: usize) -> usize {
    kept.iter().position(|old| *old == column).unwrap_or_else(|| unreachable!("column {column} was cut off"))
}

fn renumber(expr: &mut Expr, kept: &Kept) {
    expr.map_row_columns(&mut |column| place(kept, column));
}

fn renumber_keys(keys: &mut [SortKey], kept: &Kept) {
    keys.iter_mut().for_each(|key| renumber(&mut key.expr, kept));
}

fn read_by<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> BTreeSet<usize> {
    exprs.into_iter().flat_map(columns).collect()
}

fn cut_schema(schema: Schema, kept: &Kept) -> Schema {
    schema.into_iter().enumerate().filter(|(at, _)| kept.contains(at)).map(|(_, field)| field).collect()
}

/// Keeps everything, and prunes the inputs for what the node itself reads.
fn whole(plan: Logical) -> (Logical, Kept) {
    let kept = (0..plan.schema().len()).collect();
    (plan, kept)
}

fn all_of(plan: &Logical) -> BTreeSet<usize> {
    (0..plan.schema().len()).collect()
}

fn prune(plan: Logical, needed: &BTreeSet<usize>) -> (Logical, Kept) {
    match plan {
        Logical::Scan { relation, columns, schema } => {
            let kept: Kept = needed.iter().copied().collect();
            let columns = kept.iter().map(|at| columns[*at]).collect();
            (Logical::Scan { relation, columns, schema: cut_schema(schema, &kept) }, kept)
        }
        Logical::SystemScan { relation, name, columns, schema } => {
            let kept: Kept = needed.iter().copied().collect();
            let columns = kept.iter().map(|at| columns[*at]).collect();
            (Logical::SystemScan { relation, name, columns, schema: cut_schema(schema, &kept) }, kept)
        }
        Logical::Filter { input, mut predicate } => {
            let wanted = needed | &columns(&predicate);
            let (input, kept) = prune(*input, &wanted);
            renumber(&mut predicate, &kept);
            (Logical::Filter { input: Box::new(input), predicate }, kept)
        }
        Logical::Project { input, exprs, schema } => {
            let kept: Kept = needed.iter().copied().collect();
            let mut exprs: Vec<Expr> = kept.iter().map(|at| exprs[*at].clone()).collect();
            let (input, below) = prune(*input, &read_by(&exprs));
            exprs.iter_mut().for_each(|expr| renumber(expr, &below));
            (Logical::Project { input: Box::new(input), exprs, schema: cut_schema(schema, &kept) }, kept)
        }
        Logical::ProjectSet { input, mut exprs, schema } => {
            let (input, below) = prune(*input, &read_by(&exprs));
            exprs.iter_mut().for_each(|expr| renumber(expr, &below));
            whole(Logical::ProjectSet { input: Box::new(input), exprs, schema })
        }
        Logical::Join { .. } => join(plan, needed),
        Logical::Aggregate { .. } => aggregate(plan, needed),
        Logical::Window { .. } => window(plan, needed),
        Logical::Sort { input, mut keys } => {
            let wanted = needed | &read_by(keys.iter().map(|key| &key.expr));
            let (input, kept) = prune(*input, &wanted);
            renumber_keys(&mut keys, &kept);
            (Logical::Sort { input: Box::new(input), keys }, kept)
        }
        Logical::Limit { input, offset, count, mut ties } => {
            let wanted = needed | &read_by(ties.iter().flatten().map(|key| &key.expr));
            let (input, kept) = prune(*input, &wanted);
            ties.iter_mut().for_each(|keys| renumber_keys(keys, &kept));
            (Logical::Limit { input: Box::new(input), offset, count, ties }, kept)
        }
        Logical::Distinct { input, on: None } => {
            let wanted = all_of(&input);
            let (input, kept) = prune(*input, &wanted);
            (Logical::Distinct { input: Box::new(input), on: None }, kept)
        }
        Logical::Distinct { input, on: Some(mut on) } => {
            let wanted = needed | &read_by(&on);
            let (input, kept) = prune(*input, &wanted);
            on.iter_mut().for_each(|expr| renumber(expr, &kept));
            (Logical::Distinct { input: Box::new(input), on: Some(on) }, kept)
        }
        Logical::SetOp { kind, all, left, right, schema } => {
            let (left, right) = (all_input(*left), all_input(*right));
            whole(Logical::SetOp { kind, all, left, right, schema })
        }
        Logical::LockRows { .. } => lock_rows(plan, needed),
        Logical::Values { .. }
        | Logical::FunctionScan { .. }
        | Logical::With { .. }
        | Logical::CteScan { .. }
        | Logical::Recursive { .. }
        | Logical::Insert(_)
        | Logical::Update(_)
        | Logical::Delete(_) => whole(plan),
    }
}

/// What is beneath is a query of its own: it is told by a projection what is needed of it, which is what those above
/// read, the row keys, and the columns of the conditions that are asked again of a row that has changed.
fn lock_rows(plan: Logical, needed: &BTreeSet<usize>) -> (Logical, Kept) {
    let Logical::LockRows { input, mut keys, lock, wait } = plan else {
        unreachable!("asked of row locks only")
    };
    let mut wanted = needed | &read_by(&conditions(&input));
    wanted.extend(keys.iter().map(|(_, column)| *column));
    let kept: Kept = wanted.into_iter().collect();
    keys.iter_mut().for_each(|(_, column)| *column = place(&kept, *column));
    let input = match *input {
        Logical::Sort { input, keys } => cut_sorted(*input, keys, &kept),
        input => projected(input, &kept),
    };
    (Logical::LockRows { input: Box::new(input), keys, lock, wait }, kept)
}

/// A sort whose input, if it is a query's, has only what is kept and sorted by.
fn cut_sorted(input: Logical, mut keys: Vec<SortKey>, kept: &Kept) -> Logical {
    let mut beneath = kept.clone();
    beneath.extend(read_by(keys.iter().map(|key| &key.expr)).iter().filter(|column| !kept.contains(column)));
    renumber_keys(&mut keys, &beneath);
    let sorted = Logical::Sort { input: Box::new(projected(input, &beneath)), keys };
    if beneath.len() == kept.len() { sorted } else { projected(sorted, &(0..kept.len()).collect()) }
}

/// These columns of a plan.
fn projected(plan: Logical, kept: &Kept) -> Logical {
    let schema: Schema = kept.iter().map(|at| plan.schema()[*at].clone()).collect();
    let column = |at: &usize| {
        let field = &plan.schema()[*at];
        Expr::column(*at, field.ty, field.typmod)
    };
    let exprs = kept.iter().map(column).collect();
    Logical::Project { input: Box::new(plan), exprs, schema }
}

fn all_input(plan: Logical) -> Box<Logical> {
    let wanted = all_of(&plan);
    Box::new(prune(plan, &wanted).0)
}

fn join(plan: Logical, needed: &BTreeSet<usize>) -> (Logical, Kept) {
    let Logical::Join { kind, left, mut right, mut on, lateral, .. } = plan else {
        unreachable!("asked of joins only")
    };
    let width = left.schema().len();
    let wanted = needed | &columns(&on);
    let mut to_left: BTreeSet<usize> = wanted.iter().copied().filter(|column| *column < width).collect();
    let to_right = wanted.iter().filter(|column| **column >= width).map(|column| column - width).collect();
    if lateral {
        to_left.extend(outer_columns(&right));
    }
    let (left, left_kept) = prune(*left, &to_left);
    if lateral {
        map_outer_columns(&mut right, &mut |column| place(&left_kept, column));
    }
    let (right, right_kept) = prune(*right, &to_right);
    let both: Kept =
        left_kept.iter().copied().chain(right_kept.iter().map(|column| column + width)).collect();
    renumber(&mut on, &both);
    let mut schema = left.schema().clone();
    let kept = if kind.yields_right() {
        schema.extend(right.schema().iter().cloned());
        both
    } else {
        left_kept
    };
    (Logical::Join { kind, left: Box::new(left), right: Box::new(right), on, lateral, schema }, kept)
}

fn aggregate(plan: Logical, needed: &BTreeSet<usize>) -> (Logical, Kept) {
    let Logical::Aggregate { input, mut groups, sets, calls, grouping_calls, schema } = plan else {
        unreachable!("asked of aggregates only")
    };
    let first = groups.len();
    let behind = first + calls.len();
    let kept: Kept =
        (0..schema.len()).filter(|at| *at < first || *at >= behind || needed.contains(at)).collect();
    let mut calls: Vec<_> = calls
        .into_iter()
        .enumerate()
        .filter(|(at, _)| kept.contains(&(first + at)))
        .map(|(_, call)| call)
        .collect();
    let mut wanted = read_by(&groups);
    for call in &calls {
        wanted.extend(read_by(call.args.iter().chain(&call.filter)));
        wanted.extend(read_by(call.order_by.iter().map(|key| &key.expr)));
    }
    let (input, below) = prune(*input, &wanted);
    groups.iter_mut().for_each(|expr| renumber(expr, &below));
    for call in &mut calls {
        call.args.iter_mut().chain(&mut call.filter).for_each(|expr| renumber(expr, &below));
        renumber_keys(&mut call.order_by, &below);
    }
    let schema = cut_schema(schema, &kept);
    (Logical::Aggregate { input: Box::new(input), groups, sets, calls, grouping_calls, schema }, kept)
}

fn window(plan: Logical, needed: &BTreeSet<usize>) -> (Logical, Kept) {
    let Logical::Window { input, calls, schema } = plan else { unreachable!("asked of windows only") };
    let width = input.schema().len();
    let (places, mut calls): (Vec<usize>, Vec<_>) = calls
        .into_iter()
        .enumerate()
        .filter(|(at, _)| needed.contains(&(width + at)))
        .map(|(at, call)| (width + at, call))
        .unzip();
    let mut wanted: BTreeSet<usize> = needed.iter().copied().filter(|column| *column < width).collect();
    for call in &calls {
        wanted.extend(read_by(call.args.iter().chain(&call.filter).chain(&call.partition_by)));
        wanted.extend(read_by(call.order_by.iter().map(|key| &key.expr)));
    }
    let (input, mut kept) = prune(*input, &wanted);
    for call in &mut calls {
        let exprs = call.args.iter_mut().chain(&mut call.filter).chain(&mut call.partition_by);
        exprs.for_each(|expr| renumber(expr, &kept));
        renumber_keys(&mut call.order_by, &kept);
    }
    kept.extend(places);
    if calls.is_empty() {
        return (input, kept);
    }
    let schema = cut_schema(schema, &kept);
    (Logical::Window { input: Box::new(input), calls, schema }, kept)
}
