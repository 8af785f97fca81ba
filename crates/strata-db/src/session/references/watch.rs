//! What a statement's rows bring in or take away of the keys that constraints are about.

use super::in_doubt::InDoubt;
use super::reference::{Reference, References};
use crate::exec::RowWatch;
use crate::schema::{KeyAction, Oid, RelationDef};
use crate::table::Doubt;
use std::collections::HashSet;
use std::sync::Arc;
use strata_types::Value;

/// Something that a constraint must be asked about.
#[derive(Clone, Debug)]
pub(in crate::session) enum Event {
    /// Whether the other side of a foreign key agrees.
    Key(KeyEvent),
    /// Whether a row has its key alone.
    Doubt(InDoubt),
}

/// Something that a foreign key must be asked about.
#[derive(Clone, Debug)]
pub(in crate::session) struct KeyEvent {
    pub(super) reference: Arc<Reference>,
    pub(super) what: What,
}

/// When a constraint is to hold.
pub(super) struct Timing {
    pub(super) constraint: Oid,
    pub(super) deferrable: bool,
    pub(super) initially_deferred: bool,
}

impl Event {
    /// When it must be seen to.
    pub(super) fn timing(&self) -> Timing {
        match self {
            Event::Key(event) => event.timing(),
            Event::Doubt(row) => row.timing(),
        }
    }
}

impl KeyEvent {
    fn timing(&self) -> Timing {
        let Reference { oid, deferrable, initially_deferred, key, .. } = &*self.reference;
        // Only checks can wait. What is to be done to referring rows is done at once.
        let is_check = match &self.what {
            What::Referred(_) => true,
            What::Gone(_, None) => key.on_delete == KeyAction::NoAction,
            What::Gone(_, Some(_)) => key.on_update == KeyAction::NoAction,
        };
        Timing {
            constraint: *oid,
            deferrable: is_check && *deferrable,
            initially_deferred: *initially_deferred,
        }
    }
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
            self.events.push(Event::Key(KeyEvent { reference: reference.clone(), what }));
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

    fn doubted(&mut self, table: &Arc<RelationDef>, doubt: Doubt) {
        self.events.push(Event::Doubt(InDoubt::new(table, doubt)));
    }
}

/// The values of some columns; `None` if one is NULL, for then they refer to nothing (MATCH SIMPLE).
fn values(row: &[Value], columns: &[usize]) -> Option<Vec<Value>> {
    columns.iter().map(|column| row.get(*column).filter(|value| !value.is_null()).cloned()).collect()
}

/// For statements whose rows no foreign key is about, and whose keys must be unique at once.
#[derive(Default)]
pub(in crate::session) struct Unwatched {
    /// A row whose key another one has.
    pub(in crate::session) duplicate: Option<InDoubt>,
}

impl RowWatch for Unwatched {
    fn written(&mut self, _table: Oid, _old: Option<&[Value]>, _new: Option<&[Value]>) {}

    fn doubted(&mut self, table: &Arc<RelationDef>, doubt: Doubt) {
        self.duplicate = Some(InDoubt::new(table, doubt));
    }
}
