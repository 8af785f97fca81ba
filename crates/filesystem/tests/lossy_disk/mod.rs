//! A disk that loses power: what was not synced is kept, lost or torn by 512-byte sectors, as a seed says.

use crate::journaled::Choices;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vfs::{Env, File, FileSystem, OpenMode};

const SECTOR_LEN: usize = 512;

/// What fails, counted in writes, syncs and renames from the disk's start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Power goes at this call: it and every later one fail.
    PowerLoss(u64),
    /// This call alone fails.
    Once(u64, ErrorKind),
}

#[derive(Default)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
}

type Node = Arc<Mutex<Content>>;
type Names = BTreeMap<PathBuf, Node>;

#[derive(Default)]
struct State {
    names: Names,
    synced_names: Names,
    /// The names after each change since they were last synced.
    unsynced: Vec<Names>,
    calls: u64,
    fault: Option<Fault>,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct LossyDisk(Arc<Mutex<State>>);

impl LossyDisk {
    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        self.0.lock().fault = fault;
    }

    pub(crate) fn env(&self) -> Env {
        Env { fs: Arc::new(self.clone()), ..vfs::mem::env() }
    }

    /// What a machine finds on the disk when power is back. It has no fault.
    pub(crate) fn after_power_loss(&self, choices: &mut Choices) -> LossyDisk {
        let state = self.0.lock();
        let kept = choices.below(state.unsynced.len() as u64 + 1) as usize;
        let names = if kept == 0 { &state.synced_names } else { &state.unsynced[kept - 1] };
        let survive = |(path, node): (&PathBuf, &Node)| {
            let content = survivor(&node.lock(), choices);
            (path.clone(), Arc::new(Mutex::new(Content { now: content.clone(), synced: content })))
        };
        let names: Names = names.iter().map(survive).collect();
        LossyDisk(Arc::new(Mutex::new(State { synced_names: names.clone(), names, ..State::default() })))
    }

    pub(crate) fn calls(&self) -> u64 {
        self.0.lock().calls
    }

    /// Counts a call that changes the disk; fails if its turn has come.
    fn change(&self) -> Result<()> {
        let mut state = self.0.lock();
        state.calls += 1;
        match state.fault {
            Some(Fault::PowerLoss(at)) if state.calls >= at => Err(Error::other("no power")),
            Some(Fault::Once(at, kind)) if state.calls == at => Err(kind.into()),
            _ => Ok(()),
        }
    }

    fn rename_names(&self, change: impl FnOnce(&mut Names) -> Result<()>) -> Result<()> {
        self.change()?;
        let mut state = self.0.lock();
        change(&mut state.names)?;
        let names = state.names.clone();
        state.unsynced.push(names);
        Ok(())
    }
}

/// A file's content after power loss: each sector old or new, the length either one.
fn survivor(content: &Content, choices: &mut Choices) -> Vec<u8> {
    let (now, synced) = (&content.now, &content.synced);
    let len = if choices.below(2) == 0 { now.len() } else { synced.len() };
    let new_in_eight = choices.below(9);
    let mut survivor = vec![0; len];
    for (at, sector) in survivor.chunks_mut(SECTOR_LEN).enumerate() {
        let from = if choices.below(8) < new_in_eight { now } else { synced };
        let from = from.get(at * SECTOR_LEN..).unwrap_or_default();
        let kept = from.len().min(sector.len());
        sector[..kept].copy_from_slice(&from[..kept]);
    }
    survivor
}

impl FileSystem for LossyDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> Result<Arc<dyn File>> {
        let found = self.0.lock().names.get(path).cloned();
        let node = match (found, mode) {
            (Some(_), OpenMode::CreateNew) => return Err(ErrorKind::AlreadyExists.into()),
            (Some(node), _) => node,
            (None, OpenMode::Read | OpenMode::ReadWrite) => return Err(ErrorKind::NotFound.into()),
            (None, _) => {
                let node = Node::default();
                let new = Arc::clone(&node);
                self.rename_names(|names| {
                    names.insert(path.to_owned(), new);
                    Ok(())
                })?;
                node
            }
        };
        Ok(Arc::new(Handle { disk: self.clone(), node }))
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.rename_names(|names| {
            let node = names.remove(from).ok_or(ErrorKind::NotFound)?;
            names.insert(to.to_owned(), node);
            Ok(())
        })
    }
    fn remove(&self, path: &Path) -> Result<()> {
        self.rename_names(|names| names.remove(path).map(drop).ok_or(ErrorKind::NotFound.into()))
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
    fn sync_dir(&self, dir: &Path) -> Result<()> {
        self.change()?;
        let mut state = self.0.lock();
        let in_dir = |path: &Path| path.parent() == Some(dir);
        let names = state.names.clone();
        state.synced_names.retain(|path, _| !in_dir(path));
        state.synced_names.extend(names.into_iter().filter(|(path, _)| in_dir(path)));
        state.unsynced.clear();
        Ok(())
    }
    fn lock(&self, _: &Path) -> Result<Arc<dyn File>> {
        Err(ErrorKind::Unsupported.into())
    }
}

struct Handle {
    disk: LossyDisk,
    node: Node,
}

impl File for Handle {
    fn read_exact_at(&self, into: &mut [u8], offset: u64) -> Result<()> {
        let read = self.read_at(into, offset)?;
        if read == into.len() { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }
    fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize> {
        let content = self.node.lock();
        let from = content.now.get(offset as usize..).unwrap_or_default();
        let len = from.len().min(into.len());
        into[..len].copy_from_slice(&from[..len]);
        Ok(len)
    }
    fn write_all_at(&self, from: &[u8], offset: u64) -> Result<()> {
        let failed = self.disk.change();
        // A write that fails has still reached the disk in part.
        let done = if failed.is_err() { from.len() / 2 } else { from.len() };
        let (mut content, start) = (self.node.lock(), offset as usize);
        let len = content.now.len().max(start + done);
        content.now.resize(len, 0);
        content.now[start..start + done].copy_from_slice(&from[..done]);
        failed
    }
    fn write_all_vectored_at(&self, parts: &[&[u8]], offset: u64) -> Result<()> {
        self.write_all_at(&parts.concat(), offset)
    }
    fn len(&self) -> Result<u64> {
        Ok(self.node.lock().now.len() as u64)
    }
    fn set_len(&self, len: u64) -> Result<()> {
        self.disk.change()?;
        self.node.lock().now.resize(len as usize, 0);
        Ok(())
    }
    fn allocate(&self, len: u64, _: bool) -> Result<()> {
        self.disk.change()?;
        let mut content = self.node.lock();
        let len = content.now.len().max(len as usize);
        content.now.resize(len, 0);
        Ok(())
    }
    fn sync(&self) -> Result<()> {
        self.disk.change()?;
        let mut content = self.node.lock();
        content.synced = content.now.clone();
        Ok(())
    }
}
