//! The simulated machine: one disk, calls that are counted, and a plan of what goes wrong.

use super::chance::Chance;
use super::content::{Content, SECTOR, Survival};
use super::names::{Inode, Names};
use super::plan::{Call, Plan};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// The disk, and whether the machine is up.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) names: Names,
    files: BTreeMap<Inode, Content>,
    next_inode: Inode,
    unreadable: BTreeSet<(Inode, u64)>,
    pub(super) plan: Plan,
    pub(super) chance: Chance,
    /// Counts restarts: handles of an earlier life are dead.
    pub(super) life: u64,
    pub(super) down: bool,
    locked: BTreeMap<PathBuf, std::sync::Weak<()>>,
}

impl Machine {
    pub(super) fn new(chance: Chance) -> Machine {
        Machine {
            names: Names::default(),
            files: BTreeMap::new(),
            next_inode: 0,
            unreadable: BTreeSet::new(),
            plan: Plan::new(),
            chance,
            life: 0,
            down: false,
            locked: BTreeMap::new(),
        }
    }

    /// Begins a call made in a life. `Ok(true)`: the machine goes down once its effect is in memory.
    pub(super) fn enter(&mut self, life: u64, call: Call) -> io::Result<bool> {
        if self.down || self.life != life {
            return Err(is_down());
        }
        self.plan.pass(call)?;
        Ok(self.plan.is_last())
    }

    /// Ends a call whose effect has been made.
    pub(super) fn leave(&mut self, last: bool) -> io::Result<()> {
        if last {
            self.down = true;
            return Err(is_down());
        }
        Ok(())
    }

    pub(super) fn restart(&mut self) {
        // Some crashes lose everything, some nothing, most something.
        const PERCENTS: [u64; 6] = [0, 10, 50, 90, 100, 50];
        let index = self.chance.below(PERCENTS.len() as u64) as usize;
        let survival = Survival { percent: PERCENTS.get(index).copied().unwrap_or(50) };
        self.names.crash(survival, &mut self.chance);
        for content in self.files.values_mut() {
            content.crash(survival, &mut self.chance);
        }
        let named = self.names.inodes();
        self.files.retain(|inode, _| named.contains(inode));
        self.locked.clear();
        self.life += 1;
        self.down = false;
    }

    pub(super) fn create(&mut self, path: &Path) -> io::Result<Inode> {
        let parent = path.parent().unwrap_or(Path::new(""));
        if !self.names.is_dir(parent) {
            return Err(not_found(parent));
        }
        if !self.plan.has_room() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let inode = self.next_inode;
        self.next_inode += 1;
        self.files.insert(inode, Content::default());
        self.names.link(path, inode);
        Ok(inode)
    }

    pub(super) fn content(&mut self, inode: Inode) -> io::Result<&mut Content> {
        self.files.get_mut(&inode).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// One transfer: as much as the disk feels like.
    pub(super) fn read(&mut self, inode: Inode, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let count = self.transfer(into.len());
        let sectors = offset / SECTOR..(offset + count as u64).div_ceil(SECTOR);
        if self.unreadable.range((inode, sectors.start)..(inode, sectors.end)).next().is_some() {
            return Err(io::Error::from_raw_os_error(5));
        }
        let into = into.get_mut(..count).unwrap_or_default();
        Ok(self.content(inode)?.read(into, offset))
    }

    /// One transfer: as much as the disk feels like and has room for.
    pub(super) fn write(&mut self, inode: Inode, from: &[u8], offset: u64) -> io::Result<usize> {
        if !self.plan.has_room() {
            return self.write_without_room(inode, from, offset);
        }
        let end = offset + from.len() as u64;
        let room = self.end_with_room(inode, end)?;
        if room <= offset && !from.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let fits = from.len().min(usize::try_from(room - offset).unwrap_or(usize::MAX));
        // A sector is never torn by a transfer, only a crash decides about it, and as a whole.
        let stop = (offset + self.transfer(fits) as u64).next_multiple_of(SECTOR);
        let count = fits.min(usize::try_from(stop - offset).unwrap_or(fits));
        self.content(inode)?.write(from.get(..count).unwrap_or_default(), offset);
        Ok(count)
    }

    /// Some of the sectors found a place before there was none left.
    fn write_without_room(&mut self, inode: Inode, from: &[u8], offset: u64) -> io::Result<usize> {
        let stop = (offset + self.chance.below(from.len() as u64 + 1)) / SECTOR * SECTOR;
        let count = usize::try_from(stop.saturating_sub(offset)).unwrap_or(0);
        self.content(inode)?.write(from.get(..count).unwrap_or_default(), offset);
        Err(io::ErrorKind::StorageFull.into())
    }

    pub(super) fn set_len(&mut self, inode: Inode, len: u64) -> io::Result<()> {
        self.content(inode)?.set_len(len);
        Ok(())
    }

    pub(super) fn allocate(&mut self, inode: Inode, len: u64) -> io::Result<()> {
        if !self.plan.has_room() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let room = self.end_with_room(inode, len)?;
        let content = self.content(inode)?;
        if len > content.len() {
            // A disk that runs full while zeros are written has written some of them.
            content.fill(room.max(content.len()));
        }
        if room < len { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    pub(super) fn fail_sync(&mut self, inode: Inode) {
        let survival = Survival { percent: 50 };
        if let Some(content) = self.files.get_mut(&inode) {
            content.fail_sync(survival, &mut self.chance);
        }
    }

    pub(super) fn flip(&mut self, path: &Path, bit: u64) -> io::Result<()> {
        let inode = self.names.file(path).ok_or_else(|| not_found(path))?;
        self.content(inode)?.flip(bit);
        Ok(())
    }

    pub(super) fn make_unreadable(&mut self, path: &Path, offset: u64) -> io::Result<()> {
        let inode = self.names.file(path).ok_or_else(|| not_found(path))?;
        self.unreadable.insert((inode, offset / SECTOR));
        Ok(())
    }

    /// Locks a name until the returned token is dropped.
    pub(super) fn lock(&mut self, path: &Path) -> io::Result<std::sync::Arc<()>> {
        if self.locked.get(path).is_some_and(|holder| holder.strong_count() > 0) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let token = std::sync::Arc::new(());
        self.locked.insert(path.to_owned(), std::sync::Arc::downgrade(&token));
        Ok(token)
    }

    /// How far a file may reach on its way to `end`.
    fn end_with_room(&mut self, inode: Inode, end: u64) -> io::Result<u64> {
        let len = self.content(inode)?.len();
        let Some(room) = self.plan.room else { return Ok(end) };
        let named = self.names.inodes();
        let used: u64 =
            self.files.iter().filter(|(inode, _)| named.contains(inode)).map(|(_, file)| file.len()).sum();
        Ok(end.min(len.max(len + room.saturating_sub(used))))
    }

    /// How many of `len` bytes one transfer moves.
    fn transfer(&mut self, len: usize) -> usize {
        if len > 1 && self.plan.short_transfers && self.chance.percent(10) {
            return 1 + self.chance.below(len as u64) as usize;
        }
        len
    }
}

pub(super) fn not_found(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{} does not exist", path.display()))
}

fn is_down() -> io::Error {
    io::Error::other("the machine is down")
}
