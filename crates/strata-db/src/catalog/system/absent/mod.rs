//! Relations of things that strata does not have: they are there, with PostgreSQL's columns, and empty.

pub(in crate::catalog::system) mod foreign;
pub(in crate::catalog::system) mod privileges;
pub(in crate::catalog::system) mod progress;
pub(in crate::catalog::system) mod replication;
pub(in crate::catalog::system) mod rules;
pub(in crate::catalog::system) mod server;
pub(in crate::catalog::system) mod statistics;
pub(in crate::catalog::system) mod text_search;
