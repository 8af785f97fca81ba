//! What the store should hold: the rows after every commit.

use crate::reading::{self, Rows};
use crate::{Finding, Summary};
use std::collections::BTreeMap;
use std::sync::Arc;
use strata_store::{KeyspaceId, Seq, Store};

/// Two tables and an index.
pub(crate) const KEYSPACES: [KeyspaceId; 3] =
    [KeyspaceId::table(1), KeyspaceId::table(2), KeyspaceId::index(1)];

/// Numbers of tables that come and go; each is used once.
const PASSING: u32 = 100;

/// A key and where it is.
pub(crate) type Place = (KeyspaceId, Vec<u8>);

/// All rows.
pub(crate) type State = BTreeMap<Place, Vec<u8>>;

/// What a transaction did to them; `None` deletes.
pub(crate) type Writes = BTreeMap<Place, Option<Vec<u8>>>;

/// The states after every commit, and how many are safe.
pub(crate) struct Model {
    states: Vec<(Seq, Arc<State>)>,
    acknowledged: Seq,
    passing: u32,
}

impl Default for Model {
    fn default() -> Self {
        Model { states: vec![(Seq(0), Arc::default())], acknowledged: Seq(0), passing: PASSING }
    }
}

impl Model {
    pub(crate) fn newest(&self) -> (Seq, Arc<State>) {
        self.states.last().cloned().unwrap_or_default()
    }

    /// A table that never was, and the one whose place it takes.
    pub(crate) fn next_passing(&mut self) -> (KeyspaceId, Option<KeyspaceId>) {
        let (_, state) = self.newest();
        let before = keyspaces(&state).into_iter().find(|keyspace| !KEYSPACES.contains(keyspace));
        self.passing += 1;
        (KeyspaceId::table(self.passing), before)
    }

    /// What a snapshot sees.
    pub(crate) fn at(&self, snapshot: Seq) -> Arc<State> {
        let seen = self.states.partition_point(|(seq, _)| *seq <= snapshot);
        self.states.get(seen.saturating_sub(1)).map(|(_, state)| state.clone()).unwrap_or_default()
    }

    pub(crate) fn commit(&mut self, seq: Seq, writes: &Writes) -> Result<(), Finding> {
        let (last, state) = self.newest();
        if seq <= last {
            return Err(format!("commit {} after commit {}", seq.0, last.0));
        }
        let mut state = (*state).clone();
        apply(&mut state, writes);
        self.states.push((seq, Arc::new(state)));
        Ok(())
    }

    pub(crate) fn acknowledge(&mut self, seq: Seq) {
        self.acknowledged = self.acknowledged.max(seq);
    }

    /// The store was opened: it must be the state after some commit behind the last acknowledged one, which
    /// is the newest from here on.
    pub(crate) fn recovered(&mut self, store: &Store, summary: &mut Summary) -> Result<(), Finding> {
        let last = store.last_seq();
        if last < self.acknowledged {
            return Err(format!(
                "commit {} was acknowledged, but the last is {}",
                self.acknowledged.0, last.0
            ));
        }
        let before = self.states.len();
        self.states.retain(|(seq, _)| *seq <= last);
        summary.lost += (before - self.states.len()) as u64;
        // What was found is as good as acknowledged: readers may have seen it.
        self.acknowledged = last;
        let (seq, expected) = self.newest();
        if seq != last {
            return Err(format!("commit {} is there, and was never made", last.0));
        }
        let mut txn = store.begin_after(last);
        let view = txn.statement_view();
        for keyspace in keyspaces(&expected) {
            let rows =
                reading::both_ways(&txn, view, keyspace).map_err(|what| format!("recovered {what}"))?;
            reading::compare(&rows, &rows_of(&expected, keyspace), keyspace)
                .map_err(|what| format!("recovered commit {}: {what}", last.0))?;
        }
        let report = store.verify().map_err(|error| format!("verify: {error}"))?;
        if report.is_sound() { Ok(()) } else { Err(format!("not sound: {:?}", report.problems)) }
    }
}

pub(crate) fn apply(state: &mut State, writes: &Writes) {
    for (place, value) in writes {
        match value {
            Some(value) => state.insert(place.clone(), value.clone()),
            None => state.remove(place),
        };
    }
}

/// The keyspaces that are always there, and those that hold rows.
pub(crate) fn keyspaces(state: &State) -> Vec<KeyspaceId> {
    let passing = state.keys().map(|(keyspace, _)| *keyspace).filter(|other| !KEYSPACES.contains(other));
    let mut all: Vec<_> = KEYSPACES.into_iter().chain(passing).collect();
    all.dedup();
    all
}

/// The rows of one keyspace.
pub(crate) fn rows_of(state: &State, keyspace: KeyspaceId) -> Rows {
    let rows = state.iter().filter(|((of, _), _)| *of == keyspace);
    rows.map(|((_, key), value)| (key.clone(), value.clone())).collect()
}
