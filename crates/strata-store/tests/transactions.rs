//! What transactions see of each other and of themselves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::Bound::{Excluded, Included, Unbounded};
use std::path::Path;
use strata_store::{Error, KeyspaceId, Lock, LockMode, Seq, Store, StoreOptions, Txn, View};

const ROWS: KeyspaceId = KeyspaceId::table(1);
const INDEX: KeyspaceId = KeyspaceId::index(1);

fn store() -> Store {
    Store::open(vfs::mem::env(), Path::new("/store"), small()).unwrap()
}

fn small() -> StoreOptions {
    StoreOptions { memory: 64 << 20, segment_len: 1 << 20, ..StoreOptions::default() }
}

fn get(txn: &Txn, view: View, key: &str) -> Option<String> {
    let value = txn.get(view, ROWS, key.as_bytes()).unwrap();
    value.map(|value| String::from_utf8(value.to_vec()).unwrap())
}

fn commit(store: &Store, rows: &[(&str, &str)]) -> Seq {
    let mut txn = store.begin();
    for (key, value) in rows {
        txn.put(ROWS, key.as_bytes(), value.as_bytes()).unwrap();
    }
    let commit = txn.commit().unwrap();
    store.wait_durable(commit.lsn).unwrap();
    commit.seq
}

/// All rows of a view, by key and by extent, which must agree.
fn rows(txn: &Txn, view: View) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut by_key = Vec::new();
    let mut scan = txn.scan(view, ROWS, Unbounded, Unbounded, false).unwrap();
    while let Some(entry) = scan.next(txn).unwrap() {
        by_key.push((text(entry.key), text(&entry.value)));
    }
    let mut backwards = Vec::new();
    let mut scan = txn.scan(view, ROWS, Unbounded, Unbounded, true).unwrap();
    while let Some(key) = scan.next_key(txn).unwrap() {
        backwards.push(text(key));
    }
    assert!(backwards.iter().rev().eq(by_key.iter().map(|(key, _)| key)), "{backwards:?} {by_key:?}");
    let mut by_extent = Vec::new();
    let mut scan = txn.scan_extent(view, ROWS).unwrap();
    while scan.next(txn, &mut |key, value| by_extent.push((text(key), text(value)))).unwrap() {}
    by_extent.sort();
    assert_eq!(by_key, by_extent);
    by_key
}

#[test]
fn a_statement_sees_earlier_commands_and_not_its_own() {
    let store = store();
    commit(&store, &[("a", "1"), ("b", "2")]);
    let mut txn = store.begin();
    let first = txn.statement_view();
    txn.put(ROWS, b"a", b"one").unwrap();
    txn.put(ROWS, b"c", b"three").unwrap();
    txn.delete(ROWS, b"b").unwrap();
    assert_eq!(get(&txn, first, "a").unwrap(), "1");
    assert_eq!(rows(&txn, first).len(), 2);
    assert_eq!(get(&txn, first.with_own_command(), "a").unwrap(), "one");
    let second = txn.statement_view();
    txn.put(ROWS, b"a", b"uno").unwrap();
    assert_eq!(get(&txn, second, "a").unwrap(), "one");
    assert_eq!(get(&txn, second, "b"), None);
    let expected = [("a", "one"), ("c", "three")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(rows(&txn, second), expected);
    assert_eq!(get(&txn, first, "a").unwrap(), "1", "the first view has not changed");
}

#[test]
fn a_savepoint_takes_back_rows_and_locks() {
    let store = store();
    let mut txn = store.begin();
    txn.put(ROWS, b"a", b"1").unwrap();
    let savepoint = txn.savepoint();
    txn.put(ROWS, b"a", b"2").unwrap();
    txn.put(ROWS, b"b", b"2").unwrap();
    let inner = txn.savepoint();
    txn.delete(ROWS, b"a").unwrap();
    assert_eq!(txn.lock(ROWS, b"x", LockMode::Update).unwrap(), Lock::Granted);
    txn.rollback_to(inner);
    let view = txn.statement_view();
    assert_eq!(rows(&txn, view).len(), 2);
    let mut other = store.begin();
    assert!(other.try_lock(ROWS, b"x", LockMode::Update).unwrap());
    txn.rollback_to(savepoint);
    let view = txn.statement_view();
    assert_eq!(rows(&txn, view), [("a".to_owned(), "1".to_owned())]);
    txn.release(savepoint);
    let lsn = txn.commit().unwrap().lsn;
    store.wait_durable(lsn).unwrap();
    let mut reader = store.begin();
    let view = reader.statement_view();
    assert_eq!(rows(&reader, view), [("a".to_owned(), "1".to_owned())]);
}

#[test]
fn a_snapshot_does_not_change_and_a_new_statement_does() {
    let store = store();
    commit(&store, &[("a", "1")]);
    let mut repeatable = store.begin();
    let mut committed = store.begin();
    let (one, two) = (repeatable.same_snapshot_view(), committed.statement_view());
    for n in 0..50 {
        commit(&store, &[("a", &n.to_string())]);
    }
    assert_eq!(get(&repeatable, one, "a").unwrap(), "1");
    let again = repeatable.same_snapshot_view();
    assert_eq!(get(&repeatable, again, "a").unwrap(), "1");
    assert_eq!(get(&committed, two, "a").unwrap(), "1", "a portal of an earlier statement goes on");
    let fresh = committed.statement_view();
    assert_eq!(get(&committed, fresh, "a").unwrap(), "49");
    assert!(repeatable.newest_seq(ROWS, b"a").unwrap() > again.snapshot);
    assert_eq!(rows(&repeatable, again).len(), 1);
}

#[test]
fn a_session_reads_its_own_commit_before_it_is_durable() {
    let store = store();
    let mut txn = store.begin();
    txn.put(ROWS, b"a", b"1").unwrap();
    let commit = txn.commit().unwrap();
    let mut next = store.begin_after(commit.seq);
    let view = next.statement_view();
    assert_eq!(get(&next, view, "a").unwrap(), "1");
    let other = store.begin();
    let newest = other.newest_view();
    assert_eq!(get(&other, newest, "a").unwrap(), "1");
    assert!(other.rollback() >= commit.lsn, "who has seen it waits for it");
}

#[test]
fn the_first_updater_wins_unless_the_row_was_locked() {
    let store = store();
    commit(&store, &[("a", "1")]);
    let (mut careless, mut careful) = (store.begin(), store.begin());
    careless.statement_view();
    careful.statement_view();
    let after = commit(&store, &[("a", "2")]);
    careless.put(ROWS, b"a", b"3").unwrap();
    match careless.commit() {
        Err(error @ Error::Conflict { changed, .. }) => {
            assert_eq!((changed, error.sqlstate()), (after, "40001"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(careful.lock(ROWS, b"a", LockMode::NoKeyUpdate).unwrap(), Lock::Granted);
    careful.put(ROWS, b"a", b"4").unwrap();
    careful.commit().unwrap();
}

#[test]
fn waiters_wake_when_the_holder_commits_and_rings_are_refused() {
    let store = store();
    let (mut a, mut b) = (store.begin(), store.begin());
    assert_eq!(a.lock(ROWS, b"x", LockMode::Update).unwrap(), Lock::Granted);
    assert_eq!(b.lock(ROWS, b"y", LockMode::Update).unwrap(), Lock::Granted);
    assert_eq!(b.lock(ROWS, b"x", LockMode::Share).unwrap(), Lock::Wait);
    let refused = a.lock(ROWS, b"y", LockMode::Update).unwrap_err();
    assert_eq!(refused.sqlstate(), "40P01");
    let mut woken = Vec::new();
    store.take_woken(&mut woken);
    assert_eq!(woken, []);
    a.put(ROWS, b"x", b"1").unwrap();
    a.commit().unwrap();
    store.take_woken(&mut woken);
    assert_eq!(woken, [b.id()]);
    assert_eq!(b.lock(ROWS, b"x", LockMode::Share).unwrap(), Lock::Granted);
}

#[test]
fn ranges_hold_what_lies_between_their_bounds() {
    let store = store();
    commit(&store, &[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]);
    let mut txn = store.begin();
    txn.put(ROWS, b"bb", b"own").unwrap();
    txn.put(INDEX, b"b", b"elsewhere").unwrap();
    let view = txn.statement_view();
    let keys = |lower, upper, reverse| {
        let mut scan = txn.scan(view, ROWS, lower, upper, reverse).unwrap();
        let mut keys = Vec::new();
        while let Some(key) = scan.next_key(&txn).unwrap() {
            keys.push(String::from_utf8(key.to_vec()).unwrap());
        }
        keys
    };
    assert_eq!(keys(Included(b"b"), Excluded(b"d"), false), ["b", "bb", "c"]);
    assert_eq!(keys(Excluded(b"b"), Included(b"d"), true), ["d", "c", "bb"]);
    assert_eq!(keys(Included(b"c"), Included(b"b"), false), Vec::<String>::new());
    assert_eq!(keys(Unbounded, Excluded(b"b"), false), ["a"]);
    assert_eq!(&*txn.get(view, INDEX, b"b").unwrap().unwrap(), b"elsewhere");
}

#[test]
fn what_others_have_locked_is_passed_over_and_own_writes_are_not() {
    let store = store();
    commit(&store, &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
    let (mut one, mut two) = (store.begin(), store.begin());
    assert!(one.try_lock(ROWS, b"a", LockMode::Update).unwrap());
    assert!(one.try_lock(ROWS, b"c", LockMode::Update).unwrap());
    assert!(two.try_lock(ROWS, b"b", LockMode::Update).unwrap());
    two.statement_view();
    two.put(ROWS, b"b", b"20").unwrap();
    let free = |txn: &Txn, view: View| {
        let mut scan = txn.scan(view, ROWS, Unbounded, Unbounded, false).unwrap();
        let mut found = Vec::new();
        let is_passed = |key: &[u8]| txn.is_taken(ROWS, key, LockMode::Update);
        while let Some(entry) = scan.next_except(txn, is_passed).unwrap() {
            found.push(String::from_utf8([entry.key, &entry.value].concat()).unwrap());
        }
        found
    };
    let view = two.statement_view();
    assert_eq!(free(&two, view), ["b20", "d4"]);
    let view = one.statement_view();
    assert_eq!(free(&one, view), ["a1", "c3", "d4"]);
}

#[test]
fn a_dropped_keyspace_is_gone_for_later_snapshots_only() {
    let store = store();
    commit(&store, &[("a", "1")]);
    let mut before = store.begin();
    let old = before.statement_view();
    let mut txn = store.begin();
    txn.drop_keyspace(ROWS);
    store.wait_durable(txn.commit().unwrap().lsn).unwrap();
    assert_eq!(get(&before, old, "a").unwrap(), "1");
    let mut after = store.begin();
    let view = after.statement_view();
    assert_eq!(rows(&after, view), []);
    drop((before, after));
    store.checkpoint().unwrap();
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn a_row_updated_forever_takes_little_room() {
    let env = vfs::mem::env();
    let store = Store::open(env.clone(), Path::new("/store"), small()).unwrap();
    for n in 0..5000 {
        let mut txn = store.begin();
        txn.put(ROWS, b"hot", format!("{n:0>500}").as_bytes()).unwrap();
        let lsn = txn.commit().unwrap().lsn;
        // The last too: until a version is durable, readers see the one before, and that one stays.
        if n % 20 == 19 {
            store.wait_durable(lsn).unwrap();
        }
    }
    store.checkpoint().unwrap();
    let report = store.verify().unwrap();
    assert!(report.is_sound() && report.ended_tuples == 0, "{report:?}");
    let heap = env.fs.open(Path::new("/store/heap/1.heap"), vfs::OpenMode::Read).unwrap();
    let len = heap.len().unwrap();
    assert!(len <= 2 << 20, "one row of 500 bytes lies in {len} bytes");
}

#[test]
fn everything_is_there_again_after_reopening() {
    let env = vfs::mem::env();
    let dir = Path::new("/store");
    let mut expected = Vec::new();
    for round in 0..4 {
        let store = Store::open(env.clone(), dir, small()).unwrap();
        let refused = Store::open(env.clone(), dir, small()).map(drop);
        assert!(matches!(refused, Err(Error::Locked { .. })), "{refused:?}");
        let mut txn = store.begin();
        let view = txn.statement_view();
        assert_eq!(rows(&txn, view), expected);
        for n in 0..100 {
            let (key, value) = (format!("{:03}", n * 7 % 100), format!("{round} {n} {}", "x".repeat(n * 40)));
            txn.put(ROWS, key.as_bytes(), value.as_bytes()).unwrap();
            expected.retain(|(other, _)| *other != key);
            expected.push((key, value));
        }
        expected.sort();
        store.wait_durable(txn.commit().unwrap().lsn).unwrap();
        assert!(store.verify().unwrap().is_sound());
        if round % 2 == 0 {
            store.close().unwrap();
        }
    }
}

#[test]
fn a_large_transaction_spills_and_commits_in_parts() {
    let env = vfs::mem::env();
    let dir = Path::new("/store");
    let options = StoreOptions { memory: 24 << 20, ..small() };
    let store = Store::open(env.clone(), dir, options.clone()).unwrap();
    let value = |n: u32| format!("{n:0>1000}").into_bytes();
    let mut txn = store.begin();
    for n in 0..20_000u32 {
        txn.put(ROWS, &n.to_be_bytes(), &value(n)).unwrap();
    }
    let lsn = txn.commit().unwrap().lsn;
    store.wait_durable(lsn).unwrap();
    drop(store);
    let store = Store::open(env, dir, options).unwrap();
    let mut txn = store.begin();
    let view = txn.statement_view();
    for n in (0..20_000u32).step_by(97) {
        assert_eq!(&*txn.get(view, ROWS, &n.to_be_bytes()).unwrap().unwrap(), value(n));
    }
    let report = store.verify().unwrap();
    assert!(report.is_sound() && report.table_entries == 20_000, "{report:?}");
}

#[test]
fn a_keyspace_that_is_created_and_loaded_reads_back() {
    let store = store();
    let mut txn = store.begin();
    txn.create_keyspace(ROWS);
    for n in 0..500u16 {
        txn.put(ROWS, format!("{n:03}").as_bytes(), b"row").unwrap();
    }
    txn.statement_view();
    txn.put(ROWS, b"007", b"again").unwrap();
    txn.delete(ROWS, b"008").unwrap();
    store.wait_durable(txn.commit().unwrap().lsn).unwrap();
    let mut reader = store.begin();
    let view = reader.statement_view();
    assert_eq!(rows(&reader, view).len(), 499);
    assert_eq!(get(&reader, view, "007").unwrap(), "again");
    assert!(store.verify().unwrap().is_sound());
}
