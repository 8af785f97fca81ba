//! Which commits are durable, and which snapshots somebody still reads.
//!
//! Plain reads see the last *durable* commit (I-2): what they show, no crash can take back. The journal
//! tells how far it is durable as an LSN; a queue of `(lsn, seq)` of the commits on their way to disk
//! translates that. The *horizon* is the oldest snapshot that anybody has or can still get: a version that
//! ended at or before it is seen by nobody, and may be dropped.

use journal::Lsn;
use lsm::Seq;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The registry that a store and its snapshots share.
pub(crate) struct Snapshots {
    state: Mutex<State>,
    /// Copies of what the state holds, for readers that take no latch.
    durable: AtomicU64,
    last: AtomicU64,
    last_lsn: AtomicU64,
}

struct State {
    /// Commits whose records are on their way to disk.
    on_their_way: VecDeque<(Lsn, Seq)>,
    durable: Seq,
    /// Snapshots in use with the number of their users, oldest first. Few, and new ones are the newest.
    in_use: Vec<(Seq, usize)>,
}

impl Snapshots {
    /// All commits up to `last` are durable, and the journal ends at `lsn`.
    pub(crate) fn new(last: Seq, lsn: Lsn) -> Self {
        Snapshots {
            state: Mutex::new(State { on_their_way: VecDeque::new(), durable: last, in_use: Vec::new() }),
            durable: AtomicU64::new(last.0),
            last: AtomicU64::new(last.0),
            last_lsn: AtomicU64::new(lsn.0),
        }
    }

    /// Recovery has ended: all commits up to `last` are durable, and the journal ends at `lsn`.
    pub(crate) fn restore(&self, last: Seq, lsn: Lsn) {
        self.publish(last, lsn, lsn);
    }

    /// The newest commit, durable or not, and the end of its record.
    pub(crate) fn last(&self) -> (Seq, Lsn) {
        let seq = Seq(self.last.load(Ordering::Acquire));
        // Read second, so that the position covers the commit; it may cover a later one as well.
        (seq, Lsn(self.last_lsn.load(Ordering::Acquire)))
    }

    /// The newest durable commit.
    pub(crate) fn durable(&self) -> Seq {
        Seq(self.durable.load(Ordering::Acquire))
    }

    /// A commit has been applied: from here on readers may see it.
    pub(crate) fn publish(&self, seq: Seq, lsn: Lsn, durable: Lsn) {
        self.last_lsn.store(lsn.0, Ordering::Release);
        self.last.store(seq.0, Ordering::Release);
        let mut state = self.state.lock();
        state.on_their_way.push_back((lsn, seq));
        self.advance(&mut state, durable);
    }

    /// The journal is durable up to `durable`.
    pub(crate) fn durable_up_to(&self, durable: Lsn) {
        self.advance(&mut self.state.lock(), durable);
    }

    fn advance(&self, state: &mut State, durable: Lsn) {
        while let Some((_, seq)) = state.on_their_way.pop_front_if(|(lsn, _)| *lsn <= durable) {
            state.durable = seq;
        }
        self.durable.store(state.durable.0, Ordering::Release);
    }

    /// No snapshot in use or to come is older than this.
    pub(crate) fn horizon(&self) -> Seq {
        let state = self.state.lock();
        state.in_use.first().map_or(state.durable, |(oldest, _)| state.durable.min(*oldest))
    }

    /// The newest durable snapshot, or `at_least` if that is newer.
    pub(crate) fn take(self: &Arc<Self>, at_least: Seq) -> Snapshot {
        let mut state = self.state.lock();
        let seq = state.durable.max(at_least);
        state.enter(seq);
        drop(state);
        Snapshot { seq, registry: self.clone() }
    }

    /// The snapshot `seq`, which another in use keeps alive so far.
    pub(crate) fn take_again(self: &Arc<Self>, seq: Seq) -> Snapshot {
        let mut state = self.state.lock();
        let oldest = state.in_use.first().map(|(oldest, _)| *oldest);
        assert!(oldest.is_some_and(|oldest| oldest <= seq), "snapshot {} is not in use", seq.0);
        state.enter(seq);
        drop(state);
        Snapshot { seq, registry: self.clone() }
    }

    /// The snapshot `seq`, which `older` keeps alive so far.
    pub(crate) fn take_exactly(self: &Arc<Self>, seq: Seq, older: &Snapshot) -> Snapshot {
        assert!(older.seq <= seq, "snapshot {} is older than the oldest in use, {}", seq.0, older.seq.0);
        self.state.lock().enter(seq);
        Snapshot { seq, registry: self.clone() }
    }
}

impl State {
    fn enter(&mut self, seq: Seq) {
        let at = self.in_use.partition_point(|(other, _)| *other < seq);
        match self.in_use.get_mut(at) {
            Some((other, users)) if *other == seq => *users += 1,
            _ => self.in_use.insert(at, (seq, 1)),
        }
    }

    fn leave(&mut self, seq: Seq) {
        let at = self.in_use.partition_point(|(other, _)| *other < seq);
        match self.in_use.get_mut(at) {
            Some((other, users)) if *other == seq && *users > 1 => *users -= 1,
            Some((other, _)) if *other == seq => {
                self.in_use.remove(at);
            }
            _ => unreachable!("snapshot {} is left, but nobody had it", seq.0),
        }
    }
}

/// A snapshot in use: while it lives, every version that it sees is kept.
pub struct Snapshot {
    seq: Seq,
    registry: Arc<Snapshots>,
}

impl Snapshot {
    /// The newest commit that it sees.
    pub fn seq(&self) -> Seq {
        self.seq
    }
}

impl Clone for Snapshot {
    fn clone(&self) -> Self {
        self.registry.state.lock().enter(self.seq);
        Snapshot { seq: self.seq, registry: self.registry.clone() }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.registry.state.lock().leave(self.seq);
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Snapshot({})", self.seq.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_durable_when_the_end_of_its_record_is() {
        let snapshots = Snapshots::new(Seq(4), Lsn(100));
        snapshots.publish(Seq(5), Lsn(150), Lsn(100));
        snapshots.publish(Seq(6), Lsn(190), Lsn(100));
        assert_eq!((snapshots.last(), snapshots.durable()), ((Seq(6), Lsn(190)), Seq(4)));
        snapshots.durable_up_to(Lsn(189));
        assert_eq!(snapshots.durable(), Seq(5));
        snapshots.publish(Seq(7), Lsn(200), Lsn(200));
        assert_eq!(snapshots.durable(), Seq(7), "the journal was faster than the publisher");
    }

    #[test]
    fn the_horizon_is_the_oldest_snapshot_in_use() {
        let snapshots = Arc::new(Snapshots::new(Seq(4), Lsn(0)));
        let old = snapshots.take(Seq(0));
        let ahead = snapshots.take(Seq(9));
        snapshots.publish(Seq(5), Lsn(10), Lsn(10));
        assert_eq!((old.seq(), ahead.seq(), snapshots.horizon()), (Seq(4), Seq(9), Seq(4)));
        let copy = old.clone();
        drop(old);
        assert_eq!(snapshots.horizon(), Seq(4));
        drop(copy);
        assert_eq!(snapshots.horizon(), Seq(5), "never beyond what a new snapshot can get");
    }
}
