//! A catalog out of CREATE TABLE statements, and a session that has nothing to tell: what binding needs.

use std::sync::Arc;
use strata_db::bind;
use strata_db::catalog::{Catalog, Change, Names, founding};
use strata_db::error::Result;
use strata_db::functions::Environment;
use strata_db::functions::reports::{
    CursorReport, KeywordReport, LockReport, SessionReport, SettingReport, StatementReport,
};
use strata_db::parse::{self, ast};
use strata_db::schema::{
    Check, ColumnDef, Constraint, ConstraintKind, Generated, IndexDef, IndexKey, KeySource, Oid, RelationDef,
    RelationKind, TableDef,
};
use strata_types::{Format, Type, Value};

/// Tables in a catalog.
pub(crate) struct Tables {
    catalog: Catalog,
    search_path: Vec<String>,
}

impl Tables {
    /// The tables of a script.
    pub(crate) fn new(sql: &str) -> Tables {
        let mut catalog = Catalog::default();
        founding::changes(&catalog, None).iter().for_each(|change| catalog.apply(change));
        for (index, parsed) in parse::parse(sql).unwrap().into_iter().enumerate() {
            let ast::Statement::CreateTable(table) = parsed.statement else { panic!("only CREATE TABLE") };
            let oid = Oid(20_000 + 100 * index as u32);
            catalog.apply(&Change::Relation(oid, Some(Arc::new(relation(oid, &table)))));
        }
        Tables { catalog, search_path: vec!["public".to_owned()] }
    }

    /// Names as a session with the usual search path sees them.
    pub(crate) fn names(&self) -> Names<'_> {
        Names { catalog: &self.catalog, project: Oid(16), search_path: &self.search_path, temporary: None }
    }
}

fn relation(oid: Oid, tree: &ast::CreateTable) -> RelationDef {
    let mut table = TableDef {
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        keyspace: oid.0,
        temporary: false,
        materialized: None,
    };
    for element in &tree.elements {
        match element {
            ast::TableElement::Column(column) => add_column(oid, &mut table, column),
            ast::TableElement::Constraint(constraint) => match &constraint.kind {
                ast::TableConstraintKind::PrimaryKey { columns, .. } => {
                    add_index(oid, &mut table, columns, true)
                }
                ast::TableConstraintKind::Unique { columns, .. } => {
                    add_index(oid, &mut table, columns, false)
                }
                other => panic!("{other:?} in a test"),
            },
            ast::TableElement::Like(_) => panic!("LIKE in a test"),
        }
    }
    RelationDef {
        oid,
        dataset: founding::PUBLIC,
        name: tree.name.base().to_owned(),
        owner: founding::SUPERUSER,
        comment: None,
        kind: RelationKind::Table(table),
    }
}

fn add_column(oid: Oid, table: &mut TableDef, tree: &ast::ColumnDef) {
    let (ty, typmod) = bind::type_of(&Quiet::default(), tree.ty.as_ref().unwrap()).unwrap();
    table.columns.push(ColumnDef {
        name: tree.name.name.to_string(),
        ty,
        typmod,
        not_null: false,
        default: None,
        identity: None,
        generated: None,
        dropped: false,
        missing: None,
        comment: None,
    });
    for constraint in &tree.constraints {
        let name = [tree.name.clone()];
        let number = table.constraints.len() as u32;
        let column = table.columns.last_mut().unwrap();
        match &constraint.kind {
            ast::ColumnConstraintKind::NotNull => column.not_null = true,
            ast::ColumnConstraintKind::Default(expr) => column.default = Some(parse::expr_to_sql(expr)),
            ast::ColumnConstraintKind::Generated(expr) => {
                column.generated = Some(Generated { expression: parse::expr_to_sql(expr) });
            }
            ast::ColumnConstraintKind::Check { condition, .. } => table.constraints.push(Constraint {
                oid: Oid(oid.0 + 50 + number),
                name: format!("{}_check", tree.name.name),
                kind: ConstraintKind::Check(Check { expression: parse::expr_to_sql(condition) }),
                deferrable: false,
                initially_deferred: false,
            }),
            ast::ColumnConstraintKind::PrimaryKey(_) => add_index(oid, table, &name, true),
            ast::ColumnConstraintKind::Unique(_) => add_index(oid, table, &name, false),
            other => panic!("{other:?} in a test"),
        }
    }
}

fn add_index(oid: Oid, table: &mut TableDef, columns: &[ast::Ident], primary: bool) {
    let number = table.indexes.len() as u32;
    let key = |name: &ast::Ident| IndexKey {
        source: KeySource::Column(table.columns.iter().position(|column| column.name == *name.name).unwrap()),
        descending: false,
        nulls_first: false,
    };
    let index = IndexDef {
        oid: Oid(oid.0 + 1 + number),
        name: format!("index{number}"),
        keys: columns.iter().map(key).collect(),
        included: Vec::new(),
        unique: true,
        nulls_not_distinct: false,
        primary,
        deferrable: false,
        predicate: None,
        keyspace: 0,
        comment: None,
    };
    table.indexes.push(Arc::new(index));
}

/// A session in which nothing moves.
#[derive(Default)]
pub(crate) struct Quiet {
    format: Format,
}

impl Environment for Quiet {
    fn format(&self) -> &Format {
        &self.format
    }
    fn transaction_time(&self) -> i64 {
        0
    }
    fn check_interrupts(&self) -> Result<()> {
        Ok(())
    }
    fn statement_time(&self) -> i64 {
        0
    }
    fn clock_time(&self) -> i64 {
        0
    }
    fn random(&self) -> u64 {
        4
    }
    fn set_seed(&self, _: u64) {}
    fn setting(&self, _: &str) -> Option<String> {
        None
    }
    fn set_setting(&self, _: &str, _: &str, _: bool) -> Result<()> {
        Ok(())
    }
    fn current_user(&self) -> String {
        "postgres".to_owned()
    }
    fn session_user(&self) -> String {
        "postgres".to_owned()
    }
    fn database(&self) -> String {
        "strata".to_owned()
    }
    fn schemas(&self, _: bool) -> Vec<String> {
        vec!["public".to_owned()]
    }
    fn backend_pid(&self) -> i32 {
        1
    }
    fn sequence_next(&self, _: u32) -> Result<i64> {
        Ok(1)
    }
    fn sequence_current(&self, _: u32) -> Result<i64> {
        Ok(1)
    }
    fn sequence_set(&self, _: u32, _: i64, _: bool) -> Result<()> {
        Ok(())
    }
    fn sequence_position(&self, _: u32) -> Result<(i64, bool)> {
        Ok((1, false))
    }
    fn sequence_last(&self) -> Result<i64> {
        Ok(1)
    }
    fn object_oid(&self, _: Type, _: &str) -> Result<Option<u32>> {
        Ok(Some(1))
    }
    fn object_name(&self, _: Type, _: u32) -> Option<String> {
        None
    }
    fn catalog(&self, _: &str, _: &[Value]) -> Result<Value> {
        Ok(Value::Null)
    }
    fn settings(&self) -> Vec<SettingReport> {
        Vec::new()
    }
    fn sessions(&self) -> Vec<SessionReport> {
        Vec::new()
    }
    fn locks(&self) -> Vec<LockReport> {
        Vec::new()
    }
    fn prepared_statements(&self) -> Vec<StatementReport> {
        Vec::new()
    }
    fn cursors(&self) -> Vec<CursorReport> {
        Vec::new()
    }
    fn keywords(&self) -> Vec<KeywordReport> {
        Vec::new()
    }
    fn server_start_time(&self) -> i64 {
        0
    }
    fn table_bytes(&self, _: u32) -> i64 {
        0
    }
    fn pretty_expression(&self, expression: &str) -> String {
        expression.to_owned()
    }
    fn notice(&self, _: &str, _: &str, _: &str) {}
}
