//! SQL over the wire: every file under `specs/` says what PostgreSQL answers, and strata answers the same.
//!
//! A spec is a sqllogictest file. It is run on PostgreSQL first, which proves the expectation, and from then
//! on against strata at every test run. A paragraph that strata answers otherwise is marked `skipif strata`:
//! those marks are the list of the differences that are known.
//!
//! What happens between sessions stands under `scenarios/`: see [`rehearse`].

mod record;
mod scenario;

pub use record::record;
pub use scenario::{record_scenario, rehearse, scenarios};

use postgres::{Client, Config, NoTls, SimpleQueryMessage};
use sqllogictest::{DB, DBOutput, DefaultColumnType, Runner};
use std::path::{Path, PathBuf};

/// A server to run specs on.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// Leaves out what is marked `skipif strata`.
    pub is_strata: bool,
}

/// A connection that a spec runs on.
pub struct Connection(Client);

impl Target {
    /// Connects.
    ///
    /// # Errors
    /// Of the socket or the server.
    pub fn connect(&self) -> Result<Connection, postgres::Error> {
        let mut config = Config::new();
        config.host(&self.host).port(self.port).user(&self.user).dbname("postgres");
        config.connect(NoTls).map(Connection)
    }

    /// Connects as a spec does: unqualified names are in the spec's own schema.
    fn session(&self) -> Result<Connection, postgres::Error> {
        let mut connection = self.connect()?;
        connection.run("SET search_path = strata_spec")?;
        Ok(connection)
    }
}

impl DB for Connection {
    type Error = postgres::Error;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, postgres::Error> {
        let mut columns = None;
        let mut rows = Vec::new();
        let mut count = 0;
        for message in self.0.simple_query(sql)? {
            match message {
                SimpleQueryMessage::RowDescription(described) => columns = Some(described.len()),
                SimpleQueryMessage::Row(row) => {
                    rows.push((0..row.len()).map(|at| field(row.get(at))).collect());
                }
                SimpleQueryMessage::CommandComplete(touched) => count = touched,
                _ => {}
            }
        }
        Ok(match columns {
            Some(columns) => DBOutput::Rows { types: vec![DefaultColumnType::Any; columns], rows },
            None => DBOutput::StatementComplete(count),
        })
    }

    fn error_sql_state(error: &postgres::Error) -> Option<String> {
        error.code().map(|code| code.code().to_owned())
    }
}

/// A field as specs write it.
fn field(text: Option<&str>) -> String {
    match text {
        None => "NULL".to_owned(),
        Some("") => "(empty)".to_owned(),
        Some(text) => text.to_owned(),
    }
}

/// Every spec, in order of its path.
pub fn specs() -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("specs"), &mut found);
    found.sort();
    found
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "slt") {
            found.push(path);
        }
    }
}

/// Runs one spec in a schema of its own. `Err` says what differs, all of it.
///
/// # Errors
/// The records whose answers are not those that the spec expects.
pub fn run(target: &Target, spec: &Path) -> Result<(), String> {
    fresh(target).map_err(|error| format!("an empty schema: {error}"))?;
    let mut runner = Runner::new(|| async { target.session() });
    if target.is_strata {
        runner.add_label("strata");
    }
    let records = sqllogictest::parse_file::<DefaultColumnType>(spec).map_err(|error| error.to_string())?;
    let differ = records.into_iter().filter_map(|record| runner.run(record).err());
    let differ: Vec<String> = differ.map(|error| error.display(false).to_string()).collect();
    if differ.is_empty() { Ok(()) } else { Err(differ.join("\n\n")) }
}

/// Makes the schema that a spec runs in, empty.
fn fresh(target: &Target) -> Result<(), postgres::Error> {
    let mut admin = target.connect()?;
    for statement in ["DROP SCHEMA IF EXISTS strata_spec CASCADE", "CREATE SCHEMA strata_spec"] {
        admin.run(statement)?;
    }
    Ok(())
}
