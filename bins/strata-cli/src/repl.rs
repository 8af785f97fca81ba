//! Lines from a person: history, completion, prompts.

use crate::client::Answer;
use crate::command::COMMANDS;
use crate::shell::{Next, Shell};
use crate::splitter;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Editor, Helper, Highlighter, Hinter};
use std::error::Error;
use std::path::PathBuf;

const TABLES: &str = "SELECT c.relname FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

const KEYWORDS: &[&str] = &[
    "ALTER",
    "AND",
    "AS",
    "ASC",
    "BEGIN",
    "BETWEEN",
    "BY",
    "CASE",
    "CHECK",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEFAULT",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DROP",
    "ELSE",
    "END",
    "EXISTS",
    "EXPLAIN",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTO",
    "IS",
    "JOIN",
    "KEY",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OVER",
    "PARTITION",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "RIGHT",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SEQUENCE",
    "SET",
    "TABLE",
    "THEN",
    "TRUNCATE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALUES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

/// Completes keywords, commands and the names of relations.
#[derive(Helper, Hinter, Highlighter)]
struct Words {
    relations: Vec<String>,
}

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..at).unwrap_or(line);
        let start =
            before.rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '\\')).map_or(0, |found| {
                found + before.get(found..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
            });
        Ok((start, self.candidates(before.get(start..).unwrap_or_default())))
    }
}

impl Words {
    fn candidates(&self, word: &str) -> Vec<String> {
        if word.is_empty() {
            return self.relations.clone();
        }
        let commands = COMMANDS.iter().map(|(name, ..)| *name).filter(|name| name.starts_with(word));
        let keywords = KEYWORDS.iter().copied().filter(|name| name.starts_with(&word.to_uppercase()));
        let relations = self.relations.iter().map(String::as_str).filter(|name| name.starts_with(word));
        commands.chain(keywords).chain(relations).map(str::to_owned).collect()
    }
}

impl Validator for Words {
    /// Enter ends a statement that is whole and otherwise opens a line beneath, so that all of it can be edited.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let said = context.input();
        let whole = splitter::is_blank(said) || splitter::statement_len(said).is_some();
        Ok(if whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

/// Reads and runs until the person leaves.
pub(crate) fn run(shell: &mut Shell) -> Result<(), Box<dyn Error>> {
    println!("strata {}. \\? for help, \\q to leave.", env!("CARGO_PKG_VERSION"));
    let mut editor: Editor<Words, DefaultHistory> = Editor::new()?;
    let history = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".strata_history"));
    if let Some(path) = &history {
        // The first time there is none.
        let _ = editor.load_history(path);
    }
    loop {
        editor.set_helper(Some(Words { relations: relations(shell) }));
        let said = match editor.readline("strata=> ") {
            Ok(said) => said,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error.into()),
        };
        if !said.trim().is_empty() {
            editor.add_history_entry(said.trim())?;
        }
        match shell.script(&said) {
            Ok(Next::Go) => {}
            Ok(Next::Quit) => break,
            Err(failure) => eprintln!("{}", failure.text),
        }
    }
    if let Some(path) = &history {
        editor.save_history(path)?;
    }
    Ok(())
}

/// The names to complete; none while the transaction is broken.
fn relations(shell: &mut Shell) -> Vec<String> {
    let Ok(answers) = shell.connection.run(TABLES) else { return Vec::new() };
    let tables = answers.into_iter().filter_map(Answer::table);
    tables.flat_map(|table| table.rows).filter_map(|row| row.into_iter().next().flatten()).collect()
}
