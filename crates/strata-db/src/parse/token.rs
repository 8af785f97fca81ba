//! The tokens that the grammar reads.

use super::keyword::Keyword;
use std::borrow::Cow;

/// A token and the bytes that it spans.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after its last one.
    pub(super) end: usize,
    /// The number of characters before it.
    pub(super) position: u32,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A keyword. Where it may be a name, it is one.
    Keyword(Keyword),
    /// Any other word, or a quoted identifier.
    Ident(Box<str>),
    /// A string literal, escapes resolved.
    String(Box<str>),
    /// `B'..'`: what stands between the quotes.
    BitString(Box<str>),
    /// `X'..'`.
    HexString(Box<str>),
    /// A whole number that fits 32 bits.
    Integer(i32),
    /// Any other number, as written.
    Number(Box<str>),
    /// `$1`.
    Param(u32),
    /// An operator; `!=` is `<>`.
    Operator(Cow<'static, str>),
    /// `( ) [ ] , ; : .`
    Punct(u8),
    /// `::`
    DoubleColon,
    /// `:=`
    ColonEquals,
    /// `=>`
    EqualsGreater,
    /// `..`
    DotDot,
    /// The end of the text.
    End,
}
