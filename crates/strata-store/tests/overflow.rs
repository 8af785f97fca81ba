//! A transaction that does not fit into memory reads, rolls back and commits like any other.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::path::Path;
use strata_store::{KeyspaceId, Store, StoreOptions, Txn, View};
use vfs::Env;
use vfs::faulty::Faulty;

const ROWS: KeyspaceId = KeyspaceId::table(1);
const INDEX: KeyspaceId = KeyspaceId::index(1);
const KEYS: u64 = 6_000;
/// Entries begin to leave when there are some six thousand, a twelfth of the pool.
const MEMORY: usize = 12 << 20;

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn open(env: &Env) -> Store {
    let options = StoreOptions { memory: MEMORY, bulk_len: 1 << 20, ..StoreOptions::default() };
    Store::open(env.clone(), Path::new("/store"), options).unwrap()
}

/// A transaction and what it should see after each command.
struct Large {
    txn: Txn,
    rows: Rows,
    seen: Vec<(View, Rows)>,
    dice: u64,
}

impl Large {
    fn begin(store: &Store, rows: Rows) -> Large {
        let txn = store.begin_after(store.last_seq());
        Large { txn, rows, seen: Vec::new(), dice: 1 }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % limit
    }

    /// Writes keys of a range in random order, some of them twice.
    fn command(&mut self, from: u64, count: u64) {
        let view = self.txn.statement_view();
        self.seen.push((view, self.rows.clone()));
        for _ in 0..count {
            let key = (from + self.below(KEYS)).to_be_bytes();
            if self.below(5) == 0 {
                self.txn.delete(ROWS, &key).unwrap();
                self.txn.delete(INDEX, &key).unwrap();
                self.rows.remove(&key[..]);
            } else {
                let value = vec![self.below(256) as u8; 60 + self.below(60) as usize];
                self.txn.put(ROWS, &key, &value).unwrap();
                self.txn.put(INDEX, &key, &value[..8]).unwrap();
                self.rows.insert(key.to_vec(), value);
            }
        }
    }

    /// As [`command`](Self::command), but what finds no room is not written.
    fn command_on_a_full_disk(&mut self, count: u64) {
        self.txn.statement_view();
        for _ in 0..count {
            let key = self.below(KEYS).to_be_bytes();
            let value = vec![self.below(256) as u8; 60];
            if self.txn.put(ROWS, &key, &value).is_err() {
                continue;
            }
            self.rows.insert(key.to_vec(), value.clone());
            while self.txn.put(INDEX, &key, &value[..8]).is_err() {}
        }
    }

    fn check_newest(&mut self) {
        let view = self.txn.statement_view();
        check(&self.txn, view, &self.rows);
    }

    fn check(&mut self) {
        let now = (self.txn.statement_view(), self.rows.clone());
        self.seen.push(now);
        for (view, rows) in &self.seen {
            check(&self.txn, *view, rows);
        }
    }
}

/// Reads everything in every way.
fn check(txn: &Txn, view: View, rows: &Rows) {
    let scan = |keyspace, lower, upper, reverse| {
        let mut found = Vec::new();
        let mut scan = txn.scan(view, keyspace, lower, upper, reverse).unwrap();
        while let Some(entry) = scan.next(txn).unwrap() {
            found.push((entry.key.to_vec(), entry.value.to_vec()));
        }
        if reverse {
            found.reverse();
        }
        found
    };
    let expected: Vec<_> = rows.clone().into_iter().collect();
    let index: Vec<_> = rows.iter().map(|(key, value)| (key.clone(), value[..8].to_vec())).collect();
    for reverse in [false, true] {
        assert!(scan(ROWS, Unbounded, Unbounded, reverse) == expected, "rows by key");
        assert!(scan(INDEX, Unbounded, Unbounded, reverse) == index, "entries");
    }
    let (lower, upper) = (1_500u64.to_be_bytes(), 2_500u64.to_be_bytes());
    let part: Vec<_> =
        rows.range(lower.to_vec()..upper.to_vec()).map(|(k, v)| (k.clone(), v.clone())).collect();
    assert!(scan(ROWS, Included(&lower), Excluded(&upper), true) == part, "a range");
    let mut by_extent = Rows::new();
    let mut extent = txn.scan_extent(view, ROWS).unwrap();
    while extent.next(txn, &mut |key, value| drop(by_extent.insert(key.into(), value.into()))).unwrap() {}
    assert!(by_extent == *rows, "rows by extent");
    for key in (0..KEYS).step_by(97) {
        let key = key.to_be_bytes();
        let row = txn.get(view, ROWS, &key).unwrap();
        assert_eq!(row.as_deref(), rows.get(&key[..]).map(Vec::as_slice));
        let entry = txn.get(view, INDEX, &key).unwrap();
        assert_eq!(entry.as_deref(), rows.get(&key[..]).map(|value| &value[..8]));
    }
}

#[test]
fn it_sees_the_right_versions_and_commits_the_newest() {
    let machine = Faulty::new(1);
    let env = machine.env();
    let store = open(&env);
    let mut first = Large::begin(&store, Rows::new());
    first.command(0, 9_000);
    first.command(3_000, 6_000);
    first.check();
    let spilled = |env: &Env| {
        let files = env.fs.list(Path::new("/store/scratch")).unwrap_or_default();
        files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "txn")).count()
    };
    assert_eq!(spilled(&env), 1, "it was too large for memory");
    let Large { txn, rows, .. } = first;
    txn.commit().unwrap();
    assert!(env.jobs.wait_until(&|| spilled(&env) == 0), "a job takes them away");

    // Over what is committed, and taken back.
    let mut second = Large::begin(&store, rows.clone());
    second.command(0, 9_000);
    second.check();
    second.txn.rollback();

    // Over what is committed, with a savepoint behind the runs.
    let mut third = Large::begin(&store, rows);
    third.command(0, 9_000);
    let (savepoint, before) = (third.txn.savepoint(), third.rows.clone());
    third.command(0, 500);
    third.txn.rollback_to(savepoint);
    third.txn.release(savepoint);
    third.rows = before;
    third.seen.clear();
    third.check();
    let Large { txn, rows, .. } = third;
    let commit = txn.commit().unwrap();
    store.wait_durable(commit.lsn).unwrap();
    drop(store);
    let store = open(&machine.restart());
    let mut txn = store.begin_after(store.last_seq());
    let view = txn.statement_view();
    check(&txn, view, &rows);
    assert!(store.verify().unwrap().is_sound());
    assert!(store.memory().used() < MEMORY);
}

#[test]
fn it_is_read_and_taken_back_and_committed_while_entries_leave() {
    let machine = Faulty::new(2);
    let store = open(&machine.env());
    let mut rows = Rows::new();
    for pieces in 15..24 {
        while machine.step_jobs(100) > 0 {}
        let mut large = Large::begin(&store, rows.clone());
        for piece in 0..pieces {
            large.command(0, 300);
            if piece % 4 == 1 {
                let (savepoint, before) = (large.txn.savepoint(), large.rows.clone());
                large.command(0, 100);
                large.txn.rollback_to(savepoint);
                large.txn.release(savepoint);
                large.rows = before;
            }
            if piece > 10 {
                large.check_newest();
            }
        }
        let Large { txn, rows: after, .. } = large;
        if pieces % 3 == 0 {
            txn.rollback();
            continue;
        }
        txn.commit().unwrap();
        rows = after;
        let mut txn = store.begin_after(store.last_seq());
        let view = txn.statement_view();
        check(&txn, view, &rows);
    }
}

#[test]
fn entries_that_find_no_room_stay_and_leave_later() {
    let machine = Faulty::new(3);
    let store = open(&machine.env());
    for after in 0..12 {
        while machine.step_jobs(100) > 0 {}
        let mut large = Large::begin(&store, Rows::new());
        large.command(0, 2_500);
        machine.run_full(after, 5);
        large.command_on_a_full_disk(2_500);
        assert!(machine.has_run_full(), "the entries left before call {after}");
        large.check_newest();
        machine.forget_plan();
        large.command(0, 2_000);
        large.check_newest();
        large.txn.rollback();
    }
}
