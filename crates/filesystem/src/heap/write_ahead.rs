//! The seam to the journal: no page is written before the record that explains it (I-1).

use journal::Lsn;

/// What the heap must know of the journal.
pub trait WriteAhead: Send + Sync {
    /// The journal is durable up to here.
    fn durable(&self) -> Lsn;
    /// Waits until the journal is durable up to `lsn`.
    fn ensure_durable(&self, lsn: Lsn) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// No journal: for a heap whose content need not outlive a crash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlogged;

impl WriteAhead for Unlogged {
    fn durable(&self) -> Lsn {
        Lsn(u64::MAX)
    }

    fn ensure_durable(&self, _: Lsn) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }
}
