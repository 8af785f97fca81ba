//! Events worked off: each is one internal statement or two, and may wait for locks.

use super::context::Purpose;
use super::in_doubt::InDoubt;
use super::reference::Reference;
use super::statements::{Internal, column_types};
use super::watch::{Event, KeyEvent, Watch, What};
use crate::error::{Result, SqlError};
use crate::exec::{self, Step, Wait};
use crate::parse;
use crate::plan::PhysicalPlan;
use crate::schema::KeyAction;
use crate::session::engine::Turn;
use crate::session::portal::step_plan;
use crate::session::session::Session;
use crate::session::shared::Shared;
use crate::session::statement::{Reading, Statement, Work};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use strata_store::{ObjectMode, View};
use strata_types::{Batch, Type, Value, sqlstate};

/// Events to be worked off.
pub(in crate::session) struct Checks {
    queue: VecDeque<Event>,
    /// A row whose key is looked at.
    in_doubt: Option<InDoubt>,
    /// The next internal statement, which waits for its table.
    next: Option<(KeyEvent, Stage)>,
    at_work: Option<AtWork>,
}

/// An event at work.
struct AtWork {
    event: KeyEvent,
    stage: Stage,
    running: exec::Running,
    params: Vec<Value>,
    view: View,
    watch: Watch,
}

/// What the internal statement at work is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The key referred to must be there, or nobody must refer to it any more.
    LookUp,
    /// A key that has gone may have come back.
    FindReferred,
    /// Nobody must refer to the key.
    FindReferring,
    /// Deletes or updates the rows that refer.
    Act,
}

impl Checks {
    /// Of these events.
    pub(in crate::session) fn new(events: Vec<Event>) -> Checks {
        Checks { queue: events.into(), in_doubt: None, next: None, at_work: None }
    }

    /// Works until all is done (`None`), or something must be waited for.
    ///
    /// # Errors
    /// 23503 for a key that is not there, or that rows still refer to; what a cascade raises.
    pub(in crate::session) fn step(
        &mut self,
        session: &mut Session,
        shared: &Shared,
    ) -> Result<Option<Turn>> {
        loop {
            if let Some(turn) = self.settle(session, shared)? {
                return Ok(Some(turn));
            }
            let Some(at_work) = &mut self.at_work else {
                let Some((event, stage)) = self.next.take() else {
                    match self.queue.pop_front() {
                        Some(Event::Key(event)) => self.next = Some(event.first()),
                        Some(Event::Doubt(row)) => self.in_doubt = Some(row),
                        None => return Ok(None),
                    }
                    continue;
                };
                let Some(statement) = admitted(session, shared, &event, stage)? else {
                    self.next = Some((event, stage));
                    return Ok(Some(Turn::Lock));
                };
                self.at_work = Some(AtWork::at(session, shared, event, stage, &statement)?);
                continue;
            };
            let found = match at_work.pull(session, shared) {
                Ok(Pulled::Wait(turn)) => return Ok(Some(turn)),
                Ok(Pulled::Found(found)) => found,
                Err(error) => return Err(error.context(at_work.context(session, shared))),
            };
            let Some(done) = self.at_work.take() else { continue };
            let AtWork { event, stage, mut watch, .. } = done;
            self.queue.extend(session.transaction.deferral.keep(watch.take()));
            let next = match (stage, found) {
                (Stage::LookUp, false) | (Stage::FindReferred, false) => Some(Stage::FindReferring),
                (Stage::FindReferring, true) => return Err(event.refusal(session, shared)),
                (Stage::LookUp | Stage::FindReferred, true) | (Stage::FindReferring, false) => None,
                // The default may be the very key that has gone: then the row still refers to it.
                (Stage::Act, _) if event.action() == Some(KeyAction::SetDefault) => Some(Stage::FindReferred),
                (Stage::Act, _) => None,
            };
            self.next = next.map(|stage| (event, stage));
        }
    }
}

impl Checks {
    /// Settles the doubt at hand and those behind it; what must be waited for meanwhile.
    fn settle(&mut self, session: &mut Session, shared: &Shared) -> Result<Option<Turn>> {
        while let Some(row) = &self.in_doubt {
            session.check_interrupts(shared)?;
            if let Some(turn) = row.settle(session, shared)? {
                return Ok(Some(turn));
            }
            self.in_doubt = None;
            if let Some(Event::Doubt(_)) = self.queue.front()
                && let Some(Event::Doubt(next)) = self.queue.pop_front()
            {
                self.in_doubt = Some(next);
                if shared.is_slice_over() {
                    return Ok(Some(Turn::Yield));
                }
            }
        }
        Ok(None)
    }
}

enum Pulled {
    Wait(Turn),
    /// It is over; whether there was a row.
    Found(bool),
}

/// The internal statement of a stage, when its table is locked as PostgreSQL locks it; `None` if that must be
/// waited for.
fn admitted(
    session: &mut Session,
    shared: &Shared,
    event: &KeyEvent,
    stage: Stage,
) -> Result<Option<Arc<Statement>>> {
    loop {
        let statement = prepared(session, shared, event.internal(session, shared, stage))?;
        let strong = |(table, mode): &(_, ObjectMode)| (*table, ObjectMode::RowShare.max(*mode));
        let locks = statement.locks.iter().map(strong).collect();
        if !session.lock_tables(shared, &locks)? {
            return Ok(None);
        }
        // Who held the table may have changed it.
        if statement.version() == session.transaction.catalog(shared).version() {
            return Ok(Some(statement));
        }
    }
}

impl AtWork {
    fn at(
        session: &mut Session,
        shared: &Shared,
        event: KeyEvent,
        stage: Stage,
        statement: &Statement,
    ) -> Result<AtWork> {
        let mut params = event.key().to_vec();
        if stage == Stage::Act
            && let What::Gone(_, Some(now)) = &event.what
            && event.reference.key.on_update == KeyAction::Cascade
        {
            params.extend(now.iter().cloned());
        }
        let Work::Plan(plan, _) = &statement.work else { unreachable!("an internal statement has a plan") };
        let view = session.transaction.newest_view(shared, session.isolation());
        let watch = Watch::new(statement.references.clone());
        Ok(AtWork { running: exec::build(plan)?, event, stage, params, view, watch })
    }

    /// What is said of an error in it.
    fn context(&self, session: &Session, shared: &Shared) -> String {
        let purpose = match self.stage {
            Stage::LookUp | Stage::FindReferred => Purpose::Referred,
            Stage::FindReferring => Purpose::Referring,
            Stage::Act => Purpose::Act(matches!(self.event.what, What::Gone(_, Some(_)))),
        };
        self.event.reference.context(&session.environment(shared), purpose)
    }

    fn pull(&mut self, session: &mut Session, shared: &Shared) -> Result<Pulled> {
        let mut found = false;
        loop {
            let step =
                step_plan(session, shared, &mut self.running, self.view, &self.params, &mut self.watch)?;
            match step {
                Step::Batch(_) => found = true,
                Step::Pending(Wait::Lock) => return Ok(Pulled::Wait(Turn::Lock)),
                Step::Pending(Wait::Slice | Wait::Output | Wait::Input) => {
                    return Ok(Pulled::Wait(Turn::Yield));
                }
                Step::Done => return Ok(Pulled::Found(found)),
            }
            if self.stage != Stage::Act && found {
                return Ok(Pulled::Found(true));
            }
        }
    }
}

impl KeyEvent {
    /// With the stage at which it is worked off.
    fn first(self) -> (KeyEvent, Stage) {
        let stage = match self.action() {
            None => Stage::LookUp,
            Some(KeyAction::NoAction) => Stage::FindReferred,
            Some(KeyAction::Restrict) => Stage::FindReferring,
            Some(KeyAction::Cascade | KeyAction::SetNull | KeyAction::SetDefault) => Stage::Act,
        };
        (self, stage)
    }

    fn internal(&self, session: &Session, shared: &Shared, stage: Stage) -> Internal {
        let (reference, env) = (&self.reference, session.environment(shared));
        let mut internal = match stage {
            Stage::LookUp => reference.look_up(&env),
            Stage::FindReferred => reference.find_referred(&env),
            Stage::FindReferring => reference.find_referring(&env),
            Stage::Act => reference
                .act(&env, matches!(self.what, What::Gone(_, Some(_))))
                .unwrap_or_else(|| reference.find_referring(&env)),
        };
        // A key that a row refers to has the types of the referring columns.
        if let (What::Referred(_), Stage::FindReferring) = (&self.what, stage) {
            internal.types = column_types(&reference.referring, &reference.key.columns);
        }
        internal
    }

    /// What the foreign key wants done about a key that has gone; `None` for one that is referred to.
    fn action(&self) -> Option<KeyAction> {
        let key = &self.reference.key;
        match &self.what {
            What::Referred(_) => None,
            What::Gone(_, None) => Some(key.on_delete),
            What::Gone(_, Some(_)) => Some(key.on_update),
        }
    }

    fn key(&self) -> &[Value] {
        match &self.what {
            What::Referred(key) | What::Gone(key, _) => key,
        }
    }

    /// The error 23503, in PostgreSQL's words.
    fn refusal(&self, session: &Session, shared: &Shared) -> SqlError {
        let Reference { name, referring, referred, key, .. } = &*self.reference;
        let (message, on, columns, end) = match &self.what {
            What::Referred(_) => (
                format!(
                    "insert or update on table \"{}\" violates foreign key constraint \"{name}\"",
                    referring.name
                ),
                referring,
                &key.columns,
                format!("is not present in table \"{}\".", referred.name),
            ),
            What::Gone(..) => (
                format!(
                    "update or delete on table \"{}\" violates foreign key constraint \"{name}\" on table \"{}\"",
                    referred.name, referring.name
                ),
                referred,
                &key.keys,
                format!("is still referenced from table \"{}\".", referring.name),
            ),
        };
        let env = session.environment(shared);
        let shown = shown(self.key(), &column_types(on, columns), &env.format);
        let dataset = env.catalog.dataset(referring.dataset).map_or("", |dataset| &dataset.name);
        SqlError::new(sqlstate::FOREIGN_KEY_VIOLATION, message)
            .detail(format!("Key ({})=({shown}) {end}", self.reference.names_of(on, columns)))
            .on_table(dataset, &referring.name)
            .on_constraint(name)
    }
}

fn shown(values: &[Value], types: &[Type], format: &strata_types::Format) -> String {
    let mut text = String::new();
    for (index, (value, ty)) in values.iter().zip(types).enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma}{}", value.to_text(*ty, format).unwrap_or_default());
    }
    text
}

/// The statement of an internal text, from the plan cache if it is there.
fn prepared(session: &Session, shared: &Shared, internal: Internal) -> Result<Arc<Statement>> {
    let types: Vec<String> = internal.types.iter().map(|ty| ty.oid().0.to_string()).collect();
    // The comment keeps it apart from an equal text with other parameters.
    let sql = format!("{} /* foreign key: {} */", internal.sql, types.join(" "));
    let env = session.environment(shared);
    let own_catalog = session.transaction.has_changes();
    if !own_catalog {
        let (version, reading) = (env.catalog.version(), Reading::of(&env.format));
        let known = shared.plans.get(env.variables.project, &sql, &env.search_path, version, &reading);
        if let Some(statement) = known {
            return Ok(statement);
        }
    }
    let tree = parse::parse(&sql)?.pop().map(|one| one.statement);
    let statement = Arc::new(Statement::prepare(&env, Arc::from(sql), tree, &internal.types)?);
    if !own_catalog {
        shared.plans.put(env.variables.project, &statement);
    }
    Ok(statement)
}

/// The plan that looks for a row that a new foreign key's other side has nothing for.
pub(in crate::session) fn orphans(
    session: &mut Session,
    shared: &Shared,
    reference: &Arc<Reference>,
) -> Result<Arc<PhysicalPlan>> {
    let internal = reference.find_orphan(&session.environment(shared));
    let statement = prepared(session, shared, internal)?;
    let Work::Plan(plan, _) = &statement.work else { unreachable!("an internal statement has a plan") };
    Ok(plan.clone())
}

/// 23503 for the first of such rows.
pub(in crate::session) fn orphan(
    session: &Session,
    shared: &Shared,
    reference: &Arc<Reference>,
    rows: &Batch,
) -> SqlError {
    let orphan = What::Referred(rows.row(0));
    KeyEvent { reference: reference.clone(), what: orphan }.refusal(session, shared)
}
