//! Keyspaces, and how a key of one is spelled in the tree that all of them share.
//!
//! ```text
//! stored key   ┌──────────────────────┬─────────┐
//!              │ keyspace 4, big-end. │ key     │
//!              └──────────────────────┴─────────┘
//! ```
//! The number comes first and in big-endian order, so a keyspace is one contiguous range of the tree
//! and dropping it is one range tombstone.

use filesystem::SpaceId;
use smallvec::SmallVec;
use std::ops::Bound;

/// The longest key of a keyspace.
pub const KEY_LEN_MAX: usize = 60 * 1024;

pub(crate) const PREFIX_LEN: usize = 4;
const INDEX_BIT: u32 = 1 << 31;

/// One ordered map: a table's rows by primary key, or one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyspaceId(pub u32);

impl KeyspaceId {
    /// A keyspace of tuples: the values lie in the heap, in the space of the same number.
    pub const fn table(number: u32) -> Self {
        KeyspaceId(number & !INDEX_BIT)
    }

    /// A keyspace of small values that lie in the tree, beside their keys.
    pub const fn index(number: u32) -> Self {
        KeyspaceId(number | INDEX_BIT)
    }

    /// Whether values lie in the tree.
    pub const fn is_index(self) -> bool {
        self.0 & INDEX_BIT != 0
    }

    pub(crate) const fn space(self) -> SpaceId {
        SpaceId(self.0)
    }
}

/// A stored key; most are short enough to need no allocation.
pub(crate) type KeyBuf = SmallVec<[u8; 32]>;

pub(crate) fn stored_key(keyspace: KeyspaceId, key: &[u8]) -> KeyBuf {
    let mut stored = KeyBuf::with_capacity(PREFIX_LEN + key.len());
    stored.extend_from_slice(&prefix(keyspace));
    stored.extend_from_slice(key);
    stored
}

/// Takes a stored key apart; `None` if it is too short to be one.
pub(crate) fn split(stored: &[u8]) -> Option<(KeyspaceId, &[u8])> {
    let (number, key) = stored.split_first_chunk::<PREFIX_LEN>()?;
    Some((KeyspaceId(u32::from_be_bytes(*number)), key))
}

/// The keyspace of a stored key that this process has spelled itself.
pub(crate) fn keyspace_of(stored: &[u8]) -> KeyspaceId {
    match split(stored) {
        Some((keyspace, _)) => keyspace,
        None => unreachable!("a stored key of {} bytes", stored.len()),
    }
}

/// The key without its prefix.
pub(crate) fn key_of(stored: &[u8]) -> &[u8] {
    stored.get(PREFIX_LEN..).unwrap_or_default()
}

/// The first stored key that `keyspace` could hold.
pub(crate) fn prefix(keyspace: KeyspaceId) -> [u8; PREFIX_LEN] {
    keyspace.0.to_be_bytes()
}

/// The end of `keyspace` in the tree.
pub(crate) fn end_of(keyspace: KeyspaceId) -> Bound<KeyBuf> {
    match keyspace.0.checked_add(1) {
        Some(next) => Bound::Excluded(KeyBuf::from_slice(&next.to_be_bytes())),
        None => Bound::Unbounded,
    }
}

/// The range of the tree that a range of one keyspace is.
pub(crate) fn stored_range(
    keyspace: KeyspaceId,
    lower: Bound<&[u8]>,
    upper: Bound<&[u8]>,
) -> (Bound<KeyBuf>, Bound<KeyBuf>) {
    let lower = match lower {
        Bound::Included(key) => Bound::Included(stored_key(keyspace, key)),
        Bound::Excluded(key) => Bound::Excluded(stored_key(keyspace, key)),
        Bound::Unbounded => Bound::Included(KeyBuf::from_slice(&prefix(keyspace))),
    };
    let upper = match upper {
        Bound::Included(key) => Bound::Included(stored_key(keyspace, key)),
        Bound::Excluded(key) => Bound::Excluded(stored_key(keyspace, key)),
        Bound::Unbounded => end_of(keyspace),
    };
    (lower, upper)
}

/// Whether no key can lie between the bounds.
pub(crate) fn is_empty_range(lower: &Bound<KeyBuf>, upper: &Bound<KeyBuf>) -> bool {
    match (lower, upper) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(lower), Bound::Included(upper)) => lower > upper,
        (
            Bound::Included(lower) | Bound::Excluded(lower),
            Bound::Included(upper) | Bound::Excluded(upper),
        ) => lower >= upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_keys_sort_by_keyspace_then_key() {
        let mut keys = [
            stored_key(KeyspaceId::index(1), b"a"),
            stored_key(KeyspaceId::table(2), b""),
            stored_key(KeyspaceId::table(1), b"b"),
            stored_key(KeyspaceId::table(1), b"a"),
        ];
        keys.sort();
        let numbers: Vec<_> = keys.iter().map(|key| (keyspace_of(key), key_of(key).to_vec())).collect();
        assert_eq!(numbers[0], (KeyspaceId::table(1), b"a".to_vec()));
        assert_eq!(numbers[3], (KeyspaceId::index(1), b"a".to_vec()));
    }

    #[test]
    fn empty_ranges_are_recognised() {
        let key = |byte: u8| KeyBuf::from_slice(&[byte]);
        assert!(is_empty_range(&Bound::Included(key(2)), &Bound::Included(key(1))));
        assert!(is_empty_range(&Bound::Excluded(key(1)), &Bound::Included(key(1))));
        assert!(!is_empty_range(&Bound::Included(key(1)), &Bound::Included(key(1))));
        assert!(!is_empty_range(&Bound::Unbounded, &Bound::Excluded(key(0))));
    }

    #[test]
    fn the_last_keyspace_has_no_end() {
        assert_eq!(end_of(KeyspaceId(u32::MAX)), Bound::Unbounded);
    }
}
