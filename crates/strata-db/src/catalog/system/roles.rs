//! Roles: `pg_authid`, `pg_auth_members` and the views over them.

use super::SystemSource;
use super::notation::relations;
use crate::schema::{Oid, RoleDef};
use std::sync::Arc;

/// That a role belongs to another.
struct Membership {
    role: Oid,
    member: Oid,
}

relations! {
    pg_catalog;
    1260 table "pg_authid" = roles, |source, role: &Arc<RoleDef>| {
        "oid" OID = role.oid;
        "rolname" NAME = &role.name;
        "rolsuper" BOOL = role.superuser;
        "rolinherit" BOOL = role.inherit;
        "rolcreaterole" BOOL = role.create_role;
        "rolcreatedb" BOOL = role.create_project;
        "rolcanlogin" BOOL = role.login;
        "rolreplication" BOOL = role.superuser;
        "rolbypassrls" BOOL = role.superuser;
        "rolconnlimit" INT4 = role.connection_limit;
        "rolpassword" TEXT = role.password.as_deref();
        "rolvaliduntil" TIMESTAMPTZ [optional];
    }
    1261 table "pg_auth_members" = memberships, |source, of: Membership| {
        "roleid" OID = of.role;
        "member" OID = of.member;
        "grantor" OID = 10;
        "admin_option" BOOL = false;
    }
    12000 view "pg_roles" = roles, |source, role: &Arc<RoleDef>| {
        "rolname" NAME = &role.name;
        "rolsuper" BOOL = role.superuser;
        "rolinherit" BOOL = role.inherit;
        "rolcreaterole" BOOL = role.create_role;
        "rolcreatedb" BOOL = role.create_project;
        "rolcanlogin" BOOL = role.login;
        "rolreplication" BOOL = role.superuser;
        "rolconnlimit" INT4 = role.connection_limit;
        "rolpassword" TEXT = "********";
        "rolvaliduntil" TIMESTAMPTZ;
        "rolbypassrls" BOOL = role.superuser;
        "rolconfig" TEXT_ARRAY;
        "oid" OID = role.oid;
    }
    12014 view "pg_user" = users, |source, role: &Arc<RoleDef>| {
        "usename" NAME = &role.name;
        "usesysid" OID = role.oid;
        "usecreatedb" BOOL = role.create_project;
        "usesuper" BOOL = role.superuser;
        "userepl" BOOL = role.superuser;
        "usebypassrls" BOOL = role.superuser;
        "passwd" TEXT = "********";
        "valuntil" TIMESTAMPTZ;
        "useconfig" TEXT_ARRAY;
    }
    12005 view "pg_shadow" = users, |source, role: &Arc<RoleDef>| {
        "usename" NAME = &role.name;
        "usesysid" OID = role.oid;
        "usecreatedb" BOOL = role.create_project;
        "usesuper" BOOL = role.superuser;
        "userepl" BOOL = role.superuser;
        "usebypassrls" BOOL = role.superuser;
        "passwd" TEXT = role.password.as_deref();
        "valuntil" TIMESTAMPTZ;
        "useconfig" TEXT_ARRAY;
    }
    12010 view "pg_group" = groups, |source, role: &Arc<RoleDef>| {
        "groname" NAME = &role.name;
        "grosysid" OID = role.oid;
        "grolist" OID_ARRAY = members(source, role.oid);
    }
}

fn roles<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = &'a Arc<RoleDef>> + use<'a> {
    source.names.catalog.roles()
}

fn users<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = &'a Arc<RoleDef>> + use<'a> {
    roles(source).filter(|role| role.login)
}

fn groups<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = &'a Arc<RoleDef>> + use<'a> {
    roles(source).filter(|role| !role.login)
}

fn memberships(source: &SystemSource<'_>) -> Vec<Membership> {
    roles(source)
        .flat_map(|role| role.member_of.iter().map(|of| Membership { role: *of, member: role.oid }))
        .collect()
}

fn members(source: &SystemSource<'_>, of: Oid) -> Vec<Oid> {
    roles(source).filter(|role| role.member_of.contains(&of)).map(|role| role.oid).collect()
}
