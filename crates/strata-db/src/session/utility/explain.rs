//! EXPLAIN: what a statement computes, as the binder's tree.

use super::{Outcome, Session, Shared, Value};
use crate::error::{Result, SqlError};
use crate::parse::ast;
use crate::plan::Field;
use strata_types::{Batch, Type};

/// Shows the bound plan of a statement.
///
/// # Errors
/// The statement's; 0A000 for options that change the form.
pub(super) fn explain(
    session: &mut Session,
    shared: &Shared,
    explain: &ast::Explain,
    _params: &[Value],
) -> Result<Outcome> {
    for option in &explain.options {
        match &*option.name.name {
            "costs" | "verbose" | "summary" | "timing" | "buffers" | "settings" => {}
            other => return Err(SqlError::unsupported(format!("EXPLAIN ({other})")).at(option.name.pos.0)),
        }
    }
    let env = session.environment(shared);
    let bound = crate::bind::statement(&env.names(), &env, &[], &explain.statement)?;
    let rows: Vec<Vec<Value>> = bound.plan.to_string().lines().map(|line| vec![Value::text(line)]).collect();
    Ok(Outcome::Rows(vec![Batch::from_rows(&[Type::TEXT], &rows)], "EXPLAIN".to_owned()))
}

/// The one column that EXPLAIN returns.
///
/// # Errors
/// None: the options are looked at when it runs.
pub(super) fn fields(_explain: &ast::Explain) -> Result<Vec<Field>> {
    Ok(vec![Field::new("QUERY PLAN", Type::TEXT)])
}
