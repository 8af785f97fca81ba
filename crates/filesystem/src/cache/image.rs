//! Page images, counted, in the [`Slots`] of one slab.
//!
//! The slab is in large pages: a visit costs no walk through the page tables. An image for which it has no slot lies
//! by itself: there may be more images than frames, for one that is held outlives its frame.
//!
//! # Why this is sound
//! 1. A slot is in the hands of one [`Image`] and its clones, or the [`Slots`] have it: they hand it out once, and get
//!    it back from whoever brings its count to zero.
//! 2. A page is written before its first [`Image`] is made, and afterwards only through [`Image::get_mut`],
//!    which has found that no clone exists while it holds the only one mutably.
//! 3. Every slot in use holds a reference to the slots, so they live as long as an image does.

#![expect(unsafe_code, reason = "images in parts of a slab, counted as `Arc` counts")]

use super::slots::Slots;
use crate::block_store::BLOCK_LEN;
use crate::page::Page;
use std::ops::{Deref, Range};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

const _: () = assert!(size_of::<Page>() == BLOCK_LEN && align_of::<Page>() == 1);

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
        Image::in_slot(slots, slots.take()?, write)
    }

    /// An image in a slot that was taken for it.
    fn in_slot(slots: &Arc<Slots>, slot: u32, write: impl FnOnce(NonNull<Page>)) -> Option<Image> {
        write(slots.page(slot));
        slots.count(slot).store(1, Ordering::Relaxed);
        let slots = NonNull::new(Arc::into_raw(Arc::clone(slots)).cast_mut())?;
        Some(Image(Place::InSlab { slots, slot }))
    }

    /// Moves an image that lies in one of the slots of `from`, and that nobody else holds, to another slot that is in
    /// memory.
    pub(super) fn move_out_of(&mut self, from: &Range<u32>, slots: &Arc<Slots>) {
        let is_there = matches!(&self.0, Place::InSlab { slot, .. } if from.contains(slot));
        if is_there
            && !self.is_shared()
            && let Some(to) = slots.take_warm()
        {
            let page: &Page = self;
            // SAFETY: a slot that was taken is no part of an image, and `page` is one.
            let copy = |into: NonNull<Page>| unsafe { into.copy_from_nonoverlapping(page.into(), 1) };
            if let Some(moved) = Image::in_slot(slots, to, copy) {
                *self = moved;
            }
        }
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
                slots.put_back(*slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use journal::Lsn;
    use parking_lot::Mutex;

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
    fn images_that_moved_are_whole_and_their_old_slots_blank() {
        let count = 1000;
        let slots = Slots::new(count).unwrap();
        let mut images: Vec<Image> = (0..count as u64).map(|mark| marked(&slots, mark)).collect();
        let held = images[0].clone();
        images.retain(|image| image.lsn().0.is_multiple_of(3));
        let mut vacated = 0;
        while let Some(from) = slots.begin_vacating() {
            images.iter_mut().for_each(|image| image.move_out_of(&from, &slots));
            if !slots.end_vacating() {
                break;
            }
            vacated += 1;
        }
        assert_eq!(vacated, 1);
        assert!((0..).zip(&images).all(|(n, image)| image.lsn() == Lsn(n * 3)));
        assert!(held.lsn() == Lsn(0) && held.is_shared(), "what is held did not move");
        let again: Vec<Image> = (0..count - images.len()).map(|_| Image::blank(Some(&slots))).collect();
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
        let free: Vec<Image> = (0..8).map(|_| Image::blank(Some(&slots))).collect();
        assert!(!free.iter().any(is_alone), "every slot has come back");
    }
}
