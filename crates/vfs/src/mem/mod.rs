//! Everything in memory: a product feature (`--data-dir :memory:`) and the quickest world for tests.
//!
//! Files are lists of chunks behind a latch each, so that a growing file never moves what it holds.
//! Jobs, clock and randomness are those of the real machine.

mod files;

use crate::{Env, os};
use std::sync::Arc;

pub use files::MemFileSystem;

/// A world whose files live as long as it does.
pub fn env() -> Env {
    Env { fs: Arc::new(MemFileSystem::new()), ..os::env() }
}
