//! Reading ahead: who walks a table in order reads it in pieces, not block by block.
//!
//! Who reads everything once does so in long pieces from the beginning, past the block cache. A scan through the
//! cache begins when it has missed some blocks in a row, with a short piece; each is twice as long as the one
//! before. Its pieces come from the memory pool: no memory, no reading ahead. What lies behind the end of the scan is
//! read but not looked at, and a piece that cannot be read is none: the block that is wanted is then read by itself.
//! A long scan's blocks enter the cache no more once it could have filled a part of it: they would only push out one
//! another, and what others use.

use super::{Handle, Table, stored};
use crate::buffer::Buffer;
use crate::{Error, Result};
use filesystem::Reservation;

/// Bytes of a long piece: a call and a seek are little beside the transfer.
const PIECE_LEN: u64 = 256 << 10;
/// Bytes of a scan's first piece.
const FIRST_LEN: u64 = 16 << 10;
/// Blocks missed in a row that a scan reads one by one.
const SINGLE_READS: u32 = 2;

/// A piece of a table's file.
pub(crate) struct ReadAhead {
    bytes: Vec<u8>,
    start: u64,
    /// Bytes of the next piece, unless a block is longer.
    len: u64,
    /// Memory for a piece of that length.
    memory: Option<Reservation>,
}

impl ReadAhead {
    /// In long pieces, whose memory is the caller's affair.
    pub(crate) fn long() -> Self {
        ReadAhead { bytes: Vec::new(), start: 0, len: PIECE_LEN, memory: None }
    }

    /// In pieces that grow as far as the pool grants it.
    fn growing(table: &Table) -> Option<Self> {
        let memory = table.reserve(FIRST_LEN as usize)?;
        Some(ReadAhead { bytes: Vec::new(), start: 0, len: FIRST_LEN, memory: Some(memory) })
    }

    /// Forgets the piece: the next block is another table's.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The block at `handle`, checked and unpacked.
    pub(crate) fn block(&mut self, table: &Table, handle: Handle) -> Result<Buffer> {
        if !self.covers(handle) {
            self.read(table, handle)?;
        }
        let from = (handle.offset - self.start) as usize;
        let stored = self.bytes.get(from..from + handle.len as usize);
        let stored = stored.ok_or_else(|| table.malformed(handle))?;
        stored::unpack(Buffer::copy_of(stored), table.meta.id, handle.offset)
            .map_err(|what| Error::corrupt(table.path(), handle.offset, what))
    }

    fn covers(&self, handle: Handle) -> bool {
        let end = handle.offset + u64::from(handle.len);
        self.start <= handle.offset && end <= self.start + self.bytes.len() as u64
    }

    fn read(&mut self, table: &Table, handle: Handle) -> Result<()> {
        let rest = table.meta.len.saturating_sub(handle.offset);
        if u64::from(handle.len) > rest {
            return Err(table.malformed(handle));
        }
        let len = rest.min(self.len.max(handle.len.into())) as usize;
        self.bytes.clear();
        self.bytes.reserve_exact(len);
        self.bytes.resize(len, 0);
        self.start = handle.offset;
        table.read_piece(&mut self.bytes, self.start).inspect_err(|_| self.bytes.clear())?;
        self.grow();
        Ok(())
    }

    fn grow(&mut self) {
        let more = self.len.min(PIECE_LEN - self.len);
        if more > 0 && self.memory.as_mut().is_some_and(|memory| memory.grow(more as usize)) {
            self.len += more;
        }
    }
}

/// What a scan has missed in a row.
#[derive(Default)]
pub(crate) struct Streak {
    misses: u32,
    /// Bytes of blocks that were read ahead.
    len: usize,
    ahead: Option<Box<ReadAhead>>,
}

impl Streak {
    /// The scan goes elsewhere.
    pub(crate) fn end(&mut self) {
        *self = Streak::default();
    }

    /// The scan goes on in another table.
    pub(crate) fn leave_table(&mut self) {
        self.ahead.iter_mut().for_each(|ahead| ahead.clear());
    }

    /// The cache has the block.
    pub(crate) fn hit(&mut self, handle: Handle) {
        if !self.ahead.as_ref().is_some_and(|ahead| ahead.covers(handle)) {
            self.end();
        }
    }

    /// The cache lacks the block. `None` if it is to be read by itself.
    pub(crate) fn miss(&mut self, table: &Table, handle: Handle) -> Option<Buffer> {
        self.misses = self.misses.saturating_add(1);
        if self.misses <= SINGLE_READS {
            return None;
        }
        if self.ahead.is_none() {
            self.ahead = ReadAhead::growing(table).map(Box::new);
        }
        let ahead = self.ahead.as_mut().filter(|ahead| u64::from(handle.len) < ahead.len)?;
        let Ok(block) = ahead.block(table, handle) else {
            self.end();
            return None;
        };
        self.len += block.len();
        Some(block)
    }

    /// Bytes of blocks that were read ahead since the scan went elsewhere.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}
