//! Constraints of a table.

use super::Oid;

/// A named constraint.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// Identity.
    pub oid: Oid,
    /// Name, unique for the table.
    pub name: String,
    /// What it demands.
    pub kind: ConstraintKind,
    /// May be checked at the end of the transaction.
    pub deferrable: bool,
    /// Is so checked unless the transaction says otherwise.
    pub initially_deferred: bool,
}

/// What a constraint demands of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum ConstraintKind {
    /// A condition on each row.
    Check(Check),
    /// Kept by the primary index of this OID.
    PrimaryKey {
        /// The index.
        index: Oid,
    },
    /// Kept by the unique index of this OID.
    Unique {
        /// The index.
        index: Oid,
    },
    /// A reference to another table's key.
    ForeignKey(ForeignKey),
}

impl ConstraintKind {
    /// The index that keeps it.
    pub fn index(&self) -> Option<Oid> {
        match self {
            ConstraintKind::PrimaryKey { index } | ConstraintKind::Unique { index } => Some(*index),
            ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) => None,
        }
    }
}

/// `CHECK (expression)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// SQL text of the condition.
    pub expression: String,
}

/// `FOREIGN KEY (columns) REFERENCES table (keys)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    /// Referring columns, 0-based.
    pub columns: Vec<usize>,
    /// The table referred to.
    pub table: Oid,
    /// Its columns, 0-based, covered by a unique index.
    pub keys: Vec<usize>,
    /// What happens when a referred row is updated.
    pub on_update: KeyAction,
    /// What happens when a referred row is deleted.
    pub on_delete: KeyAction,
}

/// What a foreign key does when the referred row goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAction {
    /// Refuse at the end of the statement (or transaction, if deferred).
    NoAction,
    /// Refuse at once.
    Restrict,
    /// Do the same to the referring rows.
    Cascade,
    /// Set the referring columns to NULL.
    SetNull,
    /// Set the referring columns to their defaults.
    SetDefault,
}
