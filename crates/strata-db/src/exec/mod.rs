//! Running plans: a tree of operators that hand batches upwards when pulled.
//!
//! ```text
//! session ── Running::next ──▶ root operator ── next ──▶ … ──▶ scans ──▶ table
//!                  ◀── Step::{Batch, Pending, Done} ──
//! ```
//! An operator that cannot go on now (a row lock, a used-up slice) returns [`Step::Pending`]; the whole
//! tree is then parked as it is and pulled again later. Between pulls an operator holds keys and
//! rows of its own, never a pin or a guard of the store.
//!
//! | place      | what is there                                                     |
//! |------------|-------------------------------------------------------------------|
//! | `step`     | what a pull yields                                                |
//! | `context`  | what operators reach: transaction, parameters, slice, outer rows  |
//! | `eval`     | expressions, a batch at a time or for one row                     |
//! | `keys`     | rows as bytes: for hash tables, and in sort order                 |
//! | `operator` | one file an operator                                              |
//! | `running`  | a statement in flight                                             |

mod build;
mod context;
mod eval;
mod keys;
mod operator;
mod running;
mod step;

pub use context::Context;
pub use eval::{constant, input_text};
pub use running::{Running, build};
pub use step::{Step, Wait};
