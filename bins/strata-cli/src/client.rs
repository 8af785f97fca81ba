//! The connection: runs text, hands back tables.

use crate::args::Args;
use postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};
use std::io::{Read, Write};

/// What a statement answered.
pub(crate) enum Answer {
    /// Rows under column names.
    Table(Table),
    /// A statement without rows: how many it touched.
    Done(u64),
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
    pub(crate) fn copy_in(
        &mut self,
        statement: &str,
        from: &mut dyn Read,
    ) -> Result<u64, Box<dyn std::error::Error>> {
        let mut writer = self.client.copy_in(statement)?;
        std::io::copy(from, &mut writer)?;
        Ok(writer.finish()?)
    }

    /// `COPY … TO STDOUT`, into a writer. Returns the bytes copied.
    pub(crate) fn copy_out(
        &mut self,
        statement: &str,
        to: &mut dyn Write,
    ) -> Result<u64, Box<dyn std::error::Error>> {
        let mut reader = self.client.copy_out(statement)?;
        Ok(std::io::copy(&mut reader, to)?)
    }
}

/// An error as psql shows it.
pub(crate) fn describe(error: &Error) -> String {
    let Some(db) = error.as_db_error() else { return error.to_string() };
    let mut text = format!("{}:  {}", db.severity(), db.message());
    if let Some(detail) = db.detail() {
        text.push_str(&format!("\nDETAIL:  {detail}"));
    }
    if let Some(hint) = db.hint() {
        text.push_str(&format!("\nHINT:  {hint}"));
    }
    text
}
