//! Access paths: by which index, if any, a table's rows are found.

use super::comparison::{comparison, swapped};
use super::estimate::{BETWEEN, BEYOND, EQUAL, selectivity};
use super::expressions::{conjunction, is_fixed};
use super::partial::Partial;
use super::physical::{Planned, Planner};
use crate::error::{Result, SqlError};
use crate::plan::{CompareOp, Expr, ExprKind, KeyRange, Physical, Probes, Quantifier};
use crate::schema::{IndexDef, KeySource, RelationDef, RelationKind, TableDef};
use std::sync::Arc;
use strata_types::{Type, Value};

/// Cost of a row in a scan of the whole table, relative to one found by the clustered index.
const SCANNED: f64 = 0.25;
/// Cost of a row found by a secondary index.
const FETCHED: f64 = 3.0;
/// Cost of starting a scan of an index.
const START: f64 = 5.0;

/// An order of rows that an index may have: table columns with direction and place of NULLs.
pub(super) type Order = Vec<(usize, bool, bool)>;

/// A way to find a table's rows by an index.
pub(super) struct Path {
    index: usize,
    access: Access,
    /// Positions of the conditions that the index takes care of.
    used: Vec<usize>,
    /// Rows found, and what finding them costs.
    pub(super) rows: f64,
    pub(super) cost: f64,
}

enum Access {
    Lookup(Probes),
    Range(KeyRange, bool),
}

/// A table with conditions over the columns of its scan.
pub(super) struct Target<'a> {
    pub(super) relation: &'a Arc<RelationDef>,
    pub(super) columns: &'a [usize],
    pub(super) parts: &'a [Expr],
    pub(super) row_count: f64,
    /// The partial indexes that may be used.
    pub(super) partials: &'a [Partial],
}

impl Planner<'_> {
    /// The scan of a table for rows for which all parts hold.
    pub(super) fn scan(
        &mut self,
        relation: Arc<RelationDef>,
        columns: Vec<usize>,
        parts: Vec<Expr>,
    ) -> Result<Planned> {
        let row_count = self.statistics.row_count(relation.oid).max(1.0);
        let partials = &self.partials(&relation, &columns, &parts);
        let target = Target { relation: &relation, columns: &columns, parts: &parts, row_count, partials };
        match target.best_path() {
            Some(path) => self.by_path(path, &relation, columns, parts),
            None => {
                let rows = row_count * selectivity(&parts);
                let filter = conjunction(self.exprs(parts)?);
                Ok(Planned::new(Physical::SeqScan { relation, columns, filter }, rows))
            }
        }
    }

    /// The scan by a path, with the conditions that it leaves over.
    pub(super) fn by_path(
        &mut self,
        path: Path,
        relation: &Arc<RelationDef>,
        columns: Vec<usize>,
        parts: Vec<Expr>,
    ) -> Result<Planned> {
        let left: Vec<Expr> = parts
            .into_iter()
            .enumerate()
            .filter(|(at, _)| !path.used.contains(at))
            .map(|(_, part)| part)
            .collect();
        let rows = path.rows * selectivity(&left);
        let filter = conjunction(self.exprs(left)?);
        let (relation, index) = (relation.clone(), path.index);
        let plan = match path.access {
            Access::Lookup(Probes::Keys(probes)) => {
                let probes = probes.into_iter().map(|probe| self.exprs(probe)).collect::<Result<_>>()?;
                Physical::KeyLookup { relation, index, columns, probes: Probes::Keys(probes), filter }
            }
            Access::Lookup(Probes::Elements(array)) => {
                let probes = Probes::Elements(self.expr(array)?);
                Physical::KeyLookup { relation, index, columns, probes, filter }
            }
            Access::Range(range, reverse) => {
                let prefix = self.exprs(range.prefix)?;
                let lower = range
                    .lower
                    .map(|(expr, closed)| Ok::<_, SqlError>((self.expr(expr)?, closed)))
                    .transpose();
                let upper = range
                    .upper
                    .map(|(expr, closed)| Ok::<_, SqlError>((self.expr(expr)?, closed)))
                    .transpose();
                let range = KeyRange { prefix, lower: lower?, upper: upper?, not_null: range.not_null };
                Physical::IndexRange { relation, index, columns, range, reverse, filter }
            }
        };
        Ok(Planned::new(plan, rows))
    }
}

impl Target<'_> {
    fn table(&self) -> Option<&TableDef> {
        match &self.relation.kind {
            RelationKind::Table(table) => Some(table),
            RelationKind::View(_) | RelationKind::Sequence(_) | RelationKind::Index { .. } => None,
        }
    }

    /// The cheapest index, if it is cheaper than reading everything.
    pub(super) fn best_path(&self) -> Option<Path> {
        let table = self.table()?;
        let paths = table.indexes.iter().enumerate().filter_map(|(at, index)| self.path(table, at, index));
        let best = paths.min_by(|a, b| a.cost.total_cmp(&b.cost))?;
        let narrow = matches!(best.access, Access::Lookup(_));
        (narrow || best.cost < self.row_count * SCANNED).then_some(best)
    }

    /// A path that yields the rows in an order.
    pub(super) fn ordered_path(&self, order: &Order) -> Option<Path> {
        let table = self.table()?;
        let paths = table.indexes.iter().enumerate().filter_map(|(at, index)| {
            let mut path = match self.path(table, at, index) {
                Some(path) => path,
                None => self.whole(at, index)?,
            };
            if let Access::Range(range, reverse) = &mut path.access {
                *reverse = direction(table, index, range.prefix.len(), order)?;
            } else if path.rows > 1.0 {
                return None;
            }
            Some(path)
        });
        paths.min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    /// The whole of an index, for its order.
    fn whole(&self, at: usize, index: &IndexDef) -> Option<Path> {
        let per_row = if index.is_clustered() { 1.0 } else { FETCHED };
        let (used, share) = self.held(at, index)?;
        let rows = (self.row_count * share).max(1.0);
        let access = Access::Range(KeyRange::default(), false);
        Some(Path { index: at, access, used, rows, cost: START + rows * per_row })
    }

    /// The part of an index that the conditions leave, if they bind its first column.
    fn path(&self, table: &TableDef, at: usize, index: &IndexDef) -> Option<Path> {
        let (mut used, in_it) = self.held(at, index)?;
        let mut prefix = Vec::new();
        for key in &index.keys {
            let Some((part, value)) = self.equal_to(table, &key.source) else { break };
            used.push(part);
            prefix.push(value);
        }
        if index.is_unique_at_once() && prefix.len() == index.keys.len() {
            let access = Access::Lookup(Probes::Keys(vec![prefix]));
            return Some(Path { index: at, access, used, rows: 1.0, cost: 1.0 });
        }
        if index.is_unique_at_once()
            && prefix.len() + 1 == index.keys.len()
            && let Some((part, probes, count)) = self.any_of(table, &index.keys.last()?.source, &prefix)
        {
            used.push(part);
            return Some(Path { index: at, access: Access::Lookup(probes), used, rows: count, cost: count });
        }
        let mut range = KeyRange::default();
        let mut share = in_it * EQUAL.powi(prefix.len() as i32);
        if let Some(next) = index.keys.get(prefix.len()) {
            range.lower = self.bound(table, &next.source, [CompareOp::Gt, CompareOp::Ge], &mut used);
            range.upper = self.bound(table, &next.source, [CompareOp::Lt, CompareOp::Le], &mut used);
            if let Some(part) = self.known(&next.source).filter(|part| !used.contains(part)) {
                range.not_null = true;
                used.push(part);
            }
        }
        share *= match (&range.lower, &range.upper) {
            (None, None) => 1.0,
            (Some(_), Some(_)) => BETWEEN,
            _ => BEYOND,
        };
        if used.is_empty() {
            return None;
        }
        range.prefix = prefix;
        let rows = (self.row_count * share).max(1.0);
        let per_row = if index.is_clustered() { 1.0 } else { FETCHED };
        Some(Path {
            index: at,
            access: Access::Range(range, false),
            used,
            rows,
            cost: START + rows * per_row,
        })
    }

    /// The conditions that hold for every row in an index, and which share of the rows is in it; `None` for a partial
    /// index that may lack rows.
    fn held(&self, at: usize, index: &IndexDef) -> Option<(Vec<usize>, f64)> {
        if index.predicate.is_none() {
            return Some((Vec::new(), 1.0));
        }
        let partial = self.partials.iter().find(|partial| partial.index == at)?;
        Some((partial.held.clone(), partial.share))
    }

    /// The condition `key = value`, and the value as one of the key's type.
    fn equal_to(&self, table: &TableDef, key: &KeySource) -> Option<(usize, Expr)> {
        self.parts.iter().enumerate().find_map(|(at, part)| {
            let (op, value) = self.against(table, key, part)?;
            (op == CompareOp::Eq).then_some((at, value))
        })
    }

    /// The bound that a condition sets to a key, and whether it is included.
    fn bound(
        &self,
        table: &TableDef,
        key: &KeySource,
        [open, closed]: [CompareOp; 2],
        used: &mut Vec<usize>,
    ) -> Option<(Expr, bool)> {
        let (at, bound) = self.parts.iter().enumerate().find_map(|(at, part)| {
            let (op, value) = self.against(table, key, part)?;
            (op == open || op == closed).then_some((at, (value, op == closed)))
        })?;
        used.push(at);
        Some(bound)
    }

    /// The condition that a key is not NULL.
    fn known(&self, key: &KeySource) -> Option<usize> {
        self.parts.iter().position(|part| match &part.kind {
            ExprKind::IsNull { arg, negated: true } => self.is_key(key, arg),
            _ => false,
        })
    }

    /// A comparison of a key with something fixed.
    fn against(&self, table: &TableDef, key: &KeySource, part: &Expr) -> Option<(CompareOp, Expr)> {
        let parts = comparison(part)?;
        let ty = key_type(table, key)?;
        if self.is_key(key, parts.left) && is_fixed(parts.right) {
            return Some((parts.op, as_key(parts.right, ty)?));
        }
        if self.is_key(key, parts.right) && is_fixed(parts.left) {
            return Some((swapped(parts.op), as_key(parts.left, ty)?));
        }
        None
    }

    /// `key IN (…)` or `key = ANY (array)`, for the last column of a unique key.
    fn any_of(&self, table: &TableDef, key: &KeySource, prefix: &[Expr]) -> Option<(usize, Probes, f64)> {
        let ty = key_type(table, key)?;
        self.parts.iter().enumerate().find_map(|(at, part)| match &part.kind {
            ExprKind::InList { arg, list, negated: false, .. } if self.is_key(key, arg) => {
                let probe = |value: &Expr| {
                    let value = is_fixed(value).then(|| as_key(value, ty))??;
                    Some(prefix.iter().cloned().chain([value]).collect())
                };
                let probes: Vec<Vec<Expr>> = list.iter().map(probe).collect::<Option<_>>()?;
                let count = probes.len() as f64;
                Some((at, Probes::Keys(probes), count))
            }
            ExprKind::Quantified { arg, function, quantifier: Quantifier::Any, array }
                if prefix.is_empty()
                    && self.is_key(key, arg)
                    && super::compare_op(function) == Some(CompareOp::Eq)
                    && array.ty.element() == Some(ty)
                    && is_fixed(array) =>
            {
                Some((at, Probes::Elements((**array).clone()), 10.0))
            }
            _ => None,
        })
    }

    /// The expression is the key's column, or a string column that is looked at as text.
    fn is_key(&self, key: &KeySource, expr: &Expr) -> bool {
        let KeySource::Column(wanted) = key else { return false };
        match &expr.kind {
            ExprKind::Column(column) => self.columns.get(*column) == Some(wanted),
            ExprKind::Cast { arg, .. } => {
                is_string(arg.ty) && is_string(expr.ty) && expr.typmod.is_none() && self.is_key(key, arg)
            }
            _ => false,
        }
    }
}

pub(super) fn is_string(ty: Type) -> bool {
    matches!(ty, Type::TEXT | Type::VARCHAR)
}

fn key_type(table: &TableDef, key: &KeySource) -> Option<Type> {
    match key {
        KeySource::Column(column) => table.columns.get(*column).map(|column| column.ty),
        KeySource::Expression(..) => None,
    }
}

/// A value as one of a key's type, if the comparison means the same then.
pub(super) fn as_key(value: &Expr, ty: Type) -> Option<Expr> {
    let width = |ty: Type| [Type::INT2, Type::INT4, Type::INT8].iter().position(|other| *other == ty);
    if value.ty == ty || (is_string(value.ty) && is_string(ty)) {
        return Some(value.clone());
    }
    match (width(value.ty), width(ty), &value.kind) {
        (Some(from), Some(to), _) if from < to => {
            let kind = ExprKind::Cast { arg: Box::new(value.clone()), explicit: true };
            Some(Expr { kind, ty, ..value.clone() })
        }
        (Some(_), Some(_), ExprKind::Const(constant)) => {
            let n = constant.as_i64()?;
            let narrowed = match ty {
                Type::INT2 => Value::Int2(i16::try_from(n).ok()?),
                Type::INT4 => Value::Int4(i32::try_from(n).ok()?),
                _ => return None,
            };
            Some(Expr { kind: ExprKind::Const(narrowed), ty, ..value.clone() })
        }
        _ => None,
    }
}

/// Whether an index, its first `bound` columns held equal, yields an order backwards; `None` if it does not
/// yield it at all.
fn direction(table: &TableDef, index: &IndexDef, bound: usize, order: &Order) -> Option<bool> {
    let column = |at: usize| match index.keys.get(at).map(|key| &key.source) {
        Some(KeySource::Column(column)) => Some(*column),
        _ => None,
    };
    let held: Vec<usize> = (0..bound).filter_map(column).collect();
    let mut reverse = None;
    let mut at = bound;
    for (wanted, descending, nulls_first) in order {
        if held.contains(wanted) {
            continue;
        }
        let key = index.keys.get(at)?;
        if column(at)? != *wanted {
            return None;
        }
        let backwards = key.descending != *descending;
        let has_nulls = !table.columns[*wanted].not_null;
        if has_nulls && (key.nulls_first != *nulls_first) != backwards {
            return None;
        }
        if *reverse.get_or_insert(backwards) != backwards {
            return None;
        }
        at += 1;
    }
    Some(reverse.unwrap_or(false))
}
