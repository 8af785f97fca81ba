//! Functions over booleans, and what tests for NULL among many.

use super::call::Call;
use super::table::functions;
use crate::error::Result;
use strata_types::Value;

functions! {
    438 "num_nulls"(; variadic ANY) -> INT4 immutable nullable = raw(num_nulls),
        "count the number of NULL arguments";
    440 "num_nonnulls"(; variadic ANY) -> INT4 immutable nullable = raw(num_nonnulls),
        "count the number of non-NULL arguments";
}

fn num_nulls(_: &Call<'_>, args: &[Value]) -> Result<Value> {
    Ok(Value::Int4(args.iter().filter(|value| value.is_null()).count() as i32))
}

fn num_nonnulls(_: &Call<'_>, args: &[Value]) -> Result<Value> {
    Ok(Value::Int4(args.iter().filter(|value| !value.is_null()).count() as i32))
}
