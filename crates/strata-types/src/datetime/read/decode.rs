//! Gives the fields of date and time text their meaning, by PostgreSQL's rules: what a number is depends on its
//! length, on `DateStyle`, and on what came before it.

use super::abbreviations;
use super::lex::{Token, lex};
use super::words::{self, Word};
use crate::datetime::calendar::{self, CivilDate};
use crate::datetime::zone::{OFFSET_MAX, named_zone, parse_offset};
use crate::datetime::{DAY, HOUR, MINUTE, SECOND};
use crate::format::DateOrder;
use jiff::tz::TimeZone;

/// Why text is no date or time.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    Syntax,
    /// A field is out of range.
    Field,
    /// The month or day is out of range: another field order might do.
    Order,
    Displacement,
    UnknownZone(String),
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) special: Option<Word>,
    year: Option<i32>,
    two_digit_year: bool,
    month: Option<u32>,
    text_month: bool,
    day: Option<u32>,
    day_of_year: Option<u32>,
    julian: Option<i64>,
    /// Microseconds since midnight.
    pub(super) time: Option<i64>,
    hour_is_12: Option<bool>,
    pub(super) zone: Option<Zone>,
    bc: bool,
}

/// The zone given in the text.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    /// Seconds east of UTC.
    Offset(i32),
    Named(TimeZone),
}

struct Decoder {
    fields: Fields,
    order: DateOrder,
    /// Numbers are times from the start: the text is a `time`.
    time_only: bool,
    julian_next: bool,
    time_next: bool,
}

/// Reads all fields of `text`.
pub(super) fn decode(text: &str, order: DateOrder, time_only: bool) -> Result<Fields, Fault> {
    let tokens = lex(text).ok_or(Fault::Syntax)?;
    if tokens.is_empty() {
        return Err(Fault::Syntax);
    }
    let mut decoder =
        Decoder { fields: Fields::default(), order, time_only, julian_next: false, time_next: false };
    for token in &tokens {
        decoder.token(token)?;
    }
    if decoder.julian_next || decoder.time_next {
        return Err(Fault::Syntax);
    }
    decoder.apply_meridian()?;
    Ok(decoder.fields)
}

impl Fields {
    pub(super) fn has_date(&self) -> bool {
        self.julian.is_some() || self.month.is_some() || self.day.is_some() || self.year.is_some()
    }

    /// Days since 2000-01-01 of the date that was read.
    pub(super) fn days(&self) -> Result<i64, Fault> {
        if let Some(julian) = self.julian {
            return Ok(julian);
        }
        let year = self.full_year()?;
        if let (Some(day_of_year), None) = (self.day_of_year, self.month) {
            if day_of_year > if calendar::is_leap_year(year) { 366 } else { 365 } {
                return Err(Fault::Field);
            }
            return Ok(CivilDate { year, month: 1, day: 1 }.days() + i64::from(day_of_year) - 1);
        }
        let (Some(month), Some(day)) = (self.month, self.day) else { return Err(Fault::Syntax) };
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(Fault::Order);
        }
        if day > calendar::days_in_month(year, month) {
            return Err(Fault::Field);
        }
        Ok(CivilDate { year, month, day }.days())
    }

    fn full_year(&self) -> Result<i32, Fault> {
        let year = self.year.ok_or(Fault::Syntax)?;
        match (self.bc, self.two_digit_year) {
            (true, _) if year <= 0 => Err(Fault::Field),
            (true, _) => Ok(1 - year),
            (false, true) if year < 70 => Ok(year + 2000),
            (false, true) if year < 100 => Ok(year + 1900),
            (false, _) if year <= 0 => Err(Fault::Field),
            _ => Ok(year),
        }
    }
}

impl Decoder {
    fn token(&mut self, token: &Token) -> Result<(), Fault> {
        match token {
            Token::Time(text) => self.clock(text),
            Token::Zone(text) => self.signed(text),
            Token::Date(text) => self.joined(text),
            Token::Number(text) => self.number(text),
            Token::Word(text) => self.word(text),
        }
    }

    fn date_is_full(&self) -> bool {
        let f = &self.fields;
        f.julian.is_some()
            || (f.year.is_some() && ((f.month.is_some() && f.day.is_some()) || f.day_of_year.is_some()))
    }

    fn signed(&mut self, text: &str) -> Result<(), Fault> {
        let offset = parse_offset(text).ok_or_else(|| {
            let digits = text[1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
            if digits { Fault::Displacement } else { Fault::Syntax }
        })?;
        match self.fields.zone {
            // `UTC+3` in two fields: the offset belongs to the zone before it.
            Some(Zone::Offset(0)) => self.fields.zone = Some(Zone::Offset(offset)),
            Some(_) => return Err(Fault::Syntax),
            None => self.set_zone(Zone::Offset(offset))?,
        }
        Ok(())
    }

    fn set_zone(&mut self, zone: Zone) -> Result<(), Fault> {
        if self.fields.zone.is_some() {
            return Err(Fault::Syntax);
        }
        if let Zone::Offset(offset) = zone
            && offset.abs() > OFFSET_MAX
        {
            return Err(Fault::Displacement);
        }
        self.fields.zone = Some(zone);
        Ok(())
    }

    /// `12:34`, `12:34:56.789`
    fn clock(&mut self, text: &str) -> Result<(), Fault> {
        if self.fields.time.is_some() {
            return Err(Fault::Syntax);
        }
        let parts: Vec<&str> = text.split(':').collect();
        let (hour, minute, second) = match parts.as_slice() {
            [hour, minute] if minute.contains('.') => ("0", *hour, *minute),
            [hour, minute] => (*hour, *minute, "0"),
            [hour, minute, second] => (*hour, *minute, *second),
            _ => return Err(Fault::Syntax),
        };
        self.set_time(number(hour)?, number(minute)?, seconds(second)?)
    }

    /// Sets the time from hours, minutes and microseconds.
    fn set_time(&mut self, hour: i64, minute: i64, us: i64) -> Result<(), Fault> {
        if self.fields.time.is_some() {
            return Err(Fault::Syntax);
        }
        let total = hour.checked_mul(HOUR).ok_or(Fault::Field)? + minute.min(100) * MINUTE + us.min(DAY);
        if hour > 24 || minute > 59 || us > 60 * SECOND || total > DAY {
            return Err(Fault::Field);
        }
        self.time_next = false;
        self.fields.time = Some(total);
        Ok(())
    }

    /// Fields joined by punctuation: a date, a run-together time with its zone, or a zone's name.
    fn joined(&mut self, text: &str) -> Result<(), Fault> {
        let digit_first = text.starts_with(|c: char| c.is_ascii_digit());
        if self.julian_next && digit_first {
            return self.number(text);
        }
        if digit_first
            && (self.date_is_full()
                || self.time_next
                || self.time_only && text.find('-').is_some_and(|at| at > 2 && at != 4))
        {
            let (time, zone) = text.split_once('-').ok_or(Fault::Syntax)?;
            self.run_together(time)?;
            return self.signed(&format!("-{zone}"));
        }
        let has_month = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| matches!(words::find(part), Some(Word::Month(_))));
        if !digit_first && !has_month {
            return self.zone_name(text);
        }
        for part in text.split(|c: char| !c.is_ascii_alphanumeric()) {
            self.date_part(part)?;
        }
        Ok(())
    }

    fn date_part(&mut self, part: &str) -> Result<(), Fault> {
        if part.is_empty() {
            return Err(Fault::Syntax);
        }
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.date_number(part);
        }
        match words::find(part) {
            Some(Word::Month(month)) => self.set_month_word(month),
            // `2001-01-01t04` runs into its time.
            _ => match part.split_once('t') {
                Some((day, time)) if !day.is_empty() => {
                    self.date_part(day)?;
                    if time.is_empty() { Ok(()) } else { self.run_together(time) }
                }
                _ => Err(Fault::Syntax),
            },
        }
    }

    fn set_month_word(&mut self, month: u32) -> Result<(), Fault> {
        let f = &mut self.fields;
        if let Some(earlier) = f.month {
            // A number was taken for the month before the word came: it was the day.
            if f.text_month || f.day.is_some() {
                return Err(Fault::Syntax);
            }
            f.day = Some(earlier);
        }
        f.month = Some(month);
        f.text_month = true;
        Ok(())
    }

    fn zone_name(&mut self, text: &str) -> Result<(), Fault> {
        // `utc+2`, `est-3`: POSIX, where a positive offset is west.
        match named_zone(text) {
            Some((zone, _)) => self.set_zone(Zone::Named(zone)),
            None => Err(Fault::UnknownZone(text.to_owned())),
        }
    }

    fn number(&mut self, text: &str) -> Result<(), Fault> {
        if self.julian_next {
            self.julian_next = false;
            return self.julian(text);
        }
        if self.time_next {
            return self.run_together(text);
        }
        let date_started = self.fields.has_date();
        if let Some((whole, fraction)) = text.split_once('.')
            && !date_started
            && !self.time_only
        {
            self.date_part(whole)?;
            return if fraction.is_empty() { Ok(()) } else { self.date_part(fraction) };
        }
        let run_together = text.len() >= 6 && (!date_started || self.date_is_full());
        if run_together || self.date_is_full() || (self.time_only && !date_started) {
            return self.run_together(text);
        }
        self.date_number(text)
    }

    fn julian(&mut self, text: &str) -> Result<(), Fault> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let day: i64 = whole.parse().map_err(|_| Fault::Field)?;
        self.fields.julian = Some(day - calendar::JULIAN_OF_EPOCH);
        if !fraction.is_empty() {
            let part: f64 = format!("0.{fraction}").parse().map_err(|_| Fault::Syntax)?;
            self.fields.time = Some((part * DAY as f64).round() as i64);
        }
        Ok(())
    }

    /// `20010203`, `010203`, `2001034`; or, once there is a date, `040506.789`, `0405`.
    fn run_together(&mut self, text: &str) -> Result<(), Fault> {
        let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::Syntax);
        }
        if fraction.is_empty() && !self.time_only && !self.date_is_full() && !self.time_next {
            return self.run_together_date(digits);
        }
        let us = us_of_fraction(fraction)?;
        match digits.len() {
            6 => {
                let second = number(&digits[4..])? * SECOND + us;
                self.set_time(number(&digits[..2])?, number(&digits[2..4])?, second)
            }
            4 => self.set_time(number(&digits[..2])?, number(&digits[2..])?, 0),
            _ => Err(Fault::Syntax),
        }
    }

    fn run_together_date(&mut self, digits: &str) -> Result<(), Fault> {
        if self.fields.has_date() {
            return Err(Fault::Syntax);
        }
        let at = |range: std::ops::Range<usize>| number(&digits[range]).map(|n| n as u32);
        let len = digits.len();
        match len {
            7 => {
                self.fields.year = Some(number(&digits[..4])? as i32);
                self.fields.day_of_year = Some(at(4..7)?);
            }
            6 | 8.. => {
                let year_len = len - 4;
                let year = i32::try_from(number(&digits[..year_len])?).map_err(|_| Fault::Field)?;
                self.fields.year = Some(year);
                self.fields.two_digit_year = year_len == 2;
                self.fields.month = Some(at(year_len..year_len + 2)?);
                self.fields.day = Some(at(year_len + 2..len)?);
            }
            _ => return Err(Fault::Syntax),
        }
        Ok(())
    }

    /// One number of a date: PostgreSQL's table of what it can be.
    fn date_number(&mut self, digits: &str) -> Result<(), Fault> {
        let value = u32::try_from(number(digits)?).map_err(|_| Fault::Field)?;
        let len = digits.len();
        let f = &mut self.fields;
        let (year, month, day) = (f.year.is_some(), f.month.is_some(), f.day.is_some());
        if len == 3 && year && !month && !day && (1..=366).contains(&value) {
            f.day_of_year = Some(value);
            return Ok(());
        }
        enum Part {
            Year,
            Month,
            Day,
        }
        let part = match (year, month, day) {
            (false, false, false) if len >= 3 || self.order == DateOrder::Ymd => Part::Year,
            (false, false, false) if self.order == DateOrder::Dmy => Part::Day,
            (false, false, false) => Part::Month,
            (true, false, false) => Part::Month,
            (false, true, false) if f.text_month && (len >= 3 || self.order == DateOrder::Ymd) => Part::Year,
            (false, true, false) => Part::Day,
            (true, true, false) if f.text_month && len >= 3 && f.two_digit_year => {
                // The two digits before the month's name were the day after all.
                f.day = f.year.and_then(|year| u32::try_from(year).ok());
                Part::Year
            }
            (true, true, false) => Part::Day,
            (false, false, true) => Part::Month,
            (true, false, true) => Part::Month,
            (false, true, true) => Part::Year,
            (true, true, true) => return Err(Fault::Syntax),
        };
        match part {
            Part::Year => {
                f.year = Some(i32::try_from(value).map_err(|_| Fault::Field)?);
                f.two_digit_year = len <= 2;
            }
            Part::Month => f.month = Some(value),
            Part::Day => f.day = Some(value),
        }
        Ok(())
    }

    fn word(&mut self, text: &str) -> Result<(), Fault> {
        let Some(word) = words::find(text) else {
            if let Some(offset) = abbreviations::offset(text) {
                return self.set_zone(Zone::Offset(offset));
            }
            return match named_zone(text) {
                Some((zone, _)) => self.set_zone(Zone::Named(zone)),
                None => Err(Fault::Syntax),
            };
        };
        match word {
            Word::Month(month) => self.set_month_word(month)?,
            Word::Weekday | Word::Filler => {}
            Word::Am => self.fields.hour_is_12 = Some(false),
            Word::Pm => self.fields.hour_is_12 = Some(true),
            Word::Bc => self.fields.bc = true,
            Word::Ad => self.fields.bc = false,
            Word::IsoTime => {
                if !self.date_is_full() && !self.time_only {
                    return Err(Fault::Syntax);
                }
                self.time_next = true;
            }
            Word::Julian => self.julian_next = true,
            Word::Dst => match self.fields.zone {
                Some(Zone::Offset(offset)) => self.fields.zone = Some(Zone::Offset(offset + 3600)),
                _ => return Err(Fault::Syntax),
            },
            Word::Allballs => {
                self.set_time(0, 0, 0)?;
                self.set_zone(Zone::Offset(0))?;
            }
            Word::Now
            | Word::Today
            | Word::Tomorrow
            | Word::Yesterday
            | Word::Epoch
            | Word::Infinity
            | Word::NegInfinity => {
                if self.fields.special.is_some() || self.fields.has_date() {
                    return Err(Fault::Syntax);
                }
                self.fields.special = Some(word);
            }
        }
        Ok(())
    }

    fn apply_meridian(&mut self) -> Result<(), Fault> {
        let Some(afternoon) = self.fields.hour_is_12 else { return Ok(()) };
        let Some(time) = self.fields.time.as_mut() else { return Err(Fault::Syntax) };
        let hour = *time / HOUR;
        if hour > 12 {
            return Err(Fault::Field);
        }
        match (afternoon, hour) {
            (true, 0..12) => *time += 12 * HOUR,
            (false, 12) => *time -= 12 * HOUR,
            _ => {}
        }
        Ok(())
    }
}

fn number(digits: &str) -> Result<i64, Fault> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Syntax);
    }
    digits.parse().map_err(|_| Fault::Field)
}

/// `56.789` in microseconds.
fn seconds(text: &str) -> Result<i64, Fault> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    Ok(number(whole)?.min(100_000) * SECOND + us_of_fraction(fraction)?)
}

/// The digits after the point as microseconds, rounded.
pub(super) fn us_of_fraction(fraction: &str) -> Result<i64, Fault> {
    if fraction.is_empty() {
        return Ok(0);
    }
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Syntax);
    }
    let part: f64 = format!("0.{fraction}").parse().map_err(|_| Fault::Syntax)?;
    Ok((part * SECOND as f64).round_ties_even() as i64)
}
