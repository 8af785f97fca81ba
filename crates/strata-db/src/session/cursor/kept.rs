//! The rows that a cursor has read and may be asked for again.
//!
//! ```text
//! row      1 … first | first+1 … position … read | to come
//!          dropped   | kept in batches           |
//! ```
//! Position 0 is before the first row; one past the last is after it. A cursor declared with SCROLL keeps
//! every row, in a scratch file if they are many; one without either word keeps what fits [`BYTES_MAX`] and is
//! forward-only from then on.

use crate::error::{Result, SqlError};
use crate::exec::{self, Workspace};
use std::collections::VecDeque;
use strata_types::{Batch, Value, sqlstate};

/// Bytes of rows that a cursor keeps without being asked to.
const BYTES_MAX: usize = 4 << 20;

/// See the module.
pub(in crate::session) struct Kept {
    batches: exec::Kept,
    /// Of each kept batch, the number of its last row and its bytes.
    extents: VecDeque<(u64, usize)>,
    /// Batches before the first kept one.
    dropped: usize,
    /// Rows before the first kept one.
    first: u64,
    /// Rows read so far.
    read: u64,
    /// There are no more to read.
    ended: bool,
    /// Where the cursor stands.
    pub(super) position: u64,
    bytes: usize,
    /// SCROLL, NO SCROLL, or neither.
    scroll: Option<bool>,
    /// `WITH HOLD`: outlives its transaction.
    pub(in crate::session) hold: bool,
    /// Columns that the client sees; behind them may stand the key of the row.
    pub(super) width: usize,
}

impl Kept {
    /// Of a cursor that has not been read.
    pub(super) fn new(scroll: Option<bool>, hold: bool, width: usize) -> Kept {
        Kept {
            batches: exec::Kept::default(),
            extents: VecDeque::new(),
            dropped: 0,
            first: 0,
            read: 0,
            ended: false,
            position: 0,
            bytes: 0,
            scroll,
            hold,
            width,
        }
    }

    /// Whether it goes backwards.
    pub(in crate::session) fn scrolls(&self) -> bool {
        self.scroll != Some(false)
    }

    /// Whether this many rows have been read, or all there are.
    pub(super) fn has(&self, rows: u64) -> bool {
        self.ended || self.read >= rows
    }

    /// Rows read so far.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Takes in the next rows.
    ///
    /// # Errors
    /// 53100 and others of the scratch file.
    pub(super) fn push(&mut self, batch: Batch, workspace: &Workspace<'_>) -> Result<()> {
        let bytes = batch.byte_len();
        self.read += batch.rows as u64;
        self.bytes += bytes;
        self.extents.push_back((self.read, bytes));
        self.batches.push(batch, workspace)
    }

    /// There are no more rows.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// Drops what will not be asked for again.
    pub(super) fn forget(&mut self) {
        let keeps = match self.scroll {
            Some(scroll) => scroll,
            None => self.bytes <= BYTES_MAX,
        };
        // The current row stays: WHERE CURRENT OF and FETCH RELATIVE 0 want it.
        while !keeps
            && let Some((last, bytes)) = self.extents.front().copied()
            && last < self.position
        {
            self.first = last;
            self.bytes = self.bytes.saturating_sub(bytes);
            self.extents.pop_front();
            self.batches.drop_first();
            self.dropped += 1;
        }
    }

    /// # Errors
    /// 55000 if the row of this number cannot be gone back to.
    pub(super) fn refuse_lost(&self, row: u64) -> Result<()> {
        if row > self.first && self.scroll != Some(false) {
            return Ok(());
        }
        Err(SqlError::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, "cursor can only scan forward")
            .hint("Declare it with SCROLL option to enable backward scan."))
    }

    /// The row of a number, all columns.
    ///
    /// # Errors
    /// The scratch file's.
    pub(super) fn row(&self, number: u64) -> Result<Option<Vec<Value>>> {
        let found = self.batch_with(number)?;
        Ok(found.map(|(before, batch)| batch.row((number - before - 1) as usize)))
    }

    /// Rows `from` to `to`, in this order or, if `to` is the smaller, backwards.
    ///
    /// # Errors
    /// The scratch file's.
    pub(super) fn rows(&self, from: u64, to: u64) -> Result<Vec<Batch>> {
        let visible: Vec<usize> = (0..self.width).collect();
        let backwards = to < from;
        let (mut next, last) = (from.min(to), from.max(to));
        let mut found = Vec::new();
        while next <= last
            && let Some((before, batch)) = self.batch_with(next)?
        {
            let end = last.min(before + batch.rows as u64);
            let rows = (next - before - 1) as u32..(end - before) as u32;
            let batch = batch.project(&visible);
            found.push(match backwards {
                true => batch.take(&rows.rev().collect::<Vec<_>>()),
                false => batch.slice(rows.start as usize, rows.len()),
            });
            next = end + 1;
        }
        if backwards {
            found.reverse();
        }
        Ok(found)
    }

    /// The batch in which row `number` is, and the number of rows before it.
    fn batch_with(&self, number: u64) -> Result<Option<(u64, Batch)>> {
        if number <= self.first {
            return Ok(None);
        }
        let at = self.extents.partition_point(|(last, _)| *last < number);
        let before =
            at.checked_sub(1).and_then(|at| self.extents.get(at)).map_or(self.first, |(last, _)| *last);
        Ok(self.batches.get(self.dropped + at)?.map(|batch| (before, batch)))
    }
}
