//! Definitions to rows.

use super::{Row, tables};
use crate::schema::{
    ColumnDef, Constraint, ConstraintKind, DatasetDef, Identity, IndexDef, KeyAction, KeySource, Oid,
    ProjectDef, RelationDef, RelationKind, RoleDef, SequenceDef, TableDef, ViewDef,
};
use strata_types::Value;

fn text(text: &str) -> Value {
    Value::text(text)
}

fn optional(text: &Option<String>) -> Value {
    text.as_deref().map_or(Value::Null, Value::text)
}

/// Positions in a definition: tables have at most 1,600 columns.
fn at(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

fn number(index: usize) -> Value {
    Value::Int4(i32::try_from(index).unwrap_or(i32::MAX))
}

pub(super) fn project(def: &ProjectDef) -> Vec<Row> {
    vec![Row {
        table: &tables::PROJECTS,
        positions: Vec::new(),
        values: vec![text(&def.name), Value::Oid(def.owner.0)],
    }]
}

pub(super) fn dataset(def: &DatasetDef) -> Vec<Row> {
    vec![Row {
        table: &tables::DATASETS,
        positions: Vec::new(),
        values: vec![Value::Oid(def.project.0), text(&def.name), Value::Oid(def.owner.0)],
    }]
}

pub(super) fn role(def: &RoleDef) -> Vec<Row> {
    let mut rows = vec![Row {
        table: &tables::ROLES,
        positions: Vec::new(),
        values: vec![
            text(&def.name),
            Value::Bool(def.superuser),
            Value::Bool(def.login),
            Value::Bool(def.create_role),
            Value::Bool(def.create_project),
            Value::Bool(def.inherit),
            optional(&def.password),
            Value::Int4(def.connection_limit),
        ],
    }];
    rows.extend(def.member_of.iter().enumerate().map(|(index, of)| Row {
        table: &tables::ROLE_MEMBERS,
        positions: vec![at(index)],
        values: vec![Value::Oid(of.0)],
    }));
    rows
}

pub(super) fn relation(def: &RelationDef) -> Vec<Row> {
    let (kind, keyspace, temporary, query, of_table) = match &def.kind {
        RelationKind::Table(table) => {
            let query = table.materialized.as_ref().map_or(Value::Null, |query| text(&query.text));
            ("table", table.keyspace, table.temporary, query, 0)
        }
        RelationKind::View(view) => ("view", 0, false, text(&view.query), 0),
        RelationKind::Sequence(sequence) => ("sequence", sequence.keyspace, false, Value::Null, 0),
        RelationKind::Index { table } => ("index", 0, false, Value::Null, table.0),
    };
    let mut rows = vec![Row {
        table: &tables::RELATIONS,
        positions: Vec::new(),
        values: vec![
            Value::Oid(def.dataset.0),
            text(&def.name),
            Value::Oid(def.owner.0),
            optional(&def.comment),
            text(kind),
            Value::Oid(keyspace),
            Value::Bool(temporary),
            query,
            Value::Oid(of_table),
        ],
    }];
    match &def.kind {
        RelationKind::Table(table) => table_rows(table, &mut rows),
        RelationKind::View(view) => view_rows(view, &mut rows),
        RelationKind::Sequence(sequence) => rows.push(sequence_row(sequence)),
        RelationKind::Index { .. } => {}
    }
    rows
}

fn table_rows(def: &TableDef, rows: &mut Vec<Row>) {
    rows.extend(def.columns.iter().enumerate().map(|(index, column)| column_row(index, column)));
    for (index, def) in def.indexes.iter().enumerate() {
        index_rows(index, def, rows);
    }
    for (index, def) in def.constraints.iter().enumerate() {
        constraint_rows(index, def, rows);
    }
    if let Some(query) = &def.materialized {
        dependency_rows(&query.depends_on, rows);
    }
}

fn column_row(index: usize, def: &ColumnDef) -> Row {
    let identity = match def.identity {
        Some(Identity::Always) => text("always"),
        Some(Identity::ByDefault) => text("by default"),
        None => Value::Null,
    };
    Row {
        table: &tables::COLUMNS,
        positions: vec![at(index)],
        values: vec![
            text(&def.name),
            Value::Oid(def.ty.0.0),
            Value::Int4(def.typmod.0),
            Value::Bool(def.not_null),
            optional(&def.default),
            identity,
            def.generated.as_ref().map_or(Value::Null, |generated| text(&generated.expression)),
            Value::Bool(def.dropped),
            optional(&def.missing),
            optional(&def.comment),
        ],
    }
}

fn index_rows(index: usize, def: &IndexDef, rows: &mut Vec<Row>) {
    rows.push(Row {
        table: &tables::INDEXES,
        positions: vec![at(index)],
        values: vec![
            Value::Oid(def.oid.0),
            text(&def.name),
            Value::Bool(def.unique),
            Value::Bool(def.nulls_not_distinct),
            Value::Bool(def.primary),
            optional(&def.predicate),
            Value::Oid(def.keyspace),
            optional(&def.comment),
            Value::Bool(def.deferrable),
        ],
    });
    let keys = def.keys.iter().map(|key| {
        let (column, expression, ty) = match &key.source {
            KeySource::Column(column) => (number(*column), Value::Null, Value::Null),
            KeySource::Expression(sql, ty) => (Value::Null, text(sql), Value::Oid(ty.0.0)),
        };
        vec![
            column,
            expression,
            ty,
            Value::Bool(key.descending),
            Value::Bool(key.nulls_first),
            Value::Bool(false),
        ]
    });
    let included = def.included.iter().map(|column| {
        let no = Value::Bool(false);
        vec![number(*column), Value::Null, Value::Null, no.clone(), no, Value::Bool(true)]
    });
    rows.extend(keys.chain(included).enumerate().map(|(position, mut values)| {
        values.insert(0, Value::Oid(def.oid.0));
        Row { table: &tables::INDEX_KEYS, positions: vec![at(index), at(position)], values }
    }));
}

fn constraint_rows(index: usize, def: &Constraint, rows: &mut Vec<Row>) {
    let none = || Value::Null;
    let (kind, details) = match &def.kind {
        ConstraintKind::Check(check) => ("check", [none(), text(&check.expression), none(), none(), none()]),
        ConstraintKind::PrimaryKey { index } => {
            ("primary key", [Value::Oid(index.0), none(), none(), none(), none()])
        }
        ConstraintKind::Unique { index } => ("unique", [Value::Oid(index.0), none(), none(), none(), none()]),
        ConstraintKind::ForeignKey(key) => (
            "foreign key",
            [
                none(),
                none(),
                Value::Oid(key.table.0),
                text(action(key.on_update)),
                text(action(key.on_delete)),
            ],
        ),
    };
    let mut values = vec![
        Value::Oid(def.oid.0),
        text(&def.name),
        text(kind),
        Value::Bool(def.deferrable),
        Value::Bool(def.initially_deferred),
    ];
    values.extend(details);
    rows.push(Row { table: &tables::CONSTRAINTS, positions: vec![at(index)], values });
    if let ConstraintKind::ForeignKey(key) = &def.kind {
        rows.extend(key.columns.iter().zip(&key.keys).enumerate().map(|(position, (column, referred))| {
            Row {
                table: &tables::CONSTRAINT_COLUMNS,
                positions: vec![at(index), at(position)],
                values: vec![Value::Oid(def.oid.0), number(*column), number(*referred)],
            }
        }));
    }
}

/// The word for a foreign key's action, as SQL has it.
fn action(action: KeyAction) -> &'static str {
    match action {
        KeyAction::NoAction => "no action",
        KeyAction::Restrict => "restrict",
        KeyAction::Cascade => "cascade",
        KeyAction::SetNull => "set null",
        KeyAction::SetDefault => "set default",
    }
}

fn view_rows(def: &ViewDef, rows: &mut Vec<Row>) {
    rows.extend(def.columns.iter().enumerate().map(|(index, column)| column_row(index, column)));
    dependency_rows(&def.depends_on, rows);
}

fn dependency_rows(depends_on: &[Oid], rows: &mut Vec<Row>) {
    rows.extend(depends_on.iter().enumerate().map(|(index, on)| Row {
        table: &tables::DEPENDENCIES,
        positions: vec![at(index)],
        values: vec![Value::Oid(on.0)],
    }));
}

fn sequence_row(def: &SequenceDef) -> Row {
    let (owner_table, owner_column) = match def.owned_by {
        Some((table, column)) => (Value::Oid(table.0), number(column)),
        None => (Value::Null, Value::Null),
    };
    Row {
        table: &tables::SEQUENCES,
        positions: Vec::new(),
        values: vec![
            Value::Oid(def.ty.0.0),
            Value::Int8(def.start),
            Value::Int8(def.increment),
            Value::Int8(def.min),
            Value::Int8(def.max),
            Value::Int8(def.cache),
            Value::Bool(def.cycle),
            owner_table,
            owner_column,
        ],
    }
}
