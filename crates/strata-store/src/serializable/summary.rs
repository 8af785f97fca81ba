//! Committed transactions of which only the keyspaces are remembered that they touched.

use crate::KeyspaceId;
use lsm::Seq;
use std::collections::HashMap;

/// What is known of the summarized transactions that touched one keyspace.
#[derive(Clone, Copy, Debug, Default)]
struct Summary {
    /// The last commit of those that read it.
    read: Option<Seq>,
    writers: Option<Writers>,
}

/// The summarized transactions that wrote to one keyspace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writers {
    /// The last commit of theirs.
    pub(super) last: Seq,
    /// The first commit that one of them must precede.
    pub(super) earliest_after: Option<Seq>,
}

/// By keyspace.
#[derive(Default)]
pub(super) struct Summaries {
    by_keyspace: HashMap<KeyspaceId, Summary>,
}

impl Summaries {
    /// A transaction that read `keyspace` committed as `seq`.
    pub(super) fn add_reader(&mut self, keyspace: KeyspaceId, seq: Seq) {
        let summary = self.by_keyspace.entry(keyspace).or_default();
        summary.read = summary.read.max(Some(seq));
    }

    /// A transaction that wrote to `keyspace` committed as `seq`, and must precede the commit `after`.
    pub(super) fn add_writer(&mut self, keyspace: KeyspaceId, seq: Seq, after: Option<Seq>) {
        let summary = self.by_keyspace.entry(keyspace).or_default();
        let known = summary.writers.unwrap_or(Writers { last: seq, earliest_after: None });
        let earliest_after = match (known.earliest_after, after) {
            (Some(known), Some(after)) => Some(known.min(after)),
            (known, after) => known.or(after),
        };
        summary.writers = Some(Writers { last: known.last.max(seq), earliest_after });
    }

    /// The last summarized commit after `snapshot` that read `keyspace`.
    pub(super) fn read_after(&self, keyspace: KeyspaceId, snapshot: Seq) -> Option<Seq> {
        self.by_keyspace.get(&keyspace)?.read.filter(|last| *last > snapshot)
    }

    /// The summarized writers of `keyspace`, if one of them committed after `snapshot`.
    pub(super) fn written_after(&self, keyspace: KeyspaceId, snapshot: Seq) -> Option<Writers> {
        self.by_keyspace.get(&keyspace)?.writers.filter(|writers| writers.last > snapshot)
    }

    /// Whether a writer that `snapshot` does not see must precede a commit that it does see.
    pub(super) fn is_unsafe_at(&self, snapshot: Seq) -> bool {
        let mut writers = self.by_keyspace.values().filter_map(|summary| summary.writers);
        writers.any(|all| all.last > snapshot && all.earliest_after.is_some_and(|third| third <= snapshot))
    }

    /// Nobody is left who does not see the commit `horizon`.
    pub(super) fn clean(&mut self, horizon: Seq) {
        if self.by_keyspace.is_empty() {
            return;
        }
        self.by_keyspace.retain(|_, summary| {
            summary.read = summary.read.filter(|last| *last > horizon);
            summary.writers = summary.writers.filter(|writers| writers.last > horizon);
            summary.read.is_some() || summary.writers.is_some()
        });
    }
}
