//! The right rows go into a hash table by their keys, the left rows look them up.
//!
//! ```text
//! keys: KeyTable   key bytes ──▶ id
//! first[id] ──▶ right row ──next[row]──▶ right row ──▶ …      rows with equal keys, in order of arrival
//! ```
//! Pairs are made a batch at a time, the residual condition is asked of them, and both sides remember who has found a
//! partner.

use super::nested_loop::nulls;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{eval_column, select};
use crate::exec::keys::{KeyTable, encode_row};
use crate::exec::step::{BATCH_ROWS, Input, Operator, Step, Wait, pull};
use crate::plan::{Expr, HashKey, JoinKind};
use std::sync::Arc;
use strata_types::{Batch, Column, Type};

/// No row.
const NONE: u32 = u32::MAX;

/// See the module.
pub(in crate::exec) struct HashJoin {
    kind: JoinKind,
    left: Input,
    right: Input,
    left_types: Vec<Type>,
    right_types: Vec<Type>,
    keys: Vec<HashKey>,
    residual: Option<Expr>,
    table: Table,
    probe: Option<Probe>,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Build,
    Probe,
    /// Right rows without partner, from this row on.
    Unmatched(usize),
}

/// The right rows.
#[derive(Default)]
struct Table {
    gathered: Vec<Batch>,
    rows: Batch,
    keys: KeyTable,
    first: Vec<u32>,
    last: Vec<u32>,
    next: Vec<u32>,
    matched: Vec<bool>,
    /// Some key is NULL.
    has_null: bool,
}

/// The left rows at work.
struct Probe {
    batch: Batch,
    /// First right row of each left row's partners.
    partner: Vec<u32>,
    row: usize,
    /// The next partner of row `row`; `None` before its first.
    at: Option<u32>,
    matched: Vec<bool>,
}

impl HashJoin {
    pub(in crate::exec) fn new(
        kind: JoinKind,
        (left, right): (Input, Input),
        (left_types, right_types): (Vec<Type>, Vec<Type>),
        keys: Vec<HashKey>,
        residual: Option<Expr>,
    ) -> HashJoin {
        let (table, phase) = (Table::default(), Phase::Build);
        HashJoin { kind, left, right, left_types, right_types, keys, residual, table, probe: None, phase }
    }

    /// Takes right rows in.
    fn add(&mut self, batch: Batch, run: &mut Run<'_>) -> Result<()> {
        let mut columns = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            columns.push(eval_column(&key.right, &batch, run)?);
        }
        let mut bytes = Vec::new();
        for row in 0..batch.rows {
            let number = self.table.next.len() as u32;
            self.table.next.push(NONE);
            if self.is_null_key(&columns, row) {
                self.table.has_null = true;
                continue;
            }
            bytes.clear();
            encode_row(columns.iter().map(|column| &**column), row, &mut bytes);
            self.table.link(&bytes, number);
        }
        self.table.gathered.push(batch);
        Ok(())
    }

    /// A NULL that equals nothing is among the keys.
    fn is_null_key(&self, columns: &[Arc<Column>], row: usize) -> bool {
        self.keys.iter().zip(columns).any(|(key, column)| !key.null_equal && column.is_null(row))
    }

    fn finish_build(&mut self) {
        self.table.rows = Batch::concat(&self.right_types, &std::mem::take(&mut self.table.gathered));
        if matches!(self.kind, JoinKind::Right | JoinKind::Full) {
            self.table.matched = vec![false; self.table.rows.rows];
        }
        self.phase = Phase::Probe;
    }

    /// The partners of every row of a left batch.
    fn start_probe(&self, batch: Batch, run: &mut Run<'_>) -> Result<Probe> {
        let mut columns = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            columns.push(eval_column(&key.left, &batch, run)?);
        }
        let mut bytes = Vec::new();
        let mut partner = Vec::with_capacity(batch.rows);
        let mut matched = vec![false; batch.rows];
        let null_aware = self.kind == JoinKind::NullAwareAnti && self.table.rows.rows > 0;
        for (row, matched) in matched.iter_mut().enumerate() {
            if self.is_null_key(&columns, row) {
                // NULL NOT IN (…) is not true unless there is nothing.
                *matched = null_aware;
                partner.push(NONE);
                continue;
            }
            bytes.clear();
            encode_row(columns.iter().map(|column| &**column), row, &mut bytes);
            partner.push(self.table.keys.find(&bytes).map_or(NONE, |id| self.table.first[id as usize]));
            *matched = null_aware && self.table.has_null;
        }
        Ok(Probe { batch, partner, row: 0, at: None, matched })
    }

    /// The next pairs, joined; `None` when the left batch is through.
    fn pairs(&mut self, run: &mut Run<'_>) -> Result<Option<Batch>> {
        let Some(probe) = &mut self.probe else { return Ok(None) };
        let once = !self.kind.yields_right() && self.residual.is_none();
        let (left, right) = probe.next_pairs(&self.table, once);
        if left.is_empty() {
            return Ok(None);
        }
        run.charge(left.len());
        if once {
            left.iter().for_each(|row| probe.matched[*row as usize] = true);
            return Ok(Some(Batch::default()));
        }
        let mut columns = probe.batch.take(&left).columns;
        columns.extend(self.table.rows.take(&right).columns);
        let joined = Batch { columns, rows: left.len() };
        let kept = match &self.residual {
            Some(residual) => select(residual, &joined, run)?.rows(joined.rows),
            None => (0..joined.rows as u32).collect(),
        };
        for pair in &kept {
            probe.matched[left[*pair as usize] as usize] = true;
            if let Some(matched) = self.table.matched.get_mut(right[*pair as usize] as usize) {
                *matched = true;
            }
        }
        if !self.kind.yields_right() {
            return Ok(Some(Batch::default()));
        }
        Ok(Some(if kept.len() == joined.rows { joined } else { joined.take(&kept) }))
    }

    /// What the left rows yield by themselves once all partners are known.
    fn end_probe(&mut self) -> Option<Batch> {
        let probe = self.probe.take()?;
        let wanted = match self.kind {
            JoinKind::Inner | JoinKind::Right => return None,
            JoinKind::Semi => true,
            JoinKind::Left | JoinKind::Full | JoinKind::Anti | JoinKind::NullAwareAnti => false,
        };
        let rows: Vec<u32> =
            (0..probe.batch.rows as u32).filter(|row| probe.matched[*row as usize] == wanted).collect();
        if rows.is_empty() {
            return None;
        }
        let mut batch = probe.batch.take(&rows);
        if self.kind.yields_right() {
            batch.columns.extend(nulls(&self.right_types, rows.len()));
        }
        Some(batch)
    }

    /// The next right rows that have found no partner.
    fn unmatched(&mut self, from: usize) -> Option<Batch> {
        let rows: Vec<u32> = (from..self.table.matched.len())
            .filter(|row| !self.table.matched[*row])
            .take(BATCH_ROWS)
            .map(|row| row as u32)
            .collect();
        let last = *rows.last()?;
        self.phase = Phase::Unmatched(last as usize + 1);
        let mut columns = nulls(&self.left_types, rows.len());
        columns.extend(self.table.rows.take(&rows).columns);
        Some(Batch { columns, rows: rows.len() })
    }
}

impl Table {
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
}

impl Probe {
    /// Up to a batch of pairs of row numbers; with `once`, only the first partner of each left row.
    fn next_pairs(&mut self, table: &Table, once: bool) -> (Vec<u32>, Vec<u32>) {
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

impl Operator for HashJoin {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        while self.phase == Phase::Build {
            let batch = pull!(self.right, run, {
                self.finish_build();
                break;
            });
            self.add(batch, run)?;
        }
        let empty = self.table.rows.rows == 0;
        if empty && matches!(self.kind, JoinKind::Inner | JoinKind::Right | JoinKind::Semi) {
            return Ok(Step::Done);
        }
        loop {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            if let Phase::Unmatched(from) = self.phase {
                return Ok(self.unmatched(from).map_or(Step::Done, Step::Batch));
            }
            if self.probe.is_none() {
                let batch = pull!(self.left, run, {
                    self.phase = Phase::Unmatched(0);
                    continue;
                });
                self.probe = Some(self.start_probe(batch, run)?);
            }
            let output = match self.pairs(run)? {
                Some(batch) => Some(batch),
                None => self.end_probe(),
            };
            if let Some(batch) = output
                && !batch.is_empty()
            {
                return Ok(Step::Batch(batch));
            }
        }
    }

    fn rewind(&mut self) {
        self.left.rewind();
        self.right.rewind();
        self.table = Table::default();
        self.probe = None;
        self.phase = Phase::Build;
    }
}
