//! ALTER TABLE and its actions.

use super::{
    ColumnDef, ConstraintTiming, Expr, Ident, ObjectKind, ObjectName, OptionDef, PartitionBound, RoleRef,
    SequenceOption, TableConstraint, TypeName,
};

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
