//! What a transaction holds beside its writes, in bytes: its row locks and, if it is serializable, what it has read.
//! For who must be able to make the same transaction in another life of the process.
//!
//! ```text
//! integers little-endian
//! rows     count 4, then of each   mode 1 │ key len 4 │ key with its keyspace
//! hashes   count 4, then of each   mode 1 │ hash 8              locks of a mass, which knows no keys
//! reads    all ones, or count 4, then of each   keyspace 4 │ bound │ bound
//! bound    0, or 1 (included), 2 (excluded) │ key len 4 │ key
//! ```

use super::Txn;
use crate::KeyspaceId;
use crate::keyspace::KeyBuf;
use crate::lock::{HeldRow, LockMode};
use crate::serializable::Access;
use std::ops::Bound;

/// In the place of a count of reads: the transaction is not watched.
const UNWATCHED: u32 = u32::MAX;

impl Txn {
    /// Appends what it holds to `into`.
    pub fn write_holdings(&self, into: &mut Vec<u8>) {
        let (mut rows, mut hashes) = (Section::default(), Section::default());
        self.store.engine().locks.lock().each_row_of(self.id, &self.gained, &mut |held, mode| match held {
            HeldRow::Key(key) => {
                rows.begin(mode as u8);
                put_bytes(&mut rows.bytes, key);
            }
            HeldRow::Hash(hash) => {
                hashes.begin(mode as u8);
                hashes.bytes.extend_from_slice(&hash.to_le_bytes());
            }
        });
        rows.write(into);
        hashes.write(into);
        if !self.is_watched() {
            into.extend_from_slice(&UNWATCHED.to_le_bytes());
            return;
        }
        let reads = self.store.engine().serializable.lock().reads_of(self.id);
        into.extend_from_slice(&(reads.len() as u32).to_le_bytes());
        for (keyspace, (lower, upper)) in reads {
            into.extend_from_slice(&keyspace.0.to_le_bytes());
            put_bound(into, &lower);
            put_bound(into, &upper);
        }
    }

    /// Takes hold again of what `bytes` say, while nobody else runs. `None` if they cannot be read.
    pub fn take_holdings(&mut self, mut bytes: &[u8]) -> Option<()> {
        let rest = &mut bytes;
        let store = self.store.clone();
        let mut locks = store.engine().locks.lock();
        for _ in 0..number(rest)? {
            let mode = *LockMode::ALL.get(usize::from(byte(rest)?))?;
            locks.hold_row(self.id, HeldRow::Key(take_bytes(rest)?), mode, &mut self.gained).ok()?;
        }
        for _ in 0..number(rest)? {
            let mode = *LockMode::ALL.get(usize::from(byte(rest)?))?;
            let hash = u64::from_le_bytes(take(rest)?);
            locks.hold_row(self.id, HeldRow::Hash(hash), mode, &mut self.gained).ok()?;
        }
        drop(locks);
        let reads = number(rest)?;
        if reads != UNWATCHED {
            self.serialize(Access::ReadWrite);
            let mut table = store.engine().serializable.lock();
            for _ in 0..reads {
                let keyspace = KeyspaceId(number(rest)?);
                let range = (take_bound(rest)?, take_bound(rest)?);
                table.has_read(self.id, keyspace, &range);
            }
            table.assume_conflicts(self.id);
        }
        rest.is_empty().then_some(())
    }
}

/// Entries behind their count.
#[derive(Default)]
struct Section {
    count: u32,
    bytes: Vec<u8>,
}

impl Section {
    fn begin(&mut self, mode: u8) {
        self.count += 1;
        self.bytes.push(mode);
    }

    fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.count.to_le_bytes());
        into.extend_from_slice(&self.bytes);
    }
}

fn put_bytes(into: &mut Vec<u8>, bytes: &[u8]) {
    into.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    into.extend_from_slice(bytes);
}

fn put_bound(into: &mut Vec<u8>, bound: &Bound<KeyBuf>) {
    match bound {
        Bound::Unbounded => into.push(0),
        Bound::Included(key) => {
            into.push(1);
            put_bytes(into, key);
        }
        Bound::Excluded(key) => {
            into.push(2);
            put_bytes(into, key);
        }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    take::<1>(rest).map(|[byte]| byte)
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    take(rest).map(u32::from_le_bytes)
}

fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = number(rest)? as usize;
    let (head, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(head)
}

fn take_bound(rest: &mut &[u8]) -> Option<Bound<KeyBuf>> {
    Some(match byte(rest)? {
        0 => Bound::Unbounded,
        1 => Bound::Included(KeyBuf::from_slice(take_bytes(rest)?)),
        2 => Bound::Excluded(KeyBuf::from_slice(take_bytes(rest)?)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::{Access, KeyspaceId, Lock, LockMode, Store, StoreOptions};
    use std::ops::Bound;
    use std::path::Path;

    const K: KeyspaceId = KeyspaceId::table(7);

    fn store() -> Store {
        let store = Store::open(vfs::mem::env(), Path::new("/store"), StoreOptions::default()).unwrap();
        let mut txn = store.begin();
        for n in 0..20u8 {
            txn.put(K, &[n], b"old").unwrap();
        }
        let commit = txn.commit().unwrap();
        store.wait_durable(commit.lsn).unwrap();
        store
    }

    #[test]
    fn row_locks_are_taken_again() {
        let store = store();
        let mut txn = store.begin();
        assert_eq!(txn.lock(K, b"a", LockMode::KeyShare).unwrap(), Lock::Granted);
        for n in 0..40_000u32 {
            txn.lock(K, &n.to_be_bytes(), LockMode::NoKeyUpdate).unwrap();
        }
        let mut bytes = Vec::new();
        txn.write_holdings(&mut bytes);
        txn.rollback();
        let mut again = store.begin();
        assert_eq!(again.take_holdings(&bytes), Some(()));
        let mut other = store.begin();
        assert!(!other.try_lock(K, b"a", LockMode::Update).unwrap());
        assert!(other.try_lock(K, b"a", LockMode::NoKeyUpdate).unwrap());
        assert!(!other.try_lock(K, &7u32.to_be_bytes(), LockMode::Share).unwrap());
        assert!(!other.try_lock(K, &39_999u32.to_be_bytes(), LockMode::Share).unwrap());
        assert!(other.try_lock(K, &40_000u32.to_be_bytes(), LockMode::Share).unwrap());
        again.rollback();
        assert!(other.try_lock(K, &39_999u32.to_be_bytes(), LockMode::Update).unwrap());
    }

    #[test]
    fn what_was_read_makes_conflicts_again() {
        let store = store();
        let mut txn = store.begin();
        txn.serialize(Access::ReadWrite);
        let view = txn.same_snapshot_view();
        txn.get(view, K, &[3]).unwrap();
        let mut scan = txn.scan(view, K, Bound::Included(&[10]), Bound::Excluded(&[12]), false).unwrap();
        while scan.next(&txn).unwrap().is_some() {}
        let mut bytes = Vec::new();
        txn.write_holdings(&mut bytes);
        drop(scan);
        txn.rollback();
        for (key, conflicts) in [(3u8, true), (11, true), (4, false), (12, false)] {
            let mut again = store.begin();
            assert_eq!(again.take_holdings(&bytes), Some(()));
            again.prepare().unwrap();
            let mut pivot = store.begin();
            pivot.serialize(Access::ReadWrite);
            let view = pivot.same_snapshot_view();
            pivot.get(view, K, &[15]).unwrap();
            let mut first = store.begin();
            first.serialize(Access::ReadWrite);
            first.same_snapshot_view();
            first.put(K, &[15], b"new").unwrap();
            let commit = first.commit().unwrap();
            store.wait_durable(commit.lsn).unwrap();
            // again → pivot → first, which was the first to commit: without a serial order.
            let outcome = pivot.put(K, &[key], b"new").and_then(|()| pivot.commit().map(|_| ()));
            assert_eq!(outcome.is_err(), conflicts, "{key}");
            again.rollback();
        }
    }

    #[test]
    fn damage_is_noticed() {
        let store = store();
        let mut txn = store.begin();
        txn.serialize(Access::ReadWrite);
        txn.lock(K, b"a", LockMode::Update).unwrap();
        let mut bytes = Vec::new();
        txn.write_holdings(&mut bytes);
        for len in 0..bytes.len() {
            assert_eq!(store.begin().take_holdings(&bytes[..len]), None);
        }
    }
}
