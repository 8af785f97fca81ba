//! Partial indexes: one may be used where the conditions of a query leave only rows that are in it.

use super::comparison::comparison;
use super::estimate::selectivity;
use super::expressions::{columns, conjuncts};
use super::physical::Planner;
use crate::plan::{Expr, ExprKind, NO_POS};
use crate::schema::{RelationDef, RelationKind};

/// A partial index whose predicate follows from the conditions of a query.
pub(super) struct Partial {
    /// Its place among the indexes of the table.
    pub(super) index: usize,
    /// Positions of the conditions that hold for every row in it.
    pub(super) held: Vec<usize>,
    /// Which share of the table's rows is in it.
    pub(super) share: f64,
}

impl Planner<'_> {
    /// The partial indexes of a table that may be used under conditions over the columns of a scan.
    pub(super) fn partials(&self, relation: &RelationDef, scanned: &[usize], parts: &[Expr]) -> Vec<Partial> {
        let RelationKind::Table(table) = &relation.kind else { return Vec::new() };
        if parts.is_empty() || table.indexes.iter().all(|index| index.predicate.is_none()) {
            return Vec::new();
        }
        let parts: Vec<Expr> = parts.iter().map(without_positions).collect();
        let predicates = self.statistics.index_predicates(relation).into_iter();
        predicates.filter_map(|(index, predicate)| self.partial(index, predicate, scanned, &parts)).collect()
    }

    fn partial(
        &self,
        index: usize,
        mut predicate: Expr,
        scanned: &[usize],
        parts: &[Expr],
    ) -> Option<Partial> {
        super::rules::fold(&mut predicate, self.env);
        let place = |column: usize| scanned.iter().position(|scanned| *scanned == column);
        if !columns(&predicate).into_iter().all(|column| place(column).is_some()) {
            return None;
        }
        predicate.map_row_columns(&mut |column| place(column).unwrap_or(column));
        let wanted = conjuncts(without_positions(&predicate));
        let mut held = Vec::new();
        for condition in &wanted {
            match parts.iter().position(|part| part == condition) {
                Some(at) => held.push(at),
                None if parts.iter().any(|part| refuses_null(part, condition)) => {}
                None => return None,
            }
        }
        Some(Partial { index, held, share: selectivity(&wanted) })
    }
}

/// `condition` is `x IS NOT NULL`, and `part` a comparison of `x`.
fn refuses_null(part: &Expr, condition: &Expr) -> bool {
    let ExprKind::IsNull { arg, negated: true } = &condition.kind else { return false };
    comparison(part).is_some_and(|parts| parts.left == &**arg || parts.right == &**arg)
}

fn without_positions(expr: &Expr) -> Expr {
    let mut copy = expr.clone();
    copy.visit_mut(0, &mut |inner, _| {
        inner.pos = NO_POS;
        true
    });
    copy
}
