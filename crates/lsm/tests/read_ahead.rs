//! A scan that the cache does not help reads in pieces; what lies behind its end does not concern it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use filesystem::MemoryPool;
use lsm::{Compression, LevelCompression, Lsm, Op, Options, Seq};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use vfs::faulty::Faulty;

const DIR: &str = "/lsm";
const ROWS: u64 = 4_000;

fn key(row: u64) -> Vec<u8> {
    format!("{row:08}").into_bytes()
}

/// Small blocks, none of which is kept.
fn open(machine: &Faulty, pool: MemoryPool) -> Lsm {
    let options = Options {
        block_len: 1 << 10,
        cache_len: 0,
        compression: LevelCompression::all(Compression::None),
        ..Options::default()
    };
    Lsm::open(&machine.env(), Path::new(DIR), pool, options).unwrap()
}

/// A tree of one table with blocks of some ten rows.
fn build() -> (Faulty, MemoryPool, Lsm) {
    let (machine, pool) = (Faulty::new(1), MemoryPool::new(8 << 20));
    machine.env().fs.create_dir_all(Path::new(DIR)).unwrap();
    let lsm = open(&machine, pool.clone());
    for row in 0..ROWS {
        let put = (&key(row)[..], Op::Put(&[row as u8; 90]));
        lsm.apply(Seq(row + 1), journal::Lsn(row + 1), &mut std::iter::once(put)).unwrap();
    }
    lsm.flush().unwrap();
    (machine, pool, lsm)
}

/// Rows read in order from `from` on, below `to`, and whether the end was reached.
fn scan(lsm: &Lsm, from: u64, to: u64) -> (u64, bool) {
    let (from, to) = (key(from), key(to));
    let mut iter = lsm.iter(Bound::Included(&from[..]), Bound::Excluded(&to[..]), Seq::MAX).unwrap();
    let mut rows = 0;
    loop {
        match iter.next() {
            Ok(true) => rows += 1,
            Ok(false) => return (rows, true),
            Err(_) => return (rows, false),
        }
    }
}

/// Reads of the disk that a scan of so many rows takes.
fn reads(machine: &Faulty, lsm: &Lsm, rows: u64) -> u64 {
    let before = machine.calls();
    assert_eq!(scan(lsm, 0, rows), (rows, true));
    machine.calls() - before
}

fn table(machine: &Faulty) -> PathBuf {
    let names = machine.env().fs.list(Path::new(DIR)).unwrap();
    names.into_iter().find(|name| name.extension().is_some_and(|extension| extension == "sst")).unwrap()
}

#[test]
fn a_long_scan_reads_pieces_and_a_short_one_blocks() {
    let (machine, pool, lsm) = build();
    let held = pool.used();
    let long = reads(&machine, &lsm, ROWS);
    assert!(long < ROWS / 10 / 10, "{long} reads of some {} blocks", ROWS / 10);
    let short = reads(&machine, &lsm, 5);
    assert!(short < 8, "{short} reads of one block");
    assert_eq!(pool.used(), held, "the memory was given back");
}

#[test]
fn a_pool_without_memory_means_blocks_one_by_one() {
    let (machine, pool, lsm) = build();
    let ahead = reads(&machine, &lsm, ROWS);
    let all = pool.try_reserve(pool.left()).unwrap();
    let alone = reads(&machine, &lsm, ROWS);
    assert!(alone > 10 * ahead, "{alone} and {ahead} reads");
    drop(all);
    assert!(reads(&machine, &lsm, ROWS) <= ahead);
}

#[test]
fn a_scan_does_not_mind_what_cannot_be_read_behind_its_end() {
    for at in (10_000..400_000).step_by(37_000) {
        let (machine, pool, lsm) = build();
        machine.make_unreadable(&table(&machine), at).unwrap();
        gets_as_far_as_block_by_block(&pool, &lsm);
    }
}

#[test]
fn a_scan_does_not_mind_damage_behind_its_end() {
    for at in (10_000..400_000).step_by(37_000) {
        let (machine, pool, lsm) = build();
        machine.flip(&table(&machine), at * 8).unwrap();
        gets_as_far_as_block_by_block(&pool, &lsm);
    }
}

/// A place in the middle of the table is bad.
fn gets_as_far_as_block_by_block(pool: &MemoryPool, lsm: &Lsm) {
    let alone = |from, to| {
        let _all = pool.try_reserve(pool.left()).unwrap();
        scan(lsm, from, to)
    };
    let (end, _) = alone(0, ROWS);
    // Whether a row is the last before its range's end shows in the block of the next.
    for (from, to) in [(0, ROWS), (0, end - 1), (end / 2, end - 1), (end + 20, ROWS)] {
        assert_eq!(scan(lsm, from, to), alone(from, to), "rows {from} to {to}, the bad place behind {end}");
    }
    assert_eq!(scan(lsm, 0, end - 1), (end - 1, true));
}
