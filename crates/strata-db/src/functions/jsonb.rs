//! `jsonb`: looking inside, containment, changes.

use super::table::functions;
use crate::error::{Result, SqlError};
use strata_types::{Array, Json, Jsonb, Text, Value, sqlstate};

functions! {
    3478 "jsonb_object_field"(JSONB, TEXT) -> JSONB immutable strict
        = scalar(|j: &Jsonb, key: &str| j.root().get(key).cloned().map(Jsonb::from)),
        "get jsonb object field",
        operator 3211 "->";
    3214 "jsonb_object_field_text"(JSONB, TEXT) -> TEXT immutable strict
        = scalar(|j: &Jsonb, key: &str| j.root().get(key).and_then(as_text)),
        "get jsonb object field as text",
        operator 3477 "->>";
    3215 "jsonb_array_element"(JSONB, INT4) -> JSONB immutable strict
        = scalar(|j: &Jsonb, index: i32| element(j.root(), index).cloned().map(Jsonb::from)),
        "get jsonb array element",
        operator 3212 "->";
    3216 "jsonb_array_element_text"(JSONB, INT4) -> TEXT immutable strict
        = scalar(|j: &Jsonb, index: i32| element(j.root(), index).and_then(as_text)),
        "get jsonb array element as text",
        operator 3481 "->>";
    3217 "jsonb_extract_path"(JSONB; variadic TEXT_ARRAY) -> JSONB immutable strict = raw(extract_path),
        "get value from jsonb with path elements",
        operator 3213 "#>";
    3940 "jsonb_extract_path_text"(JSONB; variadic TEXT_ARRAY) -> TEXT immutable strict
        = raw(extract_path_text), "get value from jsonb as text with path elements",
        operator 3206 "#>>";
    4046 "jsonb_contains"(JSONB, JSONB) -> BOOL immutable strict
        = scalar(|a: &Jsonb, b: &Jsonb| contains(a.root(), b.root(), true)), "contains",
        operator 3246 "@>" commutator "<@";
    4050 "jsonb_contained"(JSONB, JSONB) -> BOOL immutable strict
        = scalar(|a: &Jsonb, b: &Jsonb| contains(b.root(), a.root(), true)), "is contained by",
        operator 3250 "<@" commutator "@>";
    4047 "jsonb_exists"(JSONB, TEXT) -> BOOL immutable strict
        = scalar(|j: &Jsonb, key: &str| exists(j.root(), key)), "key exists",
        operator 3247 "?";
    4048 "jsonb_exists_any"(JSONB, TEXT_ARRAY) -> BOOL immutable strict
        = scalar(|j: &Jsonb, keys: &Array| texts(keys).flatten().any(|key| exists(j.root(), key))),
        "any key exists",
        operator 3248 "?|";
    4049 "jsonb_exists_all"(JSONB, TEXT_ARRAY) -> BOOL immutable strict
        = scalar(|j: &Jsonb, keys: &Array| texts(keys).flatten().all(|key| exists(j.root(), key))),
        "all keys exist",
        operator 3249 "?&";
    3301 "jsonb_concat"(JSONB, JSONB) -> JSONB immutable strict
        = scalar(|a: &Jsonb, b: &Jsonb| Jsonb::from(concatenated(a.root(), b.root()))), "concatenate",
        operator 3284 "||";
    3302 "jsonb_delete"(JSONB, TEXT) -> JSONB immutable strict
        = scalar(|j: &Jsonb, key: &str| without(j.root(), &[key]).map(Jsonb::from)), "delete object field",
        operator 3285 "-";
    3343 "jsonb_delete"(JSONB; variadic TEXT_ARRAY) -> JSONB immutable strict
        = scalar(|j: &Jsonb, keys: &Array| without(j.root(), &texts(keys).flatten().collect::<Vec<_>>()).map(Jsonb::from)),
        "delete object fields",
        operator 3398 "-";
    3303 "jsonb_delete"(JSONB, INT4) -> JSONB immutable strict
        = scalar(|j: &Jsonb, index: i32| without_element(j.root(), index).map(Jsonb::from)),
        "delete array element",
        operator 3286 "-";
    3304 "jsonb_delete_path"(JSONB, TEXT_ARRAY) -> JSONB immutable strict
        = scalar(|j: &Jsonb, path: &Array| changed(j.root(), path, &Change::Delete).map(Jsonb::from)),
        "delete path",
        operator 3287 "#-";
    3305 "jsonb_set"(JSONB, TEXT_ARRAY, JSONB, BOOL; defaults 1) -> JSONB immutable strict = raw(set),
        "Set part of a jsonb";
    5054 "jsonb_set_lax"(JSONB, TEXT_ARRAY, JSONB, BOOL, TEXT; defaults 2) -> JSONB immutable nullable
        = raw(set_lax), "Set part of a jsonb, handle NULL value";
    3579 "jsonb_insert"(JSONB, TEXT_ARRAY, JSONB, BOOL; defaults 1) -> JSONB immutable strict = raw(insert),
        "Insert value into a jsonb";
    3210 "jsonb_typeof"(JSONB) -> TEXT immutable strict = scalar(|j: &Jsonb| kind(j.root())),
        "get the type of a jsonb value";
    3207 "jsonb_array_length"(JSONB) -> INT4 immutable strict = scalar(|j: &Jsonb| array_length(j.root())),
        "length of jsonb array";
    3262 "jsonb_strip_nulls"(JSONB) -> JSONB immutable strict
        = scalar(|j: &Jsonb| Jsonb::from(stripped(j.root()))),
        "remove object fields with null values from jsonb";
    3306 "jsonb_pretty"(JSONB) -> TEXT immutable strict = scalar(|j: &Jsonb| pretty(j.root())),
        "Indented text from jsonb";
}

/// `-> 'key'` and `->> 'key'` give what is there as text; a JSON null is an SQL NULL.
pub(super) fn as_text(json: &Json) -> Option<String> {
    match json {
        Json::Null => None,
        Json::String(text) => Some(text.to_string()),
        other => Some(other.to_text()),
    }
}

/// Counted from 0, or from the end if negative.
pub(super) fn place(index: i64, len: usize) -> Option<usize> {
    let at = if index < 0 { index + len as i64 } else { index };
    usize::try_from(at).ok().filter(|at| *at < len)
}

fn element(json: &Json, index: i32) -> Option<&Json> {
    match json {
        Json::Array(items) => items.get(place(i64::from(index), items.len())?),
        _ => None,
    }
}

/// The strings of an array, NULLs as `None`.
pub(super) fn texts(array: &Array) -> impl Iterator<Item = Option<&str>> {
    array.values.iter().map(Value::as_str)
}

/// One step of a path: a key of an object or a number into an array.
fn step<'a>(json: &'a Json, step: &str) -> Option<&'a Json> {
    match json {
        Json::Object(_) => json.get(step),
        Json::Array(items) => items.get(place(step.trim().parse().ok()?, items.len())?),
        _ => None,
    }
}

/// The path of a variadic call, whether spread or given as one array; `None` if part of it is NULL.
pub(super) fn path_of(args: &[Value]) -> Option<Vec<&str>> {
    match args {
        [Value::Array(array)] => texts(array).collect(),
        spread => spread.iter().map(Value::as_str).collect(),
    }
}

fn along(args: &[Value]) -> Option<&Json> {
    let (Value::Jsonb(json), path) = args.split_first()? else { return None };
    path_of(path)?.into_iter().try_fold(json.root(), step)
}

fn extract_path(_: &super::Call<'_>, args: &[Value]) -> Result<Value> {
    Ok(along(args).map_or(Value::Null, |json| Value::Jsonb(json.clone().into())))
}

fn extract_path_text(_: &super::Call<'_>, args: &[Value]) -> Result<Value> {
    Ok(along(args).and_then(as_text).map_or(Value::Null, Value::text))
}

/// `a @> b`: every member and element of `b` is found in `a`. At the root an array contains a bare scalar too.
fn contains(a: &Json, b: &Json, root: bool) -> bool {
    match (a, b) {
        (Json::Object(_), Json::Object(wanted)) => {
            wanted.iter().all(|(key, b)| a.get(key).is_some_and(|a| contains(a, b, false)))
        }
        (Json::Array(have), Json::Array(wanted)) => {
            wanted.iter().all(|b| have.iter().any(|a| contains(a, b, false)))
        }
        (Json::Array(have), scalar) if root && !matches!(scalar, Json::Object(_)) => have.contains(scalar),
        (a, b) => a == b,
    }
}

fn exists(json: &Json, key: &str) -> bool {
    let is_key = |json: &Json| matches!(json, Json::String(text) if &**text == key);
    match json {
        Json::Object(_) => json.get(key).is_some(),
        Json::Array(items) => items.iter().any(is_key),
        scalar => is_key(scalar),
    }
}

fn concatenated(a: &Json, b: &Json) -> Json {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => Json::object(a.iter().chain(b).cloned().collect()),
        (a, b) => {
            let items = |json: &Json| match json {
                Json::Array(items) => items.clone(),
                other => vec![other.clone()],
            };
            let mut all = items(a);
            all.extend(items(b));
            Json::Array(all)
        }
    }
}

fn invalid(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message)
}

fn without(json: &Json, keys: &[&str]) -> Result<Json> {
    match json {
        Json::Object(members) => {
            Ok(Json::Object(members.iter().filter(|(key, _)| !keys.contains(&&**key)).cloned().collect()))
        }
        Json::Array(items) => {
            let keep = |item: &&Json| !matches!(item, Json::String(text) if keys.contains(&&**text));
            Ok(Json::Array(items.iter().filter(keep).cloned().collect()))
        }
        _ => Err(invalid("cannot delete from scalar")),
    }
}

fn without_element(json: &Json, index: i32) -> Result<Json> {
    match json {
        Json::Array(items) => {
            let at = place(i64::from(index), items.len());
            Ok(Json::Array(
                items.iter().enumerate().filter(|(i, _)| Some(*i) != at).map(|(_, j)| j.clone()).collect(),
            ))
        }
        Json::Object(_) => Err(invalid("cannot delete from object using integer index")),
        _ => Err(invalid("cannot delete from scalar")),
    }
}

/// What is done at the end of a path.
enum Change<'a> {
    Delete,
    /// Replace, or create if told so.
    Set(&'a Json, bool),
    /// Insert, after what is there if told so.
    Insert(&'a Json, bool),
}

fn changed(json: &Json, path: &Array, change: &Change<'_>) -> Result<Json> {
    let mut steps = Vec::with_capacity(path.values.len());
    for (index, step) in texts(path).enumerate() {
        steps.push(step.ok_or_else(|| {
            SqlError::new(
                sqlstate::NULL_VALUE_NOT_ALLOWED,
                format!("path element at position {} is null", index + 1),
            )
        })?);
    }
    if !matches!(json, Json::Object(_) | Json::Array(_)) {
        return Err(invalid(match change {
            Change::Delete => "cannot delete path in scalar",
            Change::Set(..) | Change::Insert(..) => "cannot set path in scalar",
        }));
    }
    change_at(json, &steps, 1, change)
}

fn change_at(json: &Json, path: &[&str], depth: usize, change: &Change<'_>) -> Result<Json> {
    let Some((step, rest)) = path.split_first() else { return Ok(json.clone()) };
    match json {
        Json::Object(members) => {
            let found = members.iter().position(|(key, _)| &**key == *step);
            let mut members = members.clone();
            match (found.and_then(|at| members.get_mut(at)), rest.is_empty(), change) {
                (Some((_, value)), false, _) => *value = change_at(value, rest, depth + 1, change)?,
                (Some(_), true, Change::Delete) => members.retain(|(key, _)| &**key != *step),
                (Some((_, value)), true, Change::Set(new, _)) => *value = (*new).clone(),
                (Some(_), true, Change::Insert(..)) => {
                    return Err(invalid("cannot replace existing key")
                        .hint("Try using the function jsonb_set to replace key value."));
                }
                (None, true, Change::Set(new, true) | Change::Insert(new, _)) => {
                    members.push((Text::from(*step), (*new).clone()));
                    return Ok(Json::object(members));
                }
                (None, _, _) => {}
            }
            Ok(Json::Object(members))
        }
        Json::Array(items) => {
            let index: i64 = step.trim().parse().map_err(|_| {
                SqlError::new(
                    sqlstate::INVALID_TEXT_REPRESENTATION,
                    format!("path element at position {depth} is not an integer: \"{step}\""),
                )
            })?;
            change_element(items, index, rest, depth, change)
        }
        scalar => Ok(scalar.clone()),
    }
}

fn change_element(
    items: &[Json],
    index: i64,
    rest: &[&str],
    depth: usize,
    change: &Change<'_>,
) -> Result<Json> {
    let mut items = items.to_vec();
    match (place(index, items.len()), rest.is_empty(), change) {
        (Some(at), false, _) => {
            if let Some(item) = items.get_mut(at) {
                *item = change_at(item, rest, depth + 1, change)?;
            }
        }
        (Some(at), true, Change::Delete) => {
            items.remove(at);
        }
        (Some(at), true, Change::Set(new, _)) => {
            if let Some(item) = items.get_mut(at) {
                *item = (*new).clone();
            }
        }
        (Some(at), true, Change::Insert(new, after)) => {
            items.insert(at + usize::from(*after), (*new).clone())
        }
        (None, true, Change::Set(new, true) | Change::Insert(new, _)) => {
            let at = if index < 0 { 0 } else { items.len() };
            items.insert(at, (*new).clone());
        }
        (None, _, _) => {}
    }
    Ok(Json::Array(items))
}

fn set(_: &super::Call<'_>, args: &[Value]) -> Result<Value> {
    let [Value::Jsonb(json), Value::Array(path), Value::Jsonb(new), rest @ ..] = args else {
        return Ok(Value::Null);
    };
    let create = rest.first().and_then(Value::as_bool).unwrap_or(true);
    Ok(Value::Jsonb(changed(json.root(), path, &Change::Set(new.root(), create))?.into()))
}

fn insert(_: &super::Call<'_>, args: &[Value]) -> Result<Value> {
    let [Value::Jsonb(json), Value::Array(path), Value::Jsonb(new), rest @ ..] = args else {
        return Ok(Value::Null);
    };
    let after = rest.first().and_then(Value::as_bool).unwrap_or(false);
    Ok(Value::Jsonb(changed(json.root(), path, &Change::Insert(new.root(), after))?.into()))
}

/// As `jsonb_set`; what a NULL does is told by the last argument.
fn set_lax(_: &super::Call<'_>, args: &[Value]) -> Result<Value> {
    let [json @ Value::Jsonb(target), Value::Array(path), new, rest @ ..] = args else {
        return Ok(Value::Null);
    };
    let create = rest.first().map_or(Some(true), Value::as_bool);
    let Some(create) = create else { return Ok(Value::Null) };
    let change = match (
        new,
        rest.get(1).map_or("use_json_null", |treatment| treatment.as_str().unwrap_or_default()),
    ) {
        (Value::Jsonb(new), _) => Change::Set(new.root(), create),
        (_, "use_json_null") => Change::Set(&Json::Null, create),
        (_, "delete_key") => Change::Delete,
        (_, "return_target") => return Ok(json.clone()),
        (_, "raise_exception") => {
            return Err(SqlError::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "JSON value must not be null")
                .detail("Exception was raised because null_value_treatment is \"raise_exception\".")
                .hint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed."));
        }
        _ => {
            return Err(invalid(
                "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"",
            ));
        }
    };
    Ok(Value::Jsonb(changed(target.root(), path, &change)?.into()))
}

/// `jsonb_typeof`
pub(super) fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

pub(super) fn array_length(json: &Json) -> Result<i32> {
    match json {
        Json::Array(items) => Ok(items.len() as i32),
        Json::Object(_) => Err(invalid("cannot get array length of a non-array")),
        _ => Err(invalid("cannot get array length of a scalar")),
    }
}

fn stripped(json: &Json) -> Json {
    match json {
        Json::Object(members) => Json::Object(
            members
                .iter()
                .filter(|(_, value)| *value != Json::Null)
                .map(|(key, value)| (key.clone(), stripped(value)))
                .collect(),
        ),
        Json::Array(items) => Json::Array(items.iter().map(stripped).collect()),
        scalar => scalar.clone(),
    }
}

fn pretty(json: &Json) -> String {
    let mut out = Vec::new();
    json.write_pretty(0, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
