//! `pg_class`: a row for every relation.

use super::cell::NONE;
use super::classes::{Class, Indexed, Table, columns};
use super::notation::relations;
use super::{PG_CATALOG, SystemSource};
use crate::schema::{ConstraintKind, Oid, RelationKind, TableDef};

/// OID of access method `heap`.
const HEAP: Oid = Oid(2);
/// OID of access method `btree`.
const BTREE: Oid = Oid(403);

relations! {
    pg_catalog;
    1259 table "pg_class" = SystemSource::classes, |source, class: Class<'_>| {
        "oid" OID = class.oid();
        "relname" NAME = class.name();
        "relnamespace" OID = class.dataset();
        "reltype" OID = NONE;
        "reloftype" OID = NONE;
        "relowner" OID = class.owner();
        "relam" OID = access_method(class);
        "relfilenode" OID = if class.kind() == b'v' { NONE } else { class.oid() };
        "reltablespace" OID = NONE;
        "relpages" INT4 = 0;
        "reltuples" FLOAT4 = if class.table().is_some() { -1.0 } else { 0.0 };
        "relallvisible" INT4 = 0;
        "reltoastrelid" OID = NONE;
        "relhasindex" BOOL = class.table().is_some_and(|def| !def.indexes.is_empty());
        "relisshared" BOOL = is_shared(class);
        "relpersistence" CHAR = if class.is_temporary() { b't' } else { b'p' };
        "relkind" CHAR = class.kind();
        "relnatts" INT2 = column_count(class);
        "relchecks" INT2 = check_count(class);
        "relhasrules" BOOL = class.kind() == b'v';
        "relhastriggers" BOOL = source.has_foreign_key(class);
        "relhassubclass" BOOL = false;
        "relrowsecurity" BOOL = false;
        "relforcerowsecurity" BOOL = false;
        "relispopulated" BOOL = true;
        "relreplident" CHAR = if class.table().is_some() { b'd' } else { b'n' };
        "relispartition" BOOL = false;
        "relrewrite" OID = NONE;
        "relfrozenxid" XID = u32::from(class.kind() == b'r') * FROZEN;
        "relminmxid" XID = u32::from(class.kind() == b'r');
        "relacl" ACLITEM_ARRAY;
        "reloptions" TEXT_ARRAY;
        "relpartbound" PG_NODE_TREE;
    }
}

/// The oldest transaction number of a table whose rows carry none.
const FROZEN: u32 = 3;

fn access_method(class: &Class<'_>) -> Oid {
    match class.kind() {
        b'r' => HEAP,
        b'i' => BTREE,
        _ => NONE,
    }
}

fn column_count(class: &Class<'_>) -> usize {
    match class {
        Class::Index(Indexed { index, .. }) => index.keys.len() + index.included.len(),
        Class::System(relation) => relation.columns.len(),
        Class::Stored(relation) => match relation.kind {
            RelationKind::Sequence(_) => 3,
            _ => columns(relation).len(),
        },
    }
}

fn check_count(class: &Class<'_>) -> usize {
    let checks = |kind: &ConstraintKind| matches!(kind, ConstraintKind::Check(_));
    class.table().map_or(0, |def| def.constraints.iter().filter(|held| checks(&held.kind)).count())
}

impl SystemSource<'_> {
    /// Whether a table has a foreign key or is referred to by one: PostgreSQL keeps it by triggers on both.
    pub(super) fn has_foreign_key(&self, class: &Class<'_>) -> bool {
        let refers = |to: Option<Oid>, kind: &ConstraintKind| match kind {
            ConstraintKind::ForeignKey(key) => to.is_none_or(|to| key.table == to),
            _ => false,
        };
        let to_it =
            |table: Table<'_>| table.def.constraints.iter().any(|held| refers(Some(class.oid()), &held.kind));
        let own = |def: &TableDef| def.constraints.iter().any(|held| refers(None, &held.kind));
        class.table().is_some_and(|def| own(def) || self.tables().any(to_it))
    }
}

/// Relations that all projects share.
fn is_shared(class: &Class<'_>) -> bool {
    const SHARED: &[&str] = &[
        "pg_authid",
        "pg_auth_members",
        "pg_database",
        "pg_db_role_setting",
        "pg_parameter_acl",
        "pg_replication_origin",
        "pg_shdepend",
        "pg_shdescription",
        "pg_shseclabel",
        "pg_subscription",
        "pg_tablespace",
    ];
    class.dataset() == PG_CATALOG && SHARED.contains(&class.name())
}
