//! CREATE TABLE.

use super::column::OwnedSequence;
use super::constraint::{CheckSpec, KeySpec, ReferenceSpec};
use super::{Ddl, done};
use crate::error::{Result, SqlError};
use crate::parse::ast::{
    self, ColumnConstraintKind, CreateTable, OnCommit, Persistence, TableConstraint, TableConstraintKind,
    TableElement,
};
use crate::schema::{ColumnDef, Oid, RelationDef, RelationKind, TableDef};
use crate::session::portal::Outcome;
use strata_store::{KeyspaceId, ObjectMode};
use strata_types::sqlstate;

/// Most columns of a table.
const COLUMNS_MAX: usize = 1600;

/// What a table's definition still has to get once its columns are known, in order of writing.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) sequences: Vec<(usize, OwnedSequence)>,
    pub(super) generated: Vec<(usize, ast::Expr)>,
    pub(super) checks: Vec<CheckSpec>,
    pub(super) keys: Vec<KeySpec>,
    pub(super) references: Vec<ReferenceSpec>,
    /// Indexes copied by LIKE, and whether each keeps a constraint.
    pub(super) indexes: Vec<(crate::schema::IndexDef, Option<ast::ConstraintTiming>)>,
}

impl Ddl<'_> {
    /// `CREATE TABLE`.
    ///
    /// # Errors
    /// 42P07 if the name is taken, and whatever is wrong with its elements.
    pub(super) fn create_table(&mut self, create: &CreateTable) -> Result<Outcome> {
        refuse_unsupported(create)?;
        let temporary = create.persistence == Persistence::Temporary;
        let (dataset, name) = self.place(&create.name, temporary)?;
        if self.must_wait_for_name(dataset.oid, &name)? {
            return Ok(Outcome::Wait);
        }
        if self.skip_existing(dataset.oid, &name, create.if_not_exists)? {
            return Ok(done("CREATE TABLE"));
        }
        let referred = self.referred(&create.elements);
        if self.must_wait(&referred, ObjectMode::ShareRowExclusive)? {
            return Ok(Outcome::Wait);
        }
        let mut relation =
            self.new_table(dataset.oid, name, Vec::new(), temporary || dataset.name.starts_with("pg_temp_"))?;
        let mut pending = Pending::default();
        for element in &create.elements {
            self.add_element(&mut relation, element, &mut pending)?;
        }
        if super::table_of(&relation).columns.len() > COLUMNS_MAX {
            return Err(SqlError::new(
                sqlstate::TOO_MANY_COLUMNS,
                format!("tables can have at most {COLUMNS_MAX} columns"),
            ));
        }
        self.complete(&mut relation, pending)?;
        self.put(relation)?;
        Ok(done("CREATE TABLE"))
    }

    /// The tables that foreign keys among these elements refer to, as far as they are there.
    pub(super) fn referred(&self, elements: &[TableElement]) -> Vec<Oid> {
        let of_column = |constraint: &ast::ColumnConstraint| match &constraint.kind {
            ColumnConstraintKind::References(references) => Some(references.table.clone()),
            _ => None,
        };
        let names = elements.iter().flat_map(|element| match element {
            TableElement::Column(column) => column.constraints.iter().filter_map(of_column).collect(),
            TableElement::Constraint(constraint) => match &constraint.kind {
                TableConstraintKind::ForeignKey { references, .. } => vec![references.table.clone()],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        });
        names.filter_map(|name| self.relation(&name).ok()).map(|relation| relation.oid).collect()
    }

    /// A table without rows and keys, in a keyspace of its own.
    pub(super) fn new_table(
        &mut self,
        dataset: Oid,
        name: String,
        columns: Vec<ColumnDef>,
        temporary: bool,
    ) -> Result<RelationDef> {
        let oid = self.fresh_oid()?;
        self.session.transaction.txn(self.shared).create_keyspace(KeyspaceId(oid.0));
        let table = TableDef {
            columns,
            constraints: Vec::new(),
            indexes: Vec::new(),
            keyspace: oid.0,
            temporary,
            materialized: None,
        };
        Ok(RelationDef {
            oid,
            dataset,
            name,
            owner: self.current_role(),
            comment: None,
            kind: RelationKind::Table(table),
        })
    }

    /// Whether a relation is there already and that is all right.
    ///
    /// # Errors
    /// 42P07 if it is not.
    pub(super) fn skip_existing(&self, dataset: Oid, name: &str, if_not_exists: bool) -> Result<bool> {
        if !self.is_name_taken(dataset, name) {
            return Ok(false);
        }
        let message = format!("relation \"{name}\" already exists");
        if !if_not_exists {
            return Err(SqlError::new(sqlstate::DUPLICATE_TABLE, message));
        }
        self.notice(sqlstate::DUPLICATE_TABLE, format!("{message}, skipping"));
        Ok(true)
    }

    fn add_element(
        &mut self,
        relation: &mut RelationDef,
        element: &TableElement,
        pending: &mut Pending,
    ) -> Result<()> {
        match element {
            TableElement::Column(column) => {
                self.add_declared(relation, column, pending)?;
                Ok(())
            }
            TableElement::Constraint(constraint) => pending.add(constraint),
            TableElement::Like(like) => self.add_like(relation, like, pending),
        }
    }

    /// Adds a column as declared; its keys and checks wait in `pending`. Returns its position.
    pub(super) fn add_declared(
        &mut self,
        relation: &mut RelationDef,
        column: &ast::ColumnDef,
        pending: &mut Pending,
    ) -> Result<usize> {
        let declared = self.declare_column(&relation.name, column)?;
        let table = super::table_of_mut(relation);
        refuse_duplicate(table, &declared.def.name)?;
        let position = table.columns.len();
        table.columns.push(declared.def);
        pending.sequences.extend(declared.sequence.map(|sequence| (position, sequence)));
        pending.generated.extend(declared.generated.map(|expr| (position, expr)));
        pending.add_of_column(column);
        Ok(position)
    }

    /// Gives a new table what waits for all its columns to be known.
    ///
    /// # Errors
    /// Whatever is wrong with it.
    pub(super) fn complete(&mut self, relation: &mut RelationDef, pending: Pending) -> Result<()> {
        for (column, expr) in &pending.generated {
            let generated = self.generated_text(relation, *column, expr)?;
            if let Some(def) = super::table_of_mut(relation).columns.get_mut(*column) {
                def.generated = Some(generated);
            }
        }
        for (column, sequence) in &pending.sequences {
            self.attach_sequence(relation, *column, sequence)?;
        }
        for check in &pending.checks {
            self.add_check(relation, check)?;
        }
        // The primary key comes first among the indexes, wherever it was written.
        let (primary, unique): (Vec<_>, Vec<_>) = pending.keys.iter().partition(|key| key.primary);
        for key in primary.into_iter().chain(unique) {
            self.add_key(relation, key)?;
        }
        for (index, keeps_constraint) in pending.indexes {
            self.add_copied_index(relation, index, keeps_constraint)?;
        }
        for reference in &pending.references {
            self.add_reference(relation, reference)?;
        }
        Ok(())
    }
}

impl Pending {
    /// Takes in a constraint written beside the columns.
    ///
    /// # Errors
    /// 0A000 for kinds that strata does not have.
    pub(super) fn add(&mut self, constraint: &TableConstraint) -> Result<()> {
        let name = constraint.name.clone();
        let timing = constraint.timing;
        match &constraint.kind {
            TableConstraintKind::Check(condition) => {
                self.checks.push(CheckSpec { name, condition: condition.clone(), column: None });
            }
            TableConstraintKind::Unique { columns, parameters } => {
                self.keys.push(KeySpec::new(name, columns, parameters, false, timing, constraint.pos));
            }
            TableConstraintKind::PrimaryKey { columns, parameters } => {
                self.keys.push(KeySpec::new(name, columns, parameters, true, timing, constraint.pos));
            }
            TableConstraintKind::ForeignKey { columns, references } => {
                self.references.push(ReferenceSpec {
                    name,
                    columns: columns.clone(),
                    references: references.clone(),
                    timing,
                });
            }
            TableConstraintKind::UsingIndex { .. } => {
                return Err(SqlError::unsupported("a constraint USING INDEX").at(constraint.pos.0));
            }
            TableConstraintKind::Exclude { .. } => {
                return Err(SqlError::unsupported("an exclusion constraint").at(constraint.pos.0));
            }
        }
        Ok(())
    }

    /// Takes in the keys, checks and references written with a column.
    fn add_of_column(&mut self, column: &ast::ColumnDef) {
        let own = || vec![column.name.clone()];
        for constraint in &column.constraints {
            let (name, timing, pos) = (constraint.name.clone(), constraint.timing, constraint.pos);
            match &constraint.kind {
                ColumnConstraintKind::Check { condition, .. } => self.checks.push(CheckSpec {
                    name,
                    condition: condition.clone(),
                    column: Some(column.name.name.to_string()),
                }),
                ColumnConstraintKind::Unique(parameters) => {
                    self.keys.push(KeySpec::new(name, &own(), parameters, false, timing, pos));
                }
                ColumnConstraintKind::PrimaryKey(parameters) => {
                    self.keys.push(KeySpec::new(name, &own(), parameters, true, timing, pos));
                }
                ColumnConstraintKind::References(references) => self.references.push(ReferenceSpec {
                    name,
                    columns: own(),
                    references: references.clone(),
                    timing,
                }),
                ColumnConstraintKind::NotNull
                | ColumnConstraintKind::Null
                | ColumnConstraintKind::Default(_)
                | ColumnConstraintKind::Identity { .. }
                | ColumnConstraintKind::Generated(_) => {}
            }
        }
    }
}

/// # Errors
/// 42701 if the table has such a column.
pub(super) fn refuse_duplicate(table: &TableDef, name: &str) -> Result<()> {
    if super::column_named(table, name).is_none() {
        return Ok(());
    }
    Err(SqlError::new(sqlstate::DUPLICATE_COLUMN, format!("column \"{name}\" specified more than once")))
}

fn refuse_unsupported(create: &CreateTable) -> Result<()> {
    let at = |what: &str| Err(SqlError::unsupported(what).at(create.name.pos().0));
    if !create.inherits.is_empty() {
        return at("table inheritance");
    }
    if create.of_type.is_some() {
        return at("CREATE TABLE OF type");
    }
    if create.partition_of.is_some() || create.partition_by.is_some() {
        return at("partitioning");
    }
    if create.server.is_some() {
        return at("CREATE FOREIGN TABLE");
    }
    if matches!(create.storage.on_commit, Some(OnCommit::DeleteRows | OnCommit::Drop)) {
        return at("ON COMMIT DELETE ROWS and ON COMMIT DROP");
    }
    Ok(())
}
