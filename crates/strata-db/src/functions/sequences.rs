//! Sequence functions.

use super::call::{Call, RowSource};
use super::rows::Rows;
use super::table::functions;
use super::typed::{Argument, OidValue};
use crate::error::Result;
use strata_types::Value;

functions! {
    1574 "nextval"(REGCLASS) -> INT8 volatile strict
        = scalar(|call; sequence: OidValue| call.env.sequence_next(sequence.0)), "sequence next value";
    1575 "currval"(REGCLASS) -> INT8 volatile strict
        = scalar(|call; sequence: OidValue| call.env.sequence_current(sequence.0)), "sequence current value";
    2559 "lastval"() -> INT8 volatile strict = scalar(|call| call.env.sequence_last()),
        "current value from last used sequence";
    1576 "setval"(REGCLASS, INT8) -> INT8 volatile strict
        = scalar(|call; sequence: OidValue, value: i64| call.env.sequence_set(sequence.0, value, true).map(|()| value)),
        "set sequence value";
    1765 "setval"(REGCLASS, INT8, BOOL) -> INT8 volatile strict
        = scalar(|call; sequence: OidValue, value: i64, called: bool| call.env.sequence_set(sequence.0, value, called).map(|()| value)),
        "set sequence value and is_called status";
    1665 "pg_get_serial_sequence"(TEXT, TEXT) -> TEXT stable strict = catalog("pg_get_serial_sequence"),
        "name of sequence for a serial column";
    4032 "pg_sequence_last_value"(REGCLASS) -> INT8 volatile strict
        = scalar(|call; sequence: OidValue| last_value(call, sequence)), "sequence last value";
    6427 "pg_get_sequence_data"(REGCLASS) -> RECORD volatile strict
        = set(position; "last_value" INT8, "log_cnt" INT8, "is_called" BOOL),
        "return sequence tuple, for use by pg_dump";
}

/// NULL before the first call of `nextval`.
fn last_value(call: &Call<'_>, sequence: OidValue) -> Result<Option<i64>> {
    let (last, called) = call.env.sequence_position(sequence.0)?;
    Ok(called.then_some(last))
}

/// The row that a sequence is when it is read as a table.
fn position(call: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let sequence = args.first().map_or(OidValue(0), OidValue::of);
    let (last, called) = call.env.sequence_position(sequence.0)?;
    Ok(Rows::of(vec![vec![Value::Int8(last), Value::Int8(0), Value::Bool(called)]]))
}
