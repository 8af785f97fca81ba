//! Grouping: what GROUP BY names, and how expressions over the input become expressions over groups.

use super::binder::{AGGREGATE_BASE, Binder, Level, WINDOW_BASE};
use super::target::BoundTarget;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ExprKind as Tree, GroupItem};
use crate::plan::{Expr, ExprKind, Field, Logical, Schema};
use crate::schema::{KeySource, RelationKind};
use strata_types::{Type, Typmod, sqlstate};

/// Columns at and above this number stand for GROUPING calls until the grouping is built.
pub(super) const GROUPING_BASE: usize = 1 << 42;

/// What GROUP BY says, bound.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    /// Every expression that some set groups by.
    pub(super) groups: Vec<Expr>,
    /// The sets, as positions in `groups`.
    pub(super) sets: Vec<Vec<usize>>,
    /// GROUP BY is there.
    pub(super) explicit: bool,
}

/// Most sets that CUBE, ROLLUP and their products may make.
const SETS_MAX: usize = 4096;

impl Binder<'_> {
    /// Binds GROUP BY. `targets` are for positions and output names.
    pub(super) fn grouping_of(&mut self, select: &ast::Select, targets: &[BoundTarget]) -> Result<Grouping> {
        let mut grouping = Grouping { explicit: !select.group_by.is_empty(), ..Grouping::default() };
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        for item in &select.group_by {
            let further = self.group_item(item, targets, &mut grouping)?;
            sets = product(&sets, &further);
            if sets.len() > SETS_MAX {
                return Err(SqlError::new(
                    sqlstate::STATEMENT_TOO_COMPLEX,
                    format!("too many grouping sets present (maximum {SETS_MAX})"),
                ));
            }
        }
        if select.group_distinct {
            let mut seen = Vec::new();
            sets.retain(|set| {
                let new = !seen.contains(set);
                seen.push(set.clone());
                new
            });
        }
        grouping.sets = sets;
        Ok(grouping)
    }

    fn group_item(
        &mut self,
        item: &GroupItem,
        targets: &[BoundTarget],
        grouping: &mut Grouping,
    ) -> Result<Vec<Vec<usize>>> {
        match item {
            GroupItem::Empty => Ok(vec![Vec::new()]),
            GroupItem::Expr(tree) => Ok(vec![self.group_columns(tree, targets, grouping)?]),
            GroupItem::Rollup(trees) => {
                let parts = self.group_parts(trees, targets, grouping)?;
                Ok((0..=parts.len())
                    .rev()
                    .map(|len| parts.iter().take(len).flatten().copied().collect())
                    .collect())
            }
            GroupItem::Cube(trees) => {
                let parts = self.group_parts(trees, targets, grouping)?;
                if parts.len() > 12 {
                    return Err(SqlError::new(sqlstate::TOO_MANY_COLUMNS, "CUBE is limited to 12 elements"));
                }
                let all = 1usize << parts.len();
                let chosen = |mask: usize| {
                    let taken =
                        parts.iter().enumerate().filter(|(at, _)| mask & (1 << (parts.len() - 1 - at)) != 0);
                    taken.flat_map(|(_, part)| part.iter().copied()).collect()
                };
                Ok((0..all).rev().map(chosen).collect())
            }
            GroupItem::Sets(items) => {
                let mut sets = Vec::new();
                for item in items {
                    sets.extend(self.group_item(item, targets, grouping)?);
                }
                Ok(sets)
            }
        }
    }

    fn group_parts(
        &mut self,
        trees: &[ast::Expr],
        targets: &[BoundTarget],
        grouping: &mut Grouping,
    ) -> Result<Vec<Vec<usize>>> {
        trees.iter().map(|tree| self.group_columns(tree, targets, grouping)).collect()
    }

    /// The positions of one item: several for a row `(a, b)`.
    fn group_columns(
        &mut self,
        tree: &ast::Expr,
        targets: &[BoundTarget],
        grouping: &mut Grouping,
    ) -> Result<Vec<usize>> {
        if let Tree::Row { fields, explicit: false } = &tree.kind {
            let mut columns = Vec::new();
            for field in fields {
                columns.extend(self.group_columns(field, targets, grouping)?);
            }
            return Ok(columns);
        }
        let expr = self.group_expr(tree, targets)?;
        let index = match grouping.groups.iter().position(|group| same(group, &expr)) {
            Some(index) => index,
            None => {
                grouping.groups.push(expr);
                grouping.groups.len() - 1
            }
        };
        Ok(vec![index])
    }

    /// An item: a position in the target list, a column of the input, an output name, or an expression.
    fn group_expr(&mut self, tree: &ast::Expr, targets: &[BoundTarget]) -> Result<Expr> {
        let pos = tree.pos.0;
        let expr = match &tree.kind {
            Tree::Integer(position) => {
                let target = usize::try_from(*position - 1).ok().and_then(|index| targets.get(index));
                let target = target.ok_or_else(|| {
                    SqlError::new(
                        sqlstate::INVALID_COLUMN_REFERENCE,
                        format!("GROUP BY position {position} is not in select list"),
                    )
                    .at(pos)
                })?;
                target.expr.clone()
            }
            Tree::Column(name) if name.0.len() == 1 => {
                let in_input = self.levels.last().map(|level| level.scope.column(name.base()));
                match in_input.transpose().map_err(|error| error.at(pos))?.flatten() {
                    Some(_) => self.expr(tree)?,
                    None => match targets.iter().find(|target| target.field.name == name.base()) {
                        Some(target) => target.expr.clone(),
                        None => self.expr(tree)?,
                    },
                }
            }
            _ => self.plain_clause("GROUP BY", |binder| binder.expr(tree))?,
        };
        if has_placeholder(&expr, AGGREGATE_BASE) {
            let message = "aggregate functions are not allowed in GROUP BY";
            return Err(SqlError::new(sqlstate::GROUPING_ERROR, message).at(expr.pos));
        }
        self.known(expr)
    }

    /// Builds the Aggregate node and a rewriter for expressions that stand above it.
    pub(super) fn aggregate(
        &mut self,
        input: Logical,
        grouping: Grouping,
        level: &Level,
    ) -> Result<(Logical, Regroup)> {
        let Grouping { groups, sets, .. } = grouping;
        let mut schema: Schema = groups.iter().map(|group| group_field(group, level)).collect();
        schema.extend(level.aggregates.iter().map(|call| Field::new(call.function.name, call.ty)));
        let mut grouping_calls = Vec::with_capacity(level.groupings.len());
        for call in &level.groupings {
            let mut positions = Vec::with_capacity(call.len());
            for arg in call {
                let found = groups.iter().position(|group| same(group, arg)).ok_or_else(|| {
                    let message =
                        "arguments to GROUPING must be grouping expressions of the associated query level";
                    SqlError::new(sqlstate::GROUPING_ERROR, message).at(arg.pos)
                })?;
                positions.push(found);
            }
            grouping_calls.push(positions);
            schema.push(Field::new("grouping", Type::INT4));
        }
        let dependent = self.dependent_columns(&groups, level);
        let mut groups = groups;
        let regroup_groups = groups.clone();
        // Columns that a grouped primary key determines are grouped by as well: that changes nothing.
        let mut sets = sets;
        let mut extra = Vec::new();
        for column in dependent {
            let at = groups.len();
            groups.push(column.clone());
            sets.iter_mut().for_each(|set| set.push(at));
            extra.push(column);
        }
        if !extra.is_empty() {
            let fields = extra.iter().map(|column| group_field(column, level));
            let at = regroup_groups.len();
            schema.splice(at..at, fields);
        }
        let regroup = Regroup {
            groups: groups.clone(),
            aggregates: level.aggregates.len(),
            names: column_names(level),
        };
        let calls = level.aggregates.clone();
        let node = Logical::Aggregate { input: Box::new(input), groups, sets, calls, grouping_calls, schema };
        Ok((node, regroup))
    }

    /// The columns of tables whose whole primary key is grouped by.
    fn dependent_columns(&self, groups: &[Expr], level: &Level) -> Vec<Expr> {
        let mut found = Vec::new();
        for item in &level.scope.items {
            let Some(relation) = item.table.and_then(|oid| self.names.catalog.relation(oid)) else {
                continue;
            };
            let RelationKind::Table(table) = &relation.kind else { continue };
            // Two rows may have a deferrable key for a while.
            let Some(primary) = table.clustered() else { continue };
            let is_grouped = |key: &KeySource| match key {
                KeySource::Column(column) => {
                    let name = table.columns.get(*column).map(|column| column.name.as_str());
                    let visible = item.columns.iter().find(|visible| Some(visible.name.as_str()) == name);
                    visible.is_some_and(|visible| groups.iter().any(|group| same(group, &visible.expr)))
                }
                KeySource::Expression(..) => false,
            };
            if primary.keys.iter().all(|key| is_grouped(&key.source)) {
                let others = item
                    .columns
                    .iter()
                    .filter(|visible| !groups.iter().any(|group| same(group, &visible.expr)));
                found.extend(others.map(|visible| visible.expr.clone()));
            }
        }
        found
    }
}

/// Rewrites expressions over a grouping's input into expressions over its output.
#[derive(Debug)]
pub(super) struct Regroup {
    groups: Vec<Expr>,
    aggregates: usize,
    /// Names of the input's columns, for errors.
    names: Vec<(usize, String)>,
}

impl Regroup {
    /// # Errors
    /// 42803 for a column that is neither grouped by nor inside of an aggregate.
    pub(super) fn apply(&self, expr: &mut Expr) -> Result<()> {
        let mut wrong: Option<SqlError> = None;
        let base = self.groups.len();
        expr.visit_mut(0, &mut |inner, depth| {
            if wrong.is_some() {
                return false;
            }
            let found = self.groups.iter().position(|group| match depth {
                0 => same(group, inner),
                _ => is_outer_copy(group, inner, depth),
            });
            let column =
                |at| if depth == 0 { ExprKind::Column(at) } else { ExprKind::Outer { depth, column: at } };
            if let Some(at) = found {
                inner.kind = column(at);
                return false;
            }
            match inner.kind {
                ExprKind::Column(at) if depth == 0 && at < AGGREGATE_BASE => {
                    wrong = Some(self.ungrouped(at, inner.pos, false));
                }
                ExprKind::Column(at) if at >= GROUPING_BASE => {
                    inner.kind = ExprKind::Column(base + self.aggregates + at - GROUPING_BASE);
                }
                ExprKind::Column(at) if (AGGREGATE_BASE..WINDOW_BASE).contains(&at) => {
                    inner.kind = ExprKind::Column(base + at - AGGREGATE_BASE);
                }
                ExprKind::Outer { depth: up, column }
                    if depth > 0 && up == depth && column < AGGREGATE_BASE =>
                {
                    wrong = Some(self.ungrouped(column, inner.pos, true));
                }
                _ => {}
            }
            true
        });
        wrong.map_or(Ok(()), Err)
    }

    fn ungrouped(&self, column: usize, pos: u32, from_subquery: bool) -> SqlError {
        let name = self.names.iter().find(|(at, _)| *at == column).map_or("?", |(_, name)| name.as_str());
        let message = if from_subquery {
            format!("subquery uses ungrouped column \"{name}\" from outer query")
        } else {
            format!(
                "column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function"
            )
        };
        SqlError::new(sqlstate::GROUPING_ERROR, message).at(pos)
    }
}

/// Equal but for where they stand in the text.
pub(super) fn same(a: &Expr, b: &Expr) -> bool {
    if a.ty != b.ty || std::mem::discriminant(&a.kind) != std::mem::discriminant(&b.kind) {
        return false;
    }
    without_positions(a) == without_positions(b)
}

fn without_positions(expr: &Expr) -> Expr {
    let mut copy = expr.clone();
    copy.visit_mut(0, &mut |inner, _| {
        inner.pos = crate::plan::NO_POS;
        true
    });
    copy
}

/// Whether an expression in a subquery is the grouped expression, seen from `depth` rows further in.
fn is_outer_copy(group: &Expr, inner: &Expr, depth: usize) -> bool {
    match (&group.kind, &inner.kind) {
        (ExprKind::Column(a), ExprKind::Outer { depth: up, column }) => a == column && *up == depth,
        _ => false,
    }
}

/// Whether an expression holds a placeholder of aggregates or windows.
pub(super) fn has_placeholder(expr: &Expr, from: usize) -> bool {
    expr.any_within(|inner, _| matches!(inner.kind, ExprKind::Column(at) if at >= from))
}

fn product(left: &[Vec<usize>], right: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let both = |a: &Vec<usize>, b: &Vec<usize>| {
        let mut set = a.clone();
        set.extend(b.iter().filter(|column| !a.contains(column)));
        set
    };
    left.iter().flat_map(|a| right.iter().map(move |b| both(a, b))).collect()
}

fn group_field(group: &Expr, level: &Level) -> Field {
    let visible =
        level.scope.items.iter().flat_map(|item| &item.columns).find(|visible| same(&visible.expr, group));
    match visible {
        Some(visible) => visible.field(),
        None => Field { typmod: group.typmod, ..Field::new("?column?", group.ty) },
    }
}

fn column_names(level: &Level) -> Vec<(usize, String)> {
    let all = level.scope.items.iter().flat_map(|item| item.columns.iter().map(move |column| (item, column)));
    all.filter_map(|(item, visible)| match visible.expr.kind {
        ExprKind::Column(at) if item.name.is_empty() => Some((at, visible.name.clone())),
        ExprKind::Column(at) => Some((at, format!("{}.{}", item.name, visible.name))),
        _ => None,
    })
    .collect()
}

/// A column of a node's output.
pub(super) fn output(index: usize, field: &Field) -> Expr {
    Expr { typmod: field.typmod, ..Expr::column(index, field.ty, Typmod::NONE) }
}
