//! Dates, times and spans of time: their values, the calendar, and what SQL computes with them.

pub mod calendar;
mod interval;
mod interval_write;
pub mod read;
mod time_tz;
mod write;
mod zone;

pub use interval::Interval;
pub use interval_write::write_interval;
pub use time_tz::TimeTz;
pub(crate) use write::write_two;
pub use write::{write_date, write_time, write_timestamp, write_timestamptz, write_timetz};
pub(crate) use zone::OFFSET_MAX;
pub use zone::{
    abbreviation_at, is_daylight_saving_at, local_to_utc, offset_at, offset_of_local, utc_to_local, zone,
    zone_names,
};

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in a day of 24 hours.
pub const DAY: i64 = 24 * HOUR;

/// `timestamp 'infinity'`
pub const TIMESTAMP_INFINITY: i64 = i64::MAX;
/// `timestamp '-infinity'`
pub const TIMESTAMP_NEG_INFINITY: i64 = i64::MIN;
/// `date 'infinity'`
pub const DATE_INFINITY: i32 = i32::MAX;
/// `date '-infinity'`
pub const DATE_NEG_INFINITY: i32 = i32::MIN;

/// 4714-11-24 BC, the first day of the Julian count: nothing is earlier.
pub const DATE_MIN: i32 = -2_451_545;
/// 5874897-12-31
pub const DATE_MAX: i32 = 2_145_031_948;
/// 4714-11-24 00:00:00 BC
pub const TIMESTAMP_MIN: i64 = -211_813_488_000_000_000;
/// 294277-01-01 00:00:00, the first moment that no timestamp holds
pub const TIMESTAMP_END: i64 = 9_223_371_331_200_000_000;

/// `infinity` or `-infinity`.
pub fn is_infinite(timestamp: i64) -> bool {
    timestamp == TIMESTAMP_INFINITY || timestamp == TIMESTAMP_NEG_INFINITY
}

/// The timestamp, if one holds it.
pub(crate) fn in_range(timestamp: i64) -> Option<i64> {
    (TIMESTAMP_MIN..TIMESTAMP_END).contains(&timestamp).then_some(timestamp)
}
