//! The objects that the relations are about, as iterators over the session's project.

use super::{PG_CATALOG, SystemRelation, SystemSource, dataset_oid, datasets, relations};
use crate::schema::{ColumnDef, DatasetDef, IndexDef, Oid, RelationDef, RelationKind, SequenceDef, TableDef};
use std::sync::Arc;

/// A dataset: one of the system's, or one that a user made.
#[derive(Clone, Copy)]
pub(super) struct Namespace<'a> {
    pub(super) oid: Oid,
    pub(super) name: &'a str,
    pub(super) owner: Oid,
}

/// A row of `pg_class`.
#[derive(Clone, Copy)]
pub(super) enum Class<'a> {
    Stored(&'a RelationDef),
    Index(Indexed<'a>),
    System(&'static SystemRelation),
}

/// An index with the table that it serves.
#[derive(Clone, Copy)]
pub(in crate::catalog) struct Indexed<'a> {
    pub(in crate::catalog) table: &'a RelationDef,
    pub(super) def: &'a TableDef,
    pub(in crate::catalog) index: &'a IndexDef,
}

/// A table that a user made.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) relation: &'a RelationDef,
    pub(super) def: &'a TableDef,
}

impl<'a> SystemSource<'a> {
    /// The datasets that users made, the temporary ones included.
    pub(super) fn datasets(&self) -> impl Iterator<Item = &'a Arc<DatasetDef>> + use<'a> {
        self.names.catalog.datasets(self.names.project)
    }

    /// All datasets.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = Namespace<'a>> + use<'a> {
        datasets()
            .map(|(name, oid)| Namespace { oid, name, owner: Oid(10) })
            .chain(self.datasets().map(|def| Namespace { oid: def.oid, name: &def.name, owner: def.owner }))
    }

    /// The relations that users made.
    pub(super) fn stored(&self) -> impl Iterator<Item = &'a RelationDef> + use<'a> {
        let catalog = self.names.catalog;
        self.datasets().flat_map(|dataset| catalog.relations_in(dataset.oid)).map(|relation| &**relation)
    }

    /// Every relation there is.
    pub(super) fn classes(&self) -> impl Iterator<Item = Class<'a>> + use<'a> {
        let catalog = self.names.catalog;
        let stored = self.stored().filter_map(|relation| match relation.kind {
            RelationKind::Index { .. } => {
                let (table, at) = catalog.table_of_index(relation.oid)?;
                let RelationKind::Table(def) = &table.kind else { return None };
                Some(Class::Index(Indexed { table, def, index: def.indexes.get(at)? }))
            }
            _ => Some(Class::Stored(relation)),
        });
        relations().map(Class::System).chain(stored)
    }

    /// The tables that users made.
    pub(super) fn tables(&self) -> impl Iterator<Item = Table<'a>> + use<'a> {
        self.stored().filter_map(|relation| match &relation.kind {
            RelationKind::Table(def) => Some(Table { relation, def }),
            _ => None,
        })
    }

    /// The indexes of those tables.
    pub(in crate::catalog) fn indexes(&self) -> impl Iterator<Item = Indexed<'a>> + use<'a> {
        self.tables().flat_map(|Table { relation, def }| {
            def.indexes.iter().map(move |index| Indexed { table: relation, def, index })
        })
    }

    /// The sequences that users made.
    pub(in crate::catalog) fn sequences(
        &self,
    ) -> impl Iterator<Item = (&'a RelationDef, &'a SequenceDef)> + use<'a> {
        self.stored().filter_map(|relation| match &relation.kind {
            RelationKind::Sequence(def) => Some((relation, def)),
            _ => None,
        })
    }

    /// The name of a dataset.
    pub(super) fn dataset_name(&self, oid: Oid) -> &'a str {
        match super::dataset_name(oid) {
            Some(name) => name,
            None => self.names.catalog.dataset(oid).map_or("", |dataset| &dataset.name),
        }
    }

    /// The name of a role.
    pub(super) fn role_name(&self, oid: Oid) -> &'a str {
        self.names.catalog.role(oid).map_or("", |role| &role.name)
    }
}

impl<'a> Class<'a> {
    pub(super) fn oid(&self) -> Oid {
        match self {
            Class::Stored(relation) => relation.oid,
            Class::Index(indexed) => indexed.index.oid,
            Class::System(relation) => relation.oid,
        }
    }

    pub(super) fn name(&self) -> &'a str {
        match self {
            Class::Stored(relation) => &relation.name,
            Class::Index(indexed) => &indexed.index.name,
            Class::System(relation) => relation.name,
        }
    }

    pub(super) fn dataset(&self) -> Oid {
        match self {
            Class::Stored(relation) => relation.dataset,
            Class::Index(indexed) => indexed.table.dataset,
            Class::System(relation) => dataset_oid(relation.dataset).unwrap_or(PG_CATALOG),
        }
    }

    pub(super) fn owner(&self) -> Oid {
        match self {
            Class::Stored(relation) => relation.owner,
            Class::Index(indexed) => indexed.table.owner,
            Class::System(_) => Oid(10),
        }
    }

    /// The definition, if it is a table that a user made.
    pub(super) fn table(&self) -> Option<&'a TableDef> {
        match self {
            Class::Stored(RelationDef { kind: RelationKind::Table(def), .. }) => Some(def),
            _ => None,
        }
    }

    /// `relkind`.
    pub(super) fn kind(&self) -> u8 {
        match self {
            Class::Index(_) => b'i',
            Class::System(relation) if relation.is_table => b'r',
            Class::System(_) => b'v',
            Class::Stored(relation) => match &relation.kind {
                RelationKind::Table(TableDef { materialized: Some(_), .. }) => b'm',
                RelationKind::Table(_) => b'r',
                RelationKind::View(_) => b'v',
                RelationKind::Sequence(_) => b'S',
                RelationKind::Index { .. } => b'i',
            },
        }
    }

    /// Whether it lives in a session's temporary dataset.
    pub(super) fn is_temporary(&self) -> bool {
        match self {
            Class::Index(indexed) => indexed.def.temporary,
            _ => self.table().is_some_and(|def| def.temporary),
        }
    }
}

/// The columns of a relation that users made; none for sequences and indexes.
pub(super) fn columns(relation: &RelationDef) -> &[ColumnDef] {
    match &relation.kind {
        RelationKind::Table(def) => &def.columns,
        RelationKind::View(def) => &def.columns,
        RelationKind::Sequence(_) | RelationKind::Index { .. } => &[],
    }
}

/// The number of a column in the catalog, where they count from 1.
pub(super) fn number(column: usize) -> i16 {
    i16::try_from(column + 1).unwrap_or(i16::MAX)
}
