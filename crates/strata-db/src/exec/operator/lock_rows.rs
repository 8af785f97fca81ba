//! Locks source rows before each row is passed on.
//!
//! Rows are locked one at a time as they are asked for, so that a LIMIT above locks no more than it yields.
//! A row that has changed since the snapshot is read again in its newest version; if the conditions beneath
//! still hold for it, the new version is passed on.

use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::eval::{Row, matches};
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use crate::plan::{Expr, LockTarget, LockWait, RowLock};
use crate::schema::{RelationDef, RelationKind};
use crate::table::{RowLockOutcome, TableLayout, fetch_newest, lock_row};
use strata_types::{Batch, Type, Value, sqlstate};

/// See the module.
pub(in crate::exec) struct LockRows {
    input: Input,
    types: Vec<Type>,
    targets: Vec<(LockTarget, TableLayout)>,
    recheck: Option<Expr>,
    lock: RowLock,
    wait: LockWait,
    /// The rows at work: the next one, and its next target.
    current: Option<(Batch, usize)>,
    /// The row at work, as far as its targets are locked.
    row: Option<Locking>,
}

struct Locking {
    values: Vec<Value>,
    target: usize,
    changed: bool,
}

/// What became of a row.
enum Locked {
    Yes,
    No,
    Wait,
}

impl LockRows {
    pub(in crate::exec) fn new(
        input: Input,
        types: Vec<Type>,
        targets: Vec<LockTarget>,
        recheck: Option<Expr>,
        (lock, wait): (RowLock, LockWait),
    ) -> Result<LockRows> {
        let targets: Result<Vec<_>> =
            targets.into_iter().map(|target| Ok((target.clone(), layout(&target.relation)?))).collect();
        let targets = targets?;
        Ok(LockRows { input, types, targets, recheck, lock, wait, current: None, row: None })
    }

    /// Locks the targets of the row at work.
    fn lock(&mut self, run: &mut Run<'_>) -> Result<Locked> {
        let Some(row) = &mut self.row else { return Ok(Locked::No) };
        while let Some((target, layout)) = self.targets.get(row.target) {
            // An outer join has filled this side up with NULLs: there is no row to lock.
            let Value::Bytea(key) = row.values[target.key].clone() else {
                row.target += 1;
                continue;
            };
            match lock_row(run.txn, run.view, &target.relation, &key, self.lock, self.wait)? {
                RowLockOutcome::Wait => return Ok(Locked::Wait),
                RowLockOutcome::Skipped => return Ok(Locked::No),
                RowLockOutcome::Locked { changed: false } => {}
                RowLockOutcome::Locked { changed: true } => {
                    refuse_if_fixed(run)?;
                    let Some(newest) = fetch_newest(run.txn, &target.relation, layout, &key)? else {
                        return Ok(Locked::No);
                    };
                    for (output, column) in &target.columns {
                        row.values[*output] = newest[*column].clone();
                    }
                    row.changed = true;
                }
            }
            row.target += 1;
        }
        if row.changed && !matches(self.recheck.as_ref(), Row::Values(&row.values), run)? {
            return Ok(Locked::No);
        }
        Ok(Locked::Yes)
    }
}

/// How the tuples of a table are read.
pub(super) fn layout(relation: &RelationDef) -> Result<TableLayout> {
    match &relation.kind {
        RelationKind::Table(table) => TableLayout::new(table),
        _ => Err(SqlError::new(
            sqlstate::WRONG_OBJECT_TYPE,
            format!("cannot lock rows in \"{}\": it is not a table", relation.name),
        )),
    }
}

/// Raises 40001 where the transaction's snapshot may not move.
pub(super) fn refuse_if_fixed(run: &Run<'_>) -> Result<()> {
    if run.snapshot_is_fixed {
        return Err(SqlError::new(
            sqlstate::T_R_SERIALIZATION_FAILURE,
            "could not serialize access due to concurrent update",
        ));
    }
    Ok(())
}

impl Operator for LockRows {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            if self.current.is_none() {
                let batch = pull!(self.input, run, return Ok(Step::Done));
                self.current = Some((batch, 0));
            }
            let Some((batch, at)) = &mut self.current else { continue };
            if *at == batch.rows {
                self.current = None;
                continue;
            }
            if self.row.is_none() {
                self.row = Some(Locking { values: batch.row(*at), target: 0, changed: false });
            }
            let locked = self.lock(run)?;
            if matches!(locked, Locked::Wait) {
                return Ok(Step::Pending(Wait::Lock));
            }
            if let Some((_, at)) = &mut self.current {
                *at += 1;
            }
            if let (Locked::Yes, Some(row)) = (locked, self.row.take()) {
                return Ok(Step::Batch(Batch::from_rows(&self.types, &[row.values])));
            }
        }
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.current = None;
        self.row = None;
    }
}
