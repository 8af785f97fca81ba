//! What a record does to heap and tree. A commit and its replay go through the same lines; the heap leaves
//! alone what a page has already, and the caller leaves out of the tree what its tables have already.

use crate::engine::{Engine, Turn};
use crate::keyspace::{end_of, keyspace_of, prefix};
use crate::record::{Change, Changes, Malformed, Version};
use crate::{Error, KeyspaceId, Result};
use journal::Lsn;
use lsm::Seq;

/// Applies changes to the heap. `lsn` is the end of the record that closes the commit.
pub(crate) fn heap(engine: &Engine, turn: &mut Turn, seq: Seq, lsn: Lsn, changes: Changes<'_>) -> Result<()> {
    for change in changes {
        match change.map_err(|Malformed| malformed(lsn))? {
            Change::PutTuple { key, packed, placement, .. } => {
                engine.heap.write(keyspace_of(key).space(), placement, seq.0, packed, lsn)?;
            }
            Change::End(version) => {
                let Version { keyspace, loc, created } = version;
                engine.heap.end(keyspace.space(), loc, created.0, seq.0, lsn)?;
                turn.frees.add(version, seq);
            }
            Change::Free(version) => free(engine, turn, version, lsn)?,
            Change::Discard(keyspace) => discard(engine, turn, keyspace, lsn)?,
            Change::PutInline { .. } | Change::Delete { .. } | Change::Drop(_) => {}
        }
    }
    Ok(())
}

/// Takes a dropped keyspace out of the heap.
pub(crate) fn discard(engine: &Engine, turn: &mut Turn, keyspace: KeyspaceId, lsn: Lsn) -> Result<()> {
    engine.heap.drop_space(keyspace.space(), lsn)?;
    turn.dropped.retain(|(dropped, _)| *dropped != keyspace);
    Ok(())
}

/// Frees a version, unless what lies there is another one by now (I-6): a free may come twice, from the
/// queue and from a compaction that met the same version.
fn free(engine: &Engine, turn: &mut Turn, version: Version, lsn: Lsn) -> Result<()> {
    let Version { keyspace, loc, created } = version;
    turn.frees.note_freed(version);
    match engine.heap.free(keyspace.space(), loc, created.0, lsn) {
        Ok(()) => turn.freed += 1,
        Err(filesystem::Error::Disagree { .. } | filesystem::Error::NoSuchSpace { .. }) => turn.refused += 1,
        Err(other) => return Err(other.into()),
    }
    Ok(())
}

/// Applies a whole commit to the tree.
pub(crate) fn tree<'a>(
    engine: &Engine,
    seq: Seq,
    lsn: Lsn,
    changes: &mut dyn Iterator<Item = Result<Change<'a>, Malformed>>,
) -> Result<()> {
    Ok(engine.lsm.apply(seq, lsn, &mut changes.flatten().filter_map(Change::tree_op))?)
}

/// Hides dropped keyspaces from snapshots at or behind `seq`, and remembers to discard their heap. They
/// stand in the last record of a commit.
pub(crate) fn dropped(
    engine: &Engine,
    turn: &mut Turn,
    seq: Seq,
    lsn: Lsn,
    changes: Changes<'_>,
) -> Result<()> {
    for change in changes.flatten() {
        if let Change::Drop(keyspace) = change {
            hide(engine, keyspace, seq, lsn)?;
            if !keyspace.is_index() {
                turn.dropped.push((keyspace, seq));
                engine.schedule.note_drop();
            }
        }
    }
    Ok(())
}

fn hide(engine: &Engine, keyspace: KeyspaceId, seq: Seq, lsn: Lsn) -> Result<()> {
    let end = end_of(keyspace);
    Ok(engine.lsm.delete_range(seq, lsn, &prefix(keyspace), end.as_ref().map(|key| key.as_slice()))?)
}

pub(crate) fn malformed(lsn: Lsn) -> Error {
    Error::Corrupt {
        file: "journal".to_owned(),
        offset: lsn.0,
        what: "a record that is no record of this store".to_owned(),
    }
}
