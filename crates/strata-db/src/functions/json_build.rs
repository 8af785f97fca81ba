//! Making JSON out of SQL values, one at a time and by aggregates.

use super::call::{Accumulator, Call};
use super::output::text_of;
use super::table::functions;
use crate::error::{Result, SqlError};
use strata_types::{Array, Json, Jsonb, Text, Type, Value, json, sqlstate};

functions! {
    9000 "strata_row_to_json"(; variadic ANY) -> JSON stable nullable = raw(named_row),
        "a row as JSON from alternating column names and values";
    3176 "to_json"(ANYELEMENT) -> JSON stable strict = raw(to_json), "map input to json";
    3787 "to_jsonb"(ANYELEMENT) -> JSONB stable strict = raw(to_jsonb), "map input to jsonb";
    3155 "row_to_json"(RECORD) -> JSON stable strict = raw(to_json), "map row to json";
    3156 "row_to_json"(RECORD, BOOL) -> JSON stable strict = raw(to_json),
        "map row to json with optional pretty printing";
    3153 "array_to_json"(ANYARRAY) -> JSON stable strict = raw(to_json), "map array to json";
    3154 "array_to_json"(ANYARRAY, BOOL) -> JSON stable strict = raw(to_json),
        "map array to json with optional pretty printing";
    3199 "json_build_array"() -> JSON stable nullable = raw(build_array), "build an empty json array";
    3198 "json_build_array"(; variadic ANY) -> JSON stable nullable = raw(build_array),
        "build a json array from any inputs";
    3272 "jsonb_build_array"() -> JSONB stable nullable = raw(build_arrayb), "build an empty jsonb array";
    3271 "jsonb_build_array"(; variadic ANY) -> JSONB stable nullable = raw(build_arrayb),
        "build a jsonb array from any inputs";
    3201 "json_build_object"() -> JSON stable nullable = raw(build_object), "build an empty json object";
    3200 "json_build_object"(; variadic ANY) -> JSON stable nullable = raw(build_object),
        "build a json object from pairwise key/value inputs";
    3274 "jsonb_build_object"() -> JSONB stable nullable = raw(build_objectb), "build an empty jsonb object";
    3273 "jsonb_build_object"(; variadic ANY) -> JSONB stable nullable = raw(build_objectb),
        "build a jsonb object from pairwise key/value inputs";
    3202 "json_object"(TEXT_ARRAY) -> JSON immutable strict
        = scalar(|pairs: &Array| object_of_pairs(pairs).map(|members| object_text(&members, " : "))),
        "map text array of key value pairs to json object";
    3203 "json_object"(TEXT_ARRAY, TEXT_ARRAY) -> JSON immutable strict
        = scalar(|keys: &Array, values: &Array| object_of_two(keys, values).map(|members| object_text(&members, " : "))),
        "map text arrays of keys and values to json object";
    3263 "jsonb_object"(TEXT_ARRAY) -> JSONB immutable strict
        = scalar(|pairs: &Array| object_of_pairs(pairs).and_then(|members| object(&members))),
        "map text array of key value pairs to jsonb object";
    3264 "jsonb_object"(TEXT_ARRAY, TEXT_ARRAY) -> JSONB immutable strict
        = scalar(|keys: &Array, values: &Array| object_of_two(keys, values).and_then(|members| object(&members))),
        "map text array of key value pairs to jsonb object";
    3175 "json_agg"(ANYELEMENT) -> JSON stable nullable = aggregate(|_| Box::new(Collected::default())),
        "aggregate input into json";
    3267 "jsonb_agg"(ANYELEMENT) -> JSONB stable nullable
        = aggregate(|_| Box::new(Collected { binary: true, ..Collected::default() })),
        "aggregate input into jsonb";
    3197 "json_object_agg"(ANY, ANY) -> JSON stable nullable
        = aggregate(|_| Box::new(Collected { object: true, ..Collected::default() })),
        "aggregate input into a json object";
    3270 "jsonb_object_agg"(ANY, ANY) -> JSONB immutable nullable
        = aggregate(|_| Box::new(Collected { object: true, binary: true, ..Collected::default() })),
        "aggregate inputs into jsonb object";
}

/// The JSON text of a value.
pub(super) fn text_of_value(call: &Call<'_>, value: &Value, ty: Type) -> Result<String> {
    let mut out = Vec::new();
    write(call, value, ty, &mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn write(call: &Call<'_>, value: &Value, ty: Type, out: &mut Vec<u8>) -> Result<()> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int2(_) | Value::Int4(_) | Value::Int8(_) => value.write_text(ty, call.format(), out),
        Value::Float4(f) if f.is_finite() => value.write_text(ty, call.format(), out),
        Value::Float8(f) if f.is_finite() => value.write_text(ty, call.format(), out),
        Value::Numeric(n) if n.is_finite() => value.write_text(ty, call.format(), out),
        Value::Text(text) if ty == Type::JSON => out.extend_from_slice(text.as_bytes()),
        Value::Jsonb(json) => json.write(out),
        Value::Array(array) => {
            let mut values = array.values.iter();
            let lens: Vec<usize> = array.dimensions.iter().map(|dimension| dimension.len).collect();
            write_array(call, &lens, array.element, &mut values, out)?;
        }
        Value::Record(fields) => {
            out.push(b'{');
            for (index, field) in fields.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(format!("\"f{}\":", index + 1).as_bytes());
                write(call, field, field.natural_type(), out)?;
            }
            out.push(b'}');
        }
        Value::Date(_) | Value::Timestamp(_) | Value::TimestampTz(_) => {
            json::write_string(&iso(call, value, ty), out);
        }
        other => json::write_string(&text_of(call, other, ty)?, out),
    }
    Ok(())
}

/// Dates and times are written in ISO 8601 whatever the session prefers.
fn iso(call: &Call<'_>, value: &Value, ty: Type) -> String {
    let mut format = call.format().clone();
    format.date_style = strata_types::DateStyle::default();
    let text = value.to_text(ty, &format).unwrap_or_default();
    let text = if matches!(value, Value::Date(_)) { text } else { text.replacen(' ', "T", 1) };
    match (value, text.rsplit_once(['+', '-'])) {
        // ISO 8601 wants minutes in the offset.
        (Value::TimestampTz(_), Some((_, offset))) if offset.len() == 2 && text.contains('T') => {
            format!("{text}:00")
        }
        _ => text,
    }
}

fn write_array(
    call: &Call<'_>,
    lens: &[usize],
    element: Type,
    values: &mut std::slice::Iter<'_, Value>,
    out: &mut Vec<u8>,
) -> Result<()> {
    out.push(b'[');
    let (len, inner) = lens.split_first().map_or((0, &[][..]), |(len, inner)| (*len, inner));
    for index in 0..len {
        if index > 0 {
            out.push(b',');
        }
        if inner.is_empty() {
            write(call, values.next().unwrap_or(&Value::Null), element, out)?;
        } else {
            write_array(call, inner, element, values, out)?;
        }
    }
    out.push(b']');
    Ok(())
}

/// The `jsonb` of a value.
fn binary(call: &Call<'_>, value: &Value, ty: Type) -> Result<Json> {
    Ok(match value {
        Value::Jsonb(json) => json.root().clone(),
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Text(text) if ty != Type::JSON => Json::String(text.clone()),
        value => json::parse(&text_of_value(call, value, ty)?)?,
    })
}

fn type_at(call: &Call<'_>, index: usize) -> Type {
    call.args.get(index).copied().unwrap_or(Type::TEXT)
}

fn to_json(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let value = args.first().unwrap_or(&Value::Null);
    let text = text_of_value(call, value, type_at(call, 0))?;
    // A second, true argument asks for a line for each item of the outermost level.
    let lines = args.get(1).and_then(Value::as_bool).unwrap_or(false);
    Ok(Value::text(if lines { with_line_feeds(&text) } else { text }))
}

fn with_line_feeds(document: &str) -> String {
    let join = |open: &str, parts: Vec<String>, close: &str| format!("{open}{}{close}", parts.join(",\n "));
    if let Some(members) = super::json_text::members(document) {
        let part = |(key, value): (String, &str)| format!("{}:{value}", quoted(&key));
        return join("{", members.into_iter().map(part).collect(), "}");
    }
    match super::json_text::elements(document) {
        Some(items) => join("[", items.into_iter().map(str::to_owned).collect(), "]"),
        None => document.to_owned(),
    }
}

fn to_jsonb(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let value = args.first().unwrap_or(&Value::Null);
    Ok(Value::Jsonb(binary(call, value, type_at(call, 0))?.into()))
}

fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    json::write_string(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn build_array(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let items =
        args.iter().enumerate().map(|(index, value)| text_of_value(call, value, type_at(call, index)));
    Ok(Value::text(format!("[{}]", items.collect::<Result<Vec<_>>>()?.join(", "))))
}

fn build_arrayb(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let items = args.iter().enumerate().map(|(index, value)| binary(call, value, type_at(call, index)));
    Ok(Value::Jsonb(Json::Array(items.collect::<Result<_>>()?).into()))
}

fn key_text(call: &Call<'_>, value: &Value, ty: Type, argument: usize) -> Result<String> {
    let invalid = |message: String| Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message));
    match value {
        Value::Null => invalid(format!("argument {argument}: key must not be null")),
        Value::Array(_) | Value::Record(_) | Value::Jsonb(_) => {
            invalid("key value must be scalar, not array, composite, or json".to_owned())
        }
        value => Ok(text_of(call, value, ty)?.into_owned()),
    }
}

/// As `row_to_json` writes a row whose columns have names: without blanks.
fn named_row(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let mut parts = Vec::with_capacity(args.len() / 2);
    for (index, pair) in args.chunks_exact(2).enumerate() {
        let [Value::Text(key), value] = pair else { continue };
        parts.push(format!("{}:{}", quoted(key), text_of_value(call, value, type_at(call, 2 * index + 1))?));
    }
    Ok(Value::text(format!("{{{}}}", parts.join(","))))
}

fn even(args: &[Value]) -> Result<()> {
    if args.len().is_multiple_of(2) {
        return Ok(());
    }
    Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, "argument list must have even number of elements")
        .hint("The arguments of json_build_object() must consist of alternating keys and values."))
}

fn build_object(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    even(args)?;
    let mut parts = Vec::with_capacity(args.len() / 2);
    for (index, pair) in args.chunks_exact(2).enumerate() {
        let [key, value] = pair else { continue };
        let key = key_text(call, key, type_at(call, 2 * index), 2 * index + 1)?;
        parts.push(format!(
            "{} : {}",
            quoted(&key),
            text_of_value(call, value, type_at(call, 2 * index + 1))?
        ));
    }
    Ok(Value::text(format!("{{{}}}", parts.join(", "))))
}

fn build_objectb(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    even(args)?;
    let mut members = Vec::with_capacity(args.len() / 2);
    for (index, pair) in args.chunks_exact(2).enumerate() {
        let [key, value] = pair else { continue };
        let key = key_text(call, key, type_at(call, 2 * index), 2 * index + 1)?;
        members.push((Text::from(key), binary(call, value, type_at(call, 2 * index + 1))?));
    }
    Ok(Value::Jsonb(Json::object(members).into()))
}

/// Keys and values as text; a value may be NULL.
type Members = Vec<(String, Option<String>)>;

fn member(key: &Value, value: &Value) -> Result<(String, Option<String>)> {
    match key.as_str() {
        Some(key) => Ok((key.to_owned(), value.as_str().map(str::to_owned))),
        None => Err(SqlError::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "null value not allowed for object key")),
    }
}

fn object_of_pairs(pairs: &Array) -> Result<Members> {
    let bad = |message| Err(SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, message));
    match pairs.dimensions.as_slice() {
        [] => {}
        [only] if only.len.is_multiple_of(2) => {}
        [_] => return bad("array must have even number of elements"),
        [_, columns] if columns.len == 2 => {}
        [_, _] => return bad("array must have two columns"),
        _ => return bad("wrong number of array subscripts"),
    }
    pairs.values.chunks_exact(2).filter_map(|pair| Some(member(pair.first()?, pair.get(1)?))).collect()
}

fn object_of_two(keys: &Array, values: &Array) -> Result<Members> {
    if keys.values.len() != values.values.len() {
        return Err(SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, "mismatched array dimensions"));
    }
    keys.values.iter().zip(&values.values).map(|(key, value)| member(key, value)).collect()
}

fn object_text(members: &Members, colon: &str) -> String {
    let part = |(key, value): &(String, Option<String>)| {
        format!("{}{colon}{}", quoted(key), value.as_deref().map_or_else(|| "null".to_owned(), quoted))
    };
    format!("{{{}}}", members.iter().map(part).collect::<Vec<_>>().join(", "))
}

fn object(members: &Members) -> Result<Jsonb> {
    let part = |(key, value): &(String, Option<String>)| {
        (Text::from(key.as_str()), value.as_deref().map_or(Json::Null, |text| Json::String(Text::from(text))))
    };
    Ok(Json::object(members.iter().map(part).collect()).into())
}

/// `json_agg` and its kin.
#[derive(Default)]
struct Collected {
    object: bool,
    binary: bool,
    /// Of the textual forms.
    parts: Vec<String>,
    /// Of the binary forms; keys are empty for arrays.
    members: Vec<(Text, Json)>,
    bytes: usize,
    any: bool,
}

impl Accumulator for Collected {
    fn add(&mut self, call: &Call<'_>, args: &[Value]) -> Result<()> {
        self.any = true;
        let (key, value, ty) = match args {
            [key, value] if self.object => {
                if key.is_null() {
                    return Err(SqlError::new(
                        sqlstate::INVALID_PARAMETER_VALUE,
                        "field name must not be null",
                    ));
                }
                (Some(key_text(call, key, type_at(call, 0), 1)?), value, type_at(call, 1))
            }
            [value, ..] => (None, value, type_at(call, 0)),
            [] => return Ok(()),
        };
        if self.binary {
            let member = (Text::from(key.unwrap_or_default()), binary(call, value, ty)?);
            self.bytes += size_of::<Text>() + member.0.len() + member.1.heap_len();
            self.members.push(member);
            return Ok(());
        }
        let text = text_of_value(call, value, ty)?;
        let part = match key {
            Some(key) => format!("{} : {text}", quoted(&key)),
            None => text,
        };
        self.bytes += size_of::<String>() + part.len();
        self.parts.push(part);
        Ok(())
    }

    fn finish(&mut self, call: &Call<'_>) -> Result<Value> {
        if !self.any {
            return Ok(Value::Null);
        }
        Ok(match (self.object, self.binary) {
            (true, true) => Value::Jsonb(Json::object(self.members.clone()).into()),
            (false, true) => {
                Value::Jsonb(Json::Array(self.members.iter().map(|(_, json)| json.clone()).collect()).into())
            }
            (true, false) => Value::text(format!("{{ {} }}", self.parts.join(", "))),
            (false, false) => {
                // Rows and arrays stand on lines of their own.
                let nested = type_at(call, 0) == Type::RECORD || type_at(call, 0).is_array();
                Value::text(format!("[{}]", self.parts.join(if nested { ", \n " } else { ", " })))
            }
        })
    }

    fn bytes(&self) -> usize {
        64 + self.bytes
    }
}
