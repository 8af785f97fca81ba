//! One value that carries a whole world: what a crate needs of the outside is in here.

use crate::{Clock, FileSystem, Jobs, Random};
use std::sync::Arc;

/// The world a store lives in. Cheap to clone; every clone is the same world.
#[derive(Clone)]
pub struct Env {
    /// Files and directories.
    pub fs: Arc<dyn FileSystem>,
    /// Wall clock and monotonic time.
    pub clock: Arc<dyn Clock>,
    /// Randomness: salts, cancel keys, `random()`.
    pub random: Arc<dyn Random>,
    /// Background work.
    pub jobs: Arc<dyn Jobs>,
}
