//! Text to tree: PostgreSQL's grammar by recursive descent.
//!
//! [`parse`] splits a text into statements and gives each as plain data, see [`ast`]. It knows no catalog.

pub mod ast;
mod error;

pub use error::ParseError;
