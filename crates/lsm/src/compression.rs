//! How blocks are packed, level by level.
//!
//! A table of level 0 is written in the way of commits and merged away soon; nine tenths of all data lie in the last
//! level, and stay there. So what suits the one need not suit the other: packing costs at every merge, unpacking at
//! every read that the block cache does not answer.

use crate::version::LAST_LEVEL;

/// How blocks are packed, where that saves an eighth; others are stored as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Fast both ways ([LZ4 block format](https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md)).
    Lz4,
    /// Smaller, at several times the price of either way ([RFC 8878](https://www.rfc-editor.org/rfc/rfc8878)).
    Zstd,
}

/// The compression of each level's tables. A table that moves down as it is, or that was ingested, keeps what it was
/// written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelCompression {
    /// Of level 0, and of what is ingested.
    pub first: Compression,
    /// Of the levels between.
    pub middle: Compression,
    /// Of the last level.
    pub last: Compression,
}

impl LevelCompression {
    /// The same for every level.
    pub const fn all(compression: Compression) -> LevelCompression {
        LevelCompression { first: compression, middle: compression, last: compression }
    }

    pub(crate) fn of(self, level: usize) -> Compression {
        match level {
            0 => self.first,
            LAST_LEVEL => self.last,
            _ => self.middle,
        }
    }
}

/// What `zstd` calls its default, which packs index entries as well as levels ten times as dear.
const ZSTD_LEVEL: i32 = 3;

/// Packs the blocks of a table.
pub(crate) enum Packer {
    None,
    Lz4,
    /// The library's working memory serves one block after the other.
    Zstd(Box<zstd::bulk::Compressor<'static>>),
}

impl Packer {
    pub(crate) fn new(compression: Compression) -> Packer {
        match compression {
            Compression::None => Packer::None,
            Compression::Lz4 => Packer::Lz4,
            // Without memory for it blocks are stored as they are.
            Compression::Zstd => zstd::bulk::Compressor::new(ZSTD_LEVEL)
                .map_or(Packer::None, |compressor| Packer::Zstd(Box::new(compressor))),
        }
    }

    /// The packed bytes and how they are packed; `None` if that is not worth it.
    pub(crate) fn pack(&mut self, raw: &[u8]) -> Option<(Compression, Vec<u8>)> {
        let packed = match self {
            Packer::None => return None,
            Packer::Lz4 => (Compression::Lz4, lz4_flex::block::compress(raw)),
            Packer::Zstd(compressor) => (Compression::Zstd, compressor.compress(raw).ok()?),
        };
        // Less than an eighth saved is not worth unpacking at every read.
        Some(packed).filter(|(_, packed)| packed.len() <= raw.len() - raw.len() / 8)
    }
}

/// Unpacks `packed` into exactly `raw`; `false` if it is not that.
pub(crate) fn unpack(compression: Compression, packed: &[u8], raw: &mut [u8]) -> bool {
    match compression {
        Compression::None => false,
        Compression::Lz4 => lz4_flex::block::decompress_into(packed, raw).is_ok_and(|len| len == raw.len()),
        Compression::Zstd => UNPACKER.with_borrow_mut(|unpacker| {
            let unpacker = match unpacker {
                Some(unpacker) => unpacker,
                none => match zstd::bulk::Decompressor::new() {
                    Ok(new) => none.insert(new),
                    Err(_) => return false,
                },
            };
            unpacker.decompress_to_buffer(packed, raw).is_ok_and(|len| len == raw.len())
        }),
    }
}

thread_local! {
    /// Making one costs more than unpacking a block.
    static UNPACKER: std::cell::RefCell<Option<zstd::bulk::Decompressor<'static>>> =
        const { std::cell::RefCell::new(None) };
}
