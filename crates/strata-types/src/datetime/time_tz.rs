//! `time with time zone`: a time of day and its distance from UTC.

use super::SECOND;
use std::cmp::Ordering;

/// A time of day at an offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeTz {
    /// Microseconds since midnight, local.
    pub us: i64,
    /// Seconds *west* of UTC, as PostgreSQL counts: `+02` is -7200.
    pub zone: i32,
}

impl TimeTz {
    /// Microseconds since midnight in UTC; may leave the day.
    pub fn utc(self) -> i64 {
        self.us + i64::from(self.zone) * SECOND
    }
}

/// The earlier moment first; of equal moments the one further east.
impl Ord for TimeTz {
    fn cmp(&self, other: &Self) -> Ordering {
        self.utc().cmp(&other.utc()).then(self.zone.cmp(&other.zone))
    }
}

impl PartialOrd for TimeTz {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
