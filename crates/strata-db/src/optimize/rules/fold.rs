//! Constant folding: calls of immutable functions with constant arguments become their values; conditions that
//! are decided disappear. What raises an error is left alone: it may never be computed.

use super::bottom_up;
use crate::functions::{Call, Environment, FunctionKind, Volatility};
use crate::plan::{Expr, ExprKind, Logical};
use strata_types::{Type, Value};

/// The rule.
pub(super) fn apply(plan: Logical, env: &dyn Environment) -> Logical {
    bottom_up(plan, &mut |mut plan| {
        for expr in plan.exprs_mut() {
            fold(expr, env);
        }
        plan
    })
}

/// Folds an expression, operands first. Subqueries are folded when they are planned.
pub(in crate::optimize) fn fold(expr: &mut Expr, env: &dyn Environment) {
    for child in expr.children_mut() {
        fold(child, env);
    }
    let folded = match &mut expr.kind {
        ExprKind::Call { .. } => call(expr, env),
        ExprKind::Cast { .. } => cast(expr, env),
        ExprKind::And(parts) => connective(std::mem::take(parts), false, ExprKind::And),
        ExprKind::Or(parts) => connective(std::mem::take(parts), true, ExprKind::Or),
        ExprKind::Not(arg) => match arg.kind {
            ExprKind::Const(Value::Bool(truth)) => Some(ExprKind::Const(Value::Bool(!truth))),
            ExprKind::Const(Value::Null) => Some(ExprKind::Const(Value::Null)),
            _ => None,
        },
        _ => None,
    };
    if let Some(kind) = folded {
        expr.kind = kind;
    }
}

fn call(expr: &Expr, env: &dyn Environment) -> Option<ExprKind> {
    let ExprKind::Call { function, args } = &expr.kind else { return None };
    let FunctionKind::Scalar(kernel, _) = function.kind else { return None };
    if function.volatility != Volatility::Immutable {
        return None;
    }
    let mut values = Vec::with_capacity(args.len());
    for arg in args {
        match &arg.kind {
            ExprKind::Const(Value::Null) if function.strict => return Some(ExprKind::Const(Value::Null)),
            ExprKind::Const(value) => values.push(value.clone()),
            _ => return None,
        }
    }
    let types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
    let call = Call { env, args: &types, result: expr.ty };
    kernel(&call, &values).ok().filter(|value| !is_large(value)).map(ExprKind::Const)
}

/// Bytes above which a value has no place in a plan, which may be kept for long and is copied often.
const CONSTANT_LEN_MAX: usize = 64 * 1024;

fn is_large(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.len() > CONSTANT_LEN_MAX,
        Value::Bytea(bytes) => bytes.len() > CONSTANT_LEN_MAX,
        Value::Array(array) => array.len() > CONSTANT_LEN_MAX / size_of::<Value>(),
        _ => false,
    }
}

/// Casts whose outcome hangs on neither the session nor the catalog.
fn cast(expr: &Expr, env: &dyn Environment) -> Option<ExprKind> {
    let ExprKind::Cast { arg, explicit } = &expr.kind else { return None };
    let ExprKind::Const(value) = &arg.kind else { return None };
    let timeless = |ty: Type| {
        ty.is_number()
            || ty == Type::BOOL
            || matches!(ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::UUID)
    };
    if !timeless(arg.ty) || !timeless(expr.ty) {
        return None;
    }
    let cast = strata_types::cast(value, arg.ty, expr.ty, expr.typmod, *explicit, env.format());
    cast.ok().map(ExprKind::Const)
}

/// AND or OR without the parts that decide nothing; the decisive value alone if there is one.
fn connective(parts: Vec<Expr>, decisive: bool, make: fn(Vec<Expr>) -> ExprKind) -> Option<ExprKind> {
    let decides = |part: &Expr| part.kind == ExprKind::Const(Value::Bool(decisive));
    if parts.first().is_some_and(decides) {
        return Some(ExprKind::Const(Value::Bool(decisive)));
    }
    let mut kept: Vec<Expr> =
        parts.into_iter().filter(|part| part.kind != ExprKind::Const(Value::Bool(!decisive))).collect();
    Some(match kept.len() {
        0 => ExprKind::Const(Value::Bool(!decisive)),
        1 => kept.remove(0).kind,
        _ => make(kept),
    })
}
