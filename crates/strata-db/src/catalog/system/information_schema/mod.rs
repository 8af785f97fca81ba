//! `information_schema`: the standard's view of the same objects.
//!
//! PostgreSQL gives the columns types of its own (`sql_identifier`, `yes_or_no` …); clients are told the
//! types beneath those, and these are the types here.

pub(super) mod absent;
pub(super) mod columns;
pub(super) mod constraints;
pub(super) mod privileges;
pub(super) mod routines;
pub(super) mod tables;
mod type_facts;

/// The standard's truth values.
fn yes_or_no(truth: bool) -> &'static str {
    if truth { "YES" } else { "NO" }
}
