//! Indexes, views, sequences, schemas, types and domains.

use super::{
    ColumnConstraint, Expr, Ident, IndexKey, ObjectName, OptionDef, Persistence, Pos, Query, Relation,
    RoleRef, TableConstraint, TypeName,
};

/// `CREATE INDEX`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateIndex {
    /// Its name; chosen by the system when absent.
    pub name: Option<Ident>,
    /// The table, with `ONLY`.
    pub table: Relation,
    /// `UNIQUE`.
    pub unique: bool,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `USING method`.
    pub method: Option<Ident>,
    /// The keys.
    pub keys: Vec<IndexKey>,
    /// `INCLUDE (..)`.
    pub include: Vec<IndexKey>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `WITH (..)`.
    pub options: Vec<OptionDef>,
    /// `TABLESPACE`.
    pub tablespace: Option<Ident>,
    /// `WHERE`.
    pub filter: Option<Expr>,
}

/// `CREATE VIEW`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    /// The view.
    pub name: ObjectName,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// Whether it is temporary.
    pub persistence: Persistence,
    /// `RECURSIVE`.
    pub recursive: bool,
    /// New names of the columns.
    pub columns: Vec<Ident>,
    /// `WITH (..)`.
    pub options: Vec<OptionDef>,
    /// What it shows.
    pub query: Query,
    /// `WITH CHECK OPTION`.
    pub check_option: Option<CheckOption>,
}

/// `WITH .. CHECK OPTION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum CheckOption {
    Local,
    Cascaded,
}

/// `CREATE SEQUENCE`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSequence {
    /// The sequence.
    pub name: ObjectName,
    /// How long it lives.
    pub persistence: Persistence,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its options in order.
    pub options: Vec<SequenceOption>,
}

/// `ALTER SEQUENCE` with sequence options.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterSequence {
    /// The sequence.
    pub name: ObjectName,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Its options in order.
    pub options: Vec<SequenceOption>,
}

/// One option of a sequence. Numbers are text: they may not fit, and then the binder says so.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceOption {
    /// Which option.
    pub kind: SequenceOptionKind,
    /// Where it starts.
    pub pos: Pos,
}

/// The options of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum SequenceOptionKind {
    /// `AS type`.
    As(TypeName),
    /// `INCREMENT BY n`.
    Increment(Box<str>),
    /// `MINVALUE n`, `NO MINVALUE`.
    MinValue(Option<Box<str>>),
    /// `MAXVALUE n`, `NO MAXVALUE`.
    MaxValue(Option<Box<str>>),
    /// `START WITH n`.
    Start(Box<str>),
    /// `RESTART [WITH n]`.
    Restart(Option<Box<str>>),
    /// `CACHE n`.
    Cache(Box<str>),
    /// `CYCLE`, `NO CYCLE`.
    Cycle(bool),
    /// `OWNED BY table.column`, `OWNED BY NONE`.
    OwnedBy(Option<ObjectName>),
    /// `SEQUENCE NAME name`, of an identity column.
    Name(ObjectName),
}

/// `CREATE SCHEMA`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSchema {
    /// `dataset` or `project.dataset`; the owner's name when absent.
    pub name: Option<ObjectName>,
    /// `AUTHORIZATION`.
    pub owner: Option<RoleRef>,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Statements that create objects in it.
    pub elements: Vec<super::Statement>,
}

/// `CREATE TYPE`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateType {
    /// The type.
    pub name: ObjectName,
    /// What it is.
    pub definition: TypeDefinition,
}

/// What a new type is.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeDefinition {
    /// `AS ENUM (..)`: its labels.
    Enum(Vec<(Box<str>, Pos)>),
    /// `AS (..)`: its columns.
    Composite(Vec<RecordField>),
    /// `AS RANGE (..)`.
    Range(Vec<OptionDef>),
    /// `(INPUT = .., ..)`, or a shell type when empty.
    Base(Vec<OptionDef>),
}

/// A column of a composite type.
pub type RecordField = super::RecordColumn;

/// `ALTER TYPE .. ADD VALUE`, `.. RENAME VALUE`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterEnum {
    /// The enum type.
    pub name: ObjectName,
    /// What changes.
    pub action: AlterEnumAction,
}

/// What changes in an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterEnumAction {
    /// `ADD VALUE`.
    Add {
        /// The label.
        label: Box<str>,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// `BEFORE` (true) or `AFTER` a label.
        place: Option<(bool, Box<str>)>,
    },
    /// `RENAME VALUE from TO to`.
    Rename {
        /// The old label.
        from: Box<str>,
        /// The new one.
        to: Box<str>,
    },
}

/// `CREATE DOMAIN`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateDomain {
    /// The domain.
    pub name: ObjectName,
    /// Its base type.
    pub ty: TypeName,
    /// `COLLATE`.
    pub collation: Option<ObjectName>,
    /// Default, not null, checks.
    pub constraints: Vec<ColumnConstraint>,
}

/// `ALTER DOMAIN`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterDomain {
    /// The domain.
    pub name: ObjectName,
    /// What changes.
    pub action: AlterDomainAction,
}

/// What changes in a domain.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterDomainAction {
    /// `SET DEFAULT`.
    SetDefault(Expr),
    /// `DROP DEFAULT`.
    DropDefault,
    /// `SET NOT NULL`.
    SetNotNull,
    /// `DROP NOT NULL`.
    DropNotNull,
    /// `ADD constraint`.
    AddConstraint(TableConstraint),
    /// `DROP CONSTRAINT name`.
    DropConstraint {
        /// The constraint.
        name: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `VALIDATE CONSTRAINT name`.
    ValidateConstraint(Ident),
}
