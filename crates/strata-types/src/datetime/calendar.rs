//! The Gregorian calendar, extended to all years: days since 2000-01-01 to year, month and day, and back.

use super::{DATE_MAX, DATE_MIN, DAY, HOUR, MINUTE, SECOND};

/// Days from 0000-03-01 to 2000-01-01.
const MARCH_SHIFT: i64 = 730_425;
/// Days in 400 years.
const CYCLE_DAYS: i64 = 146_097;
/// The Julian day of 2000-01-01.
pub const JULIAN_OF_EPOCH: i64 = 2_451_545;

/// A day of the calendar. Years count astronomically: 0 is 1 BC, -1 is 2 BC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CivilDate {
    /// Astronomical year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

/// A time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CivilTime {
    /// 0 to 24.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 59; 60 in input that means the next minute.
    pub second: u32,
    /// Microseconds.
    pub us: u32,
}

impl CivilDate {
    /// The day that is this many days after 2000-01-01.
    pub fn from_days(days: i64) -> CivilDate {
        // Years that begin in March put the leap day last.
        let days = days + MARCH_SHIFT;
        let cycle = days.div_euclid(CYCLE_DAYS);
        let of_cycle = days.rem_euclid(CYCLE_DAYS);
        let year_of_cycle = (of_cycle - of_cycle / 1460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
        let of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
        CivilDate { year: year as i32, month: month as u32, day: day as u32 }
    }

    /// Days after 2000-01-01. The month must be 1 to 12; the day may lie beyond the month.
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let march_month = i64::from((self.month + 9) % 12);
        let of_year = (153 * march_month + 2) / 5 + i64::from(self.day) - 1;
        let year_of_cycle = year.rem_euclid(400);
        let of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + of_year;
        year.div_euclid(400) * CYCLE_DAYS + of_cycle - MARCH_SHIFT
    }

    /// The date as `date` stores it, if it can.
    pub fn to_date(self) -> Option<i32> {
        let days = self.days();
        ((i64::from(DATE_MIN))..=i64::from(DATE_MAX)).contains(&days).then_some(days as i32)
    }

    /// 1 to 366.
    pub fn day_of_year(self) -> u32 {
        (self.days() - CivilDate { month: 1, day: 1, ..self }.days()) as u32 + 1
    }

    /// The ISO year and week.
    pub fn iso_week(self) -> (i32, u32) {
        let days = self.days();
        // The week belongs to the year of its Thursday.
        let thursday = CivilDate::from_days(days - i64::from((weekday(days) + 6) % 7) + 3);
        (thursday.year, (thursday.day_of_year() - 1) / 7 + 1)
    }

    /// The year as people count it, and whether it is BC.
    pub fn era_year(self) -> (i32, bool) {
        if self.year > 0 { (self.year, false) } else { (1 - self.year, true) }
    }
}

impl CivilTime {
    /// The time this many microseconds after midnight.
    pub fn from_us(us: i64) -> CivilTime {
        CivilTime {
            hour: (us / HOUR) as u32,
            minute: (us / MINUTE % 60) as u32,
            second: (us / SECOND % 60) as u32,
            us: (us % SECOND) as u32,
        }
    }

    /// Microseconds after midnight.
    pub fn to_us(self) -> i64 {
        i64::from(self.hour) * HOUR
            + i64::from(self.minute) * MINUTE
            + i64::from(self.second) * SECOND
            + i64::from(self.us)
    }
}

/// Day of the week, 0 for Sunday.
pub fn weekday(days: i64) -> u32 {
    (days + 6).rem_euclid(7) as u32 // 2000-01-01 was a Saturday
}

/// Years with a 29th of February.
pub fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days in a month of 1 to 12.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A finite timestamp as day and time of day.
pub fn split(timestamp: i64) -> (CivilDate, CivilTime) {
    let date = CivilDate::from_days(timestamp.div_euclid(DAY));
    (date, CivilTime::from_us(timestamp.rem_euclid(DAY)))
}

/// The timestamp of a day and microseconds after its midnight, if one holds it.
pub fn join(days: i64, us: i64) -> Option<i64> {
    super::in_range(days.checked_mul(DAY)?.checked_add(us)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        for days in (-2_451_545..4_000_000).step_by(97) {
            let date = CivilDate::from_days(days);
            assert_eq!(date.days(), days);
            assert!(date.day >= 1 && date.day <= days_in_month(date.year, date.month));
        }
        assert_eq!(CivilDate::from_days(0), CivilDate { year: 2000, month: 1, day: 1 });
        assert_eq!(CivilDate { year: 2021, month: 1, day: 3 }.iso_week(), (2020, 53));
        assert_eq!(weekday(0), 6);
    }
}
