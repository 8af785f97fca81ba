//! Writes an SSTable from versions in order.

use super::block::BlockBuilder;
use super::{FORMAT, Handle, MAGIC, Properties, TableMeta, filter, path, stored};
use crate::compression::{Compression, Packer};
use crate::key::{Kind, Tag};
use crate::{Error, Options, Result, Seq};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vfs::{Env, File, OpenMode};

const DATA_RESTART_INTERVAL: usize = 8;
const INDEX_RESTART_INTERVAL: usize = 4;
const WRITE_LEN: usize = 256 * 1024;

/// A table being written. Dropped unfinished, it removes its file.
pub(crate) struct TableWriter {
    env: Env,
    path: PathBuf,
    file: Arc<dyn File>,
    id: u64,
    block_len: usize,
    packer: Packer,
    data: BlockBuilder,
    index: BlockBuilder,
    top: BlockBuilder,
    hashes: Vec<u64>,
    /// Bytes that are not in the file yet, and where they go.
    pending: Vec<u8>,
    pending_at: u64,
    crc: crc32fast::Hasher,
    properties: Properties,
    last: Option<(Vec<u8>, Tag)>,
    finished: bool,
}

impl TableWriter {
    /// Begins file `id`, its blocks to be packed by `compression`. No version that is added may be older than `min_seq`, or lie under a range
    /// tombstone up to `purged`.
    pub(crate) fn create(
        env: &Env,
        dir: &Path,
        id: u64,
        min_seq: Seq,
        purged: Seq,
        compression: Compression,
        options: &Options,
    ) -> Result<Self> {
        let path = path(dir, id);
        let file = env.fs.open(&path, OpenMode::CreateNew);
        let file = file.map_err(|source| Error::disk("create", &path, 0, &source))?;
        Ok(TableWriter {
            env: env.clone(),
            path,
            file,
            id,
            block_len: options.block_len,
            packer: Packer::new(compression),
            data: BlockBuilder::new(DATA_RESTART_INTERVAL, min_seq),
            index: BlockBuilder::new(INDEX_RESTART_INTERVAL, min_seq),
            top: BlockBuilder::new(INDEX_RESTART_INTERVAL, min_seq),
            hashes: Vec::new(),
            pending: Vec::new(),
            pending_at: 0,
            crc: crc32fast::Hasher::new(),
            properties: Properties { min_seq: Seq::MAX, purged, ..Properties::default() },
            last: None,
            finished: false,
        })
    }

    /// Adds a version that lies behind all added before.
    pub(crate) fn add(&mut self, key: &[u8], tag: Tag, value: &[u8]) -> Result<()> {
        self.count(key, tag);
        self.data.add(key, tag, value);
        if self.data.len() >= self.block_len { self.finish_data_block() } else { Ok(()) }
    }

    /// Bytes that the file will have at least.
    pub(crate) fn len(&self) -> u64 {
        self.len_of_blocks() + self.data.len() as u64
    }

    /// Whether `key` is the key of the last version that was added.
    pub(crate) fn ends_with(&self, key: &[u8]) -> bool {
        self.last.as_ref().is_some_and(|(last, _)| last == key)
    }

    /// Writes index and footer and makes the file's content durable; its name is durable only after
    /// the directory is synced.
    pub(crate) fn finish(mut self) -> Result<TableMeta> {
        self.finish_data_block()?;
        self.finish_index_block();
        let (last_key, _) = self.last.take().unwrap_or_else(|| unreachable!("a table without entries"));
        self.properties.largest = last_key;
        let mut properties = Vec::new();
        self.properties.encode(&mut properties);
        let properties_at = self.store(&properties);
        let mut top = std::mem::replace(&mut self.top, BlockBuilder::new(1, Seq(0)));
        let top_at = top.finish(|raw| self.store(raw));
        let crc = self.append_footer(top_at, properties_at);
        self.write_out()?;
        self.file.sync().map_err(|source| Error::disk("sync", &self.path, 0, &source))?;
        self.finished = true;
        let properties = std::mem::take(&mut self.properties);
        Ok(TableMeta { id: self.id, len: self.pending_at, crc, seq_offset: Seq(0), properties })
    }

    fn count(&mut self, key: &[u8], tag: Tag) {
        let properties = &mut self.properties;
        properties.entry_count += 1;
        properties.min_seq = properties.min_seq.min(tag.seq());
        properties.max_seq = properties.max_seq.max(tag.seq());
        let successor = match &mut self.last {
            Some((last, last_tag)) if last == key => Some(std::mem::replace(last_tag, tag).seq()),
            Some((last, last_tag)) => {
                last.clear();
                last.extend_from_slice(key);
                *last_tag = tag;
                self.hashes.push(filter::hash(key));
                None
            }
            None => {
                properties.smallest = key.to_vec();
                self.last = Some((key.to_vec(), tag));
                self.hashes.push(filter::hash(key));
                None
            }
        };
        let is_delete = tag.kind() == Kind::Delete;
        properties.delete_count += u64::from(is_delete);
        properties.stale_count += u64::from(successor.is_some());
        if let Some(useless_from) = successor.or(is_delete.then_some(tag.seq())) {
            properties.stale_seq = properties.stale_seq.max(useless_from);
        }
    }

    fn finish_data_block(&mut self) -> Result<()> {
        if self.data.is_empty() {
            return Ok(());
        }
        let (key, tag) = self.last.take().unwrap_or_else(|| unreachable!("a block without a last entry"));
        let mut data = std::mem::replace(&mut self.data, BlockBuilder::new(1, Seq(0)));
        let handle = data.finish(|raw| self.store_packed(raw));
        self.data = data;
        let mut value = Vec::new();
        handle.encode(&mut value);
        self.index.add(&key, tag, &value);
        self.last = Some((key, tag));
        if self.index.len() >= self.block_len {
            self.finish_index_block();
        }
        if self.pending.len() >= WRITE_LEN { self.write_out() } else { Ok(()) }
    }

    fn finish_index_block(&mut self) {
        if self.index.is_empty() {
            return;
        }
        let Some((key, tag)) = self.last.take() else { unreachable!("an index without a last entry") };
        let mut index = std::mem::replace(&mut self.index, BlockBuilder::new(1, Seq(0)));
        let index_at = index.finish(|raw| self.store_packed(raw));
        self.index = index;
        let filter = filter::build(&self.hashes);
        let filter_at = self.store(&filter);
        self.hashes.clear();
        // The key goes on in the next partition if more versions of it follow; its filter must know it.
        self.hashes.push(filter::hash(&key));
        let mut value = Vec::new();
        index_at.encode(&mut value);
        filter_at.encode(&mut value);
        self.top.add(&key, tag, &value);
        self.last = Some((key, tag));
    }

    fn store_packed(&mut self, raw: &[u8]) -> Handle {
        let offset = self.len_of_blocks();
        stored::append(&mut self.pending, raw, &mut self.packer, self.id, offset)
    }

    fn store(&mut self, raw: &[u8]) -> Handle {
        let offset = self.len_of_blocks();
        stored::append(&mut self.pending, raw, &mut Packer::None, self.id, offset)
    }

    fn len_of_blocks(&self) -> u64 {
        self.pending_at + self.pending.len() as u64
    }

    fn append_footer(&mut self, top: Handle, properties: Handle) -> u32 {
        self.crc.update(&self.pending);
        let content_crc = self.crc.clone().finalize();
        let mut footer = Vec::with_capacity(super::FOOTER_LEN);
        footer.extend_from_slice(&MAGIC);
        footer.extend_from_slice(&FORMAT.to_le_bytes());
        footer.extend_from_slice(&self.id.to_le_bytes());
        for handle in [top, properties] {
            footer.extend_from_slice(&handle.offset.to_le_bytes());
            footer.extend_from_slice(&handle.len.to_le_bytes());
        }
        footer.extend_from_slice(&content_crc.to_le_bytes());
        footer.extend_from_slice(&[0; 8]);
        let crc = crc32fast::hash(&footer);
        footer.extend_from_slice(&crc.to_le_bytes());
        debug_assert_eq!(footer.len(), super::FOOTER_LEN);
        self.pending.extend_from_slice(&footer);
        crc
    }

    fn write_out(&mut self) -> Result<()> {
        let written = self.file.write_all_at(&self.pending, self.pending_at);
        written.map_err(|source| Error::disk("write", &self.path, self.pending_at, &source))?;
        self.crc.update(&self.pending);
        self.pending_at += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}

impl Drop for TableWriter {
    fn drop(&mut self) {
        if !self.finished {
            // If this fails the file is an orphan, which the next open removes.
            let _ = self.env.fs.remove(&self.path);
        }
    }
}
