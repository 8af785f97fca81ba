//! Tables, their columns, constraints and partitions.

use super::{Expr, Ident, IndexKey, ObjectName, Pos, Query, SequenceOption, TypeName};

/// `name = value` in parentheses after `WITH`, or an option of a utility statement.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionDef {
    /// A qualifier: `toast` in `toast.autovacuum_enabled`.
    pub namespace: Option<Ident>,
    /// The option.
    pub name: Ident,
    /// Its value, if one was given.
    pub value: Option<OptionValue>,
}

impl OptionDef {
    /// Its value if it is one word, or a number.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match &self.value {
            Some(OptionValue::Text(text) | OptionValue::Number(text)) => Some(text),
            // A bare word stands where a type could.
            Some(OptionValue::Type(word)) => Some(word.name.base()),
            Some(OptionValue::List(_) | OptionValue::Star) | None => None,
        }
    }
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// A bare word (lower case) or a quoted string.
    Text(Box<str>),
    /// A number as written, sign included.
    Number(Box<str>),
    /// A type or a qualified name, where one is possible.
    Type(TypeName),
    /// A list in parentheses.
    List(Vec<OptionValue>),
    /// `*`.
    Star,
}

/// How long a relation lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Persistence {
    /// Until it is dropped.
    Permanent,
    /// `TEMPORARY`: until the session ends.
    Temporary,
    /// `UNLOGGED`: until a crash.
    Unlogged,
}

/// `ON COMMIT` of a temporary table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum OnCommit {
    PreserveRows,
    DeleteRows,
    Drop,
}

/// `CREATE TABLE`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    /// The table.
    pub name: ObjectName,
    /// How long it lives.
    pub persistence: Persistence,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Columns, constraints and `LIKE` clauses in order.
    pub elements: Vec<TableElement>,
    /// `INHERITS (..)`.
    pub inherits: Vec<ObjectName>,
    /// `OF type`.
    pub of_type: Option<ObjectName>,
    /// `PARTITION OF parent`.
    pub partition_of: Option<PartitionOf>,
    /// `PARTITION BY`.
    pub partition_by: Option<PartitionBy>,
    /// `FOREIGN TABLE .. SERVER name`.
    pub server: Option<Ident>,
    /// The storage that follows the elements.
    pub storage: TableStorage,
}

/// The clauses between a table's columns and the end of the statement.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TableStorage {
    /// `USING method`.
    pub access_method: Option<Ident>,
    /// `WITH (..)`, or `OPTIONS (..)` of a foreign table.
    pub options: Vec<OptionDef>,
    /// `ON COMMIT`.
    pub on_commit: Option<OnCommit>,
    /// `TABLESPACE`.
    pub tablespace: Option<Ident>,
}

/// One entry between the parentheses of CREATE TABLE.
#[derive(Clone, Debug, PartialEq)]
pub enum TableElement {
    /// A column.
    Column(ColumnDef),
    /// A constraint of the table.
    Constraint(TableConstraint),
    /// `LIKE table`.
    Like(LikeTable),
}

/// A column. In `OF type` and `PARTITION OF` it has no type.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDef {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Option<TypeName>,
    /// `COLLATE`.
    pub collation: Option<ObjectName>,
    /// `STORAGE`, `COMPRESSION`: words kept as written.
    pub compression: Option<Ident>,
    /// Its constraints in order.
    pub constraints: Vec<ColumnConstraint>,
}

/// A constraint written with a column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnConstraint {
    /// `CONSTRAINT name`.
    pub name: Option<Ident>,
    /// What it demands.
    pub kind: ColumnConstraintKind,
    /// `DEFERRABLE` and its kind, as written after it.
    pub timing: ConstraintTiming,
    /// Where it starts.
    pub pos: Pos,
}

/// What a column's constraint demands.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnConstraintKind {
    /// `NOT NULL`.
    NotNull,
    /// `NULL`.
    Null,
    /// `DEFAULT expression`.
    Default(Expr),
    /// `CHECK (..)`.
    Check {
        /// The condition.
        condition: Expr,
        /// `NO INHERIT`.
        no_inherit: bool,
    },
    /// `UNIQUE`.
    Unique(IndexParameters),
    /// `PRIMARY KEY`.
    PrimaryKey(IndexParameters),
    /// `REFERENCES`.
    References(ForeignKey),
    /// `GENERATED ALWAYS | BY DEFAULT AS IDENTITY (..)`.
    Identity {
        /// `ALWAYS`.
        always: bool,
        /// Of its sequence.
        options: Vec<SequenceOption>,
    },
    /// `GENERATED ALWAYS AS (..) STORED`.
    Generated(Expr),
}

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ConstraintTiming {
    /// `DEFERRABLE` or `NOT DEFERRABLE`.
    pub deferrable: Option<bool>,
    /// `INITIALLY DEFERRED` (`Some(true)`) or `INITIALLY IMMEDIATE`.
    pub initially_deferred: Option<bool>,
    /// `NOT VALID`.
    pub not_valid: bool,
    /// `NO INHERIT`.
    pub no_inherit: bool,
}

impl ConstraintTiming {
    /// What is deferred to begin with may be deferred.
    pub fn is_deferrable(self) -> bool {
        self.deferrable.unwrap_or(self.initially_deferred == Some(true))
    }
}

/// What may follow UNIQUE and PRIMARY KEY.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct IndexParameters {
    /// `UNIQUE NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `INCLUDE (..)`.
    pub include: Vec<Ident>,
    /// `WITH (..)`.
    pub options: Vec<OptionDef>,
    /// `USING INDEX TABLESPACE`.
    pub tablespace: Option<Ident>,
}

/// `REFERENCES table (columns) MATCH .. ON DELETE .. ON UPDATE ..`.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    /// The table referred to.
    pub table: ObjectName,
    /// Its columns; its primary key when empty.
    pub columns: Vec<Ident>,
    /// `MATCH`.
    pub match_type: MatchType,
    /// `ON DELETE`.
    pub on_delete: ReferentialAction,
    /// `ON UPDATE`.
    pub on_update: ReferentialAction,
    /// `ON DELETE SET NULL | DEFAULT (columns)`: only these.
    pub on_delete_columns: Vec<Ident>,
}

/// `MATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum MatchType {
    Simple,
    Full,
    Partial,
}

/// What happens to referring rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum ReferentialAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// A constraint written beside the columns.
#[derive(Clone, Debug, PartialEq)]
pub struct TableConstraint {
    /// `CONSTRAINT name`.
    pub name: Option<Ident>,
    /// What it demands.
    pub kind: TableConstraintKind,
    /// When it is checked.
    pub timing: ConstraintTiming,
    /// Where it starts.
    pub pos: Pos,
}

/// What a table's constraint demands.
#[derive(Clone, Debug, PartialEq)]
pub enum TableConstraintKind {
    /// `CHECK (..)`.
    Check(Expr),
    /// `UNIQUE (columns)`.
    Unique {
        /// The columns.
        columns: Vec<Ident>,
        /// What follows.
        parameters: IndexParameters,
    },
    /// `PRIMARY KEY (columns)`.
    PrimaryKey {
        /// The columns.
        columns: Vec<Ident>,
        /// What follows.
        parameters: IndexParameters,
    },
    /// `UNIQUE | PRIMARY KEY USING INDEX name`.
    UsingIndex {
        /// `PRIMARY KEY` rather than `UNIQUE`.
        primary: bool,
        /// The index that becomes the constraint's.
        index: Ident,
    },
    /// `FOREIGN KEY (columns) REFERENCES ..`.
    ForeignKey {
        /// The columns.
        columns: Vec<Ident>,
        /// What they refer to.
        references: ForeignKey,
    },
    /// `EXCLUDE USING method (key WITH operator, ..)`.
    Exclude {
        /// The index's method.
        method: Option<Ident>,
        /// Keys with the operators that must not all be true.
        elements: Vec<(IndexKey, super::Operator)>,
        /// What follows.
        parameters: IndexParameters,
        /// `WHERE (..)`.
        filter: Option<Expr>,
    },
}

/// `LIKE table INCLUDING ..`.
#[derive(Clone, Debug, PartialEq)]
pub struct LikeTable {
    /// Whose columns are copied.
    pub table: ObjectName,
    /// `INCLUDING` (true) and `EXCLUDING` in order.
    pub options: Vec<(bool, LikeOption)>,
}

/// What `LIKE` copies besides the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum LikeOption {
    All,
    Comments,
    Compression,
    Constraints,
    Defaults,
    Generated,
    Identity,
    Indexes,
    Statistics,
    Storage,
}

/// `PARTITION BY strategy (keys)`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionBy {
    /// `range`, `list`, `hash`.
    pub strategy: Ident,
    /// The keys.
    pub keys: Vec<IndexKey>,
}

/// `PARTITION OF parent bound`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: ObjectName,
    /// Which rows.
    pub bound: PartitionBound,
}

/// `FOR VALUES ..` or `DEFAULT`.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBound {
    /// `DEFAULT`.
    Default,
    /// `IN (..)`.
    In(Vec<Expr>),
    /// `FROM (..) TO (..)`; `MINVALUE` and `MAXVALUE` are columns of that name.
    Range {
        /// Inclusive.
        from: Vec<Expr>,
        /// Exclusive.
        to: Vec<Expr>,
    },
    /// `WITH (MODULUS m, REMAINDER r)`.
    Hash {
        /// `MODULUS`.
        modulus: u32,
        /// `REMAINDER`.
        remainder: u32,
    },
}

/// `CREATE TABLE .. AS`, `CREATE MATERIALIZED VIEW`, `SELECT INTO`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTableAs {
    /// What is created.
    pub name: ObjectName,
    /// `MATERIALIZED VIEW` rather than `TABLE`.
    pub materialized_view: bool,
    /// Whether it came as `SELECT INTO`.
    pub select_into: bool,
    /// How long it lives.
    pub persistence: Persistence,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// New names of the columns.
    pub columns: Vec<Ident>,
    /// `WITH`, `ON COMMIT`, `TABLESPACE`.
    pub storage: TableStorage,
    /// Where the rows come from: a query, or `EXECUTE`.
    pub source: CreateAsSource,
    /// False for `WITH NO DATA`.
    pub with_data: bool,
}

/// Where the rows of CREATE TABLE AS come from.
#[derive(Clone, Debug, PartialEq)]
pub enum CreateAsSource {
    /// A query.
    Query(Box<Query>),
    /// A prepared query.
    Execute(super::Execute),
}
