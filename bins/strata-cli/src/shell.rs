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

/// Runs what the flags ask for. False when a statement failed.
pub(crate) fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let connection = Connection::open(args).map_err(|error| client::describe(&error))?;
    let interactive = args.command.is_empty() && args.file.is_none() && std::io::stdin().is_terminal();
    let mut shell = Shell { connection, timing: false, expanded: false, paged: interactive };
    if interactive {
        repl::run(&mut shell)?;
        return Ok(true);
    }
    for text in &args.command {
        if !shell.script(text) {
            return Ok(false);
        }
    }
    match &args.file {
        Some(path) => shell.file(path),
        None if args.command.is_empty() => Ok(shell.script(&std::io::read_to_string(std::io::stdin())?)),
        None => Ok(true),
    }
}

impl Shell {
    /// Runs a file's statements and commands. False if one failed.
    pub(crate) fn file(&mut self, path: &Path) -> Result<bool, Box<dyn Error>> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(self.script(&text))
    }

    /// Runs statements and commands until one fails.
    fn script(&mut self, text: &str) -> bool {
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let len = if rest.starts_with('\\') {
                rest.find('\n').unwrap_or(rest.len())
            } else {
                splitter::statement_len(rest).unwrap_or(rest.len())
            };
            let (said, after) = rest.split_at(len);
            match self.say(said) {
                Ok(Next::Go) => {}
                Ok(Next::Quit) => return true,
                Err(error) => {
                    eprintln!("{error}");
                    return false;
                }
            }
            rest = after.trim_start();
        }
        true
    }

    /// Runs one statement or one command.
    pub(crate) fn say(&mut self, said: &str) -> Result<Next, Box<dyn Error>> {
        let said = said.trim();
        if said.starts_with('\\') {
            return command::run(self, said);
        }
        self.query(said)?;
        Ok(Next::Go)
    }

    /// Runs statements and shows what they answer.
    #[allow(clippy::disallowed_methods, reason = "\\timing shows a person's waiting time")]
    pub(crate) fn query(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let started = std::time::Instant::now();
        let answers = self.connection.run(text).map_err(|error| client::describe(&error))?;
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
    fn show(&self, text: &str) {
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
