//! A range of a keyspace in key order: the private memtable merged over the tree.
//!
//! Between two calls a scan holds a snapshot and keys, never a pin, so it may be parked as long as its
//! portal lives. Own writes are looked up anew at each step: the statement that scans may write while it
//! does, and must neither see that (I-8) nor be disturbed by it.

use super::dependencies::WatchedScan;
use super::overflow::RunCursor;
use super::private::Own;
use super::{Txn, View};
use crate::keyspace::{KeyBuf, is_empty_range, key_of, stored_range};
use crate::snapshots::Snapshot;
use crate::tuple::Tuple;
use crate::{KeyspaceId, Result};
use std::cmp::Ordering;
use std::ops::Bound;

/// A running scan.
pub struct Scan {
    keyspace: KeyspaceId,
    view: View,
    reverse: bool,
    /// What the tree has; `None` when it has no more.
    tree: Option<lsm::Iter>,
    /// Where own writes are yet to be looked for.
    lower: Bound<KeyBuf>,
    upper: Bound<KeyBuf>,
    runs: RunCursor,
    /// The next own write, once it was looked for; `Some(None)` if there is none.
    ahead: Option<Option<KeyBuf>>,
    /// How often the transaction had gone back when it was looked for.
    rollbacks: u64,
    key: KeyBuf,
    watched: Option<WatchedScan>,
    _snapshot: Snapshot,
}

/// A key and its value, good until the scan goes on.
pub struct Entry<'a> {
    /// The key, without its keyspace.
    pub key: &'a [u8],
    /// The value.
    pub value: Tuple,
}

/// Where the next entry comes from.
enum Source<'t> {
    Tree,
    Own(Own<'t>),
}

impl Scan {
    pub(super) fn open(
        txn: &Txn,
        view: View,
        keyspace: KeyspaceId,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        reverse: bool,
    ) -> Result<Self> {
        let (lower, upper) = stored_range(keyspace, lower, upper);
        let is_watched = view.is_watched && !txn.has_created(keyspace);
        let watched = is_watched.then(|| WatchedScan::new(keyspace, (&lower, &upper), reverse));
        let mut tree = None;
        if !is_empty_range(&lower, &upper) {
            let mut iter = txn.store.engine().lsm.iter(as_slice(&lower), as_slice(&upper), view.snapshot)?;
            tree = advance(&mut iter, reverse)?.then_some(iter);
        }
        Ok(Scan {
            keyspace,
            view,
            reverse,
            tree,
            lower,
            upper,
            runs: RunCursor::default(),
            ahead: None,
            rollbacks: txn.private.rollbacks(),
            key: KeyBuf::new(),
            watched,
            _snapshot: txn.hold(view),
        })
    }

    /// The next entry; `None` at the end. `txn` is the transaction that opened the scan.
    pub fn next(&mut self, txn: &Txn) -> Result<Option<Entry<'_>>> {
        self.next_except(txn, |_| false)
    }

    /// The next entry but those whose keys `is_passed` names: their values are not read.
    pub fn next_except(&mut self, txn: &Txn, is_passed: impl Fn(&[u8]) -> bool) -> Result<Option<Entry<'_>>> {
        loop {
            let source = self.next_source(txn)?;
            if let Some(watched) = &mut self.watched {
                watched.passes(txn, source.is_some().then_some(&self.key))?;
            }
            if matches!(source, Some(Source::Tree)) && is_passed(key_of(&self.key)) {
                self.advance_tree()?;
                continue;
            }
            let value = match source {
                None => return Ok(None),
                Some(Source::Own(own)) => txn.own_value(own)?,
                Some(Source::Tree) => Some(self.take_from_tree(txn)?),
            };
            if let Some(value) = value {
                return Ok(Some(Entry { key: key_of(&self.key), value }));
            }
        }
    }

    /// The next key, without its value: an index-only scan, or a count.
    pub fn next_key(&mut self, txn: &Txn) -> Result<Option<&[u8]>> {
        loop {
            let source = self.next_source(txn)?;
            if let Some(watched) = &mut self.watched {
                watched.passes(txn, source.is_some().then_some(&self.key))?;
            }
            match source {
                None => return Ok(None),
                Some(Source::Own(Own::Delete)) => {}
                Some(Source::Own(_)) => return Ok(Some(key_of(&self.key))),
                Some(Source::Tree) => {
                    self.advance_tree()?;
                    return Ok(Some(key_of(&self.key)));
                }
            }
        }
    }

    /// Decides which source is next, and makes its key the current one. An own write is passed, with the
    /// entry of the tree that it hides; the tree is left standing on an entry of its own.
    fn next_source<'t>(&mut self, txn: &'t Txn) -> Result<Option<Source<'t>>> {
        self.look_ahead(txn)?;
        let Some(Some(own)) = &self.ahead else {
            return Ok(self.stand_on_tree());
        };
        let tree_first = match &self.tree {
            None => false,
            Some(tree) => match tree.key().cmp(own) {
                Ordering::Equal => {
                    self.advance_tree()?;
                    false
                }
                order => (order == Ordering::Less) != self.reverse,
            },
        };
        if tree_first {
            return Ok(self.stand_on_tree());
        }
        let Some(key) = self.ahead.take().flatten() else { return Ok(None) };
        let passed = if self.reverse { &mut self.upper } else { &mut self.lower };
        *passed = Bound::Excluded(key.clone());
        let own = txn.private.get(&key, self.view.command)?;
        self.key = key;
        Ok(Some(Source::Own(own.unwrap_or(Own::Delete))))
    }

    /// Finds the next own write that the view sees, unless it is known. It stays the next one whatever is
    /// written meanwhile, and what a statement has written ahead of its own scan is passed only once.
    fn look_ahead(&mut self, txn: &Txn) -> Result<()> {
        if self.rollbacks != txn.private.rollbacks() {
            self.rollbacks = txn.private.rollbacks();
            self.ahead = None;
        }
        if self.ahead.is_none() {
            let mut next = None;
            if txn.private.has_rows() && !is_empty_range(&self.lower, &self.upper) {
                let range = (as_slice(&self.lower), as_slice(&self.upper));
                let found = txn.private.first_in(range, self.reverse, self.view.command, &mut self.runs)?;
                next = found.map(|(key, _)| key);
            }
            self.ahead = Some(next);
        }
        Ok(())
    }

    fn stand_on_tree(&mut self) -> Option<Source<'static>> {
        let tree = self.tree.as_ref()?;
        self.key.clear();
        self.key.extend_from_slice(tree.key());
        Some(Source::Tree)
    }

    fn take_from_tree(&mut self, txn: &Txn) -> Result<Tuple> {
        let Some(tree) = &self.tree else { unreachable!("the tree was chosen, but has no more") };
        let value = txn.store.engine().tuple_of(self.keyspace, &self.key, tree.seq(), tree.value())?;
        self.advance_tree()?;
        Ok(value)
    }

    fn advance_tree(&mut self) -> Result<()> {
        if let Some(tree) = &mut self.tree
            && !advance(tree, self.reverse)?
        {
            self.tree = None;
        }
        Ok(())
    }
}

fn advance(iter: &mut lsm::Iter, reverse: bool) -> Result<bool> {
    Ok(if reverse { iter.prev()? } else { iter.next()? })
}

fn as_slice(bound: &Bound<KeyBuf>) -> Bound<&[u8]> {
    bound.as_ref().map(|key| key.as_slice())
}
