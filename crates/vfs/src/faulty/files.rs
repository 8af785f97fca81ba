//! The simulated disk through the seam. Every transfer is a call of its own, which the plan may fail.

use super::machine::{Machine, not_found};
use super::names::Inode;
use super::plan::Call;
use crate::{File, FileSystem, OpenMode};
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The disk as one life of the machine sees it.
pub(super) struct Disk {
    pub(super) machine: Arc<Mutex<Machine>>,
    pub(super) life: u64,
}

struct Handle {
    machine: Arc<Mutex<Machine>>,
    life: u64,
    inode: Inode,
    writable: bool,
    /// Held for as long as the handle, if the file is locked.
    _lock: Option<Arc<()>>,
}

impl Disk {
    /// One call that changes or reads names.
    fn call<T>(&self, call: Call, work: impl FnOnce(&mut Machine) -> io::Result<T>) -> io::Result<T> {
        let mut machine = self.machine.lock();
        let last = machine.enter(self.life, call)?;
        let result = work(&mut machine);
        machine.leave(last)?;
        result
    }

    fn handle(&self, inode: Inode, writable: bool, lock: Option<Arc<()>>) -> Arc<dyn File> {
        Arc::new(Handle { machine: self.machine.clone(), life: self.life, inode, writable, _lock: lock })
    }
}

impl FileSystem for Disk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        let inode = self.call(Call::Open, |machine| match (mode, machine.names.file(path)) {
            (OpenMode::CreateNew, Some(_)) => Err(io::ErrorKind::AlreadyExists.into()),
            (_, Some(inode)) => Ok(inode),
            (OpenMode::Read | OpenMode::ReadWrite, None) => Err(not_found(path)),
            (OpenMode::CreateNew | OpenMode::CreateOrOpen, None) => machine.create(path),
        })?;
        Ok(self.handle(inode, mode != OpenMode::Read, None))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(Call::Name, |machine| {
            let inode = machine.names.file(from).ok_or_else(|| not_found(from))?;
            machine.names.rename(from, to, inode);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call(Call::Name, |machine| {
            machine.names.file(path).ok_or_else(|| not_found(path))?;
            machine.names.unlink(path);
            Ok(())
        })
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.call(Call::Name, |machine| {
            machine.names.make_dirs(path);
            Ok(())
        })
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.call(Call::Name, |machine| {
            if !machine.names.is_dir(path) {
                return Err(not_found(path));
            }
            machine.names.remove_dirs(path);
            Ok(())
        })
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        self.call(Call::Read, |machine| {
            if !machine.names.is_dir(dir) {
                return Err(not_found(dir));
            }
            Ok(machine.names.list(dir))
        })
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.call(Call::Read, |machine| Ok(machine.names.file(path).is_some() || machine.names.is_dir(path)))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.call(Call::SyncDir, |machine| {
            if !machine.names.is_dir(dir) {
                return Err(not_found(dir));
            }
            // A sync that the machine does not survive may or may not have been in time.
            if machine.plan.crash_in != Some(0) || machine.chance.percent(50) {
                machine.names.sync(dir);
            }
            Ok(())
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let (inode, token) = self.call(Call::Open, |machine| {
            let token = machine.lock(path)?;
            let inode = match machine.names.file(path) {
                Some(inode) => inode,
                None => machine.create(path)?,
            };
            Ok((inode, token))
        })?;
        Ok(self.handle(inode, true, Some(token)))
    }
}

impl Handle {
    fn call<T>(&self, call: Call, work: impl FnOnce(&mut Machine) -> io::Result<T>) -> io::Result<T> {
        if call != Call::Read && !self.writable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut machine = self.machine.lock();
        let last = machine.enter(self.life, call)?;
        let result = work(&mut machine);
        machine.leave(last)?;
        result
    }
}

impl File for Handle {
    fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let len = into.len();
        if self.read_at(into, offset)? < len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = offset + filled as u64;
            match self.call(Call::Read, |machine| machine.read(self.inode, rest, at))? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    fn write_all_at(&self, from: &[u8], offset: u64) -> io::Result<()> {
        let mut written = 0;
        while let Some(rest) = from.get(written..).filter(|rest| !rest.is_empty()) {
            let at = offset + written as u64;
            written += self.call(Call::Write, |machine| machine.write(self.inode, rest, at))?;
        }
        Ok(())
    }

    fn write_all_vectored_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        self.write_all_at(&parts.concat(), offset)
    }

    fn len(&self) -> io::Result<u64> {
        self.call(Call::Read, |machine| Ok(machine.content(self.inode)?.len()))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.call(Call::Write, |machine| machine.set_len(self.inode, len))
    }

    fn allocate(&self, len: u64, _zero_fill: bool) -> io::Result<()> {
        self.call(Call::Write, |machine| machine.allocate(self.inode, len))
    }

    fn sync(&self) -> io::Result<()> {
        let mut machine = self.machine.lock();
        let last = match machine.enter(self.life, Call::Sync) {
            Ok(last) => last,
            Err(error) => {
                if !machine.down && machine.life == self.life {
                    machine.fail_sync(self.inode);
                }
                return Err(error);
            }
        };
        // A sync that the machine does not survive may or may not have been in time.
        if !last || machine.chance.percent(50) {
            machine.content(self.inode)?.sync();
        }
        machine.leave(last)
    }
}
