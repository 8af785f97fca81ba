//! A journal that is far longer than what is applied at once: rows, versions and drops are as they were.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{KeyspaceId, Result, Store, StoreOptions};

const KEYS: u64 = 2_000;
const COMMITS: u64 = 6_000;

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// A key, and a value that is seldom too long for a page.
fn row(number: u64) -> (Vec<u8>, Vec<u8>) {
    let key = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % KEYS;
    let len = if number.is_multiple_of(50) { 9_000 } else { 100 + number % 200 };
    let noise = (0..len).map(|at| (number.wrapping_mul(at | 1) >> 7) as u8).collect();
    (key.to_be_bytes().to_vec(), noise)
}

/// No checkpoint, and a mebibyte of changes at once.
fn open(env: &vfs::Env) -> Store {
    let options = StoreOptions { memory: 24 << 20, checkpoint_every: 1 << 40, ..StoreOptions::default() };
    Store::open(env.clone(), Path::new("/store"), options).unwrap()
}

fn write(store: &Store) -> Result<(KeyspaceId, Rows)> {
    let (mut table, mut rows) = (KeyspaceId::table(1), Rows::new());
    for number in 0..COMMITS {
        let mut txn = store.begin();
        if number == COMMITS / 3 {
            txn.drop_keyspace(table);
            (table, rows) = (KeyspaceId::table(2), Rows::new());
        }
        for number in [number, number + 7] {
            let (key, value) = row(number);
            if number % 11 == 3 {
                txn.delete(table, &key)?;
                rows.remove(&key);
            } else {
                txn.put(table, &key, &value)?;
                rows.insert(key, value);
            }
        }
        let commit = txn.commit()?;
        if number.is_multiple_of(100) {
            // What is superseded is freed, and its room used again.
            store.wait_durable(commit.lsn)?;
        }
    }
    Ok((table, rows))
}

fn rows_of(store: &Store, table: KeyspaceId) -> Result<Rows> {
    let mut txn = store.begin_after(store.last_seq());
    let view = txn.statement_view();
    let mut scan = txn.scan(view, table, Unbounded, Unbounded, false)?;
    let mut rows = Rows::new();
    while let Some(entry) = scan.next(&txn)? {
        rows.insert(entry.key.to_vec(), entry.value.to_vec());
    }
    Ok(rows)
}

#[test]
fn many_batches_give_the_same_store() {
    let env = vfs::mem::env();
    let store = open(&env);
    let (table, rows) = write(&store).unwrap();
    store.wait_durable(store.begin_after(store.last_seq()).commit().unwrap().lsn).unwrap();
    let last = store.last_seq();
    drop(store);
    // The second replay meets pages and tables that the first has written.
    for _ in 0..2 {
        let again = open(&env);
        assert_eq!(again.last_seq(), last);
        assert!(rows_of(&again, table).unwrap() == rows);
        let report = again.verify().unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
}
