//! Rewrites of the logical plan, in the order in which they run.
//!
//! A query is rewritten as a whole down to its barriers: nodes that change or lock rows, whose inputs
//! are queries of their own, as are common table expressions and subqueries.

mod fold;
mod min_max;
mod prune;
mod push_down;
mod unnest;
mod unnest_scalar;

pub(super) use fold::fold;

use crate::functions::Environment;
use crate::plan::Logical;

/// A rewrite that leaves the answer as it is.
type Rule = fn(Logical, &dyn Environment) -> Logical;

/// Every rule, in order.
pub(super) const RULES: &[Rule] =
    &[fold::apply, unnest::apply, unnest_scalar::apply, push_down::apply, min_max::apply, prune::apply];

/// Applies a rewrite to every node, inputs first, down to the barriers.
fn bottom_up(mut plan: Logical, rewrite: &mut dyn FnMut(Logical) -> Logical) -> Logical {
    if !is_barrier(&plan) {
        for input in plan.inputs_mut() {
            let taken = std::mem::replace(input, Logical::single_row());
            *input = bottom_up(taken, rewrite);
        }
    }
    rewrite(plan)
}

/// The inputs of this node are queries of their own.
fn is_barrier(plan: &Logical) -> bool {
    match plan {
        Logical::LockRows { .. }
        | Logical::Insert(_)
        | Logical::Update(_)
        | Logical::Delete(_)
        | Logical::With { .. }
        | Logical::Recursive { .. } => true,
        Logical::Values { .. }
        | Logical::Scan { .. }
        | Logical::SystemScan { .. }
        | Logical::FunctionScan { .. }
        | Logical::Filter { .. }
        | Logical::Project { .. }
        | Logical::ProjectSet { .. }
        | Logical::Join { .. }
        | Logical::Aggregate { .. }
        | Logical::Window { .. }
        | Logical::Sort { .. }
        | Logical::Limit { .. }
        | Logical::Distinct { .. }
        | Logical::SetOp { .. }
        | Logical::CteScan { .. } => false,
    }
}
