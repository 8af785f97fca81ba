//! Regular expressions: `~` and the `regexp_*` family.

use super::call::{Call, RowSource};
use super::regular_syntax::{Regex, compile, options};
use super::rows::Rows;
use super::table::functions;
use crate::error::{Result, SqlError};
use regex::Captures;
use strata_types::{Array, Type, Value, sqlstate};

functions! {
    1254 "textregexeq"(TEXT, TEXT) -> BOOL immutable strict = text_test(matches),
        "matches regular expression, case-sensitive",
        operator 641 "~" negator "!~";
    1256 "textregexne"(TEXT, TEXT) -> BOOL immutable strict = text_test(not_matches),
        "does not match regular expression, case-sensitive",
        operator 642 "!~" negator "~";
    1238 "texticregexeq"(TEXT, TEXT) -> BOOL immutable strict = text_test(imatches),
        "matches regular expression, case-insensitive",
        operator 1228 "~*" negator "!~*";
    1239 "texticregexne"(TEXT, TEXT) -> BOOL immutable strict = text_test(not_imatches),
        "does not match regular expression, case-insensitive",
        operator 1229 "!~*" negator "~*";
    1658 "bpcharregexeq"(BPCHAR, TEXT) -> BOOL immutable strict = text_test(matches),
        "matches regular expression, case-sensitive",
        operator 1055 "~" negator "!~";
    1659 "bpcharregexne"(BPCHAR, TEXT) -> BOOL immutable strict = text_test(not_matches),
        "does not match regular expression, case-sensitive",
        operator 1056 "!~" negator "~";
    1656 "bpcharicregexeq"(BPCHAR, TEXT) -> BOOL immutable strict = text_test(imatches),
        "matches regular expression, case-insensitive",
        operator 1234 "~*" negator "!~*";
    1657 "bpcharicregexne"(BPCHAR, TEXT) -> BOOL immutable strict = text_test(not_imatches),
        "does not match regular expression, case-insensitive",
        operator 1235 "!~*" negator "~*";
    79 "nameregexeq"(NAME, TEXT) -> BOOL immutable strict = text_test(matches),
        "matches regular expression, case-sensitive",
        operator 639 "~" negator "!~";
    1252 "nameregexne"(NAME, TEXT) -> BOOL immutable strict = text_test(not_matches),
        "does not match regular expression, case-sensitive",
        operator 640 "!~" negator "~";
    1240 "nameicregexeq"(NAME, TEXT) -> BOOL immutable strict = text_test(imatches),
        "matches regular expression, case-insensitive",
        operator 1226 "~*" negator "!~*";
    1241 "nameicregexne"(NAME, TEXT) -> BOOL immutable strict = text_test(not_imatches),
        "does not match regular expression, case-insensitive",
        operator 1227 "!~*" negator "~*";
    1987 "similar_to_escape"(TEXT) -> TEXT immutable strict
        = scalar(|pattern: &str| similar(pattern, Some("\\"))), "convert SQL regexp pattern to POSIX style";
    1986 "similar_to_escape"(TEXT, TEXT) -> TEXT immutable strict
        = scalar(|pattern: &str, escape: &str| similar(pattern, Some(escape))),
        "convert SQL regexp pattern to POSIX style";
    1623 "similar_escape"(TEXT, TEXT) -> TEXT immutable nullable
        = scalar(|pattern: Option<&str>, escape: Option<&str>| pattern.map(|pattern| similar(pattern, escape.or(Some("\\")))).transpose()),
        "convert SQL regexp pattern to POSIX style";
    6263 "regexp_like"(TEXT, TEXT) -> BOOL immutable strict
        = scalar(|s: &str, pattern: &str| matches(s, pattern)), "test for regexp match";
    6264 "regexp_like"(TEXT, TEXT, TEXT) -> BOOL immutable strict
        = scalar(|s: &str, pattern: &str, flags: &str| Ok::<bool, SqlError>(no_global(pattern, flags)?.is_match(s))),
        "test for regexp match";
    3396 "regexp_match"(TEXT, TEXT) -> TEXT_ARRAY immutable strict
        = scalar(|s: &str, pattern: &str| first_match(s, pattern, "")), "find first match for regexp";
    3397 "regexp_match"(TEXT, TEXT, TEXT) -> TEXT_ARRAY immutable strict
        = scalar(|s: &str, pattern: &str, flags: &str| first_match(s, pattern, flags)),
        "find first match for regexp";
    2763 "regexp_matches"(TEXT, TEXT) -> TEXT_ARRAY immutable strict = set(regexp_matches),
        "find match(es) for regexp";
    2764 "regexp_matches"(TEXT, TEXT, TEXT) -> TEXT_ARRAY immutable strict = set(regexp_matches),
        "find match(es) for regexp";
    2284 "regexp_replace"(TEXT, TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str, with: &str| replace(s, pattern, with, "", 1, 1)),
        "replace text using regexp";
    2285 "regexp_replace"(TEXT, TEXT, TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str, with: &str, flags: &str| replace(s, pattern, with, flags, 1, if flags.contains('g') { 0 } else { 1 })),
        "replace text using regexp";
    6253 "regexp_replace"(TEXT, TEXT, TEXT, INT4) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str, with: &str, start: i32| replace(s, pattern, with, "", start, 1)),
        "replace text using regexp";
    6252 "regexp_replace"(TEXT, TEXT, TEXT, INT4, INT4) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str, with: &str, start: i32, n: i32| replace(s, pattern, with, "", start, n)),
        "replace text using regexp";
    6251 "regexp_replace"(TEXT, TEXT, TEXT, INT4, INT4, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str, with: &str, start: i32, n: i32, flags: &str| replace(s, pattern, with, flags, start, n)),
        "replace text using regexp";
    2767 "regexp_split_to_array"(TEXT, TEXT) -> TEXT_ARRAY immutable strict
        = scalar(|s: &str, pattern: &str| Ok::<Array, SqlError>(Array::new(Type::TEXT, split(s, pattern, "")?))),
        "split string by pattern";
    2768 "regexp_split_to_array"(TEXT, TEXT, TEXT) -> TEXT_ARRAY immutable strict
        = scalar(|s: &str, pattern: &str, flags: &str| Ok::<Array, SqlError>(Array::new(Type::TEXT, split(s, pattern, flags)?))),
        "split string by pattern";
    2765 "regexp_split_to_table"(TEXT, TEXT) -> TEXT immutable strict = set(regexp_split_to_table),
        "split string by pattern";
    2766 "regexp_split_to_table"(TEXT, TEXT, TEXT) -> TEXT immutable strict = set(regexp_split_to_table),
        "split string by pattern";
    6254 "regexp_count"(TEXT, TEXT) -> INT4 immutable strict
        = scalar(|s: &str, pattern: &str| count(s, pattern, 1, "")), "count regexp matches";
    6255 "regexp_count"(TEXT, TEXT, INT4) -> INT4 immutable strict
        = scalar(|s: &str, pattern: &str, start: i32| count(s, pattern, start, "")), "count regexp matches";
    6256 "regexp_count"(TEXT, TEXT, INT4, TEXT) -> INT4 immutable strict
        = scalar(|s: &str, pattern: &str, start: i32, flags: &str| count(s, pattern, start, flags)),
        "count regexp matches";
    6265 "regexp_substr"(TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str| nth(s, pattern, 1, 1)), "extract substring that matches regexp";
    6266 "regexp_substr"(TEXT, TEXT, INT4) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str, start: i32| nth(s, pattern, start, 1)),
        "extract substring that matches regexp";
    6267 "regexp_substr"(TEXT, TEXT, INT4, INT4) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str, start: i32, n: i32| nth(s, pattern, start, n)),
        "extract substring that matches regexp";
    2073 "substring"(TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str| part(s, pattern)), "extract text matching regular expression";
    2074 "substring"(TEXT, TEXT, TEXT) -> TEXT immutable strict
        = scalar(|s: &str, pattern: &str, escape: &str| part(s, &similar(pattern, Some(escape))?)),
        "extract text matching SQL regular expression";
}

fn matches(s: &str, pattern: &str) -> Result<bool> {
    Ok(compile(pattern, false)?.is_match(s))
}

fn not_matches(s: &str, pattern: &str) -> Result<bool> {
    Ok(!matches(s, pattern)?)
}

fn imatches(s: &str, pattern: &str) -> Result<bool> {
    Ok(compile(pattern, true)?.is_match(s))
}

fn not_imatches(s: &str, pattern: &str) -> Result<bool> {
    Ok(!imatches(s, pattern)?)
}

fn no_global(pattern: &str, flags: &str) -> Result<Regex> {
    if flags.contains('g') {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            "regular expression does not support the \"global\" option",
        ));
    }
    options(pattern, flags)
}

/// The groups of a match, or all of it if there are none.
fn groups(captures: &Captures<'_>) -> Vec<Value> {
    let value = |index: usize| captures.get(index).map_or(Value::Null, |found| Value::text(found.as_str()));
    if captures.len() == 1 { vec![value(0)] } else { (1..captures.len()).map(value).collect() }
}

fn first_match(s: &str, pattern: &str, flags: &str) -> Result<Option<Array>> {
    if flags.contains('g') {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            "regexp_match() does not support the \"global\" option",
        )
        .hint("Use the regexp_matches function instead."));
    }
    let regex = options(pattern, flags)?;
    Ok(regex.captures(s).map(|captures| Array::new(Type::TEXT, groups(&captures))))
}

fn texts(args: &[Value]) -> (&str, &str, &str) {
    let text = |index: usize| args.get(index).and_then(Value::as_str).unwrap_or_default();
    (text(0), text(1), text(2))
}

fn regexp_matches(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let (s, pattern, flags) = texts(args);
    let regex = options(pattern, flags)?;
    let limit = if flags.contains('g') { usize::MAX } else { 1 };
    let found = regex.captures_iter(s).take(limit);
    Ok(Rows::column(
        found.map(|captures| Value::Array(Array::new(Type::TEXT, groups(&captures)).into())).collect(),
    ))
}

fn regexp_split_to_table(_: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let (s, pattern, flags) = texts(args);
    Ok(Rows::column(split(s, pattern, flags)?))
}

/// Empty matches at the ends of the string and right after another match separate nothing.
fn split(s: &str, pattern: &str, flags: &str) -> Result<Vec<Value>> {
    let regex = no_global(pattern, flags)?;
    let mut parts = Vec::new();
    let mut start = 0;
    for found in regex.find_iter(s) {
        if found.is_empty() && (found.start() == start || found.start() == s.len()) {
            continue;
        }
        parts.push(Value::text(s.get(start..found.start()).unwrap_or_default()));
        start = found.end();
    }
    parts.push(Value::text(s.get(start..).unwrap_or_default()));
    Ok(parts)
}

/// The byte at which the search starts.
fn start_byte(s: &str, start: i32) -> Result<usize> {
    if start < 1 {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("invalid value for parameter \"start\": {start}"),
        ));
    }
    Ok(s.char_indices().nth(start as usize - 1).map_or(s.len(), |(at, _)| at))
}

fn count(s: &str, pattern: &str, start: i32, flags: &str) -> Result<i32> {
    let from = start_byte(s, start)?;
    Ok(no_global(pattern, flags)?.find_iter(s.get(from..).unwrap_or_default()).count() as i32)
}

fn nth(s: &str, pattern: &str, start: i32, n: i32) -> Result<Option<String>> {
    let from = start_byte(s, start)?;
    let index = usize::try_from(n - 1).map_err(|_| {
        SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, format!("invalid value for parameter \"n\": {n}"))
    })?;
    let regex = compile(pattern, false)?;
    Ok(regex.find_iter(s.get(from..).unwrap_or_default()).nth(index).map(|found| found.as_str().to_owned()))
}

/// The first group of the first match, or all of the match.
fn part(s: &str, pattern: &str) -> Result<Option<String>> {
    let regex = compile(pattern, false)?;
    let Some(captures) = regex.captures(s) else { return Ok(None) };
    let index = usize::from(captures.len() > 1);
    Ok(captures.get(index).map(|found| found.as_str().to_owned()))
}

/// Replaces the `n`th match, or all if `n` is 0.
fn replace(s: &str, pattern: &str, with: &str, flags: &str, start: i32, n: i32) -> Result<String> {
    let from = start_byte(s, start)?;
    let regex = options(pattern, flags)?;
    let (kept, searched) = s.split_at_checked(from).unwrap_or((s, ""));
    let mut out = kept.to_owned();
    let mut end = 0;
    for (index, captures) in regex.captures_iter(searched).enumerate() {
        if n > 0 && index + 1 != n as usize {
            continue;
        }
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(searched.get(end..whole.start()).unwrap_or_default());
        expand(with, &captures, &mut out);
        end = whole.end();
        if n > 0 {
            break;
        }
    }
    out.push_str(searched.get(end..).unwrap_or_default());
    Ok(out)
}

/// `\1` … `\9` are groups, `\&` is the match, `\\` a backslash.
fn expand(with: &str, captures: &Captures<'_>, out: &mut String) {
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('&') => out.push_str(captures.get(0).map_or("", |found| found.as_str())),
            Some(digit @ '0'..='9') => {
                let index = digit as usize - '0' as usize;
                out.push_str(captures.get(index).map_or("", |found| found.as_str()));
            }
            Some('\\') | None => out.push('\\'),
            Some(other) => out.extend(['\\', other]),
        }
    }
}

/// A pattern of SIMILAR TO as a regular expression. With two escaped double quotes it has three parts, of which
/// the middle one is the group.
fn similar(pattern: &str, escape: Option<&str>) -> Result<String> {
    let escape = escape.unwrap_or("\\");
    if escape.chars().count() > 1 {
        return Err(SqlError::new(sqlstate::INVALID_ESCAPE_SEQUENCE, "invalid escape string")
            .hint("Escape string must be empty or one character."));
    }
    let escape = escape.chars().next();
    let mut out = String::from("^(?:");
    let mut quotes = 0;
    let mut in_bracket = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if Some(c) == escape {
            match chars.next() {
                Some('"') if !in_bracket => {
                    out.push_str(if quotes == 0 { "){1,1}?(" } else { "){1,1}(?:" });
                    quotes += 1;
                }
                Some(literal) => out.extend(['\\', literal]),
                None => {}
            }
            continue;
        }
        match c {
            ']' if in_bracket => {
                in_bracket = false;
                out.push(c);
            }
            _ if in_bracket => out.push(c),
            '[' => {
                in_bracket = true;
                out.push(c);
            }
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '(' => out.push_str("(?:"),
            '\\' | '.' | '^' | '$' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out.push_str(")$");
    Ok(out)
}
