//! CREATE, ALTER and DROP DATABASE (a database is called project inside), CREATE EXTENSION.

use super::{Ddl, done};
use crate::catalog::Change;
use crate::error::{Result, SqlError};
use crate::parse::ast::DropDatabase;
use crate::parse::ast::{AlterDatabase, CreateDatabase, CreateExtension, Ident, OptionValue, RoleRef};
use crate::schema::{DatasetDef, Oid, ProjectDef, RelationDef};
use crate::session::portal::Outcome;
use crate::session::utility::refuse_in_block;
use std::sync::Arc;
use strata_types::sqlstate;

/// Functions of these extensions are built in.
const BUILT_IN: [&str; 2] = ["plpgsql", "pgcrypto"];

impl Ddl<'_> {
    /// `CREATE DATABASE`: a project with the dataset `public`.
    ///
    /// # Errors
    /// 42P04 if it exists, 42501 without the right, 25001 inside of a block.
    pub(super) fn create_database(&mut self, create: &CreateDatabase) -> Result<Outcome> {
        refuse_in_block(self.session, "CREATE DATABASE")?;
        let role = self.current_role();
        if !self.catalog().role(role).is_some_and(|role| role.superuser || role.create_project) {
            return Err(SqlError::new(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                "permission denied to create database",
            ));
        }
        let name = create.name.name.to_string();
        if self.must_wait_for_name(Oid(0), &name)? {
            return Ok(Outcome::Wait);
        }
        if self.catalog().project_named(&name).is_some() {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_DATABASE,
                format!("database \"{name}\" already exists"),
            ));
        }
        let mut owner = role;
        for option in &create.options {
            if &*option.name.name == "owner"
                && let Some(OptionValue::Text(name)) = &option.value
            {
                owner = self.role(&RoleRef::Named(Ident::new(name.clone(), option.name.pos)))?;
            }
        }
        let project = self.fresh_oid()?;
        self.change(Change::Project(project, Some(Arc::new(ProjectDef { oid: project, name, owner }))))?;
        let oid = self.fresh_oid()?;
        let public = DatasetDef { oid, project, name: "public".to_owned(), owner };
        self.change(Change::Dataset(oid, Some(Arc::new(public))))?;
        Ok(done("CREATE DATABASE"))
    }

    /// `ALTER DATABASE`: the database is checked; its options are the server's.
    ///
    /// # Errors
    /// 3D000 if there is none.
    pub(super) fn alter_database(&mut self, alter: &AlterDatabase) -> Result<Outcome> {
        let project = self.project(&alter.name.name)?;
        self.require_ownership(project.owner, "database", &project.name)?;
        Ok(done("ALTER DATABASE"))
    }

    /// `DROP DATABASE`, with all that is in it.
    ///
    /// # Errors
    /// 3D000 if there is none, 55006 if it is the session's own, 25001 inside of a block.
    pub(super) fn drop_database(&mut self, drop: &DropDatabase) -> Result<Outcome> {
        refuse_in_block(self.session, "DROP DATABASE")?;
        let project = match self.project(&drop.name.name) {
            Err(error) if drop.if_exists => {
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{}, skipping", error.message()));
                return Ok(done("DROP DATABASE"));
            }
            other => other?,
        };
        if project.oid == self.session.variables.project {
            return Err(SqlError::new(sqlstate::OBJECT_IN_USE, "cannot drop the currently open database"));
        }
        self.require_ownership(project.owner, "database", &project.name)?;
        let catalog = self.catalog();
        let datasets: Vec<Arc<DatasetDef>> = catalog.datasets(project.oid).cloned().collect();
        let relations: Vec<Arc<RelationDef>> =
            datasets.iter().flat_map(|dataset| catalog.relations_in(dataset.oid)).cloned().collect();
        let oids: Vec<Oid> = relations.iter().map(|relation| relation.oid).collect();
        if self.must_wait_for(&oids)? {
            return Ok(Outcome::Wait);
        }
        for relation in &relations {
            self.erase(relation)?;
        }
        for dataset in &datasets {
            self.change(Change::Dataset(dataset.oid, None))?;
        }
        self.change(Change::Project(project.oid, None))?;
        Ok(done("DROP DATABASE"))
    }

    /// `CREATE EXTENSION`: those whose functions are built in are there already.
    ///
    /// # Errors
    /// 0A000 for others.
    pub(super) fn create_extension(&mut self, create: &CreateExtension) -> Result<Outcome> {
        let name = &*create.name.name;
        if !BUILT_IN.contains(&name) {
            return Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("extension \"{name}\" is not available"),
            )
            .at(create.name.pos.0));
        }
        if create.if_not_exists {
            self.notice(sqlstate::DUPLICATE_OBJECT, format!("extension \"{name}\" already exists, skipping"));
        }
        Ok(done("CREATE EXTENSION"))
    }
}
