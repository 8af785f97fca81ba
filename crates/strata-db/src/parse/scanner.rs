//! One token from the source, by PostgreSQL 15's lexical rules.

use super::ast::Pos;
use super::error::ParseError;
use super::keyword::Keyword;
use super::lexer::is_space;
use super::quoted;
use super::token::TokenKind;
use std::borrow::Cow;

/// The longest identifier in bytes; PostgreSQL cuts longer ones.
const IDENTIFIER_LEN_MAX: usize = 63;

/// Reads from a byte of the text. Positions in its errors count bytes.
pub(super) struct Scanner<'a> {
    sql: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// A scanner at a byte that starts a token.
    pub(super) fn new(sql: &'a str, at: usize) -> Self {
        Self { sql, at }
    }

    /// The byte behind what has been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Reads a token; `None` for white space or a comment.
    pub(super) fn token(&mut self) -> Result<Option<TokenKind>, ParseError> {
        let start = self.at;
        let Some(byte) = self.peek(0) else { return Ok(Some(TokenKind::End)) };
        let next = self.peek(1);
        let kind = match byte {
            _ if is_space(byte) => {
                self.pass_while(is_space);
                return Ok(None);
            }
            b'-' if next == Some(b'-') => {
                self.pass_while(|b| b != b'\n' && b != b'\r');
                return Ok(None);
            }
            b'/' if next == Some(b'*') => {
                self.block_comment()?;
                return Ok(None);
            }
            b'\'' => {
                self.at += 1;
                TokenKind::String(quoted::plain(&self.quoted_body(start, "quoted string")?))
            }
            b'"' => TokenKind::Ident(cut_identifier(self.delimited(start)?)),
            b'e' | b'E' if next == Some(b'\'') => {
                self.at += 2;
                let body = self.escaped_body(start)?;
                TokenKind::String(quoted::escaped(body, |from, to| {
                    format!(" at or near \"{}\"", self.slice(from, to))
                })?)
            }
            b'b' | b'B' if next == Some(b'\'') => {
                self.at += 2;
                TokenKind::BitString(quoted::plain(&self.quoted_body(start, "bit string literal")?))
            }
            b'x' | b'X' if next == Some(b'\'') => {
                self.at += 2;
                TokenKind::HexString(quoted::plain(&self.quoted_body(start, "hexadecimal string literal")?))
            }
            b'n' | b'N' if next == Some(b'\'') => {
                self.at += 2;
                TokenKind::String(quoted::plain(&self.quoted_body(start, "quoted string")?))
            }
            b'u' | b'U' if next == Some(b'&') && matches!(self.peek(2), Some(b'\'' | b'"')) => {
                self.unicode(start)?
            }
            b'0'..=b'9' => self.number(start)?,
            b'.' if next.is_some_and(|b| b.is_ascii_digit()) => self.number(start)?,
            b'.' if next == Some(b'.') => self.fixed(2, TokenKind::DotDot),
            b':' if next == Some(b':') => self.fixed(2, TokenKind::DoubleColon),
            b':' if next == Some(b'=') => self.fixed(2, TokenKind::ColonEquals),
            b'$' => self.dollar(start)?,
            _ if is_operator(byte) => self.operator()?,
            _ if is_ident_start(byte) => self.word(start),
            _ => self.fixed(1, TokenKind::Punct(byte)),
        };
        Ok(Some(kind))
    }

    fn bytes(&self) -> &'a [u8] {
        self.sql.as_bytes()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes().get(self.at + ahead).copied()
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.sql.get(from..to).unwrap_or("")
    }

    fn pass_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn fixed(&mut self, len: usize, kind: TokenKind) -> TokenKind {
        self.at += len;
        kind
    }

    /// `at or near "text"`: from a byte to what has been read.
    fn near(&self, from: usize) -> String {
        format!(" at or near \"{}\"", self.slice(from, self.at))
    }

    fn unterminated(&mut self, what: &str, start: usize) -> ParseError {
        self.at = self.sql.len();
        ParseError::syntax(format!("unterminated {what}{}", self.near(start)), byte_pos(start))
    }

    fn block_comment(&mut self) -> Result<(), ParseError> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return Err(self.unterminated("/* comment", start)),
            }
        }
    }

    /// The parts of a string from behind its opening quote: one, or more when it is continued on a later
    /// line. Doubled quotes are still double.
    fn quoted_body(&mut self, start: usize, what: &str) -> Result<Vec<&'a str>, ParseError> {
        let mut parts = Vec::with_capacity(1);
        loop {
            let from = self.at;
            loop {
                match self.peek(0) {
                    Some(b'\'') if self.peek(1) == Some(b'\'') => self.at += 2,
                    Some(b'\'') => break,
                    Some(_) => self.at += 1,
                    None => return Err(self.unterminated(what, start)),
                }
            }
            parts.push(self.slice(from, self.at));
            self.at += 1;
            if !self.continued() {
                return Ok(parts);
            }
        }
    }

    /// The same for `E''`, where a backslash hides a quote. Each part comes with its place.
    fn escaped_body(&mut self, start: usize) -> Result<Vec<(usize, &'a str)>, ParseError> {
        let mut parts = Vec::with_capacity(1);
        loop {
            let from = self.at;
            loop {
                match self.peek(0) {
                    Some(b'\\') if self.peek(1).is_some() => self.at += 2,
                    Some(b'\'') if self.peek(1) == Some(b'\'') => self.at += 2,
                    Some(b'\'') => break,
                    Some(_) => self.at += 1,
                    None => return Err(self.unterminated("quoted string", start)),
                }
            }
            parts.push((from, self.slice(from, self.at)));
            self.at += 1;
            if !self.continued() {
                return Ok(parts);
            }
        }
    }

    /// Passes white space with a line break in it, and the quote behind it: the string goes on.
    fn continued(&mut self) -> bool {
        let mut at = self.at;
        let mut new_line = false;
        while let Some(&byte) = self.bytes().get(at) {
            if is_space(byte) {
                new_line |= matches!(byte, b'\n' | b'\r');
                at += 1;
            } else if byte == b'-' && self.bytes().get(at + 1) == Some(&b'-') {
                while self.bytes().get(at).is_some_and(|b| !matches!(b, b'\n' | b'\r')) {
                    at += 1;
                }
            } else {
                break;
            }
        }
        let goes_on = new_line && self.bytes().get(at) == Some(&b'\'');
        if goes_on {
            self.at = at + 1;
        }
        goes_on
    }

    /// `"identifier"` with its doubled quotes made single.
    fn delimited(&mut self, start: usize) -> Result<String, ParseError> {
        self.at += 1;
        let from = self.at;
        loop {
            match self.peek(0) {
                Some(b'"') if self.peek(1) == Some(b'"') => self.at += 2,
                Some(b'"') => break,
                Some(_) => self.at += 1,
                None => return Err(self.unterminated("quoted identifier", start)),
            }
        }
        let body = self.slice(from, self.at);
        self.at += 1;
        if body.is_empty() {
            return Err(ParseError::syntax(
                format!("zero-length delimited identifier{}", self.near(start)),
                byte_pos(start),
            ));
        }
        Ok(body.replace("\"\"", "\""))
    }

    /// `U&'..'` and `U&".."`, with `UESCAPE` behind it.
    fn unicode(&mut self, start: usize) -> Result<TokenKind, ParseError> {
        self.at += 2;
        let is_string = self.peek(0) == Some(b'\'');
        let body = if is_string {
            self.at += 1;
            quoted::plain(&self.quoted_body(start, "quoted string")?).into_string()
        } else {
            self.delimited(start)?
        };
        let escape = self.uescape()?;
        let text = quoted::unicode(&body, escape, start + 3)?;
        Ok(if is_string {
            TokenKind::String(text.into_boxed_str())
        } else {
            TokenKind::Ident(cut_identifier(text))
        })
    }

    /// `UESCAPE 'c'`, if it is there.
    fn uescape(&mut self) -> Result<char, ParseError> {
        let end = self.at;
        let mut ahead = Scanner::new(self.sql, end);
        let word = loop {
            match ahead.token() {
                Ok(None) => {}
                Ok(Some(kind)) => break kind,
                Err(_) => return Ok('\\'),
            }
        };
        if word != TokenKind::Keyword(Keyword::Uescape) {
            return Ok('\\');
        }
        let (start, value) = loop {
            let start = ahead.at;
            if let Some(kind) = ahead.token()? {
                break (start, kind);
            }
        };
        let TokenKind::String(value) = value else {
            let message = format!("UESCAPE must be followed by a simple string literal{}", ahead.near(start));
            return Err(ParseError::syntax(message, byte_pos(start)));
        };
        self.at = ahead.at;
        let mut chars = value.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None)
                if !(c.is_ascii_hexdigit()
                    || matches!(c, '+' | '\'' | '"' | ' ' | '\t' | '\n' | '\r' | '\x0C')) =>
            {
                Ok(c)
            }
            _ => Err(ParseError::syntax(
                format!("invalid Unicode escape character{}", ahead.near(start)),
                byte_pos(start),
            )),
        }
    }

    fn number(&mut self, start: usize) -> Result<TokenKind, ParseError> {
        let digit = |b: u8| b.is_ascii_digit();
        let mut whole = true;
        self.pass_while(digit);
        // `1..2` is a range: the number ends before the dots.
        if self.peek(0) == Some(b'.') && self.peek(1) != Some(b'.') {
            whole = false;
            self.at += 1;
            self.pass_while(digit);
        }
        if matches!(self.peek(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
            if self.peek(1 + sign).is_some_and(digit) {
                whole = false;
                self.at += 1 + sign;
                self.pass_while(digit);
            } else if sign == 1 {
                self.at += 2;
                return Err(self.junk("numeric literal", start));
            }
        }
        if self.peek(0).is_some_and(is_ident_start) {
            self.pass_while(is_ident_part);
            return Err(self.junk("numeric literal", start));
        }
        let text = self.slice(start, self.at);
        Ok(match text.parse() {
            Ok(value) if whole => TokenKind::Integer(value),
            _ => TokenKind::Number(text.into()),
        })
    }

    fn junk(&self, what: &str, start: usize) -> ParseError {
        ParseError::syntax(format!("trailing junk after {what}{}", self.near(start)), byte_pos(start))
    }

    /// A parameter or a dollar-quoted string.
    fn dollar(&mut self, start: usize) -> Result<TokenKind, ParseError> {
        self.at += 1;
        if self.peek(0).is_some_and(|b| b.is_ascii_digit()) {
            self.pass_while(|b| b.is_ascii_digit());
            if self.peek(0).is_some_and(is_ident_start) {
                self.pass_while(is_ident_part);
                return Err(self.junk("parameter", start));
            }
            // PostgreSQL wraps a number that is too large; no statement has so many parameters.
            let number = self.slice(start + 1, self.at).parse().unwrap_or(u32::MAX);
            return Ok(TokenKind::Param(number));
        }
        if self.peek(0).is_some_and(is_ident_start) {
            self.pass_while(|b| is_ident_start(b) || b.is_ascii_digit());
        }
        if self.peek(0) != Some(b'$') {
            self.at = start + 1;
            return Ok(TokenKind::Punct(b'$'));
        }
        self.at += 1;
        let tag = self.slice(start, self.at);
        let body = self.slice(self.at, self.sql.len());
        match body.find(tag) {
            Some(len) => {
                self.at += len + tag.len();
                Ok(TokenKind::String(body.get(..len).unwrap_or("").into()))
            }
            None => Err(self.unterminated("dollar-quoted string", start)),
        }
    }

    /// The longest operator here, less a trailing `+` or `-` unless an unusual character is in it: `a<-1` is
    /// `a < -1`, but `@-` is one operator.
    fn operator(&mut self) -> Result<TokenKind, ParseError> {
        let start = self.at;
        self.pass_while(is_operator);
        let run = self.slice(start, self.at);
        let comment = [run.find("--"), run.find("/*")].into_iter().flatten().min();
        let mut symbol = run.get(..comment.unwrap_or(run.len())).unwrap_or(run);
        if !symbol.bytes().any(|b| b"~!@#^&|`?%".contains(&b)) {
            while symbol.len() > 1 && symbol.ends_with(['+', '-']) {
                symbol = symbol.get(..symbol.len() - 1).unwrap_or(symbol);
            }
        }
        self.at = start + symbol.len();
        if symbol.len() > IDENTIFIER_LEN_MAX {
            return Err(ParseError::syntax(
                format!("operator too long{}", self.near(start)),
                byte_pos(start),
            ));
        }
        Ok(match symbol {
            "=>" => TokenKind::EqualsGreater,
            _ => TokenKind::Operator(operator_symbol(symbol)),
        })
    }

    fn word(&mut self, start: usize) -> TokenKind {
        self.pass_while(is_ident_part);
        let folded = fold_identifier(self.slice(start, self.at));
        Keyword::lookup(&folded).map_or(TokenKind::Ident(folded), TokenKind::Keyword)
    }
}

/// A position in bytes; the lexer turns it into characters.
fn byte_pos(byte: usize) -> Pos {
    Pos(u32::try_from(byte).unwrap_or(u32::MAX))
}

fn is_operator(byte: u8) -> bool {
    b"~!@#^&|`?+-*/%<>=".contains(&byte)
}

fn is_ident_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_ident_part(byte: u8) -> bool {
    is_ident_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// Lower case (ASCII only, as PostgreSQL does for UTF-8), cut to 63 bytes.
pub(super) fn fold_identifier(text: &str) -> Box<str> {
    cut_identifier(text.to_ascii_lowercase())
}

/// The value of a quoted identifier, cut to 63 bytes.
pub(super) fn unquote_identifier(text: String) -> Box<str> {
    cut_identifier(text)
}

fn cut_identifier(mut text: String) -> Box<str> {
    if text.len() > IDENTIFIER_LEN_MAX {
        let mut end = IDENTIFIER_LEN_MAX;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text.into_boxed_str()
}

/// The builtin operators cost no allocation.
fn operator_symbol(symbol: &str) -> Cow<'static, str> {
    const BUILTIN: &[&str] = &[
        "=", "<", ">", "<=", ">=", "<>", "+", "-", "*", "/", "%", "^", "||", "->", "->>", "#>", "#>>", "@>",
        "<@", "?", "?|", "?&", "~", "~*", "!~", "!~*", "~~", "~~*", "!~~", "!~~*", "&&", "&", "|", "#", "<<",
        ">>", "@@", "@", "|/", "||/", "#-", "@?", "-|-", "&<", "&>", "<->", "!!",
    ];
    if symbol == "!=" {
        return Cow::Borrowed("<>");
    }
    match BUILTIN.iter().find(|builtin| **builtin == symbol) {
        Some(builtin) => Cow::Borrowed(builtin),
        None => Cow::Owned(symbol.to_owned()),
    }
}
