//! Roles, policies, databases and extensions.

use super::{Expr, Ident, ObjectName, OptionDef, Pos, VariableSet};

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
