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
use crate::optimize::{conjunction, has_subquery};
use crate::plan::{Expr, ExprKind, JoinKind, SortKey};
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

    /// As [`lift`](Self::lift), for sort keys.
    pub(super) fn keys(&mut self, keys: &mut [SortKey]) {
        keys.iter_mut().for_each(|key| self.lift(&mut key.expr));
    }

    /// As [`lift`](Self::lift), for a call that takes rows in: its filter, or else what it computes of every row.
    pub(super) fn call(&mut self, filter: &mut Option<Expr>, args: &mut [Expr], order_by: &mut [SortKey]) {
        match filter {
            Some(filter) => self.lift(filter),
            None => {
                args.iter_mut().for_each(|arg| self.lift(arg));
                self.keys(order_by);
            }
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

/// A join, with those parts of its condition that have subqueries in a filter over it, if it is an inner one.
pub(super) fn joined(
    kind: JoinKind,
    condition: Option<&Expr>,
    join: impl FnOnce(Option<Expr>) -> Result<Input>,
) -> Result<Input> {
    if kind == JoinKind::Inner { filtered(condition, join) } else { join(condition.cloned()) }
}

/// A scan or an inner join that keeps rows for which a condition is true, or a filter over it for the conditions that
/// have subqueries.
pub(super) fn filtered(
    condition: Option<&Expr>,
    input: impl FnOnce(Option<Expr>) -> Result<Input>,
) -> Result<Input> {
    let Some(whole) = condition.filter(|whole| has_subquery(whole)) else { return input(condition.cloned()) };
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
