//! The states of one aggregate call for all groups.
//!
//! Counts and sums of integers are vectors of numbers. Every other function has an accumulator a group. DISTINCT
//! lets each argument list through once a group; what it cannot decide within its memory is decided when all rows
//! have come ([`CallState::settle`]). ORDER BY then takes its rows in, sorted.

use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::eval::call_surroundings;
use crate::exec::keys::{SortBytes, has_null};
use crate::exec::spill::{Seen, Sorter, Space};
use crate::exec::step::{Step, Wait};
use crate::functions::{Accumulator, FunctionKind};
use crate::plan::AggregateCall;
use std::ops::Range;
use std::sync::Arc;
use strata_types::key::{self, SortOrder};
use strata_types::{Batch, Column, ColumnBuilder, ColumnData, Numeric, Type, Value, sqlstate};

/// The group of a row that is not taken in.
pub(super) const NO_GROUP: u32 = u32::MAX;

/// Rows to take in.
pub(super) struct Taken<'a> {
    pub(super) args: &'a [Arc<Column>],
    pub(super) order: &'a [Arc<Column>],
    /// The group of each row.
    pub(super) groups: Vec<u32>,
}

/// See the module.
pub(super) struct CallState {
    make: fn(&[Type]) -> Box<dyn Accumulator>,
    types: Vec<Type>,
    result: Type,
    strict: bool,
    states: States,
    /// Bytes of memory that the states take.
    held: usize,
    /// Argument lists that have been let through, behind their group.
    seen: Option<Seen>,
    ordered: Option<Ordered>,
}

/// The states proper.
enum States {
    /// `count(*)`
    CountRows(Vec<i64>),
    /// `count(a)`
    CountValues(Vec<i64>),
    /// `sum` of integers; `None` before the first.
    Sum(Vec<Option<i128>>),
    /// Any function.
    Accumulators(Vec<Box<dyn Accumulator>>),
}

/// Rows that wait for their order: their group, then the arguments.
struct Ordered {
    orders: Vec<SortOrder>,
    key_types: Vec<Type>,
    sorter: Sorter,
}

impl CallState {
    /// Without groups.
    pub(super) fn new(call: &AggregateCall) -> CallState {
        let FunctionKind::Aggregate(make) = call.function.kind else {
            unreachable!("{} is no aggregate", call.function.name)
        };
        let types: Vec<Type> = call.args.iter().map(|arg| arg.ty).collect();
        let states = match (call.function.name, &types[..]) {
            ("count", []) => States::CountRows(Vec::new()),
            ("count", [_]) => States::CountValues(Vec::new()),
            ("sum", [Type::INT2 | Type::INT4 | Type::INT8]) => States::Sum(Vec::new()),
            _ => States::Accumulators(Vec::new()),
        };
        let indifferent = matches!(call.function.name, "count" | "sum" | "avg" | "min" | "max");
        let (orders, key_types): (Vec<SortOrder>, Vec<Type>) = match (&call.order_by[..], call.distinct) {
            // PostgreSQL removes duplicates by sorting, which shows in the order of array_agg(DISTINCT a).
            ([], true) if !indifferent => types.iter().map(|ty| (SortOrder::ASCENDING, *ty)).unzip(),
            (keys, _) => keys
                .iter()
                .map(|key| {
                    (SortOrder { descending: key.descending, nulls_first: key.nulls_first }, key.expr.ty)
                })
                .unzip(),
        };
        let grouped: Vec<Type> = std::iter::once(Type::INT8).chain(types.iter().copied()).collect();
        let seen = call.distinct.then(|| {
            let order = call.order_by.iter().map(|key| key.expr.ty);
            Seen::new(&grouped.iter().copied().chain(order).collect::<Vec<_>>(), grouped.len())
        });
        let ordered =
            (!orders.is_empty()).then(|| Ordered { orders, key_types, sorter: Sorter::new(&grouped) });
        CallState {
            make,
            types,
            result: call.ty,
            strict: call.function.strict,
            states,
            held: 0,
            seen,
            ordered,
        }
    }

    /// Makes room for `groups` groups.
    pub(super) fn grow(&mut self, groups: usize) {
        match &mut self.states {
            States::CountRows(counts) | States::CountValues(counts) => {
                counts.resize(groups, 0);
                self.held = groups * size_of::<i64>();
            }
            States::Sum(sums) => {
                sums.resize(groups, None);
                self.held = groups * size_of::<Option<i128>>();
            }
            States::Accumulators(accumulators) => {
                let before = accumulators.len();
                accumulators.resize_with(groups, || (self.make)(&self.types));
                let new = &accumulators[before..];
                self.held += new.iter().map(|new| size_of_val(new) + new.bytes()).sum::<usize>();
            }
        }
    }

    /// Bytes of memory that the states take.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Whether it has room for more rows; `false` if the slice is used up before it has.
    pub(super) fn make_room(&mut self, run: &mut Run<'_>) -> Result<bool> {
        self.ordered.as_mut().map_or(Ok(true), |ordered| ordered.sorter.settle(run))
    }

    /// Takes rows in. `memory` is what DISTINCT may hold.
    pub(super) fn take(&mut self, taken: &Taken<'_>, memory: usize, run: &mut Run<'_>) -> Result<()> {
        let mut rows: Vec<u32> = (0..taken.groups.len() as u32).collect();
        rows.retain(|row| taken.groups[*row as usize] != NO_GROUP);
        let Some(seen) = &mut self.seen else { return self.admit(taken, rows, run) };
        let whole = rows.len() == taken.groups.len();
        let args = taken.args.iter().chain(taken.order);
        let mut columns = vec![Arc::new(group_column(&rows, &taken.groups))];
        columns.extend(args.map(|column| if whole { column.clone() } else { Arc::new(column.take(&rows)) }));
        let fresh = seen.fresh(&columns, rows.len(), memory, &run.workspace)?;
        self.admit(taken, fresh.into_iter().map(|at| rows[at as usize]).collect(), run)
    }

    /// Takes in the rows that DISTINCT could not decide before all had come; `false` if the slice is used up
    /// before that is done.
    pub(super) fn settle(&mut self, memory: usize, run: &mut Run<'_>) -> Result<bool> {
        while self.make_room(run)? {
            let Some(seen) = &mut self.seen else { return Ok(true) };
            let Some((batch, fresh)) = seen.next_aside(memory, run)? else { return Ok(true) };
            let (groups, args) = split_groups(&batch);
            let (args, order) = args.split_at(self.types.len());
            self.admit(&Taken { args, order, groups }, fresh, run)?;
            if run.must_yield()? {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Takes the rows in that wait for their order, after the last has come. As [`Self::settle`].
    pub(super) fn take_ordered(&mut self, run: &mut Run<'_>) -> Result<bool> {
        loop {
            let Some(ordered) = &mut self.ordered else { return Ok(true) };
            match ordered.sorter.next(run)? {
                Step::Pending(Wait::Slice | Wait::Lock | Wait::Output | Wait::Input) => return Ok(false),
                Step::Done => self.ordered = None,
                Step::Batch(batch) => {
                    let (groups, args) = split_groups(&batch);
                    let args: Vec<&Column> = args.iter().map(|column| &**column).collect();
                    let rows: Vec<u32> = (0..batch.rows as u32).collect();
                    self.add(&args, &rows, &groups, run)?;
                    run.charge(batch.rows);
                    if run.must_yield()? {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// What it takes beside the states.
    pub(super) fn space(&self) -> Space {
        let seen = self.seen.as_ref().map(Seen::space).unwrap_or_default();
        let ordered = self.ordered.as_ref().map(|ordered| ordered.sorter.space()).unwrap_or_default();
        Space { memory: seen.memory + ordered.memory, disk: seen.disk + ordered.disk, parts: 0 }
    }

    /// Takes in rows that DISTINCT has let through.
    fn admit(&mut self, taken: &Taken<'_>, mut rows: Vec<u32>, run: &mut Run<'_>) -> Result<()> {
        if self.strict {
            rows.retain(|row| !has_null(taken.args.iter().map(|column| &**column), *row as usize));
        }
        match &mut self.ordered {
            Some(ordered) => ordered.keep(taken, &rows, run),
            None => {
                let args: Vec<&Column> = taken.args.iter().map(|column| &**column).collect();
                self.add(&args, &rows, &taken.groups, run)?;
            }
        }
        Ok(())
    }

    /// Adds rows to the states of their groups.
    fn add(&mut self, args: &[&Column], rows: &[u32], groups: &[u32], run: &Run<'_>) -> Result<()> {
        let group = |row: u32| groups[row as usize] as usize;
        match (&mut self.states, args) {
            (States::CountRows(counts), _) => rows.iter().for_each(|row| counts[group(*row)] += 1),
            (States::CountValues(counts), [column]) => {
                for row in rows.iter().filter(|row| !column.is_null(**row as usize)) {
                    counts[group(*row)] += 1;
                }
            }
            (States::Sum(sums), [column]) => {
                let mut add = |row: u32, n: i64| {
                    let sum = &mut sums[group(row)];
                    *sum = Some(sum.unwrap_or(0) + i128::from(n));
                };
                let valid = rows.iter().copied().filter(|row| !column.is_null(*row as usize));
                match &column.data {
                    ColumnData::Int2(ints) => valid.for_each(|row| add(row, i64::from(ints[row as usize]))),
                    ColumnData::Int4(ints) => valid.for_each(|row| add(row, i64::from(ints[row as usize]))),
                    ColumnData::Int8(ints) => valid.for_each(|row| add(row, ints[row as usize])),
                    other => unreachable!("sum of integers over {other:?}"),
                }
            }
            (States::Accumulators(accumulators), args) => {
                let call = call_surroundings(run.env, &self.types, self.result);
                let mut add = |one: &mut Box<dyn Accumulator>, rows: &[u32]| -> Result<()> {
                    let before = one.bytes();
                    one.add_rows(&call, args, rows)?;
                    self.held = (self.held + one.bytes()).saturating_sub(before);
                    Ok(())
                };
                if let [one] = &mut accumulators[..] {
                    return add(one, rows);
                }
                for (group, rows) in by_group(rows, groups) {
                    add(&mut accumulators[group as usize], &rows)?;
                }
            }
            (States::CountValues(_) | States::Sum(_), _) => unreachable!("one argument"),
        }
        Ok(())
    }

    /// Appends the results of some groups.
    pub(super) fn finish(
        &mut self,
        groups: Range<usize>,
        into: &mut ColumnBuilder,
        run: &mut Run<'_>,
    ) -> Result<()> {
        for group in groups {
            into.push(&self.result_of(group, run)?);
        }
        Ok(())
    }

    fn result_of(&mut self, group: usize, run: &Run<'_>) -> Result<Value> {
        Ok(match &mut self.states {
            States::CountRows(counts) | States::CountValues(counts) => Value::Int8(counts[group]),
            States::Sum(sums) => match sums[group] {
                None => Value::Null,
                Some(sum) if self.result == Type::NUMERIC => Value::Numeric(Numeric::from_i128(sum, 0)),
                Some(sum) => Value::Int8(i64::try_from(sum).map_err(|_| {
                    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "bigint out of range")
                })?),
            },
            States::Accumulators(accumulators) => {
                let call = call_surroundings(run.env, &self.types, self.result);
                accumulators[group].finish(&call)?
            }
        })
    }
}

/// Rows by their groups, each group's in order.
fn by_group(rows: &[u32], groups: &[u32]) -> Vec<(u32, Vec<u32>)> {
    let mut sorted: Vec<u64> =
        rows.iter().map(|row| u64::from(groups[*row as usize]) << 32 | u64::from(*row)).collect();
    sorted.sort_unstable();
    let mut lots: Vec<(u32, Vec<u32>)> = Vec::new();
    for entry in sorted {
        let (group, row) = ((entry >> 32) as u32, entry as u32);
        match lots.last_mut() {
            Some((last, rows)) if *last == group => rows.push(row),
            _ => lots.push((group, vec![row])),
        }
    }
    lots
}

/// The groups of some rows as a column.
fn group_column(rows: &[u32], groups: &[u32]) -> Column {
    let groups = rows.iter().map(|row| i64::from(groups[*row as usize])).collect();
    Column::new(Type::INT8, ColumnData::Int8(groups), None)
}

/// The groups that stand in the first column, and the columns behind it.
fn split_groups(batch: &Batch) -> (Vec<u32>, &[Arc<Column>]) {
    let Some((groups, args)) = batch.columns.split_first() else { unreachable!("a column of groups") };
    let ColumnData::Int8(groups) = &groups.data else { unreachable!("groups are numbers") };
    (groups.iter().map(|group| *group as u32).collect(), args)
}

impl Ordered {
    fn keep(&mut self, taken: &Taken<'_>, rows: &[u32], run: &Run<'_>) {
        // Without sort keys of its own (DISTINCT) the arguments are the keys.
        let by = if taken.order.is_empty() { taken.args } else { taken.order };
        let (mut keys, mut bytes) = (SortBytes::default(), Vec::new());
        for row in rows {
            bytes.clear();
            for ((column, ty), order) in by.iter().zip(&self.key_types).zip(&self.orders) {
                key::encode(*ty, &column.value(*row as usize), *order, &mut bytes);
            }
            keys.push(&bytes);
        }
        let mut columns = vec![Arc::new(group_column(rows, &taken.groups))];
        columns.extend(taken.args.iter().map(|column| Arc::new(column.take(rows))));
        self.sorter.push(&Batch { columns, rows: rows.len() }, &keys, run);
    }
}
