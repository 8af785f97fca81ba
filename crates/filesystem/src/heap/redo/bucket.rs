//! Changes of some pages: in the order of their records as they come, in the order of pages as they are applied.

use super::super::{Placement, Run};
use crate::page::{Form, PageId};
use crate::spread::Spread;
use journal::Lsn;
use std::collections::HashMap;

/// Some pages' changes.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    entries: Vec<Entry>,
    /// What is to be written: of a large tuple its run, then the packed bytes.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) page: PageId,
    pub(super) slot: u16,
    pub(super) created: u64,
    pub(super) lsn: Lsn,
    pub(super) change: Change,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// Bytes `from..from + len` of the bucket.
    Write {
        form: Form,
        len: u32,
        from: usize,
    },
    End {
        ended: u64,
    },
    Free,
}

/// Bytes of a run in front of its tuple.
const RUN_LEN: usize = 8;

impl Bucket {
    #[inline]
    pub(super) fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Keeps a tuple until it is written.
    pub(super) fn keep(&mut self, placement: Placement, packed: &[u8]) -> Change {
        let Placement { overflow, compressed, .. } = placement;
        let from = self.bytes.len();
        if let Some(Run { first, count }) = overflow {
            self.bytes.extend_from_slice(&first.to_le_bytes());
            self.bytes.extend_from_slice(&count.to_le_bytes());
        }
        self.bytes.extend_from_slice(packed);
        let form = Form { overflow: overflow.is_some(), compressed };
        Change::Write { form, len: (self.bytes.len() - from) as u32, from }
    }

    /// The run and the packed bytes of a tuple that is to be written.
    pub(super) fn kept(&self, form: Form, from: usize, len: u32) -> (Option<Run>, &[u8]) {
        let bytes = self.bytes.get(from..from + len as usize).unwrap_or_default();
        if !form.overflow {
            return (None, bytes);
        }
        let (run, packed) = bytes.split_at_checked(RUN_LEN).unwrap_or_default();
        let number = |at| run.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |le| u32::from_le_bytes(*le));
        (Some(Run { first: number(0), count: number(4) }), packed)
    }

    /// The changes at some places.
    pub(super) fn at<'a>(
        &'a self,
        places: &'a [u32],
    ) -> impl DoubleEndedIterator<Item = &'a Entry> + Clone + 'a {
        places.iter().filter_map(|at| self.entries.get(*at as usize))
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.bytes.clear();
    }
}

/// Where a bucket's changes stand, page by page, those of a page in the order of their records. They are counted
/// and not compared: a bucket has few pages.
#[derive(Debug, Default)]
pub(super) struct ByPage {
    numbers: HashMap<PageId, u32, Spread>,
    /// Of each change the number of its page.
    page_of: Vec<u32>,
    /// Of each page where its changes end in `order`.
    ends: Vec<u32>,
    order: Vec<u32>,
}

impl ByPage {
    /// Sorts the changes of another bucket.
    pub(super) fn sort(&mut self, bucket: &Bucket) {
        self.numbers.clear();
        self.page_of.clear();
        self.ends.clear();
        for entry in &bucket.entries {
            let next = self.ends.len() as u32;
            let number = *self.numbers.entry(entry.page).or_insert(next);
            if number == next {
                self.ends.push(0);
            }
            self.ends[number as usize] += 1;
            self.page_of.push(number);
        }
        let mut start = 0;
        for end in &mut self.ends {
            let count = std::mem::replace(end, start);
            start += count;
        }
        self.order.resize(bucket.entries.len(), 0);
        for (number, at) in self.page_of.iter().zip(0..) {
            let end = &mut self.ends[*number as usize];
            self.order[*end as usize] = at;
            *end += 1;
        }
    }

    /// The places of each page's changes.
    pub(super) fn pages(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| &self.order[*start as usize..*end as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn each_page_has_its_changes_in_their_order(blocks in prop::collection::vec(0..9u32, 0..80)) {
            let (mut bucket, mut model) = (Bucket::default(), BTreeMap::<PageId, Vec<u64>>::new());
            for (created, block) in (1..).zip(blocks) {
                let page = PageId { space: block % 2, block: block / 2 };
                bucket.add(Entry { page, slot: 0, created, lsn: Lsn(created), change: Change::Free });
                model.entry(page).or_default().push(created);
            }
            let mut by_page = ByPage::default();
            by_page.sort(&Bucket::default());
            prop_assert_eq!(by_page.pages().count(), 0);
            by_page.sort(&bucket);
            let mut found = BTreeMap::<PageId, Vec<u64>>::new();
            for places in by_page.pages() {
                let page = bucket.at(places).next().unwrap().page;
                prop_assert!(bucket.at(places).all(|entry| entry.page == page));
                let created = bucket.at(places).map(|entry| entry.created).collect();
                prop_assert!(found.insert(page, created).is_none());
            }
            prop_assert_eq!(found, model);
        }
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let mut bucket = Bucket::default();
        let loc = crate::TupleLoc { block: 1, slot: 2 };
        let run = Run { first: 0x0102_0304, count: 5 };
        for (overflow, compressed, packed) in
            [(None, true, &b"small"[..]), (Some(run), false, b"large"), (None, false, b"")]
        {
            let change = bucket.keep(Placement { loc, overflow, compressed }, packed);
            let Change::Write { form, len, from } = change else { panic!("{change:?}") };
            assert_eq!(form, Form { overflow: overflow.is_some(), compressed });
            assert_eq!(bucket.kept(form, from, len), (overflow, packed));
        }
    }
}
