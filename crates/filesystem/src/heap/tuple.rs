//! A tuple's bytes on the way in ([`Packed`]) and out ([`TupleRef`]).

use crate::cache::PageRef;
use crate::{Error, Result};
use std::borrow::Cow;
use std::ops::Deref;

/// The longest tuple.
pub const TUPLE_LEN_MAX: usize = 1 << 30;

/// Packed tuples above this length go to overflow pages: four to a heap page is the least that a scan should
/// find.
pub(crate) const INLINE_LEN_MAX: usize = 2000;

/// A tuple in the form in which it is stored and journaled: as it is when small, compressed when large and
/// compression gains. It is packed once, before it is placed, so that a replay needs no compressor that
/// gives the same bytes.
#[derive(Clone, Debug)]
pub struct Packed<'a> {
    bytes: Cow<'a, [u8]>,
    compressed: bool,
}

impl<'a> Packed<'a> {
    /// Packs a tuple. Small tuples are borrowed.
    pub fn new(tuple: &'a [u8]) -> Packed<'a> {
        if tuple.len() > INLINE_LEN_MAX && tuple.len() <= TUPLE_LEN_MAX {
            let smaller = lz4_flex::compress_prepend_size(tuple);
            // Less than an eighth is not worth the work of unpacking it at each read.
            if smaller.len() < tuple.len() - tuple.len() / 8 {
                return Packed { bytes: Cow::Owned(smaller), compressed: true };
            }
        }
        Packed { bytes: Cow::Borrowed(tuple), compressed: false }
    }

    /// The stored form: for the journal record and for [`Heap::write`](super::Heap::write).
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the stored form is compressed.
    pub fn is_compressed(&self) -> bool {
        self.compressed
    }
}

/// Undoes a compression; `None` if the bytes are damaged.
pub(super) fn unpack(stored: &[u8]) -> Option<Vec<u8>> {
    let len = u32::from_le_bytes(*stored.first_chunk()?) as usize;
    // LZ4 gains at most a factor of 255: a larger claim is damage and must not allocate.
    let plausible = len <= TUPLE_LEN_MAX && len / 256 <= stored.len();
    let tuple = plausible.then(|| lz4_flex::decompress_size_prepended(stored).ok()).flatten()?;
    (tuple.len() == len).then_some(tuple)
}

/// Refuses what no heap takes.
pub(super) fn check_len(packed: &[u8]) -> Result<()> {
    if packed.len() > TUPLE_LEN_MAX { Err(Error::TooLarge { len: packed.len() }) } else { Ok(()) }
}

/// A tuple that was read. Its bytes do not change while it is held; holding it blocks nobody, but keeps a
/// page in memory.
#[derive(Clone)]
pub struct TupleRef {
    created: u64,
    ended: u64,
    bytes: Bytes,
}

#[derive(Clone)]
enum Bytes {
    Pinned { page: PageRef, start: u16, len: u16 },
    Owned(Vec<u8>),
}

impl TupleRef {
    pub(super) fn pinned(page: PageRef, created: u64, ended: u64, start: usize, len: usize) -> TupleRef {
        TupleRef { created, ended, bytes: Bytes::Pinned { page, start: start as u16, len: len as u16 } }
    }

    pub(super) fn owned(bytes: Vec<u8>, created: u64, ended: u64) -> TupleRef {
        TupleRef { created, ended, bytes: Bytes::Owned(bytes) }
    }

    /// The seq that created this version.
    pub fn created(&self) -> u64 {
        self.created
    }

    /// The seq that superseded or deleted it.
    pub fn ended(&self) -> Option<u64> {
        (self.ended != 0).then_some(self.ended)
    }
}

impl Deref for TupleRef {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Pinned { page, start, len } => {
                let start = usize::from(*start);
                page.bytes().get(start..start + usize::from(*len)).unwrap_or_default()
            }
            Bytes::Owned(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn damaged_compression_never_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes);
            bytes.splice(0..0, [0xff; 4]);
            prop_assert_eq!(unpack(&bytes), None);
        }
    }

    #[test]
    fn packing_is_undone_by_unpacking() {
        let small = [1; 100];
        assert!(!Packed::new(&small).is_compressed());
        let large = vec![1; 100_000];
        let packed = Packed::new(&large);
        assert!(packed.is_compressed() && packed.bytes().len() < 1000);
        assert_eq!(unpack(packed.bytes()), Some(large));
    }
}
