//! Many rows: by extent, by key, by index.

use super::entry;
use super::key::Bounds;
use super::layout::{TableLayout, finish, keyspace, table};
use super::lock;
use crate::error::Result;
use crate::plan::RowLock;
use crate::schema::{RelationDef, TableDef};
use std::cell::Cell;
use std::collections::VecDeque;
use std::ops::Bound;
use strata_store::{ExtentScan, KeyspaceId, LockMode, Scan, Txn, View};
use strata_types::{Batch, ColumnBuilder};

/// Rows of the first batch from an index.
const FIRST_STEP: usize = 16;
/// Rows that a batch passes over at most.
const PASSED_MAX: usize = 1024;

/// A running scan of a table. Between two batches it holds no pin.
pub struct TableScan {
    layout: TableLayout,
    columns: Vec<usize>,
    builders: Vec<ColumnBuilder>,
    source: Source,
    /// Rows that the next batch from an index has at most: few at first, for many queries want only those.
    step: usize,
    /// Rows that a chunk of an extent scan had beyond the batch asked for.
    queue: VecDeque<Batch>,
    /// Rows that others have locked against this are passed over.
    passes_over: Option<LockMode>,
}

enum Source {
    Extent(ExtentScan),
    Key { entries: Scan, rows: KeyspaceId },
    Index { entries: Scan, rows: KeyspaceId, view: View },
    Done,
}

impl TableScan {
    fn new(table: &TableDef, columns: &[usize], source: Source) -> Result<TableScan> {
        let layout = TableLayout::new(table)?;
        let builders = layout.builders(columns, 0);
        let columns = columns.to_vec();
        let (step, queue) = (FIRST_STEP, VecDeque::new());
        Ok(TableScan { layout, columns, builders, source, step, queue, passes_over: None })
    }

    /// All rows, in the order in which they lie. [`ROW_KEY`](super::ROW_KEY) among the columns is the row's key.
    ///
    /// # Errors
    /// Of the store.
    pub fn by_extent(txn: &Txn, view: View, relation: &RelationDef, columns: &[usize]) -> Result<TableScan> {
        let def = table(relation)?;
        let scan = txn.scan_extent(view, keyspace(def))?;
        TableScan::new(def, columns, Source::Extent(scan))
    }

    /// The rows of a range of an index, in its order. A clustered index is the table itself.
    ///
    /// # Errors
    /// Of the store.
    pub fn by_index(
        txn: &Txn,
        view: View,
        relation: &RelationDef,
        index: usize,
        columns: &[usize],
        bounds: &Bounds,
        reverse: bool,
    ) -> Result<TableScan> {
        let def = table(relation)?;
        let rows = keyspace(def);
        let (lower, upper) = (as_slice(&bounds.0), as_slice(&bounds.1));
        let source = match def.indexes.get(index) {
            Some(index) if !index.is_clustered() => {
                let entries = txn.scan(view, KeyspaceId(index.keyspace), lower, upper, reverse)?;
                Source::Index { entries, rows, view }
            }
            _ => Source::Key { entries: txn.scan(view, rows, lower, upper, reverse)?, rows },
        };
        TableScan::new(def, columns, source)
    }

    /// For who locks the rows as they come, and wants none that others have locked: from an index, most of those are
    /// not even read, and as few are read ahead as may be.
    pub fn passing_over(self, lock: RowLock) -> TableScan {
        TableScan { passes_over: Some(lock::mode(lock)), step: 1, ..self }
    }

    /// Up to about `max_rows` further rows; `None` at the end. Does bounded work: a batch may be empty.
    ///
    /// # Errors
    /// Of the store; XX001 for damaged tuples.
    pub fn next_batch(&mut self, txn: &Txn, max_rows: usize) -> Result<Option<Batch>> {
        if let Some(batch) = self.queue.pop_front() {
            return Ok(Some(batch));
        }
        match &mut self.source {
            Source::Done => Ok(None),
            Source::Extent(_) => self.next_extent(txn, max_rows),
            Source::Key { .. } | Source::Index { .. } => self.next_keys(txn, max_rows),
        }
    }

    fn next_extent(&mut self, txn: &Txn, max_rows: usize) -> Result<Option<Batch>> {
        let Source::Extent(scan) = &mut self.source else { return Ok(None) };
        let (layout, columns, builders) = (&self.layout, &self.columns, &mut self.builders);
        let mut rows = 0;
        let mut damage = None;
        let more = scan.next(txn, &mut |key, tuple| {
            if damage.is_none() {
                damage = layout.push(key, tuple, columns, builders).err();
                rows += 1;
            }
        })?;
        if let Some(error) = damage {
            return Err(error);
        }
        if !more {
            self.source = Source::Done;
        }
        let chunk = finish(&mut self.builders, rows);
        if rows <= max_rows {
            return Ok(Some(chunk));
        }
        let mut start = 0;
        while start < rows {
            let len = max_rows.min(rows - start);
            self.queue.push_back(chunk.slice(start, len));
            start += len;
        }
        Ok(self.queue.pop_front())
    }

    fn next_keys(&mut self, txn: &Txn, max_rows: usize) -> Result<Option<Batch>> {
        let max_rows = max_rows.min(self.step);
        self.step = self.step.saturating_mul(4);
        let mut rows = 0;
        let passes_over = self.passes_over;
        let passed = Cell::new(0);
        let is_passed = |rows: KeyspaceId, key: &[u8]| {
            let Some(mode) = passes_over else { return false };
            let passes = passed.get() < PASSED_MAX && txn.is_taken(rows, key, mode);
            passed.set(passed.get() + usize::from(passes));
            passes
        };
        while rows < max_rows {
            let found = match &mut self.source {
                Source::Key { entries, rows } => {
                    match entries.next_except(txn, |key| is_passed(*rows, key))? {
                        Some(entry) => {
                            self.layout.push(entry.key, &entry.value, &self.columns, &mut self.builders)?;
                            true
                        }
                        None => false,
                    }
                }
                Source::Index { entries, rows, view } => match entries.next(txn)? {
                    Some(found) => {
                        let key = entry::row_key(found.key, &found.value)?;
                        if is_passed(*rows, key) {
                            continue;
                        }
                        let Some(tuple) = txn.get(*view, *rows, key)? else {
                            return Err(entry::disagreement());
                        };
                        self.layout.push(key, &tuple, &self.columns, &mut self.builders)?;
                        true
                    }
                    None => false,
                },
                Source::Extent(_) | Source::Done => false,
            };
            if !found {
                self.source = Source::Done;
                break;
            }
            rows += 1;
        }
        if rows == 0 {
            return Ok(None);
        }
        Ok(Some(finish(&mut self.builders, rows)))
    }
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    match bound {
        Bound::Included(key) => Bound::Included(key),
        Bound::Excluded(key) => Bound::Excluded(key),
        Bound::Unbounded => Bound::Unbounded,
    }
}
