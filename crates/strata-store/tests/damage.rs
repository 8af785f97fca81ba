//! A flipped byte in any file of a store is an error that names the file, a problem that a verification
//! tells, or harmless. It is never a wrong answer and never a panic.
//!
//! `STRATA_FLIPS=all` flips every byte, each in several ways.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::ops::Bound::Unbounded;
use std::path::{Path, PathBuf};
use strata_store::{Compression, Error, KeyspaceId, LevelCompression, Store, StoreOptions};
use vfs::faulty::Faulty;
use vfs::{Env, OpenMode};

const DIR: &str = "/store";
const BLOCK_LEN: usize = filesystem::BLOCK_LEN;
const ROWS: KeyspaceId = KeyspaceId::table(1);
const INDEX: KeyspaceId = KeyspaceId::index(1);
const SMALL: StoreOptions = StoreOptions {
    memory: 4 << 20,
    checkpoint_every: 1 << 20,
    segment_len: 16 << 10,
    bulk_len: 64 << 10,
    compression: LevelCompression::all(Compression::Lz4),
    finds_deadlocks: true,
};

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn put(store: &Store, key: &[u8], value: &[u8]) {
    let mut txn = store.begin();
    txn.put(ROWS, key, value).unwrap();
    txn.put(INDEX, key, b"").unwrap();
    let lsn = txn.commit().unwrap().lsn;
    store.wait_durable(lsn).unwrap();
}

/// A store with tables, pages, an overflow chain, dead versions, and a journal that a recovery needs.
fn build(env: &Env) {
    let store = Store::open(env.clone(), Path::new(DIR), SMALL).unwrap();
    for n in 0..12u8 {
        put(&store, &[n % 9], &[n; 20]);
    }
    put(&store, b"large", &(0..12_000u32).map(|n| ((n * n) >> 5) as u8).collect::<Vec<_>>());
    store.checkpoint().unwrap();
    put(&store, &[1], b"behind the checkpoint");
    put(&store, b"last", b"");
}

/// All rows, which both ways of reading and the index must agree on.
fn rows(store: &Store) -> Result<Rows, Error> {
    let mut txn = store.begin();
    let view = txn.statement_view();
    let mut rows = Rows::new();
    let mut scan = txn.scan(view, ROWS, Unbounded, Unbounded, false)?;
    while let Some(entry) = scan.next(&txn)? {
        rows.insert(entry.key.to_vec(), entry.value.to_vec());
    }
    let mut by_extent = Rows::new();
    let mut scan = txn.scan_extent(view, ROWS)?;
    while scan.next(&txn, &mut |key, value| drop(by_extent.insert(key.to_vec(), value.to_vec())))? {}
    assert!(rows == by_extent, "by key and by extent");
    let mut index = txn.scan(view, INDEX, Unbounded, Unbounded, false)?;
    let mut keys = Vec::new();
    while let Some(key) = index.next_key(&txn)? {
        keys.push(key.to_vec());
    }
    assert!(keys.iter().eq(rows.keys()));
    Ok(rows)
}

fn bytes(env: &Env, path: &Path) -> Vec<u8> {
    let file = env.fs.open(path, OpenMode::Read).unwrap();
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

/// Every file that has bytes.
fn files(env: &Env) -> Vec<PathBuf> {
    let dirs = ["", "heap", "journal", "lsm"].map(|part| Path::new(DIR).join(part));
    let names = dirs.iter().flat_map(|dir| env.fs.list(dir).unwrap());
    names.filter(|path| env.fs.open(path, OpenMode::Read).is_ok_and(|file| file.len().unwrap() > 0)).collect()
}

/// What damage came to.
enum Outcome {
    /// All was read, as if there were none.
    Read(Rows),
    /// An error, or what a verification tells.
    Noticed(String),
}

/// Opens, verifies and reads a store in this world.
fn outcome(env: Env) -> Outcome {
    let read = |store: Store| match store.verify()?.problems {
        problems if problems.is_empty() => rows(&store).map(Outcome::Read),
        problems => Ok(Outcome::Noticed(problems.join("; "))),
    };
    let opened = Store::open(env, Path::new(DIR), SMALL);
    opened.and_then(read).unwrap_or_else(|error| Outcome::Noticed(error.to_string()))
}

fn overwrite(env: &Env, path: &Path, at: usize, with: &[u8]) {
    env.fs.open(path, OpenMode::ReadWrite).unwrap().write_all_at(with, at as u64).unwrap();
}

/// The bytes of a file to flip and what to flip them to.
fn flips(bytes: Vec<u8>) -> impl Iterator<Item = (usize, u8)> {
    let all = std::env::var("STRATA_FLIPS").is_ok_and(|which| which == "all");
    // Unused room is long and all alike.
    let chosen = move |(at, byte): &(usize, u8)| all || *byte != 0 || at % 61 == 0;
    let patterns: &[u8] = if all { &[0x01, 0x10, 0xFF] } else { &[0x10] };
    bytes
        .into_iter()
        .enumerate()
        .filter(chosen)
        .flat_map(move |(at, byte)| patterns.iter().map(move |pattern| (at, byte ^ pattern)))
}

/// A generator: the same seed, the same damage.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// Overwrites a span with noise, zeros or another span, cuts the file, or lets it grow.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        let (start, len) = (self.below(bytes.len()), 1 + self.below(700));
        let end = bytes.len().min(start + len);
        match self.below(5) {
            0 => bytes[start..end].iter_mut().for_each(|byte| *byte = self.next() as u8),
            1 => bytes[start..end].fill(0),
            2 => {
                let from = self.below(bytes.len() - (end - start) + 1);
                bytes.copy_within(from..from + (end - start), start);
            }
            3 => bytes.truncate(start),
            _ => bytes.extend((0..len).map(|_| self.next() as u8)),
        }
    }
}

#[test]
fn noise_in_any_file_is_noticed_or_harmless() {
    let machine = Faulty::new(9);
    build(&machine.env());
    let env = machine.restart();
    let whole = rows(&Store::open(vfs::overlay::env(&env), Path::new(DIR), SMALL).unwrap()).unwrap();
    let files = files(&env);
    for seed in 0..600 {
        let mut noise = Noise(seed);
        let path = &files[noise.below(files.len())];
        let world = vfs::overlay::env(&env);
        let mut content = bytes(&world, path);
        for _ in 0..1 + noise.below(3) {
            noise.damage(&mut content);
        }
        let file = world.fs.open(path, OpenMode::ReadWrite).unwrap();
        file.set_len(0).unwrap();
        file.write_all_at(&content, 0).unwrap();
        if let Outcome::Read(rows) = outcome(world) {
            // The journal's last frames cannot be told from those that were torn.
            let is_torn_tail = path.extension().is_some_and(|ext| ext == "jnl")
                && rows.iter().all(|(key, value)| key == &[1] || whole.get(key) == Some(value));
            assert!(rows == whole || is_torn_tail, "seed {seed}: {}", path.display());
        }
    }
}

#[test]
fn every_flipped_byte_of_every_file_is_noticed_or_harmless() {
    let machine = Faulty::new(9);
    build(&machine.env());
    let env = machine.restart();
    let whole = rows(&Store::open(vfs::overlay::env(&env), Path::new(DIR), SMALL).unwrap()).unwrap();
    let mut without_last = whole.clone();
    without_last.remove(&b"last"[..]).unwrap();

    let files = files(&env);
    assert!(files.len() >= 7, "superblock, map, pages, journal, tables, manifest, CURRENT: {files:?}");
    for path in files {
        let name = path.display().to_string();
        let mut noticed = 0;
        for (at, flipped) in flips(bytes(&env, &path)) {
            let world = vfs::overlay::env(&env);
            overwrite(&world, &path, at, &[flipped]);
            match outcome(world) {
                Outcome::Read(rows) => {
                    // The journal's last frame cannot be told from one that was torn.
                    let is_torn_tail = name.contains("journal") && rows == without_last;
                    assert!(rows == whole || is_torn_tail, "{name}: byte {at} changes what is read");
                }
                Outcome::Noticed(what) => {
                    noticed += 1;
                    // A tree that is too old for the checkpoint does not know what is wrong with it.
                    assert!(what.contains(&name) || what.contains("lsm: "), "{name}: byte {at}: {what}");
                }
            }
        }
        assert!(noticed > 0 || name.contains("doublewrite"), "{name}");
    }
}

#[test]
fn a_flipped_byte_in_the_copy_of_a_torn_page_is_noticed_or_harmless() {
    let machine = Faulty::new(9);
    build(&machine.env());
    let env = machine.restart();
    let store = Store::open(env.clone(), Path::new(DIR), SMALL).unwrap();
    put(&store, &[2], b"in a page that was written before");
    store.checkpoint().unwrap();
    let whole = rows(&store).unwrap();
    drop(store);

    // A page that is whole again although half of it is lost has its copy in the file.
    let torn = pages(&env).find(|(path, at)| {
        let world = vfs::overlay::env(&env);
        overwrite(&world, path, *at, &[0xA5; BLOCK_LEN / 2]);
        matches!(outcome(world), Outcome::Read(rows) if rows == whole)
    });
    let (torn, torn_at) = torn.expect("the checkpoint has overwritten a page");
    let path = Path::new(DIR).join("doublewrite");
    let (mut noticed, mut harmless) = (0, 0);
    for (at, flipped) in flips(bytes(&env, &path)) {
        let world = vfs::overlay::env(&env);
        overwrite(&world, &torn, torn_at, &[0xA5; BLOCK_LEN / 2]);
        overwrite(&world, &path, at, &[flipped]);
        match outcome(world) {
            Outcome::Read(rows) => {
                assert!(rows == whole, "byte {at} changes what is read");
                harmless += 1;
            }
            Outcome::Noticed(what) => {
                assert!(what.contains(&torn.display().to_string()), "byte {at}: {what}");
                noticed += 1;
            }
        }
    }
    assert!(noticed > 0 && harmless > 0, "{noticed} noticed, {harmless} harmless");
}

/// The pages of tables, with their places.
fn pages(env: &Env) -> impl Iterator<Item = (PathBuf, usize)> {
    files(env).into_iter().filter(|path| path.parent().is_some_and(|dir| dir.ends_with("heap"))).flat_map(
        |path| {
            let len = bytes(env, &path).len();
            (0..len).step_by(BLOCK_LEN).map(move |at| (path.clone(), at))
        },
    )
}
