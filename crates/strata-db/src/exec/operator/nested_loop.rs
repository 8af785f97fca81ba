//! For each left row, the right rows that go with it.
//!
//! The right side is gathered once; a lateral one is run again for each left row, which it reads as its outer
//! row. RIGHT and FULL joins keep count of the right rows that found no partner.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::select;
use crate::exec::spill::Kept;
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use crate::plan::{Expr, JoinKind};
use std::sync::Arc;
use strata_types::{Batch, Bitmap, Column, Type, Value};

/// See the module.
pub(in crate::exec) struct NestedLoop {
    kind: JoinKind,
    left: Input,
    right: Input,
    left_types: Vec<Type>,
    right_types: Vec<Type>,
    on: Option<Expr>,
    lateral: bool,
    /// All right rows, unless lateral.
    gathered: Kept,
    gathering: bool,
    /// Which right rows have found a partner, per batch.
    matched: Vec<Bitmap>,
    current: Option<Current>,
    /// The next batch of right rows without partner to yield.
    unmatched: usize,
    left_done: bool,
}

/// The left rows at work.
struct Current {
    batch: Batch,
    row: usize,
    /// The next batch of right rows.
    right: usize,
    started: bool,
    found: bool,
}

/// What became of a left row and a batch of right rows.
enum Paired {
    Rows(Batch),
    Nothing,
    /// The left row is done with.
    RowDone(Option<Batch>),
}

impl NestedLoop {
    pub(in crate::exec) fn new(
        kind: JoinKind,
        (left, right): (Input, Input),
        (left_types, right_types): (Vec<Type>, Vec<Type>),
        on: Option<Expr>,
        lateral: bool,
    ) -> NestedLoop {
        NestedLoop {
            kind,
            left,
            right,
            left_types,
            right_types,
            on,
            lateral,
            gathered: Kept::default(),
            gathering: !lateral,
            matched: Vec::new(),
            current: None,
            unmatched: 0,
            left_done: false,
        }
    }

    fn keeps_right(&self) -> bool {
        matches!(self.kind, JoinKind::Right | JoinKind::Full)
    }

    /// Pairs the left row at work with some right rows.
    fn pair(&mut self, right: &Batch, number: usize, run: &mut Run<'_>) -> Result<Paired> {
        let Some(current) = &mut self.current else { return Ok(Paired::Nothing) };
        run.charge(right.rows);
        let left = current.batch.take(&vec![current.row as u32; right.rows]);
        let mut columns = left.columns;
        columns.extend(right.columns.iter().cloned());
        let joined = Batch { columns, rows: right.rows };
        let rows = match &self.on {
            Some(on) if self.kind == JoinKind::NullAwareAnti => {
                // A condition that is NULL may be true: the row is not known to be absent.
                return Ok(match may_match(on, &joined, run)? {
                    true => {
                        current.found = true;
                        Paired::RowDone(None)
                    }
                    false => Paired::Nothing,
                });
            }
            Some(on) => select(on, &joined, run)?.rows(joined.rows),
            None => (0..joined.rows as u32).collect(),
        };
        if rows.is_empty() {
            return Ok(Paired::Nothing);
        }
        current.found = true;
        if let Some(matched) = self.matched.get_mut(number) {
            rows.iter().for_each(|row| matched.set(*row as usize, true));
        }
        Ok(match self.kind {
            JoinKind::Semi => Paired::RowDone(Some(current.batch.slice(current.row, 1))),
            JoinKind::Anti | JoinKind::NullAwareAnti => Paired::RowDone(None),
            _ if rows.len() == joined.rows => Paired::Rows(joined),
            _ => Paired::Rows(joined.take(&rows)),
        })
    }

    /// The end of a left row: what it yields without a partner.
    fn lonely(&mut self) -> Option<Batch> {
        let current = self.current.as_mut()?;
        let row = current.batch.slice(current.row, 1);
        let found = current.found;
        current.row += 1;
        current.right = 0;
        current.started = false;
        current.found = false;
        match self.kind {
            _ if found => None,
            JoinKind::Left | JoinKind::Full => {
                let mut columns = row.columns;
                columns.extend(nulls(&self.right_types, 1));
                Some(Batch { columns, rows: 1 })
            }
            JoinKind::Anti | JoinKind::NullAwareAnti => Some(row),
            JoinKind::Inner | JoinKind::Right | JoinKind::Semi => None,
        }
    }

    /// Right rows that have found no partner.
    fn next_unmatched(&mut self) -> Result<Option<Batch>> {
        while self.keeps_right()
            && let Some(batch) = self.gathered.get(self.unmatched)?
        {
            let matched = &self.matched[self.unmatched];
            self.unmatched += 1;
            let rows: Vec<u32> = (0..batch.rows as u32).filter(|row| !matched.get(*row as usize)).collect();
            if !rows.is_empty() {
                let mut columns = nulls(&self.left_types, rows.len());
                columns.extend(batch.take(&rows).columns);
                return Ok(Some(Batch { columns, rows: rows.len() }));
            }
        }
        Ok(None)
    }

    /// The next right rows for the left row at work.
    fn next_right(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let Some(current) = &mut self.current else { return Ok(Step::Done) };
        if !self.lateral {
            let next = self.gathered.get(current.right)?;
            current.right += 1;
            return Ok(next.map_or(Step::Done, Step::Batch));
        }
        run.push_outer(current.batch.row(current.row).into());
        if !current.started {
            self.right.rewind();
            current.started = true;
        }
        let step = self.right.next(run);
        run.pop_outer();
        step
    }
}

fn may_match(on: &Expr, joined: &Batch, run: &mut Run<'_>) -> Result<bool> {
    let truths = crate::exec::eval::eval_column(on, joined, run)?;
    Ok(truths.values().any(|truth| truth != Value::Bool(false)))
}

/// Columns of NULLs.
pub(super) fn nulls(types: &[Type], rows: usize) -> Vec<Arc<Column>> {
    types.iter().map(|ty| Arc::new(Column::repeat(*ty, &Value::Null, rows))).collect()
}

impl Operator for NestedLoop {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        while self.gathering {
            let batch = pull!(self.right, run, {
                self.gathering = false;
                break;
            });
            self.matched.push(Bitmap::filled(if self.keeps_right() { batch.rows } else { 0 }, false));
            self.gathered.push(batch, &run.workspace)?;
        }
        if !self.keeps_right() {
            self.matched.clear();
        }
        loop {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            if self.left_done {
                return Ok(self.next_unmatched()?.map_or(Step::Done, Step::Batch));
            }
            if self.current.as_ref().is_none_or(|current| current.row == current.batch.rows) {
                let batch = pull!(self.left, run, {
                    self.left_done = true;
                    continue;
                });
                self.current = Some(Current { batch, row: 0, right: 0, started: false, found: false });
            }
            run.charge(1);
            let output = match self.next_right(run)? {
                Step::Pending(wait) => return Ok(Step::Pending(wait)),
                Step::Done => self.lonely(),
                Step::Batch(right) => {
                    let number = self.current.as_ref().map_or(0, |current| current.right.saturating_sub(1));
                    match self.pair(&right, number, run)? {
                        Paired::Rows(batch) => Some(batch),
                        Paired::Nothing => None,
                        Paired::RowDone(batch) => {
                            self.lonely();
                            batch
                        }
                    }
                }
            };
            if let Some(batch) = output {
                return Ok(Step::Batch(batch));
            }
        }
    }

    fn rewind(&mut self) {
        self.left.rewind();
        self.right.rewind();
        self.gathered = Kept::default();
        self.matched.clear();
        self.gathering = !self.lateral;
        self.current = None;
        self.unmatched = 0;
        self.left_done = false;
    }
}
