//! Sort keys as bytes that compare as the rows do.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::eval;
use crate::plan::SortKey;
use strata_types::Batch;
use strata_types::key::{self, SortOrder};

/// The sort keys of many rows, one after the other in one buffer.
#[derive(Default)]
pub(in crate::exec) struct SortBytes {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl SortBytes {
    /// The key of row `row`.
    pub(in crate::exec) fn key(&self, row: usize) -> &[u8] {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[row]]
    }

    /// Number of rows.
    pub(in crate::exec) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds one key.
    pub(in crate::exec) fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
    }

    /// Adds the keys of another lot of rows.
    pub(in crate::exec) fn append(&mut self, other: &SortBytes) {
        let base = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| base + end));
    }

    /// Bytes of memory that they take.
    pub(in crate::exec) fn byte_len(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<usize>()
    }

    /// Rows in sorted order; equal ones stay as they came.
    pub(in crate::exec) fn order(&self) -> Vec<u32> {
        let mut rows: Vec<(u64, u32)> =
            (0..self.len()).map(|row| (head(self.key(row)), row as u32)).collect();
        rows.sort_unstable_by(|(a_head, a), (b_head, b)| {
            a_head
                .cmp(b_head)
                .then_with(|| self.key(*a as usize).cmp(self.key(*b as usize)))
                .then_with(|| a.cmp(b))
        });
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// The first eight bytes as a number, which decides most comparisons without a look at the rest.
#[expect(clippy::big_endian_bytes, reason = "byte order is sort order in keys")]
pub(in crate::exec) fn head(key: &[u8]) -> u64 {
    let mut head = [0; 8];
    let len = key.len().min(8);
    head[..len].copy_from_slice(&key[..len]);
    u64::from_be_bytes(head)
}

/// The sort keys of a batch.
///
/// # Errors
/// What the key expressions raise.
pub(in crate::exec) fn sort_bytes(keys: &[SortKey], batch: &Batch, run: &mut Run<'_>) -> Result<SortBytes> {
    let mut columns = Vec::with_capacity(keys.len());
    for key in keys {
        columns.push(eval(&key.expr, batch, run)?);
    }
    let mut sorted = SortBytes::default();
    for row in 0..batch.rows {
        for (key, column) in keys.iter().zip(&columns) {
            let order = SortOrder { descending: key.descending, nulls_first: key.nulls_first };
            key::encode(key.expr.ty, &column.value(row), order, &mut sorted.bytes);
        }
        sorted.ends.push(sorted.bytes.len());
    }
    Ok(sorted)
}
