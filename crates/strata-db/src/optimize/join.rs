//! Join order and join algorithms.
//!
//! Inner joins are taken apart into their inputs and conditions, and put together again one input at a time:
//! always one that is connected to what is there, the smallest first. An input that an index finds for each
//! row is looked up; otherwise an equality makes a hash join, with the smaller side in the table.

use super::access::Target;
use super::comparison::comparison;
use super::estimate::selectivity;
use super::expressions::{columns, conjunction, conjuncts, deepen, has_subquery, hash_alike};
use super::physical::{Planned, Planner};
use crate::error::Result;
use crate::plan::{CompareOp, Expr, ExprKind, HashKey, JoinKind, Logical, Physical};
use strata_types::{Type, Typmod};

/// An input of a group of inner joins.
struct Item {
    logical: Logical,
    /// Its first column among those of all inputs.
    base: usize,
    width: usize,
    rows: f64,
}

/// Inputs joined so far.
struct Joined {
    planned: Planned,
    /// The column, among those of all inputs, of each output column.
    layout: Vec<usize>,
}

impl Joined {
    /// The expression over all inputs' columns as one over the output.
    fn localise(&self, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        expr.map_row_columns(&mut |column| place(&self.layout, column));
        expr
    }

    fn covers(&self, expr: &Expr, besides: &Item) -> bool {
        columns(expr).into_iter().all(|column| {
            self.layout.contains(&column) || (besides.base..besides.base + besides.width).contains(&column)
        })
    }
}

fn place(layout: &[usize], column: usize) -> usize {
    layout
        .iter()
        .position(|other| *other == column)
        .unwrap_or_else(|| unreachable!("column {column} is not joined"))
}

impl Planner<'_> {
    /// Plans a join with conditions above it.
    pub(super) fn join(&mut self, logical: Logical, above: Vec<Expr>) -> Result<Planned> {
        let Logical::Join { kind, left, right, on, lateral, schema } = logical else {
            unreachable!("asked of joins only")
        };
        if kind == JoinKind::Inner && !lateral {
            let mut items = Vec::new();
            let mut parts = above;
            let join = Logical::Join { kind, left, right, on, lateral, schema };
            flatten(join, 0, &mut items, &mut parts);
            return self.inner(items, parts);
        }
        let planned = if lateral {
            self.lateral(kind, *left, *right, on)?
        } else {
            let width = left.schema().len();
            let left = self.node(*left)?;
            self.two(kind, left, *right, width, conjuncts(on))?
        };
        self.filtered(planned, above)
    }

    fn lateral(&mut self, kind: JoinKind, left: Logical, right: Logical, on: Expr) -> Result<Planned> {
        let (left, right) = (self.node(left)?, self.node(right)?);
        let on = conjunction(self.exprs(conjuncts(on))?);
        let rows = left.rows * right.rows;
        let (left, right) = (Box::new(left.plan), Box::new(right.plan));
        Ok(Planned::new(Physical::NestedLoop { kind, left, right, on, lateral: true }, rows))
    }

    /// Joins a group of inputs of inner joins.
    fn inner(&mut self, mut items: Vec<Item>, mut parts: Vec<Expr>) -> Result<Planned> {
        for item in &mut items {
            item.rows = self.guess(&item.logical);
        }
        let width = items.iter().map(|item| item.width).sum();
        let first = smallest(&items, |_| true).unwrap_or(0);
        // Without a reason to start elsewhere the written order stands: dimension tables usually come last.
        let first =
            if items[first].rows * 4.0 < items[0].rows && items[first].rows < 50.0 { first } else { 0 };
        let item = items.remove(first);
        let layout = (item.base..item.base + item.width).collect();
        let mut joined = Joined { planned: self.node(item.logical)?, layout };
        while !items.is_empty() {
            let connects = |item: &Item| {
                parts.iter().any(|part| {
                    let read = columns(part);
                    read.iter().any(|column| joined.layout.contains(column)) && joined.covers(part, item)
                })
            };
            let next = smallest(&items, connects).or_else(|| smallest(&items, |_| true)).unwrap_or(0);
            let item = items.remove(next);
            let (on, rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| joined.covers(part, &item));
            parts = rest;
            joined = self.add(joined, item, on)?;
        }
        let on_top = parts.iter().map(|part| joined.localise(part)).collect();
        let types = joined.planned.plan.types();
        let order = (0..width).map(|column| place(&joined.layout, column));
        let exprs = order.map(|at| Expr::column(at, types[at], Typmod::NONE)).collect();
        let planned = self.filtered(joined.planned, on_top)?;
        self.project(planned, exprs)
    }

    /// Joins one more input to those that are joined.
    fn add(&mut self, joined: Joined, item: Item, on: Vec<Expr>) -> Result<Joined> {
        let mut layout = joined.layout.clone();
        layout.extend(item.base..item.base + item.width);
        let width = joined.layout.len();
        let on = on
            .into_iter()
            .map(|mut part| {
                part.map_row_columns(&mut |column| place(&layout, column));
                part
            })
            .collect();
        let planned = self.two(JoinKind::Inner, joined.planned, item.logical, width, on)?;
        Ok(Joined { planned, layout })
    }

    /// Joins two inputs on these conditions.
    fn two(
        &mut self,
        kind: JoinKind,
        left: Planned,
        right: Logical,
        width: usize,
        on: Vec<Expr>,
    ) -> Result<Planned> {
        if let Some(inner) = self.looked_up(kind, &left, &right, width, &on)? {
            let rows = left.rows * inner.rows;
            let (left, right) = (Box::new(left.plan), Box::new(inner.plan));
            return Ok(Planned::new(
                Physical::NestedLoop { kind, left, right, on: None, lateral: true },
                rows,
            ));
        }
        let right = self.node(right)?;
        let (keys, residual) = hash_keys(on, width);
        let rows = joined_rows(kind, &left, &right, keys.is_empty(), &residual);
        let awkward = kind == JoinKind::NullAwareAnti && (keys.len() != 1 || !residual.is_empty());
        if keys.is_empty() || awkward {
            let parts = keys.into_iter().map(|key| equality(key, width)).chain(residual).collect();
            let on = conjunction(self.exprs(parts)?);
            let (left, right) = (Box::new(left.plan), Box::new(right.plan));
            return Ok(Planned::new(Physical::NestedLoop { kind, left, right, on, lateral: false }, rows));
        }
        let mut planned = Vec::with_capacity(keys.len());
        for key in keys {
            planned.push(HashKey { left: self.expr(key.left)?, right: self.expr(key.right)?, ..key });
        }
        let residual = self.exprs(residual)?;
        let mirrored = match kind {
            JoinKind::Inner => Some(JoinKind::Inner),
            JoinKind::Left => Some(JoinKind::Right),
            JoinKind::Right => Some(JoinKind::Left),
            JoinKind::Full => Some(JoinKind::Full),
            JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti => None,
        };
        match mirrored {
            Some(mirrored) if left.rows * 1.5 < right.rows => {
                self.swapped(mirrored, left, right, planned, residual, rows)
            }
            _ => {
                let residual = conjunction(residual);
                let (left, right) = (Box::new(left.plan), Box::new(right.plan));
                Ok(Planned::new(Physical::HashJoin { kind, left, right, keys: planned, residual }, rows))
            }
        }
    }

    /// A hash join with the sides exchanged, so that the left input is in the table.
    fn swapped(
        &mut self,
        kind: JoinKind,
        left: Planned,
        right: Planned,
        keys: Vec<HashKey>,
        mut residual: Vec<Expr>,
        rows: f64,
    ) -> Result<Planned> {
        let (left_types, right_types) = (left.plan.types(), right.plan.types());
        let (width, other) = (left_types.len(), right_types.len());
        for part in &mut residual {
            part.map_row_columns(&mut |column| if column < width { column + other } else { column - width });
        }
        let keys = keys.into_iter().map(|key| HashKey { left: key.right, right: key.left, ..key }).collect();
        let residual = conjunction(residual);
        let (left, right) = (Box::new(right.plan), Box::new(left.plan));
        let plan = Physical::HashJoin { kind, left, right, keys, residual };
        let types: Vec<Type> = left_types.into_iter().chain(right_types).collect();
        let order =
            (0..types.len()).map(|column| if column < width { column + other } else { column - width });
        let exprs = order.zip(&types).map(|(column, ty)| Expr::column(column, *ty, Typmod::NONE)).collect();
        self.project(Planned::new(plan, rows), exprs)
    }

    /// The right input as found by an index for each left row, if that is cheaper than reading it whole.
    fn looked_up(
        &mut self,
        kind: JoinKind,
        left: &Planned,
        right: &Logical,
        width: usize,
        on: &[Expr],
    ) -> Result<Option<Planned>> {
        if matches!(kind, JoinKind::Right | JoinKind::Full | JoinKind::NullAwareAnti) {
            return Ok(None);
        }
        let (scan, own) = match right {
            Logical::Filter { input, predicate } => (&**input, conjuncts(predicate.clone())),
            other => (other, Vec::new()),
        };
        let Logical::Scan { relation, columns: scanned, .. } = scan else { return Ok(None) };
        if on.iter().chain(&own).any(has_subquery) {
            return Ok(None);
        }
        let mut parts = own;
        parts.iter_mut().for_each(deepen);
        let bound = parts.len();
        parts.extend(on.iter().map(|part| for_right_side(part, width)));
        let row_count = self.statistics.row_count(relation.oid).max(1.0);
        let partials = &self.partials(relation, scanned, &parts);
        let all = Target { relation, columns: scanned, parts: &parts, row_count, partials };
        let Some(path) = all.best_path() else { return Ok(None) };
        let partials = &self.partials(relation, scanned, &parts[..bound]);
        let alone = Target { relation, columns: scanned, parts: &parts[..bound], row_count, partials };
        let whole = alone.best_path().map_or(row_count * 0.25, |path| path.cost);
        let per_row = path.cost.max(path.rows) * 2.0;
        if left.rows * per_row >= whole + left.rows * 0.5 {
            return Ok(None);
        }
        self.by_path(path, relation, scanned.clone(), parts).map(Some)
    }

    /// About how many rows a plan yields, before it is planned.
    fn guess(&self, plan: &Logical) -> f64 {
        match plan {
            Logical::Scan { relation, .. } => self.statistics.row_count(relation.oid),
            Logical::Filter { input, predicate } => match &**input {
                Logical::Scan { relation, columns, .. } => {
                    let parts = conjuncts(predicate.clone());
                    let row_count = self.statistics.row_count(relation.oid);
                    let partials = &self.partials(relation, columns, &parts);
                    let target = Target { relation, columns, parts: &parts, row_count, partials };
                    let by_index = target.best_path().map_or(f64::INFINITY, |path| path.rows);
                    by_index.min(row_count * selectivity(&parts))
                }
                other => self.guess(other) * selectivity(&conjuncts(predicate.clone())),
            },
            Logical::Values { rows, .. } => rows.len() as f64,
            Logical::Project { input, .. } | Logical::Sort { input, .. } => self.guess(input),
            Logical::Aggregate { input, groups, .. } if !groups.is_empty() => self.guess(input) * 0.1,
            Logical::Aggregate { .. } => 1.0,
            Logical::Limit { input, count, .. } => {
                self.guess(input).min(super::estimate::limit(count.as_ref()))
            }
            _ => 1000.0,
        }
        .max(1.0)
    }
}

/// Takes inner joins apart.
fn flatten(plan: Logical, base: usize, items: &mut Vec<Item>, parts: &mut Vec<Expr>) {
    match plan {
        Logical::Join { kind: JoinKind::Inner, left, right, on, lateral: false, .. } => {
            let width = left.schema().len();
            parts.extend(conjuncts(on).into_iter().map(|part| part.shifted(base)));
            flatten(*left, base, items, parts);
            flatten(*right, base + width, items, parts);
        }
        other => {
            let width = other.schema().len();
            items.push(Item { logical: other, base, width, rows: 0.0 });
        }
    }
}

fn smallest(items: &[Item], eligible: impl Fn(&Item) -> bool) -> Option<usize> {
    let candidates = items.iter().enumerate().filter(|(_, item)| eligible(item));
    candidates.min_by(|(_, a), (_, b)| a.rows.total_cmp(&b.rows)).map(|(at, _)| at)
}

/// A condition of a join as the right side sees it, with the left row as its outer row.
fn for_right_side(part: &Expr, width: usize) -> Expr {
    let mut part = part.clone();
    deepen(&mut part);
    part.visit_mut(0, &mut |inner, _| {
        if let ExprKind::Column(column) = inner.kind {
            inner.kind = if column < width {
                ExprKind::Outer { depth: 1, column }
            } else {
                ExprKind::Column(column - width)
            };
        }
        true
    });
    part
}

/// The equalities between the sides of a join, and the other conditions.
fn hash_keys(on: Vec<Expr>, width: usize) -> (Vec<HashKey>, Vec<Expr>) {
    let mut keys = Vec::new();
    let mut residual = Vec::new();
    for part in on {
        match hash_key(&part, width) {
            Some(key) => keys.push(key),
            None => residual.push(part),
        }
    }
    (keys, residual)
}

fn hash_key(part: &Expr, width: usize) -> Option<HashKey> {
    let (left, right, equal, null_equal) = match &part.kind {
        ExprKind::IsDistinct { left, right, equal, negated: true } => (&**left, &**right, *equal, true),
        _ => {
            let parts = comparison(part)?;
            (parts.op == CompareOp::Eq).then_some((parts.left, parts.right, parts.function, false))?
        }
    };
    if !hash_alike(left.ty, right.ty) {
        return None;
    }
    let is_left = |expr: &Expr| columns(expr).iter().all(|column| *column < width);
    let is_right = |expr: &Expr| columns(expr).iter().all(|column| *column >= width);
    let constant = |expr: &Expr| columns(expr).is_empty();
    if constant(left) || constant(right) || has_subquery(part) {
        return None;
    }
    let (left, right) = match () {
        () if is_left(left) && is_right(right) => (left, right),
        () if is_left(right) && is_right(left) => (right, left),
        () => return None,
    };
    let mut right = right.clone();
    right.map_row_columns(&mut |column| column - width);
    Some(HashKey { left: left.clone(), right, equal, null_equal })
}

/// The condition that a hash key stands for.
fn equality(key: HashKey, width: usize) -> Expr {
    let (left, right) = (key.left, key.right.shifted(width));
    let kind = if key.null_equal {
        ExprKind::IsDistinct { left: Box::new(left), right: Box::new(right), equal: key.equal, negated: true }
    } else {
        ExprKind::Call { function: key.equal, args: vec![left, right] }
    };
    Expr::new(kind, Type::BOOL)
}

fn joined_rows(kind: JoinKind, left: &Planned, right: &Planned, cross: bool, residual: &[Expr]) -> f64 {
    let inner = if cross { left.rows * right.rows } else { left.rows.max(right.rows) };
    let inner = inner * selectivity(residual);
    match kind {
        JoinKind::Inner => inner,
        JoinKind::Left => inner.max(left.rows),
        JoinKind::Right => inner.max(right.rows),
        JoinKind::Full => inner.max(left.rows + right.rows),
        JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti => left.rows * 0.5,
    }
}
