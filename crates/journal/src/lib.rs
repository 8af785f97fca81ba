//! `journal` — an append-only log that survives crashes.   (layer 2 of 7)

mod lsn;

pub use lsn::Lsn;
