//! Names to objects: the search path, and names of one to three parts.
//!
//! ```text
//! events                    first dataset of the search path that has it (pg_catalog is searched first
//!                           unless the path names it later)
//! demo.events               dataset demo of the session's project
//! strata.demo.events        any project
//! ```

use super::{Catalog, SystemRelation, system};
use crate::error::{Result, SqlError};
use crate::schema::{DatasetDef, Oid, RelationDef};
use std::sync::Arc;
use strata_types::sqlstate;

/// What a relation name stands for.
#[derive(Clone, Debug)]
pub enum Relation {
    /// An object that a user made.
    Stored(Arc<RelationDef>),
    /// A relation of `pg_catalog` or `information_schema`.
    System(&'static SystemRelation),
}

impl Relation {
    /// Its identity.
    pub fn oid(&self) -> Oid {
        match self {
            Relation::Stored(relation) => relation.oid,
            Relation::System(relation) => relation.oid,
        }
    }
}

/// A catalog as one session sees it.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The objects.
    pub catalog: &'a Catalog,
    /// The session's project.
    pub project: Oid,
    /// Datasets to search, in order; `"$user"` is replaced already.
    pub search_path: &'a [String],
    /// The dataset of the session's temporary tables, searched before all others.
    pub temporary: Option<Oid>,
}

impl Names<'_> {
    /// The relation of a name of one to three parts.
    ///
    /// # Errors
    /// 42P01 if there is none, 3D000 for an unknown project, 42601 for too many parts.
    pub fn relation(&self, parts: &[String], pos: u32) -> Result<Relation> {
        self.find_relation(parts, pos)?.ok_or_else(|| {
            SqlError::new(
                sqlstate::UNDEFINED_TABLE,
                format!("relation \"{}\" does not exist", parts.join(".")),
            )
            .at(pos)
        })
    }

    /// As [`Self::relation`], `None` if there is no such relation.
    ///
    /// # Errors
    /// 3D000 for an unknown project, 42601 for too many parts.
    pub fn find_relation(&self, parts: &[String], pos: u32) -> Result<Option<Relation>> {
        match parts {
            [name] => Ok(self.search(name)),
            [dataset, name] => Ok(self.in_dataset(self.project, dataset, name)),
            [project, dataset, name] => {
                let project = self.project_oid(project, pos)?;
                Ok(self.in_dataset(project, dataset, name))
            }
            _ => Err(too_many_parts(parts, pos)),
        }
    }

    /// The dataset in which `CREATE` puts an object of this name, and the name's last part.
    ///
    /// # Errors
    /// 3F000 for an unknown dataset or an empty search path, 3D000 for an unknown project.
    pub fn creation_place<'n>(&self, parts: &'n [String], pos: u32) -> Result<(Arc<DatasetDef>, &'n str)> {
        match parts {
            [name] => {
                let mut existing =
                    self.search_path.iter().filter_map(|name| self.catalog.dataset_named(self.project, name));
                let dataset = existing.next().ok_or_else(|| {
                    SqlError::new(sqlstate::INVALID_SCHEMA_NAME, "no schema has been selected to create in")
                        .at(pos)
                })?;
                Ok((dataset.clone(), name))
            }
            [dataset, name] => Ok((self.dataset(self.project, dataset, pos)?, name)),
            [project, dataset, name] => {
                Ok((self.dataset(self.project_oid(project, pos)?, dataset, pos)?, name))
            }
            _ => Err(too_many_parts(parts, pos)),
        }
    }

    /// A dataset of a project.
    ///
    /// # Errors
    /// 3F000 if there is none; 42501 for the system's own.
    pub fn dataset(&self, project: Oid, name: &str, pos: u32) -> Result<Arc<DatasetDef>> {
        if system::is_system_dataset(name) {
            return Err(SqlError::new(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied to create in \"{name}\""),
            )
            .detail("System catalog modifications are currently disallowed.")
            .at(pos));
        }
        self.catalog.dataset_named(project, name).cloned().ok_or_else(|| {
            SqlError::new(sqlstate::INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist")).at(pos)
        })
    }

    /// A project by name.
    ///
    /// # Errors
    /// 3D000 if there is none.
    pub fn project_oid(&self, name: &str, pos: u32) -> Result<Oid> {
        self.catalog.project_named(name).map(|project| project.oid).ok_or_else(|| {
            SqlError::new(sqlstate::INVALID_CATALOG_NAME, format!("database \"{name}\" does not exist"))
                .at(pos)
        })
    }

    /// A stored or system relation by OID.
    pub fn relation_by_oid(&self, oid: Oid) -> Option<Relation> {
        match self.catalog.relation(oid) {
            Some(relation) => Some(Relation::Stored(relation.clone())),
            None => system::by_oid(oid).map(Relation::System),
        }
    }

    /// Whether the bare name of a relation finds this very relation.
    pub fn is_visible(&self, oid: Oid) -> bool {
        let name = match self.relation_by_oid(oid) {
            Some(Relation::Stored(relation)) => relation.name.clone(),
            Some(Relation::System(relation)) => relation.name.to_owned(),
            None => return false,
        };
        match self.search(&name) {
            Some(Relation::Stored(found)) => found.oid == oid,
            Some(Relation::System(found)) => found.oid == oid,
            None => false,
        }
    }

    /// The datasets that a bare name is looked for in, in order: name and, if stored, the dataset.
    pub fn searched(&self) -> impl Iterator<Item = (&str, Option<&Arc<DatasetDef>>)> {
        let temporary = self.temporary.and_then(|oid| self.catalog.dataset(oid));
        let implicit = !self.search_path.iter().any(|name| name == "pg_catalog");
        temporary
            .map(|dataset| (dataset.name.as_str(), Some(dataset)))
            .into_iter()
            .chain(implicit.then_some(("pg_catalog", None)))
            .chain(
                self.search_path
                    .iter()
                    .map(|name| (name.as_str(), self.catalog.dataset_named(self.project, name))),
            )
    }

    fn search(&self, name: &str) -> Option<Relation> {
        self.searched().find_map(|(dataset, stored)| match stored {
            Some(stored) => self.catalog.relation_named(stored.oid, name).cloned().map(Relation::Stored),
            None => system::named(dataset, name).map(Relation::System),
        })
    }

    fn in_dataset(&self, project: Oid, dataset: &str, name: &str) -> Option<Relation> {
        if let Some(found) = system::named(dataset, name) {
            return Some(Relation::System(found));
        }
        let oid = match (dataset, self.temporary) {
            ("pg_temp", Some(temporary)) => temporary,
            _ => self.catalog.dataset_named(project, dataset)?.oid,
        };
        self.catalog.relation_named(oid, name).cloned().map(Relation::Stored)
    }
}

fn too_many_parts(parts: &[String], pos: u32) -> SqlError {
    SqlError::new(
        sqlstate::SYNTAX_ERROR,
        format!("improper relation name (too many dotted names): {}", parts.join(".")),
    )
    .at(pos)
}
