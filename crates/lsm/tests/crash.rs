//! Crashes and failing disks, by seed: what was flushed survives, nothing is ever wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use filesystem::MemoryPool;
use journal::Lsn;
use lsm::{Lsm, Op, Options, Seq};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use vfs::Env;
use vfs::faulty::{Call, Faulty};

const SEEDS: u64 = 150;

/// What each commit made of a key: the journal of the test.
#[derive(Default)]
struct Model {
    versions: BTreeMap<Vec<u8>, BTreeMap<u64, Option<Vec<u8>>>>,
    /// Bulk loads, and whether each was acknowledged. Their keys are nobody else's.
    ingests: BTreeMap<u64, bool>,
    seq: u64,
    /// The last commit that went through memory.
    applied: u64,
    /// What `flush` has acknowledged.
    flushed: u64,
    oldest: u64,
}

impl Model {
    fn at(&self, snapshot: u64) -> Vec<(Vec<u8>, u64, Vec<u8>)> {
        let newest = self.versions.iter().filter_map(|(key, versions)| {
            let (seq, value) = versions.range(..=snapshot).next_back()?;
            Some((key.clone(), *seq, value.clone()?))
        });
        newest.collect()
    }

    /// A crash forgets what was not flushed; the real journal would apply it again.
    fn forget_above(&mut self, flushed: u64) {
        self.versions.values_mut().for_each(|versions| versions.retain(|seq, _| *seq <= flushed));
        (self.flushed, self.applied, self.oldest) = (flushed, flushed, self.oldest.min(flushed));
    }
}

/// Versions that the drop sink was told of.
type Drops = BTreeSet<(Vec<u8>, u64)>;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

struct Life {
    lsm: Lsm,
    dropped: Arc<Mutex<Drops>>,
}

fn open(env: &Env) -> lsm::Result<Life> {
    let options = Options {
        memtable_len: 4 << 10,
        table_len: 2 << 10,
        block_len: 256,
        base_level_len: 4 << 10,
        level_factor: 3,
        level0_tables: 3,
        ..Options::default()
    };
    let lsm = Lsm::open(env, Path::new("/lsm"), MemoryPool::new(4 << 20), options)?;
    let dropped = Arc::<Mutex<Drops>>::default();
    let told = dropped.clone();
    lsm.set_drop_sink(Arc::new(move |key, seq, _| _ = told.lock().insert((key.to_vec(), seq.0))));
    Ok(Life { lsm, dropped })
}

/// Does something random until the disk fails, or `steps` times.
fn work(machine: &Faulty, life: &Life, model: &mut Model, dice: &mut Dice, steps: u64) -> lsm::Result<()> {
    for _ in 0..steps {
        match dice.roll(20) {
            0 => {
                life.lsm.flush()?;
                model.flushed = model.applied;
            }
            1 => life.lsm.seal(),
            2 => life.lsm.compact()?,
            3 => {
                model.oldest = model.oldest.max(dice.roll(model.flushed + 1));
                life.lsm.set_oldest_snapshot(Seq(model.oldest));
            }
            4 => ingest(life, model)?,
            5 => delete_range(life, model, dice)?,
            6..10 => _ = machine.step_jobs(dice.roll(12) as usize),
            _ => commit(life, model, dice)?,
        }
    }
    Ok(())
}

fn commit(life: &Life, model: &mut Model, dice: &mut Dice) -> lsm::Result<()> {
    model.seq += 1;
    let changes: Vec<_> = (0..1 + dice.roll(8))
        .map(|_| {
            let value = (dice.roll(4) > 0).then(|| vec![dice.roll(256) as u8; 1 + dice.roll(80) as usize]);
            (format!("key-{:02}", dice.roll(40)).into_bytes(), value)
        })
        .collect();
    let mut ops =
        changes.iter().map(|(key, value)| (&key[..], value.as_ref().map_or(Op::Delete, |v| Op::Put(v))));
    life.lsm.apply(Seq(model.seq), Lsn(model.seq), &mut ops)?;
    model.applied = model.seq;
    for (key, value) in changes {
        model.versions.entry(key).or_default().insert(model.seq, value);
    }
    Ok(())
}

fn delete_range(life: &Life, model: &mut Model, dice: &mut Dice) -> lsm::Result<()> {
    model.seq += 1;
    let from = dice.roll(40);
    let (from, to) = (format!("key-{from:02}"), format!("key-{:02}", from + dice.roll(6)));
    let upper = Bound::Excluded(to.as_bytes());
    life.lsm.delete_range(Seq(model.seq), Lsn(model.seq), from.as_bytes(), upper)?;
    model.applied = model.seq;
    for (_, versions) in model.versions.range_mut(from.into_bytes()..to.into_bytes()) {
        versions.insert(model.seq, None);
    }
    Ok(())
}

fn ingest(life: &Life, model: &mut Model) -> lsm::Result<()> {
    model.seq += 1;
    model.ingests.insert(model.seq, false);
    let pairs = (0..40).map(|n| (ingested_key(model.seq, n), vec![n; 40]));
    life.lsm.ingest(Seq(model.seq), &mut pairs.into_iter())?;
    model.ingests.insert(model.seq, true);
    Ok(())
}

fn ingested_key(seq: u64, n: u8) -> Vec<u8> {
    format!("load-{seq:08}-{n:03}").into_bytes()
}

/// All reads give what the model says of `flushed`, which is at least what was acknowledged.
fn check_survivor(life: &Life, model: &mut Model, dropped: &Drops) {
    let flushed = life.lsm.flushed().0;
    assert!(flushed >= model.flushed, "flushed up to {}, found {flushed}", model.flushed);
    for snapshot in [model.oldest.min(flushed), flushed] {
        check_snapshot(&life.lsm, model, snapshot, dropped);
    }
    for (seq, acknowledged) in std::mem::take(&mut model.ingests) {
        let found =
            (0..40).filter(|n| life.lsm.get(&ingested_key(seq, *n), Seq::MAX).unwrap().is_some()).count();
        assert!(found == 40 || found == 0 && !acknowledged, "{found} of 40 entries of bulk load {seq}");
        model.ingests.insert(seq, found == 40);
    }
    model.ingests.retain(|_, there| *there);
    life.lsm.verify().unwrap();
    model.forget_above(flushed);
}

fn check_snapshot(lsm: &Lsm, model: &Model, snapshot: u64, dropped: &Drops) {
    let expected = model.at(snapshot);
    let upper = Bound::Excluded(&b"load"[..]);
    let mut iter = lsm.iter(Bound::Unbounded, upper, Seq(snapshot)).unwrap();
    for (key, seq, value) in &expected {
        assert!(iter.next().unwrap(), "{} is missing @{snapshot}", key.escape_ascii());
        assert_eq!((iter.key(), iter.seq().0, iter.value()), (&key[..], *seq, &value[..]));
        assert!(!dropped.contains(&(key.clone(), *seq)), "the sink was told of a version that came back");
    }
    assert!(!iter.next().unwrap());
}

#[test]
fn what_was_flushed_survives_any_crash() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let mut model = Model::default();
        let machine = Faulty::new(seed);
        let mut dropped = Drops::new();
        for _ in 0..5 {
            machine.crash_after(1 + dice.roll(200));
            // Opening may fail too: the power went.
            if let Ok(life) = open(&machine.env()) {
                life.lsm.set_oldest_snapshot(Seq(model.oldest));
                let _ = work(&machine, &life, &mut model, &mut dice, 200);
                dropped.append(&mut life.dropped.lock());
            }
            let life = open(&machine.restart()).unwrap();
            check_survivor(&life, &mut model, &dropped);
            dropped.retain(|(_, seq)| *seq <= model.flushed);
            drop(life);
            machine.restart();
        }
    }
}

#[test]
fn a_failed_call_is_never_papered_over() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let mut model = Model::default();
        let machine = Faulty::new(seed);
        let life = open(&machine.env()).unwrap();
        let calls = [Call::Open, Call::Write, Call::Sync, Call::SyncDir, Call::Name];
        machine.fail(calls[seed as usize % calls.len()], 1 + dice.roll(30));
        let _ = work(&machine, &life, &mut model, &mut dice, 200);
        machine.forget_plan();
        // Reads go on with everything that was applied, whatever failed.
        check_snapshot(&life.lsm, &model, model.seq, &Drops::new());
        drop(life);
        let life = open(&machine.restart()).unwrap();
        check_survivor(&life, &mut model, &Drops::new());
    }
}

#[test]
fn a_full_disk_is_waited_out_and_loses_nothing() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let mut model = Model::default();
        let machine = Faulty::new(seed);
        let life = open(&machine.env()).unwrap();
        machine.limit_room(Some(500 + dice.roll(20_000)));
        while let Err(error) = work(&machine, &life, &mut model, &mut dice, 150) {
            assert!(matches!(error, lsm::Error::NoSpace { .. }), "{error}");
            check_snapshot(&life.lsm, &model, model.seq, &Drops::new());
            machine.limit_room(None);
        }
        machine.limit_room(None);
        life.lsm.flush().unwrap();
        model.flushed = model.applied;
        check_snapshot(&life.lsm, &model, model.seq, &Drops::new());
        drop(life);
        let life = open(&machine.restart()).unwrap();
        check_survivor(&life, &mut model, &Drops::new());
    }
}
