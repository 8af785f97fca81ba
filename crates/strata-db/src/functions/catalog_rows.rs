//! Functions that yield rows about the catalog, or make rows of what stands in one of its columns.

use super::call::{Call, RowSource};
use super::rows::Rows;
use super::table::functions;
use super::typed::OidValue;
use crate::error::Result;
use strata_types::Value;

functions! {
    1686 "pg_get_keywords"() -> RECORD stable strict
        = set(keywords; "word" TEXT, "catcode" CHAR, "barelabel" BOOL, "catdesc" TEXT, "baredesc" TEXT),
        "list of SQL keywords";
    2289 "pg_options_to_table"(TEXT_ARRAY) -> RECORD stable strict
        = set(options; "option_name" TEXT, "option_value" TEXT),
        "convert generic options array to name/value table";
    3423 "pg_partition_tree"(REGCLASS) -> RECORD volatile strict
        = set(no_rows; "relid" REGCLASS, "parentrelid" REGCLASS, "isleaf" BOOL, "level" INT4),
        "view partition tree tables";
    3424 "pg_partition_root"(REGCLASS) -> REGCLASS immutable strict
        = scalar(|_relation: OidValue| Option::<OidValue>::None), "get top-most partition root parent";
    3425 "pg_partition_ancestors"(REGCLASS) -> REGCLASS volatile strict = set(no_rows),
        "view ancestors of the partition";
    13001 "_pg_expandarray"(INT2VECTOR) -> RECORD immutable strict = set(expand; "x" INT2, "n" INT4),
        "elements of an array with their places, for use by the information schema";
    13002 "_pg_expandarray"(INT2_ARRAY) -> RECORD immutable strict = set(expand; "x" INT2, "n" INT4),
        "elements of an array with their places, for use by the information schema";
    13003 "_pg_expandarray"(OIDVECTOR) -> RECORD immutable strict = set(expand; "x" OID, "n" INT4),
        "elements of an array with their places, for use by the information schema";
    13004 "_pg_expandarray"(OID_ARRAY) -> RECORD immutable strict = set(expand; "x" OID, "n" INT4),
        "elements of an array with their places, for use by the information schema";
}

fn no_rows(_: &Call<'_>, _: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Rows::of(Vec::new()))
}

fn keywords(call: &Call<'_>, _: &[Value]) -> Result<Box<dyn RowSource>> {
    let row = |keyword: super::reports::KeywordReport| {
        let description = match keyword.category {
            b'U' => "unreserved",
            b'C' => "unreserved (cannot be function or type name)",
            b'T' => "reserved (can be function or type name)",
            _ => "reserved",
        };
        let bare = if keyword.bare_label { "can be bare label" } else { "requires AS" };
        vec![
            Value::text(keyword.word),
            Value::Char(keyword.category),
            Value::Bool(keyword.bare_label),
            Value::text(description),
            Value::text(bare),
        ]
    };
    Ok(Rows::of(call.env.keywords().into_iter().map(row).collect()))
}

/// `{name=value, flag}` as rows.
fn options(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let Some(Value::Array(list)) = args.first() else { return Ok(Rows::of(Vec::new())) };
    let row = |option: &str| match option.split_once('=') {
        Some((name, value)) => vec![Value::text(name), Value::text(value)],
        None => vec![Value::text(option), Value::Null],
    };
    Ok(Rows::of(list.values.iter().filter_map(Value::as_str).map(row).collect()))
}

fn expand(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let Some(Value::Array(list)) = args.first() else { return Ok(Rows::of(Vec::new())) };
    let row = |(number, value): (i32, &Value)| vec![value.clone(), Value::Int4(number)];
    Ok(Rows::of((1..).zip(&list.values).map(row).collect()))
}
