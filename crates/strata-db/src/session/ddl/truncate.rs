//! TRUNCATE: new, empty keyspaces in place of the old ones.

use super::{Ddl, done, kind_name};
use crate::error::{Result, SqlError};
use crate::parse::ast::Truncate;
use crate::schema::{ConstraintKind, RelationDef, RelationKind};
use crate::session::portal::Outcome;
use std::sync::Arc;
use strata_types::sqlstate;

impl Ddl<'_> {
    /// `TRUNCATE`.
    ///
    /// # Errors
    /// 42P01 and 42809 for the tables, 0A000 if another table refers to one of them.
    pub(super) fn truncate(&mut self, truncate: &Truncate) -> Result<Outcome> {
        let mut tables: Vec<Arc<RelationDef>> = Vec::new();
        for name in &truncate.tables {
            let relation = self.table(&name.name)?;
            if !tables.iter().any(|known| known.oid == relation.oid) {
                tables.push(relation);
            }
        }
        self.add_referring(&mut tables, truncate.cascade)?;
        let oids: Vec<_> = tables.iter().map(|relation| relation.oid).collect();
        if self.must_wait_for(&oids)? {
            return Ok(Outcome::Wait);
        }
        for relation in &tables {
            let mut emptied = (**relation).clone();
            let old = self.renew_storage(&mut emptied)?;
            self.drop_storage(old);
            self.put(emptied)?;
            if truncate.restart_identity {
                self.restart_sequences_of(relation)?;
            }
        }
        Ok(done("TRUNCATE TABLE"))
    }

    /// Tables that refer to those listed are emptied too, or stand in the way.
    fn add_referring(&self, tables: &mut Vec<Arc<RelationDef>>, cascade: bool) -> Result<()> {
        let catalog = self.catalog();
        let mut next = 0;
        while let Some(target) = tables.get(next).cloned() {
            next += 1;
            for relation in catalog.relations() {
                let RelationKind::Table(table) = &relation.kind else { continue };
                let refers = table.constraints.iter().any(
                    |constraint| matches!(&constraint.kind, ConstraintKind::ForeignKey(key) if key.table == target.oid),
                );
                if !refers || tables.iter().any(|known| known.oid == relation.oid) {
                    continue;
                }
                if !cascade {
                    return Err(SqlError::new(
                        sqlstate::FEATURE_NOT_SUPPORTED,
                        "cannot truncate a table referenced in a foreign key constraint",
                    )
                    .detail(format!("Table \"{}\" references \"{}\".", relation.name, target.name))
                    .hint(format!(
                        "Truncate table \"{}\" at the same time, or use TRUNCATE ... CASCADE.",
                        relation.name
                    )));
                }
                self.notice(
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("truncate cascades to {} \"{}\"", kind_name(relation), relation.name),
                );
                tables.push(relation.clone());
            }
        }
        Ok(())
    }

    fn restart_sequences_of(&mut self, relation: &RelationDef) -> Result<()> {
        for column in 0..super::table_of(relation).columns.len() {
            if let Some(sequence) = self.sequence_of(relation.oid, column) {
                self.restart_sequence(&sequence)?;
            }
        }
        Ok(())
    }
}
