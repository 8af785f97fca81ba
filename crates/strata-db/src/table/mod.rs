//! Rows in keyspaces: how a table and its indexes lie in the store, and what keeps them in step.
//!
//! ```text
//! table    keyspace TableDef::keyspace   row key ──▶ tuple: every column, dropped ones too
//!            row key = the primary key's columns, order-preserving; without one, a hidden row number
//! unique   keyspace IndexDef::keyspace   key columns ──▶ row key          (no NULL among the columns)
//! index    keyspace IndexDef::keyspace   key columns ++ row key ──▶ length of the row key
//! ```
//! A table whose primary key is deferrable is one without in this: two rows may have the key for a while. A
//! deferrable index lies like a plain one, and `deferred` keeps it unique.
//!
//! A unique index keeps rows with a NULL in the key as a plain index does: they never conflict. Entries
//! refer to a row by its key, so an update that leaves key columns alone touches no index, and an entry
//! is versioned like the row: what a snapshot sees of the one, it sees of the other.
//!
//! Writes check uniqueness under a lock on the key itself, so that two transactions that insert the same
//! key meet there and the second waits for the first one's outcome.

mod deferred;
mod entry;
mod fetch;
mod key;
mod layout;
mod lock;
mod row_numbers;
mod scan;
mod write;

pub use deferred::{Doubt, Settled, settle};
pub use fetch::{fetch, fetch_by_index, fetch_newest};
pub use key::{Bounds, index_key, key_prefix, range_bounds, row_key};
pub use layout::{ROW_KEY, TableLayout};
pub use lock::{RowLockOutcome, lock_row};
pub use row_numbers::RowNumbers;
pub use scan::TableScan;
pub use write::{IndexRow, WriteOutcome, add_entry, delete, insert, update};
