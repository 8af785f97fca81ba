//! Answers to the functions that ask about the catalog: `pg_get_*def`, `*_is_visible`, privileges, sizes.

use super::SystemSource;
use crate::error::{Result, SqlError};
use crate::schema::{Oid, RelationKind};
use strata_types::Value;

/// Answers a function of this name.
///
/// # Errors
/// 0A000 for a question that has no answer here.
pub fn answer(source: &SystemSource<'_>, question: &str, args: &[Value]) -> Result<Value> {
    let oid = args.first().and_then(Value::as_i64).and_then(|oid| u32::try_from(oid).ok()).map(Oid);
    match question {
        "pg_table_is_visible" => Ok(oid.map_or(Value::Null, |oid| Value::Bool(source.names.is_visible(oid)))),
        "pg_get_userbyid" => Ok(match oid.and_then(|oid| source.names.catalog.role(oid)) {
            Some(role) => Value::text(role.name.as_str()),
            None => Value::text(format!("unknown (OID={})", oid.map_or(0, |oid| oid.0))),
        }),
        "pg_get_viewdef" => {
            Ok(match oid.and_then(|oid| source.names.catalog.relation(oid)).map(|relation| &relation.kind) {
                Some(RelationKind::View(view)) => Value::text(format!("{};", view.query)),
                _ => Value::Null,
            })
        }
        _ if question.ends_with("_is_visible") || question.starts_with("has_") => Ok(Value::Bool(true)),
        _ if question.ends_with("_description") || question.starts_with("pg_get_") => Ok(Value::Null),
        _ => Err(SqlError::unsupported(format!("function {question}"))),
    }
}
