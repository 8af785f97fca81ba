//! What operators hold, within the memory that a statement gives them, and in scratch files beyond it.
//!
//! Each operator may hold `work_mem` bytes ([`Workspace`]). One that has more writes rows to a scratch file of its
//! own and goes on with what is left in memory:
//!
//! | place        | what is there                                            | who uses it               |
//! |--------------|----------------------------------------------------------|---------------------------|
//! | `workspace`  | how much memory, and files for the rest                  | all                       |
//! | `file`       | a scratch file of checked chunks                         | all below                 |
//! | `tape`       | a list of records in such a file, written and read once or more | all below          |
//! | `form`       | rows as records                                          | all below                 |
//! | `sorter`     | rows in order, by sorted runs                            | sorts                     |
//! | `merge`      | sorted tapes as one                                      | `sorter`                  |
//! | `partitions` | rows by the hash of their keys                           | groups, sets, hash joins  |
//! | `seen`       | each key once                                            | DISTINCT, UNION           |
//! | `kept`       | batches to come back to                                  | CTEs, loops, cursors      |
//!
//! # In the file
//! ```text
//! file    chunk │ chunk │ …                      chunks of several tapes may alternate
//! chunk   checksum 8 │ record │ record │ …       the checksum is seeded with the chunk's place
//! record  len 4 │ bytes
//! ```
//! Chunks are found by their places, which are in memory. Integers are little-endian. A file is gone with its
//! owner and means nothing after a crash, so it is never synced and has no version.

mod file;
mod form;
mod kept;
mod merge;
mod partitions;
mod seen;
mod sorter;
mod tape;
mod workspace;

pub(in crate::exec) use file::SpillFile;
pub(in crate::exec) use form::RowForm;
pub(crate) use kept::Kept;
pub(in crate::exec) use partitions::{Part, PartReader, Partitions};
pub(in crate::exec) use seen::Seen;
pub(in crate::exec) use sorter::Sorter;
pub(in crate::exec) use tape::{Tape, TapeReader, TapeWriter};
pub use workspace::{Space, Workspace};
