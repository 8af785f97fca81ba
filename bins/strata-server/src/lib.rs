//! `strata-server` — any PostgreSQL client's way to the engine.
//!
//! Below: `strata-db`, which answers requests. Above: nobody; `main.rs` is the binary.
//!
//! ```text
//! socket ──▶ frame ──▶ Request ──▶ Lender ──▶ Engine::run ──▶ WireOutbox ──▶ socket
//!            checked    decoded     one at      answers          encoded       gated on the
//!                                   a time                                     durable position
//! ```
//! There is one engine and one job at a time ([`lender`]): whoever has work borrows the engine if it is
//! free, runs the work on its own thread and writes the answer to the socket at once, so that a short
//! statement costs no wake-up of another thread. Long statements are run in slices by the engine's own
//! thread.
//!
//! | module | |
//! |---|---|
//! | [`config`] | flags |
//! | [`verify`] | what `--verify` does |
//! | [`listener`] | accepts connections, shuts down |
//! | [`handshake`] | SSLRequest, start-up message, authentication |
//! | [`connection`] | a client's socket, inbox and outbox |
//! | [`lender`] | the engine, lent to one thread at a time |
//! | [`wire`] | frames, messages in, messages out |

pub mod cancel;
pub mod config;
pub mod connection;
pub mod handshake;
pub mod lender;
mod linger;
pub mod listener;
mod scram;
pub mod verify;
pub mod wire;

pub use config::Config;
pub use listener::Server;
