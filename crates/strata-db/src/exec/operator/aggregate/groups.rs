//! The groups of one grouping set.
//!
//! ```text
//! rows ──▶ group known, or room for it ──▶ its states
//!      └─▶ no room for a new group ──────▶ put aside, in a part by the hash of the key
//! ```
//! When memory is full no new groups are made; those that are there go on taking rows in. What was put aside
//! becomes groups of its own, part by part, when these have been handed out.

use super::state::{CallState, NO_GROUP, Taken};
use super::{AggregateSpec, CallInput};
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::{KeyTable, encode_row, hash};
use crate::exec::spill::{Part, Partitions, RowForm, Space};
use crate::exec::step::BATCH_ROWS;
use std::sync::Arc;
use strata_types::{Batch, Column, ColumnBuilder, Type, Value};

/// See the module.
pub(super) struct Groups {
    /// The grouping expressions that count.
    set: Vec<usize>,
    table: KeyTable,
    /// Values of the grouping expressions, a row a group.
    values: Vec<ColumnBuilder>,
    /// Bytes of memory that they take.
    held: usize,
    states: Vec<CallState>,
    count: usize,
    /// How often its rows have been parted.
    level: u64,
    aside: Option<Partitions>,
    output: Option<Output>,
}

/// The groups as far as they have been handed out.
struct Output {
    /// Values of all grouping expressions; NULL where they do not count.
    values: Vec<Option<Arc<Column>>>,
    at: usize,
}

impl Groups {
    /// No groups, for rows that have been parted `level` times.
    pub(super) fn new(set: Vec<usize>, spec: &AggregateSpec, level: u64) -> Groups {
        let values = set.iter().map(|at| ColumnBuilder::new(spec.groups[*at].ty)).collect();
        let states = spec.calls.iter().map(CallState::new).collect();
        let table = KeyTable::default();
        Groups { set, table, values, held: 0, states, count: 0, level, aside: None, output: None }
    }

    /// The grouping expressions that count.
    pub(super) fn set(&self) -> &[usize] {
        &self.set
    }

    /// Whether there is room for more rows; `false` if the slice is used up before there is.
    pub(super) fn make_room(&mut self, run: &mut Run<'_>) -> Result<bool> {
        for state in &mut self.states {
            if !state.make_room(run)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the rows of a batch in: `groups` are the values of the set's expressions.
    pub(super) fn take(
        &mut self,
        groups: &[Arc<Column>],
        inputs: &[CallInput],
        rows: usize,
        spec: &AggregateSpec,
        run: &mut Run<'_>,
    ) -> Result<()> {
        let memory = spec.share(run);
        if self.aside.is_none() && !self.set.is_empty() && self.held() > memory {
            let form = RowForm::new(&spec.aside_types(&self.set));
            self.aside = Some(Partitions::new(form, self.level, &run.workspace)?);
        }
        let of_row = self.find(groups, inputs, rows)?;
        for (state, input) in self.states.iter_mut().zip(inputs) {
            state.grow(self.count);
            let taken = Taken {
                args: &input.args,
                order: &input.order,
                groups: input.rows.iter().map(|row| of_row[*row as usize]).collect(),
            };
            state.take(&taken, memory, run)?;
        }
        Ok(())
    }

    /// The group of each row. New ones are made while there is room; rows of others are put aside.
    fn find(&mut self, groups: &[Arc<Column>], inputs: &[CallInput], rows: usize) -> Result<Vec<u32>> {
        if self.set.is_empty() {
            self.count = 1;
            return Ok(vec![0; rows]);
        }
        let mut key = Vec::new();
        let mut found = Vec::with_capacity(rows);
        let mut columns = None;
        for row in 0..rows {
            key.clear();
            encode_row(groups.iter().map(|column| &**column), row, &mut key);
            let Some(aside) = &mut self.aside else {
                let (group, new) = self.table.insert(&key);
                if new {
                    for (builder, column) in self.values.iter_mut().zip(groups) {
                        let value = column.value(row);
                        self.held += size_of::<Value>() + value.heap_len();
                        builder.push(&value);
                    }
                }
                found.push(group);
                continue;
            };
            let group = self.table.find(&key);
            if group.is_none() {
                let columns = columns.get_or_insert_with(|| flattened(groups, inputs, rows));
                aside.push(hash(&key), columns, row)?;
            }
            found.push(group.unwrap_or(NO_GROUP));
        }
        self.count = self.table.len();
        Ok(found)
    }

    /// All rows have come: takes in those that wait. `false` if the slice is used up before that is done.
    pub(super) fn settle(&mut self, spec: &AggregateSpec, run: &mut Run<'_>) -> Result<bool> {
        if self.set.is_empty() {
            self.count = 1;
        }
        let memory = spec.share(run);
        for state in &mut self.states {
            state.grow(self.count);
            if !state.settle(memory, run)? || !state.take_ordered(run)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The rows of the next groups.
    pub(super) fn next(&mut self, spec: &AggregateSpec, run: &mut Run<'_>) -> Result<Option<Batch>> {
        let output = match &mut self.output {
            Some(output) => output,
            none => {
                self.table.clear();
                let mut values = vec![None; spec.groups.len()];
                for (at, builder) in self.set.iter().zip(&mut self.values) {
                    values[*at] = Some(Arc::new(builder.take()));
                }
                none.insert(Output { values, at: 0 })
            }
        };
        let groups = output.at..self.count.min(output.at + BATCH_ROWS);
        if groups.is_empty() {
            return Ok(None);
        }
        output.at = groups.end;
        let mut columns: Vec<Arc<Column>> = Vec::new();
        for (values, expr) in output.values.iter().zip(&spec.groups) {
            columns.push(Arc::new(match values {
                Some(values) => values.slice(groups.start, groups.len()),
                None => Column::repeat(expr.ty, &Value::Null, groups.len()),
            }));
        }
        for (state, call) in self.states.iter_mut().zip(&spec.calls) {
            let mut builder = ColumnBuilder::with_capacity(call.ty, groups.len());
            state.finish(groups.clone(), &mut builder, run)?;
            columns.push(Arc::new(builder.finish()));
        }
        for call in &spec.grouping_calls {
            let mask = call.iter().fold(0, |mask, at| mask << 1 | i32::from(!self.set.contains(at)));
            columns.push(Arc::new(Column::repeat(Type::INT4, &Value::Int4(mask), groups.len())));
        }
        run.charge(groups.len());
        Ok(Some(Batch::new(columns, groups.len())))
    }

    /// The rows that were put aside.
    pub(super) fn take_aside(&mut self) -> Result<Vec<Part>> {
        let parts = self.aside.take().map_or(Ok(Vec::new()), Partitions::finish)?;
        Ok(parts.into_iter().filter(|part| part.rows() > 0).collect())
    }

    /// What they take.
    pub(super) fn space(&self) -> Space {
        let mut space = Space { memory: self.held() as u64, ..Space::default() };
        if let Some(aside) = &self.aside {
            space.disk = aside.len();
        }
        for state in &self.states {
            let beside = state.space();
            space.memory += beside.memory;
            space.disk += beside.disk;
        }
        space
    }

    fn held(&self) -> usize {
        self.held + self.table.byte_len() + self.states.iter().map(CallState::held).sum::<usize>()
    }
}

/// What a batch is to a set, as columns of whole length: the groups' values, then for each call whether it takes
/// the row, its arguments and its sort keys.
fn flattened(groups: &[Arc<Column>], inputs: &[CallInput], rows: usize) -> Vec<Arc<Column>> {
    let mut columns = groups.to_vec();
    for input in inputs {
        let given = input.args.iter().chain(&input.order);
        if input.rows.len() == rows {
            columns.push(Arc::new(Column::repeat(Type::BOOL, &Value::Bool(true), rows)));
            columns.extend(given.cloned());
            continue;
        }
        let mut place = vec![None; rows];
        input.rows.iter().enumerate().for_each(|(at, row)| place[*row as usize] = Some(at));
        let taken: Vec<Value> = place.iter().map(|place| Value::Bool(place.is_some())).collect();
        columns.push(Arc::new(Column::from_values(Type::BOOL, &taken)));
        columns.extend(given.map(|column| {
            let mut builder = ColumnBuilder::with_capacity(column.ty, rows);
            for place in &place {
                builder.push(&place.map_or(Value::Null, |at| column.value(at)));
            }
            Arc::new(builder.finish())
        }));
    }
    columns
}

/// A batch back from the columns of [`flattened`]: the groups' values, and what each call takes in.
pub(super) fn unflattened(
    batch: Batch,
    set: &[usize],
    spec: &AggregateSpec,
) -> (Vec<Arc<Column>>, Vec<CallInput>) {
    let mut columns = batch.columns.into_iter();
    let groups: Vec<Arc<Column>> = columns.by_ref().take(set.len()).collect();
    let mut inputs = Vec::with_capacity(spec.calls.len());
    for call in &spec.calls {
        let taken: Vec<u32> = columns.next().map_or_else(Vec::new, |taken| {
            (0..batch.rows as u32).filter(|row| taken.value(*row as usize) == Value::Bool(true)).collect()
        });
        let narrowed = |column: Arc<Column>| match taken.len() == batch.rows {
            true => column,
            false => Arc::new(column.take(&taken)),
        };
        let args = columns.by_ref().take(call.args.len()).map(narrowed).collect();
        let order = columns.by_ref().take(call.order_by.len()).map(narrowed).collect();
        inputs.push(CallInput { args, order, rows: taken });
    }
    (groups, inputs)
}
