//! `pg_prepared_xacts`: transactions between the halves of two-phase commit. The session tells.

use super::SystemSource;
use super::notation::relations;
use std::sync::Arc;
use strata_types::Value;

relations! {
    pg_catalog;
    12090 view "pg_prepared_xacts" = prepared, |source, row: Arc<[Value]>| {
        "transaction" XID = row.first().cloned();
        "gid" TEXT = row.get(1).cloned();
        "prepared" TIMESTAMPTZ = row.get(2).cloned();
        "owner" NAME = row.get(3).cloned();
        "database" NAME = row.get(4).cloned();
    }
}

fn prepared(source: &SystemSource<'_>) -> Vec<Arc<[Value]>> {
    let Ok(Value::Array(rows)) = source.env.catalog("pg_prepared_xacts", &[]) else { return Vec::new() };
    let row = |value: &Value| match value {
        Value::Record(row) => Some(row.clone()),
        _ => None,
    };
    rows.values.iter().filter_map(row).collect()
}
