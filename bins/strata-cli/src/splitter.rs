//! Where one statement ends and the next begins: at a `;` outside quotes, comments and parentheses.

/// Cuts the first whole statement off `text`, its `;` included, or `None` if it goes on.
pub(crate) fn statement_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut depth = 0usize;
    while let Some(&byte) = bytes.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        match byte {
            b';' if depth == 0 => return Some(at + 1),
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'\'' | b'"' => at += quoted_len(rest)? - 1,
            b'-' if rest.starts_with("--") => at += rest.find('\n')?,
            b'/' if rest.starts_with("/*") => at += rest.find("*/")? + 1,
            b'$' => at += dollar_len(rest)?.max(1) - 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Bytes of the quoted text at the start, its quotes included. A doubled quote reads as two texts side by
/// side, which ends at the same place.
fn quoted_len(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    Some(text.get(1..)?.find(quote)? + 2)
}

/// Bytes of a `$tag$…$tag$`; 0 if this is no such thing, `None` if it has no end.
fn dollar_len(text: &str) -> Option<usize> {
    let Some(close) = text.get(1..).and_then(|rest| rest.find('$')) else { return Some(0) };
    let tag = text.get(..close + 2).unwrap_or_default();
    let name = tag.trim_matches('$');
    if !name.chars().all(|c| c.is_alphanumeric() || c == '_')
        || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Some(0);
    }
    Some(text.get(tag.len()..)?.find(tag)? + 2 * tag.len())
}

#[cfg(test)]
mod tests {
    use super::statement_len;

    #[test]
    fn ends_at_a_semicolon_that_is_code() {
        assert_eq!(statement_len("SELECT 1; SELECT 2;"), Some(9));
        assert_eq!(statement_len("SELECT ';'"), None);
        assert_eq!(statement_len("SELECT 'it''s;';"), Some(16));
        assert_eq!(statement_len("SELECT \";\" -- ;\n;"), Some(17));
        assert_eq!(statement_len("/* ; */;"), Some(8));
        assert_eq!(statement_len("DO $x$ ; $x$;"), Some(13));
        assert_eq!(statement_len("SELECT $1;"), Some(10));
        assert_eq!(statement_len("f(a; b);"), Some(8));
    }
}
