//! Strings: measuring, cutting, joining.

use super::call::Call;
use super::table::functions;
use super::typed::CharValue;
use crate::error::{Result, SqlError};
use strata_types::{Value, sqlstate};

functions! {
    1258 "textcat"(TEXT, TEXT) -> TEXT immutable strict = scalar(|a: &str, b: &str| joined(&[a, b])),
        "concatenate",
        operator 654 "||";
    1317 "length"(TEXT) -> INT4 immutable strict = scalar(|s: &str| s.chars().count() as i32), "length";
    1318 "length"(BPCHAR) -> INT4 immutable strict
        = scalar(|s: &str| s.trim_end_matches(' ').chars().count() as i32), "character length";
    1381 "char_length"(TEXT) -> INT4 immutable strict = scalar(|s: &str| s.chars().count() as i32),
        "character length";
    1372 "char_length"(BPCHAR) -> INT4 immutable strict
        = scalar(|s: &str| s.trim_end_matches(' ').chars().count() as i32), "character length";
    1369 "character_length"(TEXT) -> INT4 immutable strict = scalar(|s: &str| s.chars().count() as i32),
        "character length";
    1367 "character_length"(BPCHAR) -> INT4 immutable strict
        = scalar(|s: &str| s.trim_end_matches(' ').chars().count() as i32), "character length";
    1374 "octet_length"(TEXT) -> INT4 immutable strict = scalar(|s: &str| s.len() as i32), "octet length";
    1375 "octet_length"(BPCHAR) -> INT4 immutable strict = scalar(|s: &str| s.len() as i32), "octet length";
    1811 "bit_length"(TEXT) -> INT4 immutable strict = scalar(|s: &str| s.len() as i32 * 8), "length in bits";
    870 "lower"(TEXT) -> TEXT immutable strict = scalar(|s: &str| lowered(s)), "lowercase";
    871 "upper"(TEXT) -> TEXT immutable strict = scalar(|s: &str| raised(s)), "uppercase";
    872 "initcap"(TEXT) -> TEXT immutable strict = scalar(|s: &str| capitalized(s)), "capitalize each word";
    883 "substr"(TEXT, INT4) -> TEXT immutable strict
        = scalar(|s: &str, from: i32| substring(s, from, None)), "extract portion of string";
    877 "substr"(TEXT, INT4, INT4) -> TEXT immutable strict
        = scalar(|s: &str, from: i32, count: i32| substring(s, from, Some(count))),
        "extract portion of string";
    937 "substring"(TEXT, INT4) -> TEXT immutable strict
        = scalar(|s: &str, from: i32| substring(s, from, None)), "extract portion of string";
    936 "substring"(TEXT, INT4, INT4) -> TEXT immutable strict
        = scalar(|s: &str, from: i32, count: i32| substring(s, from, Some(count))),
        "extract portion of string";
    3060 "left"(TEXT, INT4) -> TEXT immutable strict = scalar(|s: &str, count: i32| left(s, count)),
        "extract the first n characters";
    3061 "right"(TEXT, INT4) -> TEXT immutable strict = scalar(|s: &str, count: i32| right(s, count)),
        "extract the last n characters";
    849 "position"(TEXT, TEXT) -> INT4 immutable strict = scalar(|s: &str, part: &str| position(s, part)),
        "position of substring";
    868 "strpos"(TEXT, TEXT) -> INT4 immutable strict = scalar(|s: &str, part: &str| position(s, part)),
        "position of substring";
    3696 "starts_with"(TEXT, TEXT) -> BOOL immutable strict
        = scalar(|s: &str, start: &str| s.starts_with(start)), "starts with",
        operator 3877 "^@";
    885 "btrim"(TEXT) -> TEXT immutable strict = scalar(|s: &str| s.trim_matches(' ')),
        "trim spaces from both ends of string";
    884 "btrim"(TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, set: &str| s.trim_matches(|c| set.contains(c))),
        "trim selected characters from both ends of string";
    881 "ltrim"(TEXT) -> TEXT immutable strict = scalar(|s: &str| s.trim_start_matches(' ')),
        "trim spaces from left end of string";
    875 "ltrim"(TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, set: &str| s.trim_start_matches(|c| set.contains(c))),
        "trim selected characters from left end of string";
    882 "rtrim"(TEXT) -> TEXT immutable strict = scalar(|s: &str| s.trim_end_matches(' ')),
        "trim spaces from right end of string";
    876 "rtrim"(TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, set: &str| s.trim_end_matches(|c| set.contains(c))),
        "trim selected characters from right end of string";
    879 "lpad"(TEXT, INT4) -> TEXT immutable strict
        = scalar(|s: &str, length: i32| padded(s, length, " ", true)), "left-pad string to length";
    873 "lpad"(TEXT, INT4, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, length: i32, fill: &str| padded(s, length, fill, true)),
        "left-pad string to length";
    880 "rpad"(TEXT, INT4) -> TEXT immutable strict
        = scalar(|s: &str, length: i32| padded(s, length, " ", false)), "right-pad string to length";
    874 "rpad"(TEXT, INT4, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, length: i32, fill: &str| padded(s, length, fill, false)),
        "right-pad string to length";
    1622 "repeat"(TEXT, INT4) -> TEXT immutable strict = scalar(|s: &str, count: i32| repeated(s, count)),
        "replicate string n times";
    2087 "replace"(TEXT, TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, from: &str, to: &str| if from.is_empty() { s.to_owned() } else { s.replace(from, to) }),
        "replace all occurrences in string of old_substr with new_substr";
    3062 "reverse"(TEXT) -> TEXT immutable strict = scalar(|s: &str| s.chars().rev().collect::<String>()),
        "reverse text";
    878 "translate"(TEXT, TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, from: &str, to: &str| translated(s, from, to)),
        "map a set of characters appearing in string";
    1405 "overlay"(TEXT, TEXT, INT4) -> TEXT immutable strict
        = scalar(|s: &str, new: &str, from: i32| overlaid(s, new, from, new.chars().count() as i32)),
        "substitute portion of string";
    1404 "overlay"(TEXT, TEXT, INT4, INT4) -> TEXT immutable strict
        = scalar(|s: &str, new: &str, from: i32, count: i32| overlaid(s, new, from, count)),
        "substitute portion of string";
    2088 "split_part"(TEXT, TEXT, INT4) -> TEXT immutable strict
        = scalar(|s: &str, delimiter: &str, field: i32| split_part(s, delimiter, field)),
        "split string by field_sep and return field_num";
    1620 "ascii"(TEXT) -> INT4 immutable strict = scalar(|s: &str| s.chars().next().map_or(0, |c| c as i32)),
        "convert first char to int4";
    1621 "chr"(INT4) -> TEXT immutable strict = scalar(|code: i32| character(code)), "convert int4 to char";
    2089 "to_hex"(INT4) -> TEXT immutable strict = scalar(|n: i32| format!("{n:x}")),
        "convert int4 number to hex";
    2090 "to_hex"(INT8) -> TEXT immutable strict = scalar(|n: i64| format!("{n:x}")),
        "convert int8 number to hex";
    1282 "quote_ident"(TEXT) -> TEXT immutable strict = scalar(|s: &str| super::identifiers::quote(s)),
        "quote an identifier for usage in a querystring";
    1283 "quote_literal"(TEXT) -> TEXT immutable strict = scalar(|s: &str| quote_literal(s)),
        "quote a literal for usage in a querystring";
    1289 "quote_nullable"(TEXT) -> TEXT immutable nullable
        = scalar(|s: Option<&str>| s.map_or_else(|| "NULL".to_owned(), quote_literal)),
        "quote a possibly-null literal for usage in a querystring";
    3058 "concat"(; variadic ANY) -> TEXT stable nullable = raw(concat), "concatenate values";
    3059 "concat_ws"(TEXT; variadic ANY) -> TEXT stable nullable = raw(concat_ws),
        "concatenate values with separators";
    1268 "parse_ident"(TEXT, BOOL; defaults 1) -> TEXT_ARRAY immutable strict
        = scalar(|s: &str, strict: Option<bool>| super::identifiers::parse(s, strict.unwrap_or(true))),
        "parse qualified identifier to array of identifiers";
    946 "text"(CHAR) -> TEXT immutable strict
        = scalar(|c: CharValue| if c.0 == 0 { String::new() } else { char::from(c.0).to_string() }),
        "convert char to text";
    6198 "unistr"(TEXT) -> TEXT immutable strict = scalar(|s: &str| super::identifiers::unescape(s)),
        "unescape Unicode characters";
}

/// Longest string that any value may be (PostgreSQL's MaxAllocSize).
pub(super) const LEN_MAX: usize = 0x3fff_ffff;

pub(super) fn too_long() -> SqlError {
    SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "requested length too large")
}

/// OID of `textcat`, the function of `||`.
pub const TEXTCAT: u32 = 1258;

/// Strings one after the other.
///
/// # Errors
/// 54000 for more than a value may hold.
pub fn joined(parts: &[&str]) -> Result<String> {
    match parts.iter().map(|part| part.len()).sum::<usize>() > LEN_MAX {
        true => Err(too_long()),
        false => Ok(parts.concat()),
    }
}

fn lowered(s: &str) -> String {
    s.chars().map(in_lowercase).collect()
}

fn raised(s: &str) -> String {
    s.chars().map(in_uppercase).collect()
}

/// A character's lowercase if that is one character: a text keeps its length, as with PostgreSQL's locales.
fn in_lowercase(c: char) -> char {
    let mut lower = c.to_lowercase();
    lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
}

/// A character's uppercase if that is one character: `ß` stays.
fn in_uppercase(c: char) -> char {
    let mut upper = c.to_uppercase();
    upper.next().filter(|_| upper.next().is_none()).unwrap_or(c)
}

/// Words begin with a capital; a word is letters and digits.
fn capitalized(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    let mut inside = false;
    for c in s.chars() {
        if inside {
            out.push(in_lowercase(c))
        } else {
            out.push(in_uppercase(c))
        }
        inside = c.is_alphanumeric();
    }
    out
}

/// `count` characters from the `from`th, counted from 1; what lies before the string counts too.
fn substring(s: &str, from: i32, count: Option<i32>) -> Result<&str> {
    let from = i64::from(from);
    let end = match count {
        Some(count) if count < 0 => {
            return Err(SqlError::new(sqlstate::SUBSTRING_ERROR, "negative substring length not allowed"));
        }
        Some(count) => from + i64::from(count),
        None => i64::MAX,
    };
    let skip = (from.max(1) - 1) as usize;
    let take = (end - from.max(1)).max(0) as usize;
    let start = byte_of(s, skip);
    let rest = s.get(start..).unwrap_or_default();
    Ok(rest.get(..byte_of(rest, take)).unwrap_or(rest))
}

/// Where the character of this number starts; the length of the string if there are fewer.
fn byte_of(s: &str, character: usize) -> usize {
    if s.is_ascii() {
        return character.min(s.len());
    }
    s.char_indices().nth(character).map_or(s.len(), |(at, _)| at)
}

/// The first `count` characters, or all but the last `-count`.
fn left(s: &str, count: i32) -> &str {
    let keep = if count >= 0 {
        count as usize
    } else {
        s.chars().count().saturating_sub(count.unsigned_abs() as usize)
    };
    s.get(..byte_of(s, keep)).unwrap_or(s)
}

/// The last `count` characters, or all but the first `-count`.
fn right(s: &str, count: i32) -> &str {
    let skip = if count >= 0 {
        s.chars().count().saturating_sub(count as usize)
    } else {
        count.unsigned_abs() as usize
    };
    s.get(byte_of(s, skip)..).unwrap_or_default()
}

fn position(s: &str, part: &str) -> i32 {
    s.find(part).map_or(0, |at| s.get(..at).map_or(0, |before| before.chars().count() as i32) + 1)
}

fn padded(s: &str, length: i32, fill: &str, before: bool) -> Result<String> {
    let length = length.max(0) as usize;
    if length > LEN_MAX {
        return Err(too_long());
    }
    let have = s.chars().count();
    if have >= length || fill.is_empty() {
        return Ok(s.chars().take(length).collect());
    }
    let padding = fill.chars().cycle().take(length - have);
    Ok(if before { padding.chain(s.chars()).collect() } else { s.chars().chain(padding).collect() })
}

fn repeated(s: &str, count: i32) -> Result<String> {
    let count = count.max(0) as usize;
    if s.len().checked_mul(count).is_none_or(|len| len > LEN_MAX) {
        return Err(too_long());
    }
    Ok(s.repeat(count))
}

fn translated(s: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        match from.chars().position(|candidate| candidate == c) {
            None => out.push(c),
            Some(at) => out.extend(to.chars().nth(at)),
        }
    }
    out
}

fn overlaid(s: &str, new: &str, from: i32, count: i32) -> Result<String> {
    if from <= 0 {
        return Err(SqlError::new(sqlstate::SUBSTRING_ERROR, "negative substring length not allowed"));
    }
    let before = substring(s, 1, Some(from - 1))?;
    let after = substring(s, from.checked_add(count).ok_or_else(too_long)?, None)?;
    Ok([before, new, after].concat())
}

/// A field of a delimited string, counted from 1, or from the end if negative.
pub(super) fn split_part<'a>(s: &'a str, delimiter: &str, field: i32) -> Result<&'a str> {
    if field == 0 {
        return Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, "field position must not be zero"));
    }
    if delimiter.is_empty() {
        return Ok(if field == 1 || field == -1 { s } else { "" });
    }
    let count = field.unsigned_abs() as usize - 1;
    let found = if field > 0 { s.split(delimiter).nth(count) } else { s.rsplit(delimiter).nth(count) };
    Ok(found.unwrap_or_default())
}

fn character(code: i32) -> Result<String> {
    if code == 0 {
        return Err(SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "null character not permitted"));
    }
    match u32::try_from(code).ok().and_then(char::from_u32) {
        Some(c) => Ok(c.to_string()),
        None if code < 0 => {
            Err(SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "character number must be positive"))
        }
        None => Err(SqlError::new(
            sqlstate::PROGRAM_LIMIT_EXCEEDED,
            format!("requested character not valid for encoding: {code}"),
        )),
    }
}

/// A string as a literal.
pub(super) fn quote_literal(s: &str) -> String {
    let doubled = s.replace('\'', "''");
    if s.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// Text between double quotes, as messages show it.
pub(super) fn quote_plain(s: &str) -> String {
    format!("\"{s}\"")
}

fn concat(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let mut out = String::new();
    for (value, ty) in args.iter().zip(call.args).filter(|(value, _)| !value.is_null()) {
        out.push_str(&super::output::text_of(call, value, *ty)?);
    }
    Ok(Value::text(out))
}

fn concat_ws(call: &Call<'_>, args: &[Value]) -> Result<Value> {
    let [Value::Text(separator), rest @ ..] = args else { return Ok(Value::Null) };
    let types = call.args.get(1..).unwrap_or_default();
    let mut out = String::new();
    let mut first = true;
    for (value, ty) in rest.iter().zip(types).filter(|(value, _)| !value.is_null()) {
        if !first {
            out.push_str(separator);
        }
        first = false;
        out.push_str(&super::output::text_of(call, value, *ty)?);
    }
    Ok(Value::text(out))
}
