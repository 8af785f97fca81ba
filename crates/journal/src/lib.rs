//! `journal` — an append-only log that survives crashes.   (layer 2 of 7)
//!
//! Below: `vfs`, which moves bytes to files and syncs them.
//! Above: `strata-store`, which decides what a record means; `lsm` keeps its manifest in one.
//!
//! # Promise
//! When [`Journal::durable`] has reached the position that [`Journal::append`] returned, the record and every
//! one before it will be returned by [`Journal::replay`] after any crash. After a failed write or sync the
//! journal is poisoned: it accepts nothing more until it is opened again. A full disk loses nothing: what was
//! appended waits for room, nothing more is appended meanwhile, and the journal goes on by itself.
//!
//! # Who does what
//! ```text
//! append ──▶ buffer ──swap──▶ writer job: one write, one sync for all that arrived ──▶ durable, subscribers
//!   │
//!   │                             └ what is appended lazily may wait five milliseconds for more to come
//!   └ room below `reserved` ◀── preparer job: grows the last segment ahead, filled with zeros and synced; recycles
//! ```
//!
//! # The journal is one string of bytes                         (integers little-endian)
//! An [`Lsn`] is a position in it. It is cut into segments of equal length, each a file named after the
//! LSN of its first byte, so that a position's place in its file is `lsn % segment_len`.
//! ```text
//! segment 00000000000067108864.jnl
//! ┌───────────┬───────┬───────┬───┬───────┬─────────────┐
//! │ header 48 │ frame │ frame │ … │ frame │ rest: zeros │   a frame never crosses a segment's end
//! └───────────┴───────┴───────┴───┴───────┴─────────────┘
//! frame
//! ┌─────────┬──────────┬────────┬────────┬─────┬───────┬───────────┬─────────────────┐
//! │ crc32 4 │ length 4 │ kind 1 │ part 1 │ 0 2 │ lsn 8 │ durable 8 │ payload, length │
//! └─────────┴──────────┴────────┴────────┴─────┴───────┴───────────┴─────────────────┘
//! ```
//! * The checksum covers the journal's id and all that follows it, position included, so a frame left from an older
//!   life of a recycled file can never pass for a current one.
//! * `part` says whether the payload is a whole record or the first, a middle or the last part of one.
//! * `durable` is the position that was known to be synced when the frame was appended. It tells damage from a
//!   torn tail: see below.
//!
//! # What is found after a crash
//! The journal ends at the first place that holds no valid frame.
//!
//! | behind that place                            | meaning                          | action          |
//! |----------------------------------------------|----------------------------------|-----------------|
//! | no valid frame                               | the end, or a torn last append   | cut here        |
//! | valid frames, none of which says it was synced | a group whose write was torn   | cut here        |
//! | a valid frame with `durable` beyond the place | a committed record is damaged   | refuse to open  |
//!
//! Cutting overwrites the headers of the frames behind the place and syncs, so that they cannot come back
//! when new frames happen to end where they begin. A read error is an error, never an end.

mod copy;
mod error;
mod frame;
mod gather;
mod journal;
mod lsn;
mod preparer;
mod recovery;
mod replay;
mod segment;
mod writer;

pub use error::{Error, Result};
pub use journal::{Journal, Options};
pub use lsn::Lsn;
pub use replay::Record;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
