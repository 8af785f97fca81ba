//! CREATE, ALTER and DROP ROLE, and membership in roles.

use super::{Ddl, Outcome, done};
use crate::catalog::Change;
use crate::error::{Result, SqlError};
use crate::parse::ast::{
    AlterRole, AlterRoleAction, CreateRole, DropRole, GrantRole, RoleKind, RoleOption, RoleRef,
};
use crate::schema::{Oid, RoleDef};
use std::sync::Arc;
use strata_types::sqlstate;

impl Ddl<'_> {
    pub(super) fn create_role(&mut self, create: &CreateRole) -> Result<Outcome> {
        self.require_role_rights()?;
        let RoleRef::Named(name) = &create.name else {
            return Err(SqlError::new(sqlstate::RESERVED_NAME, "this role name is reserved"));
        };
        if self.catalog().role_named(&name.name).is_some() {
            let message = format!("role \"{}\" already exists", name.name);
            return Err(SqlError::new(sqlstate::DUPLICATE_OBJECT, message).at(name.pos.0));
        }
        let mut role = RoleDef {
            oid: self.fresh_oid()?,
            name: name.name.to_string(),
            superuser: false,
            login: create.kind == RoleKind::User,
            create_role: false,
            create_project: false,
            inherit: true,
            password: None,
            connection_limit: -1,
            member_of: Vec::new(),
        };
        self.apply(&mut role, &create.options)?;
        self.change(Change::Role(role.oid, Some(Arc::new(role))))?;
        Ok(done("CREATE ROLE"))
    }

    pub(super) fn alter_role(&mut self, alter: &AlterRole) -> Result<Outcome> {
        let Some(name) = &alter.name else { return Err(SqlError::unsupported("ALTER ROLE ALL")) };
        let oid = self.role(name)?;
        match &alter.action {
            AlterRoleAction::Options(options) => {
                self.require_role_rights()?;
                let mut role = self.role_def(oid)?;
                self.apply(&mut role, options)?;
                self.change(Change::Role(oid, Some(Arc::new(role))))?;
            }
            AlterRoleAction::Members(add, members) => {
                for member in members {
                    let member = self.role(member)?;
                    self.set_membership(member, oid, *add)?;
                }
            }
            AlterRoleAction::Set { .. } => return Err(SqlError::unsupported("ALTER ROLE SET")),
        }
        Ok(done("ALTER ROLE"))
    }

    pub(super) fn drop_role(&mut self, drop: &DropRole) -> Result<Outcome> {
        self.require_role_rights()?;
        for name in &drop.names {
            let oid = match self.role(name) {
                Ok(oid) => oid,
                Err(error) if drop.if_exists => {
                    self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{}, skipping", error.message()));
                    continue;
                }
                Err(error) => return Err(error),
            };
            if oid == self.current_role() {
                return Err(SqlError::new(sqlstate::OBJECT_IN_USE, "current user cannot be dropped"));
            }
            let catalog = self.catalog();
            if catalog.relations().any(|relation| relation.owner == oid) {
                let name = self.role_def(oid)?.name;
                let message = format!("role \"{name}\" cannot be dropped because some objects depend on it");
                return Err(SqlError::new(sqlstate::DEPENDENT_OBJECTS_STILL_EXIST, message));
            }
            let members: Vec<Oid> =
                catalog.roles().filter(|role| role.member_of.contains(&oid)).map(|role| role.oid).collect();
            for member in members {
                self.set_membership(member, oid, false)?;
            }
            self.change(Change::Role(oid, None))?;
        }
        Ok(done("DROP ROLE"))
    }

    pub(super) fn grant_role(&mut self, grant: &GrantRole) -> Result<Outcome> {
        self.require_role_rights()?;
        for role in &grant.roles {
            let of = self.role(&RoleRef::Named(role.clone()))?;
            for grantee in &grant.grantees {
                let member = self.role(grantee)?;
                self.set_membership(member, of, !grant.revoke)?;
            }
        }
        Ok(done(if grant.revoke { "REVOKE ROLE" } else { "GRANT ROLE" }))
    }

    fn apply(&mut self, role: &mut RoleDef, options: &[RoleOption]) -> Result<()> {
        for option in options {
            match option {
                RoleOption::Superuser(is) => role.superuser = *is,
                RoleOption::CreateDb(may) => role.create_project = *may,
                RoleOption::CreateRole(may) => role.create_role = *may,
                RoleOption::Inherit(does) => role.inherit = *does,
                RoleOption::Login(may) => role.login = *may,
                RoleOption::ConnectionLimit(limit) => role.connection_limit = *limit,
                RoleOption::Password(password) => role.password = self.verifier(password.as_deref())?,
                RoleOption::InRole(roles) => {
                    for of in roles {
                        role.member_of.push(self.role(of)?);
                    }
                }
                RoleOption::Members(_) | RoleOption::Admins(_) => {
                    return Err(SqlError::unsupported("ROLE and ADMIN in CREATE ROLE").hint("Use GRANT."));
                }
                RoleOption::Replication(_)
                | RoleOption::BypassRls(_)
                | RoleOption::ValidUntil(_)
                | RoleOption::SysId => {}
            }
        }
        Ok(())
    }

    fn set_membership(&mut self, member: Oid, of: Oid, is: bool) -> Result<()> {
        let mut role = self.role_def(member)?;
        role.member_of.retain(|other| *other != of);
        if is {
            role.member_of.push(of);
        }
        self.change(Change::Role(member, Some(Arc::new(role))))
    }

    fn role_def(&self, oid: Oid) -> Result<RoleDef> {
        self.catalog().role(oid).map(|role| (**role).clone()).ok_or_else(|| {
            SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("role with OID {} does not exist", oid.0))
        })
    }

    /// What is kept of a password: its SCRAM-SHA-256 verifier, never itself. An empty password is none.
    fn verifier(&self, password: Option<&str>) -> Result<Option<String>> {
        let Some(password) = password.filter(|password| !password.is_empty()) else { return Ok(None) };
        if password.starts_with("SCRAM-SHA-256$") {
            return Ok(Some(password.to_owned()));
        }
        let Some(verifier_of) = self.shared.password_verifier else {
            return Err(SqlError::unsupported("a password in clear text")
                .hint("Give its SCRAM-SHA-256 verifier, as psql's \\password does."));
        };
        let mut salt = [0; 16];
        self.shared.env.random.fill(&mut salt);
        Ok(Some(verifier_of(password, salt)))
    }

    pub(super) fn require_role_rights(&self) -> Result<()> {
        let may = self.is_superuser()
            || self.catalog().role(self.current_role()).is_some_and(|role| role.create_role);
        if may {
            return Ok(());
        }
        Err(SqlError::new(sqlstate::INSUFFICIENT_PRIVILEGE, "permission denied to create role"))
    }
}
