//! A transaction's own writes: the topmost source of every read it does, and all there is of them
//! before commit.
//!
//! ```text
//! stored key ──► [ (command 1, put) (command 3, delete) … ]      oldest first, newest last
//!                        │
//!                        ▼
//!               value log: [ spilled to scratch │ in memory ]
//! ```
//! A statement that runs as command *c* sees, of each key, the newest write of a command before *c*:
//! never its own (I-8). A savepoint is a mark in the undo log, which exists only while a savepoint
//! does. Dropping the whole is the rollback.

use super::values::{ValueLog, ValueRef};
use crate::keyspace::{KeyBuf, keyspace_of};
use crate::{KeyspaceId, Result};
use std::collections::BTreeMap;
use std::ops::Bound;

/// What a write does to its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Put(ValueRef),
    Delete,
}

#[derive(Clone, Copy, Debug)]
struct Version {
    command: u32,
    write: Write,
}

/// The writes of one key. Nearly every key is written once, so the newest needs no allocation.
#[derive(Debug)]
struct Versions {
    newest: Version,
    earlier: Vec<Version>,
}

impl Versions {
    fn seen_by(&self, command: u32) -> Option<Write> {
        let in_time = |version: &&Version| version.command < command;
        let seen = Some(&self.newest).filter(in_time).or_else(|| self.earlier.iter().rev().find(in_time));
        seen.map(|version| version.write)
    }
}

/// A point to go back to. Marks nest: going back to one forgets those set after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    undo_len: usize,
    dropped_len: usize,
    depth: usize,
}

/// The private memtable.
pub(crate) struct Private {
    entries: BTreeMap<KeyBuf, Versions>,
    /// Bytes that keys and their map take, roughly.
    entries_len: usize,
    values: ValueLog,
    undo: Vec<KeyBuf>,
    depth: usize,
    dropped: Vec<KeyspaceId>,
    created: Vec<KeyspaceId>,
}

/// What an entry costs beside its key: the map's node and the versions.
const ENTRY_LEN: usize = 112;

impl Private {
    pub(crate) fn new(values: ValueLog) -> Self {
        Private {
            entries: BTreeMap::new(),
            entries_len: 0,
            values,
            undo: Vec::new(),
            depth: 0,
            dropped: Vec::new(),
            created: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.dropped.is_empty()
    }

    pub(crate) fn has_rows(&self) -> bool {
        !self.entries.is_empty()
    }

    pub(crate) fn put(&mut self, command: u32, key: KeyBuf, value: &[u8]) -> Result<()> {
        let spills = !keyspace_of(&key).is_index();
        self.account(&key)?;
        let value = self.values.append(value, spills)?;
        self.write(key, Version { command, write: Write::Put(value) });
        Ok(())
    }

    pub(crate) fn delete(&mut self, command: u32, key: KeyBuf) -> Result<()> {
        self.account(&key)?;
        self.write(key, Version { command, write: Write::Delete });
        Ok(())
    }

    fn account(&mut self, key: &KeyBuf) -> Result<()> {
        self.entries_len += ENTRY_LEN + if key.spilled() { key.len() } else { 0 };
        self.values.reserve_beside(self.entries_len)
    }

    fn write(&mut self, key: KeyBuf, version: Version) {
        if self.depth > 0 {
            self.undo.push(key.clone());
        }
        let keeps_history = self.depth > 0;
        self.entries
            .entry(key)
            .and_modify(|versions| {
                let replaced = std::mem::replace(&mut versions.newest, version);
                if keeps_history || replaced.command != version.command {
                    versions.earlier.push(replaced);
                }
            })
            .or_insert(Versions { newest: version, earlier: Vec::new() });
    }

    /// Nobody else knows `keyspace`: what is written to it supersedes nothing.
    pub(crate) fn create_keyspace(&mut self, keyspace: KeyspaceId) {
        self.created.push(keyspace);
    }

    pub(crate) fn has_created(&self, keyspace: KeyspaceId) -> bool {
        self.created.contains(&keyspace)
    }

    pub(crate) fn has_created_any(&self) -> bool {
        !self.created.is_empty()
    }

    pub(crate) fn drop_keyspace(&mut self, keyspace: KeyspaceId) {
        self.dropped.push(keyspace);
    }

    pub(crate) fn dropped(&self) -> &[KeyspaceId] {
        &self.dropped
    }

    /// The write of `key` that a statement of `command` sees.
    pub(crate) fn get(&self, key: &[u8], command: u32) -> Option<Write> {
        self.entries.get(key)?.seen_by(command)
    }

    /// The first key between the bounds, or the last if `reverse`, that `command` sees written.
    pub(crate) fn first_in(
        &self,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        reverse: bool,
        command: u32,
    ) -> Option<(&[u8], Write)> {
        let mut range = self.entries.range::<[u8], _>((lower, upper));
        let pick = |(key, versions)| visible(key, versions, command);
        if reverse { range.rev().find_map(pick) } else { range.find_map(pick) }
    }

    /// Every key with the write that commits, in key order; keyspaces that the transaction drops are
    /// left out.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (&[u8], Write)> {
        let kept = |key: &KeyBuf| self.dropped.is_empty() || !self.dropped.contains(&keyspace_of(key));
        self.entries
            .iter()
            .filter(move |(key, _)| kept(key))
            .map(|(key, versions)| (key.as_slice(), versions.newest.write))
    }

    /// Appends the value of a put to `into`.
    pub(crate) fn read_value(&self, value: ValueRef, into: &mut Vec<u8>) -> Result<()> {
        self.values.read(value, into)
    }

    /// The value of a put that never leaves memory.
    pub(crate) fn inline_value(&self, value: ValueRef) -> &[u8] {
        self.values.inline(value)
    }

    pub(crate) fn mark(&mut self) -> Mark {
        let mark = Mark { undo_len: self.undo.len(), dropped_len: self.dropped.len(), depth: self.depth };
        self.depth += 1;
        mark
    }

    /// Takes back every write since `mark`, which stays set.
    pub(crate) fn rollback_to(&mut self, mark: Mark) {
        while self.undo.len() > mark.undo_len {
            if let Some(key) = self.undo.pop() {
                self.take_back(key);
            }
        }
        self.dropped.truncate(mark.dropped_len);
        self.depth = mark.depth + 1;
    }

    fn take_back(&mut self, key: KeyBuf) {
        if let std::collections::btree_map::Entry::Occupied(mut entry) = self.entries.entry(key) {
            match entry.get_mut().earlier.pop() {
                Some(before) => entry.get_mut().newest = before,
                None => {
                    let (key, _) = entry.remove_entry();
                    let len = ENTRY_LEN + if key.spilled() { key.len() } else { 0 };
                    self.entries_len = self.entries_len.saturating_sub(len);
                }
            }
        }
    }

    /// Forgets `mark` and those after it; their writes stay.
    pub(crate) fn release(&mut self, mark: Mark) {
        self.depth = mark.depth;
        if self.depth == 0 {
            self.undo.clear();
        }
    }
}

fn visible<'a>(key: &'a KeyBuf, versions: &Versions, command: u32) -> Option<(&'a [u8], Write)> {
    versions.seen_by(command).map(|write| (key.as_slice(), write))
}
