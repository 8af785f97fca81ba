//! The space that a store takes when everything in it has been overwritten again and again: versions that nobody
//! sees make room for new ones, in the heap and in the tree.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use strata_store::{KeyspaceId, Store, StoreOptions};
use support::Dice;
use vfs::faulty::Faulty;
use vfs::{Env, OpenMode};

const DIR: &str = "/store";
const TABLE: KeyspaceId = KeyspaceId::table(1);
const INDEX: KeyspaceId = KeyspaceId::index(1);
const ROWS: u64 = 30_000;
const KEY_LEN: usize = 16;
const VALUE_LEN: usize = 100;
/// The last extent of a heap file need not be full, and there is the map of its blocks.
const EXTENT_LEN: u64 = 1 << 20;
/// Rows of a commit.
const BATCH: u64 = 100;

struct World {
    machine: Faulty,
    store: Store,
    dice: Dice,
}

impl World {
    fn new() -> World {
        let machine = Faulty::new(11);
        machine.short_transfers(false);
        let options = StoreOptions {
            memory: 16 << 20,
            checkpoint_every: 2 << 20,
            segment_len: 512 << 10,
            ..StoreOptions::default()
        };
        let store = Store::open(machine.env(), Path::new(DIR), options).unwrap();
        World { machine, store, dice: Dice(3) }
    }

    fn commit(&mut self, keyspace: KeyspaceId, value_len: usize, keys: impl Fn(&mut Dice, u64) -> u64) {
        let mut txn = self.store.begin_after(self.store.last_seq());
        for number in 0..BATCH {
            let key = format!("{:0KEY_LEN$}", keys(&mut self.dice, number));
            let value: Vec<u8> = (0..value_len).map(|_| self.dice.below(256) as u8).collect();
            txn.put(keyspace, key.as_bytes(), &value).unwrap();
        }
        txn.commit().unwrap();
        self.machine.step_jobs(20);
    }

    /// Every row once, and then five times as many as there are, in no order.
    fn fill_and_overwrite(&mut self, keyspace: KeyspaceId, value_len: usize) {
        for first in (0..ROWS).step_by(BATCH as usize) {
            self.commit(keyspace, value_len, |_, number| first + number);
        }
        for _ in 0..5 * ROWS / BATCH {
            self.commit(keyspace, value_len, |dice, _| dice.below(ROWS));
        }
        let last = self.store.begin_after(self.store.last_seq()).commit().unwrap();
        self.store.wait_durable(last.lsn).unwrap();
        self.store.checkpoint().unwrap();
        self.store.vacuum().unwrap();
        self.store.checkpoint().unwrap();
        self.machine.step_jobs(usize::MAX);
    }
}

/// Bytes of the files in a directory.
fn len_of(env: &Env, dir: &str) -> u64 {
    let paths = env.fs.list(&Path::new(DIR).join(dir)).unwrap();
    paths.iter().map(|path| env.fs.open(path, OpenMode::Read).unwrap().len().unwrap()).sum()
}

#[test]
fn an_overwritten_table_takes_at_most_half_as_much_again_as_its_rows() {
    let mut world = World::new();
    world.fill_and_overwrite(TABLE, VALUE_LEN);
    let env = world.machine.env();
    let (heap, tree) = (world.store.table_bytes(TABLE), len_of(&env, "lsm"));
    let live = ROWS * (KEY_LEN + VALUE_LEN) as u64;
    assert!(2 * (heap + tree) <= 3 * live, "{heap} bytes of heap and {tree} of tree hold {live}");
    let files = len_of(&env, "heap");
    assert!(files <= heap + EXTENT_LEN + heap / 64, "the files of {heap} bytes of heap have {files}");
}

#[test]
fn an_overwritten_index_takes_at_most_half_as_much_again_as_its_entries() {
    let mut world = World::new();
    world.fill_and_overwrite(INDEX, VALUE_LEN);
    let tree = len_of(&world.machine.env(), "lsm");
    let live = ROWS * (KEY_LEN + VALUE_LEN) as u64;
    assert!(2 * tree <= 3 * live, "{tree} bytes of tree hold {live}");
}
