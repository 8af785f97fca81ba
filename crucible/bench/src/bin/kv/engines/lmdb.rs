//! LMDB, a map of the file into memory: one transaction a row, synced when asked.

#![expect(unsafe_code, reason = "a file that is mapped must not be changed by others; this one is ours")]

use super::{KeyValue, Result, Row};
use heed::types::Bytes;
use heed::{Database, Env, EnvFlags, EnvOpenOptions, WithoutTls};
use std::ops::Bound::{Included, Unbounded};
use std::path::Path;

/// More than any run fills; only address space.
const MAP_LEN: usize = 64 << 30;
const READERS: u32 = 64;

pub(super) struct Lmdb {
    env: Env<WithoutTls>,
    rows: Database<Bytes, Bytes>,
}

impl Lmdb {
    /// It has no cache of its own: the system's serves it.
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let mut options = EnvOpenOptions::new().read_txn_without_tls();
        options.map_size(MAP_LEN).max_readers(READERS);
        // SAFETY: nobody else touches the directory; a crash of the machine may cost the store, which is discarded.
        let env = unsafe { options.flags(EnvFlags::NO_SYNC).open(dir)? };
        let mut txn = env.write_txn()?;
        let rows = env.create_database(&mut txn, None)?;
        txn.commit()?;
        Ok(Lmdb { env, rows })
    }
}

impl KeyValue for Lmdb {
    fn put(&self, key: &[u8], value: &[u8], sync: bool) -> Result<()> {
        let mut txn = self.env.write_txn()?;
        self.rows.put(&mut txn, key, value)?;
        txn.commit()?;
        if sync {
            self.env.force_sync()?;
        }
        Ok(())
    }

    fn put_all(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<()> {
        let mut txn = self.env.write_txn()?;
        for (key, value) in rows {
            self.rows.put(&mut txn, &key, &value)?;
        }
        Ok(txn.commit()?)
    }

    fn get(&self, key: &[u8]) -> Result<bool> {
        let txn = self.env.read_txn()?;
        Ok(self.rows.get(&txn, key)?.is_some_and(|value| !value.to_vec().is_empty()))
    }

    fn scan(&self, key: &[u8], count: usize) -> Result<usize> {
        let txn = self.env.read_txn()?;
        let mut seen = 0;
        for entry in self.rows.range(&txn, &(Included(key), Unbounded))?.take(count) {
            std::hint::black_box(entry?);
            seen += 1;
        }
        Ok(seen)
    }

    fn settle(&self) -> Result<()> {
        Ok(self.env.force_sync()?)
    }
}
