//! Several sessions at once: who waits for whom, who is refused, who sees what.
//!
//! A scenario is a file of steps, one a line: the name of a session, and what it says. What came of each step
//! is written in the file of the same name that ends in `.out`; that was recorded on PostgreSQL, and strata must
//! come to the same.
//!
//! ```text
//! # comment
//! levels                      run it once at each isolation level, which $level stands for
//! setup CREATE TABLE t (id int PRIMARY KEY)
//! a BEGIN ISOLATION LEVEL $level
//! b INSERT INTO t VALUES (1)
//! ```
//! `keep name` before a step keeps its answer, a single value, which `$name` stands for from then on.
//!
//! A step that another session keeps from ending is said to *wait*; what becomes of it in the end stands under
//! the step that ended its wait. Whether it waits is asked of the server (`pg_blocking_pids`), so
//! nothing here depends on the time that things take.

use crate::Target;
use postgres::{Client, SimpleQueryMessage};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// The levels that `levels` runs a scenario at.
const LEVELS: [&str; 3] = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];
/// Between two looks at a step that has not ended.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Looks after which a step that is blocked is taken to wait: a deadlock may be found before.
const LOOKS_IF_BLOCKED: u32 = 25;
/// Looks after which one that nobody blocks waits for something that the server does not tell of.
const LOOKS: u32 = 400;

/// Every scenario, in order of its name.
pub fn scenarios() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|ext| ext == "txt"));
    found.sort();
    found
}

/// Plays a scenario, which is to come to what was recorded.
///
/// # Errors
/// The first difference.
pub fn rehearse(target: &Target, scenario: &Path) -> Result<(), String> {
    let found = play(target, scenario)?;
    let expected = std::fs::read_to_string(scenario.with_extension("out")).unwrap_or_default();
    first_difference(&expected, &found).map_or(Ok(()), Err)
}

/// Writes down what a scenario comes to.
///
/// # Errors
/// What keeps it from being played.
pub fn record_scenario(target: &Target, scenario: &Path) -> Result<(), String> {
    let found = play(target, scenario)?;
    std::fs::write(scenario.with_extension("out"), found).map_err(|error| error.to_string())
}

/// Plays a scenario and returns what came of it.
///
/// # Errors
/// What keeps it from being played: a malformed line, a connection that fails.
fn play(target: &Target, scenario: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(scenario).map_err(|error| error.to_string())?;
    let steps: Vec<(&str, &str)> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .collect();
    let schema = scenario.file_stem().and_then(|stem| stem.to_str()).unwrap_or("scenario");
    let mut transcript = String::new();
    if steps.iter().any(|(who, _)| *who == "levels") {
        for level in LEVELS {
            let _ = writeln!(transcript, "== {level}");
            play_at(target, schema, &steps, level, &mut transcript)?;
        }
    } else {
        play_at(target, schema, &steps, "", &mut transcript)?;
    }
    Ok(transcript)
}

fn play_at(
    target: &Target,
    schema: &str,
    steps: &[(&str, &str)],
    level: &str,
    transcript: &mut String,
) -> Result<(), String> {
    let mut stage = Stage::new(target, schema)?;
    for (who, sql) in steps {
        let sql = sql.replace("$level", level);
        match *who {
            "levels" => {}
            "setup" => stage.set_up(&sql)?,
            "keep" => stage.keep(&sql, transcript)?,
            who => stage.step(who, &sql, transcript)?,
        }
    }
    stage.end(transcript);
    Ok(())
}

/// The sessions of a scenario, and one that looks on.
struct Stage<'a> {
    target: &'a Target,
    schema: String,
    /// Names and what was kept under them.
    kept: Vec<(String, String)>,
    onlooker: Client,
    actors: BTreeMap<String, Actor>,
}

/// A session on a thread of its own.
struct Actor {
    pid: i32,
    asks: Sender<String>,
    answers: Receiver<String>,
    waits: bool,
}

/// What became of a step, as far as it can be seen.
enum Seen {
    Ended(String),
    Waits,
}

impl<'a> Stage<'a> {
    fn new(target: &'a Target, schema: &str) -> Result<Stage<'a>, String> {
        let mut onlooker = connect(target)?;
        let schema = format!("scenario_{schema}");
        let fresh = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
        onlooker
            .batch_execute(&format!("SET client_min_messages = error; {fresh}; SET search_path = {schema}"))
            .map_err(|error| text_of(&error))?;
        Ok(Stage { target, schema, kept: Vec::new(), onlooker, actors: BTreeMap::new() })
    }

    fn set_up(&mut self, sql: &str) -> Result<(), String> {
        self.onlooker.batch_execute(sql).map_err(|error| format!("setup: {}", text_of(&error)))
    }

    /// A step `name who sql` whose answer is kept, and not written down.
    fn keep(&mut self, step: &str, transcript: &mut String) -> Result<(), String> {
        let mut words = step.splitn(3, ' ');
        let (Some(name), Some(who), Some(sql)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("keep {step}: no name, session and query"));
        };
        let mut answer = String::new();
        self.step(who, sql, &mut answer)?;
        let value = answer.lines().nth(1).map(str::trim).unwrap_or_default().to_owned();
        transcript.push_str(&answer.replacen(&value, &format!("${name}"), 1));
        self.kept.push((format!("${name}"), value));
        Ok(())
    }

    fn step(&mut self, who: &str, sql: &str, transcript: &mut String) -> Result<(), String> {
        let _ = writeln!(transcript, "{who} {sql}");
        let mut sql = sql.to_owned();
        for (name, value) in &self.kept {
            sql = sql.replace(name, value);
        }
        if !self.actors.contains_key(who) {
            self.actors.insert(who.to_owned(), Actor::start(self.target, &self.schema)?);
        }
        let Some(actor) = self.actors.get_mut(who) else { return Ok(()) };
        if actor.waits {
            return Err(format!("{who} is still waiting, and is to say {sql}"));
        }
        actor.asks.send(sql).map_err(|error| error.to_string())?;
        match actor.look(&mut self.onlooker) {
            Seen::Ended(answer) => transcript.push_str(&answer),
            Seen::Waits => {
                actor.waits = true;
                transcript.push_str("  waits\n");
            }
        }
        self.see_who_goes_on(transcript);
        Ok(())
    }

    /// Tells of the waits that the last step has ended; one may end another.
    fn see_who_goes_on(&mut self, transcript: &mut String) {
        loop {
            let mut went_on = false;
            for (name, actor) in self.actors.iter_mut().filter(|(_, actor)| actor.waits) {
                if let Seen::Ended(answer) = actor.look(&mut self.onlooker) {
                    actor.waits = false;
                    went_on = true;
                    let _ = write!(transcript, "  {name} goes on\n{answer}");
                }
            }
            if !went_on {
                return;
            }
        }
    }

    /// Whoever waits still is let go.
    fn end(mut self, transcript: &mut String) {
        for (name, actor) in self.actors.iter_mut().filter(|(_, actor)| actor.waits) {
            let _ = writeln!(transcript, "  {name} waits still");
            let _ = self.onlooker.simple_query(&format!("SELECT pg_terminate_backend({})", actor.pid));
        }
        self.actors.clear();
        let _ = self.onlooker.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema));
    }
}

impl Actor {
    fn start(target: &Target, schema: &str) -> Result<Actor, String> {
        let mut client = connect(target)?;
        let setting = format!("SET search_path = {schema}; SET client_min_messages = error");
        client.batch_execute(&setting).map_err(|error| text_of(&error))?;
        let row = client.query_one("SELECT pg_backend_pid()", &[]).map_err(|error| text_of(&error))?;
        let pid = row.get(0);
        let (asks, asked) = channel::<String>();
        let (answering, answers) = channel();
        std::thread::spawn(move || {
            while let Ok(sql) = asked.recv() {
                let answer = match client.simple_query(&sql) {
                    Ok(messages) => said(&messages),
                    Err(error) => format!("  {}\n", text_of(&error)),
                };
                if answering.send(answer).is_err() {
                    return;
                }
            }
        });
        Ok(Actor { pid, asks, answers, waits: false })
    }

    /// Looks until the step has ended, or is known to wait.
    fn look(&self, onlooker: &mut Client) -> Seen {
        for look in 1..LOOKS {
            match self.answers.recv_timeout(LOOK_EVERY) {
                Ok(answer) => return Seen::Ended(answer),
                Err(RecvTimeoutError::Disconnected) => {
                    return Seen::Ended("  the session is gone\n".to_owned());
                }
                Err(RecvTimeoutError::Timeout) if look < LOOKS_IF_BLOCKED => {}
                Err(RecvTimeoutError::Timeout) if self.is_blocked(onlooker) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        // It may have been answered while the server was asked.
        self.answers.try_recv().map_or(Seen::Waits, Seen::Ended)
    }

    fn is_blocked(&self, onlooker: &mut Client) -> bool {
        let sql = format!("SELECT pg_blocking_pids({})", self.pid);
        let blockers = onlooker.simple_query(&sql).unwrap_or_default();
        blockers.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).is_some_and(|pids| pids != "{}"),
            _ => false,
        })
    }
}

fn connect(target: &Target) -> Result<Client, String> {
    let mut config = postgres::Config::new();
    config.host(&target.host).port(target.port).user(&target.user).dbname("postgres");
    config.connect(postgres::NoTls).map_err(|error| error.to_string())
}

/// The rows, or the number of rows touched, of each statement.
fn said(messages: &[SimpleQueryMessage]) -> String {
    let mut text = String::new();
    for message in messages {
        match message {
            SimpleQueryMessage::Row(row) => {
                let fields: Vec<&str> = (0..row.len()).map(|at| row.get(at).unwrap_or("NULL")).collect();
                let _ = writeln!(text, "  {}", fields.join(" | "));
            }
            SimpleQueryMessage::CommandComplete(count) => {
                let _ = writeln!(text, "  ok {count}");
            }
            _ => {}
        }
    }
    text
}

fn text_of(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("ERROR {} {}", error.code().code(), error.message()),
        None => error.to_string(),
    }
}

/// The first line that differs, with what leads up to it.
fn first_difference(expected: &str, found: &str) -> Option<String> {
    let (mut left, mut right) = (expected.lines(), found.lines());
    let mut before = Vec::new();
    loop {
        let (left, right) = (left.next(), right.next());
        match (left, right) {
            (None, None) => return None,
            (Some(left), Some(right)) if left == right => before.push(left),
            _ => {
                let from = before.len().saturating_sub(12);
                let context = before.get(from..).unwrap_or_default().join("\n");
                let line = before.len() + 1;
                let (left, right) = (left.unwrap_or("the end"), right.unwrap_or("the end"));
                return Some(format!("line {line}:\n{context}\n- {left}\n+ {right}"));
            }
        }
    }
}
