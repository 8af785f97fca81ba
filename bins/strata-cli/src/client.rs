//! The connection: runs text, hands back tables.

use crate::args::Args;
use postgres::error::ErrorPosition;
use postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};
use std::error::Error as Failure;
use std::io::{Read, Write};

/// What a statement answered.
pub(crate) enum Answer {
    /// Rows under column names.
    Table(Table),
    /// A statement without rows: how many it touched.
    Done(u64),
}

impl Answer {
    /// The rows, if there are any to have.
    pub(crate) fn table(self) -> Option<Table> {
        match self {
            Answer::Table(table) => Some(table),
            Answer::Done(_) => None,
        }
    }
}

/// Rows as text.
#[derive(Default)]
pub(crate) struct Table {
    /// The columns' names.
    pub(crate) columns: Vec<String>,
    /// Each with one field per column; `None` is NULL.
    pub(crate) rows: Vec<Vec<Option<String>>>,
}

/// A connection to a server.
pub(crate) struct Connection {
    client: Client,
}

impl Connection {
    /// Connects and logs in; the password comes from `PGPASSWORD`.
    pub(crate) fn open(args: &Args) -> Result<Connection, Error> {
        let user = args.login();
        let mut config = Config::new();
        config.host(&args.host).port(args.port).user(&user).application_name("strata");
        config.dbname(args.dbname.as_deref().unwrap_or(&user));
        if let Ok(password) = std::env::var("PGPASSWORD") {
            config.password(password);
        }
        config.notice_callback(|notice| eprintln!("{}:  {}", notice.severity(), notice.message()));
        Ok(Connection { client: config.connect(NoTls)? })
    }

    /// Runs one or more statements.
    pub(crate) fn run(&mut self, text: &str) -> Result<Vec<Answer>, Error> {
        let mut answers = Vec::new();
        let mut open: Option<Table> = None;
        for message in self.client.simple_query(text)? {
            match message {
                SimpleQueryMessage::RowDescription(columns) => {
                    let columns = columns.iter().map(|column| column.name().to_owned()).collect();
                    open = Some(Table { columns, rows: Vec::new() });
                }
                SimpleQueryMessage::Row(row) => {
                    let table = open.get_or_insert_default();
                    table.rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
                }
                SimpleQueryMessage::CommandComplete(count) => {
                    answers.push(open.take().map_or(Answer::Done(count), Answer::Table));
                }
                _ => {}
            }
        }
        Ok(answers)
    }

    /// `COPY … FROM STDIN`, fed from a reader. Returns the rows copied.
    pub(crate) fn copy_in(&mut self, statement: &str, from: &mut dyn Read) -> Result<u64, Box<dyn Failure>> {
        let failed = |error: Error| describe(&error, statement);
        let mut writer = self.client.copy_in(statement).map_err(failed)?;
        std::io::copy(from, &mut writer)?;
        Ok(writer.finish().map_err(failed)?)
    }

    /// `COPY … TO STDOUT`, into a writer. Returns the bytes copied.
    pub(crate) fn copy_out(&mut self, statement: &str, to: &mut dyn Write) -> Result<u64, Box<dyn Failure>> {
        let mut reader = self.client.copy_out(statement).map_err(|error| describe(&error, statement))?;
        Ok(std::io::copy(&mut reader, to)?)
    }
}

/// An error as psql shows it, with the place in the statement that it is about.
pub(crate) fn describe(error: &Error, statement: &str) -> String {
    let Some(db) = error.as_db_error() else { return error.to_string() };
    let mut text = format!("{}:  {}", db.severity(), db.message());
    if let Some(ErrorPosition::Original(position)) = db.position() {
        text.push_str(&pointed_at(statement, *position as usize));
    }
    if let Some(detail) = db.detail() {
        text.push_str(&format!("\nDETAIL:  {detail}"));
    }
    if let Some(hint) = db.hint() {
        text.push_str(&format!("\nHINT:  {hint}"));
    }
    text
}

/// The line on which the `position`th character stands (from 1), and a mark beneath it.
fn pointed_at(statement: &str, position: usize) -> String {
    let before: String = statement.chars().take(position.saturating_sub(1)).collect();
    let line = before.matches('\n').count();
    let Some(text) = statement.lines().nth(line) else { return String::new() };
    let label = format!("LINE {}: ", line + 1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    format!("\n{label}{text}\n{}^", " ".repeat(label.len() + column))
}

#[cfg(test)]
mod tests {
    use super::pointed_at;

    #[test]
    fn a_mark_stands_beneath_the_place() {
        assert_eq!(pointed_at("SELECT 1,\n  größe", 13), "\nLINE 2:   größe\n          ^");
        assert_eq!(pointed_at("SELECT", 90), "\nLINE 1: SELECT\n              ^");
    }
}
