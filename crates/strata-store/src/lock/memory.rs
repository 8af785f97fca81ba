//! What the locks take of the memory pool.
//!
//! Caches may have taken all of a pool, and a lock cannot wait until they give some back. So locks may take
//! an eighth of the pool's size in any case; beyond, a transaction that wants another one is refused.

use crate::{Error, Result};
use filesystem::{MemoryPool, Reservation};

/// Taken from the pool at a time, so that a lock seldom has to ask.
const STEP_LEN: usize = 64 << 10;

pub(super) struct Memory {
    pool: MemoryPool,
    reserved: Option<Reservation>,
    used: usize,
}

impl Memory {
    pub(super) fn new(pool: MemoryPool) -> Memory {
        Memory { pool, reserved: None, used: 0 }
    }

    /// Something has grown, or is about to.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and nothing is changed.
    pub(super) fn change(&mut self, before: usize, after: usize) -> Result<()> {
        let used = (self.used + after).saturating_sub(before);
        let reserved = self.reserved.as_ref().map_or(0, Reservation::bytes);
        if used > reserved {
            let wanted = (used - reserved).max(STEP_LEN);
            let granted = match &mut self.reserved {
                Some(reserved) => reserved.grow(wanted),
                none => {
                    *none = self.pool.try_reserve(wanted);
                    none.is_some()
                }
            };
            if !granted && used > self.pool.cap() / 8 {
                return Err(Error::OutOfMemory { held: self.used, wanted: used - self.used });
            }
        }
        self.used = used;
        Ok(())
    }

    /// Something is there that cannot be refused.
    pub(super) fn take(&mut self, len: usize) {
        self.used += len;
    }

    /// Something has gone.
    pub(super) fn give_back(&mut self, len: usize) {
        self.used = self.used.saturating_sub(len);
        if let Some(reserved) = &mut self.reserved {
            let spare = reserved.bytes().saturating_sub(self.used);
            if spare > 4 * STEP_LEN {
                reserved.shrink(spare - STEP_LEN);
            }
        }
    }
}
