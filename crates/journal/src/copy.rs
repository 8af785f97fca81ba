//! Copying a stretch of the journal into another directory, where it is a journal by itself.

use crate::journal::Shared;
use crate::{Error, Lsn, Result, segment};
use std::path::Path;
use vfs::OpenMode;

/// Bytes read at once.
const PIECE_LEN: usize = 1 << 20;
/// The last segment's copy ends at a multiple of this, with zeros: room for the first frames behind it.
const ROOM_LEN: u64 = 4096;

/// Copies what lies between the start of `from`'s segment and `to`, which must be durable. Returns the bytes.
pub(crate) fn copy(shared: &Shared, from: Lsn, to: Lsn, dir: &Path) -> Result<u64> {
    let fs = &shared.env.fs;
    fs.create_dir_all(dir).map_err(Error::disk("create", dir))?;
    let mut copied = 0;
    let mut first = shared.segment_of(from);
    while first < to {
        let len = (to.0 - first.0).min(shared.segment_len);
        let (source, target) = (segment::path(&shared.dir, first), segment::path(dir, first));
        let file = shared.files.lock().get(&first).cloned();
        let file = file.ok_or_else(|| Error::Missing { segment: source.clone() })?;
        let copy = fs.open(&target, OpenMode::CreateOrOpen).map_err(Error::disk("create", &target))?;
        copy.set_len(0).map_err(Error::disk("empty", &target))?;
        let mut piece = vec![0; PIECE_LEN];
        let mut at = 0;
        while at < len {
            piece.truncate((len - at).min(PIECE_LEN as u64) as usize);
            file.read_exact_at(&mut piece, at).map_err(Error::disk("read", &source))?;
            copy.write_all_at(&piece, at).map_err(Error::disk("write", &target))?;
            at += piece.len() as u64;
        }
        let room = len.next_multiple_of(ROOM_LEN).min(shared.segment_len);
        copy.allocate(room, true).map_err(Error::disk("extend", &target))?;
        copy.sync().map_err(Error::disk("sync", &target))?;
        copied += len;
        first.0 += shared.segment_len;
    }
    fs.sync_dir(dir).map_err(Error::disk("sync", dir))?;
    Ok(copied)
}
