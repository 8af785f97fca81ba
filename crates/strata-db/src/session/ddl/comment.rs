//! COMMENT ON.

use super::{Ddl, done};
use crate::error::{Result, SqlError};
use crate::parse::ast::{Comment, ObjectKind, ObjectName, ObjectRef};
use crate::schema::{Oid, RelationDef, RelationKind};
use crate::session::portal::Outcome;
use std::sync::Arc;
use strata_store::ObjectMode;
use strata_types::sqlstate;

impl Ddl<'_> {
    /// `COMMENT ON`.
    ///
    /// # Errors
    /// 42P01 and 42703 for what is not there; 0A000 for objects that keep no comment.
    pub(super) fn comment(&mut self, comment: &Comment) -> Result<Outcome> {
        if let Some(relation) = self.commented(comment)?
            && self.must_wait(&[relation], ObjectMode::ShareUpdateExclusive)?
        {
            return Ok(Outcome::Wait);
        }
        let text = comment.text.as_deref().filter(|text| !text.is_empty()).map(str::to_owned);
        match (comment.kind, &comment.object) {
            (ObjectKind::Table | ObjectKind::View | ObjectKind::Sequence, ObjectRef::Name(name)) => {
                let relation = self.relation(name)?;
                self.require_owner(&relation)?;
                self.put(RelationDef { comment: text, ..(*relation).clone() })?;
            }
            (ObjectKind::Index, ObjectRef::Name(name)) => self.comment_on_index(name, text)?,
            (ObjectKind::Column, ObjectRef::Name(name)) => self.comment_on_column(name, text)?,
            (ObjectKind::Schema, ObjectRef::Name(name)) => {
                self.dataset(name)?;
            }
            (ObjectKind::Database | ObjectKind::Role | ObjectKind::Extension | ObjectKind::Constraint, _) => {
            }
            _ => return Err(SqlError::unsupported("COMMENT ON this kind of object")),
        }
        Ok(done("COMMENT"))
    }

    /// The relation whose definition keeps the comment, if one does.
    fn commented(&self, comment: &Comment) -> Result<Option<Oid>> {
        let ObjectRef::Name(name) = &comment.object else { return Ok(None) };
        match comment.kind {
            ObjectKind::Table | ObjectKind::View | ObjectKind::Sequence => Ok(Some(self.relation(name)?.oid)),
            ObjectKind::Index => {
                let relation = self.relation(name)?;
                Ok(Some(
                    self.catalog().table_of_index(relation.oid).map_or(relation.oid, |(table, _)| table.oid),
                ))
            }
            ObjectKind::Column => match name.0.split_last() {
                Some((_, table)) if !table.is_empty() => {
                    Ok(Some(self.relation(&ObjectName(table.to_vec()))?.oid))
                }
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn comment_on_index(&mut self, name: &ObjectName, text: Option<String>) -> Result<()> {
        let relation = self.relation(name)?;
        self.require_owner(&relation)?;
        let catalog = self.catalog();
        let Some((table, position)) = catalog.table_of_index(relation.oid) else {
            return Err(super::wrong_kind(&relation, "index"));
        };
        let mut changed = (**table).clone();
        if let Some(index) = super::table_of_mut(&mut changed).indexes.get_mut(position) {
            let mut commented = (**index).clone();
            commented.comment.clone_from(&text);
            *index = Arc::new(commented);
        }
        self.put(changed)?;
        self.put(RelationDef { comment: text, ..(*relation).clone() })
    }

    fn comment_on_column(&mut self, name: &ObjectName, text: Option<String>) -> Result<()> {
        let Some((column, table)) = name.0.split_last().filter(|(_, table)| !table.is_empty()) else {
            return Err(
                SqlError::new(sqlstate::SYNTAX_ERROR, "column name must be qualified").at(name.pos().0)
            );
        };
        let relation = self.relation(&ObjectName(table.to_vec()))?;
        self.require_owner(&relation)?;
        let mut changed = (*relation).clone();
        let columns = match &mut changed.kind {
            RelationKind::Table(table) => &mut table.columns,
            RelationKind::View(view) => &mut view.columns,
            _ => return Err(super::wrong_kind(&relation, "table or view")),
        };
        let Some(def) = columns.iter_mut().find(|def| def.name == *column.name && !def.dropped) else {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_COLUMN,
                format!("column \"{}\" of relation \"{}\" does not exist", column.name, relation.name),
            ));
        };
        def.comment = text;
        self.put(changed)
    }
}
