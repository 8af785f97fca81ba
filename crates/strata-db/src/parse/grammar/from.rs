//! FROM: relations, subqueries, functions, joins; and WITH.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::error::{FEATURE_NOT_SUPPORTED, ParseError};
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;

/// What stood between two parentheses in FROM.
enum ParenTable {
    Query(Query),
    Joined(TableRef),
}

impl Parser<'_> {
    /// One item of FROM with the joins behind it.
    pub(super) fn table_ref(&mut self) -> Result<TableRef> {
        let left = self.nested(Self::table_primary)?;
        self.joins(left)
    }

    fn joins(&mut self, mut left: TableRef) -> Result<TableRef> {
        while let Some((kind, natural)) = self.join_words()? {
            self.grow()?;
            let pos = self.pos();
            let mut right = self.nested(Self::table_primary)?;
            // `a JOIN b JOIN c ON .. ON ..`: the inner join ends first.
            if kind != JoinKind::Cross && !natural && !self.at_any(&[K::On, K::Using]) {
                right = self.nested(|p| p.joins_until_condition(right))?;
            }
            let condition = if kind == JoinKind::Cross {
                JoinCondition::None
            } else if natural {
                JoinCondition::Natural
            } else {
                self.join_condition()?
            };
            left = TableRef::Join(Box::new(Join { kind, left, right, condition, alias: None, pos }));
        }
        Ok(left)
    }

    /// Joins behind `left` until the condition of the join around them.
    fn joins_until_condition(&mut self, mut left: TableRef) -> Result<TableRef> {
        while !self.at_any(&[K::On, K::Using]) {
            let Some((kind, natural)) = self.join_words()? else { return self.unexpected() };
            self.grow()?;
            let pos = self.pos();
            let mut right = self.nested(Self::table_primary)?;
            let condition = match (kind, natural) {
                (JoinKind::Cross, _) => JoinCondition::None,
                (_, true) => JoinCondition::Natural,
                _ => {
                    if !self.at_any(&[K::On, K::Using]) {
                        right = self.nested(|p| p.joins_until_condition(right))?;
                    }
                    self.join_condition()?
                }
            };
            left = TableRef::Join(Box::new(Join { kind, left, right, condition, alias: None, pos }));
        }
        Ok(left)
    }

    /// `[NATURAL] [INNER | LEFT | ..] JOIN`, if it comes next.
    fn join_words(&mut self) -> Result<Option<(JoinKind, bool)>> {
        if self.at(K::Cross) {
            self.advance();
            self.expect(K::Join)?;
            return Ok(Some((JoinKind::Cross, false)));
        }
        let natural = self.eat(K::Natural);
        let kind = match self.eat_any(&[K::Inner, K::Left, K::Right, K::Full]) {
            None if self.at(K::Join) => JoinKind::Inner,
            None if natural => return self.unexpected(),
            None => return Ok(None),
            Some(K::Inner) => JoinKind::Inner,
            Some(outer) => {
                self.eat(K::Outer);
                match outer {
                    K::Left => JoinKind::Left,
                    K::Right => JoinKind::Right,
                    _ => JoinKind::Full,
                }
            }
        };
        self.expect(K::Join)?;
        Ok(Some((kind, natural)))
    }

    fn join_condition(&mut self) -> Result<JoinCondition> {
        if self.eat(K::On) {
            return Ok(JoinCondition::On(self.expr()?));
        }
        self.expect(K::Using)?;
        let columns = self.paren_list(Self::column_id)?;
        let alias = if self.eat(K::As) { Some(self.column_id()?) } else { None };
        Ok(JoinCondition::Using { columns, alias })
    }

    fn table_primary(&mut self) -> Result<TableRef> {
        let pos = self.pos();
        if self.eat(K::Lateral) {
            if self.at_punct(b'(') {
                let query = *self.subquery()?;
                return self.derived(query, true, pos);
            }
            return self.table_function(true, pos);
        }
        if self.at_punct(b'(') {
            return match self.paren_table()? {
                ParenTable::Query(query) => self.derived(query, false, pos),
                ParenTable::Joined(mut table) => {
                    let alias = self.table_alias()?;
                    if let (TableRef::Join(join), Some(alias)) = (&mut table, alias) {
                        join.alias = Some(alias);
                    }
                    Ok(table)
                }
            };
        }
        if self.at_table_function() {
            return self.table_function(false, pos);
        }
        let mut relation = self.relation_expr()?;
        // A qualified name may still turn out to be a function's.
        if self.at_punct(b'(') && !relation.only {
            return self.table_function_from(relation.name, false, pos);
        }
        relation.alias = self.table_alias()?;
        if self.eat(K::Tablesample) {
            relation.sample = Some(self.table_sample()?);
        }
        Ok(TableRef::Relation(Box::new(relation)))
    }

    /// Parentheses in FROM: a query, or joined tables. Which one is known only behind the inner ones.
    fn paren_table(&mut self) -> Result<ParenTable> {
        self.expect_punct(b'(')?;
        self.nested(|p| {
            if p.at_query_word() {
                let query = p.query()?;
                p.expect_punct(b')')?;
                return Ok(ParenTable::Query(query));
            }
            let pos = p.pos();
            let first = if p.at_punct(b'(') {
                match p.paren_table()? {
                    ParenTable::Query(query) if p.at_punct(b')') => {
                        p.advance();
                        return Ok(ParenTable::Query(query));
                    }
                    ParenTable::Query(query) if p.at_query_tail() => {
                        let query = p.query_behind(query)?;
                        p.expect_punct(b')')?;
                        return Ok(ParenTable::Query(query));
                    }
                    ParenTable::Query(query) => p.derived(query, false, pos)?,
                    ParenTable::Joined(mut table) => {
                        let alias = p.table_alias()?;
                        if let (TableRef::Join(join), Some(alias)) = (&mut table, alias) {
                            join.alias = Some(alias);
                        }
                        table
                    }
                }
            } else {
                p.table_primary()?
            };
            let table = p.joins(first)?;
            // Parentheses around a single table are an error.
            if !matches!(table, TableRef::Join(_)) {
                return p.unexpected();
            }
            p.expect_punct(b')')?;
            Ok(ParenTable::Joined(table))
        })
    }

    fn derived(&mut self, query: Query, lateral: bool, pos: Pos) -> Result<TableRef> {
        let values = matches!(query.body, QueryBody::Values(_));
        let Some(alias) = self.table_alias()? else {
            let what = if values { "VALUES" } else { "subquery" };
            let sample = if values { "VALUES ..." } else { "SELECT ..." };
            return Err(ParseError::syntax(format!("{what} in FROM must have an alias"), pos)
                .with_hint(format!("For example, FROM ({sample}) [AS] foo.")));
        };
        Ok(TableRef::Subquery(Box::new(DerivedTable { query, lateral, alias: Some(alias), pos })))
    }

    /// `[AS] alias [(columns)]`.
    fn table_alias(&mut self) -> Result<Option<TableAlias>> {
        if !self.eat(K::As) && !self.at_column_id() {
            return Ok(None);
        }
        let name = self.column_id()?;
        let columns = self.optional_paren_list(Self::column_id)?;
        Ok(Some(TableAlias { name, columns }))
    }

    /// `name [*]`, `ONLY name`, `ONLY (name)`.
    pub(super) fn relation_expr(&mut self) -> Result<Relation> {
        let pos = self.pos();
        let only = self.eat(K::Only);
        let name = if only && self.eat_punct(b'(') {
            let name = self.relation_name()?;
            self.expect_punct(b')')?;
            name
        } else {
            self.relation_name()?
        };
        if !only {
            self.eat_operator("*");
        }
        Ok(Relation { name, only, alias: None, sample: None, pos })
    }

    fn table_sample(&mut self) -> Result<TableSample> {
        let pos = self.pos();
        let first = self.type_function_name()?;
        let method = self.object_name_from(first)?;
        let args = self.paren_list(Self::expr)?;
        let seed = if self.eat(K::Repeatable) { Some(self.paren_expr()?) } else { None };
        Ok(TableSample { method, args, seed, pos })
    }

    /// Whether a function comes next rather than a relation.
    fn at_table_function(&mut self) -> bool {
        if matches!(self.token.kind, T::Ident(_)) {
            return self.peek_punct(1, b'(');
        }
        match self.keyword() {
            Some(
                K::CurrentDate
                | K::CurrentTime
                | K::CurrentTimestamp
                | K::Localtime
                | K::Localtimestamp
                | K::CurrentRole
                | K::CurrentUser
                | K::User
                | K::SessionUser
                | K::CurrentCatalog
                | K::CurrentSchema,
            ) => true,
            Some(K::Only | K::Select | K::Lateral) | None => false,
            Some(K::Rows) if self.peek_is(1, K::From) => true,
            Some(K::Collation) if self.peek_is(1, K::For) => true,
            Some(_) => self.peek_punct(1, b'('),
        }
    }

    fn table_function(&mut self, lateral: bool, pos: Pos) -> Result<TableRef> {
        if self.eat_two(K::Rows, K::From) {
            let functions = self.paren_list(|p| {
                let call = p.function_expr()?;
                let columns = if p.at(K::As) && p.peek_punct(1, b'(') {
                    p.advance();
                    p.paren_list(Self::record_column)?
                } else {
                    Vec::new()
                };
                Ok(RowsFromItem { call, columns })
            })?;
            return self.table_function_clauses(functions, true, lateral, pos);
        }
        let call = self.function_expr()?;
        self.table_function_clauses(vec![RowsFromItem { call, columns: Vec::new() }], false, lateral, pos)
    }

    fn table_function_from(&mut self, name: ObjectName, lateral: bool, pos: Pos) -> Result<TableRef> {
        let call = Expr::new(ExprKind::Function(Box::new(self.call_arguments(name, pos)?)), pos);
        self.table_function_clauses(vec![RowsFromItem { call, columns: Vec::new() }], false, lateral, pos)
    }

    /// A call without FILTER or OVER.
    fn function_expr(&mut self) -> Result<Expr> {
        let expr = self.primary()?;
        match &expr.kind {
            ExprKind::Function(_)
            | ExprKind::Coalesce(_)
            | ExprKind::Greatest(_)
            | ExprKind::Least(_)
            | ExprKind::NullIf(_)
            | ExprKind::SqlValue { .. }
            | ExprKind::Cast { .. } => Ok(expr),
            _ => self.unexpected(),
        }
    }

    fn table_function_clauses(
        &mut self,
        functions: Vec<RowsFromItem>,
        rows_from: bool,
        lateral: bool,
        pos: Pos,
    ) -> Result<TableRef> {
        let ordinality = self.eat_two(K::With, K::Ordinality);
        let mut function = TableFunction {
            functions,
            rows_from,
            lateral,
            ordinality,
            alias: None,
            columns: Vec::new(),
            pos,
        };
        let named = self.eat(K::As);
        if named && self.at_punct(b'(') {
            function.columns = self.paren_list(Self::record_column)?;
        } else if named || self.at_column_id() {
            let name = self.column_id()?;
            let mut columns = Vec::new();
            if self.at_punct(b'(') {
                // Names alone rename the columns; with types they define them.
                if matches!(self.peek(2), T::Punct(b',' | b')')) {
                    columns = self.paren_list(Self::column_id)?;
                } else {
                    function.columns = self.paren_list(Self::record_column)?;
                }
            }
            function.alias = Some(TableAlias { name, columns });
        }
        Ok(TableRef::Function(Box::new(function)))
    }

    /// `name type [COLLATE c]`.
    pub(super) fn record_column(&mut self) -> Result<RecordColumn> {
        let name = self.column_id()?;
        let ty = self.type_name()?;
        let collation = if self.eat(K::Collate) { Some(self.object_name()?) } else { None };
        Ok(RecordColumn { name, ty, collation })
    }

    // ---- WITH ----

    /// `WITH ..`, or nothing.
    pub(super) fn with(&mut self) -> Result<Option<Box<With>>> {
        let pos = self.pos();
        if !self.eat(K::With) {
            return Ok(None);
        }
        let recursive = self.eat(K::Recursive);
        let ctes = self.list(Self::cte)?;
        Ok(Some(Box::new(With { recursive, ctes, pos })))
    }

    fn cte(&mut self) -> Result<Cte> {
        let name = self.column_id()?;
        let columns = self.optional_paren_list(Self::column_id)?;
        self.expect(K::As)?;
        let materialized = if self.eat(K::Materialized) {
            Some(true)
        } else if self.eat_two(K::Not, K::Materialized) {
            Some(false)
        } else {
            None
        };
        self.expect_punct(b'(')?;
        let body = self.nested(Self::cte_body)?;
        self.expect_punct(b')')?;
        let search = if self.at(K::Search) { Some(Box::new(self.cte_search()?)) } else { None };
        let cycle = if self.at(K::Cycle) { Some(Box::new(self.cte_cycle()?)) } else { None };
        Ok(Cte { name, columns, materialized, body, search, cycle })
    }

    fn cte_body(&mut self) -> Result<CteBody> {
        let pos = self.pos();
        let with = self.with()?;
        Ok(match self.keyword() {
            Some(K::Insert) => CteBody::Insert(Box::new(self.insert(with)?)),
            Some(K::Update) => CteBody::Update(Box::new(self.update(with)?)),
            Some(K::Delete) => CteBody::Delete(Box::new(self.delete(with)?)),
            Some(K::Merge) => {
                return Err(ParseError::new(FEATURE_NOT_SUPPORTED, "MERGE not supported in WITH query", pos));
            }
            _ => CteBody::Query(Box::new(self.query_after_with(with, pos)?)),
        })
    }

    fn cte_search(&mut self) -> Result<CteSearch> {
        let pos = self.pos();
        self.advance();
        let breadth_first = match self.eat_any(&[K::Depth, K::Breadth]) {
            Some(word) => word == K::Breadth,
            None => return self.unexpected(),
        };
        self.expect(K::First)?;
        self.expect(K::By)?;
        let columns = self.list(Self::column_id)?;
        self.expect(K::Set)?;
        Ok(CteSearch { breadth_first, columns, sequence: self.column_id()?, pos })
    }

    fn cte_cycle(&mut self) -> Result<CteCycle> {
        let pos = self.pos();
        self.advance();
        let columns = self.list(Self::column_id)?;
        self.expect(K::Set)?;
        let mark = self.column_id()?;
        let (mut value, mut default) = (None, None);
        if self.eat(K::To) {
            value = Some(self.primary()?);
            self.expect(K::Default)?;
            default = Some(self.primary()?);
        }
        self.expect(K::Using)?;
        Ok(CteCycle { columns, mark, value, default, path: self.column_id()?, pos })
    }
}
