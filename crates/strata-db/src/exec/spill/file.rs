//! A scratch file of checked chunks.

use crate::error::{Result, SqlError};
use strata_store::{Error, ScratchFile};
use strata_types::sqlstate;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bytes of a chunk's checksum.
const CHECKSUM_LEN: usize = 8;

/// A file that chunks are appended to and read back from, gone when dropped.
pub(in crate::exec) struct SpillFile {
    file: ScratchFile,
}

/// Where a chunk lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec) struct Chunk {
    at: u64,
    /// Without its checksum.
    len: u32,
}

impl SpillFile {
    /// An empty file.
    pub(super) fn new(file: ScratchFile) -> SpillFile {
        SpillFile { file }
    }

    /// Appends a chunk.
    ///
    /// # Errors
    /// 53100 if the disk is full; 58030.
    pub(in crate::exec) fn append(&mut self, bytes: &[u8]) -> Result<Chunk> {
        let Ok(len) = u32::try_from(bytes.len()) else {
            return Err(SqlError::new(
                sqlstate::PROGRAM_LIMIT_EXCEEDED,
                format!("a row of {} bytes cannot be kept in a temporary file", bytes.len()),
            ));
        };
        let at = self.file.len();
        let checksum = xxh3_64_with_seed(bytes, at).to_le_bytes();
        self.file.append(&checksum).map_err(Error::from)?;
        self.file.append(bytes).map_err(Error::from)?;
        Ok(Chunk { at, len })
    }

    /// Reads a chunk in the place of what is in `into`.
    ///
    /// # Errors
    /// XX001 if it is not what was written; 58030.
    pub(in crate::exec) fn read(&self, chunk: Chunk, into: &mut Vec<u8>) -> Result<()> {
        let mut checksum = [0; CHECKSUM_LEN];
        self.file.read_at(&mut checksum, chunk.at).map_err(Error::from)?;
        into.resize(chunk.len as usize, 0);
        self.file.read_at(into, chunk.at + CHECKSUM_LEN as u64).map_err(Error::from)?;
        if u64::from_le_bytes(checksum) != xxh3_64_with_seed(into, chunk.at) {
            return Err(damaged(chunk.at));
        }
        Ok(())
    }

    /// Bytes written.
    pub(in crate::exec) fn len(&self) -> u64 {
        self.file.len()
    }
}

/// What a chunk at `at` holds cannot be.
pub(super) fn damaged(at: u64) -> SqlError {
    SqlError::new(sqlstate::DATA_CORRUPTED, format!("a temporary file is damaged in the chunk at byte {at}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use strata_store::{Store, StoreOptions};

    #[test]
    fn a_chunk_is_known_by_its_place() {
        let options = StoreOptions { segment_len: 1 << 20, ..StoreOptions::default() };
        let store = Store::open(vfs::mem::env(), Path::new("/data"), options).unwrap();
        let mut file = SpillFile::new(store.scratch().unwrap());
        let chunks: Vec<Chunk> = (0..100u8).map(|n| file.append(&vec![n; 2_000]).unwrap()).collect();
        let mut bytes = Vec::new();
        for (n, chunk) in chunks.iter().enumerate().rev() {
            file.read(*chunk, &mut bytes).unwrap();
            assert_eq!(bytes, vec![n as u8; 2_000]);
        }
        let elsewhere = Chunk { at: chunks[7].at + 1, len: chunks[7].len };
        assert_eq!(file.read(elsewhere, &mut bytes).unwrap_err().sqlstate(), sqlstate::DATA_CORRUPTED);
        let shorter = Chunk { at: chunks[7].at, len: 10 };
        assert_eq!(file.read(shorter, &mut bytes).unwrap_err().sqlstate(), sqlstate::DATA_CORRUPTED);
        let beyond = Chunk { at: file.len(), len: 10 };
        assert!(file.read(beyond, &mut bytes).is_err());
    }
}
