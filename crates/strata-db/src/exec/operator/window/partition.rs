//! A partition's rows and the groups of peers among them.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::sort_bytes;
use crate::plan::SortKey;
use strata_types::Batch;

/// See the module.
pub(super) struct Partition {
    pub(super) rows: Batch,
    /// The group of peers of each row, from 0.
    pub(super) group: Vec<usize>,
    /// First row of each group, and the number of rows at the end.
    pub(super) starts: Vec<usize>,
}

impl Partition {
    /// The rows of a partition in order. Without an order all are peers.
    pub(super) fn new(rows: Batch, order_by: &[SortKey], run: &mut Run<'_>) -> Result<Partition> {
        let keys = sort_bytes(order_by, &rows, run)?;
        let mut group = Vec::with_capacity(rows.rows);
        let mut starts = Vec::new();
        for row in 0..rows.rows {
            if row == 0 || keys.key(row) != keys.key(row - 1) {
                starts.push(row);
            }
            group.push(starts.len() - 1);
        }
        starts.push(rows.rows);
        Ok(Partition { rows, group, starts })
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows.rows
    }

    /// The first peer of a row.
    pub(super) fn peers_start(&self, row: usize) -> usize {
        self.starts[self.group[row]]
    }

    /// Behind the last peer of a row.
    pub(super) fn peers_end(&self, row: usize) -> usize {
        self.starts[self.group[row] + 1]
    }

    /// Number of groups of peers.
    pub(super) fn groups(&self) -> usize {
        self.starts.len() - 1
    }
}
