//! A bank in thirty lines: two accounts, one transfer, and what a crash cannot take back.

use std::path::Path;
use strata_store::{KeyspaceId, Lock, LockMode, Result, Store, StoreOptions};

const ACCOUNTS: KeyspaceId = KeyspaceId::table(1);

fn main() -> Result<()> {
    let store = Store::open(vfs::mem::env(), Path::new("/bank"), StoreOptions::default())?;

    let mut txn = store.begin();
    txn.put(ACCOUNTS, b"ada", b"100")?;
    txn.put(ACCOUNTS, b"bob", b"20")?;
    store.wait_durable(txn.commit()?.lsn)?;

    let mut transfer = store.begin();
    for name in [b"ada", b"bob"] {
        assert_eq!(transfer.lock(ACCOUNTS, name, LockMode::Update)?, Lock::Granted);
    }
    transfer.put(ACCOUNTS, b"ada", b"70")?;
    transfer.put(ACCOUNTS, b"bob", b"50")?;
    let commit = transfer.commit()?;
    store.wait_durable(commit.lsn)?; // from here on no crash takes it back

    let mut reader = store.begin();
    let view = reader.statement_view();
    let mut scan =
        reader.scan(view, ACCOUNTS, std::ops::Bound::Unbounded, std::ops::Bound::Unbounded, false)?;
    while let Some(entry) = scan.next(&reader)? {
        println!("{} has {}", entry.key.escape_ascii(), entry.value.escape_ascii());
    }
    assert!(store.verify()?.is_sound());
    Ok(())
}
