//! The journal as its user sees it: open, append, wait, replay, recycle.

use crate::frame::{self, Part};
use crate::preparer::Preparer;
use crate::replay::{self, Record};
use crate::segment;
use crate::writer::Writer;
use crate::{Error, Lsn, Result, copy, preparer, recovery, writer};
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use vfs::{Env, File, JobHandle};

/// Bytes that may wait to be written before `append` waits for the disk.
const PENDING_MAX: u64 = 64 << 20;

/// Payload of a frame at most: damage to a long record leaves a valid frame not far behind it, which tells
/// it from a torn tail.
const PAYLOAD_MAX: u64 = 1 << 20;

/// How a journal is laid out.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of a segment, fixed when the journal is made. At least 4 KiB, below 4 GiB.
    pub segment_len: u64,
    /// The caller's last checkpoint: records before it will not be asked for, so opening does not look at them.
    pub replay_from: Lsn,
}

impl Default for Options {
    fn default() -> Self {
        Options { segment_len: 64 << 20, replay_from: Lsn(0) }
    }
}

/// An append-only log that survives crashes. Any thread may append; one at a time does.
pub struct Journal {
    shared: Arc<Shared>,
    writer: Arc<dyn JobHandle>,
    preparer: Arc<dyn JobHandle>,
}

/// What the journal and its two jobs share. Latches are taken in the order in which they stand here.
pub(crate) struct Shared {
    pub(crate) env: Env,
    pub(crate) dir: PathBuf,
    pub(crate) segment_len: u64,
    pub(crate) id: u64,
    /// Held by whoever makes room.
    pub(crate) preparing: Mutex<()>,
    /// Held by whoever writes.
    pub(crate) writing: Mutex<Writing>,
    pub(crate) buffer: Mutex<Buffer>,
    /// Everything below is on disk and synced.
    pub(crate) durable: AtomicU64,
    /// Somebody waits for everything below.
    pub(crate) wanted: AtomicU64,
    /// There is room for everything below.
    pub(crate) reserved: AtomicU64,
    /// A full disk has refused what was appended: it waits to be written again.
    pub(crate) is_stalled: AtomicBool,
    /// Segments by their first LSN; those without a frame included.
    pub(crate) files: Mutex<BTreeMap<Lsn, Arc<dyn File>>>,
    /// Segments that end at or below this may be used again.
    pub(crate) recyclable: AtomicU64,
    poison: Mutex<Option<Error>>,
    subscribers: Mutex<Subscribers>,
}

#[derive(Default)]
struct Subscribers {
    all: Vec<Subscriber>,
    /// What they were told last: the durable position, and whether there is no going on.
    told: (Lsn, bool),
}

type Subscriber = Arc<dyn Fn(Lsn) + Send + Sync>;

/// What was appended and is not being written yet: the bytes from `start` on, as they will be on disk.
pub(crate) struct Buffer {
    pub(crate) start: Lsn,
    pub(crate) bytes: Vec<u8>,
    /// Records that somebody waits for.
    pub(crate) commits: u32,
    /// The writer sleeps until they are so many.
    pub(crate) awaited: u32,
}

/// The buffer when a record was put into it.
struct Before {
    is_first: bool,
    end: Lsn,
    /// What the writer waits for has come, or it waits for nothing.
    is_gathered: bool,
}

/// What belongs to whoever writes.
#[derive(Default)]
pub(crate) struct Writing {
    /// The buffer that is not being filled.
    pub(crate) spare: Vec<u8>,
    /// Taken out of the buffer, and refused by a full disk.
    pub(crate) refused: Option<Group>,
}

/// What is written at once.
pub(crate) struct Group {
    pub(crate) start: Lsn,
    pub(crate) bytes: Vec<u8>,
    /// Records that somebody waits for.
    pub(crate) commits: u32,
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
        let found = recovery::recover(env, dir, &options)?;
        let shared = Arc::new(Shared {
            env: env.clone(),
            dir: dir.to_owned(),
            segment_len: found.segment_len,
            id: found.journal_id,
            preparing: Mutex::new(()),
            writing: Mutex::default(),
            is_stalled: AtomicBool::new(false),
            buffer: Mutex::new(Buffer { start: found.end, bytes: Vec::new(), commits: 0, awaited: 0 }),
            durable: AtomicU64::new(found.end.0),
            wanted: AtomicU64::new(0),
            reserved: AtomicU64::new(found.reserved.0),
            files: Mutex::new(found.files),
            recyclable: AtomicU64::new(0),
            poison: Mutex::new(None),
            subscribers: Mutex::new(Subscribers { all: Vec::new(), told: (found.end, false) }),
        });
        Ok(Journal {
            writer: env.jobs.spawn("journal", Box::new(Writer::new(shared.clone()))),
            preparer: env.jobs.spawn("journal segments", Box::new(Preparer(shared.clone()))),
            shared,
        })
    }

    /// Appends a record, the concatenation of `parts`, and returns its end: it is durable when
    /// [`Self::durable`] has reached that, soon. Memory only, unless 64 MiB are unwritten or the preparer has fallen
    /// behind: then the calling thread does what is missing.
    ///
    /// # Errors
    /// [`Error::Full`] without room on the disk, for this record or for what was appended before;
    /// [`Error::Poisoned`] after a failed write or sync.
    pub fn append(&self, kind: u8, parts: &[&[u8]]) -> Result<Lsn> {
        let (before, end) = self.push(kind, parts, true)?;
        self.shared.wanted.fetch_max(end.0, Ordering::AcqRel);
        if before.is_gathered {
            self.writer.wake();
        }
        Ok(end)
    }

    /// As [`append`](Self::append), for a record that nobody waits for: it becomes durable within a few milliseconds,
    /// together with what else is appended until then, or with the next record that somebody does wait for.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_lazily(&self, kind: u8, parts: &[&[u8]]) -> Result<Lsn> {
        let (before, end) = self.push(kind, parts, false)?;
        // The writer need not hear of every record: it knows of those that wait already.
        let pending = |at: Lsn| at.0.saturating_sub(self.shared.durable().0);
        if before.is_first || pending(end) >= writer::LAZY_LEN && pending(before.end) < writer::LAZY_LEN {
            self.writer.wake();
        }
        Ok(end)
    }

    /// Puts a record into the buffer, for which somebody waits if it `is_commit`; how the buffer was before, and the
    /// record's end.
    fn push(&self, kind: u8, parts: &[&[u8]], is_commit: bool) -> Result<(Before, Lsn)> {
        let len: u64 = parts.iter().map(|part| part.len() as u64).sum();
        self.wait_for_room(len)?;
        let mut buffer = self.shared.buffer.lock();
        while self.shared.end_after(buffer.end(), len) > self.shared.reserved() {
            let end = self.shared.end_after(buffer.end(), len);
            MutexGuard::unlocked(&mut buffer, || preparer::prepare(&self.shared, end))?;
        }
        buffer.commits += u32::from(is_commit);
        let is_gathered = buffer.commits >= buffer.awaited;
        let before = Before { is_first: buffer.bytes.is_empty(), end: buffer.end(), is_gathered };
        let durable = self.durable();
        let mut rest = Cut { parts, at: 0 };
        let mut left = len;
        let mut first = true;
        loop {
            let room = self.shared.room_for_payload(&mut buffer);
            let take = left.min(room).min(PAYLOAD_MAX);
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
        if preparer::is_needed(&self.shared, end) {
            self.preparer.wake();
        }
        Ok((before, end))
    }

    /// Position behind the last record appended.
    pub fn end(&self) -> Lsn {
        self.shared.buffer.lock().end()
    }

    /// Everything below this position survives any crash.
    pub fn durable(&self) -> Lsn {
        self.shared.durable()
    }

    /// Waits until everything below `lsn`, which was appended, is durable, and for room on the disk if that is what it
    /// takes. Not for use inside a job.
    ///
    /// # Errors
    /// [`Error::Poisoned`] if that can never be.
    pub fn wait_durable(&self, lsn: Lsn) -> Result<()> {
        let is_over = || self.durable() >= lsn || self.poisoned().is_some();
        if self.durable() < lsn {
            self.assert_appended(lsn);
            self.want(lsn);
            self.shared.env.jobs.wait_until(&is_over);
        }
        if self.durable() >= lsn { Ok(()) } else { self.shared.check_poison() }
    }

    /// Like [`Self::wait_durable`], but writes on the calling thread, so that a job may ask for it, and does not wait for
    /// room.
    ///
    /// # Errors
    /// [`Error::Full`] if there is no room now, [`Error::Poisoned`] if it can never be.
    pub fn sync_to(&self, lsn: Lsn) -> Result<()> {
        if self.durable() >= lsn {
            return Ok(());
        }
        self.assert_appended(lsn);
        let mut written = Ok(true);
        // A group that was refused before comes first, and by itself.
        while self.durable() < lsn && matches!(written, Ok(true)) {
            written = writer::write_pending(&self.shared).map(|commits| commits.is_some());
        }
        // The job tells the subscribers: they may want what the caller holds.
        self.writer.wake();
        written.map(|_| ())
    }

    /// Asks for everything appended so far to be made durable soon.
    pub fn request_sync(&self) {
        self.want(self.end());
    }

    /// Whoever has asked for as much has woken the writer, if it is not to wait for more first.
    fn want(&self, lsn: Lsn) {
        if self.shared.wanted.fetch_max(lsn.0, Ordering::AcqRel) < lsn.0 {
            self.writer.wake();
        }
    }

    /// `f` is called from a job's thread whenever [`Self::durable`] has grown, and once the journal is poisoned.
    pub fn subscribe(&self, f: Arc<dyn Fn(Lsn) + Send + Sync>) {
        self.shared.subscribers.lock().all.push(f);
    }

    /// Why the journal accepts nothing more, if it is so. [`Self::durable`] grows no more either.
    pub fn poisoned(&self) -> Option<Error> {
        self.shared.check_poison().err()
    }

    /// Reads the records that begin at or behind `from`, in order, until `visit` breaks.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for damage, [`Error::Missing`] if segments from `from` on are gone, and the disk's.
    pub fn replay(&self, from: Lsn, visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>) -> Result<()> {
        replay::replay(&self.shared, from, self.durable(), visit)
    }

    /// Copies the segments between `from` and `to` to another directory, which is a journal that ends at `to`
    /// then. Both must be durable, and the caller sees to it that nothing from `from` on is recycled
    /// meanwhile. Returns the bytes copied.
    ///
    /// # Errors
    /// [`Error::Missing`] if segments from `from` on are gone, and the disk's.
    pub fn copy(&self, from: Lsn, to: Lsn, dir: &Path) -> Result<u64> {
        copy::copy(&self.shared, from, to, dir)
    }

    /// Promises that nothing below `lsn` will be read again: whole segments below it are used again.
    pub fn recycle_before(&self, lsn: Lsn) {
        self.shared.recyclable.fetch_max(lsn.0, Ordering::AcqRel);
        self.preparer.wake();
    }

    /// Lets the writer catch up before more is piled up.
    fn wait_for_room(&self, len: u64) -> Result<()> {
        self.shared.check_poison()?;
        writer::write_refused(&self.shared)?;
        let pending = self.shared.buffer.lock().bytes.len() as u64;
        if pending > 0 && pending + len > PENDING_MAX {
            writer::write_pending(&self.shared)?;
        }
        Ok(())
    }

    fn assert_appended(&self, lsn: Lsn) {
        let end = self.end();
        assert!(lsn <= end, "waiting for {lsn}, but the journal ends at {end}");
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

    /// Where a record of `len` bytes ends if it is appended at `at`: the same walk as `append`'s.
    fn end_after(&self, at: Lsn, len: u64) -> Lsn {
        let frame_header = frame::HEADER_LEN as u64;
        let (mut at, mut left) = (at.0, len);
        loop {
            let within = at % self.segment_len;
            let room = self.segment_len - within;
            if within == 0 {
                at += segment::HEADER_LEN as u64;
            } else if room <= frame_header {
                at += room;
            } else {
                let take = left.min(room - frame_header).min(PAYLOAD_MAX);
                at += frame_header + take;
                left -= take;
                if left == 0 {
                    return Lsn(at);
                }
            }
        }
    }

    /// There is room for everything below.
    pub(crate) fn reserved(&self) -> Lsn {
        Lsn(self.reserved.load(Ordering::Acquire))
    }

    /// The first LSN of the segment that holds `lsn`.
    pub(crate) fn segment_of(&self, lsn: Lsn) -> Lsn {
        Lsn(lsn.0 - lsn.0 % self.segment_len)
    }

    /// Everything below is on disk and synced.
    pub(crate) fn durable(&self) -> Lsn {
        Lsn(self.durable.load(Ordering::Acquire))
    }

    /// Everything below `lsn` is on disk. Once the journal is poisoned this is told nobody any more: where it was
    /// durable when it failed is final.
    pub(crate) fn reach(&self, lsn: Lsn) -> Result<()> {
        let poison = self.poison.lock();
        match &*poison {
            Some(error) => Err(error.clone()),
            None => {
                self.durable.store(lsn.0, Ordering::Release);
                Ok(())
            }
        }
    }

    /// No going on: the first such error is kept for everybody, and returned.
    pub(crate) fn poison(&self, error: Error) -> Error {
        self.poison.lock().get_or_insert(error.poison()).clone()
    }

    pub(crate) fn check_poison(&self) -> Result<()> {
        self.poison.lock().clone().map_or(Ok(()), Err)
    }

    /// Calls the subscribers if there is news.
    pub(crate) fn tell(&self) {
        let news = (self.durable(), self.poison.lock().is_some());
        let all = {
            let mut subscribers = self.subscribers.lock();
            if subscribers.told == news {
                return;
            }
            subscribers.told = news;
            subscribers.all.clone()
        };
        for subscriber in all {
            subscriber(news.0);
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
