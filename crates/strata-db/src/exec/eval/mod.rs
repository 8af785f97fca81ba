//! Expressions, a batch at a time (`vector`) or for one row (`row`).
//!
//! Both agree in what they yield and in what they raise: an operand that SQL does not look at (the rest of
//! an AND that is false already, the other branches of a CASE) is not computed for that row.

mod amplify;
mod array;
mod call;
mod cast;
mod compare;
mod concat;
mod conditional;
mod logic;
mod row;
mod select;
mod subquery;
mod vector;

pub(in crate::exec) use amplify::may_amplify;
pub(in crate::exec) use call::call_surroundings;
pub use cast::input_text;
pub(in crate::exec) use row::{Row, eval_row};
pub(in crate::exec) use select::{Selection, matches, select};
pub(in crate::exec) use vector::{eval, eval_column};

use crate::error::Result;
use crate::functions::Environment;
use crate::plan::{Expr, ExprKind};
use strata_types::{Type, Value};

/// The value of an expression that reads no rows, parameters or subqueries: for folding. `None` if it is
/// of another kind.
///
/// # Errors
/// What the expression raises.
pub fn constant(expr: &Expr, env: &dyn Environment) -> Result<Option<Value>> {
    match &expr.kind {
        ExprKind::Const(value) => Ok(Some(value.clone())),
        ExprKind::Call { function, args } => {
            if let Some(operands) = concat::operands(function, args) {
                return constants(operands, env)?.map(|(values, _)| concat::value(&values)).transpose();
            }
            let Some(args) = constants(args, env)? else { return Ok(None) };
            call::scalar(function, expr.ty, &args.1, &args.0, env).map(Some)
        }
        ExprKind::Cast { arg, explicit } => {
            let Some(value) = constant(arg, env)? else { return Ok(None) };
            cast::convert(value, arg.ty, expr.ty, expr.typmod, *explicit, env).map(Some)
        }
        _ => Ok(None),
    }
}

/// Values and types of constant operands.
fn constants<'a>(
    args: impl IntoIterator<Item = &'a Expr>,
    env: &dyn Environment,
) -> Result<Option<(Vec<Value>, Vec<Type>)>> {
    let (mut values, mut types) = (Vec::new(), Vec::new());
    for arg in args {
        match constant(arg, env)? {
            Some(value) => {
                values.push(value);
                types.push(arg.ty);
            }
            None => return Ok(None),
        }
    }
    Ok(Some((values, types)))
}
