//! Text to tree: PostgreSQL 15's grammar by recursive descent.
//!
//! [`parse`] splits a text into statements and gives each as plain data, see [`ast`]. It knows no catalog.
//!
//! ```text
//! text ─ sqlparser's Tokenizer ─▶ lexer ─▶ cursor ─▶ grammar ─▶ ast
//!              scanner, quoted ──┘ (where PostgreSQL's lexical rules differ)
//! ```
//!
//! No statement is read as something else than PostgreSQL reads it: what the grammar does not know is a
//! syntax error in PostgreSQL's words, or [`ast::Statement::Unsupported`] when PostgreSQL has it.
//!
//! Nothing here is quadratic, and no text overflows the stack: trees that grow too high are refused with
//! `54001` (see `cursor::HEIGHT_MAX`).

pub mod ast;
mod cursor;
mod error;
mod grammar;
mod keyword;
mod lexer;
mod print;
mod quoted;
mod scanner;
#[cfg(test)]
mod tests;
mod token;

pub use error::ParseError;
pub use print::{expr_to_pretty_sql, expr_to_sql, query_to_sql, quote_ident, quote_literal, type_to_sql};

use crate::functions::reports::KeywordReport;
use ast::{Expr, Statement, TypeName};
use cursor::Parser;
use token::TokenKind;

/// A statement and the bytes of the text that it spans, without the semicolon.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The statement.
    pub statement: Statement,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last one.
    pub end: usize,
}

/// Parses a text of any number of statements, separated by semicolons. Empty ones are left out.
pub fn parse(sql: &str) -> Result<Vec<Parsed>, ParseError> {
    let mut parser = Parser::new(sql);
    let mut statements = Vec::new();
    loop {
        while parser.eat_punct(b';') {}
        if parser.token.kind == TokenKind::End {
            return Ok(statements);
        }
        let start = parser.token.start;
        let statement = parser.statement()?;
        statements.push(Parsed { statement, start, end: parser.last_end });
        if !parser.at_punct(b';') && parser.token.kind != TokenKind::End {
            return parser.unexpected();
        }
    }
}

/// Parses a single expression: a stored default, check constraint or index key.
pub fn parse_expr(sql: &str) -> Result<Expr, ParseError> {
    whole(sql, |parser| parser.expr())
}

/// The words of the language, sorted.
#[must_use]
pub fn keywords() -> Vec<KeywordReport> {
    keyword::all().collect()
}

/// An expression's text with the fewest parentheses; the text itself if it is none.
#[must_use]
pub fn pretty_expr(sql: &str) -> String {
    parse_expr(sql).map_or_else(|_| sql.to_owned(), |expr| expr_to_pretty_sql(&expr))
}

/// Parses the name of a type, as `regtype` and casts from text need it.
pub fn parse_type(sql: &str) -> Result<TypeName, ParseError> {
    whole(sql, |parser| parser.type_name())
}

fn whole<T>(sql: &str, rule: impl FnOnce(&mut Parser<'_>) -> cursor::Result<T>) -> Result<T, ParseError> {
    let mut parser = Parser::new(sql);
    let value = rule(&mut parser)?;
    if parser.token.kind == TokenKind::End { Ok(value) } else { parser.unexpected() }
}
