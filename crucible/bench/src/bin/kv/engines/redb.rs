//! redb, one transaction a row.

use super::{KeyValue, Result, Row, Sizes};
use redb::{Database, Durability, ReadableDatabase, TableDefinition};
use std::path::Path;

const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");

pub(super) struct Redb(Database);

impl Redb {
    pub(super) fn open(dir: &Path, sizes: &Sizes) -> Result<Self> {
        let database = Database::builder().set_cache_size(sizes.cache).create(dir.join("rows.redb"))?;
        let txn = database.begin_write()?;
        txn.open_table(ROWS)?;
        txn.commit()?;
        Ok(Redb(database))
    }

    fn write(&self, rows: &mut dyn Iterator<Item = (&[u8], &[u8])>, sync: bool) -> Result<()> {
        let mut txn = self.0.begin_write()?;
        if !sync {
            txn.set_durability(Durability::None)?;
        }
        let mut table = txn.open_table(ROWS)?;
        for (key, value) in rows {
            table.insert(key, value)?;
        }
        drop(table);
        Ok(txn.commit()?)
    }
}

impl KeyValue for Redb {
    fn put(&self, key: &[u8], value: &[u8], sync: bool) -> Result<()> {
        self.write(&mut std::iter::once((key, value)), sync)
    }

    fn put_all(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<()> {
        let rows: Vec<Row> = rows.collect();
        self.write(&mut rows.iter().map(|(key, value)| (&key[..], &value[..])), false)
    }

    fn get(&self, key: &[u8]) -> Result<bool> {
        let table = self.0.begin_read()?.open_table(ROWS)?;
        Ok(table.get(key)?.is_some_and(|value| !value.value().to_vec().is_empty()))
    }

    fn scan(&self, key: &[u8], count: usize) -> Result<usize> {
        let table = self.0.begin_read()?.open_table(ROWS)?;
        let mut seen = 0;
        for entry in table.range(key..)?.take(count) {
            let (key, value) = entry?;
            std::hint::black_box((key.value(), value.value()));
            seen += 1;
        }
        Ok(seen)
    }

    fn settle(&self) -> Result<()> {
        Ok(self.0.begin_write()?.commit()?)
    }
}
