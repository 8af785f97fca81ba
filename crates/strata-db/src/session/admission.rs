//! What a plan must have before it runs: the locks on its tables, and then a snapshot.
//!
//! | a table that is | is locked in mode |
//! |---|---|
//! | read | ACCESS SHARE |
//! | read to lock rows (`FOR UPDATE` …) | ROW SHARE |
//! | written | ROW EXCLUSIVE |
//!
//! None of these excludes another; they keep those away who change or lock the table as a whole. A plan that had
//! to wait for one of these is made anew if the catalog has changed meanwhile.

use super::ddl::RELATION_CLASS;
use super::session::Session;
use super::shared::Shared;
use super::statement::{Statement, Work};
use super::transaction::Isolation;
use crate::error::Result;
use crate::plan::{Physical, PhysicalPlan};
use crate::schema::Oid;
use std::collections::BTreeMap;
use std::sync::Arc;
use strata_store::{Access, Lock, ObjectMode, View};

/// Tables and the modes in which a plan locks them.
pub(super) type TableLocks = Vec<(Oid, ObjectMode)>;

/// The locks of a plan: each table once, in its strongest mode, in the order of their OIDs.
pub(super) fn table_locks(plan: &PhysicalPlan) -> TableLocks {
    let mut locks = BTreeMap::new();
    gather(&plan.root, &mut locks);
    for subplan in &plan.subplans {
        gather(&subplan.plan, &mut locks);
    }
    locks.into_iter().collect()
}

fn gather(node: &Physical, locks: &mut BTreeMap<Oid, ObjectMode>) {
    let mut lock = |table: Oid, mode: ObjectMode| {
        let held = locks.entry(table).or_insert(mode);
        *held = mode.max(*held);
    };
    match node {
        Physical::SeqScan { relation, .. }
        | Physical::KeyLookup { relation, .. }
        | Physical::IndexRange { relation, .. } => lock(relation.oid, ObjectMode::AccessShare),
        Physical::LockRows { targets, .. } => {
            targets.iter().for_each(|target| lock(target.relation.oid, ObjectMode::RowShare));
        }
        Physical::Insert(insert) => lock(insert.relation.oid, ObjectMode::RowExclusive),
        Physical::Update(update) => lock(update.relation.oid, ObjectMode::RowExclusive),
        Physical::Delete(delete) => lock(delete.relation.oid, ObjectMode::RowExclusive),
        _ => {}
    }
    node.inputs().into_iter().for_each(|input| gather(input, locks));
}

impl Session {
    /// Gives a statement with a plan its locks and what it sees; `None` if something must be waited for.
    /// One that `is_described` must keep its columns.
    ///
    /// # Errors
    /// 40P01 for a deadlock; 57014 and 55P03 if the wait has taken too long; what is wrong with the statement
    /// under a catalog that has changed.
    pub(super) fn admit(
        &mut self,
        shared: &Shared,
        statement: &mut Arc<Statement>,
        is_described: bool,
    ) -> Result<Option<View>> {
        loop {
            if !self.lock_tables(shared, &statement.locks)? {
                return Ok(None);
            }
            if statement.version() == self.transaction.catalog(shared).version() {
                break;
            }
            let env = self.environment(shared);
            if !matches!(statement.work, Work::Plan(..)) || statement.is_current(&env) {
                break;
            }
            let renewed = if is_described { statement.renewed(&env)? } else { statement.rebound(&env)? };
            drop(env);
            *statement = Arc::new(renewed);
        }
        // Rows are locked in their newest version: with an older snapshot each that has just changed would be read twice.
        let locks_rows = statement.locks.iter().any(|(_, mode)| *mode >= ObjectMode::RowShare);
        if self.variables.follows_others.take() || locks_rows {
            self.transaction.txn(shared).see_newest();
        }
        let isolation = self.isolation();
        if isolation == Isolation::Serializable(Access::Deferrable)
            && self.transaction.safe_snapshot(shared) == Lock::Wait
        {
            self.check_interrupts(shared)?;
            return Ok(None);
        }
        let view = self.transaction.view(shared, isolation);
        self.variables.view.set(Some(view));
        self.variables.isolation.set(isolation);
        Ok(Some(view))
    }

    /// Whether all of these locks are held now; if not, they are to be asked for again after a wait.
    ///
    /// # Errors
    /// 57014 and 55P03 if the wait has taken too long.
    pub(super) fn lock_tables(&mut self, shared: &Shared, locks: &TableLocks) -> Result<bool> {
        for (table, mode) in locks {
            let lock = self.transaction.txn(shared).lock_object(RELATION_CLASS, u64::from(table.0), *mode)?;
            if lock == Lock::Wait {
                self.check_interrupts(shared)?;
                self.start_lock_wait(shared);
                return Ok(false);
            }
        }
        self.lock_deadline = None;
        Ok(true)
    }
}
