//! A backup of a running store: a directory that is a store itself, as of a moment near the backup's end.
//!
//! ```text
//! checkpoint ──► tables ──► pages, each as it is ──► journal from the checkpoint to its end ──► superblock
//! ```
//! Until the superblock is written the target is no store, and opening it says so; once it is there the target
//! is what a crash could have left, and opening it recovers. To restore, copy the directory and open it.
//!
//! Over an earlier backup only what it lacks is written. Tables never change: those that it has are not copied again.
//! Of the pages those stay that are the same byte for byte. An earlier backup that was cut short goes as a whole: a
//! sync that failed may have left what can be read and is not on the disk.

use crate::checkpoint::checkpoint;
use crate::engine::Engine;
use crate::superblock::{self, Superblock};
use crate::{Error, Result};
use journal::Lsn;
use std::path::Path;

/// What a backup took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackupStats {
    /// Bytes of the tree's tables that were copied.
    pub table_bytes: u64,
    /// Bytes of tables that an earlier backup had brought already.
    pub kept_bytes: u64,
    /// Pages of the heap that were copied.
    pub pages: u64,
    /// Pages that an earlier backup had brought already.
    pub kept_pages: u64,
    /// Bytes of journal.
    pub journal_bytes: u64,
    /// Every commit up to here is in the backup.
    pub position: Lsn,
}

/// What a store's directory may hold beside the superblock.
const PARTS: [&str; 7] = ["LOCK", "STRATA.new", "doublewrite", "heap", "journal", "lsm", "scratch"];

/// Makes a backup in `to`: a directory that is empty, missing, or holds an earlier backup of this store.
pub(crate) fn backup(engine: &Engine, to: &Path) -> Result<BackupStats> {
    let env = &engine.env;
    let disk = |op| move |source: std::io::Error| Error::disk(op, to, &source);
    crate::recovery::make_directory(env, to)?;
    let found = check_target(engine, to)?;
    let _target = crate::recovery::take_directory(env, to)?;
    let _retained = engine.retained.lock();
    clear(engine, to, found)?;

    checkpoint(engine)?;
    let superblock = engine.superblock.lock().clone();
    let tables = engine.lsm.copy(&to.join("lsm"))?;
    let pages = engine.heap.copy_to(env, to)?;
    let position = engine.journal.end();
    engine.journal.sync_to(position)?;
    let journal_bytes = engine.journal.copy(superblock.checkpoint, position, &to.join("journal"))?;
    env.fs.sync_dir(to).map_err(disk("sync"))?;
    superblock.store(env, to)?;
    Ok(BackupStats {
        table_bytes: tables.bytes,
        kept_bytes: tables.kept,
        pages: pages.written,
        kept_pages: pages.kept,
        journal_bytes,
        position,
    })
}

/// What lies in the target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// A backup of this store: all of it is on the disk.
    Backup,
    /// Nothing, or a backup that was cut short.
    Parts,
}

/// Whatever else is in a directory must not be lost.
fn check_target(engine: &Engine, to: &Path) -> Result<Found> {
    let occupied = || Error::Occupied { dir: to.display().to_string() };
    if Superblock::exists(&engine.env, to)? {
        let there = Superblock::open(&engine.env, to)?;
        let same = there.store_id == engine.superblock.lock().store_id;
        return if same { Ok(Found::Backup) } else { Err(occupied()) };
    }
    let names = engine.env.fs.list(to).map_err(|source| Error::disk("list", to, &source))?;
    let is_part = |path: &Path| PARTS.iter().any(|part| path == to.join(part));
    if names.iter().all(|path| is_part(path)) { Ok(Found::Parts) } else { Err(occupied()) }
}

/// Takes an earlier backup apart: first it ceases to be a store, then goes what it has no use for.
fn clear(engine: &Engine, to: &Path, found: Found) -> Result<()> {
    let fs = &engine.env.fs;
    let exists = |path: &Path| fs.exists(path).map_err(|source| Error::disk("look for", path, &source));
    superblock::remove(&engine.env, to)?;
    let parts: &[&str] = match found {
        Found::Backup => &["journal", "scratch"],
        Found::Parts => &["journal", "scratch", "heap", "lsm"],
    };
    for dir in parts.iter().map(|part| to.join(part)) {
        if exists(&dir)? {
            fs.remove_dir_all(&dir).map_err(|source| Error::disk("remove", &dir, &source))?;
        }
    }
    let double_write = to.join("doublewrite");
    if exists(&double_write)? {
        fs.remove(&double_write).map_err(|source| Error::disk("remove", &double_write, &source))?;
    }
    // Gone for good, before others come in their names.
    fs.sync_dir(to).map_err(|source| Error::disk("sync", to, &source))
}
