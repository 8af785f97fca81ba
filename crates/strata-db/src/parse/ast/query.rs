//! Queries: everything that yields rows.

use super::{Delete, Expr, Ident, Insert, ObjectName, Pos, SortKey, TypeName, Update, WindowSpec};

/// A query with what may stand before and after its body.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `WITH`.
    pub with: Option<Box<With>>,
    /// What yields the rows.
    pub body: QueryBody,
    /// `ORDER BY`.
    pub order_by: Vec<SortKey>,
    /// `LIMIT`, `FETCH FIRST`.
    pub limit: Option<Box<Limit>>,
    /// `OFFSET`.
    pub offset: Option<Box<Expr>>,
    /// `FOR UPDATE` and its kind.
    pub locking: Vec<Locking>,
    /// Where it starts.
    pub pos: Pos,
}

impl Query {
    /// Nothing stands before or after its body.
    pub fn is_body_only(&self) -> bool {
        self.with.is_none()
            && self.order_by.is_empty()
            && self.limit.is_none()
            && self.offset.is_none()
            && self.locking.is_empty()
    }
}

/// What yields the rows of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryBody {
    /// `SELECT`, `TABLE t`.
    Select(Box<Select>),
    /// `VALUES`.
    Values(Values),
    /// `UNION`, `INTERSECT`, `EXCEPT`.
    SetOperation(Box<SetOperation>),
    /// A query in parentheses that has clauses of its own.
    Nested(Box<Query>),
}

/// `VALUES (..), (..)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// The rows; at least one. They need not be of one length.
    pub rows: Vec<Vec<Expr>>,
    /// Of the word `VALUES`.
    pub pos: Pos,
}

/// `left UNION [ALL] right`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetOperation {
    /// Which operation.
    pub op: SetOperator,
    /// Whether duplicates stay.
    pub all: bool,
    /// The first query.
    pub left: QueryBody,
    /// The second.
    pub right: QueryBody,
    /// Of the operator's word.
    pub pos: Pos,
}

/// The set operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

/// `SELECT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// `DISTINCT`.
    pub distinct: Distinct,
    /// The target list; may be empty.
    pub targets: Vec<Target>,
    /// `FROM`, its items separated by commas.
    pub from: Vec<TableRef>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// `GROUP BY`.
    pub group_by: Vec<GroupItem>,
    /// `GROUP BY DISTINCT`.
    pub group_distinct: bool,
    /// `HAVING`.
    pub having: Option<Expr>,
    /// `WINDOW`.
    pub windows: Vec<(Ident, WindowSpec)>,
    /// Of the word `SELECT`.
    pub pos: Pos,
}

/// `DISTINCT`.
#[derive(Clone, Debug, PartialEq)]
pub enum Distinct {
    /// All rows.
    No,
    /// `SELECT DISTINCT`.
    Rows,
    /// `SELECT DISTINCT ON (..)`.
    On(Vec<Expr>),
}

/// One entry of a target list or of `RETURNING`. `*` and `t.*` are [`super::ExprKind::Wildcard`].
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What it yields.
    pub expr: Expr,
    /// `AS alias`.
    pub alias: Option<Ident>,
}

/// One entry of `GROUP BY`.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupItem {
    /// An expression; `(a, b)` is an implicit row and stands for both.
    Expr(Expr),
    /// `()`.
    Empty,
    /// `ROLLUP (..)`.
    Rollup(Vec<Expr>),
    /// `CUBE (..)`.
    Cube(Vec<Expr>),
    /// `GROUPING SETS (..)`.
    Sets(Vec<GroupItem>),
}

/// One item of `FROM`.
#[derive(Clone, Debug, PartialEq)]
pub enum TableRef {
    /// A table, view or common table expression by name.
    Relation(Box<Relation>),
    /// `(SELECT ..)`.
    Subquery(Box<DerivedTable>),
    /// `function(..)`, `ROWS FROM (..)`.
    Function(Box<TableFunction>),
    /// A join.
    Join(Box<Join>),
}

/// A relation by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// Its name.
    pub name: ObjectName,
    /// `ONLY t`: without its children.
    pub only: bool,
    /// `AS t (a, b)`.
    pub alias: Option<TableAlias>,
    /// `TABLESAMPLE`.
    pub sample: Option<TableSample>,
    /// Where it starts.
    pub pos: Pos,
}

/// `AS name (columns)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TableAlias {
    /// The alias.
    pub name: Ident,
    /// New names of the first columns.
    pub columns: Vec<Ident>,
}

/// `TABLESAMPLE method (args) REPEATABLE (seed)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSample {
    /// `bernoulli`, `system`.
    pub method: ObjectName,
    /// Its arguments.
    pub args: Vec<Expr>,
    /// `REPEATABLE`.
    pub seed: Option<Expr>,
    /// Of the method.
    pub pos: Pos,
}

/// A subquery in `FROM`.
#[derive(Clone, Debug, PartialEq)]
pub struct DerivedTable {
    /// The query.
    pub query: Query,
    /// Whether it sees the items before it.
    pub lateral: bool,
    /// Its name: required by the grammar.
    pub alias: Option<TableAlias>,
    /// Where it starts.
    pub pos: Pos,
}

/// A function, or several side by side, in `FROM`.
#[derive(Clone, Debug, PartialEq)]
pub struct TableFunction {
    /// One function, or those of `ROWS FROM (..)`.
    pub functions: Vec<RowsFromItem>,
    /// Whether the words `ROWS FROM` were there.
    pub rows_from: bool,
    /// Whether it sees the items before it explicitly; a function always does.
    pub lateral: bool,
    /// `WITH ORDINALITY`.
    pub ordinality: bool,
    /// `AS t (a, b)`; absent in `AS (a int)`.
    pub alias: Option<TableAlias>,
    /// `AS t (a int, b text)`: the columns of a function that returns records.
    pub columns: Vec<RecordColumn>,
    /// Where it starts.
    pub pos: Pos,
}

/// One function of `ROWS FROM`.
#[derive(Clone, Debug, PartialEq)]
pub struct RowsFromItem {
    /// The call: mostly [`super::ExprKind::Function`], but `COALESCE(..)`, `CURRENT_DATE` and `CAST(..)` are calls here too.
    pub call: Expr,
    /// `AS (a int, b text)`.
    pub columns: Vec<RecordColumn>,
}

/// A column of a record, named where it is used.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordColumn {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeName,
    /// `COLLATE`.
    pub collation: Option<ObjectName>,
}

/// `left JOIN right`.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Which rows survive.
    pub kind: JoinKind,
    /// The first item.
    pub left: TableRef,
    /// The second.
    pub right: TableRef,
    /// How rows meet.
    pub condition: JoinCondition,
    /// `(a JOIN b) AS x`.
    pub alias: Option<TableAlias>,
    /// Of the right item.
    pub pos: Pos,
}

/// The kinds of join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
}

/// How the rows of a join meet.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    /// `CROSS JOIN`.
    None,
    /// `ON`.
    On(Expr),
    /// `USING (a, b) [AS x]`.
    Using {
        /// The shared columns.
        columns: Vec<Ident>,
        /// A name for just these columns.
        alias: Option<Ident>,
    },
    /// `NATURAL`.
    Natural,
}

/// `WITH [RECURSIVE]`.
#[derive(Clone, Debug, PartialEq)]
pub struct With {
    /// `RECURSIVE`.
    pub recursive: bool,
    /// The common table expressions.
    pub ctes: Vec<Cte>,
    /// Of the word `WITH`.
    pub pos: Pos,
}

/// One common table expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    /// Its name.
    pub name: Ident,
    /// Names of its first columns.
    pub columns: Vec<Ident>,
    /// `MATERIALIZED` (`Some(true)`) or `NOT MATERIALIZED`.
    pub materialized: Option<bool>,
    /// What it runs.
    pub body: CteBody,
    /// `SEARCH`.
    pub search: Option<Box<CteSearch>>,
    /// `CYCLE`.
    pub cycle: Option<Box<CteCycle>>,
}

/// What a common table expression runs.
#[derive(Clone, Debug, PartialEq)]
pub enum CteBody {
    /// A query.
    Query(Box<Query>),
    /// `INSERT .. RETURNING`.
    Insert(Box<Insert>),
    /// `UPDATE .. RETURNING`.
    Update(Box<Update>),
    /// `DELETE .. RETURNING`.
    Delete(Box<Delete>),
}

/// `SEARCH DEPTH | BREADTH FIRST BY columns SET column`.
#[derive(Clone, Debug, PartialEq)]
pub struct CteSearch {
    /// `BREADTH` instead of `DEPTH`.
    pub breadth_first: bool,
    /// What orders siblings.
    pub columns: Vec<Ident>,
    /// The column that receives the order.
    pub sequence: Ident,
    /// Of the word `SEARCH`.
    pub pos: Pos,
}

/// `CYCLE columns SET mark TO value DEFAULT value USING path`.
#[derive(Clone, Debug, PartialEq)]
pub struct CteCycle {
    /// What makes a row known.
    pub columns: Vec<Ident>,
    /// The column that marks a cycle.
    pub mark: Ident,
    /// Its value on a cycle; `TRUE` when not said.
    pub value: Option<Expr>,
    /// Its value elsewhere; `FALSE` when not said.
    pub default: Option<Expr>,
    /// The column that holds the path.
    pub path: Ident,
    /// Of the word `CYCLE`.
    pub pos: Pos,
}

/// `LIMIT n`, `FETCH FIRST n ROWS`.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// `LIMIT ALL`.
    All,
    /// At most this many rows.
    Count(Expr),
    /// `FETCH FIRST n ROWS WITH TIES`.
    WithTies(Expr),
}

/// `FOR UPDATE OF t NOWAIT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Locking {
    /// How strongly.
    pub strength: LockStrength,
    /// Which items of `FROM`; all when empty.
    pub of: Vec<ObjectName>,
    /// What happens when a row is locked.
    pub wait: LockWait,
    /// Of the word `FOR`.
    pub pos: Pos,
}

/// How strongly rows are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum LockStrength {
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

impl LockStrength {
    /// As it is written.
    pub fn words(self) -> &'static str {
        match self {
            LockStrength::KeyShare => "FOR KEY SHARE",
            LockStrength::Share => "FOR SHARE",
            LockStrength::NoKeyUpdate => "FOR NO KEY UPDATE",
            LockStrength::Update => "FOR UPDATE",
        }
    }
}

/// What happens when a row is locked by another transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockWait {
    /// Wait for it.
    Block,
    /// `SKIP LOCKED`.
    SkipLocked,
    /// `NOWAIT`.
    NoWait,
}
