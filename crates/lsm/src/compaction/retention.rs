//! Which versions must stay: decided one by one while a flush or compaction passes them in order.
//!
//! ```text
//! versions of one key, new to old        oldest snapshot = 5
//!   #9   keep      a snapshot at or above 9 sees it
//!   #7   keep      a snapshot at 7 or 8 sees it
//!   #4   keep      the newest at or below 5: what the oldest snapshot sees
//!   #2   drop      nobody can see it any more
//! ```
//! The version that the oldest snapshot sees goes as well if it is a deletion with nothing beneath it
//! to hide, or lies under a range tombstone that the oldest snapshot sees.

use crate::Seq;
use crate::key::{Kind, Tag};
use crate::tombstone::Tombstones;
use std::sync::Arc;

pub(crate) struct Retention {
    oldest: Seq,
    tombstones: Vec<Arc<Tombstones>>,
    key: Option<Vec<u8>>,
    last_seq: Option<Seq>,
    /// The version that the oldest snapshot sees has passed.
    anchored: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    /// Nobody can see it.
    Drop,
    /// The same version once more: it goes, but what it refers to stays.
    Repeat,
}

impl Retention {
    pub(crate) fn new(oldest: Seq, tombstones: Vec<Arc<Tombstones>>) -> Self {
        Retention { oldest, tombstones, key: None, last_seq: None, anchored: false }
    }

    /// Up to which range tombstone everything covered is dropped.
    pub(crate) fn purged(&self) -> Seq {
        let all = self.tombstones.iter().flat_map(|tombstones| tombstones.iter());
        all.map(|tombstone| tombstone.seq).filter(|&seq| seq <= self.oldest).max().unwrap_or_default()
    }

    /// Judges the next version; `is_bottom` says whether nothing of the key lies deeper.
    pub(crate) fn judge(&mut self, key: &[u8], tag: Tag, is_bottom: impl FnOnce() -> bool) -> Verdict {
        if self.key.as_deref() != Some(key) {
            let buffer = self.key.get_or_insert_default();
            buffer.clear();
            buffer.extend_from_slice(key);
            (self.last_seq, self.anchored) = (None, false);
        }
        if self.last_seq.replace(tag.seq()) == Some(tag.seq()) {
            return Verdict::Repeat;
        }
        if tag.seq() > self.oldest {
            return Verdict::Keep;
        }
        if std::mem::replace(&mut self.anchored, true) || self.is_covered(key, tag.seq()) {
            return Verdict::Drop;
        }
        if tag.kind() == Kind::Delete && is_bottom() { Verdict::Drop } else { Verdict::Keep }
    }

    fn is_covered(&self, key: &[u8], seq: Seq) -> bool {
        self.tombstones.iter().any(|set| set.newest_over(key, self.oldest).is_some_and(|over| seq < over))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tombstone::RangeTombstone;
    use Verdict::{Drop, Keep, Repeat};

    fn judge(retention: &mut Retention, versions: &[(u64, Kind)], bottom: bool) -> Vec<Verdict> {
        versions
            .iter()
            .map(|&(seq, kind)| retention.judge(b"k", Tag::new(Seq(seq), kind), || bottom))
            .collect()
    }

    #[test]
    fn keeps_what_a_snapshot_can_see() {
        let mut retention = Retention::new(Seq(5), Vec::new());
        let versions = [(9, Kind::Put), (7, Kind::Delete), (7, Kind::Put), (4, Kind::Put), (2, Kind::Put)];
        assert_eq!(judge(&mut retention, &versions, true), [Keep, Keep, Repeat, Keep, Drop]);
    }

    #[test]
    fn a_deletion_goes_when_nothing_lies_deeper() {
        let versions = [(5, Kind::Delete), (2, Kind::Put)];
        assert_eq!(judge(&mut Retention::new(Seq(5), Vec::new()), &versions, true), [Drop, Drop]);
        assert_eq!(judge(&mut Retention::new(Seq(5), Vec::new()), &versions, false), [Keep, Drop]);
    }

    #[test]
    fn a_range_tombstone_that_all_see_drops_what_is_older() {
        let over = RangeTombstone { start: b"a".to_vec(), end: None, seq: Seq(4) };
        let tombstones = Arc::new(Tombstones::new(vec![over]));
        let versions = [(6, Kind::Put), (3, Kind::Put)];
        let mut seen = Retention::new(Seq(5), vec![tombstones.clone()]);
        assert_eq!(judge(&mut seen, &versions, false), [Keep, Drop]);
        assert_eq!(seen.purged(), Seq(4));
        assert_eq!(judge(&mut Retention::new(Seq(3), vec![tombstones]), &versions, false), [Keep, Keep]);
    }
}
