//! UPDATE.
//!
//! Each row is locked. If it has changed since the snapshot its newest version takes the place of the one
//! that was read, and is changed only if the conditions still hold for it.

use super::Returning;
use super::target::Target;
use crate::error::Result;
use crate::exec::build::Role;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_row, matches};
use crate::exec::operator::lock_rows::refuse_if_fixed;
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use crate::exec::suspend::{attempt_if, can_wait};
use crate::plan::{Expr, LockWait, Physical, PhysicalUpdate, RowLock};
use crate::table::{self, RowLockOutcome, WriteOutcome, fetch_newest, lock_row};
use std::collections::HashSet;
use strata_types::{Batch, Value};

/// See the module.
pub(in crate::exec) struct Update {
    input: Input,
    target: Target,
    assignments: Vec<(usize, Expr)>,
    /// The assignments have subqueries that may have to wait.
    can_wait: bool,
    recheck: Option<Expr>,
    lock: RowLock,
    returning: Returning,
    role: Role,
    /// Keys of the rows changed, if the input may bring a row more than once.
    changed: Option<HashSet<Vec<u8>>>,
    current: Option<(Batch, usize)>,
    row: Option<Vec<Value>>,
    done: bool,
}

/// What became of a row.
pub(super) enum Changed {
    Yes,
    No,
    Wait(Wait),
}

impl Update {
    pub(in crate::exec) fn new(input: Input, node: &PhysicalUpdate, role: Role) -> Result<Update> {
        let target = Target::new(&node.relation, &node.checks, &node.indexes, &node.generated)?;
        let moves_key = node.assignments.iter().any(|(column, _)| target.is_key(*column));
        let mut types = target.types();
        let others = types.len() + 1;
        types.extend(node.input.types().into_iter().skip(others));
        Ok(Update {
            input,
            can_wait: can_wait(node.assignments.iter().map(|(_, expr)| expr)),
            assignments: node.assignments.clone(),
            recheck: node.recheck.clone(),
            lock: if moves_key { RowLock::Update } else { RowLock::NoKeyUpdate },
            returning: Returning::new(node.returning.clone(), types),
            role,
            changed: may_repeat(&node.input).then(HashSet::new),
            target,
            current: None,
            row: None,
            done: false,
        })
    }

    /// Changes the row at work, which is brought up to date.
    fn update(&mut self, row: &mut [Value], run: &mut Run<'_>) -> Result<Changed> {
        let width = self.target.table().columns.len();
        let Value::Bytea(key) = row[width].clone() else { return Ok(Changed::No) };
        if self.changed.as_ref().is_some_and(|changed| changed.contains(&key[..])) {
            return Ok(Changed::No);
        }
        match lock_newest(&self.target, self.lock, &key, row, self.recheck.as_ref(), run)? {
            Changed::Yes => {}
            other => return Ok(other),
        }
        let mut new = row[..width].to_vec();
        let assigned = attempt_if(self.can_wait, run, |run| {
            for (column, expr) in &self.assignments {
                new[*column] = eval_row(expr, Row::Values(row), run)?;
            }
            Ok(())
        })?;
        if let Err(wait) = assigned {
            return Ok(Changed::Wait(wait));
        }
        let target = &self.target;
        target.complete(&mut new, run)?;
        let old_indexes = target.index_rows(&row[..width], run)?;
        let new_indexes = target.index_rows(&new, run)?;
        let outcome =
            table::update(run.txn, &target.relation, &target.layout, &key, &old_indexes, &new, &new_indexes)?;
        match outcome {
            WriteOutcome::Done { doubts } => {
                if let Some(changed) = &mut self.changed {
                    changed.insert(key.to_vec());
                }
                target.written(Some(&row[..width]), Some(&new), doubts, run);
                self.returning.add(|| new.iter().chain(&row[width + 1..]).cloned().collect());
                Ok(Changed::Yes)
            }
            WriteOutcome::Wait => Ok(Changed::Wait(Wait::Lock)),
            WriteOutcome::Conflict { index, .. } => Err(target.duplicate(index, &new_indexes, run)),
        }
    }
}

/// Whether one row of the target may come more than once.
pub(super) fn may_repeat(input: &Physical) -> bool {
    matches!(input, Physical::NestedLoop { .. } | Physical::HashJoin { .. })
        || input.inputs().into_iter().any(may_repeat)
}

/// Locks a target row and, if it has changed, puts its newest version at the front of the input row. `No`: it
/// is gone, or the conditions do not hold any more.
pub(super) fn lock_newest(
    target: &Target,
    lock: RowLock,
    key: &[u8],
    row: &mut [Value],
    recheck: Option<&Expr>,
    run: &mut Run<'_>,
) -> Result<Changed> {
    match lock_row(run.txn, run.view, &target.relation, key, lock, LockWait::Block)? {
        RowLockOutcome::Wait => return Ok(Changed::Wait(Wait::Lock)),
        RowLockOutcome::Skipped => return Ok(Changed::No),
        RowLockOutcome::Locked { changed: false } => return Ok(Changed::Yes),
        RowLockOutcome::Locked { changed: true } => {}
    }
    refuse_if_fixed(run)?;
    let Some(newest) = fetch_newest(run.txn, &target.relation, &target.layout, key)? else {
        return Ok(Changed::No);
    };
    row.iter_mut().zip(newest).for_each(|(value, newest)| *value = newest);
    Ok(if matches(recheck, Row::Values(row), run)? { Changed::Yes } else { Changed::No })
}

impl Operator for Update {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        while !self.done {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            if self.row.is_none() {
                match &mut self.current {
                    Some((batch, at)) if *at < batch.rows => {
                        self.row = Some(batch.row(*at));
                        *at += 1;
                    }
                    _ => {
                        let batch = pull!(self.input, run, {
                            self.done = true;
                            break;
                        });
                        self.current = Some((batch, 0));
                        continue;
                    }
                }
            }
            let Some(mut row) = self.row.take() else { continue };
            run.charge(1);
            match self.update(&mut row, run)? {
                Changed::Wait(wait) => {
                    self.row = Some(row);
                    return Ok(Step::Pending(wait));
                }
                Changed::Yes if self.role == Role::Main => run.state.affected += 1,
                Changed::Yes | Changed::No => {}
            }
            if self.returning.is_full() {
                break;
            }
        }
        self.returning.flush(run)
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.changed.iter_mut().for_each(HashSet::clear);
        self.returning.rows.clear();
        (self.current, self.row, self.done) = (None, None, false);
    }
}
