//! Dirty pages go to the disk.
//!
//! A batch is: take the images, wait for the journal (I-1), double-write those that overwrite something a
//! recovery needs, write all in place in block order, note their floors. Commits go on meanwhile: they change
//! copies of the images that are on their way.
//!
//! Locks: a thread that places may come here for a free frame and holds its space's placement lock then, so
//! that lock is never waited for under the writer's. The maps' and the cache's may be.

use super::space::{Space, Spaces};
use super::{Heap, SpaceId};
use crate::block_store::{BLOCK_LEN, Block, BlockId};
use crate::cache::PageRef;
use crate::double_write::DoubleWrite;
use crate::page::PageId;
use crate::{Error, Result};
use journal::Lsn;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use vfs::Env;

/// Pages evicted at a time for the sake of others.
const GIVEN_BACK: usize = 256;

/// The pages that a checkpoint has to write.
#[derive(Debug)]
pub struct Sweep {
    pages: Vec<PageId>,
    done: usize,
}

impl Sweep {
    /// Whether all of them have been written or put off.
    pub fn is_over(&self) -> bool {
        self.done >= self.pages.len()
    }

    /// How much of `whole` belongs to the pages behind it.
    pub fn share_of(&self, whole: u64) -> u64 {
        let share = u128::from(whole) * self.done as u128 / self.pages.len().max(1) as u128;
        u64::try_from(share).unwrap_or(whole)
    }
}

/// The one writer of pages.
pub(super) struct Writer {
    double_write: DoubleWrite,
    /// Spaces written to since their last sync.
    unsynced: BTreeMap<SpaceId, Arc<Space>>,
    /// Images taken for writing whose records are not durable yet.
    parked: Vec<(PageId, PageRef)>,
    /// Images of a batch that a full disk has interrupted. In place they may be torn, so they come before everything
    /// else: until they are whole there, their old images in the double-write file must stay.
    interrupted: Vec<(PageId, PageRef)>,
    /// The sealed images of a batch.
    sealed: Vec<u8>,
    batch_pages: usize,
    /// The file that failed; nothing is written after that.
    poisoned: Option<String>,
}

impl Writer {
    /// Opens the double-write file and repairs what it says was being written.
    pub(super) fn open(env: &Env, dir: &Path, spaces: &Spaces, batch_pages: usize) -> Result<Writer> {
        let batch_pages = batch_pages.clamp(1, DoubleWrite::PAGES_MAX);
        let double_write = DoubleWrite::open(env, &dir.join("doublewrite"), batch_pages)?;
        let mut writer = Writer {
            double_write,
            unsynced: BTreeMap::new(),
            parked: Vec::new(),
            interrupted: Vec::new(),
            sealed: Vec::new(),
            batch_pages,
            poisoned: None,
        };
        writer.repair(spaces)?;
        Ok(writer)
    }

    /// Rewrites pages that are not whole in place and are whole in the double-write file. And those that are the
    /// same in both: in place they may be in the system's cache only, and clean there, if the process before
    /// this one ended with a failed sync.
    fn repair(&mut self, spaces: &Spaces) -> Result<()> {
        for (id, image) in self.double_write.last_batch()? {
            let Ok(space) = spaces.get(SpaceId(id.space)) else { continue };
            let Some(floor) = space.map.lock().floor(id.block) else { continue };
            let mut page = crate::page::Page::blank();
            space.store.read(BlockId(id.block), page.bytes_mut())?;
            let may_be_lost = page.verify(id, floor).is_err() || page.bytes() == image.bytes();
            if may_be_lost && image.verify(id, floor).is_ok() {
                space.store.write(BlockId(id.block), image.bytes())?;
                self.unsynced.insert(space.id, space);
            }
        }
        self.sync()
    }

    fn check(&self) -> Result<()> {
        match &self.poisoned {
            Some(file) => Err(Error::Poisoned { file: file.clone() }),
            None => Ok(()),
        }
    }

    /// A full disk loses nothing: the pages stay dirty. Any other failure is final.
    fn poison(&mut self, error: &Error) {
        if let Error::Disk { file, .. } = error
            && !error.is_disk_full()
        {
            self.poisoned = Some(file.clone());
        }
    }

    fn sync(&mut self) -> Result<()> {
        while let Some((_, space)) = self.unsynced.first_key_value() {
            space.store.sync()?;
            self.unsynced.pop_first();
        }
        Ok(())
    }
}

impl Heap {
    /// Writes up to about `max_pages` dirty pages in block order, those whose records are durable; never
    /// waits for the journal. The number written. Call it again and again in the background, so that a
    /// checkpoint finds little to do.
    pub fn write_back(&self, max_pages: usize) -> Result<usize> {
        let mut writer = self.writer.lock();
        writer.check()?;
        let more = max_pages.saturating_sub(writer.parked.len());
        let batch = self.cache.next_dirty(more);
        self.write_durable(&mut writer, &batch)
    }

    /// Whether so much of the cache is dirty that readers may soon have to wait for writes.
    pub fn is_crowded(&self) -> bool {
        self.cache.is_crowded()
    }

    /// Whether others need memory that the page cache has taken beyond what is its own.
    pub fn owes_memory(&self) -> bool {
        self.cache.owes_memory()
    }

    /// Gives some of it back; `false` if no page can be evicted.
    pub fn give_memory_back(&self) -> bool {
        self.cache.give_back(GIVEN_BACK) > 0
    }

    /// Gives memory that pages have left back to the system, a little at a time; `false` when there is none.
    pub fn give_memory_to_system(&self) -> bool {
        self.cache.give_memory_to_system()
    }

    /// Writes everything that is dirty at the time of the call, syncs it and saves the block maps. Changes
    /// with an LSN at or below the newest one made before the call need no replay from then on; the caller
    /// sees to it that no record is appended and not applied at that moment. Changes may go on meanwhile.
    pub fn checkpoint(&self) -> Result<()> {
        let mut sweep = self.begin_checkpoint()?;
        while !sweep.is_over() {
            self.sweep_some(&mut sweep)?;
        }
        self.end_checkpoint()
    }

    /// Begins a checkpoint that goes on in steps: [`Self::sweep_some`] until the sweep is over, then
    /// [`Self::end_checkpoint`]. It holds for the moment of this call, and may be given up at any step.
    pub fn begin_checkpoint(&self) -> Result<Sweep> {
        let mut writer = self.writer.lock();
        writer.check()?;
        // A page that changed while its image was parked is dirty twice: the image goes first.
        self.write_now(&mut writer, &[])?;
        Ok(Sweep { pages: self.cache.all_dirty(), done: 0 })
    }

    /// Writes the next batch of a sweep. Pages whose records are not durable are put off; nothing waits.
    pub fn sweep_some(&self, sweep: &mut Sweep) -> Result<()> {
        let mut writer = self.writer.lock();
        writer.check()?;
        let batch = sweep.pages.iter().skip(sweep.done).take(writer.batch_pages).copied();
        let batch: Vec<PageId> = batch.collect();
        sweep.done += batch.len();
        self.write_durable(&mut writer, &batch).map(drop)
    }

    /// Whether the files of dropped spaces take more room than [`Self::release`] would write: it costs eight
    /// bytes for each block of the heap.
    pub fn has_much_to_release(&self) -> bool {
        let dropped = self.spaces.unreleased();
        dropped > 0 && dropped >= self.spaces.map_len()
    }

    /// Removes the files of dropped spaces before the next checkpoint does. The maps that are saved for it say
    /// of every block what holds now, and the replay still starts where it did.
    pub fn release(&self) -> Result<()> {
        self.end_checkpoint()
    }

    /// Syncs what the sweep has written and saves the block maps.
    pub fn end_checkpoint(&self) -> Result<()> {
        let _one_at_a_time = self.checkpointing.lock();
        let mut writer = self.writer.lock();
        writer.check()?;
        // What was put off may be pages of the sweep.
        self.write_now(&mut writer, &[])?;
        // The maps are taken under the writer's lock: every floor in them is of an image that the sync below
        // covers, and no later overwrite goes without the double write.
        let (saved, _spaces) = self.spaces.save();
        let synced = writer.sync().and_then(|()| self.spaces.sync_names());
        synced.inspect_err(|error| writer.poison(error))?;
        drop(writer);
        // The maps tell of frees and drops; they may not be known before those are durable.
        self.ensure_durable(self.spaces.newest())?;
        self.spaces.publish(&saved)
    }

    /// Writes some pages so that the cache can evict, waiting for the journal if it must.
    pub(super) fn write_some_now(&self) -> Result<usize> {
        let mut writer = self.writer.lock();
        writer.check()?;
        let batch = self.cache.next_dirty(writer.batch_pages);
        self.write_now(&mut writer, &batch)
    }

    /// Writes those of these pages and of the parked ones whose records are durable, and parks the others.
    fn write_durable(&self, writer: &mut Writer, pages: &[PageId]) -> Result<usize> {
        let mut images = std::mem::take(&mut writer.parked);
        images.extend(self.take_images(pages));
        let durable = self.wal.durable();
        let (ready, parked) = images.into_iter().partition(|(_, image)| image.lsn() <= durable);
        writer.parked = parked;
        self.write_images(writer, ready)
    }

    /// Writes these pages and all that are parked, waiting for the journal.
    fn write_now(&self, writer: &mut Writer, pages: &[PageId]) -> Result<usize> {
        let mut images = std::mem::take(&mut writer.parked);
        images.extend(self.take_images(pages));
        let newest = images.iter().map(|(_, image)| image.lsn()).max().unwrap_or_default();
        if let Err(error) = self.ensure_durable(newest) {
            images.iter().for_each(|(id, _)| self.cache.not_written(*id));
            return Err(error);
        }
        self.write_images(writer, images)
    }

    fn take_images(&self, pages: &[PageId]) -> Vec<(PageId, PageRef)> {
        pages.iter().filter_map(|id| Some((*id, self.cache.begin_write(*id)?))).collect()
    }

    fn ensure_durable(&self, lsn: Lsn) -> Result<()> {
        if lsn <= self.wal.durable() {
            return Ok(());
        }
        self.wal.ensure_durable(lsn).map_err(|error| Error::WriteAhead {
            lsn,
            is_full: error.is_full,
            source: error.reason,
        })
    }

    /// Writes images whose records are durable.
    fn write_images(&self, writer: &mut Writer, mut images: Vec<(PageId, PageRef)>) -> Result<usize> {
        images.sort_unstable_by_key(|(id, _)| *id);
        let mut written = 0;
        if let Err(error) = self.finish_interrupted(writer) {
            writer.poison(&error);
            images.iter().for_each(|(id, _)| self.cache.not_written(*id));
            return Err(error);
        }
        for batch in images.chunks(writer.batch_pages) {
            if let Err(error) = self.write_batch(writer, batch) {
                writer.poison(&error);
                let rest = images.iter().skip(written);
                rest.for_each(|(id, _)| self.cache.not_written(*id));
                return Err(error);
            }
            written += batch.len();
        }
        Ok(written)
    }

    fn write_batch(&self, writer: &mut Writer, batch: &[(PageId, PageRef)]) -> Result<()> {
        let mut sealed = std::mem::take(&mut writer.sealed);
        sealed.resize(batch.len() * BLOCK_LEN, 0);
        let (blocks, _) = sealed.as_chunks_mut::<BLOCK_LEN>();
        for ((id, image), block) in batch.iter().zip(&mut *blocks) {
            image.seal_into(*id, block);
        }
        let result = self.write_sealed(writer, batch, blocks);
        writer.sealed = sealed;
        result
    }

    fn write_sealed(&self, writer: &mut Writer, batch: &[(PageId, PageRef)], blocks: &[Block]) -> Result<()> {
        self.guard_overwrites(writer, batch, blocks)?;
        let runs = batch.chunk_by(|(a, _), (b, _)| a.space == b.space && a.block + 1 == b.block);
        let mut at = 0;
        for run in runs {
            let images = blocks.get(at..at + run.len()).unwrap_or_default();
            at += run.len();
            // A space that was dropped meanwhile needs nothing written.
            if let Some((first, _)) = run.first()
                && let Ok(space) = self.spaces.get(SpaceId(first.space))
            {
                writer.unsynced.insert(space.id, Arc::clone(&space));
                let stored = space.store.write(BlockId(first.block), images.as_flattened());
                let mut map = space.map.lock();
                if let Err(error) = stored {
                    // What was being written may be torn now. A page that no saved map names is as if never
                    // written; of any other the double-write file has the only whole copy.
                    let torn = run.iter().filter(|(id, _)| !map.forget(id.block)).cloned();
                    writer.interrupted.extend(torn);
                    return Err(error);
                }
                run.iter().for_each(|(id, image)| map.set_floor(id.block, image.lsn()));
            }
        }
        batch.iter().for_each(|(id, _)| self.cache.written(*id));
        Ok(())
    }

    /// Makes whole in place what a full disk has left torn. These images are no newer than those in memory, and the pages
    /// stay dirty.
    fn finish_interrupted(&self, writer: &mut Writer) -> Result<()> {
        while let Some((id, image)) = writer.interrupted.last() {
            if let Ok(space) = self.spaces.get(SpaceId(id.space)) {
                let mut block = [0; BLOCK_LEN];
                image.seal_into(*id, &mut block);
                space.store.write(BlockId(id.block), &block)?;
                writer.unsynced.insert(space.id, space);
            }
            writer.interrupted.pop();
        }
        Ok(())
    }

    /// Puts the images that overwrite saved pages into the double-write file first.
    fn guard_overwrites(
        &self,
        writer: &mut Writer,
        batch: &[(PageId, PageRef)],
        blocks: &[Block],
    ) -> Result<()> {
        let is_saved = |id: &PageId| {
            self.spaces.get(SpaceId(id.space)).is_ok_and(|space| space.map.lock().is_saved(id.block))
        };
        let guarded: Vec<(PageId, &Block)> = batch
            .iter()
            .zip(blocks)
            .map(|((id, _), block)| (*id, block))
            .filter(|(id, _)| is_saved(id))
            .collect();
        if guarded.is_empty() {
            return Ok(());
        }
        // The pages of the last batch must be whole in place before their copies are overwritten.
        writer.sync()?;
        writer.double_write.write(&guarded)
    }
}
