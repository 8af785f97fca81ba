//! `LIKE` and `ILIKE`.

use super::table::functions;
use crate::error::{Result, SqlError};
use strata_types::{Column, ColumnData, Type, Value, sqlstate};

functions! {
    850 "textlike"(TEXT, TEXT) -> BOOL immutable strict = text_test(like), "matches LIKE expression",
        operator 1209 "~~" negator "!~~";
    851 "textnlike"(TEXT, TEXT) -> BOOL immutable strict = text_test(not_like),
        "does not match LIKE expression",
        operator 1210 "!~~" negator "~~";
    1633 "texticlike"(TEXT, TEXT) -> BOOL immutable strict = text_test(ilike),
        "matches LIKE expression, case-insensitive",
        operator 1627 "~~*" negator "!~~*";
    1634 "texticnlike"(TEXT, TEXT) -> BOOL immutable strict = text_test(not_ilike),
        "does not match LIKE expression, case-insensitive",
        operator 1628 "!~~*" negator "~~*";
    1631 "bpcharlike"(BPCHAR, TEXT) -> BOOL immutable strict = text_test(like), "matches LIKE expression",
        operator 1211 "~~" negator "!~~";
    1632 "bpcharnlike"(BPCHAR, TEXT) -> BOOL immutable strict = text_test(not_like),
        "does not match LIKE expression",
        operator 1212 "!~~" negator "~~";
    1660 "bpchariclike"(BPCHAR, TEXT) -> BOOL immutable strict = text_test(ilike),
        "matches LIKE expression, case-insensitive",
        operator 1629 "~~*" negator "!~~*";
    1661 "bpcharicnlike"(BPCHAR, TEXT) -> BOOL immutable strict = text_test(not_ilike),
        "does not match LIKE expression, case-insensitive",
        operator 1630 "!~~*" negator "~~*";
    858 "namelike"(NAME, TEXT) -> BOOL immutable strict = text_test(like), "matches LIKE expression",
        operator 1207 "~~" negator "!~~";
    859 "namenlike"(NAME, TEXT) -> BOOL immutable strict = text_test(not_like),
        "does not match LIKE expression",
        operator 1208 "!~~" negator "~~";
    1635 "nameiclike"(NAME, TEXT) -> BOOL immutable strict = text_test(ilike),
        "matches LIKE expression, case-insensitive",
        operator 1625 "~~*" negator "!~~*";
    1636 "nameicnlike"(NAME, TEXT) -> BOOL immutable strict = text_test(not_ilike),
        "does not match LIKE expression, case-insensitive",
        operator 1626 "!~~*" negator "~~*";
    1637 "like_escape"(TEXT, TEXT) -> TEXT immutable strict
        = scalar(|pattern: &str, escape: &str| with_escape(pattern, escape)),
        "convert LIKE pattern to use backslash escapes";
}

/// A question about a string and a pattern.
pub(super) type TextTest = fn(&str, &str) -> Result<bool>;

/// One pair.
pub(super) fn test_values(args: &[Value], test: TextTest) -> Result<Value> {
    match args {
        [Value::Text(s), Value::Text(pattern)] => Ok(Value::Bool(test(s, pattern)?)),
        _ => unreachable!("a pattern match has two texts"),
    }
}

/// Two columns.
pub(super) fn test_columns(args: &[&Column], test: TextTest) -> Result<Column> {
    let [strings, patterns] = args else { unreachable!("a pattern match has two texts") };
    let (ColumnData::Text(s), ColumnData::Text(p)) = (&strings.data, &patterns.data) else {
        unreachable!("texts are columns of text")
    };
    let validity = super::arithmetic::both_valid(strings, patterns);
    let valid = |row: usize| validity.as_ref().is_none_or(|validity| validity.get(row));
    let truths = (0..s.len())
        .map(|row| if valid(row) { test(s.get_str(row), p.get_str(row)) } else { Ok(false) })
        .collect::<Result<Vec<bool>>>()?;
    Ok(Column::new(Type::BOOL, ColumnData::Bool(truths), validity))
}

fn like(s: &str, pattern: &str) -> Result<bool> {
    matches(s.as_bytes(), pattern.as_bytes())
}

fn not_like(s: &str, pattern: &str) -> Result<bool> {
    Ok(!like(s, pattern)?)
}

fn ilike(s: &str, pattern: &str) -> Result<bool> {
    like(&s.to_lowercase(), &pattern.to_lowercase())
}

fn not_ilike(s: &str, pattern: &str) -> Result<bool> {
    Ok(!ilike(s, pattern)?)
}

/// Matches byte by byte; only `_` needs to know how long a character is. On a mismatch the last `%` takes one
/// character more, which is enough: an earlier one need never take more.
fn matches(s: &[u8], pattern: &[u8]) -> Result<bool> {
    let (mut at, mut p) = (0, 0);
    // Where to go on after the last `%`: in the pattern and in the string.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let matched = match (pattern.get(p), s.get(at)) {
            (None, None) => return Ok(true),
            (Some(b'%'), _) => {
                retry = Some((p + 1, at));
                p += 1;
                if p == pattern.len() {
                    return Ok(true);
                }
                continue;
            }
            (Some(b'_'), Some(first)) => {
                p += 1;
                at += character_len(*first);
                true
            }
            (Some(b'\\'), here) => match (pattern.get(p + 1), here) {
                (None, _) => {
                    return Err(SqlError::new(
                        sqlstate::INVALID_ESCAPE_SEQUENCE,
                        "LIKE pattern must not end with escape character",
                    ));
                }
                (Some(literal), Some(byte)) if literal == byte => {
                    p += 2;
                    at += 1;
                    true
                }
                _ => false,
            },
            (Some(literal), Some(byte)) if literal == byte => {
                p += 1;
                at += 1;
                true
            }
            _ => false,
        };
        if matched {
            continue;
        }
        match retry {
            Some((after, from)) if from < s.len() => {
                let from = from + 1;
                retry = Some((after, from));
                (p, at) = (after, from);
            }
            _ => return Ok(false),
        }
    }
}

fn character_len(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// The pattern with backslash for its escape character.
fn with_escape(pattern: &str, escape: &str) -> Result<String> {
    let mut chars = escape.chars();
    let escape = match (chars.next(), chars.next()) {
        (None, _) => return Ok(pattern.replace('\\', "\\\\")),
        (Some('\\'), None) => return Ok(pattern.to_owned()),
        (Some(c), None) => c,
        _ => {
            return Err(SqlError::new(sqlstate::INVALID_ESCAPE_SEQUENCE, "invalid escape string")
                .hint("Escape string must be empty or one character."));
        }
    };
    let mut out = String::with_capacity(pattern.len());
    let mut after_escape = false;
    for c in pattern.chars() {
        if c == escape && !after_escape {
            out.push('\\');
            after_escape = true;
            continue;
        }
        if c == '\\' && !after_escape {
            out.push('\\');
        }
        out.push(c);
        after_escape = false;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match() {
        for (s, pattern, expected) in [
            ("CESSNA", "CESSNA%", true),
            ("hello", "%l_o", true),
            ("hello", "h%l%o%", true),
            ("hello", "h_llo_", false),
            ("", "%", true),
            ("a%c", "a\\%c", true),
            ("abc", "a\\%c", false),
            ("äbc", "_bc", true),
            ("aaaaaaaaaaaaaaaaaaaab", "%a%a%a%a%a%a%a%c", false),
        ] {
            assert_eq!(like(s, pattern).unwrap(), expected, "{s} LIKE {pattern}");
        }
        assert!(like("a", "a\\").is_err());
        assert_eq!(with_escape("a#%b\\", "#").unwrap(), "a\\%b\\\\");
    }
}
