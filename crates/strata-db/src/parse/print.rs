//! Trees back to text: what a view, a default or a check constraint is stored and shown as.
//!
//! Either way of [printing parentheses](parens), the text parses to the tree that it came from.

mod expr;
mod parens;
mod query;

use super::ast::{Expr, Ident, ObjectName, Query, TypeName};
use super::cursor::is_column_id;
use super::keyword::{Category, Keyword};
use std::fmt::{self, Write};

/// What every printing function returns.
type Result = fmt::Result;

/// Collects the text.
pub(super) struct Printer {
    out: String,
    style: Style,
}

/// How many parentheses there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Around every operation.
    Full,
    /// Only where they help.
    Spare,
}

/// An expression as SQL.
#[must_use]
pub fn expr_to_sql(expr: &Expr) -> String {
    printed(Style::Full, |printer| printer.expr(expr))
}

/// An expression as SQL for people, with few parentheses.
#[must_use]
pub fn expr_to_pretty_sql(expr: &Expr) -> String {
    printed(Style::Spare, |printer| printer.expr(expr))
}

/// A query as SQL. Empty when a common table expression changes rows: no view may hold one.
#[must_use]
pub fn query_to_sql(query: &Query) -> String {
    printed(Style::Spare, |printer| printer.query(query))
}

/// A type as SQL.
#[must_use]
pub fn type_to_sql(ty: &TypeName) -> String {
    printed(Style::Full, |printer| printer.type_name(ty))
}

/// An identifier as SQL: quoted where it must be.
#[must_use]
pub fn quote_ident(name: &str) -> String {
    printed(Style::Full, |printer| printer.name(name))
}

/// A string literal as SQL.
#[must_use]
pub fn quote_literal(text: &str) -> String {
    printed(Style::Full, |printer| printer.literal(text))
}

fn printed(style: Style, print: impl FnOnce(&mut Printer) -> Result) -> String {
    let mut printer = Printer { out: String::new(), style };
    match print(&mut printer) {
        Ok(()) => printer.out,
        Err(fmt::Error) => String::new(),
    }
}

impl Printer {
    fn word(&mut self, text: &str) -> Result {
        self.out.write_str(text)
    }

    fn name(&mut self, name: &str) -> Result {
        let mut bytes = name.bytes();
        let plain = bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
            && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let free = Keyword::lookup(name)
            .is_none_or(|keyword| keyword.category() == Category::Unreserved && is_column_id(keyword));
        if plain && free {
            return self.word(name);
        }
        write!(self.out, "\"{}\"", name.replace('"', "\"\""))
    }

    fn ident(&mut self, ident: &Ident) -> Result {
        self.name(&ident.name)
    }

    fn object_name(&mut self, name: &ObjectName) -> Result {
        self.separated(&name.0, ".", Self::ident)
    }

    fn literal(&mut self, text: &str) -> Result {
        // Backslashes are plain characters in an ordinary literal.
        write!(self.out, "'{}'", text.replace('\'', "''"))
    }

    fn separated<T>(
        &mut self,
        items: &[T],
        separator: &str,
        print: impl Fn(&mut Self, &T) -> Result,
    ) -> Result {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.word(separator)?;
            }
            print(self, item)?;
        }
        Ok(())
    }

    fn list<T>(&mut self, items: &[T], print: impl Fn(&mut Self, &T) -> Result) -> Result {
        self.separated(items, ", ", print)
    }

    fn parens(&mut self, print: impl FnOnce(&mut Self) -> Result) -> Result {
        self.word("(")?;
        print(self)?;
        self.word(")")
    }
}
