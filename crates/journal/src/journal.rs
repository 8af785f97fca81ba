//! The journal as its user sees it: open, append, wait, replay, recycle.

use crate::frame::{self, Part};
use crate::preparer::Preparer;
use crate::replay::{self, Record};
use crate::segment;
use crate::writer::Writer;
use crate::{Error, Lsn, Result, recovery};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vfs::{Env, File, JobHandle};

/// Bytes that may wait to be written before `append` waits for the disk.
const PENDING_MAX: u64 = 64 << 20;

/// How a journal is laid out.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of a segment, fixed when the journal is made. At least 4 KiB, below 4 GiB.
    pub segment_len: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { segment_len: 64 << 20 }
    }
}

/// An append-only log that survives crashes. Any thread may append; one at a time does.
pub struct Journal {
    shared: Arc<Shared>,
    writer: Arc<dyn JobHandle>,
    preparer: Arc<dyn JobHandle>,
}

/// What the journal and its two jobs share.
pub(crate) struct Shared {
    pub(crate) env: Env,
    pub(crate) dir: PathBuf,
    pub(crate) segment_len: u64,
    pub(crate) id: u64,
    pub(crate) buffer: Mutex<Buffer>,
    /// Everything below is on disk and synced.
    pub(crate) durable: AtomicU64,
    /// Segments exist for everything below.
    pub(crate) reserved: AtomicU64,
    /// An append waits for `reserved` to reach this.
    pub(crate) wanted: AtomicU64,
    /// Segments by their first LSN; prepared ones included.
    pub(crate) files: Mutex<BTreeMap<Lsn, Arc<dyn File>>>,
    /// Why no segment could be prepared, until one could.
    pub(crate) full: Mutex<Option<Error>>,
    pub(crate) poison: Mutex<Option<Error>>,
    pub(crate) subscribers: Mutex<Vec<Subscriber>>,
    /// Segments that end at or below this may be used again.
    pub(crate) recyclable: AtomicU64,
}

pub(crate) type Subscriber = Arc<dyn Fn(Lsn) + Send + Sync>;

/// What was appended and is not being written yet: the bytes from `start` on, as they will be on disk.
pub(crate) struct Buffer {
    pub(crate) start: Lsn,
    pub(crate) bytes: Vec<u8>,
}

impl Buffer {
    fn end(&self) -> Lsn {
        Lsn(self.start.0 + self.bytes.len() as u64)
    }
}

impl Journal {
    /// Opens the journal in a directory, or makes one. A torn tail is cut.
    ///
    /// # Errors
    /// [`Error::Corrupt`] and [`Error::Missing`] if records that were durable are lost, and the disk's.
    pub fn open(env: &Env, dir: &Path, options: Options) -> Result<Journal> {
        env.fs.create_dir_all(dir).map_err(Error::disk("create", dir))?;
        let found = recovery::recover(env, dir, &options)?;
        let shared = Arc::new(Shared {
            env: env.clone(),
            dir: dir.to_owned(),
            segment_len: found.segment_len,
            id: found.journal_id,
            buffer: Mutex::new(Buffer { start: found.end, bytes: Vec::new() }),
            durable: AtomicU64::new(found.end.0),
            reserved: AtomicU64::new(found.reserved.0),
            wanted: AtomicU64::new(0),
            files: Mutex::new(found.files),
            full: Mutex::new(None),
            poison: Mutex::new(None),
            subscribers: Mutex::new(Vec::new()),
            recyclable: AtomicU64::new(0),
        });
        Ok(Journal {
            writer: env.jobs.spawn("journal", Box::new(Writer::new(shared.clone()))),
            preparer: env.jobs.spawn("journal segments", Box::new(Preparer::new(shared.clone()))),
            shared,
        })
    }

    /// Appends a record, the concatenation of `parts`, and returns its end: it is durable when
    /// [`Self::durable`] has reached that. Waits for the disk only while [`PENDING_MAX`] bytes are unwritten or
    /// a segment is missing.
    ///
    /// # Errors
    /// [`Error::Full`] without room for another segment, [`Error::Poisoned`] after a failed write or sync.
    pub fn append(&self, kind: u8, parts: &[&[u8]]) -> Result<Lsn> {
        let len: u64 = parts.iter().map(|part| part.len() as u64).sum();
        self.wait_for_room(len)?;
        let mut buffer = self.shared.buffer.lock();
        self.reserve(&mut buffer, len)?;
        let durable = self.durable();
        let mut rest = Cut { parts, at: 0 };
        let mut left = len;
        let mut first = true;
        loop {
            let room = self.shared.room_for_payload(&mut buffer);
            let take = left.min(room);
            left -= take;
            let part = Part::new(first, left == 0);
            let lsn = buffer.end();
            let payload = rest.take(take as usize);
            frame::encode(&mut buffer.bytes, self.shared.id, kind, part, lsn, durable, &payload);
            first = false;
            if left == 0 {
                break;
            }
        }
        let end = buffer.end();
        drop(buffer);
        self.writer.wake();
        Ok(end)
    }

    /// Position behind the last record appended.
    pub fn end(&self) -> Lsn {
        self.shared.buffer.lock().end()
    }

    /// Everything below this position survives any crash.
    pub fn durable(&self) -> Lsn {
        Lsn(self.shared.durable.load(Ordering::Acquire))
    }

    /// Waits until everything below `lsn` is durable.
    ///
    /// # Errors
    /// [`Error::Poisoned`] if that can never be.
    pub fn wait_durable(&self, lsn: Lsn) -> Result<()> {
        if self.durable() >= lsn {
            return Ok(());
        }
        self.writer.wake();
        self.shared.env.jobs.wait_until(&|| self.durable() >= lsn || self.shared.poison.lock().is_some());
        if self.durable() >= lsn { Ok(()) } else { self.check_poison() }
    }

    /// Asks for everything appended so far to be made durable soon.
    pub fn request_sync(&self) {
        self.writer.wake();
    }

    /// `f` is called from a job's thread whenever [`Self::durable`] has grown, and once the journal is poisoned.
    pub fn subscribe(&self, f: Arc<dyn Fn(Lsn) + Send + Sync>) {
        self.shared.subscribers.lock().push(f);
    }

    /// Why the journal accepts nothing more, if it is so.
    pub fn poisoned(&self) -> Option<Error> {
        self.shared.poison.lock().clone()
    }

    /// Reads the records that begin at or behind `from`, in order, until `visit` breaks.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for damage, [`Error::Missing`] if segments from `from` on are gone, and the disk's.
    pub fn replay(&self, from: Lsn, visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>) -> Result<()> {
        replay::replay(&self.shared, from, self.durable(), visit)
    }

    /// Promises that nothing below `lsn` will be read again: whole segments below it are used again.
    pub fn recycle_before(&self, lsn: Lsn) {
        self.shared.recyclable.fetch_max(lsn.0, Ordering::AcqRel);
        self.preparer.wake();
    }

    fn check_poison(&self) -> Result<()> {
        match self.poisoned() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Lets the writer catch up before more is piled up.
    fn wait_for_room(&self, len: u64) -> Result<()> {
        self.check_poison()?;
        let pending = || self.shared.buffer.lock().bytes.len() as u64;
        if pending() > 0 && pending() + len > PENDING_MAX {
            self.writer.wake();
            let written = || pending() == 0 || self.shared.poison.lock().is_some();
            self.shared.env.jobs.wait_until(&written);
            self.check_poison()?;
        }
        Ok(())
    }

    /// Makes sure that segments exist for a record: room can run out here, where nothing is lost yet.
    fn reserve(&self, buffer: &mut parking_lot::MutexGuard<'_, Buffer>, len: u64) -> Result<()> {
        loop {
            let end = self.shared.end_after(buffer.end(), len);
            let reserved = self.shared.reserved();
            if end <= reserved {
                // Ask early for the next segment, so that nobody has to wait for it.
                if end.0 + self.shared.segment_len / 2 > reserved.0 {
                    self.preparer.wake();
                }
                return Ok(());
            }
            self.shared.wanted.fetch_max(end.0, Ordering::AcqRel);
            *self.shared.full.lock() = None;
            self.preparer.wake();
            parking_lot::MutexGuard::unlocked(buffer, || self.wait_reserved(end));
            if self.shared.reserved() < end {
                self.shared.wanted.store(0, Ordering::Release);
                self.check_poison()?;
                let full = self.shared.full.lock().clone();
                return Err(full.unwrap_or(Error::Full { dir: self.shared.dir.clone() }));
            }
        }
    }

    fn wait_reserved(&self, end: Lsn) {
        let ready = || {
            self.shared.reserved() >= end
                || self.shared.full.lock().is_some()
                || self.shared.poison.lock().is_some()
        };
        self.shared.env.jobs.wait_until(&ready);
    }
}

impl Shared {
    /// Payload bytes that the frame about to be appended may hold. Fills up the segment and begins the next
    /// one where there is no room for a frame.
    fn room_for_payload(&self, buffer: &mut Buffer) -> u64 {
        let least = frame::HEADER_LEN as u64 + 1;
        loop {
            let within = buffer.end().0 % self.segment_len;
            let left = self.segment_len - within;
            if within == 0 {
                let first = buffer.end();
                let header =
                    segment::Header { journal_id: self.id, first, segment_len: self.segment_len }.encode();
                buffer.bytes.extend_from_slice(&header);
            } else if left < least {
                let filled = buffer.bytes.len() + left as usize;
                buffer.bytes.resize(filled, 0);
            } else {
                return left - frame::HEADER_LEN as u64;
            }
        }
    }

    /// Where a record of `len` bytes would end at most, if appended at `at`.
    fn end_after(&self, at: Lsn, len: u64) -> Lsn {
        let payload_per_segment = self.segment_len - segment::HEADER_LEN as u64 - frame::HEADER_LEN as u64;
        let crossings = len / payload_per_segment + 2;
        let overhead = crossings * (segment::HEADER_LEN + 2 * frame::HEADER_LEN) as u64;
        let within = at.0 % self.segment_len;
        let simple = len + frame::HEADER_LEN as u64;
        if within != 0 && within + simple <= self.segment_len {
            return Lsn(at.0 + simple);
        }
        Lsn((at.0 + len + overhead).next_multiple_of(self.segment_len))
    }

    /// Segments exist for everything below.
    pub(crate) fn reserved(&self) -> Lsn {
        Lsn(self.reserved.load(Ordering::Acquire))
    }

    /// The first LSN of the segment that holds `lsn`.
    pub(crate) fn segment_of(&self, lsn: Lsn) -> Lsn {
        Lsn(lsn.0 - lsn.0 % self.segment_len)
    }

    /// No going on: the error is kept for everybody, and those who wait are told.
    pub(crate) fn poison(&self, error: Error) {
        self.poison.lock().get_or_insert(error.poison());
        self.tell();
    }

    /// Calls the subscribers.
    pub(crate) fn tell(&self) {
        let durable = Lsn(self.durable.load(Ordering::Acquire));
        let subscribers = self.subscribers.lock().clone();
        for subscriber in subscribers {
            subscriber(durable);
        }
    }
}

/// Takes bytes off a list of buffers, as slices.
struct Cut<'a> {
    parts: &'a [&'a [u8]],
    at: usize,
}

impl<'a> Cut<'a> {
    fn take(&mut self, mut count: usize) -> Vec<&'a [u8]> {
        let mut taken = Vec::with_capacity(self.parts.len());
        while let Some((first, rest)) = self.parts.split_first() {
            let available = first.get(self.at..).unwrap_or_default();
            if available.len() > count {
                taken.push(available.get(..count).unwrap_or_default());
                self.at += count;
                break;
            }
            taken.push(available);
            count -= available.len();
            self.parts = rest;
            self.at = 0;
        }
        taken
    }
}
