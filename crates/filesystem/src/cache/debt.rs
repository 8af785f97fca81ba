//! Frames beyond the cap: a change that the journal holds already is made, whether there is memory for it or not.

use crate::pool::Reservation;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory of a frame.
pub(super) enum FrameMemory {
    /// Of the pool.
    Reserved(Reservation),
    /// Beyond it.
    Owed(#[expect(dead_code, reason = "held for as long as the frame")] Iou),
}

/// What a cache owes the pool.
#[derive(Default)]
pub(super) struct Debt {
    owed: AtomicUsize,
    /// Memory of other frames that stands in for what is owed until the frames that owe it are gone.
    cover: Mutex<Vec<Reservation>>,
}

impl Debt {
    pub(super) fn is_owed(&self) -> bool {
        self.owed.load(Ordering::Relaxed) > 0
    }

    /// Another frame beyond the cap.
    pub(super) fn owe(self: &Arc<Self>) -> FrameMemory {
        self.owed.fetch_add(1, Ordering::Relaxed);
        FrameMemory::Owed(Iou(Arc::clone(self)))
    }

    /// A frame was given up: its memory covers that of one that is owed.
    pub(super) fn repay(&self, memory: FrameMemory) {
        if let FrameMemory::Reserved(reservation) = memory {
            let mut cover = self.cover.lock();
            let less = |owed: usize| owed.checked_sub(1);
            if self.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok() {
                cover.push(reservation);
            }
        }
    }
}

/// Gone with the frame that owes its memory.
pub(super) struct Iou(Arc<Debt>);

impl Drop for Iou {
    fn drop(&mut self) {
        let mut cover = self.0.cover.lock();
        if cover.pop().is_none() {
            self.0.owed.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
