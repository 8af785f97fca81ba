//! SET CONSTRAINTS: when the checks of a transaction's deferrable constraints are made.

use crate::error::{Result, SqlError};
use crate::parse::ast::{ObjectName, SetConstraints};
use crate::schema::{Constraint, Oid, RelationDef, RelationKind};
use crate::session::portal::Outcome;
use crate::session::references::Checks;
use crate::session::session::Session;
use crate::session::shared::Shared;
use crate::session::transaction::Block;
use strata_types::sqlstate;

/// `SET CONSTRAINTS`. What becomes due is checked before it ends.
///
/// # Errors
/// 42704 for an unknown constraint, 42809 for one that cannot be deferred.
pub(super) fn set(session: &mut Session, shared: &Shared, set: &SetConstraints) -> Result<Outcome> {
    if session.transaction.block() != Block::Open {
        session.variables.notice("WARNING", super::outside_of_block("SET CONSTRAINTS"));
        set.names.iter().try_for_each(|name| constraints(session, shared, name).map(drop))?;
        return Ok(super::done("SET CONSTRAINTS"));
    }
    if set.names.is_empty() {
        session.transaction.deferral.set_all(set.deferred);
    }
    for name in &set.names {
        for oid in constraints(session, shared, name)? {
            session.transaction.deferral.set(oid, set.deferred);
        }
    }
    let due = session.transaction.deferral.take_due();
    Ok(if due.is_empty() {
        super::done("SET CONSTRAINTS")
    } else {
        Outcome::Checks(Box::new(Checks::new(due)))
    })
}

/// The constraints of a name in the first schema of the search path that has one.
fn constraints(session: &Session, shared: &Shared, name: &ObjectName) -> Result<Vec<Oid>> {
    let env = session.environment(shared);
    let names = env.names();
    let schema = match name.0.as_slice() {
        [schema, _] => Some(&*schema.name),
        _ => None,
    };
    for (searched, dataset) in names.searched() {
        let Some(dataset) = dataset.filter(|_| schema.is_none_or(|schema| schema == searched)) else {
            continue;
        };
        let relations = env.catalog.relations_in(dataset.oid);
        let found: Vec<&Constraint> = relations.flat_map(|relation| named(relation, name.base())).collect();
        if let Some(fixed) = found.iter().find(|constraint| !constraint.deferrable) {
            let message = format!("constraint \"{}\" is not deferrable", fixed.name);
            return Err(SqlError::new(sqlstate::WRONG_OBJECT_TYPE, message));
        }
        if !found.is_empty() {
            return Ok(found.into_iter().map(|constraint| constraint.oid).collect());
        }
    }
    let message = format!("constraint \"{}\" does not exist", name.base());
    Err(SqlError::new(sqlstate::UNDEFINED_OBJECT, message))
}

fn named<'a>(relation: &'a RelationDef, name: &'a str) -> impl Iterator<Item = &'a Constraint> {
    let constraints = match &relation.kind {
        RelationKind::Table(table) => table.constraints.as_slice(),
        _ => &[],
    };
    constraints.iter().filter(move |constraint| constraint.name == name)
}
