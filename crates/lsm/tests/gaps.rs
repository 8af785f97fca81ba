//! Long stretches of deleted keys, walked and skipped by iterators that live on while others write.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use journal::Lsn;
use lsm::{Iter, Lsm, Op, Options, Seq};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Debug)]
enum Action {
    Put(Vec<u8>),
    /// Deletes a run of keys, in one commit each or in one together.
    DeleteRun(u8, u8, bool),
    DeleteRange(u8, u8),
    Ingest(u8, u8),
    Seal,
    Flush,
    Compact,
    Work(u8),
    /// Begins an iterator at this share of all commits, over the keys from the second on.
    Begin(u8, u8),
    /// Takes some steps with an iterator.
    Step(u8, u8, bool),
    Seek(u8, u8, bool),
}

fn action() -> impl Strategy<Value = Action> {
    let (key, len) = (any::<u8>, || 20u8..90);
    prop_oneof![
        4 => proptest::collection::vec(key(), 1..4).prop_map(Action::Put),
        4 => (key(), len(), any::<bool>()).prop_map(|(from, len, at_once)| Action::DeleteRun(from, len, at_once)),
        1 => (key(), len()).prop_map(|(from, len)| Action::DeleteRange(from, len)),
        1 => (key(), 1u8..10).prop_map(|(from, len)| Action::Ingest(from, len)),
        1 => Just(Action::Seal),
        1 => Just(Action::Flush),
        1 => Just(Action::Compact),
        2 => (1u8..5).prop_map(Action::Work),
        4 => (any::<u8>(), prop_oneof![Just(0), key()]).prop_map(|(share, from)| Action::Begin(share, from)),
        9 => (any::<u8>(), 1u8..60, any::<bool>()).prop_map(|(of, steps, back)| Action::Step(of, steps, back)),
        3 => (any::<u8>(), key(), any::<bool>()).prop_map(|(of, to, back)| Action::Seek(of, to, back)),
    ]
}

/// An iterator with what it must see.
struct Walker {
    iter: Iter,
    sees: BTreeMap<u8, u64>,
    at: Place,
}

#[derive(Clone, Copy)]
enum Place {
    Fresh,
    Start,
    On(u8),
    End,
}

impl Walker {
    fn step(&mut self, back: bool) {
        let next = match (back, self.at) {
            (false, Place::Fresh | Place::Start) => self.sees.keys().next(),
            (false, Place::On(key)) => {
                self.sees.range((Bound::Excluded(key), Bound::Unbounded)).next().map(|e| e.0)
            }
            (true, Place::Fresh | Place::End) => self.sees.keys().next_back(),
            (true, Place::On(key)) => self.sees.range(..key).next_back().map(|e| e.0),
            (false, Place::End) | (true, Place::Start) => None,
        };
        let next = next.copied();
        let found = if back { self.iter.prev() } else { self.iter.next() };
        self.agrees(found.unwrap(), next, back);
    }

    fn seek(&mut self, to: u8, back: bool) {
        let next = match back {
            false => self.sees.range(to..).next().map(|entry| *entry.0),
            true => self.sees.range(..=to).next_back().map(|entry| *entry.0),
        };
        let found = if back { self.iter.seek_back(&[to]) } else { self.iter.seek(&[to]) };
        self.agrees(found.unwrap(), next, back);
    }

    fn agrees(&mut self, found: bool, next: Option<u8>, back: bool) {
        assert_eq!(found.then(|| self.iter.key().to_vec()), next.map(|key| vec![key]));
        self.at = match next {
            Some(key) => {
                assert_eq!(self.iter.seq().0, self.sees[&key]);
                Place::On(key)
            }
            None if back => Place::Start,
            None => Place::End,
        };
    }
}

struct World {
    jobs: Arc<support::ManualJobs>,
    lsm: Lsm,
    seq: u64,
    /// What each commit left.
    states: Vec<BTreeMap<u8, u64>>,
    walkers: Vec<Walker>,
}

impl World {
    fn new() -> Self {
        let (env, jobs) = support::env();
        let options = Options {
            memtable_len: 8 << 10,
            table_len: 1 << 10,
            block_len: 256,
            level0_tables: 2,
            ..Options::default()
        };
        let lsm = Lsm::open(&env, Path::new("/lsm"), filesystem::MemoryPool::new(8 << 20), options).unwrap();
        let mut world = World { jobs, lsm, seq: 0, states: vec![BTreeMap::new()], walkers: Vec::new() };
        let all: Vec<u8> = (0..=255).collect();
        world.commit(&all, true);
        world
    }

    fn commit(&mut self, keys: &[u8], puts: bool) {
        self.seq += 1;
        let op = if puts { Op::Put(b"value") } else { Op::Delete };
        let keys: Vec<[u8; 1]> = keys.iter().map(|key| [*key]).collect();
        let mut ops = keys.iter().map(|key| (&key[..], op));
        self.lsm.apply(Seq(self.seq), Lsn(self.seq), &mut ops).unwrap();
        self.became(keys.iter().map(|key| key[0]), puts);
    }

    fn became(&mut self, keys: impl Iterator<Item = u8>, puts: bool) {
        let mut state = self.states.last().unwrap().clone();
        for key in keys {
            state.remove(&key);
            puts.then(|| state.insert(key, self.seq));
        }
        self.states.push(state);
    }

    fn act(&mut self, action: &Action) {
        let run = |from: u8, len: u8| from..=from.saturating_add(len);
        match action {
            Action::Put(keys) => self.commit(keys, true),
            Action::DeleteRun(from, len, true) => self.commit(&run(*from, *len).collect::<Vec<_>>(), false),
            Action::DeleteRun(from, len, false) => {
                run(*from, *len).for_each(|key| self.commit(&[key], false))
            }
            Action::DeleteRange(from, len) => {
                self.seq += 1;
                let end = Bound::Included(&[from.saturating_add(*len)][..]);
                self.lsm.delete_range(Seq(self.seq), Lsn(self.seq), &[*from], end).unwrap();
                self.became(run(*from, *len), false);
            }
            Action::Ingest(from, len) => {
                self.seq += 1;
                let mut pairs = run(*from, *len).map(|key| (vec![key], b"value".to_vec()));
                self.lsm.ingest(Seq(self.seq), &mut pairs).unwrap();
                self.became(run(*from, *len), true);
            }
            Action::Seal => self.lsm.seal(),
            Action::Flush => self.lsm.flush().unwrap(),
            Action::Compact => self.lsm.compact().unwrap(),
            Action::Work(steps) => _ = (0..*steps).take_while(|_| self.jobs.step_each()).count(),
            Action::Begin(share, from) => {
                let snapshot = self.seq * u64::from(*share) / 255;
                let lower = Bound::Included(&[*from][..]);
                let iter = self.lsm.iter(lower, Bound::Unbounded, Seq(snapshot)).unwrap();
                let mut sees = self.states[snapshot as usize].clone();
                sees.retain(|key, _| key >= from);
                self.walkers.push(Walker { iter, sees, at: Place::Fresh });
            }
            Action::Step(of, steps, back) => {
                if let Some(walker) = self.walker(*of) {
                    (0..*steps).for_each(|_| walker.step(*back));
                }
            }
            Action::Seek(of, to, back) => {
                if let Some(walker) = self.walker(*of) {
                    walker.seek(*to, *back);
                }
            }
        }
    }

    fn walker(&mut self, of: u8) -> Option<&mut Walker> {
        let len = self.walkers.len();
        (len > 0).then(|| &mut self.walkers[usize::from(of) % len])
    }

    /// Each snapshot in each direction, as the last thing and so with all gaps that were found.
    fn check(&mut self) {
        for (snapshot, sees) in self.states.iter().enumerate().step_by(7) {
            let iter = self.lsm.iter(Bound::Unbounded, Bound::Unbounded, Seq(snapshot as u64)).unwrap();
            let mut walker = Walker { iter, sees: sees.clone(), at: Place::Fresh };
            (0..=sees.len()).for_each(|_| walker.step(false));
            (0..=sees.len()).for_each(|_| walker.step(true));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_snapshot_sees_its_own_in_spite_of_gaps(actions in proptest::collection::vec(action(), 1..60)) {
        let mut world = World::new();
        actions.iter().for_each(|action| world.act(action));
        world.check();
        world.check();
    }
}
