//! What the planner expects of a node, in PostgreSQL's units: a page read in order costs 1.

use super::node::{Estimate, Node};
use super::tree::Builder;
use crate::optimize::selectivity;
use crate::plan::{Expr, ExprKind, JoinKind, Physical, Probes};
use strata_types::{Type, Value};

const PAGE: f64 = 1.0;
const PAGE_LEN: f64 = 8192.0;
const RANDOM_PAGE: f64 = 4.0;
const TUPLE: f64 = 0.01;
const OPERATOR: f64 = 0.0025;
/// Bytes of a value whose type has no fixed length.
const VARYING_LEN: usize = 32;
/// Rows that an equality with a unique key's prefix finds.
const EQUAL_SHARE: f64 = 0.005;
const BOUND_SHARE: f64 = 0.33;
/// Distinct groups where nothing is known.
const GROUPS: f64 = 200.0;

/// The estimate of a plan node whose inputs have theirs.
pub(super) fn of(plan: &Physical, node: &Node, builder: &Builder<'_>) -> Estimate {
    let width = width(&plan.types());
    let rows_of = |oid| builder.statistics.row_count(oid);
    let below = |at: usize| {
        let mut inputs =
            node.inputs.iter().filter(|input| matches!(input.relationship, "Outer" | "Inner" | "Member"));
        inputs.nth(at).map(|input| input.estimate).unwrap_or_default()
    };
    let first = below(0);
    let made =
        |startup: f64, total: f64, rows: f64| Estimate { startup, total, rows: rows.max(1.0).round(), width };
    match plan {
        Physical::SeqScan { relation, filter, .. } => {
            let rows = rows_of(relation.oid);
            let pages = (rows * (width.max(8) as f64 + 24.0) / PAGE_LEN).ceil().max(1.0);
            let tests = if filter.is_some() { rows * OPERATOR } else { 0.0 };
            made(0.0, pages * PAGE + rows * TUPLE + tests, rows * share(filter.as_ref()))
        }
        Physical::KeyLookup { probes, filter, .. } => {
            let rows = match probes {
                Probes::Keys(keys) => keys.len() as f64,
                Probes::Elements(_) => 10.0,
            };
            made(0.15, 0.15 + rows * (RANDOM_PAGE + RANDOM_PAGE + TUPLE), rows * share(filter.as_ref()))
        }
        Physical::IndexRange { relation, range, filter, .. } => {
            let bounds = f64::from(u8::from(range.lower.is_some()) + u8::from(range.upper.is_some()));
            let found = EQUAL_SHARE.powf(range.prefix.len() as f64) * BOUND_SHARE.powf(bounds);
            let rows = (rows_of(relation.oid) * found).max(1.0);
            let pages = (rows * (width.max(8) as f64 + 24.0) / PAGE_LEN).ceil().max(1.0);
            made(0.15, 0.15 + RANDOM_PAGE + pages * PAGE + rows * TUPLE, rows * share(filter.as_ref()))
        }
        Physical::SystemScan { .. } => made(0.0, 10.0, 100.0),
        Physical::Supplied { .. } | Physical::FunctionScan { .. } => made(0.0, 10.0, 1000.0),
        Physical::Values { rows, .. } => made(0.0, rows.len() as f64 * TUPLE, rows.len() as f64),
        Physical::CteScan { id, .. } => {
            let rows = builder.cte_rows(*id);
            made(0.0, rows * TUPLE * 2.0, rows)
        }
        // Folded into the node beneath, whose estimate is there already.
        Physical::Filter { predicate, .. } => {
            let input = node.estimate;
            made(input.startup, input.total + input.rows * OPERATOR, input.rows * share(Some(predicate)))
        }
        Physical::Project { .. } => Estimate { width, ..node.estimate },
        Physical::ProjectSet { .. } => made(first.startup, first.total + first.rows * 5.0, first.rows * 10.0),
        Physical::NestedLoop { kind, on, lateral, .. } => {
            let inner = below(1);
            let pairs = first.rows * inner.rows;
            let again = if *lateral { inner.total } else { inner.rows * OPERATOR };
            let total = first.total + inner.total + first.rows * again + pairs * TUPLE;
            made(first.startup + inner.startup, total, joined(*kind, first.rows, pairs * share(on.as_ref())))
        }
        Physical::HashJoin { kind, residual, .. } => {
            let inner = below(1);
            let total = first.total + inner.total + (first.rows + inner.rows) * TUPLE;
            let rows = first.rows.max(inner.rows) * share(residual.as_ref());
            made(first.startup + inner.total, total, joined(*kind, first.rows, rows))
        }
        Physical::Aggregate { groups, .. } => {
            let total = first.total + first.rows * OPERATOR;
            let rows = if groups.is_empty() { 1.0 } else { first.rows.min(GROUPS) };
            made(total, total + rows * TUPLE, rows)
        }
        Physical::Distinct { .. } => {
            let total = first.total + first.rows * OPERATOR;
            made(total, total + TUPLE, first.rows.min(GROUPS))
        }
        Physical::Window { .. } => made(first.startup, first.total + first.rows * TUPLE, first.rows),
        Physical::Sort { .. } => sorted(node),
        Physical::TopN { count, .. } => limited(first, width, Some(count)),
        Physical::Limit { count, .. } => limited(first, width, count.as_ref()),
        Physical::Append { .. } => {
            let inputs = || node.inputs.iter().map(|input| input.estimate);
            made(0.0, inputs().map(|input| input.total).sum(), inputs().map(|input| input.rows).sum())
        }
        Physical::SetOp { .. } => {
            let total = first.total + below(1).total;
            made(total, total, first.rows)
        }
        Physical::Recursive { .. } => {
            let step = below(1);
            made(first.startup, first.total + step.total * 10.0, first.rows + step.rows * 10.0)
        }
        Physical::With { .. } => {
            let definitions = node.inputs.iter().filter(|input| input.relationship == "InitPlan");
            let before: f64 = definitions.map(|input| input.estimate.total).sum();
            let own = node.estimate;
            Estimate { startup: own.startup + before, total: own.total + before, ..own }
        }
        Physical::LockRows { .. } => made(first.startup, first.total + first.rows * TUPLE, first.rows),
        Physical::Insert(_) | Physical::Update(_) | Physical::Delete(_) => {
            let rows = if width > 0 { first.rows } else { 0.0 };
            Estimate { startup: first.startup, total: first.total, rows, width }
        }
    }
}

/// The estimate of a sort over the node's one input.
pub(super) fn sorted(node: &Node) -> Estimate {
    let outer = node.inputs.iter().find(|input| input.relationship == "Outer");
    let input = outer.map(|input| input.estimate).unwrap_or_default();
    let comparisons = input.rows * input.rows.max(2.0).log2() * 2.0 * OPERATOR;
    let startup = input.total + comparisons;
    Estimate { startup, total: startup + input.rows * OPERATOR, ..input }
}

fn limited(input: Estimate, width: usize, count: Option<&Expr>) -> Estimate {
    let wanted = match count.map(|count| &count.kind) {
        Some(ExprKind::Const(Value::Null)) | None => input.rows,
        Some(ExprKind::Const(count)) => count.as_i64().map_or(input.rows, |count| count.max(0) as f64),
        Some(_) => input.rows / 10.0,
    };
    let rows = wanted.min(input.rows).max(1.0);
    let part = if input.rows > 0.0 { rows / input.rows } else { 1.0 };
    Estimate {
        startup: input.startup,
        total: input.startup + (input.total - input.startup) * part,
        rows: rows.round(),
        width,
    }
}

fn joined(kind: JoinKind, left: f64, rows: f64) -> f64 {
    match kind {
        JoinKind::Inner | JoinKind::Right => rows,
        JoinKind::Left | JoinKind::Full => rows.max(left),
        JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti => left / 2.0,
    }
}

fn share(condition: Option<&Expr>) -> f64 {
    condition.map_or(1.0, |condition| selectivity(std::slice::from_ref(condition)))
}

fn width(types: &[Type]) -> usize {
    types.iter().map(|ty| usize::try_from(ty.len()).unwrap_or(VARYING_LEN)).sum()
}
