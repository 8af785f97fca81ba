//! Strings and bytes in other notations: hex, base64, digests, `format`.

use super::call::Call;
use super::output::text_of;
use super::table::functions;
use crate::error::{Result, SqlError};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use md5::{Digest as _, Md5};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use strata_types::{Type, Value, sqlstate};

functions! {
    2311 "md5"(TEXT) -> TEXT immutable strict = scalar(|s: &str| hex(&Md5::digest(s.as_bytes()))), "MD5 hash";
    2321 "md5"(BYTEA) -> TEXT immutable strict = scalar(|bytes: &[u8]| hex(&Md5::digest(bytes))), "MD5 hash";
    3419 "sha224"(BYTEA) -> BYTEA immutable strict = scalar(|bytes: &[u8]| Sha224::digest(bytes).to_vec()),
        "SHA-224 hash";
    3420 "sha256"(BYTEA) -> BYTEA immutable strict = scalar(|bytes: &[u8]| Sha256::digest(bytes).to_vec()),
        "SHA-256 hash";
    3421 "sha384"(BYTEA) -> BYTEA immutable strict = scalar(|bytes: &[u8]| Sha384::digest(bytes).to_vec()),
        "SHA-384 hash";
    3422 "sha512"(BYTEA) -> BYTEA immutable strict = scalar(|bytes: &[u8]| Sha512::digest(bytes).to_vec()),
        "SHA-512 hash";
    1946 "encode"(BYTEA, TEXT) -> TEXT immutable strict
        = scalar(|bytes: &[u8], format: &str| encode(bytes, format)),
        "convert bytea value into some ascii-only text string";
    1947 "decode"(TEXT, TEXT) -> BYTEA immutable strict
        = scalar(|text: &str, format: &str| decode(text, format)),
        "convert ascii-encoded text string into bytea value";
    1714 "convert_from"(BYTEA, NAME) -> TEXT stable strict
        = scalar(|bytes: &[u8], encoding: &str| convert_from(bytes, encoding)),
        "convert string with specified source encoding name";
    1717 "convert_to"(TEXT, NAME) -> BYTEA stable strict
        = scalar(|text: &str, encoding: &str| utf8(encoding).map(|()| text.as_bytes().to_vec())),
        "convert string with specified destination encoding name";
    2010 "length"(BYTEA) -> INT4 immutable strict = scalar(|bytes: &[u8]| bytes.len() as i32), "octet length";
    720 "octet_length"(BYTEA) -> INT4 immutable strict = scalar(|bytes: &[u8]| bytes.len() as i32),
        "octet length";
    1810 "bit_length"(BYTEA) -> INT4 immutable strict = scalar(|bytes: &[u8]| bytes.len() as i32 * 8),
        "length in bits";
    2011 "byteacat"(BYTEA, BYTEA) -> BYTEA immutable strict = scalar(|a: &[u8], b: &[u8]| [a, b].concat()),
        "concatenate",
        operator 2018 "||";
    2086 "substr"(BYTEA, INT4) -> BYTEA immutable strict
        = scalar(|bytes: &[u8], from: i32| cut(bytes, from, None)), "extract portion of string";
    2085 "substr"(BYTEA, INT4, INT4) -> BYTEA immutable strict
        = scalar(|bytes: &[u8], from: i32, count: i32| cut(bytes, from, Some(count))),
        "extract portion of string";
    2013 "substring"(BYTEA, INT4) -> BYTEA immutable strict
        = scalar(|bytes: &[u8], from: i32| cut(bytes, from, None)), "extract portion of string";
    2012 "substring"(BYTEA, INT4, INT4) -> BYTEA immutable strict
        = scalar(|bytes: &[u8], from: i32, count: i32| cut(bytes, from, Some(count))),
        "extract portion of string";
    2014 "position"(BYTEA, BYTEA) -> INT4 immutable strict
        = scalar(|bytes: &[u8], part: &[u8]| find(bytes, part)), "position of substring";
    721 "get_byte"(BYTEA, INT4) -> INT4 immutable strict
        = scalar(|bytes: &[u8], index: i32| get_byte(bytes, index)), "get byte";
    722 "set_byte"(BYTEA, INT4, INT4) -> BYTEA immutable strict
        = scalar(|bytes: &[u8], index: i32, value: i32| set_byte(bytes, index, value)), "set byte";
    3540 "format"(TEXT) -> TEXT stable nullable = raw(format_text), "format text message";
    3539 "format"(TEXT; variadic ANY) -> TEXT stable nullable = raw(format_text), "format text message";
    1285 "quote_literal"(ANYELEMENT) -> TEXT stable strict
        = scalar(|call; value: &Value| text_of(call, value, element(call)).map(|text| super::text::quote_literal(&text))),
        "quote a data value for usage in a querystring";
    1290 "quote_nullable"(ANYELEMENT) -> TEXT stable nullable
        = scalar(|call; value: &Value| quote_nullable(call, value)),
        "quote a possibly-null data value for usage in a querystring";
}

fn element(call: &Call<'_>) -> Type {
    call.args.first().copied().unwrap_or(Type::TEXT)
}

fn quote_nullable(call: &Call<'_>, value: &Value) -> Result<String> {
    if value.is_null() {
        return Ok("NULL".to_owned());
    }
    Ok(super::text::quote_literal(&text_of(call, value, element(call))?))
}

/// PostgreSQL's base64 breaks lines and takes text with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Characters on a line of base64 (RFC 2045).
const LINE_LEN: usize = 76;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encode(bytes: &[u8], format: &str) -> Result<String> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => Ok(hex(bytes)),
        "escape" => Ok(bytes.iter().map(|byte| escaped(*byte)).collect()),
        "base64" => {
            let whole = BASE64.encode(bytes);
            let lines: Vec<&str> = (0..whole.len())
                .step_by(LINE_LEN)
                .filter_map(|at| whole.get(at..(at + LINE_LEN).min(whole.len())))
                .collect();
            Ok(lines.join("\n"))
        }
        _ => Err(unknown_format(format)),
    }
}

fn escaped(byte: u8) -> String {
    match byte {
        0 | 0x80.. => format!("\\{byte:03o}"),
        b'\\' => "\\\\".to_owned(),
        plain => char::from(plain).to_string(),
    }
}

fn unknown_format(format: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, format!("unrecognized encoding: \"{format}\""))
}

fn decode(text: &str, format: &str) -> Result<Vec<u8>> {
    let bad = |message: String| SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message);
    match format.to_ascii_lowercase().as_str() {
        "hex" => {
            let digits: Vec<char> = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            let digit =
                |c: char| c.to_digit(16).ok_or_else(|| bad(format!("invalid hexadecimal digit: \"{c}\"")));
            digits
                .chunks(2)
                .map(|pair| match pair {
                    [high, low] => Ok((digit(*high)? * 16 + digit(*low)?) as u8),
                    _ => Err(bad("invalid hexadecimal data: odd number of digits".to_owned())),
                })
                .collect()
        }
        "base64" => {
            let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            BASE64.decode(&packed).map_err(|_| {
                let wrong = packed.chars().find(|c| !(c.is_ascii_alphanumeric() || "+/=".contains(*c)));
                match wrong {
                    Some(c) => bad(format!("invalid symbol \"{c}\" found while decoding base64 sequence")),
                    None => bad("invalid base64 end sequence".to_owned())
                        .hint("Input data is missing padding, is truncated, or is otherwise corrupted."),
                }
            })
        }
        "escape" => unescape(text).ok_or_else(|| {
            SqlError::new(sqlstate::INVALID_TEXT_REPRESENTATION, "invalid input syntax for type bytea")
        }),
        _ => Err(unknown_format(format)),
    }
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [] => return Some(out),
            [b'\\', b'\\', after @ ..] => {
                out.push(b'\\');
                rest = after;
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                out.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                rest = after;
            }
            [b'\\', ..] => return None,
            [plain, after @ ..] => {
                out.push(*plain);
                rest = after;
            }
        }
    }
}

fn utf8(encoding: &str) -> Result<()> {
    match encoding.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
        "utf8" | "unicode" => Ok(()),
        _ => Err(SqlError::unsupported(format!("encoding \"{encoding}\""))),
    }
}

fn convert_from(bytes: &[u8], encoding: &str) -> Result<String> {
    utf8(encoding)?;
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
        Ok(_) => Err(invalid_bytes(&[0])),
        Err(error) => {
            let at = error.valid_up_to();
            let end = (at + error.error_len().unwrap_or(1).max(2)).min(bytes.len());
            Err(invalid_bytes(bytes.get(at..end).unwrap_or_default()))
        }
    }
}

fn invalid_bytes(bytes: &[u8]) -> SqlError {
    let shown: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
    strata_types::Error::InvalidUtf8 { bytes: shown.join(" ").into() }.into()
}

fn cut(bytes: &[u8], from: i32, count: Option<i32>) -> Result<Vec<u8>> {
    let from = i64::from(from);
    let end = match count {
        Some(count) if count < 0 => {
            return Err(SqlError::new(sqlstate::SUBSTRING_ERROR, "negative substring length not allowed"));
        }
        Some(count) => from + i64::from(count),
        None => i64::MAX,
    };
    let start = (from.max(1) - 1) as usize;
    let len = (end - from.max(1)).max(0) as usize;
    Ok(bytes.iter().skip(start).take(len).copied().collect())
}

fn find(bytes: &[u8], part: &[u8]) -> i32 {
    if part.is_empty() {
        return 1;
    }
    bytes.windows(part.len()).position(|window| window == part).map_or(0, |at| at as i32 + 1)
}

fn byte_index(bytes: &[u8], index: i32) -> Result<usize> {
    usize::try_from(index).ok().filter(|index| *index < bytes.len()).ok_or_else(|| {
        SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            format!("index {index} out of valid range, 0..{}", bytes.len() as i64 - 1),
        )
    })
}

fn get_byte(bytes: &[u8], index: i32) -> Result<i32> {
    let index = byte_index(bytes, index)?;
    Ok(bytes.get(index).map_or(0, |byte| i32::from(*byte)))
}

fn set_byte(bytes: &[u8], index: i32, value: i32) -> Result<Vec<u8>> {
    let index = byte_index(bytes, index)?;
    let mut changed = bytes.to_vec();
    if let Some(byte) = changed.get_mut(index) {
        *byte = value as u8;
    }
    Ok(changed)
}

/// `format('%s %I %L %1$s %-10s', …)`
fn format_text(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let [Value::Text(pattern), values @ ..] = args else { return Ok(Value::Null) };
    let types = call.args.get(1..).unwrap_or_default();
    let mut out = String::with_capacity(pattern.len());
    let mut next = 0;
    let mut rest = &**pattern;
    while let Some(at) = rest.find('%') {
        let (before, directive) = rest.split_at(at);
        out.push_str(before);
        let body = directive.get(1..).unwrap_or_default();
        if let Some(after) = body.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (spec, after) = Spec::parse(body)?;
        let mut take = |position: Option<usize>| -> Result<(&Value, Type)> {
            let index = position.unwrap_or(next);
            next = index + 1;
            match (values.get(index), types.get(index)) {
                (Some(value), Some(ty)) => Ok((value, *ty)),
                _ => Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, "too few arguments for format()")),
            }
        };
        let width = match spec.width {
            Width::None => 0,
            Width::Fixed(width) => width,
            Width::Argument(position) => take(position)?.0.as_i64().unwrap_or(0),
        };
        let (value, ty) = take(spec.position)?;
        let text = match (spec.conversion, value) {
            ('s', value) => text_of(call, value, ty)?.into_owned(),
            ('I', Value::Null) => {
                return Err(SqlError::new(
                    sqlstate::NULL_VALUE_NOT_ALLOWED,
                    "null values cannot be formatted as an SQL identifier",
                ));
            }
            ('I', value) => super::identifiers::quote(&text_of(call, value, ty)?),
            (_, Value::Null) => "NULL".to_owned(),
            (_, value) => super::text::quote_literal(&text_of(call, value, ty)?),
        };
        let fill =
            " ".repeat((width.unsigned_abs() as usize).min(1 << 20).saturating_sub(text.chars().count()));
        let (left, right) = if spec.left || width < 0 { (text, fill) } else { (fill, text) };
        out.push_str(&left);
        out.push_str(&right);
        rest = after;
    }
    out.push_str(rest);
    Ok(Value::text(out))
}

/// `%[position$][-][width]conversion`
struct Spec {
    position: Option<usize>,
    left: bool,
    width: Width,
    conversion: char,
}

enum Width {
    None,
    Fixed(i64),
    Argument(Option<usize>),
}

impl Spec {
    fn parse(text: &str) -> Result<(Spec, &str)> {
        let bad = |message: &str| SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message.to_owned());
        let zero = || bad("format specifies argument 0, but arguments are numbered from 1");
        let mut rest = text;
        let mut position = None;
        if let Some((number, after)) = number(rest)
            && let Some(after) = after.strip_prefix('$')
        {
            position = Some(number.checked_sub(1).ok_or_else(zero)?);
            rest = after;
        }
        let left = rest.starts_with('-');
        rest = rest.trim_start_matches('-');
        let mut width = Width::None;
        if let Some(after) = rest.strip_prefix('*') {
            rest = after;
            width = Width::Argument(None);
            if let Some((number, after)) = number(rest)
                && let Some(after) = after.strip_prefix('$')
            {
                width = Width::Argument(Some(number.checked_sub(1).ok_or_else(zero)?));
                rest = after;
            }
        } else if let Some((number, after)) = number(rest) {
            width = Width::Fixed(number as i64);
            rest = after;
        }
        let mut chars = rest.chars();
        match chars.next() {
            Some(conversion @ ('s' | 'I' | 'L')) => {
                Ok((Spec { position, left, width, conversion }, chars.as_str()))
            }
            Some(other) => Err(bad(&format!("unrecognized format() type specifier \"{other}\""))
                .hint("For a single \"%\" use \"%%\".")),
            None => Err(bad("unterminated format() type specifier").hint("For a single \"%\" use \"%%\".")),
        }
    }
}

fn number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}
