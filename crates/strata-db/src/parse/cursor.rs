//! The parser's place in the tokens, and the small steps that every rule is made of.

use super::ast::{Ident, ObjectName, Pos};
use super::error::{ParseError, STACK_DEPTH_EXCEEDED};
use super::keyword::{Category, Keyword};
use super::lexer::Lexer;
use super::token::{Token, TokenKind};
use std::collections::VecDeque;

/// What every rule returns.
pub(super) type Result<T> = std::result::Result<T, ParseError>;

/// How high a tree may grow, and so how deep any pass over it recurses.
///
/// Engine threads have 64 MiB of stack. Parsing one level of nesting takes up to 3 KiB in an unoptimised
/// build, binding a little more: at this height neither takes half of the stack.
const HEIGHT_MAX: u32 = 6_000;

/// A text being parsed.
pub(super) struct Parser<'a> {
    sql: &'a str,
    lexer: Lexer<'a>,
    /// The token to be read next.
    pub(super) token: Token,
    ahead: VecDeque<Token>,
    /// Why there is no token where [`TokenKind::Punct`] 0 stands.
    lexical_error: Option<ParseError>,
    /// The byte behind the last token read.
    pub(super) last_end: usize,
    /// How many rules that nest are being read.
    depth: u32,
    /// The height of the highest tree finished inside the innermost of them.
    height: u32,
    /// `INTO` of a SELECT, until the statement that may have one takes it.
    pub(super) into: Option<super::grammar::Into>,
}

/// Stands for text that is no token. No rule accepts it.
const NO_TOKEN: TokenKind = TokenKind::Punct(0);

impl<'a> Parser<'a> {
    /// A parser before the first token.
    pub(super) fn new(sql: &'a str) -> Self {
        let start = Token { kind: TokenKind::End, start: 0, end: 0, position: 0 };
        let mut parser = Self {
            sql,
            lexer: Lexer::new(sql),
            token: start,
            ahead: VecDeque::new(),
            lexical_error: None,
            last_end: 0,
            depth: 0,
            height: 0,
            into: None,
        };
        parser.token = parser.lex();
        parser
    }

    /// The text from a byte to the last token read.
    pub(super) fn text_from(&self, start: usize) -> &'a str {
        self.sql.get(start..self.last_end).unwrap_or("")
    }

    /// The text of the next token.
    pub(super) fn token_text(&self) -> &'a str {
        self.sql.get(self.token.start..self.token.end).unwrap_or("")
    }

    fn lex(&mut self) -> Token {
        if self.lexical_error.is_some() {
            return Token { kind: NO_TOKEN, start: self.sql.len(), end: self.sql.len(), position: 0 };
        }
        self.lexer.next_token().unwrap_or_else(|error| {
            let position = error.pos.0;
            self.lexical_error = Some(error);
            Token { kind: NO_TOKEN, start: self.sql.len(), end: self.sql.len(), position }
        })
    }

    // ---- tokens ----

    /// Where the next token stands.
    pub(super) fn pos(&self) -> Pos {
        Pos(self.token.position)
    }

    /// Reads a token.
    pub(super) fn advance(&mut self) -> TokenKind {
        let next = match self.ahead.pop_front() {
            Some(token) => token,
            None => self.lex(),
        };
        self.last_end = self.token.end;
        std::mem::replace(&mut self.token, next).kind
    }

    /// The token `n` after the next one, unread.
    pub(super) fn peek(&mut self, n: usize) -> &TokenKind {
        if n == 0 {
            return &self.token.kind;
        }
        while self.ahead.len() < n {
            let token = self.lex();
            self.ahead.push_back(token);
        }
        self.ahead.get(n - 1).map_or(&NO_TOKEN, |token| &token.kind)
    }

    /// Whether the token `n` after the next one is a keyword.
    pub(super) fn peek_is(&mut self, n: usize, keyword: Keyword) -> bool {
        *self.peek(n) == TokenKind::Keyword(keyword)
    }

    /// Whether the token `n` after the next one is a punctuation character.
    pub(super) fn peek_punct(&mut self, n: usize, punct: u8) -> bool {
        *self.peek(n) == TokenKind::Punct(punct)
    }

    /// The next token's keyword.
    pub(super) fn keyword(&self) -> Option<Keyword> {
        match self.token.kind {
            TokenKind::Keyword(keyword) => Some(keyword),
            _ => None,
        }
    }

    /// Whether the next token is a keyword.
    pub(super) fn at(&self, keyword: Keyword) -> bool {
        self.token.kind == TokenKind::Keyword(keyword)
    }

    /// Whether the next token is one of some keywords.
    pub(super) fn at_any(&self, keywords: &[Keyword]) -> bool {
        self.keyword().is_some_and(|keyword| keywords.contains(&keyword))
    }

    /// Reads a keyword if it comes next.
    pub(super) fn eat(&mut self, keyword: Keyword) -> bool {
        let found = self.at(keyword);
        if found {
            self.advance();
        }
        found
    }

    /// Reads two keywords if they come next.
    pub(super) fn eat_two(&mut self, first: Keyword, second: Keyword) -> bool {
        let found = self.at(first) && self.peek_is(1, second);
        if found {
            self.advance();
            self.advance();
        }
        found
    }

    /// Reads one of some keywords if it comes next.
    pub(super) fn eat_any(&mut self, keywords: &[Keyword]) -> Option<Keyword> {
        let found = self.keyword().filter(|keyword| keywords.contains(keyword))?;
        self.advance();
        Some(found)
    }

    /// Reads a keyword that must come next.
    pub(super) fn expect(&mut self, keyword: Keyword) -> Result<()> {
        if self.eat(keyword) { Ok(()) } else { self.unexpected() }
    }

    /// Whether a punctuation character comes next.
    pub(super) fn at_punct(&self, punct: u8) -> bool {
        self.token.kind == TokenKind::Punct(punct)
    }

    /// Reads a punctuation character if it comes next.
    pub(super) fn eat_punct(&mut self, punct: u8) -> bool {
        let found = self.at_punct(punct);
        if found {
            self.advance();
        }
        found
    }

    /// Reads a punctuation character that must come next.
    pub(super) fn expect_punct(&mut self, punct: u8) -> Result<()> {
        if self.eat_punct(punct) { Ok(()) } else { self.unexpected() }
    }

    /// Whether an operator comes next.
    pub(super) fn at_operator(&self, symbol: &str) -> bool {
        matches!(&self.token.kind, TokenKind::Operator(found) if found == symbol)
    }

    /// Reads an operator if it comes next.
    pub(super) fn eat_operator(&mut self, symbol: &str) -> bool {
        let found = self.at_operator(symbol);
        if found {
            self.advance();
        }
        found
    }

    // ---- errors ----

    /// The error that the next token may not stand here.
    pub(super) fn unexpected<T>(&mut self) -> Result<T> {
        Err(self.unexpected_error())
    }

    /// The same, as a value.
    pub(super) fn unexpected_error(&mut self) -> ParseError {
        if self.token.kind == NO_TOKEN
            && let Some(error) = self.lexical_error.take()
        {
            return error;
        }
        let pos = self.pos();
        self.near("syntax error", pos)
    }

    /// An error about the next token: `message at or near "token"`.
    pub(super) fn near(&self, message: &str, pos: Pos) -> ParseError {
        if self.token.kind == TokenKind::End {
            return ParseError::syntax(format!("{message} at end of input"), pos);
        }
        let text = self.sql.get(self.token.start..self.token.end).unwrap_or("");
        ParseError::syntax(format!("{message} at or near \"{text}\""), pos)
    }

    // ---- nesting ----

    /// Reads a rule that may contain itself, unless that goes too deep.
    pub(super) fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.check_height(1)?;
        let outside = std::mem::take(&mut self.height);
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        self.height = outside.max(self.height.saturating_add(1));
        result
    }

    /// Counts a node that is put on top of the tree read so far, as each operator of `a + b + c` is.
    pub(super) fn grow(&mut self) -> Result<()> {
        self.height = self.height.saturating_add(1);
        self.check_height(0)
    }

    /// Takes back one [`grow`](Self::grow): the node became part of the one below it.
    pub(super) fn shrink(&mut self) {
        self.height = self.height.saturating_sub(1);
    }

    fn check_height(&self, more: u32) -> Result<()> {
        if self.depth.saturating_add(self.height).saturating_add(more) <= HEIGHT_MAX {
            return Ok(());
        }
        Err(ParseError::new(STACK_DEPTH_EXCEEDED, "stack depth limit exceeded", self.pos())
            .with_hint("The statement nests its expressions or queries too deeply."))
    }

    // ---- names ----

    /// Reads a name if the next token is an identifier or a keyword of one of some categories.
    pub(super) fn eat_name(&mut self, allowed: impl Fn(Keyword) -> bool) -> Option<Ident> {
        let pos = self.pos();
        match self.token.kind {
            TokenKind::Ident(_) => match self.advance() {
                TokenKind::Ident(name) => Some(Ident { name, pos }),
                _ => None,
            },
            TokenKind::Keyword(keyword) if allowed(keyword) => {
                self.advance();
                Some(Ident::new(keyword.text(), pos))
            }
            _ => None,
        }
    }

    fn name(&mut self, allowed: impl Fn(Keyword) -> bool) -> Result<Ident> {
        match self.eat_name(allowed) {
            Some(ident) => Ok(ident),
            None => self.unexpected(),
        }
    }

    /// The name of a column, table and most other things.
    pub(super) fn column_id(&mut self) -> Result<Ident> {
        self.name(is_column_id)
    }

    /// Whether [`column_id`](Self::column_id) would succeed.
    pub(super) fn at_column_id(&self) -> bool {
        match self.token.kind {
            TokenKind::Ident(_) => true,
            TokenKind::Keyword(keyword) => is_column_id(keyword),
            _ => false,
        }
    }

    /// The name of a type or function.
    pub(super) fn type_function_name(&mut self) -> Result<Ident> {
        self.name(is_type_function_name)
    }

    /// Any word at all: what stands after `AS` or a dot.
    pub(super) fn label(&mut self) -> Result<Ident> {
        self.name(|_| true)
    }

    /// A word that no reserved keyword may be, but both other kinds may.
    pub(super) fn non_reserved_word(&mut self) -> Result<Ident> {
        self.name(|keyword| keyword.category() != Category::Reserved)
    }

    /// A qualified name.
    pub(super) fn object_name(&mut self) -> Result<ObjectName> {
        let first = self.column_id()?;
        self.object_name_from(first)
    }

    /// The rest of a qualified name.
    pub(super) fn object_name_from(&mut self, first: Ident) -> Result<ObjectName> {
        let mut parts = vec![first];
        while self.eat_punct(b'.') {
            parts.push(self.label()?);
        }
        Ok(ObjectName(parts))
    }

    /// The qualified name of a relation: at most `project.dataset.table`.
    pub(super) fn relation_name(&mut self) -> Result<ObjectName> {
        let name = self.object_name()?;
        if name.0.len() > 3 {
            let message = format!("improper qualified name (too many dotted names): {name}");
            return Err(ParseError::syntax(message, name.pos()));
        }
        Ok(name)
    }

    /// One or more of something, separated by commas.
    pub(super) fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat_punct(b',') {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// The same in parentheses.
    pub(super) fn paren_list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect_punct(b'(')?;
        let items = self.list(item)?;
        self.expect_punct(b')')?;
        Ok(items)
    }

    /// The same, or nothing when no parenthesis comes next.
    pub(super) fn optional_paren_list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if self.at_punct(b'(') { self.paren_list(item) } else { Ok(Vec::new()) }
    }

    // ---- literals ----

    /// A string literal.
    pub(super) fn string(&mut self) -> Result<Box<str>> {
        if matches!(self.token.kind, TokenKind::String(_))
            && let TokenKind::String(text) = self.advance()
        {
            return Ok(text);
        }
        self.unexpected()
    }

    /// A whole number without sign that fits 32 bits.
    pub(super) fn integer(&mut self) -> Result<i32> {
        let TokenKind::Integer(value) = self.token.kind else { return self.unexpected() };
        self.advance();
        Ok(value)
    }

    /// A whole number with or without sign.
    pub(super) fn signed_integer(&mut self) -> Result<i32> {
        let negative = self.sign();
        let value = self.integer()?;
        Ok(if negative { -value } else { value })
    }

    /// A number with or without sign, as written.
    pub(super) fn signed_number(&mut self) -> Result<Box<str>> {
        let negative = self.sign();
        let text: Box<str> = match &self.token.kind {
            TokenKind::Integer(value) => value.to_string().into(),
            TokenKind::Number(text) => text.clone(),
            _ => return self.unexpected(),
        };
        self.advance();
        Ok(if negative { format!("-{text}").into() } else { text })
    }

    fn sign(&mut self) -> bool {
        self.eat_operator("-") || {
            self.eat_operator("+");
            false
        }
    }
}

/// Keywords that may name a column or table.
pub(super) fn is_column_id(keyword: Keyword) -> bool {
    matches!(keyword.category(), Category::Unreserved | Category::ColumnName)
}

/// Keywords that may name a type or function.
pub(super) fn is_type_function_name(keyword: Keyword) -> bool {
    matches!(keyword.category(), Category::Unreserved | Category::TypeFunctionName)
}
