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
//! | `slice`    | how long a session has the engine                                 |
//! | `eval`     | expressions, a batch at a time or for one row                     |
//! | `suspend`  | expressions that are given up in the middle and computed again     |
//! | `lift`     | subqueries out of expressions that cannot be given up             |
//! | `keys`     | rows as bytes: for hash tables, and in sort order                 |
//! | `operator` | one file an operator                                              |
//! | `spill`    | what does not fit in the memory of a statement                    |
//! | `measure`  | operators that are counted and timed                              |
//! | `running`  | a statement in flight                                             |

mod build;
mod context;
mod eval;
mod keys;
mod lift;
mod measure;
mod operator;
mod rows;
mod running;
mod slice;
mod spill;
mod step;
mod suspend;

pub use context::{Context, RowWatch};
pub use eval::{constant, input_text};
pub use measure::Measured;
pub(crate) use operator::duplicate;
pub use running::{Running, build, build_measured};
pub use slice::{RunQueue, Slice};
pub(crate) use spill::Kept;
pub use spill::{Space, Workspace};
pub use step::{Step, Wait};
