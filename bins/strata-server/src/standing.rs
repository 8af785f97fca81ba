//! Where a connection stands with the [lender](crate::lender): in a queue, in somebody's hands, or neither.
//!
//! ```text
//!           enlist              begin              enlist
//!   Idle ───────────▶ Queued ───────────▶ Served ───────────▶ Recalled
//!    ▲                   ▲                   │ finish             │ finish
//!    └───────────────────┼───────────────────┘                    │
//!                        └────────────────────────────────────────┘
//! ```
//! Whoever serves a connection has it to himself until its answer is sent: nobody else waits for what he holds of it,
//! and answers keep their order. What comes up for it meanwhile is remembered.

use std::sync::atomic::{AtomicU8, Ordering};

const IDLE: u8 = 0;
const QUEUED: u8 = 1;
const SERVED: u8 = 2;
const RECALLED: u8 = 3;

/// See the module.
#[derive(Debug, Default)]
pub struct Standing(AtomicU8);

impl Standing {
    /// There is something to do for it. `true` if it is to be put into a queue now.
    pub fn enlist(&self) -> bool {
        let step = |standing| match standing {
            IDLE => Some(QUEUED),
            SERVED => Some(RECALLED),
            _ => None,
        };
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, step) == Ok(IDLE)
    }

    /// It has been taken off its queue, to be served.
    pub fn begin(&self) {
        self.0.store(SERVED, Ordering::Release);
    }

    /// It is served. `true` if it is to be put into a queue again.
    pub fn finish(&self) -> bool {
        let step = |standing| Some(if standing == RECALLED { QUEUED } else { IDLE });
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, step) == Ok(RECALLED)
    }

    /// It has had its slice, and goes back into a queue in any case.
    pub fn requeue(&self) {
        self.0.store(QUEUED, Ordering::Release);
    }

    /// Nothing is to be done for it.
    pub fn is_idle(&self) -> bool {
        self.0.load(Ordering::Acquire) == IDLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_in_one_queue() {
        let standing = Standing::default();
        assert!(standing.enlist());
        assert!(!standing.enlist());
        standing.begin();
        assert!(!standing.finish());
        assert!(standing.is_idle());
    }

    #[test]
    fn what_comes_up_while_it_is_served_is_remembered() {
        let standing = Standing::default();
        assert!(standing.enlist());
        standing.begin();
        assert!(!standing.enlist());
        assert!(!standing.enlist());
        assert!(standing.finish());
        assert!(!standing.enlist());
        standing.begin();
        assert!(!standing.finish());
    }
}
