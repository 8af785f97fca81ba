//! Type modifiers: the `10` of `varchar(10)`, the `12, 2` of `numeric(12, 2)`, packed as PostgreSQL packs them.

use crate::sql_type::Type;
use crate::type_table::TypeInfo;
use std::borrow::Cow;

/// What a column declaration adds to its type; -1 when nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Typmod(pub i32);

/// PostgreSQL counts the four bytes of a varlena header in the modifiers of variable-length types.
const HEADER: i32 = 4;

impl Default for Typmod {
    fn default() -> Self {
        Typmod::NONE
    }
}

impl Typmod {
    /// No modifier.
    pub const NONE: Typmod = Typmod(-1);

    /// No modifier was given.
    pub const fn is_none(self) -> bool {
        self.0 < 0
    }

    /// `varchar(chars)` or `char(chars)`.
    pub const fn chars(chars: i32) -> Typmod {
        Typmod(chars + HEADER)
    }

    /// The `n` of `varchar(n)` or `char(n)`.
    pub fn as_chars(self) -> Option<usize> {
        usize::try_from(self.0.checked_sub(HEADER)?).ok()
    }

    /// `numeric(precision, scale)`; the scale may be negative.
    pub const fn numeric(precision: i32, scale: i32) -> Typmod {
        Typmod(((precision << 16) | (scale & 0x7ff)) + HEADER)
    }

    /// The precision and scale of `numeric(precision, scale)`.
    pub fn as_numeric(self) -> Option<(i32, i32)> {
        let packed = self.0.checked_sub(HEADER).filter(|packed| *packed >= 0)?;
        let scale = ((packed & 0x7ff) ^ 1024) - 1024; // sign-extends eleven bits
        Some(((packed >> 16) & 0xffff, scale))
    }

    /// `timestamp(digits)`, `time(digits)` and their kin, also `bit(n)`: the plain number.
    pub const fn plain(n: i32) -> Typmod {
        Typmod(n)
    }

    /// The digits after the second of `timestamp(p)` or `time(p)`, or the `n` of `bit(n)`.
    pub fn as_plain(self) -> Option<u32> {
        u32::try_from(self.0).ok()
    }

    /// `interval` restricted to `fields`, with `digits` after the second (`None`: all six).
    pub fn interval(fields: IntervalFields, digits: Option<u32>) -> Typmod {
        Typmod(((fields.0 as i32) << 16) | digits.map_or(0xffff, |d| d as i32))
    }

    /// The fields and second digits of an `interval` modifier.
    pub fn as_interval(self) -> Option<(IntervalFields, Option<u32>)> {
        let packed = u32::try_from(self.0).ok()?;
        let digits = Some(packed & 0xffff).filter(|d| *d != 0xffff);
        Some((IntervalFields((packed >> 16) as u16 & 0x7fff), digits))
    }

    /// `format_type` for a built-in type with this modifier.
    pub(crate) fn sql_name_of(self, info: &TypeInfo) -> Cow<'static, str> {
        if info.category == b'A'
            && let Some(element) = info.element.info()
        {
            return Cow::Owned(format!("{}[]", self.sql_name_of(element)));
        }
        let n = self.0;
        match info.ty {
            Type::VARCHAR | Type::BPCHAR => match self.as_chars() {
                Some(chars) => Cow::Owned(format!("{}({chars})", info.sql_name)),
                None => Cow::Borrowed(info.sql_name),
            },
            Type::BIT | Type::VARBIT => Cow::Owned(format!("{}({n})", info.sql_name)),
            Type::NUMERIC => match self.as_numeric() {
                Some((precision, scale)) => Cow::Owned(format!("numeric({precision},{scale})")),
                None => Cow::Borrowed(info.sql_name),
            },
            Type::TIME => Cow::Owned(format!("time({n}) without time zone")),
            Type::TIMETZ => Cow::Owned(format!("time({n}) with time zone")),
            Type::TIMESTAMP => Cow::Owned(format!("timestamp({n}) without time zone")),
            Type::TIMESTAMPTZ => Cow::Owned(format!("timestamp({n}) with time zone")),
            Type::INTERVAL => match self.as_interval() {
                Some((fields, digits)) => Cow::Owned(fields.sql_name(digits)),
                None => Cow::Borrowed(info.sql_name),
            },
            _ => Cow::Borrowed(info.sql_name),
        }
    }
}

/// The fields that `interval year to month` and its kin keep: a set of bits, as PostgreSQL numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntervalFields(pub u16);

impl IntervalFields {
    const MONTH: u16 = 1 << 1;
    const YEAR: u16 = 1 << 2;
    const DAY: u16 = 1 << 3;
    const HOUR: u16 = 1 << 10;
    const MINUTE: u16 = 1 << 11;
    const SECOND: u16 = 1 << 12;
    /// Every field.
    pub const ALL: IntervalFields = IntervalFields(0x7fff);

    const NAMES: &'static [(&'static str, u16)] = &[
        ("year", Self::YEAR),
        ("month", Self::MONTH),
        ("day", Self::DAY),
        ("hour", Self::HOUR),
        ("minute", Self::MINUTE),
        ("second", Self::SECOND),
    ];

    /// The fields from the largest to the smallest named (`year`, `month`; or one twice).
    pub fn range(largest: &str, smallest: &str) -> Option<IntervalFields> {
        let at = |name| Self::NAMES.iter().position(|(n, _)| *n == name);
        let fields = Self::NAMES.get(at(largest)?..=at(smallest)?)?;
        Some(IntervalFields(fields.iter().fold(0, |bits, (_, bit)| bits | bit)))
    }

    /// The smallest field kept, by name; `None` for the full range.
    pub fn smallest(self) -> Option<&'static str> {
        if self == Self::ALL {
            return None;
        }
        Self::NAMES.iter().rev().find(|(_, bit)| self.0 & bit != 0).map(|(name, _)| *name)
    }

    fn sql_name(self, digits: Option<u32>) -> String {
        let digits = digits.map_or(String::new(), |d| format!("({d})"));
        let mut kept = Self::NAMES.iter().filter(|(_, bit)| self.0 & bit != 0).map(|(name, _)| *name);
        let first = kept.next();
        match (first, kept.next_back()) {
            (Some(one), None) => format!("interval {one}{digits}"),
            (Some(from), Some(to)) if self != Self::ALL => format!("interval {from} to {to}{digits}"),
            _ => format!("interval{digits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_survive_packing() {
        assert_eq!(Typmod::chars(10).0, 14);
        assert_eq!(Typmod::chars(10).as_chars(), Some(10));
        assert_eq!(Typmod::numeric(12, 2).0, 786_438);
        assert_eq!(Typmod::numeric(12, 2).as_numeric(), Some((12, 2)));
        assert_eq!(Typmod::numeric(5, -3).as_numeric(), Some((5, -3)));
        assert_eq!(Typmod::NONE.as_chars(), None);
        assert_eq!(Typmod::NONE.as_numeric(), None);
    }

    #[test]
    fn names_show_modifiers() {
        assert_eq!(Type::VARCHAR.sql_name(Typmod::chars(10)), "character varying(10)");
        assert_eq!(Type::NUMERIC_ARRAY.sql_name(Typmod::numeric(10, 2)), "numeric(10,2)[]");
        assert_eq!(Type::TIMESTAMPTZ.sql_name(Typmod::plain(3)), "timestamp(3) with time zone");
        let fields = IntervalFields::range("year", "month").unwrap();
        assert_eq!(Type::INTERVAL.sql_name(Typmod::interval(fields, None)), "interval year to month");
        assert_eq!(Type::INTERVAL.sql_name(Typmod::interval(IntervalFields::ALL, Some(3))), "interval(3)");
    }
}
