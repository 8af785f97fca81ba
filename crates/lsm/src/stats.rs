//! What a tree is made of, and how far behind its background work is.

use crate::Seq;
use crate::version::LEVEL_COUNT;

/// A description of a tree at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Tables and bytes of each level.
    pub levels: [LevelStats; LEVEL_COUNT],
    /// Bytes of the active memtable.
    pub active_len: usize,
    /// Memtables that wait for the flush.
    pub sealed_count: usize,
    /// Their bytes.
    pub sealed_len: usize,
    /// Live range tombstones in the tables.
    pub range_tombstone_count: usize,
    /// Everything committed up to here is in SSTables.
    pub flushed: Seq,
    /// Bytes in the block cache.
    pub cache_len: usize,
    /// Block lookups that the cache answered.
    pub cache_hits: u64,
    /// Block lookups that went to a file.
    pub cache_misses: u64,
    /// Why background work does not get on, if it does not.
    pub stalled: Option<String>,
}

/// One level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelStats {
    /// SSTables.
    pub table_count: usize,
    /// Bytes in files.
    pub len: u64,
    /// Versions, deletions among them.
    pub entry_count: u64,
}

/// How much the writer should hold back so that background work keeps up. The tree itself never blocks
/// a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// Write on.
    None,
    /// Wait about this many microseconds before each commit.
    Slow(u32),
    /// Write nothing until it is over.
    Stop,
}
