//! The seam to the journal: no page is written before the record that explains it (I-1).

use journal::Lsn;

/// What the heap must know of the journal.
pub trait WriteAhead: Send + Sync {
    /// The journal is durable up to here.
    fn durable(&self) -> Lsn;
    /// Waits until the journal is durable up to `lsn`.
    fn ensure_durable(&self, lsn: Lsn) -> Result<(), NotDurable>;
}

/// Why the journal is not durable up to a position.
#[derive(Debug)]
pub struct NotDurable {
    /// The disk has no room. Nothing is lost, and the journal goes on when there is some.
    pub is_full: bool,
    /// What the journal says.
    pub reason: Box<dyn std::error::Error + Send + Sync>,
}

impl From<journal::Error> for NotDurable {
    fn from(error: journal::Error) -> Self {
        // A poisoned journal does not go on, whatever poisoned it.
        let is_full = matches!(error, journal::Error::Full { .. });
        NotDurable { is_full, reason: error.into() }
    }
}

/// No journal: for a heap whose content need not outlive a crash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlogged;

impl WriteAhead for Unlogged {
    fn durable(&self) -> Lsn {
        Lsn(u64::MAX)
    }

    fn ensure_durable(&self, _: Lsn) -> Result<(), NotDurable> {
        Ok(())
    }
}
