//! Who holds and waits for what, as it is told outside.

use super::{LockKey, LockMode, LockTable, ObjectMode};
use crate::{KeyspaceId, TxnId};

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
}
