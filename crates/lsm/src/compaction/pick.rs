//! What to compact next.
//!
//! Level targets are computed from the bottom, so that about nine tenths of the data lie in the last
//! level whatever the size of the tree: the last level's target is its length, each level above it has
//! a tenth, and levels whose target would be below the base length stay empty. Level 0 is compacted
//! into the first level that is in use.
//!
//! That is what *must* be done, and it leaves a small tree loose: some memtables in level 0 and a base level may
//! be as much again as the last level, all of it perhaps newer versions of what lies there. So there is a second, lower
//! bar for times in which nobody writes much: [`spare`] goes on until no more than a quarter of the last level lies above
//! it. Each of its plans moves tables down, so it comes to rest.

use crate::sstable::Table;
use crate::version::{LAST_LEVEL, LEVEL_COUNT, Version};
use crate::{Options, Seq};
use std::sync::Arc;

/// A piece of compaction work.
pub(crate) struct Plan {
    pub(crate) inputs: Vec<(usize, Arc<Table>)>,
    pub(crate) output_level: usize,
    /// The inputs need not be rewritten: they become part of the output level as they are.
    pub(crate) is_move: bool,
}

/// How much work must be worth to be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bar {
    /// The shape of the tree demands it.
    Due,
    /// It gives space back, and makes reads look into fewer tables.
    Spare,
}

/// At rest no more than this part of the last level lies above it.
const LOOSE_PART: u64 = 4;
/// What is less than this part of a memtable is not worth the files.
const CRUMB_PART: u64 = 8;

/// Where the last compaction of each level ended; the next begins behind it.
#[derive(Default)]
pub(crate) struct RoundRobin {
    ends: [Vec<u8>; LEVEL_COUNT],
}

/// The level that level 0 is compacted into, and the length that each level should not exceed.
pub(crate) fn targets(version: &Version, options: &Options) -> (usize, [u64; LEVEL_COUNT]) {
    let mut targets = [u64::MAX; LEVEL_COUNT];
    let deepest = (1..LEVEL_COUNT).map(|level| version.level_len(level)).max().unwrap_or(0);
    let mut target = deepest.max(options.base_level_len);
    let mut base = LAST_LEVEL;
    targets[LAST_LEVEL] = u64::MAX;
    while base > 1 && target > options.base_level_len {
        target /= options.level_factor.max(2);
        base -= 1;
        targets[base] = target.max(options.base_level_len);
    }
    // What lies above the base level, from a time when the tree was smaller or larger, moves down.
    targets[1..base].fill(0);
    (base, targets)
}

/// The most urgent work, if any is due.
pub(crate) fn pick(
    version: &Version,
    options: &Options,
    oldest: Seq,
    round: &mut RoundRobin,
) -> Option<Plan> {
    let (base, targets) = targets(version, options);
    let level0_score = version.levels[0].len() as f64 / options.level0_tables.max(1) as f64;
    let scores = (1..LAST_LEVEL).map(|level| {
        let len = version.level_len(level) as f64;
        (level, if len == 0.0 { 0.0 } else { len / targets[level].max(1) as f64 })
    });
    let (level, score) =
        scores.fold((0, level0_score), |best, next| if next.1 > best.1 { next } else { best });
    if score > 1.0 || level == 0 && score >= 1.0 {
        return Some(match level {
            0 => from_level0(version, base),
            _ => from_level(version, level, round),
        });
    }
    purge(version, oldest)
}

/// Whether more lies above the last level than should at rest.
pub(crate) fn is_loose(version: &Version, options: &Options) -> bool {
    let above: u64 = (0..LAST_LEVEL).map(|level| version.level_len(level)).sum();
    let crumb = options.memtable_len as u64 / CRUMB_PART;
    above > crumb.max(version.level_len(LAST_LEVEL) / LOOSE_PART)
}

/// Work for a time in which nothing is due, if the tree is loose: its newest tables move down.
pub(crate) fn spare(version: &Version, options: &Options, round: &mut RoundRobin) -> Option<Plan> {
    if !is_loose(version, options) {
        return None;
    }
    let uppermost = (0..LAST_LEVEL).find(|&level| !version.levels[level].is_empty())?;
    Some(match uppermost {
        0 => from_level0(version, targets(version, options).0),
        level => from_level(version, level, round),
    })
}

/// Everything into the last level.
pub(crate) fn everything(version: &Version) -> Option<Plan> {
    let inputs: Vec<_> = version.tables().map(|(level, table)| (level, table.clone())).collect();
    (!inputs.is_empty()).then_some(Plan { inputs, output_level: LAST_LEVEL, is_move: false })
}

fn from_level0(version: &Version, base: usize) -> Plan {
    let level0 = &version.levels[0];
    // Ascending loads leave disjoint tables: the oldest can sink as it is.
    if let Some((oldest, newer)) = level0.split_last() {
        let (smallest, largest) = (&oldest.meta.properties.smallest, &oldest.meta.properties.largest);
        let alone = newer.iter().all(|table| !table.meta.overlaps(smallest, largest));
        if alone && (1..=base).all(|level| version.overlapping(level, smallest, largest).is_empty()) {
            return Plan { inputs: vec![(0, oldest.clone())], output_level: base, is_move: true };
        }
    }
    let mut inputs: Vec<_> = level0.iter().map(|table| (0, table.clone())).collect();
    for level in 1..=base {
        // Data must not pass what is older in a level above the base that is not empty yet; and what
        // joins from there widens the range.
        let (smallest, largest) = key_range(&inputs);
        inputs
            .extend(version.overlapping(level, &smallest, &largest).into_iter().map(|table| (level, table)));
    }
    Plan { inputs, output_level: base, is_move: false }
}

fn from_level(version: &Version, level: usize, round: &mut RoundRobin) -> Plan {
    let run = &version.levels[level];
    let after = run.partition_point(|table| table.meta.properties.smallest <= round.ends[level]);
    let table = run.get(after).or(run.first()).cloned();
    let Some(table) = table else { unreachable!("level {level} is over its target, so not empty") };
    round.ends[level].clone_from(&table.meta.properties.largest);
    let (smallest, largest) = (&table.meta.properties.smallest, &table.meta.properties.largest);
    let below = version.overlapping(level + 1, smallest, largest);
    let is_move = below.is_empty();
    let inputs = std::iter::once((level, table)).chain(below.into_iter().map(|table| (level + 1, table)));
    Plan { inputs: inputs.collect(), output_level: level + 1, is_move }
}

/// A table that range tombstones, or versions nobody sees, have made worth rewriting in its place.
fn purge(version: &Version, oldest: Seq) -> Option<Plan> {
    let (level, table) = version.tables().find(|(level, table)| {
        let properties = &table.meta.properties;
        let covered = version.tombstones.iter().any(|tombstone| {
            tombstone.seq <= oldest
                && tombstone.seq > properties.purged.max(properties.min_seq)
                && tombstone.overlaps(&properties.smallest, &properties.largest)
        });
        let deletes = if *level == LAST_LEVEL { properties.delete_count } else { 0 };
        let useless = properties.stale_count + deletes;
        let wasteful = *level > 0 && properties.stale_seq <= oldest && useless * 4 > properties.entry_count;
        covered || wasteful
    })?;
    if level == 0 {
        return Some(from_level0(version, targets_base(version)));
    }
    Some(Plan { inputs: vec![(level, table.clone())], output_level: level, is_move: false })
}

/// A level that level 0 can be compacted into without passing anything.
fn targets_base(version: &Version) -> usize {
    (1..LEVEL_COUNT).find(|&level| !version.levels[level].is_empty()).unwrap_or(LAST_LEVEL)
}

/// The smallest and largest key of some tables.
pub(crate) fn key_range(tables: &[(usize, Arc<Table>)]) -> (Vec<u8>, Vec<u8>) {
    let properties = || tables.iter().map(|(_, table)| &table.meta.properties);
    let smallest = properties().map(|p| &p.smallest).min().cloned().unwrap_or_default();
    let largest = properties().map(|p| &p.largest).max().cloned().unwrap_or_default();
    (smallest, largest)
}
