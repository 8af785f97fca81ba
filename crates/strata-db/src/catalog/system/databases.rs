//! Projects and what they lie on: `pg_database`, `pg_tablespace`.

use super::SystemSource;
use super::notation::relations;
use crate::schema::{Oid, ProjectDef};
use std::sync::Arc;

relations! {
    pg_catalog;
    1262 table "pg_database" = projects, |source, project: &Arc<ProjectDef>| {
        "oid" OID = project.oid;
        "datname" NAME = &project.name;
        "datdba" OID = project.owner;
        "encoding" INT4 = UTF8;
        "datlocprovider" CHAR = b'c';
        "datistemplate" BOOL = false;
        "datallowconn" BOOL = true;
        "datconnlimit" INT4 = -1;
        "datfrozenxid" XID = 3;
        "datminmxid" XID = 1;
        "dattablespace" OID = DEFAULT_TABLESPACE;
        "datcollate" TEXT [required] = LOCALE;
        "datctype" TEXT [required] = LOCALE;
        "daticulocale" TEXT;
        "datcollversion" TEXT;
        "datacl" ACLITEM_ARRAY;
    }
    1213 table "pg_tablespace"
        = |_: &SystemSource<'_>| TABLESPACES.iter(), |source, tablespace: &(Oid, &str)| {
        "oid" OID = tablespace.0;
        "spcname" NAME = tablespace.1;
        "spcowner" OID = 10;
        "spcacl" ACLITEM_ARRAY;
        "spcoptions" TEXT_ARRAY;
    }
}

/// PostgreSQL's number of the encoding.
const UTF8: i32 = 6;
/// Strings compare by code point.
const LOCALE: &str = "C.UTF-8";
const DEFAULT_TABLESPACE: Oid = Oid(1663);
const TABLESPACES: [(Oid, &str); 2] = [(DEFAULT_TABLESPACE, "pg_default"), (Oid(1664), "pg_global")];

fn projects<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = &'a Arc<ProjectDef>> + use<'a> {
    source.names.catalog.projects()
}
