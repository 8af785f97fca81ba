//! CREATE SCHEMA. (A schema is called dataset inside.)

use super::{Ddl, done};
use crate::catalog::{Change, system};
use crate::error::{Result, SqlError};
use crate::parse::ast::{CreateSchema, Ident, ObjectName};
use crate::schema::{DatasetDef, Oid};
use crate::session::portal::Outcome;
use std::sync::Arc;
use strata_types::sqlstate;

impl Ddl<'_> {
    /// `CREATE SCHEMA`.
    ///
    /// # Errors
    /// 42P06 if it exists, 42939 for reserved names, 3D000 for an unknown project.
    pub(super) fn create_schema(&mut self, create: &CreateSchema) -> Result<Outcome> {
        if !create.elements.is_empty() {
            return Err(SqlError::unsupported("CREATE SCHEMA with elements"));
        }
        let owner = match &create.owner {
            Some(role) => self.role(role)?,
            None => self.current_role(),
        };
        let (project, name) = match &create.name {
            Some(name) => self.dataset_place(name)?,
            None => {
                let catalog = self.catalog();
                let role = catalog.role(owner).map(|role| role.name.clone()).unwrap_or_default();
                (self.session.variables.project, role)
            }
        };
        if name.starts_with("pg_") {
            return Err(SqlError::new(
                sqlstate::RESERVED_NAME,
                format!("unacceptable schema name \"{name}\""),
            )
            .detail("The prefix \"pg_\" is reserved for system schemas."));
        }
        if self.must_wait_for_name(project, &name)? {
            return Ok(Outcome::Wait);
        }
        if self.has_dataset(project, &name) {
            let message = format!("schema \"{name}\" already exists");
            if create.if_not_exists {
                self.notice(sqlstate::DUPLICATE_SCHEMA, format!("{message}, skipping"));
                return Ok(done("CREATE SCHEMA"));
            }
            return Err(SqlError::new(sqlstate::DUPLICATE_SCHEMA, message));
        }
        let oid = self.fresh_oid()?;
        self.change(Change::Dataset(oid, Some(Arc::new(DatasetDef { oid, project, name, owner }))))?;
        Ok(done("CREATE SCHEMA"))
    }

    fn has_dataset(&self, project: Oid, name: &str) -> bool {
        system::is_system_dataset(name) || self.catalog().dataset_named(project, name).is_some()
    }

    /// `dataset` or `project.dataset`.
    fn dataset_place(&self, name: &ObjectName) -> Result<(Oid, String)> {
        match name.0.as_slice() {
            [dataset] => Ok((self.session.variables.project, dataset.name.to_string())),
            [project, dataset] => {
                let env = self.env();
                Ok((env.names().project_oid(&project.name, project.pos.0)?, dataset.name.to_string()))
            }
            _ => Err(SqlError::new(
                sqlstate::SYNTAX_ERROR,
                format!("improper schema name (too many dotted names): {name}"),
            )
            .at(name.pos().0)),
        }
    }

    /// A dataset by `dataset` or `project.dataset`.
    ///
    /// # Errors
    /// 3F000 if there is none, 42501 if it is the system's.
    pub(super) fn dataset(&self, name: &ObjectName) -> Result<Arc<DatasetDef>> {
        let (project, base) = self.dataset_place(name)?;
        let env = self.env();
        env.names().dataset(project, &base, name.pos().0)
    }

    /// A dataset of the session's project.
    ///
    /// # Errors
    /// As [`Self::dataset`].
    pub(super) fn dataset_by_ident(&self, name: &Ident) -> Result<Arc<DatasetDef>> {
        self.dataset(&ObjectName(vec![name.clone()]))
    }
}
