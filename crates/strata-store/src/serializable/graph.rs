//! Who must come before whom: the transactions and the rw-conflicts between them.
//!
//! An edge *R → W* says that R has read what W wrote without seeing it, so R comes first in any serial order.
//! A history that is not serializable has a *pivot*, T2 in *T1 → T2 → T3*, where T1 and T2 overlap, T2 and
//! T3 overlap, and T3 is the first of the three to commit (Fekete et al., "Making Snapshot Isolation
//! Serializable", TODS 2005; Cahill et al., "Serializable Isolation for Snapshot Databases", SIGMOD 2008).
//! Should T1 only read, T3 must even have committed before T1 took its snapshot (Ports and Grittner,
//! "Serializable Snapshot Isolation in PostgreSQL", VLDB 2012). No edge is let in that would complete such a
//! structure: the transaction at hand is refused, or the pivot is *doomed* and learns it at its next step.

use super::Reason;
use crate::TxnId;
use lsm::Seq;
use std::collections::{BTreeSet, HashMap};

/// A transaction of the graph.
#[derive(Debug)]
pub(super) struct Node {
    /// What it sees.
    pub(super) snapshot: Seq,
    /// Its place in the order of commits, from the moment in which it cannot be refused any more.
    pub(super) decided: Option<Seq>,
    /// It has committed, and not only been prepared.
    pub(super) committed: bool,
    /// It has promised to write nothing, or has ended without.
    pub(super) read_only: bool,
    pub(super) has_written: bool,
    /// It will be refused.
    pub(super) doomed: bool,
    /// Who comes before it, and after it.
    before: BTreeSet<TxnId>,
    after: BTreeSet<TxnId>,
    /// The first commit and the last among those before and after it that are not in the graph any more.
    earliest_after: Option<Seq>,
    latest_before: Option<Seq>,
    /// Writers that ran already when this reader began: until they end it may prove unsafe.
    pub(super) watched: BTreeSet<TxnId>,
    pub(super) is_unsafe: bool,
}

impl Node {
    /// A transaction that begins.
    pub(super) fn new(snapshot: Seq, read_only: bool) -> Node {
        Node {
            snapshot,
            decided: None,
            committed: false,
            read_only,
            has_written: false,
            doomed: false,
            before: BTreeSet::new(),
            after: BTreeSet::new(),
            earliest_after: None,
            latest_before: None,
            watched: BTreeSet::new(),
            is_unsafe: false,
        }
    }

    /// Whether it has ended, well, before `other` took its snapshot.
    fn precedes(&self, other: &Node) -> bool {
        self.committed && self.decided.is_some_and(|decided| decided <= other.snapshot)
    }
}

/// The transactions that run, and those that have committed while one of them ran.
#[derive(Default)]
pub(super) struct Graph {
    nodes: HashMap<TxnId, Node>,
}

impl Graph {
    pub(super) fn insert(&mut self, txn: TxnId, node: Node) {
        self.nodes.insert(txn, node);
    }

    pub(super) fn get(&self, txn: TxnId) -> Option<&Node> {
        self.nodes.get(&txn)
    }

    pub(super) fn get_mut(&mut self, txn: TxnId) -> Option<&mut Node> {
        self.nodes.get_mut(&txn)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (TxnId, &mut Node)> {
        self.nodes.iter_mut().map(|(txn, node)| (*txn, node))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (TxnId, &Node)> {
        self.nodes.iter().map(|(txn, node)| (*txn, node))
    }

    /// `reader` has not seen what `writer` writes; one of them is `me`.
    ///
    /// # Errors
    /// Why `me` cannot go on.
    pub(super) fn add_edge(&mut self, me: TxnId, reader: TxnId, writer: TxnId) -> Result<(), Reason> {
        let (Some(first), Some(second)) = (self.nodes.get(&reader), self.nodes.get(&writer)) else {
            return Ok(());
        };
        let is_old = reader == writer || first.precedes(second) || second.precedes(first);
        if is_old || first.after.contains(&writer) || first.doomed || second.doomed && me != writer {
            return Ok(());
        }
        if first.read_only && self.runs_before(first, second, writer) {
            return Ok(());
        }
        if self.makes_pivot_of_writer(first, second) || self.makes_pivot_of_reader(first, second) {
            if me == writer {
                return Err(Reason::PivotInWrite);
            }
            if second.decided.is_some() {
                return Err(Reason::BeforePivotInRead { pivot: writer });
            }
            if let Some(writer) = self.nodes.get_mut(&writer) {
                writer.doomed = true;
            }
        }
        if let Some(first) = self.nodes.get_mut(&reader) {
            first.after.insert(writer);
        }
        if let Some(second) = self.nodes.get_mut(&writer) {
            second.before.insert(reader);
        }
        Ok(())
    }

    /// A reader comes first without harm if the writer has committed and nobody whom it must precede had
    /// committed before the reader took its snapshot.
    fn runs_before(&self, reader: &Node, writer: &Node, txn: TxnId) -> bool {
        writer.committed && self.first_after(txn).is_none_or(|first| first > reader.snapshot)
    }

    /// *reader → writer → T3* with T3 first to commit.
    fn makes_pivot_of_writer(&self, reader: &Node, writer: &Node) -> bool {
        let known = writer.after.iter().filter_map(|txn| self.nodes.get(txn)?.decided);
        let Some(third) = known.chain(writer.earliest_after).min() else { return false };
        let by = |limit: Option<Seq>| limit.is_none_or(|limit| third <= limit);
        by(reader.committed.then_some(reader.decided).flatten())
            && by(writer.committed.then_some(writer.decided).flatten())
            && by(reader.read_only.then_some(reader.snapshot))
    }

    /// *T1 → reader → writer* with the writer first to commit.
    fn makes_pivot_of_reader(&self, reader: &Node, writer: &Node) -> bool {
        let Some(third) = writer.decided else { return false };
        if reader.read_only {
            return false;
        }
        let endangers = |first: &Node| {
            let ends_later = !first.committed || first.decided.is_none_or(|decided| decided >= third);
            !first.doomed && ends_later && (!first.read_only || first.snapshot >= third)
        };
        reader.latest_before.is_some_and(|before| before >= third)
            || reader.before.iter().filter_map(|txn| self.nodes.get(txn)).any(endangers)
    }

    /// `me` is about to commit: the last moment at which a structure of which it is T3 can be broken up, by
    /// dooming the pivot.
    ///
    /// # Errors
    /// Why it cannot commit.
    pub(super) fn check_commit(&mut self, me: TxnId) -> Result<(), Reason> {
        let Some(node) = self.nodes.get(&me) else { return Ok(()) };
        if node.doomed {
            return Err(Reason::PivotInCommit);
        }
        let mut pivots = Vec::new();
        for pivot in &node.before {
            let Some(near) = self.nodes.get(pivot).filter(|near| !near.committed && !near.doomed) else {
                continue;
            };
            let endangers = |far: &TxnId| {
                *far == me
                    || self.nodes.get(far).is_some_and(|far| !far.committed && !far.read_only && !far.doomed)
            };
            if near.before.iter().any(endangers) {
                if near.decided.is_some() {
                    return Err(Reason::PreparedPivot);
                }
                pivots.push(*pivot);
            }
        }
        for pivot in pivots {
            if let Some(pivot) = self.nodes.get_mut(&pivot) {
                pivot.doomed = true;
            }
        }
        Ok(())
    }

    /// The first commit among those that `txn` must precede.
    pub(super) fn first_after(&self, txn: TxnId) -> Option<Seq> {
        let node = self.nodes.get(&txn)?;
        let known = node.after.iter().filter_map(|txn| self.nodes.get(txn)?.decided);
        known.chain(node.earliest_after).min()
    }

    /// Takes a transaction out whose conflicts do not matter any more: it was rolled back, or nobody who
    /// overlaps it is left.
    pub(super) fn remove(&mut self, txn: TxnId) -> Option<Node> {
        let node = self.nodes.remove(&txn)?;
        for other in &node.before {
            if let Some(other) = self.nodes.get_mut(other) {
                other.after.remove(&txn);
            }
        }
        for other in &node.after {
            if let Some(other) = self.nodes.get_mut(other) {
                other.before.remove(&txn);
            }
        }
        Some(node)
    }

    /// Takes a committed transaction out whose conflicts still matter: those whom it had one with remember
    /// its commit.
    pub(super) fn summarize(&mut self, txn: TxnId) -> Option<Node> {
        let node = self.remove(txn)?;
        let commit = node.decided?;
        for other in &node.before {
            self.note_after(*other, commit);
        }
        for other in &node.after {
            self.note_before(*other, commit);
        }
        Some(node)
    }

    /// `txn` must precede a commit that is not in the graph.
    pub(super) fn note_after(&mut self, txn: TxnId, commit: Seq) {
        if let Some(node) = self.nodes.get_mut(&txn) {
            node.earliest_after = Some(node.earliest_after.map_or(commit, |known| known.min(commit)));
        }
    }

    /// A commit that is not in the graph must precede `txn`.
    pub(super) fn note_before(&mut self, txn: TxnId, commit: Seq) {
        if let Some(node) = self.nodes.get_mut(&txn) {
            node.latest_before = Some(node.latest_before.map_or(commit, |known| known.max(commit)));
        }
    }

    /// Whether `txn`, which has overlapped a summarized commit that must come after it, is in danger: as
    /// the reader before that pivot, or as the pivot itself.
    pub(super) fn is_pivot_before(&self, txn: TxnId, commit: Seq) -> bool {
        let Some(node) = self.nodes.get(&txn) else { return false };
        let endangers = |first: &Node| !first.committed || first.decided.is_none_or(|at| at >= commit);
        !node.read_only
            && (node.latest_before.is_some_and(|before| before >= commit)
                || node.before.iter().filter_map(|txn| self.nodes.get(txn)).any(endangers))
    }
}
