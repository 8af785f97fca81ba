//! The names of an overlay: those of the base, but for what was opened to write, renamed or removed.

use super::file::OverlaidFile;
use crate::read_only::ReadOnly;
use crate::{File, FileSystem, OpenMode};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

/// A tree of files over another.
pub struct OverlayFileSystem {
    base: Arc<dyn FileSystem>,
    names: Mutex<Names>,
}

#[derive(Default)]
struct Names {
    /// What a name means here; `None` where the base's is hidden. All others are the base's.
    files: BTreeMap<PathBuf, Option<Arc<OverlaidFile>>>,
    dirs: BTreeSet<PathBuf>,
    /// Directories of which the base shows nothing any more.
    removed: BTreeSet<PathBuf>,
    /// Locks on names that the base does not have.
    locked: BTreeMap<PathBuf, Weak<OverlaidFile>>,
}

impl Names {
    fn hides(&self, path: &Path) -> bool {
        path.ancestors().any(|ancestor| self.removed.contains(ancestor))
    }
}

impl OverlayFileSystem {
    /// Shows `base`.
    pub fn new(base: Arc<dyn FileSystem>) -> Self {
        OverlayFileSystem { base, names: Mutex::default() }
    }

    fn has_dir(&self, names: &Names, dir: &Path) -> io::Result<bool> {
        Ok(names.dirs.contains(dir) || !names.hides(dir) && self.base.exists(dir)?)
    }

    /// The file of a name, if there is one.
    fn find(&self, names: &mut Names, path: &Path) -> io::Result<Option<Arc<OverlaidFile>>> {
        if let Some(known) = names.files.get(path) {
            return Ok(known.clone());
        }
        if names.hides(path) {
            return Ok(None);
        }
        match self.base.open(path, OpenMode::Read) {
            Ok(base) => {
                let file = Arc::new(OverlaidFile::over(base)?);
                names.files.insert(path.to_owned(), Some(file.clone()));
                Ok(Some(file))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn not_found(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{} does not exist", path.display()))
}

impl FileSystem for OverlayFileSystem {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        let names = &mut *self.names.lock();
        match (mode, self.find(names, path)?) {
            (OpenMode::Read, Some(file)) => Ok(Arc::new(ReadOnly(file))),
            (OpenMode::ReadWrite | OpenMode::CreateOrOpen, Some(file)) => Ok(file),
            (OpenMode::CreateNew, Some(_)) => Err(io::ErrorKind::AlreadyExists.into()),
            (OpenMode::Read | OpenMode::ReadWrite, None) => Err(not_found(path)),
            (OpenMode::CreateNew | OpenMode::CreateOrOpen, None) => {
                let parent = path.parent().unwrap_or(Path::new(""));
                if !parent.as_os_str().is_empty() && !self.has_dir(names, parent)? {
                    return Err(not_found(parent));
                }
                let file = Arc::new(OverlaidFile::default());
                names.files.insert(path.to_owned(), Some(file.clone()));
                Ok(file)
            }
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let names = &mut *self.names.lock();
        let file = self.find(names, from)?.ok_or_else(|| not_found(from))?;
        names.files.insert(from.to_owned(), None);
        names.files.insert(to.to_owned(), Some(file));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let names = &mut *self.names.lock();
        self.find(names, path)?.ok_or_else(|| not_found(path))?;
        names.files.insert(path.to_owned(), None);
        Ok(())
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.names.lock().dirs.extend(path.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let names = &mut *self.names.lock();
        names.files.retain(|name, _| !name.starts_with(path));
        names.dirs.retain(|name| !name.starts_with(path));
        names.removed.insert(path.to_owned());
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        let names = self.names.lock();
        let mut entries = BTreeSet::new();
        if !names.hides(dir) {
            match self.base.list(dir) {
                Ok(base) => entries.extend(base.into_iter().filter(|path| !names.hides(path))),
                Err(error) if error.kind() == io::ErrorKind::NotFound && names.dirs.contains(dir) => {}
                Err(error) => return Err(error),
            }
        } else if !names.dirs.contains(dir) {
            return Err(not_found(dir));
        }
        for (path, file) in names.files.iter().filter(|(path, _)| path.parent() == Some(dir)) {
            match file {
                Some(_) => entries.insert(path.clone()),
                None => entries.remove(path),
            };
        }
        entries.extend(names.dirs.iter().filter(|path| path.parent() == Some(dir)).cloned());
        Ok(entries.into_iter().collect())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        let names = self.names.lock();
        if names.dirs.contains(path) {
            return Ok(true);
        }
        match names.files.get(path) {
            Some(known) => Ok(known.is_some()),
            None if names.hides(path) => Ok(false),
            None => self.base.exists(path),
        }
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    /// The base's lock: nobody may write beneath who reads here.
    fn lock(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        if self.base.exists(path)? {
            return self.base.lock(path);
        }
        let names = &mut *self.names.lock();
        if names.locked.get(path).is_some_and(|holder| holder.strong_count() > 0) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let file = Arc::new(OverlaidFile::default());
        names.locked.insert(path.to_owned(), Arc::downgrade(&file));
        names.files.insert(path.to_owned(), Some(Arc::new(OverlaidFile::default())));
        Ok(file)
    }
}
