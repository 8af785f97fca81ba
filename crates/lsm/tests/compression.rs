//! Each level's blocks are packed as the options say, and read whatever these say by then.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use filesystem::MemoryPool;
use lsm::{Compression, LevelCompression, Lsm, Op, Options, Seq};
use std::ops::Bound;
use std::path::Path;
use vfs::{Env, OpenMode};

const DIR: &str = "/lsm";
const ROWS: u64 = 2000;

fn open(env: &Env, compression: LevelCompression) -> Lsm {
    let options = Options { compression, ..Options::default() };
    Lsm::open(env, Path::new(DIR), MemoryPool::new(16 << 20), options).unwrap()
}

fn key(number: u64) -> String {
    format!("row {number:06}")
}

/// Text of few letters: `zstd`, which also codes the letters, packs it closer than LZ4.
fn value(number: u64, seq: u64) -> String {
    (0..60).map(|at| ['a', 'b', 'c', 'd'][(number * 7 + at * at * seq + at / 3) as usize % 4]).collect()
}

fn write(lsm: &Lsm, seq: u64) {
    let rows: Vec<_> = (0..ROWS).map(|number| (key(number), value(number, seq))).collect();
    let ops = rows.iter().map(|(key, value)| (key.as_bytes(), Op::Put(value.as_bytes())));
    lsm.apply(Seq(seq), journal::Lsn(seq), &mut ops.into_iter()).unwrap();
    lsm.flush().unwrap();
}

fn check(lsm: &Lsm, seq: u64) {
    let mut iter = lsm.iter(Bound::Unbounded, Bound::Unbounded, Seq(seq)).unwrap();
    for number in 0..ROWS {
        assert!(iter.next().unwrap());
        assert_eq!((iter.key(), iter.value()), (key(number).as_bytes(), value(number, seq).as_bytes()));
    }
    assert!(!iter.next().unwrap());
}

/// Bytes of the tables.
fn len(env: &Env) -> u64 {
    let tables = env.fs.list(Path::new(DIR)).unwrap().into_iter();
    let tables = tables.filter(|path| path.extension().is_some_and(|extension| extension == "sst"));
    tables.map(|path| env.fs.open(&path, OpenMode::Read).unwrap().len().unwrap()).sum()
}

/// Bytes of all rows in level 0, and then in the last level.
fn lens(compression: LevelCompression) -> (u64, u64) {
    let (env, _) = support::env();
    let lsm = open(&env, compression);
    write(&lsm, 1);
    let first = len(&env);
    lsm.compact().unwrap();
    check(&lsm, 1);
    (first, len(&env))
}

#[test]
fn each_level_is_packed_in_its_way() {
    let [none, lz4, zstd] = [Compression::None, Compression::Lz4, Compression::Zstd]
        .map(|compression| lens(LevelCompression::all(compression)).1);
    assert!(zstd < lz4 && lz4 < none, "{zstd} {lz4} {none}");
    let mixed =
        LevelCompression { first: Compression::None, middle: Compression::Lz4, last: Compression::Zstd };
    assert_eq!(lens(mixed), (none, zstd));
}

#[test]
fn what_is_there_is_read_whatever_is_written_now() {
    let (env, _) = support::env();
    let ways = [Compression::Zstd, Compression::None, Compression::Lz4];
    for (seq, compression) in (1..).zip(ways) {
        write(&open(&env, LevelCompression::all(compression)), seq);
    }
    let lsm = open(&env, LevelCompression::all(Compression::None));
    (1..4).for_each(|seq| check(&lsm, seq));
    lsm.verify().unwrap();
    lsm.compact().unwrap();
    check(&lsm, 3);
}
