//! One life of the store: from opening to a crash, a failed call or the end of the work.

use crate::model::Model;
use crate::transaction::{Ended, Open};
use crate::{Chance, Finding, Summary, judge};
use strata_store::{Error, Seq, Store};
use vfs::faulty::Faulty;

/// Steps of a life.
const STEPS: u64 = 250;
/// Transactions open at once.
const OPEN_MAX: usize = 5;

/// Whether a life goes on.
enum Next {
    Step,
    Over,
}

/// Lives a life.
pub(crate) fn live(
    store: &Store,
    machine: &Faulty,
    chance: &mut Chance,
    model: &mut Model,
    summary: &mut Summary,
) -> Result<(), Finding> {
    let mut life = Life { store, machine, chance, model, summary, open: Vec::new() };
    let outcome = life.begin().and_then(|()| life.steps());
    // What the store calls durable is acknowledged, whoever has heard of it.
    life.model.acknowledge(store.durable_seq());
    outcome
}

struct Life<'a> {
    store: &'a Store,
    machine: &'a Faulty,
    chance: &'a mut Chance,
    model: &'a mut Model,
    summary: &'a mut Summary,
    open: Vec<Open>,
}

impl Life<'_> {
    fn begin(&mut self) -> Result<(), Finding> {
        let checked = self.model.recovered(self.store, self.summary);
        self.unless_broken(checked)
    }

    /// What is found while calls fail is not a finding.
    fn unless_broken(&self, checked: Result<(), Finding>) -> Result<(), Finding> {
        if self.machine.is_down() || self.store.poisoned().is_some() { Ok(()) } else { checked }
    }

    fn steps(&mut self) -> Result<(), Finding> {
        for _ in 0..STEPS {
            if self.machine.is_down() || self.store.poisoned().is_some() {
                break;
            }
            if let Next::Over = self.step()? {
                break;
            }
        }
        self.open.clear();
        Ok(())
    }

    fn step(&mut self) -> Result<Next, Finding> {
        match self.chance.below(100) {
            0..3 => self.upkeep("checkpoint", |store| store.checkpoint()),
            3..5 => self.upkeep("vacuum", |store| store.vacuum().map(drop)),
            5..15 => {
                let count = self.chance.below(6) as usize;
                self.machine.step_jobs(count);
                Ok(Next::Step)
            }
            15..17 => {
                self.change_room();
                Ok(Next::Step)
            }
            17..20 => self.renew_table(),
            _ => self.transact(),
        }
    }

    fn upkeep(
        &mut self,
        doing: &str,
        work: impl FnOnce(&Store) -> Result<(), Error>,
    ) -> Result<Next, Finding> {
        if let Err(error) = work(self.store) {
            judge(self.machine, &error, doing)?;
        }
        Ok(Next::Step)
    }

    /// The disk runs full, or gets room again.
    fn change_room(&mut self) {
        if self.chance.percent(20) {
            // Not even what is there can be written over, for a while.
            self.machine.run_full(self.chance.below(50), 1 + self.chance.below(40));
        }
        let room = self.chance.percent(20).then(|| 1_000_000 + self.chance.below(4_000_000));
        self.machine.limit_room(room);
    }

    /// A table comes, and another goes with all its rows.
    fn renew_table(&mut self) -> Result<Next, Finding> {
        let mut transaction = Open::begin(self.store, self.chance);
        if let Err(error) = transaction.renew_table(self.model, self.chance) {
            judge(self.machine, &error, "write")?;
            transaction.roll_back();
            return Ok(Next::Step);
        }
        self.open.push(transaction);
        self.commit(self.open.len() - 1)
    }

    fn transact(&mut self) -> Result<Next, Finding> {
        if self.open.len() < OPEN_MAX && (self.open.is_empty() || self.chance.percent(20)) {
            self.open.push(Open::begin(self.store, self.chance));
        }
        let index = self.chance.below(self.open.len() as u64) as usize;
        match self.chance.below(100) {
            0..10 => {
                let read = self.open[index].read(self.model);
                self.unless_broken(read)?;
            }
            10..16 => self.open[index].savepoint(),
            16..22 => self.open[index].roll_back_to_savepoint(self.chance),
            22..26 => self.open.swap_remove(index).roll_back(),
            26..45 => return self.commit(index),
            _ => {
                if let Err(error) = self.open[index].write(self.chance) {
                    judge(self.machine, &error, "write")?;
                    self.open.swap_remove(index).roll_back();
                }
            }
        }
        Ok(Next::Step)
    }

    fn commit(&mut self, index: usize) -> Result<Next, Finding> {
        let transaction = self.open.swap_remove(index);
        let writes_something = transaction.has_writes();
        match transaction.commit().map_err(|error| format!("commit: {error}"))? {
            Ended::Refused => Ok(Next::Step),
            Ended::Committed(..) if !writes_something => Ok(Next::Step),
            Ended::Unknown(writes) => {
                let next = Seq(self.model.newest().0.0 + 1);
                self.model.commit(next, &writes)?;
                Ok(Next::Over)
            }
            Ended::Committed(commit, writes) => {
                self.model.commit(commit.seq, &writes)?;
                self.summary.commits += 1;
                if self.chance.percent(40) {
                    match self.store.wait_durable(commit.lsn) {
                        Ok(()) => self.model.acknowledge(commit.seq),
                        Err(error) => judge(self.machine, &error, "wait_durable")?,
                    }
                }
                Ok(Next::Step)
            }
        }
    }
}
