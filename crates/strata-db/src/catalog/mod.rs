//! The catalog: which objects exist, by OID and by name.
//!
//! ```text
//! system keyspaces in the store ── load ──▶ Catalog (immutable, one Arc) ◀── Names resolves against it
//!            ▲                                   ▲
//!            └── rows written by the DDL's own transaction;  Changes applied at its commit
//! ```
//! A [`Catalog`] never changes: DDL collects [`Change`]s in its transaction, which sees a private
//! successor; commit applies them to the shared one and raises [`Catalog::version`], by which cached
//! plans notice.

pub mod founding;
pub mod lookup;
pub mod names;
pub mod questions;
pub mod rows;
pub mod system;
pub mod type_names;

pub use names::{Names, Relation};
pub use system::{SystemRelation, SystemSource};

use crate::schema::{DatasetDef, Oid, ProjectDef, RelationDef, RelationKind, RoleDef};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every object of the server at one moment.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    version: u64,
    projects: BTreeMap<Oid, Arc<ProjectDef>>,
    datasets: BTreeMap<Oid, Arc<DatasetDef>>,
    relations: BTreeMap<Oid, Arc<RelationDef>>,
    roles: BTreeMap<Oid, Arc<RoleDef>>,
    relation_names: BTreeMap<(Oid, String), Oid>,
}

/// One object made, replaced (`Some`) or dropped (`None`).
#[derive(Clone, Debug)]
pub enum Change {
    /// A project.
    Project(Oid, Option<Arc<ProjectDef>>),
    /// A dataset.
    Dataset(Oid, Option<Arc<DatasetDef>>),
    /// A relation.
    Relation(Oid, Option<Arc<RelationDef>>),
    /// A role.
    Role(Oid, Option<Arc<RoleDef>>),
}

impl Catalog {
    /// Takes the place of another one that was of a lower version.
    pub fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    /// Grows with every change; equal versions mean equal catalogs.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Applies one change.
    pub fn apply(&mut self, change: &Change) {
        self.version += 1;
        match change {
            Change::Project(oid, def) => replace(&mut self.projects, *oid, def),
            Change::Dataset(oid, def) => replace(&mut self.datasets, *oid, def),
            Change::Role(oid, def) => replace(&mut self.roles, *oid, def),
            Change::Relation(oid, def) => {
                if let Some(old) = self.relations.get(oid) {
                    self.relation_names.remove(&(old.dataset, old.name.clone()));
                }
                if let Some(new) = def {
                    self.relation_names.insert((new.dataset, new.name.clone()), *oid);
                }
                replace(&mut self.relations, *oid, def);
            }
        }
    }

    /// A project by OID.
    pub fn project(&self, oid: Oid) -> Option<&Arc<ProjectDef>> {
        self.projects.get(&oid)
    }

    /// A project by name.
    pub fn project_named(&self, name: &str) -> Option<&Arc<ProjectDef>> {
        self.projects.values().find(|project| project.name == name)
    }

    /// Every project, by OID.
    pub fn projects(&self) -> impl Iterator<Item = &Arc<ProjectDef>> {
        self.projects.values()
    }

    /// A dataset by OID.
    pub fn dataset(&self, oid: Oid) -> Option<&Arc<DatasetDef>> {
        self.datasets.get(&oid)
    }

    /// A dataset of a project by name.
    pub fn dataset_named(&self, project: Oid, name: &str) -> Option<&Arc<DatasetDef>> {
        self.datasets.values().find(|dataset| dataset.project == project && dataset.name == name)
    }

    /// Every dataset of a project, by OID.
    pub fn datasets(&self, project: Oid) -> impl Iterator<Item = &Arc<DatasetDef>> {
        self.datasets.values().filter(move |dataset| dataset.project == project)
    }

    /// A relation by OID.
    pub fn relation(&self, oid: Oid) -> Option<&Arc<RelationDef>> {
        self.relations.get(&oid)
    }

    /// A relation of a dataset by name.
    pub fn relation_named(&self, dataset: Oid, name: &str) -> Option<&Arc<RelationDef>> {
        self.relations.get(self.relation_names.get(&(dataset, name.to_owned()))?)
    }

    /// Every relation of a dataset, by name.
    pub fn relations_in(&self, dataset: Oid) -> impl Iterator<Item = &Arc<RelationDef>> {
        self.relation_names
            .range((dataset, String::new())..)
            .take_while(move |((of, _), _)| *of == dataset)
            .filter_map(|(_, oid)| self.relations.get(oid))
    }

    /// Every relation, by OID.
    pub fn relations(&self) -> impl Iterator<Item = &Arc<RelationDef>> {
        self.relations.values()
    }

    /// The table that an index relation serves, with the index's place in it.
    pub fn table_of_index(&self, index: Oid) -> Option<(&Arc<RelationDef>, usize)> {
        let RelationKind::Index { table } = self.relations.get(&index)?.kind else { return None };
        let relation = self.relations.get(&table)?;
        let RelationKind::Table(def) = &relation.kind else { return None };
        Some((relation, def.indexes.iter().position(|candidate| candidate.oid == index)?))
    }

    /// A role by OID.
    pub fn role(&self, oid: Oid) -> Option<&Arc<RoleDef>> {
        self.roles.get(&oid)
    }

    /// A role by name.
    pub fn role_named(&self, name: &str) -> Option<&Arc<RoleDef>> {
        self.roles.values().find(|role| role.name == name)
    }

    /// Every role, by OID.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<RoleDef>> {
        self.roles.values()
    }
}

fn replace<T>(map: &mut BTreeMap<Oid, Arc<T>>, oid: Oid, def: &Option<Arc<T>>) {
    match def {
        Some(def) => map.insert(oid, def.clone()),
        None => map.remove(&oid),
    };
}
