//! INSERT, UPDATE, DELETE, MERGE.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::keyword::Keyword as K;

impl Parser<'_> {
    /// `INSERT INTO ..`.
    pub(super) fn insert(&mut self, with: Option<Box<With>>) -> Result<Insert> {
        let pos = self.pos();
        self.advance();
        self.expect(K::Into)?;
        let table = self.relation_name()?;
        let alias = if self.eat(K::As) { Some(self.column_id()?) } else { None };
        let mut columns = Vec::new();
        if self.at_punct(b'(') && !self.at_parenthesized_query() {
            columns = self.paren_list(Self::column_target)?;
        }
        let overriding = self.overriding()?;
        let source = if columns.is_empty() && overriding.is_none() && self.eat_two(K::Default, K::Values) {
            InsertSource::DefaultValues
        } else {
            InsertSource::Query(Box::new(self.query()?))
        };
        let on_conflict = if self.at(K::On) { Some(Box::new(self.on_conflict()?)) } else { None };
        let returning = self.returning()?;
        Ok(Insert { with, table, alias, columns, overriding, source, on_conflict, returning, pos })
    }

    /// Whether the parenthesis that comes next holds a query rather than column names.
    fn at_parenthesized_query(&mut self) -> bool {
        self.peek_punct(1, b'(')
            || [K::Select, K::Table, K::With].into_iter().any(|word| self.peek_is(1, word))
            || (self.peek_is(1, K::Values) && self.peek_punct(2, b'('))
    }

    fn overriding(&mut self) -> Result<Option<Overriding>> {
        if !self.eat(K::Overriding) {
            return Ok(None);
        }
        let overriding = match self.eat_any(&[K::System, K::User]) {
            Some(K::System) => Overriding::System,
            Some(_) => Overriding::User,
            None => return self.unexpected(),
        };
        self.expect(K::Value)?;
        Ok(Some(overriding))
    }

    /// `column`, `column[1].field`.
    fn column_target(&mut self) -> Result<ColumnTarget> {
        let column = self.column_id()?;
        let mut path = Vec::new();
        loop {
            if self.at_punct(b'[') {
                path.push(TargetStep::Subscript(self.subscript()?));
            } else if self.eat_punct(b'.') {
                path.push(TargetStep::Field(self.label()?));
            } else {
                return Ok(ColumnTarget { column, path });
            }
        }
    }

    /// `RETURNING ..`, or nothing.
    fn returning(&mut self) -> Result<Vec<Target>> {
        if self.eat(K::Returning) { self.list(Self::target) } else { Ok(Vec::new()) }
    }

    fn on_conflict(&mut self) -> Result<OnConflict> {
        let pos = self.pos();
        self.advance();
        self.expect(K::Conflict)?;
        let target = if self.at_punct(b'(') {
            let keys = self.paren_list(Self::index_key)?;
            let filter = self.where_clause()?;
            Some(ConflictTarget::Keys { keys, filter })
        } else if self.eat(K::On) {
            self.expect(K::Constraint)?;
            Some(ConflictTarget::Constraint(self.column_id()?))
        } else {
            None
        };
        self.expect(K::Do)?;
        if self.eat(K::Nothing) {
            return Ok(OnConflict { target, action: ConflictAction::Nothing, pos });
        }
        self.expect(K::Update)?;
        self.expect(K::Set)?;
        let set = self.list(Self::assignment)?;
        let filter = self.where_clause()?;
        Ok(OnConflict { target, action: ConflictAction::Update { set, filter }, pos })
    }

    /// `WHERE ..`, or nothing.
    pub(super) fn where_clause(&mut self) -> Result<Option<Expr>> {
        if self.eat(K::Where) { Ok(Some(self.expr()?)) } else { Ok(None) }
    }

    /// `WHERE ..` or `WHERE CURRENT OF cursor`, or nothing.
    fn where_or_current(&mut self) -> Result<Option<Expr>> {
        if !(self.at(K::Where) && self.peek_is(1, K::Current) && self.peek_is(2, K::Of)) {
            return self.where_clause();
        }
        self.advance();
        let pos = self.pos();
        self.advance();
        self.advance();
        Ok(Some(Expr::new(ExprKind::CurrentOf(self.column_id()?), pos)))
    }

    fn assignment(&mut self) -> Result<Assignment> {
        if self.at_punct(b'(') {
            let targets = self.paren_list(Self::column_target)?;
            self.expect_operator("=")?;
            return Ok(Assignment::Columns { targets, value: self.expr()? });
        }
        let target = self.column_target()?;
        self.expect_operator("=")?;
        Ok(Assignment::Column { target, value: self.expr()? })
    }

    /// An operator that must come next.
    pub(super) fn expect_operator(&mut self, symbol: &str) -> Result<()> {
        if self.eat_operator(symbol) { Ok(()) } else { self.unexpected() }
    }

    /// A relation that is changed: its alias may not be the word SET.
    fn changed_relation(&mut self) -> Result<Relation> {
        let mut relation = self.relation_expr()?;
        let named = self.eat(K::As);
        if named || (self.at_column_id() && !self.at(K::Set)) {
            relation.alias = Some(TableAlias { name: self.column_id()?, columns: Vec::new() });
        }
        Ok(relation)
    }

    /// `UPDATE ..`.
    pub(super) fn update(&mut self, with: Option<Box<With>>) -> Result<Update> {
        let pos = self.pos();
        self.advance();
        let table = self.changed_relation()?;
        self.expect(K::Set)?;
        let set = self.list(Self::assignment)?;
        let from = if self.eat(K::From) { self.list(Self::table_ref)? } else { Vec::new() };
        let filter = self.where_or_current()?;
        let returning = self.returning()?;
        Ok(Update { with, table, set, from, filter, returning, pos })
    }

    /// `DELETE FROM ..`.
    pub(super) fn delete(&mut self, with: Option<Box<With>>) -> Result<Delete> {
        let pos = self.pos();
        self.advance();
        self.expect(K::From)?;
        let table = self.changed_relation()?;
        let using = if self.eat(K::Using) { self.list(Self::table_ref)? } else { Vec::new() };
        let filter = self.where_or_current()?;
        let returning = self.returning()?;
        Ok(Delete { with, table, using, filter, returning, pos })
    }

    /// `MERGE INTO ..`.
    pub(super) fn merge(&mut self, with: Option<Box<With>>) -> Result<Merge> {
        let pos = self.pos();
        self.advance();
        self.expect(K::Into)?;
        let table = self.changed_relation()?;
        self.expect(K::Using)?;
        let source = self.table_ref()?;
        self.expect(K::On)?;
        let on = self.expr()?;
        let mut clauses = Vec::new();
        while self.at(K::When) {
            clauses.push(self.merge_clause()?);
        }
        if clauses.is_empty() {
            return self.unexpected();
        }
        Ok(Merge { with, table, source, on, clauses, pos })
    }

    fn merge_clause(&mut self) -> Result<MergeClause> {
        let pos = self.pos();
        self.advance();
        let matched = !self.eat(K::Not);
        self.expect(K::Matched)?;
        let condition = if self.eat(K::And) { Some(self.expr()?) } else { None };
        self.expect(K::Then)?;
        let action = match self.keyword() {
            Some(K::Do) => {
                self.advance();
                self.expect(K::Nothing)?;
                MergeAction::Nothing
            }
            Some(K::Update) if matched => {
                self.advance();
                self.expect(K::Set)?;
                MergeAction::Update(self.list(Self::assignment)?)
            }
            Some(K::Delete) if matched => {
                self.advance();
                MergeAction::Delete
            }
            Some(K::Insert) if !matched => self.merge_insert()?,
            _ => return self.unexpected(),
        };
        Ok(MergeClause { matched, condition, action, pos })
    }

    fn merge_insert(&mut self) -> Result<MergeAction> {
        self.advance();
        let columns = self.optional_paren_list(Self::column_target)?;
        let overriding = self.overriding()?;
        let values = if columns.is_empty() && overriding.is_none() && self.eat_two(K::Default, K::Values) {
            None
        } else {
            self.expect(K::Values)?;
            Some(self.paren_list(Self::expr)?)
        };
        Ok(MergeAction::Insert { columns, overriding, values })
    }

    /// One key of an index: a column, a call, or an expression in parentheses, with what may follow.
    pub(super) fn index_key(&mut self) -> Result<IndexKey> {
        let pos = self.pos();
        let expr = if self.at_punct(b'(') { self.paren_expr()? } else { self.primary()? };
        let allowed = match &expr.kind {
            ExprKind::Column(name) => name.0.len() == 1,
            ExprKind::Wildcard(_)
            | ExprKind::Subscript { .. }
            | ExprKind::Integer(_)
            | ExprKind::String(_) => false,
            _ => true,
        };
        if !allowed && self.last_byte() != Some(b')') {
            return self.unexpected();
        }
        let collation = if self.eat(K::Collate) { Some(self.object_name()?) } else { None };
        let at_opclass = self.at_column_id() && !self.at(K::Nulls);
        let opclass = if at_opclass { Some(self.object_name()?) } else { None };
        let opclass_options =
            if opclass.is_some() && self.at_punct(b'(') { self.option_list()? } else { Vec::new() };
        let descending = self.eat_any(&[K::Asc, K::Desc]) == Some(K::Desc);
        let nulls_first = self.nulls_order()?;
        Ok(IndexKey { expr, collation, opclass, opclass_options, descending, nulls_first, pos })
    }
}
