//! Blocks in memory.

use super::{BLOCK_LEN, Block, BlockId, BlockStore, grown};
use crate::{Error, Result};
use parking_lot::RwLock;
use std::io;

/// Blocks that live as long as the process.
#[derive(Default)]
pub struct MemBlockStore {
    blocks: RwLock<Vec<Block>>,
}

impl MemBlockStore {
    fn beyond_the_end(op: &'static str) -> Error {
        Error::Disk { op, file: "memory".into(), source: io::ErrorKind::UnexpectedEof.into() }
    }
}

impl BlockStore for MemBlockStore {
    fn reserve(&self, count: u32) -> Result<()> {
        let mut blocks = self.blocks.write();
        if count as usize > blocks.len() {
            blocks.resize(grown(count) as usize, [0; BLOCK_LEN]);
        }
        Ok(())
    }

    fn len(&self) -> Result<u32> {
        Ok(u32::try_from(self.blocks.read().len()).unwrap_or(u32::MAX))
    }

    fn read(&self, block: BlockId, into: &mut Block) -> Result<()> {
        let blocks = self.blocks.read();
        *into = *blocks.get(block.0 as usize).ok_or_else(|| Self::beyond_the_end("read"))?;
        Ok(())
    }

    fn write(&self, first: BlockId, from: &[u8]) -> Result<()> {
        let mut blocks = self.blocks.write();
        let (images, []) = from.as_chunks::<BLOCK_LEN>() else { return Err(Self::beyond_the_end("write")) };
        let start = first.0 as usize;
        let into = blocks.get_mut(start..start + images.len());
        into.ok_or_else(|| Self::beyond_the_end("write"))?.copy_from_slice(images);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn name(&self) -> String {
        "memory".into()
    }
}
