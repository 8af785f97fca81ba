//! The groups of one grouping set.

use super::state::{CallState, Taken};
use super::{AggregateSpec, CallInput};
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::{KeyTable, encode_row};
use crate::plan::{AggregateCall, Expr};
use std::sync::Arc;
use strata_types::{Batch, Column, ColumnBuilder, Type, Value};

/// See the module.
pub(super) struct Groups {
    /// The grouping expressions that count.
    set: Vec<usize>,
    table: KeyTable,
    /// Values of the grouping expressions, a row a group.
    values: Vec<ColumnBuilder>,
    states: Vec<CallState>,
    count: usize,
}

impl Groups {
    /// No groups.
    pub(super) fn new(set: Vec<usize>, groups: &[Expr], calls: &[AggregateCall]) -> Groups {
        let values = set.iter().map(|at| ColumnBuilder::new(groups[*at].ty)).collect();
        let states = calls.iter().map(CallState::new).collect();
        Groups { set, table: KeyTable::default(), values, states, count: 0 }
    }

    /// Takes the rows of a batch in.
    pub(super) fn take(
        &mut self,
        groups: &[Arc<Column>],
        inputs: &[CallInput],
        rows: usize,
        run: &mut Run<'_>,
    ) -> Result<()> {
        let of_row = self.find(groups, rows);
        for (state, input) in self.states.iter_mut().zip(inputs) {
            state.grow(self.count);
            let taken = Taken {
                args: &input.args,
                order: &input.order,
                groups: input.rows.iter().map(|row| of_row[*row as usize]).collect(),
            };
            state.take(&taken, run)?;
        }
        Ok(())
    }

    /// The group of each row; new ones are made.
    fn find(&mut self, groups: &[Arc<Column>], rows: usize) -> Vec<u32> {
        if self.set.is_empty() {
            self.count = 1;
            return vec![0; rows];
        }
        let columns: Vec<&Column> = self.set.iter().map(|at| &*groups[*at]).collect();
        let mut key = Vec::new();
        let mut found = Vec::with_capacity(rows);
        for row in 0..rows {
            key.clear();
            encode_row(columns.iter().copied(), row, &mut key);
            let (group, new) = self.table.insert(&key);
            if new {
                for (builder, column) in self.values.iter_mut().zip(&columns) {
                    builder.push(&column.value(row));
                }
            }
            found.push(group);
        }
        self.count = self.table.len();
        found
    }

    /// The rows of all groups.
    pub(super) fn finish(&mut self, spec: &AggregateSpec, run: &mut Run<'_>) -> Result<Batch> {
        if self.set.is_empty() {
            self.count = 1;
        }
        let count = self.count;
        let mut columns: Vec<Arc<Column>> = spec
            .groups
            .iter()
            .map(|expr| {
                Arc::new(Column::repeat(
                    expr.ty,
                    &Value::Null,
                    if self.set.len() == spec.groups.len() { 0 } else { count },
                ))
            })
            .collect();
        for (at, builder) in self.set.iter().zip(&mut self.values) {
            columns[*at] = Arc::new(builder.take());
        }
        for (state, call) in self.states.iter_mut().zip(&spec.calls) {
            state.grow(count);
            let mut builder = ColumnBuilder::with_capacity(call.ty, count);
            state.finish(count, &mut builder, run)?;
            columns.push(Arc::new(builder.finish()));
        }
        for call in &spec.grouping_calls {
            let mask = call.iter().fold(0, |mask, at| mask << 1 | i32::from(!self.set.contains(at)));
            columns.push(Arc::new(Column::repeat(Type::INT4, &Value::Int4(mask), count)));
        }
        Ok(Batch::new(columns, count))
    }
}
