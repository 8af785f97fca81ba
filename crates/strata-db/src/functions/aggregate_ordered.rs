//! Ordered-set aggregates. Rows arrive in the order of WITHIN GROUP; the direct argument comes first in each.

use super::aggregate_collect::held;
use super::call::{Accumulator, Call};
use super::table::functions;
use crate::error::{Result, SqlError};
use std::sync::Arc;
use strata_types::{Array, Interval, Type, Value, sqlstate};

functions! {
    3974 "percentile_cont"(FLOAT8, FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| percentile(continuous)), "continuous distribution percentile";
    3976 "percentile_cont"(FLOAT8, INTERVAL) -> INTERVAL immutable nullable
        = aggregate(|_| percentile(continuous)), "continuous distribution percentile";
    3980 "percentile_cont"(FLOAT8_ARRAY, FLOAT8) -> FLOAT8_ARRAY immutable nullable
        = aggregate(|_| percentile(continuous)), "multiple continuous percentiles";
    3982 "percentile_cont"(FLOAT8_ARRAY, INTERVAL) -> INTERVAL_ARRAY immutable nullable
        = aggregate(|_| percentile(continuous)), "multiple continuous percentiles";
    3972 "percentile_disc"(FLOAT8, ANYELEMENT) -> ANYELEMENT immutable nullable
        = aggregate(|_| percentile(discrete)), "discrete percentile";
    3978 "percentile_disc"(FLOAT8_ARRAY, ANYELEMENT) -> ANYARRAY immutable nullable
        = aggregate(|_| percentile(discrete)), "multiple discrete percentiles";
    3984 "mode"(ANYELEMENT) -> ANYELEMENT immutable nullable = aggregate(|_| Box::new(Mode::default())),
        "most common value";
}

/// The value at a fraction of sorted values, of which there is at least one.
type At = fn(&[Value], f64) -> Result<Value>;

fn percentile(at: At) -> Box<dyn Accumulator> {
    Box::new(Percentile { fraction: Value::Null, values: Vec::new(), bytes: 0, at })
}

struct Percentile {
    /// One fraction or an array of them.
    fraction: Value,
    values: Vec<Value>,
    bytes: usize,
    at: At,
}

impl Accumulator for Percentile {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        let [fraction, value] = args else { return Ok(()) };
        if self.values.is_empty() {
            self.fraction = fraction.clone();
        }
        if !value.is_null() {
            self.bytes += held(value);
            self.values.push(value.clone());
        }
        Ok(())
    }

    fn finish(&mut self, call: &Call<'_>) -> Result<Value> {
        if self.values.is_empty() {
            return Ok(Value::Null);
        }
        match &self.fraction {
            Value::Array(fractions) => {
                let element = call.result.element().unwrap_or(Type::FLOAT8);
                let found = fractions.values.iter().map(|fraction| self.value_at(fraction));
                let values = found.collect::<Result<Vec<_>>>()?;
                let dimensions = fractions.dimensions.clone();
                Ok(Value::Array(Arc::new(Array { element, dimensions, values })))
            }
            fraction => self.value_at(fraction),
        }
    }

    fn bytes(&self) -> usize {
        64 + self.bytes
    }
}

impl Percentile {
    fn value_at(&self, fraction: &Value) -> Result<Value> {
        match fraction {
            Value::Float8(fraction) if (0.0..=1.0).contains(fraction) => (self.at)(&self.values, *fraction),
            Value::Float8(fraction) => Err(SqlError::new(
                sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                format!("percentile value {fraction} is not between 0 and 1"),
            )),
            _ => Ok(Value::Null),
        }
    }
}

/// The first value whose position reaches the fraction.
fn discrete(values: &[Value], fraction: f64) -> Result<Value> {
    let position = (fraction * values.len() as f64).ceil().max(1.0) as usize;
    Ok(values.get(position - 1).cloned().unwrap_or_default())
}

/// Between two neighbours, in proportion.
fn continuous(values: &[Value], fraction: f64) -> Result<Value> {
    let position = fraction * (values.len() - 1) as f64;
    let (low, high) = (position.floor() as usize, position.ceil() as usize);
    let share = position - position.floor();
    Ok(match (values.get(low), values.get(high)) {
        (Some(Value::Float8(low)), Some(Value::Float8(high))) => Value::Float8(low + share * (high - low)),
        (Some(Value::Interval(low)), Some(Value::Interval(high))) => {
            Value::Interval(between(*low, *high, share)?)
        }
        _ => Value::Null,
    })
}

fn between(low: Interval, high: Interval, share: f64) -> Result<Interval> {
    let distance = super::spans::sum(high, super::spans::negated(low)?)?;
    super::spans::sum(low, super::spans::multiplied(distance, share)?)
}

/// The value that comes most often; the first of several. Equal values arrive together.
#[derive(Default)]
struct Mode {
    best: Option<(Value, u64)>,
    run: Option<(Value, u64)>,
}

impl Accumulator for Mode {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        let Some(value) = args.first().filter(|value| !value.is_null()) else { return Ok(()) };
        match &mut self.run {
            Some((current, count)) if current == value => *count += 1,
            run => *run = Some((value.clone(), 1)),
        }
        let longest = self.best.as_ref().map_or(0, |(_, count)| *count);
        if self.run.as_ref().is_some_and(|(_, count)| *count > longest) {
            self.best.clone_from(&self.run);
        }
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        Ok(self.best.as_ref().map_or(Value::Null, |(value, _)| value.clone()))
    }
}
