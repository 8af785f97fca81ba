//! What can be wrong with a value, told in PostgreSQL's words and SQLSTATEs.

use crate::sql_type::Type;
use crate::sqlstate;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a value could not be read, converted, computed or decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Text that is no value of the type.
    #[error("invalid input syntax for type {ty}: \"{input}\"")]
    InvalidText {
        /// The type to read.
        ty: Type,
        /// The text given.
        input: Box<str>,
    },
    /// Text that is no date or time. The message leaves `without time zone` away, as PostgreSQL's does.
    #[error("invalid input syntax for type {}: \"{input}\"", match *ty { Type::TIME => "time", Type::TIMESTAMP => "timestamp", ty => ty.info().map_or("???", |info| info.sql_name) })]
    InvalidDatetime {
        /// The type to read.
        ty: Type,
        /// The text given.
        input: Box<str>,
    },
    /// A number in text that does not fit the type.
    #[error("value \"{input}\" is out of range for type {ty}")]
    TextOutOfRange {
        /// The type to read.
        ty: Type,
        /// The text given.
        input: Box<str>,
    },
    /// A number in text that a float cannot hold.
    #[error("\"{input}\" is out of range for type {ty}")]
    FloatTextOutOfRange {
        /// The type to read.
        ty: Type,
        /// The text given.
        input: Box<str>,
    },
    /// A result that does not fit the type: `integer out of range`.
    #[error("{ty} out of range")]
    OutOfRange {
        /// The result's type.
        ty: Type,
    },
    /// A float result too large.
    #[error("value out of range: overflow")]
    FloatOverflow,
    /// A float result too small to tell from zero.
    #[error("value out of range: underflow")]
    FloatUnderflow,
    /// A numeric result beyond the format's limits.
    #[error("value overflows numeric format")]
    NumericOverflow,
    /// A numeric that does not fit its declared precision and scale.
    #[error("numeric field overflow")]
    NumericFieldOverflow {
        /// Declared digits.
        precision: i32,
        /// Declared digits after the point.
        scale: i32,
        /// The value is an infinity, which no declared precision holds.
        infinite: bool,
    },
    /// A special numeric where only finite ones go: `cannot convert NaN to integer`.
    #[error("cannot convert {what} to {ty}")]
    NotFinite {
        /// `NaN` or `infinity`.
        what: &'static str,
        /// The target type.
        ty: Type,
    },
    /// Division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A function outside its domain: square root or logarithm of a negative number, odd powers.
    #[error("{message}")]
    Domain {
        /// The SQLSTATE, one of class 22.
        sqlstate: &'static str,
        /// PostgreSQL's words.
        message: &'static str,
    },
    /// A string longer than its declaration: `value too long for type character varying(10)`.
    #[error("value too long for type {ty}")]
    TooLong {
        /// The type with its length.
        ty: Box<str>,
    },
    /// A bit string whose length is not the declared one.
    #[error("bit string length {len} does not match type bit({declared})")]
    BitLength {
        /// Bits given.
        len: usize,
        /// Bits declared.
        declared: usize,
    },
    /// A field of a date or time beyond its range, in text.
    #[error("date/time field value out of range: \"{input}\"")]
    DatetimeField {
        /// The text given.
        input: Box<str>,
        /// The fields may be in another order than `DateStyle` says.
        style: bool,
    },
    /// A field of an interval beyond its range, in text.
    #[error("interval field value out of range: \"{input}\"")]
    IntervalField {
        /// The text given.
        input: Box<str>,
    },
    /// A date or time that the type cannot hold: `timestamp out of range`.
    #[error("{what} out of range")]
    DatetimeRange {
        /// `date`, `timestamp`, `interval`, with the text where there is one.
        what: Box<str>,
    },
    /// Text of a date or time that the type cannot hold: `date out of range: "…"`.
    #[error("{what} out of range: \"{input}\"")]
    TextDatetimeRange {
        /// `date` or `timestamp`.
        what: &'static str,
        /// The text given.
        input: Box<str>,
    },
    /// A zone that is neither a name, an abbreviation nor an offset.
    #[error("time zone \"{name}\" not recognized")]
    UnknownTimeZone {
        /// The name given.
        name: Box<str>,
    },
    /// An offset from UTC beyond what PostgreSQL takes.
    #[error("time zone displacement out of range: \"{input}\"")]
    TimeZoneDisplacement {
        /// The text given.
        input: Box<str>,
    },
    /// Text that is no array.
    #[error("malformed array literal: \"{input}\"")]
    MalformedArray {
        /// The text given.
        input: Box<str>,
        /// Which rule it breaks.
        detail: &'static str,
    },
    /// Text that is no row.
    #[error("malformed record literal: \"{input}\"")]
    MalformedRecord {
        /// The text given.
        input: Box<str>,
        /// Which rule it breaks.
        detail: &'static str,
    },
    /// Text that is no JSON.
    #[error("invalid input syntax for type json")]
    InvalidJson {
        /// Which rule it breaks.
        detail: Box<str>,
    },
    /// `\u0000` in a jsonb string, which no text can hold.
    #[error("unsupported Unicode escape sequence")]
    UnsupportedUnicode,
    /// Bytes that are not UTF-8.
    #[error("invalid byte sequence for encoding \"UTF8\": {bytes}")]
    InvalidUtf8 {
        /// The offending bytes, as `0xc3 0x28`.
        bytes: Box<str>,
    },
    /// A binary parameter that is no value of the type.
    #[error("incorrect binary data format")]
    InvalidBinary {
        /// The type to read.
        ty: Type,
    },
    /// A binary parameter that ends too early.
    #[error("insufficient data left in message")]
    ShortBinary,
    /// A type that has no such form (`cannot accept a value of type anyelement`).
    #[error("{verb} a value of type {ty}")]
    NoSuchForm {
        /// `cannot accept` or `cannot display`.
        verb: &'static str,
        /// The type.
        ty: Type,
    },
    /// No cast leads from one type to the other.
    #[error("cannot cast type {from} to {to}")]
    CannotCast {
        /// The value's type.
        from: Type,
        /// The type wanted.
        to: Type,
    },
    /// An argument that the function refuses.
    #[error("{message}")]
    InvalidParameter {
        /// PostgreSQL's words.
        message: Box<str>,
    },
    /// A failure with a SQLSTATE of its own that no other variant tells.
    #[error("{message}")]
    Other {
        /// The SQLSTATE.
        sqlstate: &'static str,
        /// PostgreSQL's words.
        message: Box<str>,
    },
    /// A value nested too deeply to walk.
    #[error("stack depth limit exceeded")]
    TooDeep,
    /// A value larger than any may be.
    #[error("{what} exceeds the maximum allowed ({max})")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// Stored bytes that are no row or key of the expected types.
    #[error("damaged {what}: {fault}")]
    Corrupt {
        /// `row` or `key`.
        what: &'static str,
        /// What does not fit.
        fault: &'static str,
    },
}

impl Error {
    /// The five characters by which clients tell errors apart.
    pub fn sqlstate(&self) -> &'static str {
        match self {
            Error::InvalidText { .. }
            | Error::MalformedArray { .. }
            | Error::MalformedRecord { .. }
            | Error::InvalidJson { .. } => sqlstate::INVALID_TEXT_REPRESENTATION,
            Error::InvalidDatetime { .. } => sqlstate::INVALID_DATETIME_FORMAT,
            Error::TextOutOfRange { .. }
            | Error::FloatTextOutOfRange { .. }
            | Error::OutOfRange { .. }
            | Error::FloatOverflow
            | Error::FloatUnderflow
            | Error::NumericOverflow
            | Error::NumericFieldOverflow { .. } => sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
            Error::NotFinite { .. } => sqlstate::FEATURE_NOT_SUPPORTED,
            Error::DivisionByZero => sqlstate::DIVISION_BY_ZERO,
            Error::Domain { sqlstate, .. } | Error::Other { sqlstate, .. } => sqlstate,
            Error::TooLong { .. } => sqlstate::STRING_DATA_RIGHT_TRUNCATION,
            Error::BitLength { .. } => sqlstate::STRING_DATA_LENGTH_MISMATCH,
            Error::DatetimeField { .. } | Error::DatetimeRange { .. } | Error::TextDatetimeRange { .. } => {
                sqlstate::DATETIME_FIELD_OVERFLOW
            }
            Error::IntervalField { .. } => sqlstate::INTERVAL_FIELD_OVERFLOW,
            Error::UnknownTimeZone { .. } | Error::InvalidParameter { .. } => {
                sqlstate::INVALID_PARAMETER_VALUE
            }
            Error::TimeZoneDisplacement { .. } => sqlstate::INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
            Error::UnsupportedUnicode => sqlstate::UNTRANSLATABLE_CHARACTER,
            Error::InvalidUtf8 { .. } => sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
            Error::InvalidBinary { .. } => sqlstate::INVALID_BINARY_REPRESENTATION,
            Error::ShortBinary => sqlstate::PROTOCOL_VIOLATION,
            Error::NoSuchForm { .. } => sqlstate::FEATURE_NOT_SUPPORTED,
            Error::CannotCast { .. } => sqlstate::CANNOT_COERCE,
            Error::TooDeep => sqlstate::STATEMENT_TOO_COMPLEX,
            Error::TooLarge { .. } => sqlstate::PROGRAM_LIMIT_EXCEEDED,
            Error::Corrupt { .. } => sqlstate::DATA_CORRUPTED,
        }
    }

    /// The DETAIL line, where PostgreSQL has one.
    pub fn detail(&self) -> Option<String> {
        match self {
            Error::MalformedArray { detail, .. } | Error::MalformedRecord { detail, .. } => {
                Some((*detail).to_owned()).filter(|detail| !detail.is_empty())
            }
            Error::InvalidJson { detail } => Some(detail.to_string()),
            Error::UnsupportedUnicode => Some("\\u0000 cannot be converted to text.".to_owned()),
            Error::NumericFieldOverflow { precision, scale, infinite: true } => Some(format!(
                "A field with precision {precision}, scale {scale} cannot hold an infinite value."
            )),
            Error::NumericFieldOverflow { precision, scale, infinite: false } => {
                let power = precision - scale;
                let bound = if power == 0 { "1".to_owned() } else { format!("10^{power}") };
                Some(format!(
                    "A field with precision {precision}, scale {scale} must round to an absolute value less than {bound}."
                ))
            }
            _ => None,
        }
    }

    /// The HINT line, where PostgreSQL has one.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::DatetimeField { style: true, .. } => {
                Some("Perhaps you need a different \"datestyle\" setting.")
            }
            _ => None,
        }
    }

    pub(crate) fn invalid_text(ty: Type, input: &str) -> Error {
        Error::InvalidText { ty, input: input.into() }
    }

    pub(crate) fn invalid_datetime(ty: Type, input: &str) -> Error {
        Error::InvalidDatetime { ty, input: input.into() }
    }

    pub(crate) fn parameter(message: impl Into<Box<str>>) -> Error {
        Error::InvalidParameter { message: message.into() }
    }
}
