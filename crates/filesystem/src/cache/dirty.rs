//! Which pages differ from the disk, since when, and in which order to write them.

use crate::page::PageId;
use journal::Lsn;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// The dirty pages and those being written, each with the LSN of the first change that the disk lacks.
#[derive(Default)]
pub(super) struct DirtySet {
    waiting: BTreeMap<PageId, Lsn>,
    writing: BTreeMap<PageId, Lsn>,
    by_lsn: BTreeSet<(Lsn, PageId)>,
    /// Where the sweep in block order goes on.
    cursor: Option<PageId>,
}

impl DirtySet {
    pub(super) fn insert(&mut self, id: PageId, lsn: Lsn) {
        self.waiting.insert(id, lsn);
        self.by_lsn.insert((lsn, id));
    }

    pub(super) fn begin_write(&mut self, id: PageId) {
        if let Some(lsn) = self.waiting.remove(&id) {
            self.writing.insert(id, lsn);
        }
    }

    pub(super) fn written(&mut self, id: PageId) {
        if let Some(lsn) = self.writing.remove(&id)
            && self.waiting.get(&id) != Some(&lsn)
        {
            self.by_lsn.remove(&(lsn, id));
        }
    }

    pub(super) fn not_written(&mut self, id: PageId) {
        if let Some(lsn) = self.writing.remove(&id) {
            // The page may have changed again meanwhile; the first of both changes is what the disk lacks.
            if let Some(later) = self.waiting.insert(id, lsn)
                && later != lsn
            {
                self.by_lsn.remove(&(later, id));
            }
        }
    }

    pub(super) fn next(&mut self, max: usize) -> Vec<PageId> {
        let from = self.cursor.map_or(Bound::Unbounded, Bound::Excluded);
        let mut pages: Vec<PageId> =
            self.waiting.range((from, Bound::Unbounded)).take(max).map(|(id, _)| *id).collect();
        if pages.len() < max {
            // The sweep wraps; what lies behind the cursor was already taken above.
            let upto = self.cursor.map_or(Bound::Excluded(PageId { space: 0, block: 0 }), Bound::Included);
            let missing = max - pages.len();
            pages.extend(self.waiting.range((Bound::Unbounded, upto)).take(missing).map(|(id, _)| *id));
        }
        self.cursor = pages.last().copied().or(self.cursor);
        pages.sort_unstable();
        pages
    }

    pub(super) fn all(&self) -> Vec<PageId> {
        self.waiting.keys().copied().collect()
    }

    pub(super) fn count(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn oldest(&self) -> Option<Lsn> {
        self.by_lsn.first().map(|(lsn, _)| *lsn)
    }

    pub(super) fn discard_space(&mut self, space: u32) {
        self.waiting.retain(|id, _| id.space != space);
        self.writing.retain(|id, _| id.space != space);
        self.by_lsn.retain(|(_, id)| id.space != space);
    }
}
