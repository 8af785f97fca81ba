//! Columns: `columns`, `column_udt_usage`, `column_column_usage`, `element_types`.

use super::super::SystemSource;
use super::super::classes::Class;
use super::super::notation::relations;
use super::super::pg_attribute::{self, Attribute};
use super::type_facts::TypeFacts;
use super::yes_or_no;
use crate::schema::{Identity, SequenceDef};
use strata_types::Type;

/// A column of a table or a view.
pub(super) struct Column<'a> {
    pub(super) relation: Class<'a>,
    pub(super) attribute: Attribute<'a>,
}

relations! {
    information_schema;
    13295 view "columns" = columns, |source, of: Column<'_>| {
        "table_catalog" NAME = source.env.database();
        "table_schema" NAME = source.dataset_name(of.relation.dataset());
        "table_name" NAME = of.relation.name();
        "column_name" NAME = of.attribute.name.as_ref();
        "ordinal_position" INT4 = i32::from(of.attribute.number);
        "column_default" VARCHAR = of.default().map(|text| source.expression(text, false));
        "is_nullable" VARCHAR = yes_or_no(!of.attribute.not_null);
        "data_type" VARCHAR = of.facts().name();
        "character_maximum_length" INT4 = of.facts().character_length();
        "character_octet_length" INT4 = of.facts().octet_length();
        "numeric_precision" INT4 = of.facts().numeric_precision();
        "numeric_precision_radix" INT4 = of.facts().numeric_radix();
        "numeric_scale" INT4 = of.facts().numeric_scale();
        "datetime_precision" INT4 = of.facts().datetime_precision();
        "interval_type" VARCHAR;
        "interval_precision" INT4;
        "character_set_catalog" NAME;
        "character_set_schema" NAME;
        "character_set_name" NAME;
        "collation_catalog" NAME = of.collation().map(|_| source.env.database());
        "collation_schema" NAME = of.collation().map(|_| "pg_catalog");
        "collation_name" NAME = of.collation();
        "domain_catalog" NAME;
        "domain_schema" NAME;
        "domain_name" NAME;
        "udt_catalog" NAME = source.env.database();
        "udt_schema" NAME = "pg_catalog";
        "udt_name" NAME = of.attribute.ty.name();
        "scope_catalog" NAME;
        "scope_schema" NAME;
        "scope_name" NAME;
        "maximum_cardinality" INT4;
        "dtd_identifier" NAME = of.attribute.number.to_string();
        "is_self_referencing" VARCHAR = "NO";
        "is_identity" VARCHAR = yes_or_no(of.identity().is_some());
        "identity_generation" VARCHAR = of.identity().map(|identity| match identity {
            Identity::Always => "ALWAYS",
            Identity::ByDefault => "BY DEFAULT",
        });
        "identity_start" VARCHAR = of.sequence(source).map(|sequence| sequence.start.to_string());
        "identity_increment" VARCHAR = of.sequence(source).map(|sequence| sequence.increment.to_string());
        "identity_maximum" VARCHAR = of.sequence(source).map(|sequence| sequence.max.to_string());
        "identity_minimum" VARCHAR = of.sequence(source).map(|sequence| sequence.min.to_string());
        "identity_cycle" VARCHAR = yes_or_no(of.sequence(source).is_some_and(|sequence| sequence.cycle));
        "is_generated" VARCHAR = if of.generation().is_some() { "ALWAYS" } else { "NEVER" };
        "generation_expression" VARCHAR = of.generation().map(|text| source.expression(text, false));
        "is_updatable" VARCHAR = yes_or_no(of.relation.kind() == b'r');
    }
    13290 view "column_udt_usage" = columns, |source, of: Column<'_>| {
        "udt_catalog" NAME = source.env.database();
        "udt_schema" NAME = "pg_catalog";
        "udt_name" NAME = of.attribute.ty.name();
        "table_catalog" NAME = source.env.database();
        "table_schema" NAME = source.dataset_name(of.relation.dataset());
        "table_name" NAME = of.relation.name();
        "column_name" NAME = of.attribute.name.as_ref();
    }
    13493 view "element_types" = arrays, |source, of: Column<'_>| {
        "object_catalog" NAME = source.env.database();
        "object_schema" NAME = source.dataset_name(of.relation.dataset());
        "object_name" NAME = of.relation.name();
        "object_type" VARCHAR = if of.relation.kind() == b'v' { "VIEW" } else { "TABLE" };
        "collection_type_identifier" NAME = of.attribute.number.to_string();
        "data_type" VARCHAR = of.element().name();
        "character_maximum_length" INT4;
        "character_octet_length" INT4;
        "character_set_catalog" NAME;
        "character_set_schema" NAME;
        "character_set_name" NAME;
        "collation_catalog" NAME;
        "collation_schema" NAME;
        "collation_name" NAME;
        "numeric_precision" INT4;
        "numeric_precision_radix" INT4;
        "numeric_scale" INT4;
        "datetime_precision" INT4;
        "interval_type" VARCHAR;
        "interval_precision" INT4;
        "domain_default" VARCHAR;
        "udt_catalog" NAME = source.env.database();
        "udt_schema" NAME = "pg_catalog";
        "udt_name" NAME = of.element().ty.name();
        "scope_catalog" NAME;
        "scope_schema" NAME;
        "scope_name" NAME;
        "maximum_cardinality" INT4;
        "dtd_identifier" NAME = format!("a{}", of.attribute.number);
    }
}

/// The columns of all tables and views.
pub(super) fn columns<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = Column<'a>> + use<'a> {
    source.classes().filter(|class| matches!(class.kind(), b'r' | b'v')).flat_map(|relation| {
        pg_attribute::of(relation)
            .into_iter()
            .filter(|attribute| !attribute.is_dropped())
            .map(move |attribute| Column { relation, attribute })
    })
}

fn arrays<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = Column<'a>> + use<'a> {
    columns(source).filter(|of| of.attribute.ty.is_array())
}

impl<'a> Column<'a> {
    fn facts(&self) -> TypeFacts {
        TypeFacts { ty: self.attribute.ty, typmod: self.attribute.typmod }
    }

    fn element(&self) -> TypeFacts {
        TypeFacts { ty: self.attribute.ty.element().unwrap_or(Type::NONE), ..self.facts() }
    }

    fn default(&self) -> Option<&'a str> {
        self.attribute.column.and_then(|def| def.default.as_deref())
    }

    fn generation(&self) -> Option<&'a str> {
        self.attribute
            .column
            .and_then(|def| def.generated.as_ref())
            .map(|generated| generated.expression.as_str())
    }

    fn identity(&self) -> Option<Identity> {
        self.attribute.column.and_then(|def| def.identity)
    }

    /// The collation, where it is not the usual one.
    fn collation(&self) -> Option<&'static str> {
        super::super::collation_name(self.attribute.collation).filter(|name| *name != "default")
    }

    /// The sequence of an identity column.
    fn sequence(&self, source: &SystemSource<'a>) -> Option<&'a SequenceDef> {
        self.identity()?;
        let column = usize::try_from(self.attribute.number).ok()?.checked_sub(1)?;
        let owner = Some((self.relation.oid(), column));
        source.sequences().find(|(_, def)| def.owned_by == owner).map(|(_, def)| def)
    }
}
