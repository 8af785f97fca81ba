//! `strata-db` — SQL over the transactional store.   (layer 7 of 7)
//!
//! Below: `strata-store` (atomic, isolated, durable keyspaces) and `strata-types` (what a value is).
//! Above: `strata-server`, which speaks the wire protocol, and whoever embeds SQL.
//!
//! # The way of a statement
//! ```text
//! text ─ parse ─▶ AST ─ bind ─▶ logical plan ─ optimize ─▶ physical plan ─ exec::build ─▶ operators
//!                        │ names: catalog                     │ access paths                │ rows: table
//!                        │ types, functions: functions        │ join algorithms             ▼
//!                        ▼                                    ▼                        strata-store
//! ```
//!
//! # Modules, in the order in which each may import only those before it
//! | module      | knows                                                               |
//! |-------------|---------------------------------------------------------------------|
//! | `error`     | what goes wrong in SQL: SQLSTATE, message, position, hint           |
//! | `schema`    | what a table, view, index, sequence, role *is* (plain data)         |
//! | `functions` | every function, operator and aggregate: one table, kernels by family|
//! | `plan`      | bound expressions, logical and physical plans (plain data)          |
//! | `table`     | rows in keyspaces: insert, fetch, scan, update, delete, indexes     |
//! | `catalog`   | the system tables, DDL, name resolution, `pg_catalog`               |
//! | `parse`     | text to AST                                                         |
//! | `bind`      | AST to logical plan: names, types, coercions                        |
//! | `optimize`  | logical to physical plan                                            |
//! | `exec`      | physical plan to operators; expression evaluation                   |
//! | `session`   | statements, portals, transactions, settings, the engine             |

pub mod bind;
pub mod catalog;
pub mod error;
pub mod exec;
pub mod functions;
pub mod optimize;
pub mod parse;
pub mod plan;
pub mod schema;
pub mod session;
pub mod table;

pub use error::SqlError;
