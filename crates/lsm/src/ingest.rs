//! Bulk ingestion: a sorted stream becomes SSTables that pass no memtable.
//!
//! Each table goes into the deepest level at which nothing older lies at or above it in its range, so
//! that it is never rewritten only to sink. One edit makes all of them visible, or none.

use crate::key::{Kind, Tag, check_lens};
use crate::manifest::sync_dir;
use crate::memtable::Memtable;
use crate::sstable::{TableMeta, TableWriter};
use crate::tree::{Patience, Tree};
use crate::version::{Edit, LAST_LEVEL, Version};
use crate::{Error, Op, Result, Seq};
use journal::Lsn;
use std::sync::Arc;

/// A bulk load under way: the changes of one commit, in key order. The commit gets its seq when it is installed;
/// until then others may come first. Dropped before that, it leaves nothing behind.
pub struct Ingestion {
    tree: Arc<Tree>,
    writer: Option<TableWriter>,
    tables: Vec<TableMeta>,
    last: Vec<u8>,
    count: u64,
    /// The names of the tables are durable.
    synced: bool,
    installed: bool,
}

impl Ingestion {
    pub(crate) fn new(tree: Arc<Tree>) -> Self {
        Ingestion {
            tree,
            writer: None,
            tables: Vec::new(),
            last: Vec::new(),
            count: 0,
            synced: false,
            installed: false,
        }
    }

    /// Adds a change; keys come in strictly ascending order.
    pub fn add(&mut self, key: &[u8], op: Op<'_>) -> Result<()> {
        let (kind, value) = match op {
            Op::Put(value) => (Kind::Put, value),
            Op::Delete => (Kind::Delete, &[][..]),
        };
        check_lens(key, value)?;
        if self.count > 0 && self.last.as_slice() >= key {
            return Err(Error::NotSorted { index: self.count });
        }
        self.last.clear();
        self.last.extend_from_slice(key);
        self.count += 1;
        if self.writer.as_ref().is_some_and(|writer| writer.len() >= self.tree.options.table_len) {
            self.cut()?;
        }
        let writer = match &mut self.writer {
            Some(open) => open,
            none => none.insert(self.tree.files.create_table(0, Seq(0), Seq(0), &self.tree.options)?),
        };
        writer.add(key, Tag::new(Seq(0), kind), value)
    }

    /// Closes the table at hand. To be called before a wide gap in the keys: a table across it would be in
    /// the way of all that lies in the gap.
    pub fn cut(&mut self) -> Result<()> {
        if let Some(full) = self.writer.take() {
            self.tables.push(full.finish()?);
            self.synced = false;
        }
        Ok(())
    }

    /// A bounded piece of what [`prepare`](Self::prepare) does; `true` once all of it is done. Others may write
    /// meanwhile: what they write after the first call is left to `prepare`.
    pub fn prepare_some(&mut self) -> Result<bool> {
        let is_first = self.writer.is_some() || !self.synced;
        self.make_durable()?;
        let _writing = self.tree.writing.lock();
        if is_first {
            self.tree.rotate_overlapping(&self.tables);
        }
        self.tree.flush_overlapping_some(&self.tables)
    }

    /// Makes the tables durable, and writes out what memory holds of their ranges: what is left to
    /// [`install`](Self::install) needs next to no room on the disk if nobody writes between the two.
    pub fn prepare(&mut self) -> Result<()> {
        self.make_durable()?;
        let _writing = self.tree.writing.lock();
        self.tree.flush_overlapping(&self.tables)
    }

    fn make_durable(&mut self) -> Result<()> {
        self.cut()?;
        if !self.synced {
            sync_dir(&self.tree.files.env, &self.tree.files.dir)?;
            self.synced = true;
        }
        Ok(())
    }

    /// Makes the changes visible as those of commit `seq`, and durable, all or nothing. The journal holds the
    /// commit up to `lsn`, which is waited for (I-1). The seq must be above that of every commit before. After a full
    /// disk ([`Error::is_full`]) it may be called again.
    pub fn install(&mut self, seq: Seq, lsn: Lsn) -> Result<()> {
        if self.count == 0 || self.installed {
            return Ok(());
        }
        self.prepare()?;
        self.tree.check_poison()?;
        self.tree.is_journal_durable(lsn, Patience::Wait)?;
        let _writing = self.tree.writing.lock();
        self.tree.flush_overlapping(&self.tables)?;
        // No compaction may install its result between the choice of the levels and the edit.
        let compaction = self.tree.compaction.lock();
        let version = self.tree.state().version.clone();
        let level = |meta: &TableMeta| {
            let (smallest, largest) = range(meta);
            match compaction.touches(smallest, largest) {
                true => 0,
                false => deepest_free_level(&version, smallest, largest),
            }
        };
        // Copies are given the seq: they may be refused room, and then it is given once more.
        let committed = self.tables.iter().map(|meta| {
            let mut meta = meta.clone();
            meta.commit_at(seq);
            (level(&meta), meta)
        });
        let added = committed.collect();
        let writing = self.tree.gaps.writing();
        let committed = self.tree.commit(&Edit { added, ..Edit::default() }, |_| {});
        self.tree.gaps.turn_over();
        self.tables.iter().map(range).for_each(|(smallest, largest)| writing.put_all(smallest, largest));
        // Unless it was refused outright, the manifest may name the new files: they must stay.
        self.installed = !matches!(committed, Err(Error::NoSpace { .. }));
        committed
    }
}

impl Drop for Ingestion {
    fn drop(&mut self) {
        if !self.installed {
            for meta in &self.tables {
                self.tree.files.remove_table(meta.id);
            }
        }
    }
}

impl Tree {
    /// What is in memory is older than what is ingested, so it must not lie above it. The caller holds
    /// `writing`.
    fn flush_overlapping(&self, tables: &[TableMeta]) -> Result<()> {
        self.rotate_overlapping(tables);
        while !self.flush_overlapping_some(tables)? {}
        Ok(())
    }

    fn rotate_overlapping(&self, tables: &[TableMeta]) {
        if overlaps(&self.state().active, tables) {
            self.rotate();
        }
    }

    /// A bounded piece of the flush of what is sealed; `true` once there is nothing left of it in the way.
    fn flush_overlapping_some(&self, tables: &[TableMeta]) -> Result<bool> {
        if self.state().sealed.iter().any(|memtable| overlaps(memtable, tables)) {
            self.flush_step(Patience::Wait)?;
        }
        Ok(!self.state().sealed.iter().any(|memtable| overlaps(memtable, tables)))
    }
}

fn overlaps(memtable: &Memtable, tables: &[TableMeta]) -> bool {
    tables.iter().map(range).any(|(smallest, largest)| memtable.overlaps(smallest, largest))
}

fn range(meta: &TableMeta) -> (&[u8], &[u8]) {
    (&meta.properties.smallest, &meta.properties.largest)
}

fn deepest_free_level(version: &Version, smallest: &[u8], largest: &[u8]) -> usize {
    let occupied = (0..=LAST_LEVEL).find(|&level| !version.overlapping(level, smallest, largest).is_empty());
    occupied.map_or(LAST_LEVEL, |level| level.saturating_sub(1))
}
