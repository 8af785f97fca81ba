//! What a statement sees.

use lsm::Seq;

/// What a statement sees: every commit up to its snapshot, and what its own transaction wrote in
/// earlier commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The newest commit that is seen.
    pub snapshot: Seq,
    /// The number of the command that looks. Own writes of lower numbers are seen.
    pub command: u32,
    /// What is read through it is a serializable transaction's own reading, which later writes of others may
    /// conflict with.
    pub(crate) is_watched: bool,
}

impl View {
    /// The same view, which sees also what the command itself has written so far: for the checks that a
    /// statement makes on its own rows, such as uniqueness.
    pub fn with_own_command(self) -> View {
        View { command: self.command + 1, ..self }
    }
}
