//! `WHERE CURRENT OF cursor`: the row on which a cursor stands.
//!
//! A cursor over the rows of one table reads their keys (`ctid`) along. The statement that names it is bound
//! anew each time it runs, with the key in the place of the cursor.

use super::super::portal::Outcome;
use super::super::session::Session;
use super::super::shared::Shared;
use super::super::statement::Statement;
use super::unknown;
use crate::catalog::Relation;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, Distinct, Expr, ExprKind, Ident, ObjectName, QueryBody, TableRef, Target};
use crate::schema::Oid;
use std::fmt::Write as _;
use std::sync::Arc;
use strata_types::{Value, sqlstate};

/// The query with the row's key as its last column, if it walks over the rows of one table as they are.
pub(super) fn with_row_key(query: &ast::Query) -> Option<ast::Query> {
    let mut query = query.clone();
    let QueryBody::Select(select) = &mut query.body else { return None };
    let is_plain = matches!(select.from.as_slice(), [TableRef::Relation(_)])
        && select.distinct == Distinct::No
        && select.group_by.is_empty()
        && select.having.is_none();
    if !is_plain {
        return None;
    }
    let ctid = ExprKind::Column(ObjectName(vec![Ident::new("ctid", select.pos)]));
    select.targets.push(Target { expr: Expr::new(ctid, select.pos), alias: None });
    Some(query)
}

/// Whether a statement is about the row on which a cursor stands.
pub(in crate::session) fn is_current_of(tree: &ast::Statement) -> bool {
    let filter = match tree {
        ast::Statement::Update(update) => &update.filter,
        ast::Statement::Delete(delete) => &delete.filter,
        _ => return false,
    };
    matches!(filter.as_ref().map(|filter| &filter.kind), Some(ExprKind::CurrentOf(_)))
}

/// The statement with no row at all: for its columns and parameters.
pub(in crate::session) fn placeless(tree: &ast::Statement) -> ast::Statement {
    let mut tree = tree.clone();
    if let Some(filter) = filter_of(&mut tree) {
        filter.kind = ExprKind::Bool(false);
    }
    tree
}

fn filter_of(tree: &mut ast::Statement) -> Option<&mut Expr> {
    match tree {
        ast::Statement::Update(update) => update.filter.as_mut(),
        ast::Statement::Delete(delete) => delete.filter.as_mut(),
        _ => None,
    }
}

/// Says what is to be run in the place of such a statement.
///
/// # Errors
/// 34000 for an unknown cursor, 24000 for one that is not on a row of the table.
pub(in crate::session) fn run(
    session: &Session,
    shared: &Shared,
    statement: &Statement,
    tree: &ast::Statement,
    params: &[Value],
) -> Result<Outcome> {
    let mut tree = tree.clone();
    let target = match &tree {
        ast::Statement::Update(update) => update.table.name.clone(),
        ast::Statement::Delete(delete) => delete.table.name.clone(),
        _ => unreachable!("only UPDATE and DELETE have WHERE CURRENT OF"),
    };
    let Some(filter) = filter_of(&mut tree) else { unreachable!("it has a condition") };
    let ExprKind::CurrentOf(cursor) = &filter.kind else { unreachable!("it names a cursor") };
    let key = current_key(session, shared, cursor, &target)?;
    let pos = filter.pos;
    let mut hex = String::from("\\x");
    for byte in &*key {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    filter.kind = ExprKind::Binary {
        op: ast::Operator::plain("="),
        left: Box::new(Expr::new(ExprKind::Column(ObjectName(vec![Ident::new("ctid", pos)])), pos)),
        right: Box::new(Expr::new(ExprKind::String(hex.into()), pos)),
    };
    let env = session.environment(shared);
    let prepared = Statement::prepare(&env, statement.sql.clone(), Some(tree), &statement.params)?;
    Ok(Outcome::Run(Arc::new(prepared), params.to_vec()))
}

fn current_key(session: &Session, shared: &Shared, cursor: &Ident, target: &ObjectName) -> Result<Arc<[u8]>> {
    let name = &*cursor.name;
    let not_simple = |table: &str| {
        let message = format!("cursor \"{name}\" is not a simply updatable scan of table \"{table}\"");
        SqlError::new(sqlstate::INVALID_CURSOR_STATE, message)
    };
    let portal = session.portals.get(name).ok_or_else(|| unknown(name).at(cursor.pos.0))?;
    let kept = portal.kept.as_ref().ok_or_else(|| not_simple(target.base()))?;
    let walked = portal.statement.ast.as_ref().and_then(|tree| match tree {
        ast::Statement::Query(query) => match &query.body {
            QueryBody::Select(select) => match select.from.as_slice() {
                [TableRef::Relation(relation)] => Some(&relation.name),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let same = walked.is_some_and(|walked| oid(session, shared, walked) == oid(session, shared, target));
    if !same || portal.statement.fields.len() != kept.width + 1 {
        return Err(not_simple(target.base()));
    }
    match kept.row(kept.position)?.and_then(|mut row| row.pop()) {
        Some(Value::Bytea(key)) => Ok(key.to_vec().into()),
        _ => {
            let message = format!("cursor \"{name}\" is not positioned on a row");
            Err(SqlError::new(sqlstate::INVALID_CURSOR_STATE, message))
        }
    }
}

fn oid(session: &Session, shared: &Shared, name: &ObjectName) -> Option<Oid> {
    let parts: Vec<String> = name.0.iter().map(|part| part.name.to_string()).collect();
    match session.environment(shared).names().relation(&parts, name.pos().0).ok()? {
        Relation::Stored(relation) => Some(relation.oid),
        Relation::System(_) => None,
    }
}
