//! Many sessions of one engine, in an order that the seed decides.
//!
//! Each session appends numbers to lists and reads lists, in transactions. Whose turn it is, what it does, when
//! a commit becomes durable and who is cancelled while it waits follows from the seed. At the end the lists say in
//! which order the writes took effect, and what was read says who saw whom: from that follows which
//! cycles there are (`history`), and none may be there that the isolation level forbids. And as long as anybody has
//! something to do, somebody must be able to go on: no wake-up is lost, no deadlock overlooked.

mod answers;
mod history;

use crate::{Chance, Finding};
use answers::Answers;
use history::{Done, History};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strata_db::session::{Engine, EngineOptions, Request, SessionId, Startup, Turn};
use strata_store::Lsn;
use vfs::faulty::Faulty;

/// An isolation level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A snapshot a statement.
    ReadCommitted,
    /// A snapshot a transaction.
    RepeatableRead,
    /// As if one after the other.
    Serializable,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Transactions that committed.
    pub committed: usize,
    /// Transactions that were refused or cancelled.
    pub failed: usize,
    /// Times that a session was parked.
    pub waits: usize,
}

const SESSIONS: usize = 8;
const LISTS: u64 = 5;
const STEPS: usize = 1500;

/// Runs one seed at one level.
///
/// # Errors
/// What went wrong, as a sentence.
pub fn run(seed: u64, level: Level) -> Result<Outcome, Finding> {
    let mut stage = Stage::new(seed, level)?;
    for _ in 0..STEPS {
        stage.step()?;
    }
    stage.drain()?;
    let lists = stage.lists()?;
    stage.history.judge(&lists, level)?;
    Ok(stage.outcome)
}

struct Stage {
    engine: Engine,
    chance: Chance,
    level: Level,
    actors: Vec<Actor>,
    history: History,
    numbers: u32,
    /// Where the journal ends with the last commit.
    last: Option<Lsn>,
    outcome: Outcome,
    /// No new transactions are begun.
    drains: bool,
}

struct Actor {
    session: SessionId,
    cancelled: Arc<AtomicBool>,
    inbox: VecDeque<Request>,
    answers: Answers,
    /// Statements still to be said, with what they are to the history.
    script: VecDeque<(String, Act)>,
    /// The statement at work.
    act: Option<Act>,
    done: Done,
    is_parked: bool,
}

#[derive(Clone, Copy)]
enum Act {
    Begin,
    Read(u64),
    Append(u64, u32),
    Commit,
    Other,
}

impl Stage {
    fn new(seed: u64, level: Level) -> Result<Stage, Finding> {
        let machine = Faulty::new(seed);
        let opened = Engine::open(machine.env(), Path::new("/data"), EngineOptions::default());
        let mut engine = opened.map_err(|error| format!("open: {error}"))?;
        let actors: Result<Vec<Actor>, Finding> = (0..SESSIONS).map(|_| Actor::start(&mut engine)).collect();
        let mut stage = Stage {
            engine,
            chance: Chance::new(seed),
            level,
            actors: actors?,
            history: History::default(),
            numbers: 0,
            last: None,
            outcome: Outcome::default(),
            drains: false,
        };
        stage.say("CREATE TABLE lists (k int PRIMARY KEY, v text NOT NULL)")?;
        stage.say(&format!("INSERT INTO lists SELECT n, '' FROM generate_series(0, {}) AS n", LISTS - 1))?;
        Ok(stage)
    }

    /// Runs a statement to its end, on the first session, which does nothing else.
    fn say(&mut self, sql: &str) -> Result<Vec<Vec<String>>, Finding> {
        let Some(actor) = self.actors.first_mut() else { return Ok(Vec::new()) };
        actor.inbox.push_back(Request::Query(sql.to_owned()));
        while self.engine.run(actor.session, &mut actor.inbox, &mut actor.answers) == Turn::Yield {}
        let answers = std::mem::take(&mut actor.answers);
        self.become_durable(&answers);
        match answers.error {
            Some(error) => Err(format!("{sql}: {error}")),
            None => Ok(answers.rows),
        }
    }

    fn become_durable(&self, answers: &Answers) {
        if let Some(lsn) = answers.gate {
            // A store that is poisoned says so with the next statement.
            let _ = self.engine.store().wait_durable(lsn);
        }
    }

    /// One session goes on for a slice.
    fn step(&mut self) -> Result<(), Finding> {
        let able: Vec<usize> = (0..self.actors.len())
            .filter(|at| {
                self.actors
                    .get(*at)
                    .is_some_and(|actor| !actor.is_parked && (!self.drains || actor.is_busy()))
            })
            .collect();
        if able.is_empty() {
            let parked = self.actors.iter().filter(|actor| actor.is_parked).count();
            return if parked > 0 {
                Err(format!("{parked} sessions wait, and nobody is at work"))
            } else {
                Ok(())
            };
        }
        let at = able.get(self.chance.below(able.len() as u64) as usize).copied().unwrap_or_default();
        self.run(at)?;
        let mut woken = Vec::new();
        self.engine.take_woken(&mut woken);
        for actor in self.actors.iter_mut().filter(|actor| woken.contains(&actor.session)) {
            actor.is_parked = false;
        }
        if self.chance.percent(1)
            && let Some(parked) = self.actors.iter_mut().find(|actor| actor.is_parked)
        {
            parked.cancelled.store(true, Ordering::Relaxed);
            self.engine.wake(parked.session);
            parked.is_parked = false;
        }
        Ok(())
    }

    /// What has begun comes to its end.
    fn drain(&mut self) -> Result<(), Finding> {
        self.drains = true;
        while self.actors.iter().any(|actor| actor.is_parked || actor.is_busy()) {
            self.step()?;
        }
        Ok(())
    }

    fn run(&mut self, at: usize) -> Result<(), Finding> {
        let script = self.script_for(at);
        let Some(actor) = self.actors.get_mut(at) else { return Ok(()) };
        if actor.act.is_none() {
            actor.script.extend(script);
            let Some((sql, act)) = actor.script.pop_front() else { return Ok(()) };
            if matches!(act, Act::Begin) {
                actor.done = Done::default();
            }
            actor.act = Some(act);
            actor.inbox.push_back(Request::Query(sql));
        }
        let turn = self.engine.run(actor.session, &mut actor.inbox, &mut actor.answers);
        match turn {
            Turn::Lock => {
                actor.is_parked = true;
                self.outcome.waits += 1;
            }
            Turn::Idle => self.note(at),
            Turn::Yield | Turn::Output => {}
            Turn::End => return Err("a session has ended".to_owned()),
        }
        Ok(())
    }

    /// A statement is over.
    fn note(&mut self, at: usize) {
        let Some(actor) = self.actors.get_mut(at) else { return };
        let answers = std::mem::take(&mut actor.answers);
        let Some(act) = actor.act.take() else { return };
        if answers.error.is_some() {
            actor.script.clear();
            if answers.status != b'I' {
                actor.script.push_back(("ROLLBACK".to_owned(), Act::Other));
            }
            self.outcome.failed += 1;
            return;
        }
        match act {
            Act::Read(list) => {
                let text = answers.rows.first().and_then(|row| row.first()).cloned().unwrap_or_default();
                actor.done.read(list, &text);
            }
            Act::Append(list, number) => actor.done.append(list, number),
            Act::Commit => {
                self.history.commit(std::mem::take(&mut actor.done));
                self.outcome.committed += 1;
            }
            Act::Begin | Act::Other => {}
        }
        self.last = self.last.max(answers.gate);
        // Often a commit is on its way to disk while others go on.
        if !matches!(act, Act::Commit) || self.chance.percent(60) {
            self.become_durable(&answers);
        }
    }

    /// The statements of a new transaction, if the session is to begin one.
    fn script_for(&mut self, at: usize) -> Vec<(String, Act)> {
        let is_busy = self.actors.get(at).is_none_or(|actor| actor.is_busy());
        if is_busy || self.drains {
            return Vec::new();
        }
        let level = match self.level {
            Level::ReadCommitted => "READ COMMITTED",
            Level::RepeatableRead => "REPEATABLE READ",
            Level::Serializable => "SERIALIZABLE",
        };
        let reads_only = self.chance.percent(15);
        let mode = if reads_only { " READ ONLY" } else { "" };
        let mut script = vec![(format!("BEGIN ISOLATION LEVEL {level}{mode}"), Act::Begin)];
        for _ in 0..=self.chance.below(4) {
            let list = self.chance.below(LISTS);
            if reads_only || self.chance.percent(45) {
                script.push((format!("SELECT v FROM lists WHERE k = {list}"), Act::Read(list)));
            } else {
                self.numbers += 1;
                let number = self.numbers;
                let sql = format!("UPDATE lists SET v = v || '{number},' WHERE k = {list}");
                script.push((sql, Act::Append(list, number)));
            }
        }
        script.push(("COMMIT".to_owned(), Act::Commit));
        script
    }

    /// What the lists hold at the end.
    fn lists(&mut self) -> Result<BTreeMap<u64, String>, Finding> {
        if let Some(last) = self.last {
            self.engine.store().wait_durable(last).map_err(|error| error.to_string())?;
        }
        let rows = self.say("SELECT k, v FROM lists")?;
        Ok(rows
            .into_iter()
            .filter_map(|row| match &row[..] {
                [list, text] => Some((list.parse().ok()?, text.clone())),
                _ => None,
            })
            .collect())
    }
}

impl Actor {
    fn start(engine: &mut Engine) -> Result<Actor, Finding> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let startup = Startup { user: "postgres".to_owned(), ..Startup::default() };
        let session = engine.start(&startup, cancelled.clone()).map_err(|error| format!("start: {error}"))?;
        Ok(Actor {
            session,
            cancelled,
            inbox: VecDeque::new(),
            answers: Answers::default(),
            script: VecDeque::new(),
            act: None,
            done: Done::default(),
            is_parked: false,
        })
    }

    /// Whether it is in the middle of a transaction.
    fn is_busy(&self) -> bool {
        self.act.is_some() || !self.script.is_empty()
    }
}
