//! How fast the store is on this machine: `cargo run --release -p strata-store --example speed`.

use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{KeyspaceId, LockMode, Result, Store, StoreOptions};

const ROWS: KeyspaceId = KeyspaceId::table(1);
const COUNT: u64 = 1_000_000;

fn main() -> Result<()> {
    let env = vfs::os::env();
    let dir = std::env::args().nth(1).unwrap_or_else(|| "/tmp/strata-speed".to_owned());
    let dir = Path::new(&dir);
    let _ = env.fs.remove_dir_all(dir);
    let store = Store::open(env.clone(), dir, StoreOptions::default())?;
    let value = [7u8; 100];

    measure(&env, "put, 1,000 rows a commit", COUNT, || {
        for first in (0..COUNT).step_by(1000) {
            let mut txn = store.begin();
            for n in first..first + 1000 {
                txn.put(ROWS, &key(n), &value)?;
            }
            txn.commit()?;
            store.request_sync();
        }
        Ok(())
    })?;
    measure(&env, "wait for the disk", 1, || store.wait_durable(store.begin().rollback().max(last(&store))))?;
    measure(&env, "get, random", COUNT, || {
        let mut txn = store.begin();
        let view = txn.statement_view();
        let mut n = 1u64;
        for _ in 0..COUNT {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let found = txn.get(view, ROWS, &key((n >> 33) % COUNT))?;
            assert!(found.is_some_and(|value| value.len() == 100));
        }
        Ok(())
    })?;
    measure(&env, "scan by key", COUNT, || {
        let mut txn = store.begin();
        let view = txn.statement_view();
        let mut scan = txn.scan(view, ROWS, Unbounded, Unbounded, false)?;
        let mut rows = 0;
        while let Some(entry) = scan.next(&txn)? {
            rows += u64::from(entry.value.len() == 100);
        }
        assert_eq!(rows, COUNT);
        Ok(())
    })?;
    measure(&env, "scan by extent", COUNT, || {
        let mut txn = store.begin();
        let view = txn.statement_view();
        let mut scan = txn.scan_extent(view, ROWS)?;
        let mut rows = 0;
        while scan.next(&txn, &mut |_, value| rows += u64::from(value.len() == 100))? {}
        assert_eq!(rows, COUNT);
        Ok(())
    })?;
    measure(&env, "lock, get, put, commit", 200_000, || {
        for n in 0..200_000 {
            let key = key(n * 7919 % COUNT);
            let mut txn = store.begin_after(store.last_seq());
            let view = txn.statement_view();
            txn.lock(ROWS, &key, LockMode::NoKeyUpdate)?;
            let mut row = txn.get(view, ROWS, &key)?.map(|row| row.to_vec()).unwrap_or_default();
            row[0] = row[0].wrapping_add(1);
            txn.put(ROWS, &key, &row)?;
            txn.commit()?;
            if n % 64 == 0 {
                store.request_sync();
            }
        }
        Ok(())
    })?;
    measure(&env, "checkpoint", 1, || store.checkpoint())?;
    measure(&env, "verify", COUNT, || {
        let report = store.verify()?;
        assert!(report.is_sound(), "{report:?}");
        Ok(())
    })
}

fn key(n: u64) -> [u8; 8] {
    n.to_be_bytes()
}

fn last(store: &Store) -> strata_store::Lsn {
    let txn = store.begin();
    txn.newest_view();
    txn.rollback()
}

fn measure(env: &vfs::Env, what: &str, count: u64, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let start = env.clock.monotonic_us();
    work()?;
    let us = env.clock.monotonic_us() - start;
    println!(
        "{what:<28} {:>9.3} us each {:>12.0} / s",
        us as f64 / count as f64,
        count as f64 * 1e6 / us as f64
    );
    Ok(())
}
