//! Expressions whose values may be far larger than what they read.
//!
//! Batches are bounded in bytes where rows are read. `repeat` and its like break that bound: a thousand
//! calls side by side may come to a hundred gigabytes. Such expressions are computed row by row, so that
//! one row's intermediate values are there at a time.

use crate::functions::Function;
use crate::plan::{Expr, ExprKind};
use strata_types::Value;

/// Functions whose result's length their arguments' lengths do not bound.
const AMPLIFYING: [&str; 6] = ["repeat", "lpad", "rpad", "replace", "regexp_replace", "array_fill"];
/// A constant of more bytes, once for each row of a batch, is too much.
const LARGE_CONST: usize = 16 << 10;

/// Whether a batch of the values of `expr`, or of a part of it, may be far larger than the batch read.
pub(in crate::exec) fn may_amplify(expr: &Expr) -> bool {
    expr.contains(&mut |part| match &part.kind {
        ExprKind::Call { function, .. } => amplifies(function),
        ExprKind::Const(Value::Text(text)) => text.len() > LARGE_CONST,
        ExprKind::Const(Value::Bytea(bytes)) => bytes.len() > LARGE_CONST,
        _ => false,
    })
}

/// Whether the result may be far longer than the arguments, and a call take as long.
pub(super) fn amplifies(function: &Function) -> bool {
    AMPLIFYING.contains(&function.name)
}
