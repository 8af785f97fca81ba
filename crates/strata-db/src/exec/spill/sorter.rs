//! Rows in order, however many: an external merge sort.
//!
//! ```text
//! push ──▶ rows in memory ──when full──▶ sorted run ──┐
//!                                        sorted run ──┼─ merge ──▶ next
//!                                        sorted run ──┘
//! ```
//! Rows that fit are sorted in memory and never leave it. When there are more runs than can be merged at once,
//! passes before the last make fewer and longer ones. Equal rows stay as they came: runs are merged in the order
//! in which they were made.

use super::form::{BATCH_BYTES, batch_of};
use super::merge::{Merge, write_keyed};
use super::{RowForm, Space, SpillFile, Tape, TapeWriter};
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::{MergeSort, SortBytes};
use crate::exec::rows::Rows;
use crate::exec::step::{BATCH_ROWS, Step, Wait};
use std::sync::Arc;
use strata_types::{Batch, Column, ColumnBuilder, Type};

/// Records written between two looks at the clock.
const STRIDE: usize = 512;
/// Bytes that the sort takes beside a row and its key.
const BESIDE_ROW: usize = 24;

/// See the module.
pub(in crate::exec) struct Sorter {
    form: RowForm,
    /// Rows in memory, and their keys.
    rows: Vec<ColumnBuilder>,
    keys: SortBytes,
    /// Bytes that they take.
    held: usize,
    runs: Option<Runs>,
    stage: Stage,
}

/// Sorted runs, in the order of the rows in them.
struct Runs {
    file: SpillFile,
    tapes: Vec<Tape>,
}

enum Stage {
    Gather,
    /// The rows in memory are put in order.
    Order(MergeSort),
    /// The rows in memory become a run.
    Flush(Flush),
    /// Runs become fewer.
    Pass(Pass),
    /// Everything was in memory.
    Sorted(Rows),
    Merge(Merge),
}

/// Rows being written as a run.
struct Flush {
    columns: Vec<Arc<Column>>,
    keys: SortBytes,
    order: Vec<u32>,
    at: usize,
    tape: TapeWriter,
}

/// A pass over all runs, some of them at a time.
struct Pass {
    from: Runs,
    /// The first run that has not been merged.
    next: usize,
    at_work: Option<(Merge, TapeWriter)>,
}

impl Sorter {
    /// Of rows with columns of these types.
    pub(in crate::exec) fn new(types: &[Type]) -> Sorter {
        let form = RowForm::new(types);
        Sorter {
            rows: form.builders(),
            form,
            keys: SortBytes::default(),
            held: 0,
            runs: None,
            stage: Stage::Gather,
        }
    }

    /// Takes rows in, with their keys. [`settle`](Self::settle) is to come before the next call, lest memory grow.
    pub(in crate::exec) fn push(&mut self, batch: &Batch, keys: &SortBytes, run: &Run<'_>) {
        self.held += batch.byte_len() + keys.byte_len() + batch.rows * BESIDE_ROW;
        self.keys.append(keys);
        for (builder, column) in self.rows.iter_mut().zip(&batch.columns) {
            builder.append(column);
        }
        if self.held > run.workspace.memory() && matches!(self.stage, Stage::Gather) {
            self.begin_order();
        }
    }

    /// Makes room for more rows; `false` if it is not done when the slice is.
    ///
    /// # Errors
    /// 53100 and others of the scratch file; 57014.
    pub(in crate::exec) fn settle(&mut self, run: &mut Run<'_>) -> Result<bool> {
        if !self.settle_order(run)? {
            return Ok(false);
        }
        let Stage::Flush(flush) = &mut self.stage else { return Ok(true) };
        let runs = match &mut self.runs {
            Some(runs) => runs,
            none => none.insert(Runs { file: run.workspace.file()?, tapes: Vec::new() }),
        };
        if !flush.write(&self.form, &mut runs.file, run)? {
            return Ok(false);
        }
        if let Stage::Flush(flush) = std::mem::replace(&mut self.stage, Stage::Gather) {
            runs.tapes.push(flush.tape.finish(&mut runs.file)?);
        }
        Ok(true)
    }

    /// The next rows in order, once all have been taken in.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub(in crate::exec) fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            match &mut self.stage {
                Stage::Gather => self.begin_output(run)?,
                Stage::Order(sort) if self.runs.is_none() => {
                    if !sort.work(&self.keys, run)? {
                        return Ok(Step::Pending(Wait::Slice));
                    }
                    let (_, order) = self.take_order();
                    self.stage = Stage::Sorted(Rows::ordered(self.take_rows(order.len()), order));
                }
                Stage::Order(_) | Stage::Flush(_) => {
                    if !self.settle(run)? {
                        return Ok(Step::Pending(Wait::Slice));
                    }
                }
                Stage::Pass(pass) => {
                    let Some(runs) = &mut self.runs else { unreachable!("a pass writes runs") };
                    if !pass.work(runs, run)? {
                        return Ok(Step::Pending(Wait::Slice));
                    }
                    if pass.next == pass.from.tapes.len() {
                        self.stage = Stage::Gather;
                    }
                }
                Stage::Sorted(rows) => return rows.step(run),
                Stage::Merge(merge) => {
                    let Some(runs) = &self.runs else { unreachable!("a merge reads runs") };
                    return next_of(&self.form, merge, &runs.file, run);
                }
            }
        }
    }

    /// What it takes.
    pub(in crate::exec) fn space(&self) -> Space {
        let disk = self.runs.as_ref().map_or(0, |runs| runs.file.len());
        Space { memory: self.held as u64, disk, ..Space::default() }
    }

    /// All rows have come: what there is to do before the first is known.
    fn begin_output(&mut self, run: &Run<'_>) -> Result<()> {
        let Some(runs) = self.runs.as_mut().filter(|_| self.keys.len() == 0) else {
            self.begin_order();
            return Ok(());
        };
        if runs.tapes.len() > run.workspace.ways() {
            let to = Runs { file: run.workspace.file()?, tapes: Vec::new() };
            let from = std::mem::replace(runs, to);
            self.stage = Stage::Pass(Pass { from, next: 0, at_work: None });
        } else {
            self.stage = Stage::Merge(Merge::new(&runs.tapes, &runs.file)?);
        }
        Ok(())
    }

    fn begin_order(&mut self) {
        self.stage = Stage::Order(MergeSort::new(self.keys.len()));
    }

    /// Puts rows that are to become a run in order; `false` if it is not done when the slice is.
    fn settle_order(&mut self, run: &mut Run<'_>) -> Result<bool> {
        let Stage::Order(sort) = &mut self.stage else { return Ok(true) };
        if !sort.work(&self.keys, run)? {
            return Ok(false);
        }
        let (keys, order) = self.take_order();
        let columns = self.take_rows(order.len()).columns;
        let tape = TapeWriter::new(run.workspace.chunk_len());
        self.held = 0;
        self.stage = Stage::Flush(Flush { columns, keys, order, at: 0, tape });
        Ok(true)
    }

    /// The keys of the rows in memory, and their order.
    fn take_order(&mut self) -> (SortBytes, Vec<u32>) {
        match std::mem::replace(&mut self.stage, Stage::Gather) {
            Stage::Order(sort) => (std::mem::take(&mut self.keys), sort.into_order()),
            _ => unreachable!("an order has been made"),
        }
    }

    fn take_rows(&mut self, rows: usize) -> Batch {
        let builders = std::mem::replace(&mut self.rows, self.form.builders());
        batch_of(builders, rows)
    }
}

impl Flush {
    /// Writes on; whether it is all written.
    fn write(&mut self, form: &RowForm, file: &mut SpillFile, run: &mut Run<'_>) -> Result<bool> {
        while self.at < self.order.len() {
            let until = self.order.len().min(self.at + STRIDE);
            for row in &self.order[self.at..until] {
                let row = *row as usize;
                self.tape.push(file, |out| {
                    write_keyed(self.keys.key(row), out, |out| form.write(&self.columns, row, out));
                })?;
            }
            run.charge(until - self.at);
            self.at = until;
            if run.must_yield()? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Pass {
    /// Merges on; whether a longer run has been made, or `false` if the slice is used up.
    fn work(&mut self, to: &mut Runs, run: &mut Run<'_>) -> Result<bool> {
        let until = self.from.tapes.len().min(self.next + run.workspace.ways());
        let (merge, tape) = match &mut self.at_work {
            Some(at_work) => at_work,
            none => {
                let merge = Merge::new(&self.from.tapes[self.next..until], &self.from.file)?;
                none.insert((merge, TapeWriter::new(run.workspace.chunk_len())))
            }
        };
        let mut records = 0;
        while let Some(record) = merge.record() {
            tape.push(&mut to.file, |out| out.extend_from_slice(record))?;
            merge.advance(&self.from.file)?;
            records += 1;
            if records % STRIDE == 0 {
                run.charge(STRIDE);
                if run.must_yield()? {
                    return Ok(false);
                }
            }
        }
        if let Some((_, tape)) = self.at_work.take() {
            to.tapes.push(tape.finish(&mut to.file)?);
        }
        self.next = until;
        Ok(true)
    }
}

/// The next rows of a merge, unless the slice is used up.
fn next_of(form: &RowForm, merge: &mut Merge, file: &SpillFile, run: &mut Run<'_>) -> Result<Step> {
    if run.must_yield()? {
        return Ok(Step::Pending(Wait::Slice));
    }
    let mut builders = form.builders();
    let (mut rows, mut bytes) = (0, 0);
    while rows < BATCH_ROWS
        && bytes < BATCH_BYTES
        && let Some(row) = merge.row()
    {
        form.read(row, &mut builders)?;
        bytes += row.len();
        rows += 1;
        merge.advance(file)?;
    }
    run.charge(rows);
    Ok(if rows == 0 { Step::Done } else { Step::Batch(batch_of(builders, rows)) })
}
