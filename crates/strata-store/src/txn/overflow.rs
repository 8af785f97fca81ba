//! Where a transaction's writes go when they are too many for memory: sorted runs in a tree of its own, in
//! the scratch directory. It vanishes with the transaction and means nothing after a crash.
//!
//! ```text
//! stored key ──► [ newest version │ … │ oldest version ]             of the run that wrote it
//! version        command 4 │ 0                                a deletion
//!                command 4 │ 1 │ at 8 │ len 4                 a value in the value log
//!                command 4 │ 2 │ len 4 │ bytes                a short value of an index keyspace
//! ```
//! A run is what the private memtable held when it was full, so a later run is newer in every key.

use super::private::Own;
use super::values::{Scratch, ValueRef};
use crate::keyspace::KeyBuf;
use crate::{Error, Result};
use journal::Lsn;
use lsm::{Compression, Ingestion, LevelCompression, Lsm, Op, Seq};
use std::borrow::Cow;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;

const DELETED: u8 = 0;
const IN_LOG: u8 = 1;
const INLINE: u8 = 2;

/// The runs of a transaction.
pub(crate) struct Overflow {
    /// `None` once it is being dropped: it must be closed before its directory goes.
    tree: Option<Lsm>,
    runs: u64,
    scratch: Arc<Scratch>,
    dir: PathBuf,
}

/// A run that is being written.
pub(crate) struct Run {
    ingestion: Ingestion,
}

/// Where a scan stands among the runs.
#[derive(Default)]
pub(crate) struct RunCursor {
    iter: Option<lsm::Iter>,
    /// The runs that there were when it was opened.
    runs: u64,
}

impl Overflow {
    pub(crate) fn create(scratch: &Arc<Scratch>) -> Result<Overflow> {
        let dir = scratch.dir.join(format!("{:016x}.txn", scratch.env.random.next_u64()));
        let options = lsm::Options {
            memtable_len: 4 << 10,
            cache_len: 8 << 20,
            compression: LevelCompression::all(Compression::None),
            ..Default::default()
        };
        let tree = Lsm::open(&scratch.env, &dir, scratch.pool.clone(), options)?;
        Ok(Overflow { tree: Some(tree), runs: 0, scratch: scratch.clone(), dir })
    }

    /// Begins the next run; its keys come in order.
    pub(crate) fn begin_run(&self) -> Run {
        Run { ingestion: self.tree().begin_ingest() }
    }

    pub(crate) fn end_run(&mut self, mut run: Run) -> Result<()> {
        run.ingestion.install(Seq(self.runs + 1), Lsn(0))?;
        self.runs += 1;
        Ok(())
    }

    /// The write of `key` that `command` sees.
    pub(crate) fn get(&self, key: &[u8], command: u32) -> Result<Option<Own<'static>>> {
        let mut newest = Seq::MAX;
        while let Some((run, versions)) = self.tree().get(key, newest)? {
            if let Some(seen) = self.seen_by(&versions, command)? {
                return Ok(Some(seen.into_owned()));
            }
            newest = Seq(run.0 - 1);
        }
        Ok(None)
    }

    /// The first key between the bounds, or the last if `reverse`, that `command` sees written. A cursor is
    /// used with bounds that only close in.
    pub(crate) fn first_in(
        &self,
        (lower, upper): (Bound<&[u8]>, Bound<&[u8]>),
        reverse: bool,
        command: u32,
        cursor: &mut RunCursor,
    ) -> Result<Option<(KeyBuf, Own<'static>)>> {
        let iter = match &mut cursor.iter {
            Some(iter) if cursor.runs == self.runs => iter,
            stale => {
                cursor.runs = self.runs;
                let iter = stale.insert(self.tree().iter(lower, upper, Seq::MAX)?);
                advance(iter, reverse)?;
                iter
            }
        };
        while iter.is_valid() {
            let is_passed = if reverse { is_behind(iter.key(), upper) } else { is_before(iter.key(), lower) };
            if !is_passed {
                let seen = self.seen_by(iter.value(), command)?.map(Own::into_owned);
                let seen = if seen.is_some() { seen } else { self.get(iter.key(), command)? };
                if let Some(own) = seen {
                    return Ok(Some((KeyBuf::from_slice(iter.key()), own)));
                }
            }
            advance(iter, reverse)?;
        }
        Ok(None)
    }

    /// The keys from `lower` on with their newest versions, before the first.
    pub(crate) fn iter(&self, lower: Bound<&[u8]>) -> Result<lsm::Iter> {
        Ok(self.tree().iter(lower, Bound::Unbounded, Seq::MAX)?)
    }

    /// The newest of a key's versions.
    pub(crate) fn newest_of<'a>(&self, versions: &'a [u8]) -> Result<Own<'a>> {
        take_version(&mut { versions }).map(|(_, own)| own).ok_or_else(|| self.malformed())
    }

    /// The newest of a key's versions that `command` sees.
    fn seen_by<'a>(&self, versions: &'a [u8], command: u32) -> Result<Option<Own<'a>>> {
        let mut rest = versions;
        while !rest.is_empty() {
            let (written, own) = take_version(&mut rest).ok_or_else(|| self.malformed())?;
            if written < command {
                return Ok(Some(own));
            }
        }
        Ok(None)
    }

    fn malformed(&self) -> Error {
        let what = "an entry that is no list of versions".to_owned();
        Error::Corrupt { file: self.dir.display().to_string(), offset: 0, what }
    }

    fn tree(&self) -> &Lsm {
        match &self.tree {
            Some(tree) => tree,
            None => unreachable!("the overflow is being dropped"),
        }
    }
}

impl Run {
    /// Adds a key with what [`put_version`] has written of it.
    pub(crate) fn add(&mut self, key: &[u8], versions: &[u8]) -> Result<()> {
        Ok(self.ingestion.add(key, Op::Put(versions))?)
    }
}

impl Drop for Overflow {
    fn drop(&mut self) {
        self.tree = None;
        // If this fails, the next start removes it.
        let _ = self.scratch.env.fs.remove_dir_all(&self.dir);
    }
}

/// Writes a version; the newest of a key comes first.
pub(crate) fn put_version(out: &mut Vec<u8>, command: u32, own: &Own<'_>) {
    out.extend_from_slice(&command.to_le_bytes());
    match own {
        Own::Delete => out.push(DELETED),
        Own::Logged(value) => {
            out.push(IN_LOG);
            out.extend_from_slice(&value.to_bytes());
        }
        Own::Inline(value) => {
            out.push(INLINE);
            out.extend_from_slice(&(value.len() as u32).to_le_bytes());
            out.extend_from_slice(value);
        }
    }
}

fn take_version<'a>(rest: &mut &'a [u8]) -> Option<(u32, Own<'a>)> {
    let command = u32::from_le_bytes(take(rest)?);
    let own = match take::<1>(rest)? {
        [DELETED] => Own::Delete,
        [IN_LOG] => Own::Logged(ValueRef::from_bytes(take(rest)?)),
        [INLINE] => {
            let len = u32::from_le_bytes(take(rest)?);
            let (value, behind) = rest.split_at_checked(len as usize)?;
            *rest = behind;
            Own::Inline(Cow::Borrowed(value))
        }
        _ => return None,
    };
    Some((command, own))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

fn advance(iter: &mut lsm::Iter, reverse: bool) -> Result<bool> {
    Ok(if reverse { iter.prev()? } else { iter.next()? })
}

fn is_before(key: &[u8], lower: Bound<&[u8]>) -> bool {
    match lower {
        Bound::Included(lower) => key < lower,
        Bound::Excluded(lower) => key <= lower,
        Bound::Unbounded => false,
    }
}

fn is_behind(key: &[u8], upper: Bound<&[u8]>) -> bool {
    match upper {
        Bound::Included(upper) => key > upper,
        Bound::Excluded(upper) => key >= upper,
        Bound::Unbounded => false,
    }
}
