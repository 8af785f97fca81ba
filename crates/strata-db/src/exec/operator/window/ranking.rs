//! `row_number`, `rank` and `dense_rank` alone: they look at no row but the one before, so the rows pass by and
//! no partition is gathered.

use super::partition_keys;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::sort_bytes;
use crate::exec::step::{Input, Operator, Step, pull};
use crate::functions::{FunctionKind, WindowKind};
use crate::plan::WindowCall;
use std::sync::Arc;
use strata_types::{Batch, Column, Value};

/// See the module.
pub(in crate::exec) struct Ranking {
    input: Input,
    calls: Vec<WindowCall>,
    before: Option<Ranked>,
}

/// A row, and what the functions say of it.
struct Ranked {
    partition: Vec<u8>,
    peers: Vec<u8>,
    row_number: i64,
    rank: i64,
    dense_rank: i64,
}

impl Ranked {
    /// The first row of a partition.
    fn first(partition: Vec<u8>, peers: &[u8]) -> Ranked {
        Ranked { partition, peers: peers.to_vec(), row_number: 1, rank: 1, dense_rank: 1 }
    }

    /// Moves to the next row of the partition.
    fn advance(&mut self, peers: &[u8]) {
        self.row_number += 1;
        if self.peers != peers {
            self.rank = self.row_number;
            self.dense_rank += 1;
            self.peers.clear();
            self.peers.extend_from_slice(peers);
        }
    }

    fn value(&self, kind: WindowKind) -> i64 {
        match kind {
            WindowKind::RowNumber => self.row_number,
            WindowKind::Rank => self.rank,
            WindowKind::DenseRank => self.dense_rank,
            other => unreachable!("{other:?} is no rank"),
        }
    }
}

/// The kind of a call that needs only the row before.
fn rank_of(call: &WindowCall) -> Option<WindowKind> {
    match call.function.kind {
        FunctionKind::Window(kind @ (WindowKind::RowNumber | WindowKind::Rank | WindowKind::DenseRank)) => {
            Some(kind)
        }
        _ => None,
    }
}

impl Ranking {
    /// Whether these calls are such.
    pub(in crate::exec) fn suits(calls: &[WindowCall]) -> bool {
        calls.iter().all(|call| rank_of(call).is_some())
    }

    pub(in crate::exec) fn new(input: Input, calls: Vec<WindowCall>) -> Ranking {
        Ranking { input, calls, before: None }
    }

    fn rank(&mut self, batch: Batch, run: &mut Run<'_>) -> Result<Batch> {
        let partitions = partition_keys(&self.calls, &batch, run)?;
        let order_by = self.calls.first().map_or(&[][..], |call| &call.order_by);
        let peers = sort_bytes(order_by, &batch, run)?;
        let kinds: Vec<WindowKind> = self.calls.iter().filter_map(rank_of).collect();
        let mut values = vec![Vec::with_capacity(batch.rows); kinds.len()];
        for (row, partition) in partitions.into_iter().enumerate() {
            match &mut self.before {
                Some(ranked) if ranked.partition == partition => ranked.advance(peers.key(row)),
                before => *before = Some(Ranked::first(partition, peers.key(row))),
            }
            let Some(ranked) = &self.before else { continue };
            for (kind, values) in kinds.iter().zip(&mut values) {
                values.push(Value::Int8(ranked.value(*kind)));
            }
        }
        let mut columns = batch.columns;
        for (call, values) in self.calls.iter().zip(&values) {
            columns.push(Arc::new(Column::from_values(call.ty, values)));
        }
        Ok(Batch::new(columns, batch.rows))
    }
}

impl Operator for Ranking {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let batch = pull!(self.input, run, return Ok(Step::Done));
        Ok(Step::Batch(self.rank(batch, run)?))
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.before = None;
    }
}
