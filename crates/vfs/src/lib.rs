//! `vfs` — the only door to the operating system.   (layer 1 of 7)
//!
//! Below: the operating system, or in tests a simulated one.
//! Above: every other crate. Nobody else names `std::fs`, the wall clock, a random seed or a thread.
//!
//! ```text
//!            Env
//!   ┌─────────┼──────────┬──────────┐
//! FileSystem Clock     Random      Jobs
//!   │
//!  File
//! ```
//!
//! Three worlds implement the door: [`os`] is the real machine, [`mem`] keeps everything in memory (a
//! product feature: `--data-dir :memory:`), [`faulty`] is a seeded machine that crashes, tears writes,
//! loses what was not synced and fails calls, so that the whole engine runs deterministically in a
//! simulator.
//!
//! # Promises a caller may build on
//! 1. Bytes written to a file survive a crash only after [`File::sync`] returned `Ok`.
//! 2. A name created, renamed or removed survives a crash only after [`FileSystem::sync_dir`].
//! 3. A rename is atomic: after a crash the name means the old file or the new one, never a mixture.
//! 4. A write that did not fail is seen by every later read of the same file.

pub mod env;
pub mod faulty;
pub mod fs;
pub mod jobs;
pub mod mem;
pub mod os;
pub mod overlay;
mod read_only;
pub mod time;

pub use env::Env;
pub use fs::{File, FileSystem, OpenMode, is_full};
pub use jobs::{Job, JobHandle, Jobs, Progress};
pub use time::{Clock, Random};

/// The example in the README runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
