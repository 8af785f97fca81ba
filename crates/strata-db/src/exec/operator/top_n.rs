//! The first rows in order: rows that cannot be among them are dropped as they come.

use super::limit::bounds;
use super::rows::Rows;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::{SortBytes, sort_bytes};
use crate::exec::step::{BATCH_ROWS, Input, Operator, Step, pull};
use crate::plan::{Expr, SortKey};
use strata_types::{Batch, Type};

/// See the module.
pub(in crate::exec) struct TopN {
    input: Input,
    types: Vec<Type>,
    keys: Vec<SortKey>,
    offset: Option<Expr>,
    count: Expr,
    /// Rows to skip and to yield, once computed.
    bounds: Option<(usize, usize)>,
    /// Candidates, in order of arrival among equals.
    kept: Vec<Batch>,
    bytes: SortBytes,
    /// The key of the last candidate that counts: rows at or behind it are dropped.
    threshold: Option<Vec<u8>>,
    sorted: Option<Rows>,
}

impl TopN {
    pub(in crate::exec) fn new(
        input: Input,
        types: Vec<Type>,
        keys: Vec<SortKey>,
        offset: Option<Expr>,
        count: Expr,
    ) -> TopN {
        TopN {
            input,
            types,
            keys,
            offset,
            count,
            bounds: None,
            kept: Vec::new(),
            bytes: SortBytes::default(),
            threshold: None,
            sorted: None,
        }
    }

    /// Takes a batch's candidates in.
    fn take(&mut self, batch: Batch, wanted: usize, run: &mut Run<'_>) -> Result<()> {
        let keys = sort_bytes(&self.keys, &batch, run)?;
        match &self.threshold {
            None => {
                self.bytes.append(&keys);
                self.kept.push(batch);
            }
            Some(threshold) => {
                let rows: Vec<u32> =
                    (0..batch.rows as u32).filter(|row| keys.key(*row as usize) < &threshold[..]).collect();
                if rows.is_empty() {
                    return Ok(());
                }
                rows.iter().for_each(|row| self.bytes.push(keys.key(*row as usize)));
                self.kept.push(batch.take(&rows));
            }
        }
        if self.bytes.len() >= wanted.saturating_mul(2).saturating_add(4 * BATCH_ROWS) {
            self.shrink(wanted);
        }
        Ok(())
    }

    /// Keeps the best `wanted` candidates only.
    fn shrink(&mut self, wanted: usize) {
        let mut order = self.bytes.order();
        order.truncate(wanted);
        let all = Batch::concat(&self.types, &std::mem::take(&mut self.kept));
        self.threshold = order.last().map(|row| self.bytes.key(*row as usize).to_vec());
        let mut bytes = SortBytes::default();
        order.iter().for_each(|row| bytes.push(self.bytes.key(*row as usize)));
        self.bytes = bytes;
        self.kept.push(all.take(&order));
    }
}

impl Operator for TopN {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if let Some(sorted) = &mut self.sorted {
            return Ok(sorted.step());
        }
        let (skip, count) = match self.bounds {
            Some(bounds) => bounds,
            None => {
                let (skip, count) = bounds(self.offset.as_ref(), Some(&self.count), run)?;
                let rows = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
                *self.bounds.insert((rows(skip), rows(count)))
            }
        };
        let wanted = skip.saturating_add(count);
        if count > 0 {
            loop {
                let batch = pull!(self.input, run, break);
                self.take(batch, wanted, run)?;
            }
        }
        let mut order = self.bytes.order();
        order.truncate(wanted);
        order.drain(..skip.min(order.len()));
        let all = Batch::concat(&self.types, &std::mem::take(&mut self.kept));
        Ok(self.sorted.insert(Rows::ordered(all, order)).step())
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.bounds = None;
        self.kept.clear();
        self.bytes = SortBytes::default();
        self.threshold = None;
        self.sorted = None;
    }
}
