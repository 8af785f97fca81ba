//! Window functions: the input's columns followed by one column per call.
//!
//! The input is sorted by partition and order. Ranks are told as the rows pass ([`ranking`]). For other functions
//! a partition is gathered whole ([`partition`]), then each call is computed for its rows one after the other
//! ([`call`]), looking at the frame of each ([`frame`]); the statement gives way in between.

mod call;
mod frame;
mod partition;
mod ranking;

pub(in crate::exec) use ranking::Ranking;

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::eval_column;
use crate::exec::keys::encode_row;
use crate::exec::rows::Rows;
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use crate::plan::WindowCall;
use call::Computation;
use partition::{Gathering, Partition};
use std::sync::Arc;
use strata_types::{Batch, Column, Type};

/// See the module.
pub(in crate::exec) struct Window {
    input: Input,
    types: Vec<Type>,
    calls: Vec<WindowCall>,
    /// The partition whose rows are coming.
    gathering: Gathering,
    /// Its key.
    key: Option<Vec<u8>>,
    /// Rows behind it, with the partition key of each.
    rest: Option<(Batch, Vec<Vec<u8>>)>,
    complete: Option<Complete>,
    output: Option<Rows>,
    input_done: bool,
}

/// A partition whose rows are all there.
struct Complete {
    partition: Partition,
    /// Values of the calls done.
    columns: Vec<Arc<Column>>,
    /// The next call.
    at_work: Option<Computation>,
}

impl Window {
    pub(in crate::exec) fn new(input: Input, types: Vec<Type>, calls: Vec<WindowCall>) -> Window {
        Window {
            gathering: Gathering::new(&types, &calls),
            input,
            types,
            calls,
            key: None,
            rest: None,
            complete: None,
            output: None,
            input_done: false,
        }
    }

    /// Adds the rows of the partition at work to those gathered; whether the partition is complete.
    fn gather(&mut self, batch: Batch, mut keys: Vec<Vec<u8>>, run: &mut Run<'_>) -> Result<bool> {
        let current = self.key.get_or_insert_with(|| keys.first().cloned().unwrap_or_default());
        let own = keys.iter().take_while(|key| *key == current).count();
        if own > 0 {
            self.gathering.add(&self.calls, &batch.slice(0, own), run)?;
        }
        if own == batch.rows {
            return Ok(false);
        }
        keys.drain(..own);
        self.rest = Some((batch.slice(own, batch.rows - own), keys));
        Ok(true)
    }

    /// The partition gathered is complete, and the next one begins.
    fn finish_partition(&mut self) {
        self.key = None;
        let next = Gathering::new(&self.types, &self.calls);
        let partition = std::mem::replace(&mut self.gathering, next).finish();
        self.complete = Some(Complete { partition, columns: Vec::new(), at_work: None });
    }
}

impl Complete {
    /// Computes on; whether all calls are done, or `false` if the slice is used up.
    fn work(&mut self, calls: &[WindowCall], run: &mut Run<'_>) -> Result<bool> {
        while let Some(call) = calls.get(self.columns.len()) {
            let input = &self.partition.inputs[self.columns.len()];
            let computation = match &mut self.at_work {
                Some(computation) => computation,
                none => none.insert(Computation::new(call, input, run)?),
            };
            if !computation.work(call, &self.partition, input, run)? {
                return Ok(false);
            }
            self.columns.extend(self.at_work.take().map(|done| Arc::new(done.finish())));
        }
        Ok(true)
    }

    /// The rows with the calls' values.
    fn into_rows(self) -> Rows {
        let rows = self.partition.rows;
        let columns = rows.columns.into_iter().chain(self.columns).collect();
        Rows::new(Batch::new(columns, rows.rows))
    }
}

/// The partition keys of a batch's rows.
fn partition_keys(calls: &[WindowCall], batch: &Batch, run: &mut Run<'_>) -> Result<Vec<Vec<u8>>> {
    let partition_by = calls.first().map_or(&[][..], |call| &call.partition_by);
    let mut columns = Vec::with_capacity(partition_by.len());
    for expr in partition_by {
        columns.push(eval_column(expr, batch, run)?);
    }
    Ok((0..batch.rows)
        .map(|row| {
            let mut key = Vec::new();
            encode_row(columns.iter().map(|column| &**column), row, &mut key);
            key
        })
        .collect())
}

impl Operator for Window {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            if let Some(output) = &mut self.output {
                match output.step(run)? {
                    Step::Done => self.output = None,
                    step => return Ok(step),
                }
            }
            if let Some(complete) = &mut self.complete {
                if !complete.work(&self.calls, run)? {
                    return Ok(Step::Pending(Wait::Slice));
                }
                self.output = self.complete.take().map(Complete::into_rows);
                continue;
            }
            let is_complete = match self.rest.take() {
                Some((batch, keys)) => self.gather(batch, keys, run)?,
                None if self.input_done => {
                    if self.gathering.is_empty() {
                        return Ok(Step::Done);
                    }
                    true
                }
                None => {
                    let batch = pull!(self.input, run, {
                        self.input_done = true;
                        continue;
                    });
                    let keys = partition_keys(&self.calls, &batch, run)?;
                    self.gather(batch, keys, run)?
                }
            };
            if is_complete {
                self.finish_partition();
            }
        }
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.gathering = Gathering::new(&self.types, &self.calls);
        self.key = None;
        self.rest = None;
        self.complete = None;
        self.output = None;
        self.input_done = false;
    }
}
