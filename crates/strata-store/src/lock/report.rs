//! Who holds and waits for what, as it is told outside.

use super::{Gained, LockKey, LockMode, LockTable, ObjectMode};
use crate::keyspace::KeyBuf;
use crate::{KeyspaceId, Result, TxnId};

/// Something locked, and in which mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locked {
    /// A row.
    Row {
        /// The keyspace that it is in.
        keyspace: KeyspaceId,
        /// Its key.
        key: Vec<u8>,
        /// How strongly.
        mode: LockMode,
    },
    /// What is no row.
    Object {
        /// Its kind.
        class: u64,
        /// Its number.
        id: u64,
        /// How.
        mode: ObjectMode,
    },
}

/// A row that is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeldRow<'a> {
    /// By its key, with the keyspace.
    Key(&'a [u8]),
    /// By the hash of that.
    Hash(u64),
}

/// What a transaction waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockWait {
    /// What it wants.
    pub wants: Locked,
    /// Who keeps it from having it: holders, and those who wait before it.
    pub blockers: Vec<TxnId>,
}

impl Locked {
    fn new(key: &LockKey, mode: usize) -> Option<Locked> {
        match key {
            LockKey::Row(stored) => {
                let (keyspace, key) = crate::keyspace::split(stored)?;
                Some(Locked::Row { keyspace, key: key.to_vec(), mode: *LockMode::ALL.get(mode)? })
            }
            LockKey::Object { class, id } => {
                Some(Locked::Object { class: *class, id: *id, mode: *ObjectMode::ALL.get(mode)? })
            }
        }
    }
}

impl LockTable {
    /// What `txn` waits for, if it does.
    pub(crate) fn wait_of(&self, txn: TxnId) -> Option<LockWait> {
        let wait = self.waiting.get(&txn)?;
        let waiters = &self.queues.get(&wait.key)?.waiters;
        let waiter = waiters.iter().find(|waiter| waiter.txn == txn)?;
        let wants = Locked::new(&wait.key, waiter.mode.index())?;
        Some(LockWait { wants, blockers: self.blockers(txn) })
    }

    /// Tells of every lock of an object that is held, each mode by itself. Rows may be very many, and are
    /// seen only where somebody waits.
    pub(crate) fn each_object(&self, tell: &mut dyn FnMut(TxnId, Locked)) {
        for (key, queue) in &self.queues {
            if matches!(key, LockKey::Row(_)) {
                continue;
            }
            for holder in &queue.holders {
                let modes = (0..8).filter(|mode| holder.held.modes & 1 << mode != 0);
                modes.filter_map(|mode| Locked::new(key, mode)).for_each(|locked| tell(holder.txn, locked));
            }
        }
    }

    /// Tells of every row that a transaction has locked, each mode by itself; `gained` is what it has gained.
    pub(crate) fn each_row_of(
        &self,
        txn: TxnId,
        gained: &[Gained],
        tell: &mut dyn FnMut(HeldRow<'_>, LockMode),
    ) {
        // What was strengthened later stands there twice.
        for gained in gained.iter().filter(|gained| gained.before.is_none()) {
            let LockKey::Row(key) = &gained.key else { continue };
            let held = self.queues.get(&gained.key).map(|queue| queue.held_by(txn)).unwrap_or_default();
            let modes = LockMode::ALL.into_iter().filter(|mode| held.modes & 1 << *mode as u8 != 0);
            modes.for_each(|mode| tell(HeldRow::Key(key), mode));
        }
        for mass in self.masses.iter().filter(|mass| mass.txn == txn) {
            mass.each(&mut |hash, mode| {
                if let Some(mode) = LockMode::ALL.get(mode) {
                    tell(HeldRow::Hash(hash), *mode);
                }
            });
        }
    }

    /// Locks a row that nobody else has locked, as it was locked before.
    pub(crate) fn hold_row(
        &mut self,
        txn: TxnId,
        row: HeldRow<'_>,
        mode: LockMode,
        gained: &mut Vec<Gained>,
    ) -> Result<bool> {
        match row {
            HeldRow::Key(key) => {
                self.try_lock(txn, &LockKey::Row(KeyBuf::from_slice(key)), mode.into(), gained)
            }
            HeldRow::Hash(hash) => self.take_hash(txn, hash, mode.into()).map(|()| true),
        }
    }
}
