//! The grammar: one rule of PostgreSQL's for each function, one family of rules for each file.

mod alter;
mod create;
mod dml;
mod expr;
mod from;
mod function;
mod object;
mod options;
mod primary;
mod query;
mod role;
mod statement;
mod table;
mod transaction;
mod types;
mod utility;

use super::ast::{ObjectName, Persistence, Pos};

/// `INTO table` of a SELECT.
pub(super) struct Into {
    /// The table that is created.
    pub(super) name: ObjectName,
    /// How long it lives.
    pub(super) persistence: Persistence,
    /// Where the clause stands.
    pub(super) pos: Pos,
}
