//! Prepared transactions: the first half of two-phase commit.
//!
//! `PREPARE TRANSACTION` writes down what the transaction would commit, under its identifier, by a small
//! transaction of its own; when that is durable the promise holds. The transaction itself stays open, with
//! its locks, and belongs to no session. After a restart it is made again from what was written down.
//! What it changes of the catalog is made known when it commits, from the rows themselves if it was prepared
//! before a restart. Its commit takes the record away together with writing what it promised: one commit, wholly there or
//! wholly absent.
//!
//! ```text
//! keyspace 14, key: identifier ──▶ value                                (integers little-endian)
//! ┌──────────┬────────────┬─────────────┬──────────┬────────┬───────────┬───────────┬─────────┐
//! │ owner 4  │ project 4  │ prepared 8  │ dropped  │ locks  │ advisory  │ holdings  │ writes  │
//! └──────────┴────────────┴─────────────┴──────────┴────────┴───────────┴───────────┴─────────┘
//! dropped   count 4, then the keyspaces that go, 4 each
//! locks     count 4, then those on tables and names: class 8, number 8, mode 4
//! advisory  count 4, then the locks: project 4, pair 4, number 8, shared 4
//! holdings  length 4, then what the store says of row locks and of reads
//! write  ┌─────────────┬────────────┬─────┬──────────────────────────────┬───────┐
//!        │ keyspace 4  │ key len 4  │ key │ value len 4, all ones: none  │ value │
//!        └─────────────┴────────────┴─────┴──────────────────────────────┴───────┘
//! ```

use super::advisory::{AdvisoryLocks, Key, Scope, Wish};
use super::engine::SessionId;
use super::shared::Shared;
use crate::catalog::Change;
use crate::error::{Result, SqlError};
use crate::schema::Oid;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;
use strata_store::{KeyspaceId, Lock, LockMode, Locked, Lsn, ObjectMode, Store, Txn};
use strata_types::sqlstate;

/// Where the records are.
const RECORDS: KeyspaceId = KeyspaceId(14);
/// Longest identifier, in bytes.
const IDENTIFIER_LEN_MAX: usize = 199;
/// The length that stands for a deletion.
const DELETED: u32 = u32::MAX;

/// A transaction that waits for its second half.
pub(super) struct Prepared {
    txn: Txn,
    /// Who holds its advisory locks: nobody's session.
    holder: SessionId,
    /// What it changes of the catalog; `None` if that stands only in what it writes.
    changes: Option<Vec<Change>>,
    pub(super) owner: Oid,
    pub(super) project: Oid,
    /// Microseconds since 2000-01-01 UTC.
    pub(super) prepared: i64,
}

/// The prepared transactions of an engine, by identifier.
pub(super) struct PreparedTransactions {
    waiting: RefCell<BTreeMap<String, Prepared>>,
}

impl PreparedTransactions {
    /// Those that an earlier life of the process has left.
    ///
    /// # Errors
    /// Of the store; XX001 for a record that cannot be read.
    pub(super) fn recover(store: &Store, advisory: &AdvisoryLocks) -> Result<PreparedTransactions> {
        let txn = store.begin();
        let mut waiting = BTreeMap::new();
        let mut scan = txn.scan(txn.newest_view(), RECORDS, Bound::Unbounded, Bound::Unbounded, false)?;
        while let Some(entry) = scan.next(&txn)? {
            let identifier = String::from_utf8_lossy(entry.key).into_owned();
            let prepared = remake(store, advisory, &entry.value).ok_or_else(|| {
                let message = format!("the record of the prepared transaction \"{identifier}\" is damaged");
                SqlError::new(sqlstate::DATA_CORRUPTED, message)
            })?;
            waiting.insert(identifier, prepared?);
        }
        Ok(PreparedTransactions { waiting: RefCell::new(waiting) })
    }

    /// `PREPARE TRANSACTION`: the reply is gated on the position returned.
    ///
    /// # Errors
    /// 42710 for an identifier in use, 40001 for a transaction without a serial order; of the store.
    pub(super) fn prepare(
        &self,
        shared: &Shared,
        identifier: &str,
        (txn, changes): (Txn, Vec<Change>),
        (session, owner, project): (SessionId, Oid, Oid),
    ) -> Result<Lsn> {
        txn.prepare()?;
        let (holder, now) = (holder_of(&txn), shared.now());
        let prepared = Prepared { txn, holder, changes: Some(changes), owner, project, prepared: now };
        let mut record = Vec::new();
        record.extend_from_slice(&owner.0.to_le_bytes());
        record.extend_from_slice(&project.0.to_le_bytes());
        record.extend_from_slice(&prepared.prepared.to_le_bytes());
        put_number(&mut record, prepared.txn.dropped_keyspaces().len());
        for keyspace in prepared.txn.dropped_keyspaces() {
            record.extend_from_slice(&keyspace.0.to_le_bytes());
        }
        let mut locks = Vec::new();
        shared.store.each_object_lock(&mut |txn, locked| {
            if let Locked::Object { class, id, mode } = locked
                && txn == prepared.txn.id()
            {
                locks.push((class, id, mode));
            }
        });
        put_number(&mut record, locks.len());
        for (class, id, mode) in locks {
            record.extend_from_slice(&class.to_le_bytes());
            record.extend_from_slice(&id.to_le_bytes());
            put_number(&mut record, mode as usize);
        }
        let advisory = shared.advisory.of_transaction(session);
        put_number(&mut record, advisory.len());
        for (key, is_shared) in advisory {
            record.extend_from_slice(&key.project.0.to_le_bytes());
            put_number(&mut record, usize::from(key.is_pair));
            record.extend_from_slice(&key.number.to_le_bytes());
            put_number(&mut record, usize::from(is_shared));
        }
        let mut holdings = Vec::new();
        prepared.txn.write_holdings(&mut holdings);
        put_number(&mut record, holdings.len());
        record.extend_from_slice(&holdings);
        prepared.txn.each_write(&mut |keyspace, key, value| {
            record.extend_from_slice(&keyspace.0.to_le_bytes());
            record.extend_from_slice(&(key.len() as u32).to_le_bytes());
            record.extend_from_slice(key);
            record.extend_from_slice(&value.map_or(DELETED, |value| value.len() as u32).to_le_bytes());
            record.extend_from_slice(value.unwrap_or_default());
            Ok(())
        })?;
        let mut promise = shared.store.begin();
        promise.lock(RECORDS, identifier.as_bytes(), LockMode::Update)?;
        promise.put(RECORDS, identifier.as_bytes(), &record)?;
        let commit = promise.commit()?;
        shared.advisory.hand_over(session, holder);
        self.waiting.borrow_mut().insert(identifier.to_owned(), prepared);
        Ok(commit.lsn)
    }

    /// # Errors
    /// 42710 if the identifier is in use, 22023 if it is too long.
    pub(super) fn refuse_identifier(&self, identifier: &str) -> Result<()> {
        if identifier.len() > IDENTIFIER_LEN_MAX {
            let message = format!("transaction identifier \"{identifier}\" is too long");
            return Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message));
        }
        if self.waiting.borrow().contains_key(identifier) {
            let message = format!("transaction identifier \"{identifier}\" is already in use");
            return Err(SqlError::new(sqlstate::DUPLICATE_OBJECT, message));
        }
        Ok(())
    }

    /// `COMMIT PREPARED`, `ROLLBACK PREPARED`: the reply is gated on the position returned.
    ///
    /// # Errors
    /// 42704 for an unknown identifier, 42501 for somebody else's; of the store.
    pub(super) fn finish(
        &self,
        shared: &Shared,
        identifier: &str,
        commits: bool,
        may_finish: impl FnOnce(&Prepared) -> bool,
    ) -> Result<Lsn> {
        let unknown = || {
            let message = format!("prepared transaction with identifier \"{identifier}\" does not exist");
            SqlError::new(sqlstate::UNDEFINED_OBJECT, message)
        };
        if !may_finish(self.waiting.borrow().get(identifier).ok_or_else(unknown)?) {
            return Err(SqlError::new(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                "permission denied to finish prepared transaction",
            )
            .hint("Must be superuser or the user that prepared the transaction."));
        }
        let prepared = self.waiting.borrow_mut().remove(identifier).ok_or_else(unknown)?;
        shared.advisory.end_transaction(shared, prepared.holder);
        let mut txn = match commits {
            true => prepared.txn,
            false => {
                prepared.txn.rollback();
                shared.store.begin()
            }
        };
        txn.lock(RECORDS, identifier.as_bytes(), LockMode::Update)?;
        txn.delete(RECORDS, identifier.as_bytes())?;
        let commit = txn.commit()?;
        match prepared.changes {
            _ if !commits => {}
            Some(changes) => shared.publish(&changes, commit.seq),
            None => shared.reload()?,
        }
        Ok(commit.lsn)
    }

    /// Every one, by identifier.
    pub(super) fn each(&self, visit: &mut dyn FnMut(&str, &Prepared)) {
        self.waiting.borrow().iter().for_each(|(identifier, prepared)| visit(identifier, prepared));
    }
}

/// Numbers that no session gets.
fn holder_of(txn: &Txn) -> SessionId {
    SessionId(u64::MAX - txn.id().0)
}

/// A transaction that will commit what a record says; `None` if the record cannot be read.
fn remake(store: &Store, advisory: &AdvisoryLocks, record: &[u8]) -> Option<Result<Prepared>> {
    let mut rest = Rest(record);
    let owner = Oid(rest.number()?);
    let project = Oid(rest.number()?);
    let prepared = i64::from_le_bytes(*rest.take(8)?.first_chunk()?);
    let mut txn = store.begin();
    for _ in 0..rest.number()? {
        txn.drop_keyspace(KeyspaceId(rest.number()?));
    }
    for _ in 0..rest.number()? {
        let class = u64::from_le_bytes(*rest.take(8)?.first_chunk()?);
        let id = u64::from_le_bytes(*rest.take(8)?.first_chunk()?);
        let mode = *ObjectMode::ALL.get(rest.number()? as usize)?;
        if let Err(error) = txn.lock_object(class, id, mode) {
            return Some(Err(error.into()));
        }
    }
    let holder = holder_of(&txn);
    for _ in 0..rest.number()? {
        let (project, is_pair) = (Oid(rest.number()?), rest.number()? == 1);
        let number = i64::from_le_bytes(*rest.take(8)?.first_chunk()?);
        let shared = rest.number()? == 1;
        let wish = Wish { key: Key { project, is_pair, number }, shared, scope: Scope::Transaction };
        advisory.try_take(holder, wish);
    }
    let holdings = rest.number()? as usize;
    txn.take_holdings(rest.take(holdings)?)?;
    while !rest.0.is_empty() {
        let keyspace = KeyspaceId(rest.number()?);
        let len = rest.number()? as usize;
        let key = rest.take(len)?;
        let value = match rest.number()? {
            DELETED => None,
            len => Some(rest.take(len as usize)?),
        };
        if let Err(error) = write_again(&mut txn, keyspace, key, value) {
            return Some(Err(error));
        }
    }
    // It was allowed to commit when it was prepared.
    Some(
        txn.prepare()
            .map(|()| Prepared { txn, holder, changes: None, owner, project, prepared })
            .map_err(Into::into),
    )
}

fn put_number(record: &mut Vec<u8>, number: usize) {
    record.extend_from_slice(&(number as u32).to_le_bytes());
}

fn write_again(txn: &mut Txn, keyspace: KeyspaceId, key: &[u8], value: Option<&[u8]>) -> Result<()> {
    // Nobody else runs yet: the lock is free.
    if txn.lock(keyspace, key, LockMode::Update)? == Lock::Wait {
        let message = "two prepared transactions have written the same row";
        return Err(SqlError::new(sqlstate::DATA_CORRUPTED, message));
    }
    match value {
        Some(value) => txn.put(keyspace, key, value)?,
        None => txn.delete(keyspace, key)?,
    }
    Ok(())
}

/// What is left of a record.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(*self.take(4)?.first_chunk()?))
    }
}
