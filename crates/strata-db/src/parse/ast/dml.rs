//! Statements that change rows.

use super::{Expr, Ident, Query, Relation, Subscript, TableRef, Target, With};
use super::{ObjectName, Pos};

/// `INSERT INTO`.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// `WITH`.
    pub with: Option<Box<With>>,
    /// The table.
    pub table: ObjectName,
    /// `AS alias`.
    pub alias: Option<Ident>,
    /// The columns; none means all in order.
    pub columns: Vec<ColumnTarget>,
    /// `OVERRIDING SYSTEM | USER VALUE`.
    pub overriding: Option<Overriding>,
    /// The rows. `DEFAULT` may stand in a top-level `VALUES`.
    pub source: InsertSource,
    /// `ON CONFLICT`.
    pub on_conflict: Option<Box<OnConflict>>,
    /// `RETURNING`.
    pub returning: Vec<Target>,
    /// Of the word `INSERT`.
    pub pos: Pos,
}

/// Where the rows of an INSERT come from.
#[derive(Clone, Debug, PartialEq)]
pub enum InsertSource {
    /// `VALUES ..` or any other query.
    Query(Box<Query>),
    /// `DEFAULT VALUES`.
    DefaultValues,
}

/// `OVERRIDING .. VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overriding {
    /// `OVERRIDING SYSTEM VALUE`: given values win over a generated identity.
    System,
    /// `OVERRIDING USER VALUE`: given values are ignored.
    User,
}

/// A column that is assigned to, with the part of it that is: `c`, `c[1]`, `c.field`.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnTarget {
    /// The column.
    pub column: Ident,
    /// What follows it.
    pub path: Vec<TargetStep>,
}

/// One step into a column.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetStep {
    /// `[i]`, `[a:b]`.
    Subscript(Subscript),
    /// `.field`.
    Field(Ident),
}

/// `ON CONFLICT [target] DO ..`.
#[derive(Clone, Debug, PartialEq)]
pub struct OnConflict {
    /// Which conflict; any when absent.
    pub target: Option<ConflictTarget>,
    /// What to do.
    pub action: ConflictAction,
    /// Of the word `ON`.
    pub pos: Pos,
}

/// Which conflict is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum ConflictTarget {
    /// `(a, lower(b)) [WHERE ..]`: the unique index is found from its keys.
    Keys {
        /// The keys.
        keys: Vec<IndexKey>,
        /// The predicate of a partial index.
        filter: Option<Expr>,
    },
    /// `ON CONSTRAINT name`.
    Constraint(Ident),
}

/// What happens on a conflict.
#[derive(Clone, Debug, PartialEq)]
pub enum ConflictAction {
    /// `DO NOTHING`.
    Nothing,
    /// `DO UPDATE SET .. [WHERE ..]`.
    Update {
        /// What is assigned.
        set: Vec<Assignment>,
        /// Which rows.
        filter: Option<Expr>,
    },
}

/// One key of an index or of a conflict target.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexKey {
    /// A column is [`super::ExprKind::Column`] of one part; anything else is an expression.
    pub expr: Expr,
    /// `COLLATE`.
    pub collation: Option<ObjectName>,
    /// The operator class.
    pub opclass: Option<ObjectName>,
    /// `opclass (name = value)`.
    pub opclass_options: Vec<super::OptionDef>,
    /// `DESC`.
    pub descending: bool,
    /// `NULLS FIRST` (`Some(true)`) or `NULLS LAST`.
    pub nulls_first: Option<bool>,
    /// Where it starts.
    pub pos: Pos,
}

/// One assignment of `SET`.
#[derive(Clone, Debug, PartialEq)]
pub enum Assignment {
    /// `column = value`; the value may be `DEFAULT`.
    Column {
        /// What is assigned to.
        target: ColumnTarget,
        /// What.
        value: Expr,
    },
    /// `(a, b) = row or subquery`.
    Columns {
        /// What is assigned to.
        targets: Vec<ColumnTarget>,
        /// A row constructor, whose fields may be `DEFAULT`, or a subquery.
        value: Expr,
    },
}

/// `UPDATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// `WITH`.
    pub with: Option<Box<With>>,
    /// The table, with `ONLY` and alias.
    pub table: Relation,
    /// `SET`.
    pub set: Vec<Assignment>,
    /// `FROM`.
    pub from: Vec<TableRef>,
    /// `WHERE`; may be `CURRENT OF cursor`.
    pub filter: Option<Expr>,
    /// `RETURNING`.
    pub returning: Vec<Target>,
    /// Of the word `UPDATE`.
    pub pos: Pos,
}

/// `DELETE FROM`.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// `WITH`.
    pub with: Option<Box<With>>,
    /// The table, with `ONLY` and alias.
    pub table: Relation,
    /// `USING`.
    pub using: Vec<TableRef>,
    /// `WHERE`; may be `CURRENT OF cursor`.
    pub filter: Option<Expr>,
    /// `RETURNING`.
    pub returning: Vec<Target>,
    /// Of the word `DELETE`.
    pub pos: Pos,
}

/// `MERGE INTO`.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    /// `WITH`.
    pub with: Option<Box<With>>,
    /// The table that changes.
    pub table: Relation,
    /// `USING`.
    pub source: TableRef,
    /// `ON`.
    pub on: Expr,
    /// The `WHEN` clauses in order.
    pub clauses: Vec<MergeClause>,
    /// Of the word `MERGE`.
    pub pos: Pos,
}

/// `WHEN [NOT] MATCHED [AND condition] THEN action`.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeClause {
    /// `WHEN MATCHED` rather than `WHEN NOT MATCHED`.
    pub matched: bool,
    /// `AND condition`.
    pub condition: Option<Expr>,
    /// What happens.
    pub action: MergeAction,
    /// Of the word `WHEN`.
    pub pos: Pos,
}

/// What a clause of MERGE does.
#[derive(Clone, Debug, PartialEq)]
pub enum MergeAction {
    /// `UPDATE SET ..`.
    Update(Vec<Assignment>),
    /// `DELETE`.
    Delete,
    /// `INSERT (columns) VALUES (..)`; no values means `DEFAULT VALUES`.
    Insert {
        /// The columns; none means all in order.
        columns: Vec<ColumnTarget>,
        /// `OVERRIDING`.
        overriding: Option<Overriding>,
        /// The row; `None` is `DEFAULT VALUES`.
        values: Option<Vec<Expr>>,
    },
    /// `DO NOTHING`.
    Nothing,
}
