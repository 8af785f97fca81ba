//! What a new data directory begins with: projects, their `public` datasets, and superusers.

use super::{Catalog, Change};
use crate::schema::{DatasetDef, Oid, ProjectDef, RoleDef};
use std::sync::Arc;

/// The project that a session lands in when it names none.
pub const PROJECT: &str = "strata";

/// OID of the first superuser, `postgres` (PostgreSQL's BOOTSTRAP_SUPERUSERID).
pub const SUPERUSER: Oid = Oid(10);
/// OID of dataset `public` in project `strata` (PostgreSQL's own).
pub const PUBLIC: Oid = Oid(2200);

/// The changes that found a server; none if it is founded already.
pub fn changes(catalog: &Catalog, first_user: Option<&str>) -> Vec<Change> {
    if catalog.roles().next().is_some() {
        return Vec::new();
    }
    let mut names = vec!["postgres", "strata"];
    names.extend(first_user.filter(|name| !matches!(*name, "postgres" | "strata" | "")));
    let roles = (SUPERUSER.0..).zip(names).map(|(oid, name)| role(Oid(oid), name));
    let projects = [(Oid(5), "postgres", Oid(2199)), (Oid(16), PROJECT, PUBLIC)];
    roles
        .chain(projects.into_iter().flat_map(|(oid, name, public)| project(oid, name, public, SUPERUSER)))
        .collect()
}

/// The changes that make a project with its dataset `public`.
pub fn project(oid: Oid, name: &str, public: Oid, owner: Oid) -> [Change; 2] {
    let project = ProjectDef { oid, name: name.to_owned(), owner };
    let dataset = DatasetDef { oid: public, project: oid, name: "public".to_owned(), owner };
    [Change::Project(oid, Some(Arc::new(project))), Change::Dataset(public, Some(Arc::new(dataset)))]
}

fn role(oid: Oid, name: &str) -> Change {
    let def = RoleDef {
        oid,
        name: name.to_owned(),
        superuser: true,
        login: true,
        create_role: true,
        create_project: true,
        inherit: true,
        password: None,
        connection_limit: -1,
        member_of: Vec::new(),
    };
    Change::Role(oid, Some(Arc::new(def)))
}
