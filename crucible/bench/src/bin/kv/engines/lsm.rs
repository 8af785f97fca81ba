//! `lsm` behind `journal`: a key-value store of the two crates alone.

use super::{KeyValue, Result, Row, Sizes};
use filesystem::{MemoryPool, NotDurable, WriteAhead};
use journal::{Journal, Lsn};
use lsm::{Lsm, Op, Options, Pressure, Seq};
use std::ops::Bound::{Included, Unbounded};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(super) struct Tree {
    tree: Lsm,
    journal: Arc<Journal>,
    last: Mutex<u64>,
}

struct JournalFirst(Arc<Journal>);

impl WriteAhead for JournalFirst {
    fn durable(&self) -> Lsn {
        self.0.durable()
    }

    fn ensure_durable(&self, lsn: Lsn) -> std::result::Result<(), NotDurable> {
        Ok(self.0.sync_to(lsn)?)
    }
}

impl Tree {
    /// Each workload begins with an empty directory: there is nothing to replay.
    pub(super) fn open(dir: &Path, sizes: &Sizes) -> Result<Self> {
        let env = vfs::os::env();
        let journal = Arc::new(Journal::open(&env, &dir.join("journal"), journal::Options::default())?);
        let options = Options {
            memtable_len: sizes.memtable,
            cache_len: sizes.cache,
            compression: lsm::LevelCompression::all(lsm::Compression::None),
            wal: Some(Arc::new(JournalFirst(journal.clone()))),
            ..Options::default()
        };
        let pool = MemoryPool::new(sizes.cache + 8 * sizes.memtable);
        let tree = Lsm::open(&env, &dir.join("lsm"), pool, options)?;
        let listener = tree.journal_listener();
        journal.subscribe(Arc::new(listener));
        let last = Mutex::new(tree.flushed().0);
        Ok(Tree { tree, journal, last })
    }

    fn hold_back(&self) {
        loop {
            match self.tree.pressure() {
                Pressure::None => return,
                Pressure::Slow(us) => return std::thread::sleep(Duration::from_micros(us.into())),
                Pressure::Stop => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }
}

impl KeyValue for Tree {
    fn put(&self, key: &[u8], value: &[u8], sync: bool) -> Result<()> {
        self.hold_back();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        let record = [key, value];
        let lsn =
            if sync { self.journal.append(1, &record)? } else { self.journal.append_lazily(1, &record)? };
        self.tree.apply(Seq(*last), lsn, &mut std::iter::once((key, Op::Put(value))))?;
        // Nobody reads what was.
        self.tree.set_oldest_snapshot(Seq(*last));
        if last.is_multiple_of(1 << 16) {
            self.journal.recycle_before(self.tree.flushed_lsn());
        }
        drop(last);
        if sync {
            self.journal.wait_durable(lsn)?;
        }
        Ok(())
    }

    fn put_all(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<()> {
        for (key, value) in rows {
            self.put(&key, &value, false)?;
        }
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<bool> {
        Ok(self.tree.get(key, Seq::MAX)?.is_some_and(|(_, value)| !value.to_vec().is_empty()))
    }

    fn scan(&self, key: &[u8], count: usize) -> Result<usize> {
        let mut iter = self.tree.iter(Included(key), Unbounded, Seq::MAX)?;
        let mut seen = 0;
        while seen < count && iter.next()? {
            seen += 1;
            std::hint::black_box((iter.key(), iter.value()));
        }
        Ok(seen)
    }

    fn settle(&self) -> Result<()> {
        self.tree.flush()?;
        self.journal.recycle_before(self.tree.flushed_lsn());
        Ok(())
    }
}
