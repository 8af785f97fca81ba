//! Portals: a statement with its parameters, as far as it has run.

use super::copy::{CopyFile, CopyIn, CopyOut};
use super::cursor::Kept;
use super::ddl::Backfill;
use super::engine::Turn;
use super::environment::{Held, StepEnvironment};
use super::explain::Analysis;
use super::names::with_names;
use super::outbox::Outbox;
use super::references::{Checks, Watch};
use super::request::WireFormat;
use super::session::Session;
use super::shared::Shared;
use super::statement::{Statement, Work};
use super::transaction::Isolation;
use super::utility;
use crate::bind::BoundKind;
use crate::error::{Result, SqlError};
use crate::exec::{self, Context, RowWatch, Step, Wait, Workspace};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use strata_store::View;
use strata_types::{Batch, Value};

/// A statement with its parameters, as far as it has run.
pub(super) struct Portal {
    pub(super) statement: Arc<Statement>,
    params: Vec<Value>,
    /// Formats of the result columns.
    pub(super) formats: Vec<WireFormat>,
    state: State,
    /// Rows of a batch that a row limit has left for later.
    left_over: Option<Batch>,
    /// Rows sent by the whole portal.
    rows: u64,
    /// Those of them that the Execute under way has sent: it may take several slices.
    sent: u64,
    /// The client is to be told the columns before the first rows.
    undescribed: bool,
    /// The rows that it has read, if it is a cursor.
    pub(super) kept: Option<Box<Kept>>,
    /// Survives its transaction (`WITH HOLD`).
    held: bool,
    /// Savepoints that were set when it was made.
    pub(super) depth: usize,
    /// It has failed, and cannot go on.
    pub(super) failed: bool,
}

#[expect(
    clippy::large_enum_variant,
    reason = "a plan is what nearly every portal runs: no allocation for it"
)]
enum State {
    /// Nothing has run.
    Ready,
    /// A plan at work.
    Plan { running: exec::Running, view: View, kind: BoundKind, watch: Watch },
    /// Foreign keys are asked about what a plan has written; then the statement ends with this tag.
    Checks { checks: Box<Checks>, tag: String },
    /// EXPLAIN ANALYZE.
    Analysis(Box<Analysis>),
    /// Foreign keys are asked about what was put off; then the utility statement is run again.
    Deferred(Box<Checks>),
    /// Rows follow a change of the catalog.
    Backfill(Box<Backfill>),
    /// Rows that a utility statement has made, and the tag behind them.
    Rows { batches: VecDeque<Batch>, tag: String },
    /// COPY TO STDOUT.
    CopyOut(Box<CopyOut>),
    /// COPY FROM a file.
    CopyFile(Box<CopyFile>),
    /// Over.
    Done,
}

/// How far a step has come.
pub(super) enum Progress {
    /// The statement is complete and its tag sent.
    Done,
    /// The row limit is reached.
    Suspended,
    /// COPY FROM STDIN has begun.
    CopyIn(Box<CopyIn>),
    /// It cannot go on now.
    Wait(Turn),
}

/// What a utility statement leaves to be done.
pub(super) enum Outcome {
    /// Nothing: its tag.
    Tag(String),
    /// Rows to send.
    Rows(Vec<Batch>, String),
    /// A prepared statement or a plan to run in its place.
    Run(Arc<Statement>, Vec<Value>),
    /// COPY FROM STDIN.
    CopyIn(Box<CopyIn>),
    /// COPY TO STDOUT.
    CopyOut(Box<CopyOut>),
    /// COPY FROM a file.
    CopyFile(Box<CopyFile>),
    /// A lock must be waited for: run it again.
    Wait,
    /// The slice is over: run it again.
    Yield,
    /// These checks first, then run it again.
    Checks(Box<Checks>),
    /// EXPLAIN ANALYZE: a statement to be run and measured.
    Analysis(Box<Analysis>),
    /// The catalog is changed; the rows are to follow.
    Backfill(Box<Backfill>),
}

impl Portal {
    /// A portal that has not run.
    pub(super) fn new(statement: Arc<Statement>, params: Vec<Value>, formats: Vec<WireFormat>) -> Portal {
        Portal {
            statement,
            params,
            formats,
            state: State::Ready,
            left_over: None,
            rows: 0,
            sent: 0,
            undescribed: false,
            kept: None,
            held: false,
            depth: 0,
            failed: false,
        }
    }

    /// A portal of the simple protocol: it describes its rows before the first of them.
    pub(super) fn simple(statement: Arc<Statement>) -> Portal {
        Portal { undescribed: !statement.fields.is_empty(), ..Portal::new(statement, Vec::new(), Vec::new()) }
    }

    fn describe(&mut self, out: &mut dyn Outbox) {
        if std::mem::take(&mut self.undescribed) {
            out.row_description(&self.statement.fields, &[]);
        }
    }

    /// From now on it outlives its transaction, with the rows that it has kept.
    pub(super) fn outlive(&mut self) {
        self.held = true;
        self.state = State::Done;
    }

    /// Will it outlive its transaction, if that commits?
    pub(super) fn is_to_be_held(&self) -> bool {
        !self.held && self.kept.as_ref().is_some_and(|kept| kept.hold)
    }

    /// Does it outlive its transaction?
    pub(super) fn is_held(&self) -> bool {
        self.held
    }

    /// Whether it was BEGIN, COMMIT or their kind: such a portal is not kept.
    pub(super) fn is_transaction_control(&self) -> bool {
        matches!(self.statement.ast, Some(crate::parse::ast::Statement::Transaction(_)))
    }

    /// Whether it is a commit that waits for what was put off: if that fails, the block ends.
    pub(super) fn is_committing(&self) -> bool {
        matches!(self.state, State::Deferred(_)) && self.is_transaction_control()
    }

    /// Runs for at most a slice, or until `max_rows` rows are sent (0: all), those of earlier slices included.
    pub(super) fn step(
        &mut self,
        session: &mut Session,
        shared: &Shared,
        max_rows: u32,
        out: &mut dyn Outbox,
    ) -> Result<Progress> {
        if matches!(self.state, State::Ready)
            && let Some(progress) = self.start(session, shared, out)?
        {
            return Ok(progress);
        }
        let mut has_sent = false;
        loop {
            let limit = if max_rows == 0 { u64::MAX } else { u64::from(max_rows).saturating_sub(self.sent) };
            if limit == 0 {
                self.sent = 0;
                return Ok(Progress::Suspended);
            }
            if !out.has_room() {
                return Ok(Progress::Wait(Turn::Output));
            }
            if has_sent && shared.is_slice_over() {
                return Ok(Progress::Wait(Turn::Yield));
            }
            match self.next_batch(session, shared, out)? {
                Next::Batch(batch) => {
                    self.describe(out);
                    let count = self.send(session, shared, batch, limit, out)?;
                    has_sent |= count > 0;
                    self.sent += count;
                    self.rows += count;
                }
                Next::Wait(turn) => return Ok(Progress::Wait(turn)),
                Next::Again => {
                    if let Some(progress) = self.start(session, shared, out)? {
                        return Ok(progress);
                    }
                }
                Next::Done(tag) => {
                    self.state = State::Done;
                    self.describe(out);
                    session.end_notices(out);
                    if !tag.is_empty() {
                        out.command_complete(&tag);
                    }
                    return Ok(Progress::Done);
                }
            }
        }
    }

    /// The next rows for a cursor; `None` at the end. Waits are told as an error of the third kind: the
    /// caller tries again.
    pub(super) fn fetch(
        &mut self,
        session: &mut Session,
        shared: &Shared,
        max_rows: usize,
        out: &mut dyn Outbox,
    ) -> Result<Fetched> {
        if matches!(self.state, State::Ready)
            && let Some(Progress::Wait(turn)) = self.start(session, shared, out)?
        {
            return Ok(Fetched::Wait(turn));
        }
        match self.next_batch(session, shared, out)? {
            Next::Batch(batch) if batch.rows > max_rows => {
                self.left_over = Some(batch.slice(max_rows, batch.rows - max_rows));
                Ok(Fetched::Rows(batch.slice(0, max_rows)))
            }
            Next::Batch(batch) => Ok(Fetched::Rows(batch)),
            Next::Wait(turn) => Ok(Fetched::Wait(turn)),
            Next::Again => Ok(Fetched::Wait(Turn::Yield)),
            Next::Done(_) => {
                self.state = State::Done;
                Ok(Fetched::End)
            }
        }
    }

    fn start(
        &mut self,
        session: &mut Session,
        shared: &Shared,
        out: &mut dyn Outbox,
    ) -> Result<Option<Progress>> {
        match &self.statement.work {
            Work::Empty => {
                out.empty_query();
                self.state = State::Done;
                Ok(Some(Progress::Done))
            }
            Work::Plan(..) => match self.admit(session, shared)? {
                true => Ok(None),
                false => Ok(Some(Progress::Wait(Turn::Lock))),
            },
            Work::Utility => {
                let Some(tree) = self.statement.ast.clone() else { return Ok(Some(Progress::Done)) };
                let outcome = utility::run(session, shared, &self.statement, &tree, &self.params, out)?;
                self.adopt(outcome, session, shared, out)
            }
        }
    }

    /// A plan gets its locks and its snapshot, and is ready to run; `false` if something must be waited for.
    ///
    /// # Errors
    /// As of [`Session::admit`]; 25006 for a write in a read-only transaction.
    pub(super) fn admit(&mut self, session: &mut Session, shared: &Shared) -> Result<bool> {
        if let Work::Plan(_, kind) = &self.statement.work
            && *kind != BoundKind::Select
        {
            session.refuse_if_read_only(kind.tag())?;
        }
        let Some(view) = session.admit(shared, &mut self.statement, !self.undescribed)? else {
            return Ok(false);
        };
        if let Work::Plan(plan, kind) = &self.statement.work {
            let running = session.idle.operators(plan)?;
            let watch = Watch::new(self.statement.references.clone());
            self.state = State::Plan { running, view, kind: *kind, watch };
        }
        Ok(true)
    }

    fn adopt(
        &mut self,
        outcome: Outcome,
        session: &mut Session,
        shared: &Shared,
        out: &mut dyn Outbox,
    ) -> Result<Option<Progress>> {
        match outcome {
            Outcome::Tag(tag) => {
                self.state = State::Done;
                session.end_notices(out);
                out.command_complete(&tag);
                Ok(Some(Progress::Done))
            }
            Outcome::Rows(batches, tag) => {
                self.state = State::Rows { batches: batches.into(), tag };
                Ok(None)
            }
            Outcome::Run(statement, params) => {
                self.statement = statement;
                self.params = params;
                self.start(session, shared, out)
            }
            Outcome::CopyIn(copy) => {
                out.copy_in(copy.columns(), copy.format());
                self.state = State::Done;
                Ok(Some(Progress::CopyIn(copy)))
            }
            Outcome::CopyOut(copy) => {
                out.copy_out(copy.columns(), copy.format());
                self.state = State::CopyOut(copy);
                Ok(None)
            }
            Outcome::CopyFile(copy) => {
                self.state = State::CopyFile(copy);
                Ok(None)
            }
            Outcome::Wait => Ok(Some(Progress::Wait(Turn::Lock))),
            Outcome::Yield => Ok(Some(Progress::Wait(Turn::Yield))),
            Outcome::Analysis(analysis) => {
                self.state = State::Analysis(analysis);
                Ok(None)
            }
            Outcome::Backfill(backfill) => {
                self.state = State::Backfill(backfill);
                Ok(None)
            }
            Outcome::Checks(checks) => {
                self.state = State::Deferred(checks);
                Ok(None)
            }
        }
    }

    /// Sends up to `limit` rows of a batch and keeps the rest. Returns how many were sent.
    fn send(
        &mut self,
        session: &Session,
        shared: &Shared,
        batch: Batch,
        limit: u64,
        out: &mut dyn Outbox,
    ) -> Result<u64> {
        let batch = with_names(session, shared, batch, &self.formats);
        let now = batch.rows.min(usize::try_from(limit).unwrap_or(usize::MAX));
        let settings = session.variables.settings.borrow();
        if now == batch.rows {
            out.rows(&batch, &self.formats, settings.format())?;
        } else {
            self.left_over = Some(batch.slice(now, batch.rows - now));
            out.rows(&batch.slice(0, now), &self.formats, settings.format())?;
        }
        Ok(now as u64)
    }

    fn next_batch(&mut self, session: &mut Session, shared: &Shared, out: &mut dyn Outbox) -> Result<Next> {
        if let Some(batch) = self.left_over.take() {
            return Ok(Next::Batch(batch));
        }
        match &mut self.state {
            State::Ready | State::Done => {
                // Executing a portal that has come to its end yields no rows.
                Ok(Next::Done(self.ended_tag()))
            }
            State::Rows { batches, tag } => match batches.pop_front() {
                Some(batch) => Ok(Next::Batch(batch)),
                None => Ok(Next::Done(std::mem::take(tag))),
            },
            State::CopyOut(copy) => match copy.step(session, shared, out)? {
                Some(turn) => Ok(Next::Wait(turn)),
                None => Ok(Next::Done(format!("COPY {}", copy.rows()))),
            },
            State::CopyFile(copy) => match copy.step(session, shared)? {
                Some(turn) => Ok(Next::Wait(turn)),
                None => Ok(Next::Done(format!("COPY {}", copy.finished().unwrap_or_default()))),
            },
            State::Backfill(backfill) => match backfill.step(session, shared)? {
                Some(turn) => Ok(Next::Wait(turn)),
                None => Ok(Next::Done(backfill.tag())),
            },
            State::Checks { checks, tag } => match checks.step(session, shared)? {
                Some(turn) => Ok(Next::Wait(turn)),
                None => Ok(Next::Done(std::mem::take(tag))),
            },
            State::Analysis(analysis) => match analysis.step(session, shared)? {
                Ok(turn) => Ok(Next::Wait(turn)),
                Err(outcome) => match self.adopt(outcome, session, shared, out)? {
                    Some(Progress::Wait(turn)) => Ok(Next::Wait(turn)),
                    _ => self.next_batch(session, shared, out),
                },
            },
            State::Deferred(checks) => match checks.step(session, shared) {
                Ok(Some(turn)) => Ok(Next::Wait(turn)),
                Ok(None) => {
                    self.state = State::Ready;
                    Ok(Next::Again)
                }
                Err(error) => {
                    if self.is_transaction_control() {
                        // A commit that fails ends the block.
                        session.transaction.leave_block();
                    }
                    Err(error)
                }
            },
            State::Plan { running, view, kind, watch } => {
                let kind = *kind;
                let step = match step_plan(session, shared, running, *view, &self.params, watch) {
                    Err(error) => return self.run_again(session, shared, kind, error),
                    Ok(step) => step,
                };
                match step {
                    Step::Batch(batch) => Ok(Next::Batch(batch)),
                    Step::Pending(Wait::Slice) => Ok(Next::Wait(Turn::Yield)),
                    Step::Pending(Wait::Lock) => Ok(Next::Wait(Turn::Lock)),
                    Step::Pending(Wait::Output) => Ok(Next::Wait(Turn::Output)),
                    Step::Pending(Wait::Input) => Ok(Next::Wait(Turn::Idle)),
                    Step::Done => {
                        let tag = tag(kind, self.rows, running.affected());
                        let events = session.transaction.due_now(watch.take());
                        self.end_plan(session);
                        if events.is_empty() {
                            return Ok(Next::Done(tag));
                        }
                        self.state = State::Checks { checks: Box::new(Checks::new(events)), tag };
                        self.next_batch(session, shared, out)
                    }
                }
            }
        }
    }

    /// The plan has come to its end: the session keeps its operators for the next time.
    fn end_plan(&mut self, session: &mut Session) {
        let ended = std::mem::replace(&mut self.state, State::Done);
        if let (State::Plan { running, .. }, Work::Plan(plan, _)) = (ended, &self.statement.work) {
            session.idle.give_back(plan, running);
        }
    }

    /// A query that stopped since one of its functions must wait for an advisory lock begins anew; what it
    /// has called before is not called twice. Anything else has failed.
    fn run_again(
        &mut self,
        session: &mut Session,
        shared: &Shared,
        kind: BoundKind,
        error: SqlError,
    ) -> Result<Next> {
        if !session.variables.answers.take_wait() || kind != BoundKind::Select || self.rows > 0 {
            return Err(error);
        }
        if session.variables.answers.sleeps_until().is_none() {
            session.start_lock_wait(shared);
        }
        self.state = State::Ready;
        Ok(Next::Wait(Turn::Lock))
    }

    fn ended_tag(&self) -> String {
        match &self.statement.work {
            Work::Plan(_, kind) => tag(*kind, 0, 0),
            Work::Empty | Work::Utility => String::new(),
        }
    }
}

enum Next {
    /// The statement is to be started anew.
    Again,
    Batch(Batch),
    Wait(Turn),
    Done(String),
}

/// What a cursor got.
pub(super) enum Fetched {
    /// Rows.
    Rows(Batch),
    /// Nothing now.
    Wait(Turn),
    /// Nothing more.
    End,
}

/// Lets a running plan do one step in a session.
pub(super) fn step_plan(
    session: &mut Session,
    shared: &Shared,
    running: &mut exec::Running,
    view: View,
    params: &[Value],
    watch: &mut dyn RowWatch,
) -> Result<Step> {
    session.check_interrupts(shared)?;
    let catalog = session.transaction.catalog(shared);
    let serializable = session.isolation() != Isolation::ReadCommitted;
    let work_mem = session.variables.settings.borrow().limits().work_mem;
    let held = Held { statements: &session.statements, portals: &session.portals };
    let env = StepEnvironment::new(shared, &session.variables, held, catalog);
    let source = env.source();
    let mut context = Context {
        txn: session.transaction.txn(shared),
        view,
        env: &env,
        system: &source,
        params,
        row_numbers: &shared.row_numbers,
        cancelled: &session.variables.interrupts.cancelled,
        workspace: Workspace::new(work_mem, &shared.store),
        clock: &*shared.env.clock,
        slice: &shared.slice,
        snapshot_is_fixed: serializable,
        watch,
    };
    let step = running.next(&mut context)?;
    match step {
        Step::Pending(Wait::Lock) => session.start_lock_wait(shared),
        _ => session.lock_deadline = None,
    }
    if session.variables.interrupts.cancelled.load(Ordering::Relaxed) {
        session.check_interrupts(shared)?;
    }
    Ok(step)
}

fn tag(kind: BoundKind, rows: u64, affected: u64) -> String {
    match kind {
        BoundKind::Select => format!("SELECT {rows}"),
        BoundKind::Insert => format!("INSERT 0 {affected}"),
        BoundKind::Update => format!("UPDATE {affected}"),
        BoundKind::Delete => format!("DELETE {affected}"),
        BoundKind::Merge => format!("MERGE {affected}"),
    }
}
