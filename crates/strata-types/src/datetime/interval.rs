//! `interval`: months, days and microseconds, kept apart because none is a fixed number of the next.

use super::DAY;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A span of time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interval {
    /// Whole months; twelve are a year.
    pub months: i32,
    /// Whole days, which are not all 24 hours long.
    pub days: i32,
    /// The rest, in microseconds.
    pub us: i64,
}

impl Interval {
    /// An interval of these parts.
    pub const fn new(months: i32, days: i32, us: i64) -> Interval {
        Interval { months, days, us }
    }

    /// The span with 30-day months and 24-hour days, by which intervals compare.
    pub fn span(self) -> i128 {
        (i128::from(self.months) * 30 + i128::from(self.days)) * i128::from(DAY) + i128::from(self.us)
    }
}

impl Ord for Interval {
    fn cmp(&self, other: &Self) -> Ordering {
        self.span().cmp(&other.span())
    }
}

impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.span() == other.span()
    }
}

impl Eq for Interval {}

impl Hash for Interval {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.span().hash(state);
    }
}
