//! DROP of relations and schemas, with what depends on them.

use super::{Ddl, done, kind_name};
use crate::catalog::Change;
use crate::error::{Result, SqlError};
use crate::parse::ast::{Drop, ObjectKind, ObjectName, ObjectRef};
use crate::schema::{ConstraintKind, DatasetDef, Oid, RelationDef, RelationKind, TableDef};
use crate::session::portal::Outcome;
use std::collections::BTreeSet;
use std::sync::Arc;
use strata_store::KeyspaceId;
use strata_types::sqlstate;

/// Something that goes, or is changed, together with a dropped relation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dependent {
    /// A view over it.
    Relation(Oid),
    /// A foreign key that refers to it: table and constraint.
    Reference(Oid, String),
    /// A default that reads the sequence: table and column.
    Default(Oid, usize),
}

/// The tag of a DROP.
pub(super) fn tag(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Table => "DROP TABLE",
        ObjectKind::View => "DROP VIEW",
        ObjectKind::MaterializedView => "DROP MATERIALIZED VIEW",
        ObjectKind::Sequence => "DROP SEQUENCE",
        ObjectKind::Index => "DROP INDEX",
        ObjectKind::Schema => "DROP SCHEMA",
        ObjectKind::Type => "DROP TYPE",
        ObjectKind::Domain => "DROP DOMAIN",
        ObjectKind::Function => "DROP FUNCTION",
        ObjectKind::Procedure => "DROP PROCEDURE",
        ObjectKind::Routine => "DROP ROUTINE",
        ObjectKind::Aggregate => "DROP AGGREGATE",
        ObjectKind::Trigger => "DROP TRIGGER",
        ObjectKind::Policy => "DROP POLICY",
        ObjectKind::Rule => "DROP RULE",
        ObjectKind::Extension => "DROP EXTENSION",
        ObjectKind::Collation => "DROP COLLATION",
        ObjectKind::Operator => "DROP OPERATOR",
        ObjectKind::Language => "DROP LANGUAGE",
        ObjectKind::Cast => "DROP CAST",
        ObjectKind::ForeignTable => "DROP FOREIGN TABLE",
        ObjectKind::Publication => "DROP PUBLICATION",
        ObjectKind::Statistics => "DROP STATISTICS",
        ObjectKind::EventTrigger => "DROP EVENT TRIGGER",
        ObjectKind::Tablespace => "DROP TABLESPACE",
        _ => "DROP",
    }
}

/// What messages call a kind of object.
fn noun(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::MaterializedView => "materialized view",
        ObjectKind::EventTrigger => "event trigger",
        ObjectKind::ForeignTable => "foreign table",
        _ => match tag(kind).strip_prefix("DROP ") {
            Some("TABLE") => "table",
            Some("VIEW") => "view",
            Some("SEQUENCE") => "sequence",
            Some("INDEX") => "index",
            Some("SCHEMA") => "schema",
            Some("TYPE" | "DOMAIN") => "type",
            Some("EXTENSION") => "extension",
            Some("COLLATION") => "collation",
            Some("LANGUAGE") => "language",
            Some("PUBLICATION") => "publication",
            Some("TABLESPACE") => "tablespace",
            Some("STATISTICS") => "statistics object",
            _ => "object",
        },
    }
}

impl Ddl<'_> {
    /// `DROP`.
    ///
    /// # Errors
    /// 42P01 and its kind for what is not there, 42809 for another kind of object, 2BP01 if something
    /// depends on it.
    pub(super) fn drop(&mut self, drop: &Drop) -> Result<Outcome> {
        match drop.kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Sequence
            | ObjectKind::Index => self.drop_relations(drop),
            ObjectKind::Schema => self.drop_schemas(drop),
            _ => self.drop_unknown(drop),
        }
    }

    /// Kinds of which strata has none: nothing of the name can be there.
    fn drop_unknown(&self, drop: &Drop) -> Result<Outcome> {
        for object in &drop.objects {
            let name = match object {
                ObjectRef::Name(name) => name.to_string(),
                ObjectRef::Type(ty) => ty.name.to_string(),
                ObjectRef::Function(function) => format!("{}()", function.name),
                ObjectRef::OnTable { name, table } => format!("{} on {table}", name.name),
                _ => String::new(),
            };
            let message = match drop.kind {
                ObjectKind::Function
                | ObjectKind::Procedure
                | ObjectKind::Routine
                | ObjectKind::Aggregate => {
                    let what = tag(drop.kind).trim_start_matches("DROP ").to_ascii_lowercase();
                    format!("{what} {name} does not exist")
                }
                _ => format!("{} \"{name}\" does not exist", noun(drop.kind)),
            };
            if !drop.if_exists {
                return Err(SqlError::new(sqlstate::UNDEFINED_OBJECT, message));
            }
            self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
        }
        Ok(done(tag(drop.kind)))
    }

    fn drop_relations(&mut self, drop: &Drop) -> Result<Outcome> {
        let mut targets = Vec::new();
        for object in &drop.objects {
            let ObjectRef::Name(name) = object else { continue };
            if let Some(relation) = self.find_of_kind(name, drop)? {
                targets.push(relation);
            }
        }
        let doomed: BTreeSet<Oid> = targets.iter().map(|relation| relation.oid).collect();
        let dependents = self.dependents(&doomed);
        let mut locked: Vec<Oid> = targets.iter().map(|relation| self.locked_for(relation)).collect();
        locked.extend(dependents.iter().map(|(dependent, _)| match dependent {
            Dependent::Relation(oid) | Dependent::Reference(oid, _) | Dependent::Default(oid, _) => *oid,
        }));
        locked.extend(targets.iter().flat_map(|relation| referred_by(relation)));
        if self.must_wait_for(&locked)? {
            return Ok(Outcome::Wait);
        }
        self.drop_dependents(&targets, dependents, drop.cascade)?;
        for relation in &targets {
            self.erase_with_parts(relation)?;
        }
        Ok(done(tag(drop.kind)))
    }

    /// An index is locked through its table.
    fn locked_for(&self, relation: &RelationDef) -> Oid {
        match relation.kind {
            RelationKind::Index { table } => table,
            _ => relation.oid,
        }
    }

    /// The relation of this name; `None`, with a notice, if IF EXISTS allows for it.
    fn find_of_kind(&self, name: &ObjectName, drop: &Drop) -> Result<Option<Arc<RelationDef>>> {
        let noun = noun(drop.kind);
        let found = match self.find(name) {
            Err(error) if drop.if_exists && error.sqlstate() == sqlstate::INVALID_SCHEMA_NAME => None,
            other => other?,
        };
        let Some(relation) = found else {
            if let [dataset, _] = name.0.as_slice()
                && self.catalog().dataset_named(self.session.variables.project, &dataset.name).is_none()
            {
                return self.missing(
                    drop.if_exists,
                    sqlstate::INVALID_SCHEMA_NAME,
                    format!("schema \"{}\" does not exist", dataset.name),
                );
            }
            let code = if drop.kind == ObjectKind::Index {
                sqlstate::UNDEFINED_OBJECT
            } else {
                sqlstate::UNDEFINED_TABLE
            };
            return self.missing(drop.if_exists, code, format!("{noun} \"{}\" does not exist", name.base()));
        };
        if kind_name(&relation) != noun {
            let right = kind_name(&relation);
            return Err(super::wrong_kind(&relation, noun).hint(format!(
                "Use DROP {} to remove {} {right}.",
                right.to_uppercase(),
                article(right)
            )));
        }
        self.require_owner(&relation)?;
        self.refuse_kept_by_constraint(&relation)?;
        Ok(Some(relation))
    }

    fn missing<T>(&self, if_exists: bool, sqlstate: &str, message: String) -> Result<Option<T>> {
        if !if_exists {
            return Err(SqlError::new(sqlstate, message));
        }
        self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
        Ok(None)
    }

    /// The index of a constraint goes with the constraint, not before it.
    fn refuse_kept_by_constraint(&self, index: &RelationDef) -> Result<()> {
        let catalog = self.catalog();
        let Some((table, _)) = catalog.table_of_index(index.oid) else { return Ok(()) };
        let constraints = &super::table_of(table).constraints;
        let Some(constraint) =
            constraints.iter().find(|constraint| constraint.kind.index() == Some(index.oid))
        else {
            return Ok(());
        };
        Err(SqlError::new(
            sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
            format!(
                "cannot drop index {} because constraint {} on table {} requires it",
                index.name, constraint.name, table.name
            ),
        )
        .hint(format!("You can drop constraint {} on table {} instead.", constraint.name, table.name)))
    }

    /// What depends on relations that go, directly or through others, and the relation that it depends on.
    fn dependents(&self, doomed: &BTreeSet<Oid>) -> Vec<(Dependent, Oid)> {
        let catalog = self.catalog();
        let mut gone = doomed.clone();
        let mut found: Vec<(Dependent, Oid)> = Vec::new();
        let mut grew = true;
        while grew {
            grew = false;
            for relation in catalog.relations() {
                for (dependent, on) in self.dependents_in(relation, &gone) {
                    if !found.iter().any(|(known, _)| *known == dependent) {
                        if let Dependent::Relation(oid) = dependent {
                            gone.insert(oid);
                        }
                        found.push((dependent, on));
                        grew = true;
                    }
                }
            }
        }
        found
    }

    /// In what way a relation depends on others that go, unless it goes itself.
    fn dependents_in(&self, relation: &RelationDef, gone: &BTreeSet<Oid>) -> Vec<(Dependent, Oid)> {
        if gone.contains(&relation.oid) {
            return Vec::new();
        }
        match &relation.kind {
            RelationKind::View(_) | RelationKind::Table(TableDef { materialized: Some(_), .. }) => {
                let read = relation.stored_query().map_or(&[][..], |(_, depends_on)| depends_on);
                let on = read.iter().find(|oid| gone.contains(oid));
                on.map(|on| (Dependent::Relation(relation.oid), *on)).into_iter().collect()
            }
            RelationKind::Table(table) => {
                let references = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
                    ConstraintKind::ForeignKey(key) if gone.contains(&key.table) => {
                        Some((Dependent::Reference(relation.oid, constraint.name.clone()), key.table))
                    }
                    _ => None,
                });
                let defaults = table.columns.iter().enumerate().filter_map(|(at, column)| {
                    let on = self.sequence_in_default(column.default.as_deref()?)?;
                    gone.contains(&on).then_some((Dependent::Default(relation.oid, at), on))
                });
                references.chain(defaults).collect()
            }
            RelationKind::Sequence(_) | RelationKind::Index { .. } => Vec::new(),
        }
    }

    /// The sequence that `nextval('dataset.sequence'::regclass)` reads.
    pub(super) fn sequence_in_default(&self, text: &str) -> Option<Oid> {
        let name = text.strip_prefix("nextval('")?.strip_suffix("'::regclass)")?;
        let parts =
            crate::session::environment::split_identifiers(&name.replace("''", "'").replace('.', ","));
        let env = self.env();
        match env.names().find_relation(&parts, 0).ok()?? {
            crate::catalog::Relation::Stored(relation) => Some(relation.oid),
            crate::catalog::Relation::System(_) => None,
        }
    }

    /// Drops what depends on the targets.
    ///
    /// # Errors
    /// 2BP01 without CASCADE.
    fn drop_dependents(
        &mut self,
        targets: &[Arc<RelationDef>],
        dependents: Vec<(Dependent, Oid)>,
        cascade: bool,
    ) -> Result<()> {
        if dependents.is_empty() {
            return Ok(());
        }
        if !cascade {
            return Err(self.still_needed(targets, &dependents));
        }
        self.tell_cascade(dependents.iter().map(|(dependent, _)| self.describe(dependent)).collect());
        for (dependent, _) in dependents {
            self.remove(&dependent)?;
        }
        Ok(())
    }

    fn remove(&mut self, dependent: &Dependent) -> Result<()> {
        let catalog = self.catalog();
        match dependent {
            Dependent::Relation(oid) => match catalog.relation(*oid) {
                Some(relation) => self.erase_with_parts(relation),
                None => Ok(()),
            },
            Dependent::Reference(oid, name) => {
                let Some(relation) = catalog.relation(*oid) else { return Ok(()) };
                let mut changed = (**relation).clone();
                super::table_of_mut(&mut changed).constraints.retain(|constraint| constraint.name != *name);
                self.put(changed)
            }
            Dependent::Default(oid, column) => {
                let Some(relation) = catalog.relation(*oid) else { return Ok(()) };
                let mut changed = (**relation).clone();
                if let Some(column) = super::table_of_mut(&mut changed).columns.get_mut(*column) {
                    column.default = None;
                }
                self.put(changed)
            }
        }
    }

    fn still_needed(&self, targets: &[Arc<RelationDef>], dependents: &[(Dependent, Oid)]) -> SqlError {
        let catalog = self.catalog();
        let lines: Vec<String> = dependents
            .iter()
            .map(|(dependent, on)| {
                let on = catalog
                    .relation(*on)
                    .map(|on| format!("{} {}", kind_name(on), on.name))
                    .unwrap_or_default();
                format!("{} depends on {on}", self.describe(dependent))
            })
            .collect();
        let message = match targets {
            [only] => {
                format!("cannot drop {} {} because other objects depend on it", kind_name(only), only.name)
            }
            _ => "cannot drop desired object(s) because other objects depend on them".to_owned(),
        };
        SqlError::new(sqlstate::DEPENDENT_OBJECTS_STILL_EXIST, message)
            .detail(lines.join("\n"))
            .hint("Use DROP ... CASCADE to drop the dependent objects too.")
    }

    fn describe(&self, dependent: &Dependent) -> String {
        let catalog = self.catalog();
        let name =
            |oid: &Oid| catalog.relation(*oid).map(|relation| relation.name.clone()).unwrap_or_default();
        match dependent {
            Dependent::Relation(oid) => match catalog.relation(*oid) {
                Some(relation) => format!("{} {}", kind_name(relation), relation.name),
                None => String::new(),
            },
            Dependent::Reference(oid, constraint) => {
                format!("constraint {constraint} on table {}", name(oid))
            }
            Dependent::Default(oid, column) => {
                let column = catalog
                    .relation(*oid)
                    .and_then(|relation| super::table_of(relation).columns.get(*column))
                    .map(|column| column.name.clone())
                    .unwrap_or_default();
                format!("default value for column {column} of table {}", name(oid))
            }
        }
    }

    fn tell_cascade(&self, what: Vec<String>) {
        let notice = match what.as_slice() {
            [] => return,
            [only] => SqlError::new(sqlstate::SUCCESSFUL_COMPLETION, format!("drop cascades to {only}")),
            several => {
                let lines: Vec<String> =
                    several.iter().map(|one| format!("drop cascades to {one}")).collect();
                SqlError::new(
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("drop cascades to {} other objects", several.len()),
                )
                .detail(lines.join("\n"))
            }
        };
        self.session.variables.notice("NOTICE", notice);
    }

    /// Drops a relation, and the sequences that a table owns.
    pub(super) fn erase_with_parts(&mut self, relation: &RelationDef) -> Result<()> {
        let catalog = self.catalog();
        if matches!(relation.kind, RelationKind::Table(_)) {
            let owned = catalog.relations().filter(|candidate| match &candidate.kind {
                RelationKind::Sequence(sequence) => {
                    sequence.owned_by.is_some_and(|(table, _)| table == relation.oid)
                }
                _ => false,
            });
            for sequence in owned.cloned().collect::<Vec<_>>() {
                self.erase(&sequence)?;
            }
        }
        self.erase(relation)
    }

    /// Drops a relation with its keyspaces, nothing else.
    ///
    /// # Errors
    /// Of the store.
    pub(super) fn erase(&mut self, relation: &RelationDef) -> Result<()> {
        let catalog = self.catalog();
        if catalog.relation(relation.oid).is_none() {
            return Ok(());
        }
        let txn = self.session.transaction.txn(self.shared);
        match &relation.kind {
            RelationKind::Table(table) => {
                txn.drop_keyspace(KeyspaceId(table.keyspace));
                for index in table.indexes.iter().filter(|index| !index.is_clustered()) {
                    txn.drop_keyspace(KeyspaceId(index.keyspace));
                }
                for index in &table.indexes {
                    self.change(Change::Relation(index.oid, None))?;
                }
            }
            RelationKind::Sequence(sequence) => txn.drop_keyspace(KeyspaceId(sequence.keyspace)),
            RelationKind::Index { .. } => self.detach_index(relation.oid)?,
            RelationKind::View(_) => {}
        }
        self.change(Change::Relation(relation.oid, None))
    }

    /// Takes an index out of its table.
    fn detach_index(&mut self, index: Oid) -> Result<()> {
        let catalog = self.catalog();
        let Some((table, position)) = catalog.table_of_index(index) else { return Ok(()) };
        let mut changed = (**table).clone();
        let removed = super::table_of_mut(&mut changed).indexes.remove(position);
        self.session.transaction.txn(self.shared).drop_keyspace(KeyspaceId(removed.keyspace));
        self.put(changed)
    }

    fn drop_schemas(&mut self, drop: &Drop) -> Result<Outcome> {
        let mut targets: Vec<Arc<DatasetDef>> = Vec::new();
        for object in &drop.objects {
            let ObjectRef::Name(name) = object else { continue };
            match self.dataset(name) {
                Ok(dataset) => {
                    self.require_ownership(dataset.owner, "schema", &dataset.name)?;
                    targets.push(dataset);
                }
                Err(error) if drop.if_exists && error.sqlstate() == sqlstate::INVALID_SCHEMA_NAME => {
                    self.notice(
                        sqlstate::SUCCESSFUL_COMPLETION,
                        format!("schema \"{}\" does not exist, skipping", name.base()),
                    );
                }
                Err(error) => return Err(error),
            }
        }
        let catalog = self.catalog();
        let inside: Vec<Arc<RelationDef>> = targets
            .iter()
            .flat_map(|dataset| catalog.relations_in(dataset.oid))
            .filter(|relation| !matches!(relation.kind, RelationKind::Index { .. }))
            .cloned()
            .collect();
        let doomed: BTreeSet<Oid> = inside.iter().map(|relation| relation.oid).collect();
        if !drop.cascade && !inside.is_empty() {
            return Err(self.schema_not_empty(&targets, &inside));
        }
        let dependents = self.dependents(&doomed);
        let locks: Vec<Oid> = doomed.iter().copied().collect();
        if self.must_wait_for(&locks)? {
            return Ok(Outcome::Wait);
        }
        let mut told: Vec<String> = inside
            .iter()
            .filter(|relation| !is_owned(relation))
            .map(|relation| format!("{} {}", kind_name(relation), self.shown(relation)))
            .collect();
        told.extend(dependents.iter().map(|(dependent, _)| self.describe(dependent)));
        self.tell_cascade(told);
        for (dependent, _) in dependents {
            self.remove(&dependent)?;
        }
        for relation in &inside {
            self.erase_with_parts(relation)?;
        }
        for dataset in &targets {
            self.change(Change::Dataset(dataset.oid, None))?;
        }
        Ok(done("DROP SCHEMA"))
    }

    fn schema_not_empty(&self, targets: &[Arc<DatasetDef>], inside: &[Arc<RelationDef>]) -> SqlError {
        let lines: Vec<String> = inside
            .iter()
            .filter(|relation| !is_owned(relation))
            .map(|relation| {
                let dataset = self.dataset_name(relation.dataset);
                format!("{} {} depends on schema {dataset}", kind_name(relation), self.shown(relation))
            })
            .collect();
        let message = match targets {
            [only] => format!("cannot drop schema {} because other objects depend on it", only.name),
            _ => "cannot drop desired object(s) because other objects depend on them".to_owned(),
        };
        SqlError::new(sqlstate::DEPENDENT_OBJECTS_STILL_EXIST, message)
            .detail(lines.join("\n"))
            .hint("Use DROP ... CASCADE to drop the dependent objects too.")
    }

    /// A relation's name, with its dataset unless the search path finds it.
    fn shown(&self, relation: &RelationDef) -> String {
        if self.env().names().is_visible(relation.oid) {
            relation.name.clone()
        } else {
            format!("{}.{}", self.dataset_name(relation.dataset), relation.name)
        }
    }
}

/// A sequence that goes with its table.
fn is_owned(relation: &RelationDef) -> bool {
    matches!(&relation.kind, RelationKind::Sequence(sequence) if sequence.owned_by.is_some())
}

fn article(noun: &str) -> &'static str {
    if noun == "index" { "an" } else { "a" }
}

/// The tables that the rows of a relation refer to.
fn referred_by(relation: &RelationDef) -> Vec<Oid> {
    let RelationKind::Table(table) = &relation.kind else { return Vec::new() };
    let constraints = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(key.table),
        _ => None,
    });
    constraints.collect()
}
