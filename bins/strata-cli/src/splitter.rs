//! Where one statement ends and the next begins: at a `;` outside quotes, comments and parentheses, or at the
//! end of a line that is a backslash command.

/// Cuts the first whole statement or command off `text`, or `None` if it goes on.
pub(crate) fn statement_len(text: &str) -> Option<usize> {
    if text.trim_start().starts_with('\\') {
        let start = text.len() - text.trim_start().len();
        return Some(text.get(start..)?.find('\n').map_or(text.len(), |end| start + end));
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut depth = 0usize;
    while let Some(&byte) = bytes.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        match byte {
            b';' if depth == 0 => return Some(at + 1),
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'\'' if is_escape_string(text, at) => at += escaped_len(rest)? - 1,
            b'\'' | b'"' => at += quoted_len(rest)? - 1,
            b'-' if rest.starts_with("--") => at += rest.find('\n')?,
            b'/' if rest.starts_with("/*") => at += comment_len(rest)? - 1,
            b'$' => at += dollar_len(rest)?.max(1) - 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether nothing but space and comments is left.
pub(crate) fn is_blank(text: &str) -> bool {
    let rest = text.trim_start();
    match rest.strip_prefix("--") {
        Some(comment) => comment.split_once('\n').is_none_or(|(_, rest)| is_blank(rest)),
        None if rest.starts_with("/*") => {
            comment_len(rest).is_some_and(|len| is_blank(rest.get(len..).unwrap_or_default()))
        }
        None => rest.is_empty(),
    }
}

/// Whether the quote at `at` opens an `E'…'`, in which a backslash hides what follows it.
fn is_escape_string(text: &str, at: usize) -> bool {
    let mut before = text.get(..at).unwrap_or_default().chars().rev();
    matches!(before.next(), Some('e' | 'E'))
        && !before.next().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$')
}

/// Bytes of the `'…'` at the start, in which a backslash hides what follows it.
fn escaped_len(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '\'' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Bytes of the quoted text at the start, its quotes included. A doubled quote reads as two texts side by
/// side, which ends at the same place.
fn quoted_len(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    Some(text.get(1..)?.find(quote)? + 2)
}

/// Bytes of the comment at the start; comments nest.
fn comment_len(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next()?.len_utf8();
        }
    }
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
    use super::{is_blank, statement_len};

    #[test]
    fn ends_at_a_semicolon_that_is_code() {
        assert_eq!(statement_len("SELECT 1; SELECT 2;"), Some(9));
        assert_eq!(statement_len("SELECT ';'"), None);
        assert_eq!(statement_len("SELECT 'it''s;';"), Some(16));
        assert_eq!(statement_len("SELECT \";\" -- ;\n;"), Some(17));
        assert_eq!(statement_len("/* ; */;"), Some(8));
        assert_eq!(statement_len("/* /* ; */ ; */;"), Some(16));
        assert_eq!(statement_len("DO $x$ ; $x$;"), Some(13));
        assert_eq!(statement_len("SELECT $1;"), Some(10));
        assert_eq!(statement_len("f(a; b);"), Some(8));
    }

    #[test]
    fn a_backslash_hides_a_quote_only_in_an_escape_string() {
        assert_eq!(statement_len(r"SELECT E'\';';"), Some(14));
        assert_eq!(statement_len(r"SELECT '\';"), Some(11));
        assert_eq!(statement_len(r"SELECT type'\';"), Some(15));
    }

    #[test]
    fn a_command_ends_with_its_line() {
        assert_eq!(statement_len("\\dt\nSELECT 1;"), Some(3));
        assert_eq!(statement_len(" \\q"), Some(3));
    }

    #[test]
    fn comments_are_blank() {
        assert!(is_blank(" -- done\n /* really */ "));
        assert!(!is_blank("-- done\nSELECT"));
    }
}
