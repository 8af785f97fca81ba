//! Checks that wait for the end of the transaction.

use super::reference::Reference;
use super::watch::{Event, What};
use crate::schema::{KeyAction, Oid};
use std::collections::BTreeMap;

/// What a transaction has put off, and what it wants put off.
#[derive(Default)]
pub(in crate::session) struct Deferral {
    events: Vec<Event>,
    /// `SET CONSTRAINTS ALL`: deferred or not.
    all: Option<bool>,
    /// `SET CONSTRAINTS name`: deferred or not.
    named: BTreeMap<Oid, bool>,
}

impl Deferral {
    /// Keeps back the events whose checks wait; returns those to be seen to at once.
    pub(in crate::session) fn keep(&mut self, events: Vec<Event>) -> Vec<Event> {
        let (later, now) = events.into_iter().partition(|event| self.is_deferred(event));
        self.events.extend::<Vec<Event>>(later);
        now
    }

    /// How many events wait: a savepoint's mark.
    pub(in crate::session) fn len(&self) -> usize {
        self.events.len()
    }

    /// What was put off since the mark has not happened.
    pub(in crate::session) fn truncate(&mut self, mark: usize) {
        self.events.truncate(mark);
    }

    /// Everything that was put off.
    pub(in crate::session) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// `SET CONSTRAINTS ALL`.
    pub(in crate::session) fn set_all(&mut self, deferred: bool) {
        self.named.clear();
        self.all = Some(deferred);
    }

    /// `SET CONSTRAINTS name`.
    pub(in crate::session) fn set(&mut self, constraint: Oid, deferred: bool) {
        self.named.insert(constraint, deferred);
    }

    /// The events that have to be seen to under the settings of now.
    pub(in crate::session) fn take_due(&mut self) -> Vec<Event> {
        let events = std::mem::take(&mut self.events);
        self.keep(events)
    }

    fn is_deferred(&self, event: &Event) -> bool {
        let reference: &Reference = &event.reference;
        let key = &reference.key;
        // Only checks can wait. What is to be done to referring rows is done at once.
        let is_check = match &event.what {
            What::Referred(_) => true,
            What::Gone(_, None) => key.on_delete == KeyAction::NoAction,
            What::Gone(_, Some(_)) => key.on_update == KeyAction::NoAction,
        };
        let wanted = self.named.get(&reference.oid).copied().or(self.all);
        is_check && reference.deferrable && wanted.unwrap_or(reference.initially_deferred)
    }
}
