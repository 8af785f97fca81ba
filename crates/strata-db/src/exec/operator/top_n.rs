//! The first rows in order: rows that cannot be among them are dropped as they come. Should those that can be
//! too many for memory, they are sorted like any others.

use super::limit::bounds;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::{SortBytes, sort_bytes};
use crate::exec::rows::Rows;
use crate::exec::spill::{Sorter, Space};
use crate::exec::step::{BATCH_ROWS, Input, Operator, Step, Wait, pull};
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
    /// Bytes of memory that candidates take.
    held: usize,
    /// The key of the last candidate that counts: rows at or behind it are dropped.
    threshold: Option<Vec<u8>>,
    gathered: bool,
    sorted: Option<Rows>,
    /// Where the candidates go instead once they are too many, and how many of its rows have come out.
    sorter: Option<(Box<Sorter>, usize)>,
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
            held: 0,
            threshold: None,
            gathered: false,
            sorted: None,
            sorter: None,
        }
    }

    /// Takes a batch's candidates in.
    fn take(&mut self, batch: Batch, wanted: usize, run: &mut Run<'_>) -> Result<()> {
        let keys = sort_bytes(&self.keys, &batch, run)?;
        let Some((batch, keys)) = self.candidates(batch, keys) else { return Ok(()) };
        if let Some((sorter, _)) = &mut self.sorter {
            sorter.push(&batch, &keys, run);
            return Ok(());
        }
        self.held += batch.byte_len() + keys.byte_len();
        self.bytes.append(&keys);
        self.kept.push(batch);
        let full = self.held > run.workspace.memory();
        let many = self.bytes.len() >= wanted.saturating_mul(2).saturating_add(4 * BATCH_ROWS);
        if many || (full && self.bytes.len() > wanted) {
            self.shrink(wanted);
        }
        // What has just been made smaller is not to be so again at once.
        if full && self.held > run.workspace.memory() / 2 {
            let mut sorter = Box::new(Sorter::new(&self.types));
            let all = Batch::concat(&self.types, &std::mem::take(&mut self.kept));
            sorter.push(&all, &std::mem::take(&mut self.bytes), run);
            self.sorter = Some((sorter, 0));
        }
        Ok(())
    }

    /// The rows of a batch that may be among the wanted ones.
    fn candidates(&self, batch: Batch, keys: SortBytes) -> Option<(Batch, SortBytes)> {
        let Some(threshold) = &self.threshold else { return Some((batch, keys)) };
        let rows: Vec<u32> =
            (0..batch.rows as u32).filter(|row| keys.key(*row as usize) < &threshold[..]).collect();
        if rows.is_empty() {
            return None;
        }
        let mut kept = SortBytes::default();
        rows.iter().for_each(|row| kept.push(keys.key(*row as usize)));
        Some((batch.take(&rows), kept))
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
        let best = all.take(&order);
        self.held = best.byte_len() + self.bytes.byte_len();
        self.kept.push(best);
    }

    /// The next of the rows `skip..wanted` of the sorter.
    fn next_sorted(&mut self, (skip, wanted): (usize, usize), run: &mut Run<'_>) -> Result<Step> {
        let Some((sorter, passed)) = &mut self.sorter else { return Ok(Step::Done) };
        while *passed < wanted {
            let batch = pull!(sorter, run, return Ok(Step::Done));
            let from = skip.saturating_sub(*passed).min(batch.rows);
            let to = batch.rows.min(wanted - *passed);
            *passed += batch.rows;
            if from < to {
                return Ok(Step::Batch(batch.slice(from, to - from)));
            }
        }
        Ok(Step::Done)
    }
}

impl Operator for TopN {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if let Some(sorted) = &mut self.sorted {
            return sorted.step(run);
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
        while count > 0 && !self.gathered {
            if let Some((sorter, _)) = &mut self.sorter
                && !sorter.settle(run)?
            {
                return Ok(Step::Pending(Wait::Slice));
            }
            let batch = pull!(self.input, run, {
                self.gathered = true;
                break;
            });
            self.take(batch, wanted, run)?;
        }
        if self.sorter.is_some() {
            return self.next_sorted((skip, wanted), run);
        }
        let mut order = self.bytes.order();
        order.truncate(wanted);
        order.drain(..skip.min(order.len()));
        let all = Batch::concat(&self.types, &std::mem::take(&mut self.kept));
        self.sorted.insert(Rows::ordered(all, order)).step(run)
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.bounds = None;
        self.kept.clear();
        self.bytes = SortBytes::default();
        self.held = 0;
        self.threshold = None;
        self.gathered = false;
        self.sorted = None;
        self.sorter = None;
    }

    fn space(&self) -> Space {
        match &self.sorter {
            Some((sorter, _)) => sorter.space(),
            None => Space { memory: self.held as u64, ..Space::default() },
        }
    }
}
