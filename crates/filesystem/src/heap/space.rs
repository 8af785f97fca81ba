//! The spaces of a heap: their files, maps and placement state.

use super::block_map::{BlockMap, Saved, least_len};
use super::placing::Placing;
use super::{Run, SpaceId, TupleLoc};
use crate::block_store::{BlockId, BlockStore, FileBlockStore};
use crate::page::{Damage, PageId};
use crate::spread::Spread;
use crate::{Error, Result};
use journal::Lsn;
use parking_lot::{Mutex, RwLock};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vfs::Env;

/// What a file costs beside its bytes: so many of small tables should not pile up in a large heap either.
const FILE_COST: u64 = 64 << 10;

/// One table's heap.
pub(super) struct Space {
    pub(super) id: SpaceId,
    pub(super) store: Box<dyn BlockStore>,
    /// Locked before `map` where both are.
    pub(super) placing: Mutex<Placing>,
    /// A leaf: nothing is locked or read from disk under it.
    pub(super) map: Mutex<BlockMap>,
}

impl Space {
    fn new(id: SpaceId, store: FileBlockStore, map: BlockMap) -> Space {
        let placing = Mutex::new(Placing::of(&map));
        Space { id, store: Box::new(store), placing, map: Mutex::new(map) }
    }

    pub(super) fn page_id(&self, block: u32) -> PageId {
        PageId { space: self.id.0, block }
    }

    /// Takes blocks that nobody owns and sees to it that the file has room for them.
    pub(super) fn take_blocks(&self, placing: &mut Placing, count: u32) -> Result<Run> {
        let mut map = self.map.lock();
        let too_many = || Error::TooLarge { len: count as usize * crate::BLOCK_LEN };
        let run = placing.take_blocks(count, &mut map).ok_or_else(too_many)?;
        drop(map);
        self.store.reserve(run.first.saturating_add(run.count)).inspect_err(|_| {
            placing.release(Some(run), &mut self.map.lock());
        })?;
        Ok(run)
    }

    pub(super) fn give_back(&self, run: Run) {
        self.placing.lock().release(Some(run), &mut self.map.lock());
    }

    /// Sees to it that map and file reach to the end of a run, which a replay has met.
    pub(super) fn know(&self, run: Run) -> Result<()> {
        let end = run.first.saturating_add(run.count);
        if self.map.lock().len() >= end {
            return Ok(());
        }
        self.placing.lock().know(run, &mut self.map.lock());
        self.store.reserve(end)
    }

    /// Notes that the tuple at `loc` is written; in a replay this is where its blocks become owned.
    pub(super) fn settle(&self, loc: TupleLoc, overflow: Option<Run>) -> Result<()> {
        let mut placing = self.placing.lock();
        let mut map = self.map.lock();
        let before = map.len();
        placing.settle(loc, overflow, &mut map);
        let after = map.len();
        drop(map);
        if after > before { self.store.reserve(after) } else { Ok(()) }
    }
}

/// All spaces, and those that were dropped.
pub(super) struct Spaces {
    env: Env,
    dir: PathBuf,
    open: RwLock<HashMap<SpaceId, Arc<Space>, Spread>>,
    /// With the LSN of the drop: records up to it have nothing left to change.
    dropped: Mutex<BTreeMap<SpaceId, Lsn>>,
    /// Dropped spaces whose files are still there, with what removing them gives back.
    unreleased: Mutex<BTreeMap<SpaceId, u64>>,
    /// The newest LSN that changed any space.
    newest: AtomicU64,
}

impl Spaces {
    pub(super) fn open(env: &Env, dir: &Path) -> Result<Spaces> {
        let dir = dir.join("heap");
        env.fs.create_dir_all(&dir).map_err(Error::disk("create", &dir))?;
        let files = env.fs.list(&dir).map_err(Error::disk("list", &dir))?;
        let heap_files = || files.iter().filter(|path| path.extension().is_some_and(|ext| ext == "heap"));
        let saved = match Saved::load(env, &dir)? {
            Some(saved) => saved,
            // The map is made before the first heap file: without it, heap files mean that it was lost.
            None if heap_files().next().is_some() => {
                return Err(Error::Missing { file: dir.join("blocks.map").display().to_string() });
            }
            None => Saved::default(),
        };
        let is_known = |path: &Path| saved.spaces.keys().any(|id| heap_file(&dir, *id) == path);
        for file in heap_files().filter(|path| !is_known(path)) {
            // Dropped, or born after the checkpoint: then a replay writes all of it again.
            env.fs.remove(file).map_err(Error::disk("remove", file))?;
        }
        saved.store(env, &dir)?;
        let dropped = saved.dropped.clone();
        let mut open = HashMap::default();
        for (id, map) in saved.into_maps() {
            let path = heap_file(&dir, id);
            if !env.fs.exists(&path).map_err(Error::disk("look for", &path))? {
                return Err(Error::Missing { file: path.display().to_string() });
            }
            let store = FileBlockStore::open(env, &path)?;
            if BlockId(store.len()?).offset() < least_len(&map) {
                let offset = BlockId(store.len()?).offset();
                return Err(Error::Corrupt { file: store.name(), offset, what: Damage::Short });
            }
            open.insert(id, Arc::new(Space::new(id, store, map)));
        }
        Ok(Spaces {
            env: env.clone(),
            dir,
            open: RwLock::new(open),
            dropped: Mutex::new(dropped),
            unreleased: Mutex::default(),
            newest: AtomicU64::new(0),
        })
    }

    pub(super) fn get(&self, id: SpaceId) -> Result<Arc<Space>> {
        self.open.read().get(&id).cloned().ok_or(Error::NoSuchSpace { space: id })
    }

    pub(super) fn get_or_create(&self, id: SpaceId) -> Result<Arc<Space>> {
        if let Some(space) = self.open.read().get(&id) {
            return Ok(Arc::clone(space));
        }
        if self.dropped.lock().contains_key(&id) {
            return Err(Error::NoSuchSpace { space: id });
        }
        let mut open = self.open.write();
        if let Some(space) = open.get(&id) {
            return Ok(Arc::clone(space));
        }
        let store = FileBlockStore::open(&self.env, &heap_file(&self.dir, id))?;
        let space = Arc::new(Space::new(id, store, BlockMap::default()));
        open.insert(id, Arc::clone(&space));
        Ok(space)
    }

    /// The space that a tuple is written to at LSN `lsn`; `None` if it was dropped at or after that LSN. A
    /// replay writes to spaces that it has yet to create.
    pub(super) fn for_write(&self, id: SpaceId, lsn: Lsn) -> Result<Option<Arc<Space>>> {
        match self.for_change(id, lsn) {
            Err(Error::NoSuchSpace { .. }) => self.get_or_create(id).map(Some),
            found => found,
        }
    }

    /// The space in which a change of LSN `lsn` finds its tuple; `None` if it was dropped at or after that LSN.
    pub(super) fn for_change(&self, id: SpaceId, lsn: Lsn) -> Result<Option<Arc<Space>>> {
        self.newest.fetch_max(lsn.0, Ordering::Relaxed);
        if let Some(space) = self.open.read().get(&id) {
            return Ok(Some(Arc::clone(space)));
        }
        let before_drop = self.dropped.lock().get(&id).is_some_and(|dropped| lsn <= *dropped);
        if before_drop { Ok(None) } else { Err(Error::NoSuchSpace { space: id }) }
    }

    pub(super) fn drop_space(&self, id: SpaceId, lsn: Lsn) {
        self.newest.fetch_max(lsn.0, Ordering::Relaxed);
        self.dropped.lock().insert(id, lsn);
        if let Some(space) = self.open.write().remove(&id) {
            let len = BlockId(space.map.lock().len()).offset();
            self.unreleased.lock().insert(id, len + FILE_COST);
        }
    }

    /// The dropped spaces that are remembered, with the LSNs of their drops.
    pub(super) fn dropped(&self) -> BTreeMap<SpaceId, Lsn> {
        self.dropped.lock().clone()
    }

    /// Bytes that the files of dropped spaces take.
    pub(super) fn unreleased(&self) -> u64 {
        self.unreleased.lock().values().sum()
    }

    /// Bytes of the map file.
    pub(super) fn map_len(&self) -> u64 {
        self.open.read().values().map(|space| 8 + 8 * u64::from(space.map.lock().len())).sum()
    }

    /// The newest LSN that changed any space.
    pub(super) fn newest(&self) -> Lsn {
        Lsn(self.newest.load(Ordering::Relaxed))
    }

    /// The state to be saved by a checkpoint. All spaces that it holds must be synced next.
    pub(super) fn save(&self) -> (Saved, Vec<Arc<Space>>) {
        let spaces: Vec<Arc<Space>> = self.open.read().values().cloned().collect();
        let dropped = self.dropped.lock().clone();
        let mut saved = Saved { spaces: BTreeMap::new(), dropped };
        for space in spaces.iter().filter(|space| !saved.dropped.contains_key(&space.id)) {
            // Room is a hint. Whoever holds the lock may be waiting for the writer that calls this.
            let placing = space.placing.try_lock();
            let mut map = space.map.lock();
            placing.iter().for_each(|placing| placing.note_room(&mut map));
            saved.spaces.insert(space.id, map.save());
        }
        (saved, spaces)
    }

    /// Makes new files' names durable.
    pub(super) fn sync_names(&self) -> Result<()> {
        self.env.fs.sync_dir(&self.dir).map_err(Error::disk("sync", &self.dir))
    }

    /// Makes the saved state the one to recover from; then removes the files of spaces dropped in it.
    pub(super) fn publish(&self, saved: &Saved) -> Result<()> {
        saved.store(&self.env, &self.dir)?;
        for id in saved.dropped.keys() {
            let path = heap_file(&self.dir, *id);
            if self.env.fs.exists(&path).map_err(Error::disk("look for", &path))? {
                self.env.fs.remove(&path).map_err(Error::disk("remove", &path))?;
            }
            self.unreleased.lock().remove(id);
        }
        Ok(())
    }

    /// Forgets drops that no replay will pass again.
    pub(super) fn forget_drops(&self, upto: Lsn) {
        self.dropped.lock().retain(|_, lsn| *lsn > upto);
    }
}

pub(super) fn heap_file(dir: &Path, id: SpaceId) -> PathBuf {
    dir.join(format!("{}.heap", id.0))
}
