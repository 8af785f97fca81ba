//! Transaction control, settings and the other statements that neither query nor define.

use super::{Expr, Ident, ObjectName, OptionDef, Pos, Query, Relation, Statement, TypeName};

/// Transaction control.
#[derive(Clone, Debug, PartialEq)]
pub enum Transaction {
    /// `BEGIN`, `START TRANSACTION`.
    Begin {
        /// Whether it was `START TRANSACTION`: the command tag differs.
        start: bool,
        /// Its modes in order.
        modes: Vec<TransactionMode>,
    },
    /// `COMMIT`, `END`.
    Commit {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `ROLLBACK`, `ABORT`.
    Rollback {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `SAVEPOINT`.
    Savepoint(Ident),
    /// `RELEASE`.
    Release(Ident),
    /// `ROLLBACK TO`.
    RollbackTo(Ident),
    /// `PREPARE TRANSACTION`.
    Prepare(Box<str>),
    /// `COMMIT PREPARED`.
    CommitPrepared(Box<str>),
    /// `ROLLBACK PREPARED`.
    RollbackPrepared(Box<str>),
}

/// One mode of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionMode {
    /// `ISOLATION LEVEL`.
    Isolation(IsolationLevel),
    /// `READ ONLY` (true), `READ WRITE`.
    ReadOnly(bool),
    /// `DEFERRABLE`, `NOT DEFERRABLE`.
    Deferrable(bool),
}

/// The isolation levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum IsolationLevel {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// `SET`, `RESET`.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    /// `SET LOCAL`.
    pub local: bool,
    /// What is set.
    pub variable: VariableSet,
}

/// What SET does to a variable. `TIME ZONE`, `NAMES`, `ROLE`, `SESSION AUTHORIZATION`, `SCHEMA`,
/// `XML OPTION` are already the variables `timezone`, `client_encoding`, `role`,
/// `session_authorization`, `search_path`, `xmloption`.
#[derive(Clone, Debug, PartialEq)]
pub enum VariableSet {
    /// `SET name = value, ..`.
    To {
        /// The variable, dots included: `myapp.user`.
        name: Ident,
        /// Its values.
        values: Vec<SetValue>,
    },
    /// `SET name TO DEFAULT`, `SET TIME ZONE LOCAL`.
    ToDefault(Ident),
    /// `SET name FROM CURRENT`.
    FromCurrent(Ident),
    /// `RESET name`.
    Reset(Ident),
    /// `RESET ALL`.
    ResetAll,
}

/// One value of SET.
#[derive(Clone, Debug, PartialEq)]
pub enum SetValue {
    /// A quoted string or a bare word.
    Text(Box<str>),
    /// A number as written, sign included.
    Number(Box<str>),
    /// `TRUE`, `FALSE`, `ON`, as a word.
    Word(Box<str>),
    /// `INTERVAL '..' fields`, of `SET TIME ZONE`.
    Interval(Expr),
}

/// `SET TRANSACTION`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetTransaction {
    /// `SESSION CHARACTERISTICS AS`: for the transactions to come.
    pub session: bool,
    /// The modes.
    pub modes: Vec<TransactionMode>,
    /// `SNAPSHOT 'id'`.
    pub snapshot: Option<Box<str>>,
}

/// `SET CONSTRAINTS`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetConstraints {
    /// Which; `ALL` when empty.
    pub names: Vec<ObjectName>,
    /// `DEFERRED` rather than `IMMEDIATE`.
    pub deferred: bool,
}

/// `SHOW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Show {
    /// One variable, dots included.
    Variable(Ident),
    /// `ALL`.
    All,
}

/// `DISCARD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum DiscardTarget {
    All,
    Plans,
    Sequences,
    Temp,
}

/// `COPY`.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// The table or the query.
    pub source: CopySource,
    /// `FROM` (true) or `TO`.
    pub from: bool,
    /// The other end.
    pub target: CopyTarget,
    /// Options, those of the old syntax under their new names.
    pub options: Vec<OptionDef>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// Of the word `COPY`.
    pub pos: Pos,
}

/// What COPY copies.
#[derive(Clone, Debug, PartialEq)]
pub enum CopySource {
    /// A table.
    Table {
        /// Its name.
        name: ObjectName,
        /// Its columns; all when empty.
        columns: Vec<Ident>,
    },
    /// `(query)`, or a statement with RETURNING.
    Query(Statement),
}

/// Where COPY reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyTarget {
    /// `STDIN`, `STDOUT`: the connection.
    Client,
    /// A file of the server.
    File(Box<str>),
    /// `PROGRAM`.
    Program(Box<str>),
}

/// `EXPLAIN`.
#[derive(Clone, Debug, PartialEq)]
pub struct Explain {
    /// Options; `EXPLAIN ANALYZE VERBOSE` are options without a value.
    pub options: Vec<OptionDef>,
    /// What is explained.
    pub statement: Statement,
}

/// `VACUUM`, `ANALYZE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Vacuum {
    /// `VACUUM` rather than `ANALYZE`.
    pub vacuum: bool,
    /// Options; the old words `FULL`, `FREEZE`, `VERBOSE`, `ANALYZE` are options without a value.
    pub options: Vec<OptionDef>,
    /// The tables with their columns; all tables when empty.
    pub tables: Vec<(ObjectName, Vec<Ident>)>,
}

/// `PREPARE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepare {
    /// The statement's name.
    pub name: Ident,
    /// Types of its first parameters.
    pub types: Vec<TypeName>,
    /// What is prepared.
    pub statement: Statement,
}

/// `EXECUTE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Execute {
    /// The statement's name.
    pub name: Ident,
    /// Its arguments.
    pub args: Vec<Expr>,
}

/// `DECLARE CURSOR`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclareCursor {
    /// The cursor.
    pub name: Ident,
    /// `BINARY`.
    pub binary: bool,
    /// `INSENSITIVE` (`Some(true)`), `ASENSITIVE`.
    pub insensitive: Option<bool>,
    /// `SCROLL`, `NO SCROLL`.
    pub scroll: Option<bool>,
    /// `WITH HOLD`.
    pub hold: bool,
    /// What it walks over.
    pub query: Query,
}

/// `FETCH`, `MOVE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// `MOVE`: no rows are returned.
    pub is_move: bool,
    /// Where to, and how many.
    pub direction: FetchDirection,
    /// The cursor.
    pub cursor: Ident,
}

/// Where a cursor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FetchDirection {
    /// This many rows on; negative goes back. `NEXT` is 1.
    Forward(i64),
    /// This many rows back. `PRIOR` is 1.
    Backward(i64),
    /// All the rest.
    ForwardAll,
    /// All before.
    BackwardAll,
    /// `ABSOLUTE n`. `FIRST` is 1, `LAST` is -1.
    Absolute(i64),
    /// `RELATIVE n`.
    Relative(i64),
}

/// `LOCK TABLE`.
#[derive(Clone, Debug, PartialEq)]
pub struct LockTable {
    /// The tables, with `ONLY`.
    pub tables: Vec<Relation>,
    /// `ACCESS EXCLUSIVE` when not said.
    pub mode: TableLockMode,
    /// `NOWAIT`.
    pub nowait: bool,
}

/// The strengths of a table lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum TableLockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

/// `DO`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Do {
    /// `LANGUAGE`; `plpgsql` when not said.
    pub language: Option<Box<str>>,
    /// The code.
    pub code: Box<str>,
}

/// `CLUSTER`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// The table; all clustered tables when absent.
    pub table: Option<ObjectName>,
    /// The index.
    pub index: Option<Ident>,
    /// `(..)`.
    pub options: Vec<OptionDef>,
}
