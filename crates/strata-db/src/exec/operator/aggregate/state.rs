//! The states of one aggregate call for all groups.
//!
//! Counts and sums of integers are vectors of numbers. Every other function has an accumulator a group. DISTINCT
//! lets each argument list through once a group; ORDER BY keeps the rows until the end and then takes
//! them in, sorted.

use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::eval::call_surroundings;
use crate::exec::keys::{KeyTable, SortBytes, encode_row, has_null};
use crate::functions::{Accumulator, FunctionKind};
use crate::plan::AggregateCall;
use std::sync::Arc;
use strata_types::key::{self, SortOrder};
use strata_types::{Batch, Column, ColumnBuilder, ColumnData, Numeric, Type, Value, sqlstate};

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
    /// Argument lists that have been let through, with their group.
    seen: Option<KeyTable>,
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

/// Rows that wait for their order.
struct Ordered {
    orders: Vec<SortOrder>,
    key_types: Vec<Type>,
    keys: SortBytes,
    args: Vec<ColumnBuilder>,
    groups: Vec<u32>,
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
        let ordered = (!orders.is_empty()).then(|| Ordered {
            orders,
            key_types,
            keys: SortBytes::default(),
            args: types.iter().map(|ty| ColumnBuilder::new(*ty)).collect(),
            groups: Vec::new(),
        });
        CallState {
            make,
            types,
            result: call.ty,
            strict: call.function.strict,
            states,
            seen: call.distinct.then(KeyTable::default),
            ordered,
        }
    }

    /// Makes room for `groups` groups.
    pub(super) fn grow(&mut self, groups: usize) {
        match &mut self.states {
            States::CountRows(counts) | States::CountValues(counts) => counts.resize(groups, 0),
            States::Sum(sums) => sums.resize(groups, None),
            States::Accumulators(accumulators) => {
                accumulators.resize_with(groups, || (self.make)(&self.types));
            }
        }
    }

    /// Takes rows in.
    pub(super) fn take(&mut self, taken: &Taken<'_>, run: &mut Run<'_>) -> Result<()> {
        let mut rows: Vec<u32> = (0..taken.groups.len() as u32).collect();
        if let Some(seen) = &mut self.seen {
            let mut key = Vec::new();
            rows.retain(|row| {
                key.clear();
                key.extend_from_slice(&taken.groups[*row as usize].to_le_bytes());
                encode_row(taken.args.iter().map(|column| &**column), *row as usize, &mut key);
                seen.insert(&key).1
            });
        }
        if self.strict {
            rows.retain(|row| !has_null(taken.args.iter().map(|column| &**column), *row as usize));
        }
        match &mut self.ordered {
            Some(ordered) => ordered.keep(taken, &rows),
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
                if let [one] = &mut accumulators[..] {
                    return one.add_rows(&call, args, rows);
                }
                for (group, rows) in by_group(rows, groups) {
                    accumulators[group as usize].add_rows(&call, args, &rows)?;
                }
            }
            (States::CountValues(_) | States::Sum(_), _) => unreachable!("one argument"),
        }
        Ok(())
    }

    /// Appends the results of all groups.
    pub(super) fn finish(
        &mut self,
        groups: usize,
        into: &mut ColumnBuilder,
        run: &mut Run<'_>,
    ) -> Result<()> {
        if let Some(ordered) = self.ordered.take() {
            let (batch, sorted_groups) = ordered.sorted();
            let args: Vec<&Column> = batch.columns.iter().map(|column| &**column).collect();
            let rows: Vec<u32> = (0..sorted_groups.len() as u32).collect();
            self.add(&args, &rows, &sorted_groups, run)?;
        }
        for group in 0..groups {
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

impl Ordered {
    fn keep(&mut self, taken: &Taken<'_>, rows: &[u32]) {
        // Without sort keys of its own (DISTINCT) the arguments are the keys.
        let keys = if taken.order.is_empty() { taken.args } else { taken.order };
        let mut bytes = Vec::new();
        for row in rows {
            let row = *row as usize;
            bytes.clear();
            for ((column, ty), order) in keys.iter().zip(&self.key_types).zip(&self.orders) {
                key::encode(*ty, &column.value(row), *order, &mut bytes);
            }
            self.keys.push(&bytes);
            for (builder, column) in self.args.iter_mut().zip(taken.args) {
                builder.push(&column.value(row));
            }
            self.groups.push(taken.groups[row]);
        }
    }

    /// The arguments in order, with their groups.
    fn sorted(mut self) -> (Batch, Vec<u32>) {
        let order = self.keys.order();
        let columns = self.args.iter_mut().map(|builder| Arc::new(builder.take().take(&order))).collect();
        let groups = order.iter().map(|row| self.groups[*row as usize]).collect();
        (Batch { columns, rows: order.len() }, groups)
    }
}
