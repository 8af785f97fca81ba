//! Aggregates that collect values: `string_agg`, `array_agg`.

use super::call::{Accumulator, Call};
use super::table::functions;
use crate::error::{Result, SqlError};
use std::sync::Arc;
use strata_types::{Array, Dimension, Type, Value, sqlstate};

functions! {
    3538 "string_agg"(TEXT, TEXT) -> TEXT immutable nullable = aggregate(|_| Box::new(Texts::default())),
        "concatenate aggregate input into a string";
    3545 "string_agg"(BYTEA, BYTEA) -> BYTEA immutable nullable = aggregate(|_| Box::new(Bytes::default())),
        "concatenate aggregate input into a bytea";
    2335 "array_agg"(ANYNONARRAY) -> ANYARRAY immutable nullable
        = aggregate(|_| Box::new(Values::default())), "concatenate aggregate input into an array";
    4053 "array_agg"(ANYARRAY) -> ANYARRAY immutable nullable = aggregate(|_| Box::new(Slices::default())),
        "concatenate aggregate input into an array";
}

/// # Errors
/// 54000 for more than a value may hold.
fn refuse_too_long(len: usize) -> Result<()> {
    if len > super::text::LEN_MAX { Err(super::text::too_long()) } else { Ok(()) }
}

/// `string_agg`: each value but the first is preceded by its own delimiter.
#[derive(Default)]
struct Texts {
    joined: Option<String>,
}

impl Accumulator for Texts {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        let Some(Value::Text(text)) = args.first() else { return Ok(()) };
        match &mut self.joined {
            None => self.joined = Some(text.to_string()),
            Some(joined) => {
                if let Some(Value::Text(delimiter)) = args.get(1) {
                    joined.push_str(delimiter);
                }
                refuse_too_long(joined.len() + text.len())?;
                joined.push_str(text);
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        Ok(self.joined.as_deref().map_or(Value::Null, Value::text))
    }

    fn bytes(&self) -> usize {
        64 + self.joined.as_ref().map_or(0, String::capacity)
    }
}

/// `string_agg` of bytea.
#[derive(Default)]
struct Bytes {
    joined: Option<Vec<u8>>,
}

impl Accumulator for Bytes {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        let Some(Value::Bytea(bytes)) = args.first() else { return Ok(()) };
        match &mut self.joined {
            None => self.joined = Some(bytes.to_vec()),
            Some(joined) => {
                if let Some(Value::Bytea(delimiter)) = args.get(1) {
                    joined.extend_from_slice(delimiter);
                }
                refuse_too_long(joined.len() + bytes.len())?;
                joined.extend_from_slice(bytes);
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        Ok(self.joined.as_deref().map_or(Value::Null, |bytes| Value::Bytea(bytes.into())))
    }

    fn bytes(&self) -> usize {
        64 + self.joined.as_ref().map_or(0, Vec::capacity)
    }
}

/// About how many bytes a value holds on to.
pub(super) fn held(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Text(text) => text.len(),
            Value::Bytea(bytes) => bytes.len(),
            Value::Array(array) => array.values.iter().map(held).sum(),
            Value::Record(fields) => fields.iter().map(held).sum(),
            _ => 0,
        }
}

/// `array_agg`, NULLs included.
#[derive(Default)]
struct Values {
    values: Vec<Value>,
    bytes: usize,
}

impl Accumulator for Values {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        let value = args.first().cloned().unwrap_or_default();
        self.bytes += held(&value);
        self.values.push(value);
        Ok(())
    }

    fn finish(&mut self, call: &Call<'_>) -> Result<Value> {
        if self.values.is_empty() {
            return Ok(Value::Null);
        }
        let element = call.result.element().unwrap_or(Type::TEXT);
        Ok(Value::Array(Arc::new(Array::new(element, self.values.clone()))))
    }

    fn bytes(&self) -> usize {
        64 + self.bytes
    }
}

/// `array_agg` of arrays: one dimension more.
#[derive(Default)]
struct Slices {
    shape: Vec<Dimension>,
    element: Option<Type>,
    count: usize,
    values: Vec<Value>,
    bytes: usize,
}

impl Accumulator for Slices {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        let bad = |message: &str| SqlError::new(sqlstate::ARRAY_SUBSCRIPT_ERROR, message);
        let array = match args.first() {
            Some(Value::Array(array)) if !array.is_empty() => array,
            Some(Value::Array(_)) => return Err(bad("cannot accumulate empty arrays")),
            _ => {
                return Err(SqlError::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "cannot accumulate null arrays"));
            }
        };
        if self.element.is_none() {
            self.element = Some(array.element);
            self.shape.clone_from(&array.dimensions);
        } else if self.shape != array.dimensions {
            return Err(bad("cannot accumulate arrays of different dimensionality"));
        }
        self.count += 1;
        self.values.extend_from_slice(&array.values);
        self.bytes += array.values.iter().map(held).sum::<usize>();
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        let Some(element) = self.element else { return Ok(Value::Null) };
        let mut dimensions = vec![Dimension { len: self.count, lower: 1 }];
        dimensions.extend_from_slice(&self.shape);
        Ok(Value::Array(Arc::new(Array { element, dimensions, values: self.values.clone() })))
    }

    fn bytes(&self) -> usize {
        64 + self.bytes
    }
}
