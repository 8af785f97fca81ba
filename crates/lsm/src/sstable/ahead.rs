//! Reading ahead: who walks a whole table reads it in long pieces, past the block cache.

use super::{Handle, Table, stored};
use crate::buffer::Buffer;
use crate::{Error, Result};

/// Bytes of a piece: long enough that a call and a seek are little beside the transfer.
const PIECE_LEN: u64 = 256 << 10;

/// A piece of a table's file.
#[derive(Default)]
pub(crate) struct ReadAhead {
    bytes: Vec<u8>,
    start: u64,
}

impl ReadAhead {
    /// Forgets the piece: the next block is another table's.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The block at `handle`, checked and unpacked.
    pub(crate) fn block(&mut self, table: &Table, handle: Handle) -> Result<Buffer> {
        let end = handle.offset + u64::from(handle.len);
        let is_here = self.start <= handle.offset && end <= self.start + self.bytes.len() as u64;
        if !is_here {
            self.read(table, handle)?;
        }
        let from = (handle.offset - self.start) as usize;
        let stored = self.bytes.get(from..from + handle.len as usize);
        let stored = stored.ok_or_else(|| table.malformed(handle))?;
        stored::unpack(Buffer::copy_of(stored), table.meta.id, handle.offset)
            .map_err(|what| Error::corrupt(table.path(), handle.offset, what))
    }

    fn read(&mut self, table: &Table, handle: Handle) -> Result<()> {
        let rest = table.meta.len.saturating_sub(handle.offset);
        if u64::from(handle.len) > rest {
            return Err(table.malformed(handle));
        }
        self.bytes.resize(rest.min(PIECE_LEN.max(handle.len.into())) as usize, 0);
        self.start = handle.offset;
        table.read_piece(&mut self.bytes, self.start).inspect_err(|_| self.bytes.clear())
    }
}
