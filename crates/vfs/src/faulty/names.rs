//! The directories of the simulated disk. A name is synced apart from the file that it names.

use super::chance::Chance;
use super::content::Survival;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A file, whatever its names.
pub(super) type Inode = u64;

/// Names and directories: as everybody sees them, as they would survive anything, and what lies between.
#[derive(Debug, Default)]
pub(super) struct Names {
    live: Tree,
    synced: Tree,
    pending: Vec<Pending>,
}

#[derive(Clone, Debug, Default)]
struct Tree {
    files: BTreeMap<PathBuf, Inode>,
    dirs: BTreeSet<PathBuf>,
}

#[derive(Clone, Debug)]
enum Change {
    Link { path: PathBuf, inode: Inode },
    Unlink { path: PathBuf },
    Rename { from: PathBuf, to: PathBuf, inode: Inode },
    MakeDir { path: PathBuf },
    RemoveDir { path: PathBuf },
}

#[derive(Debug)]
struct Pending {
    change: Change,
    /// The directories whose sync it waits for.
    unsynced: BTreeSet<PathBuf>,
}

impl Names {
    pub(super) fn file(&self, path: &Path) -> Option<Inode> {
        self.live.files.get(path).copied()
    }

    pub(super) fn is_dir(&self, path: &Path) -> bool {
        is_root(path) || self.live.dirs.contains(path)
    }

    pub(super) fn link(&mut self, path: &Path, inode: Inode) {
        self.change(Change::Link { path: path.to_owned(), inode }, &[path]);
    }

    pub(super) fn unlink(&mut self, path: &Path) {
        self.change(Change::Unlink { path: path.to_owned() }, &[path]);
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path, inode: Inode) {
        self.change(Change::Rename { from: from.to_owned(), to: to.to_owned(), inode }, &[from, to]);
    }

    pub(super) fn make_dirs(&mut self, path: &Path) {
        let missing: Vec<PathBuf> =
            path.ancestors().filter(|dir| !self.is_dir(dir)).map(Path::to_owned).collect();
        for dir in missing.into_iter().rev() {
            self.change(Change::MakeDir { path: dir.clone() }, &[&dir]);
        }
    }

    pub(super) fn remove_dirs(&mut self, path: &Path) {
        let below = |name: &&PathBuf| name.starts_with(path);
        let files: Vec<PathBuf> = self.live.files.keys().filter(below).cloned().collect();
        for file in files {
            self.unlink(&file);
        }
        let dirs: Vec<PathBuf> = self.live.dirs.iter().filter(below).cloned().collect();
        for dir in dirs.into_iter().rev() {
            self.change(Change::RemoveDir { path: dir.clone() }, &[&dir]);
        }
    }

    /// Full paths of what is in a directory, in order.
    pub(super) fn list(&self, dir: &Path) -> Vec<PathBuf> {
        let names = self.live.files.keys().chain(&self.live.dirs);
        let entries: BTreeSet<&PathBuf> = names.filter(|name| name.parent() == Some(dir)).collect();
        entries.into_iter().cloned().collect()
    }

    pub(super) fn sync(&mut self, dir: &Path) {
        let synced = &mut self.synced;
        self.pending.retain_mut(|pending| {
            pending.unsynced.remove(dir);
            if pending.unsynced.is_empty() {
                apply(synced, &pending.change);
            }
            !pending.unsynced.is_empty()
        });
    }

    /// The names after a crash: each change that was not synced has happened or not, and a directory that
    /// has vanished takes with it what was in it.
    pub(super) fn crash(&mut self, survival: Survival, chance: &mut Chance) {
        for pending in self.pending.drain(..) {
            if chance.percent(survival.percent) {
                apply(&mut self.synced, &pending.change);
            }
        }
        let dirs = self.synced.dirs.clone();
        let reachable = |path: &Path| path.ancestors().skip(1).all(|dir| is_root(dir) || dirs.contains(dir));
        self.synced.dirs.retain(|dir| reachable(dir));
        self.synced.files.retain(|file, _| reachable(file));
        self.live = self.synced.clone();
    }

    /// Every file that has a name, or may have one after a crash.
    pub(super) fn inodes(&self) -> BTreeSet<Inode> {
        let pending = self.pending.iter().filter_map(|pending| match pending.change {
            Change::Link { inode, .. } | Change::Rename { inode, .. } => Some(inode),
            Change::Unlink { .. } | Change::MakeDir { .. } | Change::RemoveDir { .. } => None,
        });
        self.live.files.values().chain(self.synced.files.values()).copied().chain(pending).collect()
    }

    fn change(&mut self, change: Change, paths: &[&Path]) {
        apply(&mut self.live, &change);
        let unsynced = paths.iter().filter_map(|path| path.parent()).map(Path::to_owned).collect();
        self.pending.push(Pending { change, unsynced });
    }
}

fn is_root(path: &Path) -> bool {
    path.as_os_str().is_empty() || path == Path::new("/")
}

fn apply(tree: &mut Tree, change: &Change) {
    match change {
        Change::Link { path, inode } => {
            tree.files.insert(path.clone(), *inode);
        }
        Change::Unlink { path } => {
            tree.files.remove(path);
        }
        Change::Rename { from, to, inode } => {
            // Another file may have taken the old name since, if a change between did not survive.
            if tree.files.get(from) == Some(inode) {
                tree.files.remove(from);
            }
            tree.files.insert(to.clone(), *inode);
        }
        Change::MakeDir { path } => {
            tree.dirs.insert(path.clone());
        }
        Change::RemoveDir { path } => {
            tree.dirs.retain(|dir| !dir.starts_with(path));
            tree.files.retain(|file, _| !file.starts_with(path));
        }
    }
}
