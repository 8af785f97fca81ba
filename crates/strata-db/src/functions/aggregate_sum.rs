//! `count`, `sum`, `avg`.

use super::call::{Accumulator, Call};
use super::table::functions;
use crate::error::Result;
use strata_types::{Column, ColumnData, Error, Interval, Numeric, Type, Value, numeric};

functions! {
    2803 "count"() -> INT8 immutable nullable = aggregate(|_| Box::new(CountRows(0))), "number of input rows";
    2147 "count"(ANY) -> INT8 immutable nullable = aggregate(|_| Box::new(CountValues(0))),
        "number of input rows for which the input expression is not null";
    2109 "sum"(INT2) -> INT8 immutable nullable = aggregate(|_| Box::new(Integers::sum(Wide::Bigint))),
        "sum as bigint across all smallint input values";
    2108 "sum"(INT4) -> INT8 immutable nullable = aggregate(|_| Box::new(Integers::sum(Wide::Bigint))),
        "sum as bigint across all integer input values";
    2107 "sum"(INT8) -> NUMERIC immutable nullable = aggregate(|_| Box::new(Integers::sum(Wide::Numeric))),
        "sum as numeric across all bigint input values";
    2110 "sum"(FLOAT4) -> FLOAT4 immutable nullable = aggregate(|_| Box::new(Floats::default())),
        "sum as float4 across all float4 input values";
    2111 "sum"(FLOAT8) -> FLOAT8 immutable nullable = aggregate(|_| Box::new(Floats::default())),
        "sum as float8 across all float8 input values";
    2114 "sum"(NUMERIC) -> NUMERIC immutable nullable
        = aggregate(|_| Box::new(Numerics { average: false, ..Numerics::default() })),
        "sum as numeric across all numeric input values";
    2113 "sum"(INTERVAL) -> INTERVAL immutable nullable
        = aggregate(|_| Box::new(Intervals { average: false, ..Intervals::default() })),
        "sum as interval across all interval input values";
    2102 "avg"(INT2) -> NUMERIC immutable nullable = aggregate(|_| Box::new(Integers::sum(Wide::Average))),
        "the average (arithmetic mean) as numeric of all smallint values";
    2101 "avg"(INT4) -> NUMERIC immutable nullable = aggregate(|_| Box::new(Integers::sum(Wide::Average))),
        "the average (arithmetic mean) as numeric of all integer values";
    2100 "avg"(INT8) -> NUMERIC immutable nullable = aggregate(|_| Box::new(Integers::sum(Wide::Average))),
        "the average (arithmetic mean) as numeric of all bigint values";
    2104 "avg"(FLOAT4) -> FLOAT8 immutable nullable
        = aggregate(|_| Box::new(Floats { average: true, ..Floats::default() })),
        "the average (arithmetic mean) as float8 of all float4 values";
    2105 "avg"(FLOAT8) -> FLOAT8 immutable nullable
        = aggregate(|_| Box::new(Floats { average: true, ..Floats::default() })),
        "the average (arithmetic mean) as float8 of all float8 values";
    2103 "avg"(NUMERIC) -> NUMERIC immutable nullable
        = aggregate(|_| Box::new(Numerics { average: true, ..Numerics::default() })),
        "the average (arithmetic mean) as numeric of all numeric values";
    2106 "avg"(INTERVAL) -> INTERVAL immutable nullable
        = aggregate(|_| Box::new(Intervals { average: true, ..Intervals::default() })),
        "the average (arithmetic mean) as interval of all interval values";
}

/// Calls `f` for each of `rows` in which the column is not NULL.
#[inline]
pub(super) fn each_valid(
    column: &Column,
    rows: &[u32],
    mut f: impl FnMut(usize) -> Result<()>,
) -> Result<()> {
    match &column.validity {
        None => rows.iter().try_for_each(|row| f(*row as usize)),
        Some(valid) => rows.iter().map(|row| *row as usize).filter(|row| valid.get(*row)).try_for_each(f),
    }
}

/// `count(*)`
struct CountRows(i64);

impl Accumulator for CountRows {
    fn add(&mut self, _: &Call<'_>, _: &[Value]) -> Result<()> {
        self.0 += 1;
        Ok(())
    }

    fn add_rows(&mut self, _: &Call<'_>, _: &[&Column], rows: &[u32]) -> Result<()> {
        self.0 += rows.len() as i64;
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        Ok(Value::Int8(self.0))
    }
}

/// `count(a)`
struct CountValues(i64);

impl Accumulator for CountValues {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        self.0 += i64::from(args.first().is_some_and(|value| !value.is_null()));
        Ok(())
    }

    fn add_rows(&mut self, _: &Call<'_>, args: &[&Column], rows: &[u32]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        self.0 += match (&column.validity, &column.data) {
            (None, ColumnData::Other(_)) => {
                rows.iter().filter(|row| !column.is_null(**row as usize)).count() as i64
            }
            (None, _) => rows.len() as i64,
            (Some(valid), _) => rows.iter().filter(|row| valid.get(**row as usize)).count() as i64,
        };
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        Ok(Value::Int8(self.0))
    }
}

/// What becomes of a sum of integers.
enum Wide {
    /// `sum` of int2 and int4.
    Bigint,
    /// `sum` of int8.
    Numeric,
    /// `avg`.
    Average,
}

/// Sums of integers: 128 bits hold any number of 64-bit ones.
struct Integers {
    total: i128,
    count: i64,
    answer: Wide,
}

impl Integers {
    fn sum(answer: Wide) -> Integers {
        Integers { total: 0, count: 0, answer }
    }
}

impl Accumulator for Integers {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        if let Some(n) = args.first().and_then(Value::as_i64) {
            self.total += i128::from(n);
            self.count += 1;
        }
        Ok(())
    }

    fn add_rows(&mut self, call: &Call<'_>, args: &[&Column], rows: &[u32]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        let (mut total, mut count) = (0i128, 0i64);
        macro_rules! sum {
            ($vector:expr) => {
                each_valid(column, rows, |row| {
                    total += i128::from($vector[row]);
                    count += 1;
                    Ok(())
                })
            };
        }
        match &column.data {
            ColumnData::Int2(vector) => sum!(vector)?,
            ColumnData::Int4(vector) => sum!(vector)?,
            ColumnData::Int8(vector) => sum!(vector)?,
            _ => {
                for row in rows {
                    self.add(call, &[column.value(*row as usize)])?;
                }
            }
        }
        self.total += total;
        self.count += count;
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        if self.count == 0 {
            return Ok(Value::Null);
        }
        Ok(match self.answer {
            Wide::Bigint => {
                Value::Int8(i64::try_from(self.total).map_err(|_| Error::OutOfRange { ty: Type::INT8 })?)
            }
            Wide::Numeric => Value::Numeric(Numeric::from(self.total)),
            Wide::Average => Value::Numeric(Numeric::from(self.total).div(&Numeric::from(self.count))?),
        })
    }
}

/// Sums of floats, in double precision.
#[derive(Default)]
struct Floats {
    total: f64,
    count: i64,
    /// Some addend was infinite: then so may the sum be.
    infinite: bool,
    average: bool,
}

impl Floats {
    #[inline]
    fn push(&mut self, f: f64) {
        self.total += f;
        self.infinite |= f.is_infinite();
        self.count += 1;
    }
}

impl Accumulator for Floats {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        match args.first() {
            Some(Value::Float8(f)) => self.push(*f),
            Some(Value::Float4(f)) => self.push(f64::from(*f)),
            _ => {}
        }
        Ok(())
    }

    fn add_rows(&mut self, call: &Call<'_>, args: &[&Column], rows: &[u32]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        match &column.data {
            ColumnData::Float8(vector) => each_valid(column, rows, |row| {
                self.push(vector[row]);
                Ok(())
            }),
            ColumnData::Float4(vector) => each_valid(column, rows, |row| {
                self.push(f64::from(vector[row]));
                Ok(())
            }),
            _ => rows.iter().try_for_each(|row| self.add(call, &[column.value(*row as usize)])),
        }
    }

    fn finish(&mut self, call: &Call<'_>) -> Result<Value> {
        if self.count == 0 {
            return Ok(Value::Null);
        }
        if self.total.is_infinite() && !self.infinite {
            return Err(Error::FloatOverflow.into());
        }
        let result = if self.average { self.total / self.count as f64 } else { self.total };
        if call.result == Type::FLOAT4 {
            let narrow = result as f32;
            if narrow.is_infinite() && result.is_finite() {
                return Err(Error::FloatOverflow.into());
            }
            return Ok(Value::Float4(narrow));
        }
        Ok(Value::Float8(result))
    }
}

/// Sums of numerics, exact.
#[derive(Default)]
struct Numerics {
    total: numeric::Sum,
    count: i64,
    average: bool,
}

impl Accumulator for Numerics {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        if let Some(Value::Numeric(n)) = args.first() {
            self.total.add(n)?;
            self.count += 1;
        }
        Ok(())
    }

    fn add_rows(&mut self, call: &Call<'_>, args: &[&Column], rows: &[u32]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        match &column.data {
            ColumnData::Other(values) => {
                rows.iter().try_for_each(|row| self.add(call, &values[*row as usize..=*row as usize]))
            }
            _ => unreachable!("a column of numerics holds values"),
        }
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        if self.count == 0 {
            return Ok(Value::Null);
        }
        let total = self.total.total()?;
        Ok(Value::Numeric(if self.average { total.div(&Numeric::from(self.count))? } else { total }))
    }
}

/// Sums of intervals, field by field.
#[derive(Default)]
struct Intervals {
    months: i64,
    days: i64,
    us: i128,
    count: i64,
    average: bool,
}

impl Accumulator for Intervals {
    fn add(&mut self, _: &Call<'_>, args: &[Value]) -> Result<()> {
        if let Some(Value::Interval(interval)) = args.first() {
            self.months += i64::from(interval.months);
            self.days += i64::from(interval.days);
            self.us += i128::from(interval.us);
            self.count += 1;
        }
        Ok(())
    }

    fn finish(&mut self, _: &Call<'_>) -> Result<Value> {
        if self.count == 0 {
            return Ok(Value::Null);
        }
        let out_of_range = || Error::DatetimeRange { what: "interval".into() };
        let total = Interval::new(
            i32::try_from(self.months).map_err(|_| out_of_range())?,
            i32::try_from(self.days).map_err(|_| out_of_range())?,
            i64::try_from(self.us).map_err(|_| out_of_range())?,
        );
        let result = if self.average { super::spans::divided(total, self.count as f64)? } else { total };
        Ok(Value::Interval(result))
    }
}
