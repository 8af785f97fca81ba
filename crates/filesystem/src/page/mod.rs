//! A page: a block with strata's header on it.
//!
//! ```text
//! OFFSET SIZE MEANING                                       (integers little-endian)
//!      0    4 crc32 of space, block and every byte from 4 on, so that a page in a wrong place is damaged
//!      4    2 magic 0x5053
//!      6    1 format version
//!      7    1 kind: 1 heap, 2 overflow
//!      8    8 LSN of the last change
//!     16    4 space
//!     20    4 block
//!     24    8 heap: slot count, lowest tuple byte, bytes in holes, zero; overflow: zero
//!     32      heap: slots, growing upwards … free … tuples, growing downwards   (see `slotted`)
//!             overflow: a part of a large tuple                                 (see `overflow`)
//! ```
//!
//! A block of zeros is not a page. Where no page was ever written is known from the block map
//! ([`crate::heap`]), never from what lies there.

mod overflow;
mod slotted;

pub(crate) use overflow::{OVERFLOW_CAPACITY, Owner};
pub(crate) use slotted::{Form, SLOT_LEN, StoredTuple, TUPLE_HEADER_LEN, USABLE_LEN};

use crate::block_store::{BLOCK_LEN, Block};
use journal::Lsn;

const MAGIC: u16 = 0x5053;
const FORMAT_VERSION: u8 = 1;
const HEADER_LEN: usize = 32;

const _: () = {
    assert!(BLOCK_LEN.is_power_of_two());
    assert!(BLOCK_LEN <= 1 << 13, "slots hold offsets and lengths in 13 bits and three flags");
};

/// Which page: a block of a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId {
    /// The space's number.
    pub space: u32,
    /// The block in it.
    pub block: u32,
}

/// What a page is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Slots and tuples.
    Heap = 1,
    /// Part of a tuple that is too large for a heap page.
    Overflow = 2,
}

/// In which way bytes are not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Only zeros where a page was written.
    #[error("a page of zeros")]
    Zero,
    /// Neither a page nor zeros.
    #[error("not a strata page")]
    Magic,
    /// Written by another format.
    #[error("page format {found}, this build reads {FORMAT_VERSION}")]
    UnknownFormat {
        /// The format found.
        found: u8,
    },
    /// The checksum does not match: torn, or bits flipped.
    #[error("checksum {found:08x} does not match the content's {expected:08x}")]
    Checksum {
        /// The stored sum.
        found: u32,
        /// The content's sum.
        expected: u32,
    },
    /// A sound page that belongs elsewhere.
    #[error("the page of space {space}, block {block}, is in this place")]
    Misdirected {
        /// The space it names.
        space: u32,
        /// The block it names.
        block: u32,
    },
    /// A sound page, older than what was written here.
    #[error("a stale page of LSN {found}; LSN {floor} was written here")]
    Stale {
        /// The page's LSN.
        found: u64,
        /// The LSN of the image last written.
        floor: u64,
    },
    /// A sound page whose content contradicts itself or the tuple that leads to it.
    #[error("{0}")]
    Content(&'static str),
    /// The file ends before the block.
    #[error("the file ends before this block")]
    Short,
}

/// The image of a page.
#[derive(Clone)]
#[repr(transparent)]
pub struct Page {
    bytes: Block,
}

impl Page {
    /// An image that holds nothing; only [`Self::format`] or [`Self::bytes_mut`] make it a page.
    pub fn blank() -> Page {
        Page { bytes: [0; BLOCK_LEN] }
    }

    /// Makes it an empty page.
    pub fn format(&mut self, id: PageId, kind: Kind) {
        self.bytes.fill(0);
        self.put(4, MAGIC.to_le_bytes());
        self.bytes[6] = FORMAT_VERSION;
        self.bytes[7] = kind as u8;
        self.put(16, id.space.to_le_bytes());
        self.put(20, id.block.to_le_bytes());
        if kind == Kind::Heap {
            self.clear_slots();
        }
    }

    /// The raw image.
    pub fn bytes(&self) -> &Block {
        &self.bytes
    }

    /// The raw image, to be read into. [`Self::verify`] before use.
    pub fn bytes_mut(&mut self) -> &mut Block {
        &mut self.bytes
    }

    /// LSN of the last change; 0 for a page that was never changed.
    pub fn lsn(&self) -> Lsn {
        Lsn(u64::from_le_bytes(self.array(8)))
    }

    /// Notes the LSN of a change.
    pub fn set_lsn(&mut self, lsn: Lsn) {
        self.put(8, lsn.0.to_le_bytes());
    }

    /// Which page it says it is.
    pub fn id(&self) -> PageId {
        PageId { space: u32::from_le_bytes(self.array(16)), block: u32::from_le_bytes(self.array(20)) }
    }

    /// What it is used for; `None` for an unknown kind.
    pub fn kind(&self) -> Option<Kind> {
        match self.bytes[7] {
            1 => Some(Kind::Heap),
            2 => Some(Kind::Overflow),
            _ => None,
        }
    }

    /// Copies the image to `into` with its checksum filled in, ready for the disk.
    pub fn seal_into(&self, id: PageId, into: &mut Block) {
        into.copy_from_slice(&self.bytes);
        let sum = checksum(id, into).to_le_bytes();
        into[..4].copy_from_slice(&sum);
    }

    /// Checks that this is the page `id`, whole, and not older than `floor`.
    pub fn verify(&self, id: PageId, floor: Lsn) -> Result<(), Damage> {
        let found_id = self.id();
        if u16::from_le_bytes(self.array(4)) != MAGIC {
            return Err(if self.bytes.iter().all(|byte| *byte == 0) { Damage::Zero } else { Damage::Magic });
        }
        let found = u32::from_le_bytes(self.array(0));
        let expected = checksum(id, &self.bytes);
        if found != expected {
            let elsewhere = found_id != id && found == checksum(found_id, &self.bytes);
            return Err(match elsewhere {
                true => Damage::Misdirected { space: found_id.space, block: found_id.block },
                false => Damage::Checksum { found, expected },
            });
        }
        if self.bytes[6] != FORMAT_VERSION {
            return Err(Damage::UnknownFormat { found: self.bytes[6] });
        }
        if self.lsn() < floor {
            return Err(Damage::Stale { found: self.lsn().0, floor: floor.0 });
        }
        match self.kind() {
            Some(Kind::Heap) => self.check_slots().then_some(()).ok_or(Damage::Content("slots that overlap")),
            Some(Kind::Overflow) => Ok(()),
            None => Err(Damage::Content("a page of unknown kind")),
        }
    }

    /// `N` bytes at a fixed place of the header.
    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }

    fn put<const N: usize>(&mut self, at: usize, value: [u8; N]) {
        if let Some(place) = self.bytes.get_mut(at..at + N) {
            place.copy_from_slice(&value);
        }
    }
}

fn checksum(id: PageId, bytes: &Block) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&id.space.to_le_bytes());
    sum.update(&id.block.to_le_bytes());
    sum.update(&bytes[4..]);
    sum.finalize()
}
