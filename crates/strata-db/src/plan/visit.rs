//! Looking at expressions without changing them. Neither walk enters the plan of a
//! [`ExprKind::Subquery`]; the left operands of a quantified comparison belong to the expression around and are visited.

use super::expr::{Expr, ExprKind, SubqueryKind};

impl Expr {
    /// Calls `f` for each direct operand.
    pub fn for_each_child<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Const(_) | ExprKind::Column(_) | ExprKind::Outer { .. } | ExprKind::Param(_) => {}
            ExprKind::Call { args, .. }
            | ExprKind::And(args)
            | ExprKind::Or(args)
            | ExprKind::Coalesce(args)
            | ExprKind::MinMax { args, .. }
            | ExprKind::Array(args)
            | ExprKind::Row(args) => args.iter().for_each(f),
            ExprKind::Cast { arg, .. }
            | ExprKind::Not(arg)
            | ExprKind::IsNull { arg, .. }
            | ExprKind::IsBool { arg, .. }
            | ExprKind::Field { arg, .. } => f(arg),
            ExprKind::IsDistinct { left, right, .. } | ExprKind::NullIf { left, right, .. } => {
                f(left);
                f(right);
            }
            ExprKind::Case { whens, otherwise } => {
                for (condition, result) in whens {
                    f(condition);
                    f(result);
                }
                if let Some(otherwise) = otherwise {
                    f(otherwise);
                }
            }
            ExprKind::InList { arg, list, .. } => {
                f(arg);
                list.iter().for_each(f);
            }
            ExprKind::Quantified { arg, array, .. } => {
                f(arg);
                f(array);
            }
            ExprKind::Subscript { arg, indices, .. } => {
                f(arg);
                for (lower, upper) in indices {
                    lower.iter().for_each(&mut *f);
                    upper.iter().for_each(&mut *f);
                }
            }
            ExprKind::Subquery(subquery) => subquery.kind.left().iter().for_each(f),
            ExprKind::SubPlan { kind, .. } => kind.left().iter().for_each(f),
        }
    }

    /// Calls `f` for the expression and everything within, outermost first.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        f(self);
        self.for_each_child(&mut |child| child.walk(f));
    }

    /// Whether `f` is true of it or of anything within.
    pub fn contains(&self, f: &mut dyn FnMut(&Expr) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |expr| found = found || f(expr));
        found
    }
}

impl SubqueryKind {
    /// Left operands of a quantified comparison.
    pub fn left(&self) -> &[Expr] {
        match self {
            SubqueryKind::Compare { left, .. } => left,
            SubqueryKind::Scalar | SubqueryKind::Exists | SubqueryKind::Array => &[],
        }
    }
}
