//! Which functions are comparisons.

use crate::functions::Function;
use crate::plan::{CompareOp, Expr, ExprKind, FunctionRef};
use strata_types::Type;

/// The comparison that a function computes by the default order of its types, if it does. PostgreSQL names them all alike:
/// `int4eq`, `int48lt`, `text_ge`, `timestamptz_ne`.
pub(crate) fn compare_op(function: &Function) -> Option<CompareOp> {
    if function.result != Type::BOOL || function.args.len() != 2 {
        return None;
    }
    let (stem, suffix) = function.name.split_at_checked(function.name.len().checked_sub(2)?)?;
    if stem.ends_with("regex") || stem.ends_with("pattern_") || stem.is_empty() {
        return None;
    }
    match suffix {
        "eq" => Some(CompareOp::Eq),
        "ne" => Some(CompareOp::Ne),
        "lt" => Some(CompareOp::Lt),
        "le" => Some(CompareOp::Le),
        "gt" => Some(CompareOp::Gt),
        "ge" => Some(CompareOp::Ge),
        _ => None,
    }
}

/// The comparison with its operands exchanged.
pub(crate) fn swapped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Eq,
        CompareOp::Ne => CompareOp::Ne,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
    }
}

/// A comparison's parts.
pub(super) struct Comparison<'a> {
    pub(super) op: CompareOp,
    pub(super) function: FunctionRef,
    pub(super) left: &'a Expr,
    pub(super) right: &'a Expr,
}

/// Takes a comparison apart.
pub(super) fn comparison(expr: &Expr) -> Option<Comparison<'_>> {
    let ExprKind::Call { function, args } = &expr.kind else { return None };
    let [left, right] = &args[..] else { return None };
    Some(Comparison { op: compare_op(function)?, function: *function, left, right })
}
