//! Reads an SSTable: point lookups, blocks for cursors, verification.

use super::ahead::Streak;
use super::block::Block;
use super::partitions::{Partition, Partitions, Pinned};
use super::{FOOTER_LEN, FORMAT, Handle, MAGIC, Properties, TableMeta, filter, path, stored};
use crate::buffer::Buffer;
use crate::cache::{BlockAddress, BlockCache};
use crate::codec::Reader;
use crate::key::Tag;
use crate::{Error, Result, Seq, Value};
use filesystem::Reservation;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vfs::{Env, File, FileSystem, OpenMode};

/// An open table.
pub(crate) struct Table {
    pub(crate) meta: TableMeta,
    path: PathBuf,
    file: Arc<dyn File>,
    fs: Arc<dyn FileSystem>,
    cache: Arc<BlockCache>,
    partitions: Partitions,
    properties_at: Handle,
    content_crc: u32,
    obsolete: AtomicBool,
}

struct Footer {
    top_at: Handle,
    properties_at: Handle,
    content_crc: u32,
}

impl Table {
    /// Opens the table that the manifest describes as `meta`, and refuses any other file in its place.
    pub(crate) fn open(env: &Env, dir: &Path, meta: TableMeta, cache: Arc<BlockCache>) -> Result<Table> {
        let path = path(dir, meta.id);
        let file = env.fs.open(&path, OpenMode::Read).map_err(|source| match source.kind() {
            ErrorKind::NotFound => Error::Missing { file: path.display().to_string() },
            _ => Error::disk("open", &path, 0, &source),
        })?;
        let found = file.len().map_err(|source| Error::disk("measure", &path, 0, &source))?;
        if found != meta.len {
            return Err(Error::WrongLen { file: path.display().to_string(), expected: meta.len, found });
        }
        let footer = read_footer(&*file, &path, &meta)?;
        let top = stored::read(&*file, &path, meta.id, footer.top_at)?;
        let partitions = Block::parse(top, meta.seq_offset).and_then(Partitions::parse);
        let partitions = partitions.map_err(|_| malformed(&path, footer.top_at.offset))?;
        Ok(Table {
            meta,
            path,
            file,
            fs: env.fs.clone(),
            cache,
            partitions,
            properties_at: footer.properties_at,
            content_crc: footer.content_crc,
            obsolete: AtomicBool::new(false),
        })
    }

    /// The newest version of `key` that `snapshot` sees; `hash` is [`filter::hash`] of the key.
    pub(crate) fn get(&self, key: &[u8], hash: u64, snapshot: Seq) -> Result<Option<(Tag, Value)>> {
        let at = self.partitions.find(key, snapshot);
        let Some(partition) = self.partitions.get(at) else { return Ok(None) };
        if let Some(pinned) = self.pin(partition)? {
            return match filter::may_contain(&pinned.filter, hash) {
                true => self.get_in(&pinned.index, partition.index_at, key, snapshot),
                false => Ok(None),
            };
        }
        match filter::may_contain(&self.bytes(partition.filter_at)?, hash) {
            true => self.get_in(&self.block(partition.index_at)?, partition.index_at, key, snapshot),
            false => Ok(None),
        }
    }

    fn get_in(
        &self,
        index: &Block,
        index_at: Handle,
        key: &[u8],
        snapshot: Seq,
    ) -> Result<Option<(Tag, Value)>> {
        let found = index.search(key, snapshot).map_err(|_| self.malformed(index_at))?;
        let Some(found) = found else { return Ok(None) };
        let data_at = self.data_at(found.value, index_at)?;
        let data = self.block(data_at)?;
        let found = data.search(key, snapshot).map_err(|_| self.malformed(data_at))?;
        Ok(found
            .filter(|found| found.same_key)
            .map(|found| (found.tag, Value::part_of(data.data(), found.value))))
    }

    /// The top of the index.
    pub(crate) fn partitions(&self) -> &Partitions {
        &self.partitions
    }

    /// The index of a partition: pinned, or through the cache.
    pub(crate) fn index(&self, partition: &Partition) -> Result<Block> {
        match partition.pinned.get() {
            Some(pinned) => Ok(pinned.index.clone()),
            None => self.block(partition.index_at),
        }
    }

    /// Holds a partition in memory if the cache grants that.
    pub(crate) fn pin<'a>(&self, partition: &'a Partition) -> Result<Option<&'a Pinned>> {
        match partition.pinned.get() {
            Some(pinned) => Ok(Some(pinned)),
            None => self.pin_now(partition),
        }
    }

    #[cold]
    fn pin_now<'a>(&self, partition: &'a Partition) -> Result<Option<&'a Pinned>> {
        // Asked for before the partition is read, by what it takes in the file at least.
        let least = (partition.index_at.len + partition.filter_at.len) as usize;
        if !self.cache.pin(least) {
            return Ok(None);
        }
        self.cache.unpin(least);
        let (index, filter) = (self.block(partition.index_at)?, self.bytes(partition.filter_at)?);
        let pinned = Pinned { index, filter };
        let cost = pinned.cost();
        if self.cache.pin(cost) && partition.pinned.set(pinned).is_err() {
            // Another reader was faster.
            self.cache.unpin(cost);
        }
        Ok(partition.pinned.get())
    }

    /// An index or data block, from the cache or the file.
    pub(crate) fn block(&self, handle: Handle) -> Result<Block> {
        Block::parse(self.bytes(handle)?, self.meta.seq_offset).map_err(|_| self.malformed(handle))
    }

    /// A data block, from the cache or the file, for who walks the table in order.
    pub(crate) fn block_in_order(&self, handle: Handle, streak: &mut Streak) -> Result<Block> {
        let bytes = match self.cache.get(self.address(handle)) {
            Some(bytes) => {
                streak.hit(handle);
                bytes
            }
            None => match streak.miss(self, handle) {
                Some(bytes) => {
                    if self.cache.keeps_scan_of(streak.len()) {
                        self.cache.insert(self.address(handle), &bytes);
                    }
                    bytes
                }
                None => self.read(handle)?,
            },
        };
        Block::parse(bytes, self.meta.seq_offset).map_err(|_| self.malformed(handle))
    }

    /// Memory for who reads ahead, if the pool grants it.
    pub(crate) fn reserve(&self, len: usize) -> Option<Reservation> {
        self.cache.reserve(len)
    }

    /// What an entry of the index partition at `index_at` points to.
    pub(crate) fn data_at(&self, value: &[u8], index_at: Handle) -> Result<Handle> {
        Handle::decode(&mut Reader::new(value)).ok_or_else(|| self.malformed(index_at))
    }

    /// The error for a block whose checksum holds but whose content makes no sense.
    pub(crate) fn malformed(&self, handle: Handle) -> Error {
        malformed(&self.path, handle.offset)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file is removed when the last reader is gone. Only once no manifest names it any more.
    pub(crate) fn set_obsolete(&self) {
        self.obsolete.store(true, Ordering::Release);
    }

    /// Compares the whole file with the checksum in its footer, and its properties with the manifest's.
    pub(crate) fn verify_file(&self) -> Result<()> {
        let mut check = self.check();
        let mut buffer = vec![0; 256 * 1024];
        let mut at = 0;
        while at < self.meta.len {
            buffer.truncate((self.meta.len - at).min(buffer.len() as u64) as usize);
            self.read_piece(&mut buffer, at)?;
            check.update(&buffer);
            at += buffer.len() as u64;
        }
        check.finish()?;
        let properties = stored::read(&*self.file, &self.path, self.meta.id, self.properties_at)?;
        let properties = Properties::decode(&mut Reader::new(&properties));
        match properties.map(|properties| properties.offset_by(self.meta.seq_offset)) {
            Some(properties) if properties == self.meta.properties => Ok(()),
            _ => Err(Error::corrupt(
                &self.path,
                self.properties_at.offset,
                "properties differ from the manifest's",
            )),
        }
    }

    /// Begins to compare the file, which is shown from front to back, with the checksum in its footer.
    pub(crate) fn check(&self) -> Check<'_> {
        Check { table: self, left: self.meta.len - FOOTER_LEN as u64, hasher: crc32fast::Hasher::new() }
    }

    /// Reads a piece of the file as it is.
    pub(crate) fn read_piece(&self, into: &mut [u8], at: u64) -> Result<()> {
        self.file.read_exact_at(into, at).map_err(|source| Error::disk("read", &self.path, at, &source))
    }

    fn bytes(&self, handle: Handle) -> Result<Buffer> {
        self.cache.get(self.address(handle)).map_or_else(|| self.read(handle), Ok)
    }

    /// Reads a block by itself, for the cache too.
    fn read(&self, handle: Handle) -> Result<Buffer> {
        let bytes = stored::read(&*self.file, &self.path, self.meta.id, handle)?;
        self.cache.insert(self.address(handle), &bytes);
        Ok(bytes)
    }

    fn address(&self, handle: Handle) -> BlockAddress {
        BlockAddress { file: self.meta.id, offset: handle.offset }
    }
}

/// A comparison under way.
pub(crate) struct Check<'a> {
    table: &'a Table,
    /// Bytes before the footer that were not shown yet.
    left: u64,
    hasher: crc32fast::Hasher,
}

impl Check<'_> {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        let covered = (piece.len() as u64).min(self.left);
        self.left -= covered;
        self.hasher.update(&piece[..covered as usize]);
    }

    pub(crate) fn finish(self) -> Result<()> {
        match self.hasher.finalize() == self.table.content_crc {
            true => Ok(()),
            false => {
                Err(Error::corrupt(&self.table.path, 0, "the file does not match the checksum in its footer"))
            }
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        let pinned = self.partitions.iter().filter_map(|partition| partition.pinned.get());
        self.cache.unpin(pinned.map(Pinned::cost).sum());
        if self.obsolete.load(Ordering::Acquire) {
            // If this fails the file is an orphan, which the next open removes.
            let _ = self.fs.remove(&self.path);
        }
    }
}

fn read_footer(file: &dyn File, path: &Path, meta: &TableMeta) -> Result<Footer> {
    let at = meta.len.checked_sub(FOOTER_LEN as u64);
    let at = at.ok_or_else(|| Error::corrupt(path, 0, "the file is shorter than a footer"))?;
    let mut bytes = [0; FOOTER_LEN];
    file.read_exact_at(&mut bytes, at).map_err(|source| Error::disk("read", path, at, &source))?;
    let (covered, crc) = bytes.split_at(FOOTER_LEN - 4);
    let crc = Reader::new(crc).u32();
    if crc != Some(crc32fast::hash(covered)) {
        return Err(Error::corrupt(path, at, "footer does not match its checksum"));
    }
    let mut reader = Reader::new(covered);
    if reader.array() != Some(MAGIC) {
        return Err(Error::corrupt(path, at, "not an SSTable"));
    }
    if let Some(found) = reader.u32().filter(|&found| found != FORMAT) {
        return Err(Error::UnknownFormat { file: path.display().to_string(), found, supported: FORMAT });
    }
    if reader.u64() != Some(meta.id) || crc != Some(meta.crc) {
        return Err(Error::corrupt(path, at, "another table than the manifest names"));
    }
    let mut handle = || Some(Handle { offset: reader.u64()?, len: reader.u32()? });
    let handles = handle().zip(handle());
    let ((top_at, properties_at), content_crc) =
        handles.zip(reader.u32()).ok_or_else(|| Error::corrupt(path, at, "footer is too short"))?;
    Ok(Footer { top_at, properties_at, content_crc })
}

fn malformed(path: &Path, offset: u64) -> Error {
    Error::corrupt(path, offset, "block is malformed although its checksum holds")
}
