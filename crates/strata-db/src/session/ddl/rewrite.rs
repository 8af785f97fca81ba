//! What touches every row of a table: building an index, checking a condition, writing the table anew.
//!
//! The table is locked against every other use, so the newest committed rows and the transaction's own are
//! all there is.

use super::Ddl;
use crate::bind;
use crate::error::{Result, SqlError};
use crate::exec::{self, Step};
use crate::plan::{Expr, ExprKind, IndexExprs, Physical, PhysicalInsert, PhysicalPlan, ROW_KEY};
use crate::schema::{ConstraintKind, KeySource, RelationDef, TableDef};
use crate::session::portal::step_plan;
use crate::session::references::Unwatched;
use crate::table;
use std::sync::Arc;
use strata_store::{KeyspaceId, View};
use strata_types::{Batch, Type, Typmod, Value, sqlstate};

/// What INSERT has to know of a table.
struct Guards {
    checks: Vec<(String, Expr)>,
    indexes: Vec<IndexExprs>,
    generated: Vec<(usize, Expr)>,
}

impl Ddl<'_> {
    /// Enters the rows of a table into a new index of it.
    ///
    /// # Errors
    /// 23505 for equal keys in a unique index, and what the key expressions raise.
    pub(super) fn build_index(&mut self, relation: &Arc<RelationDef>, position: usize) -> Result<()> {
        let table = super::table_of(relation);
        let Some(index) = table.indexes.get(position).cloned() else { return Ok(()) };
        let bound = self.index_exprs(relation, position)?;
        let mut exprs = bound.keys;
        let keys = exprs.len();
        exprs.push(Expr::new(ExprKind::Column(table.columns.len()), Type::BYTEA));
        self.each_batch(relation, exprs, bound.predicate, &mut |ddl, batch| {
            for row in 0..batch.rows {
                let mut values = batch.row(row);
                let Some(Value::Bytea(row_key)) = values.pop() else { continue };
                let txn = ddl.session.transaction.txn(ddl.shared);
                if !table::add_entry(txn, table, position, &values, &row_key)? {
                    return Err(ddl.duplicate(relation, &index, values.get(..keys).unwrap_or_default()));
                }
            }
            Ok(())
        })
    }

    /// Whether a condition is true for any row.
    ///
    /// # Errors
    /// What the condition raises.
    pub(super) fn any_row(&mut self, relation: &Arc<RelationDef>, condition: Expr) -> Result<bool> {
        let mut found = false;
        let one = Expr::constant(Value::Bool(true), Type::BOOL);
        self.each_batch(relation, vec![one], Some(condition), &mut |_, batch| {
            found |= batch.rows > 0;
            Ok(())
        })?;
        Ok(found)
    }

    /// Computes expressions for every row for which the filter is true. After the table's columns stands the row's key.
    fn each_batch(
        &mut self,
        relation: &Arc<RelationDef>,
        exprs: Vec<Expr>,
        filter: Option<Expr>,
        visit: &mut dyn FnMut(&mut Ddl<'_>, &Batch) -> Result<()>,
    ) -> Result<()> {
        let scan = every_row(relation, filter);
        let plan = PhysicalPlan {
            root: Physical::Project { input: Box::new(scan), exprs },
            subplans: Vec::new(),
            schema: Vec::new(),
            cte_count: 0,
        };
        self.run_plan(plan, visit)
    }

    /// Runs a plan to its end in one go.
    fn run_plan(
        &mut self,
        plan: PhysicalPlan,
        visit: &mut dyn FnMut(&mut Ddl<'_>, &Batch) -> Result<()>,
    ) -> Result<()> {
        let view = self.everything();
        let mut running = exec::build(&Arc::new(plan))?;
        loop {
            match step_plan(self.session, self.shared, &mut running, view, &[], &mut Unwatched)? {
                Step::Batch(batch) => visit(self, &batch)?,
                Step::Pending(_) => {}
                Step::Done => return Ok(()),
            }
        }
    }

    /// Every committed row, durable or not, and what this transaction has written.
    fn everything(&mut self) -> View {
        self.session.transaction.txn(self.shared).newest_view().with_own_command()
    }

    /// Gives a table new, empty keyspaces; those that it had go at commit.
    pub(super) fn renew_storage(&mut self, relation: &mut RelationDef) -> Result<()> {
        let keyspace = self.fresh_oid()?.0;
        let mut fresh = Vec::new();
        for _ in &super::table_of(relation).indexes {
            fresh.push(self.fresh_oid()?.0 | super::INDEX_KEYSPACE);
        }
        let table = super::table_of_mut(relation);
        let txn = self.session.transaction.txn(self.shared);
        txn.drop_keyspace(KeyspaceId(table.keyspace));
        txn.create_keyspace(KeyspaceId(keyspace));
        table.keyspace = keyspace;
        for (index, fresh) in table.indexes.iter_mut().zip(fresh) {
            let mut renewed = (**index).clone();
            if !renewed.primary {
                txn.drop_keyspace(KeyspaceId(renewed.keyspace));
                txn.create_keyspace(KeyspaceId(fresh));
            }
            renewed.keyspace = fresh;
            *index = Arc::new(renewed);
        }
        Ok(())
    }

    /// Writes a table's rows anew, into the keyspaces of `new`. `exprs` compute the new columns from the old.
    ///
    /// # Errors
    /// 23505, 23502, 23514 and whatever the expressions raise.
    pub(super) fn rewrite(
        &mut self,
        old: &Arc<RelationDef>,
        new: &Arc<RelationDef>,
        exprs: Vec<Expr>,
    ) -> Result<()> {
        let guards = self.guards(new)?;
        let input = Physical::Project { input: Box::new(every_row(old, None)), exprs };
        let insert = PhysicalInsert {
            relation: new.clone(),
            input,
            checks: guards.checks,
            indexes: guards.indexes,
            generated: guards.generated,
            conflict: None,
            returning: None,
        };
        let plan = PhysicalPlan {
            root: Physical::Insert(Box::new(insert)),
            subplans: Vec::new(),
            schema: Vec::new(),
            cte_count: 0,
        };
        self.run_plan(plan, &mut |_, _| Ok(())).map_err(|error| as_index_error(error, new))
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

/// Every row of a table: its columns, then its key.
fn every_row(relation: &Arc<RelationDef>, filter: Option<Expr>) -> Physical {
    let columns = (0..super::table_of(relation).columns.len()).chain([ROW_KEY]).collect();
    Physical::SeqScan { relation: relation.clone(), columns, filter }
}

/// An INSERT's complaint about equal keys, as the complaint of the index that is being made.
fn as_index_error(error: SqlError, relation: &RelationDef) -> SqlError {
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
