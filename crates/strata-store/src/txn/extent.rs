//! A table in the order in which it lies on disk, with the transaction's own writes laid over it.
//!
//! Visible is what was created at or before the snapshot and not ended by then. A key that the
//! transaction has written itself is skipped where it lies; at the end of the heap follow the rows that
//! it has put.

use super::overflow::RunCursor;
use super::private::Own;
use super::{Txn, View};
use crate::keyspace::{KeyBuf, key_of, prefix, stored_key, stored_range};
use crate::snapshots::Snapshot;
use crate::{Error, KeyspaceId, Result, tuple};
use std::ops::{Bound, ControlFlow};

/// Blocks that one call reads: 256 KiB.
const CHUNK_BLOCKS: u32 = 32;
/// Own rows that one call hands out.
const CHUNK_OWN: usize = 1024;

/// A running scan by extent. Between calls it holds a snapshot and a position, no pin.
pub struct ExtentScan {
    keyspace: KeyspaceId,
    view: View,
    next_block: u32,
    /// Blocks added later hold only what the snapshot does not see.
    end_block: u32,
    next_own: Bound<KeyBuf>,
    runs: RunCursor,
    _snapshot: Snapshot,
}

impl ExtentScan {
    pub(super) fn open(txn: &Txn, view: View, keyspace: KeyspaceId) -> Result<Self> {
        if view.is_watched && !txn.has_created(keyspace) {
            txn.reads_everything(keyspace)?;
        }
        let engine = txn.store.engine();
        let is_dropped = engine.is_dropped(keyspace, view.snapshot);
        Ok(ExtentScan {
            keyspace,
            view,
            next_block: 0,
            end_block: if is_dropped { 0 } else { engine.heap.block_count(keyspace.space()) },
            next_own: Bound::Included(KeyBuf::from_slice(&prefix(keyspace))),
            runs: RunCursor::default(),
            _snapshot: txn.hold(view),
        })
    }

    /// Hands the visible rows of the next chunk to `visit`, as key and value; `false` when that was the
    /// last. `visit` must not read the store: it looks at a page in place.
    pub fn next(&mut self, txn: &Txn, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<bool> {
        if self.next_block < self.end_block {
            self.next_from_heap(txn, visit)?;
            return Ok(self.next_block < self.end_block || txn.private.has_rows());
        }
        self.next_own(txn, visit)
    }

    fn next_from_heap(&mut self, txn: &Txn, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let View { snapshot, command, .. } = self.view;
        let (keyspace, private) = (self.keyspace, txn.private());
        let blocks = CHUNK_BLOCKS.min(self.end_block - self.next_block);
        let (mut malformed, mut unread) = (None, None);
        let next = txn.store.engine().heap.scan(
            keyspace.space(),
            self.next_block,
            blocks,
            &mut |loc, created, ended, bytes| {
                if created > snapshot.0 || ended.is_some_and(|ended| ended <= snapshot.0) {
                    return ControlFlow::Continue(());
                }
                let Some((key, value)) = tuple::split(bytes) else {
                    malformed = Some((loc, created));
                    return ControlFlow::Break(());
                };
                let own = match private.has_rows() {
                    true => private.get(&stored_key(keyspace, key), command),
                    false => Ok(None),
                };
                match own {
                    Ok(None) => visit(key, value),
                    Ok(Some(_)) => {}
                    Err(error) => {
                        unread = Some(error);
                        return ControlFlow::Break(());
                    }
                }
                ControlFlow::Continue(())
            },
        )?;
        if let Some(error) = unread {
            return Err(error);
        }
        if let Some((loc, created)) = malformed {
            let what = format!("the tuple at {loc} is no key and value");
            return Err(Error::Disagree { keyspace, seq: lsm::Seq(created), what });
        }
        self.next_block = next;
        Ok(())
    }

    fn next_own(&mut self, txn: &Txn, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<bool> {
        let (_, upper) = stored_range(self.keyspace, Bound::Unbounded, Bound::Unbounded);
        let upper = upper.as_ref().map(|key| key.as_slice());
        let mut value = Vec::new();
        for _ in 0..CHUNK_OWN {
            let lower = self.next_own.as_ref().map(|key| key.as_slice());
            let range = (lower, upper);
            let own = txn.private.first_in(range, false, self.view.command, &mut self.runs)?;
            let Some((key, own)) = own else { return Ok(false) };
            if own != Own::Delete {
                value.clear();
                txn.private.read_value(&own, &mut value)?;
                visit(key_of(&key), &value);
            }
            self.next_own = Bound::Excluded(key);
        }
        Ok(true)
    }
}
