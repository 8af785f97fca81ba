//! Many rows: by extent, by key, by index.

use super::entry;
use super::key::Bounds;
use super::layout::{TableLayout, finish, keyspace, table};
use crate::error::Result;
use crate::schema::{RelationDef, TableDef};
use std::collections::VecDeque;
use std::ops::Bound;
use strata_store::{ExtentScan, KeyspaceId, Scan, Txn, View};
use strata_types::{Batch, ColumnBuilder};

/// Rows of the first batch from an index.
const FIRST_STEP: usize = 16;

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
}

enum Source {
    Extent(ExtentScan),
    Key(Scan),
    Index { entries: Scan, rows: KeyspaceId, view: View },
    Done,
}

impl TableScan {
    fn new(table: &TableDef, columns: &[usize], source: Source) -> Result<TableScan> {
        let layout = TableLayout::new(table)?;
        let builders = layout.builders(columns, 0);
        let columns = columns.to_vec();
        Ok(TableScan { layout, columns, builders, source, step: FIRST_STEP, queue: VecDeque::new() })
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

    /// The rows of a range of an index, in its order. The primary key's index is the table itself.
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
            Some(index) if !index.primary => {
                let entries = txn.scan(view, KeyspaceId(index.keyspace), lower, upper, reverse)?;
                Source::Index { entries, rows, view }
            }
            _ => Source::Key(txn.scan(view, rows, lower, upper, reverse)?),
        };
        TableScan::new(def, columns, source)
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
            Source::Key(_) | Source::Index { .. } => self.next_keys(txn, max_rows),
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
        while rows < max_rows {
            let found = match &mut self.source {
                Source::Key(scan) => match scan.next(txn)? {
                    Some(entry) => {
                        self.layout.push(entry.key, &entry.value, &self.columns, &mut self.builders)?;
                        true
                    }
                    None => false,
                },
                Source::Index { entries, rows, view } => match entries.next(txn)? {
                    Some(found) => {
                        let key = entry::row_key(found.key, &found.value)?;
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
