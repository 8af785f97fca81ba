//! Statements that define, change, drop and protect objects.

use super::{Expr, Ident, IndexKey, ObjectName, Pos, Query, Relation, TypeName, VariableSet};

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

/// `ALTER TABLE` and its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterTable {
    /// What kind of relation the statement names.
    pub kind: ObjectKind,
    /// The relation.
    pub name: ObjectName,
    /// `ONLY`.
    pub only: bool,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// What changes, in order.
    pub actions: Vec<AlterTableAction>,
}

/// One action of ALTER TABLE.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterTableAction {
    /// `ADD [COLUMN]`; also `ADD ATTRIBUTE` of a composite type.
    AddColumn {
        /// The column.
        column: ColumnDef,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// `CASCADE`, of an attribute.
        cascade: bool,
    },
    /// `DROP [COLUMN]`; also `DROP ATTRIBUTE`.
    DropColumn {
        /// The column.
        column: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `ALTER [COLUMN] c action`. By number for an index's column: the name is then the digits.
    AlterColumn {
        /// The column.
        column: Ident,
        /// What changes.
        action: AlterColumnAction,
    },
    /// `ADD constraint`.
    AddConstraint(TableConstraint),
    /// `ALTER CONSTRAINT name timing`.
    AlterConstraint {
        /// The constraint.
        name: Ident,
        /// When it is checked from now on.
        timing: ConstraintTiming,
    },
    /// `VALIDATE CONSTRAINT name`.
    ValidateConstraint(Ident),
    /// `DROP CONSTRAINT name`.
    DropConstraint {
        /// The constraint.
        name: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `SET (..)`.
    SetOptions(Vec<OptionDef>),
    /// `RESET (..)`.
    ResetOptions(Vec<OptionDef>),
    /// `SET TABLESPACE`.
    SetTablespace(Ident),
    /// `SET ACCESS METHOD`.
    SetAccessMethod(Ident),
    /// `SET LOGGED` (true), `SET UNLOGGED`.
    SetLogged(bool),
    /// `INHERIT parent` (true), `NO INHERIT parent`.
    Inherit(bool, ObjectName),
    /// `ATTACH PARTITION table bound`; of an index without bound.
    AttachPartition {
        /// The partition.
        partition: ObjectName,
        /// Its rows.
        bound: Option<PartitionBound>,
    },
    /// `DETACH PARTITION table [CONCURRENTLY | FINALIZE]`.
    DetachPartition(ObjectName),
    /// `ENABLE | DISABLE TRIGGER | RULE`.
    Trigger {
        /// Which state.
        state: TriggerState,
        /// `RULE` rather than `TRIGGER`.
        rule: bool,
        /// Which ones.
        which: TriggerSelection,
    },
    /// `ENABLE | DISABLE | FORCE | NO FORCE ROW LEVEL SECURITY`.
    RowSecurity(RowSecurity),
    /// `REPLICA IDENTITY`: `DEFAULT`, `FULL`, `NOTHING` or `USING INDEX name`.
    ReplicaIdentity(Ident),
    /// `CLUSTER ON index`, `SET WITHOUT CLUSTER`.
    ClusterOn(Option<Ident>),
    /// `SET WITHOUT OIDS`: there are none, it changes nothing.
    SetWithoutOids,
    /// `OWNER TO role`, within a list of actions.
    OwnerTo(RoleRef),
    /// `OF type` (Some), `NOT OF`.
    OfType(Option<ObjectName>),
    /// `OPTIONS (..)` of a foreign table.
    ForeignOptions(Vec<OptionDef>),
}

/// What changes in a column.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterColumnAction {
    /// `SET DEFAULT`.
    SetDefault(Expr),
    /// `DROP DEFAULT`.
    DropDefault,
    /// `SET NOT NULL`.
    SetNotNull,
    /// `DROP NOT NULL`.
    DropNotNull,
    /// `DROP EXPRESSION [IF EXISTS]`.
    DropExpression {
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `[SET DATA] TYPE type [COLLATE c] [USING e]`.
    SetType {
        /// The new type.
        ty: TypeName,
        /// `COLLATE`.
        collation: Option<ObjectName>,
        /// How old values become new ones.
        using: Option<Expr>,
        /// `CASCADE`, of an attribute.
        cascade: bool,
    },
    /// `SET STATISTICS n`.
    SetStatistics(i32),
    /// `SET STORAGE word`.
    SetStorage(Ident),
    /// `SET COMPRESSION word`.
    SetCompression(Ident),
    /// `SET (..)`.
    SetOptions(Vec<OptionDef>),
    /// `RESET (..)`.
    ResetOptions(Vec<OptionDef>),
    /// `ADD GENERATED .. AS IDENTITY`.
    AddIdentity {
        /// `ALWAYS`.
        always: bool,
        /// Of its sequence.
        options: Vec<SequenceOption>,
    },
    /// `SET GENERATED ..`, `SET sequence option`, `RESTART`.
    SetIdentity {
        /// `ALWAYS` or `BY DEFAULT`, if it changes.
        always: Option<bool>,
        /// Of its sequence.
        options: Vec<SequenceOption>,
    },
    /// `DROP IDENTITY`.
    DropIdentity {
        /// `IF EXISTS`.
        if_exists: bool,
    },
}

/// When triggers fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum TriggerState {
    Enable,
    EnableAlways,
    EnableReplica,
    Disable,
}

/// Which triggers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerSelection {
    /// One.
    Named(Ident),
    /// `ALL`.
    All,
    /// `USER`.
    User,
}

/// Row-level security of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum RowSecurity {
    Enable,
    Disable,
    Force,
    NoForce,
}

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

/// `CREATE FUNCTION`, `CREATE PROCEDURE`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateFunction {
    /// The function.
    pub name: ObjectName,
    /// `PROCEDURE`.
    pub procedure: bool,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// Its parameters.
    pub parameters: Vec<FunctionParameter>,
    /// `RETURNS type`.
    pub returns: Option<TypeName>,
    /// `RETURNS TABLE (..)`.
    pub returns_table: Vec<FunctionParameter>,
    /// Language, volatility, body and the rest, in order.
    pub options: Vec<FunctionOption>,
}

/// One parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionParameter {
    /// `IN`, `OUT`, ..
    pub mode: ParameterMode,
    /// Its name.
    pub name: Option<Ident>,
    /// Its type.
    pub ty: TypeName,
    /// `DEFAULT`.
    pub default: Option<Expr>,
}

/// Which way a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum ParameterMode {
    In,
    Out,
    InOut,
    Variadic,
    Table,
}

/// One option of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum FunctionOption {
    /// `LANGUAGE`.
    Language(Box<str>),
    /// `AS 'body'`, `AS 'file', 'symbol'`.
    As(Vec<Box<str>>),
    /// `RETURN expression`.
    Return(Expr),
    /// `BEGIN ATOMIC .. END`.
    Atomic(Vec<super::Statement>),
    /// `IMMUTABLE`, `STABLE`, `VOLATILE`.
    Volatility(Volatility),
    /// `STRICT`, `RETURNS NULL ON NULL INPUT` (true), `CALLED ON NULL INPUT`.
    Strict(bool),
    /// `SECURITY DEFINER` (true), `SECURITY INVOKER`.
    SecurityDefiner(bool),
    /// `LEAKPROOF`, `NOT LEAKPROOF`.
    Leakproof(bool),
    /// `WINDOW`.
    Window,
    /// `COST n`.
    Cost(Box<str>),
    /// `ROWS n`.
    Rows(Box<str>),
    /// `SUPPORT function`.
    Support(ObjectName),
    /// `PARALLEL word`.
    Parallel(Ident),
    /// `SET variable ..`, `RESET variable`.
    Set(Box<VariableSet>),
    /// `TRANSFORM FOR TYPE ..`.
    Transform(Vec<TypeName>),
}

/// How stable a function's result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

/// `ALTER FUNCTION` with options.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterFunction {
    /// `FUNCTION`, `PROCEDURE` or `ROUTINE`.
    pub kind: ObjectKind,
    /// Which one.
    pub function: FunctionRef,
    /// What changes.
    pub options: Vec<FunctionOption>,
}

/// A function by name and, mostly, by the types of its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionRef {
    /// Its name.
    pub name: ObjectName,
    /// Its parameters; any when absent.
    pub parameters: Option<Vec<FunctionParameter>>,
}

/// `CREATE TRIGGER`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    /// Its name.
    pub name: Ident,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `CONSTRAINT TRIGGER`.
    pub constraint: bool,
    /// When it fires.
    pub timing: TriggerTiming,
    /// On what.
    pub events: Vec<TriggerEvent>,
    /// The table.
    pub table: ObjectName,
    /// `FROM table`, of a constraint trigger.
    pub from: Option<ObjectName>,
    /// When a constraint trigger fires.
    pub deferral: ConstraintTiming,
    /// `REFERENCING`: (new, table, name).
    pub referencing: Vec<(bool, bool, Ident)>,
    /// `FOR EACH ROW`.
    pub for_each_row: bool,
    /// `WHEN (..)`.
    pub when: Option<Expr>,
    /// The function.
    pub function: ObjectName,
    /// Its arguments.
    pub args: Vec<Box<str>>,
}

/// When a trigger fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

/// What a trigger fires on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerEvent {
    /// `INSERT`.
    Insert,
    /// `DELETE`.
    Delete,
    /// `UPDATE [OF columns]`.
    Update(Vec<Ident>),
    /// `TRUNCATE`.
    Truncate,
}

/// `CREATE POLICY`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatePolicy {
    /// Its name.
    pub name: Ident,
    /// The table.
    pub table: ObjectName,
    /// `AS RESTRICTIVE`.
    pub restrictive: bool,
    /// `FOR command`, lower case; `all` when not said.
    pub command: Box<str>,
    /// `TO roles`.
    pub roles: Vec<RoleRef>,
    /// `USING (..)`.
    pub using: Option<Expr>,
    /// `WITH CHECK (..)`.
    pub check: Option<Expr>,
}

/// A role by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleRef {
    /// A role.
    Named(Ident),
    /// `PUBLIC`: everybody.
    Public(Pos),
    /// `CURRENT_USER`, `CURRENT_ROLE`.
    CurrentUser(Pos),
    /// `SESSION_USER`.
    SessionUser(Pos),
}

/// `CREATE ROLE | USER | GROUP`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateRole {
    /// The role.
    pub name: RoleRef,
    /// Which word created it: a `USER` may log in.
    pub kind: RoleKind,
    /// Its options in order.
    pub options: Vec<RoleOption>,
}

/// The words for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum RoleKind {
    Role,
    User,
    Group,
}

/// One option of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleOption {
    /// `SUPERUSER`, `NOSUPERUSER`.
    Superuser(bool),
    /// `CREATEDB`.
    CreateDb(bool),
    /// `CREATEROLE`.
    CreateRole(bool),
    /// `INHERIT`.
    Inherit(bool),
    /// `LOGIN`.
    Login(bool),
    /// `REPLICATION`.
    Replication(bool),
    /// `BYPASSRLS`.
    BypassRls(bool),
    /// `CONNECTION LIMIT n`.
    ConnectionLimit(i32),
    /// `PASSWORD 'p'`, `PASSWORD NULL`.
    Password(Option<Box<str>>),
    /// `VALID UNTIL 't'`.
    ValidUntil(Box<str>),
    /// `IN ROLE ..`.
    InRole(Vec<RoleRef>),
    /// `ROLE ..`, `USER ..`.
    Members(Vec<RoleRef>),
    /// `ADMIN ..`.
    Admins(Vec<RoleRef>),
    /// `SYSID n`: ignored by PostgreSQL.
    SysId,
}

/// `ALTER ROLE`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterRole {
    /// The role; `None` is `ALL`.
    pub name: Option<RoleRef>,
    /// What changes.
    pub action: AlterRoleAction,
}

/// What changes in a role.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterRoleAction {
    /// Options.
    Options(Vec<RoleOption>),
    /// `[IN DATABASE d] SET ..` or `RESET ..`.
    Set {
        /// `IN DATABASE`.
        database: Option<Ident>,
        /// The setting.
        set: VariableSet,
    },
    /// `ALTER GROUP g ADD USER ..` (true) or `DROP USER ..`.
    Members(bool, Vec<RoleRef>),
}

/// `DROP ROLE | USER | GROUP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropRole {
    /// The roles.
    pub names: Vec<RoleRef>,
    /// `IF EXISTS`.
    pub if_exists: bool,
}

/// `CREATE DATABASE`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateDatabase {
    /// The database.
    pub name: Ident,
    /// `owner`, `template`, `encoding`, .. ; `DEFAULT` has no value.
    pub options: Vec<OptionDef>,
}

/// `ALTER DATABASE`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterDatabase {
    /// The database.
    pub name: Ident,
    /// What changes.
    pub action: AlterDatabaseAction,
}

/// What changes in a database.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterDatabaseAction {
    /// Options.
    Options(Vec<OptionDef>),
    /// `SET ..`, `RESET ..`.
    Set(VariableSet),
    /// `REFRESH COLLATION VERSION`.
    RefreshCollationVersion,
}

/// `DROP DATABASE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropDatabase {
    /// The database.
    pub name: Ident,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `WITH (FORCE)`.
    pub force: bool,
}

/// `CREATE EXTENSION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateExtension {
    /// The extension.
    pub name: Ident,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `SCHEMA`.
    pub schema: Option<Ident>,
    /// `VERSION`.
    pub version: Option<Box<str>>,
    /// `CASCADE`.
    pub cascade: bool,
}

/// `CREATE COLLATION`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateCollation {
    /// The collation.
    pub name: ObjectName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `FROM existing`.
    pub from: Option<ObjectName>,
    /// `(..)`.
    pub options: Vec<OptionDef>,
}

/// The kinds of object that DROP, COMMENT, GRANT and the general ALTERs name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum ObjectKind {
    AccessMethod,
    Aggregate,
    Attribute,
    Cast,
    Collation,
    Column,
    Constraint,
    Conversion,
    Database,
    Domain,
    DomainConstraint,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    ForeignServer,
    ForeignTable,
    Function,
    Index,
    Language,
    LargeObject,
    MaterializedView,
    Operator,
    OperatorClass,
    OperatorFamily,
    Parameter,
    Policy,
    Procedure,
    Publication,
    Role,
    Routine,
    Rule,
    Schema,
    Sequence,
    Statistics,
    Subscription,
    Table,
    Tablespace,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    Transform,
    Trigger,
    Type,
    UserMapping,
    View,
}

/// An object as a statement names it.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectRef {
    /// By name. Of a column: the relation's name and the column's.
    Name(ObjectName),
    /// A type or domain.
    Type(TypeName),
    /// A function, procedure, routine or aggregate.
    Function(FunctionRef),
    /// A constraint, policy, rule or trigger of a table; a constraint of a domain.
    OnTable {
        /// The object.
        name: Ident,
        /// Where it belongs.
        table: ObjectName,
    },
    /// An operator: its name and operand types (`NONE` is absent).
    Operator {
        /// The operator.
        op: super::Operator,
        /// Left and right.
        operands: Vec<Option<TypeName>>,
    },
    /// `source AS target`, of a cast.
    Cast(Box<(TypeName, TypeName)>),
    /// An operator class or family, and its index method.
    UsingMethod {
        /// The object.
        name: ObjectName,
        /// `USING method`.
        method: Ident,
    },
    /// `FOR type LANGUAGE language`, of a transform.
    Transform {
        /// The type.
        ty: TypeName,
        /// The language.
        language: Ident,
    },
    /// A role.
    Role(RoleRef),
    /// A large object's number.
    LargeObject(Box<str>),
}

/// `DROP`.
#[derive(Clone, Debug, PartialEq)]
pub struct Drop {
    /// What kind of objects.
    pub kind: ObjectKind,
    /// Which ones.
    pub objects: Vec<ObjectRef>,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `CASCADE`.
    pub cascade: bool,
    /// `DROP INDEX CONCURRENTLY`.
    pub concurrently: bool,
}

/// `DROP OWNED BY`, `REASSIGN OWNED BY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Whose objects.
    pub roles: Vec<RoleRef>,
    /// What becomes of them.
    pub action: OwnedAction,
}

/// What becomes of owned objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedAction {
    /// `DROP OWNED`.
    Drop {
        /// `CASCADE`.
        cascade: bool,
    },
    /// `REASSIGN OWNED .. TO role`.
    ReassignTo(RoleRef),
}

/// `ALTER .. RENAME`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rename {
    /// What kind of object the statement names.
    pub kind: ObjectKind,
    /// The object.
    pub object: ObjectRef,
    /// A column, attribute or constraint within it that is renamed instead.
    pub part: Option<RenamedPart>,
    /// The new name.
    pub to: Ident,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `ONLY`.
    pub only: bool,
    /// `CASCADE`, of an attribute.
    pub cascade: bool,
}

/// A part of an object that is renamed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum RenamedPart {
    Column(Ident),
    Attribute(Ident),
    Constraint(Ident),
}

/// `ALTER .. OWNER TO`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterOwner {
    /// What kind of object.
    pub kind: ObjectKind,
    /// The object.
    pub object: ObjectRef,
    /// The new owner.
    pub owner: RoleRef,
}

/// `ALTER .. SET SCHEMA`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterObjectSchema {
    /// What kind of object.
    pub kind: ObjectKind,
    /// The object.
    pub object: ObjectRef,
    /// Where it goes.
    pub schema: Ident,
    /// `IF EXISTS`.
    pub if_exists: bool,
}

/// `TRUNCATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Truncate {
    /// The tables, with `ONLY`.
    pub tables: Vec<Relation>,
    /// `RESTART IDENTITY`.
    pub restart_identity: bool,
    /// `CASCADE`.
    pub cascade: bool,
}

/// `COMMENT ON`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// What kind of object.
    pub kind: ObjectKind,
    /// The object.
    pub object: ObjectRef,
    /// The text; `NULL` removes it.
    pub text: Option<Box<str>>,
}

/// `GRANT` and `REVOKE` of privileges.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// `REVOKE`.
    pub revoke: bool,
    /// `REVOKE GRANT OPTION FOR`.
    pub grant_option_only: bool,
    /// What is granted; all privileges when empty.
    pub privileges: Vec<Privilege>,
    /// On what.
    pub target: GrantTarget,
    /// To or from whom.
    pub grantees: Vec<RoleRef>,
    /// `WITH GRANT OPTION`.
    pub with_grant_option: bool,
    /// `GRANTED BY`.
    pub granted_by: Option<RoleRef>,
    /// `CASCADE`.
    pub cascade: bool,
}

/// One privilege.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// Its word, lower case; `None` is `ALL (columns)`.
    pub name: Option<Ident>,
    /// On which columns; the whole object when empty.
    pub columns: Vec<Ident>,
}

/// On what privileges are granted.
#[derive(Clone, Debug, PartialEq)]
pub enum GrantTarget {
    /// On named objects of a kind.
    Objects {
        /// What kind; `TABLE` when not said.
        kind: ObjectKind,
        /// Which ones.
        objects: Vec<ObjectRef>,
    },
    /// `ALL TABLES IN SCHEMA ..`.
    AllInSchema {
        /// What kind.
        kind: ObjectKind,
        /// Which schemas.
        schemas: Vec<Ident>,
    },
    /// Of `ALTER DEFAULT PRIVILEGES`: objects to come.
    Future(ObjectKind),
}

/// `GRANT role TO role`, `REVOKE role FROM role`.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantRole {
    /// `REVOKE`.
    pub revoke: bool,
    /// `REVOKE ADMIN OPTION FOR`.
    pub admin_option_only: bool,
    /// The roles whose membership is granted.
    pub roles: Vec<Ident>,
    /// To or from whom.
    pub grantees: Vec<RoleRef>,
    /// `WITH ADMIN OPTION`.
    pub with_admin_option: bool,
    /// `GRANTED BY`.
    pub granted_by: Option<RoleRef>,
    /// `CASCADE`.
    pub cascade: bool,
}

/// `ALTER DEFAULT PRIVILEGES`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterDefaultPrivileges {
    /// `IN SCHEMA`.
    pub schemas: Vec<Ident>,
    /// `FOR ROLE`.
    pub roles: Vec<RoleRef>,
    /// What objects to come are granted.
    pub grant: Grant,
}

/// `REFRESH MATERIALIZED VIEW`.
#[derive(Clone, Debug, PartialEq)]
pub struct Refresh {
    /// The view.
    pub name: ObjectName,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// False for `WITH NO DATA`.
    pub with_data: bool,
}

/// `REINDEX`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reindex {
    /// `INDEX`, `TABLE`, `SCHEMA`, `SYSTEM` or `DATABASE`.
    pub kind: ReindexKind,
    /// Of what; `SYSTEM` and `DATABASE` may leave it out in later versions.
    pub name: ObjectName,
    /// `(..)`.
    pub options: Vec<OptionDef>,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
}

/// What REINDEX rebuilds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum ReindexKind {
    Index,
    Table,
    Schema,
    System,
    Database,
}
