//! The right rows go into a hash table by their keys, the left rows look them up.
//!
//! Pairs are made a batch at a time, the residual condition is asked of them, and both sides remember who has found
//! a partner.
//!
//! When the right rows are too many for memory, both sides are written to scratch files in parts, by the hash of
//! the keys, and the parts are joined one after the other, each as a join of its own:
//!
//! ```text
//! Build ─▶ Probe ─▶ Unmatched ─▶ next pair of parts: Build, or the end
//!   └ full ─▶ PartRight ─▶ PartLeft ─┘
//! ```
//! A part that does not fall into smaller ones, since its rows have all the same key, is joined a block of right
//! rows at a time, with a pass over the left rows for each.

mod keys;
mod parts;
mod table;

use super::nested_loop::nulls;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::select;
use crate::exec::rows::Rows;
use crate::exec::spill::Space;
use crate::exec::step::{Input, Operator, Step, Wait};
use crate::plan::{Expr, HashKey, JoinKind};
use keys::RowKeys;
use parts::{Pair, PairAtWork, Parting};
use strata_types::{Batch, Type};
use table::{NONE, Probe, Table};

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
    /// There are right rows, in any part.
    any_right: bool,
    /// Some key of them is NULL.
    null_in_right: bool,
    /// No right rows follow those in the table, in this part.
    is_last_block: bool,
    parting: Option<Box<Parting>>,
    /// Parts to be joined, and those being joined in the place of the inputs.
    waiting: Vec<Pair>,
    pair: Option<Box<PairAtWork>>,
    spent: Space,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Build,
    /// The right rows are too many: they are parted.
    PartRight,
    /// The left ones, too.
    PartLeft,
    Probe,
    /// Right rows without partner, from this row on.
    Unmatched(usize),
    Done,
}

impl HashJoin {
    pub(in crate::exec) fn new(
        kind: JoinKind,
        (left, right): (Input, Input),
        (left_types, right_types): (Vec<Type>, Vec<Type>),
        keys: Vec<HashKey>,
        residual: Option<Expr>,
    ) -> HashJoin {
        HashJoin {
            kind,
            left,
            right,
            table: Table::new(&right_types),
            left_types,
            right_types,
            keys,
            residual,
            probe: None,
            phase: Phase::Build,
            any_right: false,
            null_in_right: false,
            is_last_block: false,
            parting: None,
            waiting: Vec::new(),
            pair: None,
            spent: Space::default(),
        }
    }

    fn yields_unmatched_right(&self) -> bool {
        matches!(self.kind, JoinKind::Right | JoinKind::Full)
    }

    fn next_right(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let Some(pair) = &mut self.pair else { return self.right.next(run) };
        let batch = pair.right.next()?;
        run.charge(batch.as_ref().map_or(0, |batch| batch.rows));
        Ok(batch.map_or(Step::Done, Step::Batch))
    }

    fn next_left(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let Some(pair) = &mut self.pair else { return self.left.next(run) };
        let batch = pair.left.next()?;
        run.charge(batch.as_ref().map_or(0, |batch| batch.rows));
        Ok(batch.map_or(Step::Done, Step::Batch))
    }

    /// The keys of right rows; what is to be known of all right rows is noted.
    fn right_keys(&mut self, batch: &Batch, run: &mut Run<'_>) -> Result<RowKeys> {
        let keys = RowKeys::of(batch, &self.keys, |key| &key.right, run)?;
        self.any_right = true;
        self.null_in_right |= keys.iter().any(|key| key.is_none());
        Ok(keys)
    }

    /// Takes right rows into the table; `Done` when they are all there, or those of a block.
    fn build(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let whole = self.pair.as_ref().is_none_or(|pair| pair.divisible);
        loop {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            if self.table.held() > run.workspace.memory() {
                self.note_space();
                self.table.finish(self.yields_unmatched_right());
                if whole {
                    return self.begin_parting(run).map(|()| Step::Done);
                }
                break;
            }
            let step = self.next_right(run)?;
            match step {
                Step::Batch(batch) => {
                    let keys = self.right_keys(&batch, run)?;
                    self.table.add(&batch, keys.iter());
                }
                Step::Pending(_) => return Ok(step),
                Step::Done => {
                    self.table.finish(self.yields_unmatched_right());
                    self.is_last_block = true;
                    break;
                }
            }
        }
        self.phase = Phase::Probe;
        Ok(Step::Done)
    }

    /// The right rows do not fit: from now on both sides are written to parts.
    fn begin_parting(&mut self, run: &Run<'_>) -> Result<()> {
        let table = std::mem::replace(&mut self.table, Table::new(&self.right_types));
        let level = self.pair.as_ref().map_or(0, |pair| pair.level);
        let types = (&self.left_types[..], &self.right_types[..]);
        self.parting = Some(Box::new(Parting::new(Rows::new(table.rows), types, level, run)?));
        self.phase = Phase::PartRight;
        Ok(())
    }

    fn part_right(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            let held = self.parting.as_mut().and_then(|parting| parting.held.next());
            let step = held.map_or_else(|| self.next_right(run), |batch| Ok(Step::Batch(batch)))?;
            let Step::Batch(batch) = step else {
                if matches!(step, Step::Done) {
                    self.phase = Phase::PartLeft;
                }
                return Ok(step);
            };
            let keys = self.right_keys(&batch, run)?;
            let wanted = self.yields_unmatched_right();
            if let Some(parting) = &mut self.parting {
                parting.add_right(&batch, &keys, wanted)?;
            }
            run.charge(batch.rows);
        }
    }

    /// Writes left rows to their parts; those without a key yield at once what they do.
    fn part_left(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            let step = self.next_left(run)?;
            let Step::Batch(batch) = step else {
                if matches!(step, Step::Done) {
                    self.end_parting(run)?;
                }
                return Ok(step);
            };
            let keys = RowKeys::of(&batch, &self.keys, |key| &key.left, run)?;
            let mut lonely = Vec::new();
            if let Some(parting) = &mut self.parting {
                for row in 0..batch.rows {
                    match keys.hash(row) {
                        Some(hash) => parting.add_left(&batch.columns, row, hash)?,
                        None => lonely.push(row as u32),
                    }
                }
            }
            run.charge(batch.rows);
            // NULL NOT IN (…) is not true unless there is nothing, and here there is something.
            if matches!(self.kind, JoinKind::Left | JoinKind::Full | JoinKind::Anti) && !lonely.is_empty() {
                return Ok(Step::Batch(self.alone(&batch, &lonely)));
            }
        }
    }

    fn end_parting(&mut self, run: &Run<'_>) -> Result<()> {
        self.note_space();
        if let Some(parting) = self.parting.take() {
            self.waiting.extend(parting.finish(self.kind)?);
        }
        self.next_pair(run);
        Ok(())
    }

    /// The next parts take the place of the inputs.
    fn next_pair(&mut self, run: &Run<'_>) {
        self.pair = self.waiting.pop().map(|pair| Box::new(pair.start(run)));
        self.begin_block();
        self.spent.parts += u64::from(self.pair.is_some());
        self.phase = if self.pair.is_some() { Phase::Build } else { Phase::Done };
    }

    fn begin_block(&mut self) {
        self.table = Table::new(&self.right_types);
        self.probe = None;
        self.is_last_block = false;
    }

    /// All left rows have passed by the right rows of a block.
    fn end_block(&mut self, run: &Run<'_>) {
        self.note_space();
        match &mut self.pair {
            Some(pair) if !self.is_last_block => {
                pair.left.rewind();
                pair.left_at = 0;
                self.begin_block();
                self.phase = Phase::Build;
            }
            _ => self.next_pair(run),
        }
    }

    /// The partners of every row of a left batch.
    fn start_probe(&self, batch: Batch, run: &mut Run<'_>) -> Result<Probe> {
        let keys = RowKeys::of(&batch, &self.keys, |key| &key.left, run)?;
        let mut partner = Vec::with_capacity(batch.rows);
        let mut matched = vec![false; batch.rows];
        let null_aware = self.kind == JoinKind::NullAwareAnti && self.any_right;
        for (row, matched) in matched.iter_mut().enumerate() {
            let Some(key) = keys.key(row) else {
                // NULL NOT IN (…) is not true unless there is nothing.
                *matched = null_aware;
                partner.push(NONE);
                continue;
            };
            partner.push(self.table.keys.find(key).map_or(NONE, |id| self.table.first[id as usize]));
            *matched = null_aware && self.null_in_right;
        }
        if let Some(pair) = self.pair.as_ref().filter(|pair| !pair.divisible) {
            for (row, matched) in matched.iter_mut().enumerate() {
                *matched |= pair.matched.get(pair.left_at + row);
            }
        }
        Ok(Probe::new(batch, partner, matched))
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
        if let Some(pair) = self.pair.as_mut().filter(|pair| !pair.divisible) {
            let found = probe.matched.iter().enumerate().filter(|(_, matched)| **matched);
            found.for_each(|(row, _)| pair.matched.set(pair.left_at + row, true));
            pair.left_at += probe.batch.rows;
            if !self.is_last_block {
                return None;
            }
        }
        let wanted = match self.kind {
            JoinKind::Inner | JoinKind::Right => return None,
            JoinKind::Semi => true,
            JoinKind::Left | JoinKind::Full | JoinKind::Anti | JoinKind::NullAwareAnti => false,
        };
        let rows: Vec<u32> =
            (0..probe.batch.rows as u32).filter(|row| probe.matched[*row as usize] == wanted).collect();
        (!rows.is_empty()).then(|| self.alone(&probe.batch, &rows))
    }

    /// Left rows as they come out without a partner.
    fn alone(&self, batch: &Batch, rows: &[u32]) -> Batch {
        let mut batch = batch.take(rows);
        if self.kind.yields_right() {
            batch.columns.extend(nulls(&self.right_types, rows.len()));
        }
        batch
    }

    /// The next right rows that have found no partner.
    fn unmatched(&mut self, from: usize) -> Option<Batch> {
        let rows = self.table.unmatched(from);
        let last = *rows.last()?;
        self.phase = Phase::Unmatched(last as usize + 1);
        let mut columns = nulls(&self.left_types, rows.len());
        columns.extend(self.table.rows.take(&rows).columns);
        Some(Batch { columns, rows: rows.len() })
    }

    /// Looks up left rows until some rows come out; `Done` when all have passed.
    fn probe(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let empty = self.table.rows.rows == 0;
        if empty && matches!(self.kind, JoinKind::Inner | JoinKind::Right | JoinKind::Semi) {
            // What earlier blocks have found is still to be yielded.
            if self.pair.as_ref().is_none_or(|pair| pair.divisible) || self.kind != JoinKind::Semi {
                return Ok(Step::Done);
            }
        }
        loop {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            if self.probe.is_none() {
                let batch = match self.next_left(run)? {
                    Step::Batch(batch) => batch,
                    other => return Ok(other),
                };
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

    fn note_space(&mut self) {
        self.spent.memory = self.spent.memory.max(self.table.held() as u64);
        if let Some(parting) = &self.parting {
            self.spent.disk = self.spent.disk.max(parting.len());
        }
    }
}

impl Operator for HashJoin {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            let step = match self.phase {
                Phase::Build => self.build(run)?,
                Phase::PartRight => self.part_right(run)?,
                Phase::PartLeft => self.part_left(run)?,
                Phase::Probe => match self.probe(run)? {
                    Step::Done => {
                        self.phase = Phase::Unmatched(0);
                        Step::Done
                    }
                    other => other,
                },
                Phase::Unmatched(from) => match self.unmatched(from) {
                    Some(batch) => Step::Batch(batch),
                    None => {
                        self.end_block(run);
                        Step::Done
                    }
                },
                Phase::Done => return Ok(Step::Done),
            };
            if !matches!(step, Step::Done) {
                return Ok(step);
            }
        }
    }

    fn rewind(&mut self) {
        self.left.rewind();
        self.right.rewind();
        self.begin_block();
        self.any_right = false;
        self.null_in_right = false;
        self.parting = None;
        self.waiting.clear();
        self.pair = None;
        self.phase = Phase::Build;
    }

    fn space(&self) -> Space {
        let mut space = self.spent;
        space.memory = space.memory.max(self.table.held() as u64);
        space
    }
}
