//! Writing: whatever has been appended meanwhile is one write and one sync.
//!
//! A write that finds no room on the disk has lost nothing: the group is kept and written again, over whatever part of
//! it got there, and until then nothing more is appended. Room is prepared ahead, so that this happens only on file
//! systems that write nothing in place. A write that fails in another way, or a sync that fails at all, is final.

use crate::gather::Gathering;
use crate::journal::{Buffer, Group, Shared, Writing};
use crate::{Error, Lsn, Result, segment};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use vfs::{File, Job, Progress};

/// Buffers longer than this are given back after use, so that one huge record is not held for ever.
const KEPT_CAPACITY: usize = 4 << 20;

/// Records that nobody waits for are written when they are so many bytes …
pub(crate) const LAZY_LEN: u64 = 256 << 10;
/// … or when the first of them has waited for so long: a write and a sync for each would cost more than the rest of
/// a small commit, and take the disk from others.
const LAZY_US: u64 = 5_000;

/// Writes and syncs what has been appended so far; of how many records somebody waits, or `None` if there were none at
/// all. Waits for a write that is under way, and then takes what has been appended since.
///
/// # Errors
/// [`Error::Full`] if there is no room for what was appended: it waits for the next call.
pub(crate) fn write_pending(shared: &Shared) -> Result<Option<u32>> {
    // The other buffer: while one is written, appends fill the other.
    let mut writing = shared.writing.lock();
    shared.check_poison()?;
    let was_refused = writing.refused.is_some();
    let Some(group) = writing.refused.take().or_else(|| take(shared, &mut writing)) else { return Ok(None) };
    match write(shared, group.start, &group.bytes) {
        Ok(()) => {}
        Err(refused) if refused.is_refusal() => {
            writing.refused = Some(group);
            shared.is_stalled.store(true, Ordering::Release);
            return Err(Error::Full { dir: shared.dir.clone() });
        }
        Err(error) => return Err(shared.poison(error)),
    }
    shared.reach(Lsn(group.start.0 + group.bytes.len() as u64))?;
    if was_refused {
        shared.is_stalled.store(false, Ordering::Release);
    }
    let mut bytes = group.bytes;
    if bytes.capacity() <= KEPT_CAPACITY {
        bytes.clear();
        writing.spare = bytes;
    }
    Ok(Some(group.commits))
}

/// Writes what a full disk has refused, if there is now room for it.
///
/// # Errors
/// [`Error::Full`] if there is none.
pub(crate) fn write_refused(shared: &Shared) -> Result<()> {
    match shared.is_stalled.load(Ordering::Acquire) {
        true => write_pending(shared).map(drop),
        false => Ok(()),
    }
}

/// Swaps the buffers; `None` if nothing has been appended.
fn take(shared: &Shared, writing: &mut Writing) -> Option<Group> {
    let mut buffer = shared.buffer.lock();
    if buffer.bytes.is_empty() {
        return None;
    }
    let Buffer { start, bytes, commits, awaited } = &mut *buffer;
    let bytes = std::mem::replace(bytes, std::mem::take(&mut writing.spare));
    let group = Group { start: *start, bytes, commits: std::mem::take(commits) };
    start.0 += group.bytes.len() as u64;
    *awaited = 0;
    Some(group)
}

/// Writes a run of bytes. A segment is synced before the next one is begun: after a crash only the last may be torn.
fn write(shared: &Shared, start: Lsn, bytes: &[u8]) -> Result<()> {
    let mut at = start;
    let mut rest = bytes;
    while !rest.is_empty() {
        let first = shared.segment_of(at);
        let within = at.0 - first.0;
        let count = rest.len().min((shared.segment_len - within) as usize);
        let (piece, later) = rest.split_at(count);
        let path = segment::path(&shared.dir, first);
        let file = file(shared, first)?;
        file.write_all_at(piece, within).map_err(Error::disk("write", &path))?;
        file.sync().map_err(Error::disk("sync", &path))?;
        at.0 += count as u64;
        rest = later;
    }
    Ok(())
}

fn file(shared: &Shared, first: Lsn) -> Result<Arc<dyn File>> {
    let missing = || Error::Missing { segment: segment::path(&shared.dir, first) };
    shared.files.lock().get(&first).cloned().ok_or_else(missing)
}

/// The job that writes when nobody else does, and tells the subscribers.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    /// What is pending has waited as long as it may.
    has_waited: bool,
    gathering: Gathering,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Writer { shared, has_waited: false, gathering: Gathering::default() }
    }

    /// For how long what is pending waits for more to come.
    fn wait(&mut self) -> Option<u64> {
        let shared = &*self.shared;
        let mut buffer = shared.buffer.lock();
        let pending = buffer.bytes.len() as u64;
        let is_wanted = shared.wanted.load(Ordering::Acquire) > shared.durable().0;
        if is_wanted {
            let wait = self.gathering.wait(buffer.commits);
            buffer.awaited = wait.as_ref().map_or(0, |wait| wait.commits);
            return wait.map(|wait| wait.us);
        }
        self.has_waited = (1..LAZY_LEN).contains(&pending) && !self.has_waited;
        self.has_waited.then_some(LAZY_US)
    }

    /// Writes what is pending.
    fn write(&mut self) -> Result<Option<u32>> {
        let shared = &*self.shared;
        let begun = shared.env.clock.monotonic_us();
        let written = write_pending(shared)?;
        if let Some(commits) = written {
            let us = shared.env.clock.monotonic_us() - begun;
            let others = shared.buffer.lock().commits;
            self.gathering.wrote(commits, others, us);
        }
        Ok(written)
    }
}

impl Job for Writer {
    fn step(&mut self) -> Progress {
        if let Some(us) = self.wait() {
            return Progress::Later(us);
        }
        let progress = match self.write() {
            Ok(Some(_)) => Progress::More,
            Err(Error::Full { .. }) => Progress::RETRY,
            Ok(None) | Err(_) => Progress::Idle,
        };
        self.shared.tell();
        progress
    }
}
