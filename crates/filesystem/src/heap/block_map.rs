//! What is known of each block of a space without reading it, and the file that keeps it.
//!
//! A block's *floor* is the LSN of the image last written there. It settles two questions that the block
//! itself cannot answer: whether a page was ever written there (if not, what lies there is not read at all),
//! and whether the page found is stale, that is older than its floor.
//!
//! Every checkpoint saves the maps of all spaces in one file, replaced atomically. After a crash:
//! * a block with a floor holds an image at least that new, for later overwrites go through the double-write
//!   file;
//! * a block without one was written first after the checkpoint: it starts empty and the replay fills it, so
//!   neither a torn first write nor a file that was extended in vain can matter.
//!
//! ```text
//! heap/blocks.map                                              (integers little-endian)
//!   8 magic    4 format version    4 number of spaces    4 number of dropped spaces
//!   per space:   4 id   4 blocks   8 per block: floor << 9 | 1 << 8 | room   (0: never written)
//!   per dropped: 4 id   8 LSN of the drop
//!   4 crc32 of all before
//! ```
//! *Room* is free bytes / 32, a hint; 255 says that the block has no owner.

use super::{Run, SpaceId};
use crate::block_store::{BLOCK_LEN, BlockId};
use crate::page::Damage;
use crate::{Error, Result};
use journal::Lsn;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vfs::{Env, OpenMode};

const OWNERLESS: u64 = 255;
const ROOM_UNIT: usize = 32;
const SAVED_BIT: u64 = 1 << 8;
const ROOM_MASK: u64 = SAVED_BIT - 1;
const FLOOR_SHIFT: u32 = 9;

const _: () = assert!(BLOCK_LEN / ROOM_UNIT <= OWNERLESS as usize + 1);

/// The blocks of one space, eight bytes each.
#[derive(Default)]
pub(super) struct BlockMap {
    blocks: Vec<u64>,
}

impl BlockMap {
    pub(super) fn len(&self) -> u32 {
        self.blocks.len() as u32
    }

    /// Makes the map at least `len` long; the blocks that are new.
    pub(super) fn extend_to(&mut self, len: u32) -> Option<Run> {
        let first = self.len();
        let count = len.checked_sub(first).filter(|count| *count > 0)?;
        self.blocks.resize(len as usize, 0);
        Some(Run { first, count })
    }

    /// LSN of the image last written; `None` if no page was ever written.
    pub(super) fn floor(&self, block: u32) -> Option<Lsn> {
        let floor = self.blocks.get(block as usize)? >> FLOOR_SHIFT;
        (floor != 0).then_some(Lsn(floor))
    }

    pub(super) fn set_floor(&mut self, block: u32, lsn: Lsn) {
        if let Some(entry) = self.blocks.get_mut(block as usize) {
            *entry = lsn.0.max(1) << FLOOR_SHIFT | *entry & (SAVED_BIT | ROOM_MASK);
        }
    }

    /// Whether the saved map says that a page is there, so that overwriting it needs the double write.
    pub(super) fn is_saved(&self, block: u32) -> bool {
        self.blocks.get(block as usize).is_some_and(|entry| entry & SAVED_BIT != 0)
    }

    /// Takes a page that no saved map names for never written; `false` for others.
    pub(super) fn forget(&mut self, block: u32) -> bool {
        let unsaved = !self.is_saved(block);
        if let Some(entry) = self.blocks.get_mut(block as usize).filter(|_| unsaved) {
            *entry &= ROOM_MASK;
        }
        unsaved
    }

    /// Notes how many bytes are free in a block.
    pub(super) fn set_room(&mut self, block: u32, free: usize) {
        self.put_room(block, (free / ROOM_UNIT).min(OWNERLESS as usize - 1) as u64);
    }

    /// Bytes that were free in a block when last heard of; 0 for a block without an owner.
    pub(super) fn room(&self, block: u32) -> usize {
        let room = self.blocks.get(block as usize).map_or(OWNERLESS, |entry| entry & ROOM_MASK);
        if room == OWNERLESS { 0 } else { room as usize * ROOM_UNIT }
    }

    /// Notes that a block belongs to no tuple and no page in use.
    pub(super) fn set_ownerless(&mut self, block: u32) {
        self.put_room(block, OWNERLESS);
    }

    fn put_room(&mut self, block: u32, room: u64) {
        if let Some(entry) = self.blocks.get_mut(block as usize) {
            *entry = *entry & !ROOM_MASK | room;
        }
    }

    /// The first block from `from` on that seems to have `need` bytes free.
    pub(super) fn find_room(&self, from: u32, need: usize) -> Option<u32> {
        let need = need.div_ceil(ROOM_UNIT) as u64;
        let fits = |entry: &u64| (need..OWNERLESS).contains(&(entry & ROOM_MASK));
        let rest = self.blocks.get(from as usize..)?;
        rest.iter().position(fits).map(|ahead| from + ahead as u32)
    }

    /// Blocks that nobody owns: marked so, or never written.
    pub(super) fn ownerless(&self) -> impl Iterator<Item = u32> {
        let free = |entry: &u64| entry & ROOM_MASK == OWNERLESS || entry >> FLOOR_SHIFT == 0;
        (0..).zip(&self.blocks).filter(move |(_, entry)| free(entry)).map(|(block, _)| block)
    }

    /// The state to be saved. From here on every block in it is overwritten with the double write only.
    pub(super) fn save(&mut self) -> Vec<u64> {
        for entry in self.blocks.iter_mut().filter(|entry| **entry >> FLOOR_SHIFT != 0) {
            *entry |= SAVED_BIT;
        }
        let known = self.blocks.iter().rposition(|entry| entry & SAVED_BIT != 0).map_or(0, |last| last + 1);
        let written = |entry: &u64| if entry & SAVED_BIT != 0 { *entry } else { 0 };
        self.blocks.iter().take(known).map(written).collect()
    }

    fn restore(blocks: Vec<u64>) -> BlockMap {
        BlockMap { blocks }
    }
}

/// What the file holds.
#[derive(Default)]
pub(super) struct Saved {
    pub(super) spaces: BTreeMap<SpaceId, Vec<u64>>,
    pub(super) dropped: BTreeMap<SpaceId, Lsn>,
}

const MAGIC: &[u8; 8] = b"strataBM";
const FORMAT_VERSION: u32 = 1;

impl Saved {
    /// The maps, ready for use.
    pub(super) fn into_maps(self) -> impl Iterator<Item = (SpaceId, BlockMap)> {
        self.spaces.into_iter().map(|(id, blocks)| (id, BlockMap::restore(blocks)))
    }

    /// Whether a page was written to the block of this entry.
    pub(super) fn is_written(entry: u64) -> bool {
        entry & SAVED_BIT != 0
    }

    /// Notes which image of the page goes with the entry.
    pub(super) fn note_floor(entry: &mut u64, lsn: Lsn) {
        *entry = lsn.0.max(1) << FLOOR_SHIFT | *entry & (SAVED_BIT | ROOM_MASK);
    }

    /// Reads the file; `None` if there is none.
    pub(super) fn load(env: &Env, dir: &Path) -> Result<Option<Saved>> {
        let path = path(dir);
        if !env.fs.exists(&path).map_err(Error::disk("look for", &path))? {
            return Ok(None);
        }
        let file = env.fs.open(&path, OpenMode::Read).map_err(Error::disk("open", &path))?;
        let len = file.len().map_err(Error::disk("measure", &path))?;
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, 0).map_err(Error::disk("read", &path))?;
        let corrupt = |what| Error::Corrupt { file: path.display().to_string(), offset: 0, what };
        Self::decode(&bytes).map(Some).map_err(corrupt)
    }

    /// Replaces the file: written beside it, synced, renamed over it, and the directory synced.
    pub(super) fn store(&self, env: &Env, dir: &Path) -> Result<()> {
        let (path, new) = (path(dir), dir.join("blocks.map.new"));
        let file = env.fs.open(&new, OpenMode::CreateOrOpen).map_err(Error::disk("create", &new))?;
        file.set_len(0).map_err(Error::disk("empty", &new))?;
        file.write_all_at(&self.encode(), 0).map_err(Error::disk("write", &new))?;
        file.sync().map_err(Error::disk("sync", &new))?;
        env.fs.rename(&new, &path).map_err(Error::disk("rename", &new))?;
        env.fs.sync_dir(dir).map_err(Error::disk("sync", dir))
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for number in [FORMAT_VERSION, self.spaces.len() as u32, self.dropped.len() as u32] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for (id, blocks) in &self.spaces {
            bytes.extend_from_slice(&id.0.to_le_bytes());
            bytes.extend_from_slice(&(blocks.len() as u32).to_le_bytes());
            bytes.extend(blocks.iter().flat_map(|entry| entry.to_le_bytes()));
        }
        for (id, lsn) in &self.dropped {
            bytes.extend_from_slice(&id.0.to_le_bytes());
            bytes.extend_from_slice(&lsn.0.to_le_bytes());
        }
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Saved, Damage> {
        let (content, sum) = bytes.split_last_chunk::<4>().ok_or(Damage::Short)?;
        let (found, expected) = (u32::from_le_bytes(*sum), crc32fast::hash(content));
        if found != expected {
            return Err(Damage::Checksum { found, expected });
        }
        let mut rest = content.strip_prefix(MAGIC).ok_or(Damage::Magic)?;
        let version = take_u32(&mut rest).ok_or(Damage::Short)?;
        if version != FORMAT_VERSION {
            return Err(Damage::UnknownFormat { found: version as u8 });
        }
        Self::decode_content(&mut rest).filter(|_| rest.is_empty()).ok_or(Damage::Short)
    }

    fn decode_content(rest: &mut &[u8]) -> Option<Saved> {
        let (spaces, dropped) = (take_u32(rest)?, take_u32(rest)?);
        let mut saved = Saved::default();
        for _ in 0..spaces {
            let id = SpaceId(take_u32(rest)?);
            let len = take_u32(rest)? as usize * 8;
            let (blocks, tail) = rest.split_at_checked(len)?;
            *rest = tail;
            let blocks = blocks.as_chunks::<8>().0.iter().map(|entry| u64::from_le_bytes(*entry)).collect();
            saved.spaces.insert(id, blocks);
        }
        for _ in 0..dropped {
            let id = SpaceId(take_u32(rest)?);
            let (low, high) = (take_u32(rest)?, take_u32(rest)?);
            saved.dropped.insert(id, Lsn(u64::from(high) << 32 | u64::from(low)));
        }
        Some(saved)
    }
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    let (number, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u32::from_le_bytes(*number))
}

fn path(dir: &Path) -> PathBuf {
    dir.join("blocks.map")
}

/// Bytes that a space's file must have if its map is true.
pub(super) fn least_len(map: &BlockMap) -> u64 {
    BlockId(map.len()).offset()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// With magic, format and checksum in place, whatever the rest says.
        #[test]
        fn any_bytes_are_survived(content in prop::collection::vec(any::<u8>(), 0..300), counts in (0u32..4, 0u32..4)) {
            let mut bytes = MAGIC.to_vec();
            for number in [FORMAT_VERSION, counts.0, counts.1] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            bytes.extend_from_slice(&content);
            bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
            if let Ok(saved) = Saved::decode(&bytes) {
                prop_assert!(saved.spaces.len() <= counts.0 as usize);
            }
        }
    }

    #[test]
    fn a_map_knows_floors_room_and_owners() {
        let mut map = BlockMap::default();
        assert_eq!(map.extend_to(4), Some(Run { first: 0, count: 4 }));
        assert_eq!(map.extend_to(4), None);
        map.set_floor(1, Lsn(70));
        map.set_room(1, 4000);
        map.set_floor(2, Lsn(80));
        map.set_ownerless(2);
        assert_eq!((map.floor(0), map.floor(1), map.floor(9)), (None, Some(Lsn(70)), None));
        assert_eq!(map.find_room(0, 3900), Some(1));
        assert_eq!((map.find_room(0, 4001), map.find_room(2, 32)), (None, None));
        assert_eq!((map.room(1), map.room(2), map.room(9)), (4000, 0, 0));
        assert_eq!(map.ownerless().collect::<Vec<_>>(), [0, 2, 3]);
        assert!(!map.is_saved(1));
        assert_eq!(map.save().len(), 3, "the tail that was never written is not saved");
        assert!(map.is_saved(1) && !map.is_saved(0));
        map.set_floor(3, Lsn(90));
        assert!(map.forget(3) && !map.forget(1));
        assert_eq!((map.floor(3), map.floor(1)), (None, Some(Lsn(70))));
    }

    #[test]
    fn every_flipped_byte_of_the_file_is_found() {
        let mut saved = Saved::default();
        saved.spaces.insert(SpaceId(7), vec![0x1234_5678, 0, 3]);
        saved.spaces.insert(SpaceId(9), vec![]);
        saved.dropped.insert(SpaceId(8), Lsn(0x1_0000_0002));
        let bytes = saved.encode();
        let back = Saved::decode(&bytes).unwrap();
        assert_eq!((&back.spaces, &back.dropped), (&saved.spaces, &saved.dropped));
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(Saved::decode(&bad).is_err(), "byte {at}");
            assert!(Saved::decode(&bytes[..at]).is_err(), "cut at {at}");
        }
    }
}
