//! Reading JSON: the grammar once, feeding a tree (`jsonb`) or nothing at all (`json`, which only checks).

use super::Json;
use crate::error::{Error, Result};
use crate::numeric::Numeric;
use crate::text::Text;

/// Deepest nesting of arrays and objects.
const DEPTH_MAX: usize = 1_000;

/// Reads a document into a tree.
pub fn parse(input: &str) -> Result<Json> {
    let mut parser = Parser::new(input);
    let root = parser.value(0)?;
    parser.end()?;
    Ok(root)
}

/// Checks a document and leaves it as it is: the `json` type keeps its text.
pub fn validate(input: &str) -> Result<()> {
    let mut parser = Parser { checking: true, ..Parser::new(input) };
    parser.value(0)?;
    parser.end()
}

struct Parser<'a> {
    input: &'a str,
    at: usize,
    /// Strings are checked, but `\u0000` and numbers beyond `numeric` may stay.
    checking: bool,
}

impl<'a> Parser<'a> {
    fn new(input: &'a str) -> Parser<'a> {
        Parser { input, at: 0, checking: false }
    }

    fn peek(&self) -> Option<u8> {
        self.input.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json> {
        if depth > DEPTH_MAX {
            return Err(Error::TooDeep);
        }
        self.skip_blanks();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                let expected = if members.is_empty() { "string or \"}\"" } else { "string" };
                return Err(self.unexpected(expected));
            }
            let key = self.string()?;
            self.skip_blanks();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("\":\""));
            }
            self.at += 1;
            let member = self.value(depth + 1)?;
            members.push((key, member));
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("\",\" or \"}\"")),
            }
        }
        self.at += 1;
        Ok(if self.checking { Json::Null } else { Json::object(members) })
    }

    fn array(&mut self, depth: usize) -> Result<Json> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("\",\" or \"]\"")),
            }
        }
        self.at += 1;
        Ok(Json::Array(items))
    }

    fn number(&mut self) -> Result<Json> {
        let start = self.at;
        let digits = |parser: &mut Self| {
            let from = parser.at;
            while matches!(parser.peek(), Some(b'0'..=b'9')) {
                parser.at += 1;
            }
            parser.at > from
        };
        self.at += usize::from(self.peek() == Some(b'-'));
        let mut good = match self.peek() {
            Some(b'0') => {
                self.at += 1;
                true
            }
            _ => digits(self),
        };
        if good && self.peek() == Some(b'.') {
            self.at += 1;
            good = digits(self);
        }
        if good && matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            good = digits(self);
        }
        let stray = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        if !good || self.peek().is_some_and(stray) {
            return Err(self.invalid_token(start));
        }
        let text = &self.input[start..self.at];
        if self.checking { Ok(Json::Null) } else { Numeric::parse(text).map(Json::Number) }
    }

    fn word(&mut self) -> Result<Json> {
        for (word, json) in [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))] {
            let rest = &self.input[self.at..];
            let ends = |rest: &str| {
                !rest.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80)
            };
            if let Some(after) = rest.strip_prefix(word)
                && ends(after)
            {
                self.at += word.len();
                return Ok(json);
            }
        }
        Err(self.unexpected("JSON value"))
    }

    fn string(&mut self) -> Result<Text> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.input[self.at..];
            let plain = rest.find(|c: char| c == '"' || c == '\\' || (c as u32) < 0x20).unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text::from(out));
                }
                Some(b'\\') => self.escape(&mut out)?,
                Some(control) => {
                    let detail = format!("Character with value 0x{control:02x} must be escaped.");
                    return Err(Error::InvalidJson { detail: detail.into() });
                }
                None => return Err(self.invalid_token(self.input.len())),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<()> {
        let Some(letter) = self.input[self.at + 1..].chars().next() else {
            return Err(self.invalid_token(self.input.len()));
        };
        self.at += 1 + letter.len_utf8();
        match letter {
            '"' | '\\' | '/' => out.push(letter),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => self.unicode_escape(out)?,
            _ => {
                let detail = format!("Escape sequence \"\\{letter}\" is invalid.");
                return Err(Error::InvalidJson { detail: detail.into() });
            }
        }
        Ok(())
    }

    fn unicode_escape(&mut self, out: &mut String) -> Result<()> {
        let unit = self.hex4()?;
        let low_follows = self.input.get(self.at..self.at + 2) == Some("\\u");
        match unit {
            0 if self.checking => {}
            0 => return Err(Error::UnsupportedUnicode),
            0xd800..=0xdfff if self.checking => {}
            0xd800..=0xdbff if low_follows => {
                self.at += 2;
                let low = self.hex4()?;
                if !(0xdc00..=0xdfff).contains(&low) {
                    return Err(lone_surrogate(true));
                }
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                out.extend(char::from_u32(code));
            }
            0xd800..=0xdbff => return Err(lone_surrogate(true)),
            0xdc00..=0xdfff => return Err(lone_surrogate(true)),
            _ => out.extend(char::from_u32(unit)),
        }
        Ok(())
    }

    fn hex4(&mut self) -> Result<u32> {
        let digits = self.input.get(self.at..self.at + 4);
        match digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).map(|d| u32::from_str_radix(d, 16))
        {
            Some(Ok(unit)) => {
                self.at += 4;
                Ok(unit)
            }
            _ => Err(Error::InvalidJson {
                detail: "\"\\u\" must be followed by four hexadecimal digits.".into(),
            }),
        }
    }

    fn end(&mut self) -> Result<()> {
        self.skip_blanks();
        if self.at == self.input.len() { Ok(()) } else { Err(self.unexpected("end of input")) }
    }

    /// The token at the cursor: a word, or one character.
    fn token(&self, from: usize) -> &'a str {
        let rest = &self.input[from..];
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '+' || c == '.';
        let len = rest.find(|c: char| !word(c)).unwrap_or(rest.len());
        let one = rest.chars().next().map_or(0, char::len_utf8);
        &rest[..len.max(one)]
    }

    fn invalid_token(&self, from: usize) -> Error {
        let token = self.token(from.min(self.input.len()));
        Error::InvalidJson { detail: format!("Token \"{token}\" is invalid.").into() }
    }

    fn unexpected(&self, expected: &str) -> Error {
        let token = self.token(self.at);
        if token.is_empty() {
            return Error::InvalidJson { detail: "The input string ended unexpectedly.".into() };
        }
        let is_word = token.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let known = matches!(token, "true" | "false" | "null");
        let punctuation = matches!(token, "{" | "}" | "[" | "]" | "," | ":");
        if (is_word && !known)
            || (!is_word
                && !punctuation
                && !token.starts_with(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']))
        {
            return Error::InvalidJson { detail: format!("Token \"{token}\" is invalid.").into() };
        }
        Error::InvalidJson { detail: format!("Expected {expected}, but found \"{token}\".").into() }
    }
}

fn lone_surrogate(high: bool) -> Error {
    let detail = if high {
        "Unicode low surrogate must follow a high surrogate."
    } else {
        "Unicode high surrogate must not follow a high surrogate."
    };
    Error::InvalidJson { detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_ordered_and_kept_exact() {
        let text = r#" {"bb": [1.50, -2e3, "x\u00e9\ud83d\ude00\n"], "a": null, "a": true, "": {}} "#;
        let shown = parse(text).unwrap().to_text();
        assert_eq!(shown, r#"{"": {}, "a": true, "bb": [1.50, -2000, "xé😀\n"]}"#);
    }

    #[test]
    fn faults_are_named() {
        for (text, detail) in [
            ("{\"a\":1,}", "Expected string, but found \"}\"."),
            ("[1 2]", "Expected \",\" or \"]\", but found \"2\"."),
            ("nope", "Token \"nope\" is invalid."),
            ("", "The input string ended unexpectedly."),
            ("1 1", "Expected end of input, but found \"1\"."),
            ("01", "Token \"01\" is invalid."),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.detail().as_deref(), Some(detail), "{text}");
            assert_eq!(error.to_string(), "invalid input syntax for type json");
        }
        assert_eq!(parse(&"[".repeat(100_000)), Err(Error::TooDeep));
        assert_eq!(parse(r#""\u0000""#), Err(Error::UnsupportedUnicode));
        assert!(validate(r#""\u0000""#).is_ok());
    }
}
