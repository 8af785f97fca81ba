//! Conversions between types.

use super::vector::Vector;
use crate::error::{Result, SqlError};
use crate::functions::Environment;
use std::sync::Arc;
use strata_types::{ColumnBuilder, Type, Typmod, Value, sqlstate};

/// Converts a value. An explicit cast cuts strings to length, an assignment refuses longer ones.
///
/// # Errors
/// 22P02, 22003 and others for values that the target does not have.
pub(super) fn convert(
    value: Value,
    from: Type,
    to: Type,
    typmod: Typmod,
    explicit: bool,
    env: &dyn Environment,
) -> Result<Value> {
    match &value {
        Value::Null => Ok(Value::Null),
        _ if from == to && typmod.is_none() => Ok(value),
        Value::Text(text) if names_objects(to) => object(env, to, text),
        Value::Oid(oid) if names_objects(from) && to.is_text() => Ok(Value::text(env.alias_text(from, *oid))),
        _ => Ok(strata_types::cast(&value, from, to, typmod, explicit, env.format())?),
    }
}

/// Converts a value for every row.
///
/// # Errors
/// As [`convert`].
pub(super) fn vector(
    input: Vector,
    from: Type,
    (to, typmod): (Type, Typmod),
    explicit: bool,
    rows: usize,
    env: &dyn Environment,
) -> Result<Vector> {
    let column = match input {
        Vector::Const(value) => return Ok(Vector::Const(convert(value, from, to, typmod, explicit, env)?)),
        Vector::Column(column) if from == to && typmod.is_none() => return Ok(Vector::Column(column)),
        Vector::Column(column) => column,
    };
    let mut builder = ColumnBuilder::with_capacity(to, rows);
    for value in column.values() {
        builder.push(&convert(value, from, to, typmod, explicit, env)?);
    }
    Ok(Vector::Column(Arc::new(builder.finish())))
}

/// The value of a text from the client or a literal; names of objects are looked up.
///
/// # Errors
/// 22P02 and others for texts that are no value of the type.
pub fn input_text(env: &dyn Environment, ty: Type, text: &str) -> Result<Value> {
    if names_objects(ty) {
        return object(env, ty, text);
    }
    Ok(Value::from_text(ty, Typmod::NONE, text, env.format())?)
}

/// The types whose text is the name of an object.
fn names_objects(ty: Type) -> bool {
    ty.is_oid_alias() && ty != Type::OID
}

fn object(env: &dyn Environment, ty: Type, text: &str) -> Result<Value> {
    if let Ok(oid) = text.parse() {
        return Ok(Value::Oid(oid));
    }
    if text == "-" {
        return Ok(Value::Oid(0));
    }
    env.object_oid(ty, text)?.map(Value::Oid).ok_or_else(|| match ty {
        Type::REGCLASS => {
            SqlError::new(sqlstate::UNDEFINED_TABLE, format!("relation \"{text}\" does not exist"))
        }
        Type::REGTYPE => SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("type \"{text}\" does not exist")),
        Type::REGNAMESPACE => {
            SqlError::new(sqlstate::INVALID_SCHEMA_NAME, format!("schema \"{text}\" does not exist"))
        }
        Type::REGROLE => SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("role \"{text}\" does not exist")),
        Type::REGPROC | Type::REGPROCEDURE => {
            SqlError::new(sqlstate::UNDEFINED_FUNCTION, format!("function \"{text}\" does not exist"))
        }
        _ => SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("object \"{text}\" does not exist")),
    })
}
