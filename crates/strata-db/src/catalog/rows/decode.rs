//! Rows to definitions: the catalog as it was when the store was last closed, or crashed.

use super::fields::Fields;
use super::{SystemTable, read, tables};
use crate::catalog::{Catalog, Change};
use crate::error::Result;
use crate::schema::{
    Check, ColumnDef, Constraint, ConstraintKind, DatasetDef, ForeignKey, Generated, Identity, IndexDef,
    IndexKey, KeyAction, KeySource, Oid, ProjectDef, RelationDef, RelationKind, RoleDef, SequenceDef,
    StoredQuery, TableDef, ViewDef,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use strata_store::{Txn, View};
use strata_types::Typmod;

/// Rows of a table by the OID at the start of their keys.
struct ByOid(BTreeMap<Oid, Vec<Fields>>);

impl ByOid {
    fn read(txn: &Txn, view: View, table: &'static SystemTable) -> Result<ByOid> {
        let mut rows: BTreeMap<Oid, Vec<Fields>> = BTreeMap::new();
        for (oid, values) in read(txn, view, table)? {
            rows.entry(oid).or_default().push(Fields::new(table.name, values));
        }
        Ok(ByOid(rows))
    }

    fn take(&mut self, oid: Oid) -> Vec<Fields> {
        self.0.remove(&oid).unwrap_or_default()
    }
}

/// Reads the whole catalog as a view shows it.
///
/// # Errors
/// XX001 for rows that are not as they were written; of the store.
pub fn load(txn: &Txn, view: View) -> Result<Catalog> {
    let mut catalog = Catalog::default();
    for (oid, values) in read(txn, view, &tables::PROJECTS)? {
        let mut row = Fields::new(tables::PROJECTS.name, values);
        let def = ProjectDef { oid, name: row.text()?, owner: row.oid()? };
        catalog.apply(&Change::Project(oid, Some(Arc::new(def))));
    }
    for (oid, values) in read(txn, view, &tables::DATASETS)? {
        let mut row = Fields::new(tables::DATASETS.name, values);
        let def = DatasetDef { oid, project: row.oid()?, name: row.text()?, owner: row.oid()? };
        catalog.apply(&Change::Dataset(oid, Some(Arc::new(def))));
    }
    let mut members = ByOid::read(txn, view, &tables::ROLE_MEMBERS)?;
    for (oid, values) in read(txn, view, &tables::ROLES)? {
        let def = role(oid, Fields::new(tables::ROLES.name, values), members.take(oid))?;
        catalog.apply(&Change::Role(oid, Some(Arc::new(def))));
    }
    let mut parts = Parts {
        columns: ByOid::read(txn, view, &tables::COLUMNS)?,
        indexes: ByOid::read(txn, view, &tables::INDEXES)?,
        index_keys: ByOid::read(txn, view, &tables::INDEX_KEYS)?,
        constraints: ByOid::read(txn, view, &tables::CONSTRAINTS)?,
        constraint_columns: ByOid::read(txn, view, &tables::CONSTRAINT_COLUMNS)?,
        sequences: ByOid::read(txn, view, &tables::SEQUENCES)?,
        dependencies: ByOid::read(txn, view, &tables::DEPENDENCIES)?,
    };
    for (oid, values) in read(txn, view, &tables::RELATIONS)? {
        let def = parts.relation(oid, Fields::new(tables::RELATIONS.name, values))?;
        catalog.apply(&Change::Relation(oid, Some(Arc::new(def))));
    }
    Ok(catalog)
}

fn role(oid: Oid, mut row: Fields, members: Vec<Fields>) -> Result<RoleDef> {
    Ok(RoleDef {
        oid,
        name: row.text()?,
        superuser: row.boolean()?,
        login: row.boolean()?,
        create_role: row.boolean()?,
        create_project: row.boolean()?,
        inherit: row.boolean()?,
        password: row.optional_text()?,
        connection_limit: row.int4()?,
        member_of: members.into_iter().map(|mut member| member.oid()).collect::<Result<_>>()?,
    })
}

/// What relations are put together from.
struct Parts {
    columns: ByOid,
    indexes: ByOid,
    index_keys: ByOid,
    constraints: ByOid,
    constraint_columns: ByOid,
    sequences: ByOid,
    dependencies: ByOid,
}

impl Parts {
    fn relation(&mut self, oid: Oid, mut row: Fields) -> Result<RelationDef> {
        let dataset = row.oid()?;
        let name = row.text()?;
        let owner = row.oid()?;
        let comment = row.optional_text()?;
        let kind = row.text()?;
        let keyspace = row.oid()?.0;
        let temporary = row.boolean()?;
        let query = row.optional_text()?;
        let of_table = row.oid()?;
        let kind = match kind.as_str() {
            "table" => RelationKind::Table(self.table(oid, keyspace, temporary, query)?),
            "view" => RelationKind::View(ViewDef {
                columns: self.columns(oid)?,
                query: query.unwrap_or_default(),
                depends_on: self.depends_on(oid)?,
            }),
            "sequence" => RelationKind::Sequence(self.sequence(oid, keyspace, &row)?),
            "index" => RelationKind::Index { table: of_table },
            _ => return Err(row.unknown_word()),
        };
        Ok(RelationDef { oid, dataset, name, owner, comment, kind })
    }

    fn depends_on(&mut self, oid: Oid) -> Result<Vec<Oid>> {
        self.dependencies.take(oid).into_iter().map(|mut row| row.oid()).collect()
    }

    fn table(&mut self, oid: Oid, keyspace: u32, temporary: bool, query: Option<String>) -> Result<TableDef> {
        let materialized = match query {
            Some(text) => Some(StoredQuery { text, depends_on: self.depends_on(oid)? }),
            None => None,
        };
        Ok(TableDef {
            materialized,
            columns: self.columns(oid)?,
            constraints: self.constraints(oid)?,
            indexes: self.indexes(oid)?,
            keyspace,
            temporary,
        })
    }

    fn columns(&mut self, oid: Oid) -> Result<Vec<ColumnDef>> {
        self.columns.take(oid).into_iter().map(column).collect()
    }

    fn indexes(&mut self, oid: Oid) -> Result<Vec<Arc<IndexDef>>> {
        let mut indexes = Vec::new();
        for mut row in self.indexes.take(oid) {
            indexes.push(IndexDef {
                oid: row.oid()?,
                name: row.text()?,
                keys: Vec::new(),
                included: Vec::new(),
                unique: row.boolean()?,
                nulls_not_distinct: row.boolean()?,
                primary: row.boolean()?,
                predicate: row.optional_text()?,
                keyspace: row.oid()?.0,
                comment: row.optional_text()?,
                deferrable: row.boolean_or_absent()?,
            });
        }
        for mut row in self.index_keys.take(oid) {
            let of = row.oid()?;
            let column = row.optional_number()?.and_then(|column| usize::try_from(column).ok());
            let expression = row.optional_text()?;
            let ty = row.optional_oid()?;
            let (descending, nulls_first, included) = (row.boolean()?, row.boolean()?, row.boolean()?);
            let Some(index) = indexes.iter_mut().find(|index| index.oid == of) else {
                return Err(row.unknown_word());
            };
            match (column, expression, ty) {
                (Some(column), None, None) if included => index.included.push(column),
                (Some(column), None, None) => {
                    index.keys.push(IndexKey { source: KeySource::Column(column), descending, nulls_first });
                }
                (None, Some(sql), Some(ty)) => {
                    let source = KeySource::Expression(sql, strata_types::Type(ty));
                    index.keys.push(IndexKey { source, descending, nulls_first });
                }
                _ => return Err(row.unknown_word()),
            }
        }
        Ok(indexes.into_iter().map(Arc::new).collect())
    }

    fn constraints(&mut self, oid: Oid) -> Result<Vec<Constraint>> {
        let mut columns: Vec<(Oid, usize, usize)> = Vec::new();
        for mut row in self.constraint_columns.take(oid) {
            columns.push((row.oid()?, row.position()?, row.position()?));
        }
        self.constraints.take(oid).into_iter().map(|row| constraint(row, &columns)).collect()
    }

    fn sequence(&mut self, oid: Oid, keyspace: u32, relation: &Fields) -> Result<SequenceDef> {
        let mut rows = self.sequences.take(oid);
        let Some(mut row) = rows.pop() else { return Err(relation.unknown_word()) };
        Ok(SequenceDef {
            ty: row.ty()?,
            start: row.number()?,
            increment: row.number()?,
            min: row.number()?,
            max: row.number()?,
            cache: row.number()?,
            cycle: row.boolean()?,
            owned_by: match row.optional_oid()? {
                Some(table) => Some((table, row.position()?)),
                None => None,
            },
            keyspace,
        })
    }
}

fn column(mut row: Fields) -> Result<ColumnDef> {
    Ok(ColumnDef {
        name: row.text()?,
        ty: row.ty()?,
        typmod: Typmod(row.int4()?),
        not_null: row.boolean()?,
        default: row.optional_text()?,
        identity: match row.optional_text()?.as_deref() {
            None => None,
            Some("always") => Some(Identity::Always),
            Some("by default") => Some(Identity::ByDefault),
            Some(_) => return Err(row.unknown_word()),
        },
        generated: row.optional_text()?.map(|expression| Generated { expression }),
        dropped: row.boolean()?,
        missing: row.optional_text()?,
        comment: row.optional_text()?,
    })
}

fn constraint(mut row: Fields, columns: &[(Oid, usize, usize)]) -> Result<Constraint> {
    let oid = row.oid()?;
    let name = row.text()?;
    let kind = row.text()?;
    let deferrable = row.boolean()?;
    let initially_deferred = row.boolean()?;
    let index = row.optional_oid()?;
    let expression = row.optional_text()?;
    let table = row.optional_oid()?;
    let on_update = row.optional_text()?;
    let on_delete = row.optional_text()?;
    let kind = match (kind.as_str(), index, expression, table) {
        ("check", None, Some(expression), None) => ConstraintKind::Check(Check { expression }),
        ("primary key", Some(index), None, None) => ConstraintKind::PrimaryKey { index },
        ("unique", Some(index), None, None) => ConstraintKind::Unique { index },
        ("foreign key", None, None, Some(table)) => {
            let of = || columns.iter().filter(|(constraint, ..)| *constraint == oid);
            ConstraintKind::ForeignKey(ForeignKey {
                columns: of().map(|(_, column, _)| *column).collect(),
                table,
                keys: of().map(|(_, _, key)| *key).collect(),
                on_update: action(on_update.as_deref()).ok_or_else(|| row.unknown_word())?,
                on_delete: action(on_delete.as_deref()).ok_or_else(|| row.unknown_word())?,
            })
        }
        _ => return Err(row.unknown_word()),
    };
    Ok(Constraint { oid, name, kind, deferrable, initially_deferred })
}

fn action(word: Option<&str>) -> Option<KeyAction> {
    Some(match word? {
        "no action" => KeyAction::NoAction,
        "restrict" => KeyAction::Restrict,
        "cascade" => KeyAction::Cascade,
        "set null" => KeyAction::SetNull,
        "set default" => KeyAction::SetDefault,
        _ => return None,
    })
}
