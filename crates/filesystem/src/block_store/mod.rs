//! A device of fixed-size blocks. Knows nothing of pages, tuples or keys.
//!
//! A block store holds one heap space. It only ever grows, by extents, so that the blocks of one table lie
//! together on disk; a space is given back as a whole by removing its store.

mod file;
mod mem;

pub use file::FileBlockStore;
pub use mem::MemBlockStore;

use crate::Result;

/// Bytes in a block.
pub const BLOCK_LEN: usize = 8192;

/// The bytes of one block.
pub type Block = [u8; BLOCK_LEN];

/// Number of a block in its store, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u32);

impl BlockId {
    /// Its first byte's position in the store.
    pub fn offset(self) -> u64 {
        u64::from(self.0) * BLOCK_LEN as u64
    }
}

/// Where the blocks of one space live.
///
/// Writes become durable at [`sync`](Self::sync) and only there. After a crash a block holds an old image,
/// a new one, or a mixture of both: the page layer's checksum tells.
pub trait BlockStore: Send + Sync {
    /// Makes room for at least `blocks` blocks in all, growing by whole extents. New blocks read as zeros.
    /// A full disk is met here and not when a block is written.
    fn reserve(&self, blocks: u32) -> Result<()>;
    /// Blocks that there is room for.
    fn len(&self) -> Result<u32>;
    /// Whether no block was reserved or written.
    fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Reads a block.
    fn read(&self, block: BlockId, into: &mut Block) -> Result<()>;
    /// Writes whole blocks, `from` being a multiple of [`BLOCK_LEN`], side by side from `first` on.
    fn write(&self, first: BlockId, from: &[u8]) -> Result<()>;
    /// Makes every earlier write durable. After an error the store must not be written again.
    fn sync(&self) -> Result<()>;
    /// What to call this store in an error.
    fn name(&self) -> String;
}

/// How many blocks to have room for when `blocks` are needed: exact doubling while small, so that a small
/// table stays small; then 1 MiB and 8 MiB steps, so that a large one is laid out in long runs.
fn grown(blocks: u32) -> u32 {
    const MIB: u32 = (1 << 20) / BLOCK_LEN as u32;
    match blocks {
        0..=MIB => blocks.next_power_of_two(),
        blocks if blocks <= 64 * MIB => blocks.checked_next_multiple_of(MIB).unwrap_or(u32::MAX),
        blocks => blocks.checked_next_multiple_of(8 * MIB).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::path::Path;

    fn behaves_like_a_block_store(store: &dyn BlockStore) {
        assert!(store.is_empty().unwrap());
        store.reserve(3).unwrap();
        assert_eq!(store.len().unwrap(), 4);
        let mut block = [1; BLOCK_LEN];
        store.read(BlockId(2), &mut block).unwrap();
        assert_eq!(block, [0; BLOCK_LEN]);
        store.write(BlockId(1), &[vec![7; BLOCK_LEN], vec![8; BLOCK_LEN]].concat()).unwrap();
        store.sync().unwrap();
        store.read(BlockId(2), &mut block).unwrap();
        assert_eq!(block, [8; BLOCK_LEN]);
        assert!(matches!(store.read(BlockId(4), &mut block), Err(Error::Disk { .. })));
    }

    #[test]
    fn file_and_memory_behave_alike() {
        behaves_like_a_block_store(&MemBlockStore::default());
        let env = vfs::mem::env();
        env.fs.create_dir_all(Path::new("/d")).unwrap();
        behaves_like_a_block_store(&FileBlockStore::open(&env, Path::new("/d/1.heap")).unwrap());
    }

    #[test]
    fn growth_starts_small_and_ends_in_long_steps() {
        let steps: Vec<u32> = [1, 2, 3, 100, 129, 8192, 8193].map(grown).to_vec();
        assert_eq!(steps, [1, 2, 4, 128, 256, 8192, 9216]);
        assert_eq!(grown(u32::MAX), u32::MAX);
    }
}
