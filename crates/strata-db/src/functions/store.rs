//! What keeps the store as a whole: functions of strata's own, for superusers. The session answers.

use super::call::{Call, RowSource};
use super::rows::Rows;
use super::table::functions;
use crate::error::Result;
use strata_types::Value;

functions! {
    9001 "strata_verify"() -> TEXT volatile strict = set(verify),
        "check every table, page, index entry and journal record: a row for each problem";
    9002 "strata_backup"(TEXT) -> RECORD volatile strict
        = set(backup; "table_bytes" INT8, "kept_bytes" INT8, "pages" INT8, "journal_bytes" INT8),
        "copy the store to a directory of the server, where it can be opened";
}

fn verify(call: &Call<'_>, _: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Rows::column(array(call.env.catalog("strata_verify", &[])?)))
}

fn backup(call: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    Ok(Rows::of(vec![array(call.env.catalog("strata_backup", args)?)]))
}

fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(array) => array.values.to_vec(),
        _ => Vec::new(),
    }
}
