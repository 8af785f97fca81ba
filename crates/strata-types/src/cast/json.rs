//! `jsonb` numbers and booleans as SQL ones.

use super::number;
use crate::error::{Error, Result};
use crate::json::{Json, Jsonb};
use crate::sql_type::Type;
use crate::typmod::Typmod;
use crate::value::Value;

pub(super) fn cast(json: &Jsonb, to: Type, typmod: Typmod) -> Result<Value> {
    let numeric = |json: &Json| match json {
        Json::Number(number) => number::cast(&Value::Numeric(number.clone()), to, typmod),
        _ => Ok(None),
    };
    let converted = match json.root() {
        Json::Bool(truth) if to == Type::BOOL => Some(Value::Bool(*truth)),
        json => numeric(json)?,
    };
    let kind = match json.root() {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "numeric",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    converted.ok_or_else(|| Error::parameter(format!("cannot cast jsonb {kind} to type {to}")))
}
