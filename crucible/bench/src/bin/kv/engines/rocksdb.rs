//! RocksDB, the system's library over its C interface: nothing of it has to be built.

#![expect(unsafe_code, reason = "a foreign interface")]

use super::{KeyValue, Result, Row, Sizes};
use std::ffi::{CStr, CString, c_char, c_int, c_uchar, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

type Pointer = *mut c_void;
type Text = *const c_char;
type Problem = *mut *mut c_char;

#[link(name = "rocksdb")]
unsafe extern "C" {
    fn rocksdb_options_create() -> Pointer;
    fn rocksdb_options_set_create_if_missing(options: Pointer, yes: c_uchar);
    fn rocksdb_options_set_compression(options: Pointer, kind: c_int);
    fn rocksdb_options_set_write_buffer_size(options: Pointer, len: usize);
    fn rocksdb_options_increase_parallelism(options: Pointer, threads: c_int);
    fn rocksdb_options_set_block_based_table_factory(options: Pointer, table: Pointer);
    fn rocksdb_block_based_options_create() -> Pointer;
    fn rocksdb_block_based_options_set_filter_policy(table: Pointer, policy: Pointer);
    fn rocksdb_block_based_options_set_block_cache(table: Pointer, cache: Pointer);
    fn rocksdb_filterpolicy_create_bloom_full(bits: f64) -> Pointer;
    fn rocksdb_cache_create_lru(len: usize) -> Pointer;
    fn rocksdb_open(options: Pointer, name: Text, problem: Problem) -> Pointer;
    fn rocksdb_close(db: Pointer);
    fn rocksdb_writeoptions_create() -> Pointer;
    fn rocksdb_writeoptions_set_sync(options: Pointer, yes: c_uchar);
    fn rocksdb_readoptions_create() -> Pointer;
    fn rocksdb_put(db: Pointer, o: Pointer, key: Text, kl: usize, value: Text, vl: usize, problem: Problem);
    fn rocksdb_get_pinned(db: Pointer, o: Pointer, key: Text, kl: usize, problem: Problem) -> Pointer;
    fn rocksdb_pinnableslice_destroy(slice: Pointer);
    fn rocksdb_pinnableslice_value(slice: Pointer, len: *mut usize) -> Text;
    fn rocksdb_writebatch_create() -> Pointer;
    fn rocksdb_writebatch_destroy(batch: Pointer);
    fn rocksdb_writebatch_put(batch: Pointer, key: Text, kl: usize, value: Text, vl: usize);
    fn rocksdb_write(db: Pointer, options: Pointer, batch: Pointer, problem: Problem);
    fn rocksdb_create_iterator(db: Pointer, options: Pointer) -> Pointer;
    fn rocksdb_iter_seek(iterator: Pointer, key: Text, len: usize);
    fn rocksdb_iter_valid(iterator: Pointer) -> c_uchar;
    fn rocksdb_iter_next(iterator: Pointer);
    fn rocksdb_iter_key(iterator: Pointer, len: *mut usize) -> Text;
    fn rocksdb_iter_value(iterator: Pointer, len: *mut usize) -> Text;
    fn rocksdb_iter_destroy(iterator: Pointer);
    fn rocksdb_flushoptions_create() -> Pointer;
    fn rocksdb_flush(db: Pointer, options: Pointer, problem: Problem);
}

pub(super) struct RocksDb {
    db: Pointer,
    lazy: Pointer,
    synced: Pointer,
    reading: Pointer,
}

// SAFETY: RocksDB's handles may be used by any thread, and by many at once.
unsafe impl Send for RocksDb {}
// SAFETY: as above.
unsafe impl Sync for RocksDb {}

/// Calls with a place for the problem, and turns what it finds there into an error.
fn checked<R>(call: impl FnOnce(Problem) -> R) -> Result<R> {
    let mut problem = ptr::null_mut();
    let result = call(&mut problem);
    if problem.is_null() {
        return Ok(result);
    }
    // SAFETY: a problem is a C string of the library's.
    let text = unsafe { CStr::from_ptr(problem) };
    Err(text.to_string_lossy().into_owned().into())
}

impl RocksDb {
    pub(super) fn open(dir: &Path, sizes: &Sizes) -> Result<Self> {
        let name = CString::new(dir.as_os_str().as_bytes())?;
        // SAFETY: each object is made before it is handed on; options live as long as the process.
        unsafe {
            let options = rocksdb_options_create();
            rocksdb_options_set_create_if_missing(options, 1);
            rocksdb_options_set_compression(options, 0);
            rocksdb_options_set_write_buffer_size(options, sizes.memtable);
            rocksdb_options_increase_parallelism(options, 2);
            let table = rocksdb_block_based_options_create();
            let filter = rocksdb_filterpolicy_create_bloom_full(10.0);
            rocksdb_block_based_options_set_filter_policy(table, filter);
            rocksdb_block_based_options_set_block_cache(table, rocksdb_cache_create_lru(sizes.cache));
            rocksdb_options_set_block_based_table_factory(options, table);
            let db = checked(|problem| rocksdb_open(options, name.as_ptr(), problem))?;
            let (lazy, synced) = (rocksdb_writeoptions_create(), rocksdb_writeoptions_create());
            rocksdb_writeoptions_set_sync(synced, 1);
            Ok(RocksDb { db, lazy, synced, reading: rocksdb_readoptions_create() })
        }
    }
}

impl Drop for RocksDb {
    fn drop(&mut self) {
        // SAFETY: opened once, closed once.
        unsafe { rocksdb_close(self.db) }
    }
}

impl KeyValue for RocksDb {
    fn put(&self, key: &[u8], value: &[u8], sync: bool) -> Result<()> {
        let options = if sync { self.synced } else { self.lazy };
        let (k, v) = (key.as_ptr().cast(), value.as_ptr().cast());
        // SAFETY: the slices live through the call.
        checked(|problem| unsafe { rocksdb_put(self.db, options, k, key.len(), v, value.len(), problem) })
    }

    fn put_all(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<()> {
        // SAFETY: the batch copies what it is given and is destroyed once.
        unsafe {
            let batch = rocksdb_writebatch_create();
            for (key, value) in rows {
                let (k, v) = (key.as_ptr().cast(), value.as_ptr().cast());
                rocksdb_writebatch_put(batch, k, key.len(), v, value.len());
            }
            let written = checked(|problem| rocksdb_write(self.db, self.lazy, batch, problem));
            rocksdb_writebatch_destroy(batch);
            written
        }
    }

    fn get(&self, key: &[u8]) -> Result<bool> {
        // SAFETY: the value is copied before its slice is destroyed.
        unsafe {
            let k = key.as_ptr().cast();
            let found = checked(|p| rocksdb_get_pinned(self.db, self.reading, k, key.len(), p))?;
            if found.is_null() {
                return Ok(false);
            }
            let mut len = 0;
            let value = rocksdb_pinnableslice_value(found, &mut len);
            let copy = std::slice::from_raw_parts(value.cast::<u8>(), len).to_vec();
            rocksdb_pinnableslice_destroy(found);
            Ok(!copy.is_empty())
        }
    }

    fn scan(&self, key: &[u8], count: usize) -> Result<usize> {
        // SAFETY: the iterator is used while it is valid and destroyed once.
        unsafe {
            let iterator = rocksdb_create_iterator(self.db, self.reading);
            rocksdb_iter_seek(iterator, key.as_ptr().cast(), key.len());
            let (mut seen, mut len) = (0, 0);
            while seen < count && rocksdb_iter_valid(iterator) != 0 {
                std::hint::black_box(rocksdb_iter_key(iterator, &mut len));
                std::hint::black_box(rocksdb_iter_value(iterator, &mut len));
                seen += 1;
                rocksdb_iter_next(iterator);
            }
            rocksdb_iter_destroy(iterator);
            Ok(seen)
        }
    }

    fn settle(&self) -> Result<()> {
        // SAFETY: the options live as long as the process.
        checked(|problem| unsafe { rocksdb_flush(self.db, rocksdb_flushoptions_create(), problem) })
    }
}
