//! A version: the immutable list of live SSTables, by level.
//!
//! Level 0 holds whole memtables, newest first, which overlap. Each deeper level is one run: its
//! tables are disjoint and in key order, and everything in it is older than what lies above it.
//! Invariant, checked whenever a version is made: levels 1 and deeper are sorted and disjoint.

use crate::key::Tag;
use crate::sstable::{Table, TableMeta};
use crate::tombstone::{RangeTombstone, Tombstones};
use crate::{Result, Seq, Value};
use journal::Lsn;
use std::sync::Arc;

pub(crate) const LEVEL_COUNT: usize = 7;
pub(crate) const LAST_LEVEL: usize = LEVEL_COUNT - 1;

#[derive(Clone, Default)]
pub(crate) struct Version {
    pub(crate) levels: [Vec<Arc<Table>>; LEVEL_COUNT],
    pub(crate) tombstones: Arc<Tombstones>,
    /// Everything committed up to here is in the tables.
    pub(crate) flushed: Seq,
    pub(crate) flushed_lsn: Lsn,
}

/// A change from one version to the next, as the manifest records it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) added: Vec<(usize, TableMeta)>,
    pub(crate) removed: Vec<u64>,
    pub(crate) tombstones_added: Vec<RangeTombstone>,
    pub(crate) tombstones_removed: Vec<RangeTombstone>,
    pub(crate) flushed: Option<(Seq, Lsn)>,
    pub(crate) next_file: Option<u64>,
}

impl Version {
    /// A version of these tables only.
    pub(crate) fn of(tables: &[(usize, Arc<Table>)]) -> Version {
        let mut version = Version::default();
        for (level, table) in tables {
            version.levels[*level].push(table.clone());
        }
        version.sort();
        version
    }

    /// The version after `edit`, whose added tables have been opened as `opened`.
    pub(crate) fn after(&self, edit: &Edit, opened: Vec<(usize, Arc<Table>)>) -> Version {
        let mut next = self.clone();
        for level in &mut next.levels {
            level.retain(|table| !edit.removed.contains(&table.meta.id));
        }
        for (level, table) in opened {
            next.levels[level].push(table);
        }
        next.sort();
        if !edit.tombstones_added.is_empty() || !edit.tombstones_removed.is_empty() {
            let kept = self.tombstones.iter().filter(|old| !edit.tombstones_removed.contains(old));
            let all = kept.chain(&edit.tombstones_added).cloned();
            next.tombstones = Arc::new(Tombstones::new(all));
        }
        if let Some((seq, lsn)) = edit.flushed {
            next.flushed = next.flushed.max(seq);
            next.flushed_lsn = next.flushed_lsn.max(lsn);
        }
        assert!(next.is_sorted(), "tables of a run overlap");
        next
    }

    /// Puts level 0 in order of age, of which sequence numbers tell (ids do not: a bulk load has its ids
    /// before the flush that must go below it), and the others in key order.
    pub(crate) fn sort(&mut self) {
        let (level0, runs) = self.levels.split_at_mut(1);
        level0[0].sort_by_key(|table| std::cmp::Reverse((table.meta.properties.max_seq, table.meta.id)));
        for run in runs {
            run.sort_by(|a, b| a.meta.properties.smallest.cmp(&b.meta.properties.smallest));
        }
    }

    /// Whether every level below 0 is in order and disjoint.
    pub(crate) fn is_sorted(&self) -> bool {
        self.levels[1..]
            .iter()
            .all(|run| run.is_sorted_by(|a, b| a.meta.properties.largest < b.meta.properties.smallest))
    }

    /// The newest version of `key` in the tables that `snapshot` sees.
    pub(crate) fn get(&self, key: &[u8], hash: u64, snapshot: Seq) -> Result<Option<(Tag, Value)>> {
        for table in self.levels[0].iter().filter(|table| table.meta.overlaps(key, key)) {
            if let Some(found) = table.get(key, hash, snapshot)? {
                return Ok(Some(found));
            }
        }
        for run in &self.levels[1..] {
            let index = run.partition_point(|table| *table.meta.properties.largest < *key);
            let Some(table) = run.get(index).filter(|table| *table.meta.properties.smallest <= *key) else {
                continue;
            };
            if let Some(found) = table.get(key, hash, snapshot)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = (usize, &Arc<Table>)> {
        self.levels
            .iter()
            .enumerate()
            .flat_map(|(level, tables)| tables.iter().map(move |table| (level, table)))
    }

    /// The tables of `level` that may hold keys of `smallest..=largest`.
    pub(crate) fn overlapping(&self, level: usize, smallest: &[u8], largest: &[u8]) -> Vec<Arc<Table>> {
        let overlapping = self.levels[level].iter().filter(|table| table.meta.overlaps(smallest, largest));
        overlapping.cloned().collect()
    }

    /// Whether no table below `level` can hold `key`, so that a deletion has nothing left to hide.
    pub(crate) fn is_bottom_for(&self, level: usize, key: &[u8]) -> bool {
        self.levels[level + 1..].iter().all(|run| {
            let index = run.partition_point(|table| *table.meta.properties.largest < *key);
            run.get(index).is_none_or(|table| *key < *table.meta.properties.smallest)
        })
    }

    pub(crate) fn level_len(&self, level: usize) -> u64 {
        self.levels[level].iter().map(|table| table.meta.len).sum()
    }

    /// The edit that makes this version out of nothing.
    pub(crate) fn as_edit(&self, next_file: u64) -> Edit {
        Edit {
            added: self.tables().map(|(level, table)| (level, table.meta.clone())).collect(),
            tombstones_added: self.tombstones.iter().cloned().collect(),
            flushed: Some((self.flushed, self.flushed_lsn)),
            next_file: Some(next_file),
            ..Edit::default()
        }
    }
}
