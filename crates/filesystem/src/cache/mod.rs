//! The page cache: 8 KiB images in memory, which of them to keep, and which must still be written.
//!
//! An image is immutable while anybody holds it. A [`PageRef`] is a counted reference, so a reader holds no
//! latch and can neither block nor deadlock a writer; a writer changes the image in place when nobody looks
//! and a copy of it otherwise. Writing back works the same way: it takes a reference and writes that image
//! while commits go on.
//!
//! Invariants
//! 1. A page is in at most one frame.
//! 2. A frame that is pinned, dirty or being written is never evicted.
//! 3. Frames draw their memory from the pool and never pass the cache's share of it. (The old image of a page
//!    that changes under a pin lives on until the pin is dropped; pins are short, see [`PageRef`].) A part of the
//!    share is the cache's own; of the rest it takes what others leave, and gives it back when they need it.
//!    And a change must be made, for the journal holds it already: if nothing can be evicted, because the disk is
//!    full or others have all of the pool, its frame is a debt (`debt`). Whoever is about to cause more changes repays.
//! 4. The latches are leaves: no disk access and no other lock but the dirty set's and that of the free images
//!    under a shard's latch.
//! 5. The images lie in one slab ([`slots`](self)), which takes memory as frames do, and gives it back, in large pages, when
//!    the cache gives frames to others or a space is dropped.
//!
//! What to evict is decided in [`shard`](self) by two queues, an O(1) form of LRU-2.

mod debt;
mod dirty;
mod image;
mod shard;
mod slots;

use crate::block_store::BLOCK_LEN;
use crate::page::{Page, PageId};
use crate::pool::{MemoryPool, Reservation};
use crate::spread::spread;
use crate::{Error, Result};
use debt::{Debt, FrameMemory};
use dirty::DirtySet;
use image::Image;
use journal::Lsn;
use parking_lot::{Condvar, Mutex};
use shard::{Frame, Shard};
use slots::Slots;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a frame takes from the pool: the image, the frame and its map entry.
pub(crate) const FRAME_LEN: usize = BLOCK_LEN + 256;

/// Frames that a brief search for one to evict looks at.
const LOOKS: usize = 64;

/// A pinned page image. It does not change while it is held, and its memory stays with it: hold it for a
/// step, not for the life of a query.
#[derive(Clone)]
pub struct PageRef(Image);

impl Deref for PageRef {
    type Target = Page;
    #[inline]
    fn deref(&self) -> &Page {
        &self.0
    }
}

/// Where pages come from, and who makes room by writing some.
pub trait PageSource {
    /// Fills `into` with the page `id`, verified; an empty page if none was ever written.
    fn load(&self, id: PageId, into: &mut Page) -> Result<()>;
    /// Writes dirty pages so that frames become clean. The number written.
    fn clean(&self) -> Result<usize>;
}

/// One part in so many of the pool is left to others.
const REST_SHARE: usize = 16;
/// One frame in so many is kept clean.
const CLEAN_SHARE: usize = 32;
/// The same, up to a number that lasts for some batches of writes, when so many frames were evicted since pages were
/// last written: a clean one should be found at once. More of them would change again before they are evicted.
const CLEAN_SHARE_IN_DEMAND: usize = 8;
const CLEAN_IN_DEMAND_MAX: usize = 1024;
const DEMAND: usize = 64;

/// Pages in memory, by id.
pub struct PageCache {
    shards: Box<[Latched]>,
    /// Where the images are; `None` if the system refused a slab for all of them.
    slots: Option<Arc<Slots>>,
    dirty: Mutex<DirtySet>,
    pool: MemoryPool,
    frames: AtomicUsize,
    frames_max: usize,
    /// Frames evicted since dirty pages were last asked for.
    evicted: AtomicUsize,
    /// Frames that the cache need not give back.
    frames_own: usize,
    /// Bytes of the pool that other frames leave to whoever else needs memory.
    rest: usize,
    debt: Arc<Debt>,
}

/// What to do when there is no memory for a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    IsAnError,
    IsOwed,
}

#[derive(Default)]
struct Latched {
    shard: Mutex<Shard>,
    /// A load has ended, well or not.
    loaded: Condvar,
}

impl PageCache {
    /// A cache of at most `share` bytes of `pool`, `own` of which it keeps when others need memory.
    pub fn new(pool: MemoryPool, own: usize, share: usize) -> PageCache {
        let frames_max = (share / FRAME_LEN).max(8);
        // Few shards for a small cache: each decides by itself what to keep.
        let shards = (frames_max / 256).next_power_of_two().clamp(1, 16);
        PageCache {
            shards: (0..shards).map(|_| Latched::default()).collect(),
            slots: Slots::new(frames_max),
            dirty: Mutex::default(),
            rest: pool.cap() / REST_SHARE,
            pool,
            frames: AtomicUsize::new(0),
            frames_max,
            evicted: AtomicUsize::new(0),
            frames_own: (own / FRAME_LEN).max(8).min(frames_max),
            debt: Arc::default(),
        }
    }

    /// Pins the page `id`, which `source` loads if it is not here.
    #[inline]
    pub fn get(&self, id: PageId, source: &dyn PageSource) -> Result<PageRef> {
        self.with_frame(id, source, Refusal::IsAnError, |frame| PageRef(frame.image.clone()))
    }

    /// Shows the page `id` if it is in memory. That is no use of it.
    #[inline]
    pub(crate) fn peek(&self, id: PageId, visit: impl FnOnce(&Page)) {
        if let Some(frame) = self.latched(id).shard.lock().frame_mut(id) {
            visit(&frame.image);
        }
    }

    /// Changes the page `id`. If `change` says so by returning `true`, the page bears `lsn` and is dirty. Neither a full
    /// disk nor a full pool can keep the change from being made.
    pub fn modify<R>(
        &self,
        id: PageId,
        lsn: Lsn,
        source: &dyn PageSource,
        change: impl FnOnce(&mut Page) -> (bool, R),
    ) -> Result<R> {
        self.modify_as(id, source, |page| {
            let (changed, result) = change(page);
            if changed {
                page.set_lsn(lsn.max(page.lsn()));
            }
            (changed.then_some(lsn), result)
        })
    }

    /// Changes the page `id` by several records at once. `change` sees to the page's LSN, and returns the LSN of
    /// the first change that the page did not have.
    pub(crate) fn modify_as<R>(
        &self,
        id: PageId,
        source: &dyn PageSource,
        change: impl FnOnce(&mut Page) -> (Option<Lsn>, R),
    ) -> Result<R> {
        self.with_frame(id, source, Refusal::IsOwed, |frame| {
            let (first, result) = change(frame.image.make_mut(self.slots.as_ref()));
            if let Some(first) = first.filter(|_| !frame.dirty) {
                frame.dirty = true;
                self.dirty.lock().insert(id, first);
            }
            result
        })
    }

    /// Takes the image of a dirty page to be written. The frame stays, and counts as clean for later
    /// changes; [`Self::written`] or [`Self::not_written`] must follow. `None` if the page is not dirty.
    pub(crate) fn begin_write(&self, id: PageId) -> Option<PageRef> {
        let mut shard = self.latched(id).shard.lock();
        let frame = shard.frame_mut(id).filter(|frame| frame.dirty && !frame.writing)?;
        frame.dirty = false;
        frame.writing = true;
        self.dirty.lock().begin_write(id);
        Some(PageRef(frame.image.clone()))
    }

    /// The image taken by [`Self::begin_write`] is on disk.
    pub(crate) fn written(&self, id: PageId) {
        let mut shard = self.latched(id).shard.lock();
        shard.end_write(id, true);
        self.dirty.lock().written(id);
    }

    /// The image taken by [`Self::begin_write`] did not reach the disk: the page is as dirty as before.
    pub(crate) fn not_written(&self, id: PageId) {
        let mut shard = self.latched(id).shard.lock();
        shard.end_write(id, false);
        self.dirty.lock().not_written(id);
    }

    /// The next dirty pages in block order, continuing behind those of the last call.
    pub(crate) fn next_dirty(&self, max: usize) -> Vec<PageId> {
        self.evicted.store(0, Ordering::Relaxed);
        self.dirty.lock().next(max)
    }

    /// All dirty pages, in block order.
    pub(crate) fn all_dirty(&self) -> Vec<PageId> {
        self.dirty.lock().all()
    }

    /// Whether so many frames are dirty that readers may soon have to wait for writes. As long as no reader needs
    /// another frame nearly all may be: a page that changes again and again is best written once by each
    /// checkpoint.
    pub(crate) fn is_crowded(&self) -> bool {
        let most = self.attainable_frames();
        let is_in_demand = self.evicted.load(Ordering::Relaxed) >= DEMAND;
        let in_demand =
            if is_in_demand { (most / CLEAN_SHARE_IN_DEMAND).min(CLEAN_IN_DEMAND_MAX) } else { 1 };
        self.dirty.lock().count() > most - (most / CLEAN_SHARE).max(in_demand)
    }

    /// As many frames as there can be, given what others leave of the pool.
    fn attainable_frames(&self) -> usize {
        if self.owes_memory() {
            return self.frames_own;
        }
        let more = self.pool.left().saturating_sub(self.rest) / FRAME_LEN;
        (self.frame_count() + more).clamp(self.frames_own, self.frames_max)
    }

    /// Whether others need memory that the cache does not have to keep.
    pub(crate) fn owes_memory(&self) -> bool {
        self.pool.left() < self.rest / 2 && self.frame_count() > self.frames_own
    }

    /// Gives memory back that others need, as far as pages can be evicted; how many were.
    pub(crate) fn give_back(&self, frames: usize) -> usize {
        let shards = self.shards.iter().cycle().take(self.shards.len().max(frames));
        let evicted =
            shards.filter(|_| self.owes_memory()).filter(|latched| self.evict_from(latched, LOOKS)).count();
        self.give_memory_to_system();
        evicted
    }

    /// Gives memory of frames that are no more back to the system, a large page at a time; `false` if there is none to
    /// be given, or a reader was in the way.
    pub(crate) fn give_memory_to_system(&self) -> bool {
        let Some(slots) = &self.slots else { return false };
        let Some(vacating) = slots.begin_vacating() else { return false };
        for latched in &self.shards {
            latched.shard.lock().each_frame(|frame| frame.image.move_out_of(&vacating, slots));
        }
        slots.end_vacating()
    }

    fn evict_from(&self, latched: &Latched, looks: usize) -> bool {
        let evicted = latched.shard.lock().evict(looks);
        if evicted.is_some() {
            self.frames.fetch_sub(1, Ordering::Relaxed);
            self.evicted.fetch_add(1, Ordering::Relaxed);
        }
        evicted.is_some()
    }

    /// The oldest change that is in memory only.
    pub fn oldest_dirty(&self) -> Option<Lsn> {
        self.dirty.lock().oldest()
    }

    /// Forgets every page of a space, dirty or not. Their memory goes back to the system by
    /// [`Self::give_memory_to_system`].
    pub(crate) fn discard_space(&self, space: u32) {
        for latched in &self.shards {
            let dropped = latched.shard.lock().discard_space(space);
            self.frames.fetch_sub(dropped, Ordering::Relaxed);
        }
        self.dirty.lock().discard_space(space);
    }

    /// Pages in memory.
    pub fn frame_count(&self) -> usize {
        self.frames.load(Ordering::Relaxed)
    }

    /// Has pages written and gives back what is owed, as far as that goes. To be called before more changes are made.
    ///
    /// # Errors
    /// Why nothing can be written.
    pub(crate) fn repay(&self, source: &dyn PageSource) -> Result<()> {
        while self.debt.is_owed() {
            match self.shards.iter().find_map(|latched| latched.shard.lock().evict(64)) {
                Some(memory) => {
                    self.frames.fetch_sub(1, Ordering::Relaxed);
                    self.debt.repay(memory);
                }
                None if source.clean()? == 0 => break,
                None => {}
            }
        }
        Ok(())
    }

    #[inline]
    fn with_frame<R>(
        &self,
        id: PageId,
        source: &dyn PageSource,
        refusal: Refusal,
        visit: impl FnOnce(&mut Frame) -> R,
    ) -> Result<R> {
        let latched = self.latched(id);
        let mut shard = latched.shard.lock();
        loop {
            if let Some(frame) = shard.touch(id) {
                return Ok(visit(frame));
            }
            if !shard.loading.contains(&id) {
                break;
            }
            latched.loaded.wait(&mut shard);
        }
        // Whoever else wants the page waits until this load has ended: loading it twice could bring an
        // image back that was changed, written and evicted in between.
        shard.loading.push(id);
        drop(shard);
        let loaded = self.load(id, source, refusal);
        let mut shard = latched.shard.lock();
        shard.loading.retain(|other| *other != id);
        latched.loaded.notify_all();
        let (image, memory) = loaded?;
        Ok(visit(shard.insert(id, image, memory)))
    }

    fn load(&self, id: PageId, source: &dyn PageSource, refusal: Refusal) -> Result<(Image, FrameMemory)> {
        let memory = match self.make_room(id, source) {
            Ok(memory) => FrameMemory::Reserved(memory),
            Err(error) if refusal == Refusal::IsOwed && error.is_shortage() => {
                self.frames.fetch_add(1, Ordering::Relaxed);
                self.debt.owe()
            }
            Err(error) => return Err(error),
        };
        let mut image = Image::blank(self.slots.as_ref());
        let loaded = source.load(id, image.make_mut(self.slots.as_ref()));
        if loaded.is_err() {
            self.frames.fetch_sub(1, Ordering::Relaxed);
        }
        loaded.map(|()| (image, memory))
    }

    /// Reserves a frame, evicting others or having them written if need be.
    fn make_room(&self, id: PageId, source: &dyn PageSource) -> Result<Reservation> {
        // While nearly all is dirty a search is brief and rather has a batch written: a load that is larger
        // than the cache must not look at every frame for every page.
        let (mut unwritten, mut evicted) = (None, false);
        for looks in [LOOKS, LOOKS, LOOKS, usize::MAX] {
            // Every shard is searched for a victim, beginning with the page's own.
            for turn in 0..=self.shards.len() {
                if let Some(memory) = self.reserve(evicted) {
                    return Ok(memory);
                }
                let at = (self.shard_index(id) + turn) % self.shards.len();
                evicted |= self.evict_from(&self.shards[at], looks);
            }
            // What cannot be written need not keep a clean page from being evicted: look on.
            unwritten = unwritten.or(source.clean().err());
        }
        let exhausted = || Error::MemoryExhausted { used: self.pool.used(), cap: self.pool.cap() };
        self.reserve(evicted).ok_or_else(|| unwritten.unwrap_or_else(exhausted))
    }

    /// Memory for a frame; one that takes the place of another need not leave the rest to others.
    fn reserve(&self, replaces: bool) -> Option<Reservation> {
        let grown = |frames: usize| (frames < self.frames_max).then_some(frames + 1);
        let before = self.frames.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).ok()?;
        let rest = if replaces || before < self.frames_own { 0 } else { self.rest };
        let memory = self.pool.try_reserve_leaving(FRAME_LEN, rest);
        if memory.is_none() {
            self.frames.fetch_sub(1, Ordering::Relaxed);
        }
        memory
    }

    #[inline]
    fn latched(&self, id: PageId) -> &Latched {
        &self.shards[self.shard_index(id)]
    }

    #[inline]
    fn shard_index(&self, id: PageId) -> usize {
        (spread(id.space, id.block) >> 40) as usize & (self.shards.len() - 1)
    }
}

#[cfg(test)]
mod tests;
