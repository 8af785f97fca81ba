//! What the tests that run by seed share.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::ops::Range;

/// `STRATA_SEEDS=1000` for a long run.
pub(crate) fn seeds(few: u64) -> Range<u64> {
    0..std::env::var("STRATA_SEEDS").map_or(few, |many| many.parse().unwrap())
}

/// A small generator: the same seed, the same test.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
