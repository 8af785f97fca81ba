//! INSERT.

use super::Returning;
use super::refusal;
use super::target::Target;
use crate::error::{Result, SqlError};
use crate::exec::build::Role;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_row, matches};
use crate::exec::operator::lock_rows::refuse_if_fixed;
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use crate::plan::{Conflict, ConflictAction, Expr, LockWait, PhysicalInsert, RowLock};
use crate::table::{self, IndexRow, RowLockOutcome, WriteOutcome, fetch_newest, lock_row};
use std::collections::HashSet;
use strata_store::KeyspaceId;
use strata_types::{Batch, Value, sqlstate};

/// See the module.
pub(in crate::exec) struct Insert {
    input: Input,
    target: Target,
    conflict: Option<Conflict>,
    returning: Returning,
    role: Role,
    /// Rows that ON CONFLICT has updated.
    updated: HashSet<Vec<u8>>,
    current: Option<(Batch, usize)>,
    /// The row at work, checked, with its index entries.
    row: Option<(Vec<Value>, Vec<IndexRow>)>,
    done: bool,
}

/// What became of a row.
enum Inserted {
    Yes,
    /// ON CONFLICT has left it out.
    No,
    /// ON CONFLICT has made this of the row that was there.
    Updated(Vec<Value>),
    Wait,
    /// The row in the way has gone.
    Again,
}

impl Insert {
    pub(in crate::exec) fn new(input: Input, node: &PhysicalInsert, role: Role) -> Result<Insert> {
        let target = Target::new(&node.relation, &node.checks, &node.indexes, &node.generated)?;
        let returning = Returning::new(node.returning.clone(), target.types());
        Ok(Insert {
            input,
            target,
            conflict: node.conflict.clone(),
            returning,
            role,
            updated: HashSet::new(),
            current: None,
            row: None,
            done: false,
        })
    }

    /// 55000 where ON CONFLICT would go by a key that two rows may have for a while.
    fn refuse_deferrable_arbiter(&self, run: &Run<'_>) -> Result<()> {
        let Some(Conflict { arbiters, .. }) = &self.conflict else { return Ok(()) };
        let indexes = self.target.table().indexes.iter().enumerate();
        let mut asked = indexes.filter(|(at, _)| arbiters.is_empty() || arbiters.contains(at));
        match asked.find(|(_, index)| index.deferrable) {
            Some((_, index)) => {
                Err(refusal::deferrable_arbiter(&self.target.relation, index, run.system.names.catalog))
            }
            None => Ok(()),
        }
    }

    /// Inserts the row at work.
    fn insert(&mut self, row: &[Value], indexes: &[IndexRow], run: &mut Run<'_>) -> Result<Inserted> {
        self.refuse_deferrable_arbiter(run)?;
        let (relation, layout) = (&self.target.relation, &self.target.layout);
        match table::insert(run.txn, run.row_numbers, relation, layout, row, indexes)? {
            WriteOutcome::Done { doubts } => {
                self.target.written(None, Some(row), doubts, run);
                Ok(Inserted::Yes)
            }
            WriteOutcome::Wait => Ok(Inserted::Wait),
            WriteOutcome::Conflict { index, row_key } => {
                let Some(conflict) = &self.conflict else {
                    return Err(self.target.duplicate(index, indexes, run));
                };
                if !conflict.arbiters.is_empty() && !conflict.arbiters.contains(&index) {
                    return Err(self.target.duplicate(index, indexes, run));
                }
                match conflict.action.clone() {
                    ConflictAction::Nothing => Ok(Inserted::No),
                    ConflictAction::Update { assignments, predicate } => {
                        self.update(&row_key, row, (&assignments, predicate.as_ref()), run)
                    }
                }
            }
        }
    }

    /// ON CONFLICT DO UPDATE: changes the row that is there.
    fn update(
        &mut self,
        key: &[u8],
        proposed: &[Value],
        (assignments, predicate): (&[(usize, Expr)], Option<&Expr>),
        run: &mut Run<'_>,
    ) -> Result<Inserted> {
        let target = &self.target;
        let lock = RowLock::Update;
        match lock_row(run.txn, run.view, &target.relation, key, lock, LockWait::Block)? {
            RowLockOutcome::Wait => return Ok(Inserted::Wait),
            RowLockOutcome::Locked { changed: true } => refuse_if_fixed(run)?,
            RowLockOutcome::Locked { changed: false } | RowLockOutcome::Skipped => {}
        }
        let Some(existing) = fetch_newest(run.txn, &target.relation, &target.layout, key)? else {
            return Ok(Inserted::Again);
        };
        let keyspace = KeyspaceId(target.table().keyspace);
        let before = run.txn.get(run.txn.newest_view(), keyspace, key)?.is_some();
        if !before || self.updated.contains(key) {
            return Err(SqlError::new(
                sqlstate::CARDINALITY_VIOLATION,
                "ON CONFLICT DO UPDATE command cannot affect row a second time",
            )
            .hint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values."));
        }
        let pair = Row::Pair(&existing, proposed);
        if !matches(predicate, pair, run)? {
            return Ok(Inserted::No);
        }
        let mut row = existing.clone();
        for (column, expr) in assignments {
            row[*column] = eval_row(expr, pair, run)?;
        }
        target.complete(&mut row, run)?;
        let old = target.index_rows(&existing, run)?;
        let new = target.index_rows(&row, run)?;
        match table::update(run.txn, &target.relation, &target.layout, key, &old, &row, &new)? {
            WriteOutcome::Done { doubts } => {
                target.written(Some(&existing), Some(&row), doubts, run);
                let key = table::row_key(target.table(), &row).unwrap_or_else(|| key.to_vec());
                self.updated.insert(key);
                Ok(Inserted::Updated(row))
            }
            WriteOutcome::Wait => Ok(Inserted::Wait),
            WriteOutcome::Conflict { index, .. } => Err(target.duplicate(index, &new, run)),
        }
    }

    /// Inserts the next rows of the batch at work; whether it has to wait for a lock.
    fn step(&mut self, run: &mut Run<'_>) -> Result<bool> {
        if self.row.is_none() {
            let Some((batch, at)) = &mut self.current else { return Ok(false) };
            if *at == batch.rows {
                self.current = None;
                return Ok(false);
            }
            let mut row = batch.row(*at);
            *at += 1;
            self.target.complete(&mut row, run)?;
            let indexes = self.target.index_rows(&row, run)?;
            self.row = Some((row, indexes));
        }
        let Some((row, indexes)) = self.row.take() else { return Ok(false) };
        run.charge(1);
        let inserted = self.insert(&row, &indexes, run)?;
        if matches!(inserted, Inserted::Yes | Inserted::Updated(_)) && self.role == Role::Main {
            run.state.affected += 1;
        }
        match inserted {
            Inserted::Yes => self.returning.add(|| row),
            Inserted::No => {}
            Inserted::Updated(updated) => self.returning.add(|| updated),
            Inserted::Again => self.row = Some((row, indexes)),
            Inserted::Wait => {
                self.row = Some((row, indexes));
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Operator for Insert {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        while !self.done {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            if self.current.is_none() && self.row.is_none() {
                let batch = pull!(self.input, run, {
                    self.done = true;
                    break;
                });
                self.current = Some((batch, 0));
            }
            if self.step(run)? {
                return Ok(Step::Pending(Wait::Lock));
            }
            if self.returning.is_full() {
                break;
            }
        }
        self.returning.flush(run)
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.updated.clear();
        self.returning.rows.clear();
        (self.current, self.row, self.done) = (None, None, false);
    }
}
