//! `pg_type`: a row for every type.

use super::cell::NONE;
use super::notation::{empty_relations, relations};
use super::{PG_CATALOG, SystemSource, builtin};
use crate::schema::Oid;
use strata_types::{TYPES, Type, TypeInfo};

relations! {
    pg_catalog;
    1247 table "pg_type" = |_: &SystemSource<'_>| TYPES.iter(), |source, info: &TypeInfo| {
        "oid" OID = info.ty;
        "typname" NAME = info.name;
        "typnamespace" OID = PG_CATALOG;
        "typowner" OID = 10;
        "typlen" INT2 = info.len;
        "typbyval" BOOL = info.by_value;
        "typtype" CHAR = info.kind;
        "typcategory" CHAR = info.category;
        "typispreferred" BOOL = info.preferred;
        "typisdefined" BOOL = true;
        "typdelim" CHAR = info.delimiter;
        "typrelid" OID = NONE;
        "typsubscript" REGPROC = function(subscripting(info));
        "typelem" OID = info.element;
        "typarray" OID = info.array;
        "typinput" REGPROC = function(info.input);
        "typoutput" REGPROC = function(info.output);
        "typreceive" REGPROC = function(info.receive);
        "typsend" REGPROC = function(info.send);
        "typmodin" REGPROC = modifier_functions(info).0;
        "typmodout" REGPROC = modifier_functions(info).1;
        "typanalyze" REGPROC = if is_true_array(info) { ARRAY_TYPANALYZE } else { 0 };
        "typalign" CHAR = info.align;
        "typstorage" CHAR = info.storage;
        "typnotnull" BOOL = false;
        "typbasetype" OID = NONE;
        "typtypmod" INT4 = -1;
        "typndims" INT4 = 0;
        "typcollation" OID = info.collation;
        "typdefaultbin" PG_NODE_TREE;
        "typdefault" TEXT;
        "typacl" ACLITEM_ARRAY;
    }
}

empty_relations! {
    pg_catalog;
    3501 table "pg_enum" { "oid" OID, "enumtypid" OID, "enumsortorder" FLOAT4, "enumlabel" NAME }
    3541 table "pg_range" {
        "rngtypid" OID, "rngsubtype" OID, "rngmultitypid" OID, "rngcollation" OID, "rngsubopc" OID,
        "rngcanonical" REGPROC, "rngsubdiff" REGPROC,
    }
}

/// OID of function `array_typanalyze`.
const ARRAY_TYPANALYZE: u32 = 3816;

/// An array of any length, as against the fixed and the vector types that have elements too.
fn is_true_array(info: &TypeInfo) -> bool {
    info.element != Type::NONE && info.input == "array_in"
}

fn subscripting(info: &TypeInfo) -> &'static str {
    match info.ty {
        Type::INT2VECTOR | Type::OIDVECTOR => "array_subscript_handler",
        _ if is_true_array(info) => "array_subscript_handler",
        Type::JSONB => "jsonb_subscript_handler",
        _ if info.element != Type::NONE => "raw_array_subscript_handler",
        _ => "",
    }
}

fn function(name: &str) -> Oid {
    builtin::named(name).map_or(NONE, |function| Oid(function.oid))
}

/// What reads and writes the modifiers of a type; arrays have those of their elements.
fn modifier_functions(info: &TypeInfo) -> (Oid, Oid) {
    let ty = if is_true_array(info) { info.element } else { info.ty };
    let stem = match ty {
        Type::BPCHAR => "bpchar",
        Type::VARCHAR => "varchar",
        Type::TIME => "time",
        Type::TIMETZ => "timetz",
        Type::TIMESTAMP => "timestamp",
        Type::TIMESTAMPTZ => "timestamptz",
        Type::INTERVAL => "interval",
        Type::NUMERIC => "numeric",
        Type::BIT => "bit",
        Type::VARBIT => "varbit",
        _ => return (NONE, NONE),
    };
    (function(&format!("{stem}typmodin")), function(&format!("{stem}typmodout")))
}
