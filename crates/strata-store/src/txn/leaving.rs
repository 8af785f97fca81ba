//! Entries on their way from memory to the overflow.
//!
//! ```text
//! entries ──(too many)──► leaving ──(some with each write)──► run ──(whole)──► overflow
//! ```
//! No write has to wait until all have left. They are read from here until the run is whole, and are forgotten
//! piece by piece after it.

use super::entries::{Entries, Own, Versions};
use super::overflow::{Overflow, Run, put_version};
use super::values::ValueLog;
use crate::Result;
use crate::keyspace::KeyBuf;
use std::ops::Bound;

/// A value of an index keyspace that is longer is moved to the value log.
const INLINE_LEN_MAX: usize = 1 << 10;
/// A key whose versions take more bytes than this, thousands of them, stays in memory.
const VERSIONS_LEN_MAX: usize = 64 << 10;

/// See the module.
pub(super) struct Leaving {
    pub(super) entries: Entries,
    /// What they are written to; `None` once it is part of the overflow.
    run: Option<Run>,
    /// The last key that was written.
    last: Option<KeyBuf>,
}

/// What remains to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    /// All entries are in the overflow, and none is here.
    Gone,
}

impl Leaving {
    pub(super) fn begin(entries: Entries, overflow: &Overflow) -> Leaving {
        Leaving { entries, run: Some(overflow.begin_run()), last: None }
    }

    /// Moves or forgets up to `count` entries. Those with too many versions stay with `entries`, which are newer.
    ///
    /// # Errors
    /// If a file cannot be written. Then the run begins anew.
    pub(super) fn step(
        &mut self,
        count: usize,
        (overflow, values): (&mut Overflow, &mut ValueLog),
        entries: &mut Entries,
    ) -> Result<Progress> {
        let Some(mut run) = self.run.take() else {
            self.entries.forget(count);
            return Ok(if self.entries.is_empty() { Progress::Gone } else { Progress::More });
        };
        let outcome = match self.move_some(count, &mut run, values, entries) {
            Ok(false) => {
                self.run = Some(run);
                return Ok(Progress::More);
            }
            Ok(true) => overflow.end_run(run),
            Err(error) => Err(error),
        };
        if outcome.is_err() {
            self.run = Some(overflow.begin_run());
            self.last = None;
        }
        outcome.map(|()| Progress::More)
    }

    /// Writes up to `count` entries to the run; whether they were the last.
    fn move_some(
        &mut self,
        count: usize,
        run: &mut Run,
        values: &mut ValueLog,
        entries: &mut Entries,
    ) -> Result<bool> {
        let mut rest = self.entries.from(self.last.as_deref().map_or(Bound::Unbounded, Bound::Excluded));
        let (mut moved, mut bytes) = (None, Vec::new());
        for (key, versions) in rest.by_ref().take(count) {
            encode(versions, &self.entries, values, &mut bytes)?;
            if bytes.len() > VERSIONS_LEN_MAX {
                entries.put_older(key, versions, &self.entries);
            } else {
                run.add(key, &bytes)?;
            }
            moved = Some(key);
        }
        let is_whole = rest.next().is_none();
        self.last = moved.cloned().or(self.last.take());
        Ok(is_whole)
    }
}

/// The versions of a key as they lie in the overflow.
fn encode(versions: &Versions, from: &Entries, values: &mut ValueLog, bytes: &mut Vec<u8>) -> Result<()> {
    bytes.clear();
    for version in versions.iter() {
        let own = match from.own(version.write) {
            Own::Inline(value) if value.len() > INLINE_LEN_MAX => Own::Logged(values.append(&value)?),
            own => own,
        };
        put_version(bytes, version.command, &own);
    }
    Ok(())
}
