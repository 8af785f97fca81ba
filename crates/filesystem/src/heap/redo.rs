//! Many changes of a replay, applied page by page.
//!
//! A change costs a few nanoseconds in a page that is at hand, and ten times as much in one that is not: records
//! follow each other over the whole heap. So a replay collects what many of them say, in [buckets](bucket) of
//! pages, and then applies to each page all that concerns it, in the order of the records.
//!
//! # Why the order between pages does not matter
//! A page leaves alone what its LSN says it has, whoever comes first: also a block that held a part of one large
//! tuple and then, after that was freed, belongs to another. What pages do not know is who owns a block; that is
//! noted beside, with LSNs, and is settled in their order when all pages are done. Until then a block that is new
//! is known to the map, so that a page which has to leave memory meanwhile finds its entry there.

mod bucket;

use super::space::Space;
use super::{Heap, Placement, Run, SpaceId, TupleLoc, Written, large};
use crate::page::{Form, Kind, Page, PageId};
use crate::spread::spread;
use crate::{Error, Result};
use bucket::{Bucket, ByPage, Change, Entry};
use journal::Lsn;
use std::sync::Arc;

/// So many that the pages of one, with what is to be done to them, fit into a processor's nearest caches.
const BUCKETS: usize = 128;

/// Changes that wait to be applied, in the order of their records.
#[derive(Debug)]
pub struct Redo {
    buckets: Box<[Bucket]>,
    by_page: ByPage,
    len: usize,
}

/// What an application of changes came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redone {
    /// Versions freed.
    pub freed: u64,
    /// Frees that were refused because another version, or none, lay there.
    pub refused: u64,
}

impl Redone {
    /// Adds what another application came to.
    pub fn join(&mut self, other: Redone) {
        self.freed += other.freed;
        self.refused += other.refused;
    }
}

/// What is to be settled when all pages are done.
#[derive(Default)]
struct Unsettled {
    redone: Redone,
    owners: Vec<(Lsn, SpaceId, Run, IsOwned)>,
    rooms: Vec<(PageId, usize)>,
}

type IsOwned = bool;

impl Default for Redo {
    fn default() -> Redo {
        let buckets = (0..BUCKETS).map(|_| Bucket::default()).collect();
        Redo { buckets, by_page: ByPage::default(), len: 0 }
    }
}

impl Redo {
    /// Bytes that the changes take.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no change.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// As [`Heap::write`].
    pub fn write(&mut self, space: SpaceId, placement: Placement, created: u64, packed: &[u8], lsn: Lsn) {
        let loc = placement.loc;
        let bucket = self.bucket(space, loc);
        let change = bucket.keep(placement, packed);
        bucket.add(entry(space, loc, created, lsn, change));
        self.len += size_of::<Entry>() + packed.len();
    }

    /// As [`Heap::end`].
    #[inline]
    pub fn end(&mut self, space: SpaceId, loc: TupleLoc, created: u64, ended: u64, lsn: Lsn) {
        self.bucket(space, loc).add(entry(space, loc, created, lsn, Change::End { ended }));
        self.len += size_of::<Entry>();
    }

    /// As [`Heap::free`]; a version that is not there is refused and no error.
    #[inline]
    pub fn free(&mut self, space: SpaceId, loc: TupleLoc, created: u64, lsn: Lsn) {
        self.bucket(space, loc).add(entry(space, loc, created, lsn, Change::Free));
        self.len += size_of::<Entry>();
    }

    #[inline]
    fn bucket(&mut self, space: SpaceId, loc: TupleLoc) -> &mut Bucket {
        &mut self.buckets[(spread(space.0, loc.block) >> 40) as usize % BUCKETS]
    }
}

#[inline]
fn entry(space: SpaceId, loc: TupleLoc, created: u64, lsn: Lsn, change: Change) -> Entry {
    Entry { page: PageId { space: space.0, block: loc.block }, slot: loc.slot, created, lsn, change }
}

impl Heap {
    /// Applies the changes and forgets them. All of an earlier call have lower LSNs, and nothing is placed before
    /// the replay has ended.
    pub fn redo(&self, redo: &mut Redo) -> Result<Redone> {
        let mut unsettled = Unsettled::default();
        let Redo { buckets, by_page, len } = redo;
        for bucket in buckets {
            by_page.sort(bucket);
            for places in by_page.pages() {
                self.redo_page(bucket, places, &mut unsettled)?;
            }
            bucket.clear();
        }
        *len = 0;
        self.settle_all(unsettled)
    }

    /// Applies what concerns one page.
    fn redo_page(&self, bucket: &Bucket, places: &[u32], unsettled: &mut Unsettled) -> Result<()> {
        let mut entries = bucket.at(places);
        let Some(last) = entries.clone().next_back() else { return Ok(()) };
        let id = last.page;
        let found = match entries.clone().any(|entry| matches!(entry.change, Change::Write { .. })) {
            true => self.spaces.for_write(SpaceId(id.space), last.lsn),
            false => self.spaces.for_change(SpaceId(id.space), last.lsn),
        };
        let space = match found {
            Ok(Some(space)) => space,
            Ok(None) => return Ok(()),
            Err(Error::NoSuchSpace { .. }) if entries.all(|entry| matches!(entry.change, Change::Free)) => {
                unsettled.redone.refused += places.len() as u64;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        space.know(Run { first: id.block, count: 1 })?;
        let mut runs = Vec::new();
        self.cache.modify_as(id, self, |page| {
            let mut work =
                PageWork { space: &space, id, page, bucket, unsettled, runs: &mut runs, first: None };
            let outcome = entries.try_for_each(|entry| work.apply(entry));
            (work.finish(), outcome)
        })??;
        for entry in runs {
            self.redo_run(&space, id, bucket, entry)?;
        }
        Ok(())
    }

    /// Writes the parts of a large tuple.
    fn redo_run(&self, space: &Arc<Space>, id: PageId, bucket: &Bucket, entry: &Entry) -> Result<()> {
        let Change::Write { form, from, len } = entry.change else { return Ok(()) };
        let (Some(run), packed) = bucket.kept(form, from, len) else { return Ok(()) };
        space.know(run)?;
        let loc = TupleLoc { block: id.block, slot: entry.slot };
        self.write_run(space, run, loc, entry.created, packed, entry.lsn)
    }

    fn settle_all(&self, mut unsettled: Unsettled) -> Result<Redone> {
        unsettled.owners.sort_by_key(|(lsn, ..)| *lsn);
        for (_, space, run, is_owned) in unsettled.owners {
            let Ok(space) = self.spaces.get(space) else { continue };
            let (mut placing, mut map) = (space.placing.lock(), space.map.lock());
            match is_owned {
                true => placing.adopt(run, &mut map),
                false => placing.release(Some(run), &mut map),
            }
        }
        for (id, free) in unsettled.rooms {
            if let Ok(space) = self.spaces.get(SpaceId(id.space)) {
                space.placing.lock().has_room(id.block, free, &mut space.map.lock());
            }
        }
        Ok(unsettled.redone)
    }
}

/// A page that is being changed.
struct PageWork<'a, 'b> {
    space: &'a Space,
    id: PageId,
    page: &'a mut Page,
    bucket: &'b Bucket,
    unsettled: &'a mut Unsettled,
    /// Large tuples whose parts are to be written.
    runs: &'a mut Vec<&'b Entry>,
    /// The first change that the page did not have.
    first: Option<Lsn>,
}

impl<'b> PageWork<'_, 'b> {
    fn apply(&mut self, entry: &'b Entry) -> Result<()> {
        let is_newer = self.page.lsn() > entry.lsn;
        match entry.change {
            Change::Write { form, from, len } => {
                let (overflow, packed) = self.bucket.kept(form, from, len);
                let written = match is_newer {
                    true => Written::before(self.page, self.loc(entry), entry.created),
                    false => self.write(entry, form, overflow, packed),
                };
                self.written(entry, overflow, written, packed.len())
            }
            _ if is_newer => Ok(()),
            Change::End { ended } => match self.created_at(entry.slot) {
                Some(created) if created == entry.created => {
                    self.page.set_ended(entry.slot, ended);
                    self.changed(entry.lsn);
                    Ok(())
                }
                found => {
                    let (space, loc, expected) = (self.space.id, self.loc(entry), entry.created);
                    Err(Error::Disagree { space, loc, expected, found })
                }
            },
            Change::Free => {
                self.free(entry);
                Ok(())
            }
        }
    }

    fn write(&mut self, entry: &Entry, form: Form, overflow: Option<Run>, packed: &[u8]) -> Written {
        if self.page.kind() != Some(Kind::Heap) {
            self.page.format(self.id, Kind::Heap);
        }
        let stub = overflow.map(|run| large::stub(run, packed.len()));
        let payload = stub.as_ref().map_or(packed, |stub| stub.as_slice());
        if !self.page.insert(entry.slot, entry.created, form, payload) {
            return Written::NoRoom;
        }
        self.changed(entry.lsn);
        Written::Present
    }

    fn written(
        &mut self,
        entry: &'b Entry,
        overflow: Option<Run>,
        written: Written,
        len: usize,
    ) -> Result<()> {
        let heap_page = Run { first: self.id.block, count: 1 };
        match written {
            Written::NoRoom => Err(Error::NoRoom { space: self.space.id, loc: self.loc(entry), len }),
            Written::BlockThenFreed => Ok(()),
            Written::ThenFreed => {
                self.owns(entry.lsn, heap_page, true);
                Ok(())
            }
            Written::Present => {
                self.owns(entry.lsn, heap_page, true);
                if let Some(run) = overflow {
                    self.owns(entry.lsn, run, true);
                    self.runs.push(entry);
                }
                Ok(())
            }
        }
    }

    fn free(&mut self, entry: &Entry) {
        let tuple = self.page.tuple(entry.slot);
        let is_again = tuple.is_none() && self.page.lsn() == entry.lsn;
        match tuple.filter(|tuple| tuple.created == entry.created) {
            None => self.unsettled.redone.refused += u64::from(!is_again),
            Some(tuple) => {
                let run = tuple.form.overflow.then(|| large::run_of(self.page.payload(&tuple))).flatten();
                self.page.remove(entry.slot);
                self.changed(entry.lsn);
                self.unsettled.redone.freed += 1;
                run.into_iter().for_each(|run| self.owns(entry.lsn, run, false));
            }
        }
    }

    fn owns(&mut self, lsn: Lsn, run: Run, is_owned: IsOwned) {
        let owners = &mut self.unsettled.owners;
        let again = (self.space.id, run, is_owned);
        // A page is owned from its first tuple on.
        if owners.last().is_none_or(|(_, space, run, is_owned)| (*space, *run, *is_owned) != again) {
            owners.push((lsn, self.space.id, run, is_owned));
        }
    }

    fn changed(&mut self, lsn: Lsn) {
        self.first.get_or_insert(lsn);
        self.page.set_lsn(lsn);
    }

    fn created_at(&self, slot: u16) -> Option<u64> {
        self.page.tuple(slot).map(|tuple| tuple.created)
    }

    fn loc(&self, entry: &Entry) -> TupleLoc {
        TupleLoc { block: self.id.block, slot: entry.slot }
    }

    /// The first change that the disk lacks.
    fn finish(self) -> Option<Lsn> {
        if self.first.is_some() && self.page.kind() == Some(Kind::Heap) {
            self.unsettled.rooms.push((self.id, self.page.free_len()));
        }
        self.first
    }
}
