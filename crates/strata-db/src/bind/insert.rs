//! INSERT.

use super::binder::{Binder, Level};
use super::group::output;
use super::inline::surround;
use super::scope::Scope;
use super::table::{Target, null_of};
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ExprKind as Tree};
use crate::plan::{Conflict, ConflictAction, Expr, Field, InsertNode, Logical, Schema};
use crate::schema::{ColumnDef, ConstraintKind, Identity};
use strata_types::sqlstate;

impl Binder<'_> {
    /// Binds INSERT.
    pub(super) fn insert(&mut self, insert: &ast::Insert) -> Result<Logical> {
        let in_sight = self.ctes.len();
        let ctes = insert.with.as_ref().map(|with| self.with_clause(with)).transpose()?.unwrap_or_default();
        let node = self.insert_node(insert);
        self.ctes.truncate(in_sight);
        Ok(surround(ctes, Logical::Insert(Box::new(node?)), &self.materialized))
    }

    fn insert_node(&mut self, insert: &ast::Insert) -> Result<InsertNode> {
        let target = self.target_table(&insert.table, insert.alias.as_ref())?;
        let columns = self.insert_columns(&target, &insert.columns)?;
        let input = match &insert.source {
            ast::InsertSource::DefaultValues => self.default_row(&target)?,
            ast::InsertSource::Query(query) => match values_of(query) {
                Some(rows) => self.insert_values(&target, &columns, rows, insert)?,
                None => self.insert_query(&target, &columns, query, insert)?,
            },
        };
        let conflict =
            insert.on_conflict.as_ref().map(|clause| self.on_conflict(&target, clause)).transpose()?;
        let scope = Scope::of_table(&target.relation, &target.alias)?;
        let (returning, schema) = self.returning(&insert.returning, scope)?;
        Ok(InsertNode {
            checks: self.checks(&target)?,
            indexes: self.index_exprs(&target)?,
            generated: self.generated(&target)?,
            relation: target.relation,
            input,
            conflict,
            returning,
            schema,
        })
    }

    /// The columns named, or all.
    fn insert_columns(&mut self, target: &Target, named: &[ast::ColumnTarget]) -> Result<Vec<usize>> {
        if named.is_empty() {
            let columns = target.table().columns.iter().enumerate();
            return Ok(columns.filter(|(_, column)| !column.dropped).map(|(at, _)| at).collect());
        }
        let mut columns = Vec::with_capacity(named.len());
        for name in named {
            if !name.path.is_empty() {
                return Err(SqlError::unsupported("assignment to a part of a column").at(name.column.pos.0));
            }
            let (at, _) = target.column(&name.column)?;
            if columns.contains(&at) {
                let message = format!("column \"{}\" specified more than once", name.column.name);
                return Err(SqlError::new(sqlstate::DUPLICATE_COLUMN, message).at(name.column.pos.0));
            }
            columns.push(at);
        }
        Ok(columns)
    }

    fn default_row(&mut self, target: &Target) -> Result<Logical> {
        let mut row = Vec::with_capacity(target.table().columns.len());
        for (at, column) in target.table().columns.iter().enumerate() {
            row.push(self.absent(target, at, column)?);
        }
        Ok(Logical::Values { rows: vec![row], schema: whole_schema(target) })
    }

    /// What a column gets that the statement does not mention.
    fn absent(&mut self, target: &Target, at: usize, column: &ColumnDef) -> Result<Expr> {
        if column.dropped { Ok(null_of(column)) } else { self.default_of(target, at, column) }
    }

    /// `INSERT … VALUES`: each value goes straight to its column's type; DEFAULT is allowed.
    fn insert_values(
        &mut self,
        target: &Target,
        columns: &[usize],
        rows: &[Vec<ast::Expr>],
        insert: &ast::Insert,
    ) -> Result<Logical> {
        let whole = target.table().columns.len();
        let mut defaults: Vec<Option<Expr>> = vec![None; whole];
        for (at, column) in target.table().columns.iter().enumerate() {
            defaults[at] = Some(self.absent(target, at, column)?);
        }
        let mut bound_rows = Vec::with_capacity(rows.len());
        for row in rows {
            check_count(row.len(), columns.len(), insert, row)?;
            let mut bound: Vec<Option<Expr>> = vec![None; whole];
            for (tree, at) in row.iter().zip(columns) {
                let Some(column) = target.table().columns.get(*at) else { continue };
                if matches!(tree.kind, Tree::Default) {
                    continue;
                }
                if !self.accepts_value(column, insert, tree.pos.0)? {
                    continue;
                }
                let value = self.without_row("VALUES", |binder| binder.expr(tree))?;
                if let Some(place) = bound.get_mut(*at) {
                    *place = Some(self.assign(value, column)?);
                }
            }
            let filled = bound
                .into_iter()
                .zip(&defaults)
                .filter_map(|(given, default)| given.or_else(|| default.clone()));
            bound_rows.push(filled.collect());
        }
        Ok(Logical::Values { rows: bound_rows, schema: whole_schema(target) })
    }

    fn insert_query(
        &mut self,
        target: &Target,
        columns: &[usize],
        query: &ast::Query,
        insert: &ast::Insert,
    ) -> Result<Logical> {
        let (plan, width) = self.query(query)?;
        check_count(width, columns.len(), insert, &[])?;
        let fields = plan.schema().clone();
        let mut exprs = Vec::with_capacity(target.table().columns.len());
        for (at, column) in target.table().columns.iter().enumerate() {
            let given = columns
                .iter()
                .position(|named| *named == at)
                .and_then(|from| Some((from, fields.get(from)?)));
            exprs.push(match given {
                Some((from, field)) if self.accepts_value(column, insert, insert.pos.0)? => {
                    self.assign(output(from, field), column)?
                }
                _ => self.absent(target, at, column)?,
            });
        }
        Ok(Logical::Project { input: Box::new(plan), exprs, schema: whole_schema(target) })
    }

    /// Whether a value may be given for a column; `false` if it is to be ignored (OVERRIDING USER VALUE).
    fn accepts_value(&self, column: &ColumnDef, insert: &ast::Insert, pos: u32) -> Result<bool> {
        if column.generated.is_some() {
            let message = format!("cannot insert a non-DEFAULT value into column \"{}\"", column.name);
            return Err(SqlError::new(sqlstate::GENERATED_ALWAYS, message)
                .detail(format!("Column \"{}\" is a generated column.", column.name))
                .at(pos));
        }
        match (column.identity, insert.overriding) {
            (Some(_), Some(ast::Overriding::User)) => Ok(false),
            (Some(Identity::Always), None) => {
                let message = format!("cannot insert a non-DEFAULT value into column \"{}\"", column.name);
                Err(SqlError::new(sqlstate::GENERATED_ALWAYS, message)
                    .detail(format!(
                        "Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                        column.name
                    ))
                    .hint("Use OVERRIDING SYSTEM VALUE to override.")
                    .at(pos))
            }
            _ => Ok(true),
        }
    }

    fn on_conflict(&mut self, target: &Target, clause: &ast::OnConflict) -> Result<Conflict> {
        let arbiters = match &clause.target {
            None => Vec::new(),
            Some(ast::ConflictTarget::Constraint(name)) => vec![self.arbiter_by_name(target, name)?],
            Some(ast::ConflictTarget::Keys { keys, .. }) => {
                self.arbiters_by_keys(target, keys, clause.pos.0)?
            }
        };
        let action = match &clause.action {
            ast::ConflictAction::Nothing => ConflictAction::Nothing,
            ast::ConflictAction::Update { set, filter } => {
                if arbiters.is_empty() {
                    let message = "ON CONFLICT DO UPDATE requires inference specification or constraint name";
                    return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message)
                        .hint("For example, ON CONFLICT (column_name).")
                        .at(clause.pos.0));
                }
                let existing = Scope::of_table(&target.relation, &target.alias)?;
                let mut excluded = Scope::of_table(&target.relation, "excluded")?;
                // Bare names mean the existing row.
                excluded.visible.clear();
                let scope = existing.join(excluded)?;
                let name = "ON CONFLICT";
                let level =
                    Level { scope, no_aggregates: Some(name), no_windows: Some(name), ..Level::default() };
                let ((assignments, predicate), _) = self.with_level(level, |binder| {
                    let assignments = binder.assignments(target, set)?;
                    let predicate = match filter {
                        Some(tree) => {
                            let bound = binder.expr(tree)?;
                            Some(binder.condition(bound, "WHERE")?)
                        }
                        None => None,
                    };
                    Ok((assignments, predicate))
                })?;
                ConflictAction::Update { assignments, predicate }
            }
        };
        Ok(Conflict { arbiters, action })
    }

    fn arbiter_by_name(&self, target: &Target, name: &ast::Ident) -> Result<usize> {
        let table = target.table();
        let constraint = table.constraints.iter().find(|constraint| constraint.name == *name.name);
        let index = match constraint.map(|constraint| &constraint.kind) {
            Some(ConstraintKind::PrimaryKey { index } | ConstraintKind::Unique { index }) => {
                table.indexes.iter().position(|candidate| candidate.oid == *index)
            }
            _ => None,
        };
        index.ok_or_else(|| {
            let message =
                format!("constraint \"{}\" for table \"{}\" does not exist", name.name, target.relation.name);
            SqlError::new(sqlstate::UNDEFINED_OBJECT, message).at(name.pos.0)
        })
    }

    fn arbiters_by_keys(&mut self, target: &Target, keys: &[ast::IndexKey], pos: u32) -> Result<Vec<usize>> {
        let mut wanted = Vec::with_capacity(keys.len());
        for key in keys {
            wanted.push(self.over_relation(&target.relation, &key.expr)?);
        }
        let exprs = self.index_exprs(target)?;
        let fits = |at: usize| {
            let Some(index) = target.table().indexes.get(at) else { return false };
            let Some(bound) = exprs.get(at) else { return false };
            let covers = |expr: &Expr| bound.keys.iter().any(|key| super::group::same(key, expr));
            let covered = |key: &Expr| wanted.iter().any(|expr| super::group::same(key, expr));
            index.unique
                && index.keys.len() == bound.keys.len()
                && wanted.iter().all(covers)
                && bound.keys.iter().all(covered)
        };
        let arbiters: Vec<usize> = (0..target.table().indexes.len()).filter(|at| fits(*at)).collect();
        if arbiters.is_empty() {
            let message = "there is no unique or exclusion constraint matching the ON CONFLICT specification";
            return Err(SqlError::new(sqlstate::INVALID_COLUMN_REFERENCE, message).at(pos));
        }
        Ok(arbiters)
    }

    /// SET clauses over the innermost level: (column, value).
    pub(super) fn assignments(
        &mut self,
        target: &Target,
        set: &[ast::Assignment],
    ) -> Result<Vec<(usize, Expr)>> {
        let mut bound: Vec<(usize, Expr)> = Vec::with_capacity(set.len());
        for assignment in set {
            match assignment {
                ast::Assignment::Column { target: column, value } => {
                    let (at, value) = self.assignment(target, column, value)?;
                    push_once(&mut bound, at, value, column)?;
                }
                ast::Assignment::Columns { targets, value } => {
                    for (column, value) in targets.iter().zip(self.row_values(value, targets.len())?) {
                        let (at, def) = self.assigned_column(target, column)?;
                        let value = match value {
                            Some(value) => self.assign(value, def)?,
                            None => self.default_of(target, at, def)?,
                        };
                        push_once(&mut bound, at, value, column)?;
                    }
                }
            }
        }
        Ok(bound)
    }

    fn assigned_column<'t>(
        &self,
        target: &'t Target,
        column: &ast::ColumnTarget,
    ) -> Result<(usize, &'t ColumnDef)> {
        let pos = column.column.pos.0;
        if !column.path.is_empty() {
            return Err(SqlError::unsupported("assignment to a part of a column").at(pos));
        }
        let (at, def) = target.column(&column.column)?;
        let always = match (def.identity, &def.generated) {
            (_, Some(_)) => Some("is a generated column."),
            (Some(Identity::Always), _) => Some("is an identity column defined as GENERATED ALWAYS."),
            _ => None,
        };
        match always {
            Some(why) => {
                let message = format!("column \"{}\" can only be updated to DEFAULT", def.name);
                Err(SqlError::new(sqlstate::GENERATED_ALWAYS, message)
                    .detail(format!("Column \"{}\" {why}", def.name))
                    .at(pos))
            }
            None => Ok((at, def)),
        }
    }

    fn assignment(
        &mut self,
        target: &Target,
        column: &ast::ColumnTarget,
        value: &ast::Expr,
    ) -> Result<(usize, Expr)> {
        if matches!(value.kind, Tree::Default) {
            let (at, def) = target.column(&column.column)?;
            return Ok((at, self.default_of(target, at, def)?));
        }
        let (at, def) = self.assigned_column(target, column)?;
        let value = self.expr(value)?;
        Ok((at, self.assign(value, def)?))
    }

    /// `(a, b) = (1, DEFAULT)` or `(a, b) = (SELECT …)`: `None` is DEFAULT.
    fn row_values(&mut self, value: &ast::Expr, count: usize) -> Result<Vec<Option<Expr>>> {
        let wrong = || {
            SqlError::new(sqlstate::SYNTAX_ERROR, "number of columns does not match number of values")
                .at(value.pos.0)
        };
        match &value.kind {
            Tree::Row { fields, .. } if fields.len() == count => fields
                .iter()
                .map(|field| match field.kind {
                    Tree::Default => Ok(None),
                    _ => self.expr(field).map(Some),
                })
                .collect(),
            Tree::Row { .. } => Err(wrong()),
            Tree::Subquery(query) => self.row_of_subquery(query, count, value.pos.0),
            _ if count == 1 => Ok(vec![Some(self.expr(value)?)]),
            _ => Err(wrong()),
        }
    }

    /// Each column of a subquery as a subquery of its own.
    fn row_of_subquery(&mut self, query: &ast::Query, count: usize, pos: u32) -> Result<Vec<Option<Expr>>> {
        let mut values = Vec::with_capacity(count);
        for at in 0..count {
            values.push(Some(self.column_of_subquery(query, at, count, pos)?));
        }
        Ok(values)
    }
}

/// The rows of a plain VALUES list.
fn values_of(query: &ast::Query) -> Option<&[Vec<ast::Expr>]> {
    match &query.body {
        ast::QueryBody::Values(values) if query.is_body_only() => Some(&values.rows),
        _ => None,
    }
}

fn check_count(have: usize, columns: usize, insert: &ast::Insert, row: &[ast::Expr]) -> Result<()> {
    let pos = |at: usize| row.get(at).map_or(insert.pos.0, |expr| expr.pos.0);
    if have > columns {
        let message = "INSERT has more expressions than target columns";
        return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(pos(columns)));
    }
    if have < columns && !insert.columns.is_empty() {
        let message = "INSERT has more target columns than expressions";
        let at = insert.columns.get(have).map_or(insert.pos.0, |column| column.column.pos.0);
        return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(at));
    }
    Ok(())
}

fn whole_schema(target: &Target) -> Schema {
    let columns = target.table().columns.iter();
    columns
        .map(|column| Field { typmod: column.typmod, ..Field::new(column.name.clone(), column.ty) })
        .collect()
}

fn push_once(
    bound: &mut Vec<(usize, Expr)>,
    at: usize,
    value: Expr,
    column: &ast::ColumnTarget,
) -> Result<()> {
    if bound.iter().any(|(other, _)| *other == at) {
        let message = format!("multiple assignments to same column \"{}\"", column.column.name);
        return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(column.column.pos.0));
    }
    bound.push((at, value));
    Ok(())
}
