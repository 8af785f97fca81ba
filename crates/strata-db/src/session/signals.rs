//! The functions by which a query speaks to other sessions or rests: `pg_notify`, `pg_advisory_lock`,
//! `pg_sleep` and their kin.
//!
//! A function cannot wait. One that must raises [`must_wait`], and the statement is run again from its
//! start when the lock may be had; [`Answers`] remembers what its calls came to before, so that none of
//! them happens twice.

use super::advisory::{Key, Scope, Wish};
use super::environment::StepEnvironment;
use super::errands::Errand;
use super::notify::Signal;
use super::shared::Shared;
use super::waits;
use crate::error::{Result, SqlError};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use strata_types::{Array, Type, Value, sqlstate};

/// How often a statement looks whether its errand is done.
const LOOK_EVERY_US: u64 = 20_000;

/// What a statement's calls came to, in order.
#[derive(Default)]
pub(super) struct Answers {
    /// Those for locks.
    given: RefCell<Vec<bool>>,
    /// How many of them the present run has used.
    used: Cell<usize>,
    /// Those that somebody was sent for.
    errands: RefCell<Vec<Arc<Errand>>>,
    /// How many of them the present run has used.
    errands_used: Cell<usize>,
    waits: Cell<bool>,
    /// When the sleep at hand is over, on the monotonic clock.
    sleeps_until: Cell<Option<u64>>,
}

impl Answers {
    /// Another statement begins.
    pub(super) fn begin(&self) {
        self.given.borrow_mut().clear();
        self.used.set(0);
        self.errands.borrow_mut().clear();
        self.errands_used.set(0);
        self.waits.set(false);
        self.sleeps_until.set(None);
    }

    /// When the sleep at hand is over, on the monotonic clock.
    pub(super) fn sleeps_until(&self) -> Option<u64> {
        self.sleeps_until.get()
    }

    /// Whether the statement has stopped since it must wait: it is to be run again from its start.
    pub(super) fn take_wait(&self) -> bool {
        self.used.set(0);
        self.errands_used.set(0);
        self.waits.take()
    }

    /// What an errand comes to, which `send` begins in the first run; a wait while it is under way.
    pub(super) fn errand(&self, shared: &Shared, send: impl FnOnce() -> Arc<Errand>) -> Result<Value> {
        let index = self.errands_used.get();
        let known = self.errands.borrow().get(index).cloned();
        let errand = known.unwrap_or_else(|| {
            let sent = send();
            self.errands.borrow_mut().push(sent.clone());
            sent
        });
        let Some(outcome) = errand.outcome() else {
            self.sleeps_until.set(Some(shared.env.clock.monotonic_us() + LOOK_EVERY_US));
            self.waits.set(true);
            return Err(must_wait());
        };
        self.sleeps_until.set(None);
        self.errands_used.set(index + 1);
        outcome
    }

    /// The answer of an earlier run, or that of `call`; `None` from it is a wait.
    fn answer(&self, call: impl FnOnce() -> Result<Option<bool>>) -> Result<bool> {
        let index = self.used.get();
        let known = self.given.borrow().get(index).copied();
        let answer = match known {
            Some(answer) => answer,
            None => {
                let Some(answer) = call()? else {
                    self.waits.set(true);
                    return Err(must_wait());
                };
                self.given.borrow_mut().push(answer);
                answer
            }
        };
        self.used.set(index + 1);
        Ok(answer)
    }
}

/// What unwinds a statement that must wait; clients see it only of statements that cannot be run again.
fn must_wait() -> SqlError {
    SqlError::new(sqlstate::LOCK_NOT_AVAILABLE, "a function cannot wait within this statement")
        .hint("Call the function in a SELECT of its own.")
}

/// Answers the functions of this family; `None` for others.
///
/// # Errors
/// 22023 for a bad channel, 40P01 for a deadlock.
pub(super) fn answer(env: &StepEnvironment<'_>, question: &str, args: &[Value]) -> Result<Option<Value>> {
    let variables = env.variables;
    match question {
        "pg_notify" => {
            let text = |value: Option<&Value>| match value {
                Some(Value::Text(text)) => text.to_string(),
                _ => String::new(),
            };
            let signal = Signal::notify(&text(args.first()), &text(args.get(1)))?;
            variables.signals.borrow_mut().push(signal);
            Ok(Some(nothing()))
        }
        "pg_listening_channels" => {
            let channels = env.shared.notifications.channels_of(variables.session);
            let channels = channels.iter().map(|name| Value::text(&**name)).collect();
            Ok(Some(Value::Array(Arc::new(Array::new(Type::TEXT, channels)))))
        }
        "pg_sleep" => {
            let seconds = match args.first() {
                Some(Value::Float8(seconds)) if *seconds > 0.0 => *seconds,
                _ => 0.0,
            };
            sleep(env, (seconds * 1e6) as u64)
        }
        "pg_cancel_backend" | "pg_terminate_backend" => {
            let pid = args.first().and_then(Value::as_i64).and_then(|pid| i32::try_from(pid).ok());
            let ends = question == "pg_terminate_backend";
            let known = pid.is_some_and(|pid| env.shared.interrupt(pid, ends));
            if !known {
                let message = format!("PID {} is not a PostgreSQL server process", pid.unwrap_or(0));
                variables.notice("WARNING", SqlError::new(sqlstate::WARNING, message));
            }
            Ok(Some(Value::Bool(known)))
        }
        "pg_export_snapshot" => {
            let activities = &env.shared.activities;
            let txn = activities.txn_of(variables.session).map_or(0, |txn| txn.0);
            let Some(view) = variables.view.get() else { return Ok(Some(Value::Null)) };
            let snapshot = env.shared.store.keep(view);
            let by = (variables.session, variables.project);
            let identifier = env.shared.exported.export(by, txn, snapshot, variables.isolation.get());
            Ok(Some(Value::text(identifier)))
        }
        "pg_blocking_pids" => {
            let pid = args.first().and_then(Value::as_i64).and_then(|pid| i32::try_from(pid).ok());
            let session = pid.and_then(|pid| env.shared.activities.by_pid(pid));
            let (sessions, prepared) =
                session.map(|session| waits::blockers(env.shared, session)).unwrap_or_default();
            let mut pids: Vec<i32> =
                sessions.iter().filter_map(|session| env.shared.activities.pid_of(*session)).collect();
            // PostgreSQL's number for whom no session can cancel.
            pids.extend(prepared.then_some(0));
            let pids = pids.into_iter().map(Value::Int4).collect();
            Ok(Some(Value::Array(Arc::new(Array::new(Type::INT4, pids)))))
        }
        "pg_prepared_xacts" => Ok(Some(prepared_transactions(env))),
        "pg_advisory_unlock_all" => {
            env.shared.advisory.release_all(env.shared, variables.session);
            Ok(Some(nothing()))
        }
        _ => match wish(env, question, args) {
            Some((call, wish)) => Ok(Some(call.make(env, wish)?)),
            None => Ok(None),
        },
    }
}

/// The rows of `pg_prepared_xacts`, as an array of records.
fn prepared_transactions(env: &StepEnvironment<'_>) -> Value {
    let mut rows = Vec::new();
    env.shared.prepared.each(&mut |identifier, prepared| {
        let owner = env.catalog.role(prepared.owner).map_or("", |role| &role.name);
        let project = env.catalog.project(prepared.project).map_or("", |project| &project.name);
        let row = [
            Value::Oid(0),
            Value::text(identifier),
            Value::TimestampTz(prepared.prepared),
            Value::text(owner),
            Value::text(project),
        ];
        rows.push(Value::Record(Arc::from(row)));
    });
    Value::Array(Arc::new(Array::new(Type::RECORD, rows)))
}

/// The value of `void`, which is not NULL.
fn nothing() -> Value {
    Value::text("")
}

/// Lets the statement rest for so many microseconds.
fn sleep(env: &StepEnvironment<'_>, duration: u64) -> Result<Option<Value>> {
    let answers = &env.variables.answers;
    let now = env.shared.env.clock.monotonic_us();
    answers.answer(|| {
        let until = answers.sleeps_until.get().unwrap_or_else(|| now.saturating_add(duration));
        let is_over = now >= until;
        answers.sleeps_until.set((!is_over).then_some(until));
        Ok(is_over.then_some(true))
    })?;
    Ok(Some(nothing()))
}

/// What a function of the advisory family does.
#[derive(Clone, Copy)]
enum Call {
    Lock,
    Try,
    Unlock,
}

impl Call {
    fn make(self, env: &StepEnvironment<'_>, wish: Wish) -> Result<Value> {
        let (shared, session) = (env.shared, env.variables.session);
        let answer = env.variables.answers.answer(|| match self {
            Call::Lock => Ok(shared.advisory.take(session, wish).then_some(true)),
            Call::Try => Ok(Some(shared.advisory.try_take(session, wish))),
            Call::Unlock => Ok(Some(shared.advisory.release(shared, session, wish))),
        })?;
        if !matches!(self, Call::Unlock) && answer {
            env.variables.follows_others.set(true);
        }
        if matches!(self, Call::Unlock) && !answer {
            let kind = if wish.shared { "ShareLock" } else { "ExclusiveLock" };
            let message = format!("you don't own a lock of type {kind}");
            env.variables.notice("WARNING", SqlError::new(sqlstate::WARNING, message));
        }
        Ok(match self {
            Call::Lock => nothing(),
            Call::Try | Call::Unlock => Value::Bool(answer),
        })
    }
}

/// Takes a name like `pg_try_advisory_xact_lock_shared` apart.
fn wish(env: &StepEnvironment<'_>, name: &str, args: &[Value]) -> Option<(Call, Wish)> {
    let name = name.strip_prefix("pg_")?;
    let (tries, name) = name.strip_prefix("try_").map_or((false, name), |rest| (true, rest));
    let name = name.strip_prefix("advisory_")?;
    let (scope, name) =
        name.strip_prefix("xact_").map_or((Scope::Session, name), |rest| (Scope::Transaction, rest));
    let (shared, name) = name.strip_suffix("_shared").map_or((false, name), |rest| (true, rest));
    let call = match (name, tries) {
        ("lock", true) => Call::Try,
        ("lock", false) => Call::Lock,
        ("unlock", false) => Call::Unlock,
        _ => return None,
    };
    let project = env.variables.project;
    let key = match args {
        [Value::Int8(number)] => Key { project, is_pair: false, number: *number },
        [Value::Int4(high), Value::Int4(low)] => {
            Key { project, is_pair: true, number: i64::from(*high) << 32 | i64::from(*low as u32) }
        }
        _ => return None,
    };
    Some((call, Wish { key, shared, scope }))
}
