//! The session settings that decide how values read and look.

use jiff::tz::TimeZone;
use std::sync::Arc;

/// How values are written and, where it matters, read: the formatting settings of one session, with the
/// transaction's time, which is what `'now'` and `'today'` mean.
#[derive(Clone, Debug)]
pub struct Format {
    /// `DateStyle`.
    pub date_style: DateStyle,
    /// `IntervalStyle`.
    pub interval_style: IntervalStyle,
    /// `TimeZone`.
    pub time_zone: TimeZone,
    /// The name that `TimeZone` was set to, as `SHOW` tells it.
    pub time_zone_name: Arc<str>,
    /// `extra_float_digits`: above 0 floats are written shortest-precise, else rounded to fewer digits.
    pub extra_float_digits: i32,
    /// `bytea_output`.
    pub bytea_output: ByteaOutput,
    /// Microseconds since 2000-01-01 UTC at the start of the transaction.
    pub now: i64,
}

impl Default for Format {
    fn default() -> Self {
        Format {
            date_style: DateStyle::default(),
            interval_style: IntervalStyle::Postgres,
            time_zone: TimeZone::UTC,
            time_zone_name: "UTC".into(),
            extra_float_digits: 1,
            bytea_output: ByteaOutput::Hex,
            now: 0,
        }
    }
}

/// `DateStyle`: how dates are written, and in which order ambiguous ones are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DateStyle {
    /// The output form.
    pub style: DateOutput,
    /// The order of day, month and year.
    pub order: DateOrder,
}

/// The output forms of `DateStyle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOutput {
    /// `1997-12-17 07:37:16-08`
    #[default]
    Iso,
    /// `12/17/1997 07:37:16.00 PST`
    Sql,
    /// `Wed Dec 17 07:37:16 1997 PST`
    Postgres,
    /// `17.12.1997 07:37:16.00 PST`
    German,
}

/// The field orders of `DateStyle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// Month, day, year.
    #[default]
    Mdy,
    /// Day, month, year.
    Dmy,
    /// Year, month, day.
    Ymd,
}

/// `IntervalStyle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntervalStyle {
    /// `1 year 2 mons 3 days 04:05:06`
    #[default]
    Postgres,
    /// `@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs`
    PostgresVerbose,
    /// `+1-2 +3 +4:05:06`
    SqlStandard,
    /// `P1Y2M3DT4H5M6S`
    Iso8601,
}

/// `bytea_output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteaOutput {
    /// `\xdeadbeef`
    #[default]
    Hex,
    /// `\336\255\276\357`
    Escape,
}

impl DateStyle {
    /// Applies a `DateStyle` setting (`iso, mdy`, `German`, …) to this one; `None` if a word is unknown.
    pub fn with(mut self, setting: &str) -> Option<DateStyle> {
        let mut order_given = false;
        for word in setting.split(',').map(str::trim) {
            match word.to_ascii_lowercase().as_str() {
                "iso" => self.style = DateOutput::Iso,
                "sql" => self.style = DateOutput::Sql,
                "postgres" => self.style = DateOutput::Postgres,
                "german" => {
                    self.style = DateOutput::German;
                    if !order_given {
                        self.order = DateOrder::Dmy;
                    }
                }
                "ymd" => (self.order, order_given) = (DateOrder::Ymd, true),
                "dmy" | "euro" | "european" => (self.order, order_given) = (DateOrder::Dmy, true),
                "mdy" | "us" | "noneuro" | "noneuropean" => {
                    (self.order, order_given) = (DateOrder::Mdy, true);
                }
                "default" => self = DateStyle::default(),
                _ => return None,
            }
        }
        Some(self)
    }
}

/// As `SHOW DateStyle` writes it: `ISO, MDY`.
impl std::fmt::Display for DateStyle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let style = match self.style {
            DateOutput::Iso => "ISO",
            DateOutput::Sql => "SQL",
            DateOutput::Postgres => "Postgres",
            DateOutput::German => "German",
        };
        let order = match self.order {
            DateOrder::Mdy => "MDY",
            DateOrder::Dmy => "DMY",
            DateOrder::Ymd => "YMD",
        };
        write!(f, "{style}, {order}")
    }
}

impl IntervalStyle {
    /// The style of this name.
    pub fn by_name(name: &str) -> Option<IntervalStyle> {
        match name.to_ascii_lowercase().as_str() {
            "postgres" => Some(IntervalStyle::Postgres),
            "postgres_verbose" => Some(IntervalStyle::PostgresVerbose),
            "sql_standard" => Some(IntervalStyle::SqlStandard),
            "iso_8601" => Some(IntervalStyle::Iso8601),
            _ => None,
        }
    }

    /// The style's name.
    pub fn name(self) -> &'static str {
        match self {
            IntervalStyle::Postgres => "postgres",
            IntervalStyle::PostgresVerbose => "postgres_verbose",
            IntervalStyle::SqlStandard => "sql_standard",
            IntervalStyle::Iso8601 => "iso_8601",
        }
    }
}
