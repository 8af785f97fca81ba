//! The system tables: keyspace, name and columns of each.

use strata_store::KeyspaceId;
use strata_types::Type;

/// A table of the catalog.
#[derive(Debug)]
pub struct SystemTable {
    /// Where its rows are.
    pub keyspace: KeyspaceId,
    /// Name.
    pub name: &'static str,
    /// Columns.
    pub columns: &'static [(&'static str, Type)],
}

impl SystemTable {
    /// Types of the columns.
    pub fn types(&self) -> Vec<Type> {
        self.columns.iter().map(|(_, ty)| *ty).collect()
    }
}

const TEXT: Type = Type::TEXT;
const OID: Type = Type::OID;
const BOOL: Type = Type::BOOL;
const INT4: Type = Type::INT4;
const INT8: Type = Type::INT8;

pub(super) static PROJECTS: SystemTable =
    SystemTable { keyspace: KeyspaceId(1), name: "projects", columns: &[("name", TEXT), ("owner", OID)] };

pub(super) static DATASETS: SystemTable = SystemTable {
    keyspace: KeyspaceId(2),
    name: "datasets",
    columns: &[("project", OID), ("name", TEXT), ("owner", OID)],
};

pub(super) static ROLES: SystemTable = SystemTable {
    keyspace: KeyspaceId(3),
    name: "roles",
    columns: &[
        ("name", TEXT),
        ("superuser", BOOL),
        ("login", BOOL),
        ("create_role", BOOL),
        ("create_project", BOOL),
        ("inherit", BOOL),
        ("password", TEXT),
        ("connection_limit", INT4),
    ],
};

pub(super) static ROLE_MEMBERS: SystemTable =
    SystemTable { keyspace: KeyspaceId(4), name: "role_members", columns: &[("member_of", OID)] };

pub(super) static RELATIONS: SystemTable = SystemTable {
    keyspace: KeyspaceId(5),
    name: "relations",
    columns: &[
        ("dataset", OID),
        ("name", TEXT),
        ("owner", OID),
        ("comment", TEXT),
        ("kind", TEXT),
        ("keyspace", OID),
        ("temporary", BOOL),
        ("query", TEXT),
        ("of_table", OID),
    ],
};

pub(super) static COLUMNS: SystemTable = SystemTable {
    keyspace: KeyspaceId(6),
    name: "columns",
    columns: &[
        ("name", TEXT),
        ("type", OID),
        ("typmod", INT4),
        ("not_null", BOOL),
        ("default", TEXT),
        ("identity", TEXT),
        ("generated", TEXT),
        ("dropped", BOOL),
        ("missing", TEXT),
        ("comment", TEXT),
    ],
};

pub(super) static INDEXES: SystemTable = SystemTable {
    keyspace: KeyspaceId(7),
    name: "indexes",
    columns: &[
        ("oid", OID),
        ("name", TEXT),
        ("unique", BOOL),
        ("nulls_not_distinct", BOOL),
        ("primary", BOOL),
        ("predicate", TEXT),
        ("keyspace", OID),
        ("comment", TEXT),
        ("deferrable", BOOL),
    ],
};

pub(super) static INDEX_KEYS: SystemTable = SystemTable {
    keyspace: KeyspaceId(8),
    name: "index_keys",
    columns: &[
        ("index", OID),
        ("column", INT4),
        ("expression", TEXT),
        ("type", OID),
        ("descending", BOOL),
        ("nulls_first", BOOL),
        ("included", BOOL),
    ],
};

pub(super) static CONSTRAINTS: SystemTable = SystemTable {
    keyspace: KeyspaceId(9),
    name: "constraints",
    columns: &[
        ("oid", OID),
        ("name", TEXT),
        ("kind", TEXT),
        ("deferrable", BOOL),
        ("initially_deferred", BOOL),
        ("index", OID),
        ("expression", TEXT),
        ("table", OID),
        ("on_update", TEXT),
        ("on_delete", TEXT),
    ],
};

pub(super) static CONSTRAINT_COLUMNS: SystemTable = SystemTable {
    keyspace: KeyspaceId(10),
    name: "constraint_columns",
    columns: &[("constraint", OID), ("column", INT4), ("key", INT4)],
};

pub(super) static SEQUENCES: SystemTable = SystemTable {
    keyspace: KeyspaceId(11),
    name: "sequences",
    columns: &[
        ("type", OID),
        ("start", INT8),
        ("increment", INT8),
        ("min", INT8),
        ("max", INT8),
        ("cache", INT8),
        ("cycle", BOOL),
        ("owner_table", OID),
        ("owner_column", INT4),
    ],
};

pub(super) static DEPENDENCIES: SystemTable =
    SystemTable { keyspace: KeyspaceId(12), name: "dependencies", columns: &[("on", OID)] };

/// Counters such as the next OID, under their names. Not a table: 4 bytes little-endian each.
pub const COUNTERS: KeyspaceId = KeyspaceId(13);

/// The tables that hold the parts of a relation.
pub(super) static OF_RELATIONS: &[&SystemTable] = &[
    &RELATIONS,
    &COLUMNS,
    &INDEXES,
    &INDEX_KEYS,
    &CONSTRAINTS,
    &CONSTRAINT_COLUMNS,
    &SEQUENCES,
    &DEPENDENCIES,
];

/// Every system table.
pub static TABLES: &[&SystemTable] = &[
    &PROJECTS,
    &DATASETS,
    &ROLES,
    &ROLE_MEMBERS,
    &RELATIONS,
    &COLUMNS,
    &INDEXES,
    &INDEX_KEYS,
    &CONSTRAINTS,
    &CONSTRAINT_COLUMNS,
    &SEQUENCES,
    &DEPENDENCIES,
];
