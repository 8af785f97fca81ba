//! Blocks in a file.

use super::{BLOCK_LEN, Block, BlockId, BlockStore, grown};
use crate::{Error, Result};
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vfs::{Env, File, OpenMode};

/// One file of blocks, grown by extents.
pub struct FileBlockStore {
    path: PathBuf,
    file: Arc<dyn File>,
    /// Blocks reserved; a mutex because only one thread may grow the file.
    reserved: Mutex<u32>,
}

impl FileBlockStore {
    /// Opens the file, or creates it. The new name is durable once its directory is synced.
    pub fn open(env: &Env, path: &Path) -> Result<FileBlockStore> {
        let file = env.fs.open(path, OpenMode::CreateOrOpen).map_err(Error::disk("open", path))?;
        let len = file.len().map_err(Error::disk("measure", path))?;
        let reserved = Mutex::new(u32::try_from(len / BLOCK_LEN as u64).unwrap_or(u32::MAX));
        Ok(FileBlockStore { path: path.to_owned(), file, reserved })
    }
}

impl BlockStore for FileBlockStore {
    fn reserve(&self, blocks: u32) -> Result<()> {
        let mut reserved = self.reserved.lock();
        if blocks > *reserved {
            let grown = grown(blocks);
            self.file.allocate(BlockId(grown).offset(), false).map_err(Error::disk("extend", &self.path))?;
            *reserved = grown;
        }
        Ok(())
    }

    fn len(&self) -> Result<u32> {
        Ok(*self.reserved.lock())
    }

    fn read(&self, block: BlockId, into: &mut Block) -> Result<()> {
        self.file.read_exact_at(into, block.offset()).map_err(Error::disk("read", &self.path))
    }

    fn write(&self, first: BlockId, from: &[u8]) -> Result<()> {
        self.file.write_all_at(from, first.offset()).map_err(Error::disk("write", &self.path))
    }

    fn sync(&self) -> Result<()> {
        self.file.sync().map_err(Error::disk("sync", &self.path))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}
