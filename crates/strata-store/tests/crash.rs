//! The machine goes down at any call, by seed: acknowledged commits survive, the others are a prefix, and
//! every structure says the same.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{Error, KeyspaceId, Result, Seq, Store, StoreOptions, Txn};
use support::{Dice, seeds};
use vfs::faulty::{Call, Faulty};

const KEYS: u64 = 40;

/// The rows, and the number of the keyspaces that they lie in: `TRUNCATE` gives a table new ones.
#[derive(Clone, Default)]
struct State {
    number: u32,
    rows: Rows,
}

impl State {
    fn table(&self) -> KeyspaceId {
        KeyspaceId::table(self.number)
    }

    fn index(&self) -> KeyspaceId {
        KeyspaceId::index(self.number)
    }
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// What each commit made of the rows, and how many commits are acknowledged.
struct Model {
    states: Vec<(Seq, State)>,
    acknowledged: Seq,
    written: u64,
}

impl Model {
    fn new() -> Model {
        Model { states: vec![(Seq(0), State::default())], acknowledged: Seq(0), written: 0 }
    }

    fn state(&self) -> &State {
        &self.states.last().unwrap().1
    }

    /// The store holds the commits up to some point behind the last acknowledged one, wholly. From here
    /// on that is the history.
    fn check_prefix(&mut self, store: &Store) {
        let last = store.last_seq();
        assert!(last >= self.acknowledged, "{last:?} is there, {:?} was acknowledged", self.acknowledged);
        self.states.retain(|(seq, _)| *seq <= last);
        assert_eq!(self.states.last().unwrap().0, last);
        self.check_rows(store);
        let report = store.verify().unwrap();
        assert!(report.is_sound(), "{report:?}");
    }

    fn check_rows(&self, store: &Store) {
        let mut txn = store.begin_after(store.last_seq());
        let view = txn.statement_view();
        let mut by_extent = Rows::new();
        let state = self.state();
        let mut scan = txn.scan_extent(view, state.table()).unwrap();
        while scan.next(&txn, &mut |key, value| drop(by_extent.insert(key.into(), value.into()))).unwrap() {}
        assert!(by_key(&txn, view, state.table()) == state.rows, "by key");
        assert!(by_extent == state.rows, "by extent");
        let index: Rows = state.rows.keys().map(|key| (key.clone(), vec![])).collect();
        assert!(by_key(&txn, view, state.index()) == index, "by index");
    }

    /// One transaction, or some upkeep.
    fn step(&mut self, store: &Store, dice: &mut Dice) -> Result<()> {
        match dice.below(30) {
            0 => return store.checkpoint(),
            1 => return store.vacuum().map(drop),
            _ => {}
        }
        let mut state = self.state().clone();
        let mut txn = store.begin_after(store.last_seq());
        txn.statement_view();
        if dice.below(40) == 0 {
            txn.drop_keyspace(state.table());
            txn.drop_keyspace(state.index());
            state = State { number: state.number + 1, rows: Rows::new() };
        }
        let count = if dice.below(60) == 0 { 40 } else { 1 + dice.below(3) };
        for _ in 0..count {
            self.write(&mut txn, &mut state, dice, count == 40)?;
        }
        let next = Seq(self.states.last().unwrap().0.0 + 1);
        let commit = match txn.commit() {
            // It may have reached the journal: wholly there or wholly absent.
            Err(error @ Error::Poisoned { .. }) => {
                self.states.push((next, state));
                return Err(error);
            }
            commit => commit?,
        };
        self.states.push((commit.seq, state));
        if dice.below(3) == 0 {
            store.wait_durable(commit.lsn)?;
            self.acknowledged = commit.seq;
        }
        Ok(())
    }

    fn write(&mut self, txn: &mut Txn, state: &mut State, dice: &mut Dice, large: bool) -> Result<()> {
        let key = dice.below(KEYS).to_be_bytes();
        self.written += 1;
        if dice.below(4) == 0 {
            state.rows.remove(&key[..]);
            txn.delete(state.table(), &key)?;
            return txn.delete(state.index(), &key);
        }
        let len = match dice.below(8) {
            _ if large => 60_000,
            0 => 9_000,
            1 => 0,
            _ => dice.below(300),
        };
        let mut value = self.written.to_le_bytes().to_vec();
        // Bytes that do not compress.
        value.extend((0..len).map(|_| dice.below(256) as u8));
        txn.put(state.table(), &key, &value)?;
        state.rows.insert(key.to_vec(), value);
        txn.put(state.index(), &key, b"")
    }
}

fn by_key(txn: &Txn, view: strata_store::View, keyspace: KeyspaceId) -> Rows {
    let mut scan = txn.scan(view, keyspace, Unbounded, Unbounded, false).unwrap();
    let mut rows = Rows::new();
    while let Some(entry) = scan.next(txn).unwrap() {
        rows.insert(entry.key.to_vec(), entry.value.to_vec());
    }
    rows
}

fn open(env: vfs::Env) -> Result<Store> {
    let options = StoreOptions {
        memory: 16 << 20,
        checkpoint_every: 400 << 10,
        segment_len: 256 << 10,
        bulk_len: 32 << 10,
        ..StoreOptions::default()
    };
    Store::open(env, Path::new("/store"), options)
}

#[test]
fn acknowledged_commits_survive_any_crash() {
    for seed in seeds(100) {
        println!("seed {seed}");
        let (machine, mut dice, mut model) = (Faulty::new(seed), Dice(seed), Model::new());
        for _ in 0..5 {
            let calls = if dice.below(3) == 0 { 60 } else { 1500 };
            machine.crash_after(1 + dice.below(calls));
            if let Ok(store) = open(machine.env()) {
                if !machine.is_down() {
                    model.check_unless_down(&store, &machine);
                }
                for _ in 0..80 {
                    if model.step(&store, &mut dice).is_err() {
                        break;
                    }
                }
            }
            machine.restart();
        }
        model.check_prefix(&open(machine.env()).unwrap());
    }
}

impl Model {
    /// As [`check_prefix`](Self::check_prefix), but the machine may go down during the check.
    fn check_unless_down(&mut self, store: &Store, machine: &Faulty) {
        let last = store.last_seq();
        assert!(last >= self.acknowledged, "{last:?} is there, {:?} was acknowledged", self.acknowledged);
        self.states.retain(|(seq, _)| *seq <= last);
        let report = store.verify();
        if !machine.is_down() {
            let report = report.unwrap();
            assert!(report.is_sound(), "{report:?}");
        }
    }
}

#[test]
fn a_failed_call_is_final_or_passes_but_loses_nothing() {
    for seed in seeds(100) {
        println!("seed {seed}");
        let (machine, mut dice, mut model) = (Faulty::new(seed), Dice(seed + 1000), Model::new());
        let store = open(machine.env()).unwrap();
        for _ in 0..20 {
            model.step(&store, &mut dice).unwrap();
        }
        let call = [Call::Write, Call::Sync, Call::SyncDir, Call::Name][dice.below(4) as usize];
        machine.fail(call, 1 + dice.below(12));
        for _ in 0..100 {
            let stepped = model.step(&store, &mut dice);
            if let Err(error) = &stepped
                && store.poisoned().is_some()
            {
                assert!(matches!(error, Error::Poisoned { .. } | Error::Disk { .. }), "{error:?}");
                let mut refused = store.begin();
                refused.put(KeyspaceId::table(0), b"never", b"").unwrap();
                assert!(matches!(refused.commit(), Err(Error::Poisoned { .. })));
                break;
            }
        }
        drop(store);
        machine.restart();
        model.check_prefix(&open(machine.env()).unwrap());
    }
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    for seed in seeds(20) {
        println!("seed {seed}");
        let (machine, mut dice, mut model) = (Faulty::new(seed), Dice(seed + 2000), Model::new());
        let store = open(machine.env()).unwrap();
        for _ in 0..20 {
            model.step(&store, &mut dice).unwrap();
        }
        machine.limit_room(Some(dice.below(4) * 500_000));
        let mut refused = 0;
        for _ in 0..200 {
            match model.step(&store, &mut dice) {
                Ok(()) => {}
                Err(Error::Full { .. }) => refused += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
        model.check_rows(&store);
        machine.limit_room(None);
        store.checkpoint().unwrap();
        for _ in 0..20 {
            model.step(&store, &mut dice).unwrap();
        }
        println!("{refused} refused");
        drop(store);
        machine.restart();
        model.check_prefix(&open(machine.env()).unwrap());
    }
}
