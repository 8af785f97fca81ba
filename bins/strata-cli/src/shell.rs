//! What runs whatever is said: statements to the server, backslash commands here.

use crate::args::Args;
use crate::client::{self, Answer, Connection};
use crate::{command, render, repl, splitter};
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Lines beyond which a table goes through the pager.
const PAGE_LINES: usize = 40;

/// A connection and how its answers are shown.
pub(crate) struct Shell {
    /// To the server.
    pub(crate) connection: Connection,
    /// `\timing`.
    pub(crate) timing: bool,
    /// `\x`.
    pub(crate) expanded: bool,
    paged: bool,
}

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Read more.
    Go,
    /// Leave.
    Quit,
}

/// A statement or command that failed.
pub(crate) struct Failure {
    /// What there is to say about it.
    pub(crate) text: String,
    /// The line of the script on which it begins, from 1.
    pub(crate) line: usize,
}

/// Runs what the flags ask for. False when a statement failed.
pub(crate) fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let connection = Connection::open(args).map_err(|error| client::describe(&error, ""))?;
    let scripted = !args.command.is_empty() || args.file.is_some();
    let interactive = !scripted && std::io::stdin().is_terminal();
    let mut shell = Shell { connection, timing: false, expanded: false, paged: interactive };
    if interactive {
        repl::run(&mut shell)?;
        return Ok(true);
    }
    for text in &args.command {
        if let Err(failure) = shell.script(text) {
            eprintln!("{}", failure.text);
            return Ok(false);
        }
    }
    let failed = match &args.file {
        Some(path) => shell.file(path).err().map(|error| error.to_string()),
        None if scripted => None,
        None => shell.script(&std::io::read_to_string(std::io::stdin())?).err().map(|failure| failure.text),
    };
    if let Some(text) = &failed {
        eprintln!("{text}");
    }
    Ok(failed.is_none())
}

impl Shell {
    /// Runs a file's statements and commands until one fails.
    pub(crate) fn file(&mut self, path: &Path) -> Result<Next, Box<dyn Error>> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        self.script(&text).map_err(|failure| format!("{shown}:{}: {}", failure.line, failure.text).into())
    }

    /// Runs statements and commands until one fails.
    pub(crate) fn script(&mut self, text: &str) -> Result<Next, Failure> {
        let mut rest = text.trim_start();
        while !splitter::is_blank(rest) {
            let begun = text.len() - rest.len();
            let (said, mut after) = rest.split_at(splitter::statement_len(rest).unwrap_or(rest.len()));
            let outcome = if is_copy(said, "STDIN") {
                let (data, behind) = inline_data(after);
                after = behind;
                self.copy_inline(said, data)
            } else {
                self.say(said)
            };
            match outcome {
                Ok(Next::Go) => {}
                Ok(Next::Quit) => return Ok(Next::Quit),
                Err(error) => {
                    let before = text.get(..begun).unwrap_or_default();
                    return Err(Failure { text: error.to_string(), line: before.matches('\n').count() + 1 });
                }
            }
            rest = after.trim_start();
        }
        Ok(Next::Go)
    }

    /// Runs one statement or one command.
    fn say(&mut self, said: &str) -> Result<Next, Box<dyn Error>> {
        let said = said.trim();
        if said.starts_with('\\') {
            return command::run(self, said);
        }
        if is_copy(said, "STDOUT") {
            self.connection.copy_out(said, &mut std::io::stdout())?;
        } else {
            self.query(said)?;
        }
        Ok(Next::Go)
    }

    /// `COPY … FROM STDIN` in a script: the rows stand behind it, up to a line `\.`.
    fn copy_inline(&mut self, statement: &str, data: &str) -> Result<Next, Box<dyn Error>> {
        let rows = self.connection.copy_in(statement, &mut data.as_bytes())?;
        println!("COPY {rows}");
        Ok(Next::Go)
    }

    /// Runs statements and shows what they answer.
    #[allow(clippy::disallowed_methods, reason = "\\timing shows a person's waiting time")]
    pub(crate) fn query(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let started = std::time::Instant::now();
        let answers = self.connection.run(text).map_err(|error| client::describe(&error, text))?;
        let elapsed = started.elapsed();
        for answer in &answers {
            match answer {
                Answer::Table(table) if self.expanded => self.show(&render::expanded(table)),
                Answer::Table(table) => self.show(&render::aligned(table)),
                Answer::Done(0) => println!("done"),
                Answer::Done(count) => println!("done, {count} {}", if *count == 1 { "row" } else { "rows" }),
            }
        }
        if self.timing {
            println!("Time: {:.3} ms", elapsed.as_secs_f64() * 1000.0);
        }
        Ok(())
    }

    /// Prints, through the pager if it would run off the screen.
    pub(crate) fn show(&self, text: &str) {
        if !self.paged || text.lines().count() < PAGE_LINES || page(text).is_none() {
            // Whoever reads us has gone: there is nobody left to tell.
            let _ = std::io::stdout().write_all(text.as_bytes());
        }
    }
}

/// `None` if there is no pager.
fn page(text: &str) -> Option<()> {
    let pager = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    let mut child = Command::new(pager).env("LESS", "-SFRX").stdin(Stdio::piped()).spawn().ok()?;
    // A reader who quits the pager early closes the pipe, which is no failure.
    let _ = child.stdin.take()?.write_all(text.as_bytes());
    child.wait().ok()?;
    Some(())
}

/// Whether a statement is a COPY that names this end of the connection.
fn is_copy(statement: &str, end: &str) -> bool {
    let mut words = statement.split(|c: char| c.is_whitespace() || c == ';').filter(|word| !word.is_empty());
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("COPY"))
        && words.any(|word| word.eq_ignore_ascii_case(end))
}

/// The lines from the next one up to `\.`, and what follows that.
fn inline_data(text: &str) -> (&str, &str) {
    let data = text.split_once('\n').map_or("", |(_, data)| data);
    let mut at = 0;
    for line in data.split_inclusive('\n') {
        if line.trim_end() == "\\." {
            return (data.get(..at).unwrap_or_default(), data.get(at + line.len()..).unwrap_or_default());
        }
        at += line.len();
    }
    (data, "")
}

#[cfg(test)]
mod tests {
    use super::{inline_data, is_copy};

    #[test]
    fn rows_stand_behind_a_copy() {
        assert!(is_copy("copy t (a)\nfrom stdin;", "STDIN"));
        assert!(!is_copy("SELECT 'copy from stdin'", "STDIN"));
        assert_eq!(inline_data("\n1\ta\n2\tb\n\\.\nSELECT 1;"), ("1\ta\n2\tb\n", "SELECT 1;"));
        assert_eq!(inline_data("\n1\n"), ("1\n", ""));
    }
}
