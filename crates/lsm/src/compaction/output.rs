//! Where the surviving versions of a flush or compaction go: SSTables of bounded length.

use super::dropped::Dropped;
use super::retention::{Retention, Verdict};
use crate::iter::Merge;
use crate::key::Kind;
use crate::manifest::sync_dir;
use crate::sstable::{TableMeta, TableWriter};
use crate::tree::Files;
use crate::{Options, Result, Seq};
use std::sync::Arc;

/// How many bytes of input one step of a job takes.
const STEP_LEN: usize = 512 * 1024;

/// Reads a merge, judges each version, writes what stays. Abandoned, it leaves no files.
pub(crate) struct Output {
    files: Arc<Files>,
    options: Options,
    level: usize,
    merge: Merge,
    retention: Retention,
    min_seq: Seq,
    writer: Option<TableWriter>,
    done: Vec<TableMeta>,
    dropped: Dropped,
    installed: bool,
}

impl Output {
    /// For tables of `level`. `merge` must be at its first version; none of its versions may be older than `min_seq`.
    pub(crate) fn new(
        files: Arc<Files>,
        options: &Options,
        level: usize,
        merge: Merge,
        retention: Retention,
        min_seq: Seq,
    ) -> Self {
        Output {
            files,
            options: options.clone(),
            level,
            merge,
            retention,
            min_seq,
            writer: None,
            done: Vec::new(),
            dropped: Dropped::default(),
            installed: false,
        }
    }

    /// Takes a bounded piece of input. `true` when there is none left.
    pub(crate) fn step(&mut self, is_bottom: &dyn Fn(&[u8]) -> bool) -> Result<bool> {
        let mut taken = 0;
        while taken < STEP_LEN {
            let Some(source) = self.merge.here() else {
                self.finish_table()?;
                return Ok(true);
            };
            let (key, tag, value) = (source.key(), source.tag(), source.value());
            taken += key.len() + value.len() + 16;
            match self.retention.judge(key, tag, || is_bottom(key)) {
                Verdict::Keep => {
                    // All versions of a key stay in one table, so that runs are disjoint in keys.
                    let is_full = |writer: &TableWriter| writer.len() >= self.options.table_len;
                    if let Some(full) =
                        self.writer.take_if(|writer| is_full(writer) && !writer.ends_with(key))
                    {
                        self.done.push(full.finish()?);
                    }
                    let writer = match &mut self.writer {
                        Some(writer) => writer,
                        none => none.insert(self.files.create_table(
                            self.level,
                            self.min_seq,
                            self.retention.purged(),
                            &self.options,
                        )?),
                    };
                    writer.add(key, tag, value)?;
                }
                Verdict::Drop if tag.kind() == Kind::Put => self.dropped.push(key, tag.seq(), value),
                Verdict::Drop | Verdict::Repeat => {}
            }
            self.merge.next()?;
        }
        Ok(false)
    }

    /// Makes the names of the finished tables durable and hands them out.
    pub(crate) fn tables(&mut self) -> Result<Vec<TableMeta>> {
        if !self.done.is_empty() {
            sync_dir(&self.files.env, &self.files.dir)?;
        }
        Ok(self.done.clone())
    }

    /// The tables are in a version (or may be): from here on they are not ours to remove.
    pub(crate) fn set_installed(&mut self) {
        self.installed = true;
    }

    pub(crate) fn dropped(&self) -> &Dropped {
        &self.dropped
    }

    fn finish_table(&mut self) -> Result<()> {
        if let Some(writer) = self.writer.take() {
            self.done.push(writer.finish()?);
        }
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.installed {
            for meta in &self.done {
                self.files.remove_table(meta.id);
            }
        }
    }
}
