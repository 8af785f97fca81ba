//! The right rows of a hash join by their keys, and left rows that look them up.
//!
//! ```text
//! keys: KeyTable   key bytes ──▶ id
//! first[id] ──▶ right row ──next[row]──▶ right row ──▶ …      rows with equal keys, in order of arrival
//! ```

use crate::exec::keys::KeyTable;
use crate::exec::step::BATCH_ROWS;
use std::sync::Arc;
use strata_types::{Batch, ColumnBuilder, Type};

/// No row.
pub(super) const NONE: u32 = u32::MAX;

/// The right rows.
pub(super) struct Table {
    gathered: Vec<ColumnBuilder>,
    /// Bytes of the rows gathered.
    held: usize,
    pub(super) rows: Batch,
    pub(super) keys: KeyTable,
    pub(super) first: Vec<u32>,
    last: Vec<u32>,
    next: Vec<u32>,
    /// Which rows have found a partner; empty if nobody asks.
    pub(super) matched: Vec<bool>,
}

impl Table {
    /// No rows, of these types.
    pub(super) fn new(types: &[Type]) -> Table {
        Table {
            gathered: types.iter().map(|ty| ColumnBuilder::new(*ty)).collect(),
            held: 0,
            rows: Batch::default(),
            keys: KeyTable::default(),
            first: Vec::new(),
            last: Vec::new(),
            next: Vec::new(),
            matched: Vec::new(),
        }
    }

    /// Takes rows in, with the bytes of their keys; a row without a key has no partners.
    pub(super) fn add<'a>(&mut self, batch: &Batch, keys: impl Iterator<Item = Option<&'a [u8]>>) {
        for key in keys {
            let number = self.next.len() as u32;
            self.next.push(NONE);
            if let Some(key) = key {
                self.link(key, number);
            }
        }
        self.held += batch.byte_len();
        for (builder, column) in self.gathered.iter_mut().zip(&batch.columns) {
            builder.append(column);
        }
    }

    /// Adds row `number` to those with this key.
    fn link(&mut self, key: &[u8], number: u32) {
        let (id, new) = self.keys.insert(key);
        if new {
            self.first.push(number);
            self.last.push(number);
        } else {
            let last = &mut self.last[id as usize];
            self.next[*last as usize] = number;
            *last = number;
        }
    }

    /// Bytes of memory that it takes.
    pub(super) fn held(&self) -> usize {
        let numbers = self.next.len() + self.first.len() + self.last.len();
        self.held + self.keys.byte_len() + numbers * size_of::<u32>() + self.matched.len()
    }

    /// No more rows come; `count_matches` if it is asked later which of them have found no partner.
    pub(super) fn finish(&mut self, count_matches: bool) {
        let columns = self.gathered.drain(..).map(|builder| Arc::new(builder.finish())).collect();
        self.rows = Batch::new(columns, self.next.len());
        if count_matches {
            self.matched = vec![false; self.rows.rows];
        }
    }

    /// The next rows, from `from` on, that have found no partner.
    pub(super) fn unmatched(&self, from: usize) -> Vec<u32> {
        let rows = (from..self.matched.len()).filter(|row| !self.matched[*row]);
        rows.take(BATCH_ROWS).map(|row| row as u32).collect()
    }
}

/// The left rows at work.
pub(super) struct Probe {
    pub(super) batch: Batch,
    /// First right row of each left row's partners.
    pub(super) partner: Vec<u32>,
    row: usize,
    /// The next partner of row `row`; `None` before its first.
    at: Option<u32>,
    pub(super) matched: Vec<bool>,
}

impl Probe {
    /// Before the first pair.
    pub(super) fn new(batch: Batch, partner: Vec<u32>, matched: Vec<bool>) -> Probe {
        Probe { batch, partner, row: 0, at: None, matched }
    }

    /// Up to a batch of pairs of row numbers; with `once`, only the first partner of each left row.
    pub(super) fn next_pairs(&mut self, table: &Table, once: bool) -> (Vec<u32>, Vec<u32>) {
        let (mut left, mut right) = (Vec::with_capacity(BATCH_ROWS), Vec::with_capacity(BATCH_ROWS));
        while left.len() < BATCH_ROWS && self.row < self.batch.rows {
            let at = self.at.unwrap_or(self.partner[self.row]);
            if at == NONE {
                self.row += 1;
                self.at = None;
                continue;
            }
            left.push(self.row as u32);
            right.push(at);
            self.at = Some(if once { NONE } else { table.next[at as usize] });
        }
        (left, right)
    }
}
