//! Constraints: `table_constraints`, `key_column_usage`, `referential_constraints` and their kin.

use super::super::SystemSource;
use super::super::classes::{Class, Table};
use super::super::notation::relations;
use super::super::pg_attribute;
use super::super::pg_constraint::Held;
use super::yes_or_no;
use crate::schema::{ConstraintKind, KeyAction, Oid, RelationDef, RelationKind};

/// A constraint as the standard counts them: a column that takes no NULL has one of its own.
enum Rule<'a> {
    Held(Held<'a>),
    NotNull { table: Class<'a>, number: i16, column: String },
}

/// A column that a constraint names.
struct Use<'a> {
    held: Held<'a>,
    /// The table of the column: its own, or the one that it refers to.
    table: Option<&'a RelationDef>,
    column: usize,
    position: i32,
    /// Of the column that a foreign key refers to in the key that it refers to.
    referred: Option<i32>,
}

relations! {
    information_schema;
    13411 view "table_constraints" = rules, |source, rule: Rule<'_>| {
        "constraint_catalog" NAME = source.env.database();
        "constraint_schema" NAME = source.dataset_name(rule.dataset());
        "constraint_name" NAME = rule.name();
        "table_catalog" NAME = source.env.database();
        "table_schema" NAME = source.dataset_name(rule.dataset());
        "table_name" NAME = rule.table();
        "constraint_type" VARCHAR = rule.kind();
        "is_deferrable" VARCHAR = yes_or_no(rule.held().is_some_and(|held| held.constraint.deferrable));
        "initially_deferred" VARCHAR =
            yes_or_no(rule.held().is_some_and(|held| held.constraint.initially_deferred));
        "enforced" VARCHAR = "YES";
        "nulls_distinct" VARCHAR = rule.held().and_then(nulls_distinct).map(yes_or_no);
    }
    13260 view "check_constraints" = checks, |source, rule: Rule<'_>| {
        "constraint_catalog" NAME = source.env.database();
        "constraint_schema" NAME = source.dataset_name(rule.dataset());
        "constraint_name" NAME = rule.name();
        "check_clause" VARCHAR = rule.condition();
    }
    13329 view "key_column_usage" = key_columns, |source, of: Use<'_>| {
        "constraint_catalog" NAME = source.env.database();
        "constraint_schema" NAME = source.dataset_name(of.held.table.relation.dataset);
        "constraint_name" NAME = &of.held.constraint.name;
        "table_catalog" NAME = source.env.database();
        "table_schema" NAME = of.table.map(|table| source.dataset_name(table.dataset));
        "table_name" NAME = of.table.map(|table| &table.name);
        "column_name" NAME = of.column_name();
        "ordinal_position" INT4 = of.position;
        "position_in_unique_constraint" INT4 = of.referred;
    }
    13300 view "constraint_column_usage" = named_columns, |source, of: Use<'_>| {
        "table_catalog" NAME = source.env.database();
        "table_schema" NAME = of.table.map(|table| source.dataset_name(table.dataset));
        "table_name" NAME = of.table.map(|table| &table.name);
        "column_name" NAME = of.column_name();
        "constraint_catalog" NAME = source.env.database();
        "constraint_schema" NAME = source.dataset_name(of.held.table.relation.dataset);
        "constraint_name" NAME = &of.held.constraint.name;
    }
    13305 view "constraint_table_usage" = named_tables, |source, of: Use<'_>| {
        "table_catalog" NAME = source.env.database();
        "table_schema" NAME = of.table.map(|table| source.dataset_name(table.dataset));
        "table_name" NAME = of.table.map(|table| &table.name);
        "constraint_catalog" NAME = source.env.database();
        "constraint_schema" NAME = source.dataset_name(of.held.table.relation.dataset);
        "constraint_name" NAME = &of.held.constraint.name;
    }
    13339 view "referential_constraints" = foreign_keys, |source, held: Held<'_>| {
        "constraint_catalog" NAME = source.env.database();
        "constraint_schema" NAME = source.dataset_name(held.table.relation.dataset);
        "constraint_name" NAME = &held.constraint.name;
        "unique_constraint_catalog" NAME = referred(source, held).map(|_| source.env.database());
        "unique_constraint_schema" NAME =
            referred(source, held).map(|key| source.dataset_name(key.table.relation.dataset));
        "unique_constraint_name" NAME = referred(source, held).map(|key| key.constraint.name.as_str());
        "match_option" VARCHAR = "NONE";
        "update_rule" VARCHAR = held.foreign_key().map(|key| action(key.on_update));
        "delete_rule" VARCHAR = held.foreign_key().map(|key| action(key.on_delete));
    }
}

impl Rule<'_> {
    fn held(&self) -> Option<&Held<'_>> {
        match self {
            Rule::Held(held) => Some(held),
            Rule::NotNull { .. } => None,
        }
    }

    fn dataset(&self) -> Oid {
        match self {
            Rule::Held(held) => held.table.relation.dataset,
            Rule::NotNull { table, .. } => table.dataset(),
        }
    }

    fn table(&self) -> &str {
        match self {
            Rule::Held(held) => &held.table.relation.name,
            Rule::NotNull { table, .. } => table.name(),
        }
    }

    fn name(&self) -> String {
        match self {
            Rule::Held(held) => held.constraint.name.clone(),
            Rule::NotNull { table, number, .. } => {
                format!("{}_{}_{number}_not_null", table.dataset(), table.oid())
            }
        }
    }

    fn kind(&self) -> &'static str {
        match self.held().map(Held::letter) {
            Some(b'p') => "PRIMARY KEY",
            Some(b'u') => "UNIQUE",
            Some(b'f') => "FOREIGN KEY",
            _ => "CHECK",
        }
    }

    fn condition(&self) -> String {
        match self {
            Rule::Held(held) => format!("({})", held.check().unwrap_or_default()),
            Rule::NotNull { column, .. } => format!("{column} IS NOT NULL"),
        }
    }
}

impl<'a> Use<'a> {
    fn column_name(&self) -> Option<&'a str> {
        match &self.table?.kind {
            RelationKind::Table(def) => def.columns.get(self.column).map(|column| column.name.as_str()),
            _ => None,
        }
    }
}

fn rules<'a>(source: &SystemSource<'a>) -> Vec<Rule<'a>> {
    let not_null = source.classes().filter(|class| class.kind() == b'r').flat_map(|table| {
        let columns = pg_attribute::of(table).into_iter().filter(|column| column.not_null);
        columns.map(move |column| Rule::NotNull {
            table,
            number: column.number,
            column: column.name.into_owned(),
        })
    });
    source.constraints().map(Rule::Held).chain(not_null).collect()
}

fn checks<'a>(source: &SystemSource<'a>) -> Vec<Rule<'a>> {
    let mut rules = rules(source);
    rules.retain(|rule| rule.kind() == "CHECK");
    rules
}

/// The columns of keys: primary, unique and foreign.
fn key_columns<'a>(source: &SystemSource<'a>) -> Vec<Use<'a>> {
    let mut found = Vec::new();
    for held in source.constraints().filter(|held| held.letter() != b'c') {
        let place_in_key = |column: usize| {
            let key = referred(source, &held)?;
            let at = key.columns().iter().position(|candidate| *candidate == column)?;
            i32::try_from(at + 1).ok()
        };
        for (at, column) in held.columns().into_iter().enumerate() {
            let to = held.foreign_key().and_then(|key| key.keys.get(at).copied());
            found.push(Use {
                held,
                table: Some(held.table.relation),
                column,
                position: i32::try_from(at + 1).unwrap_or(i32::MAX),
                referred: to.and_then(place_in_key),
            });
        }
    }
    found
}

/// The columns that constraints depend on; for a foreign key those that it refers to.
fn named_columns<'a>(source: &SystemSource<'a>) -> Vec<Use<'a>> {
    let mut found = Vec::new();
    for held in source.constraints() {
        let (table, columns) = match held.foreign_key() {
            Some(key) => (source.names.catalog.relation(key.table).map(|table| &**table), key.keys.clone()),
            None => (Some(held.table.relation), held.columns()),
        };
        found.extend(columns.into_iter().map(|column| Use {
            held,
            table,
            column,
            position: 0,
            referred: None,
        }));
    }
    found
}

fn named_tables<'a>(source: &SystemSource<'a>) -> Vec<Use<'a>> {
    let mut found = named_columns(source);
    found.retain(|of| of.held.letter() != b'c');
    found.dedup_by_key(|of| of.held.constraint.oid);
    found
}

fn foreign_keys<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = Held<'a>> + use<'a> {
    source.constraints().filter(|held| held.letter() == b'f')
}

/// The key that a foreign key refers to.
fn referred<'a>(source: &SystemSource<'a>, held: &Held<'a>) -> Option<Held<'a>> {
    held.foreign_key()?;
    let index = held.index(source);
    source.constraints().find(|key| key.constraint.kind.index() == Some(index))
}

/// Whether a unique constraint takes several NULLs.
fn nulls_distinct(held: &Held<'_>) -> Option<bool> {
    let Table { def, .. } = held.table;
    match held.constraint.kind {
        ConstraintKind::Unique { index } => {
            def.indexes.iter().find(|kept| kept.oid == index).map(|kept| !kept.nulls_not_distinct)
        }
        _ => None,
    }
}

fn action(action: KeyAction) -> &'static str {
    match action {
        KeyAction::NoAction => "NO ACTION",
        KeyAction::Restrict => "RESTRICT",
        KeyAction::Cascade => "CASCADE",
        KeyAction::SetNull => "SET NULL",
        KeyAction::SetDefault => "SET DEFAULT",
    }
}
