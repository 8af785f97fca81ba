//! Room is there before it is needed: segments grow ahead of the writer, and come back when nobody needs them.
//!
//! Room is filled with zeros and synced, name included, before `reserved` moves over it, so that a commit's sync finds
//! nothing but data to write (1.4 to 2.2 times the rate of a growing file), and a full disk shows before
//! anything depends on it. A segment that is no longer needed becomes the one behind the last by a
//! rename: its old frames name other positions and cannot be mistaken.

use crate::journal::Shared;
use crate::{Error, Lsn, Result, segment};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use vfs::{File, Job, OpenMode, Progress};

/// The room of a new journal: small, because a user waits for it.
pub(crate) const FIRST_STEP_LEN: u64 = 1 << 20;
/// Zeros written and synced in one step: few enough that a commit beside it hardly feels them.
const STEP_LEN_MAX: u64 = 4 << 20;
/// Room kept ahead of the writer at most.
const LEAD_MAX: u64 = 16 << 20;
/// Segments kept for re-use; more are removed.
const SPARE_SEGMENTS_MAX: u64 = 4;

/// Makes room up to `end` on the calling thread.
///
/// # Errors
/// [`Error::Full`], after which the journal is as before.
pub(crate) fn prepare(shared: &Shared, end: Lsn) -> Result<()> {
    let _one_at_a_time = shared.preparing.lock();
    while shared.reserved() < end {
        shared.check_poison()?;
        extend(shared)?;
    }
    Ok(())
}

/// Whether the writer comes close to the end of the room. The lead grows with the journal: what holds
/// little stays small.
pub(crate) fn is_needed(shared: &Shared, end: Lsn) -> bool {
    end.0 + end.0.clamp(FIRST_STEP_LEN, LEAD_MAX).min(shared.segment_len / 2) > shared.reserved().0
}

/// One step: a longer last segment, or another one.
fn extend(shared: &Shared) -> Result<()> {
    let reserved = shared.reserved();
    let extended = match reserved.0 % shared.segment_len {
        0 if is_recyclable(shared) => recycle(shared, reserved),
        0 => create(shared, reserved),
        within => lengthen(shared, Lsn(reserved.0 - within), within),
    };
    extended.map_err(|error| match error {
        full if full.is_refusal() => Error::Full { dir: shared.dir.clone() },
        error => shared.poison(error),
    })
}

fn lengthen(shared: &Shared, first: Lsn, len: u64) -> Result<()> {
    let path = segment::path(&shared.dir, first);
    // A handle of its own: the system reports a failed write-back once a handle, and the writer must hear of it too.
    let file = shared.env.fs.open(&path, OpenMode::ReadWrite).map_err(Error::disk("open", &path))?;
    let longer = (len + len.clamp(FIRST_STEP_LEN, STEP_LEN_MAX)).min(shared.segment_len);
    fill(&*file, &path, longer)?;
    shared.reserved.store(first.0 + longer, Ordering::Release);
    Ok(())
}

fn create(shared: &Shared, first: Lsn) -> Result<()> {
    let path = segment::path(&shared.dir, first);
    let fs = &shared.env.fs;
    let file = fs.open(&path, OpenMode::CreateOrOpen).map_err(Error::disk("create", &path))?;
    let len = first.0.clamp(FIRST_STEP_LEN, STEP_LEN_MAX).min(shared.segment_len);
    fill(&*file, &path, len)?;
    install(shared, first, file, len)
}

fn fill(file: &dyn File, path: &Path, len: u64) -> Result<()> {
    file.allocate(len, true).map_err(Error::disk("extend", path))?;
    file.sync().map_err(Error::disk("sync", path))
}

/// Whether the oldest segment is of no use to anybody. One segment that has been begun always stays: it says whose
/// the journal is.
fn is_recyclable(shared: &Shared) -> bool {
    let oldest = shared.files.lock().keys().next().copied();
    oldest.is_some_and(|oldest| {
        let end = oldest.0 + shared.segment_len;
        end <= shared.recyclable.load(Ordering::Acquire) && end < shared.durable().0
    })
}

/// The oldest segment becomes the one at `next`.
fn recycle(shared: &Shared, next: Lsn) -> Result<()> {
    let Some((oldest, file)) = shared.files.lock().pop_first() else { return Ok(()) };
    let (from, to) = (segment::path(&shared.dir, oldest), segment::path(&shared.dir, next));
    shared.env.fs.rename(&from, &to).map_err(Error::disk("rename", &from))?;
    install(shared, next, file, shared.segment_len)
}

fn remove(shared: &Shared) -> Result<()> {
    let Some((oldest, _)) = shared.files.lock().pop_first() else { return Ok(()) };
    let path = segment::path(&shared.dir, oldest);
    let removed = shared.env.fs.remove(&path).map_err(Error::disk("remove", &path));
    removed.and_then(|()| sync_dir(shared)).map_err(|error| shared.poison(error))
}

/// The segment is there, name and all: it may be written.
fn install(shared: &Shared, first: Lsn, file: Arc<dyn File>, len: u64) -> Result<()> {
    sync_dir(shared)?;
    shared.files.lock().insert(first, file);
    shared.reserved.store(first.0 + len, Ordering::Release);
    Ok(())
}

fn sync_dir(shared: &Shared) -> Result<()> {
    shared.env.fs.sync_dir(&shared.dir).map_err(Error::disk("sync", &shared.dir))
}

/// The job that makes room and recycles.
pub(crate) struct Preparer(pub(crate) Arc<Shared>);

impl Preparer {
    fn work(&self) -> Result<Progress> {
        let shared = &*self.0;
        let _one_at_a_time = shared.preparing.lock();
        shared.check_poison()?;
        let spare = shared.reserved().0.saturating_sub(shared.durable().0) / shared.segment_len;
        match is_recyclable(shared) {
            true if spare >= SPARE_SEGMENTS_MAX => remove(shared)?,
            false if !is_needed(shared, shared.durable()) => return Ok(Progress::Idle),
            _ => extend(shared)?,
        }
        Ok(Progress::More)
    }
}

impl Job for Preparer {
    fn step(&mut self) -> Progress {
        // Without room nothing is wrong: who appends beyond what there is tries again, and is told.
        self.work().unwrap_or_else(|error| {
            self.0.tell();
            if error.is_full() { Progress::RETRY } else { Progress::Idle }
        })
    }
}
