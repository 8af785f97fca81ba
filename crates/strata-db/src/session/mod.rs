//! Sessions: what a client's messages do to statements, portals, transactions and settings.
//!
//! ```text
//! connection ── Request ──▶ Engine::run ──▶ Session ──▶ statement ──▶ bind, optimize, exec
//!      ▲                      │   ▲              └──▶ utility, ddl, copy
//!      └────── Outbox ◀───────┘   └─ Turn: what the session waits for, if it does
//! ```
//! The engine is one value, used by one thread at a time. [`Engine::run`] lets a session work on its
//! requests for at most a slice; whatever cannot go on now (a row lock, a full outbox, a used-up slice,
//! missing COPY input) parks the whole open statement and is told as [`Turn`].

mod activity;
mod admission;
mod advisory;
mod bound;
mod boundaries;
mod copy;
mod cursor;
mod ddl;
mod engine;
mod environment;
mod errands;
mod explain;
mod extended;
mod guards;
mod idle;
mod interrupts;
mod names;
mod notify;
mod outbox;
mod plans;
mod portal;
mod prepared;
mod references;
mod reports;
mod request;
mod sequences;
#[expect(clippy::module_inception, reason = "a file has the name of its type, and the type is Session")]
mod session;
mod settings;
mod shared;
mod signals;
mod simple;
mod snapshots;
mod startup;
mod statement;
mod transaction;
mod utility;
mod waits;

pub use crate::exec::RunQueue;
pub use engine::{Engine, EngineOptions, PasswordVerifier, SessionId, Turn};
pub use outbox::Outbox;
pub use request::{Request, WireFormat};
pub use settings::{Context as SettingContext, Kind as SettingKind, SETTINGS, Setting};
pub use startup::{Authentication, Startup};

/// What clients read as `server_version`: the PostgreSQL version whose behaviour strata has, then its own name.
pub const SERVER_VERSION: &str = concat!("15.18 (strata ", env!("CARGO_PKG_VERSION"), ")");
