//! One session: its requests in order, its prepared statements and portals, and what is running.

use super::activity::{Activity, State};
use super::copy::CopyIn;
use super::engine::{SessionId, Turn};
use super::environment::{Held, StepEnvironment, Variables};
use super::idle::Idle;
use super::interrupts::Interrupts;
use super::outbox::Outbox;
use super::portal::Portal;
use super::request::Request;
use super::settings::Settings;
use super::shared::{Interrupt, Shared};
use super::startup::Startup;
use super::statement::Statement;
use super::transaction::Transaction;
use crate::error::{Result, SqlError};
use crate::parse::ast;
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
    pub(super) running: Running,
    pub(super) idle: Idle,
    /// After an error in the extended protocol nothing is done until Sync.
    pub(super) skip_to_sync: bool,
    /// Raised by another session to end this one.
    ended: Arc<AtomicBool>,
    /// When the running wait for a lock must be over.
    pub(super) lock_deadline: Option<u64>,
    /// When its client must have sent a request.
    pub(super) idle_deadline: Option<u64>,
    /// When the transaction at hand began, microseconds of the monotonic clock.
    pub(super) transaction_began: u64,
    /// Why what it waits for can never be had.
    refusal: Option<SqlError>,
}

/// What goes on across calls of [`Session::run`].
pub(super) enum Running {
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
    /// The commit at a Sync.
    Sync,
    /// COPY FROM STDIN within a query or an Execute.
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
            idle: Idle::default(),
            skip_to_sync: false,
            lock_deadline: None,
            idle_deadline: None,
            transaction_began: 0,
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
        let deadlines =
            [statement, self.lock_deadline, self.idle_deadline, self.transaction_deadline(), sleep];
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
            if let Err(over) = self.check_transaction_time(shared) {
                self.fail(shared, &over, out);
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
            // A client that sends many statements ahead does not keep the engine for all of them.
            if !inbox.is_empty() && shared.slice.is_long(&*shared.env.clock) {
                return Turn::Yield;
            }
        }
    }

    /// Continues what is running. `None`: it is over, or has moved on.
    pub(super) fn go_on(
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
            Running::Sync => self.sync(shared, out),
            Running::CopyIn { copy, within } => self.copy_in(shared, copy, *within, inbox, out),
        }
    }

    /// It would wait for ever: when it runs again, it fails for this reason.
    pub(super) fn refuse_wait(&mut self, refusal: SqlError) {
        self.refusal = Some(refusal);
    }

    /// What is running fails, from outside.
    pub(super) fn refuse(
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
        let is_committing = match outermost {
            Running::Script { current, .. } => current.as_ref().is_some_and(|portal| portal.is_committing()),
            Running::Execute { portal, .. } => {
                self.portals.get(portal).is_some_and(|portal| portal.is_committing())
            }
            Running::Nothing | Running::Sync | Running::CopyIn { .. } => false,
        };
        if is_committing {
            self.transaction.leave_block();
        }
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
    pub(super) fn take(&mut self, shared: &Shared, request: Request, out: &mut dyn Outbox) {
        if self.skip_to_sync && !matches!(request, Request::Sync) {
            return;
        }
        let outcome = match request {
            Request::Query(sql) => {
                self.query(shared, &sql, out);
                return;
            }
            Request::Sync => {
                self.running = Running::Sync;
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

    // ---- COPY FROM STDIN ------------------------------------------------------------------------

    pub(super) fn copy_in(
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
                Ok(None) if shared.is_slice_over() && !inbox.is_empty() => {
                    self.running = Running::CopyIn { copy, within: Box::new(within) };
                    return Some(Turn::Yield);
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
}
