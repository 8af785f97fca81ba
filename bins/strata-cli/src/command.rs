//! `\d`, `\copy` and their kind: one table from which `\?` and the dispatch follow.

use crate::describe;
use crate::shell::{Next, Shell};
use std::error::Error;
use std::fs::File;
use std::path::Path;

/// The commands, what follows them, what they do.
pub(crate) const COMMANDS: &[(&str, &str, &str)] = &[
    ("\\d", "[NAME]", "relations, or the columns and indexes of one"),
    ("\\dt", "[PATTERN]", "tables, or those whose names match: * stands for any text, ? for one character"),
    ("\\l", "", "databases"),
    ("\\timing", "", "show how long statements take, or stop that"),
    ("\\x", "", "a line for each column, or for each row"),
    ("\\copy", "TABLE from|to FILE", "copy a file here into a table there, or back"),
    ("\\i", "FILE", "run a file"),
    ("\\?", "", "this help"),
    ("\\q", "", "leave"),
];

/// Runs a command.
pub(crate) fn run(shell: &mut Shell, said: &str) -> Result<Next, Box<dyn Error>> {
    let said = said.trim_end_matches(';');
    let (name, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    let rest = rest.trim();
    match name {
        "\\q" => return Ok(Next::Quit),
        "\\?" => help(),
        "\\timing" => {
            shell.timing = !shell.timing;
            println!("Timing is {}.", if shell.timing { "on" } else { "off" });
        }
        "\\x" => {
            shell.expanded = !shell.expanded;
            println!("Expanded display is {}.", if shell.expanded { "on" } else { "off" });
        }
        "\\l" => describe::databases(shell)?,
        "\\dt" => describe::relations(shell, "'r', 'p'", rest)?,
        "\\d" if rest.is_empty() => describe::relations(shell, "'r', 'p', 'v', 'm', 'S'", "")?,
        "\\d" => describe::relation(shell, rest)?,
        "\\i" => return shell.file(Path::new(rest)),
        "\\copy" => copy(shell, rest)?,
        other => return Err(format!("there is no command {other}; \\? lists those that are").into()),
    }
    Ok(Next::Go)
}

fn help() {
    for (name, rest, text) in COMMANDS {
        println!("  {:<28} {text}", format!("{name} {rest}"));
    }
}

/// `TABLE from|to FILE`: a file here, a table there; CSV when the file's name ends so.
fn copy(shell: &mut Shell, rest: &str) -> Result<(), Box<dyn Error>> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [table, direction, file] = words.as_slice() else {
        return Err("say \\copy TABLE from|to FILE".into());
    };
    let path = file.trim_matches('\'');
    let options = if path.ends_with(".csv") { " WITH (FORMAT csv)" } else { "" };
    let unopened = |error| format!("{path}: {error}");
    if direction.eq_ignore_ascii_case("from") {
        let mut from = open(path).map_err(unopened)?;
        let rows = shell.connection.copy_in(&format!("COPY {table} FROM STDIN{options}"), &mut from);
        println!("COPY {}", rows?);
    } else if direction.eq_ignore_ascii_case("to") {
        let mut to = create(path).map_err(unopened)?;
        let bytes = shell.connection.copy_out(&format!("COPY {table} TO STDOUT{options}"), &mut to);
        println!("COPY, {} bytes", bytes?);
    } else {
        return Err(format!("\\copy goes from or to a file, not {direction}").into());
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "a client's files are its user's, not the store's")]
fn open(path: &str) -> std::io::Result<File> {
    File::open(path)
}

#[allow(clippy::disallowed_methods, reason = "a client's files are its user's, not the store's")]
fn create(path: &str) -> std::io::Result<File> {
    File::create(path)
}
