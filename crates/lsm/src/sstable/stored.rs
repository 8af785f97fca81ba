//! A block as it lies in the file: compressed, checksummed, bound to its place.

use super::Handle;
use crate::buffer::Buffer;
use crate::codec::Reader;
use crate::compression::{self, Compression, Packer};
use crate::{Error, Result};
use std::path::Path;
use vfs::File;

const TRAILER_LEN: usize = 1 + 4 + 4;
const PLAIN: u8 = 0;
const LZ4: u8 = 1;
const ZSTD: u8 = 2;
/// No block comes near this; a larger length is damage, and must not become an allocation.
const RAW_LEN_MAX: usize = 64 << 20;

/// Appends `raw` as a stored block that will lie at `offset` of file `id`.
pub(crate) fn append(into: &mut Vec<u8>, raw: &[u8], packer: &mut Packer, id: u64, offset: u64) -> Handle {
    let start = into.len();
    let packed = packer.pack(raw);
    let (compression, body) = packed.as_ref().map_or((Compression::None, raw), |(how, body)| (*how, body));
    into.extend_from_slice(body);
    let kind = match compression {
        Compression::None => PLAIN,
        Compression::Lz4 => LZ4,
        Compression::Zstd => ZSTD,
    };
    into.push(kind);
    into.extend_from_slice(&(raw.len() as u32).to_le_bytes());
    let crc = checksum(&into[start..], id, offset);
    into.extend_from_slice(&crc.to_le_bytes());
    Handle { offset, len: (into.len() - start) as u32 }
}

/// Reads, checks and unpacks the block at `handle`.
pub(crate) fn read(file: &dyn File, path: &Path, id: u64, handle: Handle) -> Result<Buffer> {
    let Handle { offset, len } = handle;
    if len as usize > RAW_LEN_MAX {
        return Err(Error::corrupt(path, offset, "the index gives a block an absurd length"));
    }
    let stored = Buffer::filled(len as usize, |bytes| file.read_exact_at(bytes, offset));
    let stored = stored.map_err(|source| match source.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::corrupt(path, offset, "the file ends inside a block"),
        _ => Error::disk("read", path, offset, &source),
    })?;
    unpack(stored, id, offset).map_err(|what| Error::corrupt(path, offset, what))
}

/// Checks and unpacks a stored block.
pub(crate) fn unpack(mut stored: Buffer, id: u64, offset: u64) -> std::result::Result<Buffer, &'static str> {
    let body_len = stored.len().checked_sub(TRAILER_LEN).ok_or("block is shorter than its trailer")?;
    let (covered, crc) = stored.split_at(body_len + 5);
    if Reader::new(crc).u32() != Some(checksum(covered, id, offset)) {
        return Err("block does not match its checksum");
    }
    let mut trailer = Reader::new(&covered[body_len..]);
    let (kind, raw_len) = trailer.u8().zip(trailer.u32()).ok_or("block has no trailer")?;
    let compression = match kind {
        PLAIN if raw_len as usize == body_len => {
            stored.truncate(body_len);
            return Ok(stored);
        }
        LZ4 if raw_len as usize <= RAW_LEN_MAX => Compression::Lz4,
        ZSTD if raw_len as usize <= RAW_LEN_MAX => Compression::Zstd,
        _ => return Err("block has an unknown compression or a wrong length"),
    };
    Buffer::filled(raw_len as usize, |raw| {
        let is_whole = compression::unpack(compression, &covered[..body_len], raw);
        is_whole.then_some(()).ok_or("block does not decompress to its length")
    })
}

fn checksum(covered: &[u8], id: u64, offset: u64) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&id.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(covered);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_compression() -> impl Strategy<Value = Compression> {
        prop::sample::select(vec![Compression::None, Compression::Lz4, Compression::Zstd])
    }

    /// What is written today must be read for ever.
    #[test]
    fn each_compression_has_its_number() {
        let raw = [7; 1000];
        for (how, kind) in [(Compression::None, PLAIN), (Compression::Lz4, LZ4), (Compression::Zstd, ZSTD)] {
            let mut bytes = Vec::new();
            append(&mut bytes, &raw, &mut Packer::new(how), 1, 2);
            assert_eq!(bytes[bytes.len() - TRAILER_LEN], kind);
            assert_eq!(bytes.len() < 100, how != Compression::None);
        }
    }

    /// As `zstd` 1.5 packs a thousand sevens.
    #[test]
    fn a_zstd_block_of_old_is_read() {
        let body = [
            0x28, 0xB5, 0x2F, 0xFD, 0x60, 0xE8, 0x02, 0x4D, 0x00, 0x00, 0x10, 0x07, 0x07, 0x01, 0x00, 0xE3,
            0x2B, 0x80, 0x05,
        ];
        let mut raw = [0; 1000];
        assert!(compression::unpack(Compression::Zstd, &body, &mut raw));
        assert_eq!(raw, [7; 1000]);
        assert!(!compression::unpack(Compression::Zstd, &body, &mut [0; 999]));
        assert!(!compression::unpack(Compression::Zstd, &body, &mut [0; 1001]));
    }

    proptest! {
        #[test]
        fn a_stored_block_reads_back_at_its_place_only(
            raw: Vec<u8>, repeats in 0..9usize, how in any_compression(), id: u64, offset in 0..u64::MAX
        ) {
            let raw = raw.repeat(repeats);
            let mut bytes = Vec::new();
            append(&mut bytes, &raw, &mut Packer::new(how), id, offset);
            prop_assert_eq!(&*unpack(Buffer::copy_of(&bytes), id, offset).unwrap(), &raw[..]);
            prop_assert!(unpack(Buffer::copy_of(&bytes), id, offset + 1).is_err());
        }

        /// With a checksum that fits: what it covers was not written by us all the same.
        #[test]
        fn any_bytes_are_survived(body: Vec<u8>, kind in 0u8..4, raw_len: u32) {
            let raw_len = if kind == PLAIN { raw_len } else { raw_len % (1 << 20) };
            let mut bytes = body;
            bytes.push(kind);
            bytes.extend_from_slice(&raw_len.to_le_bytes());
            let crc = checksum(&bytes, 1, 2);
            bytes.extend_from_slice(&crc.to_le_bytes());
            let _ = unpack(Buffer::copy_of(&bytes), 1, 2);
            prop_assert!(unpack(Buffer::copy_of(&bytes), 1, 3).is_err());
        }
    }
}
