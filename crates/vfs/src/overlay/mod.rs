//! A world over another whose files it never changes: what is written lies in memory and is gone with it.
//!
//! So a store can be opened, recovered and verified as it stands, without a trace: on a backup, on a copy that
//! is evidence, on a disk that must not be written.

mod file;
mod files;

use crate::Env;
use std::sync::Arc;

pub use files::OverlayFileSystem;

/// A world over `base`, with its clock, randomness and jobs.
pub fn env(base: &Env) -> Env {
    Env { fs: Arc::new(OverlayFileSystem::new(base.fs.clone())), ..base.clone() }
}
