//! Expressions without operators: literals, names, CASE, constructors.

use super::super::ast::*;
use super::super::cursor::{Parser, Result, is_column_id, is_type_function_name};
use super::super::error::{FEATURE_NOT_SUPPORTED, ParseError};
use super::super::keyword::{Category, Keyword as K};
use super::super::token::TokenKind as T;
use super::expr::Paren;

impl Parser<'_> {
    /// A primary expression.
    pub(super) fn primary(&mut self) -> Result<Expr> {
        let pos = self.pos();
        let kind = match &self.token.kind {
            T::Integer(value) => {
                let value = i64::from(*value);
                self.advance();
                ExprKind::Integer(value)
            }
            T::Number(_) | T::String(_) | T::BitString(_) | T::HexString(_) => match self.advance() {
                T::Number(text) => number(text),
                T::String(text) => ExprKind::String(text),
                T::BitString(digits) => ExprKind::BitString(digits),
                T::HexString(digits) => ExprKind::HexString(digits),
                _ => return self.unexpected(),
            },
            T::Param(number) => {
                let number = *number;
                self.advance();
                return self.indirection(Expr::new(ExprKind::Param(number), pos));
            }
            T::Punct(b'(') => {
                let paren = self.parenthesized()?;
                return self.paren_value(paren, pos);
            }
            T::Keyword(keyword) => {
                let keyword = *keyword;
                return self.keyword_expr(keyword, pos);
            }
            T::Ident(_) => return self.name_expr(pos),
            _ => return self.unexpected(),
        };
        Ok(Expr::new(kind, pos))
    }

    fn keyword_expr(&mut self, keyword: K, pos: Pos) -> Result<Expr> {
        let kind = match keyword {
            K::Null => ExprKind::Null,
            K::True => ExprKind::Bool(true),
            K::False => ExprKind::Bool(false),
            K::Default => ExprKind::Default,
            K::Case => return self.case(pos),
            K::Exists if self.peek_punct(1, b'(') => {
                self.advance();
                return Ok(Expr::new(ExprKind::Exists(self.subquery()?), pos));
            }
            K::Array => return self.array(pos),
            K::Row if self.peek_punct(1, b'(') => {
                self.advance();
                self.advance();
                let fields = if self.at_punct(b')') { Vec::new() } else { self.list(Self::expr)? };
                self.expect_punct(b')')?;
                return Ok(Expr::new(ExprKind::Row { fields, explicit: true }, pos));
            }
            K::Grouping if self.peek_punct(1, b'(') => {
                self.advance();
                return Ok(Expr::new(ExprKind::Grouping(self.paren_list(Self::expr)?), pos));
            }
            K::Unique => {
                return Err(ParseError::new(
                    FEATURE_NOT_SUPPORTED,
                    "UNIQUE predicate is not yet implemented",
                    pos,
                ));
            }
            _ => {
                if let Some(expr) = self.special_function(keyword, pos)? {
                    return Ok(expr);
                }
                if self.at_type_literal(keyword) {
                    return self.type_literal(pos);
                }
                return match keyword.category() {
                    Category::Reserved => self.unexpected(),
                    _ => self.name_expr(pos),
                };
            }
        };
        self.advance();
        Ok(Expr::new(kind, pos))
    }

    /// A column, a call, or a literal of a named type.
    fn name_expr(&mut self, pos: Pos) -> Result<Expr> {
        let keyword = self.keyword();
        // Only some keywords may stand alone as a column, and only some may be called.
        let column = keyword.is_none_or(is_column_id);
        let callable = keyword.is_none_or(is_type_function_name);
        let first = self.label()?;
        if !column && !matches!(self.token.kind, T::Punct(b'(') | T::String(_)) {
            return self.unexpected();
        }
        let mut parts = vec![first];
        while self.at_punct(b'.') && column {
            self.advance();
            if self.eat_operator("*") {
                return Ok(Expr::new(ExprKind::Wildcard(parts), pos));
            }
            parts.push(self.label()?);
        }
        let callable = callable || parts.len() > 1;
        let name = ObjectName(parts);
        match &self.token.kind {
            T::Punct(b'(') if callable => self.call_or_literal(name, pos),
            T::String(_) if callable => {
                let ty = named_type(name, pos);
                self.cast_literal(ty, pos)
            }
            T::Punct(b'(') => self.unexpected(),
            _ => self.indirection(Expr::new(ExprKind::Column(name), pos)),
        }
    }

    /// A string literal behind the name of its type.
    pub(super) fn cast_literal(&mut self, ty: TypeName, pos: Pos) -> Result<Expr> {
        let literal_pos = self.pos();
        let text = self.string()?;
        let operand = Box::new(Expr::new(ExprKind::String(text), literal_pos));
        Ok(Expr::new(ExprKind::Cast { operand, ty: Box::new(ty) }, pos))
    }

    /// The fields and subscripts behind a primary expression.
    pub(super) fn indirection(&mut self, mut base: Expr) -> Result<Expr> {
        loop {
            let pos = base.pos;
            if self.at_punct(b'[') {
                let mut indexes = Vec::with_capacity(1);
                while self.at_punct(b'[') {
                    indexes.push(self.subscript()?);
                }
                base = Expr::new(ExprKind::Subscript { base: Box::new(base), indexes }, pos);
            } else if self.eat_punct(b'.') {
                let kind = if self.eat_operator("*") {
                    return Ok(Expr::new(ExprKind::AllFields(Box::new(base)), pos));
                } else {
                    ExprKind::Field { base: Box::new(base), field: self.label()? }
                };
                base = Expr::new(kind, pos);
            } else {
                return Ok(base);
            }
            self.grow()?;
        }
    }

    /// `[i]`, `[low:high]`.
    pub(super) fn subscript(&mut self) -> Result<Subscript> {
        self.expect_punct(b'[')?;
        let low = if self.at_punct(b':') { None } else { Some(self.expr()?) };
        if self.eat_punct(b':') {
            let high = if self.at_punct(b']') { None } else { Some(self.expr()?) };
            self.expect_punct(b']')?;
            return Ok(Subscript::Slice { low, high });
        }
        self.expect_punct(b']')?;
        match low {
            Some(index) => Ok(Subscript::Index(index)),
            None => self.unexpected(),
        }
    }

    /// A query in parentheses.
    pub(in super::super) fn subquery(&mut self) -> Result<Box<Query>> {
        match self.parenthesized()? {
            Paren::Query(query) => Ok(query),
            Paren::Expr(_) | Paren::Row(_) => self.unexpected(),
        }
    }

    fn case(&mut self, pos: Pos) -> Result<Expr> {
        self.advance();
        let operand = if self.at(K::When) { None } else { Some(self.expr()?) };
        let mut branches = Vec::new();
        loop {
            let pos = self.pos();
            self.expect(K::When)?;
            let condition = self.expr()?;
            self.expect(K::Then)?;
            branches.push(CaseBranch { condition, result: self.expr()?, pos });
            if !self.at(K::When) {
                break;
            }
        }
        let otherwise = if self.eat(K::Else) { Some(self.expr()?) } else { None };
        self.expect(K::End)?;
        Ok(Expr::new(ExprKind::Case(Box::new(Case { operand, branches, otherwise })), pos))
    }

    fn array(&mut self, pos: Pos) -> Result<Expr> {
        self.advance();
        if self.at_punct(b'(') {
            return Ok(Expr::new(ExprKind::ArraySubquery(self.subquery()?), pos));
        }
        let kind = self.array_elements()?;
        Ok(Expr::new(kind, pos))
    }

    fn array_elements(&mut self) -> Result<ExprKind> {
        self.expect_punct(b'[')?;
        if self.eat_punct(b']') {
            return Ok(ExprKind::Array(Vec::new()));
        }
        let elements = if self.at_punct(b'[') {
            self.list(|p| {
                let pos = p.pos();
                let kind = p.nested(Self::array_elements)?;
                Ok(Expr::new(kind, pos))
            })?
        } else {
            self.list(Self::expr)?
        };
        self.expect_punct(b']')?;
        Ok(ExprKind::Array(elements))
    }
}

/// A number literal: whole if it fits 64 bits and has neither point nor exponent.
fn number(text: Box<str>) -> ExprKind {
    match text.parse() {
        Ok(value) => ExprKind::Integer(value),
        Err(_) => ExprKind::Number(text),
    }
}

/// A type by its name alone.
pub(super) fn named_type(name: ObjectName, pos: Pos) -> TypeName {
    TypeName {
        name,
        modifiers: Vec::new(),
        interval: None,
        array: Vec::new(),
        setof: false,
        of_column: false,
        pos,
    }
}
