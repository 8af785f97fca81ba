//! Hashing of small numbers. They come from our own files and counters, so no keyed hash is needed, and one
//! multiplication is a tenth of the cost of one.

use std::hash::{BuildHasherDefault, Hasher};

/// Builds [`Mixer`]s, for maps keyed by block, space and page numbers.
pub(crate) type Spread = BuildHasherDefault<Mixer>;

const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The two halves of a page's number, well mixed in the high bits.
#[inline]
pub(crate) fn spread(high: u32, low: u32) -> u64 {
    (u64::from(high) << 32 | u64::from(low)).wrapping_mul(ODD)
}

/// A hasher of 32-bit numbers.
#[derive(Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    #[inline]
    fn write_u32(&mut self, number: u32) {
        // A map takes the bucket from the low bits and a tag from the high ones: fold both together.
        let mixed = (self.0 << 32 | u64::from(number)).wrapping_mul(ODD);
        self.0 = mixed ^ mixed >> 32;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
