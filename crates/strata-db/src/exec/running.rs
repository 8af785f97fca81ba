//! A statement in flight.

use super::build::{Role, operator};
use super::context::{Context, OuterRow, Run};
use super::measure::{Counters, Measured, Meters};
use super::operator::CteState;
use super::step::{Input, Step};
use super::suspend::Suspension;
use crate::error::Result;
use crate::plan::{Physical, PhysicalPlan, Probes};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use strata_types::{Batch, Type, Value};

/// Rows that a short statement names at most.
const SHORT_ROWS: usize = 16;

/// A statement's operators and where they stand. Parked as it is between pulls.
pub struct Running {
    root: Input,
    state: State,
    types: Vec<Type>,
    /// It may run once more.
    is_renewable: bool,
    /// Subqueries first, then the main query: each operator before its inputs.
    counters: Vec<Arc<Counters>>,
}

/// What all operators of a statement share.
#[derive(Default)]
pub(super) struct State {
    /// Rows of enclosing queries, outermost first.
    pub(super) outer: Vec<OuterRow>,
    /// Common table expressions by id.
    pub(super) ctes: Vec<CteState>,
    /// Subqueries of expressions by index; `None` while one is running.
    pub(super) subplans: Vec<Option<Box<RunningSubPlan>>>,
    /// How many subqueries are running inside one another in expressions that cannot be given up: there is no
    /// yielding while one is.
    pub(super) pinned: usize,
    /// Whether the expression at work can be given up.
    pub(super) suspension: Suspension,
    /// Rows inserted, updated or deleted by the main query.
    pub(super) affected: u64,
    /// Rows handed in, for the one [`Supplied`](crate::plan::Physical::Supplied) of the plan.
    pub(super) supply: Supply,
}

/// Rows that come from outside of the plan.
#[derive(Default)]
pub(super) struct Supply {
    pub(super) batches: VecDeque<Batch>,
    /// No more will come.
    pub(super) ended: bool,
}

/// A subquery of an expression, with its last result.
pub(super) struct RunningSubPlan {
    pub(super) operator: Input,
    /// The outer columns that the result depends on.
    pub(super) reads: Vec<(usize, usize)>,
    pub(super) volatile: bool,
    pub(super) started: bool,
    /// The rows so far, if the expression around was given up.
    pub(super) under_way: Option<UnderWay>,
    pub(super) memo: Option<Memo>,
}

/// What a subquery has found for the values of the outer columns that it reads, and is not through with.
pub(super) struct UnderWay {
    pub(super) key: Vec<Value>,
    pub(super) rows: Vec<Vec<Value>>,
}

/// A subquery's rows, for the values of the outer columns that it reads.
#[derive(Clone)]
pub(super) struct Memo {
    pub(super) key: Vec<Value>,
    pub(super) rows: Arc<Vec<Vec<Value>>>,
    /// The values of its one column, made when it is first searched for one.
    pub(super) set: Option<Arc<HashSet<Value>>>,
}

/// Makes the operators of a plan. Nothing runs before the first pull.
///
/// # Errors
/// If the plan holds something that cannot run.
pub fn build(plan: &Arc<PhysicalPlan>) -> Result<Running> {
    build_with(plan, Meters::off())
}

/// As [`build`], with every operator measured.
///
/// # Errors
/// As [`build`].
pub fn build_measured(plan: &Arc<PhysicalPlan>) -> Result<Running> {
    build_with(plan, Meters::on())
}

fn build_with(plan: &PhysicalPlan, mut meters: Meters) -> Result<Running> {
    let mut subplans = Vec::with_capacity(plan.subplans.len());
    for subplan in &plan.subplans {
        subplans.push(Some(Box::new(RunningSubPlan {
            operator: operator(&subplan.plan, Role::Inner, &mut meters)?,
            reads: subplan.reads.clone(),
            volatile: subplan.volatile,
            started: false,
            under_way: None,
            memo: None,
        })));
    }
    let is_renewable = plan.subplans.is_empty() && plan.cte_count == 0 && is_short(&plan.root);
    let ctes = (0..plan.cte_count).map(|_| CteState::default()).collect();
    let root = operator(&plan.root, Role::Main, &mut meters)?;
    Ok(Running {
        root,
        state: State { ctes, subplans, ..State::default() },
        types: plan.root.types(),
        is_renewable,
        counters: meters.finish(),
    })
}

/// Whether making the operators of a plan is a good part of running them; such hold next to nothing while they
/// do not run.
fn is_short(plan: &Physical) -> bool {
    let is_short_itself = match plan {
        Physical::Values { rows, .. } => rows.len() <= SHORT_ROWS,
        Physical::KeyLookup { probes: Probes::Keys(keys), .. } => keys.len() <= SHORT_ROWS,
        Physical::KeyLookup { .. }
        | Physical::IndexRange { .. }
        | Physical::Filter { .. }
        | Physical::Project { .. }
        | Physical::Limit { .. }
        | Physical::LockRows { .. }
        | Physical::Insert(_)
        | Physical::Update(_)
        | Physical::Delete(_) => true,
        _ => false,
    };
    is_short_itself && plan.inputs().into_iter().all(is_short)
}

impl Running {
    /// Operators that have come to their end, at their start again: as if just built. `None` if they are better
    /// built anew.
    pub fn renewed(mut self) -> Option<Running> {
        if !self.is_renewable {
            return None;
        }
        self.root.rewind();
        self.state.affected = 0;
        Some(self)
    }

    /// The next rows, or why there are none now.
    ///
    /// # Errors
    /// Whatever the statement raises; it must not be pulled again.
    pub fn next(&mut self, context: &mut Context<'_>) -> Result<Step> {
        self.root.next(&mut Run::new(context, &mut self.state))
    }

    /// Hands rows in, for a plan with a [`Supplied`](crate::plan::Physical::Supplied).
    pub fn supply(&mut self, batch: Batch) {
        self.state.supply.batches.push_back(batch);
    }

    /// All rows have been handed in.
    pub fn end_supply(&mut self) {
        self.state.supply.ended = true;
    }

    /// Rows inserted, updated or deleted so far by the statement proper (not by its CTEs).
    pub fn affected(&self) -> u64 {
        self.state.affected
    }

    /// What was measured of each operator: those of subqueries first, then the main query's, each before
    /// its inputs. Nothing unless it was [built](build_measured) so.
    pub fn measured(&self) -> Vec<Measured> {
        self.counters.iter().map(|counters| counters.read()).collect()
    }

    /// Types of the columns of its rows.
    pub fn types(&self) -> &[Type] {
        &self.types
    }
}
