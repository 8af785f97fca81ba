//! Copying a tree while it is in use: its tables never change, so those of one version are enough.

use crate::manifest::{self, Manifest};
use crate::sstable::{self, Table};
use crate::tree::Tree;
use crate::{Error, Result};
use std::path::Path;
use std::sync::Arc;
use vfs::{File, OpenMode};

/// Bytes read at once.
const PIECE_LEN: usize = 1 << 20;

/// What a copy took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Bytes of tables that were copied.
    pub bytes: u64,
    /// Bytes of tables that an earlier copy had brought already.
    pub kept: u64,
}

/// Copies the tables of the present version to `dir` and makes a manifest of them there. Tables that an
/// earlier copy of this tree has left there are kept.
pub(crate) fn copy(tree: &Tree, dir: &Path) -> Result<Copied> {
    let env = &tree.files.env;
    env.fs.create_dir_all(dir).map_err(|source| Error::disk("create", dir, 0, &source))?;
    // Until the new manifest stands the directory is no tree.
    manifest::forget(env, dir)?;
    let version = tree.state().version.clone();
    let mut copied = Copied::default();
    for (_, table) in version.tables() {
        let target = sstable::path(dir, table.meta.id);
        if has_copy(tree, table, &target)? {
            copied.kept += table.meta.len;
            continue;
        }
        let file = env.fs.open(&target, OpenMode::CreateOrOpen);
        let file = file.map_err(|source| Error::disk("create", &target, 0, &source))?;
        copy_table(table, &*file, &target)?;
        copied.bytes += table.meta.len;
    }
    manifest::sync_dir(env, dir)?;
    Manifest::create(env, dir, 1, &version.as_edit(tree.files.peek_next_id()))?;
    Ok(copied)
}

/// Whether the target is this table, as far as its length and its footer say. A table's number is used once.
fn has_copy(tree: &Tree, table: &Arc<Table>, target: &Path) -> Result<bool> {
    let Ok(file) = tree.files.env.fs.open(target, OpenMode::Read) else { return Ok(false) };
    let disk = |source| Error::disk("read", target, 0, &source);
    let mut crc = [0; 4];
    if file.len().map_err(disk)? != table.meta.len {
        return Ok(false);
    }
    file.read_exact_at(&mut crc, table.meta.len - 4).map_err(disk)?;
    Ok(u32::from_le_bytes(crc) == table.meta.crc)
}

/// Copies a table, and checks what is copied against the table's checksum.
fn copy_table(table: &Table, file: &dyn File, target: &Path) -> Result<()> {
    let disk = |op, at| move |source| Error::disk(op, target, at, &source);
    file.set_len(0).map_err(disk("empty", 0))?;
    let mut piece = vec![0; PIECE_LEN];
    let mut check = table.check();
    let mut at = 0;
    // The footer, which says that the table is whole, comes last.
    while at < table.meta.len {
        piece.truncate((table.meta.len - at).min(PIECE_LEN as u64) as usize);
        table.read_piece(&mut piece, at)?;
        check.update(&piece);
        file.write_all_at(&piece, at).map_err(disk("write", at))?;
        at += piece.len() as u64;
    }
    check.finish()?;
    file.sync().map_err(disk("sync", 0))
}
