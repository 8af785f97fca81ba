//! The manifest: the log of edits that produce the current version.
//!
//! ```text
//! CURRENT            MANIFEST-000007
//! ┌──────────────┐   ┌───────────┬───────┬───────┬───┐
//! │ 000007 crc32 │──▶│ header 24 │ frame │ frame │ … │
//! └──────────────┘   └───────────┴───────┴───────┴───┘
//! header: magic 8 │ version 4 │ manifest id 8 │ crc32 4          (integers little-endian)
//! frame:  length 4 │ crc32 4 │ edit, length
//! ```
//! A frame's checksum also covers the manifest's id and the frame's offset. The first frame is a whole
//! version; when the log has become long, a new manifest begins with the version of that moment and
//! `CURRENT` is switched to it by an atomic rename (I-5).
//!
//! # What a reader finds after a crash
//! | at the end of the log             | meaning                    | action                          |
//! |-----------------------------------|----------------------------|---------------------------------|
//! | a bad frame, no valid frame later | the last append was torn   | continue in a new manifest      |
//! | a bad frame, a valid frame later  | a durable edit is damaged  | refuse to open                  |
//! | no valid first frame              | `CURRENT` names a damaged file | refuse to open              |

mod edit;

use crate::codec::Reader;
use crate::version::Edit;
use crate::{Error, Result};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vfs::{Env, File, OpenMode};

const MAGIC: [u8; 8] = *b"strataMF";
const FORMAT: u32 = 2;
const HEADER_LEN: usize = 24;
const FRAME_HEADER_LEN: usize = 8;
/// Beyond this length, and four times what the first frame took, the log is begun anew.
const REWRITE_LEN: u64 = 256 * 1024;

/// The open manifest, at its end.
pub(crate) struct Manifest {
    env: Env,
    dir: PathBuf,
    id: u64,
    path: PathBuf,
    file: Arc<dyn File>,
    end: u64,
    first_frame_len: u64,
}

/// What a manifest on disk says.
pub(crate) struct Loaded {
    pub(crate) id: u64,
    pub(crate) edits: Vec<Edit>,
    /// Where the valid frames end; `torn` if bytes follow that are none.
    end: u64,
    torn: bool,
    first_frame_len: u64,
}

/// How a change of the manifest failed.
pub(crate) enum AppendError {
    /// The disk is full. Nothing was changed; it may be tried again.
    Refused(Error),
    /// The change may or may not be durable.
    Uncertain(Error),
}

impl From<Error> for AppendError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoSpace { .. } => AppendError::Refused(error),
            _ => AppendError::Uncertain(error),
        }
    }
}

impl Manifest {
    /// Reads the manifest that `CURRENT` names; `None` in a directory without `CURRENT`.
    pub(crate) fn load(env: &Env, dir: &Path) -> Result<Option<Loaded>> {
        let Some(id) = read_current(env, dir)? else { return Ok(None) };
        let path = path(dir, id);
        let bytes = read_all(env, &path)?;
        load_frames(&bytes, id, &path).map(Some)
    }

    /// Begins manifest `id` with `whole` as its first edit and makes `CURRENT` name it.
    pub(crate) fn create(env: &Env, dir: &Path, id: u64, whole: &Edit) -> Result<Manifest> {
        let manifest = Manifest::prepare(env, dir, id, whole)?;
        switch_current(env, dir)?;
        Ok(manifest)
    }

    /// Writes manifest `id` and what `CURRENT` will say of it.
    fn prepare(env: &Env, dir: &Path, id: u64, whole: &Edit) -> Result<Manifest> {
        let path = path(dir, id);
        let mut bytes = header(id);
        append_frame(&mut bytes, id, 0, whole);
        let file = write_new(env, &path, &bytes)?;
        write_new(env, &new_current_path(dir), current_text(id).as_bytes())?;
        // The manifest's name must be durable before CURRENT can point to it.
        sync_dir(env, dir)?;
        let end = bytes.len() as u64;
        let first_frame_len = end;
        Ok(Manifest { env: env.clone(), dir: dir.to_path_buf(), id, path, file, end, first_frame_len })
    }

    /// Goes on with a loaded manifest, or with a new one of the same content if its tail is torn.
    pub(crate) fn resume(env: &Env, dir: &Path, loaded: &Loaded, whole: &Edit) -> Result<Manifest> {
        if loaded.torn {
            let manifest = Manifest::create(env, dir, loaded.id + 1, whole)?;
            manifest.remove(loaded.id);
            return Ok(manifest);
        }
        let path = path(dir, loaded.id);
        let file = env.fs.open(&path, OpenMode::ReadWrite);
        let file = file.map_err(|source| Error::disk("open", &path, 0, &source))?;
        write_again(env, dir, &path, &*file)?;
        Ok(Manifest {
            env: env.clone(),
            dir: dir.to_path_buf(),
            id: loaded.id,
            file,
            path,
            end: loaded.end,
            first_frame_len: loaded.first_frame_len,
        })
    }

    /// Makes `edit` durable. The names of the files that it adds must be durable already.
    pub(crate) fn append(&mut self, edit: &Edit) -> std::result::Result<(), AppendError> {
        let mut frame = Vec::new();
        append_frame(&mut frame, self.id, self.end, edit);
        if let Err(source) = self.file.write_all_at(&frame, self.end) {
            // A frame cut short by a full disk is overwritten by the next, or cut as a torn tail.
            return Err(Error::disk("write", &self.path, self.end, &source).into());
        }
        self.file
            .sync()
            .map_err(|source| AppendError::Uncertain(Error::disk("sync", &self.path, self.end, &source)))?;
        self.end += frame.len() as u64;
        Ok(())
    }

    /// Whether the log has become long compared with what it says.
    pub(crate) fn is_long(&self) -> bool {
        self.end > REWRITE_LEN.max(4 * self.first_frame_len)
    }

    /// Continues in a new manifest that begins with `whole`.
    pub(crate) fn rewrite(&mut self, whole: &Edit) -> std::result::Result<(), AppendError> {
        let next = Manifest::prepare(&self.env, &self.dir, self.id + 1, whole)?;
        // From here on CURRENT may name either, whatever the failure.
        switch_current(&self.env, &self.dir).map_err(AppendError::Uncertain)?;
        let old = std::mem::replace(self, next);
        self.remove(old.id);
        Ok(())
    }

    fn remove(&self, id: u64) {
        // If this fails the file is an orphan, which the next open removes.
        let _ = self.env.fs.remove(&path(&self.dir, id));
    }
}

/// Takes `CURRENT` away, durably: the directory is no tree any more.
pub(crate) fn forget(env: &Env, dir: &Path) -> Result<()> {
    let path = current_path(dir);
    match env.fs.remove(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(Error::disk("remove", &path, 0, &source)),
        _ => sync_dir(env, dir),
    }
}

/// Makes durable what was read. It may be in the cache only, and clean there, if the process before this one
/// died between write and sync, or because a sync had failed.
fn write_again(env: &Env, dir: &Path, path: &Path, file: &dyn File) -> Result<()> {
    let bytes = read_all(env, path)?;
    file.write_all_at(&bytes, 0).map_err(|source| Error::disk("write", path, 0, &source))?;
    file.sync().map_err(|source| Error::disk("sync", path, 0, &source))?;
    sync_dir(env, dir)
}

/// The path of manifest `id`.
pub(crate) fn path(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("MANIFEST-{id:06}"))
}

/// Makes names in `dir` durable.
pub(crate) fn sync_dir(env: &Env, dir: &Path) -> Result<()> {
    env.fs.sync_dir(dir).map_err(|source| Error::disk("sync directory", dir, 0, &source))
}

fn header(id: u64) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&id.to_le_bytes());
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// Appends a frame to `into`, whose first byte lies at `base` of the file.
fn append_frame(into: &mut Vec<u8>, id: u64, base: u64, edit: &Edit) {
    let payload = edit::encode(edit);
    let crc = checksum(id, base + into.len() as u64, &payload);
    into.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    into.extend_from_slice(&crc.to_le_bytes());
    into.extend_from_slice(&payload);
}

fn checksum(id: u64, offset: u64, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&id.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(&(payload.len() as u32).to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

fn load_frames(bytes: &[u8], id: u64, path: &Path) -> Result<Loaded> {
    check_header(bytes, id, path)?;
    let (mut at, mut edits, mut first_frame_len) = (HEADER_LEN, Vec::new(), 0);
    while let Some(payload) = frame_at(bytes, id, at) {
        let edit = edit::decode(payload).ok_or_else(|| {
            Error::corrupt(path, at as u64, "edit does not decode although its checksum holds")
        })?;
        edits.push(edit);
        at += FRAME_HEADER_LEN + payload.len();
        first_frame_len = if edits.len() == 1 { at as u64 } else { first_frame_len };
    }
    if edits.is_empty() {
        return Err(Error::corrupt(path, at as u64, "the first frame does not match its checksum"));
    }
    let torn = at < bytes.len();
    if torn && (at + 1..bytes.len()).any(|later| frame_at(bytes, id, later).is_some()) {
        return Err(Error::corrupt(path, at as u64, "a frame before the last does not match its checksum"));
    }
    Ok(Loaded { id, edits, end: at as u64, torn, first_frame_len })
}

fn check_header(bytes: &[u8], id: u64, path: &Path) -> Result<()> {
    let mut reader = Reader::new(bytes);
    if reader.array() != Some(MAGIC) {
        return Err(Error::corrupt(path, 0, "not a manifest"));
    }
    if let Some(found) = reader.u32().filter(|&found| found != FORMAT) {
        return Err(Error::UnknownFormat { file: path.display().to_string(), found, supported: FORMAT });
    }
    match bytes.get(..HEADER_LEN) {
        Some(found) if *found == *header(id) => Ok(()),
        _ => Err(Error::corrupt(path, 0, "manifest header does not match its checksum or name")),
    }
}

fn frame_at(bytes: &[u8], id: u64, at: usize) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes.get(at..)?);
    let (len, crc) = (reader.u32()? as usize, reader.u32()?);
    let payload = reader.take(len)?;
    (len > 0 && checksum(id, at as u64, payload) == crc).then_some(payload)
}

fn current_path(dir: &Path) -> PathBuf {
    dir.join("CURRENT")
}

fn current_text(id: u64) -> String {
    let name = format!("{id:06}");
    format!("{name} {:08x}\n", crc32fast::hash(name.as_bytes()))
}

fn read_current(env: &Env, dir: &Path) -> Result<Option<u64>> {
    let path = current_path(dir);
    if !env.fs.exists(&path).map_err(|source| Error::disk("find", &path, 0, &source))? {
        return Ok(None);
    }
    let bytes = read_all(env, &path)?;
    let id = std::str::from_utf8(&bytes).ok().and_then(|text| text.split(' ').next()?.parse().ok());
    match id {
        Some(id) if current_text(id).as_bytes() == bytes => Ok(Some(id)),
        _ => Err(Error::corrupt(&path, 0, "does not name a manifest")),
    }
}

fn new_current_path(dir: &Path) -> PathBuf {
    dir.join("CURRENT.tmp")
}

fn switch_current(env: &Env, dir: &Path) -> Result<()> {
    let (current, new) = (current_path(dir), new_current_path(dir));
    env.fs.rename(&new, &current).map_err(|source| Error::disk("rename", &new, 0, &source))?;
    // Until the directory is synced a crash may bring the old manifest back.
    sync_dir(env, dir)
}

/// Writes and syncs a file; a leftover of that name is replaced.
fn write_new(env: &Env, path: &Path, bytes: &[u8]) -> Result<Arc<dyn File>> {
    match env.fs.remove(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            return Err(Error::disk("remove", path, 0, &source));
        }
        _ => {}
    }
    let file = env.fs.open(path, OpenMode::CreateNew);
    let file = file.map_err(|source| Error::disk("create", path, 0, &source))?;
    file.write_all_at(bytes, 0).map_err(|source| Error::disk("write", path, 0, &source))?;
    file.sync().map_err(|source| Error::disk("sync", path, 0, &source))?;
    Ok(file)
}

fn read_all(env: &Env, path: &Path) -> Result<Vec<u8>> {
    let file = env.fs.open(path, OpenMode::Read).map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::Missing { file: path.display().to_string() },
        _ => Error::disk("open", path, 0, &source),
    })?;
    let len = file.len().map_err(|source| Error::disk("measure", path, 0, &source))?;
    let mut bytes = vec![0; len as usize];
    file.read_exact_at(&mut bytes, 0).map_err(|source| Error::disk("read", path, 0, &source))?;
    Ok(bytes)
}
