//! A transaction's own writes: the topmost source of every read it does, and all there is of them
//! before commit.
//!
//! ```text
//! stored key ──► [ (command 1, put) (command 3, delete) … ]      oldest first, newest last
//!      │                 │
//!      ▼                 ▼
//!  overflow         value log: [ spilled to scratch │ in memory ]
//! ```
//! When keys and versions are too many for memory they leave it as a sorted run of the [`Overflow`], and
//! values of table keyspaces have left it before. What is in memory is newer than any run.
//!
//! A statement that runs as command *c* sees, of each key, the newest write of a command before *c*:
//! never its own (I-8). A savepoint is a mark in the undo log, which exists only while a savepoint
//! does. Dropping the whole is the rollback.

use super::overflow::{Overflow, RunCursor, put_version};
use super::values::{ValueLog, ValueRef};
use crate::keyspace::{KeyBuf, keyspace_of};
use crate::{KeyspaceId, Result};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;
use std::ops::Bound;

/// What a write does to its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Put(ValueRef),
    Delete,
}

/// A write as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Own<'a> {
    Delete,
    /// A value that is to be read from the value log.
    Logged(ValueRef),
    Inline(Cow<'a, [u8]>),
}

impl Own<'_> {
    pub(crate) fn into_owned(self) -> Own<'static> {
        match self {
            Own::Delete => Own::Delete,
            Own::Logged(value) => Own::Logged(value),
            Own::Inline(value) => Own::Inline(Cow::Owned(value.into_owned())),
        }
    }
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
    overflow: Option<Overflow>,
    /// What `entries_len` was of all that is in there.
    overflow_len: u64,
    values: ValueLog,
    undo: Vec<KeyBuf>,
    /// How often writes were taken back.
    rollbacks: u64,
    depth: usize,
    dropped: Vec<KeyspaceId>,
    created: Vec<KeyspaceId>,
}

/// What an entry costs beside its key: the map's node, which is seldom full, and the versions.
const ENTRY_LEN: usize = 160;
/// Entries leave memory when they take this much of the pool …
const POOL_SHARE: usize = 8;
/// … but not before they make a run that is worth its file.
const RUN_LEN_MIN: usize = 1 << 20;
/// A value of an index keyspace that is longer is moved to the value log when its key leaves memory.
const INLINE_LEN_MAX: usize = 1 << 10;
/// Keys from which on it is a job's work to drop them.
const LARGE_FROM: usize = 10_000;
/// A key whose versions take more bytes than this, thousands of them, stays in memory.
const VERSIONS_LEN_MAX: usize = 64 << 10;

impl Private {
    pub(crate) fn new(values: ValueLog) -> Self {
        Private {
            entries: BTreeMap::new(),
            entries_len: 0,
            overflow: None,
            overflow_len: 0,
            values,
            undo: Vec::new(),
            rollbacks: 0,
            depth: 0,
            dropped: Vec::new(),
            created: Vec::new(),
        }
    }

    /// Whether it takes long to be dropped.
    pub(crate) fn is_large(&self) -> bool {
        self.entries.len() > LARGE_FROM || self.overflow.is_some()
    }

    /// Forgets so many of its keys; `false` if none were left. For who drops it piece by piece.
    pub(crate) fn forget_some(&mut self, count: usize) -> bool {
        (0..count).map_while(|_| self.entries.pop_first()).count() > 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.has_rows() && self.dropped.is_empty()
    }

    pub(crate) fn has_rows(&self) -> bool {
        !self.entries.is_empty() || self.overflow.is_some()
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
        let held = self.entries_len + self.values.inline_len();
        let share = self.values.scratch().pool.cap() / POOL_SHARE;
        if held <= share && self.values.reserve_beside(self.entries_len).is_ok() {
            return Ok(());
        }
        // While a savepoint is set the undo log needs them here.
        if held >= RUN_LEN_MIN && self.depth == 0 {
            self.spill_entries()?;
        }
        self.values.reserve_beside(self.entries_len)
    }

    /// Moves the entries to the overflow.
    fn spill_entries(&mut self) -> Result<()> {
        let overflow = match &mut self.overflow {
            Some(overflow) => overflow,
            none => none.insert(Overflow::create(self.values.scratch())?),
        };
        let mut run = overflow.begin_run();
        let (mut versions, mut staying) = (Vec::new(), Vec::new());
        for (key, written) in &self.entries {
            versions.clear();
            for version in std::iter::once(&written.newest).chain(written.earlier.iter().rev()) {
                let own = leaving(&mut self.values, key, version.write)?;
                put_version(&mut versions, version.command, &own);
            }
            if versions.len() > VERSIONS_LEN_MAX {
                staying.push(key.clone());
            } else {
                run.add(key, &versions)?;
            }
        }
        overflow.end_run(run)?;
        self.overflow_len += self.entries_len as u64;
        self.keep_only(&staying);
        Ok(())
    }

    /// The entries have left memory, but for a few.
    fn keep_only(&mut self, staying: &[KeyBuf]) {
        if staying.is_empty() {
            self.values.forget_inline();
        }
        let mut entries = std::mem::take(&mut self.entries);
        self.entries = staying.iter().filter_map(|key| entries.remove_entry(key)).collect();
        self.entries_len = self.entries.values().map(|v| ENTRY_LEN * (1 + v.earlier.len())).sum();
        self.values.shrink_beside(self.entries_len);
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

    pub(crate) fn drop_keyspace(&mut self, keyspace: KeyspaceId) {
        self.dropped.push(keyspace);
    }

    pub(crate) fn dropped(&self) -> &[KeyspaceId] {
        &self.dropped
    }

    /// About how many bytes there are to commit.
    pub(crate) fn len(&self) -> u64 {
        self.values.len() + self.entries_len as u64 + self.overflow_len
    }

    /// The write of `key` that a statement of `command` sees.
    pub(crate) fn get(&self, key: &[u8], command: u32) -> Result<Option<Own<'_>>> {
        let in_memory = self.entries.get(key).and_then(|versions| versions.seen_by(command));
        match (in_memory, &self.overflow) {
            (Some(write), _) => Ok(Some(self.own(key, write))),
            (None, Some(overflow)) => overflow.get(key, command),
            (None, None) => Ok(None),
        }
    }

    /// The first key between the bounds, or the last if `reverse`, that `command` sees written. A cursor is
    /// used with bounds that only close in.
    pub(crate) fn first_in(
        &self,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        reverse: bool,
        command: u32,
        cursor: &mut RunCursor,
    ) -> Result<Option<(KeyBuf, Own<'_>)>> {
        let mut entries = self.entries.range::<[u8], _>(range);
        let pick = |(key, versions): (&'_ KeyBuf, &Versions)| {
            versions.seen_by(command).map(|write| (key.clone(), self.own(key, write)))
        };
        let in_memory = if reverse { entries.rev().find_map(pick) } else { entries.find_map(pick) };
        let Some(overflow) = &self.overflow else { return Ok(in_memory) };
        let spilled = overflow.first_in(range, reverse, command, cursor)?;
        Ok(match (in_memory, spilled) {
            (Some(memory), Some(spilled)) => {
                let order = if reverse { spilled.0.cmp(&memory.0) } else { memory.0.cmp(&spilled.0) };
                Some(if order == Ordering::Greater { spilled } else { memory })
            }
            (memory, spilled) => memory.or(spilled),
        })
    }

    /// Whether `key` is written.
    pub(crate) fn has(&self, key: &[u8]) -> Result<bool> {
        Ok(self.get(key, u32::MAX)?.is_some())
    }

    /// Every key from `lower` on with the write that commits, in key order; keyspaces that the transaction
    /// drops are left out.
    pub(crate) fn newest_from(&self, lower: Bound<&[u8]>) -> Result<Newest<'_>> {
        let mut spilled = self.overflow.as_ref().map(|overflow| overflow.iter(lower)).transpose()?;
        if let Some(iter) = &mut spilled {
            iter.next()?;
        }
        let memory = self.entries.range::<[u8], _>((lower, Bound::Unbounded)).peekable();
        Ok(Newest { private: self, memory, spilled, passes_spilled: false })
    }

    /// Appends the value of a put to `into`; a deletion has none.
    pub(crate) fn read_value(&self, own: &Own<'_>, into: &mut Vec<u8>) -> Result<()> {
        match own {
            Own::Delete => {}
            Own::Logged(value) => self.values.read(*value, into)?,
            Own::Inline(value) => into.extend_from_slice(value),
        }
        Ok(())
    }

    fn own(&self, key: &[u8], write: Write) -> Own<'_> {
        match write {
            Write::Delete => Own::Delete,
            Write::Put(value) if keyspace_of(key).is_index() => {
                Own::Inline(Cow::Borrowed(self.values.inline(value)))
            }
            Write::Put(value) => Own::Logged(value),
        }
    }

    pub(crate) fn mark(&mut self) -> Mark {
        let mark = Mark { undo_len: self.undo.len(), dropped_len: self.dropped.len(), depth: self.depth };
        self.depth += 1;
        mark
    }

    /// Takes back every write since `mark`, which stays set.
    pub(crate) fn rollback_to(&mut self, mark: Mark) {
        self.rollbacks += 1;
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

    /// How often writes were taken back: what was known of them before may not hold.
    pub(crate) fn rollbacks(&self) -> u64 {
        self.rollbacks
    }

    /// Forgets `mark` and those after it; their writes stay.
    pub(crate) fn release(&mut self, mark: Mark) {
        self.depth = mark.depth;
        if self.depth == 0 {
            self.undo.clear();
        }
    }
}

/// A write that leaves memory: its value goes along if it is short, and to the log otherwise.
fn leaving<'a>(values: &'a mut ValueLog, key: &[u8], write: Write) -> Result<Own<'a>> {
    Ok(match write {
        Write::Delete => Own::Delete,
        Write::Put(value) if !keyspace_of(key).is_index() => Own::Logged(value),
        Write::Put(value) if value.len() <= INLINE_LEN_MAX => {
            Own::Inline(Cow::Borrowed(values.inline(value)))
        }
        Write::Put(value) => {
            let bytes = values.inline(value).to_vec();
            Own::Logged(values.append(&bytes, true)?)
        }
    })
}

/// The writes that commit, one after the other.
pub(crate) struct Newest<'a> {
    private: &'a Private,
    memory: Peekable<btree_map::Range<'a, KeyBuf, Versions>>,
    /// Stands on the next key of the overflow.
    spilled: Option<lsm::Iter>,
    /// What it stands on was handed out, or is hidden by what was.
    passes_spilled: bool,
}

impl Newest<'_> {
    /// The next key with its write.
    pub(crate) fn next(&mut self) -> Result<Option<(&[u8], Own<'_>)>> {
        loop {
            if std::mem::take(&mut self.passes_spilled)
                && let Some(iter) = &mut self.spilled
            {
                iter.next()?;
            }
            let in_run = self.spilled.as_ref().filter(|iter| iter.is_valid()).map(lsm::Iter::key);
            let (keyspace, order) = match (self.memory.peek(), in_run) {
                (None, None) => return Ok(None),
                (Some((key, _)), None) => (keyspace_of(key), Ordering::Less),
                (None, Some(key)) => (keyspace_of(key), Ordering::Greater),
                (Some((key, _)), Some(run)) => (keyspace_of(run.min(key)), key.as_slice().cmp(run)),
            };
            self.passes_spilled = order != Ordering::Less;
            let from_memory = if order == Ordering::Greater { None } else { self.memory.next() };
            if self.private.dropped.contains(&keyspace) {
                continue;
            }
            return match (from_memory, &self.private.overflow, &self.spilled) {
                (Some((key, versions)), ..) => Ok(Some((key, self.private.own(key, versions.newest.write)))),
                (None, Some(overflow), Some(iter)) => {
                    Ok(Some((iter.key(), overflow.newest_of(iter.value())?)))
                }
                _ => unreachable!("a key of neither memory nor overflow"),
            };
        }
    }
}
