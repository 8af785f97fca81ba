//! Opening: which segments there are, and where the journal ends.

use crate::journal::Options;
use crate::preparer::FIRST_STEP_LEN;
use crate::replay::Reader;
use crate::{Error, Lsn, Result, frame, segment};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use vfs::{Env, File, OpenMode};

/// Bytes of a segment at least.
const SEGMENT_LEN_MIN: u64 = 4096;

/// What opening finds.
pub(crate) struct Found {
    pub(crate) journal_id: u64,
    pub(crate) segment_len: u64,
    /// Behind the last valid frame.
    pub(crate) end: Lsn,
    /// There is room for everything below.
    pub(crate) reserved: Lsn,
    pub(crate) files: BTreeMap<Lsn, Arc<dyn File>>,
}

/// Finds the end of the journal in `dir`, cutting a torn tail, or begins a new one.
pub(crate) fn recover(env: &Env, dir: &Path, options: &Options) -> Result<Found> {
    env.fs.create_dir_all(dir).map_err(Error::disk("create", dir))?;
    sync_names(env, dir)?;
    let mut files = BTreeMap::new();
    for path in env.fs.list(dir).map_err(Error::disk("list", dir))? {
        if let Some(first) = segment::first_lsn(&path) {
            let file = env.fs.open(&path, OpenMode::ReadWrite).map_err(Error::disk("open", &path))?;
            files.insert(first, file);
        }
    }
    let Some((first, file)) = files.first_key_value() else { return begin(env, dir, options) };
    let path = segment::path(dir, *first);
    match read_header(file, &path)? {
        Some(header) if header.first == *first && header.segment_len >= SEGMENT_LEN_MIN => {
            let reserved = check_segments(env, dir, &mut files, header.segment_len)?;
            find_end(dir, files, header, reserved, options.replay_from)
        }
        // A crash while the journal was begun: nothing was ever appended.
        None if files.len() == 1 && *first == Lsn(0) && is_empty(file, &path)? => begin(env, dir, options),
        _ => Err(Error::Corrupt { segment: path, offset: 0 }),
    }
}

/// Names that are seen are made durable: the process that made them may have died before it did.
fn sync_names(env: &Env, dir: &Path) -> Result<()> {
    env.fs.sync_dir(dir).map_err(Error::disk("sync", dir))?;
    match dir.parent() {
        Some(parent) if env.fs.exists(parent).map_err(Error::disk("look for", parent))? => {
            env.fs.sync_dir(parent).map_err(Error::disk("sync", parent))
        }
        _ => Ok(()),
    }
}

fn read_header(file: &Arc<dyn File>, path: &Path) -> Result<Option<segment::Header>> {
    let mut bytes = [0u8; segment::HEADER_LEN];
    let read = file.read_at(&mut bytes, 0).map_err(Error::disk("read", path))?;
    segment::Header::decode(bytes.get(..read).unwrap_or_default(), path)
}

/// Whether a file holds nothing but zeros.
fn is_empty(file: &Arc<dyn File>, path: &Path) -> Result<bool> {
    let mut bytes = vec![0; 64 * 1024];
    let mut at = 0;
    loop {
        let read = file.read_at(&mut bytes, at).map_err(Error::disk("read", path))?;
        if read == 0 {
            return Ok(true);
        }
        if bytes.iter().take(read).any(|byte| *byte != 0) {
            return Ok(false);
        }
        at += read as u64;
    }
}

/// Every segment between the first and the last is there, and all that hold frames are whole. Returns where
/// the room ends.
fn check_segments(
    env: &Env,
    dir: &Path,
    files: &mut BTreeMap<Lsn, Arc<dyn File>>,
    segment_len: u64,
) -> Result<Lsn> {
    let mut reserved = files.keys().next().copied().unwrap_or_default();
    let mut is_short = false;
    for (first, file) in files.clone() {
        if is_short {
            drop_unbegun(env, dir, files, reserved, segment_len)?;
            break;
        }
        let path = segment::path(dir, first);
        if first != reserved {
            return Err(Error::Missing { segment: segment::path(dir, reserved) });
        }
        let len = file.len().map_err(Error::disk("measure", &path))?;
        is_short = len < segment_len;
        reserved.0 += len.min(segment_len);
    }
    Ok(reserved)
}

/// Segments behind one that is too short. If one of them was begun, the short one was whole once. Otherwise
/// its growing was lost, with a failed sync and the process that would not have gone on after that, and
/// those behind it hold nothing.
fn drop_unbegun(
    env: &Env,
    dir: &Path,
    files: &mut BTreeMap<Lsn, Arc<dyn File>>,
    reserved: Lsn,
    segment_len: u64,
) -> Result<()> {
    let behind = files.split_off(&reserved);
    for (first, file) in &behind {
        let path = segment::path(dir, *first);
        if read_header(file, &path)?.is_some_and(|header| header.first == *first) {
            let within = reserved.0 % segment_len;
            return Err(Error::Corrupt {
                segment: segment::path(dir, Lsn(reserved.0 - within)),
                offset: within,
            });
        }
    }
    for first in behind.into_keys() {
        let path = segment::path(dir, first);
        env.fs.remove(&path).map_err(Error::disk("remove", &path))?;
    }
    env.fs.sync_dir(dir).map_err(Error::disk("sync", dir))
}

/// Walks the frames to the end, from the segment on that holds the last one before `replay_from`; then looks behind
/// the end.
fn find_end(
    dir: &Path,
    files: BTreeMap<Lsn, Arc<dyn File>>,
    header: segment::Header,
    reserved: Lsn,
    replay_from: Lsn,
) -> Result<Found> {
    let segment_len = header.segment_len;
    let mut reader = Reader::new(dir, &files, segment_len, header.journal_id);
    let last_needed = replay_from.0.saturating_sub(1);
    let mut first = Lsn(last_needed - last_needed % segment_len);
    if !files.contains_key(&first) || !reader.begins_segment(first)? {
        first = header.first;
    }
    let mut end = Lsn(first.0 + segment::HEADER_LEN as u64);
    let mut synced = Lsn(0);
    // The end of the last record that is whole: a record's first parts alone are a torn tail as well.
    let mut at = end;
    while let Some(frame) = reader.frame_at(&mut at)? {
        synced = synced.max(frame.durable);
        if frame.part.is_last() {
            end = at;
        }
    }
    let behind = reader.valid_frames_behind(at)?;
    if behind.iter().any(|frame| frame.durable > at) {
        return Err(Error::Corrupt {
            segment: segment::path(dir, Lsn(at.0 - at.0 % segment_len)),
            offset: at.0 % segment_len,
        });
    }
    let mut stale: Vec<Lsn> = behind.iter().map(|frame| frame.lsn).collect();
    stale.extend(reader.frames_between(end, at)?);
    erase(dir, &files, segment_len, &stale)?;
    write_again(dir, &files, segment_len, synced..end)?;
    Ok(Found { journal_id: header.journal_id, segment_len, end, reserved, files })
}

/// Writes and syncs once more what no frame says was synced. It may be in the cache only, and clean there,
/// if the process before this one died between write and sync, or because a sync had failed.
fn write_again(
    dir: &Path,
    files: &BTreeMap<Lsn, Arc<dyn File>>,
    segment_len: u64,
    range: std::ops::Range<Lsn>,
) -> Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    for (first, file) in files {
        let path = segment::path(dir, *first);
        let mut at = range.start.0.max(first.0) - first.0;
        let end = range.end.0.saturating_sub(first.0).min(segment_len);
        if at >= end {
            continue;
        }
        while at < end {
            let count = usize::try_from(end - at).unwrap_or(usize::MAX).min(bytes.len());
            let piece = bytes.get_mut(..count).unwrap_or_default();
            file.read_exact_at(piece, at).map_err(Error::disk("read", &path))?;
            file.write_all_at(piece, at).map_err(Error::disk("write", &path))?;
            at += count as u64;
        }
        file.sync().map_err(Error::disk("sync", &path))?;
    }
    Ok(())
}

/// Overwrites the headers of frames that were cut, and of segments that only they had begun, so that none
/// of them comes back.
fn erase(dir: &Path, files: &BTreeMap<Lsn, Arc<dyn File>>, segment_len: u64, stale: &[Lsn]) -> Result<()> {
    let mut touched = BTreeMap::new();
    for lsn in stale {
        let first = Lsn(lsn.0 - lsn.0 % segment_len);
        let Some(file) = files.get(&first) else { continue };
        let path = segment::path(dir, first);
        file.write_all_at(&[0; frame::HEADER_LEN], lsn.0 % segment_len)
            .map_err(Error::disk("write", &path))?;
        touched.insert(first, (file, path));
    }
    for (file, path) in touched.into_values() {
        file.sync().map_err(Error::disk("sync", &path))?;
    }
    Ok(())
}

/// A new journal: its first segment, durable before anything is appended.
fn begin(env: &Env, dir: &Path, options: &Options) -> Result<Found> {
    let segment_len = options.segment_len.clamp(SEGMENT_LEN_MIN, u64::from(u32::MAX));
    let first = Lsn(0);
    let path = segment::path(dir, first);
    let room = FIRST_STEP_LEN.min(segment_len);
    let file = env.fs.open(&path, OpenMode::CreateOrOpen).map_err(Error::disk("create", &path))?;
    file.allocate(room, true).map_err(Error::disk("extend", &path))?;
    let header = segment::Header { journal_id: env.random.next_u64(), first, segment_len };
    file.write_all_at(&header.encode(), 0).map_err(Error::disk("write", &path))?;
    file.sync().map_err(Error::disk("sync", &path))?;
    env.fs.sync_dir(dir).map_err(Error::disk("sync", dir))?;
    let len = file.len().map_err(Error::disk("measure", &path))?;
    Ok(Found {
        journal_id: header.journal_id,
        segment_len,
        end: Lsn(segment::HEADER_LEN as u64),
        reserved: Lsn(len.min(segment_len)),
        files: BTreeMap::from([(first, file)]),
    })
}
