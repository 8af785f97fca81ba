//! What a statement's rows bring in or take away of the keys that foreign keys are about.

use super::reference::{Reference, References};
use crate::exec::RowWatch;
use crate::schema::Oid;
use std::collections::HashSet;
use std::sync::Arc;
use strata_types::Value;

/// Something that a foreign key must be asked about.
#[derive(Clone, Debug)]
pub(in crate::session) struct Event {
    pub(super) reference: Arc<Reference>,
    pub(super) what: What,
}

/// What has happened to a key. Keys are in the order of the constraint's columns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum What {
    /// A row refers to it from now on.
    Referred(Vec<Value>),
    /// No row has it any more: deleted, or (with the key that it has now) updated.
    Gone(Vec<Value>, Option<Vec<Value>>),
}

/// Hears of the rows that a statement writes. Keys that come again count once.
pub(in crate::session) struct Watch {
    references: Arc<References>,
    events: Vec<Event>,
    seen: HashSet<(Oid, What)>,
}

impl Watch {
    /// For a statement that these foreign keys concern.
    pub(in crate::session) fn new(references: Arc<References>) -> Watch {
        Watch { references, events: Vec::new(), seen: HashSet::new() }
    }

    /// What has happened since the last call.
    pub(in crate::session) fn take(&mut self) -> Vec<Event> {
        self.seen.clear();
        std::mem::take(&mut self.events)
    }

    fn note(&mut self, reference: &Arc<Reference>, what: What) {
        if self.seen.insert((reference.oid, what.clone())) {
            self.events.push(Event { reference: reference.clone(), what });
        }
    }
}

impl RowWatch for Watch {
    fn written(&mut self, table: Oid, old: Option<&[Value]>, new: Option<&[Value]>) {
        let references = self.references.clone();
        for reference in &references.0 {
            let key = &reference.key;
            if reference.referring.oid == table
                && let Some(referred) = new.and_then(|row| values(row, &key.columns))
                && old.and_then(|row| values(row, &key.columns)).as_ref() != Some(&referred)
            {
                self.note(reference, What::Referred(referred));
            }
            if reference.referred.oid == table
                && let Some(gone) = old.and_then(|row| values(row, &key.keys))
            {
                let now = new.and_then(|row| values(row, &key.keys));
                if now.as_ref() != Some(&gone) {
                    self.note(reference, What::Gone(gone, now));
                }
            }
        }
    }
}

/// The values of some columns; `None` if one is NULL, for then they refer to nothing (MATCH SIMPLE).
fn values(row: &[Value], columns: &[usize]) -> Option<Vec<Value>> {
    columns.iter().map(|column| row.get(*column).filter(|value| !value.is_null()).cloned()).collect()
}

/// Hears of nothing: for statements whose rows no foreign key is about.
pub(in crate::session) struct Unwatched;

impl RowWatch for Unwatched {
    fn written(&mut self, _table: Oid, _old: Option<&[Value]>, _new: Option<&[Value]>) {}
}
