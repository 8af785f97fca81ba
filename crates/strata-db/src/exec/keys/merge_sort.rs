//! Putting many rows in order, a slice at a time.
//!
//! ```text
//! rows ──▶ chunks, each sorted at once ──▶ runs, merged two by two ──▶ … ──▶ one run
//! ```
//! Between two chunks, and within a merge, the statement can give way.

use super::sort::{SortBytes, head};
use crate::error::Result;
use crate::exec::context::Run;
use std::cmp::Ordering;

/// Rows that are sorted at once, and merged between two looks at the clock.
const CHUNK_ROWS: usize = 4096;

/// A row: the head of its key, and its number.
type Entry = (u64, u32);

/// See the module.
pub(in crate::exec) struct MergeSort {
    len: usize,
    /// Sorted runs of `width` rows each, the last perhaps shorter; all rows once the chunks are sorted.
    rows: Vec<Entry>,
    width: usize,
    /// The runs of twice the width, as far as they are made. A pair of runs becomes the run in its place.
    merged: Vec<Entry>,
    /// The next rows of the pair being merged.
    left: usize,
    right: usize,
}

impl MergeSort {
    /// Of rows 0 up to `len`.
    pub(in crate::exec) fn new(len: usize) -> MergeSort {
        let rows = Vec::with_capacity(len);
        MergeSort { len, rows, width: CHUNK_ROWS, merged: Vec::new(), left: 0, right: 0 }
    }

    /// Sorts on; whether it is done, or `false` if the slice is used up.
    ///
    /// # Errors
    /// 57014
    pub(in crate::exec) fn work(&mut self, keys: &SortBytes, run: &mut Run<'_>) -> Result<bool> {
        while !self.step(keys) {
            run.charge(CHUNK_ROWS);
            if run.must_yield()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sorts or merges a chunk; whether nothing is left to do.
    fn step(&mut self, keys: &SortBytes) -> bool {
        if self.rows.len() < self.len {
            self.sort_chunk(keys);
        } else if self.width < self.len {
            self.merge_chunk(keys);
        }
        self.rows.len() == self.len && self.width >= self.len
    }

    /// The rows in order, once it is done; equal ones as they came.
    pub(in crate::exec) fn into_order(self) -> Vec<u32> {
        self.rows.into_iter().map(|(_, row)| row).collect()
    }

    fn sort_chunk(&mut self, keys: &SortBytes) {
        let start = self.rows.len();
        let end = self.len.min(start + CHUNK_ROWS);
        self.rows.extend((start..end).map(|row| (head(keys.key(row)), row as u32)));
        self.rows[start..].sort_unstable_by(|a, b| compare(keys, a, b));
    }

    fn merge_chunk(&mut self, keys: &SortBytes) {
        let until = self.len.min(self.merged.len() + CHUNK_ROWS);
        while self.merged.len() < until {
            let start = self.merged.len() / (2 * self.width) * (2 * self.width);
            let middle = self.len.min(start + self.width);
            let end = self.len.min(middle + self.width);
            if self.merged.len() == start {
                (self.left, self.right) = (start, middle);
            }
            while self.merged.len() < until.min(end) {
                let is_left = self.right == end
                    || (self.left < middle
                        && compare(keys, &self.rows[self.left], &self.rows[self.right]).is_lt());
                let from = if is_left { &mut self.left } else { &mut self.right };
                self.merged.push(self.rows[*from]);
                *from += 1;
            }
        }
        if until == self.len {
            std::mem::swap(&mut self.rows, &mut self.merged);
            self.merged.clear();
            self.width *= 2;
        }
    }
}

fn compare(keys: &SortBytes, a: &Entry, b: &Entry) -> Ordering {
    let by_key = || keys.key(a.1 as usize).cmp(keys.key(b.1 as usize));
    a.0.cmp(&b.0).then_with(by_key).then_with(|| a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        /// Few values make long keys equal, and rows keep their order then.
        #[test]
        fn rows_are_in_order(rows in prop::collection::vec(0_u8..40, 0..4 * CHUNK_ROWS)) {
            let mut keys = SortBytes::default();
            rows.iter().for_each(|row| keys.push(format!("a long prefix {row}").as_bytes()));
            let mut sort = MergeSort::new(rows.len());
            while !sort.step(&keys) {}
            let mut expected: Vec<u32> = (0..rows.len() as u32).collect();
            expected.sort_by_key(|row| format!("{}", rows[*row as usize]));
            prop_assert_eq!(sort.into_order(), expected);
        }
    }
}
