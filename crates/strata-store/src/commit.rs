//! How a private memtable becomes a commit, under one turn: take a seq, draft what is not drafted yet, append,
//! absorb, publish.
//!
//! Up to the append nothing has changed that anybody could see or a crash could keep: places are only
//! reserved, and an error gives them back. From the append on the commit exists; what is left is to apply
//! its record, exactly as recovery would, and that touches memory only (a large commit's tables apart, which
//! wait for room on the disk if they must). Should it fail all the same the store is poisoned, for memory and
//! journal no longer say the same.
//!
//! Of a large commit only the end is done here: its writes were [drafted](crate::draft) and went into the
//! journal in [`parts`](crate::parts) before it took its turn.

use crate::draft::{self, Draft};
use crate::engine::{Engine, Turn};
use crate::parts::Parts;
use crate::record::Changes;
use crate::{Commit, Result, Txn, redo};
use journal::Lsn;
use lsm::Seq;

/// Versions are asked for as if a commit had so many writes at most: more would push each other out again.
const PREFETCHING_MAX: u64 = 32;

/// Commits the writes of `txn`, of which `ahead` was drafted before.
pub(crate) fn commit(engine: &Engine, txn: &Txn, ahead: Option<Draft>) -> Result<Commit> {
    let turn = &mut *engine.turn.lock();
    let seq = turn.next_seq();
    turn.frees.begin_record();
    prefetch_frees(engine, turn, txn);
    let mut draft = take_up(engine, turn, txn, ahead)?;
    let appended = draft.complete(engine, turn, txn).and_then(|()| draft.append(engine, seq, txn.is_lazy()));
    let lsn = match appended {
        Ok(lsn) => lsn,
        Err(error) => {
            draft.give_up(engine, turn);
            turn.frees.put_back();
            return Err(error);
        }
    };
    let (parts, record) = draft.into_record(engine, turn);
    engine.or_poison(absorb(engine, turn, seq, lsn, parts, record))?;
    engine.snapshots.publish(seq, lsn, engine.journal.durable());
    engine.relieve_cache();
    Ok(Commit { seq, lsn })
}

/// What this commit will free ended some time ago, and is in no processor cache any more: the search for what it
/// supersedes is time enough to get it there.
fn prefetch_frees(engine: &Engine, turn: &Turn, txn: &Txn) {
    let writes = txn.private().len().min(PREFETCHING_MAX) as usize;
    for version in turn.frees.next(engine.snapshots.horizon(), draft::owed(writes)) {
        engine.heap.prefetch_slot(version.keyspace.space(), version.loc);
    }
}

/// The draft to go on with. What was drafted ahead of others who have written the same is drafted once more.
fn take_up(engine: &Engine, turn: &mut Turn, txn: &Txn, ahead: Option<Draft>) -> Result<Draft> {
    let Some(mut draft) = ahead else {
        engine.check_health()?;
        return Ok(Draft::begin(turn));
    };
    match engine.check_health().and_then(|()| draft.holds(turn, txn)) {
        Ok(true) => Ok(draft),
        Ok(false) => {
            draft.give_up(engine, turn);
            Ok(Draft::begin(turn))
        }
        Err(error) => {
            draft.give_up(engine, turn);
            Err(error)
        }
    }
}

/// Applies the commit to heap and tree.
fn absorb(
    engine: &Engine,
    turn: &mut Turn,
    seq: Seq,
    lsn: Lsn,
    parts: Option<Parts>,
    record: Vec<u8>,
) -> Result<()> {
    let last = Changes::new(&record);
    turn.underway.tell(last, parts.is_some());
    if let Some(mut parts) = parts {
        parts.each(|changes| {
            engine.insist(|| Ok(engine.heap.repay()?))?;
            redo::heap(engine, turn, seq, lsn, changes)
        })?;
        redo::heap(engine, turn, seq, lsn, last)?;
        engine.insist(|| parts.install(engine, seq, lsn, last))?;
    } else {
        redo::heap(engine, turn, seq, lsn, last)?;
        redo::tree(engine, seq, lsn, &mut { last })?;
    }
    redo::dropped(engine, turn, seq, lsn, last)?;
    turn.settle(seq, record);
    Ok(())
}
