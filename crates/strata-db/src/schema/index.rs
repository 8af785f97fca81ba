//! Indexes: ordered keys over a table's columns or expressions.

use super::Oid;

/// An index of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexDef {
    /// Identity.
    pub oid: Oid,
    /// Name, in the dataset of its table.
    pub name: String,
    /// Key columns, most significant first.
    pub keys: Vec<IndexKey>,
    /// Table columns (0-based) that entries carry beside the key: `INCLUDE (...)`.
    pub included: Vec<usize>,
    /// No two rows may have equal keys.
    pub unique: bool,
    /// `UNIQUE NULLS NOT DISTINCT`: NULLs count as equal.
    pub nulls_not_distinct: bool,
    /// The primary key.
    pub primary: bool,
    /// Kept unique not at once but by the end of the statement or of the transaction.
    pub deferrable: bool,
    /// SQL text of a partial index's predicate.
    pub predicate: Option<String>,
    /// Keyspace of the entries (high bit set). Unused for a [clustered](Self::is_clustered) index.
    pub keyspace: u32,
    /// Text of `COMMENT ON INDEX`.
    pub comment: Option<String>,
}

impl IndexDef {
    /// Rows are stored under its key: it is a primary key that no two rows ever have, not even for a while.
    pub fn is_clustered(&self) -> bool {
        self.primary && !self.deferrable
    }

    /// No two rows ever have a key of it, not even for a while.
    pub fn is_unique_at_once(&self) -> bool {
        self.unique && !self.deferrable
    }
}

/// One key column of an index.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexKey {
    /// What is indexed.
    pub source: KeySource,
    /// Largest first.
    pub descending: bool,
    /// NULLs before every value (default: last when ascending, first when descending).
    pub nulls_first: bool,
}

/// Where a key's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum KeySource {
    /// A column of the table, 0-based.
    Column(usize),
    /// SQL text of an expression over the table's columns, and the type of its value.
    Expression(String, strata_types::Type),
}
