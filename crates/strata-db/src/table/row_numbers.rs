//! Hidden keys for the rows of tables without a primary key: 1, 2, 3 … in order of insertion.
//!
//! A table's counter starts behind the largest number in use. Numbers of transactions that rolled back
//! are not used again before the next start.

use crate::error::Result;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Bound;
use strata_store::{KeyspaceId, Txn};

/// The next row number of each keyspace in use.
pub struct RowNumbers {
    next: RefCell<HashMap<KeyspaceId, u64>>,
}

impl RowNumbers {
    /// Without counters.
    pub fn new() -> RowNumbers {
        RowNumbers { next: RefCell::new(HashMap::new()) }
    }

    /// The key of a new row.
    ///
    /// # Errors
    /// Of the store.
    pub fn next_key(&self, txn: &Txn, keyspace: KeyspaceId) -> Result<Vec<u8>> {
        let mut counters = self.next.borrow_mut();
        let next = match counters.get_mut(&keyspace) {
            Some(next) => next,
            None => {
                let last = largest(txn, keyspace)?;
                counters.entry(keyspace).or_insert(last + 1)
            }
        };
        let key = next.to_be_bytes().to_vec();
        *next += 1;
        Ok(key)
    }
}

impl Default for RowNumbers {
    fn default() -> Self {
        RowNumbers::new()
    }
}

fn largest(txn: &Txn, keyspace: KeyspaceId) -> Result<u64> {
    let view = txn.newest_view().with_own_command();
    let mut scan = txn.scan(view, keyspace, Bound::Unbounded, Bound::Unbounded, true)?;
    let last = scan.next_key(txn)?.and_then(|key| key.first_chunk::<8>().copied());
    Ok(last.map_or(0, u64::from_be_bytes))
}
