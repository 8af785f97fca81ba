//! Values of settings: what is accepted, and how it is written back.

use super::{Kind, Setting};
use crate::error::{Result, SqlError};
use std::borrow::Cow;
use strata_types::{ByteaOutput, DateStyle, Format, IntervalStyle, sqlstate};

/// A setting's value in the form that `SHOW` prints.
pub(super) fn normalise(setting: &Setting, text: &str, format: &Format) -> Result<String> {
    let text = text.trim();
    match setting.kind {
        Kind::Text => Ok(text.to_owned()),
        Kind::List => Ok(text.to_owned()),
        Kind::Bool => match boolean(text) {
            Some(true) => Ok("on".to_owned()),
            Some(false) => Ok("off".to_owned()),
            None => Err(SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("parameter \"{}\" requires a Boolean value", setting.name),
            )),
        },
        Kind::Integer(min, max) => integer(setting, text, min, max),
        Kind::Milliseconds | Kind::Seconds => match milliseconds(&with_bare_unit(setting.kind, text)) {
            Some(ms) => {
                Ok(with_unit(ms, &[("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)], "ms"))
            }
            None => Err(bad(setting, text).hint(
                "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".",
            )),
        },
        Kind::Kilobytes(_) | Kind::Blocks => match kilobytes(&with_bare_unit(setting.kind, text)) {
            Some(kb) if kb < setting.least_kilobytes() => Err(SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!(
                    "{kb} kB is outside the valid range for parameter \"{}\" ({} kB .. {} kB)",
                    setting.name,
                    setting.least_kilobytes(),
                    i32::MAX
                ),
            )),
            Some(kb) => Ok(with_unit(kb, &[("TB", 1 << 30), ("GB", 1 << 20), ("MB", 1 << 10)], "kB")),
            None => Err(bad(setting, text)
                .hint("Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".")),
        },
        Kind::Real => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(text.to_owned()),
            _ => Err(bad(setting, text)),
        },
        Kind::Enum(words) => words
            .iter()
            .find(|word| {
                word.eq_ignore_ascii_case(text) || (boolean(text).is_some() && boolean(text) == boolean(word))
            })
            .map(|word| (*word).to_owned())
            .ok_or_else(|| bad(setting, text).hint(format!("Available values: {}.", words.join(", ")))),
        Kind::DateStyle => match format.date_style.with(text) {
            Some(style) => Ok(style.to_string()),
            None => Err(bad(setting, text)),
        },
        Kind::TimeZone => match strata_types::datetime::zone(text) {
            Some((_, name)) => Ok(name),
            None => Err(bad(setting, text)),
        },
        Kind::Encoding => match text.trim_matches('\'').to_ascii_lowercase().replace(['-', '_'], "").as_str()
        {
            "utf8" | "unicode" => Ok("UTF8".to_owned()),
            "sqlascii" | "latin1" | "latin9" | "win1252" | "eucjp" | "sjis" => Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("conversion between {text} and UTF8 is not supported"),
            )),
            _ => Err(bad(setting, text)),
        },
    }
}

/// Lets a setting take effect on the way values are written and read.
pub(super) fn apply_to_format(key: &str, value: &str, format: &mut Format) {
    match key {
        "datestyle" => format.date_style = DateStyle::default().with(value).unwrap_or_default(),
        "intervalstyle" => format.interval_style = IntervalStyle::by_name(value).unwrap_or_default(),
        "timezone" => {
            if let Some((zone, name)) = strata_types::datetime::zone(value) {
                format.time_zone = zone;
                format.time_zone_name = name.into();
            }
        }
        "extra_float_digits" => format.extra_float_digits = value.parse().unwrap_or(1),
        "bytea_output" => {
            format.bytea_output = if value == "escape" { ByteaOutput::Escape } else { ByteaOutput::Hex };
        }
        _ => {}
    }
}

/// PostgreSQL's spellings of true and false, with unambiguous prefixes.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "" | "o" => None,
        "1" | "on" => Some(true),
        "0" | "of" | "off" => Some(false),
        other if "true".starts_with(other) || "yes".starts_with(other) => Some(true),
        other if "false".starts_with(other) || "no".starts_with(other) => Some(false),
        _ => None,
    }
}

/// A quantity as a kind reads it that has another unit than kB and milliseconds: pages of 8 kB, seconds.
fn with_bare_unit(kind: Kind, text: &str) -> Cow<'_, str> {
    let bare = text.parse::<u64>().ok();
    match (kind, bare) {
        (Kind::Seconds, Some(seconds)) => Cow::Owned(format!("{seconds}s")),
        (Kind::Blocks, Some(blocks)) => Cow::Owned(format!("{}kB", blocks.saturating_mul(8))),
        _ => Cow::Borrowed(text),
    }
}

/// A length of time in milliseconds; a bare number is milliseconds.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let units =
        [("us", 0.001), ("ms", 1.0), ("s", 1e3), ("min", 6e4), ("h", 3.6e6), ("d", 8.64e7), ("", 1.0)];
    quantity(text, &units)
}

/// An amount of memory in kB; a bare number is kB.
pub(super) fn kilobytes(text: &str) -> Option<u64> {
    let units = [
        ("B", 1.0 / 1024.0),
        ("kB", 1.0),
        ("MB", 1024.0),
        ("GB", 1048576.0),
        ("TB", 1073741824.0),
        ("", 1.0),
    ];
    quantity(text, &units)
}

fn quantity(text: &str, units: &[(&str, f64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    let scaled = (number * factor).round();
    (scaled <= f64::from(i32::MAX)).then_some(scaled as u64)
}

/// The largest unit that divides the amount, as `SHOW` prints it.
fn with_unit(amount: u64, units: &[(&str, u64)], smallest: &str) -> String {
    if amount == 0 {
        return "0".to_owned();
    }
    match units.iter().find(|(_, size)| amount.is_multiple_of(*size)) {
        Some((unit, size)) => format!("{}{unit}", amount / size),
        None => format!("{amount}{smallest}"),
    }
}

fn integer(setting: &Setting, text: &str, min: i64, max: i64) -> Result<String> {
    let number: i64 = text.parse().map_err(|_| bad(setting, text))?;
    if number < min || number > max {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!(
                "{number} is outside the valid range for parameter \"{}\" ({min} .. {max})",
                setting.name
            ),
        ));
    }
    Ok(number.to_string())
}

fn bad(setting: &Setting, text: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_PARAMETER_VALUE,
        format!("invalid value for parameter \"{}\": \"{text}\"", setting.name),
    )
}
