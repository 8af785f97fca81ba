//! What the tree is ordered by: user key ascending, then sequence number descending.
//!
//! The newest version of a key therefore comes first, and "the newest version a snapshot sees" is
//! the first entry at or behind `(key, snapshot)`.

use crate::{Error, Result};
use std::cmp::Ordering;

/// The longest key.
pub const KEY_LEN_MAX: usize = 64 * 1024;
/// The longest value. Values are meant to be small (locations, index payloads).
pub const VALUE_LEN_MAX: usize = 1024 * 1024;

/// Commit order of a version. A snapshot is a `Seq` too: it sees every version at or below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// Sees everything.
    pub const MAX: Seq = Seq(u64::MAX >> 1);
}

/// One change of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op<'a> {
    /// The key has this value from now on.
    Put(&'a [u8]),
    /// The key is gone.
    Delete,
}

/// What a stored version says about its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Put,
    Delete,
}

/// Sequence number and kind in one word; a greater tag is a newer version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tag(pub(crate) u64);

impl Tag {
    pub(crate) fn new(seq: Seq, kind: Kind) -> Self {
        Tag(seq.0 << 1 | u64::from(kind == Kind::Put))
    }

    pub(crate) fn seq(self) -> Seq {
        Seq(self.0 >> 1)
    }

    pub(crate) fn kind(self) -> Kind {
        if self.0 & 1 == 1 { Kind::Put } else { Kind::Delete }
    }
}

/// The order of versions: key ascending, sequence number descending. Kind takes no part.
pub(crate) fn compare(a: (&[u8], Seq), b: (&[u8], Seq)) -> Ordering {
    a.0.cmp(b.0).then_with(|| b.1.cmp(&a.1))
}

/// Refuses what the formats have no room for.
pub(crate) fn check_lens(key: &[u8], value: &[u8]) -> Result<()> {
    if key.len() > KEY_LEN_MAX {
        return Err(Error::KeyTooLong { len: key.len(), max: KEY_LEN_MAX });
    }
    if value.len() > VALUE_LEN_MAX {
        return Err(Error::ValueTooLong { len: value.len(), max: VALUE_LEN_MAX });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_versions_of_a_key_come_first() {
        assert_eq!(compare((b"a", Seq(2)), (b"a", Seq(1))), Ordering::Less);
        assert_eq!(compare((b"a", Seq(1)), (b"b", Seq(9))), Ordering::Less);
        assert_eq!(compare((b"a", Seq(1)), (b"a", Seq(1))), Ordering::Equal);
    }

    #[test]
    fn a_tag_keeps_both_halves() {
        let tag = Tag::new(Seq::MAX, Kind::Put);
        assert_eq!((tag.seq(), tag.kind()), (Seq::MAX, Kind::Put));
        assert_eq!(Tag::new(Seq(7), Kind::Delete).kind(), Kind::Delete);
    }
}
