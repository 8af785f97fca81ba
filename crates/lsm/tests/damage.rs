//! Every kind of damage on disk is an error that names the file, or harmless; never a wrong answer, never
//! a panic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use lsm::{Compression, Error, LevelCompression, Lsm, Op, Options, Seq};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use vfs::{Env, OpenMode};

const DIR: &str = "/lsm";

fn options(compression: Compression) -> Options {
    Options {
        memtable_len: 64 << 10,
        block_len: 128,
        cache_len: 0,
        compression: LevelCompression::all(compression),
        ..Options::default()
    }
}

fn open(env: &Env, compression: Compression) -> lsm::Result<Lsm> {
    Lsm::open(env, Path::new(DIR), filesystem::MemoryPool::new(1 << 20), options(compression))
}

type Entry = (Vec<u8>, u64, Vec<u8>);

/// A tree of one table, with deletions and several versions.
fn build(compression: Compression) -> (Env, Vec<Entry>) {
    let (env, _) = support::env();
    let lsm = open(&env, compression).unwrap();
    for seq in 1..=30u64 {
        let key = format!("key-{:03}", seq % 20);
        let value = format!("value value value {seq}");
        let op = if seq % 7 == 0 { Op::Delete } else { Op::Put(value.as_bytes()) };
        lsm.apply(Seq(seq), journal::Lsn(seq), &mut [(key.as_bytes(), op)].into_iter()).unwrap();
    }
    lsm.flush().unwrap();
    let entries = read(&lsm).unwrap();
    (env, entries)
}

fn read(lsm: &Lsm) -> lsm::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut iter = lsm.iter(Bound::Unbounded, Bound::Unbounded, Seq::MAX)?;
    while iter.next()? {
        entries.push((iter.key().to_vec(), iter.seq().0, iter.value().to_vec()));
    }
    Ok(entries)
}

fn file(env: &Env, ends_with: &str) -> PathBuf {
    let names = env.fs.list(Path::new(DIR)).unwrap();
    let name = names.iter().find(|name| name.display().to_string().contains(ends_with));
    name.unwrap().clone()
}

fn bytes(env: &Env, path: &Path) -> Vec<u8> {
    let file = env.fs.open(path, OpenMode::Read).unwrap();
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

fn overwrite(env: &Env, path: &Path, at: usize, with: &[u8]) {
    env.fs.open(path, OpenMode::ReadWrite).unwrap().write_all_at(with, at as u64).unwrap();
}

/// Whether all reads gave an error or the right answer; errors must name the file.
fn check(env: &Env, compression: Compression, path: &Path, entries: &[Entry]) -> bool {
    let name = path.display().to_string();
    let names_the_file =
        |error: Error| assert!(error.to_string().contains(&name), "{error} does not name {name}");
    let lsm = match open(env, compression) {
        Ok(lsm) => lsm,
        Err(error) => {
            names_the_file(error);
            return false;
        }
    };
    let mut whole = true;
    match read(&lsm) {
        Ok(found) => assert_eq!(found, entries),
        Err(error) => {
            names_the_file(error);
            whole = false;
        }
    }
    for n in 0..20 {
        let key = format!("key-{n:03}").into_bytes();
        let expected =
            entries.iter().find(|(found, ..)| *found == key).map(|(_, seq, value)| (*seq, &value[..]));
        match lsm.get(&key, Seq::MAX) {
            Ok(found) => assert_eq!(found.as_ref().map(|(seq, value)| (seq.0, &value[..])), expected),
            Err(error) => {
                names_the_file(error);
                whole = false;
            }
        }
    }
    whole
}

#[test]
fn every_flipped_byte_of_a_table_is_noticed_or_harmless() {
    for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
        let (env, entries) = build(compression);
        let path = file(&env, ".sst");
        for (at, byte) in bytes(&env, &path).into_iter().enumerate() {
            overwrite(&env, &path, at, &[byte ^ 0x41]);
            let whole = check(&env, compression, &path, &entries);
            if whole {
                let error = open(&env, compression).unwrap().verify().expect_err("verify sees every byte");
                assert!(error.to_string().contains(".sst"), "{error}");
            }
            overwrite(&env, &path, at, &[byte]);
        }
        assert!(check(&env, compression, &path, &entries));
    }
}

#[test]
fn a_block_in_the_place_of_another_is_noticed() {
    let (env, entries) = build(Compression::None);
    let path = file(&env, ".sst");
    let original = bytes(&env, &path);
    for shift in 1..original.len() / 2 {
        overwrite(&env, &path, shift, &original[..original.len() / 2]);
        assert!(!check(&env, Compression::None, &path, &entries));
        overwrite(&env, &path, 0, &original);
    }
}

#[test]
fn missing_cut_and_grown_tables_are_noticed_at_open() {
    let (env, entries) = build(Compression::Lz4);
    let path = file(&env, ".sst");
    let original = bytes(&env, &path);
    let handle = env.fs.open(&path, OpenMode::ReadWrite).unwrap();
    for len in [0, 10, original.len() as u64 - 1, original.len() as u64 + 1] {
        handle.set_len(len).unwrap();
        let error = open(&env, Compression::Lz4).expect_err("a length that is not the manifest's");
        assert!(matches!(error, Error::WrongLen { found, .. } if found == len), "{error}");
    }
    handle.set_len(original.len() as u64).unwrap();
    overwrite(&env, &path, 0, &original);
    assert!(check(&env, Compression::Lz4, &path, &entries));
    env.fs.remove(&path).unwrap();
    assert!(
        matches!(open(&env, Compression::Lz4), Err(Error::Missing { file }) if file == path.display().to_string())
    );
}

#[test]
fn every_flipped_byte_of_manifest_and_current_is_noticed() {
    let (env, entries) = build(Compression::Lz4);
    // A second edit, so that there is a frame that is not the last.
    let lsm = open(&env, Compression::Lz4).unwrap();
    lsm.ingest(Seq(100), &mut [(b"z".to_vec(), b"1".to_vec())].into_iter()).unwrap();
    let all = read(&lsm).unwrap();
    drop(lsm);
    for name in ["MANIFEST", "CURRENT"] {
        let path = file(&env, name);
        let original = bytes(&env, &path);
        for (at, byte) in original.iter().enumerate() {
            // A fresh copy each time: opening with a torn tail goes on in another manifest.
            let (copy, _) = support::env();
            copy.fs.create_dir_all(Path::new(DIR)).unwrap();
            for from in env.fs.list(Path::new(DIR)).unwrap() {
                let to = copy.fs.open(&from, OpenMode::CreateNew).unwrap();
                to.write_all_at(&bytes(&env, &from), 0).unwrap();
            }
            overwrite(&copy, &path, at, &[byte ^ 0x10]);
            match open(&copy, Compression::Lz4) {
                Err(error) => assert!(error.to_string().contains(DIR), "{error}"),
                // The last edit cannot be told from one that a crash cut short.
                Ok(lsm) => assert!([&all, &entries].contains(&&read(&lsm).unwrap()), "byte {at} of {name}"),
            }
        }
    }
}

#[test]
fn without_current_tables_are_not_taken_for_leftovers() {
    let (env, _) = build(Compression::Lz4);
    env.fs.remove(&file(&env, "CURRENT")).unwrap();
    assert!(
        matches!(open(&env, Compression::Lz4), Err(Error::Missing { file }) if file.ends_with("CURRENT"))
    );
}

#[test]
fn leftovers_of_a_crash_are_removed() {
    let (env, entries) = build(Compression::Lz4);
    let dir = Path::new(DIR);
    for name in ["00000077.sst", "MANIFEST-000033", "CURRENT.tmp"] {
        env.fs.open(&dir.join(name), OpenMode::CreateNew).unwrap().write_all_at(b"junk", 0).unwrap();
    }
    let lsm = open(&env, Compression::Lz4).unwrap();
    assert_eq!(read(&lsm).unwrap(), entries);
    assert_eq!(env.fs.list(dir).unwrap().len(), 3, "table, manifest, CURRENT");
}
