//! The plans behind passes over a table's rows: entries of an index, rows that satisfy a condition, the table
//! written anew.

use super::Ddl;
use super::backfill::Pass;
use crate::bind;
use crate::error::{Result, SqlError};
use crate::plan::{Expr, ExprKind, IndexExprs, Physical, PhysicalInsert, PhysicalPlan, ROW_KEY};
use crate::schema::{ConstraintKind, KeySource, RelationDef, TableDef};
use crate::table;
use std::sync::Arc;
use strata_store::KeyspaceId;
use strata_types::{Batch, Type, Typmod, Value, sqlstate};

/// What INSERT has to know of a table.
struct Guards {
    checks: Vec<(String, Expr)>,
    indexes: Vec<IndexExprs>,
    generated: Vec<(usize, Expr)>,
}

impl Ddl<'_> {
    /// The keys of a table's rows for a new index of it, and last the rows' own keys.
    pub(super) fn index_entries(
        &self,
        relation: &Arc<RelationDef>,
        position: usize,
    ) -> Result<Arc<PhysicalPlan>> {
        let bound = self.index_exprs(relation, position)?;
        let mut exprs = bound.keys;
        exprs.push(Expr::new(ExprKind::Column(super::table_of(relation).columns.len()), Type::BYTEA));
        Ok(projection(relation, exprs, bound.predicate))
    }

    /// Enters such keys into the index.
    ///
    /// # Errors
    /// 23505 for equal keys in a unique index.
    pub(super) fn enter(
        &mut self,
        relation: &Arc<RelationDef>,
        position: usize,
        batch: &Batch,
    ) -> Result<()> {
        let table = super::table_of(relation);
        let Some(index) = table.indexes.get(position) else { return Ok(()) };
        for row in 0..batch.rows {
            let mut values = batch.row(row);
            let Some(Value::Bytea(row_key)) = values.pop() else { continue };
            let txn = self.session.transaction.txn(self.shared);
            if !table::add_entry(txn, table, position, &values, &row_key)? {
                return Err(self.duplicate(relation, index, &values));
            }
        }
        Ok(())
    }

    /// A row for each row of the table for which the condition is true.
    pub(super) fn rows_with(&self, relation: &Arc<RelationDef>, condition: &Expr) -> Arc<PhysicalPlan> {
        let one = Expr::constant(Value::Bool(true), Type::BOOL);
        projection(relation, vec![one], Some(condition.clone()))
    }

    /// Gives storage back: now, or once the passes that are noted have read it.
    pub(super) fn drop_storage(&mut self, keyspaces: Vec<KeyspaceId>) {
        if !self.passes.is_empty() {
            return self.passes.push_back(Pass::Drop(keyspaces));
        }
        let txn = self.session.transaction.txn(self.shared);
        keyspaces.into_iter().for_each(|keyspace| txn.drop_keyspace(keyspace));
    }

    /// Gives a table new, empty keyspaces. Returns those that it had, to be dropped.
    pub(super) fn renew_storage(&mut self, relation: &mut RelationDef) -> Result<Vec<KeyspaceId>> {
        let keyspace = self.fresh_oid()?.0;
        let mut fresh = Vec::new();
        for _ in &super::table_of(relation).indexes {
            fresh.push(self.fresh_oid()?.0 | super::INDEX_KEYSPACE);
        }
        let table = super::table_of_mut(relation);
        let txn = self.session.transaction.txn(self.shared);
        let mut old = vec![KeyspaceId(table.keyspace)];
        txn.create_keyspace(KeyspaceId(keyspace));
        table.keyspace = keyspace;
        for (index, fresh) in table.indexes.iter_mut().zip(fresh) {
            let mut renewed = (**index).clone();
            if !renewed.is_clustered() {
                old.push(KeyspaceId(renewed.keyspace));
                txn.create_keyspace(KeyspaceId(fresh));
            }
            renewed.keyspace = fresh;
            *index = Arc::new(renewed);
        }
        Ok(old)
    }

    /// Writes a table's rows anew, into the keyspaces of `new`. `exprs` compute the new columns from the old.
    pub(super) fn rows_anew(
        &self,
        old: &Arc<RelationDef>,
        new: &Arc<RelationDef>,
        exprs: &[Expr],
    ) -> Result<Arc<PhysicalPlan>> {
        let guards = self.guards(new)?;
        let input = Physical::Project { input: Box::new(every_row(old, None)), exprs: exprs.to_vec() };
        let insert = PhysicalInsert {
            relation: new.clone(),
            input,
            checks: guards.checks,
            indexes: guards.indexes,
            generated: guards.generated,
            conflict: None,
            returning: None,
        };
        Ok(alone(Physical::Insert(Box::new(insert))))
    }

    /// The columns of a table's rows as they are; NULL for dropped ones.
    pub(super) fn unchanged_columns(relation: &RelationDef) -> Vec<Expr> {
        let columns = super::table_of(relation).columns.iter().enumerate();
        columns
            .map(|(at, column)| {
                if column.dropped {
                    Expr::constant(Value::Null, column.ty)
                } else {
                    Expr::column(at, column.ty, column.typmod)
                }
            })
            .collect()
    }

    fn guards(&self, relation: &Arc<RelationDef>) -> Result<Guards> {
        let table = super::table_of(relation);
        let env = self.env();
        let bind = |text: &str| bind::row_expression_text(&env.names(), &env, relation, text);
        let mut checks = Vec::new();
        for constraint in &table.constraints {
            if let ConstraintKind::Check(check) = &constraint.kind {
                checks.push((constraint.name.clone(), bind(&check.expression)?));
            }
        }
        let mut generated = Vec::new();
        for (at, column) in table.columns.iter().enumerate() {
            if let Some(expression) = &column.generated {
                generated.push((at, bind(&expression.expression)?));
            }
        }
        let indexes = (0..table.indexes.len())
            .map(|position| self.index_exprs(relation, position))
            .collect::<Result<_>>()?;
        Ok(Guards { checks, indexes, generated })
    }

    fn index_exprs(&self, relation: &Arc<RelationDef>, position: usize) -> Result<IndexExprs> {
        let table = super::table_of(relation);
        let env = self.env();
        let bind = |text: &str| bind::row_expression_text(&env.names(), &env, relation, text);
        let Some(index) = table.indexes.get(position) else {
            return Ok(IndexExprs { keys: Vec::new(), predicate: None });
        };
        let mut keys = Vec::with_capacity(index.keys.len());
        for key in &index.keys {
            keys.push(match &key.source {
                KeySource::Column(column) => column_expr(table, *column),
                KeySource::Expression(text, _) => bind(text)?,
            });
        }
        let predicate = index.predicate.as_deref().map(bind).transpose()?;
        Ok(IndexExprs { keys, predicate })
    }

    /// Two rows have the same key in a unique index that is being built.
    fn duplicate(&self, relation: &RelationDef, index: &crate::schema::IndexDef, key: &[Value]) -> SqlError {
        let table = super::table_of(relation);
        let env = self.env();
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (part, value) in index.keys.iter().zip(key) {
            let (name, ty) = match &part.source {
                KeySource::Column(column) => match table.columns.get(*column) {
                    Some(column) => (column.name.clone(), column.ty),
                    None => continue,
                },
                KeySource::Expression(text, ty) => (text.clone(), *ty),
            };
            names.push(name);
            values.push(value.to_text(ty, &env.format).unwrap_or_else(|| "null".to_owned()));
        }
        SqlError::new(sqlstate::UNIQUE_VIOLATION, format!("could not create unique index \"{}\"", index.name))
            .detail(format!("Key ({})=({}) is duplicated.", names.join(", "), values.join(", ")))
            .on_table(self.dataset_name(relation.dataset), &relation.name)
            .on_constraint(&index.name)
    }
}

/// A column of a table's row.
pub(super) fn column_expr(table: &TableDef, column: usize) -> Expr {
    let (ty, typmod) =
        table.columns.get(column).map_or((Type::UNKNOWN, Typmod::NONE), |def| (def.ty, def.typmod));
    Expr::column(column, ty, typmod)
}

/// Expressions computed for every row for which the filter is true.
fn projection(relation: &Arc<RelationDef>, exprs: Vec<Expr>, filter: Option<Expr>) -> Arc<PhysicalPlan> {
    alone(Physical::Project { input: Box::new(every_row(relation, filter)), exprs })
}

/// A plan without subqueries.
fn alone(root: Physical) -> Arc<PhysicalPlan> {
    Arc::new(PhysicalPlan { root, subplans: Vec::new(), schema: Vec::new(), cte_count: 0 })
}

/// Every row of a table: its columns, then its key.
fn every_row(relation: &Arc<RelationDef>, filter: Option<Expr>) -> Physical {
    let columns = (0..super::table_of(relation).columns.len()).chain([ROW_KEY]).collect();
    Physical::SeqScan { relation: relation.clone(), columns, filter }
}

/// An INSERT's complaint about equal keys, as the complaint of the index that is being made.
pub(super) fn as_index_error(error: SqlError, relation: &RelationDef) -> SqlError {
    if error.sqlstate() != sqlstate::UNIQUE_VIOLATION {
        return error;
    }
    let field = |code: u8| error.fields().find(|(found, _)| *found == code).map(|(_, text)| text.to_owned());
    let constraint = field(b'n').unwrap_or_default();
    let detail = field(b'D').unwrap_or_default().replace("already exists.", "is duplicated.");
    let schema = field(b's').unwrap_or_default();
    SqlError::new(sqlstate::UNIQUE_VIOLATION, format!("could not create unique index \"{constraint}\""))
        .detail(detail)
        .on_table(schema, &relation.name)
        .on_constraint(constraint)
}
