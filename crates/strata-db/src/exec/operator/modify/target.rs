//! A table that is written to: what a row must satisfy, and which index entries it has.

use super::refusal;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_row, matches};
use crate::exec::operator::lock_rows::layout;
use crate::plan::{Expr, ExprKind, IndexExprs};
use crate::schema::{RelationDef, RelationKind, TableDef};
use crate::table::{Doubt, IndexRow, TableLayout};
use std::sync::Arc;
use strata_types::{Type, Value};

/// See the module.
pub(super) struct Target {
    pub(super) relation: Arc<RelationDef>,
    pub(super) layout: TableLayout,
    checks: Vec<(String, Expr)>,
    indexes: Vec<IndexExprs>,
    generated: Vec<(usize, Expr)>,
}

impl Target {
    pub(super) fn new(
        relation: &Arc<RelationDef>,
        checks: &[(String, Expr)],
        indexes: &[IndexExprs],
        generated: &[(usize, Expr)],
    ) -> Result<Target> {
        Ok(Target {
            layout: layout(relation)?,
            relation: relation.clone(),
            checks: checks.to_vec(),
            indexes: indexes.to_vec(),
            generated: generated.to_vec(),
        })
    }

    /// The definition of the table.
    pub(super) fn table(&self) -> &TableDef {
        match &self.relation.kind {
            RelationKind::Table(table) => table,
            _ => unreachable!("only tables are written to"),
        }
    }

    /// Types of the table's columns.
    pub(super) fn types(&self) -> Vec<Type> {
        self.table().columns.iter().map(|column| column.ty).collect()
    }

    /// Fills in the generated columns of a new row and checks it.
    ///
    /// # Errors
    /// 23502, 23514.
    pub(super) fn complete(&self, row: &mut [Value], run: &mut Run<'_>) -> Result<()> {
        for (column, expr) in &self.generated {
            row[*column] = eval_row(expr, Row::Values(row), run)?;
        }
        let table = self.table();
        for (at, column) in table.columns.iter().enumerate() {
            if column.not_null && !column.dropped && row[at].is_null() {
                return Err(refusal::not_null(&self.relation, table, at, row, run));
            }
        }
        for (name, condition) in &self.checks {
            if eval_row(condition, Row::Values(row), run)? == Value::Bool(false) {
                return Err(refusal::check(&self.relation, table, name, row, run));
            }
        }
        Ok(())
    }

    /// A row's key values in each index.
    pub(super) fn index_rows(&self, row: &[Value], run: &mut Run<'_>) -> Result<Vec<IndexRow>> {
        let mut rows = Vec::with_capacity(self.indexes.len());
        for index in &self.indexes {
            if !matches(index.predicate.as_ref(), Row::Values(row), run)? {
                rows.push(None);
                continue;
            }
            let mut values = Vec::with_capacity(index.keys.len());
            for key in &index.keys {
                values.push(eval_row(key, Row::Values(row), run)?);
            }
            rows.push(Some(values));
        }
        Ok(rows)
    }

    /// The columns that a unique index reads.
    pub(super) fn is_key(&self, column: usize) -> bool {
        let table = self.table();
        table.indexes.iter().zip(&self.indexes).any(|(def, exprs)| {
            def.unique
                && exprs
                    .keys
                    .iter()
                    .any(|key| key.contains(&mut |part| part.kind == ExprKind::Column(column)))
        })
    }

    /// Raises 23505 for a key that another row has in the index at this position.
    pub(super) fn duplicate(&self, index: usize, indexes: &[IndexRow], run: &Run<'_>) -> crate::SqlError {
        let table = self.table();
        let key = indexes.get(index).and_then(Option::as_deref);
        let (catalog, format) = (run.system.names.catalog, run.env.format());
        refusal::duplicate(&self.relation, &table.indexes[index], key, catalog, format)
    }

    /// A row was written. `doubts` are keys of it that other rows may have.
    pub(super) fn written(
        &self,
        old: Option<&[Value]>,
        new: Option<&[Value]>,
        doubts: Vec<Doubt>,
        run: &mut Run<'_>,
    ) {
        run.watch.written(self.relation.oid, old, new);
        doubts.into_iter().for_each(|doubt| run.watch.doubted(&self.relation, doubt));
    }
}
