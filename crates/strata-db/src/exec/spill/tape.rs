//! A list of records in a spill file, in the order in which they were written.

use super::file::{Chunk, SpillFile, damaged};
use crate::error::Result;
use std::ops::Range;

/// Bytes of a record's length.
const LEN_LEN: usize = 4;

/// Records that have been written.
#[derive(Clone, Debug, Default)]
pub(in crate::exec) struct Tape {
    chunks: Vec<Chunk>,
    records: u64,
}

impl Tape {
    /// Number of records.
    pub(in crate::exec) fn records(&self) -> u64 {
        self.records
    }

    /// From its first record.
    pub(in crate::exec) fn reader(&self) -> TapeReader {
        TapeReader { chunks: self.chunks.clone(), next: 0, buffer: Vec::new(), record: 0..0 }
    }
}

/// A tape being written.
#[derive(Default)]
pub(in crate::exec) struct TapeWriter {
    tape: Tape,
    buffer: Vec<u8>,
    chunk_len: usize,
}

impl TapeWriter {
    /// An empty tape, of chunks of about so many bytes.
    pub(in crate::exec) fn new(chunk_len: usize) -> TapeWriter {
        TapeWriter { tape: Tape::default(), buffer: Vec::new(), chunk_len }
    }

    /// Appends the record that `write` appends to the buffer.
    ///
    /// # Errors
    /// As [`SpillFile::append`].
    pub(in crate::exec) fn push(
        &mut self,
        file: &mut SpillFile,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<()> {
        let from = self.buffer.len();
        self.buffer.extend_from_slice(&[0; LEN_LEN]);
        write(&mut self.buffer);
        // A record too long for this number is refused as a chunk.
        let len = (self.buffer.len() - from - LEN_LEN) as u32;
        self.buffer[from..from + LEN_LEN].copy_from_slice(&len.to_le_bytes());
        self.tape.records += 1;
        if self.buffer.len() >= self.chunk_len {
            self.flush(file)?;
        }
        Ok(())
    }

    /// The tape as written.
    ///
    /// # Errors
    /// As [`SpillFile::append`].
    pub(in crate::exec) fn finish(mut self, file: &mut SpillFile) -> Result<Tape> {
        if !self.buffer.is_empty() {
            self.flush(file)?;
        }
        Ok(self.tape)
    }

    fn flush(&mut self, file: &mut SpillFile) -> Result<()> {
        self.tape.chunks.push(file.append(&self.buffer)?);
        // One long record does not make the buffer long for ever.
        self.buffer.clear();
        self.buffer.shrink_to(2 * self.chunk_len);
        Ok(())
    }
}

/// Where somebody stands in a tape: before its first record, or at one.
pub(in crate::exec) struct TapeReader {
    chunks: Vec<Chunk>,
    /// The chunk behind the one in the buffer.
    next: usize,
    buffer: Vec<u8>,
    /// The record in the buffer.
    record: Range<usize>,
}

impl TapeReader {
    /// Goes to the next record, if there is one.
    ///
    /// # Errors
    /// XX001 if the file does not hold what was written; 58030.
    pub(in crate::exec) fn advance(&mut self, file: &SpillFile) -> Result<bool> {
        if self.record.end == self.buffer.len() {
            let Some(chunk) = self.chunks.get(self.next) else { return Ok(false) };
            file.read(*chunk, &mut self.buffer)?;
            self.next += 1;
            self.record = 0..0;
        }
        let Some(record) = record_at(&self.buffer, self.record.end) else { return Err(damaged(file.len())) };
        self.record = record;
        Ok(true)
    }

    /// The record that it stands at.
    pub(in crate::exec) fn record(&self) -> &[u8] {
        &self.buffer[self.record.clone()]
    }

    /// The next record.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub(in crate::exec) fn next(&mut self, file: &SpillFile) -> Result<Option<&[u8]>> {
        Ok(if self.advance(file)? { Some(self.record()) } else { None })
    }

    /// Back to the first record.
    pub(in crate::exec) fn rewind(&mut self) {
        self.next = 0;
        self.buffer.clear();
        self.record = 0..0;
    }
}

/// Where the record lies whose length is at `at`.
fn record_at(buffer: &[u8], at: usize) -> Option<Range<usize>> {
    let (len, rest) = buffer.get(at..)?.split_first_chunk::<LEN_LEN>()?;
    let len = u32::from_le_bytes(*len) as usize;
    (len <= rest.len()).then_some(at + LEN_LEN..at + LEN_LEN + len)
}
