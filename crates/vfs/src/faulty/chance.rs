//! Chance by seed: every decision of the simulated machine comes from here.

use crate::{Clock, Random};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A sequence of numbers that a seed decides (SplitMix64: good enough to toss coins, and four lines long).
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// The `stream`th independent sequence of a seed.
    pub(super) fn new(seed: u64, stream: u64) -> Chance {
        let mut chance = Chance(seed ^ stream.wrapping_mul(0xA24B_AED4_963E_E407));
        chance.next();
        chance
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Heads in `percent` of a hundred tosses.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A clock that advances by one microsecond whenever somebody looks, and jumps when told to.
#[derive(Debug, Default)]
pub(super) struct SimulatedClock {
    passed_us: AtomicU64,
}

/// 2020-01-01 00:00:00 UTC: where simulated wall clocks begin.
const START_US: i64 = 1_577_836_800_000_000;

impl SimulatedClock {
    pub(super) fn advance(&self, us: u64) {
        self.passed_us.fetch_add(us, Ordering::Relaxed);
    }
}

impl Clock for SimulatedClock {
    fn now_us(&self) -> i64 {
        START_US + i64::try_from(self.monotonic_us()).unwrap_or(i64::MAX / 2)
    }

    fn monotonic_us(&self) -> u64 {
        self.passed_us.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Random bytes that the seed decides.
#[derive(Debug)]
pub(super) struct SeededRandom(pub(super) Mutex<Chance>);

impl Random for SeededRandom {
    fn fill(&self, into: &mut [u8]) {
        let mut chance = self.0.lock();
        for chunk in into.chunks_mut(8) {
            let bytes = chance.next().to_le_bytes();
            chunk.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        }
    }
}
