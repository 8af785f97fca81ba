//! EXPLAIN: how a statement would be computed, and with ANALYZE how it was.
//!
//! | file | |
//! |---|---|
//! | `node` | what is shown, whatever the form |
//! | `tree`, `nodes` | from the physical plan to that |
//! | `words` | expressions in SQL |
//! | `estimate` | costs and rows that are expected |
//! | `text`, `json` | the forms |

mod estimate;
mod json;
mod node;
mod nodes;
mod text;
mod tree;
mod words;

use super::engine::Turn;
use super::environment::StepEnvironment;
use super::portal::{Outcome, step_plan};
use super::references::{Checks, Watch};
use super::session::Session;
use super::shared::Shared;
use super::statement::{Statement, Work};
use crate::bind::BoundKind;
use crate::error::{Result, SqlError};
use crate::exec::{self, Measured, Step, Wait};
use crate::parse::ast::{self, OptionDef, Statement as Tree};
use crate::plan::{Field, PhysicalPlan};
use crate::schema::RelationDef;
use std::sync::Arc;
use strata_store::View;
use strata_types::{Batch, Type, Value, sqlstate};

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Options {
    analyze: bool,
    verbose: bool,
    costs: bool,
    timing: bool,
    summary: bool,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Json,
}

/// How long planning and execution took, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    planning_us: Option<u64>,
    execution_us: Option<u64>,
}

impl Options {
    fn read(options: &[OptionDef]) -> Result<Options> {
        let (mut analyze, mut verbose, mut costs) = (false, false, true);
        let (mut timing, mut summary, mut form) = (None, None, Form::Text);
        for option in options {
            match &*option.name.name {
                "analyze" => analyze = flag(option)?,
                "verbose" => verbose = flag(option)?,
                "costs" => costs = flag(option)?,
                "timing" => timing = Some(flag(option)?),
                "summary" => summary = Some(flag(option)?),
                "buffers" | "settings" | "wal" | "generic_plan" => {
                    flag(option)?;
                }
                "format" => form = Form::read(option)?,
                other => {
                    let message = format!("unrecognized EXPLAIN option \"{other}\"");
                    return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(option.name.pos.0));
                }
            }
        }
        if timing == Some(true) && !analyze {
            let message = "EXPLAIN option TIMING requires ANALYZE";
            return Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message));
        }
        let (timing, summary) = (timing.unwrap_or(analyze), summary.unwrap_or(analyze));
        Ok(Options { analyze, verbose, costs, timing, summary, form })
    }
}

impl Form {
    fn read(option: &OptionDef) -> Result<Form> {
        let word = option.word().unwrap_or_default().to_ascii_lowercase();
        match word.as_str() {
            "text" => Ok(Form::Text),
            "json" => Ok(Form::Json),
            "xml" | "yaml" => {
                Err(SqlError::unsupported(format!("EXPLAIN (FORMAT {word})")).at(option.name.pos.0))
            }
            _ => {
                let message = format!("unrecognized value for EXPLAIN option \"format\": \"{word}\"");
                Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message).at(option.name.pos.0))
            }
        }
    }
}

fn flag(option: &OptionDef) -> Result<bool> {
    let Some(word) = option.word() else { return Ok(true) };
    match word.to_ascii_lowercase().as_str() {
        "true" | "on" | "1" => Ok(true),
        "false" | "off" | "0" => Ok(false),
        _ => {
            let message = format!("{} requires a Boolean value", option.name.name);
            Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(option.name.pos.0))
        }
    }
}

/// The one column that EXPLAIN returns.
///
/// # Errors
/// For bad options.
pub(super) fn fields(explain: &ast::Explain) -> Result<Vec<Field>> {
    let ty = match Options::read(&explain.options)?.form {
        Form::Text => Type::TEXT,
        Form::Json => Type::JSON,
    };
    Ok(vec![Field::new("QUERY PLAN", ty)])
}

/// `EXPLAIN`.
///
/// # Errors
/// The statement's; bad options.
pub(super) fn explain(
    session: &mut Session,
    shared: &Shared,
    explain: &ast::Explain,
    params: &[Value],
) -> Result<Outcome> {
    let options = Options::read(&explain.options)?;
    let started = shared.env.clock.monotonic_us();
    let mut statement = planned(session, shared, &explain.statement)?;
    let planning_us = Some(shared.env.clock.monotonic_us() - started);
    let times = Times { planning_us, execution_us: None };
    let Work::Plan(plan, kind) = &statement.work else {
        let line = "Utility statements have no plan structure";
        return Ok(outcome(&[line.to_owned()], Type::TEXT));
    };
    if !options.analyze {
        let env = session.environment(shared);
        return Ok(show(&env, plan, &options, &times, None));
    }
    if *kind != BoundKind::Select {
        session.refuse_if_read_only(kind.tag())?;
    }
    let Some(view) = session.admit(shared, &mut statement, false)? else { return Ok(Outcome::Wait) };
    let Work::Plan(plan, _) = &statement.work else { unreachable!("a plan stays one when it is made anew") };
    let started = shared.env.clock.monotonic_us();
    Ok(Outcome::Analysis(Box::new(Analysis {
        running: exec::build_measured(plan)?,
        watch: Watch::new(statement.references.clone()),
        plan: plan.clone(),
        checks: None,
        options,
        times,
        params: params.to_vec(),
        view,
        started,
    })))
}

/// The statement to be explained, planned.
fn planned(session: &Session, shared: &Shared, tree: &Tree) -> Result<Arc<Statement>> {
    let env = session.environment(shared);
    let tree = match tree {
        Tree::Execute(execute) => {
            let statement = session.statement(&execute.name.name)?;
            return Ok(if statement.is_current(&env) {
                statement
            } else {
                Arc::new(statement.renewed(&env)?)
            });
        }
        Tree::DeclareCursor(declare) => Tree::Query(Box::new(declare.query.clone())),
        Tree::CreateTableAs(create) => match &create.source {
            ast::CreateAsSource::Query(query) => Tree::Query(query.clone()),
            _ => tree.clone(),
        },
        other => other.clone(),
    };
    Ok(Arc::new(Statement::prepare(&env, Arc::from(""), Some(tree), &[])?))
}

/// An EXPLAIN ANALYZE in flight: the statement runs, its rows are counted and dropped.
pub(super) struct Analysis {
    plan: Arc<PhysicalPlan>,
    running: exec::Running,
    watch: Watch,
    checks: Option<Checks>,
    options: Options,
    times: Times,
    params: Vec<Value>,
    view: View,
    started: u64,
}

impl Analysis {
    /// Runs on; `Ok(Err(outcome))` at the end.
    pub(super) fn step(
        &mut self,
        session: &mut Session,
        shared: &Shared,
    ) -> Result<std::result::Result<Turn, Outcome>> {
        while self.checks.is_none() {
            let step =
                step_plan(session, shared, &mut self.running, self.view, &self.params, &mut self.watch)?;
            match step {
                Step::Batch(_) => {}
                Step::Pending(Wait::Lock) => return Ok(Ok(Turn::Lock)),
                Step::Pending(Wait::Slice | Wait::Output | Wait::Input) => return Ok(Ok(Turn::Yield)),
                Step::Done => {
                    let events = session.transaction.due_now(self.watch.take());
                    self.checks = Some(Checks::new(events));
                }
            }
        }
        if let Some(checks) = &mut self.checks
            && let Some(turn) = checks.step(session, shared)?
        {
            return Ok(Ok(turn));
        }
        self.times.execution_us = Some(shared.env.clock.monotonic_us() - self.started);
        let measured = self.running.measured();
        let env = session.environment(shared);
        Ok(Err(show(&env, &self.plan, &self.options, &self.times, Some(&measured))))
    }
}

fn show(
    env: &StepEnvironment<'_>,
    plan: &PhysicalPlan,
    options: &Options,
    times: &Times,
    measured: Option<&[Measured]>,
) -> Outcome {
    let schema_of = |relation: &RelationDef| {
        env.catalog.dataset(relation.dataset).map_or_else(String::new, |dataset| dataset.name.clone())
    };
    let root = tree::Builder::new(plan, options, &env.format, env, &schema_of, measured).root();
    match options.form {
        Form::Json => outcome(&[json::document(&root, options, times)], Type::JSON),
        Form::Text => {
            let mut lines = text::lines(&root, options);
            let milliseconds = |us: u64| us as f64 / 1000.0;
            if let Some(planning) = times.planning_us.filter(|_| options.summary) {
                lines.push(format!("Planning Time: {:.3} ms", milliseconds(planning)));
            }
            if let Some(execution) = times.execution_us.filter(|_| options.summary) {
                lines.push(format!("Execution Time: {:.3} ms", milliseconds(execution)));
            }
            outcome(&lines, Type::TEXT)
        }
    }
}

fn outcome(lines: &[String], ty: Type) -> Outcome {
    let rows: Vec<Vec<Value>> = lines.iter().map(|line| vec![Value::text(line.as_str())]).collect();
    Outcome::Rows(vec![Batch::from_rows(&[ty], &rows)], "EXPLAIN".to_owned())
}
