//! Bulk ingestion: a sorted stream becomes SSTables that pass neither journal nor memtable.
//!
//! The tables go into the deepest level at which nothing older lies at or above it in their range, so
//! that they are never rewritten only to sink. One edit makes all of them visible, or none.

use crate::key::{Kind, Tag, check_lens};
use crate::manifest::sync_dir;
use crate::sstable::{TableMeta, TableWriter};
use crate::tree::{Files, Patience, Tree};
use crate::version::{Edit, LAST_LEVEL, Version};
use crate::{Error, Result, Seq};
use std::sync::Arc;

impl Tree {
    pub(crate) fn ingest(
        &self,
        seq: Seq,
        sorted: &mut dyn Iterator<Item = (Vec<u8>, Vec<u8>)>,
    ) -> Result<()> {
        self.check_poison()?;
        let ingested = self.build_tables(seq, sorted)?;
        let (Some(first), Some(last)) = (ingested.tables.first(), ingested.tables.last()) else {
            return Ok(());
        };
        let (smallest, largest) = (&first.properties.smallest, &last.properties.largest);
        let _writing = self.writing.lock();
        self.flush_overlapping(smallest, largest)?;
        // No compaction may install its result between the choice of the level and the edit.
        let compaction = self.compaction.lock();
        let level = match compaction.touches(smallest, largest) {
            true => 0,
            false => deepest_free_level(&self.state().version, smallest, largest),
        };
        let edit = Edit {
            added: ingested.tables.iter().map(|meta| (level, meta.clone())).collect(),
            ..Edit::default()
        };
        let committed = self.commit(&edit, |_| {});
        if !matches!(committed, Err(Error::NoSpace { .. })) {
            ingested.keep();
        }
        committed
    }

    fn build_tables(
        &self,
        seq: Seq,
        sorted: &mut dyn Iterator<Item = (Vec<u8>, Vec<u8>)>,
    ) -> Result<Ingested> {
        let mut ingested = Ingested { files: self.files.clone(), tables: Vec::new() };
        let mut writer: Option<TableWriter> = None;
        let mut last: Option<Vec<u8>> = None;
        for (index, (key, value)) in sorted.enumerate() {
            check_lens(&key, &value)?;
            if last.as_ref().is_some_and(|last| *last >= key) {
                return Err(Error::NotSorted { index: index as u64 });
            }
            if let Some(full) = writer.take_if(|writer| writer.len() >= self.options.table_len) {
                ingested.tables.push(full.finish()?);
            }
            let open = match &mut writer {
                Some(open) => open,
                none => none.insert(self.files.create_table(seq, Seq(0), &self.options)?),
            };
            open.add(&key, Tag::new(seq, Kind::Put), &value)?;
            last = Some(key);
        }
        if let Some(writer) = writer {
            ingested.tables.push(writer.finish()?);
            sync_dir(&self.files.env, &self.files.dir)?;
        }
        Ok(ingested)
    }

    /// What is in memory is older than what is ingested, so it must not lie above it.
    fn flush_overlapping(&self, smallest: &[u8], largest: &[u8]) -> Result<()> {
        if self.state().active.overlaps(smallest, largest) {
            self.rotate();
        }
        while self.state().sealed.iter().any(|memtable| memtable.overlaps(smallest, largest)) {
            self.flush_step(Patience::Wait)?;
        }
        Ok(())
    }
}

/// Finished tables; removed again unless an edit took them over.
struct Ingested {
    files: Arc<Files>,
    tables: Vec<TableMeta>,
}

impl Ingested {
    fn keep(mut self) {
        self.tables.clear();
    }
}

impl Drop for Ingested {
    fn drop(&mut self) {
        for meta in &self.tables {
            self.files.remove_table(meta.id);
        }
    }
}

fn deepest_free_level(version: &Version, smallest: &[u8], largest: &[u8]) -> usize {
    let occupied = (0..=LAST_LEVEL).find(|&level| !version.overlapping(level, smallest, largest).is_empty());
    occupied.map_or(LAST_LEVEL, |level| level.saturating_sub(1))
}
