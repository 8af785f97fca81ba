//! Arrays: operators, measures, changes.

use super::call::{Call, RowSource};
use super::output::text_of;
use super::rows::Rows;
use super::table::functions;
use crate::error::{Result, SqlError};
use std::sync::Arc;
use strata_types::{Array, Dimension, Type, Value, sqlstate};

functions! {
    2748 "arraycontains"(ANYARRAY, ANYARRAY) -> BOOL immutable strict
        = scalar(|a: &Array, b: &Array| contains(a, b)), "contains",
        operator 2751 "@>" commutator "<@";
    2749 "arraycontained"(ANYARRAY, ANYARRAY) -> BOOL immutable strict
        = scalar(|a: &Array, b: &Array| contains(b, a)), "is contained by",
        operator 2752 "<@" commutator "@>";
    2747 "arrayoverlap"(ANYARRAY, ANYARRAY) -> BOOL immutable strict
        = scalar(|a: &Array, b: &Array| a.values.iter().any(|value| !value.is_null() && b.values.contains(value))),
        "overlaps",
        operator 2750 "&&" commutator "&&";
    378 "array_append"(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE) -> ANYCOMPATIBLEARRAY immutable nullable
        = raw(append), "append element onto end of array",
        operator 349 "||";
    379 "array_prepend"(ANYCOMPATIBLE, ANYCOMPATIBLEARRAY) -> ANYCOMPATIBLEARRAY immutable nullable
        = raw(prepend), "prepend element onto front of array",
        operator 374 "||";
    383 "array_cat"(ANYCOMPATIBLEARRAY, ANYCOMPATIBLEARRAY) -> ANYCOMPATIBLEARRAY immutable nullable
        = scalar(|a: Option<&Array>, b: Option<&Array>| cat(a, b)), "concatenate",
        operator 375 "||";
    2176 "array_length"(ANYARRAY, INT4) -> INT4 immutable strict
        = scalar(|a: &Array, dimension: i32| along(a, dimension).map(|d| d.len as i32)), "array length";
    2091 "array_lower"(ANYARRAY, INT4) -> INT4 immutable strict
        = scalar(|a: &Array, dimension: i32| along(a, dimension).map(|d| d.lower)), "array lower dimension";
    2092 "array_upper"(ANYARRAY, INT4) -> INT4 immutable strict
        = scalar(|a: &Array, dimension: i32| along(a, dimension).map(|d| d.lower + d.len as i32 - 1)),
        "array upper dimension";
    748 "array_ndims"(ANYARRAY) -> INT4 immutable strict
        = scalar(|a: &Array| Some(a.dimensions.len() as i32).filter(|n| *n > 0)),
        "number of array dimensions";
    747 "array_dims"(ANYARRAY) -> TEXT immutable strict = scalar(|a: &Array| dims(a)), "array dimensions";
    3179 "cardinality"(ANYARRAY) -> INT4 immutable strict = scalar(|a: &Array| a.values.len() as i32),
        "array cardinality";
    3277 "array_position"(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE) -> INT4 immutable nullable
        = scalar(|a: Option<&Array>, value: &Value| position(a, value, None)),
        "returns an offset of value in array";
    3278 "array_position"(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, INT4) -> INT4 immutable nullable
        = scalar(|a: Option<&Array>, value: &Value, from: Option<i32>| position(a, value, from)),
        "returns an offset of value in array with start index";
    3279 "array_positions"(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE) -> INT4_ARRAY immutable nullable
        = scalar(|a: Option<&Array>, value: &Value| positions(a, value)),
        "returns an array of offsets of some value in array";
    3167 "array_remove"(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE) -> ANYCOMPATIBLEARRAY immutable nullable
        = scalar(|a: Option<&Array>, value: &Value| remove(a, value)),
        "remove any occurrences of an element from an array";
    3168 "array_replace"(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, ANYCOMPATIBLE) -> ANYCOMPATIBLEARRAY immutable nullable
        = scalar(|a: Option<&Array>, from: &Value, to: &Value| a.map(|a| replace(a, from, to))),
        "replace any occurrences of an element in an array";
    395 "array_to_string"(ANYARRAY, TEXT) -> TEXT stable strict = raw(to_string),
        "concatenate array elements, using delimiter, into text";
    384 "array_to_string"(ANYARRAY, TEXT, TEXT) -> TEXT stable nullable = raw(to_string),
        "concatenate array elements, using delimiter and null string, into text";
    394 "string_to_array"(TEXT, TEXT) -> TEXT_ARRAY immutable nullable
        = scalar(|s: Option<&str>, delimiter: Option<&str>| s.map(|s| from_string(s, delimiter, None))),
        "split delimited text";
    376 "string_to_array"(TEXT, TEXT, TEXT) -> TEXT_ARRAY immutable nullable
        = scalar(|s: Option<&str>, delimiter: Option<&str>, null: Option<&str>| s.map(|s| from_string(s, delimiter, null))),
        "split delimited text, with null string";
    6160 "string_to_table"(TEXT, TEXT) -> TEXT immutable nullable = set(string_to_table),
        "split delimited text";
    6161 "string_to_table"(TEXT, TEXT, TEXT) -> TEXT immutable nullable = set(string_to_table),
        "split delimited text, with null string";
    1193 "array_fill"(ANYELEMENT, INT4_ARRAY) -> ANYARRAY immutable nullable = raw(fill),
        "array constructor with value";
    1286 "array_fill"(ANYELEMENT, INT4_ARRAY, INT4_ARRAY) -> ANYARRAY immutable nullable = raw(fill),
        "array constructor with value";
    6172 "trim_array"(ANYARRAY, INT4) -> ANYARRAY immutable strict
        = scalar(|a: &Array, count: i32| trim(a, count)), "remove last N elements of array";
    2331 "unnest"(ANYARRAY) -> ANYELEMENT immutable strict = set(unnest), "expand array to set of rows";
    1192 "generate_subscripts"(ANYARRAY, INT4) -> INT4 immutable strict = set(generate_subscripts),
        "array subscripts generator";
    1191 "generate_subscripts"(ANYARRAY, INT4, BOOL) -> INT4 immutable strict = set(generate_subscripts),
        "array subscripts generator";
}

/// An array of strings, of a type that holds them.
pub(super) fn of_texts(element: Type, texts: impl IntoIterator<Item = String>) -> Array {
    Array::new(element, texts.into_iter().map(Value::text).collect())
}

fn contains(a: &Array, b: &Array) -> bool {
    b.values.iter().all(|value| !value.is_null() && a.values.contains(value))
}

fn along(a: &Array, dimension: i32) -> Option<Dimension> {
    a.dimensions.get(usize::try_from(dimension - 1).ok()?).copied()
}

fn dims(a: &Array) -> Option<String> {
    if a.dimensions.is_empty() {
        return None;
    }
    Some(a.dimensions.iter().map(|d| format!("[{}:{}]", d.lower, d.lower + d.len as i32 - 1)).collect())
}

fn element_of(ty: Type) -> Type {
    ty.element().unwrap_or(Type::TEXT)
}

fn append(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    match args {
        [array, value] => extended(call, array, value, false),
        _ => unreachable!("array_append has two arguments"),
    }
}

fn prepend(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    match args {
        [value, array] => extended(call, array, value, true),
        _ => unreachable!("array_prepend has two arguments"),
    }
}

fn extended(call: &Call<'_>, array: &Value, value: &Value, before: bool) -> Result<Value> {
    let mut array = match array {
        Value::Array(array) if array.dimensions.len() > 1 => {
            return Err(SqlError::new(
                sqlstate::DATA_EXCEPTION,
                "argument must be empty or one-dimensional array",
            ));
        }
        Value::Array(array) => (**array).clone(),
        _ => Array::new(element_of(call.result), Vec::new()),
    };
    match array.dimensions.first_mut() {
        None => return Ok(Value::Array(Arc::new(Array::new(array.element, vec![value.clone()])))),
        Some(dimension) => dimension.len += 1,
    }
    array.values.insert(if before { 0 } else { array.values.len() }, value.clone());
    Ok(Value::Array(Arc::new(array)))
}

/// Along the outermost dimension; an array of one dimension less counts as one slice.
fn cat(a: Option<&Array>, b: Option<&Array>) -> Result<Option<Array>> {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (one, other) => return Ok(one.or(other).cloned()),
    };
    if a.is_empty() || b.is_empty() {
        return Ok(Some(if a.is_empty() { b.clone() } else { a.clone() }));
    }
    let lens = |dimensions: &[Dimension]| dimensions.iter().map(|d| d.len).collect::<Vec<_>>();
    let inner = |array: &Array| lens(array.dimensions.get(1..).unwrap_or_default());
    let (a_rank, b_rank) = (a.dimensions.len(), b.dimensions.len());
    let mut dimensions;
    if a_rank == b_rank && inner(a) == inner(b) {
        dimensions = a.dimensions.clone();
        let more = b.dimensions.first().map_or(0, |d| d.len);
        dimensions.iter_mut().take(1).for_each(|d| d.len += more);
    } else if a_rank == b_rank + 1 && inner(a) == lens(&b.dimensions) {
        dimensions = a.dimensions.clone();
        dimensions.iter_mut().take(1).for_each(|d| d.len += 1);
    } else if b_rank == a_rank + 1 && inner(b) == lens(&a.dimensions) {
        dimensions = b.dimensions.clone();
        dimensions.iter_mut().take(1).for_each(|d| d.len += 1);
    } else {
        return Err(SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, "cannot concatenate incompatible arrays")
            .detail("Arrays with differing dimensions are not compatible for concatenation."));
    }
    let values = a.values.iter().chain(&b.values).cloned().collect();
    Ok(Some(Array { element: a.element, dimensions, values }))
}

fn flat<'a>(a: &'a Array, what: &str) -> Result<&'a Array> {
    if a.dimensions.len() > 1 {
        return Err(SqlError::unsupported(what));
    }
    Ok(a)
}

fn lower(a: &Array) -> i32 {
    a.dimensions.first().map_or(1, |d| d.lower)
}

fn position(a: Option<&Array>, value: &Value, from: Option<i32>) -> Result<Option<i32>> {
    let Some(a) = a else { return Ok(None) };
    let a = flat(a, "searching for elements in multidimensional arrays")?;
    let skip = from.map_or(0, |from| (from - lower(a)).max(0) as usize);
    let found = a.values.iter().skip(skip).position(|candidate| candidate == value);
    Ok(found.map(|at| (at + skip) as i32 + lower(a)))
}

fn positions(a: Option<&Array>, value: &Value) -> Result<Option<Array>> {
    let Some(a) = a else { return Ok(None) };
    let a = flat(a, "searching for elements in multidimensional arrays")?;
    let found = a.values.iter().enumerate().filter(|(_, candidate)| *candidate == value);
    Ok(Some(Array::new(Type::INT4, found.map(|(at, _)| Value::Int4(at as i32 + lower(a))).collect())))
}

fn remove(a: Option<&Array>, value: &Value) -> Result<Option<Array>> {
    let Some(a) = a else { return Ok(None) };
    let a = flat(a, "removing elements from multidimensional arrays")?;
    let values = a.values.iter().filter(|candidate| *candidate != value).cloned().collect();
    Ok(Some(Array::new(a.element, values)))
}

fn replace(a: &Array, from: &Value, to: &Value) -> Array {
    let swap = |value: &Value| if value == from { to.clone() } else { value.clone() };
    Array { values: a.values.iter().map(swap).collect(), ..a.clone() }
}

fn to_string(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let (Some(Value::Array(array)), Some(Value::Text(delimiter))) = (args.first(), args.get(1)) else {
        return Ok(Value::Null);
    };
    let null = args.get(2).and_then(Value::as_str);
    let mut parts = Vec::with_capacity(array.values.len());
    for value in &array.values {
        match (value, null) {
            (Value::Null, None) => {}
            (Value::Null, Some(null)) => parts.push(null.to_owned()),
            (value, _) => parts.push(text_of(call, value, array.element)?.into_owned()),
        }
    }
    Ok(Value::text(parts.join(delimiter)))
}

/// No delimiter (NULL) separates every character.
fn from_string(s: &str, delimiter: Option<&str>, null: Option<&str>) -> Array {
    Array::new(Type::TEXT, fields(s, delimiter, null))
}

fn fields(s: &str, delimiter: Option<&str>, null: Option<&str>) -> Vec<Value> {
    let field = |text: &str| if null == Some(text) { Value::Null } else { Value::text(text) };
    match delimiter {
        _ if s.is_empty() => Vec::new(),
        None => s.chars().map(|c| field(c.encode_utf8(&mut [0; 4]))).collect(),
        Some("") => vec![field(s)],
        Some(delimiter) => s.split(delimiter).map(field).collect(),
    }
}

fn string_to_table(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let text = |index: usize| args.get(index).and_then(Value::as_str);
    Ok(Rows::column(text(0).map_or_else(Vec::new, |s| fields(s, text(1), text(2)))))
}

/// Most elements that an array may be filled with: beyond it a value could not be stored.
const ELEMENTS_MAX: usize = 134_217_727;

fn fill(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let null = || {
        SqlError::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "dimension array or low bound array cannot be null")
    };
    let (Some(value), Some(Value::Array(lens))) = (args.first(), args.get(1)) else { return Err(null()) };
    let lowers: Vec<i32> = match args.get(2) {
        None => vec![1; lens.values.len()],
        Some(Value::Array(lowers)) if lowers.values.len() == lens.values.len() => lowers
            .values
            .iter()
            .map(|lower| lower.as_i64().map(|n| n as i32))
            .collect::<Option<_>>()
            .ok_or_else(null)?,
        Some(Value::Array(_)) => {
            return Err(SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts")
                .detail("Low bound array has different size than dimensions array."));
        }
        Some(_) => return Err(null()),
    };
    let mut count = 1usize;
    let mut dimensions = Vec::with_capacity(lowers.len());
    for (len, lower) in lens.values.iter().zip(lowers) {
        let len = usize::try_from(len.as_i64().ok_or_else(null)?).unwrap_or(0);
        count = count.saturating_mul(len);
        dimensions.push(Dimension { len, lower });
    }
    if count > ELEMENTS_MAX {
        return Err(strata_types::Error::TooLarge { what: "array size", max: ELEMENTS_MAX }.into());
    }
    let element = element_of(call.result);
    if count == 0 || dimensions.is_empty() {
        return Ok(Value::Array(Arc::new(Array::new(element, Vec::new()))));
    }
    Ok(Value::Array(Arc::new(Array { element, dimensions, values: vec![value.clone(); count] })))
}

fn trim(a: &Array, count: i32) -> Result<Array> {
    let len = a.dimensions.first().map_or(0, |d| d.len);
    let Some(keep) = usize::try_from(count).ok().and_then(|count| len.checked_sub(count)) else {
        return Err(SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            format!("number of elements to trim must be between 0 and {len}"),
        ));
    };
    if keep == 0 {
        return Ok(Array::new(a.element, Vec::new()));
    }
    let mut trimmed = a.clone();
    trimmed.dimensions.iter_mut().take(1).for_each(|d| d.len = keep);
    trimmed.values.truncate(a.values.len() / len * keep);
    Ok(trimmed)
}

fn unnest(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    match args.first() {
        Some(Value::Array(array)) => Ok(Rows::column(array.values.clone())),
        _ => Ok(Rows::of(Vec::new())),
    }
}

fn generate_subscripts(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let (Some(Value::Array(array)), Some(Value::Int4(dimension))) = (args.first(), args.get(1)) else {
        return Ok(Rows::of(Vec::new()));
    };
    let Some(dimension) = along(array, *dimension) else { return Ok(Rows::of(Vec::new())) };
    let mut subscripts: Vec<Value> =
        (0..dimension.len).map(|at| Value::Int4(dimension.lower + at as i32)).collect();
    if args.get(2).and_then(Value::as_bool) == Some(true) {
        subscripts.reverse();
    }
    Ok(Rows::column(subscripts))
}
