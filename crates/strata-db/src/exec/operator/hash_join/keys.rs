//! The keys of a batch's rows, on one side of a join.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::eval_column;
use crate::exec::keys::{encode_row, hash};
use crate::plan::{Expr, HashKey};
use strata_types::Batch;

/// Each row's key as bytes, or that it has none: a NULL that equals nothing is in it.
#[derive(Default)]
pub(super) struct RowKeys {
    bytes: Vec<u8>,
    /// Where each row's key ends, and whether it counts.
    ends: Vec<(usize, bool)>,
}

impl RowKeys {
    /// Those of `side` of the keys.
    pub(super) fn of(
        batch: &Batch,
        keys: &[HashKey],
        side: fn(&HashKey) -> &Expr,
        run: &mut Run<'_>,
    ) -> Result<RowKeys> {
        let mut columns = Vec::with_capacity(keys.len());
        for key in keys {
            columns.push(eval_column(side(key), batch, run)?);
        }
        let mut of_rows = RowKeys { bytes: Vec::new(), ends: Vec::with_capacity(batch.rows) };
        for row in 0..batch.rows {
            let none = keys.iter().zip(&columns).any(|(key, column)| !key.null_equal && column.is_null(row));
            if !none {
                encode_row(columns.iter().map(|column| &**column), row, &mut of_rows.bytes);
            }
            of_rows.ends.push((of_rows.bytes.len(), !none));
        }
        Ok(of_rows)
    }

    /// The key of a row.
    pub(super) fn key(&self, row: usize) -> Option<&[u8]> {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before].0);
        let (end, counts) = self.ends[row];
        counts.then(|| &self.bytes[start..end])
    }

    /// The hash of a row's key.
    pub(super) fn hash(&self, row: usize) -> Option<u64> {
        self.key(row).map(hash)
    }

    /// The keys of all rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        (0..self.ends.len()).map(|row| self.key(row))
    }
}
