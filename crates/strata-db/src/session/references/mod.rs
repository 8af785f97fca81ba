//! Foreign keys and deferrable keys: what must hold between rows, kept after each statement or, if deferred,
//! before the commit.
//!
//! ```text
//! INSERT, UPDATE, DELETE ── RowWatch ──▶ Watch ── events ──▶ Checks ── internal statements ──▶ ok, 23503, 23505
//!                                                  ▲               │ cascades write rows, too
//!                                                  └───────────────┘
//! ```
//! | file | |
//! |---|---|
//! | `reference` | a foreign key with both of its tables, and the ones that concern a plan |
//! | `watch` | the keys that a statement's rows bring in or take away |
//! | `statements` | the statements that look a key up and carry an action out |
//! | `context` | what errors say of them |
//! | `checks` | events worked off, waiting for locks where need be |
//! | `in_doubt` | rows that may have another's key, settled |
//! | `deferral` | events that wait for the end of the transaction |

mod checks;
mod context;
mod deferral;
mod in_doubt;
mod reference;
mod statements;
mod watch;

pub(super) use checks::{Checks, orphan, orphans};
pub(super) use deferral::{Deferral, DeferralMark};
pub(super) use reference::{Reference, References, of_plan, of_table};
pub(super) use watch::{Event, Unwatched, Watch};
