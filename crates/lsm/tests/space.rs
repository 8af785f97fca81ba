//! The space that a tree takes when everything in it has been overwritten again and again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use filesystem::MemoryPool;
use journal::Lsn;
use lsm::{Lsm, Op, Options, Seq};
use std::path::Path;
use std::sync::Arc;
use support::ManualJobs;
use vfs::{Env, OpenMode};

const DIR: &str = "/lsm";
const ROW_LEN: u64 = 8 + 100;
/// Of the live data, at rest: what may lie above the last level, and the shape of the files.
const SPACE_PERCENT_MAX: u64 = 130;

/// A generator whose values do not compress.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn value(&mut self) -> Vec<u8> {
        (0..100).map(|_| self.next() as u8).collect()
    }
}

struct World {
    env: Env,
    jobs: Arc<ManualJobs>,
    lsm: Lsm,
    seq: u64,
    dice: Dice,
}

impl World {
    /// The defaults' proportions, a 256th as large.
    fn new() -> World {
        let options = Options {
            memtable_len: 256 << 10,
            table_len: 128 << 10,
            base_level_len: Options::default().base_level_len >> 8,
            cache_len: 1 << 20,
            ..Options::default()
        };
        let (env, jobs) = support::env();
        let lsm = Lsm::open(&env, Path::new(DIR), MemoryPool::new(16 << 20), options).unwrap();
        World { env, jobs, lsm, seq: 0, dice: Dice(7) }
    }

    fn put(&mut self, key: u64) {
        self.seq += 1;
        let seq = self.seq;
        let (key, value) = (key.to_be_bytes(), self.dice.value());
        self.lsm.apply(Seq(seq), Lsn(seq), &mut std::iter::once((&key[..], Op::Put(&value)))).unwrap();
        self.lsm.set_oldest_snapshot(Seq(seq));
        if seq.is_multiple_of(256) {
            self.jobs.work();
        }
    }

    fn overwrite(&mut self, rows: u64, times: u64) {
        for _ in 0..times {
            let key = self.dice.next() % rows;
            self.put(key);
        }
    }

    /// Bytes of all files.
    fn on_disk(&self) -> u64 {
        let paths = self.env.fs.list(Path::new(DIR)).unwrap();
        let len = |path: &std::path::PathBuf| self.env.fs.open(path, OpenMode::Read).unwrap().len().unwrap();
        paths.iter().map(len).sum()
    }

    /// Bytes above the last level, and in it.
    fn above_and_last(&self) -> (u64, u64) {
        let levels = self.lsm.stats().levels;
        let (last, above) = levels.split_last().unwrap();
        (above.iter().map(|level| level.len).sum(), last.len)
    }
}

#[test]
fn overwritten_data_take_little_more_than_live_data() {
    for rows in [3_000, 8_000, 20_000] {
        let mut world = World::new();
        (0..rows).for_each(|key| world.put(key));
        world.overwrite(rows, 5 * rows);
        world.lsm.flush().unwrap();
        world.jobs.rest();
        let percent = 100 * world.on_disk() / (rows * ROW_LEN);
        assert!(percent <= SPACE_PERCENT_MAX, "{rows} rows take {percent} % of their length");
        assert_eq!(world.lsm.verify().unwrap(), world.lsm.stats().levels.iter().map(|l| l.entry_count).sum());
    }
}

#[test]
fn nothing_is_merged_for_space_while_much_is_written() {
    let mut world = World::new();
    (0..3_000).for_each(|key| world.put(key));
    world.lsm.flush().unwrap();
    world.jobs.rest();
    let (above, last) = world.above_and_last();
    assert!(above <= last / 4, "{above} bytes above {last}");
    let before = world.lsm.stats().levels[0].table_count;
    for tables in 1..=2 {
        world.overwrite(3_000, 1_000);
        world.lsm.flush().unwrap();
        // No job is given the time for a second look at how much is written.
        world.jobs.work();
        assert_eq!(world.lsm.stats().levels[0].table_count, before + tables);
    }
    world.jobs.rest();
    let (above, last) = world.above_and_last();
    assert!(above <= last / 4, "{above} bytes above {last}");
}

#[test]
fn a_tree_at_rest_has_nothing_left_to_do() {
    let mut world = World::new();
    (0..20_000).for_each(|key| world.put(key));
    world.overwrite(20_000, 20_000);
    world.lsm.flush().unwrap();
    world.jobs.rest();
    let before = world.lsm.describe_levels();
    world.lsm.wake();
    world.jobs.rest();
    assert_eq!(world.lsm.describe_levels(), before);
}

#[test]
fn a_few_rows_are_left_where_they_are() {
    let mut world = World::new();
    (0..100).for_each(|key| world.put(key));
    world.lsm.flush().unwrap();
    world.jobs.rest();
    assert_eq!(world.lsm.stats().levels[0].table_count, 1);
}
