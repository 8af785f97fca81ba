//! `varchar(n)`, `char(n)` and `name`: what their lengths do to text.

use crate::error::{Error, Result};
use crate::sql_type::Type;
use crate::text::Text;
use crate::typmod::Typmod;

/// Bytes that a `name` holds at most.
pub const NAME_LEN_MAX: usize = 63;

/// Fits text to `varchar(n)` or `char(n)`, which pads it. Blanks beyond the length are dropped; anything else
/// is an error, unless `truncate` says to drop it too, as an explicit cast does.
pub(crate) fn fit(ty: Type, typmod: Typmod, text: &str, truncate: bool) -> Result<Text> {
    let Some(max) = typmod.as_chars() else { return Ok(Text::from(text)) };
    // Bytes are never fewer than characters, so most text is known to fit without counting.
    let cut = if text.len() <= max { None } else { text.char_indices().nth(max).map(|(at, _)| at) };
    let kept = match cut {
        None => text,
        Some(at) if truncate || text[at..].bytes().all(|byte| byte == b' ') => &text[..at],
        Some(_) => return Err(Error::TooLong { ty: ty.sql_name(typmod).into() }),
    };
    Ok(if ty == Type::BPCHAR { pad(kept, max) } else { Text::from(kept) })
}

/// Text with blanks appended until it has `chars` characters.
pub fn pad(text: &str, chars: usize) -> Text {
    let missing = chars.saturating_sub(text.chars().count());
    if missing == 0 {
        return Text::from(text);
    }
    let mut padded = String::with_capacity(text.len() + missing);
    padded.push_str(text);
    padded.extend(std::iter::repeat_n(' ', missing));
    Text::from(padded)
}

/// The part of an identifier that a `name` holds; characters are not cut in half.
pub fn truncate_name(text: &str) -> &str {
    let mut end = text.len().min(NAME_LEN_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters() {
        let varchar = Typmod::chars(3);
        assert_eq!(fit(Type::VARCHAR, varchar, "héé", false).unwrap().as_str(), "héé");
        assert_eq!(fit(Type::VARCHAR, varchar, "abc   ", false).unwrap().as_str(), "abc");
        let error = fit(Type::VARCHAR, varchar, "abcd", false).unwrap_err();
        assert_eq!(error.to_string(), "value too long for type character varying(3)");
        assert_eq!(error.sqlstate(), "22001");
        assert_eq!(fit(Type::VARCHAR, varchar, "abcd", true).unwrap().as_str(), "abc");
        assert_eq!(fit(Type::BPCHAR, varchar, "é", false).unwrap().as_str(), "é  ");
        assert_eq!(truncate_name(&"é".repeat(40)).len(), 62);
    }
}
