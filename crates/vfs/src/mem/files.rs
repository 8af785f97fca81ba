//! Files in memory.

use crate::read_only::ReadOnly;
use crate::{File, FileSystem, OpenMode};
use parking_lot::{Mutex, RwLock};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a chunk.
const CHUNK: usize = 64 * 1024;

/// A tree of files in memory.
#[derive(Debug, Default)]
pub struct MemFileSystem {
    tree: Mutex<Tree>,
}

#[derive(Debug, Default)]
struct Tree {
    files: BTreeMap<PathBuf, Arc<MemFile>>,
    dirs: BTreeSet<PathBuf>,
    locked: BTreeMap<PathBuf, std::sync::Weak<MemFile>>,
}

#[derive(Debug, Default)]
struct MemFile {
    content: RwLock<Content>,
}

#[derive(Debug, Default)]
struct Content {
    chunks: Vec<Box<[u8]>>,
    len: u64,
}

impl MemFileSystem {
    /// An empty tree.
    pub fn new() -> MemFileSystem {
        MemFileSystem::default()
    }
}

fn not_found(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{} does not exist", path.display()))
}

impl FileSystem for MemFileSystem {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        let mut tree = self.tree.lock();
        let found = tree.files.get(path).cloned();
        match (mode, found) {
            (OpenMode::Read, Some(file)) => Ok(Arc::new(ReadOnly(file))),
            (OpenMode::ReadWrite | OpenMode::CreateOrOpen, Some(file)) => Ok(file),
            (OpenMode::CreateNew, Some(_)) => Err(io::ErrorKind::AlreadyExists.into()),
            (OpenMode::Read | OpenMode::ReadWrite, None) => Err(not_found(path)),
            (OpenMode::CreateNew | OpenMode::CreateOrOpen, None) => {
                let parent = path.parent().unwrap_or(Path::new(""));
                if !parent.as_os_str().is_empty() && !tree.dirs.contains(parent) {
                    return Err(not_found(parent));
                }
                let file = Arc::new(MemFile::default());
                tree.files.insert(path.to_owned(), file.clone());
                Ok(file)
            }
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut tree = self.tree.lock();
        let file = tree.files.remove(from).ok_or_else(|| not_found(from))?;
        tree.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.tree.lock().files.remove(path).map(|_| ()).ok_or_else(|| not_found(path))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut tree = self.tree.lock();
        tree.dirs.extend(path.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut tree = self.tree.lock();
        tree.files.retain(|name, _| !name.starts_with(path));
        tree.dirs.retain(|name| !name.starts_with(path));
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        let tree = self.tree.lock();
        if !tree.dirs.contains(dir) {
            return Err(not_found(dir));
        }
        let names = tree.files.keys().chain(tree.dirs.iter());
        let entries: BTreeSet<PathBuf> = names.filter(|name| name.parent() == Some(dir)).cloned().collect();
        Ok(entries.into_iter().collect())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        let tree = self.tree.lock();
        Ok(tree.files.contains_key(path) || tree.dirs.contains(path))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        if self.exists(dir)? { Ok(()) } else { Err(not_found(dir)) }
    }

    fn lock(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut tree = self.tree.lock();
        if tree.locked.get(path).is_some_and(|holder| holder.strong_count() > 0) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        tree.files.entry(path.to_owned()).or_default();
        let holder = Arc::new(MemFile::default());
        tree.locked.insert(path.to_owned(), Arc::downgrade(&holder));
        Ok(holder)
    }
}

impl Content {
    /// Copies from `offset`; returns how many bytes there were.
    fn read(&self, into: &mut [u8], offset: u64) -> usize {
        let available = self.len.saturating_sub(offset);
        let count = into.len().min(usize::try_from(available).unwrap_or(usize::MAX));
        let mut at = offset as usize;
        for piece in Pieces::of(offset, count) {
            if let Some(chunk) = self.chunks.get(at / CHUNK)
                && let Some(from) = chunk.get(at % CHUNK..at % CHUNK + piece.len)
                && let Some(to) = into.get_mut(piece.start..piece.start + piece.len)
            {
                to.copy_from_slice(from);
            }
            at += piece.len;
        }
        count
    }

    fn write(&mut self, from: &[u8], offset: u64) {
        let end = offset + from.len() as u64;
        self.grow(end);
        let mut at = offset as usize;
        for piece in Pieces::of(offset, from.len()) {
            if let Some(chunk) = self.chunks.get_mut(at / CHUNK)
                && let Some(to) = chunk.get_mut(at % CHUNK..at % CHUNK + piece.len)
                && let Some(from) = from.get(piece.start..piece.start + piece.len)
            {
                to.copy_from_slice(from);
            }
            at += piece.len;
        }
    }

    fn grow(&mut self, len: u64) {
        let chunks = usize::try_from(len.div_ceil(CHUNK as u64)).unwrap_or(usize::MAX);
        while self.chunks.len() < chunks {
            self.chunks.push(vec![0; CHUNK].into_boxed_slice());
        }
        self.len = self.len.max(len);
    }

    fn cut(&mut self, len: u64) {
        self.chunks.truncate(usize::try_from(len.div_ceil(CHUNK as u64)).unwrap_or(usize::MAX));
        // What is beyond the new end must read as zeros if the file grows again.
        if let Some(last) = self.chunks.last_mut()
            && let Some(beyond) = last.get_mut((len % CHUNK as u64) as usize..)
            && !len.is_multiple_of(CHUNK as u64)
        {
            beyond.fill(0);
        }
        self.len = len;
    }
}

/// A byte range cut at the borders of chunks, as ranges of the caller's buffer.
struct Pieces {
    at: usize,
    start: usize,
    rest: usize,
}

struct Piece {
    start: usize,
    len: usize,
}

impl Pieces {
    fn of(offset: u64, count: usize) -> Pieces {
        Pieces { at: offset as usize, start: 0, rest: count }
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.rest == 0 {
            return None;
        }
        let len = self.rest.min(CHUNK - self.at % CHUNK);
        let piece = Piece { start: self.start, len };
        self.at += len;
        self.start += len;
        self.rest -= len;
        Some(piece)
    }
}

impl File for MemFile {
    fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        if self.content.read().read(into, offset) < into.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        Ok(self.content.read().read(into, offset))
    }

    fn write_all_at(&self, from: &[u8], offset: u64) -> io::Result<()> {
        self.content.write().write(from, offset);
        Ok(())
    }

    fn write_all_vectored_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        let mut content = self.content.write();
        let mut at = offset;
        for part in parts {
            content.write(part, at);
            at += part.len() as u64;
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.content.read().len)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut content = self.content.write();
        if len < content.len {
            content.cut(len);
        } else {
            content.grow(len);
        }
        Ok(())
    }

    fn allocate(&self, len: u64, _zero_fill: bool) -> io::Result<()> {
        self.content.write().grow(len);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
