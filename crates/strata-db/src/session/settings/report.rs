//! Settings as `pg_settings` shows them: numbers in the unit that the setting is kept in.

use super::value::{kilobytes, milliseconds};
use super::{Context, Kind, Setting};
use crate::functions::reports::SettingReport;

impl Setting {
    /// The row of a setting with this value, which `RESET` takes back to `reset`.
    pub(super) fn report(&self, value: &str, reset: &str) -> SettingReport {
        SettingReport {
            name: self.name,
            value: self.in_unit(value),
            unit: match self.kind {
                Kind::Milliseconds => Some("ms"),
                Kind::Seconds => Some("s"),
                Kind::Kilobytes(_) => Some("kB"),
                Kind::Blocks => Some("8kB"),
                _ => None,
            },
            doc: self.doc,
            context: match self.context {
                Context::Internal => "internal",
                Context::Postmaster => "postmaster",
                Context::User => "user",
            },
            kind: match self.kind {
                Kind::Bool => "bool",
                Kind::Integer(..)
                | Kind::Milliseconds
                | Kind::Seconds
                | Kind::Kilobytes(_)
                | Kind::Blocks => "integer",
                Kind::Real => "real",
                Kind::Enum(_) => "enum",
                Kind::Text | Kind::List | Kind::DateStyle | Kind::TimeZone | Kind::Encoding => "string",
            },
            range: match self.kind {
                Kind::Integer(least, most) => Some((least.to_string(), most.to_string())),
                Kind::Milliseconds | Kind::Seconds | Kind::Blocks => {
                    Some(("0".to_owned(), i32::MAX.to_string()))
                }
                Kind::Kilobytes(least) => Some((least.to_string(), i32::MAX.to_string())),
                _ => None,
            },
            words: match self.kind {
                Kind::Enum(words) => Some(words),
                _ => None,
            },
            default: self.in_unit(self.default),
            reset: self.in_unit(reset),
        }
    }

    fn in_unit(&self, value: &str) -> String {
        let number = match self.kind {
            Kind::Milliseconds => milliseconds(value),
            Kind::Seconds => milliseconds(value).map(|ms| ms / 1000),
            Kind::Kilobytes(_) => kilobytes(value),
            Kind::Blocks => kilobytes(value).map(|kb| kb / 8),
            _ => None,
        };
        number.map_or_else(|| value.to_owned(), |number| number.to_string())
    }
}
