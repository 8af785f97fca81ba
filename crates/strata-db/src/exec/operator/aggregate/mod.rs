//! Groups and aggregates over them.
//!
//! Rows of a group are found by a hash table of its key ([`groups`]); each call keeps the states of all
//! groups side by side ([`state`]), so that a batch is taken in by a loop per call rather than per row.

mod groups;
mod state;

use super::rows::Rows;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Selection, eval_column, select};
use crate::exec::step::{Input, Operator, Step, pull};
use crate::plan::{AggregateCall, Expr};
use groups::Groups;
use std::sync::Arc;
use strata_types::{Batch, Column};

/// What to compute.
pub(in crate::exec) struct AggregateSpec {
    groups: Vec<Expr>,
    sets: Vec<Vec<usize>>,
    calls: Vec<AggregateCall>,
    grouping_calls: Vec<Vec<usize>>,
}

impl AggregateSpec {
    pub(in crate::exec) fn new(
        groups: &[Expr],
        sets: &[Vec<usize>],
        calls: &[AggregateCall],
        grouping_calls: &[Vec<usize>],
    ) -> AggregateSpec {
        AggregateSpec {
            groups: groups.to_vec(),
            sets: sets.to_vec(),
            calls: calls.to_vec(),
            grouping_calls: grouping_calls.to_vec(),
        }
    }
}

/// The arguments of one call for the rows that it takes in.
struct CallInput {
    args: Vec<Arc<Column>>,
    /// Sort keys of ORDER BY, as columns.
    order: Vec<Arc<Column>>,
    /// Rows of the batch.
    rows: Vec<u32>,
}

/// See the module.
pub(in crate::exec) struct HashAggregate {
    input: Input,
    spec: AggregateSpec,
    sets: Vec<Groups>,
    output: Option<Output>,
}

/// The set being handed out, and its rows.
struct Output {
    set: usize,
    rows: Rows,
}

impl HashAggregate {
    pub(in crate::exec) fn new(input: Input, spec: AggregateSpec) -> HashAggregate {
        let sets = new_sets(&spec);
        HashAggregate { input, spec, sets, output: None }
    }

    /// Takes a batch into every grouping set.
    fn take(&mut self, batch: &Batch, run: &mut Run<'_>) -> Result<()> {
        let mut groups = Vec::with_capacity(self.spec.groups.len());
        for expr in &self.spec.groups {
            groups.push(eval_column(expr, batch, run)?);
        }
        let mut inputs = Vec::with_capacity(self.spec.calls.len());
        for call in &self.spec.calls {
            inputs.push(call_input(call, batch, run)?);
        }
        for set in &mut self.sets {
            set.take(&groups, &inputs, batch.rows, run)?;
        }
        Ok(())
    }
}

fn new_sets(spec: &AggregateSpec) -> Vec<Groups> {
    spec.sets.iter().map(|set| Groups::new(set.clone(), &spec.groups, &spec.calls)).collect()
}

/// A call's arguments for the rows that pass its filter.
fn call_input(call: &AggregateCall, batch: &Batch, run: &mut Run<'_>) -> Result<CallInput> {
    let selection = match &call.filter {
        Some(filter) => select(filter, batch, run)?,
        None => Selection::All,
    };
    let rows = selection.clone().rows(batch.rows);
    // Arguments are not computed for rows that the filter leaves out: they might raise.
    let narrowed = match &selection {
        Selection::All => batch.clone(),
        Selection::Rows(rows) => batch.take(rows),
    };
    let mut args = Vec::with_capacity(call.args.len());
    for arg in &call.args {
        args.push(eval_column(arg, &narrowed, run)?);
    }
    let mut order = Vec::with_capacity(call.order_by.len());
    for key in &call.order_by {
        order.push(eval_column(&key.expr, &narrowed, run)?);
    }
    Ok(CallInput { args, order, rows })
}

impl Operator for HashAggregate {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if self.output.is_none() {
            loop {
                let batch = pull!(self.input, run, break);
                self.take(&batch, run)?;
            }
        }
        loop {
            let set = match &mut self.output {
                None => 0,
                Some(output) => match output.rows.next() {
                    Some(batch) => return Ok(Step::Batch(batch)),
                    None => output.set + 1,
                },
            };
            let Some(groups) = self.sets.get_mut(set) else { return Ok(Step::Done) };
            let batch = groups.finish(&self.spec, run)?;
            self.output = Some(Output { set, rows: Rows::new(batch) });
        }
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.sets = new_sets(&self.spec);
        self.output = None;
    }
}
