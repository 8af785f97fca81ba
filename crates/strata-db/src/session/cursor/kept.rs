//! The rows that a cursor has read and may be asked for again.
//!
//! ```text
//! row      1 … first | first+1 … position … read | to come
//!          dropped   | kept in batches           |
//! ```
//! Position 0 is before the first row; one past the last is after it. A cursor declared with SCROLL keeps
//! every row; one without either word keeps what fits [`BYTES_MAX`] and is forward-only from then on.

use crate::error::{Result, SqlError};
use std::collections::VecDeque;
use strata_types::{Batch, Type, sqlstate};

/// Bytes of rows that a cursor keeps without being asked to.
const BYTES_MAX: usize = 4 << 20;

/// See the module.
pub(in crate::session) struct Kept {
    batches: VecDeque<Batch>,
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
            batches: VecDeque::new(),
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

    /// Whether it goes backwards as far as one likes.
    pub(in crate::session) fn scrolls(&self) -> bool {
        self.scroll == Some(true)
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
    pub(super) fn push(&mut self, batch: Batch) {
        self.read += batch.rows as u64;
        self.bytes += batch.byte_len();
        self.batches.push_back(batch);
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
            && let Some(front) = self.batches.front()
            && self.first + (front.rows as u64) < self.position
        {
            self.first += front.rows as u64;
            self.bytes = self.bytes.saturating_sub(front.byte_len());
            self.batches.pop_front();
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
    pub(super) fn row(&self, number: u64) -> Option<(&Batch, usize)> {
        let mut before = self.first;
        for batch in &self.batches {
            let rows = batch.rows as u64;
            if number > before && number <= before + rows {
                return Some((batch, (number - before - 1) as usize));
            }
            before += rows;
        }
        None
    }

    /// Rows `from` to `to`, in this order or, if `to` is the smaller, backwards.
    pub(super) fn rows(&self, types: &[Type], from: u64, to: u64) -> Vec<Batch> {
        let visible: Vec<usize> = (0..self.width).collect();
        let mut found = Vec::new();
        if from <= to {
            let mut before = self.first;
            for batch in &self.batches {
                let rows = batch.rows as u64;
                let (start, end) = (from.max(before + 1), to.min(before + rows));
                if start <= end {
                    let slice = batch.slice((start - before - 1) as usize, (end - start + 1) as usize);
                    found.push(slice.project(&visible));
                }
                before += rows;
            }
            return found;
        }
        let rows: Vec<_> = (to..=from)
            .rev()
            .filter_map(|number| self.row(number))
            .map(|(batch, at)| batch.row(at).into_iter().take(self.width).collect())
            .collect();
        found.push(Batch::from_rows(types, &rows));
        found
    }
}
