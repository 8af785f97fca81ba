//! The stores, behind one trait.

#[cfg(feature = "fjall")]
mod fjall;
#[cfg(feature = "lmdb")]
mod lmdb;
mod lsm;
#[cfg(feature = "redb")]
mod redb;
#[cfg(feature = "rocksdb")]
mod rocksdb;
mod strata;

use std::path::Path;

/// What a store's call gives; its error is only shown.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A row as the workloads make it.
pub(crate) type Row = ([u8; 16], [u8; 100]);

/// Memory for a store.
pub(crate) struct Sizes {
    /// Bytes of block or page cache.
    pub(crate) cache: usize,
    /// Bytes of memtable.
    pub(crate) memtable: usize,
}

/// What every store can do.
pub(crate) trait KeyValue: Send + Sync {
    /// One row, one commit; durable on return if `sync`, else when the store gets to it.
    fn put(&self, key: &[u8], value: &[u8], sync: bool) -> Result<()>;
    /// Many rows, for stores that can in one commit.
    fn put_all(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<()>;
    /// Copies the value of a key; whether there is one.
    fn get(&self, key: &[u8]) -> Result<bool>;
    /// Reads up to `count` rows from `key` on.
    fn scan(&self, key: &[u8], count: usize) -> Result<usize>;
    /// Writes out what is in memory.
    fn settle(&self) -> Result<()>;
}

/// The stores of this build, the one to compare with first.
pub(crate) fn names() -> Vec<String> {
    let mut names = Vec::new();
    names.extend(cfg!(feature = "rocksdb").then_some("rocksdb"));
    names.extend(cfg!(feature = "fjall").then_some("fjall"));
    names.extend(cfg!(feature = "lmdb").then_some("lmdb"));
    names.extend(cfg!(feature = "redb").then_some("redb"));
    names.extend(["lsm", "strata"]);
    names.into_iter().map(str::to_owned).collect()
}

/// Opens a store in a directory.
pub(crate) fn open(name: &str, dir: &Path, sizes: &Sizes) -> Result<Box<dyn KeyValue>> {
    std::fs::create_dir_all(dir)?;
    Ok(match name {
        "lsm" => Box::new(lsm::Tree::open(dir, sizes)?),
        "strata" => Box::new(strata::Strata::open(dir, sizes)?),
        #[cfg(feature = "fjall")]
        "fjall" => Box::new(fjall::Fjall::open(dir, sizes)?),
        #[cfg(feature = "lmdb")]
        "lmdb" => Box::new(lmdb::Lmdb::open(dir)?),
        #[cfg(feature = "redb")]
        "redb" => Box::new(redb::Redb::open(dir, sizes)?),
        #[cfg(feature = "rocksdb")]
        "rocksdb" => Box::new(rocksdb::RocksDb::open(dir, sizes)?),
        other => return Err(format!("this build has no {other}").into()),
    })
}
