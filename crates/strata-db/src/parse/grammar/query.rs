//! Queries: set operations, SELECT, VALUES and what surrounds them.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::error::ParseError;
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;
use super::Into;

impl Parser<'_> {
    /// Whether the next word begins a query.
    pub(in super::super) fn at_query_word(&mut self) -> bool {
        match self.keyword() {
            Some(K::Select | K::Table | K::With) => true,
            Some(K::Values) => self.peek_punct(1, b'('),
            _ => false,
        }
    }

    /// Whether a clause comes next that can only follow a query.
    pub(super) fn at_query_tail(&self) -> bool {
        self.at_any(&[K::Union, K::Intersect, K::Except, K::Order, K::Limit, K::Offset, K::Fetch, K::For])
    }

    /// A query.
    pub(in super::super) fn query(&mut self) -> Result<Query> {
        self.nested(|p| {
            let pos = p.pos();
            let with = p.with()?;
            p.query_after_with(with, pos)
        })
    }

    /// A query whose WITH has been read.
    pub(in super::super) fn query_after_with(&mut self, with: Option<Box<With>>, pos: Pos) -> Result<Query> {
        let body = self.query_operand()?;
        let body = self.set_operations(body, false)?;
        self.query_tail(with, body, pos)
    }

    /// The rest of a query whose first operand, in parentheses, has been read.
    pub(super) fn query_behind(&mut self, first: Query) -> Result<Query> {
        let pos = first.pos;
        let body = self.set_operations(nested_body(first), false)?;
        self.query_tail(None, body, pos)
    }

    /// UNION and EXCEPT from left to right; INTERSECT binds tighter.
    fn set_operations(&mut self, mut left: QueryBody, only_intersect: bool) -> Result<QueryBody> {
        loop {
            let pos = self.pos();
            let op = match self.keyword() {
                Some(K::Intersect) => SetOperator::Intersect,
                Some(K::Union) if !only_intersect => SetOperator::Union,
                Some(K::Except) if !only_intersect => SetOperator::Except,
                _ => return Ok(left),
            };
            self.advance();
            let all = self.eat_any(&[K::All, K::Distinct]) == Some(K::All);
            let mut right = self.query_operand()?;
            if op != SetOperator::Intersect {
                right = self.set_operations(right, true)?;
            }
            self.grow()?;
            left = QueryBody::SetOperation(Box::new(SetOperation { op, all, left, right, pos }));
        }
    }

    fn query_operand(&mut self) -> Result<QueryBody> {
        let pos = self.pos();
        match &self.token.kind {
            T::Keyword(K::Select) => Ok(QueryBody::Select(Box::new(self.nested(Self::select)?))),
            T::Keyword(K::Values) => Ok(QueryBody::Values(self.values()?)),
            T::Keyword(K::Table) => {
                self.advance();
                let relation = self.relation_expr()?;
                let star = Target { expr: Expr::new(ExprKind::Wildcard(Vec::new()), pos), alias: None };
                let mut select = empty_select(pos);
                select.targets.push(star);
                select.from.push(TableRef::Relation(Box::new(relation)));
                Ok(QueryBody::Select(Box::new(select)))
            }
            T::Punct(b'(') => {
                self.advance();
                let query = self.query()?;
                self.expect_punct(b')')?;
                Ok(nested_body(query))
            }
            _ => self.unexpected(),
        }
    }

    /// `VALUES (..), (..)`.
    pub(super) fn values(&mut self) -> Result<Values> {
        let pos = self.pos();
        self.expect(K::Values)?;
        let mut rows: Vec<Vec<Expr>> = Vec::new();
        loop {
            self.expect_punct(b'(')?;
            let mut row = Vec::with_capacity(rows.last().map_or(4, Vec::len));
            row.push(self.expr()?);
            while self.eat_punct(b',') {
                row.push(self.expr()?);
            }
            self.expect_punct(b')')?;
            rows.push(row);
            if !self.eat_punct(b',') {
                return Ok(Values { rows, pos });
            }
        }
    }

    fn select(&mut self) -> Result<Select> {
        let mut select = empty_select(self.pos());
        self.expect(K::Select)?;
        match self.eat_any(&[K::All, K::Distinct]) {
            Some(K::Distinct) if self.eat(K::On) => {
                select.distinct = Distinct::On(self.paren_list(Self::expr)?)
            }
            Some(K::Distinct) => select.distinct = Distinct::Rows,
            _ => {}
        }
        if self.at_target() || select.distinct != Distinct::No {
            select.targets = self.list(Self::target)?;
        }
        if self.at(K::Into) {
            self.select_into()?;
        }
        if self.eat(K::From) {
            select.from = self.list(Self::table_ref)?;
        }
        if self.eat(K::Where) {
            select.filter = Some(self.expr()?);
        }
        if self.eat(K::Group) {
            self.expect(K::By)?;
            select.group_distinct = self.eat_any(&[K::All, K::Distinct]) == Some(K::Distinct);
            select.group_by = self.list(Self::group_item)?;
        }
        if self.eat(K::Having) {
            select.having = Some(self.expr()?);
        }
        if self.eat(K::Window) {
            select.windows = self.list(|p| {
                let name = p.column_id()?;
                p.expect(K::As)?;
                Ok((name, p.window_spec()?))
            })?;
        }
        Ok(select)
    }

    /// Whether a target list begins here: it may be empty.
    fn at_target(&self) -> bool {
        match self.token.kind {
            T::End | T::Punct(b')' | b';') => false,
            T::Keyword(keyword) => !matches!(
                keyword,
                K::From
                    | K::Into
                    | K::Where
                    | K::Group
                    | K::Having
                    | K::Window
                    | K::Union
                    | K::Intersect
                    | K::Except
                    | K::Order
                    | K::Limit
                    | K::Offset
                    | K::Fetch
                    | K::For
                    | K::On
                    | K::Returning
                    | K::With
            ),
            _ => true,
        }
    }

    /// One entry of a target list or RETURNING.
    pub(super) fn target(&mut self) -> Result<Target> {
        let pos = self.pos();
        if self.eat_operator("*") {
            return Ok(Target { expr: Expr::new(ExprKind::Wildcard(Vec::new()), pos), alias: None });
        }
        let expr = self.expr()?;
        let alias = if self.eat(K::As) { Some(self.label()?) } else { self.eat_name(K::is_bare_label) };
        Ok(Target { expr, alias })
    }

    fn select_into(&mut self) -> Result<()> {
        let pos = self.pos();
        self.advance();
        let persistence = self.persistence();
        self.eat(K::Table);
        let name = self.relation_name()?;
        self.into.get_or_insert(Into { name, persistence, pos });
        Ok(())
    }

    fn group_item(&mut self) -> Result<GroupItem> {
        if self.at_punct(b'(') && self.peek_punct(1, b')') {
            self.advance();
            self.advance();
            return Ok(GroupItem::Empty);
        }
        if self.at(K::Rollup) && self.peek_punct(1, b'(') {
            self.advance();
            return Ok(GroupItem::Rollup(self.paren_list(Self::expr)?));
        }
        if self.at(K::Cube) && self.peek_punct(1, b'(') {
            self.advance();
            return Ok(GroupItem::Cube(self.paren_list(Self::expr)?));
        }
        if self.eat_two(K::Grouping, K::Sets) {
            return Ok(GroupItem::Sets(self.nested(|p| p.paren_list(Self::group_item))?));
        }
        Ok(GroupItem::Expr(self.expr()?))
    }

    /// `ORDER BY ..`, or nothing.
    pub(super) fn order_by(&mut self) -> Result<Vec<SortKey>> {
        if !self.eat(K::Order) {
            return Ok(Vec::new());
        }
        self.expect(K::By)?;
        self.list(Self::sort_key)
    }

    fn sort_key(&mut self) -> Result<SortKey> {
        let expr = self.expr()?;
        let direction = match self.eat_any(&[K::Asc, K::Desc, K::Using]) {
            Some(K::Asc) => SortDirection::Asc,
            Some(K::Desc) => SortDirection::Desc,
            Some(_) => SortDirection::Using(self.operator()?),
            None => SortDirection::Unspecified,
        };
        Ok(SortKey { expr, direction, nulls_first: self.nulls_order()? })
    }

    /// `NULLS FIRST`, `NULLS LAST`.
    pub(super) fn nulls_order(&mut self) -> Result<Option<bool>> {
        if !(self.at(K::Nulls) && (self.peek_is(1, K::First) || self.peek_is(1, K::Last))) {
            return Ok(None);
        }
        self.advance();
        Ok(Some(self.eat_any(&[K::First, K::Last]) == Some(K::First)))
    }

    /// ORDER BY, LIMIT, OFFSET, FETCH and FOR behind a body.
    fn query_tail(&mut self, with: Option<Box<With>>, body: QueryBody, pos: Pos) -> Result<Query> {
        let mut query = Query {
            with: None,
            body,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            locking: Vec::new(),
            pos,
        };
        // `(SELECT .. ORDER BY a) LIMIT 1` is one query, not two.
        if let QueryBody::Nested(inner) = query.body {
            query = *inner;
        }
        if let Some(with) = with {
            if query.with.is_some() {
                return Err(ParseError::syntax("multiple WITH clauses not allowed", with.pos));
            }
            query.with = Some(with);
        }
        let order_pos = self.pos();
        let order_by = self.order_by()?;
        if !order_by.is_empty() {
            if !query.order_by.is_empty() {
                return Err(ParseError::syntax("multiple ORDER BY clauses not allowed", order_pos));
            }
            query.order_by = order_by;
        }
        self.limits_and_locks(&mut query)?;
        Ok(query)
    }

    fn limits_and_locks(&mut self, query: &mut Query) -> Result<()> {
        let (mut limited, mut moved) = (false, false);
        loop {
            let pos = self.pos();
            match self.keyword() {
                Some(K::Limit) if !limited => {
                    self.advance();
                    limited = true;
                    let limit = if self.eat(K::All) { Limit::All } else { Limit::Count(self.expr()?) };
                    if self.at_punct(b',') {
                        return Err(ParseError::syntax("LIMIT #,# syntax is not supported", pos)
                            .with_hint("Use separate LIMIT and OFFSET clauses."));
                    }
                    self.set_limit(query, limit, pos)?;
                }
                Some(K::Fetch) if !limited => {
                    limited = true;
                    let limit = self.fetch_first()?;
                    self.set_limit(query, limit, pos)?;
                }
                Some(K::Offset) if !moved => {
                    self.advance();
                    moved = true;
                    let offset = self.expr()?;
                    self.eat_any(&[K::Row, K::Rows]);
                    if query.offset.is_some() {
                        return Err(ParseError::syntax("multiple OFFSET clauses not allowed", offset.pos));
                    }
                    query.offset = Some(Box::new(offset));
                }
                Some(K::For) => {
                    if let Some(locking) = self.locking()? {
                        query.locking.push(locking);
                    }
                }
                _ => return self.check_ties(query),
            }
        }
    }

    fn set_limit(&mut self, query: &mut Query, limit: Limit, pos: Pos) -> Result<()> {
        if query.limit.is_some() {
            return Err(ParseError::syntax("multiple LIMIT clauses not allowed", pos));
        }
        query.limit = Some(Box::new(limit));
        Ok(())
    }

    fn check_ties(&mut self, query: &Query) -> Result<()> {
        let Some(Limit::WithTies(count)) = query.limit.as_deref() else { return Ok(()) };
        if query.order_by.is_empty() {
            return Err(ParseError::syntax(
                "WITH TIES cannot be specified without ORDER BY clause",
                Pos::default(),
            ));
        }
        if query.locking.iter().any(|lock| lock.wait == LockWait::SkipLocked) {
            return Err(ParseError::syntax(
                "SKIP LOCKED and WITH TIES options cannot be used together",
                count.pos,
            ));
        }
        Ok(())
    }

    fn fetch_first(&mut self) -> Result<Limit> {
        self.advance();
        if self.eat_any(&[K::First, K::Next]).is_none() {
            return self.unexpected();
        }
        let pos = self.pos();
        let count = if self.at_any(&[K::Row, K::Rows]) {
            Expr::new(ExprKind::Integer(1), pos)
        } else {
            self.fetch_count()?
        };
        if self.eat_any(&[K::Row, K::Rows]).is_none() {
            return self.unexpected();
        }
        if self.eat(K::Only) {
            return Ok(Limit::Count(count));
        }
        self.expect(K::With)?;
        self.expect(K::Ties)?;
        Ok(Limit::WithTies(count))
    }

    /// A signed number or any expression without operators.
    fn fetch_count(&mut self) -> Result<Expr> {
        let pos = self.pos();
        if self.at_operator("-") || self.at_operator("+") {
            let text = self.signed_number()?;
            let kind = text.parse().map_or_else(|_| ExprKind::Number(text.clone()), ExprKind::Integer);
            return Ok(Expr::new(kind, pos));
        }
        self.primary()
    }

    /// `FOR UPDATE ..`; `FOR READ ONLY` means nothing.
    fn locking(&mut self) -> Result<Option<Locking>> {
        let pos = self.pos();
        self.advance();
        if self.eat_two(K::Read, K::Only) {
            return Ok(None);
        }
        let strength = match self.eat_any(&[K::Update, K::Share, K::No, K::Key]) {
            Some(K::Update) => LockStrength::Update,
            Some(K::Share) => LockStrength::Share,
            Some(K::No) => {
                self.expect(K::Key)?;
                self.expect(K::Update)?;
                LockStrength::NoKeyUpdate
            }
            Some(_) => {
                self.expect(K::Share)?;
                LockStrength::KeyShare
            }
            None => return self.unexpected(),
        };
        let of = if self.eat(K::Of) { self.list(Self::relation_name)? } else { Vec::new() };
        let wait = if self.eat(K::Nowait) {
            LockWait::NoWait
        } else if self.eat(K::Skip) {
            self.expect(K::Locked)?;
            LockWait::SkipLocked
        } else {
            LockWait::Block
        };
        Ok(Some(Locking { strength, of, wait, pos }))
    }
}

pub(super) fn empty_select(pos: Pos) -> Select {
    Select {
        distinct: Distinct::No,
        targets: Vec::new(),
        from: Vec::new(),
        filter: None,
        group_by: Vec::new(),
        group_distinct: false,
        having: None,
        windows: Vec::new(),
        pos,
    }
}

/// A query in parentheses as an operand: itself when it has no clauses of its own.
fn nested_body(query: Query) -> QueryBody {
    if query.is_body_only() { query.body } else { QueryBody::Nested(Box::new(query)) }
}
