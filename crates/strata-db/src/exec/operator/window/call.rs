//! One window function call, computed for the rows of a partition one after the other.

use super::frame::Frames;
use super::partition::{CallInput, Partition};
use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::eval::call_surroundings;
use crate::functions::{Accumulator, FunctionKind, WindowKind};
use crate::plan::WindowCall;
use std::sync::Arc;
use strata_types::{Column, ColumnBuilder, Type, Value};

/// Rows looked at between two looks at the clock.
const STRIDE: usize = 512;

/// See the module.
pub(super) struct Computation {
    frames: Frames,
    /// Values of the rows so far.
    values: ColumnBuilder,
    running: Option<Running>,
    /// Rows looked at since the last look at the clock.
    looked_at: usize,
}

/// An aggregate over the frame of a row.
struct Running {
    make: fn(&[Type]) -> Box<dyn Accumulator>,
    types: Vec<Type>,
    state: Box<dyn Accumulator>,
    /// The row whose frame is being taken in, and how far it has been.
    row: Option<usize>,
    upto: usize,
    /// The value of the row before, and how far its frame went.
    before: Option<(usize, Value)>,
}

impl Computation {
    /// Before the first row.
    ///
    /// # Errors
    /// For impossible bounds of the frame.
    pub(super) fn new(call: &WindowCall, input: &CallInput, run: &mut Run<'_>) -> Result<Computation> {
        let types: Vec<Type> = call.args.iter().map(|arg| arg.ty).collect();
        let running = match call.function.kind {
            FunctionKind::Aggregate(make) => {
                let state = make(&types);
                Some(Running { make, types, state, row: None, upto: 0, before: None })
            }
            _ => None,
        };
        let values = ColumnBuilder::new(call.ty);
        Ok(Computation { frames: Frames::new(call, input, run)?, values, running, looked_at: 0 })
    }

    /// Computes on; whether all rows are done, or `false` if the slice is used up.
    ///
    /// # Errors
    /// What the function raises; 57014.
    pub(super) fn work(
        &mut self,
        call: &WindowCall,
        partition: &Partition,
        input: &CallInput,
        run: &mut Run<'_>,
    ) -> Result<bool> {
        while self.values.len() < partition.len() {
            let row = self.values.len();
            let value = match call.function.kind {
                FunctionKind::Window(kind) => {
                    self.looked_at += 1;
                    Some(self.value(kind, partition, &input.args, row, run)?)
                }
                FunctionKind::Aggregate(_) => self.aggregate(call, partition, input, row, run)?,
                FunctionKind::Scalar(..) | FunctionKind::Set(..) => {
                    unreachable!("{} is no window function", call.function.name)
                }
            };
            if let Some(value) = &value {
                self.values.push(value);
            }
            if self.must_pause(run)? || value.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The values, once all rows are done.
    pub(super) fn finish(self) -> Column {
        self.values.finish()
    }

    fn must_pause(&mut self, run: &mut Run<'_>) -> Result<bool> {
        if self.looked_at < STRIDE {
            return Ok(false);
        }
        run.charge(std::mem::take(&mut self.looked_at));
        run.must_yield()
    }

    /// What a window function says of a row.
    fn value(
        &self,
        kind: WindowKind,
        partition: &Partition,
        args: &[Arc<Column>],
        row: usize,
        run: &mut Run<'_>,
    ) -> Result<Value> {
        let len = partition.len();
        let at = |place: Option<usize>| place.map_or(Value::Null, |at| args[0].value(at));
        let share = |rows: usize, of: usize| Value::Float8(rows as f64 / of as f64);
        Ok(match kind {
            WindowKind::RowNumber => Value::Int8(row as i64 + 1),
            WindowKind::Rank => Value::Int8(partition.peers_start(row) as i64 + 1),
            WindowKind::DenseRank => Value::Int8(partition.group[row] as i64 + 1),
            WindowKind::PercentRank if len < 2 => Value::Float8(0.0),
            WindowKind::PercentRank => share(partition.peers_start(row), len - 1),
            WindowKind::CumeDist => share(partition.peers_end(row), len),
            WindowKind::Ntile => ntile(&args[0].value(0), row, len)?,
            WindowKind::Lag => shifted(args, row, -1),
            WindowKind::Lead => shifted(args, row, 1),
            WindowKind::FirstValue => at(self.frames.rows(row, partition, run)?.next()),
            WindowKind::LastValue => at(self.frames.rows(row, partition, run)?.next_back()),
            WindowKind::NthValue => match args[1].value(row).as_i64() {
                None => Value::Null,
                Some(n) if n <= 0 => {
                    return Err(SqlError::new("22016", "argument of nth_value must be greater than zero"));
                }
                Some(n) => at(self.frames.rows(row, partition, run)?.nth(n as usize - 1)),
            },
        })
    }

    /// An aggregate over the frame of a row; `None` if the slice is used up before it is taken in.
    fn aggregate(
        &mut self,
        call: &WindowCall,
        partition: &Partition,
        input: &CallInput,
        row: usize,
        run: &mut Run<'_>,
    ) -> Result<Option<Value>> {
        let frame = self.frames.range(row, partition, run)?;
        let Some(running) = &mut self.running else { unreachable!("an aggregate runs") };
        if running.row != Some(row) {
            running.row = Some(row);
            if !self.frames.only_grow() {
                running.state = (running.make)(&running.types);
                running.upto = frame.start;
            } else if let Some((end, value)) = &running.before
                && *end == frame.end
            {
                self.looked_at += 1;
                return Ok(Some(value.clone()));
            }
        }
        let surroundings = call_surroundings(run.env, &running.types, call.ty);
        let columns: Vec<&Column> = input.args.iter().map(|column| &**column).collect();
        loop {
            let until = frame.end.min(running.upto + STRIDE);
            let is_taken = |at: &usize| input.included[*at] && !self.frames.excludes(partition, row, *at);
            let fresh: Vec<u32> = (running.upto..until).filter(is_taken).map(|at| at as u32).collect();
            running.state.add_rows(&surroundings, &columns, &fresh)?;
            self.looked_at += 1 + fresh.len();
            running.upto = until;
            if until == frame.end {
                break;
            }
            run.charge(std::mem::take(&mut self.looked_at));
            if run.must_yield()? {
                return Ok(None);
            }
        }
        let value = running.state.finish(&surroundings)?;
        running.before = Some((frame.end, value.clone()));
        Ok(Some(value))
    }
}

/// The bucket of a row: the first ones are one larger if the rows do not divide evenly.
fn ntile(buckets: &Value, row: usize, len: usize) -> Result<Value> {
    let Some(buckets) = buckets.as_i64() else { return Ok(Value::Null) };
    if buckets <= 0 {
        return Err(SqlError::new("22014", "argument of ntile must be greater than zero"));
    }
    let (row, rows) = (row as i64, len as i64);
    let (size, larger) = (rows / buckets, rows % buckets);
    let in_larger = larger * (size + 1);
    let bucket = if row < in_larger { row / (size + 1) } else { larger + (row - in_larger) / size.max(1) };
    Ok(Value::Int4(bucket as i32 + 1))
}

/// `lag` and `lead`: a row so many rows away, or the default where there is none.
fn shifted(args: &[Arc<Column>], row: usize, direction: i64) -> Value {
    let by = match args.get(1).map(|by| by.value(row)) {
        None => 1,
        Some(by) => match by.as_i64() {
            None => return Value::Null,
            Some(by) => by,
        },
    };
    let at = (row as i64).saturating_add(by.saturating_mul(direction));
    match usize::try_from(at).ok().filter(|at| *at < args[0].len()) {
        Some(at) => args[0].value(at),
        None => args.get(2).map(|default| default.value(row)).unwrap_or_default(),
    }
}
