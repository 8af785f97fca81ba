//! Sequence generators.

use super::Oid;
use strata_types::Type;

/// A sequence's parameters. Its position is a row of its own keyspace, outside of transactions.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceDef {
    /// int2, int4 or int8.
    pub ty: Type,
    /// First value.
    pub start: i64,
    /// Step; never 0.
    pub increment: i64,
    /// Smallest value.
    pub min: i64,
    /// Largest value.
    pub max: i64,
    /// Values handed to a session at a time.
    pub cache: i64,
    /// Start over at the limit.
    pub cycle: bool,
    /// The table and column (0-based) it is dropped with.
    pub owned_by: Option<(Oid, usize)>,
    /// Keyspace of the position.
    pub keyspace: u32,
}
