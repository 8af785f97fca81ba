//! Subqueries inside of expressions, and names of columns: whatever looks at enclosing rows.

use super::binder::{Binder, Level};
use super::coerce::Context;
use super::expr::quantifier;
use super::operator::boolean;
use super::scope::{Item, Visible};
use crate::error::{Result, SqlError};
use crate::parse::ast;
use crate::plan::{Expr, ExprKind, FunctionRef, Logical, Quantifier, Subquery, SubqueryKind};
use strata_types::{Type, Typmod, Value, sqlstate};

impl Binder<'_> {
    /// A column reference: `a`, `t.a`, `s.t.a`, or a whole row `t`.
    pub(super) fn column(&mut self, name: &ast::ObjectName, pos: u32) -> Result<Expr> {
        let parts: Vec<&str> = name.0.iter().map(|part| part.as_str()).collect();
        match parts.as_slice() {
            [column] => self.bare_column(column, pos),
            [.., table, column] => self.qualified_column(table, column, pos),
            [] => Err(SqlError::new(sqlstate::SYNTAX_ERROR, "a column without a name").at(pos)),
        }
    }

    fn bare_column(&mut self, column: &str, pos: u32) -> Result<Expr> {
        for level in (0..self.levels.len()).rev() {
            let scope = self.levels.get(level).map(|level| &level.scope);
            let found =
                scope.map(|scope| scope.column(column)).transpose().map_err(|error| error.at(pos))?.flatten();
            if let Some(found) = found.map(|visible| visible.expr.clone()) {
                return Ok(self.seen_from_inside(found, level, pos));
            }
        }
        // A table's name alone is its whole row.
        for level in (0..self.levels.len()).rev() {
            let item = self.levels.get(level).and_then(|level| level.scope.item(column));
            if let Some(columns) = item.map(|item| item.columns.clone()) {
                return Ok(self.whole_row(&columns, level, pos));
            }
        }
        if let Some(system) = self.system_column(None, column, pos) {
            return Ok(system);
        }
        Err(SqlError::new(sqlstate::UNDEFINED_COLUMN, format!("column \"{column}\" does not exist")).at(pos))
    }

    fn qualified_column(&mut self, table: &str, column: &str, pos: u32) -> Result<Expr> {
        for level in (0..self.levels.len()).rev() {
            let Some(item) = self.levels.get(level).and_then(|level| level.scope.item(table)) else {
                continue;
            };
            let mut found = item.columns.iter().filter(|visible| visible.name == column);
            let first = found.next().map(|visible| visible.expr.clone());
            if found.next().is_some() {
                let message = format!("column reference \"{column}\" is ambiguous");
                return Err(SqlError::new(sqlstate::AMBIGUOUS_COLUMN, message).at(pos));
            }
            if let Some(expr) = first {
                return Ok(self.seen_from_inside(expr, level, pos));
            }
            if let Some(system) = self.system_column(Some(table), column, pos) {
                return Ok(system);
            }
            return Err(SqlError::new(
                sqlstate::UNDEFINED_COLUMN,
                format!("column {table}.{column} does not exist"),
            )
            .at(pos));
        }
        Err(self.missing_table(table, pos))
    }

    /// A qualifier that names no item of FROM. The table itself may be there under an alias.
    pub(super) fn missing_table(&self, table: &str, pos: u32) -> SqlError {
        let is_it = |item: &&Item| {
            let relation = item.table.and_then(|oid| self.names.catalog.relation(oid));
            relation.is_some_and(|relation| relation.name == table)
        };
        let mut items = self.levels.iter().rev().flat_map(|level| &level.scope.items);
        match items.find(is_it) {
            Some(item) => {
                let message = format!("invalid reference to FROM-clause entry for table \"{table}\"");
                SqlError::new(sqlstate::UNDEFINED_TABLE, message)
                    .hint(format!("Perhaps you meant to reference the table alias \"{}\".", item.name))
                    .at(pos)
            }
            None => {
                let message = format!("missing FROM-clause entry for table \"{table}\"");
                SqlError::new(sqlstate::UNDEFINED_TABLE, message).at(pos)
            }
        }
    }

    /// `tableoid`, `ctid`, `xmin` and their kind: constants where they mean nothing here.
    fn system_column(&self, table: Option<&str>, column: &str, pos: u32) -> Option<Expr> {
        let scope = &self.levels.last()?.scope;
        let item = match table {
            Some(table) => scope.item(table)?,
            None => scope.items.iter().find(|item| item.table.is_some())?,
        };
        let oid = item.table?;
        let constant = |value, ty| Some(Expr { pos, ..Expr::constant(value, ty) });
        match column {
            "tableoid" => constant(Value::Oid(oid.0), Type::OID),
            "xmin" | "xmax" => constant(Value::Oid(0), Type::XID),
            "cmin" | "cmax" => constant(Value::Oid(0), Type::CID),
            // What a row is found by: equal to itself, and good for a WHERE later on.
            "ctid" => {
                let key = Expr::column(item.row_key?, Type::BYTEA, Typmod::NONE);
                Some(Expr { pos, ..key })
            }
            _ => None,
        }
    }

    fn whole_row(&mut self, columns: &[Visible], level: usize, pos: u32) -> Expr {
        let fields =
            columns.iter().map(|visible| self.seen_from_inside(visible.expr.clone(), level, pos)).collect();
        Expr { kind: ExprKind::Row(fields), ty: Type::RECORD, typmod: Typmod::NONE, pos }
    }

    /// A column expression of some level, as it is seen from the innermost one.
    fn seen_from_inside(&mut self, mut expr: Expr, level: usize, pos: u32) -> Expr {
        let up = self.levels.len() - 1 - level;
        self.lowest_reference = self.lowest_reference.min(level);
        if up > 0 {
            expr.visit_mut(0, &mut |inner, _| {
                if let ExprKind::Column(column) = inner.kind {
                    inner.kind = ExprKind::Outer { depth: up, column };
                }
                true
            });
        }
        Expr { pos, ..expr }
    }

    /// `(record).field`.
    pub(super) fn field(&mut self, base: &ast::Expr, field: &ast::Ident) -> Result<Expr> {
        let pos = field.pos.0;
        // `(t).a` names a column of t.
        if let ast::ExprKind::Column(name) = &base.kind
            && let [table] = name.0.as_slice()
            && self.levels.iter().any(|level| level.scope.item(&table.name).is_some())
        {
            return self.qualified_column(&table.name, &field.name, pos);
        }
        let arg = self.expr(base)?;
        if let ExprKind::Row(fields) = &arg.kind
            && let Some(index) = field.name.strip_prefix('f').and_then(|digits| digits.parse::<usize>().ok())
            && let Some(found) = index.checked_sub(1).and_then(|index| fields.get(index))
        {
            return Ok(found.clone());
        }
        let columns = self.record_of(&arg);
        if let Some((index, (_, ty))) =
            columns.iter().enumerate().find(|(_, (name, _))| **name == *field.name)
        {
            return Ok(Expr {
                kind: ExprKind::Field { arg: Box::new(arg), index },
                ty: *ty,
                typmod: Typmod::NONE,
                pos,
            });
        }
        if arg.ty == Type::RECORD {
            let message = format!("could not identify column \"{}\" in record data type", field.name);
            return Err(SqlError::new(sqlstate::UNDEFINED_COLUMN, message).at(pos));
        }
        Err(SqlError::new(
            sqlstate::WRONG_OBJECT_TYPE,
            format!(
                "column notation .{} applied to type {}, which is not a composite type",
                field.name,
                arg.ty.sql_name(Typmod::NONE)
            ),
        )
        .at(pos))
    }

    /// Binds a query that stands inside of an expression; tells whether it looks at rows outside of itself.
    fn inner_query(&mut self, query: &ast::Query) -> Result<(Logical, bool)> {
        let outside = self.levels.len();
        let before = std::mem::replace(&mut self.lowest_reference, usize::MAX);
        // Aggregates of the subquery are its own: those of the clause around are refused or gathered there.
        let bound = self
            .without_self_reference(Some("a subquery"), |binder| binder.deeper(|binder| binder.query(query)));
        let correlated = self.lowest_reference < outside;
        self.lowest_reference = self.lowest_reference.min(before);
        Ok((bound?.0, correlated))
    }

    fn subquery(&mut self, kind: SubqueryKind, plan: Logical, correlated: bool, ty: Type, pos: u32) -> Expr {
        let typmod = plan.schema().first().map_or(Typmod::NONE, |field| field.typmod);
        let typmod = if matches!(kind, SubqueryKind::Scalar) { typmod } else { Typmod::NONE };
        Expr { kind: ExprKind::Subquery(Box::new(Subquery { kind, plan, correlated })), ty, typmod, pos }
    }

    pub(super) fn exists(&mut self, query: &ast::Query, pos: u32) -> Result<Expr> {
        let (plan, correlated) = self.inner_query(query)?;
        Ok(self.subquery(SubqueryKind::Exists, plan, correlated, Type::BOOL, pos))
    }

    pub(super) fn scalar_subquery(&mut self, query: &ast::Query, pos: u32) -> Result<Expr> {
        let (plan, correlated) = self.inner_query(query)?;
        let plan = self.resolve_unknown_outputs(plan)?;
        let ty = only_column(&plan, pos)?;
        Ok(self.subquery(SubqueryKind::Scalar, plan, correlated, ty, pos))
    }

    /// One column of a subquery that yields one row of `count` columns, as a value.
    pub(super) fn column_of_subquery(
        &mut self,
        query: &ast::Query,
        at: usize,
        count: usize,
        pos: u32,
    ) -> Result<Expr> {
        let (plan, correlated) = self.inner_query(query)?;
        let plan = self.resolve_unknown_outputs(plan)?;
        let Some(field) = plan.schema().get(at).filter(|_| plan.schema().len() == count).cloned() else {
            let message = "number of columns does not match number of values";
            return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(pos));
        };
        let exprs = vec![super::group::output(at, &field)];
        let ty = field.ty;
        let plan = Logical::Project { input: Box::new(plan), exprs, schema: vec![field] };
        Ok(self.subquery(SubqueryKind::Scalar, plan, correlated, ty, pos))
    }

    pub(super) fn array_subquery(&mut self, query: &ast::Query, pos: u32) -> Result<Expr> {
        let (plan, correlated) = self.inner_query(query)?;
        let plan = self.resolve_unknown_outputs(plan)?;
        let element = only_column(&plan, pos)?;
        // A vector is an array whose arrays are arrays of vectors; of a true array there is none.
        let promoted = element.array_of().or_else(|| element.is_array().then_some(element));
        let ty = promoted.unwrap_or(Type::TEXT);
        Ok(self.subquery(SubqueryKind::Array, plan, correlated, ty, pos))
    }

    pub(super) fn in_subquery(
        &mut self,
        operand: &ast::Expr,
        query: &ast::Query,
        negated: bool,
        pos: u32,
    ) -> Result<Expr> {
        let (symbol, quantifier) = if negated { ("<>", Quantifier::All) } else { ("=", Quantifier::Any) };
        let operand = self.expr(operand)?;
        self.compare_with_query(symbol, operand, quantifier, query, pos)
    }

    pub(super) fn quantified_query(&mut self, quantified: &ast::QuantifiedQuery, pos: u32) -> Result<Expr> {
        let operand = self.expr(&quantified.operand)?;
        self.compare_with_query(
            &quantified.op.symbol,
            operand,
            quantifier(quantified.quantifier),
            &quantified.query,
            pos,
        )
    }

    fn compare_with_query(
        &mut self,
        symbol: &str,
        operand: Expr,
        quantifier: Quantifier,
        query: &ast::Query,
        pos: u32,
    ) -> Result<Expr> {
        let (plan, correlated) = self.inner_query(query)?;
        let plan = self.resolve_unknown_outputs(plan)?;
        let operands = match operand.kind {
            ExprKind::Row(fields) => fields,
            kind => vec![Expr { kind, ..operand }],
        };
        let columns = plan.schema().clone();
        if columns.len() != operands.len() {
            let what = if columns.len() > operands.len() { "many" } else { "few" };
            return Err(
                SqlError::new(sqlstate::SYNTAX_ERROR, format!("subquery has too {what} columns")).at(pos)
            );
        }
        let mut left = Vec::with_capacity(operands.len());
        let mut functions = Vec::with_capacity(operands.len());
        let mut wanted = Vec::with_capacity(operands.len());
        for (operand, column) in operands.into_iter().zip(&columns) {
            let probe = Expr { pos, ..Expr::constant(Value::Null, column.ty) };
            let (operator, args) = self.find_operator(symbol, &[&operand, &probe], pos)?;
            let (fitted, _) = self.fit_arguments(&args, Type::BOOL, vec![operand, probe])?;
            let mut fitted = fitted.into_iter();
            left.extend(fitted.next());
            wanted.extend(fitted.next().map(|probe| probe.ty));
            functions.push(FunctionRef(operator.function));
        }
        let plan = self.coerce_outputs(plan, &wanted)?;
        let kind = SubqueryKind::Compare { left, functions, quantifier };
        Ok(self.subquery(kind, plan, correlated, Type::BOOL, pos))
    }

    /// A plan whose columns have these types.
    pub(super) fn coerce_outputs(&mut self, plan: Logical, types: &[Type]) -> Result<Logical> {
        if plan.schema().iter().zip(types).all(|(field, ty)| field.ty == *ty) {
            return Ok(plan);
        }
        let mut schema = plan.schema().clone();
        let mut exprs = Vec::with_capacity(schema.len());
        for (index, field) in schema.iter_mut().enumerate() {
            let ty = types.get(index).copied().unwrap_or(field.ty);
            let column = Expr::column(index, field.ty, field.typmod);
            exprs.push(self.coerce(column, ty, Typmod::NONE, Context::Implicit)?);
            if field.ty != ty {
                (field.ty, field.typmod) = (ty, Typmod::NONE);
            }
        }
        Ok(Logical::Project { input: Box::new(plan), exprs, schema })
    }

    /// A plan whose columns of unknown type are text.
    pub(super) fn resolve_unknown_outputs(&mut self, plan: Logical) -> Result<Logical> {
        let known = |ty: Type| if ty == Type::UNKNOWN { Type::TEXT } else { ty };
        let types: Vec<Type> = plan.schema().iter().map(|field| known(field.ty)).collect();
        self.coerce_outputs(plan, &types)
    }

    /// A level for expressions over a plan's output.
    pub(super) fn level_over(scope: super::scope::Scope) -> Level {
        Level { scope, ..Level::default() }
    }
}

fn only_column(plan: &Logical, pos: u32) -> Result<Type> {
    match plan.schema().as_slice() {
        [field] => Ok(field.ty),
        _ => Err(SqlError::new(sqlstate::SYNTAX_ERROR, "subquery must return only one column").at(pos)),
    }
}

/// The condition that all of these hold.
pub(super) fn all_of(mut conditions: Vec<Expr>) -> Option<Expr> {
    match conditions.len() {
        0 => None,
        1 => conditions.pop(),
        _ => {
            let pos = conditions.first().map_or(0, |first| first.pos);
            Some(boolean(ExprKind::And(conditions), pos))
        }
    }
}
