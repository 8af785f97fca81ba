//! What an error that a check of a foreign key raises says of where it was: PostgreSQL's text of the statement.

use super::reference::{Reference, table_of};
use crate::schema::{KeyAction, RelationDef};
use crate::session::environment::StepEnvironment;

/// What a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The row referred to is to be there.
    Referred,
    /// No row is to refer.
    Referring,
    /// The rows that refer are deleted, or changed after an update (`true`) of the key.
    Act(bool),
}

impl Reference {
    /// The context of an error.
    pub(super) fn context(&self, env: &StepEnvironment<'_>, purpose: Purpose) -> String {
        let (referring, referred) = (qualified(env, &self.referring), qualified(env, &self.referred));
        let columns = names(&self.referring, &self.key.columns);
        let keys = names(&self.referred, &self.key.keys);
        let equal = |first: usize| {
            let parts = columns.iter().enumerate();
            joined(" AND ", parts.map(|(at, name)| format!("${} OPERATOR(pg_catalog.=) {name}", first + at)))
        };
        let set = |value: &dyn Fn(usize) -> String| {
            joined(", ", columns.iter().enumerate().map(|(at, name)| format!("{name} = {}", value(at + 1))))
        };
        let text = match purpose {
            Purpose::Referred => {
                let parts = keys.iter().enumerate();
                let found = parts.map(|(at, name)| format!("{name} OPERATOR(pg_catalog.=) ${}", at + 1));
                format!("SELECT 1 FROM ONLY {referred} x WHERE {} FOR KEY SHARE OF x", joined(" AND ", found))
            }
            Purpose::Referring => {
                format!("SELECT 1 FROM ONLY {referring} x WHERE {} FOR KEY SHARE OF x", equal(1))
            }
            Purpose::Act(updated) => match if updated { self.key.on_update } else { self.key.on_delete } {
                KeyAction::Cascade if updated => {
                    let set = set(&|at| format!("${at}"));
                    format!("UPDATE ONLY {referring} SET {set} WHERE {}", equal(columns.len() + 1))
                }
                KeyAction::SetNull => {
                    format!("UPDATE ONLY {referring} SET {} WHERE {}", set(&|_| "NULL".to_owned()), equal(1))
                }
                KeyAction::SetDefault => {
                    let set = set(&|_| "DEFAULT".to_owned());
                    format!("UPDATE ONLY {referring} SET {set} WHERE {}", equal(1))
                }
                _ => format!("DELETE FROM ONLY {referring} WHERE {}", equal(1)),
            },
        };
        format!("SQL statement \"{text}\"")
    }
}

fn joined(between: &str, parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(between)
}

fn names(relation: &RelationDef, columns: &[usize]) -> Vec<String> {
    let columns = columns.iter().filter_map(|at| table_of(relation).columns.get(*at));
    columns.map(|column| quoted(&column.name)).collect()
}

fn qualified(env: &StepEnvironment<'_>, relation: &RelationDef) -> String {
    let dataset = env.catalog.dataset(relation.dataset).map_or("public", |dataset| &dataset.name);
    format!("{}.{}", quoted(dataset), quoted(&relation.name))
}

/// In quotes, whether it needs them or not.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
