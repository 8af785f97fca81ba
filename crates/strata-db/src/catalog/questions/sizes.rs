//! How much room things take: `pg_relation_size` and its kin.

use super::definitions::relation;
use super::oid;
use crate::catalog::system::SystemSource;
use crate::error::{Result, SqlError};
use crate::schema::{Oid, ProjectDef, RelationKind};
use std::sync::Arc;
use strata_types::{Value, sqlstate};

/// Answers the functions whose names end in `_size`.
pub(super) fn answer(source: &SystemSource<'_>, question: &str, args: &[Value]) -> Result<Value> {
    let bytes = match question {
        "pg_column_size" => {
            return Ok(args.first().map_or(Value::Null, |value| Value::Int4(value_bytes(value))));
        }
        // There is one place for everything.
        "pg_tablespace_size" => {
            let projects = source.names.catalog.projects();
            Some(projects.map(|project| project_bytes(source, project)).sum())
        }
        "pg_database_size" => Some(database_bytes(source, args)?),
        _ => {
            let oid = match args.first().and_then(Value::as_str) {
                Some(name) => Some(relation(source, name)?),
                None => oid(args),
            };
            // The other forks of a file are empty here.
            let main = args.get(1).and_then(Value::as_str).is_none_or(|fork| fork == "main");
            oid.and_then(|oid| relation_bytes(source, question, oid))
                .map(|bytes| if main { bytes } else { 0 })
        }
    };
    Ok(bytes.map_or(Value::Null, Value::Int8))
}

/// A relation's room; `None` if there is no such relation.
fn relation_bytes(source: &SystemSource<'_>, question: &str, oid: Oid) -> Option<i64> {
    let Some(relation) = source.names.catalog.relation(oid) else {
        return source.names.relation_by_oid(oid).map(|_| 0);
    };
    let RelationKind::Table(def) = &relation.kind else { return Some(0) };
    let heap = || source.env.table_bytes(def.keyspace);
    Some(match question {
        "pg_indexes_size" => 0,
        _ => heap(),
    })
}

fn database_bytes(source: &SystemSource<'_>, args: &[Value]) -> Result<i64> {
    let catalog = source.names.catalog;
    let project: &Arc<ProjectDef> = match args.first().and_then(Value::as_str) {
        Some(name) => catalog.project_named(name).ok_or_else(|| {
            SqlError::new(sqlstate::INVALID_CATALOG_NAME, format!("database \"{name}\" does not exist"))
        })?,
        None => oid(args)
            .and_then(|oid| catalog.project(oid))
            .ok_or_else(|| SqlError::new(sqlstate::INVALID_CATALOG_NAME, "database does not exist"))?,
    };
    Ok(project_bytes(source, project))
}

/// The room of all tables of a project.
fn project_bytes(source: &SystemSource<'_>, project: &ProjectDef) -> i64 {
    let catalog = source.names.catalog;
    let relations = catalog.datasets(project.oid).flat_map(|dataset| catalog.relations_in(dataset.oid));
    relations
        .filter_map(|relation| match &relation.kind {
            RelationKind::Table(def) => Some(source.env.table_bytes(def.keyspace)),
            _ => None,
        })
        .sum()
}

/// Bytes of a value beside its header, as a tuple holds it.
fn value_bytes(value: &Value) -> i32 {
    let bytes = match value {
        Value::Bool(_) | Value::Char(_) => 1,
        Value::Int2(_) => 2,
        Value::Int4(_) | Value::Float4(_) | Value::Date(_) | Value::Oid(_) => 4,
        Value::TimeTz(_) => 12,
        Value::Interval(_) | Value::Uuid(_) => 16,
        Value::Text(text) => text.len() + 4,
        Value::Bytea(bytes) => bytes.len() + 4,
        _ => 8,
    };
    i32::try_from(bytes).unwrap_or(i32::MAX)
}
