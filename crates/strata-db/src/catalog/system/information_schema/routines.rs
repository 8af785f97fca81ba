//! Functions: `routines` and `parameters`.

use super::super::SystemSource;
use super::super::notation::relations;
use super::super::pg_proc::{Procedure, procedures};
use super::type_facts::TypeFacts;
use super::yes_or_no;
use strata_types::{Type, Typmod};

/// An argument of a function, or a column of its rows.
struct Parameter {
    procedure: Procedure,
    position: i32,
    mode: u8,
    ty: Type,
    name: Option<&'static str>,
}

relations! {
    information_schema;
    13377 view "routines" = |_: &SystemSource<'_>| procedures(), |source, of: Procedure| {
        "specific_catalog" NAME = source.env.database();
        "specific_schema" NAME = "pg_catalog";
        "specific_name" NAME = format!("{}_{}", of.name(), of.oid());
        "routine_catalog" NAME = source.env.database();
        "routine_schema" NAME = "pg_catalog";
        "routine_name" NAME = of.name();
        "routine_type" VARCHAR = if of.kind() == b'f' { Some("FUNCTION") } else { None };
        "module_catalog" NAME;
        "module_schema" NAME;
        "module_name" NAME;
        "udt_catalog" NAME;
        "udt_schema" NAME;
        "udt_name" NAME;
        "data_type" VARCHAR = result(of).name();
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
        "type_udt_catalog" NAME = source.env.database();
        "type_udt_schema" NAME = "pg_catalog";
        "type_udt_name" NAME = of.result().name();
        "scope_catalog" NAME;
        "scope_schema" NAME;
        "scope_name" NAME;
        "maximum_cardinality" INT4;
        "dtd_identifier" NAME = "0";
        "routine_body" VARCHAR = "EXTERNAL";
        "routine_definition" VARCHAR;
        "external_name" VARCHAR;
        "external_language" VARCHAR = "INTERNAL";
        "parameter_style" VARCHAR = "GENERAL";
        "is_deterministic" VARCHAR = yes_or_no(of.volatility() == b'i');
        "sql_data_access" VARCHAR = "MODIFIES";
        "is_null_call" VARCHAR = yes_or_no(of.listed().is_none_or(|function| function.strict));
        "sql_path" VARCHAR;
        "schema_level_routine" VARCHAR = "YES";
        "max_dynamic_result_sets" INT4 = 0;
        "is_user_defined_cast" VARCHAR;
        "is_implicitly_invocable" VARCHAR;
        "security_type" VARCHAR = "INVOKER";
        "to_sql_specific_catalog" NAME;
        "to_sql_specific_schema" NAME;
        "to_sql_specific_name" NAME;
        "as_locator" VARCHAR = "NO";
        "created" TIMESTAMPTZ;
        "last_altered" TIMESTAMPTZ;
        "new_savepoint_level" VARCHAR;
        "is_udt_dependent" VARCHAR = "NO";
        "result_cast_from_data_type" VARCHAR;
        "result_cast_as_locator" VARCHAR;
        "result_cast_char_max_length" INT4;
        "result_cast_char_octet_length" INT4;
        "result_cast_char_set_catalog" NAME;
        "result_cast_char_set_schema" NAME;
        "result_cast_char_set_name" NAME;
        "result_cast_collation_catalog" NAME;
        "result_cast_collation_schema" NAME;
        "result_cast_collation_name" NAME;
        "result_cast_numeric_precision" INT4;
        "result_cast_numeric_precision_radix" INT4;
        "result_cast_numeric_scale" INT4;
        "result_cast_datetime_precision" INT4;
        "result_cast_interval_type" VARCHAR;
        "result_cast_interval_precision" INT4;
        "result_cast_type_udt_catalog" NAME;
        "result_cast_type_udt_schema" NAME;
        "result_cast_type_udt_name" NAME;
        "result_cast_scope_catalog" NAME;
        "result_cast_scope_schema" NAME;
        "result_cast_scope_name" NAME;
        "result_cast_maximum_cardinality" INT4;
        "result_cast_dtd_identifier" NAME;
    }
    13334 view "parameters" = |_: &SystemSource<'_>| parameters(), |source, of: Parameter| {
        "specific_catalog" NAME = source.env.database();
        "specific_schema" NAME = "pg_catalog";
        "specific_name" NAME = format!("{}_{}", of.procedure.name(), of.procedure.oid());
        "ordinal_position" INT4 = of.position;
        "parameter_mode" VARCHAR = if of.mode == b'o' { "OUT" } else { "IN" };
        "is_result" VARCHAR = "NO";
        "as_locator" VARCHAR = "NO";
        "parameter_name" NAME = of.name;
        "data_type" VARCHAR = TypeFacts { ty: of.ty, typmod: Typmod::NONE }.name();
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
        "udt_catalog" NAME = source.env.database();
        "udt_schema" NAME = "pg_catalog";
        "udt_name" NAME = of.ty.name();
        "scope_catalog" NAME;
        "scope_schema" NAME;
        "scope_name" NAME;
        "maximum_cardinality" INT4;
        "dtd_identifier" NAME = of.position.to_string();
        "parameter_default" VARCHAR;
    }
}

fn result(of: &Procedure) -> TypeFacts {
    TypeFacts { ty: of.result(), typmod: Typmod::NONE }
}

fn parameters() -> impl Iterator<Item = Parameter> {
    procedures().flat_map(|procedure| {
        let given = procedure.args().iter().map(|ty| (b'i', *ty, None));
        let columns = procedure.columns().iter().map(|(name, ty)| (b'o', *ty, Some(*name)));
        (1..).zip(given.chain(columns)).map(move |(position, (mode, ty, name))| Parameter {
            procedure,
            position,
            mode,
            ty,
            name,
        })
    })
}
