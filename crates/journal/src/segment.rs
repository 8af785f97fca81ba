//! Segments: the files of a journal.

use crate::{Error, Lsn, Result};
use std::path::{Path, PathBuf};

/// Bytes before a segment's first frame.
pub(crate) const HEADER_LEN: usize = 48;
/// The first bytes of every segment.
const MAGIC: &[u8; 8] = b"STRATAJN";
/// The format that this build writes, and the newest it reads.
const FORMAT: u32 = 1;

/// What stands at the start of a segment.
///
/// ```text
/// magic 8 | format 4 | 0 4 | journal id 8 | first lsn 8 | segment length 8 | 0 4 | crc32 4
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) journal_id: u64,
    pub(crate) first: Lsn,
    pub(crate) segment_len: u64,
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0u8; HEADER_LEN];
        bytes[0..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.journal_id.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.segment_len.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..44]);
        bytes[44..48].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// `None` if these bytes are no header: a segment that was prepared and never begun, or a torn one.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`].
    pub(crate) fn decode(bytes: &[u8], segment: &Path) -> Result<Option<Header>> {
        let Some((bytes, _)) = bytes.split_first_chunk::<HEADER_LEN>() else { return Ok(None) };
        let (covered, crc) = bytes.split_at(HEADER_LEN - 4);
        if !bytes.starts_with(MAGIC) || crc != crc32fast::hash(covered).to_le_bytes() {
            return Ok(None);
        }
        let number = |at: usize| {
            let mut le = [0u8; 8];
            le.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(le)
        };
        let found = number(8) as u32;
        if found > FORMAT {
            return Err(Error::UnknownFormat { segment: segment.to_owned(), found, supported: FORMAT });
        }
        Ok(Some(Header { journal_id: number(16), first: Lsn(number(24)), segment_len: number(32) }))
    }
}

/// The name of the segment that begins at `first`.
pub(crate) fn path(dir: &Path, first: Lsn) -> PathBuf {
    dir.join(format!("{:020}.jnl", first.0))
}

/// The first LSN that a file's name tells; `None` for other files.
pub(crate) fn first_lsn(path: &Path) -> Option<Lsn> {
    let digits = path.file_name()?.to_str()?.strip_suffix(".jnl")?;
    (digits.len() == 20).then(|| digits.parse().ok().map(Lsn))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_survived(mut bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(Header::decode(&bytes, Path::new("x")).unwrap(), None);
            // With magic and checksum in place, whatever the rest says.
            if let Some(header) = bytes.first_chunk_mut::<HEADER_LEN>() {
                header[..8].copy_from_slice(MAGIC);
                let crc = crc32fast::hash(&header[..HEADER_LEN - 4]);
                header[HEADER_LEN - 4..].copy_from_slice(&crc.to_le_bytes());
                let _ = Header::decode(header, Path::new("x"));
            }
        }
    }

    #[test]
    fn headers_round_trip_and_notice_damage() {
        let header = Header { journal_id: 9, first: Lsn(4096), segment_len: 4096 };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes, Path::new("x")).unwrap(), Some(header));
        for at in 0..HEADER_LEN {
            let mut damaged = bytes;
            damaged[at] ^= 0x40;
            assert_ne!(Header::decode(&damaged, Path::new("x")).ok().flatten(), Some(header), "byte {at}");
        }
    }

    #[test]
    fn names_tell_positions() {
        let name = path(Path::new("j"), Lsn(67_108_864));
        assert_eq!(name, Path::new("j/00000000000067108864.jnl"));
        assert_eq!(first_lsn(&name), Some(Lsn(67_108_864)));
        assert_eq!(first_lsn(Path::new("j/spare.jnl")), None);
    }
}
