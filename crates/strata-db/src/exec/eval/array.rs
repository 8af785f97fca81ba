//! Arrays: construction, subscripts, quantified comparisons.

use super::call;
use super::row::{Row, eval_row};
use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::plan::{Expr, FunctionRef, Quantifier};
use std::sync::Arc;
use strata_types::{Array, Dimension, Type, Value, sqlstate};

/// `ARRAY[...]`. Elements that are arrays themselves make a further dimension.
pub(super) fn construct(ty: Type, elements: &[Expr], row: Row<'_>, run: &mut Run<'_>) -> Result<Value> {
    let element = ty.element().unwrap_or(Type::TEXT);
    let mut values = Vec::with_capacity(elements.len());
    for expr in elements {
        values.push(eval_row(expr, row, run)?);
    }
    if elements.first().is_none_or(|first| first.ty != ty) {
        return Ok(Value::Array(Arc::new(Array::new(element, values))));
    }
    nested(element, values)
}

fn nested(element: Type, parts: Vec<Value>) -> Result<Value> {
    let uneven = || {
        SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            "multidimensional arrays must have array expressions with matching dimensions",
        )
    };
    let mut dimensions: Option<Vec<Dimension>> = None;
    let mut values = Vec::new();
    let len = parts.len();
    for part in parts {
        let Value::Array(part) = part else { return Err(uneven()) };
        match &dimensions {
            None => dimensions = Some(part.dimensions.clone()),
            Some(known) if *known == part.dimensions => {}
            Some(_) => return Err(uneven()),
        }
        values.extend(part.values.iter().cloned());
    }
    let inner = dimensions.unwrap_or_default();
    if inner.is_empty() {
        return Ok(Value::Array(Arc::new(Array::new(element, Vec::new()))));
    }
    let dimensions = std::iter::once(Dimension { len, lower: 1 }).chain(inner).collect();
    Ok(Value::Array(Arc::new(Array { element, dimensions, values })))
}

/// `value op ANY/ALL (array)`.
pub(super) fn quantified(
    (value, value_type): (Value, Type),
    (elements, array_type): (Value, Type),
    function: &FunctionRef,
    quantifier: Quantifier,
    run: &Run<'_>,
) -> Result<Value> {
    let Value::Array(array) = elements else { return Ok(Value::Null) };
    let element_type = array_type.element().unwrap_or(array.element);
    let decisive = quantifier == Quantifier::Any;
    let mut unknown = false;
    for element in &array.values {
        match call::is_true(function, value_type, element_type, value.clone(), element.clone(), run.env)? {
            Some(truth) if truth == decisive => return Ok(Value::Bool(decisive)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(!decisive) })
}

/// `array[i]`, `array[l:u]`; NULL outside the bounds.
pub(super) fn subscript(
    arg: &Expr,
    indices: &[(Option<Expr>, Option<Expr>)],
    slice: bool,
    row: Row<'_>,
    run: &mut Run<'_>,
) -> Result<Value> {
    let value = eval_row(arg, row, run)?;
    let mut bounds = Vec::with_capacity(indices.len());
    for (lower, upper) in indices {
        let lower = bound(lower.as_ref(), row, run)?;
        let upper = bound(upper.as_ref(), row, run)?;
        bounds.push((lower, upper));
    }
    if bounds.iter().any(|(lower, upper)| *lower == Bound::Null || *upper == Bound::Null) {
        return Ok(Value::Null);
    }
    match value {
        Value::Array(array) if slice => Ok(slice_of(&array, &bounds)),
        Value::Array(array) => {
            let subscripts: Option<Vec<i32>> = bounds.iter().map(|(_, index)| index.value()).collect();
            Ok(subscripts.and_then(|subscripts| array.get(&subscripts).cloned()).unwrap_or_default())
        }
        _ => Ok(Value::Null),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Open,
    Null,
    At(i32),
}

impl Bound {
    fn value(self) -> Option<i32> {
        match self {
            Bound::At(at) => Some(at),
            Bound::Open | Bound::Null => None,
        }
    }
}

fn bound(expr: Option<&Expr>, row: Row<'_>, run: &mut Run<'_>) -> Result<Bound> {
    let Some(expr) = expr else { return Ok(Bound::Open) };
    let value = eval_row(expr, row, run)?;
    Ok(match value.as_i64().and_then(|n| i32::try_from(n).ok()) {
        Some(at) => Bound::At(at),
        None => Bound::Null,
    })
}

/// The part of an array between bounds, renumbered from 1; empty if nothing is between them.
fn slice_of(array: &Array, bounds: &[(Bound, Bound)]) -> Value {
    let empty = || Value::Array(Arc::new(Array::new(array.element, Vec::new())));
    if bounds.len() > array.dimensions.len() {
        return empty();
    }
    let mut ranges = Vec::with_capacity(array.dimensions.len());
    for (at, dimension) in array.dimensions.iter().enumerate() {
        let last = dimension.lower + dimension.len as i32 - 1;
        let (lower, upper) = match bounds.get(at) {
            Some((lower, upper)) => (lower.value().unwrap_or(dimension.lower), upper.value().unwrap_or(last)),
            None => (dimension.lower, last),
        };
        let (lower, upper) = (lower.max(dimension.lower), upper.min(last));
        if lower > upper {
            return empty();
        }
        ranges.push(((lower - dimension.lower) as usize, (upper - lower) as usize + 1));
    }
    let mut values = Vec::new();
    gather(array, &ranges, 0, 0, &mut values);
    let dimensions = ranges.iter().map(|(_, len)| Dimension { len: *len, lower: 1 }).collect();
    Value::Array(Arc::new(Array { element: array.element, dimensions, values }))
}

fn gather(array: &Array, ranges: &[(usize, usize)], depth: usize, base: usize, into: &mut Vec<Value>) {
    let Some((from, len)) = ranges.get(depth) else {
        into.push(array.values[base].clone());
        return;
    };
    for at in *from..from + len {
        gather(array, ranges, depth + 1, base * array.dimensions[depth].len + at, into);
    }
}
