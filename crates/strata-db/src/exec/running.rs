//! A statement in flight.

use super::build::{Builder, build_node};
use super::context::{Context, OuterRow, State};
use super::operator::CteState;
use super::step::{Operator, Step};
use crate::error::Result;
use crate::plan::PhysicalPlan;
use std::sync::Arc;
use strata_types::{Type, Value};

/// A statement's operators and where they stand. Parked as it is between pulls.
pub struct Running {
    root: Box<dyn Operator>,
    state: RunState,
    types: Vec<Type>,
}

/// What all operators of a statement share.
#[derive(Default)]
pub(super) struct RunState {
    /// Rows of enclosing queries, outermost first.
    pub(super) outer: Vec<OuterRow>,
    /// Common table expressions by id.
    pub(super) ctes: Vec<CteState>,
    /// Subqueries of expressions by index; `None` while one is running.
    pub(super) subplans: Vec<Option<Box<RunningSubPlan>>>,
    /// How many subqueries of expressions are running inside one another.
    pub(super) expression_depth: usize,
    /// Rows inserted, updated or deleted by the main query.
    pub(super) affected: u64,
}

/// A subquery of an expression, with its last result.
pub(super) struct RunningSubPlan {
    pub(super) operator: Box<dyn Operator>,
    /// The outer columns that the result depends on.
    pub(super) reads: Vec<(usize, usize)>,
    pub(super) volatile: bool,
    pub(super) width: usize,
    pub(super) started: bool,
    pub(super) memo: Option<Memo>,
}

/// A subquery's rows, for the values of the outer columns that it reads.
pub(super) struct Memo {
    pub(super) key: Vec<Value>,
    pub(super) rows: Arc<Vec<Vec<Value>>>,
}

/// Makes the operators of a plan. Nothing runs before the first pull.
///
/// # Errors
/// If the plan holds something that cannot run.
pub fn build(plan: Arc<PhysicalPlan>) -> Result<Running> {
    let mut subplans = Vec::with_capacity(plan.subplans.len());
    for subplan in &plan.subplans {
        subplans.push(Some(Box::new(RunningSubPlan {
            operator: build_node(&subplan.plan, Builder::nested())?,
            reads: subplan.reads.clone(),
            volatile: subplan.volatile,
            width: subplan.plan.types().len(),
            started: false,
            memo: None,
        })));
    }
    let ctes = (0..plan.cte_count).map(|_| CteState::default()).collect();
    let root = build_node(&plan.root, Builder::top())?;
    Ok(Running { root, state: RunState { ctes, subplans, ..RunState::default() }, types: plan.root.types() })
}

impl Running {
    /// The next rows, or why there are none now.
    ///
    /// # Errors
    /// Whatever the statement raises; it must not be pulled again.
    pub fn next(&mut self, cx: &mut Context<'_>) -> Result<Step> {
        std::mem::swap(&mut cx.state.0, &mut self.state);
        let step = self.root.next(cx);
        std::mem::swap(&mut cx.state.0, &mut self.state);
        step
    }

    /// Rows inserted, updated or deleted so far by the statement proper (not by its CTEs).
    pub fn affected(&self) -> u64 {
        self.state.affected
    }

    /// Types of the columns of its rows.
    pub fn types(&self) -> &[Type] {
        &self.types
    }
}

impl State {
    /// Of no statement.
    pub fn none() -> State {
        State::default()
    }
}
