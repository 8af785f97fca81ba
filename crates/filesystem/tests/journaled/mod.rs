//! A heap with the journal that a store would keep, held in memory, and a model of what the heap must hold.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use filesystem::{
    Error, Heap, HeapOptions, MemoryPool, NotDurable, Packed, Placement, Redo, SpaceId, TupleLoc, WriteAhead,
};
use journal::Lsn;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vfs::Env;

/// How far the journal is durable. Whoever asks for more gets it, as if it had been synced.
#[derive(Default)]
pub(crate) struct DurableUpTo(AtomicU64);

impl WriteAhead for DurableUpTo {
    fn durable(&self) -> Lsn {
        Lsn(self.0.load(Ordering::SeqCst))
    }
    fn ensure_durable(&self, lsn: Lsn) -> Result<(), NotDurable> {
        self.0.fetch_max(lsn.0, Ordering::SeqCst);
        Ok(())
    }
}

/// One change in a record.
#[derive(Clone)]
pub(crate) enum Change {
    Write { space: SpaceId, placement: Placement, created: u64, packed: Vec<u8>, tuple: Vec<u8> },
    End { space: SpaceId, loc: TupleLoc, created: u64, ended: u64 },
    Free { space: SpaceId, loc: TupleLoc, created: u64 },
    Drop { space: SpaceId },
}

/// What a tuple must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) created: u64,
    pub(crate) ended: Option<u64>,
    pub(crate) tuple: Vec<u8>,
}

pub(crate) type Model = BTreeMap<(SpaceId, TupleLoc), Expected>;

/// A seeded source of choices (splitmix64).
pub(crate) struct Choices(pub(crate) u64);

impl Choices {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % n
    }
}

pub(crate) struct Journaled {
    pub(crate) heap: Heap,
    pub(crate) pool: MemoryPool,
    pub(crate) model: Model,
    durable: Arc<DurableUpTo>,
    /// Every record so far: its end, and what it changes.
    records: Vec<(Lsn, Vec<Change>)>,
    end: Lsn,
    replay_from: Lsn,
    pool_len: usize,
}

const DIR: &str = "/db";

/// What a store has on disk beside the heap: its journal, and where to replay it from.
#[derive(Clone)]
pub(crate) struct Kept {
    records: Vec<(Lsn, Vec<Change>)>,
    durable: Lsn,
    replay_from: Lsn,
    pool_len: usize,
}

impl Kept {
    /// Opens the heap and replays the journal.
    pub(crate) fn recover(self, env: &Env) -> Result<Journaled, Error> {
        let Kept { records, durable: end, replay_from, pool_len } = self;
        let (durable, pool) = (Arc::new(DurableUpTo(AtomicU64::new(end.0))), MemoryPool::new(pool_len));
        let heap = open(env, &pool, &durable)?;
        let mut model = Model::new();
        records.iter().flat_map(|(_, changes)| changes).for_each(|change| note(&mut model, change));
        let behind = records.partition_point(|(lsn, _)| *lsn <= replay_from);
        replay(&heap, &records[behind..])?;
        Ok(Journaled { heap, pool, model, durable, records, end, replay_from, pool_len })
    }
}

impl Journaled {
    pub(crate) fn create(env: &Env, pool_len: usize) -> Journaled {
        env.fs.create_dir_all(Path::new(DIR)).unwrap();
        let (durable, pool) = (Arc::<DurableUpTo>::default(), MemoryPool::new(pool_len));
        let heap = open(env, &pool, &durable).unwrap();
        Journaled {
            heap,
            pool,
            model: Model::new(),
            durable,
            records: Vec::new(),
            end: Lsn(0),
            replay_from: Lsn(0),
            pool_len,
        }
    }

    /// The process ends and starts again over `env`.
    pub(crate) fn reopen(self, env: &Env) -> Result<Journaled, Error> {
        self.die().recover(env)
    }

    /// The process ends: what the journal did not sync is gone.
    pub(crate) fn die(self) -> Kept {
        let durable = self.durable.durable();
        let Journaled { mut records, replay_from, pool_len, .. } = self;
        records.retain(|(lsn, _)| *lsn <= durable);
        Kept { records, durable, replay_from, pool_len }
    }

    /// Appends a record and applies it.
    pub(crate) fn commit(&mut self, changes: Vec<Change>) -> Result<(), Error> {
        let len: usize = 24 + changes.len();
        self.end = Lsn(self.end.0 + len as u64);
        let applied = changes.iter().try_for_each(|change| apply(&self.heap, change, self.end));
        changes.iter().for_each(|change| note(&mut self.model, change));
        self.records.push((self.end, changes));
        applied
    }

    /// The journal is synced up to its end.
    pub(crate) fn sync(&self) {
        self.durable.0.fetch_max(self.end.0, Ordering::SeqCst);
    }

    pub(crate) fn checkpoint(&mut self) -> Result<(), Error> {
        let from = self.end;
        self.heap.checkpoint()?;
        self.replay_from = from;
        self.heap.replay_starts_at(from);
        Ok(())
    }

    /// Does something at random. A space in `1..=3` may be dropped; others take its place.
    pub(crate) fn step(&mut self, choices: &mut Choices, now: u64) -> Result<(), Error> {
        match choices.below(20) {
            0..=7 => self.insert(choices, now),
            8..=10 => self.supersede(choices, now),
            11..=13 => self.vacuum(choices),
            14 => self.place_in_vain(choices),
            15 => self.heap.write_back(choices.below(6) as usize).map(drop),
            // The store fails to note where to replay from: the checkpoint before still holds.
            16 if choices.below(3) == 0 => self.heap.checkpoint(),
            16 => self.checkpoint(),
            17 if choices.below(3) == 0 => {
                let space = SpaceId(self.space_generation() * 3 + choices.below(3) as u32);
                self.commit(vec![Change::Drop { space }])
            }
            _ => {
                self.sync();
                Ok(())
            }
        }
    }

    fn space_generation(&self) -> u32 {
        let drops = |(_, changes): &(Lsn, Vec<Change>)| matches!(changes[..], [Change::Drop { .. }]);
        self.records.iter().filter(|record| drops(record)).count() as u32
    }

    fn any_space(&self, choices: &mut Choices) -> SpaceId {
        // A drop moves on to fresh ids: an id is never used twice.
        SpaceId(self.space_generation() * 3 + choices.below(3) as u32)
    }

    pub(crate) fn write_of(&self, space: SpaceId, created: u64, tuple: Vec<u8>) -> Result<Change, Error> {
        let packed = Packed::new(&tuple);
        let placement = self.heap.place(space, &packed)?;
        let packed = packed.bytes().to_vec();
        Ok(Change::Write { space, placement, created, packed, tuple })
    }

    fn insert(&mut self, choices: &mut Choices, now: u64) -> Result<(), Error> {
        let space = self.any_space(choices);
        let mut changes = Vec::new();
        for _ in 0..=choices.below(12) {
            changes.push(self.write_of(space, now, some_tuple(choices))?);
        }
        self.commit(changes)
    }

    fn supersede(&mut self, choices: &mut Choices, now: u64) -> Result<(), Error> {
        let mut changes = Vec::new();
        for (space, loc, version) in self.some_of(choices, |version| version.ended.is_none()) {
            changes.push(Change::End { space, loc, created: version.created, ended: now });
            if choices.below(3) > 0 {
                changes.push(self.write_of(space, now, some_tuple(choices))?);
            }
        }
        self.commit(changes)
    }

    fn vacuum(&mut self, choices: &mut Choices) -> Result<(), Error> {
        let ended = self.some_of(choices, |version| version.ended.is_some());
        let free = |(space, loc, version): (SpaceId, TupleLoc, Expected)| Change::Free {
            space,
            loc,
            created: version.created,
        };
        self.commit(ended.into_iter().map(free).collect())
    }

    fn place_in_vain(&mut self, choices: &mut Choices) -> Result<(), Error> {
        let space = self.any_space(choices);
        let tuple = some_tuple(choices);
        let placement = self.heap.place(space, &Packed::new(&tuple))?;
        if choices.below(2) == 0 {
            self.heap.unplace(space, placement);
        }
        Ok(())
    }

    fn some_of(
        &self,
        choices: &mut Choices,
        wanted: impl Fn(&Expected) -> bool,
    ) -> Vec<(SpaceId, TupleLoc, Expected)> {
        let one_in = 1 + choices.below(6);
        let all = self.model.iter().filter(|(_, version)| wanted(version));
        let some: Vec<_> = all.filter(|_| choices.below(one_in) == 0).take(40).collect();
        some.into_iter().map(|((space, loc), version)| (*space, *loc, version.clone())).collect()
    }

    /// Everything that is read, by location and by extent, is what the model says.
    pub(crate) fn check(&self) {
        for ((space, loc), expected) in &self.model {
            let found = self.heap.read(*space, *loc).unwrap();
            assert_eq!(found.created(), expected.created, "{space:?} {loc}");
            assert_eq!(found.ended(), expected.ended, "{space:?} {loc}");
            assert!(found[..] == expected.tuple[..], "{space:?} {loc}: other bytes");
        }
        let spaces = 0..=self.space_generation() * 3 + 3;
        let mut found = Model::new();
        for space in spaces.map(SpaceId) {
            let blocks = self.heap.block_count(space);
            let mut from = 0;
            while from < blocks {
                let note = &mut |loc, created, ended, tuple: &[u8]| {
                    found.insert((space, loc), Expected { created, ended, tuple: tuple.to_vec() });
                    ControlFlow::Continue(())
                };
                from = self.heap.scan(space, from, 5, note).unwrap();
            }
        }
        assert!(found.keys().eq(self.model.keys()), "a scan finds other locations than were written");
        assert!(found == self.model, "a scan finds other tuples than were written");
        assert!(self.pool.used() <= self.pool.cap());
    }
}

fn open(env: &Env, pool: &MemoryPool, durable: &Arc<DurableUpTo>) -> Result<Heap, Error> {
    let options = HeapOptions { cache_len_max: Some(pool.cap()), write_batch_pages: 8 };
    Heap::open(env, Path::new(DIR), pool.clone(), durable.clone(), options)
}

/// Record by record or, two times out of three, so many at once.
fn replay(heap: &Heap, records: &[(Lsn, Vec<Change>)]) -> Result<(), Error> {
    let count = [1, 7, 40][records.len() % 3];
    let mut redo = Redo::default();
    for some in records.chunks(count) {
        for (lsn, change) in
            some.iter().flat_map(|(lsn, changes)| changes.iter().map(|change| (*lsn, change)))
        {
            match change {
                Change::Drop { .. } => {
                    heap.redo(&mut redo)?;
                    apply(heap, change, lsn)?;
                }
                change if count == 1 => apply(heap, change, lsn)?,
                change => collect(&mut redo, change, lsn),
            }
        }
        heap.redo(&mut redo)?;
    }
    Ok(())
}

fn collect(redo: &mut Redo, change: &Change, lsn: Lsn) {
    match change {
        Change::Write { space, placement, created, packed, .. } => {
            redo.write(*space, *placement, *created, packed, lsn);
        }
        Change::End { space, loc, created, ended } => redo.end(*space, *loc, *created, *ended, lsn),
        Change::Free { space, loc, created } => redo.free(*space, *loc, *created, lsn),
        Change::Drop { .. } => unreachable!("a drop is applied at once"),
    }
}

fn apply(heap: &Heap, change: &Change, lsn: Lsn) -> Result<(), Error> {
    match change {
        Change::Write { space, placement, created, packed, .. } => {
            heap.write(*space, *placement, *created, packed, lsn)
        }
        Change::End { space, loc, created, ended } => heap.end(*space, *loc, *created, *ended, lsn),
        Change::Free { space, loc, created } => heap.free(*space, *loc, *created, lsn),
        Change::Drop { space } => heap.drop_space(*space, lsn),
    }
}

fn note(model: &mut Model, change: &Change) {
    match change.clone() {
        Change::Write { space, placement, created, tuple, .. } => {
            let before = model.insert((space, placement.loc), Expected { created, ended: None, tuple });
            assert_eq!(before, None, "{} was placed while in use", placement.loc);
        }
        Change::End { space, loc, ended, .. } => {
            model.get_mut(&(space, loc)).unwrap().ended = Some(ended);
        }
        Change::Free { space, loc, .. } => {
            model.remove(&(space, loc)).unwrap();
        }
        // The test moves on to other spaces after a drop, so all tuples of the old ones go with it.
        Change::Drop { space } => model.retain(|(other, _), _| *other != space),
    }
}

/// Mostly small tuples; some that compress, some that need a run of blocks.
fn some_tuple(choices: &mut Choices) -> Vec<u8> {
    let len = match choices.below(16) {
        0 => 2_000 + choices.below(40_000),
        1..=3 => choices.below(2_100),
        _ => choices.below(300),
    };
    let noisy = choices.below(2) == 0;
    (0..len).map(|at| if noisy { choices.below(256) as u8 } else { (at / 100) as u8 }).collect()
}
