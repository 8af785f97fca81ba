//! The binary forms of values, as the wire carries them.

use super::call::Call;
use super::table::functions;
use crate::error::{Result, SqlError};
use strata_types::{Value, sqlstate};

functions! {
    2457 "bit_send"(BIT) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2437 "boolsend"(BOOL) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2413 "byteasend"(BYTEA) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2435 "charsend"(CHAR) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2469 "date_send"(DATE) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2425 "float4send"(FLOAT4) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2427 "float8send"(FLOAT8) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2405 "int2send"(INT2) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2407 "int4send"(INT4) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2409 "int8send"(INT8) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2479 "interval_send"(INTERVAL) -> BYTEA immutable strict = raw(binary_form), "I/O";
    324 "json_send"(JSON) -> BYTEA immutable strict = raw(binary_form), "I/O";
    3803 "jsonb_send"(JSONB) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2461 "numeric_send"(NUMERIC) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2419 "oidsend"(OID) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2471 "time_send"(TIME) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2475 "timestamp_send"(TIMESTAMP) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2477 "timestamptz_send"(TIMESTAMPTZ) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2473 "timetz_send"(TIMETZ) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2962 "uuid_send"(UUID) -> BYTEA immutable strict = raw(binary_form), "I/O";
    2459 "varbit_send"(VARBIT) -> BYTEA immutable strict = raw(binary_form), "I/O";
}

/// The binary form of the one argument.
fn binary_form(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let ([value], [ty]) = (args, call.args) else {
        return Err(SqlError::new(sqlstate::INTERNAL_ERROR, "a binary form is made of one value"));
    };
    let mut form = Vec::new();
    value.write_binary(*ty, &mut form)?;
    Ok(Value::Bytea(form.into()))
}
