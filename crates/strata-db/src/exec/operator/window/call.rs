//! One window function call over a partition.

use super::frame::Frames;
use super::partition::Partition;
use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::eval::{call_surroundings, eval_column, select};
use crate::functions::{Accumulator, FunctionKind, WindowKind};
use crate::plan::WindowCall;
use std::ops::Range;
use std::sync::Arc;
use strata_types::{Column, ColumnBuilder, Type, Value};

/// After so many rows of frames a cancelled statement notices.
const INTERRUPTIBLE_ROWS: usize = 1 << 16;

/// The call's value for each row of the partition.
pub(super) fn compute(call: &WindowCall, partition: &Partition, run: &mut Run<'_>) -> Result<Column> {
    let mut args = Vec::with_capacity(call.args.len());
    for arg in &call.args {
        args.push(eval_column(arg, &partition.rows, run)?);
    }
    match call.function.kind {
        FunctionKind::Window(kind) => window(kind, call, &args, partition, run),
        FunctionKind::Aggregate(make) => aggregate(make, call, &args, partition, run),
        FunctionKind::Scalar(..) | FunctionKind::Set(..) => {
            unreachable!("{} is no window function", call.function.name)
        }
    }
}

fn window(
    kind: WindowKind,
    call: &WindowCall,
    args: &[Arc<Column>],
    partition: &Partition,
    run: &mut Run<'_>,
) -> Result<Column> {
    let len = partition.len();
    let ranks = |value: &dyn Fn(usize) -> Value| {
        let values: Vec<Value> = (0..len).map(value).collect();
        Column::from_values(call.ty, &values)
    };
    let float = |value: f64| Value::Float8(value);
    Ok(match kind {
        WindowKind::RowNumber => ranks(&|row| Value::Int8(row as i64 + 1)),
        WindowKind::Rank => ranks(&|row| Value::Int8(partition.peers_start(row) as i64 + 1)),
        WindowKind::DenseRank => ranks(&|row| Value::Int8(partition.group[row] as i64 + 1)),
        WindowKind::PercentRank if len < 2 => ranks(&|_| float(0.0)),
        WindowKind::PercentRank => ranks(&|row| float(partition.peers_start(row) as f64 / (len - 1) as f64)),
        WindowKind::CumeDist => ranks(&|row| float(partition.peers_end(row) as f64 / len as f64)),
        WindowKind::Ntile => ntile(call.ty, &args[0], len)?,
        WindowKind::Lag => shifted(call.ty, args, -1),
        WindowKind::Lead => shifted(call.ty, args, 1),
        WindowKind::FirstValue => {
            let frames = Frames::new(call, partition, run)?;
            ranks(&|row| frames.rows(row).next().map_or(Value::Null, |at| args[0].value(at)))
        }
        WindowKind::LastValue => {
            let frames = Frames::new(call, partition, run)?;
            let last = |row: usize| frames.range(row).rev().find(|other| !frames.excludes(row, *other));
            ranks(&|row| last(row).map_or(Value::Null, |at| args[0].value(at)))
        }
        WindowKind::NthValue => nth_value(call, args, &Frames::new(call, partition, run)?, len)?,
    })
}

/// The buckets of `ntile`: the first ones are one larger if the rows do not divide evenly.
fn ntile(ty: Type, buckets: &Column, len: usize) -> Result<Column> {
    let Some(buckets) = buckets.value(0).as_i64() else { return Ok(Column::repeat(ty, &Value::Null, len)) };
    if buckets <= 0 {
        return Err(SqlError::new("22014", "argument of ntile must be greater than zero"));
    }
    let rows = len as i64;
    let (size, larger) = (rows / buckets, rows % buckets);
    let bucket = |row: i64| {
        let in_larger = larger * (size + 1);
        if row < in_larger { row / (size + 1) } else { larger + (row - in_larger) / size.max(1) }
    };
    let values: Vec<Value> = (0..rows).map(|row| Value::Int4(bucket(row) as i32 + 1)).collect();
    Ok(Column::from_values(ty, &values))
}

/// `lag` and `lead`: a row so many rows away, or the default where there is none.
fn shifted(ty: Type, args: &[Arc<Column>], direction: i64) -> Column {
    let len = args[0].len();
    let mut builder = ColumnBuilder::with_capacity(ty, len);
    for row in 0..len {
        let by = match args.get(1).map(|by| by.value(row)) {
            None => Some(1),
            Some(by) => by.as_i64(),
        };
        let value = by.map(|by| {
            let at = (row as i64).saturating_add(by.saturating_mul(direction));
            match usize::try_from(at).ok().filter(|at| *at < len) {
                Some(at) => args[0].value(at),
                None => args.get(2).map(|default| default.value(row)).unwrap_or_default(),
            }
        });
        builder.push(&value.unwrap_or_default());
    }
    builder.finish()
}

fn nth_value(call: &WindowCall, args: &[Arc<Column>], frames: &Frames<'_>, len: usize) -> Result<Column> {
    let mut builder = ColumnBuilder::with_capacity(call.ty, len);
    for row in 0..len {
        let value = match args[1].value(row).as_i64() {
            None => Value::Null,
            Some(n) if n <= 0 => {
                return Err(SqlError::new("22016", "argument of nth_value must be greater than zero"));
            }
            Some(n) => frames.rows(row).nth(n as usize - 1).map_or(Value::Null, |at| args[0].value(at)),
        };
        builder.push(&value);
    }
    Ok(builder.finish())
}

/// An aggregate over the frame of each row.
fn aggregate(
    make: fn(&[Type]) -> Box<dyn Accumulator>,
    call: &WindowCall,
    args: &[Arc<Column>],
    partition: &Partition,
    run: &mut Run<'_>,
) -> Result<Column> {
    let frames = Frames::new(call, partition, run)?;
    let included = included(call, args, partition, run)?;
    let types: Vec<Type> = call.args.iter().map(|arg| arg.ty).collect();
    let surroundings = call_surroundings(run.env, &types, call.ty);
    let columns: Vec<&Column> = args.iter().map(|column| &**column).collect();
    let mut builder = ColumnBuilder::with_capacity(call.ty, partition.len());
    let mut state = make(&types);
    let mut last: Option<(Range<usize>, Value)> = None;
    let mut looked_at = 0;
    for row in 0..partition.len() {
        let range = frames.range(row);
        if let Some((known, value)) = &last
            && *known == range
            && frames.only_grow()
        {
            builder.push(value);
            continue;
        }
        let fresh: Vec<u32> = if frames.only_grow() {
            let from = last.as_ref().map_or(0, |(known, _)| known.end);
            (from..range.end).filter(|at| included[*at]).map(|at| at as u32).collect()
        } else {
            state = make(&types);
            frames.rows(row).filter(|at| included[*at]).map(|at| at as u32).collect()
        };
        looked_at += fresh.len();
        if looked_at > INTERRUPTIBLE_ROWS {
            run.env.check_interrupts()?;
            looked_at = 0;
        }
        state.add_rows(&surroundings, &columns, &fresh)?;
        let value = state.finish(&surroundings)?;
        builder.push(&value);
        last = Some((range, value));
    }
    Ok(builder.finish())
}

/// Which rows the aggregate takes in at all: those that pass its filter and have no NULL where it is strict.
fn included(
    call: &WindowCall,
    args: &[Arc<Column>],
    partition: &Partition,
    run: &mut Run<'_>,
) -> Result<Vec<bool>> {
    let mut included = vec![call.filter.is_none(); partition.len()];
    if let Some(filter) = &call.filter {
        let rows = select(filter, &partition.rows, run)?.rows(partition.len());
        rows.iter().for_each(|row| included[*row as usize] = true);
    }
    if call.function.strict {
        for column in args {
            (0..partition.len()).filter(|row| column.is_null(*row)).for_each(|row| included[row] = false);
        }
    }
    Ok(included)
}
