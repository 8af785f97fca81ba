//! Binding: a parsed statement becomes a logical plan. Names become positions, types are inferred by
//! PostgreSQL's rules, every coercion becomes explicit.
//!
//! ```text
//! SELECT  from ─▶ where ─▶ aggregate ─▶ having ─▶ window ─▶ targets ─▶ distinct ─▶ sort ─▶ limit
//!         scope   filter   groups, calls          calls     project                 (hidden columns cut off)
//! ```
//! | file | |
//! |---|---|
//! | `binder` | what is carried along: levels of enclosing rows, parameters, common table expressions |
//! | `scope` | which columns a name may mean |
//! | `coerce`, `resolve`, `types` | PostgreSQL's type rules: casts, overloads, type names |
//! | `canonical` | bound expressions back to text |
//! | `expr`, `operator`, `call`, `subquery` | expressions |
//! | `from`, `select`, `query`, `group`, `locking`, `inline` | queries |
//! | `insert`, `update`, `table` | statements that change rows |

mod binder;
mod call;
mod canonical;
mod coerce;
mod expr;
mod from;
mod group;
mod inline;
mod insert;
mod locking;
mod operator;
mod query;
mod recursion;
mod resolve;
mod scope;
mod select;
mod subquery;
mod table;
mod target;
mod types;
mod update;

use crate::catalog::Names;
use crate::error::{Result, SqlError};
use crate::functions::Environment;
use crate::parse::{self, ast};
use crate::plan::{Expr, Logical, Schema};
use crate::schema::{Oid, RelationDef};
use binder::Binder;
use strata_types::{Type, Typmod};

pub use canonical::{Naming, canonical};
pub use types::type_of;

/// What a bound statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundKind {
    /// Yields rows and changes nothing.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// MERGE.
    Merge,
}

impl BoundKind {
    /// The command's name.
    pub fn tag(self) -> &'static str {
        match self {
            BoundKind::Select => "SELECT",
            BoundKind::Insert => "INSERT",
            BoundKind::Update => "UPDATE",
            BoundKind::Delete => "DELETE",
            BoundKind::Merge => "MERGE",
        }
    }
}

/// A bound statement.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What it computes.
    pub plan: Logical,
    /// Types of its parameters.
    pub params: Vec<Type>,
    /// Columns that the client gets; empty if it gets none.
    pub fields: Schema,
    /// What it does.
    pub kind: BoundKind,
    /// Relations that it reads or changes.
    pub relations: Vec<Oid>,
}

/// Binds a query or a statement that changes rows. `declared` are the types that the client has given to its
/// parameters, UNKNOWN where it has not.
///
/// # Errors
/// Whatever is wrong with the statement, with its position.
pub fn statement(
    names: &Names<'_>,
    env: &dyn Environment,
    declared: &[Type],
    tree: &ast::Statement,
) -> Result<Bound> {
    let mut binder = Binder::new(*names, env, declared);
    let (plan, kind) = match tree {
        ast::Statement::Query(query) => {
            let (plan, _) = binder.query(query)?;
            (binder.resolve_unknown_outputs(plan)?, BoundKind::Select)
        }
        ast::Statement::Insert(insert) => (binder.insert(insert)?, BoundKind::Insert),
        ast::Statement::Update(update) => (binder.update(update)?, BoundKind::Update),
        ast::Statement::Delete(delete) => (binder.delete(delete)?, BoundKind::Delete),
        ast::Statement::Merge(_) => return Err(SqlError::unsupported("MERGE")),
        _ => return Err(SqlError::unsupported("this statement inside of a query")),
    };
    let fields = plan.schema().clone();
    Ok(Bound { plan, params: binder.finish_params(), fields, kind, relations: binder.relations })
}

/// Binds an expression in which the columns of a relation (dropped ones keep their places) may appear:
/// checks, index keys, generated columns.
///
/// # Errors
/// Whatever is wrong with it; 42803 and 42P20 for aggregates and window functions.
pub fn row_expression(
    names: &Names<'_>,
    env: &dyn Environment,
    relation: &RelationDef,
    tree: &ast::Expr,
) -> Result<Expr> {
    let mut binder = Binder::new(*names, env, &[]);
    binder.over_relation(relation, tree)
}

/// As [`row_expression`], from stored SQL text.
///
/// # Errors
/// As there.
pub fn row_expression_text(
    names: &Names<'_>,
    env: &dyn Environment,
    relation: &RelationDef,
    sql: &str,
) -> Result<Expr> {
    row_expression(names, env, relation, &parse::parse_expr(sql)?)
}

/// Binds an expression without columns and coerces it to a type, as an assignment does: defaults, arguments
/// of EXECUTE, options.
///
/// # Errors
/// Whatever is wrong with it.
pub fn value_expression(
    names: &Names<'_>,
    env: &dyn Environment,
    tree: &ast::Expr,
    target: Option<(Type, Typmod)>,
) -> Result<Expr> {
    let mut binder = Binder::new(*names, env, &[]);
    binder.without_columns(tree, target)
}
