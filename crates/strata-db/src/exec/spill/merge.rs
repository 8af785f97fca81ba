//! Sorted tapes as one: the smallest record of all comes next, and of equal ones that of the first tape.
//!
//! ```text
//! record   key length 4 │ sort key │ row
//! ```

use super::file::damaged;
use super::{SpillFile, Tape, TapeReader};
use crate::error::Result;
use crate::exec::keys::head;
use std::cmp::Ordering;

/// Bytes of a key's length.
const LEN_LEN: usize = 4;

/// Appends a record to merge by its key; `write` appends the row.
pub(super) fn write_keyed(key: &[u8], out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&(key.len() as u32).to_le_bytes());
    out.extend_from_slice(key);
    write(out);
}

/// See the module.
pub(super) struct Merge {
    sources: Vec<Source>,
    /// Sources that have records left, as a heap: none is smaller than the first.
    heap: Vec<u32>,
}

struct Source {
    reader: TapeReader,
    /// The key's first bytes, which decide most comparisons.
    head: u64,
    /// Where the key of the record ends.
    key_end: usize,
}

impl Merge {
    /// At the first record of all.
    pub(super) fn new(tapes: &[Tape], file: &SpillFile) -> Result<Merge> {
        let mut merge = Merge { sources: Vec::with_capacity(tapes.len()), heap: Vec::new() };
        for tape in tapes {
            let mut source = Source { reader: tape.reader(), head: 0, key_end: 0 };
            if source.advance(file)? {
                merge.heap.push(merge.sources.len() as u32);
            }
            merge.sources.push(source);
        }
        for at in (0..merge.heap.len() / 2).rev() {
            merge.sift_down(at);
        }
        Ok(merge)
    }

    /// The smallest record, whole; `None` at the end.
    pub(super) fn record(&self) -> Option<&[u8]> {
        Some(self.first()?.reader.record())
    }

    /// The row of the smallest record.
    pub(super) fn row(&self) -> Option<&[u8]> {
        let first = self.first()?;
        first.reader.record().get(first.key_end..)
    }

    /// Goes to the next record.
    pub(super) fn advance(&mut self, file: &SpillFile) -> Result<()> {
        let Some(first) = self.heap.first() else { return Ok(()) };
        if !self.sources[*first as usize].advance(file)? {
            self.heap.swap_remove(0);
        }
        self.sift_down(0);
        Ok(())
    }

    fn first(&self) -> Option<&Source> {
        self.heap.first().map(|source| &self.sources[*source as usize])
    }

    /// Lets a place of the heap that may be too large sink.
    fn sift_down(&mut self, mut at: usize) {
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let mut least = at;
            for child in [left, right] {
                if child < self.heap.len() && self.is_before(child, least) {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.heap.swap(at, least);
            at = least;
        }
    }

    /// Whether the record at one place of the heap comes before that at another.
    fn is_before(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.heap[a], self.heap[b]);
        let (left, right) = (&self.sources[a as usize], &self.sources[b as usize]);
        let order = left.head.cmp(&right.head).then_with(|| left.key().cmp(right.key()));
        order.then_with(|| a.cmp(&b)) == Ordering::Less
    }
}

impl Source {
    fn advance(&mut self, file: &SpillFile) -> Result<bool> {
        if !self.reader.advance(file)? {
            return Ok(false);
        }
        let Some(key_end) = key_end(self.reader.record()) else { return Err(damaged(file.len())) };
        self.key_end = key_end;
        self.head = head(self.key());
        Ok(true)
    }

    fn key(&self) -> &[u8] {
        &self.reader.record()[LEN_LEN..self.key_end]
    }
}

fn key_end(record: &[u8]) -> Option<usize> {
    let (len, rest) = record.split_first_chunk::<LEN_LEN>()?;
    let len = u32::from_le_bytes(*len) as usize;
    (len <= rest.len()).then_some(LEN_LEN + len)
}
