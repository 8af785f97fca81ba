//! What a read returns, and how a tuple lies in the heap.
//!
//! ```text
//! heap tuple   ┌─────┬───────┬───────────────────────────┐
//!              │ key │ value │ key length 2, little-end. │
//!              └─────┴───────┴───────────────────────────┘
//! ```
//! The tuple knows its key, so that a table can be read, and verified, without its index. The length
//! stands at the end so that, behind the keyspace's prefix, a record in the journal can hold stored key
//! and tuple as one run of bytes.

use filesystem::TupleRef;
use smallvec::SmallVec;
use std::ops::Deref;

pub(crate) const KEY_LEN_LEN: usize = 2;

/// Takes a heap tuple apart into key and value.
pub(crate) fn split(tuple: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, key_len) = tuple.split_last_chunk::<KEY_LEN_LEN>()?;
    rest.split_at_checked(u16::from_le_bytes(*key_len).into())
}

/// The length of the key, in the form in which it ends a tuple.
pub(crate) fn key_len_bytes(key: &[u8]) -> [u8; KEY_LEN_LEN] {
    (key.len() as u16).to_le_bytes()
}

/// The value of a key. It is read in place: a tuple from the heap keeps its page in memory while it
/// lives, so it is not to be held across a wait.
pub struct Tuple(Repr);

enum Repr {
    Page { tuple: TupleRef, from: u32, to: u32 },
    Tree(lsm::Value),
    Own(SmallVec<[u8; 32]>),
}

impl Tuple {
    /// A tuple of the heap, if it is the tuple of `key`.
    pub(crate) fn of_page(tuple: TupleRef, key: &[u8]) -> Option<Self> {
        let (found, value) = split(&tuple)?;
        if found != key {
            return None;
        }
        let (from, to) = (key.len() as u32, (key.len() + value.len()) as u32);
        Some(Tuple(Repr::Page { tuple, from, to }))
    }

    pub(crate) fn of_tree(value: lsm::Value) -> Self {
        Tuple(Repr::Tree(value))
    }

    /// A value that is copied: of an index, where values are small, or of the transaction's own.
    pub(crate) fn copy_of(value: &[u8]) -> Self {
        Tuple(Repr::Own(SmallVec::from_slice(value)))
    }

    pub(crate) fn own(value: Vec<u8>) -> Self {
        Tuple(Repr::Own(SmallVec::from_vec(value)))
    }
}

impl Deref for Tuple {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Page { tuple, from, to } => tuple.get(*from as usize..*to as usize).unwrap_or_default(),
            Repr::Tree(value) => value,
            Repr::Own(value) => value,
        }
    }
}

impl AsRef<[u8]> for Tuple {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl std::fmt::Debug for Tuple {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            if let Some((key, value)) = split(&bytes) {
                prop_assert_eq!(key.len() + value.len() + KEY_LEN_LEN, bytes.len());
            }
        }
    }

    #[test]
    fn a_tuple_knows_its_key() {
        let mut tuple = b"keyvalue".to_vec();
        tuple.extend_from_slice(&key_len_bytes(b"key"));
        assert_eq!(split(&tuple), Some((&b"key"[..], &b"value"[..])));
        assert_eq!(split(b""), None);
        assert_eq!(split(b"\xff\xff"), None);
    }
}
