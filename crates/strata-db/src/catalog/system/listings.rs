//! Lists for people: `pg_tables`, `pg_views`, `pg_indexes`, `pg_matviews`.

use super::SystemSource;
use super::classes::{Class, Indexed};
use super::notation::relations;

relations! {
    pg_catalog;
    12033 view "pg_tables" = |source| of_kind(source, b'r'), |source, table: Class<'_>| {
        "schemaname" NAME = source.dataset_name(table.dataset());
        "tablename" NAME = table.name();
        "tableowner" NAME = source.role_name(table.owner());
        "tablespace" NAME;
        "hasindexes" BOOL = table.table().is_some_and(|def| !def.indexes.is_empty());
        "hasrules" BOOL = false;
        "hastriggers" BOOL = source.has_foreign_key(table);
        "rowsecurity" BOOL = false;
    }
    12028 view "pg_views" = |source| of_kind(source, b'v'), |source, view: Class<'_>| {
        "schemaname" NAME = source.dataset_name(view.dataset());
        "viewname" NAME = view.name();
        "viewowner" NAME = source.role_name(view.owner());
        "definition" TEXT = source.view_definition(view.oid());
    }
    12038 view "pg_matviews" = |source| of_kind(source, b'm'), |source, view: Class<'_>| {
        "schemaname" NAME = source.dataset_name(view.dataset());
        "matviewname" NAME = view.name();
        "matviewowner" NAME = source.role_name(view.owner());
        "tablespace" NAME;
        "hasindexes" BOOL = view.table().is_some_and(|def| !def.indexes.is_empty());
        "ispopulated" BOOL = true;
        "definition" TEXT = source.view_definition(view.oid());
    }
    12043 view "pg_indexes" = SystemSource::indexes, |source, of: Indexed<'_>| {
        "schemaname" NAME = source.dataset_name(of.table.dataset);
        "tablename" NAME = &of.table.name;
        "indexname" NAME = &of.index.name;
        "tablespace" NAME;
        "indexdef" TEXT = source.index_definition(of, false);
    }
}

fn of_kind<'a>(source: &SystemSource<'a>, kind: u8) -> impl Iterator<Item = Class<'a>> + use<'a> {
    source.classes().filter(move |class| class.kind() == kind)
}
