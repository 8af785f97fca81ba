//! Roles: users and groups.

use super::Oid;

/// A role.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleDef {
    /// Identity.
    pub oid: Oid,
    /// Name, unique in the server.
    pub name: String,
    /// Passes every permission check.
    pub superuser: bool,
    /// May open a session.
    pub login: bool,
    /// May create roles.
    pub create_role: bool,
    /// May create projects.
    pub create_project: bool,
    /// Has the privileges of the roles it belongs to.
    pub inherit: bool,
    /// SCRAM-SHA-256 verifier in PostgreSQL's notation; `None`: no password.
    pub password: Option<String>,
    /// Concurrent sessions allowed; -1 is no limit.
    pub connection_limit: i32,
    /// Roles it belongs to.
    pub member_of: Vec<Oid>,
}
