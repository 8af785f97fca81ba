//! A disk that runs full: what cannot be stored is refused whole, nothing that was told is lost, and the store goes on
//! by itself when there is room.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{Compression, Error, KeyspaceId, LevelCompression, Lsn, Store, StoreOptions};
use vfs::Env;
use vfs::faulty::Faulty;

const DIR: &str = "/store";
const ROWS: KeyspaceId = KeyspaceId::table(1);
const INDEX: KeyspaceId = KeyspaceId::index(1);
const SMALL: StoreOptions = StoreOptions {
    memory: 2 << 20,
    checkpoint_every: 48 << 10,
    segment_len: 32 << 10,
    bulk_len: 24 << 10,
    compression: LevelCompression::all(Compression::Lz4),
    finds_deadlocks: true,
};

type Rows = BTreeMap<u32, Vec<u8>>;

fn open(env: &Env) -> Store {
    Store::open(env.clone(), Path::new(DIR), SMALL).unwrap()
}

/// All rows, which table and index agree on.
fn rows(store: &Store) -> Rows {
    let mut txn = store.begin_after(store.last_seq());
    let view = txn.statement_view();
    let read = |keyspace| {
        let mut rows = Rows::new();
        let mut scan = txn.scan(view, keyspace, Unbounded, Unbounded, false).unwrap();
        while let Some(entry) = scan.next(&txn).unwrap() {
            rows.insert(u32::from_be_bytes(entry.key.try_into().unwrap()), entry.value.to_vec());
        }
        rows
    };
    let (table, index) = (read(ROWS), read(INDEX));
    assert!(table.keys().eq(index.keys()));
    table
}

/// One transaction, small or large; what it leaves, and the end of its record.
fn write(store: &Store, round: u32, rows: &Rows) -> Result<(Rows, Lsn), Error> {
    let count = if round % 9 == 8 { 400 } else { 7 };
    let mut after = rows.clone();
    let mut txn = store.begin_after(store.last_seq());
    for number in 0..count {
        let number = (round * 37 + number) % 600;
        let value = vec![round as u8; 40 + (number as usize * 7 + round as usize) % 300];
        txn.put(ROWS, &number.to_be_bytes(), &value)?;
        txn.put(INDEX, &number.to_be_bytes(), b"")?;
        after.insert(number, value);
    }
    txn.commit().map(|commit| (after, commit.lsn))
}

/// A load during which the disk has no room for `count` calls, behind `after` that found some.
fn load(after: u64, count: u64) -> Faulty {
    let machine = Faulty::new(after);
    let store = open(&machine.env());
    let mut expected = Rows::new();
    machine.run_full(after, count);
    for round in 0..60 {
        match write(&store, round, &expected) {
            Ok((rows, _)) => expected = rows,
            Err(Error::Full { .. }) => {}
            Err(error) => panic!("full behind {after} calls, round {round}: {error}"),
        }
        if round % 4 == 3 {
            match store.checkpoint() {
                Ok(()) | Err(Error::Full { .. }) => {}
                Err(error) => panic!("full behind {after} calls, checkpoint: {error}"),
            }
        }
        machine.step_jobs(5);
    }
    let poisoned = store.poisoned();
    assert!(poisoned.is_none(), "full behind {after} calls: {poisoned:?}");
    assert_eq!(rows(&store), expected, "full behind {after} calls");
    // There is room again: everything goes on, and what was held back becomes durable.
    machine.run_full(0, 0);
    let (expected, last) = write(&store, 60, &expected).unwrap();
    store.wait_durable(last).unwrap();
    store.checkpoint().unwrap();
    assert!(store.verify().unwrap().is_sound());
    drop(store);
    let store = open(&machine.restart());
    assert_eq!(rows(&store), expected, "full behind {after} calls, after a restart");
    assert!(store.verify().unwrap().is_sound());
    machine
}

#[test]
fn a_load_survives_a_disk_that_is_full_at_any_of_its_writes() {
    let mut after = 0;
    loop {
        let machine = load(after, 1 + after % 23);
        if !machine.has_run_full() {
            break;
        }
        after += 1;
    }
    assert!(after > 200, "only {after} calls wanted room");
}

#[test]
fn a_full_disk_refuses_new_commits_and_holds_the_one_it_met() {
    let machine = Faulty::new(1);
    let store = open(&machine.env());
    let (first, durable) = write(&store, 0, &Rows::new()).unwrap();
    store.wait_durable(durable).unwrap();
    machine.run_full(0, u64::MAX);
    let (rows_before, held) = write(&store, 1, &first).unwrap();
    machine.step_jobs(100);
    assert!(matches!(write(&store, 2, &rows_before), Err(Error::Full { .. })));
    assert!(store.durable() < held, "nobody was told");
    assert_eq!(rows(&store), rows_before, "what was refused is not there");
    machine.run_full(0, 0);
    machine.step_jobs(100);
    assert!(store.durable() >= held, "the job goes on by itself");
    write(&store, 3, &rows_before).unwrap();
}

#[test]
fn a_crash_while_the_disk_is_full_loses_nothing_acknowledged() {
    for seed in 0..40 {
        let machine = Faulty::new(seed);
        let store = open(&machine.env());
        let mut states = vec![Rows::new()];
        for round in 0..10 {
            let (rows, durable) = write(&store, round, states.last().unwrap()).unwrap();
            store.wait_durable(durable).unwrap();
            states.push(rows);
        }
        let acknowledged = states.len() - 1;
        machine.run_full(seed % 20, u64::MAX);
        for round in 10..30 {
            if round % 9 == 8 {
                continue;
            }
            if let Ok((rows, _)) = write(&store, round, states.last().unwrap()) {
                states.push(rows);
            }
            machine.step_jobs(3);
        }
        machine.crash();
        drop(store);
        let store = open(&machine.restart());
        let found = rows(&store);
        assert!(states[acknowledged..].contains(&found), "seed {seed}");
        assert!(store.verify().unwrap().is_sound());
    }
}
