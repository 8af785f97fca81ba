//! An engine in memory with one session, asked in SQL.

#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use strata_db::SqlError;
use strata_db::plan::Field;
use strata_db::session::{Engine, EngineOptions, Outbox, Request, SessionId, Startup, Turn, WireFormat};
use strata_store::Lsn;
use strata_types::{Batch, Format, Type};

/// An engine in memory with one session.
pub(crate) struct Embedded {
    env: vfs::Env,
    engine: Engine,
    session: SessionId,
    /// Where the journal must be durable before the last answer may go out.
    gate: Lsn,
    /// Turns that the last query string took.
    pub(crate) turns: usize,
}

/// A row as text.
pub(crate) type Row = Vec<Option<String>>;

impl Embedded {
    /// A new one.
    #[allow(dead_code, reason = "not every test that has this module is content with a disk that works")]
    pub(crate) fn start() -> Embedded {
        Embedded::open(vfs::mem::env())
    }

    /// Another one over the same files.
    #[allow(dead_code, reason = "not every test that has this module restarts")]
    pub(crate) fn restart(self) -> Embedded {
        self.engine.close().unwrap();
        Embedded::open(self.env)
    }

    /// The one over these files.
    pub(crate) fn open(env: vfs::Env) -> Embedded {
        let mut engine = Engine::open(env.clone(), Path::new("/data"), EngineOptions::default()).unwrap();
        let session = begin(&mut engine, "postgres").unwrap();
        Embedded { env, engine, session, gate: Lsn(0), turns: 0 }
    }

    /// Asks in another session from here on, of this role.
    #[allow(dead_code, reason = "not every test that has this module has several sessions")]
    pub(crate) fn reconnect(&mut self, user: &str) -> Result<(), SqlError> {
        self.engine.end(self.session);
        self.session = begin(&mut self.engine, user)?;
        Ok(())
    }

    /// Whether the journal has failed.
    #[allow(dead_code, reason = "not every test that has this module has a disk that can fail")]
    pub(crate) fn has_failed(&self) -> bool {
        self.engine.store().final_seq().is_some()
    }

    /// Whether the last answer may go out: what it rests on is durable.
    #[allow(dead_code, reason = "not every test that has this module has a disk that can fail")]
    pub(crate) fn is_durable(&self) -> bool {
        self.gate <= self.engine.durable()
    }

    /// The rows of a query, so many with each Execute, to a client that takes an answer's rows one lot at a time.
    #[allow(dead_code, reason = "not every test that has this module takes rows in lots")]
    pub(crate) fn ask_by(&mut self, sql: &str, max_rows: u32) -> Vec<Vec<Row>> {
        let (portal, statement) = (String::new(), String::new());
        let parse = Request::Parse { statement: statement.clone(), sql: sql.to_owned(), types: Vec::new() };
        let (formats, params, results) = (Vec::new(), Vec::new(), Vec::new());
        let bind = Request::Bind { portal: portal.clone(), statement, formats, params, results };
        let mut inbox = VecDeque::from([Request::Query("BEGIN".to_owned()), parse, bind]);
        let mut lots = Vec::new();
        loop {
            inbox.push_back(Request::Execute { portal: portal.clone(), max_rows });
            let mut answers = Answers { is_narrow: true, ..Answers::default() };
            while self.engine.run(self.session, &mut inbox, &mut answers) != Turn::Idle {
                answers.is_full = false;
            }
            assert!(answers.error.is_none(), "{:?}", answers.error);
            lots.push(answers.rows);
            if !answers.is_suspended {
                return lots;
            }
        }
    }

    /// The rows of a query string.
    pub(crate) fn ask(&mut self, sql: &str) -> Result<Vec<Row>, SqlError> {
        let mut inbox = VecDeque::from([Request::Query(sql.to_owned())]);
        let mut answers = Answers::default();
        self.turns = 1;
        while self.engine.run(self.session, &mut inbox, &mut answers) != Turn::Idle {
            self.turns += 1;
        }
        self.gate = answers.gate;
        match answers.error {
            Some(error) => Err(error),
            None => Ok(answers.rows),
        }
    }

    /// The rows of a query string that succeeds.
    pub(crate) fn ok(&mut self, sql: &str) -> Vec<Row> {
        self.ask(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

fn begin(engine: &mut Engine, user: &str) -> Result<SessionId, SqlError> {
    let startup = Startup { user: user.to_owned(), ..Startup::default() };
    engine.start(&startup, Arc::new(AtomicBool::new(false)))
}

/// Gathers rows and the first error.
#[derive(Default)]
struct Answers {
    rows: Vec<Row>,
    error: Option<SqlError>,
    gate: Lsn,
    /// There is room for one lot of rows.
    is_narrow: bool,
    is_full: bool,
    is_suspended: bool,
}

impl Outbox for Answers {
    fn parse_complete(&mut self) {}
    fn bind_complete(&mut self) {}
    fn close_complete(&mut self) {}
    fn no_data(&mut self) {}
    fn parameter_description(&mut self, _types: &[Type]) {}
    fn row_description(&mut self, _fields: &[Field], _formats: &[WireFormat]) {}
    fn rows(&mut self, batch: &Batch, _formats: &[WireFormat], format: &Format) -> Result<(), SqlError> {
        self.is_full = self.is_narrow;
        for row in 0..batch.rows {
            let cell = |column: &Arc<strata_types::Column>| {
                let mut text = Vec::new();
                column.write_text(row, format, &mut text);
                (!column.is_null(row)).then(|| String::from_utf8(text).unwrap())
            };
            self.rows.push(batch.columns.iter().map(cell).collect());
        }
        Ok(())
    }
    fn command_complete(&mut self, _tag: &str) {}
    fn empty_query(&mut self) {}
    fn portal_suspended(&mut self) {
        self.is_suspended = true;
    }
    fn error(&mut self, _severity: &'static str, error: &SqlError) {
        self.error.get_or_insert_with(|| error.clone());
    }
    fn notice(&mut self, _severity: &str, _notice: &SqlError) {}
    fn notification(&mut self, _pid: i32, _channel: &str, _payload: &str) {}
    fn parameter_status(&mut self, _name: &str, _value: &str) {}
    fn ready(&mut self, _status: u8) {}
    fn copy_in(&mut self, _columns: usize, _format: WireFormat) {}
    fn copy_out(&mut self, _columns: usize, _format: WireFormat) {}
    fn copy_data(&mut self, _bytes: &[u8]) {}
    fn copy_done(&mut self) {}
    fn gate(&mut self, lsn: Lsn) {
        self.gate = self.gate.max(lsn);
    }
    fn has_room(&self) -> bool {
        !self.is_full
    }
}
