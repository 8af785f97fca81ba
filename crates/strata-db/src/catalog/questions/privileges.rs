//! What roles may do: `has_*_privilege`, `pg_has_role`.
//!
//! Every role may use every object: what is left to find out is whether the role and the object exist, and
//! whether the privilege is a word of the language.

use super::definitions::relation;
use crate::catalog::system::{self, SystemSource};
use crate::error::{Result, SqlError};
use crate::schema::Oid;
use strata_types::{Value, sqlstate};

/// The privileges that there are, of objects of any kind.
const PRIVILEGES: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    "RULE",
    "USAGE",
    "CREATE",
    "EXECUTE",
    "CONNECT",
    "TEMPORARY",
    "TEMP",
    "SET",
    "ALTER SYSTEM",
    "MEMBER",
];

/// Answers the privilege functions; NULL for an object that is given by OID and is not there.
pub(super) fn answer(source: &SystemSource<'_>, question: &str, args: &[Value]) -> Result<Value> {
    check_privilege(args.last().and_then(Value::as_str).unwrap_or_default())?;
    let object = match question {
        "has_column_privilege" => args.len().checked_sub(3),
        _ => args.len().checked_sub(2),
    };
    let exists = match (object.and_then(|at| args.get(at)), question) {
        (
            Some(object),
            "has_table_privilege"
            | "has_any_column_privilege"
            | "has_column_privilege"
            | "has_sequence_privilege",
        ) => relation_exists(source, object)?,
        (Some(object), "has_schema_privilege") => schema_exists(source, object)?,
        (Some(object), "has_database_privilege") => database_exists(source, object)?,
        (Some(object), "pg_has_role") => role_exists(source, object)?,
        _ => true,
    };
    // A role before the object must exist, if it is named.
    if let Some(role @ Value::Text(_)) = object.filter(|at| *at > 0).and(args.first()) {
        role_exists(source, role)?;
    }
    Ok(if exists { Value::Bool(true) } else { Value::Null })
}

fn check_privilege(text: &str) -> Result<()> {
    for word in text.split(',') {
        let upper = word.trim().to_ascii_uppercase();
        let bare = upper.strip_suffix(" WITH GRANT OPTION").or(upper.strip_suffix(" WITH ADMIN OPTION"));
        if !PRIVILEGES.contains(&bare.unwrap_or(&upper)) {
            return Err(SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("unrecognized privilege type: \"{}\"", word.trim()),
            ));
        }
    }
    Ok(())
}

fn as_oid(value: &Value) -> Option<Oid> {
    value.as_i64().and_then(|oid| u32::try_from(oid).ok()).map(Oid)
}

fn relation_exists(source: &SystemSource<'_>, object: &Value) -> Result<bool> {
    match object.as_str() {
        Some(name) => relation(source, name).map(|_| true),
        None => Ok(as_oid(object).is_some_and(|oid| source.names.relation_by_oid(oid).is_some())),
    }
}

fn schema_exists(source: &SystemSource<'_>, object: &Value) -> Result<bool> {
    let names = &source.names;
    match object.as_str() {
        Some(name) if system::is_system_dataset(name) => Ok(true),
        Some(name) => match names.catalog.dataset_named(names.project, name) {
            Some(_) => Ok(true),
            None => Err(missing(sqlstate::INVALID_SCHEMA_NAME, "schema", name)),
        },
        None => Ok(as_oid(object)
            .is_some_and(|oid| system::dataset_name(oid).is_some() || names.catalog.dataset(oid).is_some())),
    }
}

fn database_exists(source: &SystemSource<'_>, object: &Value) -> Result<bool> {
    match object.as_str() {
        Some(name) => match source.names.catalog.project_named(name) {
            Some(_) => Ok(true),
            None => Err(missing(sqlstate::INVALID_CATALOG_NAME, "database", name)),
        },
        None => Ok(as_oid(object).is_some_and(|oid| source.names.catalog.project(oid).is_some())),
    }
}

fn role_exists(source: &SystemSource<'_>, object: &Value) -> Result<bool> {
    match object.as_str() {
        Some("public") => Ok(true),
        Some(name) => match source.names.catalog.role_named(name) {
            Some(_) => Ok(true),
            None => Err(missing(sqlstate::UNDEFINED_OBJECT, "role", name)),
        },
        None => Ok(true),
    }
}

fn missing(sqlstate: &'static str, what: &str, name: &str) -> SqlError {
    SqlError::new(sqlstate, format!("{what} \"{name}\" does not exist"))
}
