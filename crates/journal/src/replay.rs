//! Reading frames and records back.

use crate::frame::{self, Header, Part};
use crate::journal::Shared;
use crate::{Error, Lsn, Result, segment};
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;
use vfs::File;

/// Bytes read at a time.
const WINDOW: usize = 1 << 20;

/// A record, as it was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it begins.
    pub lsn: Lsn,
    /// Where it ends: what [`append`](crate::Journal::append) returned.
    pub end: Lsn,
    /// The kind it was appended with.
    pub kind: u8,
    /// Its bytes.
    pub payload: &'a [u8],
}

/// Reads the records from `from` up to `end`.
pub(crate) fn replay(
    shared: &Shared,
    from: Lsn,
    end: Lsn,
    visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
) -> Result<()> {
    let files = shared.files.lock().clone();
    let oldest = files.keys().next().copied().unwrap_or_default();
    if from < oldest {
        return Err(Error::Missing { segment: segment::path(&shared.dir, shared.segment_of(from)) });
    }
    if from > end {
        // The caller has seen the journal longer: what is missing was durable.
        let segment = segment::path(&shared.dir, shared.segment_of(end));
        return Err(Error::Corrupt { segment, offset: end.0 % shared.segment_len });
    }
    let mut reader = Reader::new(&shared.dir, &files, shared.segment_len, shared.id);
    // Frames are found from a segment's start only; those before `from` are passed over.
    let mut at = Lsn(shared.segment_of(from.max(oldest)).0 + segment::HEADER_LEN as u64);
    let mut payload = Vec::new();
    let mut record: Option<(Lsn, u8)> = None;
    while at < end {
        let start = at;
        let Some(frame) = reader.frame_at(&mut at)? else {
            return Err(Error::Corrupt {
                segment: segment::path(&shared.dir, shared.segment_of(start)),
                offset: start.0 % shared.segment_len,
            });
        };
        if frame.part == Part::Whole {
            let whole = Record { lsn: frame.lsn, end: at, kind: frame.kind, payload: reader.payload() };
            record = None;
            if frame.lsn >= from && visit(whole).is_break() {
                break;
            }
            continue;
        }
        if frame.part.is_first() {
            payload.clear();
            record = Some((frame.lsn, frame.kind));
        }
        // A segment may begin in the middle of a record that began before `from`.
        let Some((lsn, kind)) = record else { continue };
        payload.extend_from_slice(reader.payload());
        if frame.part.is_last() {
            record = None;
            if lsn >= from && visit(Record { lsn, end: at, kind, payload: &payload }).is_break() {
                break;
            }
        }
    }
    Ok(())
}

/// Eight bytes as a number.
fn number(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Finds frames in segments, through a window.
pub(crate) struct Reader<'a> {
    dir: &'a Path,
    files: &'a BTreeMap<Lsn, Arc<dyn File>>,
    segment_len: u64,
    journal_id: u64,
    window: Vec<u8>,
    window_start: Lsn,
    /// Where in the window the payload of the frame read last lies.
    payload: Range<usize>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        dir: &'a Path,
        files: &'a BTreeMap<Lsn, Arc<dyn File>>,
        segment_len: u64,
        journal_id: u64,
    ) -> Reader<'a> {
        Reader {
            dir,
            files,
            segment_len,
            journal_id,
            window: Vec::new(),
            window_start: Lsn(0),
            payload: 0..0,
        }
    }

    /// The payload of the frame read last.
    pub(crate) fn payload(&self) -> &[u8] {
        self.window.get(self.payload.clone()).unwrap_or_default()
    }

    /// The frame at a position, which moves behind it; `None` if there is no valid frame. A position at the
    /// rest of a segment that holds no frame moves to the next segment.
    pub(crate) fn frame_at(&mut self, at: &mut Lsn) -> Result<Option<Header>> {
        let left = self.segment_len - at.0 % self.segment_len;
        let mut place = *at;
        if left <= frame::HEADER_LEN as u64 || at.0.is_multiple_of(self.segment_len) {
            let next = Lsn(at.0.next_multiple_of(self.segment_len));
            if !self.begins_segment(next)? {
                return Ok(None);
            }
            place = Lsn(next.0 + segment::HEADER_LEN as u64);
        }
        let Some(header) = self.valid_frame(place)? else { return Ok(None) };
        *at = Lsn(place.0 + frame::HEADER_LEN as u64 + u64::from(header.len));
        Ok(Some(header))
    }

    /// Every valid frame behind a place that holds none. Segments are synced one after the other, so those behind the
    /// place's own can hold some only if they have been begun.
    pub(crate) fn valid_frames_behind(&mut self, at: Lsn) -> Result<Vec<Header>> {
        let mut found = Vec::new();
        self.collect_frames(at, &mut found)?;
        let left = self.segment_len - at.0 % self.segment_len;
        let mut next = Lsn(at.0.next_multiple_of(self.segment_len));
        if left <= frame::HEADER_LEN as u64 {
            // The place is the next segment's start: its header may be what was torn.
            self.collect_frames(next, &mut found)?;
            next.0 += self.segment_len;
        }
        while self.begins_segment(next)? {
            self.collect_frames(next, &mut found)?;
            next.0 += self.segment_len;
        }
        Ok(found)
    }

    /// The valid frames at or behind a place in its segment.
    fn collect_frames(&mut self, from: Lsn, found: &mut Vec<Header>) -> Result<()> {
        let end = Lsn((from.0 + 1).next_multiple_of(self.segment_len));
        let mut place = self.next_plausible(from)?;
        while place < end {
            match self.valid_frame(place)? {
                Some(header) => {
                    place.0 += frame::HEADER_LEN as u64 + u64::from(header.len);
                    found.push(header);
                }
                None => place.0 += 1,
            }
            if place < end {
                place = self.next_plausible(place)?;
            }
        }
        Ok(())
    }

    /// The next place at or behind `from`, in its segment, whose bytes claim to be a frame of that place; the
    /// start of the next segment if there is none. Looks at every byte: this is what opening spends its time on.
    fn next_plausible(&mut self, from: Lsn) -> Result<Lsn> {
        const LSN_AT: usize = 12;
        const LOOK: usize = 64 * 1024;
        let segment_end = Lsn((from.0 + 1).next_multiple_of(self.segment_len));
        let mut place = from;
        while place < segment_end {
            let bytes = self.bytes(place, LOOK)?;
            if bytes.len() == LOOK && bytes.iter().all(|byte| *byte == 0) {
                // Room that was prepared. No position is all zeros, but one may begin in the last bytes.
                place.0 += (LOOK - LSN_AT - 8) as u64;
                continue;
            }
            let claims = bytes.get(LSN_AT..).unwrap_or_default().windows(8);
            if let Some(ahead) = claims.zip(place.0..).position(|(claim, at)| number(claim) == at) {
                return Ok(Lsn(place.0 + ahead as u64));
            }
            // The last bytes are looked at again together with those behind them.
            let looked = bytes.len().saturating_sub(LSN_AT + 7);
            if bytes.len() < LOOK || looked == 0 {
                return Ok(segment_end);
            }
            place.0 += looked as u64;
        }
        Ok(segment_end)
    }

    /// Starts of the valid frames from `from` to `to`: parts of a record whose last part is missing.
    pub(crate) fn frames_between(&mut self, from: Lsn, to: Lsn) -> Result<Vec<Lsn>> {
        let mut at = from;
        let mut starts = Vec::new();
        while at < to {
            match self.frame_at(&mut at)? {
                Some(header) => starts.push(header.lsn),
                None => break,
            }
        }
        Ok(starts)
    }

    /// Whether a segment begins at `first` and belongs to this journal.
    pub(crate) fn begins_segment(&mut self, first: Lsn) -> Result<bool> {
        if !self.files.contains_key(&first) {
            return Ok(false);
        }
        let path = segment::path(self.dir, first);
        let header = segment::Header::decode(self.bytes(first, segment::HEADER_LEN)?, &path)?;
        Ok(header.is_some_and(|header| header.journal_id == self.journal_id && header.first == first))
    }

    fn valid_frame(&mut self, place: Lsn) -> Result<Option<Header>> {
        let left = self.segment_len - place.0 % self.segment_len;
        let Some(header) = Header::decode(self.bytes(place, frame::HEADER_LEN)?, place) else {
            return Ok(None);
        };
        let len = frame::HEADER_LEN + header.len as usize;
        if len as u64 > left {
            return Ok(None);
        }
        let journal_id = self.journal_id;
        let whole = self.bytes(place, len)?;
        let Some((head, payload)) = whole.split_at_checked(frame::HEADER_LEN) else { return Ok(None) };
        let is_valid = whole.len() == len && header.is_valid(journal_id, head, payload);
        let start = (place.0 - self.window_start.0) as usize;
        self.payload = start + frame::HEADER_LEN..start + len;
        Ok(is_valid.then_some(header))
    }

    /// Up to `len` bytes at a position, within its segment; fewer at the end of the file.
    fn bytes(&mut self, at: Lsn, len: usize) -> Result<&[u8]> {
        let within = at.0.checked_sub(self.window_start.0).and_then(|start| usize::try_from(start).ok());
        let left = (self.segment_len - at.0 % self.segment_len) as usize;
        let len = len.min(left);
        let covered = within.is_some_and(|start| start + len <= self.window.len());
        let start = if covered { within.unwrap_or(0) } else { self.load(at, len)? };
        let end = (start + len).min(self.window.len());
        Ok(self.window.get(start..end).unwrap_or_default())
    }

    fn load(&mut self, at: Lsn, len: usize) -> Result<usize> {
        let first = Lsn(at.0 - at.0 % self.segment_len);
        let within = at.0 - first.0;
        let left = usize::try_from(self.segment_len - within).unwrap_or(usize::MAX);
        self.window.clear();
        self.window_start = at;
        let Some(file) = self.files.get(&first) else { return Ok(0) };
        self.window.resize(WINDOW.max(len).min(left), 0);
        let path = segment::path(self.dir, first);
        let read = file.read_at(&mut self.window, within).map_err(Error::disk("read", &path))?;
        self.window.truncate(read);
        Ok(0)
    }
}
