//! Functions, operators and aggregates: one table, and beside it one file of kernels per family.
//!
//! A [`Function`] is a row: name, argument types, result, volatility, strictness, kernel, one line of
//! documentation. `pg_proc`, `\df`, the reference and a completeness test are made from the rows.
//! An operator is a row that names the function behind it, as in PostgreSQL.
//!
//! What a kernel may know of the session (time, settings, sequences, the catalog) comes through
//! [`Environment`], which `session` implements.

pub mod call;

pub use call::{
    Accumulator, Call, Environment, Function, FunctionKind, Operator, RowSource, ScalarKernel, SetKernel,
    VectorKernel, Volatility, WindowKind,
};
