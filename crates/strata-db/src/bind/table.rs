//! What every statement that changes a table needs: its checks, index expressions, generated columns, defaults.

use super::binder::{Binder, Level};
use super::coerce::Context;
use super::scope::Scope;
use super::target::BoundTarget;
use crate::catalog::Relation;
use crate::error::{Result, SqlError};
use crate::parse::{self, ast};
use crate::plan::{Expr, ExprKind, IndexExprs, Schema};
use crate::schema::{ColumnDef, ConstraintKind, KeySource, RelationDef, RelationKind, TableDef};
use std::sync::Arc;
use strata_types::{Type, Typmod, Value, sqlstate};

/// A table that a statement changes.
pub(super) struct Target {
    pub(super) relation: Arc<RelationDef>,
    pub(super) alias: String,
}

impl Target {
    /// The table itself.
    pub(super) fn table(&self) -> &TableDef {
        match &self.relation.kind {
            RelationKind::Table(table) => table,
            _ => unreachable!("a target is looked up as a table"),
        }
    }

    /// A column by name.
    ///
    /// # Errors
    /// 42703 if there is none.
    pub(super) fn column(&self, name: &ast::Ident) -> Result<(usize, &ColumnDef)> {
        let mut columns = self.table().columns.iter().enumerate();
        columns.find(|(_, column)| column.name == *name.name && !column.dropped).ok_or_else(|| {
            let message =
                format!("column \"{}\" of relation \"{}\" does not exist", name.name, self.relation.name);
            SqlError::new(sqlstate::UNDEFINED_COLUMN, message).at(name.pos.0)
        })
    }
}

impl Binder<'_> {
    /// Looks up the table that a statement changes.
    pub(super) fn target_table(
        &mut self,
        name: &ast::ObjectName,
        alias: Option<&ast::Ident>,
    ) -> Result<Target> {
        let parts: Vec<String> = name.0.iter().map(|part| part.name.to_string()).collect();
        let pos = name.pos().0;
        match self.names.relation(&parts, pos)? {
            Relation::Stored(relation) => {
                self.relations.push(relation.oid);
                let what = match &relation.kind {
                    RelationKind::Table(TableDef { materialized: Some(_), .. }) => "materialized view",
                    RelationKind::Table(_) => {
                        let alias = alias.map_or(name.base(), |alias| &alias.name).to_owned();
                        return Ok(Target { relation, alias });
                    }
                    RelationKind::View(_) => "view",
                    RelationKind::Sequence(_) => "sequence",
                    RelationKind::Index { .. } => "index",
                };
                Err(SqlError::new(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("cannot change {what} \"{}\"", relation.name),
                )
                .at(pos))
            }
            Relation::System(system) => Err(SqlError::new(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied for table {}", system.name),
            )
            .at(pos)),
        }
    }

    /// The CHECK constraints of a table over its row.
    pub(super) fn checks(&mut self, target: &Target) -> Result<Vec<(String, Expr)>> {
        let mut checks = Vec::new();
        for constraint in &target.table().constraints {
            if let ConstraintKind::Check(check) = &constraint.kind {
                let bound = self.stored_expr(&target.relation, &check.expression)?;
                checks.push((constraint.name.clone(), self.condition(bound, "CHECK")?));
            }
        }
        Ok(checks)
    }

    /// The key expressions of a table's indexes over its row.
    pub(super) fn index_exprs(&mut self, target: &Target) -> Result<Vec<IndexExprs>> {
        let table = target.table();
        let mut indexes = Vec::with_capacity(table.indexes.len());
        for index in &table.indexes {
            let mut keys = Vec::with_capacity(index.keys.len());
            for key in &index.keys {
                keys.push(match &key.source {
                    KeySource::Column(column) => {
                        let def = table.columns.get(*column);
                        let (ty, typmod) =
                            def.map_or((Type::UNKNOWN, Typmod::NONE), |def| (def.ty, def.typmod));
                        Expr::column(*column, ty, typmod)
                    }
                    KeySource::Expression(sql, _) => self.stored_expr(&target.relation, sql)?,
                });
            }
            let predicate = match &index.predicate {
                Some(sql) => {
                    let bound = self.stored_expr(&target.relation, sql)?;
                    Some(self.condition(bound, "WHERE")?)
                }
                None => None,
            };
            indexes.push(IndexExprs { keys, predicate });
        }
        Ok(indexes)
    }

    /// Stored generated columns over the row.
    pub(super) fn generated(&mut self, target: &Target) -> Result<Vec<(usize, Expr)>> {
        let mut generated = Vec::new();
        for (at, column) in target.table().columns.iter().enumerate() {
            if let (Some(definition), false) = (&column.generated, column.dropped) {
                let bound = self.stored_expr(&target.relation, &definition.expression)?;
                generated.push((at, self.coerce(bound, column.ty, column.typmod, Context::Assignment)?));
            }
        }
        Ok(generated)
    }

    /// An expression over a table's row that the catalog holds as text.
    fn stored_expr(&mut self, relation: &RelationDef, sql: &str) -> Result<Expr> {
        let mut expr = self.over_relation(relation, &parse::parse_expr(sql)?)?;
        // Its places are in another text than the statement's.
        expr.visit_mut(0, &mut |inner, _| {
            inner.pos = crate::plan::NO_POS;
            true
        });
        Ok(expr)
    }

    /// What a column gets when nothing is said: its default, its sequence's next value, or NULL.
    pub(super) fn default_of(&mut self, target: &Target, at: usize, column: &ColumnDef) -> Result<Expr> {
        if column.identity.is_some() {
            let sequence = self.owned_sequence(target, at).ok_or_else(|| {
                SqlError::new(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("no owned sequence found for column \"{}\"", column.name),
                )
            })?;
            let sequence = Expr::constant(Value::Oid(sequence), Type::REGCLASS);
            let next = self.call_named("nextval", vec![sequence], crate::plan::NO_POS)?;
            return self.coerce(next, column.ty, column.typmod, Context::Assignment);
        }
        match &column.default {
            Some(sql) if column.generated.is_none() => {
                let tree = parse::parse_expr(sql)?;
                let mut bound = self.without_columns(&tree, Some((column.ty, column.typmod)))?;
                bound.visit_mut(0, &mut |inner, _| {
                    inner.pos = crate::plan::NO_POS;
                    true
                });
                Ok(bound)
            }
            _ => Ok(null_of(column)),
        }
    }

    fn owned_sequence(&self, target: &Target, at: usize) -> Option<u32> {
        let owned = |relation: &&Arc<RelationDef>| match &relation.kind {
            RelationKind::Sequence(sequence) => sequence.owned_by == Some((target.relation.oid, at)),
            _ => false,
        };
        self.names.catalog.relations().find(owned).map(|relation| relation.oid.0)
    }

    /// RETURNING over a scope: expressions and output columns; none if there is no RETURNING.
    pub(super) fn returning(
        &mut self,
        targets: &[ast::Target],
        scope: Scope,
    ) -> Result<(Option<Vec<Expr>>, Schema)> {
        if targets.is_empty() {
            return Ok((None, Schema::new()));
        }
        let clause = "RETURNING";
        let level =
            Level { scope, no_aggregates: Some(clause), no_windows: Some(clause), ..Level::default() };
        let (bound, _) = self.with_level(level, |binder| {
            let bound = binder.targets(targets)?;
            let known = |target: BoundTarget| Ok(BoundTarget { expr: binder.known(target.expr)?, ..target });
            bound.into_iter().map(known).collect::<Result<Vec<_>>>()
        })?;
        let mut exprs = Vec::with_capacity(bound.len());
        let mut schema = Vec::with_capacity(bound.len());
        for BoundTarget { expr, mut field } in bound {
            field.ty = expr.ty;
            exprs.push(expr);
            schema.push(field);
        }
        Ok((Some(exprs), schema))
    }

    /// A value for a column.
    ///
    /// # Errors
    /// 42804 if there is no assignment cast.
    pub(super) fn assign(&mut self, value: Expr, column: &ColumnDef) -> Result<Expr> {
        if value.ty != Type::UNKNOWN && !super::coerce::can_coerce(value.ty, column.ty, Context::Assignment) {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "column \"{}\" is of type {} but expression is of type {}",
                    column.name,
                    column.ty.sql_name(Typmod::NONE),
                    value.ty.sql_name(Typmod::NONE)
                ),
            )
            .hint("You will need to rewrite or cast the expression.")
            .at(value.pos));
        }
        self.coerce(value, column.ty, column.typmod, Context::Assignment)
    }
}

/// NULL of a column's type.
pub(super) fn null_of(column: &ColumnDef) -> Expr {
    Expr { typmod: column.typmod, ..Expr::new(ExprKind::Const(Value::Null), column.ty) }
}
