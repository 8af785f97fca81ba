//! `json`: documents kept as the text they came in. What is found inside is a piece of that text.

use super::jsonb::{path_of, place};
use super::table::functions;
use crate::error::{Result, SqlError};
use strata_types::{Json, Value, json, sqlstate};

functions! {
    3947 "json_object_field"(JSON, TEXT) -> JSON immutable strict
        = scalar(|j: &str, key: &str| member(j, key)), "get json object field",
        operator 3962 "->";
    3948 "json_object_field_text"(JSON, TEXT) -> TEXT immutable strict
        = scalar(|j: &str, key: &str| member(j, key).and_then(as_text)), "get json object field as text",
        operator 3963 "->>";
    3949 "json_array_element"(JSON, INT4) -> JSON immutable strict
        = scalar(|j: &str, index: i32| element(j, i64::from(index))), "get json array element",
        operator 3964 "->";
    3950 "json_array_element_text"(JSON, INT4) -> TEXT immutable strict
        = scalar(|j: &str, index: i32| element(j, i64::from(index)).and_then(as_text)),
        "get json array element as text",
        operator 3965 "->>";
    3951 "json_extract_path"(JSON; variadic TEXT_ARRAY) -> JSON immutable strict = raw(extract_path),
        "get value from json with path elements",
        operator 3966 "#>";
    3953 "json_extract_path_text"(JSON; variadic TEXT_ARRAY) -> TEXT immutable strict
        = raw(extract_path_text), "get value from json as text with path elements",
        operator 3967 "#>>";
    3968 "json_typeof"(JSON) -> TEXT immutable strict = scalar(|j: &str| kind(j)),
        "get the type of a json value";
    3956 "json_array_length"(JSON) -> INT4 immutable strict = scalar(|j: &str| array_length(j)),
        "length of json array";
    3261 "json_strip_nulls"(JSON) -> JSON immutable strict = scalar(|j: &str| stripped(j)),
        "remove object fields with null values from json";
}

/// The members of an object in the order and with the repetitions of the text; `None` for other documents.
pub(super) fn members(document: &str) -> Option<Vec<(String, &str)>> {
    let body = document.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut found = Vec::new();
    for piece in pieces(body) {
        let end = string_end(piece)?;
        let (key, rest) = piece.split_at(end);
        found.push((unquoted(key)?, rest.trim_start().strip_prefix(':')?.trim()));
    }
    Some(found)
}

/// The elements of an array; `None` for other documents.
pub(super) fn elements(document: &str) -> Option<Vec<&str>> {
    Some(pieces(document.trim().strip_prefix('[')?.strip_suffix(']')?))
}

/// What stands between the commas of the outermost level.
fn pieces(body: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start, mut at) = (0usize, 0, 0);
    while let Some(byte) = body.as_bytes().get(at) {
        match byte {
            b'"' => {
                at += body.get(at..).and_then(string_end).unwrap_or(body.len() - at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                found.push(body.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    let last = body.get(start..).unwrap_or_default().trim();
    if !(last.is_empty() && found.is_empty()) {
        found.push(last);
    }
    found
}

/// The byte after the closing quote of the string that a text starts with.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn unquoted(string: &str) -> Option<String> {
    match json::parse(string).ok()? {
        Json::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// A piece of a document for `->>`: strings lose their quotes, null is NULL.
pub(super) fn as_text(piece: &str) -> Option<String> {
    match piece.as_bytes().first() {
        Some(b'"') => unquoted(piece),
        Some(b'n') => None,
        _ => Some(piece.to_owned()),
    }
}

fn member<'a>(document: &'a str, key: &str) -> Option<&'a str> {
    members(document)?.into_iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
}

fn element(document: &str, index: i64) -> Option<&str> {
    let items = elements(document)?;
    items.get(place(index, items.len())?).copied()
}

fn step<'a>(document: &'a str, step: &str) -> Option<&'a str> {
    match document.trim_start().as_bytes().first() {
        Some(b'{') => member(document, step),
        Some(b'[') => element(document, step.trim().parse().ok()?),
        _ => None,
    }
}

fn along(args: &[Value]) -> Option<&str> {
    let (Value::Text(document), path) = args.split_first()? else { return None };
    path_of(path)?.into_iter().try_fold(&**document, step)
}

fn extract_path(_: &super::Call<'_>, args: &[Value]) -> Result<Value> {
    Ok(along(args).map_or(Value::Null, |piece| Value::text(piece.trim())))
}

fn extract_path_text(_: &super::Call<'_>, args: &[Value]) -> Result<Value> {
    Ok(along(args).and_then(|piece| as_text(piece.trim())).map_or(Value::Null, Value::text))
}

fn kind(document: &str) -> &'static str {
    match document.trim_start().as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

fn array_length(document: &str) -> Result<i32> {
    let invalid = |message| SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message);
    match (elements(document), kind(document)) {
        (Some(items), _) => Ok(items.len() as i32),
        (None, "object") => Err(invalid("cannot get array length of a non-array")),
        (None, _) => Err(invalid("cannot get array length of a scalar")),
    }
}

/// Without members that are null, and without blanks.
fn stripped(document: &str) -> String {
    if let Some(members) = members(document) {
        let kept = members.iter().filter(|(_, value)| !value.starts_with('n'));
        let parts: Vec<String> = kept
            .map(|(key, value)| {
                let mut quoted = Vec::new();
                json::write_string(key, &mut quoted);
                format!("{}:{}", String::from_utf8_lossy(&quoted), stripped(value))
            })
            .collect();
        return format!("{{{}}}", parts.join(","));
    }
    if let Some(items) = elements(document) {
        let parts: Vec<String> = items.into_iter().map(stripped).collect();
        return format!("[{}]", parts.join(","));
    }
    document.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_text() {
        let document = r#" {"a": {"b" : [1, "x,\"y"]}, "c":null} "#;
        assert_eq!(member(document, "a"), Some(r#"{"b" : [1, "x,\"y"]}"#));
        assert_eq!(element("[10, [2,3] ,4]", 1), Some("[2,3]"));
        assert_eq!(element("[10, 20]", -1), Some("20"));
        assert_eq!(as_text(r#""a\"b""#), Some("a\"b".to_owned()));
        assert_eq!(elements("[]").map(|items| items.len()), Some(0));
        assert_eq!(stripped(document), r#"{"a":{"b":[1,"x,\"y"]}}"#);
    }
}
