//! The file that a store begins with: who it is, and where recovery starts.
//!
//! ```text
//! STRATA                                                        (integers little-endian)
//!   8 magic   4 format   16 store id   8 checkpoint LSN   8 last seq   8 flushed seq
//!   4 number of dropped keyspaces   4 per keyspace   4 crc32 of all before
//! ```
//! It is replaced as a whole: written beside itself, synced, renamed, and the directory synced (I-5). Every
//! checkpoint that it names was complete before.

use crate::{Error, KeyspaceId, Result};
use journal::Lsn;
use lsm::Seq;
use std::path::Path;
use vfs::{Env, OpenMode};

const NAME: &str = "STRATA";
const MAGIC: &[u8; 8] = b"STRATA\r\n";
const FORMAT: u32 = 3;

/// Takes the file away, durably: the directory is no store any more.
pub(crate) fn remove(env: &Env, dir: &Path) -> Result<()> {
    let path = dir.join(NAME);
    match env.fs.remove(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::disk("remove", &path, &source))
        }
        _ => env.fs.sync_dir(dir).map_err(|source| Error::disk("sync", dir, &source)),
    }
}

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Superblock {
    pub(crate) store_id: [u8; 16],
    /// Everything before this position is in heap and tree.
    pub(crate) checkpoint: Lsn,
    /// The newest commit at the checkpoint.
    pub(crate) last_seq: Seq,
    /// What the tree's tables held at least. A tree that holds less has lost the end of its manifest, which
    /// it cannot tell from one that was torn.
    pub(crate) flushed: Seq,
    /// Keyspaces dropped before the checkpoint whose heap is still there.
    pub(crate) dropped: Vec<KeyspaceId>,
}

impl Superblock {
    /// Whether a store was made in `dir`.
    pub(crate) fn exists(env: &Env, dir: &Path) -> Result<bool> {
        let path = dir.join(NAME);
        env.fs.exists(&path).map_err(|source| Error::disk("look for", &path, &source))
    }

    /// Reads the file in `dir`; makes one if the directory holds no store yet.
    pub(crate) fn open(env: &Env, dir: &Path) -> Result<Self> {
        let path = dir.join(NAME);
        let exists =
            |path: &Path| env.fs.exists(path).map_err(|source| Error::disk("look for", path, &source));
        if exists(&path)? {
            return Self::load(env, &path);
        }
        // The superblock is durable before anything else is made, so what lies here has lost its own.
        for part in ["journal", "heap", "lsm"] {
            if exists(&dir.join(part))? {
                let file = path.display().to_string();
                return Err(Error::Corrupt {
                    file,
                    offset: 0,
                    what: "missing beside a store's files".to_owned(),
                });
            }
        }
        let mut store_id = [0; 16];
        env.random.fill(&mut store_id);
        let new = Superblock {
            store_id,
            checkpoint: Lsn(0),
            last_seq: Seq(0),
            flushed: Seq(0),
            dropped: Vec::new(),
        };
        new.store(env, dir)?;
        Ok(new)
    }

    fn load(env: &Env, path: &Path) -> Result<Self> {
        let disk = |op| move |source: std::io::Error| Error::disk(op, path, &source);
        let file = env.fs.open(path, OpenMode::Read).map_err(disk("open"))?;
        let len = file.len().map_err(disk("measure"))?;
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX).min(1 << 20)];
        file.read_exact_at(&mut bytes, 0).map_err(disk("read"))?;
        let corrupt = |what: &str| Error::Corrupt {
            file: path.display().to_string(),
            offset: 0,
            what: what.to_owned(),
        };
        let (content, sum) = bytes.split_last_chunk::<4>().ok_or_else(|| corrupt("too short"))?;
        if u32::from_le_bytes(*sum) != crc32fast::hash(content) {
            return Err(corrupt("the checksum does not match"));
        }
        let mut rest = content.strip_prefix(MAGIC).ok_or_else(|| corrupt("not a store"))?;
        let found = u32::from_le_bytes(take(&mut rest).ok_or_else(|| corrupt("too short"))?);
        if found != FORMAT {
            let file = path.display().to_string();
            return Err(Error::UnknownFormat { file, found, supported: FORMAT });
        }
        Self::decode(rest).ok_or_else(|| corrupt("too short"))
    }

    /// Replaces the file in `dir`.
    pub(crate) fn store(&self, env: &Env, dir: &Path) -> Result<()> {
        let (path, new) = (dir.join(NAME), dir.join("STRATA.new"));
        let disk = |op| {
            let new = &new;
            move |source: std::io::Error| Error::disk(op, new, &source)
        };
        let file = env.fs.open(&new, OpenMode::CreateOrOpen).map_err(disk("create"))?;
        file.set_len(0).map_err(disk("empty"))?;
        file.write_all_at(&self.encode(), 0).map_err(disk("write"))?;
        file.sync().map_err(disk("sync"))?;
        env.fs.rename(&new, &path).map_err(disk("rename"))?;
        env.fs.sync_dir(dir).map_err(|source| Error::disk("sync", dir, &source))
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.store_id);
        bytes.extend_from_slice(&self.checkpoint.0.to_le_bytes());
        bytes.extend_from_slice(&self.last_seq.0.to_le_bytes());
        bytes.extend_from_slice(&self.flushed.0.to_le_bytes());
        bytes.extend_from_slice(&(self.dropped.len() as u32).to_le_bytes());
        for keyspace in &self.dropped {
            bytes.extend_from_slice(&keyspace.0.to_le_bytes());
        }
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    fn decode(mut rest: &[u8]) -> Option<Self> {
        let rest = &mut rest;
        let store_id = take(rest)?;
        let checkpoint = Lsn(u64::from_le_bytes(take(rest)?));
        let last_seq = Seq(u64::from_le_bytes(take(rest)?));
        let flushed = Seq(u64::from_le_bytes(take(rest)?));
        let count = u32::from_le_bytes(take(rest)?);
        let mut dropped = Vec::new();
        for _ in 0..count {
            dropped.push(KeyspaceId(u32::from_le_bytes(take(rest)?)));
        }
        rest.is_empty().then_some(Superblock { store_id, checkpoint, last_seq, flushed, dropped })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            if let Some(superblock) = Superblock::decode(&bytes) {
                prop_assert!(superblock.dropped.len() * 4 <= bytes.len());
            }
        }
    }

    fn sample() -> Superblock {
        Superblock {
            store_id: [7; 16],
            checkpoint: Lsn(1 << 40),
            last_seq: Seq(99),
            flushed: Seq(98),
            dropped: vec![KeyspaceId(3), KeyspaceId(1 << 31)],
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let env = vfs::mem::env();
        let dir = Path::new("/store");
        env.fs.create_dir_all(dir).unwrap();
        sample().store(&env, dir).unwrap();
        assert_eq!(Superblock::open(&env, dir).unwrap(), sample());
    }

    #[test]
    fn every_flipped_byte_is_found() {
        let env = vfs::mem::env();
        let dir = Path::new("/store");
        env.fs.create_dir_all(dir).unwrap();
        let good = sample().encode();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            let file = env.fs.open(&dir.join(NAME), OpenMode::CreateOrOpen).unwrap();
            file.write_all_at(&bad, 0).unwrap();
            assert!(matches!(Superblock::open(&env, dir), Err(Error::Corrupt { .. })), "byte {at}");
        }
    }

    #[test]
    fn a_store_that_has_lost_it_is_not_taken_for_a_new_one() {
        let env = vfs::mem::env();
        let dir = Path::new("/store");
        env.fs.create_dir_all(&dir.join("journal")).unwrap();
        assert!(matches!(Superblock::open(&env, dir), Err(Error::Corrupt { .. })));
    }
}
