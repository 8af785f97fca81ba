//! Virtual relations: `pg_catalog` and `information_schema`, computed from the catalog when read.
//!
//! Each is a row of a table written in the `notation` of `relations!`: a name, columns with their
//! types, and for every column what it holds of an item. They are relations like any other to the
//! binder and the executor; no query text is ever recognised.
//!
//! ```text
//! notation    how a relation is written down        cell       Rust values as cells of a column
//! classes     what pg_class has rows of             the rest   one file per family of relations
//! ```

mod cell;
mod classes;
mod notation;

pub(super) mod builtin;
pub(super) mod definitions;
pub(super) mod pg_proc;

mod absent;
mod access_methods;
mod activity;
mod databases;
mod information_schema;
mod listings;
mod namespaces;
mod pg_attribute;
mod pg_class;
mod pg_constraint;
mod pg_depend;
mod pg_index;
mod pg_operator;
mod pg_type;
mod prepared;
mod roles;
mod sequences;

pub(super) use access_methods::{collation_name, collation_named};
pub(super) use pg_depend::view_of_rule;

use super::Names;
use crate::error::Result;
use crate::functions::Environment;
use crate::schema::Oid;
use std::collections::HashMap;
use std::sync::LazyLock;
use strata_types::{Type, Value};

/// A virtual relation.
#[derive(Debug)]
pub struct SystemRelation {
    /// PostgreSQL's OID where it has one.
    pub oid: Oid,
    /// `pg_catalog` or `information_schema`.
    pub dataset: &'static str,
    /// Name.
    pub name: &'static str,
    /// Whether PostgreSQL keeps it as a table; otherwise it is a view there.
    pub is_table: bool,
    /// Its columns.
    pub columns: &'static [SystemColumn],
    /// Computes the rows: of each the columns asked for, by index, in that order.
    pub rows: RowsOf,
}

/// What computes the columns asked for of every row.
pub type RowsOf = fn(&SystemSource<'_>, &[usize]) -> Result<Vec<Vec<Value>>>;

/// A column of a virtual relation.
#[derive(Debug)]
pub struct SystemColumn {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub ty: Type,
    /// Is never NULL.
    pub not_null: bool,
}

/// What the rows are computed from.
pub struct SystemSource<'a> {
    /// The objects, as the session names them. PostgreSQL shows those of one database.
    pub names: Names<'a>,
    /// The session.
    pub env: &'a dyn Environment,
}

/// Every virtual relation, family by family.
static FAMILIES: &[&[SystemRelation]] = &[
    pg_class::RELATIONS,
    pg_attribute::RELATIONS,
    pg_index::RELATIONS,
    pg_constraint::RELATIONS,
    pg_type::RELATIONS,
    pg_type::EMPTY,
    pg_proc::RELATIONS,
    pg_operator::RELATIONS,
    pg_depend::RELATIONS,
    pg_depend::EMPTY,
    namespaces::RELATIONS,
    databases::RELATIONS,
    roles::RELATIONS,
    access_methods::RELATIONS,
    access_methods::EMPTY,
    prepared::RELATIONS,
    sequences::RELATIONS,
    listings::RELATIONS,
    activity::tables::RELATIONS,
    activity::indexes::RELATIONS,
    activity::sequences::RELATIONS,
    activity::server::RELATIONS,
    activity::server::EMPTY,
    activity::session::RELATIONS,
    activity::settings::RELATIONS,
    activity::zones::RELATIONS,
    information_schema::tables::RELATIONS,
    information_schema::columns::RELATIONS,
    information_schema::constraints::RELATIONS,
    information_schema::privileges::RELATIONS,
    information_schema::routines::RELATIONS,
    information_schema::absent::EMPTY,
    absent::foreign::EMPTY,
    absent::privileges::EMPTY,
    absent::progress::EMPTY,
    absent::replication::EMPTY,
    absent::rules::EMPTY,
    absent::server::EMPTY,
    absent::statistics::EMPTY,
    absent::text_search::EMPTY,
];

static BY_NAME: LazyLock<HashMap<(&'static str, &'static str), &'static SystemRelation>> =
    LazyLock::new(|| relations().map(|relation| ((relation.dataset, relation.name), relation)).collect());

static BY_OID: LazyLock<HashMap<Oid, &'static SystemRelation>> =
    LazyLock::new(|| relations().map(|relation| (relation.oid, relation)).collect());

/// Every virtual relation.
pub fn relations() -> impl Iterator<Item = &'static SystemRelation> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// A virtual relation by dataset and name.
pub fn named(dataset: &str, name: &str) -> Option<&'static SystemRelation> {
    // The map's keys live for ever, but what is asked for may live shorter.
    let dataset = DATASETS.iter().map(|(known, _)| *known).find(|known| *known == dataset)?;
    BY_NAME.get(&(dataset, name)).copied()
}

/// A virtual relation by OID.
pub fn by_oid(oid: Oid) -> Option<&'static SystemRelation> {
    BY_OID.get(&oid).copied()
}

/// OIDs of the datasets that the system provides.
const DATASETS: [(&str, Oid); 2] = [("pg_catalog", PG_CATALOG), ("information_schema", INFORMATION_SCHEMA)];

/// OID of dataset `pg_catalog` (PostgreSQL's own).
pub const PG_CATALOG: Oid = Oid(11);

/// OID of dataset `information_schema`.
pub const INFORMATION_SCHEMA: Oid = Oid(13_000);

/// Names and OIDs of the datasets that the system provides.
pub fn datasets() -> impl Iterator<Item = (&'static str, Oid)> {
    DATASETS.into_iter()
}

/// Whether the name is that of a dataset that the system provides.
pub fn is_system_dataset(name: &str) -> bool {
    dataset_oid(name).is_some()
}

/// The OID of a dataset that the system provides.
pub fn dataset_oid(name: &str) -> Option<Oid> {
    DATASETS.iter().find(|(known, _)| *known == name).map(|(_, oid)| *oid)
}

/// The name of a dataset that the system provides.
pub fn dataset_name(oid: Oid) -> Option<&'static str> {
    DATASETS.iter().find(|(_, known)| *known == oid).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn oids_and_names_are_unique() {
        let mut oids = HashSet::new();
        let mut names = HashSet::new();
        for relation in relations() {
            assert!(oids.insert(relation.oid), "oid {} of {} is taken", relation.oid, relation.name);
            assert!(names.insert((relation.dataset, relation.name)), "{} is there twice", relation.name);
        }
    }

    #[test]
    fn columns_have_types_and_names_of_their_own() {
        for relation in relations() {
            let mut names = HashSet::new();
            for column in relation.columns {
                assert!(names.insert(column.name), "{}.{} is there twice", relation.name, column.name);
                assert!(column.ty.info().is_some(), "{}.{}", relation.name, column.name);
            }
        }
    }

    #[test]
    fn relations_are_found_by_name_and_by_oid() {
        let found = named("pg_catalog", "pg_class").unwrap();
        assert_eq!(by_oid(found.oid).unwrap().name, "pg_class");
        assert!(named("public", "pg_class").is_none());
    }
}
