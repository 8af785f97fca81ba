//! fjall, without compression as the others.

use super::{KeyValue, Result, Row, Sizes};
use fjall::config::CompressionPolicy;
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use std::path::Path;

pub(super) struct Fjall {
    database: Database,
    rows: Keyspace,
}

impl Fjall {
    pub(super) fn open(dir: &Path, sizes: &Sizes) -> Result<Self> {
        let database = Database::builder(dir).cache_size(sizes.cache as u64).open()?;
        let rows = database.keyspace("rows", || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(sizes.memtable as u64)
                .data_block_compression_policy(CompressionPolicy::all(CompressionType::None))
        })?;
        Ok(Fjall { database, rows })
    }
}

impl KeyValue for Fjall {
    fn put(&self, key: &[u8], value: &[u8], sync: bool) -> Result<()> {
        self.rows.insert(key, value)?;
        if sync {
            self.database.persist(PersistMode::SyncData)?;
        }
        Ok(())
    }

    fn put_all(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<()> {
        let mut batch = self.database.batch();
        for (key, value) in rows {
            batch.insert(&self.rows, key, value);
        }
        Ok(batch.commit()?)
    }

    fn get(&self, key: &[u8]) -> Result<bool> {
        Ok(self.rows.get(key)?.is_some_and(|value| !value.to_vec().is_empty()))
    }

    fn scan(&self, key: &[u8], count: usize) -> Result<usize> {
        let mut seen = 0;
        for entry in self.rows.range(key..).take(count) {
            std::hint::black_box(entry.into_inner()?);
            seen += 1;
        }
        Ok(seen)
    }

    fn settle(&self) -> Result<()> {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }
}
