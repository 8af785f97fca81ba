//! `strata-store`: rows in a heap, found by the tree, in transactions.

use super::{KeyValue, Result, Row, Sizes};
use std::ops::Bound::{Included, Unbounded};
use std::path::Path;
use strata_store::{KeyspaceId, Store, StoreOptions};

const ROWS: KeyspaceId = KeyspaceId::table(1);

pub(super) struct Strata(Store);

impl Strata {
    /// Half of the store's memory are pages and a quarter blocks, so it gets twice what others have as cache.
    pub(super) fn open(dir: &Path, sizes: &Sizes) -> Result<Self> {
        let memory = 2 * sizes.cache + 8 * sizes.memtable;
        let options = StoreOptions { memory, ..StoreOptions::default() };
        Ok(Strata(Store::open(vfs::os::env(), dir, options)?))
    }
}

impl KeyValue for Strata {
    fn put(&self, key: &[u8], value: &[u8], sync: bool) -> Result<()> {
        let mut txn = self.0.begin();
        txn.put(ROWS, key, value)?;
        if !sync {
            txn.commit_may_wait();
        }
        let commit = txn.commit()?;
        if sync {
            self.0.wait_durable(commit.lsn)?;
        }
        Ok(())
    }

    fn put_all(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<()> {
        let mut txn = self.0.begin();
        for (key, value) in rows {
            txn.put(ROWS, &key, &value)?;
        }
        txn.commit()?;
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<bool> {
        let mut txn = self.0.begin();
        let view = txn.statement_view();
        Ok(txn.get(view, ROWS, key)?.is_some_and(|value| !value.to_vec().is_empty()))
    }

    fn scan(&self, key: &[u8], count: usize) -> Result<usize> {
        let mut txn = self.0.begin();
        let view = txn.statement_view();
        let mut scan = txn.scan(view, ROWS, Included(key), Unbounded, false)?;
        let mut seen = 0;
        while seen < count
            && let Some(entry) = scan.next(&txn)?
        {
            seen += 1;
            std::hint::black_box((entry.key, &entry.value));
        }
        Ok(seen)
    }

    fn settle(&self) -> Result<()> {
        self.0.wait_durable(self.0.begin_after(self.0.last_seq()).commit()?.lsn)?;
        self.0.checkpoint()?;
        self.0.vacuum()?;
        Ok(self.0.checkpoint()?)
    }
}
