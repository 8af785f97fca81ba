//! A transaction beside its model.

use crate::model::{KEYSPACES, Model, Writes, apply, keyspaces, rows_of};
use crate::{Chance, Finding, reading};
use strata_store::{Commit, Error, Lock, LockMode, Savepoint, Store, Txn, View};

/// Keys of a keyspace: few, so that transactions meet.
const KEYS: u64 = 30;

/// An open transaction and what it should have written.
pub(crate) struct Open {
    txn: Txn,
    writes: Writes,
    savepoints: Vec<(Savepoint, Writes)>,
    repeatable: bool,
}

/// What became of a commit.
pub(crate) enum Ended {
    /// It stands.
    Committed(Commit, Writes),
    /// Nothing of it has happened.
    Refused,
    /// It may have happened or not, and the store goes no further.
    Unknown(Writes),
}

impl Open {
    pub(crate) fn begin(store: &Store, chance: &mut Chance) -> Open {
        let txn = if chance.percent(50) { store.begin() } else { store.begin_after(store.last_seq()) };
        let mut open =
            Open { txn, writes: Writes::new(), savepoints: Vec::new(), repeatable: chance.percent(30) };
        open.view();
        open
    }

    fn view(&mut self) -> View {
        if self.repeatable { self.txn.same_snapshot_view() } else { self.txn.statement_view() }
    }

    /// Locks a row and writes it. A row that another holds is left alone.
    pub(crate) fn write(&mut self, chance: &mut Chance) -> Result<(), Error> {
        let keyspace = KEYSPACES[chance.below(KEYSPACES.len() as u64) as usize];
        let key = format!("key {:04}", chance.below(KEYS)).into_bytes();
        match self.txn.lock(keyspace, &key, LockMode::Update) {
            Ok(Lock::Granted) => {}
            Ok(Lock::Wait) => {
                self.txn.cancel_wait();
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        // After a wait or a race a statement looks at the newest commits.
        if !self.repeatable {
            self.txn.newest_view();
        }
        let value = (!chance.percent(30)).then(|| value(chance, keyspace.is_index()));
        match &value {
            Some(value) => self.txn.put(keyspace, &key, value)?,
            None => self.txn.delete(keyspace, &key)?,
        }
        self.writes.insert((keyspace, key), value);
        Ok(())
    }

    /// Fills a new table and drops the one before it.
    pub(crate) fn renew_table(&mut self, model: &mut Model, chance: &mut Chance) -> Result<(), Error> {
        let (fresh, before) = model.next_passing();
        if chance.percent(50) {
            self.txn.create_keyspace(fresh);
        }
        for number in 0..1 + chance.below(KEYS) {
            let (key, value) = (format!("key {number:04}").into_bytes(), value(chance, false));
            self.txn.put(fresh, &key, &value)?;
            self.writes.insert((fresh, key), Some(value));
        }
        if let Some(before) = before {
            self.txn.drop_keyspace(before);
            let gone = rows_of(&model.newest().1, before).into_iter();
            self.writes.extend(gone.map(|(key, _)| ((before, key), None)));
        }
        Ok(())
    }

    pub(crate) fn savepoint(&mut self) {
        self.savepoints.push((self.txn.savepoint(), self.writes.clone()));
    }

    pub(crate) fn roll_back_to_savepoint(&mut self, chance: &mut Chance) {
        if !self.savepoints.is_empty() {
            let index = chance.below(self.savepoints.len() as u64) as usize;
            self.savepoints.truncate(index + 1);
            if let Some((savepoint, writes)) = self.savepoints.last() {
                self.txn.rollback_to(*savepoint);
                self.writes = writes.clone();
            }
        }
    }

    /// Reads everything, which must be what the view's snapshot saw with the own writes over it.
    pub(crate) fn read(&mut self, model: &Model) -> Result<(), Finding> {
        let view = self.view();
        let mut expected = (*model.at(view.snapshot)).clone();
        apply(&mut expected, &self.writes);
        let at = |what| format!("at snapshot {}: {what}", view.snapshot.0);
        for keyspace in keyspaces(&expected) {
            let rows = reading::both_ways(&self.txn, view, keyspace).map_err(at)?;
            reading::compare(&rows, &rows_of(&expected, keyspace), keyspace).map_err(at)?;
        }
        Ok(())
    }

    pub(crate) fn commit(self) -> Result<Ended, Error> {
        match self.txn.commit() {
            Ok(commit) => Ok(Ended::Committed(commit, self.writes)),
            Err(Error::Conflict { .. } | Error::Full { .. } | Error::OutOfMemory { .. }) => {
                Ok(Ended::Refused)
            }
            Err(Error::Poisoned { .. } | Error::Disk { .. }) => Ok(Ended::Unknown(self.writes)),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn roll_back(self) {
        self.txn.rollback();
    }

    pub(crate) fn has_writes(&self) -> bool {
        !self.writes.is_empty()
    }
}

/// Mostly short, sometimes longer than a page; half of them do not compress.
fn value(chance: &mut Chance, is_index: bool) -> Vec<u8> {
    let len = match chance.below(12) {
        0 if !is_index => 20_000,
        1 => 0,
        2 if !is_index => 3000,
        _ => chance.below(200),
    };
    let noise = chance.percent(50);
    (0..len).map(|at| if noise { chance.below(256) as u8 } else { (at / 7) as u8 }).collect()
}
