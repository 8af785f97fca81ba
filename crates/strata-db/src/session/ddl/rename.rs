//! ALTER … RENAME and ALTER … SET SCHEMA.
//!
//! Stored texts (views, checks, expressions of indexes) name columns and tables. A rename that would leave
//! such a text behind is refused.

use super::column::nextval_text;
use super::{Ddl, done};
use crate::bind;
use crate::catalog::Change;
use crate::error::{Result, SqlError};
use crate::parse::ast::{AlterObjectSchema, Ident, ObjectKind, ObjectName, ObjectRef, Rename, RenamedPart};
use crate::schema::{
    ConstraintKind, DatasetDef, KeySource, Oid, ProjectDef, RelationDef, RelationKind, RoleDef, SequenceDef,
};
use crate::session::portal::Outcome;
use std::sync::Arc;
use strata_types::sqlstate;

impl Ddl<'_> {
    /// `ALTER … RENAME`.
    ///
    /// # Errors
    /// 42P01 and its kind for what is not there, 42P07 and its kind for the new name.
    pub(super) fn rename(&mut self, rename: &Rename) -> Result<Outcome> {
        match (&rename.object, rename.kind) {
            (ObjectRef::Name(name), ObjectKind::Schema) => self.rename_schema(name, &rename.to),
            (ObjectRef::Name(name), ObjectKind::Database) => self.rename_database(name, &rename.to),
            (ObjectRef::Role(role), _) => {
                let oid = self.role(role)?;
                self.rename_role(oid, &rename.to)
            }
            (
                ObjectRef::Name(name),
                ObjectKind::Table | ObjectKind::View | ObjectKind::Index | ObjectKind::Sequence,
            ) => self.rename_in_relation(rename, name),
            _ => Err(SqlError::unsupported("ALTER … RENAME of this kind of object")),
        }
    }

    fn rename_in_relation(&mut self, rename: &Rename, name: &ObjectName) -> Result<Outcome> {
        let tag = match rename.kind {
            ObjectKind::View => "ALTER VIEW",
            ObjectKind::Index => "ALTER INDEX",
            ObjectKind::Sequence => "ALTER SEQUENCE",
            _ => "ALTER TABLE",
        };
        let Some(relation) = self.find_or_skip(name, rename.if_exists)? else { return Ok(done(tag)) };
        self.require_owner(&relation)?;
        let locked = match relation.kind {
            RelationKind::Index { table } => table,
            _ => relation.oid,
        };
        if self.must_wait_for(&[locked])? || self.must_wait_for_name(relation.dataset, &rename.to.name)? {
            return Ok(Outcome::Wait);
        }
        match &rename.part {
            None => self.rename_relation(&relation, &rename.to)?,
            Some(RenamedPart::Column(column) | RenamedPart::Attribute(column)) => {
                self.rename_column(&relation, column, &rename.to)?;
            }
            Some(RenamedPart::Constraint(constraint)) => {
                self.rename_constraint(&relation, constraint, &rename.to)?;
            }
        }
        Ok(done(tag))
    }

    fn rename_relation(&mut self, relation: &Arc<RelationDef>, to: &Ident) -> Result<()> {
        self.skip_existing(relation.dataset, &to.name, false)?;
        self.refuse_if_viewed(relation, "renaming a relation that a view reads")?;
        if matches!(relation.kind, RelationKind::Index { .. }) {
            return self.rename_index(relation, &to.name);
        }
        self.put(RelationDef { name: to.name.to_string(), ..(**relation).clone() })?;
        if let RelationKind::Sequence(sequence) = &relation.kind {
            self.rename_in_default(relation, sequence, relation.dataset, &to.name)?;
        }
        Ok(())
    }

    /// An index has its name in its table too, and gives it to the constraint that it keeps.
    fn rename_index(&mut self, index: &RelationDef, to: &str) -> Result<()> {
        self.put(RelationDef { name: to.to_owned(), ..index.clone() })?;
        let catalog = self.catalog();
        let Some((table, position)) = catalog.table_of_index(index.oid) else { return Ok(()) };
        let mut changed = (**table).clone();
        let def = super::table_of_mut(&mut changed);
        if let Some(place) = def.indexes.get_mut(position) {
            let mut renamed = (**place).clone();
            renamed.name = to.to_owned();
            *place = Arc::new(renamed);
        }
        for constraint in &mut def.constraints {
            if constraint.kind.index() == Some(index.oid) {
                constraint.name = to.to_owned();
            }
        }
        self.put(changed)
    }

    /// The default of the column that owns a sequence names the sequence.
    fn rename_in_default(
        &mut self,
        sequence: &RelationDef,
        def: &SequenceDef,
        dataset: Oid,
        name: &str,
    ) -> Result<()> {
        let catalog = self.catalog();
        let Some((table, column)) = def.owned_by else { return Ok(()) };
        let Some(relation) = catalog.relation(table) else { return Ok(()) };
        let old = nextval_text(&self.dataset_name(sequence.dataset), &sequence.name);
        let new = nextval_text(&self.dataset_name(dataset), name);
        let mut changed = (**relation).clone();
        match super::table_of_mut(&mut changed).columns.get_mut(column) {
            Some(column) if column.default.as_ref() == Some(&old) => column.default = Some(new),
            _ => return Ok(()),
        }
        self.put(changed)
    }

    fn rename_column(&mut self, relation: &Arc<RelationDef>, from: &Ident, to: &Ident) -> Result<()> {
        let mut changed = (**relation).clone();
        let columns = match &mut changed.kind {
            RelationKind::Table(table) => &mut table.columns,
            RelationKind::View(view) => &mut view.columns,
            _ => return Err(super::wrong_kind(relation, "table or view")),
        };
        let Some(at) = columns.iter().position(|column| column.name == *from.name && !column.dropped) else {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_COLUMN,
                format!("column \"{}\" does not exist", from.name),
            ));
        };
        if columns.iter().any(|column| column.name == *to.name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{}\" of relation \"{}\" already exists", to.name, relation.name),
            ));
        }
        if let Some(column) = columns.get_mut(at) {
            column.name = to.name.to_string();
        }
        self.refuse_if_viewed(relation, "renaming a column of a relation that a view reads")?;
        if matches!(changed.kind, RelationKind::Table(_)) {
            self.refuse_stale_texts(&changed)?;
        }
        self.put(changed)
    }

    /// The texts kept with a table must still bind after a change.
    fn refuse_stale_texts(&self, changed: &RelationDef) -> Result<()> {
        let table = super::table_of(changed);
        let env = self.env();
        let checks = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
            ConstraintKind::Check(check) => Some(&check.expression),
            _ => None,
        });
        let generated =
            table.columns.iter().filter_map(|column| Some(&column.generated.as_ref()?.expression));
        let keys = table.indexes.iter().flat_map(|index| &index.keys).filter_map(|key| match &key.source {
            KeySource::Expression(text, _) => Some(text),
            KeySource::Column(_) => None,
        });
        let predicates = table.indexes.iter().filter_map(|index| index.predicate.as_ref());
        for text in checks.chain(generated).chain(keys).chain(predicates) {
            if bind::row_expression_text(&env.names(), &env, changed, text).is_err() {
                return Err(SqlError::unsupported(
                    "renaming a column that a check or an index expression reads",
                ));
            }
        }
        Ok(())
    }

    fn refuse_if_viewed(&self, relation: &RelationDef, what: &str) -> Result<()> {
        let viewed = self.catalog().relations().any(|other| {
            other.stored_query().is_some_and(|(_, depends_on)| depends_on.contains(&relation.oid))
        });
        if viewed { Err(SqlError::unsupported(what)) } else { Ok(()) }
    }

    fn rename_constraint(&mut self, relation: &RelationDef, from: &Ident, to: &Ident) -> Result<()> {
        if !matches!(relation.kind, RelationKind::Table(_)) {
            return Err(super::wrong_kind(relation, "table"));
        }
        super::constraint::refuse_duplicate_name(relation, &to.name)?;
        let mut changed = relation.clone();
        let constraints = &mut super::table_of_mut(&mut changed).constraints;
        let Some(constraint) = constraints.iter_mut().find(|constraint| constraint.name == *from.name) else {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("constraint \"{}\" for table \"{}\" does not exist", from.name, relation.name),
            ));
        };
        match constraint.kind.index().and_then(|index| self.catalog().relation(index).cloned()) {
            Some(index) => {
                self.skip_existing(relation.dataset, &to.name, false)?;
                self.rename_index(&index, &to.name)
            }
            None => {
                constraint.name = to.name.to_string();
                self.put(changed)
            }
        }
    }

    fn rename_schema(&mut self, name: &ObjectName, to: &Ident) -> Result<Outcome> {
        let dataset = self.dataset(name)?;
        self.require_ownership(dataset.owner, "schema", &dataset.name)?;
        if self.must_wait_for_name(dataset.project, &to.name)? {
            return Ok(Outcome::Wait);
        }
        if self.catalog().dataset_named(dataset.project, &to.name).is_some() {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_SCHEMA,
                format!("schema \"{}\" already exists", to.name),
            ));
        }
        let relations: Vec<_> = self.catalog().relations_in(dataset.oid).cloned().collect();
        for relation in &relations {
            self.refuse_if_viewed(relation, "renaming a schema with relations that views read")?;
        }
        // Defaults name sequences with their schema: the texts are made while the old name still stands.
        let old_texts: Vec<_> =
            relations.iter().map(|relation| nextval_text(&dataset.name, &relation.name)).collect();
        let changed = DatasetDef { name: to.name.to_string(), ..(*dataset).clone() };
        self.change(Change::Dataset(dataset.oid, Some(Arc::new(changed))))?;
        for relation in &relations {
            let mut changed = (**relation).clone();
            let RelationKind::Table(table) = &mut changed.kind else { continue };
            for column in &mut table.columns {
                let at =
                    column.default.as_ref().and_then(|text| old_texts.iter().position(|old| old == text));
                if let Some(sequence) = at.and_then(|at| relations.get(at)) {
                    column.default = Some(nextval_text(&to.name, &sequence.name));
                }
            }
            self.put(changed)?;
        }
        Ok(done("ALTER SCHEMA"))
    }

    fn rename_database(&mut self, name: &ObjectName, to: &Ident) -> Result<Outcome> {
        let project = self.project(name.base())?;
        self.require_ownership(project.owner, "database", &project.name)?;
        if project.oid == self.session.variables.project {
            return Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, "current database cannot be renamed"));
        }
        if self.catalog().project_named(&to.name).is_some() {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_DATABASE,
                format!("database \"{}\" already exists", to.name),
            ));
        }
        let changed = ProjectDef { name: to.name.to_string(), ..(*project).clone() };
        self.change(Change::Project(project.oid, Some(Arc::new(changed))))?;
        Ok(done("ALTER DATABASE"))
    }

    fn rename_role(&mut self, oid: Oid, to: &Ident) -> Result<Outcome> {
        self.require_role_rights()?;
        let catalog = self.catalog();
        if catalog.role_named(&to.name).is_some() {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_OBJECT,
                format!("role \"{}\" already exists", to.name),
            ));
        }
        if let Some(role) = catalog.role(oid) {
            if role.name == self.session.variables.session_user {
                return Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, "session user cannot be renamed"));
            }
            let changed = RoleDef { name: to.name.to_string(), ..(**role).clone() };
            self.change(Change::Role(oid, Some(Arc::new(changed))))?;
        }
        Ok(done("ALTER ROLE"))
    }

    /// `ALTER … SET SCHEMA`.
    ///
    /// # Errors
    /// 3F000 for an unknown schema, 42P07 if the name is taken there.
    pub(super) fn alter_schema_of(&mut self, alter: &AlterObjectSchema) -> Result<Outcome> {
        let tag = match alter.kind {
            ObjectKind::Table => "ALTER TABLE",
            ObjectKind::View => "ALTER VIEW",
            ObjectKind::Sequence => "ALTER SEQUENCE",
            _ => return Err(SqlError::unsupported("ALTER … SET SCHEMA of this kind of object")),
        };
        let ObjectRef::Name(name) = &alter.object else { return Ok(done(tag)) };
        let Some(relation) = self.find_or_skip(name, alter.if_exists)? else { return Ok(done(tag)) };
        self.require_owner(&relation)?;
        let dataset = self.dataset_by_ident(&alter.schema)?;
        if self.must_wait_for(&[relation.oid])? || self.must_wait_for_name(dataset.oid, &relation.name)? {
            return Ok(Outcome::Wait);
        }
        if dataset.oid == relation.dataset {
            return Ok(done(tag));
        }
        self.skip_existing(dataset.oid, &relation.name, false)?;
        self.refuse_if_viewed(&relation, "moving a relation that a view reads")?;
        let parts: Vec<Arc<RelationDef>> = self
            .catalog()
            .relations()
            .filter(|part| match &part.kind {
                RelationKind::Index { table } => *table == relation.oid,
                RelationKind::Sequence(sequence) => {
                    sequence.owned_by.is_some_and(|(table, _)| table == relation.oid)
                }
                _ => false,
            })
            .cloned()
            .collect();
        self.put(RelationDef { dataset: dataset.oid, ..(*relation).clone() })?;
        for part in parts {
            self.put(RelationDef { dataset: dataset.oid, ..(*part).clone() })?;
            if let RelationKind::Sequence(sequence) = &part.kind {
                self.rename_in_default(&part, sequence, dataset.oid, &part.name)?;
            }
        }
        if let RelationKind::Sequence(sequence) = &relation.kind {
            self.rename_in_default(&relation, sequence, dataset.oid, &relation.name)?;
        }
        Ok(done(tag))
    }
}
