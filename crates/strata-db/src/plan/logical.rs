//! The logical plan: what is to be computed, not how.
//!
//! Every node has an output [`Schema`]. Expressions inside a node address the columns of its input; a
//! join's condition addresses the left columns followed by the right ones.

use super::Expr;
use super::expr::FunctionRef;
use crate::schema::{Oid, RelationDef};
use std::sync::Arc;
use strata_types::{Type, Typmod};

/// A column of a node's output.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name that the client sees.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Length, precision, scale.
    pub typmod: Typmod,
    /// The table column it comes from unchanged (relation OID, 1-based attribute), for RowDescription.
    pub origin: Option<(Oid, u16)>,
    /// Names and types of its fields, for a record that a function yields.
    pub record: &'static [(&'static str, Type)],
}

/// The columns of a node's output.
pub type Schema = Vec<Field>;

/// Row locks that a query takes (`FOR UPDATE` …), strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowLock {
    /// FOR KEY SHARE
    KeyShare,
    /// FOR SHARE
    Share,
    /// FOR NO KEY UPDATE
    NoKeyUpdate,
    /// FOR UPDATE
    Update,
}

impl RowLock {
    /// As it is written.
    pub fn words(self) -> &'static str {
        match self {
            RowLock::KeyShare => "FOR KEY SHARE",
            RowLock::Share => "FOR SHARE",
            RowLock::NoKeyUpdate => "FOR NO KEY UPDATE",
            RowLock::Update => "FOR UPDATE",
        }
    }
}

/// How joined rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// Matches only.
    Inner,
    /// Every left row.
    Left,
    /// Every right row.
    Right,
    /// Every row of both.
    Full,
    /// Left rows with a match; output is the left columns.
    Semi,
    /// Left rows without a match; output is the left columns.
    Anti,
    /// As Anti, but a NULL on either side of an equality counts as a possible match (`NOT IN`).
    NullAwareAnti,
}

/// UNION, INTERSECT, EXCEPT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOpKind {
    /// Rows of both.
    Union,
    /// Rows in both.
    Intersect,
    /// Rows of the left that are not in the right.
    Except,
}

/// One ORDER BY item.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// By what.
    pub expr: Expr,
    /// Largest first.
    pub descending: bool,
    /// NULLs first.
    pub nulls_first: bool,
}

/// An aggregate to compute per group.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    /// Which.
    pub function: FunctionRef,
    /// Arguments, over the input row. For ordered-set aggregates the direct arguments come first.
    pub args: Vec<Expr>,
    /// Each distinct argument list once.
    pub distinct: bool,
    /// Order in which rows are taken in.
    pub order_by: Vec<SortKey>,
    /// Only rows for which this is true.
    pub filter: Option<Expr>,
    /// Result type.
    pub ty: Type,
}

/// A window function call. `args`, keys and `filter` address the input row.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowCall {
    /// A window function or an aggregate.
    pub function: FunctionRef,
    /// Arguments.
    pub args: Vec<Expr>,
    /// Only rows for which this is true (aggregates).
    pub filter: Option<Expr>,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<SortKey>,
    /// ROWS/RANGE/GROUPS BETWEEN …
    pub frame: Frame,
    /// Result type.
    pub ty: Type,
}

/// A window frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// In what it counts.
    pub units: FrameUnits,
    /// Where it begins.
    pub start: FrameBound,
    /// Where it ends.
    pub end: FrameBound,
    /// What is left out.
    pub exclusion: FrameExclusion,
}

/// In what a frame counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnits {
    /// Rows.
    Rows,
    /// Values of the sort key.
    Range,
    /// Groups of peers.
    Groups,
}

/// One end of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound {
    /// First row of the partition.
    UnboundedPreceding,
    /// So far before.
    Preceding(Expr),
    /// The row itself (RANGE, GROUPS: its peers).
    CurrentRow,
    /// So far after.
    Following(Expr),
    /// Last row of the partition.
    UnboundedFollowing,
}

/// EXCLUDE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameExclusion {
    /// Nothing.
    NoOthers,
    /// The row itself.
    CurrentRow,
    /// The row and its peers.
    Group,
    /// Its peers but not itself.
    Ties,
}

/// A common table expression that is computed once and read through [`Logical::CteScan`].
#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    /// Number, unique in the statement.
    pub id: usize,
    /// Its name, for EXPLAIN.
    pub name: String,
    /// Its query. Data-modifying queries run exactly once, to their end, whether or not they are read.
    pub plan: Logical,
}

/// A logical plan node.
#[derive(Clone, Debug, PartialEq)]
pub enum Logical {
    /// Constant rows. One row without columns is `SELECT` without FROM.
    Values {
        /// The rows.
        rows: Vec<Vec<Expr>>,
        /// Output.
        schema: Schema,
    },
    /// Rows of a table. Output column i is table column `columns[i]`.
    Scan {
        /// The table.
        relation: Arc<RelationDef>,
        /// Which columns, 0-based; `usize::MAX` is the row's key (see `table::RowKey`) as bytea: what
        /// UPDATE, DELETE and row locks find the row by.
        columns: Vec<usize>,
        /// Output.
        schema: Schema,
    },
    /// Rows of a virtual relation of `pg_catalog` or `information_schema`, computed by the catalog.
    SystemScan {
        /// Its OID.
        relation: Oid,
        /// Its name, for EXPLAIN.
        name: String,
        /// Which columns.
        columns: Vec<usize>,
        /// Output.
        schema: Schema,
    },
    /// Rows of a set-returning (or any) function in FROM. Arguments may refer to `Outer` rows (lateral).
    FunctionScan {
        /// The functions (`ROWS FROM` has several, side by side), with arguments and column counts.
        calls: Vec<(Expr, usize)>,
        /// A last column that counts rows.
        ordinality: bool,
        /// Output.
        schema: Schema,
    },
    /// Rows for which the condition is true.
    Filter {
        /// From.
        input: Box<Logical>,
        /// Condition.
        predicate: Expr,
    },
    /// New rows, computed one from one.
    Project {
        /// From.
        input: Box<Logical>,
        /// Output columns.
        exprs: Vec<Expr>,
        /// Output.
        schema: Schema,
    },
    /// As Project, but some expressions are calls of set-returning functions at top level, run in
    /// lockstep, the shorter ones padded with NULL.
    ProjectSet {
        /// From.
        input: Box<Logical>,
        /// Output columns.
        exprs: Vec<Expr>,
        /// Output.
        schema: Schema,
    },
    /// Rows of two inputs side by side.
    Join {
        /// How.
        kind: JoinKind,
        /// Left input.
        left: Box<Logical>,
        /// Right input. If `lateral`, its `Outer { depth: 1 }` is the left row.
        right: Box<Logical>,
        /// Condition over left columns followed by right columns.
        on: Expr,
        /// The right side depends on the left row.
        lateral: bool,
        /// Output.
        schema: Schema,
    },
    /// Groups. Output: the group expressions, then the aggregates, then, if there are several grouping sets,
    /// one int4 bitmask per entry of `grouping_calls`.
    Aggregate {
        /// From.
        input: Box<Logical>,
        /// All grouping expressions.
        groups: Vec<Expr>,
        /// Grouping sets as positions in `groups`; one set with all of them for a plain GROUP BY. An empty
        /// set yields a row even without input.
        sets: Vec<Vec<usize>>,
        /// Aggregates.
        calls: Vec<AggregateCall>,
        /// `GROUPING(...)` calls: positions in `groups`.
        grouping_calls: Vec<Vec<usize>>,
        /// Output.
        schema: Schema,
    },
    /// The input's columns followed by one column per call.
    Window {
        /// From.
        input: Box<Logical>,
        /// Calls; those with equal partition and order share a sort.
        calls: Vec<WindowCall>,
        /// Output.
        schema: Schema,
    },
    /// Rows in order.
    Sort {
        /// From.
        input: Box<Logical>,
        /// Order.
        keys: Vec<SortKey>,
    },
    /// Some of the first rows. Bounds are computed once, at the start; NULL is no bound.
    Limit {
        /// From.
        input: Box<Logical>,
        /// Rows to skip.
        offset: Option<Expr>,
        /// Rows to yield.
        count: Option<Expr>,
        /// Also the peers of the last row under these keys (`WITH TIES`).
        ties: Option<Vec<SortKey>>,
    },
    /// Each distinct row once; with `on`, the first row for each value of these expressions (the input is
    /// sorted by them).
    Distinct {
        /// From.
        input: Box<Logical>,
        /// DISTINCT ON.
        on: Option<Vec<Expr>>,
    },
    /// UNION, INTERSECT, EXCEPT; both inputs have the output's types.
    SetOp {
        /// Which.
        kind: SetOpKind,
        /// Keep duplicates.
        all: bool,
        /// Left input.
        left: Box<Logical>,
        /// Right input.
        right: Box<Logical>,
        /// Output.
        schema: Schema,
    },
    /// Common table expressions around a body.
    With {
        /// In order of definition; later ones may read earlier ones.
        ctes: Vec<Cte>,
        /// The query.
        body: Box<Logical>,
    },
    /// Rows of a common table expression.
    CteScan {
        /// Which.
        id: usize,
        /// Its name.
        name: String,
        /// Output.
        schema: Schema,
    },
    /// `WITH RECURSIVE`: the rows of `base`, then of `step` over the rows that the last round added, until none.
    Recursive {
        /// Number by which `step` reads the last round ([`Logical::CteScan`]).
        id: usize,
        /// Drop rows that came before (UNION without ALL).
        distinct: bool,
        /// Non-recursive term.
        base: Box<Logical>,
        /// Recursive term.
        step: Box<Logical>,
        /// Output.
        schema: Schema,
    },
    /// Locks each row's source rows before it is passed on. `keys` are the columns of the input that hold
    /// row keys, with the tables they belong to. Under READ COMMITTED a row that has changed is fetched again in its newest
    /// version and the conditions beneath are asked again.
    LockRows {
        /// From.
        input: Box<Logical>,
        /// (table, column of the input with its row key).
        keys: Vec<(Arc<RelationDef>, usize)>,
        /// How strongly.
        lock: RowLock,
        /// What to do about rows that others hold.
        wait: LockWait,
    },
    /// INSERT.
    Insert(Box<InsertNode>),
    /// UPDATE.
    Update(Box<UpdateNode>),
    /// DELETE.
    Delete(Box<DeleteNode>),
}

/// What a locking query does about rows that others hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockWait {
    /// Waits.
    Block,
    /// Raises 55P03.
    NoWait,
    /// Passes them over.
    SkipLocked,
}

/// INSERT: the input has one column per column of the table (dropped ones included, as NULL), defaults and
/// coercions applied, in table order.
#[derive(Clone, Debug, PartialEq)]
pub struct InsertNode {
    /// Into.
    pub relation: Arc<RelationDef>,
    /// Rows.
    pub input: Logical,
    /// CHECK constraints over the new row: name and condition.
    pub checks: Vec<(String, Expr)>,
    /// Key expressions and predicates of the table's indexes.
    pub indexes: Vec<IndexExprs>,
    /// Stored generated columns: position and expression over the new row.
    pub generated: Vec<(usize, Expr)>,
    /// ON CONFLICT.
    pub conflict: Option<Conflict>,
    /// RETURNING, over the new row.
    pub returning: Option<Vec<Expr>>,
    /// Output.
    pub schema: Schema,
}

/// An index's bound expressions over the table's row, by position in `TableDef::indexes`.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexExprs {
    /// One per key of the index.
    pub keys: Vec<Expr>,
    /// Partial index: which rows are in it.
    pub predicate: Option<Expr>,
}

/// ON CONFLICT.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The arbiter indexes (positions in `TableDef::indexes`); empty: any unique index (DO NOTHING only).
    pub arbiters: Vec<usize>,
    /// What to do.
    pub action: ConflictAction,
}

/// What ON CONFLICT does with a row that is there already.
#[derive(Clone, Debug, PartialEq)]
pub enum ConflictAction {
    /// Leaves it.
    Nothing,
    /// Updates it. Expressions address the existing row's columns followed by the columns of the row proposed (EXCLUDED).
    Update {
        /// New values: (column, expression).
        assignments: Vec<(usize, Expr)>,
        /// Only if true.
        predicate: Option<Expr>,
    },
}

/// UPDATE: the input is the target's columns in table order, then its row key, then whatever else FROM brought.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateNode {
    /// The table.
    pub relation: Arc<RelationDef>,
    /// Rows to change. At most one per target row is used.
    pub input: Logical,
    /// New values over the input row: (column, expression).
    pub assignments: Vec<(usize, Expr)>,
    /// CHECK constraints over the new row.
    pub checks: Vec<(String, Expr)>,
    /// Key expressions and predicates of the table's indexes.
    pub indexes: Vec<IndexExprs>,
    /// Stored generated columns.
    pub generated: Vec<(usize, Expr)>,
    /// RETURNING, over the new row followed by the input columns after the row key.
    pub returning: Option<Vec<Expr>>,
    /// Output.
    pub schema: Schema,
}

/// DELETE: input as for UPDATE.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteNode {
    /// The table.
    pub relation: Arc<RelationDef>,
    /// Rows to delete.
    pub input: Logical,
    /// Key expressions and predicates of the table's indexes.
    pub indexes: Vec<IndexExprs>,
    /// RETURNING, over the old row followed by the input columns after the row key.
    pub returning: Option<Vec<Expr>>,
    /// Output.
    pub schema: Schema,
}

impl Logical {
    /// One row without columns.
    pub fn single_row() -> Logical {
        Logical::Values { rows: vec![Vec::new()], schema: Vec::new() }
    }

    /// The node's output columns.
    pub fn schema(&self) -> &Schema {
        match self {
            Logical::Values { schema, .. }
            | Logical::Scan { schema, .. }
            | Logical::SystemScan { schema, .. }
            | Logical::FunctionScan { schema, .. }
            | Logical::Project { schema, .. }
            | Logical::ProjectSet { schema, .. }
            | Logical::Join { schema, .. }
            | Logical::Aggregate { schema, .. }
            | Logical::Window { schema, .. }
            | Logical::SetOp { schema, .. }
            | Logical::CteScan { schema, .. }
            | Logical::Recursive { schema, .. } => schema,
            Logical::Filter { input, .. }
            | Logical::Sort { input, .. }
            | Logical::Limit { input, .. }
            | Logical::Distinct { input, .. }
            | Logical::LockRows { input, .. } => input.schema(),
            Logical::With { body, .. } => body.schema(),
            Logical::Insert(node) => &node.schema,
            Logical::Update(node) => &node.schema,
            Logical::Delete(node) => &node.schema,
        }
    }
}

impl Field {
    /// A computed column.
    pub fn new(name: impl Into<String>, ty: Type) -> Field {
        Field { name: name.into(), ty, typmod: Typmod::NONE, origin: None, record: &[] }
    }
}
