//! Scratch files: what an operator spills when it is refused memory. They vanish with their handle and mean
//! nothing after a crash.

use crate::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vfs::{Env, File, FileSystem, OpenMode};

/// Appends are gathered up to this length.
const BUFFER_LEN: usize = 64 << 10;

/// A file to append to and to read back from, removed when dropped.
pub struct ScratchFile {
    fs: Arc<dyn FileSystem>,
    file: Arc<dyn File>,
    path: PathBuf,
    /// Bytes in the file.
    flushed: u64,
    /// Bytes appended and not in the file.
    tail: Vec<u8>,
}

impl ScratchFile {
    /// Creates a file of a new name in `dir`, which is created if missing.
    pub fn create(env: &Env, dir: &Path) -> Result<ScratchFile> {
        env.fs.create_dir_all(dir).map_err(Error::disk("create", dir))?;
        let path = dir.join(format!("{:016x}.scratch", env.random.next_u64()));
        let file = env.fs.open(&path, OpenMode::CreateNew).map_err(Error::disk("create", &path))?;
        Ok(ScratchFile { fs: Arc::clone(&env.fs), file, path, flushed: 0, tail: Vec::new() })
    }

    /// Removes the scratch files that a crash has left in `dir`. To be called at start-up.
    pub fn remove_all(env: &Env, dir: &Path) -> Result<()> {
        if env.fs.exists(dir).map_err(Error::disk("look for", dir))? {
            for path in env.fs.list(dir).map_err(Error::disk("list", dir))? {
                if path.extension().is_some_and(|extension| extension == "scratch") {
                    env.fs.remove(&path).map_err(Error::disk("remove", &path))?;
                }
            }
        }
        Ok(())
    }

    /// Appends bytes; where they begin.
    pub fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        let at = self.len();
        self.tail.extend_from_slice(bytes);
        if self.tail.len() >= BUFFER_LEN {
            self.file.write_all_at(&self.tail, self.flushed).map_err(Error::disk("write", &self.path))?;
            self.flushed += self.tail.len() as u64;
            self.tail.clear();
        }
        Ok(at)
    }

    /// Fills `into` from `offset`; an error if fewer bytes were appended.
    pub fn read_at(&self, into: &mut [u8], offset: u64) -> Result<()> {
        let in_file =
            usize::try_from(self.flushed.saturating_sub(offset)).unwrap_or(usize::MAX).min(into.len());
        let (from_file, from_tail) = into.split_at_mut(in_file);
        if !from_file.is_empty() {
            self.file.read_exact_at(from_file, offset).map_err(Error::disk("read", &self.path))?;
        }
        let start = usize::try_from(offset.saturating_sub(self.flushed)).unwrap_or(usize::MAX);
        let end = start.saturating_add(from_tail.len());
        let tail = self.tail.get(start..end).ok_or(std::io::ErrorKind::UnexpectedEof);
        from_tail.copy_from_slice(tail.map_err(|kind| Error::disk("read", &self.path)(kind.into()))?);
        Ok(())
    }

    /// Bytes appended.
    pub fn len(&self) -> u64 {
        self.flushed + self.tail.len() as u64
    }

    /// Whether nothing was appended.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        // A name that cannot be removed is removed at the next start-up.
        let _ = self.fs.remove(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_read_back_across_the_buffer() {
        let (env, dir) = (vfs::mem::env(), Path::new("/tmp/scratch"));
        let mut scratch = ScratchFile::create(&env, dir).unwrap();
        let bytes: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        let mut at = 0;
        for part in bytes.chunks(777) {
            assert_eq!(scratch.append(part).unwrap(), at);
            at += part.len() as u64;
        }
        for (from, len) in [(0, 10), (65_000, 3_000), (199_000, 1_000), (0, 200_000), (200_000, 0)] {
            let mut back = vec![0; len];
            scratch.read_at(&mut back, from as u64).unwrap();
            assert_eq!(back, bytes[from..from + len]);
        }
        assert!(scratch.read_at(&mut [0; 2], 199_999).is_err());
        assert!(scratch.read_at(&mut [0; 1], u64::MAX).is_err());
        drop(scratch);
        assert!(env.fs.list(dir).unwrap().is_empty());
        env.fs.open(&dir.join("left.scratch"), OpenMode::CreateNew).unwrap();
        ScratchFile::remove_all(&env, dir).unwrap();
        assert!(env.fs.list(dir).unwrap().is_empty());
    }
}
