//! The shape of a parsed statement: plain data, one node for each construct of PostgreSQL's grammar.
//!
//! Nothing here is resolved: a name is a list of identifiers, a type is a name with modifiers, an operator
//! is its symbol. Sugar that PostgreSQL's own grammar removes is removed here too (`TABLE t` is
//! `SELECT * FROM t`, `EXTRACT(year FROM d)` is a call of `pg_catalog.extract`), so that the binder has one
//! case for each meaning.
//!
//! Every node that can be the subject of an error carries a [`Pos`]. Positions take no part in comparing
//! trees: two expressions are equal when they say the same thing, wherever they stand.

mod alter_table;
mod dml;
mod expr;
mod general;
mod names;
mod object;
mod query;
mod role;
mod routine;
mod table;
mod utility;

pub use alter_table::*;
pub use dml::*;
pub use expr::*;
pub use general::*;
pub use names::*;
pub use object::*;
pub use query::*;
pub use role::*;
pub use routine::*;
pub use table::*;
pub use utility::*;

/// One SQL statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `SELECT`, `VALUES`, `TABLE` or a set operation. `SELECT INTO` arrives as [`Statement::CreateTableAs`].
    Query(Box<Query>),
    /// `INSERT`.
    Insert(Box<Insert>),
    /// `UPDATE`.
    Update(Box<Update>),
    /// `DELETE`.
    Delete(Box<Delete>),
    /// `MERGE`.
    Merge(Box<Merge>),

    /// `CREATE TABLE`, also `.. OF type` and `.. PARTITION OF parent`.
    CreateTable(Box<CreateTable>),
    /// `CREATE TABLE .. AS`, `CREATE MATERIALIZED VIEW`, `SELECT INTO`.
    CreateTableAs(Box<CreateTableAs>),
    /// `ALTER TABLE | INDEX | VIEW | MATERIALIZED VIEW | SEQUENCE | FOREIGN TABLE | TYPE (composite)` with a list of actions.
    AlterTable(Box<AlterTable>),
    /// `CREATE INDEX`.
    CreateIndex(Box<CreateIndex>),
    /// `CREATE VIEW`.
    CreateView(Box<CreateView>),
    /// `CREATE SEQUENCE`.
    CreateSequence(Box<CreateSequence>),
    /// `ALTER SEQUENCE` with sequence options.
    AlterSequence(Box<AlterSequence>),
    /// `CREATE SCHEMA`.
    CreateSchema(Box<CreateSchema>),
    /// `CREATE TYPE .. AS ENUM`, `.. AS (columns)`, shell types.
    CreateType(Box<CreateType>),
    /// `ALTER TYPE .. ADD VALUE` and `.. RENAME VALUE`.
    AlterEnum(Box<AlterEnum>),
    /// `CREATE DOMAIN`.
    CreateDomain(Box<CreateDomain>),
    /// `ALTER DOMAIN`.
    AlterDomain(Box<AlterDomain>),
    /// `CREATE FUNCTION` and `CREATE PROCEDURE`.
    CreateFunction(Box<CreateFunction>),
    /// `ALTER FUNCTION | PROCEDURE | ROUTINE` with function options.
    AlterFunction(Box<AlterFunction>),
    /// `CREATE TRIGGER`.
    CreateTrigger(Box<CreateTrigger>),
    /// `CREATE POLICY`.
    CreatePolicy(Box<CreatePolicy>),
    /// `CREATE ROLE | USER | GROUP`.
    CreateRole(Box<CreateRole>),
    /// `ALTER ROLE | USER | GROUP` with role options, `SET`, `ADD USER`, `DROP USER`.
    AlterRole(Box<AlterRole>),
    /// `DROP ROLE | USER | GROUP`.
    DropRole(Box<DropRole>),
    /// `CREATE DATABASE`.
    CreateDatabase(Box<CreateDatabase>),
    /// `ALTER DATABASE` with options or `SET`.
    AlterDatabase(Box<AlterDatabase>),
    /// `DROP DATABASE`.
    DropDatabase(Box<DropDatabase>),
    /// `CREATE EXTENSION`.
    CreateExtension(Box<CreateExtension>),
    /// `CREATE COLLATION`.
    CreateCollation(Box<CreateCollation>),
    /// `DROP` of anything that has a schema or belongs to a table.
    Drop(Box<Drop>),
    /// `DROP OWNED` and `REASSIGN OWNED`.
    Owned(Box<Owned>),
    /// `ALTER .. RENAME`.
    Rename(Box<Rename>),
    /// `ALTER .. OWNER TO`.
    AlterOwner(Box<AlterOwner>),
    /// `ALTER .. SET SCHEMA`.
    AlterObjectSchema(Box<AlterObjectSchema>),
    /// `TRUNCATE`.
    Truncate(Box<Truncate>),
    /// `COMMENT ON`.
    Comment(Box<Comment>),
    /// `GRANT` and `REVOKE` of privileges on objects.
    Grant(Box<Grant>),
    /// `GRANT` and `REVOKE` of membership in roles.
    GrantRole(Box<GrantRole>),
    /// `ALTER DEFAULT PRIVILEGES`.
    AlterDefaultPrivileges(Box<AlterDefaultPrivileges>),
    /// `REFRESH MATERIALIZED VIEW`.
    Refresh(Box<Refresh>),
    /// `REINDEX`.
    Reindex(Box<Reindex>),

    /// `BEGIN`, `COMMIT`, savepoints and the rest of transaction control.
    Transaction(Box<Transaction>),
    /// `SET`, `RESET`, `SET LOCAL`, `SET ROLE`, `SET TIME ZONE` and their kind.
    Set(Box<Set>),
    /// `SET [SESSION CHARACTERISTICS AS] TRANSACTION`.
    SetTransaction(Box<SetTransaction>),
    /// `SET CONSTRAINTS`.
    SetConstraints(Box<SetConstraints>),
    /// `SHOW`.
    Show(Box<Show>),
    /// `DISCARD`.
    Discard(DiscardTarget),
    /// `COPY`.
    Copy(Box<Copy>),
    /// `EXPLAIN`.
    Explain(Box<Explain>),
    /// `VACUUM` and `ANALYZE`.
    Vacuum(Box<Vacuum>),
    /// `PREPARE`.
    Prepare(Box<Prepare>),
    /// `EXECUTE`.
    Execute(Box<Execute>),
    /// `DEALLOCATE`; no name means `ALL`.
    Deallocate(Option<Ident>),
    /// `DECLARE CURSOR`.
    DeclareCursor(Box<DeclareCursor>),
    /// `FETCH` and `MOVE`.
    Fetch(Box<Fetch>),
    /// `CLOSE`; no name means `ALL`.
    CloseCursor(Option<Ident>),
    /// `LISTEN`.
    Listen(Ident),
    /// `UNLISTEN`; no name means `*`.
    Unlisten(Option<Ident>),
    /// `NOTIFY`.
    Notify {
        /// The channel.
        channel: Ident,
        /// What is sent with the notification.
        payload: Option<Box<str>>,
    },
    /// `LOCK TABLE`.
    LockTable(Box<LockTable>),
    /// `DO`.
    Do(Box<Do>),
    /// `CALL`.
    Call(Box<FunctionCall>),
    /// `CHECKPOINT`.
    Checkpoint,
    /// `CLUSTER`.
    Cluster(Box<Cluster>),
    /// A statement that PostgreSQL has and strata does not: known by its name, its text skipped.
    Unsupported(Unsupported),
}

/// A statement that is recognised by its first words and has no node of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// What it would be, in PostgreSQL's command-tag words: `CREATE RULE`, `ALTER PUBLICATION`.
    pub name: Box<str>,
    /// Where it starts.
    pub pos: Pos,
}
