//! Queries as text.

use super::super::ast::*;
use super::{Printer, Result};

impl Printer {
    /// A query.
    pub(super) fn query(&mut self, query: &Query) -> Result {
        if let Some(with) = &query.with {
            self.with(with)?;
        }
        self.body(&query.body)?;
        self.order_by(&query.order_by)?;
        match query.limit.as_deref() {
            None => {}
            Some(Limit::All) => self.word(" LIMIT ALL")?,
            Some(Limit::Count(count)) => {
                self.word(" LIMIT ")?;
                self.expr(count)?;
            }
            Some(Limit::WithTies(count)) => {
                self.word(" FETCH FIRST ")?;
                self.parens(|p| p.expr(count))?;
                self.word(" ROWS WITH TIES")?;
            }
        }
        if let Some(offset) = &query.offset {
            self.word(" OFFSET ")?;
            self.expr(offset)?;
        }
        query.locking.iter().try_for_each(|locking| self.locking(locking))
    }

    fn locking(&mut self, locking: &Locking) -> Result {
        self.word(" ")?;
        self.word(locking.strength.words())?;
        if !locking.of.is_empty() {
            self.word(" OF ")?;
            self.list(&locking.of, Self::object_name)?;
        }
        self.word(match locking.wait {
            LockWait::Block => "",
            LockWait::SkipLocked => " SKIP LOCKED",
            LockWait::NoWait => " NOWAIT",
        })
    }

    fn body(&mut self, body: &QueryBody) -> Result {
        match body {
            QueryBody::Select(select) => self.select(select),
            QueryBody::Values(values) => {
                self.word("VALUES ")?;
                self.list(&values.rows, |p, row| p.parens(|p| p.list(row, Self::expr)))
            }
            QueryBody::SetOperation(operation) => {
                self.set_operand(&operation.left)?;
                self.word(match operation.op {
                    SetOperator::Union => " UNION ",
                    SetOperator::Intersect => " INTERSECT ",
                    SetOperator::Except => " EXCEPT ",
                })?;
                self.word(if operation.all { "ALL " } else { "" })?;
                self.set_operand(&operation.right)
            }
            QueryBody::Nested(query) => self.parens(|p| p.query(query)),
        }
    }

    fn set_operand(&mut self, body: &QueryBody) -> Result {
        match body {
            QueryBody::SetOperation(_) => self.parens(|p| p.body(body)),
            _ => self.body(body),
        }
    }

    fn select(&mut self, select: &Select) -> Result {
        self.word("SELECT")?;
        match &select.distinct {
            Distinct::No => {}
            Distinct::Rows => self.word(" DISTINCT")?,
            Distinct::On(keys) => {
                self.word(" DISTINCT ON ")?;
                self.parens(|p| p.list(keys, Self::expr))?;
            }
        }
        if !select.targets.is_empty() {
            self.word(" ")?;
            self.list(&select.targets, Self::target)?;
        }
        if !select.from.is_empty() {
            self.word(" FROM ")?;
            self.list(&select.from, Self::table)?;
        }
        if let Some(filter) = &select.filter {
            self.word(" WHERE ")?;
            self.expr(filter)?;
        }
        if !select.group_by.is_empty() {
            self.word(if select.group_distinct { " GROUP BY DISTINCT " } else { " GROUP BY " })?;
            self.list(&select.group_by, Self::group_item)?;
        }
        if let Some(having) = &select.having {
            self.word(" HAVING ")?;
            self.expr(having)?;
        }
        if !select.windows.is_empty() {
            self.word(" WINDOW ")?;
            self.list(&select.windows, |p, (name, spec)| {
                p.ident(name)?;
                p.word(" AS ")?;
                p.window(spec)
            })?;
        }
        Ok(())
    }

    fn target(&mut self, target: &Target) -> Result {
        self.expr(&target.expr)?;
        target.alias.iter().try_for_each(|alias| {
            self.word(" AS ")?;
            self.ident(alias)
        })
    }

    fn group_item(&mut self, item: &GroupItem) -> Result {
        match item {
            GroupItem::Expr(expr) => self.expr(expr),
            GroupItem::Empty => self.word("()"),
            GroupItem::Rollup(keys) => {
                self.word("ROLLUP ")?;
                self.parens(|p| p.list(keys, Self::expr))
            }
            GroupItem::Cube(keys) => {
                self.word("CUBE ")?;
                self.parens(|p| p.list(keys, Self::expr))
            }
            GroupItem::Sets(items) => {
                self.word("GROUPING SETS ")?;
                self.parens(|p| p.list(items, Self::group_item))
            }
        }
    }

    fn table(&mut self, table: &TableRef) -> Result {
        match table {
            TableRef::Relation(relation) => self.relation(relation),
            TableRef::Subquery(derived) => {
                self.word(if derived.lateral { "LATERAL " } else { "" })?;
                self.parens(|p| p.query(&derived.query))?;
                self.alias(derived.alias.as_ref())
            }
            TableRef::Function(function) => self.table_function(function),
            TableRef::Join(join) => self.join(join),
        }
    }

    fn relation(&mut self, relation: &Relation) -> Result {
        self.word(if relation.only { "ONLY " } else { "" })?;
        self.object_name(&relation.name)?;
        self.alias(relation.alias.as_ref())?;
        if let Some(sample) = &relation.sample {
            self.word(" TABLESAMPLE ")?;
            self.object_name(&sample.method)?;
            self.parens(|p| p.list(&sample.args, Self::expr))?;
            if let Some(seed) = &sample.seed {
                self.word(" REPEATABLE ")?;
                self.parens(|p| p.expr(seed))?;
            }
        }
        Ok(())
    }

    fn alias(&mut self, alias: Option<&TableAlias>) -> Result {
        let Some(alias) = alias else { return Ok(()) };
        self.word(" AS ")?;
        self.ident(&alias.name)?;
        if alias.columns.is_empty() {
            return Ok(());
        }
        self.parens(|p| p.list(&alias.columns, Self::ident))
    }

    fn table_function(&mut self, function: &TableFunction) -> Result {
        self.word(if function.lateral { "LATERAL " } else { "" })?;
        self.word(if function.rows_from { "ROWS FROM (" } else { "" })?;
        self.list(&function.functions, |p, item| {
            p.expr(&item.call)?;
            if item.columns.is_empty() {
                return Ok(());
            }
            p.word(" AS ")?;
            p.record_columns(&item.columns)
        })?;
        self.word(if function.rows_from { ")" } else { "" })?;
        self.word(if function.ordinality { " WITH ORDINALITY" } else { "" })?;
        self.alias(function.alias.as_ref())?;
        if function.columns.is_empty() {
            return Ok(());
        }
        self.word(if function.alias.is_some() { " " } else { " AS " })?;
        self.record_columns(&function.columns)
    }

    fn record_columns(&mut self, columns: &[RecordColumn]) -> Result {
        self.parens(|p| {
            p.list(columns, |p, column| {
                p.ident(&column.name)?;
                p.word(" ")?;
                p.type_name(&column.ty)?;
                column.collation.iter().try_for_each(|collation| {
                    p.word(" COLLATE ")?;
                    p.object_name(collation)
                })
            })
        })
    }

    fn join(&mut self, join: &Join) -> Result {
        if join.alias.is_some() {
            self.parens(|p| p.plain_join(join))?;
            return self.alias(join.alias.as_ref());
        }
        self.plain_join(join)
    }

    fn plain_join(&mut self, join: &Join) -> Result {
        self.table(&join.left)?;
        self.word(if join.condition == JoinCondition::Natural { " NATURAL" } else { "" })?;
        self.word(match join.kind {
            JoinKind::Inner => " JOIN ",
            JoinKind::Left => " LEFT JOIN ",
            JoinKind::Right => " RIGHT JOIN ",
            JoinKind::Full => " FULL JOIN ",
            JoinKind::Cross => " CROSS JOIN ",
        })?;
        match &join.right {
            TableRef::Join(right) if right.alias.is_none() => self.parens(|p| p.plain_join(right))?,
            right => self.table(right)?,
        }
        match &join.condition {
            JoinCondition::None | JoinCondition::Natural => Ok(()),
            JoinCondition::On(condition) => {
                self.word(" ON ")?;
                self.operand(condition)
            }
            JoinCondition::Using { columns, alias } => {
                self.word(" USING ")?;
                self.parens(|p| p.list(columns, Self::ident))?;
                alias.iter().try_for_each(|alias| {
                    self.word(" AS ")?;
                    self.ident(alias)
                })
            }
        }
    }

    fn with(&mut self, with: &With) -> Result {
        self.word(if with.recursive { "WITH RECURSIVE " } else { "WITH " })?;
        self.list(&with.ctes, Self::cte)?;
        self.word(" ")
    }

    fn cte(&mut self, cte: &Cte) -> Result {
        self.ident(&cte.name)?;
        if !cte.columns.is_empty() {
            self.parens(|p| p.list(&cte.columns, Self::ident))?;
        }
        self.word(match cte.materialized {
            None => " AS ",
            Some(true) => " AS MATERIALIZED ",
            Some(false) => " AS NOT MATERIALIZED ",
        })?;
        self.parens(|p| match &cte.body {
            CteBody::Query(query) => p.query(query),
            // A view may not hold statements that change rows, so none is ever printed.
            CteBody::Insert(_) | CteBody::Update(_) | CteBody::Delete(_) => Err(std::fmt::Error),
        })?;
        if let Some(search) = &cte.search {
            self.word(if search.breadth_first {
                " SEARCH BREADTH FIRST BY "
            } else {
                " SEARCH DEPTH FIRST BY "
            })?;
            self.list(&search.columns, Self::ident)?;
            self.word(" SET ")?;
            self.ident(&search.sequence)?;
        }
        cte.cycle.iter().try_for_each(|cycle| self.cycle(cycle))
    }

    fn cycle(&mut self, cycle: &CteCycle) -> Result {
        self.word(" CYCLE ")?;
        self.list(&cycle.columns, Self::ident)?;
        self.word(" SET ")?;
        self.ident(&cycle.mark)?;
        if let (Some(value), Some(default)) = (&cycle.value, &cycle.default) {
            self.word(" TO ")?;
            self.expr(value)?;
            self.word(" DEFAULT ")?;
            self.expr(default)?;
        }
        self.word(" USING ")?;
        self.ident(&cycle.path)
    }
}
