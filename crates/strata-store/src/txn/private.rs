//! A transaction's own writes: the topmost source of every read it does, and all there is of them
//! before commit.
//!
//! ```text
//! entries ──► leaving ──► overflow            newer to older; a write is looked for in this order
//!    │            │           │
//!    └────────────┴───────────┴──► value log: [ spilled to scratch │ in memory ]
//! ```
//! When keys and versions ([`Entries`]) are too many for memory they [leave](Leaving) it as a sorted run of the
//! [`Overflow`], some with each write. Values of table keyspaces have left it before.
//!
//! A statement that runs as command *c* sees, of each key, the newest write of a command before *c*:
//! never its own (I-8). A savepoint is a mark in the undo log, which exists only while a savepoint
//! does. Dropping the whole is the rollback.

use super::entries::{Entries, Range, Version, Write};
use super::leaving::{Leaving, Progress};
use super::overflow::{Overflow, RunCursor};
use super::values::ValueLog;
use crate::keyspace::{KeyBuf, keyspace_of};
use crate::{KeyspaceId, Result};
use std::cmp::Ordering;
use std::iter::Peekable;
use std::ops::Bound;

pub(crate) use super::entries::Own;

/// A point to go back to. Marks nest: going back to one forgets those set after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    undo_len: usize,
    dropped_len: usize,
    depth: usize,
}

/// The private memtable.
pub(crate) struct Private {
    entries: Entries,
    /// Goes before the overflow, of which its run is a part.
    leaving: Option<Box<Leaving>>,
    overflow: Option<Overflow>,
    /// What all that is in there took in memory.
    overflow_len: u64,
    values: ValueLog,
    /// Writes since entries last moved.
    writes: usize,
    undo: Vec<KeyBuf>,
    /// How often writes were taken back.
    rollbacks: u64,
    depth: usize,
    dropped: Vec<KeyspaceId>,
    created: Vec<KeyspaceId>,
}

/// Entries begin to leave memory when they take this much of the pool; before they are gone, a third as much
/// may have come …
const POOL_SHARE: usize = 12;
/// … but not before they make a run that is worth its file.
const RUN_LEN_MIN: usize = 1 << 20;
/// So many move at once …
const STEP: usize = 64;
/// … after so many writes.
const WRITES_BETWEEN: usize = 16;
/// Keys from which on it is a job's work to drop them.
const LARGE_FROM: usize = 10_000;

impl Private {
    pub(crate) fn new(values: ValueLog) -> Self {
        Private {
            entries: Entries::default(),
            leaving: None,
            overflow: None,
            overflow_len: 0,
            values,
            writes: 0,
            undo: Vec::new(),
            rollbacks: 0,
            depth: 0,
            dropped: Vec::new(),
            created: Vec::new(),
        }
    }

    /// Whether it takes long to be dropped.
    pub(crate) fn is_large(&self) -> bool {
        self.entries.count() > LARGE_FROM || self.overflow.is_some()
    }

    /// Forgets so many of its keys; `false` if none were left. For who drops it piece by piece.
    pub(crate) fn forget_some(&mut self, count: usize) -> bool {
        let leaving = self.leaving.as_mut().map(|leaving| &mut leaving.entries);
        self.entries.forget(count) > 0 || leaving.is_some_and(|entries| entries.forget(count) > 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.has_rows() && self.dropped.is_empty()
    }

    pub(crate) fn has_rows(&self) -> bool {
        !self.entries.is_empty() || self.overflow.is_some()
    }

    pub(crate) fn put(&mut self, command: u32, key: KeyBuf, value: &[u8]) -> Result<()> {
        let is_inline = keyspace_of(&key).is_index();
        self.make_room(Entries::len_of(&key) + if is_inline { value.len() } else { 0 })?;
        let write = match is_inline {
            true => self.entries.keep_inline(value),
            false => Write::Logged(self.values.append(value)?),
        };
        self.write(key, Version { command, write });
        Ok(())
    }

    pub(crate) fn delete(&mut self, command: u32, key: KeyBuf) -> Result<()> {
        self.make_room(Entries::len_of(&key))?;
        self.write(key, Version { command, write: Write::Delete });
        Ok(())
    }

    /// Sees to it that a write finds room in memory.
    fn make_room(&mut self, more: usize) -> Result<()> {
        self.writes += 1;
        if self.writes >= WRITES_BETWEEN {
            self.writes = 0;
            self.leave_some()?;
        }
        let share = self.values.scratch().pool.cap() / POOL_SHARE;
        if self.entries.len() > share {
            self.begin_leaving()?;
        }
        if self.values.reserve_beside(self.held() + more).is_ok() {
            return Ok(());
        }
        self.begin_leaving()?;
        self.leave_all()?;
        self.values.reserve_beside(self.held() + more)
    }

    /// Bytes of keys, versions and inline values in memory, roughly.
    fn held(&self) -> usize {
        self.entries.len() + self.leaving.as_ref().map_or(0, |leaving| leaving.entries.len())
    }

    /// Lets the entries leave, if they make a run. While a savepoint is set the undo log needs them here.
    fn begin_leaving(&mut self) -> Result<()> {
        if self.depth > 0 || self.entries.len() < RUN_LEN_MIN {
            return Ok(());
        }
        self.leave_all()?;
        let overflow = match &mut self.overflow {
            Some(overflow) => overflow,
            none => none.insert(Overflow::create(self.values.scratch())?),
        };
        self.leaving = Some(Box::new(Leaving::begin(std::mem::take(&mut self.entries), overflow)));
        Ok(())
    }

    fn leave_all(&mut self) -> Result<()> {
        while self.leaving.is_some() {
            self.leave_some()?;
        }
        Ok(())
    }

    fn leave_some(&mut self) -> Result<()> {
        let (Some(leaving), Some(overflow)) = (&mut self.leaving, &mut self.overflow) else { return Ok(()) };
        if leaving.step(STEP, (overflow, &mut self.values), &mut self.entries)? == Progress::Gone {
            self.overflow_len += leaving.entries.len() as u64;
            self.leaving = None;
            self.values.shrink_beside(self.entries.len());
        }
        Ok(())
    }

    fn write(&mut self, key: KeyBuf, version: Version) {
        if self.depth > 0 {
            self.undo.push(key.clone());
        }
        self.entries.put(key, version, self.depth > 0);
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
        self.values.len() + self.held() as u64 + self.overflow_len
    }

    /// The write of `key` that a statement of `command` sees.
    pub(crate) fn get(&self, key: &[u8], command: u32) -> Result<Option<Own<'_>>> {
        let leaving = self.leaving.as_ref();
        let in_memory = self.entries.get(key, command);
        let in_memory = in_memory.or_else(|| leaving.and_then(|leaving| leaving.entries.get(key, command)));
        match (in_memory, &self.overflow) {
            (Some(own), _) => Ok(Some(own)),
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
        let mut first = self.entries.first_in(range, reverse, command);
        if let Some(leaving) = &self.leaving {
            first = nearer(first, leaving.entries.first_in(range, reverse, command), reverse);
        }
        if let Some(overflow) = &self.overflow {
            first = nearer(first, overflow.first_in(range, reverse, command, cursor)?, reverse);
        }
        Ok(first)
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
        let older = self.leaving.as_ref().map(|leaving| Walk::new(&leaving.entries, lower));
        let memory = InMemory { newer: Walk::new(&self.entries, lower), older };
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
                self.entries.take_back(key);
            }
        }
        self.dropped.truncate(mark.dropped_len);
        self.depth = mark.depth + 1;
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

/// What comes first, of what two sources have; of the same key, what the newer source has.
fn nearer<'a>(
    newer: Option<(KeyBuf, Own<'a>)>,
    older: Option<(KeyBuf, Own<'a>)>,
    reverse: bool,
) -> Option<(KeyBuf, Own<'a>)> {
    match (newer, older) {
        (Some(newer), Some(older)) => {
            let order = if reverse { older.0.cmp(&newer.0) } else { newer.0.cmp(&older.0) };
            Some(if order == Ordering::Greater { older } else { newer })
        }
        (newer, older) => newer.or(older),
    }
}

/// The newest writes of entries, one after the other.
struct Walk<'a> {
    entries: &'a Entries,
    rest: Peekable<Range<'a>>,
}

impl<'a> Walk<'a> {
    fn new(entries: &'a Entries, lower: Bound<&[u8]>) -> Self {
        Walk { entries, rest: entries.from(lower).peekable() }
    }

    fn peek(&mut self) -> Option<&'a KeyBuf> {
        self.rest.peek().map(|(key, _)| *key)
    }

    fn next(&mut self) -> Option<(&'a KeyBuf, Own<'a>)> {
        self.rest.next().map(|(key, versions)| (key, self.entries.newest(versions)))
    }
}

/// The writes in memory that commit, one after the other.
struct InMemory<'a> {
    newer: Walk<'a>,
    older: Option<Walk<'a>>,
}

impl<'a> InMemory<'a> {
    fn peek(&mut self) -> Option<&'a KeyBuf> {
        let older = self.older.as_mut().and_then(Walk::peek);
        match (self.newer.peek(), older) {
            (Some(newer), Some(older)) => Some(newer.min(older)),
            (newer, older) => newer.or(older),
        }
    }

    fn next(&mut self) -> Option<(&'a KeyBuf, Own<'a>)> {
        let Some(older) = &mut self.older else { return self.newer.next() };
        match (self.newer.peek(), older.peek()) {
            (Some(newer), Some(key)) if newer > key => older.next(),
            (None, _) => older.next(),
            (Some(newer), key) => {
                if key == Some(newer) {
                    older.next();
                }
                self.newer.next()
            }
        }
    }
}

/// The writes that commit, one after the other.
pub(crate) struct Newest<'a> {
    private: &'a Private,
    memory: InMemory<'a>,
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
                (Some(key), None) => (keyspace_of(key), Ordering::Less),
                (None, Some(key)) => (keyspace_of(key), Ordering::Greater),
                (Some(key), Some(run)) => (keyspace_of(run.min(key)), key.as_slice().cmp(run)),
            };
            self.passes_spilled = order != Ordering::Less;
            let from_memory = if order == Ordering::Greater { None } else { self.memory.next() };
            if self.private.dropped.contains(&keyspace) {
                continue;
            }
            return match (from_memory, &self.private.overflow, &self.spilled) {
                (Some((key, own)), ..) => Ok(Some((key, own))),
                (None, Some(overflow), Some(iter)) => {
                    Ok(Some((iter.key(), overflow.newest_of(iter.value())?)))
                }
                _ => unreachable!("a key of neither memory nor overflow"),
            };
        }
    }
}
