//! The statements behind a foreign key, as SQL: they go through the plan cache like everybody else's.

use super::reference::{Reference, table_of};
use crate::parse::quote_ident;
use crate::schema::{KeyAction, RelationDef};
use crate::session::environment::StepEnvironment;
use strata_types::Type;

/// A statement with the types of its parameters.
pub(super) struct Internal {
    pub(super) sql: String,
    pub(super) types: Vec<Type>,
}

impl Reference {
    /// Locks the row referred to, so that it stays: `$1 …` is the key. No row: the key is not there.
    pub(super) fn look_up(&self, env: &StepEnvironment<'_>) -> Internal {
        let key = conditions(&self.referred, &self.key.keys, 1);
        Internal {
            sql: format!(
                "SELECT 1 FROM ONLY {} x WHERE {key} FOR KEY SHARE OF x",
                qualified(env, &self.referred)
            ),
            types: column_types(&self.referring, &self.key.columns),
        }
    }

    /// A row that still refers to a key.
    pub(super) fn find_referring(&self, env: &StepEnvironment<'_>) -> Internal {
        let key = conditions(&self.referring, &self.key.columns, 1);
        Internal {
            sql: format!("SELECT 1 FROM ONLY {} x WHERE {key} LIMIT 1", qualified(env, &self.referring)),
            types: column_types(&self.referred, &self.key.keys),
        }
    }

    /// A row that has a key again that another one has given up.
    pub(super) fn find_referred(&self, env: &StepEnvironment<'_>) -> Internal {
        let key = conditions(&self.referred, &self.key.keys, 1);
        Internal {
            sql: format!("SELECT 1 FROM ONLY {} x WHERE {key} LIMIT 1", qualified(env, &self.referred)),
            types: column_types(&self.referred, &self.key.keys),
        }
    }

    /// What is done to the rows that refer to a key which is gone; `$1 …` is that key, behind it the new
    /// one. `None`: nothing, they must not be there.
    pub(super) fn act(&self, env: &StepEnvironment<'_>, updated: bool) -> Option<Internal> {
        let action = if updated { self.key.on_update } else { self.key.on_delete };
        let table = qualified(env, &self.referring);
        let condition = conditions(&self.referring, &self.key.columns, 1);
        let count = self.key.columns.len();
        let mut types = column_types(&self.referred, &self.key.keys);
        let names: Vec<String> =
            self.key.columns.iter().map(|at| column_name(&self.referring, *at)).collect();
        let set = |value: &dyn Fn(usize) -> String| {
            let parts = names.iter().enumerate().map(|(index, name)| format!("{name} = {}", value(index)));
            parts.collect::<Vec<_>>().join(", ")
        };
        let assignments = match action {
            KeyAction::NoAction | KeyAction::Restrict => return None,
            KeyAction::Cascade if !updated => {
                return Some(Internal {
                    sql: format!("DELETE FROM ONLY {table} x WHERE {condition}"),
                    types,
                });
            }
            KeyAction::Cascade => {
                types.extend_from_within(..);
                set(&|index| format!("${}", count + index + 1))
            }
            KeyAction::SetNull => set(&|_| "NULL".to_owned()),
            KeyAction::SetDefault => set(&|_| "DEFAULT".to_owned()),
        };
        Some(Internal { sql: format!("UPDATE ONLY {table} x SET {assignments} WHERE {condition}"), types })
    }

    /// A row of the referring table whose key is not there: what a new foreign key is checked by.
    pub(super) fn find_orphan(&self, env: &StepEnvironment<'_>) -> Internal {
        let pairs = self.key.columns.iter().zip(&self.key.keys);
        let equal: Vec<String> = pairs
            .map(|(column, key)| {
                format!(
                    "x.{} = y.{}",
                    column_name(&self.referring, *column),
                    column_name(&self.referred, *key)
                )
            })
            .collect();
        let mine: Vec<String> =
            self.key.columns.iter().map(|at| format!("x.{}", column_name(&self.referring, *at))).collect();
        let known: Vec<String> = mine.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        Internal {
            sql: format!(
                "SELECT {} FROM ONLY {} x WHERE {} AND NOT EXISTS (SELECT 1 FROM ONLY {} y WHERE {}) LIMIT 1",
                mine.join(", "),
                qualified(env, &self.referring),
                known.join(" AND "),
                qualified(env, &self.referred),
                equal.join(" AND ")
            ),
            types: Vec::new(),
        }
    }

    /// The names of the referring columns, or of those referred to, with commas between.
    pub(super) fn names_of(&self, relation: &RelationDef, columns: &[usize]) -> String {
        let names = columns.iter().filter_map(|at| table_of(relation).columns.get(*at));
        names.map(|column| column.name.clone()).collect::<Vec<_>>().join(", ")
    }
}

fn conditions(relation: &RelationDef, columns: &[usize], first: usize) -> String {
    let parts = columns
        .iter()
        .enumerate()
        .map(|(index, at)| format!("x.{} = ${}", column_name(relation, *at), first + index));
    parts.collect::<Vec<_>>().join(" AND ")
}

fn column_name(relation: &RelationDef, at: usize) -> String {
    table_of(relation).columns.get(at).map(|column| quote_ident(&column.name)).unwrap_or_default()
}

/// The types of some columns: those of the keys that parameters bring.
pub(super) fn column_types(relation: &RelationDef, columns: &[usize]) -> Vec<Type> {
    let columns = columns.iter().filter_map(|at| table_of(relation).columns.get(*at));
    columns.map(|column| column.ty).collect()
}

fn qualified(env: &StepEnvironment<'_>, relation: &RelationDef) -> String {
    let dataset = env.catalog.dataset(relation.dataset).map_or("public", |dataset| &dataset.name);
    format!("{}.{}", quote_ident(dataset), quote_ident(&relation.name))
}
