//! What transactions have touched: single keys and ranges of keys, and by whom. One such index holds what was
//! read, another what was written; a conflict is where the two meet.

use crate::KeyspaceId;
use crate::TxnId;
use crate::keyspace::{KeyBuf, end_of, is_empty_range, keyspace_of, prefix};
use smallvec::SmallVec;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

/// A range of stored keys, all of one keyspace.
pub(crate) type KeyRange = (Bound<KeyBuf>, Bound<KeyBuf>);

/// What an entry costs beside its key, roughly: the nodes of two maps.
const ENTRY_LEN: usize = 96;
/// Keys of one keyspace that a transaction may name one by one: beyond, it has touched all of it.
const KEYS_MAX: usize = 1024;
/// Ranges of one keyspace that a transaction may name one by one.
const RANGES_MAX: usize = 64;

/// What all transactions have touched.
#[derive(Default)]
pub(super) struct Footprints {
    keys: BTreeMap<Arc<[u8]>, SmallVec<[TxnId; 2]>>,
    ranges: HashMap<KeyspaceId, Vec<(TxnId, KeyRange)>>,
    owned: HashMap<TxnId, HashMap<KeyspaceId, Owned>>,
}

/// What one transaction has touched of one keyspace.
#[derive(Default)]
struct Owned {
    keys: Vec<Arc<[u8]>>,
    ranges: usize,
    everything: bool,
}

impl Footprints {
    /// `txn` touches a key. Returns the bytes that this takes: 0 if it was known.
    pub(super) fn add_key(&mut self, txn: TxnId, stored: &[u8]) -> usize {
        let keyspace = keyspace_of(stored);
        let owned = self.owned.entry(txn).or_default().entry(keyspace).or_default();
        if owned.everything {
            return 0;
        }
        if owned.keys.len() >= KEYS_MAX {
            self.add_everything(txn, keyspace);
            return 0;
        }
        if let Some(owners) = self.keys.get_mut(stored) {
            if owners.contains(&txn) {
                return 0;
            }
            owners.push(txn);
            // Found above under this very key.
            if let Some((key, _)) = self.keys.get_key_value(stored) {
                owned.keys.push(key.clone());
            }
            return ENTRY_LEN;
        }
        let key: Arc<[u8]> = Arc::from(stored);
        owned.keys.push(key.clone());
        self.keys.insert(key, SmallVec::from_elem(txn, 1));
        ENTRY_LEN + stored.len()
    }

    /// `txn` touches a range. Where it touches the range's beginning (or, coming from behind, its end)
    /// already, that range grows. Returns the bytes that this takes.
    pub(super) fn add_range(&mut self, txn: TxnId, keyspace: KeyspaceId, range: &KeyRange) -> usize {
        let owned = self.owned.entry(txn).or_default().entry(keyspace).or_default();
        if owned.everything || is_empty_range(&range.0, &range.1) {
            return 0;
        }
        let ranges = self.ranges.entry(keyspace).or_default();
        let mine = ranges.iter_mut().rev().filter(|(other, _)| *other == txn);
        for (_, known) in mine.take(RANGES_MAX) {
            if known.0 == range.0 && !ends_after(&known.1, &range.1) {
                known.1 = range.1.clone();
                return 0;
            }
            if known.1 == range.1 && !starts_before(&known.0, &range.0) {
                known.0 = range.0.clone();
                return 0;
            }
        }
        if owned.ranges >= RANGES_MAX {
            self.add_everything(txn, keyspace);
            return 0;
        }
        owned.ranges += 1;
        ranges.push((txn, range.clone()));
        ENTRY_LEN
    }

    /// `txn` touches a whole keyspace. What was known of it in particular goes.
    pub(super) fn add_everything(&mut self, txn: TxnId, keyspace: KeyspaceId) {
        let owned = self.owned.entry(txn).or_default().entry(keyspace).or_default();
        if std::mem::replace(&mut owned.everything, true) {
            return;
        }
        let keys = std::mem::take(&mut owned.keys);
        owned.ranges = 0;
        self.forget_keys(txn, &keys);
        let ranges = self.ranges.entry(keyspace).or_default();
        ranges.retain(|(other, _)| *other != txn);
        ranges.push((txn, whole(keyspace)));
    }

    /// Who has touched a key.
    pub(super) fn at_key(&self, stored: &[u8], into: &mut SmallVec<[TxnId; 8]>) {
        into.extend(self.keys.get(stored).into_iter().flatten().copied());
        let ranges = self.ranges.get(&keyspace_of(stored)).into_iter().flatten();
        into.extend(ranges.filter(|(_, range)| contains(range, stored)).map(|(txn, _)| *txn));
    }

    /// Who has touched something in a range.
    pub(super) fn in_range(&self, keyspace: KeyspaceId, range: &KeyRange, into: &mut SmallVec<[TxnId; 8]>) {
        if is_empty_range(&range.0, &range.1) {
            return;
        }
        let bounds = (range.0.as_ref().map(|key| key.as_slice()), range.1.as_ref().map(|key| key.as_slice()));
        into.extend(self.keys.range::<[u8], _>(bounds).flat_map(|(_, owners)| owners.iter().copied()));
        let ranges = self.ranges.get(&keyspace).into_iter().flatten();
        into.extend(ranges.filter(|(_, other)| meet(range, other)).map(|(txn, _)| *txn));
    }

    /// Forgets what `txn` has touched.
    pub(super) fn forget(&mut self, txn: TxnId) {
        for (keyspace, owned) in self.owned.remove(&txn).unwrap_or_default() {
            self.forget_keys(txn, &owned.keys);
            if (owned.ranges > 0 || owned.everything)
                && let Some(ranges) = self.ranges.get_mut(&keyspace)
            {
                ranges.retain(|(other, _)| *other != txn);
                if ranges.is_empty() {
                    self.ranges.remove(&keyspace);
                }
            }
        }
    }

    /// The keyspaces that `txn` has touched.
    pub(super) fn keyspaces_of(&self, txn: TxnId) -> Vec<KeyspaceId> {
        self.owned.get(&txn).into_iter().flat_map(|owned| owned.keys().copied()).collect()
    }

    /// What `txn` has touched, keys as ranges of one.
    pub(super) fn of(&self, txn: TxnId) -> Vec<(KeyspaceId, KeyRange)> {
        let mut all = Vec::new();
        for (keyspace, owned) in self.owned.get(&txn).into_iter().flatten() {
            all.extend(owned.keys.iter().map(|key| {
                let bound = Bound::Included(KeyBuf::from_slice(key));
                (*keyspace, (bound.clone(), bound))
            }));
            let ranges = self.ranges.get(keyspace).into_iter().flatten().filter(|(other, _)| *other == txn);
            all.extend(ranges.map(|(_, range)| (*keyspace, range.clone())));
        }
        all
    }

    fn forget_keys(&mut self, txn: TxnId, keys: &[Arc<[u8]>]) {
        for key in keys {
            if let Some(owners) = self.keys.get_mut(&**key) {
                owners.retain(|owner| *owner != txn);
                if owners.is_empty() {
                    self.keys.remove(&**key);
                }
            }
        }
    }

    /// Entries of all transactions.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.keys.len() + self.ranges.values().map(Vec::len).sum::<usize>()
    }
}

/// All keys of a keyspace.
pub(super) fn whole(keyspace: KeyspaceId) -> KeyRange {
    (Bound::Included(KeyBuf::from_slice(&prefix(keyspace))), end_of(keyspace))
}

fn contains(range: &KeyRange, key: &[u8]) -> bool {
    let after_start = match &range.0 {
        Bound::Included(start) => start.as_slice() <= key,
        Bound::Excluded(start) => start.as_slice() < key,
        Bound::Unbounded => true,
    };
    let before_end = match &range.1 {
        Bound::Included(end) => key <= end.as_slice(),
        Bound::Excluded(end) => key < end.as_slice(),
        Bound::Unbounded => true,
    };
    after_start && before_end
}

/// Whether two ranges have a key in common, or might.
fn meet(a: &KeyRange, b: &KeyRange) -> bool {
    !is_empty_range(&a.0, &b.1) && !is_empty_range(&b.0, &a.1)
}

/// Whether an upper bound lies behind another.
fn ends_after(a: &Bound<KeyBuf>, b: &Bound<KeyBuf>) -> bool {
    match (a, b) {
        (Bound::Unbounded, b) => *b != Bound::Unbounded,
        (_, Bound::Unbounded) => false,
        (Bound::Included(a), Bound::Excluded(b)) => a >= b,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a > b,
    }
}

/// Whether a lower bound lies before another.
fn starts_before(a: &Bound<KeyBuf>, b: &Bound<KeyBuf>) -> bool {
    match (a, b) {
        (Bound::Unbounded, b) => *b != Bound::Unbounded,
        (_, Bound::Unbounded) => false,
        (Bound::Included(a), Bound::Excluded(b)) => a <= b,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a < b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::stored_key;

    const K: KeyspaceId = KeyspaceId::table(7);

    fn range(from: &str, to: &str) -> KeyRange {
        let key = |text: &str| stored_key(K, text.as_bytes());
        (Bound::Included(key(from)), Bound::Excluded(key(to)))
    }

    fn at(footprints: &Footprints, key: &str) -> Vec<u64> {
        let mut found = SmallVec::new();
        footprints.at_key(&stored_key(K, key.as_bytes()), &mut found);
        found.iter().map(|txn| txn.0).collect()
    }

    #[test]
    fn a_key_is_touched_by_itself_and_by_the_ranges_around_it() {
        let mut footprints = Footprints::default();
        footprints.add_key(TxnId(1), &stored_key(K, b"m"));
        footprints.add_range(TxnId(2), K, &range("a", "n"));
        footprints.add_range(TxnId(3), K, &range("n", "z"));
        footprints.add_everything(TxnId(4), K);
        assert_eq!(at(&footprints, "m"), [1, 2, 4]);
        assert_eq!(at(&footprints, "n"), [3, 4]);
        let mut met = SmallVec::new();
        footprints.in_range(K, &range("k", "o"), &mut met);
        assert_eq!(met.iter().map(|txn| txn.0).collect::<Vec<_>>(), [1, 2, 3, 4]);
        (1..=4).for_each(|txn| footprints.forget(TxnId(txn)));
        assert_eq!(footprints.len(), 0);
    }

    #[test]
    fn a_range_grows_with_the_scan_that_reads_it() {
        let mut footprints = Footprints::default();
        for end in ["b", "c", "d"] {
            footprints.add_range(TxnId(1), K, &range("a", end));
        }
        assert_eq!((footprints.len(), at(&footprints, "cc")), (1, vec![1]));
        assert!(at(&footprints, "d").is_empty());
    }

    #[test]
    fn who_touches_too_much_has_touched_everything() {
        let mut footprints = Footprints::default();
        for n in 0..=KEYS_MAX {
            footprints.add_key(TxnId(1), &stored_key(K, format!("{n:05}").as_bytes()));
        }
        assert_eq!((footprints.len(), at(&footprints, "zzz")), (1, vec![1]));
    }
}
