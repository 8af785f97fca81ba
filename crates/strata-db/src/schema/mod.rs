//! What the objects of a database *are*: plain data, no storage, no names resolved.
//!
//! ```text
//! project (PostgreSQL: database)
//!   └─ dataset (schema)
//!        └─ relation: table | view | index | sequence      share one namespace
//! role                                                      global
//! ```
//! Every object has an [`Oid`]; the catalog persists these values as rows of the system tables and
//! hands out `Arc`s of them. They are immutable: DDL makes a new value.

pub mod constraint;
pub mod index;
pub mod relation;
pub mod role;
pub mod sequence;

pub use constraint::{Check, Constraint, ConstraintKind, ForeignKey, KeyAction};
pub use index::{IndexDef, IndexKey, KeySource};
pub use relation::{
    ColumnDef, Generated, Identity, RelationDef, RelationKind, StoredQuery, TableDef, ViewDef,
};
pub use role::RoleDef;
pub use sequence::SequenceDef;
pub use strata_types::Oid;

/// The first OID given to objects that users create (PostgreSQL's FirstNormalObjectId).
pub const FIRST_USER_OID: u32 = 16384;

/// A project: what PostgreSQL calls a database.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectDef {
    /// Identity.
    pub oid: Oid,
    /// Name, unique in the server.
    pub name: String,
    /// Owning role.
    pub owner: Oid,
}

/// A dataset: what PostgreSQL calls a schema.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetDef {
    /// Identity.
    pub oid: Oid,
    /// The project it lies in.
    pub project: Oid,
    /// Name, unique in the project.
    pub name: String,
    /// Owning role.
    pub owner: Oid,
}
