//! Page images, counted, in one slab.
//!
//! ```text
//! slab     page 0 │ page 1 │ page 2 │ …        (in large pages: a visit costs no walk through the page tables)
//! counts   2      │ 1      │ –      │ …        how many hold the image; side by side, so that they stay near
//! ```
//! A slot is handed out for the first time in order, so the slab takes memory only as the cache grows; then
//! again and again, the one given back last first. An image for which the slab has no slot lies by itself: there
//! may be more images than frames, for one that is held outlives its frame.
//!
//! # Why this is sound
//! 1. A slot is in the hands of one [`Image`] and its clones, or of [`Slots::trim`], or it is [`Free`]: `Free`
//!    hands it out once, and gets it back from whoever brings its count to zero.
//! 2. A page is written before its first [`Image`] is made, and afterwards only through [`Image::get_mut`],
//!    which has found that no clone exists while it holds the only one mutably.
//! 3. Every slot in use holds a reference to the slots, so they live as long as an image does.

#![expect(unsafe_code, reason = "images in parts of a slab, counted as `Arc` counts")]

use crate::block_store::BLOCK_LEN;
use crate::page::Page;
use crate::slab::Slab;
use parking_lot::Mutex;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering, fence};

const _: () = assert!(size_of::<Page>() == BLOCK_LEN && align_of::<Page>() == 1);

/// Where images are made.
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

    /// Gives the memory of slots without an image back to the system. Until that is done they are nobody's.
    pub(super) fn trim(&self) {
        let mut slots = std::mem::take(&mut self.free.lock().warm);
        slots.sort_unstable();
        for run in slots.chunk_by(|a, b| a + 1 == *b) {
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                let range = *first as usize * BLOCK_LEN..(*last as usize + 1) * BLOCK_LEN;
                // SAFETY: slots that are nobody's. Whoever is handed one later writes it first.
                unsafe { self.slab.forget(range) };
            }
        }
        self.free.lock().cold.append(&mut slots);
    }

    fn take(&self) -> Option<u32> {
        let free = &mut *self.free.lock();
        free.warm.pop().or_else(|| free.cold.pop()).or_else(|| {
            let fresh = free.fresh;
            free.fresh += u32::from((fresh as usize) < self.counts.len());
            (free.fresh > fresh).then_some(fresh)
        })
    }

    fn page(&self, slot: u32) -> NonNull<Page> {
        // SAFETY: slots are below `counts.len()`, and for as many the slab has room.
        unsafe { self.slab.start().add(slot as usize * BLOCK_LEN).cast() }
    }

    fn count(&self, slot: u32) -> &AtomicU32 {
        // SAFETY: slots are below `counts.len()`.
        unsafe { self.counts.get_unchecked(slot as usize) }
    }
}

/// An image that is shared by its clones.
pub(super) struct Image(Place);

enum Place {
    InSlab { slots: NonNull<Slots>, slot: u32 },
    Alone(Arc<Page>),
}

// SAFETY: an image is shared and counted like an `Arc<Page>`, and `Slots` is `Sync`.
unsafe impl Send for Image {}
// SAFETY: as above.
unsafe impl Sync for Image {}

impl Image {
    /// A blank image.
    pub(super) fn blank(slots: Option<&Arc<Slots>>) -> Image {
        // SAFETY: zeros are a whole page.
        let blank = |page: NonNull<Page>| unsafe { page.write_bytes(0, 1) };
        Image::made(slots, blank).unwrap_or_else(|| Image(Place::Alone(Arc::new(Page::blank()))))
    }

    fn copy_of(slots: Option<&Arc<Slots>>, page: &Page) -> Image {
        // SAFETY: the slot is no part of `page`, which is in use.
        let copy = |into: NonNull<Page>| unsafe { into.copy_from_nonoverlapping(page.into(), 1) };
        Image::made(slots, copy).unwrap_or_else(|| Image(Place::Alone(Arc::new(page.clone()))))
    }

    /// An image in a slot, which `write` fills.
    fn made(slots: Option<&Arc<Slots>>, write: impl FnOnce(NonNull<Page>)) -> Option<Image> {
        let slots = slots?;
        let slot = slots.take()?;
        write(slots.page(slot));
        slots.count(slot).store(1, Ordering::Relaxed);
        let slots = NonNull::new(Arc::into_raw(Arc::clone(slots)).cast_mut())?;
        Some(Image(Place::InSlab { slots, slot }))
    }

    /// Whether somebody else holds the image. Who holds it mutably, and has it from nowhere else, knows then that nobody
    /// will.
    #[inline]
    pub(super) fn is_shared(&self) -> bool {
        match &self.0 {
            Place::InSlab { slots, slot } => {
                // SAFETY: the slots live as long as this image.
                let slots = unsafe { slots.as_ref() };
                slots.count(*slot).load(Ordering::Acquire) > 1
            }
            Place::Alone(page) => Arc::strong_count(page) > 1,
        }
    }

    /// The image, to be changed, if nobody else holds it.
    #[inline]
    pub(super) fn get_mut(&mut self) -> Option<&mut Page> {
        if self.is_shared() {
            return None;
        }
        match &mut self.0 {
            // SAFETY: nobody else holds the image: `self` is the only one and borrowed mutably. What others did with it is
            // done, by the Acquire above and the Release in `drop`.
            Place::InSlab { slots, slot } => Some(unsafe { slots.as_ref().page(*slot).as_mut() }),
            Place::Alone(page) => Arc::get_mut(page),
        }
    }

    /// The image, to be changed: a copy of it, if somebody else holds it.
    #[inline]
    pub(super) fn make_mut(&mut self, slots: Option<&Arc<Slots>>) -> &mut Page {
        if self.is_shared() {
            *self = Image::copy_of(slots, self);
        }
        match self.get_mut() {
            Some(page) => page,
            None => unreachable!("an image of which there is no clone"),
        }
    }
}

impl Deref for Image {
    type Target = Page;

    #[inline]
    fn deref(&self) -> &Page {
        match &self.0 {
            // SAFETY: written before the image was made, and not changed while `self` is borrowed.
            Place::InSlab { slots, slot } => unsafe { slots.as_ref().page(*slot).as_ref() },
            Place::Alone(page) => page,
        }
    }
}

impl Clone for Image {
    #[inline]
    fn clone(&self) -> Image {
        match &self.0 {
            Place::InSlab { slots, slot } => {
                // SAFETY: the slots live as long as this image. Nothing depends on the order: who clones holds the image.
                let before = unsafe { slots.as_ref().count(*slot) }.fetch_add(1, Ordering::Relaxed);
                assert!(before < u32::MAX / 2, "clones that were forgotten, not dropped");
                Image(Place::InSlab { slots: *slots, slot: *slot })
            }
            Place::Alone(page) => Image(Place::Alone(Arc::clone(page))),
        }
    }
}

impl Drop for Image {
    #[inline]
    fn drop(&mut self) {
        if let Place::InSlab { slots, slot } = &self.0 {
            // SAFETY: the slots live as long as this image.
            if unsafe { slots.as_ref().count(*slot) }.fetch_sub(1, Ordering::Release) == 1 {
                fence(Ordering::Acquire);
                // SAFETY: made by `into_raw` when the slot was handed out, and taken back here, once.
                let slots = unsafe { Arc::from_raw(slots.as_ptr()) };
                slots.free.lock().warm.push(*slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use journal::Lsn;

    fn marked(slots: &Arc<Slots>, mark: u64) -> Image {
        let mut image = Image::blank(Some(slots));
        image.make_mut(Some(slots)).set_lsn(Lsn(mark));
        image
    }

    fn is_alone(image: &Image) -> bool {
        matches!(image.0, Place::Alone(_))
    }

    #[test]
    fn an_image_that_is_held_does_not_change() {
        let slots = Slots::new(4).unwrap();
        let mut image = marked(&slots, 1);
        let held = image.clone();
        assert!(image.get_mut().is_none() && held.is_shared());
        image.make_mut(Some(&slots)).set_lsn(Lsn(2));
        assert_eq!((held.lsn(), image.lsn()), (Lsn(1), Lsn(2)));
        assert!(!held.is_shared() && !image.is_shared());
        drop(held);
        image.make_mut(Some(&slots)).set_lsn(Lsn(3));
        assert_eq!(image.lsn(), Lsn(3));
    }

    #[test]
    fn images_beyond_the_slab_lie_by_themselves() {
        let slots = Slots::new(3).unwrap();
        let mut images: Vec<Image> = (0..5).map(|mark| marked(&slots, mark)).collect();
        assert_eq!(images.iter().map(is_alone).collect::<Vec<_>>(), [false, false, false, true, true]);
        assert!((0..).zip(&images).all(|(mark, image)| image.lsn() == Lsn(mark)));
        let alone = images.pop().unwrap();
        drop(images);
        let again: Vec<Image> = (0..3).map(|mark| marked(&slots, mark)).collect();
        assert!(is_alone(&alone) && !again.iter().any(is_alone), "slots are used again");
        assert!(is_alone(&Image::blank(None)) && Slots::new(0).is_none());
    }

    #[test]
    fn slots_that_were_given_back_are_blank_and_whole() {
        let slots = Slots::new(600).unwrap();
        let mut images: Vec<Image> = (0..600).map(|mark| marked(&slots, mark)).collect();
        images.retain(|image| image.lsn().0.is_multiple_of(3));
        slots.trim();
        assert!(slots.free.lock().warm.is_empty() && slots.free.lock().cold.len() == 400);
        assert!((0..).zip(&images).all(|(n, image)| image.lsn() == Lsn(n * 3)));
        let again: Vec<Image> = (0..400).map(|_| Image::blank(Some(&slots))).collect();
        assert!(!again.iter().any(is_alone) && is_alone(&Image::blank(Some(&slots))));
        assert!(again.iter().all(|image| image.bytes().iter().all(|byte| *byte == 0)));
    }

    #[test]
    fn an_image_outlives_the_cache() {
        let slots = Slots::new(2).unwrap();
        let image = marked(&slots, 7);
        let clone = image.clone();
        drop((slots, image));
        assert_eq!(clone.lsn(), Lsn(7));
    }

    #[test]
    fn threads_hold_what_another_one_changes() {
        let slots = Slots::new(8).unwrap();
        let current = Mutex::new(marked(&slots, 0));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..300 {
                        let held = current.lock().clone();
                        let before = held.lsn();
                        std::thread::yield_now();
                        assert_eq!(held.lsn(), before);
                    }
                });
            }
            for mark in 1..300 {
                current.lock().make_mut(Some(&slots)).set_lsn(Lsn(mark));
            }
        });
        assert_eq!(current.lock().lsn(), Lsn(299));
        drop(current);
        let free = slots.free.lock();
        assert_eq!(free.warm.len() as u32, free.fresh, "every slot has come back");
    }
}
