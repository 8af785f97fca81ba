//! The double-write file: whole copies of the pages that are being overwritten.
//!
//! A crash may tear a page that is being overwritten, and then neither its old nor its new content is left.
//! So a batch of pages is written here and synced before it is written in place. At start-up a page that is
//! torn in place is whole here.
//!
//! ```text
//! doublewrite                                                  (integers little-endian)
//!   block 0:  0 8 magic   8 4 number of pages   12 4 crc32 of all entries and the number
//!             16 8 per page: space 4, block 4
//!   blocks 1…: the pages, sealed
//! ```
//! If the header or a copy is not whole, its batch was not synced, so nothing was written in place.

use crate::block_store::{BLOCK_LEN, Block};
use crate::page::{Page, PageId};
use crate::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vfs::{Env, File, OpenMode};

const MAGIC: &[u8; 8] = b"strataDW";
const ENTRIES_START: usize = 16;

/// The file, with room for one batch.
pub(crate) struct DoubleWrite {
    file: Arc<dyn File>,
    path: PathBuf,
}

impl DoubleWrite {
    /// The largest batch.
    pub(crate) const PAGES_MAX: usize = (BLOCK_LEN - ENTRIES_START) / 8;

    pub(crate) fn open(env: &Env, path: &Path, batch_pages: usize) -> Result<DoubleWrite> {
        let file = env.fs.open(path, OpenMode::CreateOrOpen).map_err(Error::disk("open", path))?;
        let len = ((1 + batch_pages) * BLOCK_LEN) as u64;
        if file.len().map_err(Error::disk("measure", path))? < len {
            file.allocate(len, true).map_err(Error::disk("extend", path))?;
            file.sync().map_err(Error::disk("sync", path))?;
            if let Some(dir) = path.parent() {
                env.fs.sync_dir(dir).map_err(Error::disk("sync", dir))?;
            }
        }
        Ok(DoubleWrite { file, path: path.to_owned() })
    }

    /// Replaces the last batch by this one, durably.
    pub(crate) fn write(&self, pages: &[(PageId, &Block)]) -> Result<()> {
        let mut header = [0; BLOCK_LEN];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&(pages.len() as u32).to_le_bytes());
        for (entry, (id, _)) in header[ENTRIES_START..].chunks_exact_mut(8).zip(pages) {
            entry[..4].copy_from_slice(&id.space.to_le_bytes());
            entry[4..].copy_from_slice(&id.block.to_le_bytes());
        }
        let sum = checksum(&header);
        header[12..16].copy_from_slice(&sum.to_le_bytes());
        let parts: Vec<&[u8]> =
            std::iter::once(&header[..]).chain(pages.iter().map(|(_, image)| &image[..])).collect();
        self.file.write_all_vectored_at(&parts, 0).map_err(Error::disk("write", &self.path))?;
        self.file.sync().map_err(Error::disk("sync", &self.path))
    }

    /// The copies of the last batch, to be verified by whoever uses them.
    pub(crate) fn last_batch(&self) -> Result<Vec<(PageId, Page)>> {
        let mut header = [0; BLOCK_LEN];
        self.read(&mut header, 0)?;
        let number =
            |at: usize| header.get(at..).and_then(|rest| rest.first_chunk()).copied().map(u32::from_le_bytes);
        if !header.starts_with(MAGIC) || number(12) != Some(checksum(&header)) {
            return Ok(Vec::new());
        }
        let count = number(8).unwrap_or(0).min(Self::PAGES_MAX as u32) as usize;
        let mut batch = Vec::new();
        for index in 0..count {
            let at = ENTRIES_START + index * 8;
            let (Some(space), Some(block)) = (number(at), number(at + 4)) else { break };
            let mut copy = Page::blank();
            self.read(copy.bytes_mut(), (1 + index) as u64 * BLOCK_LEN as u64)?;
            batch.push((PageId { space, block }, copy));
        }
        Ok(batch)
    }

    /// Reads a block; what lies beyond the end reads as zeros.
    fn read(&self, into: &mut Block, offset: u64) -> Result<()> {
        self.file.read_at(into, offset).map(|_| ()).map_err(Error::disk("read", &self.path))
    }
}

fn checksum(header: &Block) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&header[8..12]);
    sum.update(&header[ENTRIES_START..]);
    sum.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// With magic and checksum in place, whatever the header claims: the file is as long as it is.
        #[test]
        fn any_header_is_survived(claims in prop::collection::vec(any::<u8>(), 200), count: u32) {
            let env = vfs::mem::env();
            let (dir, path) = (Path::new("/d"), Path::new("/d/doublewrite"));
            env.fs.create_dir_all(dir).unwrap();
            let double_write = DoubleWrite::open(&env, path, 2).unwrap();
            let mut header = [0; BLOCK_LEN];
            header[..8].copy_from_slice(MAGIC);
            header[8..12].copy_from_slice(&(count % 40).to_le_bytes());
            header[ENTRIES_START..ENTRIES_START + claims.len()].copy_from_slice(&claims);
            let sum = checksum(&header);
            header[12..16].copy_from_slice(&sum.to_le_bytes());
            double_write.file.write_all_at(&header, 0).unwrap();
            for (id, page) in double_write.last_batch().unwrap() {
                prop_assert!(page.verify(id, journal::Lsn(0)).is_err());
            }
        }
    }
}
