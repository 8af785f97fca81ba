//! Definitions as SQL text: what `pg_get_indexdef`, `pg_get_constraintdef` and `pg_get_viewdef` say.
//!
//! PostgreSQL prints each in two ways. The plain one keeps every parenthesis and qualifies the names of
//! tables; the pretty one is for eyes.

use super::SystemSource;
use super::classes::Indexed;
use super::pg_constraint::{Held, key_columns};
use crate::catalog::lookup;
use crate::functions::identifiers::{self, quote};
use crate::plan::NO_POS;
use crate::schema::{
    ConstraintKind, ForeignKey, IndexDef, IndexKey, KeyAction, KeySource, Oid, RelationKind, TableDef,
};

impl SystemSource<'_> {
    /// The statement that makes an index.
    pub(in crate::catalog) fn index_definition(&self, of: &Indexed<'_>, pretty: bool) -> String {
        let unique = if of.index.unique { "UNIQUE " } else { "" };
        let table = match pretty {
            true => lookup::relation_name(&self.names, of.table.oid),
            false => lookup::qualified_name(&self.names, of.table.oid),
        };
        let keys: Vec<String> =
            of.index.keys.iter().map(|key| self.key(of.def, key, pretty) + ordering(key)).collect();
        let mut text = format!(
            "CREATE {unique}INDEX {} ON {} USING btree ({})",
            quote(&of.index.name),
            table.unwrap_or_default(),
            keys.join(", "),
        );
        text += &included(of.def, of.index);
        if of.index.nulls_not_distinct {
            text += " NULLS NOT DISTINCT";
        }
        if let Some(predicate) = &of.index.predicate {
            text = format!("{text} WHERE {}", self.expression(predicate, pretty));
        }
        text
    }

    /// One column of an index, counted from 1.
    pub(in crate::catalog) fn index_column(
        &self,
        of: &Indexed<'_>,
        number: usize,
        pretty: bool,
    ) -> Option<String> {
        let at = number.checked_sub(1)?;
        match of.index.keys.get(at) {
            Some(key) => Some(self.key(of.def, key, pretty)),
            None => {
                let column = of.index.included.get(at - of.index.keys.len())?;
                Some(column_names(of.def, &[*column]))
            }
        }
    }

    fn key(&self, def: &TableDef, key: &IndexKey, pretty: bool) -> String {
        match &key.source {
            KeySource::Column(at) => column_names(def, &[*at]),
            KeySource::Expression(text, _) => {
                let text = self.expression(text, pretty);
                if called(&text).is_some() { text } else { format!("({text})") }
            }
        }
    }

    /// What follows `CONSTRAINT name` in a table's definition.
    pub(in crate::catalog) fn constraint_definition(&self, held: &Held<'_>, pretty: bool) -> String {
        let def = held.table.def;
        let mut text = match &held.constraint.kind {
            ConstraintKind::PrimaryKey { index } => format!("PRIMARY KEY {}", index_columns(def, *index)),
            ConstraintKind::Unique { index } => {
                let distinct = def.indexes.iter().any(|kept| kept.oid == *index && kept.nulls_not_distinct);
                let nulls = if distinct { "NULLS NOT DISTINCT " } else { "" };
                format!("UNIQUE {nulls}{}", index_columns(def, *index))
            }
            ConstraintKind::Check(check) => format!("CHECK ({})", self.expression(&check.expression, pretty)),
            ConstraintKind::ForeignKey(key) => self.foreign_key(def, key),
        };
        if held.constraint.deferrable {
            text += " DEFERRABLE";
        }
        if held.constraint.initially_deferred {
            text += " INITIALLY DEFERRED";
        }
        text
    }

    fn foreign_key(&self, def: &TableDef, key: &ForeignKey) -> String {
        let keys = match self.names.catalog.relation(key.table).map(|relation| &relation.kind) {
            Some(RelationKind::Table(referred)) => column_names(referred, &key.keys),
            _ => String::new(),
        };
        format!(
            "FOREIGN KEY ({}) REFERENCES {}({keys}){}{}",
            column_names(def, &key.columns),
            lookup::relation_name(&self.names, key.table).unwrap_or_default(),
            action(" ON UPDATE ", key.on_update),
            action(" ON DELETE ", key.on_delete),
        )
    }

    /// The query of a view, as a statement.
    pub(in crate::catalog) fn view_definition(&self, view: Oid) -> Option<String> {
        let (query, _) = self.names.catalog.relation(view)?.stored_query()?;
        Some(format!(" {query};"))
    }

    /// The text of an expression as the session reads it.
    pub(in crate::catalog) fn expression(&self, text: &str, pretty: bool) -> String {
        let text = self.with_visible_names(text);
        if pretty { self.env.pretty_expression(&text) } else { text }
    }

    /// The relations that a kept text names, as the default of a serial column names its sequence.
    pub(super) fn relations_named_in(&self, text: &str) -> Vec<Oid> {
        let mut literals: Vec<&str> = text.split("'::regclass").collect();
        literals.pop();
        let name = |before: &str| before.rsplit_once('\'').map_or("", |(_, name)| name).to_owned();
        let relation = |before: &str| {
            let parts = identifiers::parts(&name(before))?;
            self.names.find_relation(&parts, NO_POS).ok().flatten()
        };
        literals.into_iter().filter_map(relation).map(|relation| relation.oid()).collect()
    }

    /// The text with bare names for relations that the search path finds: it is kept with whole ones.
    fn with_visible_names(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("'::regclass") {
            // The last quote that is not doubled opens the literal.
            let open = before.rfind('\'').unwrap_or(0);
            let (code, name) = (before.get(..open).unwrap_or(before), before.get(open + 1..).unwrap_or(""));
            let visible = identifiers::parts(name)
                .and_then(|parts| self.names.find_relation(&parts, NO_POS).ok().flatten())
                .and_then(|relation| lookup::relation_name(&self.names, relation.oid()));
            shown += &format!("{code}'{}'::regclass", visible.as_deref().unwrap_or(name));
            rest = after;
        }
        shown + rest
    }
}

/// What is said of a key column's order where it is not the usual one.
fn ordering(key: &IndexKey) -> &'static str {
    match (key.descending, key.nulls_first) {
        (false, false) => "",
        (false, true) => " NULLS FIRST",
        (true, true) => " DESC",
        (true, false) => " DESC NULLS LAST",
    }
}

/// The columns of a key constraint's index.
fn index_columns(def: &TableDef, index: Oid) -> String {
    let keys = format!("({})", column_names(def, &key_columns(def, index)));
    match def.indexes.iter().find(|kept| kept.oid == index) {
        Some(index) => keys + &included(def, index),
        None => keys,
    }
}

fn included(def: &TableDef, index: &IndexDef) -> String {
    match index.included.as_slice() {
        [] => String::new(),
        columns => format!(" INCLUDE ({})", column_names(def, columns)),
    }
}

fn column_names(def: &TableDef, columns: &[usize]) -> String {
    let names = columns.iter().filter_map(|at| def.columns.get(*at)).map(|column| quote(&column.name));
    names.collect::<Vec<_>>().join(", ")
}

/// The function that an expression is the call of; a call needs no parentheses in a list of keys.
pub(super) fn called(text: &str) -> Option<&str> {
    let name = text.get(..text.find('(')?)?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"');
    let mut depth = 0_i32;
    let closes_last = text.char_indices().all(|(at, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth > 0 || at < name.len() || at + 1 == text.len()
    });
    (!name.is_empty() && name.chars().all(plain) && closes_last).then_some(name)
}

fn action(event: &str, action: KeyAction) -> String {
    let action = match action {
        KeyAction::NoAction => return String::new(),
        KeyAction::Restrict => "RESTRICT",
        KeyAction::Cascade => "CASCADE",
        KeyAction::SetNull => "SET NULL",
        KeyAction::SetDefault => "SET DEFAULT",
    };
    format!("{event}{action}")
}
