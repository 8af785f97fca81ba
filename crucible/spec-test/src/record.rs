//! Writes what a server answers into a spec: how an expectation is first proven on PostgreSQL.
//!
//! Every paragraph may start as `statement ok`; a recording turns it into the query or the error that it is.

use crate::{Connection, Target, fresh};
use sqllogictest::{
    Connection as Named, DB, DBOutput, DefaultColumnType, QueryExpect, Record, SortMode, StatementExpect,
};
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

/// Runs every record of a spec and writes the spec anew with the answers that came.
///
/// # Errors
/// Of the file and of the connection; an error that a statement answers is what is recorded.
pub fn record(target: &Target, spec: &Path) -> Result<(), Box<dyn Error>> {
    fresh(target)?;
    let mut recorder = Recorder { target, connections: HashMap::new(), text: String::new() };
    for record in sqllogictest::parse_file::<DefaultColumnType>(spec)? {
        match record {
            Record::Statement { connection, sql, expected, .. } => {
                let counted = matches!(expected, StatementExpect::Count(_));
                recorder.paragraph(connection, &sql, counted, None)?;
            }
            Record::Query { connection, sql, expected, .. } => {
                let sort = match expected {
                    QueryExpect::Results { sort_mode, .. } => sort_mode,
                    QueryExpect::Error(_) => None,
                };
                recorder.paragraph(connection, &sql, false, sort)?;
            }
            Record::Injected(_) => {}
            other => recorder.text.push_str(&format!("{other}\n")),
        }
    }
    std::fs::write(spec, format!("{}\n", recorder.text.trim_end()))?;
    Ok(())
}

struct Recorder<'a> {
    target: &'a Target,
    connections: HashMap<String, Connection>,
    text: String,
}

impl Recorder<'_> {
    fn paragraph(
        &mut self,
        connection: Named,
        sql: &str,
        counted: bool,
        sort: Option<SortMode>,
    ) -> Result<(), Box<dyn Error>> {
        let name = match connection {
            Named::Default => String::new(),
            Named::Named(name) => name,
        };
        if !self.connections.contains_key(&name) {
            self.connections.insert(name.clone(), self.target.session()?);
        }
        let Some(connection) = self.connections.get_mut(&name) else { return Ok(()) };
        let text = match connection.run(sql) {
            Ok(DBOutput::Rows { rows, .. }) => query(sql, rows, sort),
            Ok(DBOutput::StatementComplete(count)) if counted => format!("statement count {count}\n{sql}\n"),
            Ok(_) => format!("statement ok\n{sql}\n"),
            Err(error) => match Connection::error_sql_state(&error) {
                Some(code) => format!("statement error ({code})\n{sql}\n"),
                None => return Err(error.into()),
            },
        };
        self.text.push_str(&text);
        // The blank line that ends a paragraph belongs to its record, so no record of its own brings it back.
        self.text.push('\n');
        Ok(())
    }
}

/// A query and its rows, its columns typed by their looks.
fn query(sql: &str, mut rows: Vec<Vec<String>>, sort: Option<SortMode>) -> String {
    if sort == Some(SortMode::RowSort) {
        rows.sort_unstable();
    }
    let columns = rows.first().map_or(1, Vec::len);
    let types: String = (0..columns).map(|at| letter(rows.iter().filter_map(|row| row.get(at)))).collect();
    let sorted = if sort == Some(SortMode::RowSort) { " rowsort" } else { "" };
    let lines: String = rows.iter().map(|row| format!("\n{}", row.join(" "))).collect();
    format!("query {types}{sorted}\n{sql}\n----{lines}\n")
}

fn letter<'a>(mut fields: impl Iterator<Item = &'a String>) -> char {
    if fields.all(|field| field == "NULL" || field.parse::<i64>().is_ok()) { 'I' } else { 'T' }
}
