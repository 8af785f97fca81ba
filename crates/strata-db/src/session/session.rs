//! One session: its requests in order, its prepared statements and portals, and what is running.

use super::activity::{Activity, State};
use super::copy::CopyIn;
use super::engine::{SessionId, Turn};
use super::environment::{Held, StepEnvironment, Variables};
use super::interrupts::Interrupts;
use super::notify::Sender;
use super::outbox::Outbox;
use super::portal::{Portal, Progress};
use super::request::{Request, WireFormat};
use super::settings::Settings;
use super::shared::{Interrupt, Shared};
use super::startup::Startup;
use super::statement::{Reading, Statement, Work};
use super::transaction::{Block, Transaction};
use crate::error::{Result, SqlError};
use crate::parse::{self, ast};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strata_store::TxnId;
use strata_types::sqlstate;

/// A session.
pub(super) struct Session {
    pub(super) variables: Variables,
    pub(super) transaction: Transaction,
    /// Prepared statements by name; the unnamed one under "". SQL PREPARE shares them.
    pub(super) statements: HashMap<String, Arc<Statement>>,
    /// Portals by name, cursors among them; the unnamed one under "".
    pub(super) portals: BTreeMap<String, Box<Portal>>,
    running: Running,
    /// After an error in the extended protocol nothing is done until Sync.
    skip_to_sync: bool,
    /// Raised by another session to end this one.
    ended: Arc<AtomicBool>,
    /// When the running wait for a lock must be over.
    pub(super) lock_deadline: Option<u64>,
    /// When its client must have sent a request.
    pub(super) idle_deadline: Option<u64>,
    /// Why what it waits for can never be had.
    refusal: Option<SqlError>,
}

/// What goes on across calls of [`Session::run`].
enum Running {
    Nothing,
    /// A simple query: statements still to come, and the one at work.
    Script {
        rest: VecDeque<(Arc<str>, ast::Statement)>,
        current: Option<Box<Portal>>,
    },
    /// An extended-protocol Execute of the named portal.
    Execute {
        portal: String,
        max_rows: u32,
    },
    /// COPY FROM STDIN within one of the above.
    CopyIn {
        copy: Box<CopyIn>,
        within: Box<Running>,
    },
}

impl Session {
    /// A session for a role that has been let in.
    pub(super) fn start(
        shared: &Shared,
        id: SessionId,
        startup: &Startup,
        cancelled: Arc<AtomicBool>,
    ) -> Result<Session> {
        let catalog = shared.catalog();
        let role = catalog.role_named(&startup.user).ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_AUTHORIZATION_SPECIFICATION,
                format!("role \"{}\" does not exist", startup.user),
            )
        })?;
        let named = startup.database.as_deref().filter(|name| !name.is_empty());
        let project = match named.and_then(|name| catalog.project_named(name)) {
            Some(project) => project,
            None => match named {
                Some(name) if name != startup.user => {
                    return Err(SqlError::new(
                        sqlstate::INVALID_CATALOG_NAME,
                        format!("database \"{name}\" does not exist"),
                    ));
                }
                _ => catalog.project_named(crate::catalog::founding::PROJECT).ok_or_else(|| {
                    SqlError::new(sqlstate::INVALID_CATALOG_NAME, "the server has no database to start in")
                })?,
            },
        };
        let mut settings =
            Settings::new(startup.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
        settings.set_fact("session_authorization", &startup.user);
        settings.set_fact("is_superuser", if role.superuser { "on" } else { "off" });
        settings.take_changed();
        let ended = Arc::new(AtomicBool::new(false));
        let interrupt = Interrupt { session: id, cancelled: cancelled.clone(), ended: ended.clone() };
        shared.enter(startup.pid, interrupt);
        let now = shared.now();
        let activity = Activity {
            pid: startup.pid,
            project: project.oid,
            user: startup.user.clone(),
            application_name: settings.get("application_name").unwrap_or_default().to_owned(),
            client: startup.client.clone(),
            started: now,
            txn: None,
            transaction_started: now,
            statement_started: None,
            changed: now,
            state: State::Idle,
            parked: None,
            query: Arc::from(""),
        };
        shared.activities.enter(id, activity);
        Ok(Session {
            ended,
            variables: Variables::new(id, project, startup, settings, Interrupts::new(cancelled)),
            transaction: Transaction::new(id),
            statements: HashMap::new(),
            portals: BTreeMap::new(),
            running: Running::Nothing,
            skip_to_sync: false,
            lock_deadline: None,
            idle_deadline: None,
            refusal: None,
        })
    }

    /// The reported settings with their values.
    pub(super) fn reported(&self) -> Vec<(&'static str, String)> {
        let settings = self.variables.settings.borrow();
        settings
            .all()
            .filter(|(setting, _)| setting.reported)
            .map(|(setting, value)| (setting.name, value.to_owned()))
            .collect()
    }

    /// Rolls back what is open.
    pub(super) fn end(&mut self, shared: &Shared) {
        self.running = Running::Nothing;
        self.portals.clear();
        self.transaction.rollback(shared, &mut self.variables.settings.borrow_mut());
        super::ddl::drop_temporary(self, shared);
        shared.advisory.end(shared, self.variables.session);
        shared.notifications.end(self.variables.session);
        shared.activities.leave(self.variables.session);
        shared.leave(self.variables.pid);
    }

    /// The store's transaction, while there is one.
    pub(super) fn txn_id(&mut self) -> Option<TxnId> {
        self.transaction.open_txn().map(|txn| txn.id())
    }

    /// Microseconds from now to the nearest timeout.
    pub(super) fn deadline(&self, shared: &Shared) -> Option<u64> {
        let sleep = self.variables.answers.sleeps_until();
        let statement = self.variables.interrupts.deadline.get();
        let deadlines = [statement, self.lock_deadline, self.idle_deadline, sleep];
        let nearest = deadlines.into_iter().flatten().min()?;
        Some(nearest.saturating_sub(shared.env.clock.monotonic_us()))
    }

    /// Works on requests until there are none, something must be waited for, or the slice is used up.
    pub(super) fn run(
        &mut self,
        shared: &Shared,
        inbox: &mut VecDeque<Request>,
        out: &mut dyn Outbox,
    ) -> Turn {
        loop {
            if self.ended.load(Ordering::Relaxed) {
                let ended = "terminating connection due to administrator command";
                self.fail(shared, &SqlError::new(sqlstate::ADMIN_SHUTDOWN, ended), out);
                return Turn::End;
            }
            let running = std::mem::replace(&mut self.running, Running::Nothing);
            if !matches!(running, Running::Nothing) {
                match self.go_on(shared, running, inbox, out) {
                    Some(turn) => return turn,
                    None => continue,
                }
            }
            let Some(request) = inbox.pop_front() else {
                if let Err(over) = self.check_idle(shared) {
                    self.fail(shared, &over, out);
                    return Turn::End;
                }
                self.deliver(shared, out);
                return Turn::Idle;
            };
            self.take(shared, request, out);
        }
    }

    /// Continues what is running. `None`: it is over, or has moved on.
    fn go_on(
        &mut self,
        shared: &Shared,
        running: Running,
        inbox: &mut VecDeque<Request>,
        out: &mut dyn Outbox,
    ) -> Option<Turn> {
        if let Some(refusal) = self.refusal.take() {
            return self.refuse(shared, &running, &refusal, out);
        }
        match running {
            Running::Nothing => None,
            Running::Script { rest, current } => self.script(shared, rest, current, out),
            Running::Execute { portal, max_rows } => self.execute(shared, portal, max_rows, out),
            Running::CopyIn { copy, within } => self.copy_in(shared, copy, *within, inbox, out),
        }
    }

    /// It would wait for ever: when it runs again, it fails for this reason.
    pub(super) fn refuse_wait(&mut self, refusal: SqlError) {
        self.refusal = Some(refusal);
    }

    /// What is running fails, from outside.
    fn refuse(
        &mut self,
        shared: &Shared,
        running: &Running,
        refusal: &SqlError,
        out: &mut dyn Outbox,
    ) -> Option<Turn> {
        let outermost = match running {
            Running::CopyIn { within, .. } => within,
            running => running,
        };
        self.fail(shared, refusal, out);
        match outermost {
            Running::Script { .. } => self.finish_request(shared, out),
            _ => self.skip_to_sync = true,
        }
        None
    }

    /// Whether it waits for nothing but the clock.
    pub(super) fn sleeps(&self) -> bool {
        self.variables.answers.sleeps_until().is_some()
    }

    /// Begins a request.
    fn take(&mut self, shared: &Shared, request: Request, out: &mut dyn Outbox) {
        if self.skip_to_sync && !matches!(request, Request::Sync) {
            return;
        }
        let outcome = match request {
            Request::Query(sql) => {
                self.query(shared, &sql, out);
                return;
            }
            Request::Sync => {
                self.sync(shared, out);
                return;
            }
            Request::Flush | Request::CopyData(_) | Request::CopyDone | Request::CopyFail(_) => Ok(()),
            Request::Parse { statement, sql, types } => self.parse(shared, statement, &sql, &types, out),
            Request::Bind { portal, statement, formats, params, results } => {
                self.bind(shared, portal, &statement, &formats, &params, results, out)
            }
            Request::DescribeStatement(name) => self.describe_statement(shared, &name, out),
            Request::DescribePortal(name) => self.describe_portal(&name, out),
            Request::Execute { portal, max_rows } => self.start_execute(shared, portal, max_rows),
            Request::CloseStatement(name) => {
                self.statements.remove(&name);
                out.close_complete();
                Ok(())
            }
            Request::ClosePortal(name) => {
                self.portals.remove(&name);
                out.close_complete();
                Ok(())
            }
            Request::Malformed(error) => Err(error),
            Request::MalformedQuery(error) => {
                self.fail(shared, &error, out);
                self.finish_request(shared, out);
                return;
            }
        };
        if let Err(error) = outcome {
            self.fail(shared, &error, out);
            self.skip_to_sync = true;
        }
    }

    // ---- simple protocol ------------------------------------------------------------------------

    fn query(&mut self, shared: &Shared, sql: &str, out: &mut dyn Outbox) {
        self.statements.remove("");
        self.portals.remove("");
        self.begin_statement(shared);
        self.tells_query(shared, Arc::from(sql));
        match parse::parse(sql) {
            Ok(parsed) if parsed.is_empty() => {
                out.empty_query();
                self.finish_request(shared, out);
            }
            Ok(parsed) => {
                let rest = parsed
                    .into_iter()
                    .map(|one| (Arc::from(sql.get(one.start..one.end).unwrap_or(sql)), one.statement))
                    .collect();
                self.running = Running::Script { rest, current: None };
            }
            Err(error) => {
                self.fail(shared, &error.into(), out);
                self.finish_request(shared, out);
            }
        }
    }

    fn script(
        &mut self,
        shared: &Shared,
        mut rest: VecDeque<(Arc<str>, ast::Statement)>,
        current: Option<Box<Portal>>,
        out: &mut dyn Outbox,
    ) -> Option<Turn> {
        let mut portal = match current {
            Some(portal) => portal,
            None => {
                let Some((sql, tree)) = rest.pop_front() else {
                    self.finish_request(shared, out);
                    return None;
                };
                match self.open_simple(shared, sql, tree) {
                    Ok(portal) => portal,
                    Err(error) => return self.fail_script(shared, &error, out),
                }
            }
        };
        match portal.step(self, shared, 0, out) {
            Ok(Progress::Done) => {
                self.running = Running::Script { rest, current: None };
                None
            }
            Ok(Progress::Suspended) => {
                self.running = Running::Script { rest, current: Some(portal) };
                None
            }
            Ok(Progress::CopyIn(copy)) => {
                let within = Box::new(Running::Script { rest, current: None });
                self.running = Running::CopyIn { copy, within };
                None
            }
            Ok(Progress::Wait(turn)) => {
                self.running = Running::Script { rest, current: Some(portal) };
                Some(turn)
            }
            Err(error) => self.fail_script(shared, &error, out),
        }
    }

    fn fail_script(&mut self, shared: &Shared, error: &SqlError, out: &mut dyn Outbox) -> Option<Turn> {
        self.fail(shared, error, out);
        self.finish_request(shared, out);
        None
    }

    fn open_simple(&mut self, shared: &Shared, sql: Arc<str>, tree: ast::Statement) -> Result<Box<Portal>> {
        self.begin_statement(shared);
        let statement = {
            let env = self.environment(shared);
            self.refuse_in_failed_block(&tree)?;
            Arc::new(self.described(&env, Statement::prepare(&env, sql, Some(tree), &[])?)?)
        };
        Ok(Box::new(Portal::simple(statement)))
    }

    fn refuse_in_failed_block(&self, tree: &ast::Statement) -> Result<()> {
        if self.transaction.block() == Block::Failed && !super::statement::ends_failed_block(tree) {
            return Err(in_failed_block());
        }
        Ok(())
    }

    // ---- extended protocol ----------------------------------------------------------------------

    fn parse(
        &mut self,
        shared: &Shared,
        name: String,
        sql: &str,
        types: &[strata_types::Type],
        out: &mut dyn Outbox,
    ) -> Result<()> {
        if name.is_empty() {
            self.statements.remove("");
        } else if self.statements.contains_key(&name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_PSTATEMENT,
                format!("prepared statement \"{name}\" already exists"),
            ));
        }
        self.begin_statement(shared);
        let statement = match self.cached(shared, sql, types) {
            Some(statement) => statement,
            None => self.prepare(shared, sql, types)?,
        };
        self.statements.insert(name, statement);
        out.parse_complete();
        Ok(())
    }

    /// With the columns of the prepared statement or cursor that an EXECUTE or FETCH names.
    fn described(&self, env: &StepEnvironment<'_>, mut statement: Statement) -> Result<Statement> {
        if let Some(tree) = &statement.ast
            && let Some(fields) = super::utility::named_fields(self, env, tree)?
        {
            statement.fields = fields;
        }
        Ok(statement)
    }

    /// The statement of an equal text that this or another session prepared under the same catalog.
    fn cached(&self, shared: &Shared, sql: &str, types: &[strata_types::Type]) -> Option<Arc<Statement>> {
        if self.transaction.has_changes() || self.transaction.block() == Block::Failed || !types.is_empty() {
            return None;
        }
        let search_path = self.variables.search_path.borrow();
        let reading = Reading::of(self.variables.settings.borrow().format());
        shared.plans.get(self.variables.project, sql, &search_path, shared.catalog().version(), &reading)
    }

    fn prepare(
        &mut self,
        shared: &Shared,
        sql: &str,
        types: &[strata_types::Type],
    ) -> Result<Arc<Statement>> {
        let mut parsed = parse::parse(sql)?;
        if parsed.len() > 1 {
            return Err(SqlError::new(
                sqlstate::SYNTAX_ERROR,
                "cannot insert multiple commands into a prepared statement",
            ));
        }
        let tree = parsed.pop().map(|one| one.statement);
        if let Some(tree) = &tree {
            self.refuse_in_failed_block(tree)?;
        }
        let env = self.environment(shared);
        let statement = Statement::prepare(&env, Arc::from(sql), tree, types)?;
        let statement = Arc::new(self.described(&env, statement)?);
        let is_plan = matches!(statement.work, Work::Plan(..));
        if is_plan
            && types.is_empty()
            && !self.transaction.has_changes()
            && self.variables.temporary.get().is_none()
        {
            shared.plans.put(self.variables.project, &statement);
        }
        Ok(statement)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one Bind message")]
    fn bind(
        &mut self,
        shared: &Shared,
        name: String,
        statement: &str,
        formats: &[WireFormat],
        params: &[Option<bytes::Bytes>],
        results: Vec<WireFormat>,
        out: &mut dyn Outbox,
    ) -> Result<()> {
        let statement = self.statement(statement)?;
        if self.transaction.block() == Block::Failed && !statement.ends_failed_block() {
            return Err(in_failed_block());
        }
        if !name.is_empty() && self.portals.contains_key(&name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_CURSOR,
                format!("cursor \"{name}\" already exists"),
            ));
        }
        self.begin_statement(shared);
        let env = self.environment(shared);
        let statement =
            if statement.is_current(&env) { statement } else { Arc::new(statement.renewed(&env)?) };
        let params = super::portal::decode_params(&env, &statement, formats, params)?;
        super::portal::check_result_formats(&statement, &results)?;
        drop(env);
        self.portals.insert(name, Box::new(Portal::new(statement, params, results)));
        out.bind_complete();
        Ok(())
    }

    fn describe_statement(&mut self, shared: &Shared, name: &str, out: &mut dyn Outbox) -> Result<()> {
        let mut statement = self.statement(name)?;
        if self.transaction.block() == Block::Failed && !statement.fields.is_empty() {
            return Err(in_failed_block());
        }
        self.begin_statement(shared);
        let env = self.environment(shared);
        if !statement.is_current(&env) {
            statement = Arc::new(statement.renewed(&env)?);
        }
        drop(env);
        out.parameter_description(&statement.params);
        match statement.fields.as_slice() {
            [] => out.no_data(),
            fields => out.row_description(fields, &[]),
        }
        Ok(())
    }

    fn describe_portal(&mut self, name: &str, out: &mut dyn Outbox) -> Result<()> {
        let portal = self.portal(name)?;
        match portal.statement.fields.as_slice() {
            [] => out.no_data(),
            fields => out.row_description(fields, &portal.formats),
        }
        Ok(())
    }

    fn start_execute(&mut self, shared: &Shared, portal: String, max_rows: u32) -> Result<()> {
        let statement = &self.portal(&portal)?.statement;
        if self.transaction.block() == Block::Failed && !statement.ends_failed_block() {
            return Err(in_failed_block());
        }
        let sql = statement.sql.clone();
        self.begin_statement(shared);
        self.tells_query(shared, sql);
        self.running = Running::Execute { portal, max_rows };
        Ok(())
    }

    fn execute(
        &mut self,
        shared: &Shared,
        name: String,
        max_rows: u32,
        out: &mut dyn Outbox,
    ) -> Option<Turn> {
        // Taken out while it runs: a statement may close or open portals.
        let mut portal = self.portals.remove(&name)?;
        match portal.step(self, shared, max_rows, out) {
            Ok(Progress::Done) => {
                if !portal.is_transaction_control() {
                    self.portals.insert(name, portal);
                }
                self.end_statement(out);
                None
            }
            Ok(Progress::Suspended) => {
                self.portals.insert(name, portal);
                out.portal_suspended();
                self.end_statement(out);
                None
            }
            Ok(Progress::CopyIn(copy)) => {
                self.running = Running::CopyIn { copy, within: Box::new(Running::Nothing) };
                None
            }
            Ok(Progress::Wait(turn)) => {
                self.portals.insert(name.clone(), portal);
                self.running = Running::Execute { portal: name, max_rows };
                Some(turn)
            }
            Err(error) => {
                self.fail(shared, &error, out);
                self.skip_to_sync = true;
                None
            }
        }
    }

    fn sync(&mut self, shared: &Shared, out: &mut dyn Outbox) {
        self.skip_to_sync = false;
        self.finish_request(shared, out);
    }

    // ---- COPY FROM STDIN ------------------------------------------------------------------------

    fn copy_in(
        &mut self,
        shared: &Shared,
        mut copy: Box<CopyIn>,
        within: Running,
        inbox: &mut VecDeque<Request>,
        out: &mut dyn Outbox,
    ) -> Option<Turn> {
        let simple = matches!(within, Running::Script { .. });
        loop {
            let outcome = match copy.step(self, shared) {
                Ok(Some(turn)) => {
                    self.running = Running::CopyIn { copy, within: Box::new(within) };
                    return Some(turn);
                }
                Ok(None) if let Some(rows) = copy.finished() => {
                    self.end_notices(out);
                    out.command_complete(&format!("COPY {rows}"));
                    self.running = within;
                    return None;
                }
                Ok(None) => match inbox.pop_front() {
                    None => {
                        self.running = Running::CopyIn { copy, within: Box::new(within) };
                        return Some(Turn::Idle);
                    }
                    Some(Request::CopyData(bytes)) => copy.take(&bytes),
                    Some(Request::CopyDone) => copy.finish(),
                    Some(Request::CopyFail(reason)) => Err(SqlError::new(
                        sqlstate::QUERY_CANCELED,
                        format!("COPY from stdin failed: {reason}"),
                    )),
                    // The protocol lets a client have sent these before it knew of the COPY.
                    Some(Request::Flush | Request::Sync) => Ok(()),
                    Some(_) => Err(SqlError::new(
                        sqlstate::PROTOCOL_VIOLATION,
                        "unexpected message type during COPY from stdin",
                    )),
                },
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                self.fail(shared, &error, out);
                if simple {
                    self.finish_request(shared, out);
                } else {
                    self.skip_to_sync = true;
                }
                return None;
            }
        }
    }

    // ---- what all of them share -----------------------------------------------------------------

    /// The session as functions see it, for one step.
    pub(super) fn environment<'a>(&'a self, shared: &'a Shared) -> StepEnvironment<'a> {
        let held = Held { statements: &self.statements, portals: &self.portals };
        StepEnvironment::new(shared, &self.variables, held, self.transaction.catalog(shared))
    }

    /// A prepared statement by name.
    pub(super) fn statement(&self, name: &str) -> Result<Arc<Statement>> {
        self.statements.get(name).cloned().ok_or_else(|| {
            let what = if name.is_empty() {
                "unnamed prepared statement does not exist".to_owned()
            } else {
                format!("prepared statement \"{name}\" does not exist")
            };
            SqlError::new(sqlstate::INVALID_SQL_STATEMENT_NAME, what)
        })
    }

    fn portal(&self, name: &str) -> Result<&Portal> {
        self.portals.get(name).map(|portal| &**portal).ok_or_else(|| {
            SqlError::new(sqlstate::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
        })
    }

    /// A statement arrives: clocks are read, a transaction is there.
    fn begin_statement(&mut self, shared: &Shared) {
        let now = shared.now();
        self.variables.answers.begin();
        self.variables.statement_time.set(now);
        if self.transaction.block() == Block::Idle {
            self.variables.transaction_time.set(now);
        }
        self.transaction.ensure();
        self.idle_deadline = None;
        let timeout = self.variables.settings.borrow().limits().statement_timeout;
        let deadline = (timeout > 0).then(|| shared.env.clock.monotonic_us() + timeout * 1000);
        self.variables.interrupts.deadline.set(deadline);
    }

    /// Lets others see what it works on.
    fn tells_query(&self, shared: &Shared, sql: Arc<str>) {
        let variables = &self.variables;
        let (now, since) = (variables.statement_time.get(), variables.transaction_time.get());
        shared.activities.runs(variables.session, sql, now, since);
    }

    fn end_statement(&mut self, out: &mut dyn Outbox) {
        self.variables.interrupts.deadline.set(None);
        self.lock_deadline = None;
        self.end_notices(out);
    }

    /// Sends the notices that have gathered.
    pub(super) fn end_notices(&mut self, out: &mut dyn Outbox) {
        let notices = self.variables.notices.take();
        if notices.is_empty() {
            return;
        }
        let settings = self.variables.settings.borrow();
        let least = rank(settings.get("client_min_messages").unwrap_or_default());
        for (severity, notice) in notices.iter().filter(|(severity, _)| rank(severity) >= least) {
            out.notice(severity, notice);
        }
    }

    /// Answers with an error and ends, or fails, the transaction.
    fn fail(&mut self, shared: &Shared, error: &SqlError, out: &mut dyn Outbox) {
        self.running = Running::Nothing;
        self.variables.interrupts.clear();
        self.end_statement(out);
        let gate = self.transaction.fail(shared, &mut self.variables.settings.borrow_mut());
        if let Some(lsn) = gate {
            out.gate(lsn);
        }
        self.drop_portals();
        self.variables.refresh_search_path();
        self.report_settings(shared, out);
        shared.advisory.withdraw(self.variables.session);
        if self.transaction.open_txn().is_none() {
            self.variables.signals.take();
            shared.advisory.end_transaction(shared, self.variables.session);
        }
        let ends = [
            sqlstate::ADMIN_SHUTDOWN,
            sqlstate::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            sqlstate::IDLE_SESSION_TIMEOUT,
        ];
        let severity = if ends.contains(&error.sqlstate()) { "FATAL" } else { "ERROR" };
        out.error(severity, error);
    }

    /// The request is over: an implicit transaction is committed, the client may go on.
    fn finish_request(&mut self, shared: &Shared, out: &mut dyn Outbox) {
        if self.transaction.block() == Block::Implicit
            && let Err(error) = self.commit(shared, out)
        {
            out.error("ERROR", &error);
        }
        self.end_statement(out);
        self.report_settings(shared, out);
        self.variables.interrupts.clear();
        self.deliver(shared, out);
        let state = match self.transaction.block() {
            Block::Idle | Block::Implicit => State::Idle,
            Block::Open => State::InBlock,
            Block::Failed => State::InFailedBlock,
        };
        shared.activities.rests(self.variables.session, state, shared.now());
        self.start_idling(shared);
        out.ready(self.transaction.status());
    }

    /// Tells the client what others have notified it of, unless it is in a block.
    fn deliver(&self, shared: &Shared, out: &mut dyn Outbox) {
        if self.transaction.block() == Block::Idle {
            shared.notifications.deliver(self.variables.session, out);
        }
    }

    /// Commits; the reply is gated.
    pub(super) fn commit(&mut self, shared: &Shared, out: &mut dyn Outbox) -> Result<()> {
        if let Err(error) = super::cursor::hold(self, shared, out) {
            self.rollback(shared, out);
            return Err(error);
        }
        self.drop_portals();
        let signals = self.variables.signals.take();
        let outcome = self.transaction.commit(shared, &mut self.variables.settings.borrow_mut());
        self.variables.refresh_search_path();
        shared.advisory.end_transaction(shared, self.variables.session);
        let lsn = outcome?;
        if !signals.is_empty() {
            let variables = &self.variables;
            let sender =
                Sender { session: variables.session, project: variables.project, pid: variables.pid };
            shared.notifications.apply(shared, &sender, signals, lsn.unwrap_or_default());
        }
        if let Some(lsn) = lsn
            && self.waits_for_disk()
        {
            out.gate(lsn);
        }
        Ok(())
    }

    /// The open block waits for its second half from now on, and belongs to no session.
    ///
    /// # Errors
    /// 0A000 for what cannot be handed over; of the store.
    pub(super) fn prepare_transaction(
        &mut self,
        shared: &Shared,
        identifier: &str,
        out: &mut dyn Outbox,
    ) -> Result<()> {
        if !self.variables.signals.borrow().is_empty() {
            return Err(SqlError::unsupported("PREPARE TRANSACTION after LISTEN, UNLISTEN or NOTIFY"));
        }
        let catalog = self.transaction.catalog(shared);
        let owner =
            catalog.role_named(&self.variables.current_user()).map_or(crate::schema::Oid(0), |role| role.oid);
        self.drop_portals();
        let handed = self.transaction.hand_over(shared, &mut self.variables.settings.borrow_mut());
        self.variables.refresh_search_path();
        shared.advisory.end_transaction(shared, self.variables.session);
        out.gate(shared.prepared.prepare(shared, identifier, handed, (owner, self.variables.project))?);
        Ok(())
    }

    /// Rolls back; the reply is gated on what was seen.
    pub(super) fn rollback(&mut self, shared: &Shared, out: &mut dyn Outbox) {
        self.drop_portals();
        self.variables.signals.take();
        shared.advisory.end_transaction(shared, self.variables.session);
        let gate = self.transaction.rollback(shared, &mut self.variables.settings.borrow_mut());
        self.variables.refresh_search_path();
        if let Some(lsn) = gate {
            out.gate(lsn);
        }
    }

    fn waits_for_disk(&self) -> bool {
        self.variables.settings.borrow().limits().waits_for_disk
    }

    /// Portals live to their transaction's end, but for held cursors.
    fn drop_portals(&mut self) {
        self.portals.retain(|_, portal| portal.is_held());
    }

    fn report_settings(&mut self, shared: &Shared, out: &mut dyn Outbox) {
        let changed = self.variables.settings.borrow_mut().take_changed();
        for setting in changed {
            let settings = self.variables.settings.borrow();
            let value = settings.get(setting.name).unwrap_or_default();
            if setting.name == "application_name" {
                shared.activities.rename(self.variables.session, value);
            }
            out.parameter_status(setting.name, value);
        }
    }
}

/// The order of severities in `client_min_messages`; INFO is always sent.
fn rank(severity: &str) -> usize {
    match severity.to_ascii_lowercase().as_str() {
        "log" => 1,
        "notice" => 2,
        "warning" => 3,
        "error" => 4,
        "info" => 5,
        _ => 0,
    }
}

fn in_failed_block() -> SqlError {
    SqlError::new(
        sqlstate::IN_FAILED_SQL_TRANSACTION,
        "current transaction is aborted, commands ignored until end of transaction block",
    )
}
