//! SELECT: from FROM to the target list.
//!
//! ORDER BY, DISTINCT and row locks stand above the target list but may speak of what lies beneath it, so
//! they are bound here too: what they need beyond the targets becomes hidden columns, which
//! `query` cuts off at the end.

use super::binder::{Binder, Level, WINDOW_BASE};
use super::call::sort_key;
use super::from::is_set_call;
use super::group::{has_placeholder, output, same};
use super::locking::refused;
use super::scope::Item;
use super::target::BoundTarget;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ExprKind as Tree};
use crate::plan::{Expr, ExprKind, Field, Logical, Schema, SortKey};
use crate::schema::RelationDef;
use std::sync::Arc;
use strata_types::{Type, sqlstate};

/// A bound SELECT. Its output is the visible columns, then the hidden ones.
pub(super) struct BoundSelect {
    pub(super) plan: Logical,
    /// How many columns the client sees.
    pub(super) visible: usize,
    /// Order over the output.
    pub(super) order: Vec<SortKey>,
    /// Tables with the hidden column that holds their row keys, if rows are to be locked.
    pub(super) row_keys: Vec<(Arc<RelationDef>, usize, String)>,
}

impl Binder<'_> {
    /// Binds a SELECT with the ORDER BY that stands behind it.
    pub(super) fn select(
        &mut self,
        select: &ast::Select,
        order_by: &[ast::SortKey],
        locking: &[ast::Locking],
    ) -> Result<BoundSelect> {
        self.reaching = locking.to_vec();
        let (mut plan, scope) = self.from(&select.from)?;
        self.reaching.clear();
        self.check_locked_names(locking, &scope, &select.from)?;
        let mut level = Binder::level_over(scope);
        level.named_windows =
            select.windows.iter().map(|(name, spec)| (name.name.to_string(), spec.clone())).collect();
        let (bound, level) = self.with_level(level, |binder| binder.clauses(select, order_by))?;
        let Clauses { filter, mut targets, grouping, mut having, mut order, mut distinct_on } = bound;
        if let Some(predicate) = filter {
            plan = Logical::Filter { input: Box::new(plan), predicate };
        }
        let grouped = grouping.explicit
            || !level.aggregates.is_empty()
            || having.is_some()
            || !level.groupings.is_empty();
        let mut windows = level.windows.clone();
        let mut row_keys = Vec::new();
        if grouped {
            if let Some(first) = locking.first() {
                return Err(refused(
                    first,
                    if grouping.explicit {
                        "is not allowed with GROUP BY clause"
                    } else if having.is_some() {
                        "is not allowed with HAVING clause"
                    } else {
                        "is not allowed with aggregate functions"
                    },
                ));
            }
            let (node, regroup) = self.aggregate(plan, grouping, &level)?;
            plan = node;
            let in_targets = targets.iter_mut().map(|target| &mut target.expr);
            let in_order = order.iter_mut().map(|key| &mut key.expr);
            for expr in in_targets.chain(in_order).chain(&mut having).chain(&mut distinct_on) {
                regroup.apply(expr)?;
            }
            for call in &mut windows {
                let keys = call.order_by.iter_mut().map(|key| &mut key.expr);
                for expr in
                    call.args.iter_mut().chain(&mut call.partition_by).chain(&mut call.filter).chain(keys)
                {
                    regroup.apply(expr)?;
                }
            }
            if let Some(predicate) = having {
                plan = Logical::Filter { input: Box::new(plan), predicate };
            }
        } else if !locking.is_empty() {
            row_keys = self.lockable(&level);
        }
        let base = plan.schema().len();
        if !windows.is_empty() {
            let mut schema = plan.schema().clone();
            schema.extend(windows.iter().map(|call| Field::new(call.function.name, call.ty)));
            plan = Logical::Window { input: Box::new(plan), calls: windows, schema };
            let in_targets = targets.iter_mut().map(|target| &mut target.expr);
            for expr in in_targets.chain(order.iter_mut().map(|key| &mut key.expr)).chain(&mut distinct_on) {
                place_windows(expr, base);
            }
        }
        self.project(select, plan, targets, order, distinct_on, row_keys)
    }

    /// The clauses over the input row, bound in the innermost level.
    fn clauses(&mut self, select: &ast::Select, order_by: &[ast::SortKey]) -> Result<Clauses> {
        let filter = match &select.filter {
            Some(tree) => Some(self.plain_clause("WHERE", |binder| {
                let bound = binder.expr(tree)?;
                binder.condition(bound, "WHERE")
            })?),
            None => None,
        };
        let targets = self.targets(&select.targets)?;
        let grouping = self.grouping_of(select, &targets)?;
        let having = match &select.having {
            Some(tree) => {
                let bound = self.expr(tree)?;
                if has_placeholder(&bound, WINDOW_BASE) {
                    let message = "window functions are not allowed in HAVING";
                    return Err(SqlError::new(sqlstate::WINDOWING_ERROR, message).at(bound.pos));
                }
                Some(self.condition(bound, "HAVING")?)
            }
            None => None,
        };
        let mut targets = targets;
        let distinct_on = match &select.distinct {
            ast::Distinct::On(trees) => trees
                .iter()
                .map(|tree| self.sort_expr(tree, &targets, "SELECT DISTINCT ON"))
                .collect::<Result<_>>()?,
            ast::Distinct::No | ast::Distinct::Rows => Vec::new(),
        };
        let mut order = Vec::with_capacity(order_by.len());
        for key in order_by {
            let expr = self.sort_expr(&key.expr, &targets, "ORDER BY")?;
            order.push(sort_key(key, expr));
        }
        // What sorts or tells duplicates apart cannot stay without a type.
        if !order.is_empty() || !matches!(select.distinct, ast::Distinct::No) {
            for target in &mut targets {
                target.expr = self.known(target.expr.clone())?;
                target.field.ty = target.expr.ty;
            }
        }
        Ok(Clauses { filter, targets, grouping, having, order, distinct_on })
    }

    /// An ORDER BY item: a position, an output name, or an expression over the input.
    fn sort_expr(&mut self, tree: &ast::Expr, targets: &[BoundTarget], clause: &str) -> Result<Expr> {
        let pos = tree.pos.0;
        let expr = match &tree.kind {
            Tree::Integer(position) => {
                let target = usize::try_from(*position - 1).ok().and_then(|index| targets.get(index));
                let missing = || {
                    let message = format!("{clause} position {position} is not in select list");
                    SqlError::new(sqlstate::INVALID_COLUMN_REFERENCE, message).at(pos)
                };
                target.ok_or_else(missing)?.expr.clone()
            }
            Tree::Column(name) if name.0.len() == 1 => {
                let mut named = targets.iter().filter(|target| target.field.name == name.base());
                match (named.next(), named.next()) {
                    (Some(first), None) => first.expr.clone(),
                    (Some(first), Some(second)) if same(&first.expr, &second.expr) => first.expr.clone(),
                    (Some(_), Some(_)) => {
                        let message = format!("{clause} \"{}\" is ambiguous", name.base());
                        return Err(SqlError::new(sqlstate::AMBIGUOUS_COLUMN, message).at(pos));
                    }
                    (None, _) => self.expr(tree)?,
                }
            }
            _ => self.expr(tree)?,
        };
        self.known(expr)
    }

    /// The tables of FROM that can be locked, with their row-key columns in the input row.
    fn lockable(&self, level: &Level) -> Vec<(Arc<RelationDef>, usize, String)> {
        let of_item = |item: &Item| -> Vec<_> {
            let keys = item.row_keys().filter_map(|(table, at)| {
                Some((self.names.catalog.relation(table)?.clone(), at, item.name.clone()))
            });
            keys.collect()
        };
        level.scope.items.iter().flat_map(of_item).collect()
    }

    /// The target list with hidden columns, DISTINCT above it.
    fn project(
        &mut self,
        select: &ast::Select,
        mut plan: Logical,
        targets: Vec<BoundTarget>,
        order: Vec<SortKey>,
        distinct_on: Vec<Expr>,
        row_keys: Vec<(Arc<RelationDef>, usize, String)>,
    ) -> Result<BoundSelect> {
        let visible = targets.len();
        let mut exprs: Vec<Expr> = Vec::with_capacity(visible);
        let mut schema: Schema = Vec::with_capacity(visible);
        for target in targets {
            exprs.push(target.expr);
            schema.push(target.field);
        }
        let distinct = matches!(select.distinct, ast::Distinct::Rows);
        let mut keys = Vec::with_capacity(order.len());
        for key in order {
            let found = exprs.iter().position(|expr| same(expr, &key.expr));
            let at = match found {
                Some(at) => at,
                None if distinct => {
                    let message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
                    return Err(SqlError::new(sqlstate::INVALID_COLUMN_REFERENCE, message).at(key.expr.pos));
                }
                None => hide(&mut exprs, &mut schema, key.expr.clone()),
            };
            let expr = schema.get(at).map(|field| output(at, field)).unwrap_or(key.expr);
            keys.push(SortKey { expr, ..key });
        }
        let mut on = Vec::with_capacity(distinct_on.len());
        for expr in distinct_on {
            let found = exprs.iter().position(|other| same(other, &expr));
            let at = found.unwrap_or_else(|| hide(&mut exprs, &mut schema, expr.clone()));
            on.push(schema.get(at).map(|field| output(at, field)).unwrap_or(expr));
        }
        let row_keys = row_keys
            .into_iter()
            .map(|(relation, column, name)| {
                let key = Expr::new(ExprKind::Column(column), Type::BYTEA);
                let at = hide(&mut exprs, &mut schema, key);
                (relation, at, name)
            })
            .collect();
        plan = project_sets(plan, exprs, schema);
        if distinct {
            plan = Logical::Distinct { input: Box::new(plan), on: None };
        } else if !on.is_empty() {
            plan = distinct_on_sorted(plan, on, &mut keys)?;
        }
        Ok(BoundSelect { plan, visible, order: keys, row_keys })
    }
}

/// The clauses of a SELECT, bound over its input row.
struct Clauses {
    filter: Option<Expr>,
    targets: Vec<BoundTarget>,
    grouping: super::group::Grouping,
    having: Option<Expr>,
    order: Vec<SortKey>,
    distinct_on: Vec<Expr>,
}

/// Appends a hidden column; returns its place.
fn hide(exprs: &mut Vec<Expr>, schema: &mut Schema, expr: Expr) -> usize {
    schema.push(Field { typmod: expr.typmod, ..Field::new("", expr.ty) });
    exprs.push(expr);
    exprs.len() - 1
}

/// DISTINCT ON wants its input sorted by its expressions: those that ORDER BY does not name come first to
/// hand, and must not stand behind others.
fn distinct_on_sorted(plan: Logical, on: Vec<Expr>, keys: &mut Vec<SortKey>) -> Result<Logical> {
    let is_on = |key: &SortKey| on.iter().any(|expr| same(expr, &key.expr));
    let leading = keys.iter().take_while(|key| is_on(key)).count();
    if keys.len() > leading && leading < on.len() {
        let message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
        let pos = keys.get(leading).map_or(0, |key| key.expr.pos);
        return Err(SqlError::new(sqlstate::INVALID_COLUMN_REFERENCE, message).at(pos));
    }
    for expr in &on {
        if !keys.iter().any(|key| same(&key.expr, expr)) {
            keys.push(SortKey { expr: expr.clone(), descending: false, nulls_first: false });
        }
    }
    let sorted = Logical::Sort { input: Box::new(plan), keys: keys.clone() };
    Ok(Logical::Distinct { input: Box::new(sorted), on: Some(on) })
}

/// Placeholders of window calls become the columns behind those of the input.
fn place_windows(expr: &mut Expr, base: usize) {
    expr.visit_mut(0, &mut |inner, _| {
        if let ExprKind::Column(at) = &mut inner.kind
            && *at >= WINDOW_BASE
        {
            *at = base + *at - WINDOW_BASE;
        }
        true
    });
}

/// A projection; with set-returning calls inside, first the rows that these make.
fn project_sets(plan: Logical, mut exprs: Vec<Expr>, schema: Schema) -> Logical {
    if !exprs.iter().any(|expr| expr.any_within(|inner, depth| depth == 0 && is_set_call(inner))) {
        return Logical::Project { input: Box::new(plan), exprs, schema };
    }
    let mut inputs: Vec<Expr> =
        plan.schema().iter().enumerate().map(|(at, field)| output(at, field)).collect();
    let mut fields = plan.schema().clone();
    for expr in &mut exprs {
        expr.visit_mut(0, &mut |inner, depth| {
            if depth != 0 || !is_set_call(inner) {
                return true;
            }
            let at = match inputs.iter().position(|other| same(other, inner)) {
                Some(at) => at,
                None => {
                    fields.push(Field::new("", inner.ty));
                    inputs.push(inner.clone());
                    inputs.len() - 1
                }
            };
            inner.kind = ExprKind::Column(at);
            false
        });
    }
    let sets = Logical::ProjectSet { input: Box::new(plan), exprs: inputs, schema: fields };
    Logical::Project { input: Box::new(sets), exprs, schema }
}
