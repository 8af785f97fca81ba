//! Who may do what: the owner everything, and nobody else is named.

use super::super::SystemSource;
use super::super::access_methods::collations;
use super::super::classes::{Class, columns};
use super::super::notation::relations;
use super::yes_or_no;
use crate::schema::{Oid, RelationDef, RoleDef, SequenceDef};
use std::sync::Arc;

/// What an owner may do with a table, or with a column of one.
struct Grant<'a> {
    relation: Class<'a>,
    column: &'a str,
    privilege: &'static str,
}

/// That a role belongs to another.
struct Membership<'a> {
    member: &'a RoleDef,
    of: Oid,
}

/// The same columns under several names, for the views of what is granted to whom.
macro_rules! grants {
    (
        tables { $($table_oid:literal $table_name:literal;)* }
        columns { $($column_oid:literal $column_name:literal;)* }
        usage { $($usage_oid:literal $usage_name:literal;)* }
    ) => {
        relations! {
            information_schema;
            $($table_oid view $table_name = table_grants, |source, grant: Grant<'_>| {
                "grantor" NAME = source.role_name(grant.relation.owner());
                "grantee" NAME = source.role_name(grant.relation.owner());
                "table_catalog" NAME = source.env.database();
                "table_schema" NAME = source.dataset_name(grant.relation.dataset());
                "table_name" NAME = grant.relation.name();
                "privilege_type" VARCHAR = grant.privilege;
                "is_grantable" VARCHAR = "YES";
                "with_hierarchy" VARCHAR = yes_or_no(grant.privilege == "SELECT");
            })*
            $($column_oid view $column_name = column_grants, |source, grant: Grant<'_>| {
                "grantor" NAME = source.role_name(grant.relation.owner());
                "grantee" NAME = source.role_name(grant.relation.owner());
                "table_catalog" NAME = source.env.database();
                "table_schema" NAME = source.dataset_name(grant.relation.dataset());
                "table_name" NAME = grant.relation.name();
                "column_name" NAME = grant.column;
                "privilege_type" VARCHAR = grant.privilege;
                "is_grantable" VARCHAR = "YES";
            })*
            $($usage_oid view $usage_name = SystemSource::sequences, |source, of: (&RelationDef, &SequenceDef)| {
                "grantor" NAME = source.role_name(of.0.owner);
                "grantee" NAME = source.role_name(of.0.owner);
                "object_catalog" NAME = source.env.database();
                "object_schema" NAME = source.dataset_name(of.0.dataset);
                "object_name" NAME = &of.0.name;
                "object_type" VARCHAR = "SEQUENCE";
                "privilege_type" VARCHAR = "USAGE";
                "is_grantable" VARCHAR = "YES";
            })*
            13325 view "enabled_roles" = roles, |source, role: &Arc<RoleDef>| {
                "role_name" NAME = &role.name;
            }
            13236 view "applicable_roles" = memberships, |source, of: Membership<'_>| {
                "grantee" NAME = &of.member.name;
                "role_name" NAME = source.role_name(of.of);
                "is_grantable" VARCHAR = "NO";
            }
            13265 view "collations" = |_: &SystemSource<'_>| collations(), |source, name: &'static str| {
                "collation_catalog" NAME = source.env.database();
                "collation_schema" NAME = "pg_catalog";
                "collation_name" NAME = *name;
                "pad_attribute" VARCHAR = "NO PAD";
            }
            13270 view "collation_character_set_applicability"
                = |_: &SystemSource<'_>| collations(), |source, name: &'static str| {
                "collation_catalog" NAME = source.env.database();
                "collation_schema" NAME = "pg_catalog";
                "collation_name" NAME = *name;
                "character_set_catalog" NAME;
                "character_set_schema" NAME;
                "character_set_name" NAME = "UTF8";
            }
        }
    };
}

grants! {
    tables { 13416 "table_privileges"; 13421 "role_table_grants"; }
    columns { 13285 "column_privileges"; 13344 "role_column_grants"; }
    usage { 13454 "usage_privileges"; 13459 "role_usage_grants"; }
}

/// The privileges on a table.
const ON_TABLE: [&str; 7] = ["INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];
/// Those of them that can be given for a column alone.
const ON_COLUMN: [&str; 4] = ["INSERT", "SELECT", "UPDATE", "REFERENCES"];

/// The tables and views that users made.
fn relations_of_users<'a>(
    source: &SystemSource<'a>,
) -> impl Iterator<Item = (Class<'a>, &'a RelationDef)> + use<'a> {
    source
        .stored()
        .map(|relation| (Class::Stored(relation), relation))
        .filter(|(class, _)| matches!(class.kind(), b'r' | b'v'))
}

fn table_grants<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = Grant<'a>> + use<'a> {
    relations_of_users(source)
        .flat_map(|(relation, _)| ON_TABLE.map(|privilege| Grant { relation, column: "", privilege }))
}

fn column_grants<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = Grant<'a>> + use<'a> {
    relations_of_users(source).flat_map(|(relation, def)| {
        let kept = columns(def).iter().filter(|column| !column.dropped);
        kept.flat_map(move |column| {
            ON_COLUMN.map(|privilege| Grant { relation, column: &column.name, privilege })
        })
    })
}

fn roles<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = &'a Arc<RoleDef>> + use<'a> {
    source.names.catalog.roles()
}

fn memberships<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = Membership<'a>> + use<'a> {
    roles(source).flat_map(|member| member.member_of.iter().map(|of| Membership { member, of: *of }))
}
