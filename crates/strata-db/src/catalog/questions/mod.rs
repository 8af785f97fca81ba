//! Answers to the functions that ask about the catalog: `pg_get_*def`, `*_is_visible`, descriptions,
//! privileges, sizes. Each family is asked in turn; a question is a function's name.

mod definitions;
mod privileges;
mod sizes;

use super::SystemSource;
use super::system::builtin;
use crate::error::{Result, SqlError};
use crate::functions::registry;
use crate::schema::{Oid, RelationKind};
use strata_types::{Type, Value};

/// Answers a function of this name.
///
/// # Errors
/// 0A000 for a question that has no answer here, and what is wrong with the arguments.
pub fn answer(source: &SystemSource<'_>, question: &str, args: &[Value]) -> Result<Value> {
    if question.starts_with("has_") || question == "pg_has_role" {
        return privileges::answer(source, question, args);
    }
    if question.starts_with("pg_get_") {
        return definitions::answer(source, question, args);
    }
    if question.ends_with("_size") {
        return sizes::answer(source, question, args);
    }
    match question {
        "obj_description" => {
            let class = args.get(1).and_then(Value::as_str);
            Ok(oid(args).and_then(|oid| object_comment(source, oid, class)).map_or(Value::Null, Value::text))
        }
        "col_description" => Ok(column_comment(source, args).map_or(Value::Null, Value::text)),
        "shobj_description" => Ok(Value::Null),
        "pg_my_temp_schema" => Ok(Value::Oid(source.names.temporary.map_or(0, |oid| oid.0))),
        "pg_relation_filenode" => {
            Ok(oid(args).filter(|oid| has_file(source, *oid)).map_or(Value::Null, |oid| Value::Oid(oid.0)))
        }
        "pg_relation_filepath" => Ok(Value::Null),
        "pg_column_is_updatable" => Ok(Value::Bool(is_stored_table(source, oid(args)))),
        "pg_relation_is_updatable" => {
            let events = if is_stored_table(source, oid(args)) { UPDATABLE } else { 0 };
            Ok(Value::Int4(events))
        }
        "pg_stat_get_numscans" => Ok(Value::Int8(0)),
        _ if question.ends_with("_is_visible") => Ok(is_visible(source, question, oid(args))),
        _ => Err(SqlError::unsupported(format!("function {question}"))),
    }
}

/// The first argument as an OID.
fn oid(args: &[Value]) -> Option<Oid> {
    args.first().and_then(Value::as_i64).and_then(|oid| u32::try_from(oid).ok()).map(Oid)
}

/// The last argument as a truth: whether a definition is wanted pretty.
fn pretty(args: &[Value]) -> bool {
    args.last().and_then(Value::as_bool).unwrap_or(false)
}

/// Whether the bare name of an object finds it; NULL if there is no such object.
fn is_visible(source: &SystemSource<'_>, question: &str, oid: Option<Oid>) -> Value {
    let Some(oid) = oid else { return Value::Null };
    let exists = match question {
        "pg_table_is_visible" => {
            return match source.names.relation_by_oid(oid) {
                Some(_) => Value::Bool(source.names.is_visible(oid)),
                None => Value::Null,
            };
        }
        "pg_type_is_visible" => Type(oid).info().is_some(),
        "pg_function_is_visible" => registry::by_oid(oid.0).is_some() || builtin::by_oid(oid.0).is_some(),
        "pg_operator_is_visible" => registry::operator_by_oid(oid.0).is_some(),
        _ => true,
    };
    if exists { Value::Bool(true) } else { Value::Null }
}

/// The bits of UPDATE, INSERT and DELETE in the answer of `pg_relation_is_updatable`.
const UPDATABLE: i32 = (1 << 2) | (1 << 3) | (1 << 4);

fn is_stored_table(source: &SystemSource<'_>, oid: Option<Oid>) -> bool {
    let relation = oid.and_then(|oid| source.names.catalog.relation(oid));
    relation.is_some_and(|relation| matches!(relation.kind, RelationKind::Table(_)))
}

fn has_file(source: &SystemSource<'_>, oid: Oid) -> bool {
    let kind = source.names.catalog.relation(oid).map(|relation| &relation.kind);
    matches!(kind, Some(RelationKind::Table(_) | RelationKind::Index { .. } | RelationKind::Sequence(_)))
}

/// The comment on an object of the relation that lists its kind: `pg_class`, or `pg_proc` and `pg_operator`,
/// of which their own rows tell.
fn object_comment<'a>(source: &SystemSource<'a>, oid: Oid, class: Option<&str>) -> Option<&'a str> {
    match class {
        None | Some("pg_class") => relation_comment(source, oid),
        Some("pg_namespace") => source.dataset_comment(oid),
        Some("pg_proc") => registry::by_oid(oid.0).map(|function| function.doc),
        Some("pg_operator") => registry::operator_by_oid(oid.0).map(|operator| operator.function.doc),
        Some(_) => None,
    }
}

fn relation_comment<'a>(source: &SystemSource<'a>, oid: Oid) -> Option<&'a str> {
    let catalog = source.names.catalog;
    if let Some((table, at)) = catalog.table_of_index(oid) {
        let RelationKind::Table(def) = &table.kind else { return None };
        return def.indexes.get(at)?.comment.as_deref();
    }
    catalog.relation(oid)?.comment.as_deref()
}

fn column_comment<'a>(source: &SystemSource<'a>, args: &[Value]) -> Option<&'a str> {
    let at = usize::try_from(args.get(1)?.as_i64()?).ok()?.checked_sub(1)?;
    let columns = match &source.names.catalog.relation(oid(args)?)?.kind {
        RelationKind::Table(def) => &def.columns,
        RelationKind::View(def) => &def.columns,
        RelationKind::Sequence(_) | RelationKind::Index { .. } => return None,
    };
    columns.get(at)?.comment.as_deref()
}
