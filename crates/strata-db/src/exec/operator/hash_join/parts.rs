//! Both sides of a hash join in parts, by the hash of the keys: rows that can be partners are in parts of the
//! same number.

use super::keys::RowKeys;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::rows::Rows;
use crate::exec::spill::{Part, PartReader, Partitions, RowForm};
use crate::plan::JoinKind;
use std::sync::Arc;
use strata_types::{Batch, Bitmap, Column, Type};

/// A left part and its right part, to be joined.
pub(super) struct Pair {
    left: Part,
    right: Part,
    /// The right rows may fall into smaller parts.
    divisible: bool,
}

/// A pair being joined.
pub(super) struct PairAtWork {
    pub(super) left: PartReader,
    pub(super) right: PartReader,
    pub(super) level: u64,
    pub(super) divisible: bool,
    /// Which left rows have found a partner in earlier blocks of the right rows.
    pub(super) matched: Bitmap,
    /// Left rows before those being probed.
    pub(super) left_at: usize,
}

/// Sides being parted.
pub(super) struct Parting {
    /// Right rows that were in memory already.
    pub(super) held: Rows,
    right: Partitions,
    left: Partitions,
    right_rows: u64,
}

impl Parting {
    pub(super) fn new(
        held: Rows,
        (left, right): (&[Type], &[Type]),
        level: u64,
        run: &Run<'_>,
    ) -> Result<Parting> {
        let part = |types| Partitions::new(RowForm::new(types), level, &run.workspace);
        Ok(Parting { held, right: part(right)?, left: part(left)?, right_rows: 0 })
    }

    /// Adds right rows. Those without a key are no one's partners: they are spread evenly, or dropped unless
    /// they are `wanted` for themselves.
    pub(super) fn add_right(&mut self, batch: &Batch, keys: &RowKeys, wanted: bool) -> Result<()> {
        for row in 0..batch.rows {
            match keys.hash(row) {
                Some(hash) => self.right.push(hash, &batch.columns, row)?,
                None if wanted => self.right.push(self.right_rows, &batch.columns, row)?,
                None => continue,
            }
            self.right_rows += 1;
        }
        Ok(())
    }

    /// Adds a left row that has a key.
    pub(super) fn add_left(&mut self, columns: &[Arc<Column>], row: usize, hash: u64) -> Result<()> {
        self.left.push(hash, columns, row)
    }

    /// Bytes in scratch files.
    pub(super) fn len(&self) -> u64 {
        self.left.len() + self.right.len()
    }

    /// The pairs that a join of this kind yields something of.
    pub(super) fn finish(self, kind: JoinKind) -> Result<Vec<Pair>> {
        let total = self.right_rows;
        let (left_alone, right_alone) = match kind {
            JoinKind::Inner | JoinKind::Semi => (false, false),
            JoinKind::Left | JoinKind::Anti | JoinKind::NullAwareAnti => (true, false),
            JoinKind::Right => (false, true),
            JoinKind::Full => (true, true),
        };
        let pairs = self.left.finish()?.into_iter().zip(self.right.finish()?);
        Ok(pairs
            .map(|(left, right)| Pair { divisible: right.rows() < total, left, right })
            .filter(|pair| match (pair.left.rows() > 0, pair.right.rows() > 0) {
                (true, true) => true,
                (true, false) => left_alone,
                (false, true) => right_alone,
                (false, false) => false,
            })
            .collect())
    }
}

impl Pair {
    /// From the first rows of both.
    pub(super) fn start(self, run: &Run<'_>) -> PairAtWork {
        // Parts without end are no gain over reading one several times.
        let divisible = self.divisible && self.right.level() < LEVEL_MAX && run.workspace.memory() > 0;
        let left_rows = if divisible { 0 } else { self.left.rows() as usize };
        PairAtWork {
            left: self.left.reader(),
            right: self.right.reader(),
            level: self.right.level() + 1,
            divisible,
            matched: Bitmap::filled(left_rows, false),
            left_at: 0,
        }
    }
}

/// How often rows are parted at most.
const LEVEL_MAX: u64 = 8;
