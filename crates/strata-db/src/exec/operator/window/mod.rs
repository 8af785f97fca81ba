//! Window functions: the input's columns followed by one column per call.
//!
//! The input is sorted by partition and order. Ranks are told as the rows pass ([`ranking`]). For other functions
//! a partition is gathered whole ([`partition`]), then each call is computed for all its rows ([`call`]), looking
//! at the frame of each ([`frame`]).

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
use crate::exec::step::{Input, Operator, Step, pull};
use crate::plan::WindowCall;
use partition::Partition;
use std::sync::Arc;
use strata_types::{Batch, Type};

/// See the module.
pub(in crate::exec) struct Window {
    input: Input,
    types: Vec<Type>,
    calls: Vec<WindowCall>,
    /// Rows of the partition at work.
    gathered: Vec<Batch>,
    /// Its key.
    key: Option<Vec<u8>>,
    /// Rows behind it, with the first row of each further partition.
    rest: Option<(Batch, Vec<Vec<u8>>)>,
    output: Option<Rows>,
    input_done: bool,
}

impl Window {
    pub(in crate::exec) fn new(input: Input, types: Vec<Type>, calls: Vec<WindowCall>) -> Window {
        Window {
            input,
            types,
            calls,
            gathered: Vec::new(),
            key: None,
            rest: None,
            output: None,
            input_done: false,
        }
    }

    /// Adds the rows of the partition at work to those gathered; whether the partition is complete.
    fn gather(&mut self, batch: Batch, mut keys: Vec<Vec<u8>>) -> bool {
        let current = match &self.key {
            Some(key) => key.clone(),
            None => {
                let first = keys.first().cloned().unwrap_or_default();
                self.key = Some(first.clone());
                first
            }
        };
        let own = keys.iter().take_while(|key| **key == current).count();
        if own > 0 {
            self.gathered.push(batch.slice(0, own));
        }
        if own == batch.rows {
            return false;
        }
        keys.drain(..own);
        self.rest = Some((batch.slice(own, batch.rows - own), keys));
        true
    }

    /// Computes the calls for the partition gathered.
    fn finish_partition(&mut self, run: &mut Run<'_>) -> Result<Rows> {
        self.key = None;
        let rows = Batch::concat(&self.types, &std::mem::take(&mut self.gathered));
        let order_by = self.calls.first().map_or(&[][..], |call| &call.order_by);
        let partition = Partition::new(rows, order_by, run)?;
        let mut columns = partition.rows.columns.clone();
        for call in &self.calls {
            columns.push(Arc::new(call::compute(call, &partition, run)?));
        }
        Ok(Rows::new(Batch::new(columns, partition.rows.rows)))
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
            if let Some(batch) = self.output.as_mut().and_then(Rows::next) {
                return Ok(Step::Batch(batch));
            }
            self.output = None;
            let complete = match self.rest.take() {
                Some((batch, keys)) => self.gather(batch, keys),
                None if self.input_done => {
                    if self.gathered.is_empty() {
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
                    self.gather(batch, keys)
                }
            };
            if complete {
                self.output = Some(self.finish_partition(run)?);
            }
        }
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.gathered.clear();
        self.key = None;
        self.rest = None;
        self.output = None;
        self.input_done = false;
    }
}
