//! What can go wrong in the tree, as facts: which file, where in it, what was found.

use std::io;
use std::path::Path;

/// The result of an operation of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes on disk are not what was written there.
    #[error("{file}: damaged at byte {offset}: {what}")]
    Corrupt {
        /// The file's path.
        file: String,
        /// Where the damaged unit starts.
        offset: u64,
        /// What does not hold.
        what: &'static str,
    },
    /// The manifest names a file that is not there.
    #[error("{file}: the manifest names this file, but it does not exist")]
    Missing {
        /// The file's path.
        file: String,
    },
    /// A file is shorter or longer than the manifest says.
    #[error("{file}: {found} bytes long, the manifest says {expected}")]
    WrongLen {
        /// The file's path.
        file: String,
        /// The length in the manifest.
        expected: u64,
        /// The length on disk.
        found: u64,
    },
    /// The file was written by a later build.
    #[error("{file}: format {found}, this build reads up to {supported}")]
    UnknownFormat {
        /// The file's path.
        file: String,
        /// The version in the file.
        found: u32,
        /// The newest version that this build reads.
        supported: u32,
    },
    /// The device is full. Nothing is lost; the work is done again once there is room.
    #[error("{file}: no space left on device")]
    NoSpace {
        /// The file that could not grow.
        file: String,
    },
    /// The operating system refused.
    #[error("cannot {op} {file} at byte {offset}: {kind}")]
    Disk {
        /// What was attempted.
        op: &'static str,
        /// The file's path.
        file: String,
        /// Where in the file (0 if the operation has no place).
        offset: u64,
        /// The operating system's reason.
        kind: io::ErrorKind,
    },
    /// An earlier write or sync failed: what is on disk is uncertain until the tree is opened again.
    #[error("the tree accepts nothing more until it is reopened: {reason}")]
    Poisoned {
        /// The first failure, with its file.
        reason: String,
    },
    /// The journal could not be made durable, so nothing that it explains may be written (I-1).
    #[error("the journal is not durable up to {lsn}: {reason}")]
    JournalNotDurable {
        /// The position that was needed.
        lsn: u64,
        /// Whether the disk has no room for the journal; it goes on when there is some.
        is_full: bool,
        /// What the journal says.
        reason: String,
    },
    /// A key is longer than [`KEY_LEN_MAX`](crate::KEY_LEN_MAX).
    #[error("a key of {len} bytes is longer than the {max} bytes that fit")]
    KeyTooLong {
        /// The key's length.
        len: usize,
        /// The longest that fits.
        max: usize,
    },
    /// A value is longer than [`VALUE_LEN_MAX`](crate::VALUE_LEN_MAX).
    #[error("a value of {len} bytes is longer than the {max} bytes that fit")]
    ValueTooLong {
        /// The value's length.
        len: usize,
        /// The longest that fits.
        max: usize,
    },
    /// The stream given to `ingest` is not in strictly ascending key order.
    #[error("entry {index} of the stream to ingest is not greater than the entry before it")]
    NotSorted {
        /// Position in the stream, from 0.
        index: u64,
    },
}

impl Error {
    /// Names the file and place of an operating system error.
    pub(crate) fn disk(op: &'static str, path: &Path, offset: u64, source: &io::Error) -> Self {
        let file = path.display().to_string();
        if vfs::is_full(source) {
            return Error::NoSpace { file };
        }
        Error::Disk { op, file, offset, kind: source.kind() }
    }

    /// Whether the disk has no room: nothing is lost, and the work is done again once there is some.
    pub fn is_full(&self) -> bool {
        matches!(self, Error::NoSpace { .. } | Error::JournalNotDurable { is_full: true, .. })
    }

    /// Whether the operating system refused to change something, for another reason than a full disk.
    pub(crate) fn is_failed_write(&self) -> bool {
        matches!(self, Error::Disk { op, .. } if !["read", "open", "measure", "find", "list"].contains(op))
    }

    /// Names the place of damage.
    pub(crate) fn corrupt(path: &Path, offset: u64, what: &'static str) -> Self {
        Error::Corrupt { file: path.display().to_string(), offset, what }
    }
}
