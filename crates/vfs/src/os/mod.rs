//! The real machine: files, a thread for each job, the system's clocks and randomness.

mod clock;
mod files;
mod threads;

use crate::Env;
use std::sync::Arc;

pub use clock::{SystemClock, SystemRandom};
pub use files::OsFileSystem;
pub use threads::Threads;

/// The real machine.
pub fn env() -> Env {
    Env {
        fs: Arc::new(OsFileSystem),
        clock: Arc::new(SystemClock::new()),
        random: Arc::new(SystemRandom),
        jobs: Arc::new(Threads::new()),
    }
}
