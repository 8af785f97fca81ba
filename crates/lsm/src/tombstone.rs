//! Range tombstones: one entry that deletes every older version in a range of keys (`DROP`,
//! `TRUNCATE`).
//!
//! A tombstone of sequence number `t` hides the versions *below* `t` in `[start, end)`; what the same
//! commit writes into the range stays. Beside each memtable and in each version of the tree lies one
//! [`Tombstones`]: the overlapping ranges are cut into disjoint fragments, so that a lookup is one
//! binary search however many there are.

use crate::Seq;

/// Deletes the versions below `seq` of every key in `start..end`; no `end` means up to the last key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RangeTombstone {
    pub(crate) start: Vec<u8>,
    pub(crate) end: Option<Vec<u8>>,
    pub(crate) seq: Seq,
}

impl RangeTombstone {
    /// Whether a key between `smallest` and `largest` (inclusive) may be covered.
    pub(crate) fn overlaps(&self, smallest: &[u8], largest: &[u8]) -> bool {
        *self.start <= *largest && self.end.as_ref().is_none_or(|end| smallest < &end[..])
    }

    fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }
}

/// A set of range tombstones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tombstones {
    /// In order.
    all: Vec<RangeTombstone>,
    /// By start. Ranges of different keyspaces lie side by side, so that a fragment has few tombstones.
    fragments: Vec<Fragment>,
}

/// From `start` to the next fragment's start, these tombstones cover everything.
#[derive(Clone, Debug)]
struct Fragment {
    start: Vec<u8>,
    /// Descending.
    seqs: Vec<Seq>,
}

impl Tombstones {
    pub(crate) fn new(all: impl IntoIterator<Item = RangeTombstone>) -> Self {
        let mut tombstones = Tombstones::default();
        all.into_iter().for_each(|tombstone| tombstones.add(tombstone));
        tombstones
    }

    /// Adds one more. Only the fragments that it covers are looked at.
    pub(crate) fn add(&mut self, tombstone: RangeTombstone) {
        if tombstone.is_empty() {
            return;
        }
        let Err(place) = self.all.binary_search(&tombstone) else { return };
        let from = self.cut(&tombstone.start);
        let to = tombstone.end.as_ref().map_or(self.fragments.len(), |end| self.cut(end));
        for fragment in self.fragments.get_mut(from..to).unwrap_or_default() {
            fragment.add(tombstone.seq);
        }
        self.all.insert(place, tombstone);
    }

    /// The fragment that starts at `key`, cut off the one before if there is none.
    fn cut(&mut self, key: &[u8]) -> usize {
        let at = self.fragments.partition_point(|fragment| *fragment.start < *key);
        if self.fragments.get(at).is_none_or(|fragment| *fragment.start != *key) {
            let before = at.checked_sub(1).and_then(|before| self.fragments.get(before));
            let seqs = before.map(|fragment| fragment.seqs.clone()).unwrap_or_default();
            self.fragments.insert(at, Fragment { start: key.to_vec(), seqs });
        }
        at
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RangeTombstone> {
        self.all.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The newest tombstone over `key` that `snapshot` sees; versions below it are gone.
    #[inline]
    pub(crate) fn newest_over(&self, key: &[u8], snapshot: Seq) -> Option<Seq> {
        if self.fragments.is_empty() {
            return None;
        }
        let after = self.fragments.partition_point(|fragment| *fragment.start <= *key);
        let fragment = self.fragments.get(after.checked_sub(1)?)?;
        fragment.seqs.iter().copied().find(|&seq| seq <= snapshot)
    }
}

impl Fragment {
    fn add(&mut self, seq: Seq) {
        let at = self.seqs.partition_point(|&newer| newer > seq);
        self.seqs.insert(at, seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range() -> impl Strategy<Value = RangeTombstone> {
        (0u8..20, proptest::option::of(0u8..20), 1u64..10).prop_map(|(start, end, seq)| RangeTombstone {
            start: vec![start],
            end: end.map(|end| vec![end]),
            seq: Seq(seq),
        })
    }

    proptest! {
        #[test]
        fn fragments_answer_as_the_ranges_do(
            ranges in proptest::collection::vec(range(), 0..12), key in 0u8..22, snapshot in 0u64..12,
        ) {
            let expected = ranges.iter()
                .filter(|range| range.overlaps(&[key], &[key]) && range.seq <= Seq(snapshot))
                .map(|range| range.seq)
                .max();
            prop_assert_eq!(Tombstones::new(ranges).newest_over(&[key], Seq(snapshot)), expected);
        }
    }
}
