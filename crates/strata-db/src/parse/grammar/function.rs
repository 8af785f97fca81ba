//! Calls: of ordinary functions, aggregates, window functions, and those with a syntax of their own.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::error::{FEATURE_NOT_SUPPORTED, ParseError};
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;
use super::expr::{normal_form, special_call};
use super::primary::named_type;

impl Parser<'_> {
    /// A call behind its name; or, when a string follows, a literal of a type with modifiers.
    pub(super) fn call_or_literal(&mut self, name: ObjectName, pos: Pos) -> Result<Expr> {
        let mut call = self.call_arguments(name, pos)?;
        if matches!(self.token.kind, T::String(_)) && !call.star && !call.variadic && !call.distinct {
            let mut ty = named_type(call.name, pos);
            ty.modifiers = call.args.into_iter().map(|arg| arg.value).collect();
            return self.cast_literal(ty, pos);
        }
        self.call_clauses(&mut call)?;
        Ok(Expr::new(ExprKind::Function(Box::new(call)), pos))
    }

    /// `name (arguments)`.
    pub(super) fn call_arguments(&mut self, name: ObjectName, pos: Pos) -> Result<FunctionCall> {
        let mut call = FunctionCall {
            name,
            args: Vec::new(),
            star: false,
            variadic: false,
            distinct: false,
            order_by: Vec::new(),
            within_group: false,
            filter: None,
            over: None,
            syntax: CallSyntax::Ordinary,
            pos,
        };
        self.expect_punct(b'(')?;
        if self.eat_punct(b')') {
            return Ok(call);
        }
        if self.at_operator("*") && self.peek_punct(1, b')') {
            self.advance();
            call.star = true;
        } else {
            match self.eat_any(&[K::All, K::Distinct]) {
                Some(word) => call.distinct = word == K::Distinct,
                None => call.variadic = self.eat(K::Variadic),
            }
            call.args.push(self.argument()?);
            while !call.variadic && self.eat_punct(b',') {
                call.variadic = self.eat(K::Variadic);
                call.args.push(self.argument()?);
            }
            call.order_by = self.order_by()?;
        }
        self.expect_punct(b')')?;
        Ok(call)
    }

    fn argument(&mut self) -> Result<FunctionArg> {
        let named = matches!(self.peek(1), T::ColonEquals | T::EqualsGreater);
        let name = if named {
            let name = self.type_function_name()?;
            self.advance();
            Some(name)
        } else {
            None
        };
        Ok(FunctionArg { name, value: self.expr()? })
    }

    /// `WITHIN GROUP`, `FILTER`, `OVER`.
    fn call_clauses(&mut self, call: &mut FunctionCall) -> Result<()> {
        if self.at(K::Within) && self.peek_is(1, K::Group) {
            let pos = self.pos();
            let barred = [
                (!call.order_by.is_empty(), "cannot use multiple ORDER BY clauses with WITHIN GROUP"),
                (call.distinct, "cannot use DISTINCT with WITHIN GROUP"),
                (call.variadic, "cannot use VARIADIC with WITHIN GROUP"),
            ];
            self.advance();
            self.advance();
            self.expect_punct(b'(')?;
            if !self.at(K::Order) {
                return self.unexpected();
            }
            let order_by = self.order_by()?;
            self.expect_punct(b')')?;
            if let Some((_, message)) = barred.into_iter().find(|(is, _)| *is) {
                return Err(ParseError::syntax(message, pos));
            }
            call.order_by = order_by;
            call.within_group = true;
        }
        if self.at(K::Filter) && self.peek_punct(1, b'(') {
            self.advance();
            self.expect_punct(b'(')?;
            self.expect(K::Where)?;
            call.filter = Some(self.expr()?);
            self.expect_punct(b')')?;
        }
        if self.eat(K::Over) {
            call.over = Some(if self.at_punct(b'(') {
                Over::Spec(Box::new(self.window_spec()?))
            } else {
                Over::Name(self.column_id()?)
            });
        }
        Ok(())
    }

    /// `(base PARTITION BY .. ORDER BY .. frame)`.
    pub(super) fn window_spec(&mut self) -> Result<WindowSpec> {
        let pos = self.pos();
        self.expect_punct(b'(')?;
        let frame_word = self.at_any(&[K::Partition, K::Range, K::Rows, K::Groups]);
        let base = if self.at_column_id() && !frame_word { Some(self.column_id()?) } else { None };
        let partition_by = if self.eat(K::Partition) {
            self.expect(K::By)?;
            self.list(Self::expr)?
        } else {
            Vec::new()
        };
        let order_by = self.order_by()?;
        let frame = self.frame()?;
        self.expect_punct(b')')?;
        Ok(WindowSpec { base, partition_by, order_by, frame, pos })
    }

    fn frame(&mut self) -> Result<Option<Frame>> {
        let pos = self.pos();
        let units = match self.eat_any(&[K::Rows, K::Range, K::Groups]) {
            Some(K::Rows) => FrameUnits::Rows,
            Some(K::Range) => FrameUnits::Range,
            Some(_) => FrameUnits::Groups,
            None => return Ok(None),
        };
        let (start, end) = if self.eat(K::Between) {
            let start_pos = self.pos();
            let start = self.frame_bound()?;
            self.expect(K::And)?;
            let end_pos = self.pos();
            let end = self.frame_bound()?;
            check_frame(&start, &end, start_pos, end_pos)?;
            (start, end)
        } else {
            let start_pos = self.pos();
            let start = self.frame_bound()?;
            check_frame(&start, &FrameBound::CurrentRow, start_pos, start_pos)?;
            (start, FrameBound::CurrentRow)
        };
        let exclude = self.frame_exclusion()?;
        Ok(Some(Frame { units, start, end, exclude, pos }))
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        if self.at(K::Unbounded) && (self.peek_is(1, K::Preceding) || self.peek_is(1, K::Following)) {
            self.advance();
            let preceding = self.eat_any(&[K::Preceding, K::Following]) == Some(K::Preceding);
            return Ok(if preceding {
                FrameBound::UnboundedPreceding
            } else {
                FrameBound::UnboundedFollowing
            });
        }
        if self.eat_two(K::Current, K::Row) {
            return Ok(FrameBound::CurrentRow);
        }
        let offset = Box::new(self.expr()?);
        match self.eat_any(&[K::Preceding, K::Following]) {
            Some(K::Preceding) => Ok(FrameBound::Preceding(offset)),
            Some(_) => Ok(FrameBound::Following(offset)),
            None => self.unexpected(),
        }
    }

    fn frame_exclusion(&mut self) -> Result<FrameExclusion> {
        if !self.eat(K::Exclude) {
            return Ok(FrameExclusion::NoOthers);
        }
        if self.eat_two(K::Current, K::Row) {
            return Ok(FrameExclusion::CurrentRow);
        }
        match self.eat_any(&[K::Group, K::Ties, K::No]) {
            Some(K::Group) => Ok(FrameExclusion::Group),
            Some(K::Ties) => Ok(FrameExclusion::Ties),
            Some(_) => self.expect(K::Others).map(|()| FrameExclusion::NoOthers),
            None => self.unexpected(),
        }
    }

    /// The functions that have a syntax of their own; `None` when `keyword` begins something else.
    pub(super) fn special_function(&mut self, keyword: K, pos: Pos) -> Result<Option<Expr>> {
        if let Some(expr) = self.sql_value(keyword, pos)? {
            return Ok(Some(expr));
        }
        if keyword == K::Collation && self.peek_is(1, K::For) {
            self.advance();
            self.advance();
            let args = vec![self.paren_expr()?];
            return Ok(Some(special_call("pg_collation_for", args, CallSyntax::CollationFor, pos)));
        }
        if !self.peek_punct(1, b'(') {
            return Ok(None);
        }
        let rule: fn(&mut Self, Pos) -> Result<Expr> = match keyword {
            K::Coalesce => |p, pos| Ok(Expr::new(ExprKind::Coalesce(p.list(Self::expr)?), pos)),
            K::Greatest => |p, pos| Ok(Expr::new(ExprKind::Greatest(p.list(Self::expr)?), pos)),
            K::Least => |p, pos| Ok(Expr::new(ExprKind::Least(p.list(Self::expr)?), pos)),
            K::Nullif => Self::nullif,
            K::Cast => Self::cast,
            K::Extract => Self::extract,
            K::Normalize => Self::normalize,
            K::Overlay => Self::overlay,
            K::Position => Self::position,
            K::Substring => Self::substring,
            K::Trim => Self::trim,
            K::Treat => Self::treat,
            K::Xmlconcat
            | K::Xmlelement
            | K::Xmlexists
            | K::Xmlforest
            | K::Xmlparse
            | K::Xmlpi
            | K::Xmlroot
            | K::Xmlserialize => {
                let message = format!("{} is not supported", keyword.text());
                return Err(ParseError::new(FEATURE_NOT_SUPPORTED, message, pos));
            }
            _ => return Ok(None),
        };
        self.advance();
        self.advance();
        let expr = rule(self, pos)?;
        self.expect_punct(b')')?;
        // COALESCE and its kind are calls too, so that `OVER` behind them is an error of its own.
        if let ExprKind::Function(mut call) = expr.kind {
            self.call_clauses(&mut call)?;
            return Ok(Some(Expr::new(ExprKind::Function(call), pos)));
        }
        Ok(Some(expr))
    }

    fn sql_value(&mut self, keyword: K, pos: Pos) -> Result<Option<Expr>> {
        use SqlValueFunction as F;
        let (function, takes_precision) = match keyword {
            K::CurrentDate => (F::CurrentDate, false),
            K::CurrentTime => (F::CurrentTime, true),
            K::CurrentTimestamp => (F::CurrentTimestamp, true),
            K::Localtime => (F::LocalTime, true),
            K::Localtimestamp => (F::LocalTimestamp, true),
            K::CurrentRole => (F::CurrentRole, false),
            K::CurrentUser => (F::CurrentUser, false),
            K::User => (F::User, false),
            K::SessionUser => (F::SessionUser, false),
            K::CurrentCatalog => (F::CurrentCatalog, false),
            // `current_schema()` is an ordinary call.
            K::CurrentSchema if !self.peek_punct(1, b'(') => (F::CurrentSchema, false),
            _ => return Ok(None),
        };
        self.advance();
        let precision = if takes_precision && self.eat_punct(b'(') {
            let precision = self.integer()?;
            self.expect_punct(b')')?;
            Some(precision)
        } else {
            None
        };
        Ok(Some(Expr::new(ExprKind::SqlValue { function, precision }, pos)))
    }

    pub(super) fn paren_expr(&mut self) -> Result<Expr> {
        self.expect_punct(b'(')?;
        let expr = self.expr()?;
        self.expect_punct(b')')?;
        Ok(expr)
    }

    fn nullif(&mut self, pos: Pos) -> Result<Expr> {
        let left = self.expr()?;
        self.expect_punct(b',')?;
        Ok(Expr::new(ExprKind::NullIf(Box::new((left, self.expr()?))), pos))
    }

    fn cast(&mut self, pos: Pos) -> Result<Expr> {
        let operand = Box::new(self.expr()?);
        self.expect(K::As)?;
        Ok(Expr::new(ExprKind::Cast { operand, ty: Box::new(self.type_name()?) }, pos))
    }

    fn treat(&mut self, pos: Pos) -> Result<Expr> {
        let operand = self.expr()?;
        self.expect(K::As)?;
        let ty = self.type_name()?;
        Ok(special_call(ty.name.base(), vec![operand], CallSyntax::Ordinary, pos))
    }

    fn extract(&mut self, pos: Pos) -> Result<Expr> {
        let field_pos = self.pos();
        let field = match &self.token.kind {
            T::String(_) => self.string()?,
            T::Ident(_) => self.label()?.name,
            T::Keyword(K::Year | K::Month | K::Day | K::Hour | K::Minute | K::Second) => self.label()?.name,
            _ => return self.unexpected(),
        };
        self.expect(K::From)?;
        let field = Expr::new(ExprKind::String(field), field_pos);
        Ok(special_call("extract", vec![field, self.expr()?], CallSyntax::Extract, pos))
    }

    fn normalize(&mut self, pos: Pos) -> Result<Expr> {
        let mut args = vec![self.expr()?];
        if self.eat_punct(b',') {
            let form_pos = self.pos();
            let Some(form) = self.keyword().filter(|k| normal_form(*k).is_some()) else {
                return self.unexpected();
            };
            self.advance();
            args.push(Expr::new(ExprKind::String(form.text().to_ascii_uppercase().into()), form_pos));
        }
        Ok(special_call("normalize", args, CallSyntax::Normalize, pos))
    }

    fn overlay(&mut self, pos: Pos) -> Result<Expr> {
        if self.at_punct(b')') {
            return Ok(ordinary_call("overlay", Vec::new(), pos));
        }
        let mut args = vec![self.argument()?];
        if !self.eat(K::Placing) {
            return self.plain_call("overlay", args, pos);
        }
        args.push(FunctionArg { name: None, value: self.expr()? });
        self.expect(K::From)?;
        args.push(FunctionArg { name: None, value: self.expr()? });
        if self.eat(K::For) {
            args.push(FunctionArg { name: None, value: self.expr()? });
        }
        let args = args.into_iter().map(|arg| arg.value).collect();
        Ok(special_call("overlay", args, CallSyntax::Overlay, pos))
    }

    fn position(&mut self, pos: Pos) -> Result<Expr> {
        let what = self.restricted_expr()?;
        self.expect(K::In)?;
        let within = self.restricted_expr()?;
        Ok(special_call("position", vec![within, what], CallSyntax::Position, pos))
    }

    /// `name(a, b)` although the name has a syntax of its own: the first argument is read already.
    fn plain_call(&mut self, name: &str, mut args: Vec<FunctionArg>, pos: Pos) -> Result<Expr> {
        while self.eat_punct(b',') {
            args.push(self.argument()?);
        }
        Ok(ordinary_call(name, args, pos))
    }

    fn substring(&mut self, pos: Pos) -> Result<Expr> {
        if self.at_punct(b')') {
            return Ok(ordinary_call("substring", Vec::new(), pos));
        }
        let first = self.argument()?;
        if first.name.is_some() || !self.at_any(&[K::From, K::For, K::Similar]) {
            return self.plain_call("substring", vec![first], pos);
        }
        let mut args = vec![first.value];
        if self.eat(K::Similar) {
            args.push(self.expr()?);
            self.expect(K::Escape)?;
            args.push(self.expr()?);
            return Ok(special_call("substring", args, CallSyntax::SubstringSimilar, pos));
        }
        let (mut from, mut count) = (None, None);
        while let Some(word) = self.eat_any(&[K::From, K::For]) {
            let slot = if word == K::From { &mut from } else { &mut count };
            if slot.is_some() {
                return self.unexpected();
            }
            *slot = Some(self.expr()?);
        }
        // Without FROM it starts at the first character, and the length must be an integer.
        args.push(from.unwrap_or_else(|| Expr::new(ExprKind::Integer(1), pos)));
        args.extend(count);
        Ok(special_call("substring", args, CallSyntax::Substring, pos))
    }

    fn trim(&mut self, pos: Pos) -> Result<Expr> {
        let name = match self.eat_any(&[K::Both, K::Leading, K::Trailing]) {
            Some(K::Leading) => "ltrim",
            Some(K::Trailing) => "rtrim",
            _ => "btrim",
        };
        let mut args = Vec::new();
        if !self.at(K::From) {
            args = self.list(Self::expr)?;
        }
        if self.eat(K::From) {
            // The characters come first in the text and last in the call.
            let mut from = self.list(Self::expr)?;
            from.append(&mut args);
            args = from;
        }
        Ok(special_call(name, args, CallSyntax::Trim, pos))
    }
}

fn ordinary_call(name: &str, args: Vec<FunctionArg>, pos: Pos) -> Expr {
    let mut expr = special_call(name, Vec::new(), CallSyntax::Ordinary, pos);
    if let ExprKind::Function(call) = &mut expr.kind {
        call.name = ObjectName(vec![Ident::new(name, pos)]);
        call.args = args;
    }
    expr
}

/// Whether the ends of a frame are in order.
fn check_frame(start: &FrameBound, end: &FrameBound, start_pos: Pos, end_pos: Pos) -> Result<()> {
    use FrameBound as B;
    let (message, pos) = match (start, end) {
        (B::UnboundedFollowing, _) => ("frame start cannot be UNBOUNDED FOLLOWING", start_pos),
        (_, B::UnboundedPreceding) => ("frame end cannot be UNBOUNDED PRECEDING", end_pos),
        (B::CurrentRow, B::Preceding(_)) => {
            ("frame starting from current row cannot have preceding rows", end_pos)
        }
        (B::Following(_), B::Preceding(_)) => {
            ("frame starting from following row cannot have preceding rows", end_pos)
        }
        (B::Following(_), B::CurrentRow) => {
            ("frame starting from following row cannot end with current row", end_pos)
        }
        _ => return Ok(()),
    };
    Err(ParseError::new(WINDOWING_ERROR, message, pos))
}

/// `windowing_error`.
const WINDOWING_ERROR: &str = "42P20";
