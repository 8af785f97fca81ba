//! The target list: expansion of `*`, and the names of columns.

use super::binder::Binder;
use super::scope::Visible;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ExprKind as Tree};
use crate::plan::{Expr, ExprKind, Field};
use strata_types::{Type, sqlstate};

/// A bound target with its column.
#[derive(Clone, Debug)]
pub(super) struct BoundTarget {
    pub(super) expr: Expr,
    pub(super) field: Field,
}

impl Binder<'_> {
    /// Binds a target list in the innermost level.
    pub(super) fn targets(&mut self, targets: &[ast::Target]) -> Result<Vec<BoundTarget>> {
        let mut bound = Vec::with_capacity(targets.len());
        for target in targets {
            match &target.expr.kind {
                Tree::Wildcard(qualifier) => self.expand(qualifier, target.expr.pos.0, &mut bound)?,
                Tree::AllFields(record) => self.expand_record(record, &mut bound)?,
                _ => bound.push(self.target(target)?),
            }
        }
        Ok(bound)
    }

    fn target(&mut self, target: &ast::Target) -> Result<BoundTarget> {
        let expr = self.expr(&target.expr)?;
        let name = match &target.alias {
            Some(alias) => alias.name.to_string(),
            None => column_name(&target.expr).unwrap_or("?column?").to_owned(),
        };
        let origin = self.column_of(&expr).and_then(|visible| visible.origin);
        let record = self.record_of(&expr);
        let field = Field { name, ty: expr.ty, typmod: expr.typmod, origin, record };
        Ok(BoundTarget { expr, field })
    }

    /// Names and types of the fields of an expression that is a function's record.
    pub(super) fn record_of(&self, expr: &Expr) -> &'static [(&'static str, Type)] {
        match super::call::record_columns(expr) {
            [] => self.column_of(expr).map_or(&[], |visible| visible.record),
            columns => columns,
        }
    }

    /// The column in sight that an expression is, unchanged.
    fn column_of(&self, expr: &Expr) -> Option<&Visible> {
        let ExprKind::Column(column) = expr.kind else { return None };
        let scope = &self.levels.last()?.scope;
        let all = scope.items.iter().flat_map(|item| &item.columns);
        all.chain(&scope.visible)
            .find(|visible| matches!(visible.expr.kind, ExprKind::Column(at) if at == column))
    }

    /// `*` and `t.*`.
    fn expand(&mut self, qualifier: &[ast::Ident], pos: u32, into: &mut Vec<BoundTarget>) -> Result<()> {
        let columns: Vec<Visible> = match qualifier.last() {
            None => {
                let level = self.levels.last();
                match level.map(|level| &level.scope).filter(|scope| !scope.items.is_empty()) {
                    Some(scope) => scope.visible.clone(),
                    None => {
                        let message = "SELECT * with no tables specified is not valid";
                        return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(pos));
                    }
                }
            }
            Some(table) => {
                let item = self.levels.last().and_then(|level| level.scope.item(&table.name));
                match item {
                    Some(item) => item.columns.clone(),
                    None => {
                        return Err(self.missing_table(&table.name, pos));
                    }
                }
            }
        };
        into.extend(columns.into_iter().map(|visible| {
            let field = visible.field();
            BoundTarget { expr: Expr { pos, ..visible.expr }, field }
        }));
        Ok(())
    }

    /// `(record).*`.
    fn expand_record(&mut self, record: &ast::Expr, into: &mut Vec<BoundTarget>) -> Result<()> {
        if let Tree::Column(name) = &record.kind
            && let [table] = name.0.as_slice()
            && self.levels.last().is_some_and(|level| level.scope.item(&table.name).is_some())
        {
            return self.expand(std::slice::from_ref(table), record.pos.0, into);
        }
        let record = self.expr(record)?;
        let pos = record.pos;
        let columns = self.record_of(&record);
        if columns.is_empty() {
            return Err(SqlError::new(sqlstate::WRONG_OBJECT_TYPE, "type record is not composite").at(pos));
        }
        for (index, (name, ty)) in columns.iter().enumerate() {
            let kind = ExprKind::Field { arg: Box::new(record.clone()), index };
            let expr = Expr { pos, ..Expr::new(kind, *ty) };
            into.push(BoundTarget { expr, field: Field::new(*name, *ty) });
        }
        Ok(())
    }
}

/// The name that PostgreSQL gives a column without alias; `None` is `?column?`.
pub(super) fn column_name(tree: &ast::Expr) -> Option<&str> {
    match &tree.kind {
        Tree::Column(name) => Some(name.base()),
        Tree::Field { field, .. } => Some(&field.name),
        Tree::Function(call) => Some(match call.syntax {
            ast::CallSyntax::Extract => "extract",
            ast::CallSyntax::AtTimeZone => "timezone",
            ast::CallSyntax::Position => "position",
            ast::CallSyntax::Overlay => "overlay",
            ast::CallSyntax::Normalize => "normalize",
            ast::CallSyntax::Substring | ast::CallSyntax::SubstringSimilar => "substring",
            _ => call.name.base(),
        }),
        Tree::Cast { operand, ty } => match column_name(operand) {
            Some(name) => Some(name),
            None => Some(ty.name.base()),
        },
        Tree::Case(case) => {
            case.otherwise.as_ref().and_then(|otherwise| strong_name(otherwise)).or(Some("case"))
        }
        Tree::Coalesce(_) => Some("coalesce"),
        Tree::Greatest(_) => Some("greatest"),
        Tree::Least(_) => Some("least"),
        Tree::NullIf(_) => Some("nullif"),
        Tree::Array(_) | Tree::ArraySubquery(_) => Some("array"),
        Tree::Row { .. } => Some("row"),
        Tree::Exists(_) => Some("exists"),
        Tree::Grouping(_) => Some("grouping"),
        Tree::Collate { operand, .. } => column_name(operand),
        Tree::Subscript { base, .. } => column_name(base),
        Tree::Subquery(query) => query_column_name(query),
        Tree::SqlValue { function, .. } => Some(sql_value_name(*function)),
        _ => None,
    }
}

/// Names that win over `case`.
fn strong_name(tree: &ast::Expr) -> Option<&str> {
    match &tree.kind {
        Tree::Column(_) | Tree::Field { .. } | Tree::Function(_) => column_name(tree),
        _ => None,
    }
}

fn query_column_name(query: &ast::Query) -> Option<&str> {
    match &query.body {
        ast::QueryBody::Select(select) => {
            let target = select.targets.first()?;
            match &target.alias {
                Some(alias) => Some(&alias.name),
                None => column_name(&target.expr),
            }
        }
        ast::QueryBody::Nested(inner) => query_column_name(inner),
        _ => None,
    }
}

fn sql_value_name(function: ast::SqlValueFunction) -> &'static str {
    use ast::SqlValueFunction as F;
    match function {
        F::CurrentDate => "current_date",
        F::CurrentTime => "current_time",
        F::CurrentTimestamp => "current_timestamp",
        F::LocalTime => "localtime",
        F::LocalTimestamp => "localtimestamp",
        F::CurrentRole => "current_role",
        F::CurrentUser => "current_user",
        F::User => "user",
        F::SessionUser => "session_user",
        F::CurrentCatalog => "current_catalog",
        F::CurrentSchema => "current_schema",
    }
}
