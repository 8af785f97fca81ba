//! Time zones: `pg_timezone_names`.

use crate::catalog::system::SystemSource;
use crate::catalog::system::notation::relations;
use strata_types::{Interval, datetime};

/// A zone at the moment of asking.
struct Zone {
    name: String,
    abbreviation: String,
    /// Seconds east of UTC.
    offset: i32,
    daylight_saving: bool,
}

relations! {
    pg_catalog;
    12126 view "pg_timezone_names" = zones, |source, zone: Zone| {
        "name" TEXT = &zone.name;
        "abbrev" TEXT = &zone.abbreviation;
        "utc_offset" INTERVAL = Interval { months: 0, days: 0, us: i64::from(zone.offset) * 1_000_000 };
        "is_dst" BOOL = zone.daylight_saving;
    }
}

fn zones(source: &SystemSource<'_>) -> Vec<Zone> {
    let now = source.env.transaction_time();
    datetime::zone_names()
        .into_iter()
        .filter_map(|name| {
            let (zone, _) = datetime::zone(&name)?;
            Some(Zone {
                abbreviation: datetime::abbreviation_at(&zone, now),
                offset: datetime::offset_at(&zone, now),
                daylight_saving: datetime::is_daylight_saving_at(&zone, now),
                name,
            })
        })
        .collect()
}
