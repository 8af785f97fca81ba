//! A backup is a store as of one moment, and a store can be read without a trace.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::Bound::Unbounded;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use strata_store::{Compression, Error, KeyspaceId, LevelCompression, Store, StoreOptions};
use vfs::{Env, OpenMode};

const DIR: &str = "/store";
const BACKUP: &str = "/backup";
const ROWS: KeyspaceId = KeyspaceId::table(1);
const PASSING: KeyspaceId = KeyspaceId::table(2);
const INDEX: KeyspaceId = KeyspaceId::index(1);
const SMALL: StoreOptions = StoreOptions {
    memory: 16 << 20,
    checkpoint_every: 256 << 10,
    segment_len: 64 << 10,
    bulk_len: 64 << 10,
    compression: LevelCompression::all(Compression::Lz4),
    finds_deadlocks: true,
};

fn open(env: &Env) -> Store {
    Store::open(env.clone(), Path::new(DIR), SMALL).unwrap()
}

/// Every row and the index say the same number.
fn commit(store: &Store, number: u32) -> strata_store::Lsn {
    let mut txn = store.begin();
    for row in 0..8u8 {
        txn.put(ROWS, &[row], &[number.to_be_bytes(), [row; 4]].concat().repeat(1 + number as usize % 60))
            .unwrap();
    }
    txn.put(INDEX, b"number", &number.to_be_bytes()).unwrap();
    txn.commit().unwrap().lsn
}

/// The number that all rows agree on.
fn number(store: &Store) -> u32 {
    let mut txn = store.begin();
    let view = txn.statement_view();
    let number = txn.get(view, INDEX, b"number").unwrap().unwrap();
    let number = u32::from_be_bytes((*number).try_into().unwrap());
    let mut rows = 0;
    let mut scan = txn.scan(view, ROWS, Unbounded, Unbounded, false).unwrap();
    while let Some(entry) = scan.next(&txn).unwrap() {
        assert_eq!(entry.value.first_chunk(), Some(&number.to_be_bytes()));
        rows += 1;
    }
    assert_eq!(rows, 8);
    number
}

/// All files beneath a directory, with what is in them.
fn content(env: &Env, dir: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let dirs = ["", "heap", "journal", "lsm"].map(|part| Path::new(dir).join(part));
    let files = dirs.iter().filter_map(|dir| env.fs.list(dir).ok()).flatten();
    let mut content: Vec<_> = files
        .filter_map(|path| {
            let file = env.fs.open(&path, OpenMode::Read).ok()?;
            let mut bytes = vec![0; file.len().unwrap() as usize];
            file.read_exact_at(&mut bytes, 0).unwrap();
            Some((path, bytes))
        })
        .collect();
    content.sort();
    content
}

#[test]
fn a_backup_beside_commits_is_a_sound_store_of_one_moment() {
    let env = vfs::mem::env();
    let store = open(&env);
    let stop = AtomicBool::new(false);
    store.wait_durable(commit(&store, 0)).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut last = 0;
            while !stop.load(Ordering::Relaxed) {
                last += 1;
                commit(&store, last);
                if last % 50 == 0 {
                    let mut txn = store.begin();
                    txn.put(KeyspaceId::table(PASSING.0 + last), b"passing", &[7; 3000]).unwrap();
                    txn.drop_keyspace(KeyspaceId::table(PASSING.0 + last - 50));
                    txn.commit().unwrap();
                }
            }
            last
        });
        let stop_writer = StopAtEnd(&stop);
        for _ in 0..6 {
            let before = number(&store);
            store.backup(Path::new(BACKUP)).unwrap();
            let copy = Store::open_read_only(&env, Path::new(BACKUP), SMALL).unwrap();
            let report = copy.verify().unwrap();
            assert!(report.is_sound(), "{report:?}");
            assert!(number(&copy) >= before);
        }
        drop(stop_writer);
        assert!(
            number(&Store::open(env.clone(), Path::new(BACKUP), SMALL).unwrap()) <= writer.join().unwrap()
        );
    });
}

#[test]
fn tables_that_are_there_already_are_not_copied_again() {
    let env = vfs::mem::env();
    let store = open(&env);
    for n in 0..500 {
        commit(&store, n);
    }
    // Compaction may put other tables in their place meanwhile, but it comes to rest.
    let kept = (0..100).map(|_| store.backup(Path::new(BACKUP)).unwrap().kept_bytes).find(|kept| *kept > 0);
    assert!(kept.is_some(), "a hundred backups of a store at rest have kept nothing");
}

/// Stops the writer also when the test fails: it would never end.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_backup_goes_where_nothing_else_is() {
    let env = vfs::mem::env();
    let (store, other) = (open(&env), Store::open(env.clone(), Path::new("/other"), SMALL).unwrap());
    drop(other);
    env.fs.create_dir_all(Path::new("/letters")).unwrap();
    env.fs.open(Path::new("/letters/love"), OpenMode::CreateNew).unwrap();
    for dir in ["/other", "/letters"] {
        assert!(matches!(store.backup(Path::new(dir)), Err(Error::Occupied { .. })));
    }
    assert!(matches!(store.backup(Path::new(DIR)), Err(Error::Locked { .. })));
}

#[test]
fn who_only_reads_leaves_no_trace() {
    let machine = vfs::faulty::Faulty::new(1);
    let env = machine.env();
    let missing = Store::open_read_only(&env, Path::new(DIR), SMALL);
    assert!(missing.is_err() && !env.fs.exists(Path::new(DIR)).unwrap());
    let store = open(&env);
    for last in 0..100 {
        store.wait_durable(commit(&store, last)).unwrap();
    }
    drop(store);
    let env = machine.restart();
    let before = content(&env, DIR);
    let store = Store::open_read_only(&env, Path::new(DIR), SMALL).unwrap();
    assert_eq!(number(&store), 99);
    assert!(store.verify().unwrap().is_sound());
    let mut txn = store.begin();
    txn.put(ROWS, b"row", b"").unwrap();
    assert!(matches!(txn.commit(), Err(Error::ReadOnly)));
    store.checkpoint().unwrap();
    assert!(matches!(Store::open(env.clone(), Path::new(DIR), SMALL), Err(Error::Locked { .. })));
    drop(store);
    assert!(content(&env, DIR) == before);
}
