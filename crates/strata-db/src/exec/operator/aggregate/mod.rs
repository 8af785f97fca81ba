//! Groups and aggregates over them.
//!
//! Rows of a group are found by a hash table of its key ([`groups`]); each call keeps the states of all
//! groups side by side ([`state`]), so that a batch is taken in by a loop per call rather than per row. Rows of
//! groups for which there is no memory are put aside and become groups later.

mod groups;
mod state;

use super::growth::Growth;
use super::project::Project;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Selection, eval_column, may_amplify, select};
use crate::exec::spill::{Part, PartReader, Space};
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use crate::plan::{AggregateCall, Expr};
use groups::{Groups, unflattened};
use std::sync::Arc;
use strata_types::{Batch, Column, Type, Typmod};

/// What to compute.
pub(in crate::exec) struct AggregateSpec {
    groups: Vec<Expr>,
    sets: Vec<Vec<usize>>,
    calls: Vec<AggregateCall>,
    grouping_calls: Vec<Vec<usize>>,
}

impl AggregateSpec {
    pub(in crate::exec) fn new(
        groups: Vec<Expr>,
        sets: Vec<Vec<usize>>,
        calls: Vec<AggregateCall>,
        grouping_calls: Vec<Vec<usize>>,
    ) -> AggregateSpec {
        AggregateSpec { groups, sets, calls, grouping_calls }
    }

    /// Bytes that the groups of a set may hold, and as many each DISTINCT among its calls.
    fn share(&self, run: &Run<'_>) -> usize {
        let distinct = self.calls.iter().filter(|call| call.distinct).count();
        run.workspace.memory() / (self.sets.len().max(1) * (1 + distinct))
    }

    /// Types of what a set puts aside of a row: the groups' values, then for each call whether it takes the row
    /// in, its arguments and its sort keys.
    fn aside_types(&self, set: &[usize]) -> Vec<Type> {
        let mut types: Vec<Type> = set.iter().map(|at| self.groups[*at].ty).collect();
        for call in &self.calls {
            types.push(Type::BOOL);
            types.extend(call.args.iter().map(|arg| arg.ty));
            types.extend(call.order_by.iter().map(|key| key.expr.ty));
        }
        types
    }

    /// Long values are made below, by a projection that makes them in parts: a batch of arguments stays small
    /// ([`may_amplify`]). Calls with a filter keep theirs, for they may raise where the filter says no.
    pub(in crate::exec) fn over(mut self, input: Input, width: Vec<Type>) -> HashAggregate {
        let mut below: Vec<Expr> = Vec::new();
        let unfiltered = self.calls.iter_mut().filter(|call| call.filter.is_none());
        let arguments = unfiltered.flat_map(|call| &mut call.args).chain(&mut self.groups);
        for argument in arguments.filter(|argument| argument.ty.len() < 0 && may_amplify(argument)) {
            let column = Expr::column(width.len() + below.len(), argument.ty, argument.typmod);
            below.push(std::mem::replace(argument, column));
        }
        if below.is_empty() {
            return HashAggregate::new(input, self);
        }
        let kept = width.iter().enumerate().map(|(at, ty)| Expr::column(at, *ty, Typmod::NONE));
        HashAggregate::new(Box::new(Project::new(input, kept.chain(below).collect())), self)
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
    /// The set that is being handed out.
    set: usize,
    /// Rows that it has put aside.
    waiting: Vec<Part>,
    phase: Phase,
    /// How much is computed at once; `None` if nothing can grow.
    growth: Option<Growth>,
    spent: Space,
}

enum Phase {
    /// The input is taken in.
    Input,
    /// Rows that were put aside are taken in.
    Aside(PartReader),
    /// All rows have come; some wait.
    Settle,
    /// Groups are handed out.
    Output,
}

impl HashAggregate {
    fn new(input: Input, spec: AggregateSpec) -> HashAggregate {
        let sets = new_sets(&spec);
        let args = spec
            .calls
            .iter()
            .flat_map(|call| call.args.iter().chain(call.order_by.iter().map(|key| &key.expr)));
        let growth = Growth::of(args.chain(&spec.groups));
        let (waiting, spent) = (Vec::new(), Space::default());
        HashAggregate { input, spec, sets, set: 0, waiting, phase: Phase::Input, growth, spent }
    }

    /// Takes a batch into every grouping set, in parts where arguments may be far larger than what they are made
    /// from.
    fn take(&mut self, batch: &Batch, run: &mut Run<'_>) -> Result<()> {
        let mut done = 0;
        while let Some(growth) = self.growth
            && done < batch.rows
        {
            let rows = growth.rows(batch.rows - done);
            let bytes = self.take_part(&batch.slice(done, rows), run)?;
            if let Some(growth) = &mut self.growth {
                growth.learn(bytes, rows);
            }
            done += rows;
            // Parts of one batch follow each other without a pause.
            while !self.make_room(run)? {}
        }
        if self.growth.is_none() {
            self.take_part(batch, run)?;
        }
        Ok(())
    }

    /// Takes rows in; the bytes of what was computed from them.
    fn take_part(&mut self, batch: &Batch, run: &mut Run<'_>) -> Result<usize> {
        let mut groups = Vec::with_capacity(self.spec.groups.len());
        for expr in &self.spec.groups {
            groups.push(eval_column(expr, batch, run)?);
        }
        let mut inputs = Vec::with_capacity(self.spec.calls.len());
        for call in &self.spec.calls {
            inputs.push(call_input(call, batch, run)?);
        }
        for set in &mut self.sets {
            let groups: Vec<Arc<Column>> = set.set().iter().map(|at| groups[*at].clone()).collect();
            set.take(&groups, &inputs, batch.rows, &self.spec, run)?;
        }
        let computed = inputs.iter().flat_map(|input| input.args.iter().chain(&input.order)).chain(&groups);
        Ok(match self.growth {
            Some(_) => computed.map(|column| column.byte_len()).sum(),
            None => 0,
        })
    }

    /// Whether every set has room for more rows.
    fn make_room(&mut self, run: &mut Run<'_>) -> Result<bool> {
        for set in &mut self.sets {
            if !set.make_room(run)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The groups at hand are through: goes on with rows put aside, or with the next set.
    fn go_on(&mut self) -> Result<()> {
        self.note_space();
        let groups = &mut self.sets[self.set];
        self.waiting.append(&mut groups.take_aside()?);
        let set = groups.set().to_vec();
        match self.waiting.pop() {
            Some(part) => {
                self.spent.parts += 1;
                *groups = Groups::new(set, &self.spec, part.level() + 1);
                self.phase = Phase::Aside(part.reader());
            }
            None => {
                *groups = Groups::new(set, &self.spec, 0);
                self.set += 1;
                self.phase = Phase::Settle;
            }
        }
        Ok(())
    }

    fn note_space(&mut self) {
        self.spent = self.space();
    }
}

fn new_sets(spec: &AggregateSpec) -> Vec<Groups> {
    spec.sets.iter().map(|set| Groups::new(set.clone(), spec, 0)).collect()
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
        while self.set < self.sets.len() {
            match &mut self.phase {
                Phase::Input => {
                    if !self.make_room(run)? {
                        return Ok(Step::Pending(Wait::Slice));
                    }
                    let batch = pull!(self.input, run, {
                        self.phase = Phase::Settle;
                        continue;
                    });
                    self.take(&batch, run)?;
                }
                Phase::Aside(reader) => {
                    let groups = &mut self.sets[self.set];
                    if run.must_yield()? || !groups.make_room(run)? {
                        return Ok(Step::Pending(Wait::Slice));
                    }
                    let Some(batch) = reader.next()? else {
                        self.phase = Phase::Settle;
                        continue;
                    };
                    let rows = batch.rows;
                    run.charge(rows);
                    let set = groups.set().to_vec();
                    let (values, inputs) = unflattened(batch, &set, &self.spec);
                    groups.take(&values, &inputs, rows, &self.spec, run)?;
                }
                Phase::Settle => {
                    if !self.sets[self.set].settle(&self.spec, run)? {
                        return Ok(Step::Pending(Wait::Slice));
                    }
                    self.note_space();
                    self.phase = Phase::Output;
                }
                Phase::Output => {
                    if run.must_yield()? {
                        return Ok(Step::Pending(Wait::Slice));
                    }
                    match self.sets[self.set].next(&self.spec, run)? {
                        Some(batch) => return Ok(Step::Batch(batch)),
                        None => self.go_on()?,
                    }
                }
            }
        }
        Ok(Step::Done)
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.sets = new_sets(&self.spec);
        self.set = 0;
        self.waiting.clear();
        self.phase = Phase::Input;
    }

    fn space(&self) -> Space {
        let mut space = self.spent;
        let (mut memory, mut disk) = (0, 0);
        for set in &self.sets {
            let own = set.space();
            memory += own.memory;
            disk += own.disk;
        }
        space.memory = space.memory.max(memory);
        space.disk = space.disk.max(disk);
        space
    }
}
