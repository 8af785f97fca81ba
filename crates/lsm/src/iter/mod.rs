//! The iterator over what a snapshot sees: of each key the newest version at or below the snapshot,
//! unless that is a deletion or lies under a range tombstone.
//!
//! Forward, the merge meets the versions of a key from new to old: the first visible one is the answer
//! and the merge stays on it, so nothing but the key is copied. Backward it meets them from old to new:
//! the last visible one is the answer, so it is copied and the merge stands before the key's versions.

mod merge;
mod source;

pub(crate) use merge::Merge;
pub(crate) use source::Source;

use crate::key::Kind;
use crate::tombstone::Tombstones;
use crate::{Result, Seq};
use std::ops::Bound;
use std::sync::Arc;

/// Walks the visible entries of a range in both directions. Owns what it reads: it stays valid,
/// and shows the same, whatever happens to the tree. Begins before the first and behind the last
/// entry: [`Iter::next`] goes to the first, [`Iter::prev`] to the last.
pub struct Iter {
    merge: Merge,
    tombstones: Vec<Arc<Tombstones>>,
    snapshot: Seq,
    lower: Bound<Vec<u8>>,
    upper: Bound<Vec<u8>>,
    place: Place,
    key: Vec<u8>,
    /// Sequence number of the entry here, and its value where the merge has moved on.
    seq: Seq,
    value: Vec<u8>,
}

/// Where the iterator is, and how the merge stands to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nowhere.
    Fresh,
    /// Behind the last entry.
    AtEnd,
    /// Before the first entry.
    AtStart,
    /// On an entry; the merge is on the version that is shown.
    OnForward,
    /// On an entry, which is copied; the merge is before all versions of its key.
    OnBackward,
}

impl Iter {
    pub(crate) fn new(
        sources: Vec<Source>,
        tombstones: Vec<Arc<Tombstones>>,
        snapshot: Seq,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
    ) -> Self {
        Iter {
            merge: Merge::new(sources),
            tombstones,
            snapshot,
            lower: lower.map(<[u8]>::to_vec),
            upper: upper.map(<[u8]>::to_vec),
            place: Place::Fresh,
            key: Vec::new(),
            seq: Seq(0),
            value: Vec::new(),
        }
    }

    /// Goes to the next entry; `false` if there is none, and then [`Self::prev`] goes to the last.
    #[expect(clippy::should_implement_trait, reason = "lends its entries and may fail: no `Iterator`")]
    pub fn next(&mut self) -> Result<bool> {
        match self.place {
            Place::Fresh | Place::AtStart => self.seek_lower()?,
            Place::AtEnd => return Ok(false),
            Place::OnForward => {
                self.merge.next()?;
                self.skip_versions_of_key()?;
            }
            Place::OnBackward => {
                // Behind the oldest version that the key can have.
                self.merge.seek(&self.key, Seq(0))?;
                self.skip_versions_of_key()?;
            }
        }
        self.settle_forward()
    }

    /// Goes to the entry before; `false` if there is none, and then [`Self::next`] goes to the first.
    pub fn prev(&mut self) -> Result<bool> {
        match self.place {
            Place::Fresh | Place::AtEnd => self.seek_upper()?,
            Place::AtStart => return Ok(false),
            Place::OnForward => self.merge.seek_before(&self.key, Seq(u64::MAX))?,
            Place::OnBackward => {}
        }
        self.settle_backward()
    }

    /// Goes to the first entry with a key of at least `key`; `false` if there is none.
    pub fn seek(&mut self, key: &[u8]) -> Result<bool> {
        match is_below(&self.lower, key) {
            true => self.seek_lower()?,
            false => self.merge.seek(key, Seq(u64::MAX))?,
        }
        self.settle_forward()
    }

    /// Goes to the last entry with a key of at most `key`; `false` if there is none.
    pub fn seek_back(&mut self, key: &[u8]) -> Result<bool> {
        match is_above(&self.upper, key) {
            true => self.seek_upper()?,
            // Behind the oldest version of `key`, if there is a place between it and the next key.
            false => {
                let mut successor = std::mem::take(&mut self.value);
                successor.clear();
                successor.extend_from_slice(key);
                successor.push(0);
                self.merge.seek_before(&successor, Seq(u64::MAX))?;
                self.value = successor;
            }
        }
        self.settle_backward()
    }

    /// Whether the iterator is on an entry.
    pub fn is_valid(&self) -> bool {
        matches!(self.place, Place::OnForward | Place::OnBackward)
    }

    /// The key here; empty if the iterator is on no entry.
    pub fn key(&self) -> &[u8] {
        if self.is_valid() { &self.key } else { &[] }
    }

    /// The value here; empty if the iterator is on no entry.
    pub fn value(&self) -> &[u8] {
        match self.place {
            Place::OnForward => self.merge.here().map_or(&[], Source::value),
            Place::OnBackward => &self.value,
            Place::Fresh | Place::AtEnd | Place::AtStart => &[],
        }
    }

    /// The sequence number of the version here.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    fn seek_lower(&mut self) -> Result<()> {
        match &self.lower {
            Bound::Unbounded => self.merge.first(),
            Bound::Included(key) => self.merge.seek(key, Seq(u64::MAX)),
            Bound::Excluded(key) => {
                self.merge.seek(key, Seq(0))?;
                while self.merge.entry().is_some_and(|(here, _)| here == key) {
                    self.merge.next()?;
                }
                Ok(())
            }
        }
    }

    fn seek_upper(&mut self) -> Result<()> {
        match &self.upper {
            Bound::Unbounded => self.merge.last(),
            Bound::Excluded(key) => self.merge.seek_before(key, Seq(u64::MAX)),
            Bound::Included(key) => {
                let successor = [key, &[0][..]].concat();
                self.merge.seek_before(&successor, Seq(u64::MAX))
            }
        }
    }

    fn skip_versions_of_key(&mut self) -> Result<()> {
        while self.merge.entry().is_some_and(|(key, _)| key == self.key) {
            self.merge.next()?;
        }
        Ok(())
    }

    /// Stops at the first visible entry at or behind the merge's place.
    fn settle_forward(&mut self) -> Result<bool> {
        loop {
            let Some((key, tag)) = self.merge.entry().filter(|(key, _)| !is_above(&self.upper, key)) else {
                self.place = Place::AtEnd;
                return Ok(false);
            };
            if tag.seq() > self.snapshot {
                self.merge.next()?;
                continue;
            }
            self.key.clear();
            self.key.extend_from_slice(key);
            if tag.kind() == Kind::Put && !self.is_covered(tag.seq()) {
                self.seq = tag.seq();
                self.place = Place::OnForward;
                return Ok(true);
            }
            self.merge.next()?;
            self.skip_versions_of_key()?;
        }
    }

    /// Stops at the last key with a visible version at or before the merge's place.
    fn settle_backward(&mut self) -> Result<bool> {
        loop {
            let Some((key, _)) = self.merge.entry().filter(|(key, _)| !is_below(&self.lower, key)) else {
                self.place = Place::AtStart;
                return Ok(false);
            };
            self.key.clear();
            self.key.extend_from_slice(key);
            if self.copy_newest_visible()? {
                self.place = Place::OnBackward;
                return Ok(true);
            }
        }
    }

    /// Passes all versions of the key, from old to new, and keeps the newest that is visible. `false`
    /// if the key is deleted or younger than the snapshot.
    fn copy_newest_visible(&mut self) -> Result<bool> {
        let mut newest = None;
        while let Some(source) = self.merge.here().filter(|source| source.key() == self.key) {
            let tag = source.tag();
            if tag.seq() <= self.snapshot {
                newest = Some(tag);
                self.value.clear();
                self.value.extend_from_slice(source.value());
            }
            self.merge.prev()?;
        }
        let visible = newest.filter(|tag| tag.kind() == Kind::Put && !self.is_covered(tag.seq()));
        self.seq = visible.map_or(Seq(0), |tag| tag.seq());
        Ok(visible.is_some())
    }

    /// Whether a range tombstone hides version `seq` of the key.
    fn is_covered(&self, seq: Seq) -> bool {
        self.tombstones.iter().any(|tombstones| {
            tombstones.newest_over(&self.key, self.snapshot).is_some_and(|tombstone| seq < tombstone)
        })
    }
}

impl std::fmt::Debug for Iter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Iter")
            .field("place", &self.place)
            .field("snapshot", &self.snapshot)
            .finish_non_exhaustive()
    }
}

fn is_below(lower: &Bound<Vec<u8>>, key: &[u8]) -> bool {
    match lower {
        Bound::Unbounded => false,
        Bound::Included(bound) => key < &bound[..],
        Bound::Excluded(bound) => key <= &bound[..],
    }
}

fn is_above(upper: &Bound<Vec<u8>>, key: &[u8]) -> bool {
    match upper {
        Bound::Unbounded => false,
        Bound::Included(bound) => key > &bound[..],
        Bound::Excluded(bound) => key >= &bound[..],
    }
}
