//! A disk that can be crashed: what was not synced is lost, kept or torn, as the seed says.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vfs::{File, FileSystem, OpenMode};

/// Which call fails, counted over all that change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The power goes: this call and all after it fail.
    PowerAt(u64),
    /// This one call fails.
    ErrorAt(u64),
    /// From this call on nothing can be written; syncs and removals succeed.
    FullAt(u64),
}

/// See the module's text. Clones are the same disk.
#[derive(Clone)]
pub(crate) struct Disk(Arc<Mutex<State>>);

struct State {
    dice: u64,
    fault: Fault,
    calls: u64,
    names: Names,
    durable_names: Names,
    /// Changes of names since the directory was synced (there is one).
    pending_names: Vec<NameChange>,
}

type Names = BTreeMap<PathBuf, Arc<Mutex<Content>>>;

enum NameChange {
    Set(PathBuf, Arc<Mutex<Content>>),
    Gone(PathBuf),
}

#[derive(Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<(usize, Vec<u8>)>,
}

impl Disk {
    pub(crate) fn new(seed: u64) -> Self {
        Disk::with(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, Names::new())
    }

    fn with(dice: u64, names: Names) -> Self {
        let durable_names = names.clone();
        let pending_names = Vec::new();
        let state = State { dice, fault: Fault::None, calls: 0, names, durable_names, pending_names };
        Disk(Arc::new(Mutex::new(state)))
    }

    /// Sets what will fail, counted from here.
    pub(crate) fn set_fault(&self, fault: Fault) {
        let mut state = self.0.lock();
        (state.fault, state.calls) = (fault, 0);
    }

    /// The disk as it is found after a crash.
    pub(crate) fn crash(&self) -> Disk {
        let mut state = self.0.lock();
        let count = state.pending_names.len() as u64;
        let kept = state.roll(count + 1) as usize;
        let changes: Vec<_> = state.pending_names.drain(..).take(kept).collect();
        let mut names = std::mem::take(&mut state.durable_names);
        changes.into_iter().for_each(|change| change.make(&mut names));
        for content in names.values_mut() {
            let found = state.torn(&content.lock());
            *content =
                Arc::new(Mutex::new(Content { now: found.clone(), durable: found, pending: Vec::new() }));
        }
        Disk::with(state.dice, names)
    }

    /// Counts a call that changes something, and says whether it fails.
    fn change(&self, grows: bool) -> Result<()> {
        let mut state = self.0.lock();
        state.calls += 1;
        match state.fault {
            Fault::PowerAt(at) if state.calls >= at => Err(Error::other("power is off")),
            Fault::ErrorAt(at) if state.calls == at => Err(Error::other("input/output error")),
            Fault::FullAt(at) if state.calls >= at && grows => Err(ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn rename_or_remove(&self, from: &Path, to: Option<&Path>) -> Result<()> {
        self.change(false)?;
        let mut state = self.0.lock();
        let content = state.names.remove(from).ok_or(ErrorKind::NotFound)?;
        state.pending_names.push(NameChange::Gone(from.to_path_buf()));
        if let Some(to) = to {
            // Both halves of a rename in one: a prefix of the changes never ends between them.
            state.pending_names.pop();
            state.names.insert(to.to_path_buf(), content.clone());
            state.pending_names.push(NameChange::Set(to.to_path_buf(), content));
        }
        Ok(())
    }
}

impl NameChange {
    fn make(self, names: &mut Names) {
        match self {
            NameChange::Set(path, content) => {
                // A content has one name: setting another takes the old one away.
                names.retain(|_, old| !Arc::ptr_eq(old, &content));
                names.insert(path, content);
            }
            NameChange::Gone(path) => drop(names.remove(&path)),
        }
    }
}

impl State {
    fn roll(&mut self, below: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) % below
    }

    /// The synced content with some of what was written later, some of that in part.
    fn torn(&mut self, content: &Content) -> Vec<u8> {
        let mut found = content.durable.clone();
        for (at, bytes) in &content.pending {
            let len = match self.roll(3) {
                0 => 0,
                1 => self.roll(bytes.len() as u64 + 1) as usize,
                _ => bytes.len(),
            };
            write(&mut found, *at, &bytes[..len]);
        }
        found
    }
}

fn write(into: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if !bytes.is_empty() {
        into.resize(into.len().max(at + bytes.len()), 0);
        into[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

impl FileSystem for Disk {
    fn open(&self, path: &Path, mode: OpenMode) -> Result<Arc<dyn File>> {
        let there = self.0.lock().names.get(path).cloned();
        let content = match (there, mode) {
            (Some(_), OpenMode::CreateNew) => return Err(ErrorKind::AlreadyExists.into()),
            (None, OpenMode::Read | OpenMode::ReadWrite) => return Err(ErrorKind::NotFound.into()),
            (Some(content), _) => content,
            (None, _) => {
                self.change(true)?;
                let mut state = self.0.lock();
                let content = Arc::<Mutex<Content>>::default();
                state.names.insert(path.to_path_buf(), content.clone());
                state.pending_names.push(NameChange::Set(path.to_path_buf(), content.clone()));
                content
            }
        };
        Ok(Arc::new(OpenFile { disk: self.clone(), content }))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.rename_or_remove(from, Some(to))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        if !self.exists(path)? {
            return Err(ErrorKind::NotFound.into());
        }
        self.rename_or_remove(path, None)
    }

    fn create_dir_all(&self, _: &Path) -> Result<()> {
        Ok(())
    }

    fn remove_dir_all(&self, _: &Path) -> Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn list(&self, dir: &Path) -> Result<Vec<PathBuf>> {
        Ok(self.0.lock().names.keys().filter(|path| path.parent() == Some(dir)).cloned().collect())
    }

    fn exists(&self, path: &Path) -> Result<bool> {
        Ok(self.0.lock().names.contains_key(path))
    }

    fn sync_dir(&self, _: &Path) -> Result<()> {
        self.change(false)?;
        let mut state = self.0.lock();
        let changes = std::mem::take(&mut state.pending_names);
        changes.into_iter().for_each(|change| change.make(&mut state.durable_names));
        Ok(())
    }

    fn lock(&self, _: &Path) -> Result<Arc<dyn File>> {
        Err(ErrorKind::Unsupported.into())
    }
}

struct OpenFile {
    disk: Disk,
    content: Arc<Mutex<Content>>,
}

impl File for OpenFile {
    fn read_exact_at(&self, into: &mut [u8], offset: u64) -> Result<()> {
        match self.read_at(into, offset)? == into.len() {
            true => Ok(()),
            false => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize> {
        let content = self.content.lock();
        let rest = content.now.get(offset as usize..).unwrap_or_default();
        let len = into.len().min(rest.len());
        into[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write_all_at(&self, from: &[u8], offset: u64) -> Result<()> {
        let refused = self.disk.change(true);
        // A refused write may have come half way.
        let len = if refused.is_ok() { from.len() } else { from.len() / 2 };
        let mut content = self.content.lock();
        write(&mut content.now, offset as usize, &from[..len]);
        content.pending.push((offset as usize, from[..len].to_vec()));
        refused
    }

    fn write_all_vectored_at(&self, parts: &[&[u8]], offset: u64) -> Result<()> {
        self.write_all_at(&parts.concat(), offset)
    }

    fn len(&self) -> Result<u64> {
        Ok(self.content.lock().now.len() as u64)
    }

    fn set_len(&self, _: u64) -> Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn allocate(&self, _: u64, _: bool) -> Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn sync(&self) -> Result<()> {
        self.disk.change(false)?;
        let mut content = self.content.lock();
        content.durable = content.now.clone();
        content.pending.clear();
        Ok(())
    }
}
