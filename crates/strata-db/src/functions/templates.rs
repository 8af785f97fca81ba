//! `to_char`, `to_date`, `to_timestamp`: dates and times by template.

use super::call::Call;
use super::clock::utc;
use super::moments::{in_range, local};
use super::table::functions;
use super::template_parse::Template;
use super::template_read;
use super::template_write::{Shown, write};
use super::typed::{Date, Timestamp, TimestampTz};
use crate::error::Result;
use strata_types::Interval;
use strata_types::datetime::calendar::{CivilDate, CivilTime};
use strata_types::datetime::{self, DAY, is_infinite};

functions! {
    2049 "to_char"(TIMESTAMP, TEXT) -> TEXT stable strict
        = scalar(|t: Timestamp, template: &str| of_timestamp(t.0, template)), "format timestamp to text";
    1770 "to_char"(TIMESTAMPTZ, TEXT) -> TEXT stable strict
        = scalar(|call; t: TimestampTz, template: &str| of_timestamptz(call, t.0, template)),
        "format timestamp with time zone to text";
    1768 "to_char"(INTERVAL, TEXT) -> TEXT stable strict
        = scalar(|i: Interval, template: &str| of_interval(i, template)), "format interval to text";
    1780 "to_date"(TEXT, TEXT) -> DATE stable strict
        = scalar(|text: &str, template: &str| template_read::date(text, template).map(Date)),
        "convert text to date";
    1778 "to_timestamp"(TEXT, TEXT) -> TIMESTAMPTZ stable strict
        = scalar(|call; text: &str, template: &str| to_timestamp(call, text, template).map(TimestampTz)),
        "convert text to timestamp with time zone";
}

fn of_timestamp(timestamp: i64, template: &str) -> Option<String> {
    if template.is_empty() || is_infinite(timestamp) {
        return None;
    }
    let (date, time) = datetime::calendar::split(timestamp);
    let shown =
        Shown { date: Some(date), time, zone: None, is_interval: false, days: timestamp.div_euclid(DAY) };
    Some(write(&Template::parse(template), &shown))
}

fn of_timestamptz(call: &Call<'_>, moment: i64, template: &str) -> Result<Option<String>> {
    if template.is_empty() || is_infinite(moment) {
        return Ok(None);
    }
    let zone = &call.format().time_zone;
    let here = local(moment, zone)?;
    let (date, time) = datetime::calendar::split(here);
    let offset = datetime::offset_at(zone, moment);
    let zone = Some((offset, datetime::abbreviation_at(zone, moment)));
    let shown = Shown { date: Some(date), time, zone, is_interval: false, days: here.div_euclid(DAY) };
    Ok(Some(write(&Template::parse(template), &shown)))
}

/// Months and years come from the months of the interval, hours may exceed a day.
fn of_interval(interval: Interval, template: &str) -> Option<String> {
    if template.is_empty() {
        return None;
    }
    let us = interval.us.unsigned_abs();
    let time = CivilTime {
        hour: (us / datetime::HOUR as u64) as u32,
        minute: (us / datetime::MINUTE as u64 % 60) as u32,
        second: (us / datetime::SECOND as u64 % 60) as u32,
        us: (us % datetime::SECOND as u64) as u32,
    };
    let date = CivilDate {
        year: interval.months / 12,
        month: (interval.months % 12).unsigned_abs(),
        day: interval.days.unsigned_abs(),
    };
    let shown = Shown { date: Some(date), time, zone: None, is_interval: true, days: 0 };
    Some(write(&Template::parse(template), &shown))
}

fn to_timestamp(call: &Call<'_>, text: &str, template: &str) -> Result<i64> {
    let read = template_read::timestamp(text, template)?;
    match read.zone {
        Some(east) => in_range(read.local.checked_sub(i64::from(east) * datetime::SECOND)),
        None => utc(read.local, &call.format().time_zone),
    }
}
