//! Giving back the room of versions that nobody sees any more.
//!
//! A commit knows which versions it ends. They wait here, in the order of their ends, until every snapshot
//! in use or to come is at or behind that end; then the next commit frees them in passing, or, when no
//! commit comes, a record of its own does. So a row that is updated forever takes the room of a few
//! versions, however old the entries in the tree may grow. What is lost from this queue in a crash is
//! found by compaction, which tells of each version that it drops, and by [`vacuum`], which looks at every
//! tuple.

use crate::engine::{Engine, Turn};
use crate::keyspace::split;
use crate::record::{self, Change, Changes, Version};
use crate::{KeyspaceId, Result, location, redo};
use lsm::Seq;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A record of frees has about this many.
const BATCH: usize = 1024;
/// Blocks looked at between two records.
const BLOCKS: u32 = 128;
/// No more versions than this wait to be freed; under a snapshot that is never given up the rest is left to
/// compaction and [`vacuum`].
const WAITING_MAX: usize = 1 << 20;

/// What a vacuum found and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VacuumStats {
    /// Tuples looked at.
    pub seen: u64,
    /// Versions whose room was given back, since the store was opened.
    pub freed: u64,
    /// Frees that were refused because another version, or none, lay there.
    pub refused: u64,
}

/// Versions to be freed.
#[derive(Default)]
pub(crate) struct Frees {
    /// Ended versions, oldest end first.
    ended: VecDeque<(Version, Seq)>,
    /// What was taken for a record that is not appended yet.
    taken: Vec<(Version, Seq)>,
    dropped_by_tree: Arc<Dropped>,
}

/// Versions that compaction has dropped: nobody sees them.
#[derive(Default)]
pub(crate) struct Dropped {
    versions: Mutex<Vec<Version>>,
}

impl Dropped {
    /// Compaction has dropped the entry of `key` that commit `created` wrote.
    pub(crate) fn note(&self, key: &[u8], created: Seq, value: &[u8]) {
        if let Some((keyspace, _)) = split(key)
            && !keyspace.is_index()
            && let Some(loc) = location::decode(value)
        {
            let mut versions = self.versions.lock();
            if versions.len() < WAITING_MAX {
                versions.push(Version { keyspace, loc, created });
            }
        }
    }
}

impl Frees {
    pub(crate) fn new(dropped_by_tree: Arc<Dropped>) -> Self {
        Frees { dropped_by_tree, ..Frees::default() }
    }

    /// `version` was ended by commit `ended`.
    pub(crate) fn add(&mut self, version: Version, ended: Seq) {
        if self.ended.len() < WAITING_MAX {
            self.ended.push_back((version, ended));
        }
    }

    /// `version` is freed. A replay has it wait since it met its end; it is the one that waits longest then.
    pub(crate) fn note_freed(&mut self, version: Version) {
        self.ended.pop_front_if(|(oldest, _)| *oldest == version);
    }

    /// The versions that [`Self::take`] will give next, up to `count`.
    pub(crate) fn next(&self, horizon: Seq, count: usize) -> impl Iterator<Item = Version> {
        let ended = self.ended.iter().take(count);
        ended.take_while(move |(_, ended)| *ended <= horizon).map(|(version, _)| *version)
    }

    /// Takes up to `count` versions that nobody at or behind `horizon` sees.
    pub(crate) fn take(&mut self, horizon: Seq, count: usize, mut each: impl FnMut(Version)) {
        self.taken.clear();
        while self.taken.len() < count {
            let Some((version, ended)) = self.ended.pop_front_if(|(_, ended)| *ended <= horizon) else {
                break;
            };
            each(version);
            self.taken.push((version, ended));
        }
        if self.taken.len() < count {
            let mut dropped = self.dropped_by_tree.versions.lock();
            let from = dropped.len().saturating_sub(count - self.taken.len());
            for version in dropped.drain(from..) {
                each(version);
                self.taken.push((version, Seq(0)));
            }
        }
    }

    /// A record is begun: nothing is taken for it yet.
    pub(crate) fn begin_record(&mut self) {
        self.taken.clear();
    }

    /// The record for which versions were taken was not appended.
    pub(crate) fn put_back(&mut self) {
        while let Some(back) = self.taken.pop() {
            self.ended.push_front(back);
        }
    }

    pub(crate) fn forget_keyspace(&mut self, keyspace: KeyspaceId) {
        self.ended.retain(|(version, _)| version.keyspace != keyspace);
    }
}

/// Discards keyspaces that nobody sees any more; `false` if there is none.
pub(crate) fn discard(engine: &Engine) -> Result<bool> {
    let turn = &mut *engine.turn.lock();
    engine.check_health()?;
    let mut record = Vec::new();
    let count = write_discards(turn, engine.snapshots.horizon(), &mut record);
    append(engine, turn, &record).map(|()| count > 0)
}

fn write_discards(turn: &mut Turn, horizon: Seq, record: &mut Vec<u8>) -> usize {
    let unseen = turn.dropped.iter().filter(|(_, dropped)| *dropped <= horizon);
    let mut count = 0;
    for (keyspace, _) in unseen {
        turn.frees.forget_keyspace(*keyspace);
        record::discard(record, *keyspace);
        count += 1;
    }
    count
}

/// Frees what can be freed, up to one record's worth, and discards keyspaces that nobody sees any more.
/// Returns how many changes that were.
pub(crate) fn drain(engine: &Engine) -> Result<usize> {
    let turn = &mut *engine.turn.lock();
    engine.check_health()?;
    let horizon = engine.snapshots.horizon();
    engine.lsm.set_oldest_snapshot(horizon);
    let mut record = Vec::new();
    let mut count = write_discards(turn, horizon, &mut record);
    turn.frees.take(horizon, BATCH, |version| {
        record::free(&mut record, version);
        count += 1;
    });
    let appended = append(engine, turn, &record);
    if appended.is_err() {
        turn.frees.put_back();
    }
    appended.map(|()| count)
}

/// Looks at every tuple and frees those that ended before anybody's snapshot.
pub(crate) fn vacuum(engine: &Engine) -> Result<VacuumStats> {
    while drain(engine)? > 0 {}
    let mut seen = 0;
    for keyspace in engine.table_keyspaces()? {
        let mut block = 0;
        while block < engine.heap.block_count(keyspace.space()) {
            let turn = &mut *engine.turn.lock();
            engine.check_health()?;
            let horizon = engine.snapshots.horizon();
            let mut record = Vec::new();
            block = engine.heap.scan(keyspace.space(), block, BLOCKS, &mut |loc, created, ended, _| {
                seen += 1;
                if ended.is_some_and(|ended| ended <= horizon.0) {
                    record::free(&mut record, Version { keyspace, loc, created: Seq(created) });
                }
                ControlFlow::Continue(())
            })?;
            append(engine, turn, &record)?;
        }
    }
    let turn = engine.turn.lock();
    Ok(VacuumStats { seen, freed: turn.freed, refused: turn.refused })
}

/// Journals upkeep and applies it.
fn append(engine: &Engine, turn: &mut Turn, record: &[u8]) -> Result<()> {
    if record.is_empty() {
        return Ok(());
    }
    engine.heap.repay()?;
    let lsn = engine.journal.append_lazily(record::UPKEEP, &[record])?;
    let changes = Changes::new(record);
    debug_assert!(changes.flatten().all(|change| matches!(change, Change::Free(_) | Change::Discard(_))));
    let last = turn.last_seq;
    engine.or_poison(redo::heap(engine, turn, last, lsn, changes))
}
