//! What can go wrong with a journal.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Result of a journal's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with a journal. Cheap to clone: a poisoned journal tells everybody the same.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A frame that was durable once is damaged: committed data is lost.
    #[error("journal {}: the frame at byte {offset} is damaged", segment.display())]
    Corrupt {
        /// The file.
        segment: PathBuf,
        /// Byte in the file.
        offset: u64,
    },
    /// A segment between others is not there.
    #[error("journal: segment {} is missing", segment.display())]
    Missing {
        /// The file.
        segment: PathBuf,
    },
    /// The file was written by a newer build.
    #[error("journal {}: format {found}, this build reads up to {supported}", segment.display())]
    UnknownFormat {
        /// The file.
        segment: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that this build knows.
        supported: u32,
    },
    /// There is no room on the disk. Nothing was appended; the journal goes on when there is room.
    #[error("journal: no space left in {}", dir.display())]
    Full {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// An earlier write or sync failed: what was written since may be lost.
    #[error("journal is read-only: cannot {op} {}: {source}", file.display())]
    Poisoned {
        /// What failed.
        op: &'static str,
        /// On which file.
        file: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// A call to the operating system failed.
    #[error("cannot {op} {}: {source}", file.display())]
    Disk {
        /// What failed.
        op: &'static str,
        /// On which file.
        file: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
}

impl Error {
    /// A failed call, to be made with `map_err`.
    pub(crate) fn disk(op: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Error {
        let file = file.to_owned();
        move |source| Error::Disk { op, file, source: Arc::new(source) }
    }

    /// The same failure, final.
    pub(crate) fn poison(self) -> Error {
        match self {
            Error::Disk { op, file, source } => Error::Poisoned { op, file, source },
            other => other,
        }
    }

    /// Whether the disk had no room.
    pub fn is_full(&self) -> bool {
        match self {
            Error::Disk { source, .. } | Error::Poisoned { source, .. } => vfs::is_full(source),
            Error::Full { .. } => true,
            _ => false,
        }
    }

    /// Whether there was no room for what was to be written, so that it may be written again. A sync that says so has
    /// failed like any other: what it was to make durable may be gone.
    pub(crate) fn is_refusal(&self) -> bool {
        self.is_full() && !matches!(self, Error::Disk { op: "sync", .. } | Error::Poisoned { .. })
    }
}
