//! The seam for files and directories.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whether a call failed because there is no room on the disk, or none left of somebody's quota.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// How a file is opened. Every file is readable; positions are always explicit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// The file must exist; writes are refused.
    Read,
    /// The file must exist.
    ReadWrite,
    /// The file must not exist.
    CreateNew,
    /// Opened if it exists, created otherwise.
    CreateOrOpen,
}

/// A tree of files. Paths are absolute or relative to the process's directory; the simulated worlds
/// have a tree of their own.
pub trait FileSystem: Send + Sync {
    /// Opens a file. A file that is created becomes durable with [`File::sync`] *and* [`Self::sync_dir`].
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>>;
    /// Atomically makes `to` name what `from` named. Durable after `sync_dir` of both directories.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file's name; open handles stay usable.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Creates a directory and its missing parents.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory with all that is in it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;
    /// The entries of a directory (full paths), sorted by name.
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>>;
    /// Whether a file or directory of this name exists.
    fn exists(&self, path: &Path) -> io::Result<bool>;
    /// Makes creations, renames and removals in `dir` durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Locks `path` (created if missing) against every other process until the returned file is
    /// dropped. `ErrorKind::WouldBlock` if another holder exists.
    fn lock(&self, path: &Path) -> io::Result<Arc<dyn File>>;
}

/// An open file. All positions and lengths are bytes.
#[expect(
    clippy::len_without_is_empty,
    reason = "a length is a call that can fail; nobody asks whether a file is empty"
)]
pub trait File: Send + Sync {
    /// Fills `into` from `offset`; `UnexpectedEof` if the file ends before. Retries short reads and EINTR.
    fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()>;
    /// Reads up to `into.len()` bytes; fewer only at the end of the file.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `from` at `offset`, extending the file if need be. Retries short writes and EINTR.
    fn write_all_at(&self, from: &[u8], offset: u64) -> io::Result<()>;
    /// Writes several buffers one behind the other, in one system call where possible.
    fn write_all_vectored_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()>;
    /// The file's length.
    fn len(&self) -> io::Result<u64>;
    /// Cuts or extends (with zeros) the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Reserves room up to `len` so that writes below it do not run out of space; the length grows to
    /// `len` and the new bytes read as zeros. `zero_fill` writes the zeros out, so that a later
    /// overwrite and sync touches no file metadata.
    fn allocate(&self, len: u64, zero_fill: bool) -> io::Result<()>;
    /// Makes every earlier write of this file durable (`fdatasync`). After an error the caller must
    /// treat the file's un-synced content as lost: a second call proves nothing.
    fn sync(&self) -> io::Result<()>;
}
