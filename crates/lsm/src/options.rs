//! How a tree is tuned.

use crate::{Compression, LevelCompression};
use filesystem::WriteAhead;
use std::sync::Arc;

/// Sizes and limits of a tree. The defaults suit a store of some gigabytes.
#[derive(Clone)]
pub struct Options {
    /// A memtable is sealed when it has grown to this many bytes, or to an eighth of the memory pool.
    pub memtable_len: usize,
    /// The block cache grows to this many bytes if the memory pool has them.
    pub cache_len: usize,
    /// An SSTable is closed when it has grown to this many bytes.
    pub table_len: u64,
    /// A block is closed when it has grown to this many bytes, uncompressed.
    pub block_len: usize,
    /// The first level below level 0 holds up to about this many bytes.
    pub base_level_len: u64,
    /// Each level is this many times as large as the one above it.
    pub level_factor: u64,
    /// Level 0 is compacted when it has this many tables, or when little is written and more than a quarter of the
    /// last level lies above that.
    pub level0_tables: usize,
    /// How the blocks of each level are packed.
    pub compression: LevelCompression,
    /// The journal that must be durable before an SSTable may reflect it (I-1); `None` if what is
    /// applied here is not journaled. Background jobs only ask how far it is; a flush that finds it
    /// too far behind goes on when [`journal_listener`](crate::Lsm::journal_listener) hears of it.
    pub wal: Option<Arc<dyn WriteAhead>>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            memtable_len: 32 << 20,
            cache_len: 256 << 20,
            table_len: 32 << 20,
            block_len: 4 << 10,
            base_level_len: 128 << 20,
            level_factor: 10,
            level0_tables: 4,
            compression: LevelCompression::all(Compression::Lz4),
            wal: None,
        }
    }
}
