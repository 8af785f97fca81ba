//! What can go wrong between a tuple and its block.

use crate::heap::{SpaceId, TupleLoc};
use crate::page::Damage;
use journal::Lsn;
use std::io;
use std::path::Path;

/// This crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of memory, disk or heap.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Bytes on disk are not what was written there.
    #[error("{file} is corrupt at byte {offset}: {what}")]
    Corrupt {
        /// The damaged file.
        file: String,
        /// Where in it.
        offset: u64,
        /// In which way.
        what: Damage,
    },
    /// A file that the block map lists does not exist.
    #[error("{file} is missing")]
    Missing {
        /// The missing file.
        file: String,
    },
    /// No such space, or it was dropped.
    #[error("heap space {} does not exist", space.0)]
    NoSuchSpace {
        /// The space asked for.
        space: SpaceId,
    },
    /// No tuple lives at this location.
    #[error("heap space {} has no tuple at {loc}", space.0)]
    NoTuple {
        /// The space asked for.
        space: SpaceId,
        /// The location asked for.
        loc: TupleLoc,
    },
    /// The tuple at a location is not the version that the caller means.
    #[error("heap space {} at {loc}: expected the version created by {expected}, found {found:?}", space.0)]
    Disagree {
        /// The space asked for.
        space: SpaceId,
        /// The location asked for.
        loc: TupleLoc,
        /// The seq that the caller expects.
        expected: u64,
        /// The seq that is there; `None` for an empty slot.
        found: Option<u64>,
    },
    /// A tuple does not fit where its placement says it belongs.
    #[error("heap space {} at {loc}: no room for {len} bytes", space.0)]
    NoRoom {
        /// The space written to.
        space: SpaceId,
        /// The location written to.
        loc: TupleLoc,
        /// The stored length of the tuple.
        len: usize,
    },
    /// A tuple above the limit of 1 GiB.
    #[error("a tuple of {len} bytes is above the limit of 1 GiB")]
    TooLarge {
        /// Its length.
        len: usize,
    },
    /// The memory pool is used up and nothing can be evicted.
    #[error("the memory pool is exhausted: {used} of {cap} bytes are in use")]
    MemoryExhausted {
        /// Bytes reserved.
        used: usize,
        /// The pool's cap.
        cap: usize,
    },
    /// The journal could not be made durable, so a page may not be written.
    #[error("cannot write pages: the journal is not durable up to {}", lsn.0)]
    WriteAhead {
        /// The LSN that was needed.
        lsn: Lsn,
        /// Whether the disk has no room for the journal; it goes on when there is some.
        is_full: bool,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An earlier write or sync failed; nothing is written any more.
    #[error("the heap is read-only since {file} failed: restart to recover")]
    Poisoned {
        /// The file that failed first.
        file: String,
    },
    /// The operating system refused.
    #[error("cannot {op} {file}")]
    Disk {
        /// What was tried.
        op: &'static str,
        /// On which file.
        file: String,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// Wraps an I/O error with what was tried.
    pub(crate) fn disk(op: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Disk { op, file: file.display().to_string(), source }
    }

    /// Whether the disk has no room; such an error loses nothing and passes when there is room. (A sync that says so
    /// has failed like any other: what it was to make durable may be gone.)
    pub fn is_disk_full(&self) -> bool {
        match self {
            Error::Disk { op, source, .. } => *op != "sync" && vfs::is_full(source),
            Error::WriteAhead { is_full, .. } => *is_full,
            _ => false,
        }
    }

    /// Whether room is missing, on the disk or in memory: nothing is lost, and it passes.
    pub(crate) fn is_shortage(&self) -> bool {
        self.is_disk_full() || matches!(self, Error::MemoryExhausted { .. })
    }
}
