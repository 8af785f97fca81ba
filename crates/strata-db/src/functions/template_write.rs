//! Writing a date or time by template.

use super::template_parse::{Case, Field, Piece, Template};
use strata_types::datetime::calendar::{CivilDate, CivilTime, JULIAN_OF_EPOCH, weekday};

/// Names of months, in full.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of days, Sunday first.
pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Months in Roman numerals.
pub(super) const ROMAN: [&str; 12] =
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// What is written.
pub(super) struct Shown {
    pub(super) date: Option<CivilDate>,
    pub(super) time: CivilTime,
    /// Seconds east of UTC and the zone's abbreviation.
    pub(super) zone: Option<(i32, String)>,
    pub(super) is_interval: bool,
    /// Days since 2000-01-01.
    pub(super) days: i64,
}

/// The text that a template makes of a date or time.
pub(super) fn write(template: &Template, shown: &Shown) -> String {
    let mut out = String::new();
    for piece in &template.0 {
        match piece {
            Piece::Literal { text, .. } => out.push_str(text),
            Piece::Exact => {}
            Piece::Field { field, fill, suffix, case } => {
                let text = field_text(*field, *fill, *case, shown);
                out.push_str(&text);
                if let Some(capital) = suffix {
                    let ordinal = ordinal(&text);
                    out.push_str(&if *capital { ordinal.to_uppercase() } else { ordinal.to_owned() });
                }
            }
        }
    }
    out
}

fn ordinal(number: &str) -> &'static str {
    let digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).collect();
    let teen = digits.len() > 1 && digits.get(digits.len() - 2) == Some(&b'1');
    match digits.last() {
        Some(b'1') if !teen => "st",
        Some(b'2') if !teen => "nd",
        Some(b'3') if !teen => "rd",
        Some(_) => "th",
        None => "",
    }
}

fn cased(text: &str, case: Case) -> String {
    match case {
        Case::Upper => text.to_uppercase(),
        Case::Capitalized => text.to_owned(),
        Case::Lower => text.to_lowercase(),
    }
}

/// A number with leading zeros, unless `FM` took them away.
fn padded(number: i64, width: usize, fill: bool) -> String {
    if !fill {
        return number.to_string();
    }
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{:0width$}", number.unsigned_abs())
}

/// A word with trailing blanks to the longest of its kind, unless `FM` took them away.
fn word(text: &str, case: Case, fill: bool) -> String {
    let text = cased(text, case);
    if fill { format!("{text:<9}") } else { text }
}

fn field_text(field: Field, fill: bool, case: Case, shown: &Shown) -> String {
    time_text(field, fill, case, shown).or_else(|| date_text(field, fill, case, shown)).unwrap_or_default()
}

fn time_text(field: Field, fill: bool, case: Case, shown: &Shown) -> Option<String> {
    let time = shown.time;
    let seconds = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second);
    let half = if time.hour.is_multiple_of(12) { 12 } else { time.hour % 12 };
    let number = |n: u32, width| padded(i64::from(n), width, fill);
    Some(match field {
        Field::AM { dotted } => {
            let text = match (time.hour % 24 >= 12, dotted) {
                (false, false) => "AM",
                (true, false) => "PM",
                (false, true) => "A.M.",
                (true, true) => "P.M.",
            };
            if case == Case::Lower { text.to_lowercase() } else { text.to_owned() }
        }
        Field::HH12 => number(half, 2),
        Field::HH24 => number(time.hour, 2),
        Field::MI => number(time.minute, 2),
        Field::SS => number(time.second, 2),
        Field::MS => format!("{:03}", time.us / 1000),
        Field::US => format!("{:06}", time.us),
        Field::FF(digits) => {
            let micros = format!("{:06}", time.us);
            micros.get(..digits as usize).unwrap_or_default().to_owned()
        }
        Field::SSSS => seconds.to_string(),
        Field::TZ => {
            let name = shown.zone.as_ref().map_or("", |(_, name)| name.as_str());
            if case == Case::Lower { name.to_lowercase() } else { name.to_owned() }
        }
        Field::TZH => offset(shown).map_or_else(String::new, |(sign, hours, _)| format!("{sign}{hours:02}")),
        Field::TZM => offset(shown).map_or_else(String::new, |(_, _, minutes)| format!("{minutes:02}")),
        Field::OF => offset(shown).map_or_else(String::new, |(sign, hours, minutes)| match minutes {
            0 => format!("{sign}{hours:02}"),
            minutes => format!("{sign}{hours:02}:{minutes:02}"),
        }),
        _ => return None,
    })
}

fn offset(shown: &Shown) -> Option<(char, i32, i32)> {
    let (east, _) = shown.zone.as_ref()?;
    Some((if *east < 0 { '-' } else { '+' }, east.abs() / 3600, east.abs() / 60 % 60))
}

fn date_text(field: Field, fill: bool, case: Case, shown: &Shown) -> Option<String> {
    let date = shown.date?;
    let (year, is_bc) = if shown.is_interval { (date.year, false) } else { date.era_year() };
    let (iso_year, iso_week) = if shown.is_interval { (date.year, 0) } else { date.iso_week() };
    let day_of_week = if shown.is_interval { 0 } else { weekday(shown.days) };
    let day_of_year = if shown.is_interval { i64::from(date.day) } else { i64::from(date.day_of_year()) };
    let month_name = || MONTHS.get((date.month as usize).checked_sub(1)?).copied();
    let day_name = || DAYS.get(day_of_week as usize).copied();
    Some(match field {
        Field::AD { dotted } => {
            let text = match (is_bc, dotted) {
                (false, false) => "AD",
                (true, false) => "BC",
                (false, true) => "A.D.",
                (true, true) => "B.C.",
            };
            if case == Case::Lower { text.to_lowercase() } else { text.to_owned() }
        }
        Field::CC => {
            let century = if shown.is_interval { i64::from(date.year / 100) } else { century(date.year) };
            padded(century, 2, fill)
        }
        Field::DAY => word(day_name()?, case, fill),
        Field::DY => cased(day_name()?.get(..3)?, case),
        Field::DDD => padded(day_of_year, 3, fill),
        Field::DD => padded(i64::from(date.day), 2, fill),
        Field::D => (day_of_week + 1).to_string(),
        Field::ID => ((day_of_week + 6) % 7 + 1).to_string(),
        Field::IDDD => padded(i64::from(iso_week - 1) * 7 + i64::from((day_of_week + 6) % 7 + 1), 3, fill),
        Field::IW => padded(i64::from(iso_week), 2, fill),
        Field::J => (shown.days + JULIAN_OF_EPOCH).to_string(),
        Field::MM => padded(i64::from(date.month), 2, fill),
        Field::MONTH => word(month_name()?, case, fill),
        Field::MON => cased(month_name()?.get(..3)?, case),
        Field::Q => ((date.month.max(1) - 1) / 3 + 1).to_string(),
        Field::RM => {
            let roman = ROMAN.get((date.month as usize).checked_sub(1)?)?;
            let roman = if case == Case::Lower { roman.to_lowercase() } else { (*roman).to_owned() };
            if fill { format!("{roman:<4}") } else { roman }
        }
        Field::WW => padded((day_of_year - 1) / 7 + 1, 2, fill),
        Field::W => ((date.day.max(1) - 1) / 7 + 1).to_string(),
        Field::YCommaYYY => format!("{},{:03}", year / 1000, year % 1000),
        Field::Year(4) => padded(i64::from(year), 4, fill),
        Field::Year(digits) => last_digits(year, digits, fill),
        Field::IYear(4) => padded(i64::from(if iso_year > 0 { iso_year } else { 1 - iso_year }), 4, fill),
        Field::IYear(digits) => last_digits(iso_year, digits, fill),
        _ => return None,
    })
}

fn last_digits(year: i32, digits: u32, fill: bool) -> String {
    padded(i64::from(year.abs() % 10_i32.pow(digits)), digits as usize, fill)
}

/// Counted from 1 in both directions: 2000 is in the 20th, 2001 in the 21st.
fn century(year: i32) -> i64 {
    i64::from(if year > 0 { (year + 99) / 100 } else { (year - 1) / 100 - i32::from((year - 1) % 100 != 0) })
}
