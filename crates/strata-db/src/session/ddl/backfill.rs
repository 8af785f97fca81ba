//! What a statement has to do to the rows of tables, once it has changed the catalog.
//!
//! A statement makes all of its changes to the catalog first and notes the passes over rows that they ask for:
//! an index to build, a condition that no row may satisfy, a table to write anew. The passes then run one
//! after the other, in slices as every plan does, so that other sessions are served meanwhile.
//!
//! The tables are locked against every other use, and the catalog's changes are seen by this transaction only:
//! nobody meets a table whose passes are not over. A pass reads the definitions that it was noted with.

use super::Ddl;
use crate::error::{Result, SqlError};
use crate::exec::{self, Step, Wait};
use crate::plan::{Expr, PhysicalPlan};
use crate::schema::RelationDef;
use crate::session::engine::Turn;
use crate::session::portal::step_plan;
use crate::session::references::{self, Reference, Unwatched};
use crate::session::session::Session;
use crate::session::shared::Shared;
use std::collections::VecDeque;
use std::sync::Arc;
use strata_store::{KeyspaceId, View};
use strata_types::Batch;

/// One pass.
pub(super) enum Pass {
    /// Enters every row into the index at this position of the relation's list.
    Index(Arc<RelationDef>, usize),
    /// No row may satisfy the condition.
    Refuse { relation: Arc<RelationDef>, condition: Expr, error: SqlError },
    /// Every row must satisfy a new foreign key.
    Reference(Arc<Reference>),
    /// Writes every row anew, under another definition. `exprs` compute the new columns from the old.
    Rewrite { old: Arc<RelationDef>, new: Arc<RelationDef>, exprs: Vec<Expr> },
    /// Runs an INSERT of a query; how many rows it was is told by the command tag if `counted`.
    Fill { plan: Arc<PhysicalPlan>, view: View, counted: bool },
    /// Gives storage back that earlier passes have read.
    Drop(Vec<KeyspaceId>),
}

/// The passes of a statement, as far as they have come.
pub(in crate::session) struct Backfill {
    passes: VecDeque<Pass>,
    at_work: Option<AtWork>,
    tag: String,
}

/// The pass at work.
struct AtWork {
    pass: Pass,
    running: exec::Running,
    view: View,
}

impl Backfill {
    /// Passes of the statement with this command tag.
    pub(super) fn new(passes: VecDeque<Pass>, tag: String) -> Backfill {
        Backfill { passes, at_work: None, tag }
    }

    /// The statement's command tag; to be asked for once the passes are over.
    pub(in crate::session) fn tag(&mut self) -> String {
        std::mem::take(&mut self.tag)
    }

    /// Works until all passes are over (`None`), or the slice is.
    ///
    /// # Errors
    /// What the passes find or raise.
    pub(in crate::session) fn step(
        &mut self,
        session: &mut Session,
        shared: &Shared,
    ) -> Result<Option<Turn>> {
        loop {
            let Some(AtWork { pass, running, view }) = &mut self.at_work else {
                let Some(pass) = self.passes.pop_front() else { return Ok(None) };
                self.at_work = pass.begin(&mut Ddl::new(session, shared))?;
                continue;
            };
            let mut watch = Unwatched::default();
            let step = step_plan(session, shared, running, *view, &[], &mut watch);
            if let Some(duplicate) = watch.duplicate {
                return Err(pass.explain(duplicate.refusal(session, shared)));
            }
            match step.map_err(|error| pass.explain(error))? {
                // Each pull has a slice of its own: a batch looked at is a turn.
                Step::Batch(batch) => {
                    pass.visit(&mut Ddl::new(session, shared), &batch)?;
                    return Ok(Some(Turn::Yield));
                }
                Step::Pending(Wait::Lock) => return Ok(Some(Turn::Lock)),
                Step::Pending(_) => return Ok(Some(Turn::Yield)),
                Step::Done => {
                    if let Pass::Fill { counted: true, .. } = pass {
                        self.tag = format!("SELECT {}", running.affected());
                    }
                    self.at_work = None;
                }
            }
        }
    }
}

impl Pass {
    /// What runs; `None` if it is over already.
    fn begin(self, ddl: &mut Ddl<'_>) -> Result<Option<AtWork>> {
        let plan = match &self {
            Pass::Index(relation, position) => ddl.index_entries(relation, *position)?,
            Pass::Refuse { relation, condition, .. } => ddl.rows_with(relation, condition),
            Pass::Reference(reference) => references::orphans(ddl.session, ddl.shared, reference)?,
            Pass::Rewrite { old, new, exprs } => ddl.rows_anew(old, new, exprs)?,
            Pass::Fill { plan, .. } => plan.clone(),
            Pass::Drop(keyspaces) => {
                let txn = ddl.session.transaction.txn(ddl.shared);
                keyspaces.iter().for_each(|keyspace| txn.drop_keyspace(*keyspace));
                return Ok(None);
            }
        };
        let view = match &self {
            Pass::Fill { view, .. } => *view,
            // Every committed row, durable or not, and what this transaction has written.
            _ => ddl.session.transaction.txn(ddl.shared).newest_view().with_own_command(),
        };
        Ok(Some(AtWork { pass: self, running: exec::build(&plan)?, view }))
    }

    fn visit(&self, ddl: &mut Ddl<'_>, batch: &Batch) -> Result<()> {
        match self {
            Pass::Index(relation, position) => ddl.enter(relation, *position, batch),
            Pass::Refuse { error, .. } if batch.rows > 0 => Err(error.clone()),
            Pass::Reference(reference) if batch.rows > 0 => {
                Err(references::orphan(ddl.session, ddl.shared, reference, batch))
            }
            Pass::Refuse { .. }
            | Pass::Reference(_)
            | Pass::Rewrite { .. }
            | Pass::Fill { .. }
            | Pass::Drop(_) => Ok(()),
        }
    }

    /// An error of the pass, in the words of the statement.
    fn explain(&self, error: SqlError) -> SqlError {
        match self {
            Pass::Rewrite { new, .. } => super::rewrite::as_index_error(error, new),
            _ => error,
        }
    }
}
