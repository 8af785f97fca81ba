//! Datasets, tables, views, sequences: `schemata`, `tables`, `views`, `sequences` and their kin.

use super::super::SystemSource;
use super::super::classes::{Class, Namespace};
use super::super::notation::relations;
use super::type_facts::TypeFacts;
use super::yes_or_no;
use crate::schema::{RelationDef, RelationKind, SequenceDef};
use strata_types::Typmod;

relations! {
    information_schema;
    13227 view "information_schema_catalog_name"
        = |_: &SystemSource<'_>| std::iter::once(()), |source, of: ()| {
        "catalog_name" NAME = source.env.database();
    }
    13382 view "schemata" = SystemSource::namespaces, |source, dataset: Namespace<'_>| {
        "catalog_name" NAME = source.env.database();
        "schema_name" NAME = dataset.name;
        "schema_owner" NAME = source.role_name(dataset.owner);
        "default_character_set_catalog" NAME;
        "default_character_set_schema" NAME;
        "default_character_set_name" NAME;
        "sql_path" VARCHAR;
    }
    13425 view "tables" = tables, |source, of: Class<'_>| {
        "table_catalog" NAME = source.env.database();
        "table_schema" NAME = source.dataset_name(of.dataset());
        "table_name" NAME = of.name();
        "table_type" VARCHAR = match of.kind() {
            b'v' => "VIEW",
            _ if of.is_temporary() => "LOCAL TEMPORARY",
            _ => "BASE TABLE",
        };
        "self_referencing_column_name" NAME;
        "reference_generation" VARCHAR;
        "user_defined_type_catalog" NAME;
        "user_defined_type_schema" NAME;
        "user_defined_type_name" NAME;
        "is_insertable_into" VARCHAR = yes_or_no(of.kind() == b'r');
        "is_typed" VARCHAR = "NO";
        "commit_action" VARCHAR;
    }
    13483 view "views" = |source| tables(source).filter(|of| of.kind() == b'v'), |source, of: Class<'_>| {
        "table_catalog" NAME = source.env.database();
        "table_schema" NAME = source.dataset_name(of.dataset());
        "table_name" NAME = of.name();
        "view_definition" VARCHAR = source.view_definition(of.oid());
        "check_option" VARCHAR = "NONE";
        "is_updatable" VARCHAR = "NO";
        "is_insertable_into" VARCHAR = "NO";
        "is_trigger_updatable" VARCHAR = "NO";
        "is_trigger_deletable" VARCHAR = "NO";
        "is_trigger_insertable_into" VARCHAR = "NO";
    }
    13478 view "view_table_usage" = view_tables, |source, of: (&RelationDef, Class<'_>)| {
        "view_catalog" NAME = source.env.database();
        "view_schema" NAME = source.dataset_name(of.0.dataset);
        "view_name" NAME = &of.0.name;
        "table_catalog" NAME = source.env.database();
        "table_schema" NAME = source.dataset_name(of.1.dataset());
        "table_name" NAME = of.1.name();
    }
    13386 view "sequences" = sequences, |source, of: (&RelationDef, &SequenceDef)| {
        "sequence_catalog" NAME = source.env.database();
        "sequence_schema" NAME = source.dataset_name(of.0.dataset);
        "sequence_name" NAME = &of.0.name;
        "data_type" VARCHAR = of.1.ty.sql_name(Typmod::NONE).into_owned();
        "numeric_precision" INT4 = facts(of.1).numeric_precision();
        "numeric_precision_radix" INT4 = 2;
        "numeric_scale" INT4 = 0;
        "start_value" VARCHAR = of.1.start.to_string();
        "minimum_value" VARCHAR = of.1.min.to_string();
        "maximum_value" VARCHAR = of.1.max.to_string();
        "increment" VARCHAR = of.1.increment.to_string();
        "cycle_option" VARCHAR = yes_or_no(of.1.cycle);
    }
    13250 view "character_sets" = |_: &SystemSource<'_>| std::iter::once(()), |source, of: ()| {
        "character_set_catalog" NAME;
        "character_set_schema" NAME;
        "character_set_name" NAME = "UTF8";
        "character_repertoire" NAME = "UCS";
        "form_of_use" NAME = "UTF8";
        "default_collate_catalog" NAME;
        "default_collate_schema" NAME;
        "default_collate_name" NAME;
    }
}

/// All tables and views.
fn tables<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = Class<'a>> + use<'a> {
    source.classes().filter(|class| matches!(class.kind(), b'r' | b'v'))
}

/// The views that users made with the tables that they read.
fn view_tables<'a>(source: &SystemSource<'a>) -> Vec<(&'a RelationDef, Class<'a>)> {
    let mut found = Vec::new();
    for view in source.stored() {
        let RelationKind::View(def) = &view.kind else { continue };
        found.extend(
            tables(source).filter(|class| def.depends_on.contains(&class.oid())).map(|class| (view, class)),
        );
    }
    found
}

/// The sequences that are not part of an identity column.
fn sequences<'a>(
    source: &SystemSource<'a>,
) -> impl Iterator<Item = (&'a RelationDef, &'a SequenceDef)> + use<'a> {
    let catalog = source.names.catalog;
    source.sequences().filter(move |(_, def)| {
        let Some((table, at)) = def.owned_by else { return true };
        let table = catalog.relation(table).map(|relation| &relation.kind);
        let Some(RelationKind::Table(def)) = table else { return true };
        def.columns.get(at).is_none_or(|column| column.identity.is_none())
    })
}

fn facts(def: &SequenceDef) -> TypeFacts {
    TypeFacts { ty: def.ty, typmod: Typmod::NONE }
}
