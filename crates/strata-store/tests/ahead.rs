//! Large commits that are made ready in steps, while others commit, checkpoint, and the machine goes down.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{Error, KeyspaceId, Result, Seq, Store, StoreOptions, Txn};
use support::{Dice, seeds};
use vfs::faulty::Faulty;

const ROWS: KeyspaceId = KeyspaceId::table(1);
const INDEX: KeyspaceId = KeyspaceId::index(1);
/// Large transactions write keys below this, small ones any.
const LARGE_KEYS: u64 = 600;
const KEYS: u64 = 1200;

type Rows = BTreeMap<u64, Vec<u8>>;
/// What a transaction writes; `None` deletes.
type Writes = BTreeMap<u64, Option<Vec<u8>>>;

/// Writes of `count` keys below `keys`, some of them the same.
fn random_writes(dice: &mut Dice, count: u64, keys: u64) -> Writes {
    let write = |dice: &mut Dice| match dice.below(5) {
        0 => None,
        _ => Some((0..dice.below(250)).map(|_| dice.below(256) as u8).collect()),
    };
    (0..count).map(|_| (dice.below(keys), write(dice))).collect()
}

fn open(env: vfs::Env, bulk_len: u64) -> Result<Store> {
    let options = StoreOptions {
        memory: 16 << 20,
        checkpoint_every: 200 << 10,
        segment_len: 128 << 10,
        bulk_len,
        ..StoreOptions::default()
    };
    Store::open(env, Path::new("/store"), options)
}

fn put_all(txn: &mut Txn, writes: &Writes) {
    for (key, value) in writes {
        let key = key.to_be_bytes();
        match value {
            Some(value) => {
                txn.put(ROWS, &key, value).unwrap();
                txn.put(INDEX, &key, b"").unwrap();
            }
            None => {
                txn.delete(ROWS, &key).unwrap();
                txn.delete(INDEX, &key).unwrap();
            }
        }
    }
}

fn apply(rows: &mut Rows, writes: &Writes) {
    for (key, value) in writes {
        match value {
            Some(value) => drop(rows.insert(*key, value.clone())),
            None => drop(rows.remove(key)),
        }
    }
}

fn meet(writes: &Writes, others: &BTreeSet<u64>) -> bool {
    writes.keys().any(|key| others.contains(key))
}

/// What each commit made of the rows.
struct Model {
    states: Vec<(Seq, Rows)>,
    acknowledged: Seq,
    /// Large commits that others have outdone, and that succeeded although others wrote meanwhile.
    refused: u64,
    interleaved: u64,
}

impl Model {
    fn new() -> Model {
        let states = vec![(Seq(0), Rows::new())];
        Model { states, acknowledged: Seq(0), refused: 0, interleaved: 0 }
    }

    fn rows(&self) -> &Rows {
        &self.states.last().unwrap().1
    }

    /// A commit of `writes` was tried.
    fn note(&mut self, outcome: Result<strata_store::Commit>, writes: &Writes) -> Result<Seq> {
        let mut rows = self.rows().clone();
        apply(&mut rows, writes);
        match outcome {
            // It may have reached the journal.
            Err(error @ Error::Poisoned { .. }) => {
                self.states.push((Seq(self.states.last().unwrap().0.0 + 1), rows));
                Err(error)
            }
            Err(error) => Err(error),
            Ok(commit) => {
                self.states.push((commit.seq, rows));
                Ok(commit.seq)
            }
        }
    }

    fn small(&mut self, store: &Store, dice: &mut Dice) -> Result<BTreeSet<u64>> {
        let count = 1 + dice.below(3);
        let writes = random_writes(dice, count, KEYS);
        let before = self.rows().clone();
        let mut txn = store.begin_after(store.last_seq());
        txn.statement_view();
        put_all(&mut txn, &writes);
        let outcome = txn.commit();
        let lsn = outcome.as_ref().map(|commit| commit.lsn);
        let seq = self.note(outcome.clone(), &writes)?;
        if dice.below(4) == 0 {
            store.wait_durable(lsn.unwrap())?;
            self.acknowledged = seq;
        }
        // To delete what is not there is to do nothing.
        let changed = writes.iter().filter(|(key, value)| value.is_some() || before.contains_key(key));
        Ok(changed.map(|(key, _)| *key).collect())
    }

    /// A large transaction; `looks` if it is to notice what others write.
    fn large(&mut self, store: &Store, dice: &mut Dice, looks: bool) -> Result<()> {
        let writes = random_writes(dice, LARGE_KEYS / 2, LARGE_KEYS);
        let mut txn = store.begin_after(store.last_seq());
        if looks {
            txn.statement_view();
        }
        put_all(&mut txn, &writes);
        let mut others = BTreeSet::new();
        let rate = 1 + dice.below(20);
        loop {
            match txn.prepare_commit() {
                Ok(false) => {}
                Ok(true) => break,
                Err(Error::Conflict { .. }) => {
                    self.outdone(looks, &writes, &others);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            match dice.below(40) {
                0 => store.checkpoint()?,
                1 => drop(store.vacuum()?),
                // It is as if it had never been.
                2 if dice.below(4) == 0 => {
                    txn.rollback();
                    return Ok(());
                }
                _ if dice.below(rate) == 0 => others.extend(self.small(store, dice)?),
                _ => {}
            }
        }
        if dice.below(3) == 0 {
            others.extend(self.small(store, dice)?);
        }
        match txn.commit() {
            Err(Error::Conflict { .. }) => self.outdone(looks, &writes, &others),
            outcome => {
                self.note(outcome, &writes)?;
                assert!(!looks || !meet(&writes, &others), "somebody has written the same");
                self.interleaved += u64::from(!others.is_empty());
            }
        }
        Ok(())
    }

    fn outdone(&mut self, looks: bool, writes: &Writes, others: &BTreeSet<u64>) {
        assert!(looks && meet(writes, others), "nobody has written the same");
        self.refused += 1;
    }

    /// What a store holds that has just been opened is the history from here on.
    fn settle(&mut self, store: &Store) {
        let last = store.last_seq();
        assert!(last >= self.acknowledged, "{last:?} is there, {:?} was acknowledged", self.acknowledged);
        self.states.retain(|(seq, _)| *seq <= last);
        assert_eq!(self.states.last().unwrap().0, last);
    }

    fn check(&mut self, store: &Store) {
        self.settle(store);
        let last = store.last_seq();
        let mut txn = store.begin_after(last);
        let view = txn.statement_view();
        let by_key = |keyspace| {
            let mut scan = txn.scan(view, keyspace, Unbounded, Unbounded, false).unwrap();
            let mut found = Rows::new();
            while let Some(entry) = scan.next(&txn).unwrap() {
                found.insert(u64::from_be_bytes(entry.key.try_into().unwrap()), entry.value.to_vec());
            }
            found
        };
        assert!(by_key(ROWS) == *self.rows(), "by key");
        assert!(by_key(INDEX).keys().eq(self.rows().keys()), "by index");
        let mut by_extent = Rows::new();
        let mut scan = txn.scan_extent(view, ROWS).unwrap();
        let number = |key: &[u8]| u64::from_be_bytes(key.try_into().unwrap());
        while scan.next(&txn, &mut |key, value| drop(by_extent.insert(number(key), value.into()))).unwrap() {}
        assert!(by_extent == *self.rows(), "by extent");
        let report = store.verify().unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
}

#[test]
fn a_large_commit_is_whole_whatever_comes_between_its_parts() {
    let (mut refused, mut interleaved) = (0, 0);
    for seed in seeds(60) {
        println!("seed {seed}");
        let (machine, mut dice, mut model) = (Faulty::new(seed), Dice(seed), Model::new());
        // Parts in memory, or in a scratch file and tables.
        let bulk_len = [32 << 10, 1 << 20][dice.below(2) as usize];
        for _ in 0..4 {
            let calls = [60, 3000][dice.below(2) as usize];
            machine.crash_after(1 + dice.below(calls));
            if let Ok(store) = open(machine.env(), bulk_len) {
                model.settle(&store);
                for _ in 0..5 {
                    let looks = dice.below(2) == 0;
                    if model.small(&store, &mut dice).is_err()
                        || model.large(&store, &mut dice, looks).is_err()
                    {
                        break;
                    }
                }
            }
            machine.restart();
        }
        let store = open(machine.env(), bulk_len).unwrap();
        model.check(&store);
        for looks in [true, false] {
            model.large(&store, &mut dice, looks).unwrap();
        }
        model.check(&store);
        refused += model.refused;
        interleaved += model.interleaved;
    }
    assert!(refused > 0 && interleaved > 0, "{refused} refused, {interleaved} interleaved");
}

#[test]
fn the_journal_is_kept_from_the_first_part_on_and_no_longer() {
    let machine = Faulty::new(1);
    let store = open(machine.env(), 32 << 10).unwrap();
    let mut dice = Dice(1);
    let mut model = Model::new();
    let writes = random_writes(&mut dice, LARGE_KEYS, LARGE_KEYS);
    let mut large = store.begin();
    put_all(&mut large, &writes);
    for _ in 0..4 {
        assert!(!large.prepare_commit().unwrap());
    }
    let segments = || machine.env().fs.list(Path::new("/store/journal")).unwrap().len();
    // Many times what a checkpoint may be behind.
    while segments() < 40 {
        let many = random_writes(&mut dice, 40, KEYS);
        let mut txn = store.begin();
        put_all(&mut txn, &many);
        model.note(txn.commit(), &many).unwrap();
    }
    store.checkpoint().unwrap();
    assert!(segments() >= 40, "a recovery needs the parts");
    while !large.prepare_commit().unwrap() {}
    model.note(large.commit(), &writes).unwrap();
    store.checkpoint().unwrap();
    let before = segments();
    for _ in 0..400 {
        let many = random_writes(&mut dice, 40, KEYS);
        let mut txn = store.begin();
        put_all(&mut txn, &many);
        model.note(txn.commit(), &many).unwrap();
    }
    assert!(segments() <= before, "nobody needs them any more");
    model.check(&store);
    drop(store);
    machine.restart();
    model.acknowledged = Seq(0);
    model.check(&open(machine.env(), 32 << 10).unwrap());
}
