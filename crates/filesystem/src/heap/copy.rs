//! Copying a heap while it is in use.
//!
//! Pages are copied one by one, each as it is at its moment; the map that goes with them says of each the LSN
//! of the image that was copied. So the copy is what a crash could have left behind, and a replay from the
//! checkpoint before the copy to a position behind its end makes it whole.

use super::Heap;
use super::block_map::Saved;
use super::space::{Space, heap_file};
use crate::block_store::{BLOCK_LEN, Block, BlockId, BlockStore, FileBlockStore};
use crate::{Error, Result};
use std::path::Path;
use vfs::Env;

/// Pages written at once.
const BATCH: usize = 64;

impl Heap {
    /// Copies every space to `dir/heap`, and returns the number of pages. The caller has made a checkpoint
    /// before, and keeps the journal, and [the memory of drops](Self::replay_starts_at), from there on.
    pub fn copy_to(&self, env: &Env, dir: &Path) -> Result<u64> {
        let dir = dir.join("heap");
        env.fs.create_dir_all(&dir).map_err(Error::disk("create", &dir))?;
        let (mut saved, spaces) = self.spaces.save();
        let mut pages = 0;
        for space in spaces {
            let Some(map) = saved.spaces.get_mut(&space.id) else { continue };
            let copy = FileBlockStore::open(env, &heap_file(&dir, space.id))?;
            match self.copy_space(&space, map, &copy) {
                Ok(copied) => pages += copied,
                // Dropped meanwhile: the replay meets the drop.
                Err(Error::NoSuchSpace { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        saved.dropped = self.spaces.dropped();
        for id in saved.dropped.keys() {
            if saved.spaces.remove(id).is_some() {
                let path = heap_file(&dir, *id);
                env.fs.remove(&path).map_err(Error::disk("remove", &path))?;
            }
        }
        env.fs.sync_dir(&dir).map_err(Error::disk("sync", &dir))?;
        saved.store(env, &dir)?;
        Ok(pages)
    }

    /// Copies the pages that the map knows, and notes in it what was copied.
    fn copy_space(&self, space: &Space, map: &mut [u64], copy: &dyn BlockStore) -> Result<u64> {
        copy.reserve(map.len() as u32)?;
        let mut images: Vec<Block> = Vec::with_capacity(BATCH);
        let mut pages = 0;
        for (batch, entries) in map.chunks_mut(BATCH).enumerate() {
            let first = (batch * BATCH) as u32;
            images.clear();
            for (block, entry) in (first..).zip(entries) {
                let mut image = [0; BLOCK_LEN];
                if Saved::is_written(*entry) {
                    let id = space.page_id(block);
                    let page = self.cache.get(id, self)?;
                    page.seal_into(id, &mut image);
                    Saved::note_floor(entry, page.lsn());
                    pages += 1;
                }
                images.push(image);
            }
            copy.write(BlockId(first), images.as_flattened())?;
        }
        copy.sync()?;
        Ok(pages)
    }
}
