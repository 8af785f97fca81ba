//! The least and the greatest value of an indexed column are at the ends of the index:
//!
//! ```text
//! SELECT min(a), max(b) FROM t
//! ──▶  SELECT (SELECT a FROM t WHERE a IS NOT NULL ORDER BY a LIMIT 1),
//!             (SELECT b FROM t WHERE b IS NOT NULL ORDER BY b DESC LIMIT 1)
//! ```
//! This holds where each aggregate has an index that begins with columns which the conditions hold equal and goes on
//! with the aggregate's own, and the conditions ask nothing of any other column.

use super::bottom_up;
use crate::functions::Environment;
use crate::optimize::access::{as_key, is_string};
use crate::optimize::comparison::{comparison, swapped};
use crate::optimize::expressions::{conjuncts, deepen, filtered, has_subquery, is_fixed};
use crate::plan::{
    AggregateCall, CompareOp, Expr, ExprKind, Field, Logical, SortKey, Subquery, SubqueryKind,
};
use crate::schema::{IndexDef, IndexKey, KeySource, RelationKind, TableDef};
use strata_types::{Type, Value};

/// The rule.
pub(super) fn apply(plan: Logical, _env: &dyn Environment) -> Logical {
    bottom_up(plan, &mut |plan| match ends(&plan) {
        Some(rewritten) => rewritten,
        None => plan,
    })
}

/// The aggregates as subqueries, if all of them can be.
fn ends(plan: &Logical) -> Option<Logical> {
    let Logical::Aggregate { input, groups, sets, calls, schema, .. } = plan else { return None };
    if !groups.is_empty() || sets.len() != 1 || calls.is_empty() {
        return None;
    }
    let rows = Rows::of(input)?;
    let exprs = calls.iter().map(|call| rows.end(call)).collect::<Option<Vec<Expr>>>()?;
    Some(Logical::Project { input: Box::new(Logical::single_row()), exprs, schema: schema.clone() })
}

/// The rows of a table for which some conditions hold.
struct Rows<'a> {
    scan: &'a Logical,
    table: &'a TableDef,
    /// The table's columns that are read.
    columns: &'a [usize],
    conditions: Vec<Expr>,
    /// What is shown of them, if not they themselves.
    shown: Option<&'a [Expr]>,
}

impl<'a> Rows<'a> {
    fn of(plan: &'a Logical) -> Option<Rows<'a>> {
        let (plan, shown) = match plan {
            Logical::Project { input, exprs, .. } => (&**input, Some(exprs.as_slice())),
            other => (other, None),
        };
        let (scan, conditions) = match plan {
            Logical::Filter { input, predicate } => (&**input, conjuncts(predicate.clone())),
            other => (other, Vec::new()),
        };
        match scan {
            Logical::Scan { relation, columns, .. } => match &relation.kind {
                RelationKind::Table(table) => Some(Rows { scan, table, columns, conditions, shown }),
                _ => None,
            },
            _ => None,
        }
    }

    /// An aggregate as a subquery that reads one end of an index.
    fn end(&self, call: &AggregateCall) -> Option<Expr> {
        let greatest = match call.function.name {
            "min" => false,
            "max" => true,
            _ => return None,
        };
        let ([value], None) = (call.args.as_slice(), &call.filter) else { return None };
        let (value, column) = self.value(value)?;
        let wanted = *self.columns.get(column_at(&column)?)?;
        let key = self.table.indexes.iter().find_map(|index| self.key_in(index, wanted))?;
        // The order that the index has, one way or the other.
        let nulls_first = key.nulls_first == (key.descending == greatest);
        let order = SortKey { expr: column, descending: greatest, nulls_first };
        let correlated = self
            .conditions
            .iter()
            .any(|part| part.contains(&mut |part| matches!(part.kind, ExprKind::Outer { .. })));
        let plan = self.first(value, order);
        let subquery = Subquery { kind: SubqueryKind::Scalar, plan, correlated };
        Some(Expr::new(ExprKind::Subquery(Box::new(subquery)), call.ty))
    }

    /// What is aggregated, over the row of the table, and its column there: itself, or one that is looked at as text.
    fn value(&self, value: &Expr) -> Option<(Expr, Expr)> {
        match &value.kind {
            ExprKind::Column(at) => {
                let column = match self.shown {
                    Some(shown) => shown.get(*at)?.clone(),
                    None => value.clone(),
                };
                column_at(&column).map(|_| (column.clone(), column))
            }
            ExprKind::Cast { arg, explicit } if is_string(arg.ty) && is_string(value.ty) => {
                let (arg, column) = self.value(arg)?;
                let kind = ExprKind::Cast { arg: Box::new(arg), explicit: *explicit };
                Some((Expr { kind, ..value.clone() }, column))
            }
            _ => None,
        }
    }

    /// The key of an index that is this column of the table, if the conditions ask only of it and of keys before it
    /// that they hold equal.
    fn key_in<'i>(&self, index: &'i IndexDef, wanted: usize) -> Option<&'i IndexKey> {
        if index.predicate.is_some() {
            return None;
        }
        let mut held = Vec::new();
        for key in &index.keys {
            let KeySource::Column(column) = key.source else { return None };
            if column == wanted {
                return self.conditions.iter().all(|part| self.fits(part, wanted, &held)).then_some(key);
            }
            if !self.conditions.iter().any(|part| self.asked(part) == Some((column, CompareOp::Eq))) {
                return None;
            }
            held.push(column);
        }
        None
    }

    /// The condition is one that a range of the index answers.
    fn fits(&self, part: &Expr, wanted: usize, held: &[usize]) -> bool {
        match self.asked(part) {
            Some((column, CompareOp::Eq)) => column == wanted || held.contains(&column),
            Some((_, CompareOp::Ne)) | None => false,
            Some((column, _)) => column == wanted,
        }
    }

    /// The table's column that a condition compares with something fixed, of its type, and how.
    fn asked(&self, part: &Expr) -> Option<(usize, CompareOp)> {
        let parts = comparison(part)?;
        let against = |column: &Expr, value: &Expr| {
            let place = *self.columns.get(column_at(column)?)?;
            (is_fixed(value) && !has_subquery(value) && as_key(value, column.ty).is_some()).then_some(place)
        };
        match against(parts.left, parts.right) {
            Some(column) => Some((column, parts.op)),
            None => Some((against(parts.right, parts.left)?, swapped(parts.op))),
        }
    }

    /// The value in the first row by an order that is not NULL.
    fn first(&self, value: Expr, order: SortKey) -> Logical {
        let mut conditions = self.conditions.clone();
        conditions.iter_mut().for_each(deepen);
        let known = ExprKind::IsNull { arg: Box::new(order.expr.clone()), negated: true };
        conditions.push(Expr::new(known, Type::BOOL));
        let rows = filtered(self.scan.clone(), conditions);
        let sorted = Logical::Sort { input: Box::new(rows), keys: vec![order] };
        let one = Some(Expr::constant(Value::Int8(1), Type::INT8));
        let limited = Logical::Limit { input: Box::new(sorted), offset: None, count: one, ties: None };
        let schema = vec![Field::new("value", value.ty)];
        Logical::Project { input: Box::new(limited), exprs: vec![value], schema }
    }
}

fn column_at(expr: &Expr) -> Option<usize> {
    match expr.kind {
        ExprKind::Column(at) => Some(at),
        _ => None,
    }
}
