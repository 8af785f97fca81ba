//! The physical plan: with which algorithm each step is computed, and in which order.
//!
//! As in [`Logical`](super::Logical), expressions inside a node address the columns of its input, a
//! join's the left columns followed by the right ones. Scans carry their own filter, over the columns
//! that they yield.
//!
//! # Outer rows
//! `Outer { depth: 1 }` is the innermost row around: the left row of a [`Physical::NestedLoop`] that is
//! `lateral`, or the row for which a [`SubPlan`] is computed. Each such node or expression adds one level.

use super::expr::{Expr, FunctionRef};
use super::logical::{
    AggregateCall, Conflict, IndexExprs, JoinKind, LockWait, RowLock, Schema, SetOpKind, SortKey, WindowCall,
};
use crate::schema::{Oid, RelationDef, RelationKind};
use std::sync::Arc;
use strata_types::Type;

/// The number that stands for a row's key among the columns of a scan.
pub const ROW_KEY: usize = usize::MAX;

/// A statement, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct PhysicalPlan {
    /// The outermost node.
    pub root: Physical,
    /// The queries behind [`ExprKind::SubPlan`](super::ExprKind::SubPlan), by index.
    pub subplans: Vec<SubPlan>,
    /// What the client sees.
    pub schema: Schema,
    /// Number of common table expressions: their ids are below it.
    pub cte_count: usize,
}

/// A query inside an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct SubPlan {
    /// The query.
    pub plan: Physical,
    /// The outer columns that it reads, as (depth, column) seen from inside. Its result is kept as long as they
    /// keep their values; without any it is computed once.
    pub reads: Vec<(usize, usize)>,
    /// It calls a volatile function and reads of the rows around: its result is never kept.
    pub volatile: bool,
}

/// A node of the physical plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Physical {
    /// The rows of a table in the order in which they lie.
    SeqScan {
        /// The table.
        relation: Arc<RelationDef>,
        /// Table column of each output column; [`ROW_KEY`] is the row's key.
        columns: Vec<usize>,
        /// Only rows for which this is true.
        filter: Option<Expr>,
    },
    /// Rows by their full key in a unique index: at most one for each probe.
    KeyLookup {
        /// The table.
        relation: Arc<RelationDef>,
        /// Position of the index in `TableDef::indexes`.
        index: usize,
        /// Table column of each output column.
        columns: Vec<usize>,
        /// Keys to look for.
        probes: Probes,
        /// Only rows for which this is true.
        filter: Option<Expr>,
    },
    /// The rows of a range of an index, in its order.
    IndexRange {
        /// The table.
        relation: Arc<RelationDef>,
        /// Position of the index in `TableDef::indexes`.
        index: usize,
        /// Table column of each output column.
        columns: Vec<usize>,
        /// Which part of the index.
        range: KeyRange,
        /// From the end to the start.
        reverse: bool,
        /// Only rows for which this is true.
        filter: Option<Expr>,
    },
    /// Rows of a virtual relation.
    SystemScan {
        /// Its OID.
        relation: Oid,
        /// Its name.
        name: String,
        /// Which columns.
        columns: Vec<usize>,
        /// Their types.
        types: Vec<Type>,
    },
    /// Rows of functions side by side.
    FunctionScan {
        /// Calls and their column counts.
        calls: Vec<(Expr, usize)>,
        /// A last column counts rows.
        ordinality: bool,
        /// Types of the output.
        types: Vec<Type>,
    },
    /// Constant rows.
    Values {
        /// The rows.
        rows: Vec<Vec<Expr>>,
        /// Types of the output.
        types: Vec<Type>,
    },
    /// Rows that whoever runs the statement hands in while it runs: those of COPY.
    Supplied {
        /// Types of the output.
        types: Vec<Type>,
    },
    /// Rows for which the condition is true.
    Filter {
        /// From.
        input: Box<Physical>,
        /// Condition.
        predicate: Expr,
    },
    /// New rows, one from one.
    Project {
        /// From.
        input: Box<Physical>,
        /// Output columns.
        exprs: Vec<Expr>,
    },
    /// New rows, with set-returning calls run in lockstep.
    ProjectSet {
        /// From.
        input: Box<Physical>,
        /// Output columns.
        exprs: Vec<Expr>,
    },
    /// For each left row, the right rows that go with it.
    NestedLoop {
        /// Which rows are kept.
        kind: JoinKind,
        /// Left input.
        left: Box<Physical>,
        /// Right input: run once and kept, or, if `lateral`, run for each left row.
        right: Box<Physical>,
        /// Condition, if any.
        on: Option<Expr>,
        /// The right side reads the left row.
        lateral: bool,
    },
    /// The right rows go into a hash table, the left rows look them up.
    HashJoin {
        /// Which rows are kept.
        kind: JoinKind,
        /// Probing input.
        left: Box<Physical>,
        /// Input of the hash table.
        right: Box<Physical>,
        /// Equalities, at least one.
        keys: Vec<HashKey>,
        /// What must hold besides.
        residual: Option<Expr>,
    },
    /// Groups and aggregates over them. Output as for the logical node.
    Aggregate {
        /// From.
        input: Box<Physical>,
        /// Grouping expressions.
        groups: Vec<Expr>,
        /// Grouping sets.
        sets: Vec<Vec<usize>>,
        /// Aggregates.
        calls: Vec<AggregateCall>,
        /// `GROUPING(...)` calls.
        grouping_calls: Vec<Vec<usize>>,
    },
    /// The input's columns followed by one column per call.
    Window {
        /// From. Sorted by `partition_by`, then `order_by`.
        input: Box<Physical>,
        /// Calls, all with the same partition and order.
        calls: Vec<WindowCall>,
    },
    /// Rows in order.
    Sort {
        /// From.
        input: Box<Physical>,
        /// Order.
        keys: Vec<SortKey>,
    },
    /// The first rows in order: Sort and Limit in one, holding no more rows than are asked for.
    TopN {
        /// From.
        input: Box<Physical>,
        /// Order.
        keys: Vec<SortKey>,
        /// Rows to skip.
        offset: Option<Expr>,
        /// Rows to yield.
        count: Expr,
    },
    /// Some of the first rows.
    Limit {
        /// From.
        input: Box<Physical>,
        /// Rows to skip.
        offset: Option<Expr>,
        /// Rows to yield.
        count: Option<Expr>,
        /// Also the peers of the last row.
        ties: Option<Vec<SortKey>>,
    },
    /// Each distinct row once.
    Distinct {
        /// From.
        input: Box<Physical>,
        /// DISTINCT ON: the first of neighbours with equal values.
        on: Option<Vec<Expr>>,
    },
    /// UNION ALL: one input after the other.
    Append {
        /// Inputs of the same types.
        inputs: Vec<Physical>,
    },
    /// INTERSECT and EXCEPT.
    SetOp {
        /// Which.
        kind: SetOpKind,
        /// Keep duplicates.
        all: bool,
        /// Left input.
        left: Box<Physical>,
        /// Right input.
        right: Box<Physical>,
    },
    /// Common table expressions around a body.
    With {
        /// In order of definition.
        ctes: Vec<PhysicalCte>,
        /// The query.
        body: Box<Physical>,
    },
    /// Rows of a common table expression, or of the last round of a recursive one.
    CteScan {
        /// Which.
        id: usize,
        /// Its name.
        name: String,
        /// Types of the output.
        types: Vec<Type>,
    },
    /// `WITH RECURSIVE`.
    Recursive {
        /// Number by which `step` reads the last round.
        id: usize,
        /// Drop rows that came before.
        distinct: bool,
        /// Non-recursive term.
        base: Box<Physical>,
        /// Recursive term.
        step: Box<Physical>,
    },
    /// Locks source rows before each row is passed on.
    LockRows {
        /// From.
        input: Box<Physical>,
        /// Whose rows.
        targets: Vec<LockTarget>,
        /// The conditions beneath, over the input's columns: asked again of rows that have changed.
        recheck: Option<Expr>,
        /// How strongly.
        lock: RowLock,
        /// What to do about rows that others hold.
        wait: LockWait,
    },
    /// INSERT.
    Insert(Box<PhysicalInsert>),
    /// UPDATE.
    Update(Box<PhysicalUpdate>),
    /// DELETE.
    Delete(Box<PhysicalDelete>),
}

/// Which keys a [`Physical::KeyLookup`] looks for. A NULL finds nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Probes {
    /// One expression per key column, for each probe.
    Keys(Vec<Vec<Expr>>),
    /// The elements of an array, against an index of one column.
    Elements(Expr),
}

/// A range of an index: equal values for its first columns, and bounds for the one after them. The
/// expressions read no columns, only parameters and outer rows; a NULL makes the range empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyRange {
    /// Values of the first key columns.
    pub prefix: Vec<Expr>,
    /// Lower bound of the next key column (in its own order of values), and whether it is included.
    pub lower: Option<(Expr, bool)>,
    /// Upper bound of the next key column, and whether it is included.
    pub upper: Option<(Expr, bool)>,
    /// The next key column is not NULL. Where there is a bound, that goes without saying.
    pub not_null: bool,
}

/// An equality of a hash join.
#[derive(Clone, Debug, PartialEq)]
pub struct HashKey {
    /// Over the left columns.
    pub left: Expr,
    /// Over the right columns, numbered from 0; of the same type as `left`.
    pub right: Expr,
    /// The `=` that it stands for.
    pub equal: FunctionRef,
    /// NULLs are equal (`IS NOT DISTINCT FROM`).
    pub null_equal: bool,
}

/// A common table expression.
#[derive(Clone, Debug, PartialEq)]
pub struct PhysicalCte {
    /// Its number.
    pub id: usize,
    /// Its name.
    pub name: String,
    /// Its query.
    pub plan: Physical,
    /// It changes data: it runs to its end whether or not it is read.
    pub modifies: bool,
}

/// A table whose rows are locked by [`Physical::LockRows`].
#[derive(Clone, Debug, PartialEq)]
pub struct LockTarget {
    /// The table.
    pub relation: Arc<RelationDef>,
    /// Column of the input that holds the row's key.
    pub key: usize,
    /// Columns of the input that come from the row: (column of the input, column of the table).
    pub columns: Vec<(usize, usize)>,
}

/// INSERT. Fields as in [`InsertNode`](super::InsertNode).
#[derive(Clone, Debug, PartialEq)]
pub struct PhysicalInsert {
    /// Into.
    pub relation: Arc<RelationDef>,
    /// Rows in table order.
    pub input: Physical,
    /// CHECK constraints over the new row.
    pub checks: Vec<(String, Expr)>,
    /// Key expressions and predicates of the table's indexes.
    pub indexes: Vec<IndexExprs>,
    /// Stored generated columns.
    pub generated: Vec<(usize, Expr)>,
    /// ON CONFLICT.
    pub conflict: Option<Conflict>,
    /// RETURNING, over the new row.
    pub returning: Option<Vec<Expr>>,
}

/// UPDATE. Fields as in [`UpdateNode`](super::UpdateNode).
#[derive(Clone, Debug, PartialEq)]
pub struct PhysicalUpdate {
    /// The table.
    pub relation: Arc<RelationDef>,
    /// Rows to change: the table's columns, the row key, what FROM brought.
    pub input: Physical,
    /// New values over the input row.
    pub assignments: Vec<(usize, Expr)>,
    /// CHECK constraints over the new row.
    pub checks: Vec<(String, Expr)>,
    /// Key expressions and predicates of the table's indexes.
    pub indexes: Vec<IndexExprs>,
    /// Stored generated columns.
    pub generated: Vec<(usize, Expr)>,
    /// The conditions beneath, over the input's columns: asked again of rows that have changed.
    pub recheck: Option<Expr>,
    /// RETURNING, over the new row followed by the input columns after the row key.
    pub returning: Option<Vec<Expr>>,
}

/// DELETE. Fields as in [`DeleteNode`](super::DeleteNode).
#[derive(Clone, Debug, PartialEq)]
pub struct PhysicalDelete {
    /// The table.
    pub relation: Arc<RelationDef>,
    /// Rows to delete.
    pub input: Physical,
    /// Key expressions and predicates of the table's indexes.
    pub indexes: Vec<IndexExprs>,
    /// The conditions beneath, over the input's columns: asked again of rows that have changed.
    pub recheck: Option<Expr>,
    /// RETURNING, over the old row followed by the input columns after the row key.
    pub returning: Option<Vec<Expr>>,
}

impl Physical {
    /// The types of the node's output columns.
    pub fn types(&self) -> Vec<Type> {
        match self {
            Physical::SeqScan { relation, columns, .. }
            | Physical::KeyLookup { relation, columns, .. }
            | Physical::IndexRange { relation, columns, .. } => scan_types(relation, columns),
            Physical::SystemScan { types, .. }
            | Physical::FunctionScan { types, .. }
            | Physical::Values { types, .. }
            | Physical::Supplied { types }
            | Physical::CteScan { types, .. } => types.clone(),
            Physical::Filter { input, .. }
            | Physical::Sort { input, .. }
            | Physical::TopN { input, .. }
            | Physical::Limit { input, .. }
            | Physical::Distinct { input, .. }
            | Physical::LockRows { input, .. } => input.types(),
            Physical::Project { exprs, .. } | Physical::ProjectSet { exprs, .. } => expr_types(exprs),
            Physical::NestedLoop { kind, left, right, .. } | Physical::HashJoin { kind, left, right, .. } => {
                let mut types = left.types();
                if kind.yields_right() {
                    types.extend(right.types());
                }
                types
            }
            Physical::Aggregate { groups, calls, grouping_calls, .. } => {
                let mut types = expr_types(groups);
                types.extend(calls.iter().map(|call| call.ty));
                types.extend(grouping_calls.iter().map(|_| Type::INT4));
                types
            }
            Physical::Window { input, calls } => {
                let mut types = input.types();
                types.extend(calls.iter().map(|call| call.ty));
                types
            }
            Physical::Append { inputs } => inputs.first().map(Physical::types).unwrap_or_default(),
            Physical::SetOp { left, .. } => left.types(),
            Physical::With { body, .. } => body.types(),
            Physical::Recursive { base, .. } => base.types(),
            Physical::Insert(node) => returning_types(&node.returning),
            Physical::Update(node) => returning_types(&node.returning),
            Physical::Delete(node) => returning_types(&node.returning),
        }
    }

    /// The nodes directly beneath.
    pub fn inputs(&self) -> Vec<&Physical> {
        match self {
            Physical::SeqScan { .. }
            | Physical::KeyLookup { .. }
            | Physical::IndexRange { .. }
            | Physical::SystemScan { .. }
            | Physical::FunctionScan { .. }
            | Physical::Values { .. }
            | Physical::Supplied { .. }
            | Physical::CteScan { .. } => Vec::new(),
            Physical::Filter { input, .. }
            | Physical::Project { input, .. }
            | Physical::ProjectSet { input, .. }
            | Physical::Aggregate { input, .. }
            | Physical::Window { input, .. }
            | Physical::Sort { input, .. }
            | Physical::TopN { input, .. }
            | Physical::Limit { input, .. }
            | Physical::Distinct { input, .. }
            | Physical::LockRows { input, .. } => vec![input],
            Physical::NestedLoop { left, right, .. }
            | Physical::HashJoin { left, right, .. }
            | Physical::SetOp { left, right, .. } => vec![left, right],
            Physical::Recursive { base, step, .. } => vec![base, step],
            Physical::Append { inputs } => inputs.iter().collect(),
            Physical::With { ctes, body } => ctes.iter().map(|cte| &cte.plan).chain([&**body]).collect(),
            Physical::Insert(node) => vec![&node.input],
            Physical::Update(node) => vec![&node.input],
            Physical::Delete(node) => vec![&node.input],
        }
    }

    /// It inserts, updates or deletes.
    pub fn modifies(&self) -> bool {
        matches!(self, Physical::Insert(_) | Physical::Update(_) | Physical::Delete(_))
            || self.inputs().into_iter().any(Physical::modifies)
    }
}

impl JoinKind {
    /// The right columns are part of the output.
    pub fn yields_right(self) -> bool {
        !matches!(self, JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti)
    }
}

fn scan_types(relation: &RelationDef, columns: &[usize]) -> Vec<Type> {
    let RelationKind::Table(table) = &relation.kind else { return vec![Type::BYTEA; columns.len()] };
    let ty = |&column: &usize| table.columns.get(column).map_or(Type::BYTEA, |def| def.ty);
    columns.iter().map(ty).collect()
}

fn expr_types(exprs: &[Expr]) -> Vec<Type> {
    exprs.iter().map(|expr| expr.ty).collect()
}

fn returning_types(returning: &Option<Vec<Expr>>) -> Vec<Type> {
    returning.as_deref().map(expr_types).unwrap_or_default()
}
