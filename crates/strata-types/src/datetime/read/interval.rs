//! Reading intervals: `1 year 2 mons -3 days 04:05:06`, `1-2 3 4:05`, `P1Y2M3DT4H`, `2 weeks ago`.

use super::decode::Fault;
use super::lex::{Token, lex};
use crate::datetime::{DAY, HOUR, Interval, MINUTE, SECOND};
use crate::format::IntervalStyle;

/// The units of an interval, largest first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    Millennium,
    Century,
    Decade,
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
}

const UNITS: &[(&[&str], Unit)] = &[
    (&["millennium", "millennia", "mil", "mils"], Unit::Millennium),
    (&["century", "centuries", "c", "cent"], Unit::Century),
    (&["decade", "decades", "dec", "decs"], Unit::Decade),
    (&["year", "years", "y", "yr", "yrs"], Unit::Year),
    (&["month", "months", "mon", "mons"], Unit::Month),
    (&["week", "weeks", "w"], Unit::Week),
    (&["day", "days", "d"], Unit::Day),
    (&["hour", "hours", "h", "hr", "hrs"], Unit::Hour),
    (&["minute", "minutes", "m", "min", "mins"], Unit::Minute),
    (&["second", "seconds", "s", "sec", "secs"], Unit::Second),
    (&["millisecond", "milliseconds", "ms", "msec", "msecs", "mseconds"], Unit::Millisecond),
    (&["microsecond", "microseconds", "us", "usec", "usecs", "useconds"], Unit::Microsecond),
];

fn unit(word: &str) -> Option<Unit> {
    UNITS.iter().find(|(names, _)| names.contains(&word)).map(|(_, unit)| *unit)
}

/// Totals while reading; checked against the type's limits at the end.
#[derive(Default)]
struct Total {
    months: i64,
    days: i64,
    us: i64,
}

/// A whole number and its fraction, both with the sign of the text.
#[derive(Clone, Copy)]
struct Amount {
    whole: i64,
    fraction: f64,
}

impl Amount {
    fn parse(text: &str) -> Result<Amount, Fault> {
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return Err(Fault::Syntax);
        }
        let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().map_err(|_| Fault::Field)? };
        let fraction: f64 = if fraction.is_empty() {
            0.0
        } else {
            format!("0.{fraction}").parse().map_err(|_| Fault::Syntax)?
        };
        Ok(if negative { Amount { whole: -whole, fraction: -fraction } } else { Amount { whole, fraction } })
    }
}

impl Total {
    /// Adds an amount of a unit. Fractions flow down: of years to months, of months to days, of days to time.
    fn add(&mut self, amount: Amount, unit: Unit) -> Result<(), Fault> {
        let Amount { whole, fraction } = amount;
        match unit {
            Unit::Millennium => self.add_months(whole, fraction, 12_000),
            Unit::Century => self.add_months(whole, fraction, 1_200),
            Unit::Decade => self.add_months(whole, fraction, 120),
            Unit::Year => self.add_months(whole, fraction, 12),
            Unit::Month => {
                self.months = self.months.checked_add(whole).ok_or(Fault::Field)?;
                self.add_days(0, fraction * 30.0)
            }
            Unit::Week => self.add_days(whole.checked_mul(7).ok_or(Fault::Field)?, fraction * 7.0),
            Unit::Day => self.add_days(whole, fraction),
            Unit::Hour => self.add_us(whole, fraction, HOUR),
            Unit::Minute => self.add_us(whole, fraction, MINUTE),
            Unit::Second => self.add_us(whole, fraction, SECOND),
            Unit::Millisecond => self.add_us(whole, fraction, 1_000),
            Unit::Microsecond => self.add_us(whole, fraction, 1),
        }
    }

    fn add_months(&mut self, whole: i64, fraction: f64, per: i64) -> Result<(), Fault> {
        let months =
            whole.checked_mul(per).ok_or(Fault::Field)? + (fraction * per as f64).round_ties_even() as i64;
        self.months = self.months.checked_add(months).ok_or(Fault::Field)?;
        Ok(())
    }

    fn add_days(&mut self, whole: i64, more: f64) -> Result<(), Fault> {
        let days = whole.checked_add(more.trunc() as i64).ok_or(Fault::Field)?;
        self.days = self.days.checked_add(days).ok_or(Fault::Field)?;
        self.add_us(0, more.fract(), DAY)
    }

    fn add_us(&mut self, whole: i64, fraction: f64, per: i64) -> Result<(), Fault> {
        let us = whole.checked_mul(per).ok_or(Fault::Field)?;
        let us = us.checked_add((fraction * per as f64).round_ties_even() as i64).ok_or(Fault::Field)?;
        self.us = self.us.checked_add(us).ok_or(Fault::Field)?;
        Ok(())
    }

    fn merge(&mut self, part: Total) -> Result<(), Fault> {
        self.months = self.months.checked_add(part.months).ok_or(Fault::Field)?;
        self.days = self.days.checked_add(part.days).ok_or(Fault::Field)?;
        self.us = self.us.checked_add(part.us).ok_or(Fault::Field)?;
        Ok(())
    }

    fn finish(self) -> Result<Interval, Fault> {
        let fit = |n: i64| i32::try_from(n).map_err(|_| Fault::Field);
        Ok(Interval { months: fit(self.months)?, days: fit(self.days)?, us: self.us })
    }

    fn negate(&mut self) {
        (self.months, self.days, self.us) = (-self.months, -self.days, self.us.saturating_neg());
    }
}

/// Reads an interval. `smallest` is the smallest field of the declared type, the unit of a bare last number.
pub(super) fn decode(text: &str, smallest: Option<&str>, style: IntervalStyle) -> Result<Interval, Fault> {
    let trimmed = text.trim();
    if trimmed.starts_with(['P', 'p']) {
        return iso8601(&trimmed[1..]);
    }
    let tokens = lex(text).ok_or(Fault::Syntax)?;
    let mut total = Total::default();
    let mut default_unit = smallest.and_then(unit).unwrap_or(Unit::Second);
    let mut pending_unit: Option<Unit> = None;
    let mut ago = false;
    // A sign on the first field of a SQL-standard literal covers all fields.
    let covering = style == IntervalStyle::SqlStandard
        && text.trim_start().starts_with('-')
        && !tokens.iter().skip(1).any(|token| matches!(token, Token::Zone(_)));
    let mut found = false;
    let mut seen = 0u16;
    // From the last field to the first, because a unit follows its number.
    for token in tokens.iter().rev() {
        let mut part = Total::default();
        match token {
            Token::Word(word) if word == "ago" && !found => {
                ago = true;
                continue;
            }
            Token::Word(word) => {
                if pending_unit.is_some() {
                    return Err(Fault::Syntax);
                }
                pending_unit = Some(unit(word).ok_or(Fault::Syntax)?);
                continue;
            }
            Token::Time(text) => {
                note_clock(&mut seen)?;
                clock(text, covering, &mut part)?;
                default_unit = Unit::Day;
            }
            Token::Zone(text) if text.contains(':') => {
                note_clock(&mut seen)?;
                clock(&text[1..], text.starts_with('-'), &mut part)?;
                default_unit = Unit::Day;
            }
            Token::Number(text) | Token::Zone(text) | Token::Date(text) => {
                number(text, pending_unit.take(), default_unit, &mut seen, &mut part)?;
                if covering && !matches!(token, Token::Zone(_)) {
                    part.negate();
                }
            }
        }
        found = true;
        total.merge(part)?;
    }
    if !found || pending_unit.is_some() {
        return Err(Fault::Syntax);
    }
    if ago {
        total.negate();
    }
    total.finish()
}

/// A number with its unit, or years and months.
fn number(
    text: &str,
    unit: Option<Unit>,
    default: Unit,
    seen: &mut u16,
    total: &mut Total,
) -> Result<(), Fault> {
    match year_month(text) {
        Some(months) if unit.is_none() || unit == Some(Unit::Year) => {
            note(Unit::Year, seen)?;
            note(Unit::Month, seen)?;
            total.months = months?;
            Ok(())
        }
        _ => {
            let unit = unit.unwrap_or(default);
            note(unit, seen)?;
            total.add(Amount::parse(text)?, unit)
        }
    }
}

/// A unit may come only once.
fn note(unit: Unit, seen: &mut u16) -> Result<(), Fault> {
    let bit = 1 << unit as u16;
    if *seen & bit != 0 {
        return Err(Fault::Syntax);
    }
    *seen |= bit;
    Ok(())
}

fn note_clock(seen: &mut u16) -> Result<(), Fault> {
    [Unit::Hour, Unit::Minute, Unit::Second].into_iter().try_for_each(|unit| note(unit, seen))
}

/// `1-2`: years and months.
fn year_month(text: &str) -> Option<Result<i64, Fault>> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (years, months) = body.split_once('-')?;
    let read = |part: &str| part.parse::<i64>().map_err(|_| Fault::Syntax);
    Some(read(years).and_then(|years| {
        let months = read(months)?;
        if !(0..12).contains(&months) {
            return Err(Fault::Field);
        }
        let total = years.checked_mul(12).ok_or(Fault::Field)? + months;
        Ok(if negative { -total } else { total })
    }))
}

/// `4:05`, `4:05:06.7`, `-4:05`; two parts are hours and minutes, or minutes and seconds with a point.
fn clock(text: &str, negative: bool, total: &mut Total) -> Result<(), Fault> {
    let parts: Vec<&str> = text.split(':').collect();
    let whole = |part: &str| part.parse::<i64>().map_err(|_| Fault::Syntax);
    let (hours, minutes, seconds) = match parts.as_slice() {
        [minutes, seconds] if seconds.contains('.') => (0, whole(minutes)?, *seconds),
        [hours, minutes] => (whole(hours)?, whole(minutes)?, "0"),
        [hours, minutes, seconds] => (whole(hours)?, whole(minutes)?, *seconds),
        _ => return Err(Fault::Syntax),
    };
    let seconds = Amount::parse(seconds)?;
    if minutes > 59 || seconds.whole > 60 {
        return Err(Fault::Field);
    }
    let mut time = Total::default();
    time.add_us(hours, 0.0, HOUR)?;
    time.add_us(minutes, 0.0, MINUTE)?;
    time.add_us(seconds.whole, seconds.fraction, SECOND)?;
    if negative {
        time.negate();
    }
    total.us = total.us.checked_add(time.us).ok_or(Fault::Field)?;
    Ok(())
}

/// What follows the `P` of ISO 8601: designators, `1Y2M3DT4H5M6S`, or the alternative `0001-02-03T04:05:06`.
fn iso8601(text: &str) -> Result<Interval, Fault> {
    let mut total = Total::default();
    let (date, time) = text.split_once(['T', 't']).map_or((text, None), |(date, time)| (date, Some(time)));
    if date.is_empty() && time.is_none() {
        return Err(Fault::Syntax);
    }
    if date.get(1..).is_some_and(|rest| rest.contains('-'))
        && !date.contains(['Y', 'M', 'D', 'W', 'y', 'm', 'd', 'w'])
    {
        let parts: Vec<&str> = date.splitn(3, '-').collect();
        for (part, unit) in parts.iter().zip([Unit::Year, Unit::Month, Unit::Day]) {
            total.add(Amount::parse(part)?, unit)?;
        }
    } else {
        designated(
            date,
            &[('Y', Unit::Year), ('M', Unit::Month), ('W', Unit::Week), ('D', Unit::Day)],
            &mut total,
        )?;
    }
    match time {
        Some(time) if time.contains(':') => clock(time, false, &mut total)?,
        Some(time) => {
            designated(time, &[('H', Unit::Hour), ('M', Unit::Minute), ('S', Unit::Second)], &mut total)?;
        }
        None => {}
    }
    total.finish()
}

fn designated(mut text: &str, units: &[(char, Unit)], total: &mut Total) -> Result<(), Fault> {
    while !text.is_empty() {
        let at = text.find(|c: char| c.is_ascii_alphabetic()).ok_or(Fault::Syntax)?;
        let letter = text[at..].chars().next().map(|c| c.to_ascii_uppercase());
        let unit = units.iter().find(|(name, _)| Some(*name) == letter).ok_or(Fault::Syntax)?.1;
        total.add(Amount::parse(&text[..at])?, unit)?;
        text = &text[at + 1..];
    }
    Ok(())
}
