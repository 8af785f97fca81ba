//! The SSTable: an immutable file of versions in key order.
//!
//! ```text
//! ┌────────────┬───┬─────────────┬───────────┬───┬──────┬─────────────┬────────────┬───────────┐
//! │ data block │ … │ index block │ filter    │ … │ data │ properties  │ top index  │ footer 60 │
//! └────────────┴───┴─────────────┴───────────┴───┴──────┴─────────────┴────────────┴───────────┘
//!      ▲                │  (of the data blocks before it)                  │
//!      └────────────────┘◀─────────────────────────────────────────────────┘
//! stored block                                              (integers little-endian)
//! ┌──────┬───────────────┬──────────────┬─────────┐
//! │ body │ compression 1 │ raw length 4 │ crc32 4 │   compression: 0 none, 1 LZ4, 2 zstd
//! └──────┴───────────────┴──────────────┴─────────┘
//! footer
//! ┌─────────┬───────────┬───────────┬─────────────────┬──────────────┬─────────────────┐
//! │ magic 8 │ version 4 │ file id 8 │ top index 8 + 4 │ properties   │ crc32 of all    │
//! │         │           │           │ (offset, len)   │ 8 + 4        │ before it 4     │
//! ├─────────┴───────────┴───────────┴─────────────────┴──────────────┼─────────────────┤
//! │ reserved 8                                                       │ footer crc32 4  │
//! └──────────────────────────────────────────────────────────────────┴─────────────────┘
//! ```
//! A block's checksum also covers the file's id and the block's offset, so a block that lies in the
//! wrong place never passes for the right one. The index has two levels: the *top* is held in memory,
//! the partitions and their filters are pinned when they are first looked into, within a quarter of the
//! block cache's memory; beyond that they come through the cache like data.
//!
//! The seqs in a file that was bulk loaded are relative to that of its commit, which the manifest knows.

mod ahead;
pub(crate) mod block;
pub(crate) mod cursor;
pub(crate) mod filter;
mod partitions;
pub(crate) mod stored;
pub(crate) mod table;
pub(crate) mod writer;

use crate::Seq;
use crate::codec::{Reader, put_bytes, put_varint};
use std::path::{Path, PathBuf};

pub(crate) use cursor::{Reading, TableCursor};
pub(crate) use table::Table;
pub(crate) use writer::TableWriter;

pub(crate) const MAGIC: [u8; 8] = *b"strataSS";
pub(crate) const FORMAT: u32 = 1;
pub(crate) const FOOTER_LEN: usize = 60;

/// Where a stored block lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle {
    pub(crate) offset: u64,
    pub(crate) len: u32,
}

impl Handle {
    pub(crate) fn encode(self, into: &mut Vec<u8>) {
        put_varint(into, self.offset);
        put_varint(into, u64::from(self.len));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Option<Handle> {
        Some(Handle { offset: reader.varint()?, len: u32::try_from(reader.varint()?).ok()? })
    }
}

/// What the manifest knows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableMeta {
    /// Names the file; never used twice.
    pub(crate) id: u64,
    pub(crate) len: u64,
    /// The footer's checksum, which covers the checksum of everything before it.
    pub(crate) crc: u32,
    /// Is added to every seq in the file. A bulk load writes its tables before its commit has a seq.
    pub(crate) seq_offset: Seq,
    /// With the offset added.
    pub(crate) properties: Properties,
}

/// What a table says of its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Properties {
    pub(crate) entry_count: u64,
    pub(crate) delete_count: u64,
    /// Versions with a newer version of the same key in this table.
    pub(crate) stale_count: u64,
    /// Once no snapshot below this is left, those versions and all deletes are of no use.
    pub(crate) stale_seq: Seq,
    /// Range tombstones up to this one have been carried out in this table.
    pub(crate) purged: Seq,
    pub(crate) min_seq: Seq,
    pub(crate) max_seq: Seq,
    pub(crate) smallest: Vec<u8>,
    pub(crate) largest: Vec<u8>,
}

impl TableMeta {
    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        put_varint(into, self.id);
        put_varint(into, self.len);
        into.extend_from_slice(&self.crc.to_le_bytes());
        put_varint(into, self.seq_offset.0);
        self.properties.encode(into);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(TableMeta {
            id: reader.varint()?,
            len: reader.varint()?,
            crc: reader.u32()?,
            seq_offset: Seq(reader.varint()?),
            properties: Properties::decode(reader)?,
        })
    }

    /// Gives the entries of a table whose seqs are 0 the seq of their commit.
    pub(crate) fn commit_at(&mut self, seq: Seq) {
        self.seq_offset = seq;
        self.properties = std::mem::take(&mut self.properties).offset_by(seq);
    }

    /// Whether a key of `smallest..=largest` may be in the table.
    pub(crate) fn overlaps(&self, smallest: &[u8], largest: &[u8]) -> bool {
        *self.properties.smallest <= *largest && *smallest <= *self.properties.largest
    }
}

impl Properties {
    /// The properties as they are when `offset` is added to every seq.
    pub(crate) fn offset_by(mut self, offset: Seq) -> Self {
        for seq in [&mut self.min_seq, &mut self.max_seq, &mut self.stale_seq] {
            seq.0 = seq.0.saturating_add(offset.0);
        }
        self
    }

    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        for number in [
            self.entry_count,
            self.delete_count,
            self.stale_count,
            self.stale_seq.0,
            self.purged.0,
            self.min_seq.0,
            self.max_seq.0,
        ] {
            put_varint(into, number);
        }
        put_bytes(into, &self.smallest);
        put_bytes(into, &self.largest);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Properties {
            entry_count: reader.varint()?,
            delete_count: reader.varint()?,
            stale_count: reader.varint()?,
            stale_seq: Seq(reader.varint()?),
            purged: Seq(reader.varint()?),
            min_seq: Seq(reader.varint()?),
            max_seq: Seq(reader.varint()?),
            smallest: reader.bytes()?.to_vec(),
            largest: reader.bytes()?.to_vec(),
        })
    }
}

/// The path of a table's file.
pub(crate) fn path(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:08}.sst"))
}
