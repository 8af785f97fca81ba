//! ALTER … OWNER TO, REASSIGN OWNED and DROP OWNED.

use super::{Ddl, done};
use crate::catalog::Change;
use crate::error::{Result, SqlError};
use crate::parse::ast::{AlterOwner, ObjectKind, ObjectRef, Owned, OwnedAction};
use crate::schema::{DatasetDef, Oid, ProjectDef, RelationDef, RelationKind};
use crate::session::portal::Outcome;
use std::sync::Arc;
use strata_types::sqlstate;

impl Ddl<'_> {
    /// `ALTER … OWNER TO`.
    ///
    /// # Errors
    /// 42704 for an unknown role, 42P01 and its kind for the object.
    pub(super) fn alter_owner(&mut self, alter: &AlterOwner) -> Result<Outcome> {
        let owner = self.role(&alter.owner)?;
        let ObjectRef::Name(name) = &alter.object else {
            return Err(SqlError::unsupported("ALTER OWNER of this kind of object"));
        };
        let tag = match alter.kind {
            ObjectKind::Schema => {
                let dataset = self.dataset(name)?;
                self.require_ownership(dataset.owner, "schema", &dataset.name)?;
                let changed = DatasetDef { owner, ..(*dataset).clone() };
                self.change(Change::Dataset(dataset.oid, Some(Arc::new(changed))))?;
                "ALTER SCHEMA"
            }
            ObjectKind::Database => {
                let project = self.project(name.base())?;
                self.require_ownership(project.owner, "database", &project.name)?;
                let changed = ProjectDef { owner, ..(*project).clone() };
                self.change(Change::Project(project.oid, Some(Arc::new(changed))))?;
                "ALTER DATABASE"
            }
            ObjectKind::Table | ObjectKind::View | ObjectKind::Sequence | ObjectKind::Index => {
                let relation = self.relation(name)?;
                if self.must_wait_for(&[relation.oid])? {
                    return Ok(Outcome::Wait);
                }
                self.set_owner(&relation, owner)?;
                match alter.kind {
                    ObjectKind::View => "ALTER VIEW",
                    ObjectKind::Sequence => "ALTER SEQUENCE",
                    ObjectKind::Index => "ALTER INDEX",
                    _ => "ALTER TABLE",
                }
            }
            _ => return Err(SqlError::unsupported("ALTER OWNER of this kind of object")),
        };
        Ok(done(tag))
    }

    /// Gives a relation, and the indexes and sequences of a table, to a role.
    pub(super) fn set_owner(&mut self, relation: &RelationDef, owner: Oid) -> Result<()> {
        self.require_owner(relation)?;
        let belongs = |candidate: &RelationDef| match &candidate.kind {
            RelationKind::Index { table } => *table == relation.oid,
            RelationKind::Sequence(sequence) => {
                sequence.owned_by.is_some_and(|(table, _)| table == relation.oid)
            }
            _ => false,
        };
        let parts: Vec<Arc<RelationDef>> =
            self.catalog().relations().filter(|part| belongs(part)).cloned().collect();
        for part in parts {
            self.put(RelationDef { owner, ..(*part).clone() })?;
        }
        self.put(RelationDef { owner, ..relation.clone() })
    }

    /// A project by name.
    ///
    /// # Errors
    /// 3D000 if there is none.
    pub(super) fn project(&self, name: &str) -> Result<Arc<ProjectDef>> {
        self.catalog().project_named(name).cloned().ok_or_else(|| {
            SqlError::new(sqlstate::INVALID_CATALOG_NAME, format!("database \"{name}\" does not exist"))
        })
    }

    /// `REASSIGN OWNED`, `DROP OWNED`: what roles own in the session's project.
    ///
    /// # Errors
    /// 42704 for an unknown role.
    pub(super) fn owned(&mut self, owned: &Owned) -> Result<Outcome> {
        let roles = owned.roles.iter().map(|role| self.role(role)).collect::<Result<Vec<_>>>()?;
        let catalog = self.catalog();
        let datasets: Vec<_> = catalog.datasets(self.session.variables.project).cloned().collect();
        let relations: Vec<_> = datasets
            .iter()
            .flat_map(|dataset| catalog.relations_in(dataset.oid))
            .filter(|relation| roles.contains(&relation.owner))
            .cloned()
            .collect();
        let oids: Vec<Oid> = relations.iter().map(|relation| relation.oid).collect();
        if self.must_wait_for(&oids)? {
            return Ok(Outcome::Wait);
        }
        match &owned.action {
            OwnedAction::ReassignTo(role) => {
                let owner = self.role(role)?;
                for relation in relations {
                    self.put(RelationDef { owner, ..(*relation).clone() })?;
                }
                for dataset in datasets.iter().filter(|dataset| roles.contains(&dataset.owner)) {
                    let changed = DatasetDef { owner, ..(**dataset).clone() };
                    self.change(Change::Dataset(dataset.oid, Some(Arc::new(changed))))?;
                }
                Ok(done("REASSIGN OWNED"))
            }
            OwnedAction::Drop { .. } => {
                for relation in relations {
                    self.erase_with_parts(&relation)?;
                }
                Ok(done("DROP OWNED"))
            }
        }
    }
}
