//! Functions, operators and aggregates: one table, and beside it one file of kernels per family.
//!
//! A [`Function`] is a row: name, argument types, result, volatility, strictness, kernel, one line of
//! documentation. `pg_proc`, `\df`, the reference and a completeness test are made from the rows.
//! An operator is a row that names the function behind it, as in PostgreSQL.
//!
//! What a kernel may know of the session (time, settings, sequences, the catalog) comes through
//! [`Environment`], which `session` implements.

pub mod call;
pub(crate) mod identifiers;
pub mod parameters;
pub mod registry;
pub mod reports;

mod access_lists;
mod aggregate_collect;
mod aggregate_extremes;
mod aggregate_ordered;
mod aggregate_statistics;
mod aggregate_sum;
mod arithmetic;
mod arrays;
mod binary_forms;
mod bit_strings;
mod boolean;
mod calendar_fields;
mod catalog_rows;
mod clock;
mod comparison;
mod degrees;
mod json_build;
mod json_rows;
mod json_text;
mod jsonb;
mod mathematics;
mod moments;
mod number_templates;
mod numbers;
mod output;
mod patterns;
mod regular;
mod regular_syntax;
mod rows;
mod sequences;
mod series;
mod signals;
mod spans;
mod store;
mod system;
mod table;
mod template_parse;
mod template_read;
mod template_write;
mod templates;
mod text;
mod text_codes;
mod typed;
mod various;
mod window;

pub use call::{
    Accumulator, Call, Environment, Function, FunctionKind, Operator, RowSource, ScalarKernel, SetKernel,
    VectorKernel, Volatility, WindowKind,
};
pub use text::{TEXTCAT, joined};

macro_rules! families {
    ($($family:ident),* $(,)?) => {
        /// Every family's functions, in the order of the reference.
        static FAMILIES: &[&[Function]] = &[$($family::FUNCTIONS),*];
        /// Every family's operators.
        static OPERATOR_FAMILIES: &[&[table::OperatorRow]] = &[$($family::OPERATORS),*];
    };
}

families! {
    comparison,
    boolean,
    numbers,
    mathematics,
    text,
    text_codes,
    patterns,
    regular,
    bit_strings,
    binary_forms,
    clock,
    calendar_fields,
    templates,
    number_templates,
    moments,
    spans,
    store,
    arrays,
    json_text,
    jsonb,
    json_build,
    json_rows,
    series,
    sequences,
    system,
    access_lists,
    catalog_rows,
    signals,
    various,
    aggregate_sum,
    aggregate_extremes,
    aggregate_collect,
    aggregate_statistics,
    aggregate_ordered,
    window,
}
