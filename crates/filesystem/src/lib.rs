//! `filesystem` — memory, blocks, pages and the tuple heap.   (layer 3 of 7)
//!
//! Below: `vfs`, which moves bytes to files, and the journal's [`journal::Lsn`], by which changes are ordered.
//! Above: `lsm`, which draws its memory here, and `strata-store`, which decides what a tuple means and
//! journals every change before it makes it here.
//!
//! ```text
//!  Heap          place, write, end, free, read, scan: tuples by location
//!   │  PageCache     8 KiB images in memory, which to keep, which are dirty
//!   │   │  DoubleWrite   no torn page survives a crash
//!   │   │   │
//!   └───┴───┴── BlockStore   one file a space; knows nothing of pages
//!  MemoryPool    one cap over everything above
//! ```
//!
//! # Promises
//! 1. A page is written only when the journal is durable up to its LSN ([`WriteAhead`]).
//! 2. After a crash, replaying the journal from the last [`Heap::checkpoint`] on, in order, gives the heap
//!    as it was, whatever mixture of page images the disk kept.
//! 3. A torn, misdirected, stale or flipped page is an [`Error::Corrupt`] that names file and offset. It is
//!    never returned as data and never a panic.
//! 4. After a failed sync nothing is written any more ([`Error::Poisoned`]); reads go on.
//!
//! Read in this order: [`pool`], [`block_store`], [`page`], [`cache`], [`heap`].

pub mod block_store;
pub mod cache;
mod double_write;
mod error;
pub mod heap;
pub mod page;
pub mod pool;
mod prefetch;
mod scratch;
pub mod slab;
mod spread;

pub use block_store::{BLOCK_LEN, Block, BlockId, BlockStore, FileBlockStore, MemBlockStore};
pub use error::{Error, Result};
pub use heap::{
    CopiedPages, Heap, HeapOptions, NotDurable, Packed, Placement, Redo, Redone, Run, SpaceId, Sweep,
    TupleLoc, TupleRef, WriteAhead,
};
pub use pool::{MemoryPool, Reservation};
pub use prefetch::prefetch;
pub use scratch::ScratchFile;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<Heap>();
    shared_between_threads::<MemoryPool>();
    shared_between_threads::<TupleRef>();
    shared_between_threads::<ScratchFile>();
};
