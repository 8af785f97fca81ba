//! JSON taken apart into rows.

use super::call::{Call, RowSource};
use super::rows::Rows;
use super::table::functions;
use super::{json_text, jsonb};
use crate::error::{Result, SqlError};
use strata_types::{Json, Value, sqlstate};

functions! {
    3958 "json_each"(JSON) -> RECORD immutable strict = set(json_each; "key" TEXT, "value" JSON),
        "key value pairs of a json object";
    3959 "json_each_text"(JSON) -> RECORD immutable strict = set(json_each_text; "key" TEXT, "value" TEXT),
        "key value pairs of a json object";
    3208 "jsonb_each"(JSONB) -> RECORD immutable strict = set(jsonb_each; "key" TEXT, "value" JSONB),
        "key value pairs of a jsonb object";
    3932 "jsonb_each_text"(JSONB) -> RECORD immutable strict
        = set(jsonb_each_text; "key" TEXT, "value" TEXT), "key value pairs of a jsonb object";
    3957 "json_object_keys"(JSON) -> TEXT immutable strict = set(json_object_keys), "get json object keys";
    3931 "jsonb_object_keys"(JSONB) -> TEXT immutable strict = set(jsonb_object_keys),
        "get jsonb object keys";
    3955 "json_array_elements"(JSON) -> JSON immutable strict = set(json_array_elements; "value" JSON),
        "key value pairs of a json object";
    3969 "json_array_elements_text"(JSON) -> TEXT immutable strict
        = set(json_array_elements_text; "value" TEXT), "elements of json array";
    3219 "jsonb_array_elements"(JSONB) -> JSONB immutable strict = set(jsonb_array_elements; "value" JSONB),
        "elements of a jsonb array";
    3465 "jsonb_array_elements_text"(JSONB) -> TEXT immutable strict
        = set(jsonb_array_elements_text; "value" TEXT), "elements of jsonb array";
}

fn invalid(message: String) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message)
}

fn members(args: &[Value], function: &str) -> Result<Vec<(String, Json)>> {
    match args.first() {
        Some(Value::Jsonb(json)) => match json.root() {
            Json::Object(members) => {
                Ok(members.iter().map(|(key, value)| (key.to_string(), value.clone())).collect())
            }
            _ => Err(invalid(format!("cannot call {function} on a non-object"))),
        },
        _ => Ok(Vec::new()),
    }
}

fn text_members<'a>(args: &'a [Value], function: &str) -> Result<Vec<(String, &'a str)>> {
    let document = args.first().and_then(Value::as_str).unwrap_or("{}");
    json_text::members(document).ok_or_else(|| match json_text::elements(document) {
        Some(_) => invalid(format!("cannot call {function} on an array")),
        None => invalid(format!("cannot call {function} on a scalar")),
    })
}

fn optional(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::text)
}

fn json_each(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let found = text_members(args, "json_each")?.into_iter();
    Ok(Rows::of(found.map(|(key, value)| vec![Value::text(key), Value::text(value)]).collect()))
}

fn json_each_text(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let found = text_members(args, "json_each_text")?.into_iter();
    Ok(Rows::of(
        found.map(|(key, value)| vec![Value::text(key), optional(json_text::as_text(value))]).collect(),
    ))
}

fn jsonb_each(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let found = members(args, "jsonb_each")?.into_iter();
    Ok(Rows::of(found.map(|(key, value)| vec![Value::text(key), Value::Jsonb(value.into())]).collect()))
}

fn jsonb_each_text(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let found = members(args, "jsonb_each_text")?.into_iter();
    Ok(Rows::of(found.map(|(key, value)| vec![Value::text(key), optional(jsonb::as_text(&value))]).collect()))
}

fn json_object_keys(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Rows::column(
        text_members(args, "json_object_keys")?.into_iter().map(|(key, _)| Value::text(key)).collect(),
    ))
}

fn jsonb_object_keys(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let found = match args.first() {
        Some(Value::Jsonb(json)) => match json.root() {
            Json::Object(members) => members.iter().map(|(key, _)| Value::Text(key.clone())).collect(),
            Json::Array(_) => return Err(invalid("cannot call jsonb_object_keys on an array".to_owned())),
            _ => return Err(invalid("cannot call jsonb_object_keys on a scalar".to_owned())),
        },
        _ => Vec::new(),
    };
    Ok(Rows::column(found))
}

fn text_elements<'a>(args: &'a [Value], function: &str) -> Result<Vec<&'a str>> {
    let document = args.first().and_then(Value::as_str).unwrap_or("[]");
    json_text::elements(document).ok_or_else(|| match json_text::members(document) {
        Some(_) => invalid(format!("cannot call {function} on a non-array")),
        None => invalid(format!("cannot call {function} on a scalar")),
    })
}

fn elements(args: &[Value]) -> Result<Vec<Json>> {
    match args.first() {
        Some(Value::Jsonb(json)) => match json.root() {
            Json::Array(items) => Ok(items.clone()),
            Json::Object(_) => Err(invalid("cannot extract elements from an object".to_owned())),
            _ => Err(invalid("cannot extract elements from a scalar".to_owned())),
        },
        _ => Ok(Vec::new()),
    }
}

fn json_array_elements(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Rows::column(text_elements(args, "json_array_elements")?.into_iter().map(Value::text).collect()))
}

fn json_array_elements_text(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let found = text_elements(args, "json_array_elements_text")?.into_iter();
    Ok(Rows::column(found.map(|item| optional(json_text::as_text(item))).collect()))
}

fn jsonb_array_elements(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Rows::column(elements(args)?.into_iter().map(|item| Value::Jsonb(item.into())).collect()))
}

fn jsonb_array_elements_text(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Rows::column(elements(args)?.iter().map(|item| optional(jsonb::as_text(item))).collect()))
}
