//! Bytes that are filled once and then shared.

use std::ops::Deref;
use std::sync::Arc;

/// Shared bytes. The count of owners lies right before them, in one allocation: to take a share of a block
/// costs no cache miss that reading the block would not cost as well.
#[derive(Clone, Default)]
pub(crate) struct Buffer {
    owner: Arc<[u8]>,
    len: usize,
}

impl Buffer {
    /// So many bytes, to be filled by `fill`.
    pub(crate) fn filled<E>(
        len: usize,
        fill: impl FnOnce(&mut [u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<Buffer, E> {
        let mut owner: Arc<[u8]> = std::iter::repeat_n(0, len).collect();
        match Arc::get_mut(&mut owner) {
            Some(bytes) => fill(bytes)?,
            None => unreachable!("a new buffer has one owner"),
        }
        Ok(Buffer { owner, len })
    }

    /// A copy.
    pub(crate) fn copy_of(bytes: &[u8]) -> Buffer {
        Buffer { owner: Arc::from(bytes), len: bytes.len() }
    }

    /// Forgets what lies behind `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// The allocation, which may be longer.
    pub(crate) fn owner(&self) -> &Arc<[u8]> {
        &self.owner
    }
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.owner.get(..self.len).unwrap_or_default()
    }
}
