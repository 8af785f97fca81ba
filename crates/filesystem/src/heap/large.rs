//! Large tuples: a stub in the heap page, the bytes in a run of overflow pages.
//!
//! ```text
//! stub    0 4 first block    4 4 number of blocks    8 4 stored length
//! ```
//! The run is placed as a whole and lies together, so a large tuple is read in the order of the file.

use super::space::Space;
use super::{Heap, Run, SpaceId, TupleLoc, tuple};
use crate::Result;
use crate::cache::PageRef;
use crate::page::{Damage, Kind, OVERFLOW_CAPACITY, Owner, StoredTuple};
use journal::Lsn;
use std::sync::Arc;

/// Bytes of a stub.
pub(super) const STUB_LEN: usize = 12;

pub(super) fn stub(run: Run, stored_len: usize) -> [u8; STUB_LEN] {
    let mut stub = [0; STUB_LEN];
    stub[..4].copy_from_slice(&run.first.to_le_bytes());
    stub[4..8].copy_from_slice(&run.count.to_le_bytes());
    stub[8..].copy_from_slice(&(stored_len as u32).to_le_bytes());
    stub
}

/// The run that a stub names.
pub(super) fn run_of(stub: &[u8]) -> Option<Run> {
    parse(stub).map(|(run, _)| run)
}

/// Run and stored length of a stub, if they fit each other.
fn parse(stub: &[u8]) -> Option<(Run, usize)> {
    let ([first, count, len], []) = stub.as_chunks::<4>() else { return None };
    let run = Run { first: u32::from_le_bytes(*first), count: u32::from_le_bytes(*count) };
    let len = u32::from_le_bytes(*len) as usize;
    let fits =
        len.div_ceil(OVERFLOW_CAPACITY) == run.count as usize && run.first.checked_add(run.count).is_some();
    fits.then_some((run, len))
}

impl Heap {
    pub(super) fn place_run(&self, space: &Arc<Space>, stored_len: usize) -> Result<Run> {
        let count = stored_len.div_ceil(OVERFLOW_CAPACITY) as u32;
        space.take_blocks(&mut space.placing.lock(), count)
    }

    pub(super) fn write_run(
        &self,
        space: &Space,
        run: Run,
        loc: TupleLoc,
        created: u64,
        packed: &[u8],
        lsn: Lsn,
    ) -> Result<()> {
        for (index, part) in (0..run.count).zip(packed.chunks(OVERFLOW_CAPACITY)) {
            let id = space.page_id(run.first + index);
            let owner = Owner { created, block: loc.block, slot: loc.slot, index };
            self.cache.modify(id, lsn, self, |page| {
                if page.lsn() > lsn {
                    return (false, ());
                }
                page.format(id, Kind::Overflow);
                page.set_part(owner, part);
                (true, ())
            })?;
        }
        Ok(())
    }

    /// The bytes of a tuple that does not lie in `page` as it is: compressed, or in a run.
    pub(super) fn assemble(
        &self,
        space: SpaceId,
        loc: TupleLoc,
        page: &PageRef,
        tuple: &StoredTuple,
    ) -> Result<Vec<u8>> {
        let damaged = |block: u32, what: &'static str| match self.spaces.get(space) {
            Ok(space) => self.corrupt(&space, block, Damage::Content(what)),
            Err(dropped) => dropped,
        };
        let payload = page.payload(tuple);
        let unpack = |stored: &[u8]| {
            tuple::unpack(stored).ok_or_else(|| damaged(loc.block, "a tuple that cannot be decompressed"))
        };
        if !tuple.form.overflow {
            return unpack(payload);
        }
        let (run, len) = parse(payload).ok_or_else(|| damaged(loc.block, "a stub that makes no sense"))?;
        let mut stored = Vec::new();
        for index in 0..run.count {
            let block = run.first + index;
            let part = self.cache.get(super::PageId { space: space.0, block }, self)?;
            let owner = Owner { created: tuple.created, block: loc.block, slot: loc.slot, index };
            let bytes =
                part.part(owner).map_err(|_| damaged(block, "not the part of the tuple it should be"))?;
            // Grows with what was found and not with what the stub claims, beyond the first page.
            stored.reserve(if index == 0 { 0 } else { len.saturating_sub(stored.len()) });
            stored.extend_from_slice(bytes);
        }
        if stored.len() != len {
            return Err(damaged(run.first, "a run that is shorter than its tuple"));
        }
        if tuple.form.compressed { unpack(&stored) } else { Ok(stored) }
    }
}
