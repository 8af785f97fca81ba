//! `lsm` — an ordered map of bytes in many versions.   (layer 4 of 7)
//!
//! Below: `vfs` (files and background jobs), `journal` (only its [`journal::Lsn`]), `filesystem` (the memory
//! pool, and the rule that the journal goes first).
//! Above: `strata-store`, which decides what keys, values and commits mean, and which journals every change
//! before it applies it here: the tree has no log of its own.
//!
//! ```text
//!            apply                                         get, iter
//!              ▼                                               │  newest first
//!   memtable   skip list, read without locks                 ◀─┤
//!              │ seal                                          │
//!   sealed     a few full memtables                          ◀─┤
//!              │ flush                                         │
//!   level 0    whole memtables as SSTables, overlapping      ◀─┤
//!              │ compaction                     block cache  ◀─┤
//!   level n    one run of disjoint SSTables, ten times n-1   ◀─┘
//!              ▲ ingest
//! ```
//!
//! # Words
//! A *version* of a key is what commit [`Seq`] made of it: a put or a deletion. A *snapshot* is a `Seq` too:
//! it sees of each key the newest version at or below it. (The *version of the tree*, the immutable list of
//! its live tables, has a module of that name.)
//!
//! # Promises
//! 1. When [`Lsm::flush`] returns `Ok`, everything applied before it survives any crash; [`Lsm::flushed`] never
//!    says more than that. What is younger is gone after a crash and must be applied again.
//! 2. An SSTable is written only when the journal is durable up to what it reflects (I-1).
//! 3. A torn, swapped, stale, missing or flipped file or block is an [`Error`] that names file and place. It is
//!    never returned as data and never a panic.
//! 4. After a failed write or sync nothing more is accepted ([`Error::Poisoned`]); reads go on. A full disk loses
//!    nothing and is waited out.
//! 5. A dropped version is told to the drop sink only when it is durably gone.
//!
//! Read in this order: `key`, `memtable`, `sstable`, `iter`, `gaps`, `version`, `manifest`, `compaction`, `tree`, `lsm`.

mod buffer;
mod cache;
mod codec;
mod compaction;
mod compression;
mod copy;
mod error;
mod flush;
mod gaps;
mod ingest;
mod iter;
mod jobs;
mod key;
mod lsm;
mod manifest;
mod memtable;
mod open;
mod options;
mod sstable;
mod stats;
mod tombstone;
mod tree;
mod value;
mod version;

pub use compaction::DropSink;
pub use compression::{Compression, LevelCompression};
pub use copy::Copied;
pub use error::{Error, Result};
pub use ingest::Ingestion;
pub use iter::Iter;
pub use key::{KEY_LEN_MAX, Op, Seq, VALUE_LEN_MAX};
pub use lsm::Lsm;
pub use options::Options;
pub use stats::{LevelStats, Pressure, Stats};
pub use value::Value;

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    const fn moves_between_threads<T: Send>() {}
    shared_between_threads::<Lsm>();
    shared_between_threads::<Value>();
    moves_between_threads::<Iter>();
};

/// The example in the README runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
