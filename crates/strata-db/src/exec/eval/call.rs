//! Calls of functions.

use super::amplify::amplifies;
use super::row::{Row, eval_row};
use super::vector::{Vector, eval};
use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::functions::{Call, Environment, Function, FunctionKind, Volatility};
use crate::plan::{Expr, FunctionRef};
use std::sync::Arc;
use strata_types::{Batch, Column, ColumnBuilder, Type, Value, sqlstate};

/// The types of a call's arguments: on the stack, for nearly all functions have few.
struct Types {
    few: [Type; 4],
    many: Vec<Type>,
    len: usize,
}

impl Types {
    fn of(args: &[Expr]) -> Types {
        let mut types = Types { few: [Type::NONE; 4], many: Vec::new(), len: args.len() };
        if args.len() <= types.few.len() {
            types.few.iter_mut().zip(args).for_each(|(ty, arg)| *ty = arg.ty);
        } else {
            types.many = args.iter().map(|arg| arg.ty).collect();
        }
        types
    }

    fn as_slice(&self) -> &[Type] {
        if self.len <= self.few.len() { &self.few[..self.len] } else { &self.many }
    }
}

/// The surroundings of a call with arguments of these types.
pub(in crate::exec) fn call_surroundings<'a>(
    env: &'a dyn Environment,
    args: &'a [Type],
    result: Type,
) -> Call<'a> {
    Call { env, args, result }
}

/// Calls a scalar function with these values.
///
/// # Errors
/// What the function raises.
pub(in crate::exec) fn scalar(
    function: &Function,
    result: Type,
    types: &[Type],
    values: &[Value],
    env: &dyn Environment,
) -> Result<Value> {
    let FunctionKind::Scalar(kernel, _) = function.kind else { return Err(misplaced(function)) };
    if function.strict && values.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    if amplifies(function) {
        env.check_interrupts()?;
    }
    kernel(&Call { env, args: types, result }, values)
}

/// A call of a function that yields a set, or of an aggregate, where one value is wanted.
fn misplaced(function: &Function) -> SqlError {
    SqlError::new(
        sqlstate::FEATURE_NOT_SUPPORTED,
        format!("function {} called in a context that cannot accept it", function.name),
    )
}

/// A call for one row.
pub(super) fn row(
    function: &FunctionRef,
    result: Type,
    args: &[Expr],
    row: Row<'_>,
    run: &mut Run<'_>,
) -> Result<Value> {
    if let Some(operands) = super::concat::operands(function, args) {
        return super::concat::row(&operands, row, run);
    }
    let types = Types::of(args);
    let env = run.env;
    match args {
        [] => scalar(function, result, &[], &[], env),
        [one] => {
            let values = [eval_row(one, row, run)?];
            scalar(function, result, types.as_slice(), &values, env)
        }
        [one, two] => {
            let values = [eval_row(one, row, run)?, eval_row(two, row, run)?];
            scalar(function, result, types.as_slice(), &values, env)
        }
        many => {
            let values: Result<Vec<Value>> = many.iter().map(|arg| eval_row(arg, row, run)).collect();
            scalar(function, result, types.as_slice(), &values?, env)
        }
    }
}

/// The answer of a boolean function of two values.
pub(super) fn is_true(
    function: &FunctionRef,
    left: Type,
    right: Type,
    a: Value,
    b: Value,
    env: &dyn Environment,
) -> Result<Option<bool>> {
    Ok(scalar(function, Type::BOOL, &[left, right], &[a, b], env)?.as_bool())
}

/// A call for every row of a batch.
pub(super) fn vector(
    function: &FunctionRef,
    result: Type,
    args: &[Expr],
    batch: &Batch,
    run: &mut Run<'_>,
) -> Result<Vector> {
    if let Some(operands) = super::concat::operands(function, args) {
        return super::concat::vector(&operands, batch, run);
    }
    let mut inputs = Vec::with_capacity(args.len());
    for arg in args {
        inputs.push(eval(arg, batch, run)?);
    }
    if let [left, right] = &inputs[..]
        && let Some(column) = super::compare::fast(function, left, right, batch.rows)
    {
        return Ok(Vector::Column(Arc::new(column)));
    }
    apply(function, result, &Types::of(args), &inputs, batch.rows, run.env)
}

fn apply(
    function: &FunctionRef,
    result: Type,
    types: &Types,
    inputs: &[Vector],
    rows: usize,
    env: &dyn Environment,
) -> Result<Vector> {
    let types = types.as_slice();
    let constant = |input: &Vector| match input {
        Vector::Const(value) => Some(value.clone()),
        Vector::Column(_) => None,
    };
    if function.volatility != Volatility::Volatile
        && let Some(values) = inputs.iter().map(constant).collect::<Option<Vec<_>>>()
    {
        return Ok(Vector::Const(scalar(function, result, types, &values, env)?));
    }
    let FunctionKind::Scalar(kernel, vectorised) = function.kind else { return Err(misplaced(function)) };
    let call = Call { env, args: types, result };
    if let Some(vectorised) = vectorised {
        let columns: Vec<Arc<Column>> =
            inputs.iter().zip(types).map(|(input, ty)| input.to_column(*ty, rows)).collect();
        let columns: Vec<&Column> = columns.iter().map(|column| &**column).collect();
        return Ok(Vector::Column(Arc::new(vectorised(&call, &columns)?)));
    }
    let mut builder = ColumnBuilder::with_capacity(result, rows);
    let mut values = vec![Value::Null; inputs.len()];
    for row in 0..rows {
        for (value, input) in values.iter_mut().zip(inputs) {
            *value = input.value(row);
        }
        if function.strict && values.iter().any(Value::is_null) {
            builder.push_null();
        } else {
            builder.push(&kernel(&call, &values)?);
        }
    }
    Ok(Vector::Column(Arc::new(builder.finish())))
}
