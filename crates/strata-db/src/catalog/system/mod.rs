//! Virtual relations: `pg_catalog` and `information_schema`, computed from the catalog when read.
//!
//! Each is a row of [`RELATIONS`]: a name, columns, and a function that yields the rows. They are
//! relations like any other to the binder and the executor; no query text is ever recognised.

use super::Names;
use crate::error::Result;
use crate::functions::Environment;
use crate::schema::Oid;
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
    /// Column names and types.
    pub columns: &'static [(&'static str, Type)],
    /// Computes the rows.
    pub rows: fn(&SystemSource<'_>) -> Result<Vec<Vec<Value>>>,
}

/// What the rows are computed from.
pub struct SystemSource<'a> {
    /// The objects, as the session names them. PostgreSQL shows those of one database.
    pub names: Names<'a>,
    /// The session.
    pub env: &'a dyn Environment,
}

/// Every virtual relation.
pub static RELATIONS: &[SystemRelation] = &[];

/// Whether the name is that of a dataset that the system provides.
pub fn is_system_dataset(name: &str) -> bool {
    matches!(name, "pg_catalog" | "information_schema")
}

/// A virtual relation by dataset and name.
pub fn named(dataset: &str, name: &str) -> Option<&'static SystemRelation> {
    RELATIONS.iter().find(|relation| relation.dataset == dataset && relation.name == name)
}

/// A virtual relation by OID.
pub fn by_oid(oid: Oid) -> Option<&'static SystemRelation> {
    RELATIONS.iter().find(|relation| relation.oid == oid)
}

/// OIDs of the datasets that the system provides.
const DATASETS: [(&str, Oid); 2] = [("pg_catalog", Oid(11)), ("information_schema", Oid(13_000))];

/// The OID of a dataset that the system provides.
pub fn dataset_oid(name: &str) -> Option<Oid> {
    DATASETS.iter().find(|(known, _)| *known == name).map(|(_, oid)| *oid)
}

/// The name of a dataset that the system provides.
pub fn dataset_name(oid: Oid) -> Option<&'static str> {
    DATASETS.iter().find(|(_, known)| *known == oid).map(|(name, _)| *name)
}
