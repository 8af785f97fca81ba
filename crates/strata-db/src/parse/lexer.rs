//! Tokens from text: sqlparser's tokenizer where it and PostgreSQL agree, our own scanner elsewhere.
//!
//! The tokenizer reads the text a window at a time, so a statement of megabytes never has all its tokens
//! in memory. Words, plain strings, commas and parentheses are taken as it delivers them. Where its rules
//! differ from PostgreSQL's (operators, numbers, prefixed strings, comments), or where the window cuts a
//! token, or where it reports an error, [`Scanner`] reads one token from the source, and the tokenizer
//! goes on behind it.

use super::ast::Pos;
use super::error::ParseError;
use super::keyword::Keyword;
use super::scanner::{Scanner, fold_identifier, unquote_identifier};
use super::token::{Token, TokenKind};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token as Raw, TokenWithSpan, Tokenizer, Whitespace};

/// How many bytes the tokenizer reads at once when it and PostgreSQL agree about the text.
const WINDOW_MAX: usize = 16 * 1024;
/// How many it reads after they disagreed: what it read past that point is thrown away.
const WINDOW_MIN: usize = 128;

/// Reads a text token by token.
pub(super) struct Lexer<'a> {
    sql: &'a str,
    /// The next byte to read and the number of characters before it.
    at: Place,
    /// What the tokenizer made of the window, in reverse: the next one is last.
    window: Vec<TokenWithSpan>,
    /// Where the next raw token starts.
    raw: Place,
    /// Line and column of `raw`, as the tokenizer counts them.
    raw_location: (u64, u64),
    window_end: usize,
    window_len: usize,
}

/// A place in the text, in bytes and in characters.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    byte: usize,
    char: u32,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of a text.
    pub(super) fn new(sql: &'a str) -> Self {
        Self {
            sql,
            at: Place::default(),
            window: Vec::new(),
            raw: Place::default(),
            raw_location: (1, 1),
            window_end: 0,
            window_len: WINDOW_MAX,
        }
    }

    /// The next token; [`TokenKind::End`] at the end and ever after.
    pub(super) fn next_token(&mut self) -> Result<Token, ParseError> {
        loop {
            if self.at.byte >= self.sql.len() {
                return Ok(self.token(TokenKind::End, self.at));
            }
            match self.next_raw() {
                Some((raw, end)) => {
                    if let Some(kind) = self.agreed(raw, end) {
                        let start = std::mem::replace(&mut self.at, end);
                        if let Some(kind) = kind {
                            return Ok(Token {
                                kind,
                                start: start.byte,
                                end: end.byte,
                                position: start.char,
                            });
                        }
                        continue;
                    }
                }
                None => self.window.clear(),
            }
            if let Some(token) = self.scan()? {
                return Ok(token);
            }
        }
    }

    fn token(&self, kind: TokenKind, start: Place) -> Token {
        Token { kind, start: start.byte, end: self.at.byte, position: start.char }
    }

    /// The tokenizer's token at the present place, if it has one that ends inside its window.
    fn next_raw(&mut self) -> Option<(Raw, Place)> {
        if self.window.is_empty() {
            self.fill();
        }
        let token = self.window.pop()?;
        let end = self.locate(token.span.end.line, token.span.end.column);
        // A token that touches the end of a window may go on behind it.
        if end.byte >= self.window_end && self.window_end < self.sql.len() {
            return None;
        }
        Some((token.token, end))
    }

    /// Lets the tokenizer read the next window.
    fn fill(&mut self) {
        let mut end = self.at.byte.saturating_add(self.window_len).min(self.sql.len());
        while !self.sql.is_char_boundary(end) {
            end += 1;
        }
        self.window_end = end;
        self.window_len = (self.window_len * 2).min(WINDOW_MAX);
        self.raw = self.at;
        self.raw_location = (1, 1);
        let dialect = PostgreSqlDialect {};
        let piece = self.sql.get(self.at.byte..end).unwrap_or("");
        // An error ends the window early: the scanner reads what the tokenizer could not.
        let _ = Tokenizer::new(&dialect, piece).tokenize_with_location_into_buf(&mut self.window);
        self.window.reverse();
    }

    /// The place of a location that the tokenizer names; locations only grow.
    fn locate(&mut self, line: u64, column: u64) -> Place {
        let bytes = self.sql.as_bytes();
        let (mut at_line, mut at_column) = self.raw_location;
        let mut place = self.raw;
        while (at_line, at_column) < (line, column) {
            let Some(&byte) = bytes.get(place.byte) else { break };
            place.byte += 1;
            while bytes.get(place.byte).is_some_and(|b| b & 0xC0 == 0x80) {
                place.byte += 1;
            }
            place.char += 1;
            if byte == b'\n' {
                at_line += 1;
                at_column = 1;
            } else {
                at_column += 1;
            }
        }
        self.raw = place;
        self.raw_location = (at_line, at_column);
        place
    }

    /// What a raw token is, if the tokenizer and PostgreSQL agree: `Some(None)` is white space.
    fn agreed(&self, raw: Raw, end: Place) -> Option<Option<TokenKind>> {
        let text = self.sql.get(self.at.byte..end.byte)?;
        let kind = match raw {
            Raw::Whitespace(Whitespace::Space | Whitespace::Tab | Whitespace::Newline) => {
                return text.bytes().all(is_space).then_some(None);
            }
            Raw::Word(word) => match word.quote_style {
                None if matches!(text, "u" | "U") && self.sql.as_bytes().get(end.byte) == Some(&b'&') => {
                    return None;
                }
                None => {
                    let folded = fold_identifier(text);
                    match Keyword::lookup(&folded) {
                        Some(keyword) => TokenKind::Keyword(keyword),
                        None => TokenKind::Ident(folded),
                    }
                }
                Some('"') if !word.value.is_empty() => TokenKind::Ident(unquote_identifier(word.value)),
                Some(_) => return None,
            },
            Raw::SingleQuotedString(value) if !self.string_goes_on(end.byte) => {
                TokenKind::String(value.into_boxed_str())
            }
            Raw::Comma => TokenKind::Punct(b','),
            Raw::LParen => TokenKind::Punct(b'('),
            Raw::RParen => TokenKind::Punct(b')'),
            Raw::LBracket => TokenKind::Punct(b'['),
            Raw::RBracket => TokenKind::Punct(b']'),
            Raw::SemiColon => TokenKind::Punct(b';'),
            // Everything else has rules of its own in PostgreSQL.
            _ => return None,
        };
        Some(Some(kind))
    }

    /// Whether a string literal may be continued on a later line.
    fn string_goes_on(&self, end: usize) -> bool {
        let mut rest = self.sql.as_bytes().get(end..).unwrap_or(&[]).iter();
        rest.find(|byte| !is_space(**byte)).is_some_and(|byte| matches!(byte, b'\'' | b'-'))
    }

    /// Reads one token from the source, or passes one comment or stretch of space.
    fn scan(&mut self) -> Result<Option<Token>, ParseError> {
        let start = self.at;
        let mut scanner = Scanner::new(self.sql, start.byte);
        let scanned = scanner.token();
        let end = scanner.at();
        let kind = scanned.map_err(|mut error| {
            // The scanner counts bytes; the report counts characters.
            error.pos = Pos(self.char_at(start, error.pos.0 as usize));
            error
        })?;
        self.at = Place { byte: end, char: self.char_at(start, end) };
        self.resume(end);
        Ok(kind.map(|kind| self.token(kind, start)))
    }

    /// The number of characters before a byte, counted on from an earlier place.
    fn char_at(&self, from: Place, byte: usize) -> u32 {
        let between = self.sql.as_bytes().get(from.byte..byte).unwrap_or(&[]);
        let chars = between.iter().filter(|b| **b & 0xC0 != 0x80).count();
        from.char.saturating_add(u32::try_from(chars).unwrap_or(u32::MAX))
    }

    /// Passes the raw tokens that the scanner's token covers. If one of them reaches further, the
    /// tokenizer saw something else than PostgreSQL does, and starts again here.
    fn resume(&mut self, end: usize) {
        while self.raw.byte < end {
            let Some(token) = self.window.pop() else { return };
            self.locate(token.span.end.line, token.span.end.column);
        }
        if self.raw.byte > end {
            self.window.clear();
            self.window_len = WINDOW_MIN;
        }
    }
}

/// PostgreSQL's white space.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}
