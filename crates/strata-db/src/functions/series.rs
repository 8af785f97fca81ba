//! `generate_series`.

use super::call::{Call, Environment, RowSource};
use super::table::functions;
use crate::error::{Result, SqlError};
use strata_types::{Numeric, Value, sqlstate};

functions! {
    1067 "generate_series"(INT4, INT4) -> INT4 immutable strict = set(integers),
        "non-persistent series generator";
    1066 "generate_series"(INT4, INT4, INT4) -> INT4 immutable strict = set(integers),
        "non-persistent series generator";
    1069 "generate_series"(INT8, INT8) -> INT8 immutable strict = set(integers),
        "non-persistent series generator";
    1068 "generate_series"(INT8, INT8, INT8) -> INT8 immutable strict = set(integers),
        "non-persistent series generator";
    3260 "generate_series"(NUMERIC, NUMERIC) -> NUMERIC immutable strict = set(numerics),
        "non-persistent series generator";
    3259 "generate_series"(NUMERIC, NUMERIC, NUMERIC) -> NUMERIC immutable strict = set(numerics),
        "non-persistent series generator";
    938 "generate_series"(TIMESTAMP, TIMESTAMP, INTERVAL) -> TIMESTAMP immutable strict = set(moments),
        "non-persistent series generator";
    939 "generate_series"(TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL) -> TIMESTAMPTZ stable strict = set(moments),
        "non-persistent series generator";
}

fn zero_step() -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, "step size cannot equal zero")
}

/// Integers of one width; the next one is `None` once it would leave the type.
struct Integers {
    next: Option<i64>,
    stop: i64,
    step: i64,
    narrow: bool,
}

fn integers(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let number = |index: usize| args.get(index).and_then(Value::as_i64);
    let step = number(2).unwrap_or(1);
    if step == 0 {
        return Err(zero_step());
    }
    let narrow = matches!(args.first(), Some(Value::Int4(_)));
    Ok(Box::new(Integers { next: number(0), stop: number(1).unwrap_or(i64::MIN), step, narrow }))
}

impl RowSource for Integers {
    fn next(&mut self, _: &dyn Environment) -> Result<Option<Vec<Value>>> {
        let Some(n) = self.next.filter(|n| if self.step > 0 { *n <= self.stop } else { *n >= self.stop })
        else {
            return Ok(None);
        };
        self.next = n.checked_add(self.step);
        Ok(Some(vec![if self.narrow { Value::Int4(n as i32) } else { Value::Int8(n) }]))
    }
}

struct Numerics {
    next: Numeric,
    stop: Numeric,
    step: Numeric,
}

fn numerics(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let number = |index: usize, what: &str| match args.get(index) {
        Some(Value::Numeric(n)) if n.is_finite() => Ok(n.clone()),
        Some(Value::Numeric(n)) => Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("{what} cannot be {}", if n.is_nan() { "NaN" } else { "infinity" }),
        )),
        _ => Ok(Numeric::ONE),
    };
    let (next, stop, step) = (number(0, "start value")?, number(1, "stop value")?, number(2, "step size")?);
    if step.is_zero() {
        return Err(zero_step());
    }
    Ok(Box::new(Numerics { next, stop, step }))
}

impl RowSource for Numerics {
    fn next(&mut self, _: &dyn Environment) -> Result<Option<Vec<Value>>> {
        let done = if self.step.signum() > 0 { self.next > self.stop } else { self.next < self.stop };
        if done {
            return Ok(None);
        }
        let following = self.next.add(&self.step)?;
        Ok(Some(vec![Value::Numeric(std::mem::replace(&mut self.next, following))]))
    }
}

/// Timestamps; those with time zone step in the session's zone.
struct Moments {
    next: Value,
    stop: Value,
    step: strata_types::Interval,
}

fn moments(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let [start, stop, Value::Interval(step)] = args else { unreachable!("two moments and an interval") };
    if step.span() == 0 {
        return Err(zero_step());
    }
    Ok(Box::new(Moments { next: start.clone(), stop: stop.clone(), step: *step }))
}

impl RowSource for Moments {
    fn next(&mut self, env: &dyn Environment) -> Result<Option<Vec<Value>>> {
        let done = if self.step.span() > 0 { self.next > self.stop } else { self.next < self.stop };
        if done {
            return Ok(None);
        }
        let following = match &self.next {
            Value::Timestamp(local) => Value::Timestamp(super::moments::add(*local, self.step)?),
            Value::TimestampTz(utc) => {
                Value::TimestampTz(super::moments::add_zoned(*utc, self.step, &env.format().time_zone)?)
            }
            other => unreachable!("{other:?} is no timestamp"),
        };
        Ok(Some(vec![std::mem::replace(&mut self.next, following)]))
    }
}
