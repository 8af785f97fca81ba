//! Crude estimates of how many rows a condition lets through.

use super::comparison::comparison;
use crate::plan::{CompareOp, Expr, ExprKind};
use strata_types::Value;

/// Of rows compared for equality with something.
pub(super) const EQUAL: f64 = 0.005;
/// Of rows on one side of a bound.
pub(super) const BEYOND: f64 = 0.33;
/// Of rows between two bounds.
pub(super) const BETWEEN: f64 = 0.05;

/// The share of rows for which all parts hold.
pub(crate) fn selectivity(parts: &[Expr]) -> f64 {
    parts.iter().map(share).product()
}

fn share(part: &Expr) -> f64 {
    match &part.kind {
        ExprKind::And(parts) => selectivity(parts),
        ExprKind::Or(parts) => parts.iter().map(share).sum::<f64>().min(1.0),
        ExprKind::InList { list, negated: false, .. } => (EQUAL * list.len() as f64).min(0.5),
        ExprKind::IsNull { negated: false, .. } => EQUAL,
        ExprKind::IsNull { negated: true, .. } | ExprKind::Not(_) => 0.9,
        _ => match comparison(part).map(|comparison| comparison.op) {
            Some(CompareOp::Eq) => EQUAL * 4.0,
            Some(CompareOp::Ne) => 0.9,
            Some(CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge) => BEYOND,
            None => 0.25,
        },
    }
}

/// The rows that a LIMIT asks for.
pub(super) fn limit(count: Option<&Expr>) -> f64 {
    match count.map(|expr| &expr.kind) {
        None | Some(ExprKind::Const(Value::Null)) => f64::INFINITY,
        Some(ExprKind::Const(value)) => value.as_i64().map_or(100.0, |count| count as f64),
        Some(_) => 100.0,
    }
}
