//! Bringing new entries into order, a group at a time.
//!
//! To find an entry's place costs a dozen cache misses, one after the other. A point lookup needs no order, so an
//! entry is first known to the hash index only and waits here; when enough of them wait their places are looked for
//! side by side, and the misses of one search overlap those of the others. Whoever wants order before that links
//! them himself.
//!
//! # Why the paths found are good for the whole group
//! They are found before any of the group is linked, and the group is linked in order. Let `b` be the entry of the group
//! that was linked last on a level, and `p` its path there. If the next one's path has the same `p`, then `b` lies
//! between them and takes its place. If not, that path is an old node behind `p`, which is the last old one before `b`:
//! so it lies behind `b` as well, and holds.

use super::{HEIGHT_MAX, Inserter, Node, SkipList, compare, node_key};
use crate::Seq;
use filesystem::prefetch;
use std::array;
use std::ptr;
use std::sync::atomic::Ordering::*;

/// So many entries are looked for side by side: about as many misses as a core has under way at once.
pub(super) const WAITING_MAX: usize = 16;

/// A path on each level: the last node before the place, or null for the head.
pub(super) type Path = [*mut Node; HEIGHT_MAX];

/// The way to a place, one comparison at a time.
pub(super) struct Search {
    pub(super) path: Path,
    /// Behind `node` on `level`, and behind the place once the search is over.
    pub(super) next: *mut Node,
    node: *mut Node,
    level: usize,
    /// A node that stopped us one level up stops us here as well: no second comparison.
    known_greater: *mut Node,
    is_over: bool,
}

impl Search {
    pub(super) fn begin(list: &SkipList) -> Search {
        let level = list.height.load(Acquire) - 1;
        let next = list.link_from(ptr::null_mut(), level).load(Acquire);
        Search {
            path: [ptr::null_mut(); HEIGHT_MAX],
            next,
            node: ptr::null_mut(),
            level,
            known_greater: ptr::null_mut(),
            is_over: false,
        }
    }

    /// Goes on as far as it needs no other node, and asks for that one. `false` when the search is over.
    #[inline]
    pub(super) fn step(&mut self, list: &SkipList, key: &[u8], seq: Seq) -> bool {
        loop {
            if self.is_before(key, seq) {
                self.node = self.next;
            } else {
                self.known_greater = self.next;
                self.path[self.level] = self.node;
                let Some(level) = self.level.checked_sub(1) else {
                    self.is_over = true;
                    return false;
                };
                self.level = level;
            }
            self.next = list.link_from(self.node, self.level).load(Acquire);
            if !self.next.is_null() && self.next != self.known_greater {
                prefetch(self.next);
                if self.level > 0 {
                    // If `next` is too far this is compared next.
                    prefetch(list.link_from(self.node, self.level - 1).load(Relaxed));
                }
                return true;
            }
        }
    }

    fn is_before(&self, key: &[u8], seq: Seq) -> bool {
        // SAFETY: reached by an Acquire load, so complete.
        !self.next.is_null()
            && self.next != self.known_greater
            && unsafe { compare((node_key(self.next), (*self.next).tag.seq()), (key, seq)).is_lt() }
    }
}

impl SkipList {
    /// Sees to it that every entry added so far can be reached in order.
    #[inline]
    pub(super) fn bring_into_order(&self) {
        if self.waiting.load(Acquire) > 0 {
            self.writer().link_waiting();
        }
    }
}

impl Inserter<'_> {
    /// Links every entry that waits.
    #[cold]
    pub(super) fn link_waiting(&mut self) {
        let mut waiting = std::mem::take(&mut self.writer.waiting);
        // SAFETY: nodes of this list, complete.
        let place = |node: *mut Node| unsafe { (node_key(node), (*node).tag.seq()) };
        // Of equals the newest comes first.
        waiting.reverse();
        waiting.sort_by(|a, b| compare(place(*a), place(*b)));
        let mut searches: [Search; WAITING_MAX] = array::from_fn(|_| Search::begin(self.list));
        let mut are_open = true;
        while are_open {
            are_open = false;
            for (search, node) in searches.iter_mut().zip(&waiting).filter(|(search, _)| !search.is_over) {
                let (key, seq) = place(*node);
                are_open |= search.step(self.list, key, seq);
            }
        }
        let (mut last, mut last_path): (Path, Path) =
            ([ptr::null_mut(); HEIGHT_MAX], [ptr::null_mut(); HEIGHT_MAX]);
        for (Search { path, .. }, &node) in searches.iter().zip(&waiting) {
            let comes_behind_last = |level: usize| !last[level].is_null() && last_path[level] == path[level];
            let now =
                array::from_fn(|level| if comes_behind_last(level) { last[level] } else { path[level] });
            let height = self.link(node, now);
            last[..height].fill(node);
            last_path[..height].copy_from_slice(&path[..height]);
        }
        waiting.clear();
        self.writer.waiting = waiting;
        self.list.waiting.store(0, Release);
    }
}

#[cfg(test)]
mod tests {
    use super::super::SkipList;
    use crate::{Op, Seq};
    use proptest::prelude::*;
    use std::cmp::Reverse;
    use std::collections::BTreeSet;
    use std::iter::successors;

    proptest! {
        /// Commits of some keys each, one under another; of an equal key and commit the later comes first.
        #[test]
        fn whoever_asks_for_order_finds_all_that_was_added(
            commits in prop::collection::vec((prop::collection::vec("[a-c]{0,3}", 0..40), 0u64..2), 1..12),
            sought in "[a-d]{0,4}",
        ) {
            let (list, mut model, mut seq) = (SkipList::new(4), BTreeSet::new(), 1);
            for (keys, step) in commits {
                seq += step;
                for key in keys {
                    let number = model.len() as u64;
                    list.writer().insert(key.as_bytes(), Seq(seq), Op::Put(&number.to_le_bytes()));
                    model.insert((key, Reverse(seq), Reverse(number)));
                }
                let entry = |node| {
                    let number = u64::from_le_bytes(list.value(node).try_into().unwrap());
                    let key = String::from_utf8(list.key(node).to_vec()).unwrap();
                    (key, Reverse(list.tag(node).seq().0), Reverse(number))
                };
                let place = (sought.clone(), Reverse(seq), Reverse(u64::MAX));
                let before = list.seek_before(sought.as_bytes(), Seq(seq)).map(entry);
                prop_assert_eq!(before.as_ref(), model.range(..place.clone()).next_back());
                let at = list.seek(sought.as_bytes(), Seq(seq)).map(entry);
                prop_assert_eq!(at.as_ref(), model.range(place..).next());
                let forwards: Vec<_> = successors(list.first(), |node| list.next(*node)).map(entry).collect();
                prop_assert!(forwards.iter().eq(&model));
                let backwards = successors(list.last(), |node| list.before(*node)).map(entry);
                prop_assert!(backwards.eq(model.iter().rev().cloned()));
            }
        }
    }
}
