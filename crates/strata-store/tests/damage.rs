//! A flipped byte in any file of a store is an error that names the file, a problem that a verification
//! tells, or harmless. It is never a wrong answer and never a panic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::ops::Bound::Unbounded;
use std::path::{Path, PathBuf};
use strata_store::{Error, KeyspaceId, Store, StoreOptions};
use vfs::faulty::Faulty;
use vfs::{Env, OpenMode};

const DIR: &str = "/store";
const ROWS: KeyspaceId = KeyspaceId::table(1);
const INDEX: KeyspaceId = KeyspaceId::index(1);
const SMALL: StoreOptions = StoreOptions {
    memory: 4 << 20,
    checkpoint_every: 1 << 20,
    segment_len: 16 << 10,
    bulk_len: 64 << 10,
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

/// The store with one byte flipped, in a world that forgets it again.
fn with_flip(base: &Env, path: &Path, at: usize, byte: u8) -> Result<(Rows, bool), Error> {
    let env = vfs::overlay::env(base);
    let file = env.fs.open(path, OpenMode::ReadWrite).unwrap();
    file.write_all_at(&[byte ^ 0x10], at as u64).unwrap();
    let store = Store::open(env, Path::new(DIR), SMALL)?;
    let report = store.verify()?;
    // Told is enough.
    if !report.is_sound() {
        return Ok((Rows::new(), false));
    }
    Ok((rows(&store)?, true))
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
    let dirs = ["", "heap", "journal", "lsm"].map(|part| Path::new(DIR).join(part));
    let names = dirs.iter().flat_map(|dir| env.fs.list(dir).unwrap());
    let files: Vec<PathBuf> = names.filter(|path| env.fs.open(path, OpenMode::Read).is_ok()).collect();
    for seed in 0..600 {
        let mut noise = Noise(seed);
        let path = &files[noise.below(files.len())];
        let world = vfs::overlay::env(&env);
        let mut content = bytes(&world, path);
        if content.is_empty() {
            continue;
        }
        for _ in 0..1 + noise.below(3) {
            noise.damage(&mut content);
        }
        let file = world.fs.open(path, OpenMode::ReadWrite).unwrap();
        file.set_len(0).unwrap();
        file.write_all_at(&content, 0).unwrap();
        let opened = Store::open(world, Path::new(DIR), SMALL);
        let found = opened.and_then(|store| match store.verify()?.is_sound() {
            true => rows(&store).map(Some),
            false => Ok(None),
        });
        if let Ok(Some(rows)) = found {
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

    let dirs = ["", "heap", "journal", "lsm"].map(|part| Path::new(DIR).join(part));
    let names = dirs.iter().flat_map(|dir| env.fs.list(dir).unwrap());
    let files: Vec<PathBuf> = names.filter(|path| env.fs.open(path, OpenMode::Read).is_ok()).collect();
    assert!(files.len() >= 7, "superblock, map, pages, journal, tables, manifest, CURRENT: {files:?}");
    for path in files {
        let name = path.display().to_string();
        // Unused room is long and all alike.
        let chosen = |(at, byte): &(usize, u8)| *byte != 0 || at % 61 == 0;
        let (mut noticed, mut harmless) = (0, 0);
        for (at, byte) in bytes(&env, &path).into_iter().enumerate().filter(chosen) {
            match with_flip(&env, &path, at, byte) {
                Ok((rows, true)) => {
                    harmless += 1;
                    // The journal's last frame cannot be told from one that was torn.
                    let is_torn_tail = name.contains("journal") && rows == without_last;
                    assert!(rows == whole || is_torn_tail, "{name}: byte {at} changes what is read");
                }
                Ok((_, false)) => noticed += 1,
                Err(error) => {
                    noticed += 1;
                    // A tree that is too old for the checkpoint does not know what is wrong with it.
                    let is_named = error.to_string().contains(&name) || error.to_string().contains("lsm: ");
                    assert!(is_named, "{name}: byte {at}: {error}");
                }
            }
        }
        assert!(
            noticed > 0 || name.ends_with("LOCK") || name.contains("doublewrite"),
            "{name}: {harmless} flips"
        );
    }
}
