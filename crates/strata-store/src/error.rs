//! What can go wrong in the store. A variant states facts; [`Error::sqlstate`] says what a client is told.

use crate::KeyspaceId;
use crate::serializable::Reason;
use lsm::Seq;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Waiting would never end: the transactions wait for each other in a ring.
    #[error("deadlock detected")]
    Deadlock,
    /// The lock is held in a conflicting mode and the caller did not want to wait.
    #[error("could not obtain lock")]
    LockNotAvailable,
    /// A row that this transaction writes, without having locked it, was changed since its snapshot.
    #[error("could not serialize access due to concurrent update")]
    Conflict {
        /// Where the row is.
        keyspace: KeyspaceId,
        /// The snapshot that the transaction decided on.
        snapshot: Seq,
        /// The commit that changed the row since.
        changed: Seq,
    },
    /// The transactions that overlap this serializable one may have left no serial order.
    #[error("could not serialize access due to read/write dependencies among transactions")]
    Serialization {
        /// How that was noticed.
        reason: Reason,
    },
    /// The store was opened to be read.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// The directory holds something that is no backup of this store.
    #[error("{dir} is neither empty nor a backup of this store")]
    Occupied {
        /// The directory.
        dir: String,
    },
    /// The device is full. Nothing is lost, and the store goes on once there is room.
    #[error("could not extend {file}: no space left on device")]
    Full {
        /// The file or directory that could not grow.
        file: String,
    },
    /// The memory pool has no more for this transaction.
    #[error("out of memory: the transaction holds {held} bytes and needs {wanted} more")]
    OutOfMemory {
        /// What it already holds.
        held: usize,
        /// What it asked for.
        wanted: usize,
    },
    /// Bytes on disk are not what was written there.
    #[error("{file}: damaged at byte {offset}: {what}")]
    Corrupt {
        /// The file.
        file: String,
        /// Where the damaged unit starts.
        offset: u64,
        /// What does not hold.
        what: String,
    },
    /// An index entry and the tuple that it names do not belong together (I-6).
    #[error("keyspace {}: entry of commit {} names a tuple that is not its own: {what}", keyspace.0, seq.0)]
    Disagree {
        /// The keyspace.
        keyspace: KeyspaceId,
        /// The commit that wrote the entry.
        seq: Seq,
        /// What was found instead.
        what: String,
    },
    /// The file was written by another build, in a format that this one does not know.
    #[error(
        "{file}: format {found}, this build reads {supported}: open the store with the build that wrote it, \
         or carry its data over with a dump"
    )]
    UnknownFormat {
        /// The file.
        file: String,
        /// The version in the file.
        found: u32,
        /// The newest version that this build reads.
        supported: u32,
    },
    /// Another process, or another store of this one, has the directory open.
    #[error("{dir} is in use by another process")]
    Locked {
        /// The store's directory.
        dir: String,
    },
    /// An earlier write or sync failed (I-4): nothing is accepted until the store is opened again.
    #[error("the store accepts nothing more until it is reopened: {reason}")]
    Poisoned {
        /// The first failure, with its file.
        reason: String,
        /// Whether the disk had no room.
        is_full: bool,
    },
    /// The operating system refused.
    #[error("cannot {op} {file}: {reason}")]
    Disk {
        /// What was attempted.
        op: &'static str,
        /// The file.
        file: String,
        /// The operating system's reason.
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
    /// A value is longer than its keyspace can hold.
    #[error("a value of {len} bytes is longer than the {max} bytes that fit")]
    ValueTooLong {
        /// The value's length.
        len: usize,
        /// The longest that fits.
        max: usize,
    },
}

impl Error {
    /// The SQLSTATE that PostgreSQL gives to this condition.
    pub fn sqlstate(&self) -> &'static str {
        match self {
            Error::Deadlock => "40P01",
            Error::LockNotAvailable => "55P03",
            Error::ReadOnly => "25006",
            Error::Occupied { .. } => "55000",
            Error::Conflict { .. } | Error::Serialization { .. } => "40001",
            Error::Full { .. } | Error::Poisoned { is_full: true, .. } => "53100",
            Error::OutOfMemory { .. } => "53200",
            Error::Corrupt { .. } | Error::Disagree { .. } => "XX001",
            Error::UnknownFormat { .. } => "F0000",
            Error::Locked { .. } => "55006",
            Error::Poisoned { .. } | Error::Disk { .. } => "58030",
            Error::KeyTooLong { .. } | Error::ValueTooLong { .. } => "54000",
        }
    }

    /// Names the file of an operating system error.
    pub(crate) fn disk(op: &'static str, path: &std::path::Path, source: &std::io::Error) -> Self {
        let file = path.display().to_string();
        // A sync that finds no room has failed like any other: what it was to make durable may be gone.
        if vfs::is_full(source) && op != "sync" {
            return Error::Full { file };
        }
        Error::Disk { op, file, reason: source.to_string() }
    }
}

impl From<journal::Error> for Error {
    fn from(error: journal::Error) -> Self {
        use journal::Error as Journal;
        match &error {
            Journal::Corrupt { segment, offset } => Error::Corrupt {
                file: segment.display().to_string(),
                offset: *offset,
                what: "a frame that was durable is damaged".to_owned(),
            },
            Journal::Missing { segment } => Error::Corrupt {
                file: segment.display().to_string(),
                offset: 0,
                what: "the segment is missing".to_owned(),
            },
            Journal::UnknownFormat { segment, found, supported } => Error::UnknownFormat {
                file: segment.display().to_string(),
                found: *found,
                supported: *supported,
            },
            Journal::Full { dir } => Error::Full { file: dir.display().to_string() },
            Journal::Poisoned { .. } => {
                Error::Poisoned { reason: error.to_string(), is_full: error.is_full() }
            }
            Journal::Disk { op, file, source } => Error::disk(op, file, source),
        }
    }
}

impl From<filesystem::Error> for Error {
    fn from(error: filesystem::Error) -> Self {
        use filesystem::Error as Heap;
        match error {
            Heap::Corrupt { file, offset, what } => Error::Corrupt { file, offset, what: what.to_string() },
            Heap::Missing { file } => {
                Error::Corrupt { file, offset: 0, what: "the file is missing".to_owned() }
            }
            Heap::MemoryExhausted { used, cap } => {
                Error::OutOfMemory { held: used, wanted: cap.abs_diff(used) }
            }
            Heap::TooLarge { len } => Error::ValueTooLong { len, max: filesystem::heap::TUPLE_LEN_MAX },
            Heap::Disk { op, file, source } => Error::disk(op, std::path::Path::new(&file), &source),
            Heap::WriteAhead { is_full: true, .. } => Error::Full { file: "the journal".to_owned() },
            Heap::Poisoned { .. } | Heap::WriteAhead { .. } => {
                Error::Poisoned { reason: error.to_string(), is_full: false }
            }
            Heap::Disagree { space, loc: _, expected, .. } => {
                Error::Disagree { keyspace: KeyspaceId(space.0), seq: Seq(expected), what: error.to_string() }
            }
            Heap::NoSuchSpace { space } | Heap::NoTuple { space, .. } | Heap::NoRoom { space, .. } => {
                Error::Disagree { keyspace: KeyspaceId(space.0), seq: Seq(0), what: error.to_string() }
            }
        }
    }
}

impl From<lsm::Error> for Error {
    fn from(error: lsm::Error) -> Self {
        use lsm::Error as Tree;
        match error {
            Tree::Corrupt { file, offset, what } => Error::Corrupt { file, offset, what: what.to_owned() },
            Tree::Missing { ref file } | Tree::WrongLen { ref file, .. } => {
                Error::Corrupt { file: file.clone(), offset: 0, what: error.to_string() }
            }
            Tree::UnknownFormat { file, found, supported } => Error::UnknownFormat { file, found, supported },
            Tree::NoSpace { file } => Error::Full { file },
            Tree::JournalNotDurable { is_full: true, .. } => Error::Full { file: "the journal".to_owned() },
            Tree::KeyTooLong { len, max } => Error::KeyTooLong { len, max },
            Tree::ValueTooLong { len, max } => Error::ValueTooLong { len, max },
            Tree::Disk { op, file, kind, .. } => Error::Disk { op, file, reason: kind.to_string() },
            other => Error::Poisoned { reason: other.to_string(), is_full: false },
        }
    }
}
