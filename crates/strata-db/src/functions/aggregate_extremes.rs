//! `min`, `max`, and the aggregates that fold values with an operator: `bool_and`, `bit_or` and their kin.

use super::aggregate_sum::each_valid;
use super::call::{Accumulator, Call};
use super::table::functions;
use crate::error::Result;
use std::cmp::Ordering;
use std::sync::Arc;
use strata_types::{Bits, Column, ColumnData, Type, Value};

functions! {
    2050 "max"(ANYARRAY) -> ANYARRAY immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all anyarray input values";
    2244 "max"(BPCHAR) -> BPCHAR immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all bpchar input values";
    2122 "max"(DATE) -> DATE immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all date input values";
    2119 "max"(FLOAT4) -> FLOAT4 immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all float4 input values";
    2120 "max"(FLOAT8) -> FLOAT8 immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all float8 input values";
    2117 "max"(INT2) -> INT2 immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all smallint input values";
    2116 "max"(INT4) -> INT4 immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all integer input values";
    2115 "max"(INT8) -> INT8 immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all bigint input values";
    2128 "max"(INTERVAL) -> INTERVAL immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all interval input values";
    2130 "max"(NUMERIC) -> NUMERIC immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all numeric input values";
    2118 "max"(OID) -> OID immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all oid input values";
    2129 "max"(TEXT) -> TEXT immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all text input values";
    2123 "max"(TIME) -> TIME immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all time input values";
    2126 "max"(TIMESTAMP) -> TIMESTAMP immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all timestamp input values";
    2127 "max"(TIMESTAMPTZ) -> TIMESTAMPTZ immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all timestamp with time zone input values";
    2124 "max"(TIMETZ) -> TIMETZ immutable nullable = aggregate(Extreme::greatest),
        "maximum value of all time with time zone input values";
    2051 "min"(ANYARRAY) -> ANYARRAY immutable nullable = aggregate(Extreme::least),
        "minimum value of all anyarray input values";
    2245 "min"(BPCHAR) -> BPCHAR immutable nullable = aggregate(Extreme::least),
        "minimum value of all bpchar input values";
    2138 "min"(DATE) -> DATE immutable nullable = aggregate(Extreme::least),
        "minimum value of all date input values";
    2135 "min"(FLOAT4) -> FLOAT4 immutable nullable = aggregate(Extreme::least),
        "minimum value of all float4 input values";
    2136 "min"(FLOAT8) -> FLOAT8 immutable nullable = aggregate(Extreme::least),
        "minimum value of all float8 input values";
    2133 "min"(INT2) -> INT2 immutable nullable = aggregate(Extreme::least),
        "minimum value of all smallint input values";
    2132 "min"(INT4) -> INT4 immutable nullable = aggregate(Extreme::least),
        "minimum value of all integer input values";
    2131 "min"(INT8) -> INT8 immutable nullable = aggregate(Extreme::least),
        "minimum value of all bigint input values";
    2144 "min"(INTERVAL) -> INTERVAL immutable nullable = aggregate(Extreme::least),
        "minimum value of all interval input values";
    2146 "min"(NUMERIC) -> NUMERIC immutable nullable = aggregate(Extreme::least),
        "minimum value of all numeric input values";
    2134 "min"(OID) -> OID immutable nullable = aggregate(Extreme::least),
        "minimum value of all oid input values";
    2145 "min"(TEXT) -> TEXT immutable nullable = aggregate(Extreme::least),
        "minimum value of all text values";
    2139 "min"(TIME) -> TIME immutable nullable = aggregate(Extreme::least),
        "minimum value of all time input values";
    2142 "min"(TIMESTAMP) -> TIMESTAMP immutable nullable = aggregate(Extreme::least),
        "minimum value of all timestamp input values";
    2143 "min"(TIMESTAMPTZ) -> TIMESTAMPTZ immutable nullable = aggregate(Extreme::least),
        "minimum value of all timestamp with time zone input values";
    2140 "min"(TIMETZ) -> TIMETZ immutable nullable = aggregate(Extreme::least),
        "minimum value of all time with time zone input values";
    2517 "bool_and"(BOOL) -> BOOL immutable nullable
        = aggregate(|_| fold(|a, b| logic(a, b, |a, b| a && b))), "boolean-and aggregate";
    2519 "every"(BOOL) -> BOOL immutable nullable = aggregate(|_| fold(|a, b| logic(a, b, |a, b| a && b))),
        "boolean-and aggregate";
    2518 "bool_or"(BOOL) -> BOOL immutable nullable = aggregate(|_| fold(|a, b| logic(a, b, |a, b| a || b))),
        "boolean-or aggregate";
    2236 "bit_and"(INT2) -> INT2 immutable nullable
        = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a & b))), "bitwise-and smallint aggregate";
    2238 "bit_and"(INT4) -> INT4 immutable nullable
        = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a & b))), "bitwise-and integer aggregate";
    2240 "bit_and"(INT8) -> INT8 immutable nullable
        = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a & b))), "bitwise-and bigint aggregate";
    2242 "bit_and"(BIT) -> BIT immutable nullable = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a & b))),
        "bitwise-and bit aggregate";
    2237 "bit_or"(INT2) -> INT2 immutable nullable = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a | b))),
        "bitwise-or smallint aggregate";
    2239 "bit_or"(INT4) -> INT4 immutable nullable = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a | b))),
        "bitwise-or integer aggregate";
    2241 "bit_or"(INT8) -> INT8 immutable nullable = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a | b))),
        "bitwise-or bigint aggregate";
    2243 "bit_or"(BIT) -> BIT immutable nullable = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a | b))),
        "bitwise-or bit aggregate";
    6164 "bit_xor"(INT2) -> INT2 immutable nullable
        = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a ^ b))), "bitwise-xor smallint aggregate";
    6165 "bit_xor"(INT4) -> INT4 immutable nullable
        = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a ^ b))), "bitwise-xor integer aggregate";
    6166 "bit_xor"(INT8) -> INT8 immutable nullable
        = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a ^ b))), "bitwise-xor bigint aggregate";
    6167 "bit_xor"(BIT) -> BIT immutable nullable = aggregate(|_| fold(|a, b| bitwise(a, b, |a, b| a ^ b))),
        "bitwise-xor bit aggregate";
}

/// The largest or smallest value so far.
struct Extreme {
    best: Value,
    wanted: Ordering,
}

impl Extreme {
    fn least(_: &[Type]) -> Box<dyn Accumulator> {
        Box::new(Extreme { best: Value::Null, wanted: Ordering::Less })
    }

    fn greatest(_: &[Type]) -> Box<dyn Accumulator> {
        Box::new(Extreme { best: Value::Null, wanted: Ordering::Greater })
    }

    fn offer(&mut self, call: &Call<'_>, value: &Value) {
        if value.is_null() {
            return;
        }
        let order = match call.args {
            [Type::BPCHAR, ..] => super::comparison::padded(call, value, &self.best),
            _ => value.cmp(&self.best),
        };
        if self.best.is_null() || order == self.wanted {
            self.best = value.clone();
        }
    }

    /// The best of some rows by a native order, without making values of the others.
    #[inline]
    fn best_row(
        &self,
        column: &Column,
        rows: &[u32],
        order: impl Fn(usize, usize) -> Ordering,
    ) -> Option<usize> {
        let mut best: Option<usize> = None;
        let found = each_valid(column, rows, |row| {
            if best.is_none_or(|best| order(row, best) == self.wanted) {
                best = Some(row);
            }
            Ok(())
        });
        found.ok().and(best)
    }
}

impl Accumulator for Extreme {
    fn add(&mut self, call: &Call<'_>, args: &[Value]) -> Result<()> {
        if let Some(value) = args.first() {
            self.offer(call, value);
        }
        Ok(())
    }

    fn add_rows(&mut self, call: &Call<'_>, args: &[&Column], rows: &[u32]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        let best = match &column.data {
            ColumnData::Int2(v) => self.best_row(column, rows, |a, b| v[a].cmp(&v[b])),
            ColumnData::Int4(v) | ColumnData::Date(v) => self.best_row(column, rows, |a, b| v[a].cmp(&v[b])),
            ColumnData::Int8(v)
            | ColumnData::Time(v)
            | ColumnData::Timestamp(v)
            | ColumnData::TimestampTz(v) => self.best_row(column, rows, |a, b| v[a].cmp(&v[b])),
            ColumnData::Float4(v) => {
                self.best_row(column, rows, |a, b| strata_types::compare_f32(v[a], v[b]))
            }
            ColumnData::Float8(v) => {
                self.best_row(column, rows, |a, b| strata_types::compare_f64(v[a], v[b]))
            }
            ColumnData::Text(v) if column.ty != Type::BPCHAR => {
                self.best_row(column, rows, |a, b| v.get(a).cmp(v.get(b)))
            }
            ColumnData::Other(values) => {
                rows.iter()
                    .filter_map(|row| values.get(*row as usize))
                    .for_each(|value| self.offer(call, value));
                None
            }
            ColumnData::Bool(_) | ColumnData::Text(_) | ColumnData::Bytea(_) => {
                rows.iter().for_each(|row| self.offer(call, &column.value(*row as usize)));
                None
            }
        };
        if let Some(row) = best {
            self.offer(call, &column.value(row));
        }
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        Ok(self.best.clone())
    }
}

/// Folds values that are not NULL with a function of two.
struct Fold {
    so_far: Value,
    step: fn(&Value, &Value) -> Value,
}

fn fold(step: fn(&Value, &Value) -> Value) -> Box<dyn Accumulator> {
    Box::new(Fold { so_far: Value::Null, step })
}

impl Accumulator for Fold {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        match args.first() {
            None | Some(Value::Null) => {}
            Some(value) if self.so_far.is_null() => self.so_far = value.clone(),
            Some(value) => self.so_far = (self.step)(&self.so_far, value),
        }
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        Ok(self.so_far.clone())
    }
}

fn logic(a: &Value, b: &Value, f: fn(bool, bool) -> bool) -> Value {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Value::Bool(f(*a, *b)),
        _ => Value::Null,
    }
}

fn bitwise(a: &Value, b: &Value, f: fn(i64, i64) -> i64) -> Value {
    match (a, b) {
        // Each operation maps sign-extended operands to a sign-extended result: no bit is lost.
        (Value::Int2(a), Value::Int2(b)) => Value::Int2(f(i64::from(*a), i64::from(*b)) as i16),
        (Value::Int4(a), Value::Int4(b)) => Value::Int4(f(i64::from(*a), i64::from(*b)) as i32),
        (Value::Int8(a), Value::Int8(b)) => Value::Int8(f(*a, *b)),
        (Value::Bit(a), Value::Bit(b)) => {
            let pairs = a.bytes.iter().zip(&b.bytes);
            let bytes = pairs.map(|(a, b)| f(i64::from(*a), i64::from(*b)) as u8).collect();
            Value::Bit(Arc::new(Bits { len: a.len, bytes }))
        }
        _ => Value::Null,
    }
}
