//! Subqueries out of expressions that cannot be given up.
//!
//! An operator that gathers rows computes its expressions for a batch at once and could not do so again. Those that
//! have subqueries are computed by a projection below it, which can be given up ([`suspend`](super::suspend)):
//!
//! ```text
//! input ──▶ Project(columns, lifted …) ──▶ operator, which reads them as columns ──▶ Project without them
//! ```

use super::operator::{Filter, Project};
use super::step::Input;
use super::suspend::can_wait;
use crate::error::Result;
use crate::plan::{Expr, ExprKind};
use strata_types::{Type, Typmod};

/// See the module.
pub(super) struct Lift {
    /// The input's columns, then what was lifted.
    exprs: Vec<Expr>,
    /// How many columns the input has.
    width: usize,
}

impl Lift {
    /// From over an input with columns of these types.
    pub(super) fn over(types: &[Type]) -> Lift {
        Lift { exprs: columns(types, 0..types.len()), width: types.len() }
    }

    /// Makes the expression a column, if it has subqueries that may have to wait.
    pub(super) fn lift(&mut self, expr: &mut Expr) {
        if can_wait([&*expr]) {
            let column = Expr::column(self.exprs.len(), expr.ty, expr.typmod);
            self.exprs.push(std::mem::replace(expr, column));
        }
    }

    /// The input with what was lifted, and its types.
    pub(super) fn below(self, input: Input) -> (Input, Vec<Type>) {
        let types = self.exprs.iter().map(|expr| expr.ty).collect();
        let input =
            if self.exprs.len() > self.width { Box::new(Project::new(input, self.exprs)) } else { input };
        (input, types)
    }

    /// An operator that passes its input's columns on and appends `more`: over what was lifted, which it does not
    /// pass on.
    pub(super) fn around(
        self,
        input: Input,
        more: &[Type],
        operator: impl FnOnce(Input, Vec<Type>) -> Input,
    ) -> Input {
        let (width, lifted) = (self.width, self.exprs.len());
        let (input, mut types) = self.below(input);
        let around = operator(input, types.clone());
        if lifted == width {
            return around;
        }
        types.extend(more);
        let kept = (0..width).chain(lifted..types.len());
        Box::new(Project::new(around, columns(&types, kept)))
    }
}

fn columns(types: &[Type], which: impl Iterator<Item = usize>) -> Vec<Expr> {
    which.filter_map(|at| types.get(at).map(|ty| Expr::column(at, *ty, Typmod::NONE))).collect()
}

/// A scan or an inner join that keeps rows for which a condition is true, or a filter over it for the conditions that
/// have subqueries.
pub(super) fn filtered(
    condition: Option<&Expr>,
    input: impl FnOnce(Option<Expr>) -> Result<Input>,
) -> Result<Input> {
    let has_subquery =
        |condition: &&Expr| condition.contains(&mut |part| matches!(part.kind, ExprKind::SubPlan { .. }));
    let Some(whole) = condition.filter(has_subquery) else { return input(condition.cloned()) };
    let parts = match &whole.kind {
        ExprKind::And(parts) => parts.as_slice(),
        _ => std::slice::from_ref(whole),
    };
    let (above, within): (Vec<Expr>, Vec<Expr>) = parts.iter().cloned().partition(|part| can_wait([part]));
    let input = input(conjunction(within))?;
    Ok(match conjunction(above) {
        Some(above) => Box::new(Filter::new(input, above)),
        None => input,
    })
}

fn conjunction(mut parts: Vec<Expr>) -> Option<Expr> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(Expr::new(ExprKind::And(parts), Type::BOOL)),
    }
}
