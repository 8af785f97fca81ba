//! Where parentheses stand around operations.
//!
//! PostgreSQL prints expressions in two ways. The full one puts every operation in parentheses; the spare
//! one leaves out those that its reader surely does not need, and knows no precedence but that of
//! arithmetic and of AND before OR.

use super::super::ast::*;
use super::{Printer, Result, Style};

impl Printer {
    /// An expression where no operator stands beside it.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result {
        let enclosed = match self.style {
            Style::Full => is_operation(expr),
            Style::Spare => is_worded_call(expr),
        };
        if enclosed { self.parens(|p| p.bare(expr)) } else { self.bare(expr) }
    }

    /// An expression as an operand: in parentheses if it is an operation.
    pub(super) fn operand(&mut self, expr: &Expr) -> Result {
        self.operand_if(expr, |_| false)
    }

    /// An operand that goes without parentheses in the spare style if it `may`.
    pub(super) fn operand_if(&mut self, expr: &Expr, may: impl FnOnce(&Expr) -> bool) -> Result {
        match is_operation(expr) {
            true if self.style == Style::Full || !may(expr) => self.parens(|p| p.bare(expr)),
            _ => self.bare(expr),
        }
    }
}

/// Whether an expression has an operator outside of all parentheses of its own.
pub(super) fn is_operation(expr: &Expr) -> bool {
    match &expr.kind {
        // A minus sign would be taken for an operator.
        ExprKind::Integer(value) => *value < 0,
        ExprKind::Number(text) => text.starts_with('-'),
        ExprKind::Function(_) => is_worded_call(expr),
        ExprKind::Unary { .. }
        | ExprKind::Binary { .. }
        | ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Not(_)
        | ExprKind::Is { .. }
        | ExprKind::IsDistinct { .. }
        | ExprKind::Between(_)
        | ExprKind::InList { .. }
        | ExprKind::InSubquery { .. }
        | ExprKind::Like(_)
        | ExprKind::QuantifiedArray(_)
        | ExprKind::QuantifiedQuery(_)
        | ExprKind::Collate { .. } => true,
        _ => false,
    }
}

/// A call that is written with words between its arguments: it stands in parentheses in either style.
fn is_worded_call(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Function(call) => matches!(call.syntax, CallSyntax::AtTimeZone | CallSyntax::Overlaps),
        _ => false,
    }
}

/// What binds tighter than AND, OR and NOT.
fn is_comparison(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Unary { .. } | ExprKind::Binary { .. } | ExprKind::Is { .. } | ExprKind::IsDistinct { .. }
    )
}

/// An operand of AND or OR that needs no parentheses.
pub(super) fn is_plain_term(expr: &Expr, of_or: bool) -> bool {
    match expr.kind {
        ExprKind::Not(_) => true,
        ExprKind::And(_) => of_or,
        _ => is_comparison(expr),
    }
}

/// An operand of NOT that needs no parentheses.
pub(super) fn is_plain_negated(expr: &Expr) -> bool {
    is_comparison(expr)
}

/// How tightly an arithmetic operator binds; `None` for all others.
fn tightness(op: &Operator) -> Option<u8> {
    match &*op.symbol {
        _ if op.schema.is_some() => None,
        "+" | "-" => Some(0),
        "*" | "/" | "%" => Some(1),
        _ => None,
    }
}

/// An operand of an infix operator that needs no parentheses: arithmetic that binds tighter, or as tight
/// on the left.
pub(super) fn is_plain_operand(expr: &Expr, of: &Operator, on_left: bool) -> bool {
    let ExprKind::Binary { op, .. } = &expr.kind else { return false };
    match (tightness(op), tightness(of)) {
        (Some(inner), Some(outer)) => inner > outer || (inner == outer && on_left),
        _ => false,
    }
}
