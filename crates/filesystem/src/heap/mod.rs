//! The tuple heap: tuples by location.
//!
//! A tuple carries the seq that created its version and, once superseded, the seq that ended it (I-6). It is
//! first *placed*, which reserves its location and changes nothing that a crash could leave behind; then the
//! caller journals what it is about to do; then it is *written*.
//!
//! ```text
//! heap.place ──► journal.append ──► heap.write          commit and replay call the same write, end and free
//!            └─► heap.unplace (rolled back)
//! ```
//!
//! # Why a replay gives the same heap
//! Every change carries the LSN of its record's end, and the page bears the LSN of its last change.
//! 1. *A page newer than the record is left alone.* It contains the record's change, since records are
//!    applied in order. *A page of the same LSN is changed again*, since a record may change a page more than
//!    once and the disk may have caught the page in between; each change is the same when done twice.
//! 2. *The room is there.* At every LSN a page in replay holds the committed tuples that the live page held,
//!    and no reservations; holes are closed when the rest does not suffice.
//! 3. *First writes need no image.* A block without a saved floor starts empty (`block_map.rs`), and all that
//!    was written to it lies behind the checkpoint.
//! 4. *No block gets two owners.* Ownership is decided once, by `place`, and travels in the [`Placement`].
//!    The saved map marks a block ownerless only for frees that are durable. A replayed write takes its
//!    blocks out of the ownerless set, unless its page is newer and the tuple gone from it: then a later
//!    record has freed the blocks, and any new owner's record comes later still. Nothing is placed before
//!    the replay has ended.
//! 5. *Drops.* A dropped space leaves its id and LSN in the saved map until the caller says that no replay
//!    will start before the drop, so records older than it find that there is nothing to do. Its file is removed only when the map
//!    without it is durable, and a file that no map names holds nothing but what a replay will write again.
//!
//! Read in this order: `loc.rs`, `tuple.rs`, `block_map.rs`, `placing.rs`, then this file, `large.rs`,
//! `write_back.rs` and `redo.rs`.

mod block_map;
mod copy;
mod large;
mod loc;
mod placing;
mod redo;
mod space;
mod tuple;
mod write_ahead;
mod write_back;

pub use copy::CopiedPages;
pub use loc::{Placement, Run, SpaceId, TupleLoc};
pub use redo::{Redo, Redone};
pub use tuple::{Packed, TUPLE_LEN_MAX, TupleRef};
pub use write_ahead::{NotDurable, Unlogged, WriteAhead};
pub use write_back::Sweep;

use crate::cache::{PageCache, PageRef, PageSource};
use crate::page::{Damage, Form, Kind, Page, PageId};
use crate::pool::MemoryPool;
use crate::{Error, Result};
use journal::Lsn;
use parking_lot::Mutex;
use space::{Space, Spaces};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use tuple::INLINE_LEN_MAX;
use vfs::Env;
use write_back::Writer;

/// What a scan shows its tuples to: location, creating seq, ending seq if any, bytes.
pub type Visit<'a> = dyn FnMut(TupleLoc, u64, Option<u64>, &[u8]) -> ControlFlow<()> + 'a;

/// How a heap uses memory.
#[derive(Clone, Debug)]
pub struct HeapOptions {
    /// Bytes of the pool that the page cache may take; by default half of the pool, and up to three quarters as
    /// long as nobody else needs them.
    pub cache_len_max: Option<usize>,
    /// Pages written with one double write and one sync.
    pub write_batch_pages: usize,
}

impl Default for HeapOptions {
    fn default() -> HeapOptions {
        HeapOptions { cache_len_max: None, write_batch_pages: 128 }
    }
}

/// Tuples of many spaces, through one page cache.
pub struct Heap {
    cache: PageCache,
    spaces: Spaces,
    wal: Arc<dyn WriteAhead>,
    writer: Mutex<Writer>,
    /// One checkpoint at a time.
    checkpointing: Mutex<()>,
}

impl Heap {
    /// Opens the heap in `dir`, creating what is missing, and repairs pages that a crash has torn. The
    /// journal must then be replayed from the last checkpoint on, before anything is placed.
    pub fn open(
        env: &Env,
        dir: &Path,
        pool: MemoryPool,
        wal: Arc<dyn WriteAhead>,
        options: HeapOptions,
    ) -> Result<Heap> {
        let spaces = Spaces::open(env, dir)?;
        let writer = Writer::open(env, dir, &spaces, options.write_batch_pages)?;
        let own = options.cache_len_max.unwrap_or(pool.cap() / 2);
        let share = options.cache_len_max.unwrap_or(pool.cap() - pool.cap() / 4);
        let cache = PageCache::new(pool, own, share);
        Ok(Heap { cache, spaces, wal, writer: Mutex::new(writer), checkpointing: Mutex::new(()) })
    }

    /// Reserves room for a tuple. A space is created by its first tuple. A full disk is met here, and not when the tuple
    /// is written.
    pub fn place(&self, space: SpaceId, tuple: &Packed<'_>) -> Result<Placement> {
        let stored = tuple.bytes();
        tuple::check_len(stored)?;
        self.repay()?;
        let space = self.spaces.get_or_create(space)?;
        let compressed = tuple.is_compressed();
        if stored.len() <= INLINE_LEN_MAX {
            return Ok(Placement { loc: self.place_slot(&space, stored.len())?, overflow: None, compressed });
        }
        let run = self.place_run(&space, stored.len())?;
        match self.place_slot(&space, large::STUB_LEN) {
            Ok(loc) => Ok(Placement { loc, overflow: Some(run), compressed }),
            Err(error) => {
                space.give_back(run);
                Err(error)
            }
        }
    }

    /// Gives back the memory that changes have taken beyond the cap, which they do when pages can neither be written nor
    /// kept out: while the disk is full, or others have all of the pool. Placing begins with it; to be called now and
    /// then by whoever makes many changes without placing.
    pub fn repay(&self) -> Result<()> {
        self.cache.repay(self)
    }

    fn place_slot(&self, space: &Arc<Space>, payload_len: usize) -> Result<TupleLoc> {
        let mut placing = space.placing.lock();
        loop {
            if let Some(loc) = placing.reserve(payload_len) {
                return Ok(loc);
            }
            placing.retire_fill(&mut space.map.lock());
            let candidate = placing.candidate(&space.map.lock(), payload_len);
            if let Some(block) = candidate {
                let page = self.cache.get(space.page_id(block), self)?;
                placing.open_fill(block, &page, &mut space.map.lock());
            } else {
                let run = space.take_blocks(&mut placing, 1)?;
                placing.open_fresh_fill(run.first);
            }
        }
    }

    /// Gives back what was placed and will not be written.
    pub fn unplace(&self, space: SpaceId, placement: Placement) {
        if let Ok(space) = self.spaces.get(space) {
            space.placing.lock().unplace(placement.loc, placement.overflow, &mut space.map.lock());
        }
    }

    /// Writes a packed tuple where it was placed, as the version created by `created`.
    pub fn write(
        &self,
        space: SpaceId,
        placement: Placement,
        created: u64,
        packed: &[u8],
        lsn: Lsn,
    ) -> Result<()> {
        let Some(space) = self.spaces.for_write(space, lsn)? else { return Ok(()) };
        let loc = placement.loc;
        let id = space.page_id(loc.block);
        let form = Form { overflow: placement.overflow.is_some(), compressed: placement.compressed };
        let stub = placement.overflow.map(|run| large::stub(run, packed.len()));
        let payload = stub.as_ref().map_or(packed, |stub| stub.as_slice());
        let written = self.cache.modify(id, lsn, self, |page| {
            if page.lsn() > lsn {
                return (false, Written::before(page, loc, created));
            }
            if page.kind() != Some(Kind::Heap) {
                page.format(id, Kind::Heap);
            }
            match page.insert(loc.slot, created, form, payload) {
                true => (true, Written::Present),
                false => (false, Written::NoRoom),
            }
        })?;
        match written {
            Written::NoRoom => Err(Error::NoRoom { space: space.id, loc, len: packed.len() }),
            Written::ThenFreed => space.settle(loc, None),
            Written::BlockThenFreed => Ok(()),
            Written::Present => {
                space.settle(loc, placement.overflow)?;
                placement
                    .overflow
                    .map_or(Ok(()), |run| self.write_run(&space, run, loc, created, packed, lsn))
            }
        }
    }

    /// Marks the version `created` as superseded or deleted by `ended`.
    pub fn end(&self, space: SpaceId, loc: TupleLoc, created: u64, ended: u64, lsn: Lsn) -> Result<()> {
        let Some(space) = self.spaces.for_change(space, lsn)? else { return Ok(()) };
        self.cache.modify(space.page_id(loc.block), lsn, self, |page| {
            if page.lsn() > lsn {
                return (false, Ok(()));
            }
            let found = page.tuple(loc.slot).map(|tuple| tuple.created);
            if found != Some(created) {
                return (false, Err(Error::Disagree { space: space.id, loc, expected: created, found }));
            }
            page.set_ended(loc.slot, ended);
            (true, Ok(()))
        })?
    }

    /// Removes the version `created`; its slot and blocks may be used again.
    pub fn free(&self, space: SpaceId, loc: TupleLoc, created: u64, lsn: Lsn) -> Result<()> {
        let Some(space) = self.spaces.for_change(space, lsn)? else { return Ok(()) };
        // Held over both steps: nobody may open the block between them and find the slot unused twice.
        let mut placing = space.placing.lock();
        let freed = self.cache.modify(space.page_id(loc.block), lsn, self, |page| {
            let tuple = page.tuple(loc.slot);
            let found = tuple.map(|tuple| tuple.created);
            match tuple.filter(|tuple| tuple.created == created) {
                _ if page.lsn() > lsn => (false, Ok(None)),
                // The disk caught the page between two changes of this record.
                None if page.lsn() == lsn && found.is_none() => (false, Ok(None)),
                None => (false, Err(Error::Disagree { space: space.id, loc, expected: created, found })),
                Some(tuple) => {
                    let run = tuple.form.overflow.then(|| large::run_of(page.payload(&tuple))).flatten();
                    page.remove(loc.slot);
                    (true, Ok(Some((tuple.len, page.free_len(), run))))
                }
            }
        })??;
        if let Some((len, page_free, run)) = freed {
            placing.freed(loc, len, page_free, run, &mut space.map.lock());
        }
        Ok(())
    }

    /// Reads the tuple at `loc`.
    #[inline]
    pub fn read(&self, space: SpaceId, loc: TupleLoc) -> Result<TupleRef> {
        let page = self.cache.get(PageId { space: space.0, block: loc.block }, self)?;
        let tuple = page.tuple(loc.slot).ok_or(Error::NoTuple { space, loc })?;
        if tuple.form == Form::default() {
            return Ok(TupleRef::pinned(page, tuple.created, tuple.ended, tuple.start, tuple.len));
        }
        let bytes = self.assemble(space, loc, &page, &tuple)?;
        Ok(TupleRef::owned(bytes, tuple.created, tuple.ended))
    }

    /// Asks for the memory in which a change of the tuple at `loc` looks first. Whoever knows early what he will change
    /// calls this, then [`Self::prefetch_tuple`], each with other work behind it. Nothing happens for a page that is not
    /// in the cache.
    pub fn prefetch_slot(&self, space: SpaceId, loc: TupleLoc) {
        self.cache.peek(PageId { space: space.0, block: loc.block }, |page| page.prefetch_slot(loc.slot));
    }

    /// Asks for the memory of the tuple itself; to find it takes what [`Self::prefetch_slot`] has asked for.
    pub fn prefetch_tuple(&self, space: SpaceId, loc: TupleLoc) {
        self.cache.peek(PageId { space: space.0, block: loc.block }, |page| page.prefetch_tuple(loc.slot));
    }

    /// Shows every tuple of up to `blocks` blocks from `from_block` on, in the order of locations. Returns the block to go on from, which is the one
    /// being shown if `visit` breaks, and [`Self::block_count`] at the end.
    pub fn scan(&self, space: SpaceId, from_block: u32, blocks: u32, visit: &mut Visit<'_>) -> Result<u32> {
        let end = self.block_count(space).min(from_block.saturating_add(blocks));
        for block in from_block..end {
            let page = self.cache.get(PageId { space: space.0, block }, self)?;
            if self.scan_page(space, block, &page, visit)?.is_break() {
                return Ok(block);
            }
        }
        Ok(end.max(from_block))
    }

    fn scan_page(
        &self,
        space: SpaceId,
        block: u32,
        page: &PageRef,
        visit: &mut Visit<'_>,
    ) -> Result<ControlFlow<()>> {
        for slot in 0..page.slot_count() {
            let Some(tuple) = page.tuple(slot) else { continue };
            let loc = TupleLoc { block, slot };
            let ended = (tuple.ended != 0).then_some(tuple.ended);
            let shown = if tuple.form == Form::default() {
                visit(loc, tuple.created, ended, page.payload(&tuple))
            } else {
                visit(loc, tuple.created, ended, &self.assemble(space, loc, page, &tuple)?)
            };
            if shown.is_break() {
                return Ok(shown);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Blocks of a space; 0 if it does not exist.
    pub fn block_count(&self, space: SpaceId) -> u32 {
        self.spaces.get(space).map_or(0, |space| space.map.lock().len())
    }

    /// Drops a space. It is gone at once; its file is removed by the next checkpoint or [`Self::release`].
    pub fn drop_space(&self, space: SpaceId, lsn: Lsn) -> Result<()> {
        self.spaces.drop_space(space, lsn);
        self.cache.discard_space(space.0);
        Ok(())
    }

    /// Says that no replay will start before `lsn`: what was kept for older records may be forgotten. To be
    /// called when the position is durably noted, and after opening.
    pub fn replay_starts_at(&self, lsn: Lsn) {
        self.spaces.forget_drops(lsn);
    }

    /// The oldest change that is in memory only.
    pub fn oldest_dirty(&self) -> Option<Lsn> {
        self.cache.oldest_dirty()
    }

    /// Pages in memory.
    pub fn cached_pages(&self) -> usize {
        self.cache.frame_count()
    }

    fn corrupt(&self, space: &Space, block: u32, what: Damage) -> Error {
        Error::Corrupt { file: space.store.name(), offset: crate::BlockId(block).offset(), what }
    }
}

/// What a write found.
enum Written {
    /// The tuple is there.
    Present,
    /// The page is newer, and the tuple was freed since.
    ThenFreed,
    /// The page is newer, and the block holds no tuples any more.
    BlockThenFreed,
    /// It does not fit.
    NoRoom,
}

impl Written {
    /// What became of a write that a newer page has behind it.
    fn before(page: &Page, loc: TupleLoc, created: u64) -> Written {
        match page.tuple(loc.slot) {
            Some(tuple) if tuple.created == created => Written::Present,
            _ if page.kind() == Some(Kind::Heap) => Written::ThenFreed,
            _ => Written::BlockThenFreed,
        }
    }
}

/// The heap loads the pages of its own cache.
impl PageSource for Heap {
    fn load(&self, id: PageId, into: &mut Page) -> Result<()> {
        let space = self.spaces.get(SpaceId(id.space))?;
        let Some(floor) = space.map.lock().floor(id.block) else { return Ok(()) };
        space.store.read(crate::BlockId(id.block), into.bytes_mut())?;
        into.verify(id, floor).map_err(|what| self.corrupt(&space, id.block, what))
    }

    fn clean(&self) -> Result<usize> {
        self.write_some_now()
    }
}
