//! Binding as scripts: SQL above `----`, the logical plan with its columns or the error beneath.
//!
//! `STRATA_REWRITE=1 cargo test -p strata-db --test bind` records what comes out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod surroundings;

use std::fmt::Write as _;
use strata_db::bind::{self, Bound};
use strata_db::error::Result;
use strata_db::parse;
use strata_types::Typmod;
use surroundings::{Quiet, Tables};

#[test]
fn scripts() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts/bind");
    let tables = Tables::new(include_str!("scripts/bind/tables.sql"));
    let rewrite = std::env::var_os("STRATA_REWRITE").is_some();
    let mut scripts: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    scripts.sort();
    for script in scripts {
        let before = std::fs::read_to_string(&script).unwrap();
        let after: String =
            before.split("\n\n").map(|case| replayed(&tables, case)).collect::<Vec<_>>().join("\n\n");
        if rewrite {
            std::fs::write(&script, format!("{}\n", after.trim_end())).unwrap();
        } else {
            assert_eq!(before.trim_end(), after.trim_end(), "{}", script.display());
        }
    }
}

/// A case with what binding yields now. A case without SQL is a comment.
fn replayed(tables: &Tables, case: &str) -> String {
    let (sql, _) = case.split_once("\n----").unwrap_or((case, ""));
    let statement: String = sql.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    if statement.trim().is_empty() {
        return case.trim_end().to_owned();
    }
    format!("{}\n----\n{}", sql.trim_end(), outcome(tables, &statement).trim_end())
}

fn outcome(tables: &Tables, sql: &str) -> String {
    match bound(tables, sql) {
        Ok(bound) => {
            let mut text = String::new();
            let columns: Vec<String> = bound
                .fields
                .iter()
                .map(|field| format!("{} {}", field.name, field.ty.sql_name(field.typmod)))
                .collect();
            if !columns.is_empty() {
                writeln!(text, "({})", columns.join(", ")).unwrap();
            }
            if !bound.params.is_empty() {
                let params: Vec<_> = bound.params.iter().map(|ty| ty.sql_name(Typmod::NONE)).collect();
                writeln!(text, "params {}", params.join(", ")).unwrap();
            }
            format!("{text}{}", bound.plan)
        }
        Err(error) => {
            let position = error.position().map_or_else(String::new, |at| format!(" at {}", at + 1));
            format!("{} {}{position}", error.sqlstate(), error.message())
        }
    }
}

fn bound(tables: &Tables, sql: &str) -> Result<Bound> {
    let parsed = parse::parse(sql)?;
    bind::statement(&tables.names(), &Quiet::default(), &[], &parsed.first().unwrap().statement)
}
