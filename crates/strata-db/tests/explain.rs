//! EXPLAIN, as scripts: SQL in, the plan as PostgreSQL would print it out.
//!
//! Everything before the first blank line of `tests/scripts/explain/*` builds the tables; then each block is
//! one statement, `---`, and what EXPLAIN (COSTS OFF) says. `UPDATE=1` writes what it says now.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod engine;

use engine::Embedded;
use std::fmt::Write as _;
use std::path::Path;

#[test]
fn plans_are_shown_as_postgresql_shows_them() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/explain");
    let mut scripts: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    assert!(!scripts.is_empty());
    for script in scripts {
        let expected = std::fs::read_to_string(&script).unwrap();
        let found = run(&expected);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&script, found).unwrap();
        } else {
            assert_eq!(found, expected, "{}", script.display());
        }
    }
}

/// The script with the plans of now.
fn run(script: &str) -> String {
    let mut engine = Embedded::start();
    let (setup, blocks) = script.split_once("\n\n").unwrap();
    for statement in setup.split_inclusive(';') {
        engine.ok(statement);
    }
    let mut out = format!("{setup}\n");
    for block in blocks.trim_end().split("\n\n") {
        let sql = block.split("\n---").next().unwrap();
        let shown = match sql.trim_start().to_ascii_lowercase().starts_with("explain") {
            true => sql.to_owned(),
            false => format!("EXPLAIN (COSTS OFF) {sql}"),
        };
        let lines = engine.ok(&shown).into_iter().map(|mut row| row.pop().flatten().unwrap_or_default());
        let lines: Vec<String> = lines.collect();
        let _ = write!(out, "\n{sql}\n---\n{}\n", lines.join("\n"));
    }
    out
}
