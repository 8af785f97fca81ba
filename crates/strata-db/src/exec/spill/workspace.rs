//! How much memory an operator has, and files for what does not fit.

use super::SpillFile;
use crate::error::Result;
use strata_store::Store;

/// Most bytes that an operator holds, whatever it is granted: columns of strings and row numbers end at four
/// gigabytes.
const MEMORY_MAX: usize = 2 << 30;
/// Least and most bytes of rows that are written and read at once.
const CHUNK_LEN_MIN: usize = 4 << 10;
const CHUNK_LEN_MAX: usize = 256 << 10;
/// An operator's memory has room for this many chunks, if they need not be smaller than is sensible.
const CHUNKS: usize = 64;
/// Most ways in which rows are parted, and runs that are merged, at once.
const WAYS_MAX: usize = 256;
const WAYS_MIN: usize = 6;

/// What each operator of a statement may hold in memory, and where the rest goes.
#[derive(Clone, Copy, Debug)]
pub struct Workspace<'a> {
    memory: usize,
    store: &'a Store,
}

impl<'a> Workspace<'a> {
    /// `memory` bytes an operator, and the scratch space of `store`.
    pub fn new(memory: usize, store: &'a Store) -> Workspace<'a> {
        Workspace { memory: memory.min(MEMORY_MAX), store }
    }

    /// Bytes that an operator may hold.
    pub(in crate::exec) fn memory(&self) -> usize {
        self.memory
    }

    /// A file for what does not fit.
    ///
    /// # Errors
    /// 53100, 58030: the operating system's.
    pub(in crate::exec) fn file(&self) -> Result<SpillFile> {
        Ok(SpillFile::new(self.store.scratch()?))
    }

    /// Bytes that are written and read at once.
    pub(in crate::exec) fn chunk_len(&self) -> usize {
        (self.memory / CHUNKS).clamp(CHUNK_LEN_MIN, CHUNK_LEN_MAX)
    }

    /// How many chunks of different tapes half the memory has room for.
    pub(in crate::exec) fn ways(&self) -> usize {
        (self.memory / 2 / self.chunk_len()).clamp(WAYS_MIN, WAYS_MAX)
    }
}

/// What an operator takes or has taken, at most: what EXPLAIN ANALYZE shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes of scratch files.
    pub disk: u64,
    /// Parts that were put aside and done later, each within memory.
    pub parts: u64,
}
