//! The writer job: whatever has been appended meanwhile is one write and one sync.

use crate::journal::{Buffer, Shared};
use crate::{Error, Lsn, Result, segment};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use vfs::{File, Job, Progress};

/// Buffers longer than this are given back after use, so that one huge record is not held for ever.
const KEPT_CAPACITY: usize = 4 << 20;

/// Writes and syncs what has been appended.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    /// The other buffer: while this one is written, appends fill the first.
    spare: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>) -> Writer {
        Writer { shared, spare: Vec::new() }
    }

    /// Takes what has been appended; `None` if there is nothing, or nothing may be written any more.
    fn take(&mut self) -> Option<(Lsn, Vec<u8>)> {
        if self.shared.poison.lock().is_some() {
            return None;
        }
        let mut buffer = self.shared.buffer.lock();
        if buffer.bytes.is_empty() {
            return None;
        }
        let Buffer { start, bytes } = &mut *buffer;
        let taken = (*start, std::mem::replace(bytes, std::mem::take(&mut self.spare)));
        start.0 += taken.1.len() as u64;
        Some(taken)
    }

    /// Writes a run of bytes, which may reach over several segments, and syncs their files.
    fn write(&self, start: Lsn, bytes: &[u8]) -> Result<()> {
        let mut at = start;
        let mut rest = bytes;
        while !rest.is_empty() {
            let first = self.shared.segment_of(at);
            let within = at.0 - first.0;
            let count = rest.len().min((self.shared.segment_len - within) as usize);
            let (piece, later) = rest.split_at(count);
            let path = segment::path(&self.shared.dir, first);
            let file = self.file(first)?;
            file.write_all_at(piece, within).map_err(Error::disk("write", &path))?;
            file.sync().map_err(Error::disk("sync", &path))?;
            at.0 += count as u64;
            rest = later;
        }
        Ok(())
    }

    fn file(&self, first: Lsn) -> Result<Arc<dyn File>> {
        let missing = || Error::Missing { segment: segment::path(&self.shared.dir, first) };
        self.shared.files.lock().get(&first).cloned().ok_or_else(missing)
    }
}

impl Job for Writer {
    fn step(&mut self) -> Progress {
        let Some((start, mut bytes)) = self.take() else { return Progress::Idle };
        match self.write(start, &bytes) {
            Ok(()) => {
                self.shared.durable.store(start.0 + bytes.len() as u64, Ordering::Release);
                self.shared.tell();
            }
            Err(error) => self.shared.poison(error),
        }
        bytes.clear();
        if bytes.capacity() <= KEPT_CAPACITY {
            self.spare = bytes;
        }
        Progress::More
    }
}
