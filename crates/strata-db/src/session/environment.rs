//! The session as functions see it: [`Environment`] over its variables and what all sessions share.

use super::engine::SessionId;
use super::interrupts::Interrupts;
use super::notify::Signal;
use super::portal::Portal;
use super::settings::Settings;
use super::shared::Shared;
use super::signals::Answers;
use super::startup::Startup;
use super::statement::Statement;
use super::transaction::Isolation;
use crate::catalog::{Catalog, Names, SystemSource, lookup};
use crate::error::{Result, SqlError};
use crate::functions::Environment;
use crate::functions::reports::{
    CursorReport, KeywordReport, LockReport, SessionReport, SettingReport, StatementReport,
};
use crate::optimize::Statistics;
use crate::plan::Expr;
use crate::schema::{Oid, ProjectDef, RelationDef, RelationKind, SequenceDef};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use strata_store::{KeyspaceId, View};
use strata_types::{Format, Type, Value, sqlstate};

/// What a session is, apart from its transaction and portals.
pub(super) struct Variables {
    /// Its number in the engine.
    pub(super) session: SessionId,
    /// The project it is in.
    pub(super) project: Oid,
    /// Its name.
    pub(super) database: String,
    /// The role that logged in.
    pub(super) session_user: String,
    /// Number that clients cancel by.
    pub(super) pid: i32,
    pub(super) settings: RefCell<Settings>,
    /// Parsed `search_path`.
    pub(super) search_path: RefCell<Arc<[String]>>,
    /// The version of the settings that it was parsed from.
    path_version: Cell<Option<u64>>,
    /// The dataset of its temporary tables.
    pub(super) temporary: Cell<Option<Oid>>,
    /// What the transaction does to channels when it commits.
    pub(super) signals: RefCell<Vec<Signal>>,
    /// What the running statement's calls for locks came to.
    pub(super) answers: Answers,
    /// It has an advisory lock that another may have had when it committed: the next plan is to see that.
    pub(super) follows_others: Cell<bool>,
    /// What the running plan sees.
    pub(super) view: Cell<Option<View>>,
    /// The level at which it does.
    pub(super) isolation: Cell<Isolation>,
    /// Notices to be sent, with their severity.
    pub(super) notices: RefCell<Vec<(String, SqlError)>>,
    /// Microseconds since 2000-01-01 UTC.
    pub(super) statement_time: Cell<i64>,
    /// Microseconds since 2000-01-01 UTC.
    pub(super) transaction_time: Cell<i64>,
    pub(super) interrupts: Interrupts,
    sequence_values: RefCell<HashMap<u32, i64>>,
    last_sequence: Cell<Option<u32>>,
    seed: Cell<Option<u64>>,
}

impl Variables {
    /// Of a session that starts.
    pub(super) fn new(
        session: SessionId,
        project: &ProjectDef,
        startup: &Startup,
        settings: Settings,
        interrupts: Interrupts,
    ) -> Variables {
        let variables = Variables {
            session,
            interrupts,
            signals: RefCell::default(),
            answers: Answers::default(),
            follows_others: Cell::new(false),
            view: Cell::new(None),
            isolation: Cell::new(Isolation::ReadCommitted),
            project: project.oid,
            database: project.name.clone(),
            session_user: startup.user.clone(),
            pid: startup.pid,
            settings: RefCell::new(settings),
            search_path: RefCell::new(Arc::new([])),
            path_version: Cell::new(None),
            temporary: Cell::new(None),
            notices: RefCell::default(),
            statement_time: Cell::new(0),
            transaction_time: Cell::new(0),
            sequence_values: RefCell::default(),
            last_sequence: Cell::new(None),
            seed: Cell::new(None),
        };
        variables.refresh_search_path();
        variables
    }

    /// Name of the role whose rights count.
    pub(super) fn current_user(&self) -> String {
        match self.settings.borrow().get("role") {
            Some(role) if role != "none" => role.to_owned(),
            _ => self.session_user.clone(),
        }
    }

    /// Parses `search_path` anew; to be called when the setting may have changed.
    pub(super) fn refresh_search_path(&self) {
        let version = self.settings.borrow().path_version();
        if self.path_version.replace(Some(version)) == Some(version) {
            return;
        }
        let user = self.current_user();
        let settings = self.settings.borrow();
        let text = settings.get("search_path").unwrap_or_default();
        *self.search_path.borrow_mut() = split_identifiers(text)
            .into_iter()
            .map(|name| if name == "$user" { user.clone() } else { name })
            .filter(|name| !name.is_empty())
            .collect();
    }

    /// Forgets what `currval` and `lastval` return.
    pub(super) fn forget_sequences(&self) {
        self.sequence_values.borrow_mut().clear();
        self.last_sequence.set(None);
    }

    /// Queues a notice.
    pub(super) fn notice(&self, severity: &str, notice: SqlError) {
        self.notices.borrow_mut().push((severity.to_owned(), notice));
    }
}

/// Splits `a, "B c"` into identifiers, folded to lower case unless quoted.
pub(super) fn split_identifiers(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut quoted = false;
    let mut was_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                name.push('"');
            }
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' if !quoted => names.push(finish(&mut name, &mut was_quoted)),
            c => name.push(if quoted { c } else { c.to_ascii_lowercase() }),
        }
    }
    names.push(finish(&mut name, &mut was_quoted));
    names.retain(|name| !name.is_empty());
    return names;

    fn finish(name: &mut String, was_quoted: &mut bool) -> String {
        let taken = std::mem::take(name);
        let trimmed = if *was_quoted { taken.trim_matches(' ').to_owned() } else { taken.trim().to_owned() };
        *was_quoted = false;
        trimmed
    }
}

/// What a session keeps between statements.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    /// Prepared statements by name.
    pub(super) statements: &'a HashMap<String, Arc<Statement>>,
    /// Portals by name.
    pub(super) portals: &'a BTreeMap<String, Box<Portal>>,
}

/// A session's environment for one step.
pub(super) struct StepEnvironment<'a> {
    pub(super) shared: &'a Shared,
    pub(super) variables: &'a Variables,
    held: Held<'a>,
    /// As the transaction sees it.
    pub(super) catalog: Arc<Catalog>,
    /// A copy for the step: settings may change under a running statement.
    pub(super) format: Format,
    pub(super) search_path: Arc<[String]>,
}

impl<'a> StepEnvironment<'a> {
    /// For the next step of a session.
    pub(super) fn new(
        shared: &'a Shared,
        variables: &'a Variables,
        held: Held<'a>,
        catalog: Arc<Catalog>,
    ) -> Self {
        let mut format = variables.settings.borrow().format().clone();
        format.now = variables.transaction_time.get();
        StepEnvironment {
            shared,
            variables,
            held,
            catalog,
            format,
            search_path: variables.search_path.borrow().clone(),
        }
    }

    /// The catalog by names.
    pub(super) fn names(&self) -> Names<'_> {
        Names {
            catalog: &self.catalog,
            project: self.variables.project,
            search_path: &self.search_path,
            temporary: self.variables.temporary.get(),
        }
    }

    /// What virtual relations are computed from.
    pub(super) fn source(&self) -> SystemSource<'_> {
        SystemSource { names: self.names(), env: self }
    }

    fn sequence(&self, oid: u32) -> Result<(String, SequenceDef)> {
        let relation = self.catalog.relation(Oid(oid)).ok_or_else(|| {
            SqlError::new(sqlstate::UNDEFINED_TABLE, format!("could not open relation with OID {oid}"))
        })?;
        match &relation.kind {
            RelationKind::Sequence(def) => Ok((relation.name.clone(), def.clone())),
            _ => Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("\"{}\" is not a sequence", relation.name),
            )),
        }
    }
}

impl Environment for StepEnvironment<'_> {
    fn format(&self) -> &Format {
        &self.format
    }

    fn check_interrupts(&self) -> Result<()> {
        self.variables.interrupts.check(&*self.shared.env.clock)
    }

    fn transaction_time(&self) -> i64 {
        self.variables.transaction_time.get()
    }

    fn statement_time(&self) -> i64 {
        self.variables.statement_time.get()
    }

    fn clock_time(&self) -> i64 {
        self.shared.now()
    }

    fn random(&self) -> u64 {
        match self.variables.seed.get() {
            None => self.shared.env.random.next_u64(),
            Some(seed) => {
                // SplitMix64 (Steele, Lea, Flood 2014): any seed gives a full-period stream.
                let state = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
                self.variables.seed.set(Some(state));
                let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                mixed ^ (mixed >> 31)
            }
        }
    }

    fn set_seed(&self, seed: u64) {
        self.variables.seed.set(Some(seed));
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.variables.settings.borrow().get(name).map(str::to_owned)
    }

    fn set_setting(&self, name: &str, value: &str, local: bool) -> Result<()> {
        self.variables.settings.borrow_mut().set(name, value, local)?;
        self.variables.refresh_search_path();
        Ok(())
    }

    fn current_user(&self) -> String {
        self.variables.current_user()
    }

    fn session_user(&self) -> String {
        self.variables.session_user.clone()
    }

    fn database(&self) -> String {
        self.variables.database.clone()
    }

    fn schemas(&self, implicit: bool) -> Vec<String> {
        self.names()
            .searched()
            .filter(|(name, stored)| stored.is_some() || (implicit && *name == "pg_catalog"))
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    fn backend_pid(&self) -> i32 {
        self.variables.pid
    }

    fn sequence_next(&self, sequence: u32) -> Result<i64> {
        let (name, def) = self.sequence(sequence)?;
        let value = self.shared.sequences.next(self.shared, &name, &def)?;
        self.variables.sequence_values.borrow_mut().insert(sequence, value);
        self.variables.last_sequence.set(Some(sequence));
        Ok(value)
    }

    fn sequence_current(&self, sequence: u32) -> Result<i64> {
        let (name, _) = self.sequence(sequence)?;
        self.variables.sequence_values.borrow().get(&sequence).copied().ok_or_else(|| {
            SqlError::new(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("currval of sequence \"{name}\" is not yet defined in this session"),
            )
        })
    }

    fn sequence_set(&self, sequence: u32, value: i64, called: bool) -> Result<()> {
        let (name, def) = self.sequence(sequence)?;
        self.shared.sequences.set(self.shared, &name, &def, value, called)?;
        if called {
            self.variables.sequence_values.borrow_mut().insert(sequence, value);
        }
        Ok(())
    }

    fn sequence_position(&self, sequence: u32) -> Result<(i64, bool)> {
        let (_, def) = self.sequence(sequence)?;
        self.shared.sequences.show(self.shared, &def)
    }

    fn sequence_last(&self) -> Result<i64> {
        match self.variables.last_sequence.get() {
            Some(sequence) => self.sequence_current(sequence),
            None => Err(SqlError::new(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                "lastval is not yet defined in this session",
            )),
        }
    }

    fn object_oid(&self, ty: Type, name: &str) -> Result<Option<u32>> {
        lookup::object_oid(&self.names(), ty, name)
    }

    fn object_name(&self, ty: Type, oid: u32) -> Option<String> {
        lookup::object_name(&self.names(), ty, oid)
    }

    fn catalog(&self, question: &str, args: &[Value]) -> Result<Value> {
        if let Some(answer) = super::signals::answer(self, question, args)? {
            return Ok(answer);
        }
        match super::errands::answer(self, question, args)? {
            Some(answer) => Ok(answer),
            None => crate::catalog::questions::answer(&self.source(), question, args),
        }
    }

    fn settings(&self) -> Vec<SettingReport> {
        self.variables.settings.borrow().reports()
    }

    fn sessions(&self) -> Vec<SessionReport> {
        super::reports::sessions(self.shared)
    }

    fn locks(&self) -> Vec<LockReport> {
        super::reports::locks(self.shared)
    }

    fn prepared_statements(&self) -> Vec<StatementReport> {
        let named = self.held.statements.iter().filter(|(name, _)| !name.is_empty());
        let mut reports: Vec<StatementReport> = named
            .map(|(name, statement)| StatementReport {
                name: name.clone(),
                statement: statement.sql.to_string(),
                prepared: None,
                parameters: statement.params.clone(),
                from_sql: statement
                    .sql
                    .trim_start()
                    .get(..7)
                    .is_some_and(|word| word.eq_ignore_ascii_case("prepare")),
            })
            .collect();
        reports.sort_by(|a, b| a.name.cmp(&b.name));
        reports
    }

    fn cursors(&self) -> Vec<CursorReport> {
        let named = self.held.portals.iter().filter(|(name, _)| !name.is_empty());
        named
            .map(|(name, portal)| CursorReport {
                name: name.clone(),
                statement: portal.statement.sql.to_string(),
                holdable: portal.kept.as_ref().is_some_and(|kept| kept.hold),
                binary: false,
                scrollable: portal.kept.as_ref().is_some_and(|kept| kept.scrolls()),
                created: None,
            })
            .collect()
    }

    fn keywords(&self) -> Vec<KeywordReport> {
        crate::parse::keywords()
    }

    fn server_start_time(&self) -> i64 {
        self.shared.started
    }

    fn table_bytes(&self, keyspace: u32) -> i64 {
        i64::try_from(self.shared.store.table_bytes(KeyspaceId(keyspace))).unwrap_or(i64::MAX)
    }

    fn pretty_expression(&self, expression: &str) -> String {
        crate::parse::pretty_expr(expression)
    }

    fn notice(&self, severity: &str, sqlstate: &str, message: &str) {
        self.variables.notice(severity, SqlError::new(sqlstate, message));
    }
}

/// Bytes of a row, where nothing better is known.
const ROW_LEN_GUESS: f64 = 100.0;

impl Statistics for StepEnvironment<'_> {
    /// From the table's size on disk.
    fn row_count(&self, table: Oid) -> f64 {
        let keyspace = match self.catalog.relation(table).map(|relation| &relation.kind) {
            Some(RelationKind::Table(def)) => KeyspaceId(def.keyspace),
            _ => return 1000.0,
        };
        let rows = self.shared.store.table_bytes(keyspace) as f64 / ROW_LEN_GUESS;
        rows.max(10.0)
    }

    fn index_predicates(&self, relation: &RelationDef) -> Vec<(usize, Expr)> {
        let RelationKind::Table(table) = &relation.kind else { return Vec::new() };
        let partial = table.indexes.iter().enumerate();
        let partial = partial.filter_map(|(at, index)| Some((at, index.predicate.as_ref()?)));
        // One that cannot be bound any more is an index that is not used.
        let bound = partial.filter_map(|(at, sql)| {
            Some((at, crate::bind::row_expression_text(&self.names(), self, relation, sql).ok()?))
        });
        bound.collect()
    }
}
