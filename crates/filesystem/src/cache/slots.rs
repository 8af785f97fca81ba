//! Where page images lie: slots of one slab, and how free ones go back to the system.
//!
//! ```text
//! slab     ┌ large page 0: slots 0 … 255 ┬ large page 1: slots 256 … 511 ┬ …
//! counts     2 1 1 0 …                     1 0 0 1 …           how many hold the image; side by side, so that
//!                                                              they stay near
//! ```
//! A slot is handed out for the first time in order, so the slab takes memory only as the cache grows; then
//! again and again, the one given back last first.
//!
//! Frames are evicted wherever the oldest happen to lie. If the memory of each went back by itself, the system would
//! have to map the large page around it in small ones, and after a few hundred evictions no large page would be
//! left. So a large page goes back as a whole or not at all: when so many slots are free that they would fill some,
//! the one with the fewest images is *vacated*. Its free slots are handed out to nobody, its images move to free
//! slots elsewhere, and then nothing lies in it.

#![expect(unsafe_code, reason = "a slab in parts, counted as `Arc` counts")]

use crate::block_store::BLOCK_LEN;
use crate::page::Page;
use crate::slab::{LARGE_PAGE_LEN, Slab};
use parking_lot::Mutex;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// Slots in a large page.
const GROUP: u32 = (LARGE_PAGE_LEN / BLOCK_LEN) as u32;
/// So many slots may be free and keep their memory: those that come and go with single pages.
const KEPT: usize = GROUP as usize;

/// The slots of a cache.
pub(super) struct Slots {
    slab: Slab,
    counts: Box<[AtomicU32]>,
    free: Mutex<Free>,
}

/// Slots that hold no image.
#[derive(Default)]
struct Free {
    /// Used before, and in memory.
    warm: Vec<u32>,
    /// Used before; their memory was given back to the system.
    cold: Vec<u32>,
    /// Never used from here on.
    fresh: u32,
    /// The large page that is being vacated, and those of its slots that are free by now.
    vacating: Range<u32>,
    vacated: Vec<u32>,
    /// First slots of large pages that could not be vacated since one was: others are tried before them.
    held: Vec<u32>,
}

impl Free {
    /// The large page with the most warm slots, but for those that are held.
    fn emptiest(&self) -> Option<Range<u32>> {
        let mut free = vec![0u32; (self.fresh / GROUP) as usize];
        for slot in &self.warm {
            free.get_mut((slot / GROUP) as usize).into_iter().for_each(|count| *count += 1);
        }
        let groups = (0..).step_by(GROUP as usize).zip(free);
        let candidates = groups.filter(|(first, count)| *count > 0 && !self.held.contains(first));
        let (first, _) = candidates.max_by_key(|(_, count)| *count)?;
        Some(first..first + GROUP)
    }
}

impl Slots {
    /// Room for `count` images; `None` if the system has not as much.
    pub(super) fn new(count: usize) -> Option<Arc<Slots>> {
        let count = u32::try_from(count).ok()? as usize;
        let slab = Slab::new(count.checked_mul(BLOCK_LEN)?)?;
        // SAFETY: zeros are counts. They take memory when their slots are used, and not before.
        let counts = unsafe { Box::new_zeroed_slice(count).assume_init() };
        Some(Arc::new(Slots { slab, counts, free: Mutex::default() }))
    }

    /// A slot for an image; it is the caller's until he gives it [`back`](Self::put_back).
    pub(super) fn take(&self) -> Option<u32> {
        let free = &mut *self.free.lock();
        free.warm.pop().or_else(|| free.cold.pop()).or_else(|| {
            let fresh = free.fresh;
            free.fresh += u32::from((fresh as usize) < self.counts.len());
            (free.fresh > fresh).then_some(fresh)
        })
    }

    /// The same, but only a slot that takes no more memory.
    pub(super) fn take_warm(&self) -> Option<u32> {
        self.free.lock().warm.pop()
    }

    /// Takes back a slot that holds no image any more.
    pub(super) fn put_back(&self, slot: u32) {
        let free = &mut *self.free.lock();
        let list = if free.vacating.contains(&slot) { &mut free.vacated } else { &mut free.warm };
        list.push(slot);
    }

    /// Begins to vacate a large page, if enough slots are free: those whose images the caller is to move. At most one is
    /// vacated at a time; [`Self::end_vacating`] must follow.
    pub(super) fn begin_vacating(&self) -> Option<Range<u32>> {
        let free = &mut *self.free.lock();
        if free.warm.len() < KEPT + GROUP as usize || !free.vacating.is_empty() {
            return None;
        }
        let Some(group) = free.emptiest() else {
            free.held.clear();
            return None;
        };
        free.vacated.extend(free.warm.extract_if(.., |slot| group.contains(slot)));
        free.vacating = group.clone();
        Some(group)
    }

    /// Gives the memory of the large page back if nothing lies in it; `false` if an image was held too long.
    pub(super) fn end_vacating(&self) -> bool {
        let mut free = self.free.lock();
        let group = std::mem::take(&mut free.vacating);
        let mut slots = std::mem::take(&mut free.vacated);
        if slots.len() < group.len() {
            free.warm.append(&mut slots);
            free.held.push(group.start);
            return false;
        }
        free.held.clear();
        drop(free);
        // SAFETY: slots that are nobody's. Whoever is handed one later writes it first.
        unsafe { self.slab.forget(group.start as usize * BLOCK_LEN..group.end as usize * BLOCK_LEN) };
        self.free.lock().cold.append(&mut slots);
        true
    }

    /// Slots whose memory the system has.
    #[cfg(test)]
    pub(super) fn given_back(&self) -> usize {
        self.free.lock().cold.len()
    }

    /// Where the image in a slot lies.
    pub(super) fn page(&self, slot: u32) -> NonNull<Page> {
        // SAFETY: slots are below `counts.len()`, and for as many the slab has room.
        unsafe { self.slab.start().add(slot as usize * BLOCK_LEN).cast() }
    }

    /// How many hold the image in a slot.
    pub(super) fn count(&self, slot: u32) -> &AtomicU32 {
        // SAFETY: slots are below `counts.len()`.
        unsafe { self.counts.get_unchecked(slot as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn taken(slots: &Slots, count: usize) -> BTreeSet<u32> {
        (0..count).filter_map(|_| slots.take()).collect()
    }

    #[test]
    fn a_large_page_is_vacated_when_others_have_room_for_its_images() {
        let slots = Slots::new(4 * GROUP as usize).unwrap();
        let mut used = taken(&slots, 4 * GROUP as usize);
        assert!(slots.begin_vacating().is_none(), "nothing is free");
        // Three of four are free in the third large page, and every other one elsewhere.
        let is_free =
            |slot: u32| if slot / GROUP == 2 { !slot.is_multiple_of(4) } else { !slot.is_multiple_of(2) };
        used.extract_if(.., |slot| is_free(*slot)).for_each(|slot| slots.put_back(slot));
        let group = slots.begin_vacating().unwrap();
        assert_eq!(group, 2 * GROUP..3 * GROUP);
        assert!(slots.begin_vacating().is_none(), "one at a time");
        let moving: Vec<u32> = used.extract_if(group.clone(), |_| true).collect();
        for slot in moving {
            let to = slots.take_warm().unwrap();
            assert!(!group.contains(&to) && used.insert(to));
            slots.put_back(slot);
        }
        assert!(slots.end_vacating());
        assert_eq!(slots.given_back(), GROUP as usize);
        let rest = taken(&slots, usize::from(u16::MAX));
        assert!(rest.is_disjoint(&used) && rest.len() + used.len() == 4 * GROUP as usize);
    }

    #[test]
    fn a_large_page_with_an_image_that_does_not_move_stays() {
        let slots = Slots::new(3 * GROUP as usize).unwrap();
        let used = taken(&slots, 3 * GROUP as usize);
        used.iter().filter(|slot| !slot.is_multiple_of(GROUP)).for_each(|slot| slots.put_back(*slot));
        let first = slots.begin_vacating().unwrap();
        assert!(!slots.end_vacating());
        assert_ne!(slots.begin_vacating().unwrap(), first, "another one is tried next");
        assert!(!slots.end_vacating() && slots.given_back() == 0);
        assert_eq!(taken(&slots, 3 * GROUP as usize).len(), 3 * GROUP as usize - 3);
    }

    proptest! {
        /// Whatever comes and goes, and while a large page is being vacated: no slot has two owners, and none is lost.
        #[test]
        fn each_slot_is_somebodys(steps in prop::collection::vec((0u8..5, 1usize..700), 1..40)) {
            let count = 5 * GROUP as usize + 17;
            let slots = Slots::new(count).unwrap();
            let (mut used, mut vacating) = (BTreeSet::new(), None);
            for (step, n) in steps {
                match step {
                    0 | 1 => {
                        for slot in (0..n).map_while(|_| slots.take()) {
                            prop_assert!(used.insert(slot), "slot {slot} was handed out twice");
                        }
                    }
                    2 => {
                        let every = n % 7 + 1;
                        let some: Vec<u32> = used.iter().copied().step_by(every).take(n).collect();
                        some.iter().filter(|slot| used.remove(*slot)).for_each(|slot| slots.put_back(*slot));
                    }
                    3 if vacating.is_none() => vacating = slots.begin_vacating(),
                    _ => {
                        let Some(group) = vacating.take() else { continue };
                        let images = used.range(group.clone()).count();
                        prop_assert_eq!(slots.end_vacating(), images == 0);
                    }
                }
                let free = slots.free.lock();
                let known = free.warm.len() + free.cold.len() + free.vacated.len() + used.len();
                prop_assert_eq!(known, free.fresh as usize);
            }
        }
    }
}
