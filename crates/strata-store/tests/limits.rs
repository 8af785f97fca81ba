//! What is bounded: keys, the journal under load, the memory of a commit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{Compression, Error, KEY_LEN_MAX, KeyspaceId, LevelCompression, Store, StoreOptions};
use vfs::Env;
use vfs::faulty::Faulty;

const DIR: &str = "/store";
const ROWS: KeyspaceId = KeyspaceId::table(1);
const INDEX: KeyspaceId = KeyspaceId::index(1);
const SMALL: StoreOptions = StoreOptions {
    memory: 16 << 20,
    checkpoint_every: 64 << 10,
    segment_len: 64 << 10,
    bulk_len: 32 << 10,
    compression: LevelCompression::all(Compression::Lz4),
    finds_deadlocks: true,
};

fn open(env: &Env) -> Store {
    Store::open(env.clone(), Path::new(DIR), SMALL).unwrap()
}

fn key(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

/// The numbers of the rows, by key, by extent and by index, which must agree.
fn numbers(store: &Store) -> Vec<u32> {
    let mut txn = store.begin_after(store.last_seq());
    let view = txn.statement_view();
    let number = |key: &[u8]| u32::from_be_bytes(key.try_into().unwrap());
    let by_key = |keyspace| {
        let mut numbers = Vec::new();
        let mut scan = txn.scan(view, keyspace, Unbounded, Unbounded, false).unwrap();
        while let Some(entry) = scan.next(&txn).unwrap() {
            numbers.push(number(entry.key));
        }
        numbers
    };
    let mut by_extent = Vec::new();
    let mut scan = txn.scan_extent(view, ROWS).unwrap();
    while scan.next(&txn, &mut |key, _| by_extent.push(number(key))).unwrap() {}
    by_extent.sort_unstable();
    let rows = by_key(ROWS);
    assert_eq!((&rows, &rows), (&by_extent, &by_key(INDEX)));
    rows
}

#[test]
fn a_key_that_is_too_long_is_refused_when_it_is_put() {
    let store = open(&Faulty::new(1).env());
    let mut txn = store.begin();
    let long = vec![7; KEY_LEN_MAX + 1];
    for keyspace in [ROWS, INDEX] {
        let refused = |result| matches!(result, Err(Error::KeyTooLong { max: KEY_LEN_MAX, .. }));
        assert!(refused(txn.put(keyspace, &long, b"")));
        assert!(refused(txn.delete(keyspace, &long)));
    }
    assert!(!txn.has_writes());
}

#[test]
fn the_longest_key_goes_all_the_way() {
    let machine = Faulty::new(2);
    let keys = [vec![7; KEY_LEN_MAX - 1], vec![7; KEY_LEN_MAX], [vec![7; KEY_LEN_MAX - 1], vec![8]].concat()];
    let store = open(&machine.env());
    let mut txn = store.begin();
    for key in &keys {
        txn.put(ROWS, key, b"row").unwrap();
        txn.put(INDEX, key, b"entry").unwrap();
    }
    txn.commit().unwrap();
    store.close().unwrap();
    let store = open(&machine.env());
    let mut txn = store.begin();
    let view = txn.statement_view();
    for key in &keys {
        assert_eq!(&*txn.get(view, ROWS, key).unwrap().unwrap(), b"row");
        assert_eq!(&*txn.get(view, INDEX, key).unwrap().unwrap(), b"entry");
    }
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn the_journal_stays_bounded_though_no_job_gets_a_turn() {
    let machine = Faulty::new(3);
    let env = machine.env();
    let store = open(&env);
    for round in 0..3000u32 {
        let mut txn = store.begin();
        txn.put(ROWS, &key(round % 50), &[round as u8; 900]).unwrap();
        txn.commit().unwrap();
    }
    let segments = env.fs.list(&Path::new(DIR).join("journal")).unwrap();
    assert!(segments.len() < 12, "{} segments of 64 KiB after 2.7 MB of rows", segments.len());
}

#[test]
fn a_large_commit_is_there_or_not_before_and_after_a_crash() {
    let machine = Faulty::new(4);
    let mut store = open(&machine.env());
    // More than one part, then more than the bulk length, then a mixture over both.
    let loads: [(std::ops::Range<u32>, bool); 3] = [(0..100, true), (100..3000, true), (50..2000, false)];
    let mut expected = Vec::new();
    for (range, puts) in loads {
        let mut txn = store.begin_after(store.last_seq());
        txn.statement_view();
        for number in range.clone() {
            if puts {
                txn.put(ROWS, &key(number), &[number as u8; 100]).unwrap();
                txn.put(INDEX, &key(number), b"").unwrap();
            } else {
                txn.delete(ROWS, &key(number)).unwrap();
                txn.delete(INDEX, &key(number)).unwrap();
            }
        }
        expected.retain(|number| !range.contains(number));
        expected.extend(range.filter(|_| puts));
        let commit = txn.commit().unwrap();
        assert_eq!(numbers(&store), expected);
        store.wait_durable(commit.lsn).unwrap();
        drop(store);
        store = open(&machine.restart());
        assert_eq!(numbers(&store), expected);
        assert!(store.verify().unwrap().is_sound());
    }
}

#[test]
fn a_large_commit_that_conflicts_leaves_nothing_behind() {
    let store = open(&Faulty::new(5).env());
    let mut late = store.begin();
    late.statement_view();
    let mut first = store.begin();
    first.put(ROWS, &key(2999), b"first").unwrap();
    first.put(INDEX, &key(2999), b"").unwrap();
    first.commit().unwrap();
    for number in 0..3000 {
        late.put(ROWS, &key(number), &[1; 100]).unwrap();
        late.put(INDEX, &key(number), b"").unwrap();
    }
    assert!(matches!(late.commit(), Err(Error::Conflict { .. })));
    assert_eq!(numbers(&store), [2999]);
    let blocks = store.table_bytes(ROWS);
    let mut again = store.begin();
    for number in 0..2999 {
        again.put(ROWS, &key(number), &[1; 100]).unwrap();
        again.put(INDEX, &key(number), b"").unwrap();
    }
    again.commit().unwrap();
    assert_eq!(numbers(&store).len(), 3000);
    assert!(store.table_bytes(ROWS) <= blocks + 8192, "the room of the refused commit is used");
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn the_file_of_a_dropped_table_goes_by_itself_once_nobody_sees_it() {
    let machine = Faulty::new(6);
    let env = machine.env();
    let store = open(&env);
    let files = || env.fs.list(&Path::new(DIR).join("heap")).unwrap();
    let has_file = || files().contains(&Path::new(DIR).join("heap/1.heap"));
    let mut txn = store.begin();
    txn.put(ROWS, &key(1), b"row").unwrap();
    store.wait_durable(txn.commit().unwrap().lsn).unwrap();
    let reader = store.snapshot();
    let mut txn = store.begin();
    txn.drop_keyspace(ROWS);
    store.wait_durable(txn.commit().unwrap().lsn).unwrap();
    machine.step_jobs(50);
    assert!(has_file(), "a snapshot still reads it");
    drop(reader);
    let mut txn = store.begin();
    txn.put(INDEX, &key(2), b"").unwrap();
    store.wait_durable(txn.commit().unwrap().lsn).unwrap();
    machine.step_jobs(50);
    assert!(!has_file());
}
