//! A transaction's writes in memory, by key.
//!
//! ```text
//! stored key ──► [ (command 1, put) (command 3, delete) … ]      oldest first, newest last
//!                              │
//!                              ▼
//!                  value log, or for index keyspaces `inline`
//! ```

use super::values::ValueRef;
use crate::keyspace::KeyBuf;
use std::borrow::Cow;
use std::collections::{BTreeMap, btree_map};
use std::ops::Bound;

/// What a write does to its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    Delete,
    /// A value in the value log.
    Logged(ValueRef),
    /// A value of an index keyspace, which is small and lies with its key.
    Inline(ValueRef),
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
pub(super) struct Version {
    pub(super) command: u32,
    pub(super) write: Write,
}

/// The writes of one key. Nearly every key is written once, so the newest needs no allocation.
#[derive(Debug)]
pub(super) struct Versions {
    newest: Version,
    earlier: Vec<Version>,
}

impl Versions {
    fn seen_by(&self, command: u32) -> Option<Write> {
        let in_time = |version: &&Version| version.command < command;
        let seen = Some(&self.newest).filter(in_time).or_else(|| self.earlier.iter().rev().find(in_time));
        seen.map(|version| version.write)
    }

    /// The newest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.newest).chain(self.earlier.iter().rev())
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Entries {
    by_key: BTreeMap<KeyBuf, Versions>,
    /// Bytes that keys and their map take, roughly.
    keys_len: usize,
    inline: Vec<u8>,
}

/// What an entry costs beside its key: the map's node, which is seldom full, and the versions.
const ENTRY_LEN: usize = 160;

impl Entries {
    pub(super) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// How many keys there are.
    pub(super) fn count(&self) -> usize {
        self.by_key.len()
    }

    /// Bytes held, roughly.
    pub(super) fn len(&self) -> usize {
        self.keys_len + self.inline.len()
    }

    /// Bytes that one more write of `key` takes, roughly.
    pub(super) fn len_of(key: &KeyBuf) -> usize {
        ENTRY_LEN + if key.spilled() { key.len() } else { 0 }
    }

    /// Keeps a value beside its key.
    pub(super) fn keep_inline(&mut self, value: &[u8]) -> Write {
        let at = self.inline.len() as u64;
        self.inline.extend_from_slice(value);
        Write::Inline(ValueRef::new(at, value.len() as u32))
    }

    /// Adds a write. One of the same command takes the place of the newest, unless it `keeps_history`.
    pub(super) fn put(&mut self, key: KeyBuf, version: Version, keeps_history: bool) {
        self.keys_len += Entries::len_of(&key);
        self.by_key
            .entry(key)
            .and_modify(|versions| {
                let replaced = std::mem::replace(&mut versions.newest, version);
                if keeps_history || replaced.command != version.command {
                    versions.earlier.push(replaced);
                }
            })
            .or_insert(Versions { newest: version, earlier: Vec::new() });
    }

    /// Adds what `from` has of a key, which was written before anything that is here.
    pub(super) fn put_older(&mut self, key: &KeyBuf, older: &Versions, from: &Entries) {
        let mut earlier = Vec::with_capacity(older.earlier.len() + 1);
        for version in older.earlier.iter().chain([&older.newest]) {
            let write = match version.write {
                Write::Inline(value) => self.keep_inline(from.inline(value)),
                other => other,
            };
            self.keys_len += Entries::len_of(key);
            earlier.push(Version { command: version.command, write });
        }
        match self.by_key.entry(key.clone()) {
            btree_map::Entry::Occupied(mut entry) => {
                let newer = &mut entry.get_mut().earlier;
                earlier.append(newer);
                *newer = earlier;
            }
            btree_map::Entry::Vacant(entry) => {
                if let Some(newest) = earlier.pop() {
                    entry.insert(Versions { newest, earlier });
                }
            }
        }
    }

    /// Takes the newest write of a key back.
    pub(super) fn take_back(&mut self, key: KeyBuf) {
        if let btree_map::Entry::Occupied(mut entry) = self.by_key.entry(key) {
            self.keys_len = self.keys_len.saturating_sub(Entries::len_of(entry.key()));
            match entry.get_mut().earlier.pop() {
                Some(before) => entry.get_mut().newest = before,
                None => {
                    entry.remove_entry();
                }
            }
        }
    }

    /// Forgets the first `count` keys; how many there were.
    pub(super) fn forget(&mut self, count: usize) -> usize {
        (0..count).map_while(|_| self.by_key.pop_first()).count()
    }

    /// The write of `key` that a statement of `command` sees.
    pub(super) fn get(&self, key: &[u8], command: u32) -> Option<Own<'_>> {
        self.by_key.get(key)?.seen_by(command).map(|write| self.own(write))
    }

    /// The first key between the bounds, or the last if `reverse`, that `command` sees written.
    pub(super) fn first_in(
        &self,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        reverse: bool,
        command: u32,
    ) -> Option<(KeyBuf, Own<'_>)> {
        let mut entries = self.by_key.range::<[u8], _>(range);
        let pick = |(key, versions): (&'_ KeyBuf, &Versions)| {
            versions.seen_by(command).map(|write| (key.clone(), self.own(write)))
        };
        if reverse { entries.rev().find_map(pick) } else { entries.find_map(pick) }
    }

    /// The keys from `lower` on with their writes.
    pub(super) fn from(&self, lower: Bound<&[u8]>) -> Range<'_> {
        self.by_key.range::<[u8], _>((lower, Bound::Unbounded))
    }

    /// What the newest write of a key is.
    pub(super) fn newest(&self, versions: &Versions) -> Own<'_> {
        self.own(versions.newest.write)
    }

    /// A write as it is read back.
    pub(super) fn own(&self, write: Write) -> Own<'_> {
        match write {
            Write::Delete => Own::Delete,
            Write::Logged(value) => Own::Logged(value),
            Write::Inline(value) => Own::Inline(Cow::Borrowed(self.inline(value))),
        }
    }

    fn inline(&self, value: ValueRef) -> &[u8] {
        let at = value.at() as usize;
        self.inline.get(at..at + value.len()).unwrap_or_default()
    }
}

/// Keys in order with their writes.
pub(super) type Range<'a> = btree_map::Range<'a, KeyBuf, Versions>;
