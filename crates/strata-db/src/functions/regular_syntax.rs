//! PostgreSQL's regular expressions as those of the `regex` crate, compiled and kept.
//!
//! | PostgreSQL                       | `regex`                          |
//! |----------------------------------|----------------------------------|
//! | `.` and `[^a]` match newlines    | the flag `s`                     |
//! | `\m` `\M` `\y` `\Y` `\Z`         | `\b{start}` `\b{end}` `\b` `\B` `\z` |
//! | `[` inside of brackets is itself | escaped                          |
//! | `{` without a number is itself   | escaped                          |
//!
//! There are no back references and no look-around: such patterns are refused (2201B).

use crate::error::{Result, SqlError};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use strata_types::sqlstate;

pub(super) use regex::Regex;

/// Most expressions kept.
const KEPT_MAX: usize = 256;

static KEPT: LazyLock<Mutex<HashMap<(String, String), Regex>>> = LazyLock::new(Mutex::default);

/// A compiled pattern, case aside if asked.
pub(super) fn compile(pattern: &str, ignore_case: bool) -> Result<Regex> {
    options(pattern, if ignore_case { "i" } else { "" })
}

/// A compiled pattern under the flags of the `regexp_*` functions (`g` is the caller's business).
pub(super) fn options(pattern: &str, flags: &str) -> Result<Regex> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (pattern.to_owned(), flags.to_owned());
    if let Some(regex) = kept.get(&key) {
        return Ok(regex.clone());
    }
    let regex = build(pattern, flags)?;
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(key, regex.clone());
    Ok(regex)
}

fn build(pattern: &str, flags: &str) -> Result<Regex> {
    let (mut ignore_case, mut lines, mut dot_all, mut spaced, mut literal) =
        (false, false, true, false, false);
    for flag in flags.chars() {
        match flag {
            'i' => ignore_case = true,
            'c' => ignore_case = false,
            'n' | 'm' => (lines, dot_all) = (true, false),
            'p' => dot_all = false,
            'w' => lines = true,
            's' => (lines, dot_all) = (false, true),
            'x' => spaced = true,
            't' => spaced = false,
            'q' => literal = true,
            'g' | 'b' | 'e' => {}
            other => {
                return Err(SqlError::new(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    format!("invalid regular expression option: \"{other}\""),
                ));
            }
        }
    }
    let translated = match pattern.strip_prefix("***=") {
        Some(plain) => regex::escape(plain),
        None if literal => regex::escape(pattern),
        None => translate(pattern.strip_prefix("***:").unwrap_or(pattern)),
    };
    regex::RegexBuilder::new(&translated)
        .case_insensitive(ignore_case)
        .multi_line(lines)
        .dot_matches_new_line(dot_all)
        .ignore_whitespace(spaced)
        .build()
        .map_err(|error| invalid(&error))
}

fn invalid(error: &regex::Error) -> SqlError {
    let reason = match error {
        regex::Error::CompiledTooBig(_) => "regular expression is too complex".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
    };
    SqlError::new(sqlstate::INVALID_REGULAR_EXPRESSION, format!("invalid regular expression: {reason}"))
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('m') => out.push_str("\\b{start}"),
                Some('M') => out.push_str("\\b{end}"),
                Some('y') => out.push_str("\\b"),
                Some('Y') => out.push_str("\\B"),
                Some('Z') => out.push_str("\\z"),
                Some('e') => out.push_str("\\x1b"),
                Some('B') => out.push_str("\\\\"),
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push('\\'),
            },
            '[' => bracket(&mut chars, &mut out),
            '{' if !chars.peek().is_some_and(char::is_ascii_digit) => out.push_str("\\{"),
            c => out.push(c),
        }
    }
    out
}

/// A bracket expression, whose `[` has been read.
fn bracket(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    let start = out.len();
    out.push('[');
    if chars.peek() == Some(&'^') {
        chars.next();
        out.push('^');
    }
    if chars.peek() == Some(&']') {
        chars.next();
        out.push_str("\\]");
    }
    while let Some(c) = chars.next() {
        match c {
            ']' => {
                out.push(']');
                // The two words of this form are anchors, not classes.
                for (form, anchor) in [("[[:<:]]", "\\b{start}"), ("[[:>:]]", "\\b{end}")] {
                    if out.get(start..) == Some(form) {
                        out.truncate(start);
                        out.push_str(anchor);
                    }
                }
                return;
            }
            '[' => match chars.peek() {
                Some(':') => {
                    out.push('[');
                    for c in chars.by_ref() {
                        out.push(c);
                        if c == ']' {
                            break;
                        }
                    }
                }
                Some(kind @ ('.' | '=')) => {
                    let kind = *kind;
                    chars.next();
                    let inside: String = chars.by_ref().take_while(|c| *c != kind).collect();
                    chars.next();
                    out.push_str(&regex::escape(&inside));
                }
                _ => out.push_str("\\["),
            },
            '\\' => {
                out.push('\\');
                out.extend(chars.next());
            }
            '&' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_translated() {
        for (pattern, text, expected) in [
            ("^[[:alpha:]]+$", "abc", true),
            ("\\mword\\M", "a word here", true),
            ("[[:<:]]ord", "a word", false),
            ("[]x]", "]", true),
            ("[[x]", "[", true),
            ("a{,2}", "a{,2}", true),
            ("a.c", "a\nc", true),
            ("^(abc|def)\\d{2,3}$", "def123", true),
        ] {
            assert_eq!(compile(pattern, false).unwrap().is_match(text), expected, "{pattern}");
        }
        assert_eq!(compile("(", false).unwrap_err().sqlstate(), "2201B");
    }
}
