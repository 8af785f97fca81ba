//! `strata-store` — atomic, isolated, durable.   (layer 5 of 7)
//!
//! Below: `journal` (what happened), `filesystem` (tuples by location), `lsm` (locations by key).
//! Above: `strata-db`, which knows what a row means. Nothing in here knows SQL.
//!
//! ```text
//!   Txn ── put, delete ──► private memtable           nobody else sees it
//!    │                          │ commit
//!    │                          ▼
//!    │        validate ► place ► seq ► append ► absorb          one turn, no disk
//!    │                          │        │        │
//!    │                          ▼        ▼        ▼
//!    └─ get, scan ──► private  heap   journal    lsm
//!                      over      ▲        │        ▲
//!                     shared     └── replay after a crash
//! ```
//!
//! # Promises
//! 1. A commit is wholly there or wholly absent, for every reader and after any crash; commits take effect in
//!    one order, the order of their [`Seq`].
//! 2. Once [`Store::durable`] has reached the [`Lsn`] that [`Txn::commit`] returned, the commit survives any
//!    crash. Plain views show durable commits only.
//! 3. A snapshot never changes. A statement sees the commits of its [`View`] and what its own transaction wrote
//!    in earlier commands, never in its own.
//! 4. Locks are granted in the order of asking, and a ring of waiters is refused the moment it would close.
//! 5. Entry and tuple agree on commit and key, or the read fails with [`Error::Disagree`] (I-6).
//! 6. After a failed write or sync nothing more is committed ([`Error::Poisoned`]); a full disk refuses writes
//!    and loses nothing.
//!
//! # What is in the directory
//! | name | |
//! |---|---|
//! | `STRATA` | the superblock: store id, format, checkpoint position |
//! | `LOCK` | held while the store is open |
//! | `journal/`, `heap/`, `lsm/` | what the crates beneath keep |
//! | `scratch/` | what large transactions and [`Store::scratch`] put there; emptied at open |
//!
//! Read in this order: [`store`](Store), `keyspace`, `txn`, `record`, `commit`, `draft`, `parts`, `underway`, `redo`,
//! `recovery`, `replay`, `checkpoint`, `upkeep`, `discard`, `vacuum`, `lock`, `serializable`, `snapshots`, `verify`,
//! `backup`.

mod backup;
mod checkpoint;
mod commit;
mod discard;
mod draft;
mod engine;
mod error;
mod keyspace;
mod location;
mod lock;
mod parts;
mod record;
mod recovery;
mod redo;
mod replay;
mod serializable;
mod snapshots;
mod store;
mod superblock;
mod tuple;
mod txn;
mod underway;
mod upkeep;
mod vacuum;
mod verify;

pub use backup::BackupStats;
pub use error::{Error, Result};
pub use filesystem::{MemoryPool, Reservation, ScratchFile};
pub use journal::Lsn;
pub use keyspace::{KEY_LEN_MAX, KeyspaceId};
pub use lock::{Lock, LockMode, LockWait, Locked, ObjectMode};
pub use lsm::{Compression, LevelCompression, Seq};
pub use serializable::{Access, Reason};
pub use snapshots::Snapshot;
pub use store::{Store, StoreOptions};
pub use tuple::Tuple;
pub use txn::{Commit, EachWrite, Entry, ExtentScan, Savepoint, Scan, Txn, TxnId, View};
pub use vacuum::VacuumStats;
pub use verify::VerifyReport;

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    const fn moves_between_threads<T: Send>() {}
    shared_between_threads::<Store>();
    shared_between_threads::<Snapshot>();
    moves_between_threads::<Txn>();
    moves_between_threads::<Scan>();
    moves_between_threads::<ExtentScan>();
};

/// The examples in the README are compiled as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
