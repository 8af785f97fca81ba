//! Copying a heap while it is in use.
//!
//! Pages are copied one by one, each as it is at its moment; the map that goes with them says of each the LSN
//! of the image that was copied. So the copy is what a crash could have left behind, and a replay from the
//! checkpoint before the copy to a position behind its end makes it whole.
//!
//! Over an earlier copy only the pages that it lacks are written. Whether it has a page is asked of its bytes, all of
//! them: an LSN does not tell the page in the middle of a record from the page behind it, nor this store's page from
//! that of a copy which has gone its own way, and what the target's disk has spoilt meanwhile is found and put right.

use super::Heap;
use super::block_map::Saved;
use super::space::{Space, heap_file};
use crate::block_store::{BLOCK_LEN, Block, BlockId, BlockStore, FileBlockStore};
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::path::Path;
use vfs::Env;

/// Pages written at once.
const BATCH: usize = 64;

/// What a copy took, in pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopiedPages {
    /// Those that were written.
    pub written: u64,
    /// Those that an earlier copy had brought already.
    pub kept: u64,
}

impl Heap {
    /// Copies every space to `dir/heap`, where nothing is or an earlier copy of which every sync has succeeded. The
    /// caller has made a checkpoint before, and keeps the journal, and [the memory of drops](Self::replay_starts_at),
    /// from there on.
    pub fn copy_to(&self, env: &Env, dir: &Path) -> Result<CopiedPages> {
        let dir = dir.join("heap");
        env.fs.create_dir_all(&dir).map_err(Error::disk("create", &dir))?;
        let (mut saved, spaces) = self.spaces.save();
        let mut pages = CopiedPages::default();
        for space in spaces {
            let Some(map) = saved.spaces.get_mut(&space.id) else { continue };
            let copy = FileBlockStore::open(env, &heap_file(&dir, space.id))?;
            match self.copy_space(&space, map, &copy, &mut pages) {
                // Dropped meanwhile: the replay meets the drop.
                Ok(()) | Err(Error::NoSuchSpace { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        saved.dropped = self.spaces.dropped();
        saved.spaces.retain(|id, _| !saved.dropped.contains_key(id));
        remove_others(env, &dir, &saved)?;
        env.fs.sync_dir(&dir).map_err(Error::disk("sync", &dir))?;
        saved.store(env, &dir)?;
        Ok(pages)
    }

    /// Copies the pages that the map knows, and notes in it what was copied.
    fn copy_space(
        &self,
        space: &Space,
        map: &mut [u64],
        copy: &dyn BlockStore,
        pages: &mut CopiedPages,
    ) -> Result<()> {
        let mut copy =
            Target { there: copy.len()?, store: copy, first: 0, images: Vec::with_capacity(BATCH) };
        copy.store.reserve(map.len() as u32)?;
        for (block, entry) in (0..).zip(map).filter(|(_, entry)| Saved::is_written(**entry)) {
            let id = space.page_id(block);
            let page = self.cache.get(id, self)?;
            let mut image = [0; BLOCK_LEN];
            page.seal_into(id, &mut image);
            Saved::note_floor(entry, page.lsn());
            if copy.has(block, &image)? {
                pages.kept += 1;
            } else {
                copy.write(block, image)?;
                pages.written += 1;
            }
        }
        copy.flush()?;
        copy.store.sync()
    }
}

/// The file of a space that is being copied. Pages that lie side by side are written together.
struct Target<'a> {
    store: &'a dyn BlockStore,
    /// Blocks that an earlier copy has left.
    there: u32,
    first: u32,
    images: Vec<Block>,
}

impl Target<'_> {
    /// Whether this very image lies in the block.
    fn has(&self, block: u32, image: &Block) -> Result<bool> {
        let mut found = [0; BLOCK_LEN];
        if block >= self.there {
            return Ok(false);
        }
        self.store.read(BlockId(block), &mut found)?;
        Ok(found == *image)
    }

    fn write(&mut self, block: u32, image: Block) -> Result<()> {
        let next = self.first + self.images.len() as u32;
        if block != next || self.images.len() == BATCH {
            self.flush()?;
            self.first = block;
        }
        self.images.push(image);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if !self.images.is_empty() {
            self.store.write(BlockId(self.first), self.images.as_flattened())?;
            self.images.clear();
        }
        Ok(())
    }
}

/// Removes the files of spaces that are not in the copy, which may be an earlier one's.
fn remove_others(env: &Env, dir: &Path, saved: &Saved) -> Result<()> {
    let copied: BTreeSet<_> = saved.spaces.keys().map(|id| heap_file(dir, *id)).collect();
    for path in env.fs.list(dir).map_err(Error::disk("list", dir))? {
        let is_heap = path.extension().is_some_and(|extension| extension == "heap");
        if is_heap && !copied.contains(&path) {
            env.fs.remove(&path).map_err(Error::disk("remove", &path))?;
        }
    }
    Ok(())
}
