//! FROM: tables, views, functions, subqueries and joins, with the scope that they make.

use super::binder::{Binder, CteSource, Level};
use super::call::record_columns;
use super::operator::boolean;
use super::scope::{Item, Scope, Visible};
use super::subquery::all_of;
use super::types::type_of;
use crate::catalog::{Relation, SystemRelation};
use crate::error::{Result, SqlError};
use crate::functions::FunctionKind;
use crate::parse::{self, ast};
use crate::plan::{Expr, ExprKind, Field, JoinKind, Logical, Schema};
use crate::schema::{RelationDef, RelationKind, ViewDef};
use crate::table::ROW_KEY;
use std::sync::Arc;
use strata_types::{Type, Value, sqlstate};

/// A source of rows with the names of its columns.
pub(super) type Source = (Logical, Scope);

impl Binder<'_> {
    /// The items of FROM, joined crosswise; one row without columns if there are none.
    pub(super) fn from(&mut self, items: &[ast::TableRef]) -> Result<Source> {
        let mut whole: Option<Source> = None;
        for item in items {
            whole = Some(match whole {
                None => self.table_ref(item, None)?,
                Some(left) => self.cross(left, item)?,
            });
        }
        Ok(whole.unwrap_or_else(|| (Logical::single_row(), Scope::default())))
    }

    fn cross(&mut self, left: Source, item: &ast::TableRef) -> Result<Source> {
        let lateral = is_lateral(item);
        let right = self.table_ref(item, lateral.then_some(&left.1))?;
        let scope = left.1.join(right.1)?;
        let on = boolean(ExprKind::Const(Value::Bool(true)), crate::plan::NO_POS);
        Ok((join(JoinKind::Inner, left.0, right.0, on, lateral), scope))
    }

    /// One item. `left` are the columns that a lateral item may look at.
    fn table_ref(&mut self, item: &ast::TableRef, left: Option<&Scope>) -> Result<Source> {
        match left {
            None => self.deeper(|binder| binder.table_ref_here(item)),
            Some(left) => {
                let clause = "functions in FROM";
                let level = Level {
                    scope: left.clone(),
                    no_aggregates: Some(clause),
                    no_windows: Some(clause),
                    ..Level::default()
                };
                Ok(self.with_level(level, |binder| binder.table_ref_here(item))?.0)
            }
        }
    }

    fn table_ref_here(&mut self, item: &ast::TableRef) -> Result<Source> {
        match item {
            ast::TableRef::Relation(relation) => self.relation(relation),
            ast::TableRef::Subquery(derived) => self.derived(derived),
            ast::TableRef::Function(function) => self.table_function(function),
            ast::TableRef::Join(join) => self.join(join),
        }
    }

    fn relation(&mut self, relation: &ast::Relation) -> Result<Source> {
        if relation.sample.is_some() {
            return Err(SqlError::unsupported("TABLESAMPLE").at(relation.pos.0));
        }
        let alias = relation.alias.as_ref();
        let name = alias.map_or(relation.name.base(), |alias| &alias.name.name).to_owned();
        let (plan, mut scope) = match relation.name.0.as_slice() {
            [only] if self.has_cte(&only.name) => {
                self.note_self_reference(&only.name, relation.pos.0)?;
                self.cte(&only.name, &name, relation.pos.0)?
            }
            _ => self.catalog_relation(&relation.name, &name)?,
        };
        rename(&mut scope, alias)?;
        Ok((plan, scope))
    }

    fn catalog_relation(&mut self, name: &ast::ObjectName, alias: &str) -> Result<Source> {
        let parts: Vec<String> = name.0.iter().map(|part| part.name.to_string()).collect();
        match self.names.relation(&parts, name.pos().0)? {
            Relation::Stored(relation) => {
                self.relations.push(relation.oid);
                self.refuse_unlockable(&relation, alias)?;
                match &relation.kind {
                    RelationKind::Table(_) => self.scan(&relation, alias),
                    RelationKind::View(view) => self.view(&relation, view, alias),
                    RelationKind::Sequence(_) => self.sequence(&relation, alias),
                    RelationKind::Index { .. } => Err(SqlError::new(
                        sqlstate::WRONG_OBJECT_TYPE,
                        format!("cannot open relation \"{}\"", relation.name),
                    )
                    .detail("This operation is not supported for indexes.")
                    .at(name.pos().0)),
                }
            }
            Relation::System(system) => Ok(system_scan(system, alias)),
        }
    }

    /// A table: its live columns, then its row key.
    pub(super) fn scan(&mut self, relation: &Arc<RelationDef>, alias: &str) -> Result<Source> {
        let whole = Scope::of_table(relation, alias)?;
        let mut columns = Vec::with_capacity(whole.visible.len() + 1);
        let mut schema: Schema = Vec::with_capacity(whole.visible.len() + 1);
        for visible in &whole.visible {
            if let ExprKind::Column(column) = visible.expr.kind {
                columns.push(column);
                schema.push(visible.field());
            }
        }
        let mut scope = Scope::of_schema(alias, &schema);
        columns.push(ROW_KEY);
        schema.push(Field::new("ctid", Type::BYTEA));
        scope.width += 1;
        if let Some(item) = scope.items.first_mut() {
            item.table = Some(relation.oid);
            item.row_key = Some(columns.len() - 1);
        }
        Ok((Logical::Scan { relation: relation.clone(), columns, schema }, scope))
    }

    fn view(&mut self, relation: &RelationDef, view: &ViewDef, alias: &str) -> Result<Source> {
        let mut parsed = parse::parse(&view.query)?;
        let Some(ast::Statement::Query(query)) = parsed.pop().map(|one| one.statement) else {
            return Err(SqlError::new(
                sqlstate::DATA_CORRUPTED,
                format!("the stored query of view \"{}\" cannot be read", relation.name),
            ));
        };
        // A view sees none of the names around its use.
        let ctes = std::mem::take(&mut self.ctes);
        let levels = std::mem::take(&mut self.levels);
        let bound = self.deeper(|binder| binder.subquery_source(&query, alias, false));
        self.ctes = ctes;
        self.levels = levels;
        let (plan, mut scope) = bound?;
        let in_items = scope.items.iter_mut().map(|item| &mut item.columns);
        for columns in in_items.chain([&mut scope.visible]) {
            for (index, (shown, column)) in columns.iter_mut().zip(&view.columns).enumerate() {
                shown.name.clone_from(&column.name);
                shown.origin = Some((relation.oid, (index + 1) as u16));
            }
        }
        Ok((plan, scope))
    }

    /// `SELECT * FROM sequence`: its position, through a function.
    fn sequence(&mut self, relation: &RelationDef, alias: &str) -> Result<Source> {
        let oid = Expr::constant(Value::Oid(relation.oid.0), Type::REGCLASS);
        let call = self.call_named("pg_get_sequence_data", vec![oid], crate::plan::NO_POS)?;
        let schema: Schema = record_columns(&call).iter().map(|(name, ty)| Field::new(*name, *ty)).collect();
        let scope = Scope::of_schema(alias, &schema);
        Ok((Logical::FunctionScan { calls: vec![(call, schema.len())], ordinality: false, schema }, scope))
    }

    pub(super) fn has_cte(&self, name: &str) -> bool {
        self.ctes.iter().any(|cte| cte.name == name)
    }

    fn cte(&mut self, name: &str, alias: &str, pos: u32) -> Result<Source> {
        let Some(cte) = self.ctes.iter().rev().find(|cte| cte.name == name).cloned() else {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_TABLE,
                format!("relation \"{name}\" does not exist"),
            ));
        };
        if cte.schema.is_empty() && cte.writes {
            let message = format!("WITH query \"{name}\" does not have a RETURNING clause");
            return Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).at(pos));
        }
        let scope = Scope::of_schema(alias, &cte.schema);
        let plan = match cte.source {
            CteSource::Shared(id) => Logical::CteScan { id, name: name.to_owned(), schema: cte.schema },
            CteSource::Inline(mut plan) => {
                // Used deeper than it was defined: what it refers to is so many rows further away.
                let further = self.levels.len().saturating_sub(cte.level);
                if further > 0 {
                    deepen(&mut plan, further);
                }
                plan
            }
        };
        Ok((plan, scope))
    }

    fn derived(&mut self, derived: &ast::DerivedTable) -> Result<Source> {
        let name = derived.alias.as_ref().map_or("", |alias| &alias.name.name);
        if name.is_empty() {
            return Err(SqlError::new(sqlstate::SYNTAX_ERROR, "subquery in FROM must have an alias")
                .hint("For example, FROM (SELECT ...) [AS] foo.")
                .at(derived.pos.0));
        }
        let (plan, mut scope) = self.subquery_source(&derived.query, name, derived.lateral)?;
        rename(&mut scope, derived.alias.as_ref())?;
        Ok((plan, scope))
    }

    /// A query as an item of FROM.
    fn subquery_source(&mut self, query: &ast::Query, name: &str, lateral: bool) -> Result<Source> {
        if let Some(locked) = self.locked_subquery(query, name, lateral)? {
            return Ok(locked);
        }
        let (plan, _) = self.query(query)?;
        let plan = self.resolve_unknown_outputs(plan)?;
        let scope = Scope::of_schema(name, plan.schema());
        Ok((plan, scope))
    }

    fn table_function(&mut self, function: &ast::TableFunction) -> Result<Source> {
        let mut calls = Vec::with_capacity(function.functions.len());
        let mut schema: Schema = Vec::new();
        let alias = function.alias.as_ref();
        let spread: Vec<ast::RowsFromItem> = function.functions.iter().flat_map(unnests).collect();
        for item in &spread {
            // The call is computed without a row of its own, beside the rows that it may look at.
            let call = self.without_row("functions in FROM", |binder| binder.expr(&item.call))?;
            let definitions = if item.columns.is_empty() { &function.columns } else { &item.columns };
            let columns = self.function_columns(&call, &item.call, definitions, alias, spread.len() == 1)?;
            calls.push((call, columns.len()));
            schema.extend(columns);
        }
        if function.ordinality {
            schema.push(Field::new("ordinality", Type::INT8));
        }
        let name = match (alias, function.functions.as_slice()) {
            (Some(alias), _) => alias.name.name.to_string(),
            (None, [only]) => super::target::column_name(&only.call).unwrap_or_default().to_owned(),
            (None, _) => String::new(),
        };
        let mut scope = Scope::of_schema(&name, &schema);
        rename(&mut scope, alias)?;
        Ok((Logical::FunctionScan { calls, ordinality: function.ordinality, schema }, scope))
    }

    fn function_columns(
        &mut self,
        call: &Expr,
        tree: &ast::Expr,
        definitions: &[ast::RecordColumn],
        alias: Option<&ast::TableAlias>,
        alone: bool,
    ) -> Result<Schema> {
        if !definitions.is_empty() {
            let mut columns = Vec::with_capacity(definitions.len());
            for definition in definitions {
                let (ty, typmod) = type_of(self.env, &definition.ty)?;
                columns.push(Field { typmod, ..Field::new(&*definition.name.name, ty) });
            }
            return Ok(columns);
        }
        let named = record_columns(call);
        if !named.is_empty() {
            return Ok(named.iter().map(|(name, ty)| Field::new(*name, *ty)).collect());
        }
        if call.ty == Type::RECORD {
            let message = "a column definition list is required for functions returning \"record\"";
            return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(call.pos));
        }
        // A function of one column names it like the alias, if there is one.
        let name = match alias {
            Some(alias) if alone => &*alias.name.name,
            _ => super::target::column_name(tree).unwrap_or("?column?"),
        };
        Ok(vec![Field { typmod: call.typmod, ..Field::new(name, call.ty) }])
    }

    fn join(&mut self, tree: &ast::Join) -> Result<Source> {
        let (keeps_left, keeps_right) = match tree.kind {
            ast::JoinKind::Inner | ast::JoinKind::Cross => (true, true),
            ast::JoinKind::Left => (true, false),
            ast::JoinKind::Right => (false, true),
            ast::JoinKind::Full => (false, false),
        };
        let within = |keeps: bool| (!keeps).then_some("an outer join");
        let left =
            self.without_self_reference(within(keeps_left), |binder| binder.table_ref(&tree.left, None))?;
        let lateral = is_lateral(&tree.right);
        if lateral && matches!(tree.kind, ast::JoinKind::Right | ast::JoinKind::Full) {
            let message = "the combining JOIN type must be INNER or LEFT for a LATERAL reference";
            return Err(SqlError::new(sqlstate::INVALID_COLUMN_REFERENCE, message).at(tree.pos.0));
        }
        let right = self.without_self_reference(within(keeps_right), |binder| {
            binder.table_ref(&tree.right, lateral.then_some(&left.1))
        })?;
        let kind = match tree.kind {
            ast::JoinKind::Inner | ast::JoinKind::Cross => JoinKind::Inner,
            ast::JoinKind::Left => JoinKind::Left,
            ast::JoinKind::Right => JoinKind::Right,
            ast::JoinKind::Full => JoinKind::Full,
        };
        let shift = left.1.width;
        let merged = match &tree.condition {
            ast::JoinCondition::Using { columns, .. } => {
                columns.iter().map(|name| name.name.to_string()).collect()
            }
            ast::JoinCondition::Natural => common_columns(&left.1, &right.1),
            ast::JoinCondition::None | ast::JoinCondition::On(_) => Vec::new(),
        };
        let (left_columns, right_columns) = (left.1.clone(), right.1.clone());
        let mut scope = left.1.join(right.1)?;
        let on = match &tree.condition {
            ast::JoinCondition::On(condition) => {
                let level = Level { scope: scope.clone(), ..Level::default() };
                self.with_level(level, |binder| {
                    binder.plain_clause("JOIN conditions", |binder| {
                        let bound = binder.expr(condition)?;
                        binder.condition(bound, "JOIN/ON")
                    })
                })?
                .0
            }
            _ => self.merge(&merged, kind, &left_columns, &right_columns, shift, &mut scope, tree.pos.0)?,
        };
        if let ast::JoinCondition::Using { alias: Some(alias), .. } = &tree.condition {
            name_merged(&mut scope, &alias.name, merged.len(), alias.pos.0)?;
        }
        let plan = join(kind, left.0, right.0, on, lateral);
        if let Some(alias) = &tree.alias {
            scope = aliased(scope, alias)?;
        }
        Ok((plan, scope))
    }

    /// USING and NATURAL: the condition; and one visible column in the place of two, before all others.
    #[expect(clippy::too_many_arguments, reason = "both sides of a join and what is made of them")]
    fn merge(
        &mut self,
        names: &[String],
        kind: JoinKind,
        left: &Scope,
        right: &Scope,
        shift: usize,
        scope: &mut Scope,
        pos: u32,
    ) -> Result<Expr> {
        let mut conditions = Vec::with_capacity(names.len());
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let find = |scope: &Scope, side: &str| {
                scope.column(name).map_err(|error| error.at(pos))?.cloned().ok_or_else(|| {
                    SqlError::new(
                        sqlstate::UNDEFINED_COLUMN,
                        format!("column \"{name}\" specified in USING clause does not exist in {side} table"),
                    )
                    .at(pos)
                })
            };
            let (from_left, from_right) = (find(left, "left")?, find(right, "right")?);
            let right_expr = from_right.expr.clone().shifted(shift);
            conditions.push(self.binary("=", from_left.expr.clone(), right_expr.clone(), pos)?);
            let (expr, origin) = match kind {
                JoinKind::Right => (right_expr, from_right.origin),
                JoinKind::Full => {
                    let (args, ty, typmod) = self.unify(vec![from_left.expr, right_expr], "JOIN/USING")?;
                    (Expr { kind: ExprKind::Coalesce(args), ty, typmod, pos }, None)
                }
                _ => (from_left.expr, from_left.origin),
            };
            columns.push(Visible { name: name.clone(), expr, origin, record: &[] });
        }
        scope.visible.retain(|visible| !names.contains(&visible.name));
        columns.append(&mut scope.visible);
        scope.visible = columns;
        let always = || boolean(ExprKind::Const(Value::Bool(true)), pos);
        Ok(all_of(conditions).unwrap_or_else(always))
    }
}

fn system_scan(system: &'static SystemRelation, alias: &str) -> Source {
    let schema: Schema = system
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| Field {
            origin: Some((system.oid, (index + 1) as u16)),
            ..Field::new(column.name, column.ty)
        })
        .collect();
    let mut scope = Scope::of_schema(alias, &schema);
    if let Some(item) = scope.items.first_mut() {
        item.table = Some(system.oid);
    }
    let columns = (0..schema.len()).collect();
    (Logical::SystemScan { relation: system.oid, name: system.name.to_owned(), columns, schema }, scope)
}

fn common_columns(left: &Scope, right: &Scope) -> Vec<String> {
    let in_right = |name: &String| right.visible.iter().any(|visible| visible.name == *name);
    left.visible.iter().map(|visible| visible.name.clone()).filter(in_right).collect()
}

fn rename(scope: &mut Scope, alias: Option<&ast::TableAlias>) -> Result<()> {
    let Some(alias) = alias else { return Ok(()) };
    let names: Vec<String> = alias.columns.iter().map(|name| name.name.to_string()).collect();
    scope.rename_columns(&names).map_err(|error| error.at(alias.name.pos.0))
}

/// `(a JOIN b …) AS j`: the join is one item, its own items are out of sight.
fn aliased(scope: Scope, alias: &ast::TableAlias) -> Result<Scope> {
    let beneath = scope.items.iter().flat_map(Item::row_keys).collect();
    let item = Item { beneath, ..Item::over(&alias.name.name, scope.visible.clone()) };
    let mut scope = Scope { items: vec![item], ..scope };
    rename(&mut scope, Some(alias))?;
    Ok(scope)
}

/// `USING (…) AS name`: a name for the first `count` columns, those that the join has merged.
fn name_merged(scope: &mut Scope, name: &str, count: usize, pos: u32) -> Result<()> {
    if scope.item(name).is_some() {
        let message = format!("table name \"{name}\" specified more than once");
        return Err(SqlError::new(sqlstate::DUPLICATE_ALIAS, message).at(pos));
    }
    let columns = scope.visible.iter().take(count).cloned().collect();
    scope.items.push(Item::over(name, columns));
    Ok(())
}

/// Whether an item may look at those to its left. Functions always may.
fn is_lateral(item: &ast::TableRef) -> bool {
    match item {
        ast::TableRef::Relation(_) => false,
        ast::TableRef::Subquery(derived) => derived.lateral,
        ast::TableRef::Function(function) => function.functions.iter().any(|item| has_column(&item.call)),
        ast::TableRef::Join(join) => is_lateral(&join.left) || is_lateral(&join.right),
    }
}

/// Whether a call's arguments name a column. A call of constants need not be run for each row to its left.
fn has_column(tree: &ast::Expr) -> bool {
    match &tree.kind {
        ast::ExprKind::Null
        | ast::ExprKind::Bool(_)
        | ast::ExprKind::Integer(_)
        | ast::ExprKind::Number(_)
        | ast::ExprKind::String(_)
        | ast::ExprKind::Param(_)
        | ast::ExprKind::SqlValue { .. } => false,
        ast::ExprKind::Cast { operand, .. } | ast::ExprKind::Unary { operand, .. } => has_column(operand),
        ast::ExprKind::Array(elements) => elements.iter().any(has_column),
        ast::ExprKind::Function(call) => call.args.iter().any(|arg| has_column(&arg.value)),
        _ => true,
    }
}

pub(super) fn join(kind: JoinKind, left: Logical, right: Logical, on: Expr, lateral: bool) -> Logical {
    let schema = left.schema().iter().chain(right.schema()).cloned().collect();
    Logical::Join { kind, left: Box::new(left), right: Box::new(right), on, lateral, schema }
}

/// Everything that the plan refers to outside of itself is `by` rows further away.
fn deepen(plan: &mut Logical, by: usize) {
    plan.visit_exprs_mut(0, &mut |expr, depth| {
        if let ExprKind::Outer { depth: up, .. } = &mut expr.kind
            && *up > depth
        {
            *up += by;
        }
        true
    });
}

/// Whether a call yields rows rather than one value.
pub(super) fn is_set_call(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if matches!(function.0.kind, FunctionKind::Set(..)))
}

/// `unnest(a, b)` in FROM is `ROWS FROM (unnest(a), unnest(b))`.
fn unnests(item: &ast::RowsFromItem) -> Vec<ast::RowsFromItem> {
    let ast::ExprKind::Function(call) = &item.call.kind else { return vec![item.clone()] };
    if call.name.base() != "unnest" || call.args.len() < 2 {
        return vec![item.clone()];
    }
    let alone = |arg: &ast::FunctionArg| {
        let call = ast::FunctionCall { args: vec![arg.clone()], ..(**call).clone() };
        let call = ast::Expr::new(ast::ExprKind::Function(Box::new(call)), item.call.pos);
        ast::RowsFromItem { call, columns: Vec::new() }
    };
    call.args.iter().map(alone).collect()
}
