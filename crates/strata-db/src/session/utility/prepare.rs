//! PREPARE, EXECUTE and DEALLOCATE: the protocol's prepared statements, by SQL.

use super::done;
use crate::bind;
use crate::error::{Result, SqlError};
use crate::exec;
use crate::parse::ast::{self, Execute, Ident, Prepare};
use crate::session::environment::StepEnvironment;
use crate::session::portal::Outcome;
use crate::session::session::Session;
use crate::session::shared::Shared;
use crate::session::statement::Statement;
use std::sync::Arc;
use strata_types::{Type, Typmod, Value, sqlstate};

/// `PREPARE`.
///
/// # Errors
/// 42P05 if the name is in use; whatever is wrong with the statement.
pub(super) fn prepare(
    session: &mut Session,
    shared: &Shared,
    outer: &Statement,
    prepare: &Prepare,
) -> Result<Outcome> {
    let name = &*prepare.name.name;
    let env = session.environment(shared);
    let mut declared = Vec::with_capacity(prepare.types.len());
    for ty in &prepare.types {
        declared.push(bind::type_of(&env, ty)?.0);
    }
    let statement = Statement::prepare(&env, outer.sql.clone(), Some(prepare.statement.clone()), &declared)?;
    if let Some(index) = statement.params.iter().position(|ty| *ty == Type::UNKNOWN) {
        return Err(SqlError::new(
            sqlstate::INDETERMINATE_DATATYPE,
            format!("could not determine data type of parameter ${}", index + 1),
        ));
    }
    drop(env);
    if session.statements.contains_key(name) {
        return Err(SqlError::new(
            sqlstate::DUPLICATE_PSTATEMENT,
            format!("prepared statement \"{name}\" already exists"),
        ));
    }
    session.statements.insert(name.to_owned(), Arc::new(statement));
    Ok(done("PREPARE"))
}

/// `EXECUTE`: the prepared statement runs in its place.
///
/// # Errors
/// 26000 if there is none, 42601 for a wrong number of arguments, whatever the arguments raise.
pub(super) fn execute(session: &Session, shared: &Shared, execute: &Execute) -> Result<Outcome> {
    let mut statement = session.statement(&execute.name.name)?;
    let env = session.environment(shared);
    if !statement.is_current(&env) {
        statement = Arc::new(statement.renewed(&env)?);
    }
    let (wanted, given) = (statement.params.len(), execute.args.len());
    if wanted != given {
        return Err(SqlError::new(
            sqlstate::SYNTAX_ERROR,
            format!("wrong number of parameters for prepared statement \"{}\"", execute.name.name),
        )
        .detail(format!("Expected {wanted} parameters but got {given}.")));
    }
    let mut params = Vec::with_capacity(given);
    for (arg, ty) in execute.args.iter().zip(&statement.params) {
        params.push(argument(&env, arg, *ty)?);
    }
    Ok(Outcome::Run(statement, params))
}

/// The value of an expression without columns, as a type.
fn argument(env: &StepEnvironment<'_>, arg: &ast::Expr, ty: Type) -> Result<Value> {
    let expr = bind::value_expression(&env.names(), env, arg, Some((ty, Typmod::NONE)))?;
    exec::constant(&expr, env)?
        .ok_or_else(|| SqlError::unsupported("a subquery in an argument of EXECUTE").at(arg.pos.0))
}

/// `DEALLOCATE`.
///
/// # Errors
/// 26000 if there is no such statement.
pub(super) fn deallocate(session: &mut Session, name: Option<&Ident>) -> Result<Outcome> {
    let Some(name) = name else {
        session.statements.clear();
        return Ok(done("DEALLOCATE ALL"));
    };
    session.statement(&name.name)?;
    session.statements.remove(&*name.name);
    Ok(done("DEALLOCATE"))
}
