//! Statements that change the catalog.
//!
//! Each takes its locks first, so that it can be run again from the start after a wait, then makes its
//! changes in the session's transaction: they become everybody's at its commit.
//!
//! | file | |
//! |---|---|
//! | `naming` | names that the system chooses |
//! | `schema`, `database`, `role`, `grant` | what is around relations |
//! | `table`, `column`, `constraint`, `like`, `create_as` | CREATE TABLE |
//! | `alter_table`, `alter_column` | ALTER TABLE |
//! | `backfill`, `rewrite` | passes over the rows that there are |
//! | `index`, `view`, `sequence` | the other relations |
//! | `drop`, `truncate`, `rename`, `owner`, `comment` | any object |
//! | `temporary` | the dataset of a session's temporary tables |

mod alter_column;
mod alter_table;
mod backfill;
mod column;
mod comment;
mod constraint;
mod create_as;
mod database;
mod drop;
mod expression;
mod grant;
mod index;
mod like;
mod naming;
mod owner;
mod rename;
mod rewrite;
mod role;
mod schema;
mod sequence;
mod table;
mod temporary;
mod truncate;
mod view;

pub(super) use backfill::Backfill;
pub(super) use temporary::{discard as discard_temporary, drop_temporary};

use super::environment::StepEnvironment;
use super::portal::Outcome;
use super::session::Session;
use super::shared::Shared;
use super::statement::Statement;
use crate::catalog::{Catalog, Change, Relation};
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ObjectName, RoleRef, Statement as Tree};
use crate::schema::{DatasetDef, Oid, RelationDef, RelationKind, TableDef};
use backfill::Pass;
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use strata_store::{Lock, ObjectMode};
use strata_types::sqlstate;

/// Class of object locks on relations.
pub(super) const RELATION_CLASS: u64 = 1;
/// Class of object locks on names that are being given.
const NAME_CLASS: u64 = 2;

/// The bit that tells keyspaces of small values from those of tables.
const INDEX_KEYSPACE: u32 = 1 << 31;

/// Runs a statement that changes the catalog.
///
/// # Errors
/// The statement's; 0A000 for kinds of objects that strata does not have.
pub(super) fn run(
    session: &mut Session,
    shared: &Shared,
    statement: &Statement,
    tree: &ast::Statement,
) -> Result<Outcome> {
    session.refuse_if_read_only(command_name(tree))?;
    let mut ddl = Ddl::new(session, shared);
    let outcome = match tree {
        Tree::CreateSchema(create) => ddl.create_schema(create),
        Tree::CreateTable(create) => ddl.create_table(create),
        Tree::CreateTableAs(create) => ddl.create_table_as(statement, create),
        Tree::Refresh(refresh) => ddl.refresh(refresh),
        Tree::CreateIndex(create) => ddl.create_index(create),
        Tree::CreateView(create) => ddl.create_view(create),
        Tree::CreateSequence(create) => ddl.create_sequence(create),
        Tree::AlterSequence(alter) => ddl.alter_sequence(alter),
        Tree::AlterTable(alter) => ddl.alter_table(alter),
        Tree::Drop(drop) => ddl.drop(drop),
        Tree::Truncate(truncate) => ddl.truncate(truncate),
        Tree::Rename(rename) => ddl.rename(rename),
        Tree::AlterOwner(alter) => ddl.alter_owner(alter),
        Tree::AlterObjectSchema(alter) => ddl.alter_schema_of(alter),
        Tree::Owned(owned) => ddl.owned(owned),
        Tree::Comment(comment) => ddl.comment(comment),
        Tree::CreateRole(create) => ddl.create_role(create),
        Tree::AlterRole(alter) => ddl.alter_role(alter),
        Tree::DropRole(drop) => ddl.drop_role(drop),
        Tree::GrantRole(grant) => ddl.grant_role(grant),
        Tree::Grant(grant) => ddl.grant(grant),
        Tree::AlterDefaultPrivileges(_) => Ok(done("ALTER DEFAULT PRIVILEGES")),
        Tree::CreateDatabase(create) => ddl.create_database(create),
        Tree::AlterDatabase(alter) => ddl.alter_database(alter),
        Tree::DropDatabase(drop) => ddl.drop_database(drop),
        Tree::CreateExtension(create) => ddl.create_extension(create),
        _ => Err(SqlError::unsupported(command_name(tree))),
    }?;
    Ok(match outcome {
        Outcome::Tag(tag) if !ddl.passes.is_empty() => {
            Outcome::Backfill(Box::new(Backfill::new(ddl.passes, tag)))
        }
        outcome => outcome,
    })
}

fn done(tag: &str) -> Outcome {
    Outcome::Tag(tag.to_owned())
}

/// The words of a statement that this module runs or refuses.
fn command_name(tree: &ast::Statement) -> &'static str {
    match tree {
        Tree::CreateSchema(_) => "CREATE SCHEMA",
        Tree::CreateTable(_) => "CREATE TABLE",
        Tree::CreateTableAs(create) if create.materialized_view => "CREATE MATERIALIZED VIEW",
        Tree::CreateTableAs(create) if create.select_into => "SELECT INTO",
        Tree::CreateTableAs(_) => "CREATE TABLE AS",
        Tree::CreateIndex(_) => "CREATE INDEX",
        Tree::CreateView(_) => "CREATE VIEW",
        Tree::CreateSequence(_) => "CREATE SEQUENCE",
        Tree::AlterSequence(_) => "ALTER SEQUENCE",
        Tree::AlterTable(_) => "ALTER TABLE",
        Tree::CreateType(_) => "CREATE TYPE",
        Tree::AlterEnum(_) => "ALTER TYPE",
        Tree::CreateDomain(_) => "CREATE DOMAIN",
        Tree::AlterDomain(_) => "ALTER DOMAIN",
        Tree::CreateFunction(_) => "CREATE FUNCTION",
        Tree::AlterFunction(_) => "ALTER FUNCTION",
        Tree::CreateTrigger(_) => "CREATE TRIGGER",
        Tree::CreatePolicy(_) => "CREATE POLICY",
        Tree::CreateRole(_) => "CREATE ROLE",
        Tree::AlterRole(_) => "ALTER ROLE",
        Tree::DropRole(_) => "DROP ROLE",
        Tree::CreateDatabase(_) => "CREATE DATABASE",
        Tree::AlterDatabase(_) => "ALTER DATABASE",
        Tree::DropDatabase(_) => "DROP DATABASE",
        Tree::CreateExtension(_) => "CREATE EXTENSION",
        Tree::CreateCollation(_) => "CREATE COLLATION",
        Tree::Drop(drop) => drop::tag(drop.kind),
        Tree::Owned(_) => "DROP OWNED",
        Tree::Truncate(_) => "TRUNCATE TABLE",
        Tree::Comment(_) => "COMMENT",
        Tree::Grant(grant) if grant.revoke => "REVOKE",
        Tree::Grant(_) => "GRANT",
        Tree::GrantRole(_) => "GRANT ROLE",
        Tree::Refresh(_) => "REFRESH MATERIALIZED VIEW",
        _ => "this statement",
    }
}

/// A session in the course of changing the catalog.
pub(super) struct Ddl<'a> {
    session: &'a mut Session,
    shared: &'a Shared,
    /// What is to be done to rows once the catalog is changed.
    passes: VecDeque<Pass>,
}

impl<'a> Ddl<'a> {
    /// For one statement.
    pub(super) fn new(session: &'a mut Session, shared: &'a Shared) -> Ddl<'a> {
        Ddl { session, shared, passes: VecDeque::new() }
    }

    /// Locks a relation.
    ///
    /// # Errors
    /// 40P01 for a deadlock.
    pub(super) fn lock(&mut self, oid: Oid, mode: ObjectMode) -> Result<Lock> {
        self.lock_object(RELATION_CLASS, u64::from(oid.0), mode)
    }

    fn lock_object(&mut self, class: u64, id: u64, mode: ObjectMode) -> Result<Lock> {
        self.session.check_interrupts(self.shared)?;
        let lock = self.session.transaction.txn(self.shared).lock_object(class, id, mode)?;
        match lock {
            Lock::Wait => self.session.start_lock_wait(self.shared),
            Lock::Granted => self.session.lock_deadline = None,
        }
        Ok(lock)
    }

    /// Locks relations against every other use. Whether a lock must be waited for.
    ///
    /// # Errors
    /// 40P01 for a deadlock.
    fn must_wait_for(&mut self, oids: &[Oid]) -> Result<bool> {
        self.must_wait(oids, ObjectMode::AccessExclusive)
    }

    /// Locks relations in a mode that excludes every other change of what they are. Whether a lock must be waited for.
    ///
    /// # Errors
    /// 40P01 for a deadlock.
    fn must_wait(&mut self, oids: &[Oid], mode: ObjectMode) -> Result<bool> {
        for oid in oids {
            // Two that hold SHARE must not both write the relation's definition.
            if self.lock(*oid, mode)? == Lock::Wait
                || mode == ObjectMode::Share && self.must_wait_for_name(*oid, "definition")?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps others from giving the same name in the same place before this transaction ends. Whether that
    /// must be waited for.
    fn must_wait_for_name(&mut self, place: Oid, name: &str) -> Result<bool> {
        let mut hasher = xxhash_rust::xxh3::Xxh3::with_seed(u64::from(place.0));
        name.hash(&mut hasher);
        Ok(self.lock_object(NAME_CLASS, hasher.finish(), ObjectMode::AccessExclusive)? == Lock::Wait)
    }

    /// The session as functions see it.
    fn env(&self) -> StepEnvironment<'_> {
        self.session.environment(self.shared)
    }

    /// The catalog as the transaction sees it.
    fn catalog(&self) -> Arc<Catalog> {
        self.session.transaction.catalog(self.shared)
    }

    /// A fresh OID.
    fn fresh_oid(&self) -> Result<Oid> {
        Ok(Oid(self.shared.oids.allocate(&self.shared.store)?))
    }

    fn change(&mut self, change: Change) -> Result<()> {
        self.session.transaction.change(self.shared, change)
    }

    /// Records a relation's new definition.
    fn put(&mut self, relation: RelationDef) -> Result<()> {
        self.change(Change::Relation(relation.oid, Some(Arc::new(relation))))
    }

    fn notice(&self, sqlstate: &str, message: impl Into<String>) {
        self.session.variables.notice("NOTICE", SqlError::new(sqlstate, message));
    }

    /// OID of the role that the session acts as.
    fn current_role(&self) -> Oid {
        let name = self.session.variables.current_user();
        self.catalog().role_named(&name).map_or(Oid(0), |role| role.oid)
    }

    fn is_superuser(&self) -> bool {
        let name = self.session.variables.current_user();
        self.catalog().role_named(&name).is_some_and(|role| role.superuser)
    }

    /// A role as a statement names it.
    ///
    /// # Errors
    /// 42704 if there is none.
    fn role(&self, role: &RoleRef) -> Result<Oid> {
        let name = match role {
            RoleRef::Named(name) => name.name.to_string(),
            RoleRef::CurrentUser(_) => self.session.variables.current_user(),
            RoleRef::SessionUser(_) => self.session.variables.session_user.clone(),
            RoleRef::Public(pos) => {
                return Err(
                    SqlError::new(sqlstate::UNDEFINED_OBJECT, "role \"public\" does not exist").at(pos.0)
                );
            }
        };
        self.catalog().role_named(&name).map(|role| role.oid).ok_or_else(|| {
            SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("role \"{name}\" does not exist"))
        })
    }

    /// The dataset in which an object is created, and its name.
    ///
    /// # Errors
    /// 3F000, 3D000; 42P16 for a temporary object with a dataset.
    fn place(&mut self, name: &ObjectName, temporary: bool) -> Result<(Arc<DatasetDef>, String)> {
        let in_temporary = matches!(name.qualifier(), [only] if &*only.name == "pg_temp");
        if temporary || in_temporary {
            if !name.qualifier().is_empty() && !in_temporary {
                return Err(SqlError::new(
                    sqlstate::INVALID_TABLE_DEFINITION,
                    "cannot create temporary relation in non-temporary schema",
                )
                .at(name.pos().0));
            }
            return Ok((self.temporary_dataset()?, name.base().to_owned()));
        }
        let parts = parts(name);
        let env = self.env();
        let (dataset, base) = env.names().creation_place(&parts, name.pos().0)?;
        Ok((dataset, base.to_owned()))
    }

    /// A stored relation by name.
    ///
    /// # Errors
    /// 42P01 if there is none, 42501 if it is the system's.
    fn relation(&self, name: &ObjectName) -> Result<Arc<RelationDef>> {
        let parts = parts(name);
        self.stored(self.env().names().relation(&parts, name.pos().0)?)
    }

    /// A stored relation by name, if there is one.
    ///
    /// # Errors
    /// 42501 if it is the system's.
    fn find(&self, name: &ObjectName) -> Result<Option<Arc<RelationDef>>> {
        let parts = parts(name);
        match self.env().names().find_relation(&parts, name.pos().0)? {
            Some(relation) => self.stored(relation).map(Some),
            None => Ok(None),
        }
    }

    fn stored(&self, relation: Relation) -> Result<Arc<RelationDef>> {
        match relation {
            Relation::Stored(relation) => Ok(relation),
            Relation::System(system) => Err(SqlError::new(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied: \"{}\" is a system catalog", system.name),
            )),
        }
    }

    /// A table by name.
    ///
    /// # Errors
    /// 42P01 if there is none, 42809 if it is no table, 42501 if another role owns it.
    fn table(&self, name: &ObjectName) -> Result<Arc<RelationDef>> {
        let relation = self.relation(name)?;
        if !matches!(relation.kind, RelationKind::Table(_)) {
            return Err(wrong_kind(&relation, "table"));
        }
        self.require_owner(&relation)?;
        Ok(relation)
    }

    /// # Errors
    /// 42501 unless the session's role owns the relation, belongs to its owner or is a superuser.
    fn require_owner(&self, relation: &RelationDef) -> Result<()> {
        self.require_ownership(relation.owner, kind_name(relation), &relation.name)
    }

    fn require_ownership(&self, owner: Oid, kind: &str, name: &str) -> Result<()> {
        let role = self.current_role();
        let belongs = self.catalog().role(role).is_some_and(|role| role.member_of.contains(&owner));
        if role == owner || belongs || self.is_superuser() {
            return Ok(());
        }
        Err(SqlError::new(sqlstate::INSUFFICIENT_PRIVILEGE, format!("must be owner of {kind} {name}")))
    }

    /// The dataset's name, for messages and stored texts.
    fn dataset_name(&self, oid: Oid) -> String {
        self.catalog().dataset(oid).map(|dataset| dataset.name.clone()).unwrap_or_default()
    }

    /// Whether a relation of this name is there.
    fn is_name_taken(&self, dataset: Oid, name: &str) -> bool {
        self.catalog().relation_named(dataset, name).is_some()
    }
}

/// The parts of a name.
pub(super) fn parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().map(|part| part.name.to_string()).collect()
}

/// What a relation is, as messages call it.
fn kind_name(relation: &RelationDef) -> &'static str {
    match &relation.kind {
        RelationKind::Table(TableDef { materialized: Some(_), .. }) => "materialized view",
        RelationKind::Table(_) => "table",
        RelationKind::View(_) => "view",
        RelationKind::Sequence(_) => "sequence",
        RelationKind::Index { .. } => "index",
    }
}

fn wrong_kind(relation: &RelationDef, wanted: &str) -> SqlError {
    let article = if wanted == "index" { "an" } else { "a" };
    SqlError::new(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not {article} {wanted}", relation.name))
}

/// The table in a relation that is known to be one.
fn table_of(relation: &RelationDef) -> &TableDef {
    match &relation.kind {
        RelationKind::Table(table) => table,
        _ => unreachable!("the relation was looked up as a table"),
    }
}

/// As [`table_of`], to be changed.
fn table_of_mut(relation: &mut RelationDef) -> &mut TableDef {
    match &mut relation.kind {
        RelationKind::Table(table) => table,
        _ => unreachable!("the relation was looked up as a table"),
    }
}

/// The column of a table by name, dropped ones apart.
fn column_named(table: &TableDef, name: &str) -> Option<usize> {
    table.columns.iter().position(|column| column.name == name && !column.dropped)
}

/// The column of a relation by name.
///
/// # Errors
/// 42703 if there is none.
fn column_of(relation: &RelationDef, name: &ast::Ident) -> Result<usize> {
    column_named(table_of(relation), &name.name).ok_or_else(|| {
        SqlError::new(
            sqlstate::UNDEFINED_COLUMN,
            format!("column \"{}\" of relation \"{}\" does not exist", name.name, relation.name),
        )
    })
}
