//! Work of the whole store, which takes long and in which the engine has no part: verification and backups. A job of
//! its own does it. The statement that asked looks now and then whether it is done, and others go on meanwhile.

use super::environment::StepEnvironment;
use crate::error::{Result, SqlError};
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use strata_store::Store;
use strata_types::{Array, Type, Value, sqlstate};
use vfs::{Job, JobHandle, Progress};

/// What an errand comes to.
type Outcome = Result<Value, strata_store::Error>;

/// Work that a job does.
pub(super) struct Errand {
    outcome: Arc<OnceLock<Outcome>>,
    _job: Arc<dyn JobHandle>,
}

impl Errand {
    /// Sends a job on it.
    fn send(env: &vfs::Env, name: &'static str, work: impl FnOnce() -> Outcome + Send + 'static) -> Errand {
        let outcome = Arc::<OnceLock<Outcome>>::default();
        let runner = Runner { work: Some(Box::new(work)), outcome: outcome.clone() };
        Errand { outcome, _job: env.jobs.spawn(name, Box::new(runner)) }
    }

    /// What it came to, once it is done.
    pub(super) fn outcome(&self) -> Option<Result<Value>> {
        self.outcome.get().map(|outcome| outcome.clone().map_err(SqlError::from))
    }
}

struct Runner {
    work: Option<Box<dyn FnOnce() -> Outcome + Send>>,
    outcome: Arc<OnceLock<Outcome>>,
}

impl Job for Runner {
    fn step(&mut self) -> Progress {
        if let Some(work) = self.work.take() {
            let _ = self.outcome.set(work());
        }
        Progress::Done
    }
}

/// All errands under way. One whose statement was cancelled goes on to its end: a job that is let go of ends its step,
/// and the engine would have to wait for that.
#[derive(Default)]
pub(super) struct Errands {
    sent: RefCell<Vec<Arc<Errand>>>,
}

impl Errands {
    fn keep(&self, errand: Errand) -> Arc<Errand> {
        let errand = Arc::new(errand);
        let mut sent = self.sent.borrow_mut();
        sent.retain(|other| other.outcome.get().is_none());
        sent.push(errand.clone());
        errand
    }
}

/// Answers the functions of this family; `None` for others.
///
/// # Errors
/// 42501 for who is no superuser, and the store's.
pub(super) fn answer(env: &StepEnvironment<'_>, question: &str, args: &[Value]) -> Result<Option<Value>> {
    let (store, shared) = (env.shared.store.clone(), env.shared);
    let send = |name, work: Box<dyn FnOnce() -> Outcome + Send>| {
        env.variables.answers.errand(shared, || shared.errands.keep(Errand::send(&shared.env, name, work)))
    };
    match question {
        "strata_verify" => {
            check_superuser(env, question)?;
            send("verify", Box::new(move || verify(&store))).map(Some)
        }
        "strata_backup" => {
            check_superuser(env, question)?;
            let target = target(args.first())?;
            send("backup", Box::new(move || backup(&store, target))).map(Some)
        }
        _ => Ok(None),
    }
}

fn check_superuser(env: &StepEnvironment<'_>, function: &str) -> Result<()> {
    let role = env.catalog.role_named(&env.variables.current_user());
    match role {
        Some(role) if role.superuser => Ok(()),
        _ => Err(SqlError::new(
            sqlstate::INSUFFICIENT_PRIVILEGE,
            format!("permission denied for function {function}"),
        )),
    }
}

/// The directory of a backup, on the server.
fn target(value: Option<&Value>) -> Result<PathBuf> {
    match value {
        Some(Value::Text(path)) if path.starts_with('/') => Ok(PathBuf::from(&**path)),
        _ => Err(SqlError::new(sqlstate::INVALID_NAME, "relative path not allowed for a backup")),
    }
}

/// The problems, as an array.
fn verify(store: &Store) -> Outcome {
    let report = store.verify()?;
    let more = report.problem_count.saturating_sub(report.problems.len() as u64);
    let more = (more > 0).then(|| format!("and {more} more"));
    let problems = report.problems.into_iter().chain(more).map(Value::text).collect();
    Ok(Value::Array(Arc::new(Array::new(Type::TEXT, problems))))
}

/// What it took, as an array in the order of the function's columns.
fn backup(store: &Store, target: PathBuf) -> Outcome {
    let stats = store.backup(&target)?;
    let counts = [stats.table_bytes, stats.kept_bytes, stats.pages, stats.journal_bytes];
    let counts = counts.map(|count| Value::Int8(i64::try_from(count).unwrap_or(i64::MAX)));
    Ok(Value::Array(Arc::new(Array::new(Type::INT8, counts.to_vec()))))
}
