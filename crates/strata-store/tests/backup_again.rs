//! A backup over an earlier one: it writes what has changed, and is as good as one to an empty directory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{BackupStats, Compression, KeyspaceId, LevelCompression, Store, StoreOptions};
use support::{Dice, seeds};
use vfs::Env;
use vfs::faulty::{Call, Faulty};

const DIR: &str = "/store";
const BACKUP: &str = "/backup";
const SMALL: StoreOptions = StoreOptions {
    memory: 16 << 20,
    checkpoint_every: 256 << 10,
    segment_len: 64 << 10,
    bulk_len: 64 << 10,
    compression: LevelCompression::all(Compression::Lz4),
    finds_deadlocks: true,
};

/// What a store must hold: tables, an index, and the keys of each.
type Model = BTreeMap<(KeyspaceId, Vec<u8>), Vec<u8>>;

fn open(env: &Env, dir: &str) -> Store {
    Store::open(env.clone(), Path::new(dir), SMALL).unwrap()
}

fn back_up(store: &Store) -> BackupStats {
    store.backup(Path::new(BACKUP)).unwrap()
}

/// A table of the `generation`th kind: dropped ones do not come back.
fn keyspaces(generation: u32) -> [KeyspaceId; 3] {
    [KeyspaceId::table(1), KeyspaceId::table(2 + generation), KeyspaceId::index(1)]
}

/// Some commits: rows written anew, changed, longer and shorter ones, deleted; now and then a table goes.
fn work(store: &Store, model: &mut Model, generation: &mut u32, dice: &mut Dice, commits: usize) {
    for _ in 0..commits {
        let mut txn = store.begin();
        for _ in 0..1 + dice.below(12) {
            let keyspace = keyspaces(*generation)[dice.below(3) as usize];
            let key = (dice.below(3000) as u32).to_be_bytes().to_vec();
            if dice.below(5) == 0 {
                txn.delete(keyspace, &key).unwrap();
                model.remove(&(keyspace, key));
            } else {
                let longest = if dice.below(40) == 0 { 20_000 } else { 400 };
                let longest = if keyspace.is_index() { 400 } else { longest };
                let value = vec![dice.below(256) as u8; dice.below(longest) as usize];
                txn.put(keyspace, &key, &value).unwrap();
                model.insert((keyspace, key), value);
            }
        }
        if dice.below(60) == 0 {
            let dropped = keyspaces(*generation)[1];
            txn.drop_keyspace(dropped);
            model.retain(|(keyspace, _), _| *keyspace != dropped);
            *generation += 1;
        }
        let lsn = txn.commit().unwrap().lsn;
        if dice.below(8) == 0 {
            store.wait_durable(lsn).unwrap();
        }
        if dice.below(100) == 0 {
            store.vacuum().unwrap();
        }
    }
}

/// What a store holds.
fn content(store: &Store, generation: u32) -> Model {
    let mut txn = store.begin();
    let view = txn.statement_view();
    let mut model = Model::new();
    for keyspace in keyspaces(generation) {
        let mut scan = txn.scan(view, keyspace, Unbounded, Unbounded, false).unwrap();
        while let Some(entry) = scan.next(&txn).unwrap() {
            model.insert((keyspace, entry.key.to_vec()), entry.value.to_vec());
        }
    }
    model
}

/// The backup is sound and holds that.
fn assert_backup(env: &Env, model: &Model, generation: u32) {
    let copy = Store::open_read_only(env, Path::new(BACKUP), SMALL).unwrap();
    let report = copy.verify().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert!(content(&copy, generation) == *model, "the backup holds something else");
}

#[test]
fn backups_over_each_other_hold_what_the_store_did() {
    for seed in seeds(4) {
        let (mut dice, mut model, mut generation) = (Dice(seed), Model::new(), 0);
        let machine = Faulty::new(seed);
        let mut store = open(&machine.env(), DIR);
        for _ in 0..5 {
            let commits = 1 + dice.below(150) as usize;
            work(&store, &mut model, &mut generation, &mut dice, commits);
            back_up(&store);
            assert_backup(&machine.env(), &model, generation);
            match dice.below(3) {
                // What the backup has written survives the target's machine.
                0 => {
                    drop(store);
                    assert_backup(&machine.restart(), &model, generation);
                    store = open(&machine.env(), DIR);
                }
                // The copy goes its own way: commits of its own, under the numbers of the store's next ones.
                1 => {
                    let copy = open(&machine.env(), BACKUP);
                    work(&copy, &mut model.clone(), &mut generation.clone(), &mut dice, 20);
                    copy.close().unwrap();
                }
                _ => {}
            }
        }
    }
}

#[test]
fn pages_that_have_not_changed_are_not_written_again() {
    let env = vfs::mem::env();
    let store = open(&env, DIR);
    let table = KeyspaceId::table(1);
    let write = |rows: std::ops::Range<u32>, byte| {
        let mut txn = store.begin();
        rows.for_each(|row| txn.put(table, &row.to_be_bytes(), &[byte; 700]).unwrap());
        txn.commit().unwrap();
    };
    (0..40).for_each(|part| write(part * 100..part * 100 + 100, 1));
    let first = back_up(&store);
    assert!(first.pages > 300 && first.kept_pages == 0, "{first:?}");
    let again = back_up(&store);
    assert_eq!((again.pages, again.kept_pages), (0, first.pages));
    write(0..40, 2);
    let third = back_up(&store);
    assert!((1..20).contains(&third.pages), "forty rows lie on few pages: {third:?}");
    assert!(third.kept_pages > 300);
}

#[test]
fn what_the_targets_disk_has_spoilt_is_put_right() {
    let machine = Faulty::new(3);
    let env = machine.env();
    let (store, mut model, mut generation) = (open(&env, DIR), Model::new(), 0);
    work(&store, &mut model, &mut generation, &mut Dice(3), 200);
    back_up(&store);
    let heap = Path::new(BACKUP).join("heap");
    let files = env.fs.list(&heap).unwrap();
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "heap")) {
        machine.flip(path, 8 * 1000).unwrap();
    }
    assert!(back_up(&store).pages > 0);
    assert_backup(&env, &model, generation);
}

#[test]
fn a_backup_cut_short_is_no_store_and_the_next_is_whole() {
    for seed in seeds(25) {
        let (mut dice, mut model, mut generation) = (Dice(seed), Model::new(), 0);
        let machine = Faulty::new(seed);
        let store = open(&machine.env(), DIR);
        work(&store, &mut model, &mut generation, &mut dice, 40);
        back_up(&store);
        let earlier = (model.clone(), generation);
        work(&store, &mut model, &mut generation, &mut dice, 20);
        let all = store.begin();
        all.see_newest();
        store.wait_durable(all.rollback()).unwrap();
        // A call fails, or the machine does, somewhere in the backup.
        let nth = 1 + dice.below(30);
        match dice.below(3) {
            0 => machine.fail(Call::Sync, nth),
            1 => machine.fail(Call::Write, 1 + dice.below(100)),
            _ => machine.crash_after(1 + dice.below(400)),
        }
        let cut = store.backup(Path::new(BACKUP));
        let (env, store) = if machine.is_down() || store.poisoned().is_some() {
            drop(store);
            let env = machine.restart();
            (env.clone(), open(&env, DIR))
        } else {
            machine.forget_plan();
            (machine.env(), store)
        };
        match Store::open_read_only(&env, Path::new(BACKUP), SMALL) {
            Ok(copy) if cut.is_ok() => assert!(content(&copy, generation) == model),
            // The machine went down before the earlier backup was touched, or when the later one was whole.
            Ok(copy) => {
                assert!(content(&copy, generation) == model || content(&copy, earlier.1) == earlier.0);
            }
            Err(refused) => assert!(cut.is_err(), "{refused}"),
        }
        back_up(&store);
        drop(store);
        assert_backup(&machine.restart(), &model, generation);
    }
}
