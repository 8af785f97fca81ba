//! Stretches of keys in which nothing is left to see, found by who walked them in vain.
//!
//! A deletion hides a key, and both stay until compaction drops them. A queue that is emptied from the front, or the
//! least key after a mass delete, would pass all of them again at every look. So an iterator that has passed many
//! dead keys in a row writes down the stretch as a *gap*, and who comes next seeks behind it.
//!
//! ```text
//! keys       a†  b†  c†  d†  e†  f  g        gap [a, e·) since #7: the newest of these deletions is #7
//! snapshot 6 ─────▶ walks                    it may see what #7 deleted
//! snapshot 9 ───────────────────▶ f          lands behind the gap
//! put c#10                                   leaves the gaps [a, c) and [c·, e·)
//! ```
//!
//! # Why a gap is true
//! 1. When it was walked, no version in it was newer than the walker's snapshot, and the newest of each key was a
//!    deletion at or below `since`. So no snapshot at or above `since` sees anything in it.
//! 2. It stays true until something is put into it. [`Gaps::put`] cuts the key out before the commit that puts it
//!    can be in anybody's snapshot.
//! 3. What is put while somebody walks is caught by [`Moment`]: a gap is written down only if nothing was written
//!    since the walk began, and if the walker's picture of the tree is the one into which is written.
//!
//! Gaps are a memory of work done, nothing more: all may be forgotten at any time.

use crate::Seq;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// More are not kept: then all are forgotten, and those that matter are walked once more.
const GAPS_MAX: usize = 512;
/// Gaps between longer keys are not kept.
const KEY_LEN_MAX: usize = 512;

/// A stretch of keys without anything to see for snapshots at or above `since`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) start: Vec<u8>,
    /// The first key that is not in it.
    pub(crate) end: Vec<u8>,
    pub(crate) since: Seq,
}

/// By start: end and since.
type Known = BTreeMap<Vec<u8>, (Vec<u8>, Seq)>;

/// The gaps of a tree.
#[derive(Default)]
pub(crate) struct Gaps {
    /// They are disjoint.
    known: Mutex<Known>,
    /// Spares those who find none the latch.
    any: AtomicBool,
    /// Odd while somebody writes; another number after each write.
    writes: AtomicU64,
    /// How often the place was changed into which is written.
    picture: AtomicU64,
}

/// A point in the order of writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(u64);

/// The picture of the tree that an iterator walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Picture(u64);

/// Somebody writes, until this is dropped. There is one at a time.
pub(crate) struct Writing<'a>(&'a Gaps);

impl Gaps {
    /// To be asked for before the state of the tree is.
    pub(crate) fn picture(&self) -> Picture {
        Picture(self.picture.load(Ordering::SeqCst))
    }

    /// To be asked for before a walk.
    pub(crate) fn moment(&self) -> Moment {
        Moment(self.writes.load(Ordering::SeqCst))
    }

    /// Iterators that were begun before do not see what is written from here on.
    pub(crate) fn turn_over(&self) {
        self.picture.fetch_add(1, Ordering::SeqCst);
    }

    /// Announces a write.
    pub(crate) fn writing(&self) -> Writing<'_> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        Writing(self)
    }

    /// The gap in which `key` lies, if `snapshot` sees nothing in it.
    pub(crate) fn over(&self, key: &[u8], snapshot: Seq) -> Option<Gap> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let known = self.known.lock();
        let (start, (end, since)) = over(&known, key)?;
        (*since <= snapshot).then(|| Gap { start: start.clone(), end: end.clone(), since: *since })
    }

    /// Writes down what a walk has found that began at `from` and walked `picture`; joins what it overlaps.
    pub(crate) fn add(&self, mut gap: Gap, from: Moment, picture: Picture) {
        if gap.start.len().max(gap.end.len()) > KEY_LEN_MAX || from.0 % 2 == 1 {
            return;
        }
        let mut known = self.known.lock();
        // Before the look at the writes: a writer announces itself, and then looks whether there is any gap.
        self.any.store(true, Ordering::SeqCst);
        if self.moment() == from && self.picture() == picture {
            while let Some(start) = touching(&known, &gap) {
                if let Some((end, since)) = known.remove(&start) {
                    gap.join(Gap { start, end, since });
                }
            }
            if known.len() >= GAPS_MAX {
                known.clear();
            }
            known.insert(gap.start, (gap.end, gap.since));
        }
        self.any.store(!known.is_empty(), Ordering::SeqCst);
    }

    fn cut(&self, key: &[u8]) {
        let mut known = self.known.lock();
        let Some(start) = over(&known, key).map(|(start, _)| start.clone()) else { return };
        let Some((end, since)) = known.remove(&start) else { return };
        if start.as_slice() < key {
            known.insert(start, (key.to_vec(), since));
        }
        let behind = behind(key);
        if behind < end {
            known.insert(behind, (end, since));
        }
        self.any.store(!known.is_empty(), Ordering::SeqCst);
    }
}

impl Writing<'_> {
    /// `key` has a value from now on. Before or after it is stored, but before anybody may see it.
    #[inline]
    pub(crate) fn put(&self, key: &[u8]) {
        if self.0.any.load(Ordering::SeqCst) {
            self.0.cut(key);
        }
    }

    /// Any key in `smallest..=largest` may have a value from now on.
    pub(crate) fn put_all(&self, smallest: &[u8], largest: &[u8]) {
        let mut known = self.0.known.lock();
        known.retain(|start, (end, _)| start.as_slice() > largest || end.as_slice() <= smallest);
        self.0.any.store(!known.is_empty(), Ordering::SeqCst);
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.writes.fetch_add(1, Ordering::SeqCst);
    }
}

impl Gap {
    /// A single key.
    pub(crate) fn of(key: &[u8], since: Seq) -> Self {
        Gap { start: key.to_vec(), end: behind(key), since }
    }

    /// Makes it reach to `key` as well.
    pub(crate) fn take_in(&mut self, key: &[u8], since: Seq) {
        if key < self.start.as_slice() {
            self.start.clear();
            self.start.extend_from_slice(key);
        } else if key >= self.end.as_slice() {
            self.end.clear();
            self.end.extend_from_slice(key);
            self.end.push(0);
        }
        self.since = self.since.max(since);
    }

    /// Makes it reach over `other`, which it touches.
    pub(crate) fn join(&mut self, other: Gap) {
        self.start = std::mem::take(&mut self.start).min(other.start);
        self.end = std::mem::take(&mut self.end).max(other.end);
        self.since = self.since.max(other.since);
    }
}

/// The first key behind `key`.
fn behind(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

/// A gap as it is kept: its start; end and since.
type Kept<'a> = (&'a Vec<u8>, &'a (Vec<u8>, Seq));

/// The gap that `key` lies in.
fn over<'a>(known: &'a Known, key: &[u8]) -> Option<Kept<'a>> {
    let range = (Bound::Unbounded, Bound::Included(key));
    known.range::<[u8], _>(range).next_back().filter(|(_, (end, _))| key < end.as_slice())
}

/// The start of a gap that overlaps `gap` or ends where it begins.
fn touching(known: &Known, gap: &Gap) -> Option<Vec<u8>> {
    let range = (Bound::Unbounded, Bound::Included(gap.end.as_slice()));
    let (start, (end, _)) = known.range::<[u8], _>(range).next_back()?;
    (*end >= gap.start).then(|| start.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(start: &str, end: &str, since: u64) -> Gap {
        Gap { start: start.into(), end: end.into(), since: Seq(since) }
    }

    fn add(gaps: &Gaps, gap: Gap) {
        gaps.add(gap, gaps.moment(), gaps.picture());
    }

    fn over(gaps: &Gaps, key: &str, snapshot: u64) -> Option<Gap> {
        gaps.over(key.as_bytes(), Seq(snapshot))
    }

    #[test]
    fn a_snapshot_that_may_see_what_was_deleted_has_no_gap() {
        let gaps = Gaps::default();
        add(&gaps, gap("b", "f", 7));
        assert_eq!(over(&gaps, "b", 7), Some(gap("b", "f", 7)));
        assert_eq!([over(&gaps, "b", 6), over(&gaps, "a", 9), over(&gaps, "f", 9)], [None, None, None]);
    }

    #[test]
    fn gaps_that_touch_become_one() {
        let gaps = Gaps::default();
        for (start, end, since) in [("a", "c", 1), ("g", "k", 2), ("p", "r", 9), ("b", "h", 5)] {
            add(&gaps, gap(start, end, since));
        }
        assert_eq!(over(&gaps, "d", 5), Some(gap("a", "k", 5)));
        assert_eq!(over(&gaps, "q", 9), Some(gap("p", "r", 9)));
    }

    #[test]
    fn a_put_cuts_its_key_out() {
        let gaps = Gaps::default();
        add(&gaps, gap("a", "e", 7));
        gaps.writing().put(b"c");
        assert_eq!(over(&gaps, "b", 9), Some(gap("a", "c", 7)));
        assert_eq!(over(&gaps, "c", 9), None);
        assert_eq!(over(&gaps, "d", 9), Some(gap("c\0", "e", 7)));
        gaps.writing().put(b"a");
        assert_eq!(over(&gaps, "a", 9), None);
        gaps.writing().put_all(b"d", b"x");
        assert_eq!((over(&gaps, "d", 9), over(&gaps, "b", 9)), (None, Some(gap("a\0", "c", 7))));
    }

    #[test]
    fn what_was_written_to_meanwhile_is_no_gap() {
        let gaps = Gaps::default();
        let (before, picture) = (gaps.moment(), gaps.picture());
        let writing = gaps.writing();
        let during = gaps.moment();
        drop(writing);
        gaps.add(gap("a", "e", 7), before, picture);
        gaps.add(gap("a", "e", 7), during, picture);
        let after = gaps.moment();
        gaps.turn_over();
        gaps.add(gap("a", "e", 7), after, picture);
        assert_eq!(over(&gaps, "b", 9), None);
        gaps.add(gap("a", "e", 7), after, gaps.picture());
        assert!(over(&gaps, "b", 9).is_some());
    }

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let gaps = Gaps::default();
        for n in 0..4 * GAPS_MAX {
            add(&gaps, gap(&format!("{n:04}a"), &format!("{n:04}b"), 1));
        }
        assert!(gaps.known.lock().len() <= GAPS_MAX);
        add(&gaps, gap("a", &"x".repeat(KEY_LEN_MAX + 1), 1));
        assert_eq!(over(&gaps, "b", 9), None);
    }
}
