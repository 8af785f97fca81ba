//! The tree against a plain map of all versions, under random operations.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use lsm::{Compression, LevelCompression, Lsm, Op, Options, Seq};
use parking_lot::Mutex;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

type Key = Vec<u8>;

#[derive(Clone, Debug)]
enum Action {
    /// One commit; `None` deletes.
    Commit(Vec<(Key, Option<u16>)>),
    DeleteRange(Key, Key),
    Ingest(BTreeMap<Key, u16>),
    Seal,
    Flush,
    Compact,
    /// Some steps of the background jobs.
    Work(u8),
    Reopen,
    /// No snapshot older than this share of all commits is left.
    Advance(u8),
    Check(u8),
}

fn key() -> impl Strategy<Value = Key> {
    // Few keys, so that versions pile up; some long, so that blocks and prefixes vary.
    (0u8..24, any::<bool>())
        .prop_map(|(n, long)| if long { [&[b'k'; 30][..], &[n]].concat() } else { vec![n] })
}

fn action() -> impl Strategy<Value = Action> {
    let change = (key(), proptest::option::weighted(0.75, any::<u16>()));
    prop_oneof![
        8 => proptest::collection::vec(change, 1..12).prop_map(Action::Commit),
        1 => (key(), key()).prop_map(|(a, b)| Action::DeleteRange(a.clone().min(b.clone()), a.max(b))),
        1 => proptest::collection::btree_map(key(), any::<u16>(), 1..10).prop_map(Action::Ingest),
        1 => Just(Action::Seal),
        2 => Just(Action::Flush),
        1 => Just(Action::Compact),
        3 => (1u8..9).prop_map(Action::Work),
        1 => Just(Action::Reopen),
        2 => any::<u8>().prop_map(Action::Advance),
        3 => any::<u8>().prop_map(Action::Check),
    ]
}

#[derive(Default)]
struct Model {
    /// Per key, ascending: what each commit made of it.
    versions: BTreeMap<Key, BTreeMap<u64, Option<Vec<u8>>>>,
    seq: u64,
    oldest: u64,
}

impl Model {
    fn set(&mut self, key: &[u8], value: Option<Vec<u8>>) {
        self.versions.entry(key.to_vec()).or_default().insert(self.seq, value);
    }

    fn get(&self, key: &[u8], snapshot: u64) -> Option<(u64, &[u8])> {
        let (seq, value) = self.versions.get(key)?.range(..=snapshot).next_back()?;
        Some((*seq, value.as_deref()?))
    }

    fn scan(&self, lower: Bound<&[u8]>, upper: Bound<&[u8]>, snapshot: u64) -> Vec<(Key, u64, Vec<u8>)> {
        let within = |key: &[u8]| {
            (match lower {
                Bound::Unbounded => true,
                Bound::Included(bound) => key >= bound,
                Bound::Excluded(bound) => key > bound,
            }) && (match upper {
                Bound::Unbounded => true,
                Bound::Included(bound) => key <= bound,
                Bound::Excluded(bound) => key < bound,
            })
        };
        let keys = self.versions.keys().filter(|key| within(key));
        keys.filter_map(|key| self.get(key, snapshot).map(|(seq, v)| (key.clone(), seq, v.to_vec())))
            .collect()
    }
}

fn value_of(n: u16) -> Vec<u8> {
    // Some values are small enough to be held inline, some are not.
    n.to_le_bytes().repeat(1 + usize::from(n % 30))
}

struct World {
    env: vfs::Env,
    jobs: Arc<support::ManualJobs>,
    lsm: Option<Lsm>,
    model: Model,
    dropped: Arc<Mutex<Vec<(Key, u64)>>>,
}

impl World {
    fn new() -> Self {
        let (env, jobs) = support::env();
        let mut world = World { env, jobs, lsm: None, model: Model::default(), dropped: Arc::default() };
        world.open();
        world
    }

    fn open(&mut self) {
        self.lsm = None;
        let options = Options {
            memtable_len: 8 << 10,
            cache_len: 64 << 10,
            table_len: 2 << 10,
            block_len: 256,
            base_level_len: 4 << 10,
            level_factor: 3,
            level0_tables: 3,
            compression: LevelCompression {
                first: Compression::None,
                middle: Compression::Lz4,
                last: Compression::Zstd,
            },
            ..Options::default()
        };
        let pool = filesystem::MemoryPool::new(8 << 20);
        let lsm = Lsm::open(&self.env, Path::new("/db/lsm"), pool, options).unwrap();
        let dropped = self.dropped.clone();
        lsm.set_drop_sink(Arc::new(move |key, seq, _| dropped.lock().push((key.to_vec(), seq.0))));
        lsm.set_oldest_snapshot(Seq(self.model.oldest));
        self.lsm = Some(lsm);
    }

    fn lsm(&self) -> &Lsm {
        self.lsm.as_ref().unwrap()
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Commit(changes) => self.commit(changes),
            Action::DeleteRange(from, to) => {
                self.model.seq += 1;
                let seq = self.model.seq;
                let end = Bound::Excluded(&to[..]);
                self.lsm().delete_range(Seq(seq), journal::Lsn(seq), from, end).unwrap();
                let keys: Vec<_> =
                    self.model.versions.keys().filter(|key| *key >= from && *key < to).cloned().collect();
                keys.iter().for_each(|key| self.model.set(key, None));
            }
            Action::Ingest(pairs) => {
                self.model.seq += 1;
                let mut sorted = pairs.iter().map(|(key, n)| (key.clone(), value_of(*n)));
                self.lsm().ingest(Seq(self.model.seq), &mut sorted).unwrap();
                pairs.iter().for_each(|(key, n)| self.model.set(key, Some(value_of(*n))));
            }
            Action::Seal => self.lsm().seal(),
            Action::Flush => self.lsm().flush().unwrap(),
            Action::Compact => self.lsm().compact().unwrap(),
            Action::Work(steps) => _ = (0..*steps).take_while(|_| self.jobs.step_each()).count(),
            Action::Reopen => {
                self.lsm().flush().unwrap();
                self.open();
            }
            Action::Advance(share) => {
                let to = self.model.oldest.max(self.model.seq * u64::from(*share) / 255);
                self.model.oldest = to;
                self.lsm().set_oldest_snapshot(Seq(to));
            }
            Action::Check(share) => {
                let (oldest, newest) = (self.model.oldest, self.model.seq);
                self.check(oldest + (newest - oldest) * u64::from(*share) / 255);
            }
        }
    }

    fn commit(&mut self, changes: &[(Key, Option<u16>)]) {
        self.model.seq += 1;
        let values: Vec<_> = changes.iter().map(|(key, n)| (key, n.map(value_of))).collect();
        let mut ops = values.iter().map(|(key, value)| {
            let op = value.as_ref().map_or(Op::Delete, |value| Op::Put(value));
            (&key[..], op)
        });
        self.lsm().apply(Seq(self.model.seq), journal::Lsn(self.model.seq), &mut ops).unwrap();
        values.into_iter().for_each(|(key, value)| self.model.set(key, value));
    }

    fn check(&self, snapshot: u64) {
        let lsm = self.lsm();
        let mut keys: BTreeSet<Key> = self.model.versions.keys().cloned().collect();
        keys.insert(b"absent".to_vec());
        for key in &keys {
            let found = lsm.get(key, Seq(snapshot)).unwrap();
            let found = found.as_ref().map(|(seq, value)| (seq.0, &value[..]));
            assert_eq!(found, self.model.get(key, snapshot), "{key:?} @{snapshot}");
        }
        for (lower, upper) in bounds() {
            self.check_scan(as_slice(&lower), as_slice(&upper), snapshot);
        }
    }

    fn check_scan(&self, lower: Bound<&[u8]>, upper: Bound<&[u8]>, snapshot: u64) {
        let expected = self.model.scan(lower, upper, snapshot);
        let mut iter = self.lsm().iter(lower, upper, Seq(snapshot)).unwrap();
        let here = |iter: &lsm::Iter| (iter.key().to_vec(), iter.seq().0, iter.value().to_vec());
        for entry in &expected {
            assert!(iter.next().unwrap());
            assert_eq!(&here(&iter), entry);
        }
        assert!(!iter.next().unwrap());
        for entry in expected.iter().rev() {
            assert!(iter.prev().unwrap());
            assert_eq!(&here(&iter), entry);
        }
        assert!(!iter.prev().unwrap());
        // To and fro: each turn shows the entry that was just left.
        for pair in expected.windows(2) {
            assert!(iter.next().unwrap());
            assert_eq!(here(&iter), pair[0]);
            assert!(iter.next().unwrap());
            assert_eq!(here(&iter), pair[1]);
            assert!(iter.prev().unwrap());
            assert_eq!(here(&iter), pair[0]);
        }
        for n in 0..25u8 {
            let at = expected.iter().find(|(key, ..)| **key >= [n][..]);
            assert_eq!(iter.seek(&[n]).unwrap(), at.is_some());
            assert!(at.is_none_or(|at| *at == here(&iter)));
            let at = expected.iter().rev().find(|(key, ..)| **key <= [n][..]);
            assert_eq!(iter.seek_back(&[n]).unwrap(), at.is_some());
            assert!(at.is_none_or(|at| *at == here(&iter)));
        }
    }

    /// What the sink was told is what no snapshot that is left can see, each version once.
    fn check_dropped(&self) {
        let dropped = self.dropped.lock();
        let distinct: BTreeSet<_> = dropped.iter().collect();
        assert_eq!(distinct.len(), dropped.len(), "a version was dropped twice");
        for (key, seq) in distinct {
            let visible = (self.model.oldest..=self.model.seq)
                .any(|snapshot| self.model.get(key, snapshot).is_some_and(|(found, _)| found == *seq));
            assert!(!visible, "{key:?}#{seq} was dropped, but a snapshot sees it");
        }
    }
}

fn bounds() -> Vec<(Bound<Key>, Bound<Key>)> {
    vec![
        (Bound::Unbounded, Bound::Unbounded),
        (Bound::Included(vec![5]), Bound::Excluded(vec![9])),
        (Bound::Excluded(vec![5]), Bound::Included(vec![9])),
        (Bound::Excluded(vec![b'k'; 30]), Bound::Unbounded),
        (Bound::Included(vec![9]), Bound::Included(vec![4])),
    ]
}

fn as_slice(bound: &Bound<Key>) -> Bound<&[u8]> {
    bound.as_ref().map(|key| &key[..])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_tree_answers_as_a_map_of_versions_does(actions in proptest::collection::vec(action(), 1..80)) {
        let mut world = World::new();
        for action in &actions {
            world.act(action);
        }
        for snapshot in [world.model.oldest, world.model.seq] {
            world.check(snapshot);
        }
        world.act(&Action::Reopen);
        world.act(&Action::Compact);
        world.check(world.model.oldest);
        world.check(world.model.seq);
        world.check_dropped();
        world.lsm().verify().unwrap();
    }
}
