//! UPDATE and DELETE: the target's rows with their keys, joined to whatever else is named.
//!
//! ```text
//! input: every column of the target in table order (dropped ones as NULL) | row key | columns of FROM or USING
//! ```

use super::binder::{Binder, Level};
use super::from::join;
use super::inline::surround;
use super::scope::Scope;
use super::table::{Target, null_of};
use crate::error::Result;
use crate::parse::ast;
use crate::plan::{DeleteNode, Expr, ExprKind, Field, JoinKind, Logical, Schema, UpdateNode};
use crate::table::ROW_KEY;
use strata_types::{Type, Value};

impl Binder<'_> {
    /// Binds UPDATE.
    pub(super) fn update(&mut self, update: &ast::Update) -> Result<Logical> {
        let in_sight = self.ctes.len();
        let ctes = update.with.as_ref().map(|with| self.with_clause(with)).transpose()?.unwrap_or_default();
        let node = self.update_node(update);
        self.ctes.truncate(in_sight);
        Ok(surround(ctes, Logical::Update(Box::new(node?)), &self.materialized))
    }

    fn update_node(&mut self, update: &ast::Update) -> Result<UpdateNode> {
        let alias = update.table.alias.as_ref().map(|alias| &alias.name);
        let target = self.target_table(&update.table.name, alias)?;
        let (input, scope) = self.changed_rows(&target, &update.from)?;
        let level = Level { scope: scope.clone(), ..Level::default() };
        let ((assignments, filter), _) = self.with_level(level, |binder| {
            let assignments =
                binder.plain_clause("UPDATE", |binder| binder.assignments(&target, &update.set))?;
            Ok((assignments, binder.where_clause(update.filter.as_ref())?))
        })?;
        let input = filtered(input, filter);
        let (returning, schema) = self.returning(&update.returning, returned(&target, scope))?;
        Ok(UpdateNode {
            checks: self.checks(&target)?,
            indexes: self.index_exprs(&target)?,
            generated: self.generated(&target)?,
            relation: target.relation,
            input,
            assignments,
            returning,
            schema,
        })
    }

    /// Binds DELETE.
    pub(super) fn delete(&mut self, delete: &ast::Delete) -> Result<Logical> {
        let in_sight = self.ctes.len();
        let ctes = delete.with.as_ref().map(|with| self.with_clause(with)).transpose()?.unwrap_or_default();
        let node = self.delete_node(delete);
        self.ctes.truncate(in_sight);
        Ok(surround(ctes, Logical::Delete(Box::new(node?)), &self.materialized))
    }

    fn delete_node(&mut self, delete: &ast::Delete) -> Result<DeleteNode> {
        let alias = delete.table.alias.as_ref().map(|alias| &alias.name);
        let target = self.target_table(&delete.table.name, alias)?;
        let (input, scope) = self.changed_rows(&target, &delete.using)?;
        let level = Level { scope: scope.clone(), ..Level::default() };
        let (filter, _) = self.with_level(level, |binder| binder.where_clause(delete.filter.as_ref()))?;
        let input = filtered(input, filter);
        let (returning, schema) = self.returning(&delete.returning, returned(&target, scope))?;
        let indexes = self.index_exprs(&target)?;
        Ok(DeleteNode { relation: target.relation, input, indexes, returning, schema })
    }

    fn where_clause(&mut self, filter: Option<&ast::Expr>) -> Result<Option<Expr>> {
        let Some(tree) = filter else { return Ok(None) };
        self.plain_clause("WHERE", |binder| {
            let bound = binder.expr(tree)?;
            Ok(Some(binder.condition(bound, "WHERE")?))
        })
    }

    /// The target's whole rows with their keys, beside the other tables.
    fn changed_rows(&mut self, target: &Target, others: &[ast::TableRef]) -> Result<(Logical, Scope)> {
        let (plan, mut scope) = whole_rows(target)?;
        if others.is_empty() {
            return Ok((plan, scope));
        }
        let (right, right_scope) = self.from(others)?;
        scope = scope.join(right_scope)?;
        let always = Expr::new(ExprKind::Const(Value::Bool(true)), Type::BOOL);
        Ok((join(JoinKind::Inner, plan, right, always, false), scope))
    }
}

/// A scan of every column and the row key. Dropped columns read as NULL, so that places are those of the table.
fn whole_rows(target: &Target) -> Result<(Logical, Scope)> {
    let mut scope = Scope::of_table(&target.relation, &target.alias)?;
    let table = target.table();
    let mut columns = Vec::with_capacity(table.columns.len() + 1);
    let mut scanned: Schema = Vec::with_capacity(table.columns.len() + 1);
    let mut exprs = Vec::with_capacity(table.columns.len() + 1);
    let mut schema: Schema = Vec::with_capacity(table.columns.len() + 1);
    for (at, column) in table.columns.iter().enumerate() {
        let field = Field {
            typmod: column.typmod,
            origin: Some((target.relation.oid, (at + 1) as u16)),
            ..Field::new(column.name.clone(), column.ty)
        };
        if column.dropped {
            exprs.push(null_of(column));
        } else {
            exprs.push(Expr::column(columns.len(), column.ty, column.typmod));
            columns.push(at);
            scanned.push(field.clone());
        }
        schema.push(field);
    }
    let key = Field::new("ctid", Type::BYTEA);
    exprs.push(Expr::new(ExprKind::Column(columns.len()), Type::BYTEA));
    columns.push(ROW_KEY);
    scanned.push(key.clone());
    schema.push(key);
    scope.width = schema.len();
    if let Some(item) = scope.items.first_mut() {
        item.row_key = Some(schema.len() - 1);
    }
    let whole = columns.len() == schema.len();
    let scan = Logical::Scan { relation: target.relation.clone(), columns, schema: scanned };
    let plan = if whole { scan } else { Logical::Project { input: Box::new(scan), exprs, schema } };
    Ok((plan, scope))
}

fn filtered(input: Logical, filter: Option<Expr>) -> Logical {
    match filter {
        Some(predicate) => Logical::Filter { input: Box::new(input), predicate },
        None => input,
    }
}

/// What RETURNING sees: the row, then the columns of the other tables, without the row key between them.
fn returned(target: &Target, mut scope: Scope) -> Scope {
    let key = target.table().columns.len();
    let renumber = &mut |column: usize| if column > key { column - 1 } else { column };
    let columns = scope.items.iter_mut().flat_map(|item| &mut item.columns).chain(&mut scope.visible);
    for visible in columns {
        visible.expr.map_row_columns(renumber);
    }
    scope.width -= 1;
    scope
}
