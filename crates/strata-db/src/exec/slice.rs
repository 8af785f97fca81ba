//! How long a session has the engine.
//!
//! ```text
//! 0 ────────── MOMENT_US ──────────────────────────────── SLICE_US
//!   always its   │ its as long as no session is ready to run │ given up
//! ```
//! So short statements wait for a moment at most, however many long ones there are, and a long one that
//! nobody waits for is hardly disturbed.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use vfs::Clock;

/// How long a session works whoever waits, in microseconds.
const MOMENT_US: u64 = 100;
/// How long it works before it yields even if nobody is known to wait: 2 ms.
const SLICE_US: u64 = 2_000;

/// How many sessions are ready to run while another one has the engine. Who hands out the engine counts them.
#[derive(Clone, Debug, Default)]
pub struct RunQueue(Arc<AtomicUsize>);

impl RunQueue {
    /// A session has become ready.
    pub fn enter(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// A session that was ready runs.
    pub fn leave(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

/// The slice of the session at work, and who waits for its end.
#[derive(Debug, Default)]
pub struct Slice {
    /// Who waits.
    pub queue: RunQueue,
    /// When it began, by the monotonic clock.
    began: Cell<u64>,
}

impl Slice {
    /// Another slice begins.
    pub fn begin(&self, clock: &dyn Clock) {
        self.began.set(clock.monotonic_us());
    }

    /// Whether the session is to yield.
    pub fn is_over(&self, clock: &dyn Clock) -> bool {
        let limit = if self.queue.is_empty() { SLICE_US } else { MOMENT_US };
        clock.monotonic_us() - self.began.get() > limit
    }

    /// Whether the session is to yield although what it does next may be short.
    pub fn is_long(&self, clock: &dyn Clock) -> bool {
        clock.monotonic_us() - self.began.get() > SLICE_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    #[derive(Default)]
    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn now_us(&self) -> i64 {
            0
        }

        fn monotonic_us(&self) -> u64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn a_session_gives_way_after_a_moment_if_somebody_waits() {
        let (clock, slice) = (Hand::default(), Slice::default());
        slice.begin(&clock);
        slice.queue.enter();
        assert!(!slice.is_over(&clock), "a moment is always its");
        clock.0.store(MOMENT_US + 1, Ordering::Relaxed);
        assert!(slice.is_over(&clock));
        slice.queue.leave();
        assert!(!slice.is_over(&clock), "nobody waits");
        clock.0.store(SLICE_US + 1, Ordering::Relaxed);
        assert!(slice.is_over(&clock));
    }
}
