//! Statements about objects of any kind: DROP, COMMENT, ALTER .. RENAME, GRANT.

use super::{FunctionRef, Ident, ObjectName, OptionDef, Relation, RoleRef, TypeName};

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
