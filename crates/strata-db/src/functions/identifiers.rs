//! Identifiers in text: quoting them, taking them apart, escapes.

use crate::error::{Result, SqlError};
use strata_types::{Array, Type, Value, sqlstate};

/// Words that mean something else when they stand unquoted as a name of a column, sorted.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// An identifier, in quotes if it needs them.
pub(crate) fn quote(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if starts_well && name.chars().all(plain) && RESERVED.binary_search(&name).is_err() {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A qualified name as its parts, unquoted and folded; `None` if it is none.
pub(crate) fn parts(text: &str) -> Option<Vec<String>> {
    let array = parse(text, true).ok()?;
    Some(array.values.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// `parse_ident`: a qualified name as its parts.
pub(super) fn parse(text: &str, strict: bool) -> Result<Array> {
    let bad = |detail: &str| {
        let error = SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("string is not a valid identifier: {}", super::text::quote_plain(text)),
        );
        if detail.is_empty() { error } else { error.detail(detail) }
    };
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_part(quoted).ok_or_else(|| bad("String has unclosed double quotes."))?,
            None => {
                let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
                let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                if name.starts_with(|c: char| c.is_ascii_digit() || c == '$') {
                    return Err(bad(""));
                }
                (name.to_lowercase(), after)
            }
        };
        if part.is_empty() {
            return Err(bad(match (parts.is_empty(), after.starts_with('.')) {
                (true, true) => "No valid identifier before \".\".",
                (false, _) => "No valid identifier after \".\".",
                (true, false) => "",
            }));
        }
        parts.push(Value::text(part));
        rest = after.trim_start();
        match rest.strip_prefix('.') {
            Some(after) => rest = after.trim_start(),
            None if rest.is_empty() || !strict => return Ok(Array::new(Type::TEXT, parts)),
            None => return Err(bad("")),
        }
    }
}

/// The text up to the closing quote, doubled quotes undone, and what follows it.
fn quoted_part(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == '"') {
            chars.next();
            name.push('"');
        } else {
            return Some((name, text.get(at + 1..)?));
        }
    }
    None
}

/// `unistr`: `\XXXX`, `\+XXXXXX`, `\uXXXX`, `\UXXXXXXXX` and `\\`.
pub(super) fn unescape(text: &str) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let body = escape.get(1..).unwrap_or_default();
        if let Some(after) = body.strip_prefix('\\') {
            out.push('\\');
            rest = after;
            continue;
        }
        let (skip, digits) = match body.as_bytes().first() {
            Some(b'+') => (1, 6),
            Some(b'u') => (1, 4),
            Some(b'U') => (1, 8),
            _ => (0, 4),
        };
        let code = body.get(skip..skip + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match code.map(char::from_u32) {
            Some(Some(c)) => out.push(c),
            Some(None) => return Err(SqlError::new(sqlstate::SYNTAX_ERROR, "invalid Unicode code point")),
            None => {
                return Err(SqlError::new(sqlstate::SYNTAX_ERROR, "invalid Unicode escape")
                    .hint("Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX."));
            }
        }
        rest = body.get(skip + digits..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}
