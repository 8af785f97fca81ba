//! Opening: which segments there are, and where the journal ends.

use crate::journal::Options;
use crate::replay::Reader;
use crate::{Error, Lsn, Result, frame, segment};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use vfs::{Env, File, OpenMode};

/// What opening finds.
pub(crate) struct Found {
    pub(crate) journal_id: u64,
    pub(crate) segment_len: u64,
    /// Behind the last valid frame.
    pub(crate) end: Lsn,
    /// Segments exist for everything below.
    pub(crate) reserved: Lsn,
    pub(crate) files: BTreeMap<Lsn, Arc<dyn File>>,
}

/// Finds the end of the journal in `dir`, cutting a torn tail, or begins a new one.
pub(crate) fn recover(env: &Env, dir: &Path, options: &Options) -> Result<Found> {
    let mut files = BTreeMap::new();
    for path in env.fs.list(dir).map_err(Error::disk("list", dir))? {
        if let Some(first) = segment::first_lsn(&path) {
            let file = env.fs.open(&path, OpenMode::ReadWrite).map_err(Error::disk("open", &path))?;
            files.insert(first, file);
        }
    }
    let header = match files.first_key_value() {
        Some((first, file)) => read_header(file, &segment::path(dir, *first))?,
        None => None,
    };
    match header {
        Some(header) => {
            check_gapless(dir, &files, header.segment_len)?;
            find_end(dir, files, header)
        }
        None => begin(env, dir, options, files),
    }
}

fn read_header(file: &Arc<dyn File>, path: &Path) -> Result<Option<segment::Header>> {
    let mut bytes = [0u8; segment::HEADER_LEN];
    let read = file.read_at(&mut bytes, 0).map_err(Error::disk("read", path))?;
    segment::Header::decode(bytes.get(..read).unwrap_or_default(), path)
}

/// Every segment is there between the first and the last.
fn check_gapless(dir: &Path, files: &BTreeMap<Lsn, Arc<dyn File>>, segment_len: u64) -> Result<()> {
    let mut expected = files.keys().next().copied().unwrap_or_default();
    for first in files.keys() {
        if *first != expected {
            return Err(Error::Missing { segment: segment::path(dir, expected) });
        }
        expected.0 += segment_len;
    }
    Ok(())
}

/// Walks the frames to the end, then looks behind it.
fn find_end(dir: &Path, files: BTreeMap<Lsn, Arc<dyn File>>, header: segment::Header) -> Result<Found> {
    let segment_len = header.segment_len;
    let first = files.keys().next().copied().unwrap_or_default();
    let last = files.keys().next_back().copied().unwrap_or_default();
    let mut reader = Reader::new(dir, &files, segment_len, header.journal_id);
    let mut end = Lsn(first.0 + segment::HEADER_LEN as u64);
    // The end of the last record that is whole: a record's first parts alone are a torn tail as well.
    let mut at = end;
    while let Some(frame) = reader.frame_at(&mut at)? {
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
    Ok(Found { journal_id: header.journal_id, segment_len, end, reserved: Lsn(last.0 + segment_len), files })
}

/// Overwrites the headers of frames that were cut, and of segments that only they had begun, so that none
/// of them comes back.
fn erase(dir: &Path, files: &BTreeMap<Lsn, Arc<dyn File>>, segment_len: u64, stale: &[Lsn]) -> Result<()> {
    let mut touched = BTreeMap::new();
    for lsn in stale {
        let first = Lsn(lsn.0 - lsn.0 % segment_len);
        let Some(file) = files.get(&first) else { continue };
        let path = segment::path(dir, first);
        file.write_all_at(&[0; frame::HEADER_LEN], lsn.0 % segment_len).map_err(Error::disk("write", &path))?;
        touched.insert(first, (file, path));
    }
    for (file, path) in touched.into_values() {
        file.sync().map_err(Error::disk("sync", &path))?;
    }
    Ok(())
}

/// A new journal: its first segment, durable before anything is appended. Files that hold no journal yet, left
/// by a crash in here, are replaced.
fn begin(
    env: &Env,
    dir: &Path,
    options: &Options,
    left: BTreeMap<Lsn, Arc<dyn File>>,
) -> Result<Found> {
    if left.len() > 1 {
        // A first segment without a header, with others behind it, was not left by a crash in here.
        let damaged = left.keys().next().copied().unwrap_or_default();
        return Err(Error::Corrupt { segment: segment::path(dir, damaged), offset: 0 });
    }
    let segment_len = options.segment_len.clamp(4096, u64::from(u32::MAX));
    let first = Lsn(0);
    let path = segment::path(dir, first);
    let file = env.fs.open(&path, OpenMode::CreateOrOpen).map_err(Error::disk("create", &path))?;
    file.allocate(segment_len, false).map_err(Error::disk("extend", &path))?;
    let header = segment::Header { journal_id: env.random.next_u64(), first, segment_len };
    file.write_all_at(&header.encode(), 0).map_err(Error::disk("write", &path))?;
    file.sync().map_err(Error::disk("sync", &path))?;
    env.fs.sync_dir(dir).map_err(Error::disk("sync", dir))?;
    Ok(Found {
        journal_id: header.journal_id,
        segment_len,
        end: Lsn(segment::HEADER_LEN as u64),
        reserved: Lsn(segment_len),
        files: BTreeMap::from([(first, file)]),
    })
}
