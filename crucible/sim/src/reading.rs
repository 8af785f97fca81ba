//! Reading a keyspace in every way there is, which must agree.

use crate::Finding;
use std::ops::Bound::Unbounded;
use strata_store::{KeyspaceId, Txn, View};

/// Rows in key order.
pub(crate) type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// The rows of a keyspace by key, forwards and backwards, and by extent where there is a heap.
pub(crate) fn both_ways(txn: &Txn, view: View, keyspace: KeyspaceId) -> Result<Rows, Finding> {
    let rows = by_key(txn, view, keyspace, false)?;
    let mut backwards = by_key(txn, view, keyspace, true)?;
    backwards.reverse();
    compare(&backwards, &rows, keyspace).map_err(|what| format!("backwards: {what}"))?;
    if !keyspace.is_index() {
        compare(&by_extent(txn, view, keyspace)?, &rows, keyspace)
            .map_err(|what| format!("by extent: {what}"))?;
    }
    Ok(rows)
}

fn by_key(txn: &Txn, view: View, keyspace: KeyspaceId, reverse: bool) -> Result<Rows, Finding> {
    let failed = |error| format!("scan by key: {error}");
    let mut rows = Rows::new();
    let mut scan = txn.scan(view, keyspace, Unbounded, Unbounded, reverse).map_err(failed)?;
    while let Some(entry) = scan.next(txn).map_err(failed)? {
        rows.push((entry.key.to_vec(), entry.value.to_vec()));
    }
    Ok(rows)
}

fn by_extent(txn: &Txn, view: View, keyspace: KeyspaceId) -> Result<Rows, Finding> {
    let failed = |error| format!("scan by extent: {error}");
    let mut rows = Rows::new();
    let mut scan = txn.scan_extent(view, keyspace).map_err(failed)?;
    while scan.next(txn, &mut |key, value| rows.push((key.to_vec(), value.to_vec()))).map_err(failed)? {}
    rows.sort();
    Ok(rows)
}

/// Says what is different.
pub(crate) fn compare(found: &Rows, expected: &Rows, keyspace: KeyspaceId) -> Result<(), Finding> {
    if found == expected {
        return Ok(());
    }
    let missing = expected.iter().filter(|row| !found.contains(row)).map(|(key, _)| key).collect::<Vec<_>>();
    let extra = found.iter().filter(|row| !expected.contains(row)).map(|(key, _)| key).collect::<Vec<_>>();
    Err(format!(
        "keyspace {:#x} has {} rows instead of {}; missing or other {missing:?}, extra or other {extra:?}",
        keyspace.0,
        found.len(),
        expected.len()
    ))
}
