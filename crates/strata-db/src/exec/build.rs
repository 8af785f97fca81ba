//! Plan nodes to operators.

use super::lift::{Lift, filtered, joined};
use super::measure::{Meters, measured};
use super::operator as op;
use super::step::Input;
use crate::error::Result;
use crate::plan::{LockWait, Physical, RowLock, SetOpKind};
use strata_types::Type;

/// Whether a node belongs to the statement proper: then its changes count in the command tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It does.
    Main,
    /// It is part of a common table expression or a subquery.
    Inner,
}

/// The operator of a node, with its inputs.
///
/// # Errors
/// If the node holds something that cannot run.
pub(super) fn operator(plan: &Physical, role: Role, meters: &mut Meters) -> Result<Input> {
    let counters = meters.next();
    Ok(measured(unmeasured(plan, role, meters)?, counters))
}

fn unmeasured(plan: &Physical, role: Role, meters: &mut Meters) -> Result<Input> {
    let mut input = |plan: &Physical| operator(plan, Role::Inner, meters);
    Ok(match plan {
        Physical::SeqScan { relation, columns, filter } => filtered(filter.as_ref(), |filter| {
            Ok(Box::new(op::SeqScan::new(relation.clone(), columns.clone(), filter)))
        })?,
        Physical::KeyLookup { relation, index, columns, probes, filter } => {
            filtered(filter.as_ref(), |filter| {
                let lookup =
                    op::KeyLookup::new(relation.clone(), *index, columns.clone(), probes.clone(), filter)?;
                Ok(Box::new(lookup))
            })?
        }
        Physical::IndexRange { .. } => index_range(plan, None)?,
        Physical::SystemScan { relation, columns, types, .. } => {
            Box::new(op::SystemScan::new(*relation, columns.clone(), types.clone()))
        }
        Physical::FunctionScan { calls, ordinality, types } => {
            Box::new(op::FunctionScan::new(calls.clone(), *ordinality, types.clone()))
        }
        Physical::Values { rows, types } => Box::new(op::Values::new(rows.clone(), types.clone())),
        Physical::Supplied { .. } => Box::new(op::Supplied),
        Physical::Filter { input: from, predicate } => {
            Box::new(op::Filter::new(input(from)?, predicate.clone()))
        }
        Physical::Project { input: from, exprs } => Box::new(op::Project::new(input(from)?, exprs.clone())),
        Physical::ProjectSet { input: from, exprs } => {
            Box::new(op::ProjectSet::new(input(from)?, exprs.clone()))
        }
        Physical::NestedLoop { kind, left, right, on, lateral } => {
            let types = (left.types(), right.types());
            let inputs = (input(left)?, input(right)?);
            joined(*kind, on.as_ref(), |on| {
                Ok(Box::new(op::NestedLoop::new(*kind, inputs, types, on, *lateral)))
            })?
        }
        Physical::HashJoin { kind, left, right, keys, residual } => {
            let types = (left.types(), right.types());
            let inputs = (input(left)?, input(right)?);
            joined(*kind, residual.as_ref(), |residual| {
                Ok(Box::new(op::HashJoin::new(*kind, inputs, types, keys.clone(), residual)))
            })?
        }
        Physical::Aggregate { input: from, groups, sets, calls, grouping_calls } => {
            let (mut groups, mut calls) = (groups.clone(), calls.clone());
            let mut lift = Lift::over(&from.types());
            groups.iter_mut().for_each(|group| lift.lift(group));
            for call in &mut calls {
                lift.call(&mut call.filter, &mut call.args, &mut call.order_by);
            }
            let (input, types) = lift.below(input(from)?);
            let spec = op::AggregateSpec::new(groups, sets.clone(), calls, grouping_calls.clone());
            Box::new(spec.over(input, types))
        }
        Physical::Window { input: from, calls } if op::Ranking::suits(calls) => {
            Box::new(op::Ranking::new(input(from)?, calls.clone()))
        }
        Physical::Window { input: from, calls } => {
            let mut calls = calls.clone();
            let mut lift = Lift::over(&from.types());
            for call in &mut calls {
                lift.call(&mut call.filter, &mut call.args, &mut []);
            }
            let more: Vec<Type> = calls.iter().map(|call| call.ty).collect();
            lift.around(input(from)?, &more, |input, types| Box::new(op::Window::new(input, types, calls)))
        }
        Physical::Sort { input: from, keys } => {
            let mut keys = keys.clone();
            let mut lift = Lift::over(&from.types());
            lift.keys(&mut keys);
            lift.around(input(from)?, &[], |input, types| Box::new(op::Sort::new(input, types, keys)))
        }
        Physical::TopN { input: from, keys, offset, count } => {
            let (mut keys, offset, count) = (keys.clone(), offset.clone(), count.clone());
            let mut lift = Lift::over(&from.types());
            lift.keys(&mut keys);
            lift.around(input(from)?, &[], |input, types| {
                Box::new(op::TopN::new(input, types, keys, offset, count))
            })
        }
        Physical::Limit { input: from, offset, count, ties } => {
            Box::new(op::Limit::new(input(from)?, offset.clone(), count.clone(), ties.clone()))
        }
        Physical::Distinct { input: from, on: None } => {
            Box::new(op::Distinct::new(input(from)?, &from.types()))
        }
        Physical::Distinct { input: from, on: Some(on) } => {
            Box::new(op::DistinctOn::new(input(from)?, on.clone()))
        }
        Physical::Append { inputs } => {
            Box::new(op::Append::new(inputs.iter().map(&mut input).collect::<Result<Vec<_>>>()?))
        }
        Physical::SetOp { kind, all, left, right } => {
            let inputs = (input(left)?, input(right)?);
            Box::new(op::SetOp::new(*kind == SetOpKind::Except, *all, inputs, left.types()))
        }
        Physical::With { ctes, body } => {
            let mut parts = Vec::with_capacity(ctes.len());
            for cte in ctes {
                parts.push((cte.id, operator(&cte.plan, Role::Inner, meters)?, cte.modifies));
            }
            Box::new(op::With::new(parts, operator(body, role, meters)?))
        }
        Physical::CteScan { id, .. } => Box::new(op::CteScan::new(*id)),
        Physical::Recursive { id, distinct, base, step } => {
            Box::new(op::Recursive::new(*id, *distinct, input(base)?, input(step)?))
        }
        Physical::LockRows { input: from, targets, recheck, lock, wait } => {
            let types = from.types();
            let rows = match (&**from, &**targets, wait) {
                (Physical::IndexRange { .. }, [_], LockWait::SkipLocked) => {
                    let counters = meters.next();
                    measured(index_range(from, Some(*lock))?, counters)
                }
                _ => input(from)?,
            };
            Box::new(op::LockRows::new(rows, types, targets.clone(), recheck.clone(), (*lock, *wait))?)
        }
        Physical::Insert(node) => Box::new(op::Insert::new(input(&node.input)?, node, role)?),
        Physical::Update(node) => Box::new(op::Update::new(input(&node.input)?, node, role)?),
        Physical::Delete(node) => Box::new(op::Delete::new(input(&node.input)?, node, role)?),
    })
}

/// A range of an index. Of rows that are only wanted if they can be locked at once, others' are passed over.
fn index_range(plan: &Physical, lock: Option<RowLock>) -> Result<Input> {
    let Physical::IndexRange { relation, index, columns, range, reverse, filter } = plan else {
        unreachable!("it is built of a range only")
    };
    filtered(filter.as_ref(), |filter| {
        let relation = (relation.clone(), *index);
        let scan = op::IndexRange::new(relation, columns.clone(), range.clone(), *reverse, filter);
        Ok(Box::new(scan.passing_over(lock)))
    })
}
