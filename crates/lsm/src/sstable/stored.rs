//! A block as it lies in the file: compressed, checksummed, bound to its place.

use super::Handle;
use crate::buffer::Buffer;
use crate::codec::Reader;
use crate::{Error, Result};
use std::path::Path;
use vfs::File;

const TRAILER_LEN: usize = 1 + 4 + 4;
const PLAIN: u8 = 0;
const LZ4: u8 = 1;
/// No block comes near this; a larger length is damage, and must not become an allocation.
const RAW_LEN_MAX: usize = 64 << 20;

/// Appends `raw` as a stored block that will lie at `offset` of file `id`.
pub(crate) fn append(into: &mut Vec<u8>, raw: &[u8], compress: bool, id: u64, offset: u64) -> Handle {
    let start = into.len();
    let packed = compress.then(|| lz4_flex::block::compress(raw));
    // Less than an eighth saved is not worth unpacking at every read.
    let kind = match packed.filter(|packed| packed.len() <= raw.len() - raw.len() / 8) {
        Some(packed) => {
            into.extend_from_slice(&packed);
            LZ4
        }
        None => {
            into.extend_from_slice(raw);
            PLAIN
        }
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
    match kind {
        PLAIN if raw_len as usize == body_len => {
            stored.truncate(body_len);
            Ok(stored)
        }
        LZ4 if raw_len as usize <= RAW_LEN_MAX => {
            let wrong = "block does not decompress to its length";
            Buffer::filled(raw_len as usize, |raw| {
                match lz4_flex::block::decompress_into(&covered[..body_len], raw) {
                    Ok(len) if len == raw.len() => Ok(()),
                    _ => Err(wrong),
                }
            })
        }
        _ => Err("block has an unknown compression or a wrong length"),
    }
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

    proptest! {
        #[test]
        fn a_stored_block_reads_back_at_its_place_only(raw: Vec<u8>, compress: bool, id: u64, offset in 0..u64::MAX) {
            let mut bytes = Vec::new();
            append(&mut bytes, &raw, compress, id, offset);
            prop_assert_eq!(&*unpack(Buffer::copy_of(&bytes), id, offset).unwrap(), &raw[..]);
            prop_assert!(unpack(Buffer::copy_of(&bytes), id, offset + 1).is_err());
        }

        /// With a checksum that fits: what it covers was not written by us all the same.
        #[test]
        fn any_bytes_are_survived(body: Vec<u8>, kind in 0u8..4, raw_len: u32) {
            let raw_len = if kind == LZ4 { raw_len % (1 << 20) } else { raw_len };
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
