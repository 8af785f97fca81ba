//! A part of a large tuple in a page of its own.
//!
//! ```text
//! OFFSET SIZE MEANING
//!     32    8 seq that created the tuple
//!     40    4 block of the tuple's slot
//!     44    2 its slot
//!     46    2 bytes here
//!     48    4 index of this part
//!     52      the bytes
//! ```
//! A part names its owner, so that a run which was given to another tuple is never read as this one's.

use super::{Damage, HEADER_LEN, Page};
use crate::block_store::BLOCK_LEN;

const PART_START: usize = HEADER_LEN + 20;

/// Bytes of a tuple in one overflow page.
pub(crate) const OVERFLOW_CAPACITY: usize = BLOCK_LEN - PART_START;

/// The tuple that an overflow page is a part of, and which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) created: u64,
    pub(crate) block: u32,
    pub(crate) slot: u16,
    pub(crate) index: u32,
}

impl Page {
    /// Fills a formatted overflow page; `part` is at most [`OVERFLOW_CAPACITY`] long.
    pub(crate) fn set_part(&mut self, owner: Owner, part: &[u8]) {
        self.put(32, owner.created.to_le_bytes());
        self.put(40, owner.block.to_le_bytes());
        self.put(44, owner.slot.to_le_bytes());
        self.put(46, (part.len() as u16).to_le_bytes());
        self.put(48, owner.index.to_le_bytes());
        self.bytes[PART_START..PART_START + part.len()].copy_from_slice(part);
    }

    /// The part that `owner` has here.
    pub(crate) fn part(&self, owner: Owner) -> Result<&[u8], Damage> {
        let found = Owner {
            created: u64::from_le_bytes(self.array(32)),
            block: u32::from_le_bytes(self.array(40)),
            slot: u16::from_le_bytes(self.array(44)),
            index: u32::from_le_bytes(self.array(48)),
        };
        if found != owner {
            return Err(Damage::Content("an overflow page of another tuple"));
        }
        let len = usize::from(u16::from_le_bytes(self.array(46)));
        self.bytes
            .get(PART_START..PART_START + len)
            .ok_or(Damage::Content("an overflow page that is too long"))
    }
}
