//! What all sessions of an engine share. Owned by the engine, borrowed for a step: no latches.

use super::plans::Plans;
use super::sequences::{Oids, Sequences};
use crate::catalog::{Catalog, Change};
use crate::table::RowNumbers;
use std::cell::RefCell;
use std::sync::Arc;
use strata_store::Store;

/// The engine's state beside its sessions.
pub(super) struct Shared {
    /// The world.
    pub(super) env: vfs::Env,
    /// The data.
    pub(super) store: Store,
    catalog: RefCell<Arc<Catalog>>,
    /// Statements by text.
    pub(super) plans: Plans,
    /// Positions of sequences.
    pub(super) sequences: Sequences,
    /// Hidden keys of tables without a primary key.
    pub(super) row_numbers: RowNumbers,
    /// OIDs of new objects.
    pub(super) oids: Oids,
}

/// Microseconds between 1970-01-01 and 2000-01-01.
const EPOCH_2000_US: i64 = 946_684_800_000_000;

impl Shared {
    /// Around an open store and its catalog.
    pub(super) fn new(env: vfs::Env, store: Store, catalog: Catalog) -> Shared {
        Shared {
            plans: Plans::new(),
            sequences: Sequences::new(),
            row_numbers: RowNumbers::new(),
            oids: Oids::new(),
            env,
            store,
            catalog: RefCell::new(Arc::new(catalog)),
        }
    }

    /// The catalog that new transactions see.
    pub(super) fn catalog(&self) -> Arc<Catalog> {
        self.catalog.borrow().clone()
    }

    /// Makes a committed transaction's changes everybody's.
    pub(super) fn publish(&self, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        let mut catalog = self.catalog.borrow_mut();
        let next = Arc::make_mut(&mut catalog);
        for change in changes {
            next.apply(change);
        }
    }

    /// Now, in microseconds since 2000-01-01 UTC.
    pub(super) fn now(&self) -> i64 {
        self.env.clock.now_us() - EPOCH_2000_US
    }
}
