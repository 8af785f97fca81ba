//! The iterator over what a snapshot sees: of each key the newest version at or below the snapshot,
//! unless that is a deletion or lies under a range tombstone.
//!
//! Forward, the merge meets the versions of a key from new to old: the first visible one is the answer
//! and the merge stays on it, so nothing but the key is copied. Backward it meets them from old to new:
//! the last visible one is the answer, so it is copied and the merge stands before the key's versions.

mod dead;
mod merge;
mod source;

pub(crate) use dead::DeadRun;
pub(crate) use merge::Merge;
pub(crate) use source::Source;

use crate::key::{Kind, Tag};
use crate::tombstone::Tombstones;
use crate::{Result, Seq};
use dead::Onward;
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
    dead: DeadRun,
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
        dead: DeadRun,
        snapshot: Seq,
        (lower, upper): (Bound<&[u8]>, Bound<&[u8]>),
    ) -> Self {
        Iter {
            merge: Merge::new(sources),
            tombstones,
            snapshot,
            lower: lower.map(<[u8]>::to_vec),
            upper: upper.map(<[u8]>::to_vec),
            place: Place::Fresh,
            dead,
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
            false => self.seek_behind(key)?,
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

    /// Behind the oldest version of `key`, if there is a place between it and the next key.
    fn seek_behind(&mut self, key: &[u8]) -> Result<()> {
        let mut successor = std::mem::take(&mut self.value);
        replace(&mut successor, key);
        successor.push(0);
        self.merge.seek_before(&successor, Seq(u64::MAX))?;
        self.value = successor;
        Ok(())
    }

    fn seek_lower(&mut self) -> Result<()> {
        match &self.lower {
            Bound::Unbounded => self.merge.first(),
            Bound::Included(key) => {
                let from = self.dead.begin(key, self.snapshot).map_or(key, |gap| &gap.end);
                let sought = self.merge.seek(from, Seq(u64::MAX));
                if sought.is_err() {
                    self.dead.end();
                }
                sought
            }
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
        // Whether `key` is one that has a version newer than the snapshot.
        let mut is_newer = false;
        loop {
            let Some((key, tag)) = self.merge.entry().filter(|(key, _)| !is_above(&self.upper, key)) else {
                self.dead.end();
                self.place = Place::AtEnd;
                return Ok(false);
            };
            if tag.seq() > self.snapshot {
                self.dead.end();
                is_newer = true;
                replace(&mut self.key, key);
                self.merge.next()?;
                continue;
            }
            is_newer = is_newer && self.key == key;
            replace(&mut self.key, key);
            let Some(since) = self.dead_since(tag) else {
                self.dead.end();
                self.seq = tag.seq();
                self.place = Place::OnForward;
                return Ok(true);
            };
            let onward = match is_newer {
                true => Onward::Walk,
                false => self.dead.pass(&self.lower, &self.key, since, self.snapshot),
            };
            match onward {
                Onward::Walk => {
                    self.merge.next()?;
                    self.skip_versions_of_key()?;
                }
                Onward::Again => self.merge.seek(&self.key, Seq(u64::MAX))?,
                Onward::Beyond(gap) => self.merge.seek(&gap.end, Seq(u64::MAX))?,
            }
        }
    }

    /// Stops at the last key with a visible version at or before the merge's place.
    fn settle_backward(&mut self) -> Result<bool> {
        loop {
            let Some((key, _)) = self.merge.entry().filter(|(key, _)| !is_below(&self.lower, key)) else {
                self.dead.end();
                self.place = Place::AtStart;
                return Ok(false);
            };
            replace(&mut self.key, key);
            let newest = self.copy_newest_visible()?;
            let Some(since) = newest.tag.map_or(Some(Seq(0)), |tag| self.dead_since(tag)) else {
                self.dead.end();
                self.seq = newest.tag.map_or(Seq(0), Tag::seq);
                self.place = Place::OnBackward;
                return Ok(true);
            };
            if newest.is_outdated {
                self.dead.end();
                continue;
            }
            match self.dead.pass(&self.lower, &self.key, since, self.snapshot) {
                Onward::Walk => {}
                Onward::Again => {
                    let key = std::mem::take(&mut self.key);
                    self.seek_behind(&key)?;
                    self.key = key;
                }
                Onward::Beyond(gap) => self.merge.seek_before(&gap.start, Seq(u64::MAX))?,
            }
        }
    }

    /// Passes all versions of the key, from old to new, and copies the newest that the snapshot may see.
    fn copy_newest_visible(&mut self) -> Result<Newest> {
        let mut newest = Newest::default();
        while let Some(source) = self.merge.here().filter(|source| source.key() == self.key) {
            let tag = source.tag();
            newest.is_outdated |= tag.seq() > self.snapshot;
            if tag.seq() <= self.snapshot {
                newest.tag = Some(tag);
                replace(&mut self.value, source.value());
            }
            self.merge.prev()?;
        }
        Ok(newest)
    }

    /// From which snapshot on the version of the key is not seen any more; `None` if the snapshot sees it.
    #[inline]
    fn dead_since(&self, tag: Tag) -> Option<Seq> {
        let over = self.tombstones.iter().filter_map(|set| set.newest_over(&self.key, self.snapshot)).max();
        let covered = over.filter(|over| tag.seq() < *over);
        covered.or((tag.kind() == Kind::Delete).then(|| tag.seq()))
    }
}

/// What a key has for a snapshot.
#[derive(Default)]
struct Newest {
    tag: Option<Tag>,
    /// There is a version that the snapshot is too old for.
    is_outdated: bool,
}

fn replace(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.clear();
    buffer.extend_from_slice(bytes);
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
