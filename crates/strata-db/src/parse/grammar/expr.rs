//! Expressions: operators by precedence.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::error::ParseError;
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;
use std::borrow::Cow;

/// How tightly an operator binds, loosest first, as in PostgreSQL's grammar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Not,
    Is,
    Comparison,
    /// BETWEEN, IN, LIKE and their kind.
    Membership,
    /// Any operator that has no level of its own.
    Operator,
    Additive,
    Multiplicative,
    Power,
    At,
    Collate,
    Sign,
    Cast,
}

impl Level {
    /// The next tighter level: what the right operand of a left-associative operator must bind.
    fn tighter(self) -> Self {
        use Level::*;
        match self {
            Or => And,
            And => Not,
            Not => Is,
            Is => Comparison,
            Comparison => Membership,
            Membership => Operator,
            Operator => Additive,
            Additive => Multiplicative,
            Multiplicative => Power,
            Power => At,
            At => Collate,
            Collate => Sign,
            Sign | Cast => Cast,
        }
    }
}

/// Which of PostgreSQL's two kinds of expression is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Any.
    Any,
    /// One without boolean operators, so that a following AND, IN or NOT belongs to what is around it.
    Restricted,
}

/// What stood between two parentheses.
pub(super) enum Paren {
    /// One expression.
    Expr(Expr),
    /// Several: a row or a list.
    Row(Vec<Expr>),
    /// A query.
    Query(Box<Query>),
}

impl Parser<'_> {
    /// An expression.
    pub(in super::super) fn expr(&mut self) -> Result<Expr> {
        self.expr_at(Level::Or, Kind::Any)
    }

    /// An expression without AND, OR, NOT, IN, LIKE, BETWEEN outside parentheses: `b_expr`.
    pub(super) fn restricted_expr(&mut self) -> Result<Expr> {
        self.expr_at(Level::Or, Kind::Restricted)
    }

    fn expr_at(&mut self, level: Level, kind: Kind) -> Result<Expr> {
        self.nested(|p| {
            let left = p.operand(kind)?;
            p.operators(left, level, kind)
        })
    }

    /// A primary expression with its prefix operators.
    fn operand(&mut self, kind: Kind) -> Result<Expr> {
        let pos = self.pos();
        if self.at(K::Operator) && self.peek_punct(1, b'(') {
            return self.prefix_operator(pos, kind);
        }
        match &self.token.kind {
            T::Operator(symbol) => match symbol.as_ref() {
                "+" | "-" => {
                    let negative = self.at_operator("-");
                    self.advance();
                    let operand = self.expr_at(Level::Cast, kind)?;
                    Ok(if negative {
                        negate(operand, pos)
                    } else {
                        prefix(Operator::plain("+"), operand, pos)
                    })
                }
                "*" | "/" | "<" | ">" | "=" | "<=" | ">=" | "<>" | "%" | "^" => self.unexpected(),
                _ => self.prefix_operator(pos, kind),
            },
            T::Keyword(K::Not) if kind == Kind::Any => {
                self.advance();
                let operand = Box::new(self.expr_at(Level::Not, kind)?);
                Ok(Expr::new(ExprKind::Not(operand), pos))
            }
            _ => self.primary(),
        }
    }

    fn prefix_operator(&mut self, pos: Pos, kind: Kind) -> Result<Expr> {
        let op = self.operator()?;
        let operand = self.expr_at(Level::Additive, kind)?;
        Ok(prefix(op, operand, pos))
    }

    /// An operator symbol or `OPERATOR(schema.symbol)`.
    pub(super) fn operator(&mut self) -> Result<Operator> {
        if self.eat(K::Operator) {
            self.expect_punct(b'(')?;
            let op = self.qualified_operator()?;
            self.expect_punct(b')')?;
            return Ok(op);
        }
        self.operator_symbol(None)
    }

    /// `schema.symbol`, the schema being optional.
    pub(super) fn qualified_operator(&mut self) -> Result<Operator> {
        let mut schema = Vec::new();
        while self.at_column_id() {
            schema.push(self.column_id()?);
            self.expect_punct(b'.')?;
        }
        self.operator_symbol((!schema.is_empty()).then(|| Box::new(ObjectName(schema))))
    }

    fn operator_symbol(&mut self, schema: Option<Box<ObjectName>>) -> Result<Operator> {
        if matches!(self.token.kind, T::Operator(_))
            && let T::Operator(symbol) = self.advance()
        {
            return Ok(Operator { symbol, schema });
        }
        self.unexpected()
    }

    /// The operators that follow an operand, as long as they bind at least as tightly as `level`.
    fn operators(&mut self, mut left: Expr, level: Level, kind: Kind) -> Result<Expr> {
        // After a comparison no other may follow: `a < b < c` is an error at the second one.
        let mut barred = None;
        while let Some(found) = self.infix_level(kind) {
            if found < level || Some(found) == barred {
                break;
            }
            self.grow()?;
            let (expr, chains) = self.infix(left, found, kind)?;
            left = expr;
            barred = if chains { None } else { Some(found) };
        }
        Ok(left)
    }

    /// How tightly the next token binds as an infix or postfix operator.
    fn infix_level(&mut self, kind: Kind) -> Option<Level> {
        match &self.token.kind {
            T::Operator(symbol) => Some(match symbol.as_ref() {
                "=" | "<" | ">" | "<=" | ">=" | "<>" => Level::Comparison,
                "+" | "-" => Level::Additive,
                "*" | "/" | "%" => Level::Multiplicative,
                "^" => Level::Power,
                _ => Level::Operator,
            }),
            T::DoubleColon => Some(Level::Cast),
            T::Keyword(keyword) => {
                let keyword = *keyword;
                self.word_level(keyword, kind)
            }
            _ => None,
        }
    }

    fn word_level(&mut self, keyword: K, kind: Kind) -> Option<Level> {
        Some(match keyword {
            K::Operator => Level::Operator,
            K::Is if kind == Kind::Any => Level::Is,
            // A restricted expression knows only two of its tests.
            K::Is => {
                let word = usize::from(self.peek_is(1, K::Not)) + 1;
                return (self.peek_is(word, K::Distinct) || self.peek_is(word, K::Document))
                    .then_some(Level::Is);
            }
            _ if kind == Kind::Restricted => return None,
            K::Or => Level::Or,
            K::And => Level::And,
            K::Isnull | K::Notnull => Level::Is,
            K::Between | K::In | K::Like | K::Ilike => Level::Membership,
            // `SUBSTRING(a SIMILAR b ESCAPE c)` has the word alone.
            K::Similar if self.peek_is(1, K::To) => Level::Membership,
            K::Not => match self.peek(1) {
                T::Keyword(K::Between | K::In | K::Like | K::Ilike | K::Similar) => Level::Membership,
                _ => return None,
            },
            K::At if self.peek_is(1, K::Time) => Level::At,
            K::Collate => Level::Collate,
            K::Overlaps => Level::Operator,
            _ => return None,
        })
    }

    /// One infix or postfix operator behind `left`, and whether another of its level may follow.
    fn infix(&mut self, left: Expr, level: Level, kind: Kind) -> Result<(Expr, bool)> {
        let pos = self.pos();
        match &self.token.kind {
            T::DoubleColon => {
                self.advance();
                let ty = Box::new(self.type_name()?);
                Ok((Expr::new(ExprKind::Cast { operand: Box::new(left), ty }, pos), true))
            }
            T::Keyword(K::Or) => self.junction(left, level, pos).map(|e| (e, true)),
            T::Keyword(K::And) => self.junction(left, level, pos).map(|e| (e, true)),
            T::Keyword(K::Is | K::Isnull | K::Notnull) => self.is_test(left, kind),
            T::Keyword(K::Not | K::Between | K::In | K::Like | K::Ilike | K::Similar) => {
                self.membership(left)
            }
            T::Keyword(K::At) => {
                self.advance();
                self.advance();
                self.expect(K::Zone)?;
                let zone = self.expr_at(level.tighter(), kind)?;
                Ok((special_call("timezone", vec![zone, left], CallSyntax::AtTimeZone, pos), true))
            }
            T::Keyword(K::Collate) => {
                self.advance();
                let collation = Box::new(self.object_name()?);
                Ok((Expr::new(ExprKind::Collate { operand: Box::new(left), collation }, pos), true))
            }
            T::Keyword(K::Overlaps) => self.overlaps(left, pos).map(|e| (e, true)),
            _ => self.binary(left, level, kind),
        }
    }

    /// `a OR b`, `a AND b`: flat.
    fn junction(&mut self, left: Expr, level: Level, pos: Pos) -> Result<Expr> {
        self.advance();
        let right = self.expr_at(level.tighter(), Kind::Any)?;
        let mut terms = match (level, left.kind) {
            (Level::Or, ExprKind::Or(terms)) | (Level::And, ExprKind::And(terms)) => {
                self.shrink();
                return Ok(join_terms(level, terms, right, left.pos));
            }
            (_, kind) => vec![Expr::new(kind, left.pos)],
        };
        terms.reserve(1);
        Ok(join_terms(level, terms, right, pos))
    }

    /// `a op b`, `a op ANY (..)`.
    fn binary(&mut self, left: Expr, level: Level, kind: Kind) -> Result<(Expr, bool)> {
        let pos = self.pos();
        let op = self.operator()?;
        if kind == Kind::Any && self.at_any(&[K::Any, K::Some, K::All]) {
            return Ok((self.quantified(left, op, pos)?, true));
        }
        let right = self.expr_at(level.tighter(), kind)?;
        let kind = ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) };
        Ok((Expr::new(kind, pos), level != Level::Comparison))
    }

    /// `ANY (..)` behind an operator.
    fn quantified(&mut self, operand: Expr, op: Operator, pos: Pos) -> Result<Expr> {
        let quantifier = if self.at(K::All) { Quantifier::All } else { Quantifier::Any };
        self.advance();
        let kind = match self.parenthesized()? {
            Paren::Query(query) => ExprKind::QuantifiedQuery(Box::new(QuantifiedQuery {
                operand,
                op,
                quantifier,
                query: *query,
            })),
            Paren::Expr(array) => {
                ExprKind::QuantifiedArray(Box::new(QuantifiedArray { operand, op, quantifier, array }))
            }
            Paren::Row(_) => return self.unexpected(),
        };
        Ok(Expr::new(kind, pos))
    }

    fn overlaps(&mut self, left: Expr, pos: Pos) -> Result<Expr> {
        let ExprKind::Row { fields: mut args, .. } = left.kind else { return self.unexpected() };
        self.advance();
        let right_pos = self.pos();
        let ExprKind::Row { fields, .. } = self.primary()?.kind else { return self.unexpected() };
        for (side, count, pos) in [("left", args.len(), left.pos), ("right", fields.len(), right_pos)] {
            if count != 2 {
                let message = format!("wrong number of parameters on {side} side of OVERLAPS expression");
                return Err(ParseError::syntax(message, pos));
            }
        }
        args.extend(fields);
        Ok(special_call("overlaps", args, CallSyntax::Overlaps, pos))
    }

    /// `IS ..`, `ISNULL`, `NOTNULL`.
    fn is_test(&mut self, left: Expr, kind: Kind) -> Result<(Expr, bool)> {
        let pos = self.pos();
        let operand = Box::new(left);
        if let Some(found) = self.eat_any(&[K::Isnull, K::Notnull]) {
            let kind = ExprKind::Is { operand, test: IsTest::Null, negated: found == K::Notnull };
            return Ok((Expr::new(kind, pos), true));
        }
        self.advance();
        let negated = self.eat(K::Not);
        if self.eat(K::Distinct) {
            self.expect(K::From)?;
            let right = self.expr_at(Level::Is.tighter(), kind)?;
            let kind = ExprKind::IsDistinct { operands: Box::new((*operand, right)), negated };
            return Ok((Expr::new(kind, pos), false));
        }
        let test = match self.keyword() {
            Some(K::Null) => IsTest::Null,
            Some(K::True) => IsTest::True,
            Some(K::False) => IsTest::False,
            Some(K::Unknown) => IsTest::Unknown,
            Some(K::Document) => IsTest::Document,
            Some(K::Normalized) => IsTest::Normalized(NormalForm::Nfc),
            Some(form) if normal_form(form).is_some() && self.peek_is(1, K::Normalized) => {
                self.advance();
                IsTest::Normalized(normal_form(form).unwrap_or(NormalForm::Nfc))
            }
            _ => return self.unexpected(),
        };
        self.advance();
        Ok((Expr::new(ExprKind::Is { operand, test, negated }, pos), true))
    }

    /// `[NOT] BETWEEN | IN | LIKE ..`.
    fn membership(&mut self, operand: Expr) -> Result<(Expr, bool)> {
        let pos = self.pos();
        let negated = self.eat(K::Not);
        let Some(word) = self.keyword() else { return self.unexpected() };
        self.advance();
        match word {
            K::Between => Ok((self.between(operand, negated, pos)?, false)),
            K::In => {
                let operand = Box::new(operand);
                let kind = match self.parenthesized()? {
                    Paren::Query(query) => ExprKind::InSubquery { operand, query, negated },
                    Paren::Expr(one) => ExprKind::InList { operand, list: vec![one], negated },
                    Paren::Row(list) => ExprKind::InList { operand, list, negated },
                };
                Ok((Expr::new(kind, pos), true))
            }
            K::Like | K::Ilike if self.at_any(&[K::Any, K::Some, K::All]) => {
                let symbol = match (word, negated) {
                    (K::Like, false) => "~~",
                    (K::Like, true) => "!~~",
                    (_, false) => "~~*",
                    (_, true) => "!~~*",
                };
                Ok((self.quantified(operand, Operator::plain(symbol), pos)?, true))
            }
            _ => {
                let kind = match word {
                    K::Like => LikeKind::Like,
                    K::Ilike => LikeKind::ILike,
                    _ => {
                        self.expect(K::To)?;
                        LikeKind::SimilarTo
                    }
                };
                let pattern = self.expr_at(Level::Membership.tighter(), Kind::Any)?;
                let escape = if self.eat(K::Escape) {
                    Some(self.expr_at(Level::Membership.tighter(), Kind::Any)?)
                } else {
                    None
                };
                let like = Like { kind, operand, pattern, escape, negated };
                Ok((Expr::new(ExprKind::Like(Box::new(like)), pos), false))
            }
        }
    }

    fn between(&mut self, operand: Expr, negated: bool, pos: Pos) -> Result<Expr> {
        let symmetric = self.eat_any(&[K::Symmetric, K::Asymmetric]) == Some(K::Symmetric);
        let low = self.restricted_expr()?;
        self.expect(K::And)?;
        let high = self.expr_at(Level::Membership.tighter(), Kind::Any)?;
        let between = Between { operand, low, high, symmetric, negated };
        Ok(Expr::new(ExprKind::Between(Box::new(between)), pos))
    }

    // ---- parentheses ----

    /// What stands between two parentheses. Whether an inner one holds a query or an expression is known
    /// only behind it, so both are read here, without going back.
    pub(super) fn parenthesized(&mut self) -> Result<Paren> {
        self.expect_punct(b'(')?;
        self.nested(Self::inside_parentheses)
    }

    fn inside_parentheses(&mut self) -> Result<Paren> {
        let first = if self.at_query_word() {
            let query = self.query()?;
            self.expect_punct(b')')?;
            return Ok(Paren::Query(Box::new(query)));
        } else if self.at_punct(b'(') {
            let pos = self.pos();
            let left = match self.parenthesized()? {
                Paren::Query(query) if self.at_punct(b')') => {
                    self.advance();
                    return Ok(Paren::Query(query));
                }
                Paren::Query(query) if self.at_query_tail() => {
                    let query = self.query_behind(*query)?;
                    self.expect_punct(b')')?;
                    return Ok(Paren::Query(Box::new(query)));
                }
                inner => self.paren_value(inner, pos)?,
            };
            self.operators(left, Level::Or, Kind::Any)?
        } else {
            self.expr()?
        };
        if self.eat_punct(b')') {
            return Ok(Paren::Expr(first));
        }
        let mut items = vec![first];
        while self.eat_punct(b',') {
            items.push(self.expr()?);
        }
        self.expect_punct(b')')?;
        Ok(Paren::Row(items))
    }

    /// Parentheses as a value, with the fields and subscripts behind them.
    pub(super) fn paren_value(&mut self, paren: Paren, pos: Pos) -> Result<Expr> {
        let base = match paren {
            Paren::Row(fields) => return Ok(Expr::new(ExprKind::Row { fields, explicit: false }, pos)),
            Paren::Expr(expr) => expr,
            Paren::Query(query) => Expr::new(ExprKind::Subquery(query), pos),
        };
        self.indirection(base)
    }
}

fn join_terms(level: Level, mut terms: Vec<Expr>, right: Expr, pos: Pos) -> Expr {
    terms.push(right);
    Expr::new(if level == Level::Or { ExprKind::Or(terms) } else { ExprKind::And(terms) }, pos)
}

fn prefix(op: Operator, operand: Expr, pos: Pos) -> Expr {
    Expr::new(ExprKind::Unary { op, operand: Box::new(operand) }, pos)
}

/// A minus sign before a number is part of it, so that the least integers have a literal.
fn negate(operand: Expr, pos: Pos) -> Expr {
    let kind = match operand.kind {
        ExprKind::Integer(value) => match value.checked_neg() {
            Some(value) => ExprKind::Integer(value),
            None => ExprKind::Number("9223372036854775808".into()),
        },
        ExprKind::Number(text) => match text.strip_prefix('-') {
            Some(positive) => ExprKind::Number(positive.into()),
            None if &*text == "9223372036854775808" => ExprKind::Integer(i64::MIN),
            None => ExprKind::Number(format!("-{text}").into()),
        },
        kind => {
            return prefix(
                Operator { symbol: Cow::Borrowed("-"), schema: None },
                Expr::new(kind, operand.pos),
                pos,
            );
        }
    };
    Expr::new(kind, pos)
}

pub(super) fn normal_form(keyword: K) -> Option<NormalForm> {
    match keyword {
        K::Nfc => Some(NormalForm::Nfc),
        K::Nfd => Some(NormalForm::Nfd),
        K::Nfkc => Some(NormalForm::Nfkc),
        K::Nfkd => Some(NormalForm::Nfkd),
        _ => None,
    }
}

/// A call of a function of `pg_catalog` that has a syntax of its own.
pub(super) fn special_call(name: &str, args: Vec<Expr>, syntax: CallSyntax, pos: Pos) -> Expr {
    let args = args.into_iter().map(|value| FunctionArg { name: None, value }).collect();
    let call = FunctionCall {
        name: ObjectName(vec![Ident::new("pg_catalog", pos), Ident::new(name, pos)]),
        args,
        star: false,
        variadic: false,
        distinct: false,
        order_by: Vec::new(),
        within_group: false,
        filter: None,
        over: None,
        syntax,
        pos,
    };
    Expr::new(ExprKind::Function(Box::new(call)), pos)
}
