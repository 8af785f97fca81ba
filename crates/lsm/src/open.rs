//! Opening: the manifest's edits are folded into a version, every file it names is opened and checked,
//! and what no manifest names is removed.

use crate::cache::BlockCache;
use crate::manifest::{self, Loaded, Manifest};
use crate::tombstone::Tombstones;
use crate::tree::{Files, Tree};
use crate::version::{Edit, Version};
use crate::{Error, Options, Result, Seq};
use filesystem::MemoryPool;
use journal::Lsn;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vfs::Env;

/// Opens the tree in `dir`, or begins one in a directory that has none.
pub(crate) fn open(env: &Env, dir: &Path, pool: MemoryPool, mut options: Options) -> Result<Tree> {
    // An active and some sealed memtables must fit the pool beside the caches.
    options.memtable_len = options.memtable_len.min(pool.cap() / 8);
    create_dir(env, dir)?;
    let cache = Arc::new(BlockCache::new(options.cache_len, &pool));
    let names = list(env, dir)?;
    let loaded = Manifest::load(env, dir)?;
    let (whole, next_id) = match &loaded {
        Some(loaded) => fold(loaded, dir)?,
        None => (new_tree(&names, dir)?, 1),
    };
    // Leftovers of a crash have used ids that no manifest knows.
    let next_id = names.iter().filter_map(|name| table_id(name)).fold(next_id, |next, id| next.max(id + 1));
    let files = Files::new(env, dir.to_path_buf(), cache, next_id);
    let version = open_tables(&files, &whole, loaded.as_ref())?;
    remove_orphans(env, &names, &whole, loaded.as_ref())?;
    let manifest = match &loaded {
        Some(loaded) => Manifest::resume(env, dir, loaded, &version.as_edit(next_id))?,
        None => Manifest::create(env, dir, 1, &version.as_edit(next_id))?,
    };
    Ok(Tree::new(files, options, pool, manifest, version))
}

/// Creates the directory and makes its name, and those of the parents that were missing too, durable: a
/// tree in a directory that is gone after a crash is lost with it.
fn create_dir(env: &Env, dir: &Path) -> Result<()> {
    let mut unsynced = Vec::new();
    for (path, parent) in dir.ancestors().zip(dir.ancestors().skip(1)) {
        let is_there = env.fs.exists(path).map_err(|source| Error::disk("find", path, 0, &source))?;
        // The last step is done always: who created the directory may have died before its sync.
        if is_there && path != dir {
            break;
        }
        unsynced.push(if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    }
    env.fs.create_dir_all(dir).map_err(|source| Error::disk("create directory", dir, 0, &source))?;
    unsynced.iter().rev().try_for_each(|parent| manifest::sync_dir(env, parent))
}

fn list(env: &Env, dir: &Path) -> Result<Vec<PathBuf>> {
    env.fs.list(dir).map_err(|source| Error::disk("list", dir, 0, &source))
}

/// Without `CURRENT` the directory must be empty, but for what a crash at its creation leaves.
fn new_tree(names: &[PathBuf], dir: &Path) -> Result<Edit> {
    match names.iter().any(|name| table_id(name).is_some()) {
        true => Err(Error::Missing { file: dir.join("CURRENT").display().to_string() }),
        false => Ok(Edit::default()),
    }
}

/// All edits as one, and the first file id that none of them used.
fn fold(loaded: &Loaded, dir: &Path) -> Result<(Edit, u64)> {
    let path = manifest::path(dir, loaded.id);
    let mut whole = Edit::default();
    let mut next_id = 1;
    for edit in &loaded.edits {
        for id in &edit.removed {
            let count = whole.added.len();
            whole.added.retain(|(_, meta)| meta.id != *id);
            if whole.added.len() == count {
                return Err(Error::corrupt(&path, 0, "an edit removes a table that is not there"));
            }
        }
        next_id = edit.added.iter().fold(next_id, |next, (_, meta)| next.max(meta.id + 1));
        next_id = next_id.max(edit.next_file.unwrap_or(0));
        whole.added.extend(edit.added.iter().cloned());
        whole.tombstones_added.retain(|tombstone| !edit.tombstones_removed.contains(tombstone));
        whole.tombstones_added.extend(edit.tombstones_added.iter().cloned());
        whole.flushed = farther(whole.flushed, edit.flushed);
    }
    Ok((whole, next_id))
}

/// A replay may write what was written before: a flush can tell of less than one before it.
fn farther(before: Option<(Seq, Lsn)>, then: Option<(Seq, Lsn)>) -> Option<(Seq, Lsn)> {
    match (before, then) {
        (Some((seq, lsn)), Some((other_seq, other_lsn))) => Some((seq.max(other_seq), lsn.max(other_lsn))),
        (one, other) => other.or(one),
    }
}

fn open_tables(files: &Files, whole: &Edit, loaded: Option<&Loaded>) -> Result<Version> {
    let (flushed, flushed_lsn) = whole.flushed.unwrap_or((Seq(0), Lsn(0)));
    let tombstones = Arc::new(Tombstones::new(whole.tombstones_added.clone()));
    let mut version = Version { flushed, flushed_lsn, tombstones, ..Version::default() };
    for (level, meta) in &whole.added {
        version.levels[*level].push(files.open_table(meta)?);
    }
    version.sort();
    match loaded {
        Some(loaded) if !version.is_sorted() => {
            let path = manifest::path(&files.dir, loaded.id);
            Err(Error::corrupt(&path, 0, "tables of a run overlap"))
        }
        _ => Ok(version),
    }
}

fn remove_orphans(env: &Env, names: &[PathBuf], whole: &Edit, loaded: Option<&Loaded>) -> Result<()> {
    for path in names {
        let is_orphan = match (table_id(path), manifest_id(path)) {
            (Some(id), _) => whole.added.iter().all(|(_, meta)| meta.id != id),
            (_, Some(id)) => loaded.is_none_or(|loaded| loaded.id != id),
            _ => path.extension().is_some_and(|extension| extension == "tmp"),
        };
        if is_orphan {
            env.fs.remove(path).map_err(|source| Error::disk("remove", path, 0, &source))?;
        }
    }
    Ok(())
}

fn table_id(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".sst")?.parse().ok()
}

fn manifest_id(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("MANIFEST-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::{Lsm, Op, Options, Seq};
    use filesystem::MemoryPool;
    use journal::Lsn;
    use std::ops::Bound;
    use std::path::Path;

    #[test]
    fn a_tree_was_flushed_as_far_as_ever() {
        let env = vfs::mem::env();
        let open =
            || Lsm::open(&env, Path::new("/lsm"), MemoryPool::new(1 << 20), Options::default()).unwrap();
        let lsm = open();
        lsm.apply(Seq(9), Lsn(900), &mut [(&b"key"[..], Op::Put(b"value"))].into_iter()).unwrap();
        lsm.flush().unwrap();
        // What a replay repeats of an older commit.
        lsm.delete_range(Seq(5), Lsn(500), b"x", Bound::Unbounded).unwrap();
        lsm.flush().unwrap();
        assert_eq!((lsm.flushed(), lsm.flushed_lsn()), (Seq(9), Lsn(900)));
        drop(lsm);
        let lsm = open();
        assert_eq!((lsm.flushed(), lsm.flushed_lsn()), (Seq(9), Lsn(900)));
    }
}
