//! Several transactions at once against a list of states: every commit is a state of the whole store, a
//! snapshot is one of them, and what a transaction sees is that state with its own earlier commands over it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{Error, KeyspaceId, Savepoint, Seq, Store, StoreOptions, Txn, View};

const ROWS: KeyspaceId = KeyspaceId::table(1);
const INDEX: KeyspaceId = KeyspaceId::index(2);

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;
/// What a transaction has written, deletions included.
type Own = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

#[derive(Clone, Debug)]
enum Step {
    Begin(usize),
    Statement(usize),
    Put(usize, u8, u16),
    Delete(usize, u8),
    Savepoint(usize),
    RollbackTo(usize),
    Commit(usize),
    Rollback(usize),
    Look(usize),
    Checkpoint,
    Vacuum,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..3usize;
    let step = prop_oneof![
        3 => who().prop_map(Step::Begin),
        4 => who().prop_map(Step::Statement),
        8 => (who(), 0..12u8, 0..4000u16).prop_map(|(who, key, len)| Step::Put(who, key, len)),
        4 => (who(), 0..12u8).prop_map(|(who, key)| Step::Delete(who, key)),
        1 => who().prop_map(Step::Savepoint),
        1 => who().prop_map(Step::RollbackTo),
        4 => who().prop_map(Step::Commit),
        1 => who().prop_map(Step::Rollback),
        5 => who().prop_map(Step::Look),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Vacuum),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..120)
}

/// A transaction and what it should see: `now` with every write, `statement` without those of the command
/// at hand.
struct Running {
    txn: Txn,
    view: View,
    base: Seq,
    own: Own,
    seen: Own,
    mark: Option<(Savepoint, Own)>,
}

struct Scene {
    env: vfs::Env,
    store: Option<Store>,
    states: Vec<(Seq, Rows)>,
    running: [Option<Running>; 3],
    counter: u32,
}

impl Scene {
    fn new() -> Scene {
        let env = vfs::mem::env();
        let store = Some(open(&env));
        Scene { env, store, states: vec![(Seq(0), Rows::new())], running: [None, None, None], counter: 0 }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn state_at(&self, seq: Seq) -> &Rows {
        &self.states.iter().rev().find(|(other, _)| *other <= seq).unwrap().1
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Begin(who) => self.begin(who),
            Step::Commit(who) => self.commit(who),
            Step::Rollback(who) => drop(self.running[who].take()),
            Step::Checkpoint => self.store().checkpoint().unwrap(),
            Step::Vacuum => drop(self.store().vacuum().unwrap()),
            Step::Reopen => self.reopen(),
            Step::Look(who) => {
                if let Some(running) = &self.running[who] {
                    self.look(running);
                }
            }
            step => self.change(step),
        }
    }

    /// What was durable is there again; of the commits behind it a beginning.
    fn reopen(&mut self) {
        self.running = [None, None, None];
        let durable = self.store().durable_seq();
        self.store = None;
        self.store = Some(open(&self.env));
        let last = self.store().last_seq();
        assert!(last >= durable);
        self.states.retain(|(seq, _)| *seq <= last);
    }

    fn begin(&mut self, who: usize) {
        let last = self.states.last().unwrap().0;
        let mut txn = self.store().begin_after(last);
        let view = txn.statement_view();
        assert_eq!(view.snapshot, last);
        let (own, seen) = (BTreeMap::new(), BTreeMap::new());
        self.running[who] = Some(Running { txn, view, base: last, own, seen, mark: None });
    }

    fn change(&mut self, step: Step) {
        self.counter += 1;
        match step {
            Step::Statement(who) => {
                let Some(running) = &mut self.running[who] else { return };
                running.view = running.txn.same_snapshot_view();
                running.seen = running.own.clone();
            }
            Step::Put(who, key, len) => {
                let Some(running) = &mut self.running[who] else { return };
                let mut value = self.counter.to_le_bytes().to_vec();
                value.resize(4 + usize::from(len), self.counter as u8);
                running.txn.put(ROWS, &[key], &value).unwrap();
                running.txn.put(INDEX, &[key], &value[..4]).unwrap();
                running.own.insert(vec![key], Some(value));
            }
            Step::Delete(who, key) => {
                let Some(running) = &mut self.running[who] else { return };
                running.txn.delete(ROWS, &[key]).unwrap();
                running.txn.delete(INDEX, &[key]).unwrap();
                running.own.insert(vec![key], None);
            }
            Step::Savepoint(who) => {
                let Some(running) = &mut self.running[who] else { return };
                running.mark = Some((running.txn.savepoint(), running.own.clone()));
            }
            Step::RollbackTo(who) => {
                let Some(running) = &mut self.running[who] else { return };
                if let Some((savepoint, own)) = &running.mark {
                    running.txn.rollback_to(*savepoint);
                    running.own = own.clone();
                    running.view = running.txn.same_snapshot_view();
                    running.seen = running.own.clone();
                }
            }
            _ => unreachable!(),
        }
    }

    fn commit(&mut self, who: usize) {
        let Some(Running { txn, base, own, .. }) = self.running[who].take() else { return };
        let last = self.states.last().unwrap().clone();
        let changed = |key: &Vec<u8>| self.state_at(base).get(key) != last.1.get(key);
        let conflicts = own.keys().any(changed);
        match txn.commit() {
            Ok(commit) => {
                assert!(!conflicts, "the first updater wins");
                let mut rows = last.1;
                for (key, value) in own {
                    match value {
                        Some(value) => drop(rows.insert(key, value)),
                        None => drop(rows.remove(&key)),
                    }
                }
                if commit.seq > last.0 {
                    self.states.push((commit.seq, rows));
                }
                self.store().request_sync();
            }
            // A key that was deleted and put back as it was has changed all the same.
            Err(Error::Conflict { snapshot, changed, .. }) => assert!(changed > snapshot),
            Err(error) => panic!("{error}"),
        }
    }

    /// Every way of reading shows the state of the snapshot with the transaction's earlier commands.
    fn look(&self, running: &Running) {
        let Running { txn, view, seen, .. } = running;
        let mut expected = self.state_at(view.snapshot).clone();
        for (key, value) in seen {
            match value {
                Some(value) => drop(expected.insert(key.clone(), value.clone())),
                None => drop(expected.remove(key)),
            }
        }
        assert_eq!(by_key(txn, *view, ROWS, false), expected.clone().into_iter().collect::<Vec<_>>());
        assert_eq!(by_key(txn, *view, ROWS, true), expected.clone().into_iter().rev().collect::<Vec<_>>());
        let index: Vec<_> = expected.iter().map(|(key, value)| (key.clone(), value[..4].to_vec())).collect();
        assert_eq!(by_key(txn, *view, INDEX, false), index);
        let mut by_extent = Rows::new();
        let mut scan = txn.scan_extent(*view, ROWS).unwrap();
        while scan
            .next(txn, &mut |key, value| assert!(by_extent.insert(key.into(), value.into()).is_none()))
            .unwrap()
        {}
        assert_eq!(by_extent, expected);
        for key in 0..12u8 {
            let value = txn.get(*view, ROWS, &[key]).unwrap();
            assert_eq!(value.as_deref(), expected.get(&vec![key]).map(Vec::as_slice));
        }
    }
}

fn by_key(txn: &Txn, view: View, keyspace: KeyspaceId, reverse: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut scan = txn.scan(view, keyspace, Unbounded, Unbounded, reverse).unwrap();
    let mut rows = Vec::new();
    while let Some(entry) = scan.next(txn).unwrap() {
        rows.push((entry.key.to_vec(), entry.value.to_vec()));
    }
    rows
}

fn open(env: &vfs::Env) -> Store {
    let options = StoreOptions { memory: 32 << 20, segment_len: 1 << 20, ..StoreOptions::default() };
    Store::open(env.clone(), Path::new("/store"), options).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_is_seen_is_a_state_with_own_commands_over_it(steps in steps()) {
        let mut scene = Scene::new();
        for step in steps {
            scene.step(step);
        }
        for running in scene.running.iter().flatten() {
            scene.look(running);
        }
        let store = scene.store();
        let report = store.verify().unwrap();
        prop_assert!(report.is_sound(), "{:?}", report);
    }
}
