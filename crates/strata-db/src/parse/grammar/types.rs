//! Type names, and literals that begin with one.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;
use super::primary::named_type;

impl Parser<'_> {
    /// A type, with `SETOF` and array brackets.
    pub(in super::super) fn type_name(&mut self) -> Result<TypeName> {
        let pos = self.pos();
        let setof = self.eat(K::Setof);
        let mut ty = self.simple_type()?;
        ty.pos = pos;
        ty.setof = setof;
        if self.eat(K::Array) {
            let bound = if self.eat_punct(b'[') {
                let bound = self.integer()?;
                self.expect_punct(b']')?;
                Some(bound)
            } else {
                None
            };
            ty.array.push(bound);
            return Ok(ty);
        }
        while self.eat_punct(b'[') {
            ty.array.push(if self.at_punct(b']') { None } else { Some(self.integer()?) });
            self.expect_punct(b']')?;
        }
        Ok(ty)
    }

    fn simple_type(&mut self) -> Result<TypeName> {
        let pos = self.pos();
        let double = !self.at(K::Double) || self.peek_is(1, K::Precision);
        if let Some(keyword) = self.keyword().filter(|k| double && self.is_type_keyword(*k)) {
            return self.keyword_type(keyword, pos);
        }
        let first = self.type_function_name()?;
        let name = self.object_name_from(first)?;
        let mut ty = named_type(name, pos);
        if self.at_operator("%") && self.peek_is(1, K::Type) {
            self.advance();
            self.advance();
            ty.of_column = true;
            return Ok(ty);
        }
        if self.at_punct(b'(') {
            ty.modifiers = self.paren_list(Self::expr)?;
        }
        Ok(ty)
    }

    /// The keywords that begin one of SQL's own type names.
    fn is_type_keyword(&self, keyword: K) -> bool {
        matches!(
            keyword,
            K::Int
                | K::Integer
                | K::Smallint
                | K::Bigint
                | K::Real
                | K::Float
                | K::Decimal
                | K::Dec
                | K::Numeric
                | K::Boolean
                | K::Bit
                | K::Character
                | K::Char
                | K::Varchar
                | K::National
                | K::Nchar
                | K::Time
                | K::Timestamp
                | K::Interval
        ) || keyword == K::Double
    }

    /// Whether a type comes next that is followed by a literal: `interval '1 day'`, `char(3) 'abc'`.
    pub(super) fn at_type_literal(&mut self, keyword: K) -> bool {
        if !self.is_type_keyword(keyword) {
            return false;
        }
        match self.peek(1) {
            T::String(_) | T::Punct(b'(') => keyword != K::Double,
            T::Keyword(next) => match next {
                K::Precision => keyword == K::Double,
                K::With | K::Without => matches!(keyword, K::Time | K::Timestamp),
                K::Varying => matches!(keyword, K::Bit | K::Character | K::Char | K::Nchar),
                K::Character | K::Char => keyword == K::National,
                _ => false,
            },
            _ => false,
        }
    }

    /// A literal of one of SQL's own types.
    pub(super) fn type_literal(&mut self, pos: Pos) -> Result<Expr> {
        let Some(keyword) = self.keyword() else { return self.unexpected() };
        if keyword == K::Interval {
            self.advance();
            let mut ty = named_type(catalog_name("interval", pos), pos);
            if self.at_punct(b'(') {
                ty.modifiers = vec![self.precision()?];
            }
            let literal_pos = self.pos();
            let operand = Box::new(Expr::new(ExprKind::String(self.string()?), literal_pos));
            if ty.modifiers.is_empty() {
                self.interval_fields(&mut ty)?;
            }
            return Ok(Expr::new(ExprKind::Cast { operand, ty: Box::new(ty) }, pos));
        }
        let ty = self.keyword_type(keyword, pos)?;
        self.cast_literal(ty, pos)
    }

    fn keyword_type(&mut self, keyword: K, pos: Pos) -> Result<TypeName> {
        self.advance();
        let mut modifiers = Vec::new();
        let name = match keyword {
            K::Int | K::Integer => "int4",
            K::Smallint => "int2",
            K::Bigint => "int8",
            K::Real => "float4",
            K::Double => {
                self.expect(K::Precision)?;
                "float8"
            }
            K::Float => self.float_type()?,
            K::Decimal | K::Dec | K::Numeric => {
                modifiers = self.optional_paren_list(Self::expr)?;
                "numeric"
            }
            K::Boolean => "bool",
            K::Bit => {
                let varying = self.eat(K::Varying);
                modifiers = self.optional_paren_list(Self::expr)?;
                if modifiers.is_empty() && !varying {
                    modifiers.push(Expr::new(ExprKind::Integer(1), pos));
                }
                if varying { "varbit" } else { "bit" }
            }
            K::Time | K::Timestamp => return self.time_type(keyword, pos),
            K::Interval => {
                let mut ty = named_type(catalog_name("interval", pos), pos);
                if self.at_punct(b'(') {
                    ty.modifiers = vec![self.precision()?];
                } else {
                    self.interval_fields(&mut ty)?;
                }
                return Ok(ty);
            }
            _ => {
                let varying = self.character_varying(keyword)?;
                if self.at_punct(b'(') {
                    modifiers = vec![self.precision()?];
                } else if !varying {
                    modifiers.push(Expr::new(ExprKind::Integer(1), pos));
                }
                if varying { "varchar" } else { "bpchar" }
            }
        };
        let mut ty = named_type(catalog_name(name, pos), pos);
        ty.modifiers = modifiers;
        Ok(ty)
    }

    /// Whether a character type varies in length.
    fn character_varying(&mut self, keyword: K) -> Result<bool> {
        if keyword == K::Varchar {
            return Ok(true);
        }
        if keyword == K::National && self.eat_any(&[K::Character, K::Char]).is_none() {
            return self.unexpected();
        }
        Ok(self.eat(K::Varying))
    }

    fn float_type(&mut self) -> Result<&'static str> {
        if !self.eat_punct(b'(') {
            return Ok("float8");
        }
        let pos = self.pos();
        let bits = self.integer()?;
        self.expect_punct(b')')?;
        let invalid = |message| Err(super::super::error::ParseError::new("22023", message, pos));
        match bits {
            i32::MIN..1 => invalid("precision for type float must be at least 1 bit"),
            1..25 => Ok("float4"),
            25..54 => Ok("float8"),
            54.. => invalid("precision for type float must be less than 54 bits"),
        }
    }

    fn time_type(&mut self, keyword: K, pos: Pos) -> Result<TypeName> {
        let mut modifiers = Vec::new();
        if self.at_punct(b'(') {
            modifiers.push(self.precision()?);
        }
        let mut zone = false;
        if self.at_any(&[K::With, K::Without]) && self.peek_is(1, K::Time) {
            zone = self.at(K::With);
            self.advance();
            self.advance();
            self.expect(K::Zone)?;
        }
        let name = match (keyword, zone) {
            (K::Time, false) => "time",
            (K::Time, true) => "timetz",
            (_, false) => "timestamp",
            (_, true) => "timestamptz",
        };
        let mut ty = named_type(catalog_name(name, pos), pos);
        ty.modifiers = modifiers;
        Ok(ty)
    }

    /// `(n)`.
    fn precision(&mut self) -> Result<Expr> {
        self.expect_punct(b'(')?;
        let pos = self.pos();
        let value = self.integer()?;
        self.expect_punct(b')')?;
        Ok(Expr::new(ExprKind::Integer(i64::from(value)), pos))
    }

    /// `YEAR TO MONTH`, `SECOND(3)` and their kind behind `interval`.
    fn interval_fields(&mut self, ty: &mut TypeName) -> Result<()> {
        let Some(first) = self.eat_any(&[K::Year, K::Month, K::Day, K::Hour, K::Minute, K::Second]) else {
            return Ok(());
        };
        let mut last = first;
        if first != K::Second && self.at(K::To) {
            self.advance();
            let wanted: &[K] = match first {
                K::Year => &[K::Month],
                K::Day => &[K::Hour, K::Minute, K::Second],
                K::Hour => &[K::Minute, K::Second],
                K::Minute => &[K::Second],
                _ => &[],
            };
            match self.eat_any(wanted) {
                Some(found) => last = found,
                None => return self.unexpected(),
            }
        }
        if last == K::Second && self.at_punct(b'(') {
            ty.modifiers = vec![self.precision()?];
        }
        ty.interval = Some(match (first, last) {
            (K::Year, K::Month) => IntervalFields::YearToMonth,
            (K::Year, _) => IntervalFields::Year,
            (K::Month, _) => IntervalFields::Month,
            (K::Day, K::Hour) => IntervalFields::DayToHour,
            (K::Day, K::Minute) => IntervalFields::DayToMinute,
            (K::Day, K::Second) => IntervalFields::DayToSecond,
            (K::Day, _) => IntervalFields::Day,
            (K::Hour, K::Minute) => IntervalFields::HourToMinute,
            (K::Hour, K::Second) => IntervalFields::HourToSecond,
            (K::Hour, _) => IntervalFields::Hour,
            (K::Minute, K::Second) => IntervalFields::MinuteToSecond,
            (K::Minute, _) => IntervalFields::Minute,
            _ => IntervalFields::Second,
        });
        Ok(())
    }
}

/// A name in `pg_catalog`.
pub(super) fn catalog_name(name: &str, pos: Pos) -> ObjectName {
    ObjectName(vec![Ident::new("pg_catalog", pos), Ident::new(name, pos)])
}
