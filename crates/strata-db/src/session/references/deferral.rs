//! Checks that wait for the end of the transaction.

use super::watch::Event;
use crate::schema::Oid;
use std::collections::BTreeMap;

/// What a transaction has put off, and what it wants put off.
#[derive(Default)]
pub(in crate::session) struct Deferral {
    /// Events in the order in which they came, and whether they have been taken to be seen to.
    events: Vec<(Event, bool)>,
    /// The places of those taken, in the order of that.
    taken: Vec<usize>,
    wishes: Wishes,
}

/// What SET CONSTRAINTS has asked for.
#[derive(Clone, Default)]
struct Wishes {
    /// `SET CONSTRAINTS ALL`: deferred or not.
    all: Option<bool>,
    /// `SET CONSTRAINTS name`: deferred or not.
    named: BTreeMap<Oid, bool>,
}

/// How far things had come at a savepoint.
pub(in crate::session) struct DeferralMark {
    events: usize,
    taken: usize,
    wishes: Wishes,
}

impl Deferral {
    /// Keeps back the events whose checks wait; returns those to be seen to at once.
    pub(in crate::session) fn keep(&mut self, events: Vec<Event>) -> Vec<Event> {
        let (later, now) = events.into_iter().partition::<Vec<_>, _>(|event| self.wishes.defer(event));
        self.events.extend(later.into_iter().map(|event| (event, false)));
        now
    }

    /// A savepoint's mark.
    pub(in crate::session) fn mark(&self) -> DeferralMark {
        DeferralMark { events: self.events.len(), taken: self.taken.len(), wishes: self.wishes.clone() }
    }

    /// What was put off since the mark has not happened, and what was seen to has not been.
    pub(in crate::session) fn roll_back_to(&mut self, mark: &DeferralMark) {
        for place in self.taken.drain(mark.taken..) {
            if let Some((_, taken)) = self.events.get_mut(place) {
                *taken = false;
            }
        }
        self.events.truncate(mark.events);
        self.wishes = mark.wishes.clone();
    }

    /// Everything that was put off.
    pub(in crate::session) fn take(&mut self) -> Vec<Event> {
        self.take_if(|_, _| true)
    }

    /// `SET CONSTRAINTS ALL`.
    pub(in crate::session) fn set_all(&mut self, deferred: bool) {
        self.wishes.named.clear();
        self.wishes.all = Some(deferred);
    }

    /// `SET CONSTRAINTS name`.
    pub(in crate::session) fn set(&mut self, constraint: Oid, deferred: bool) {
        self.wishes.named.insert(constraint, deferred);
    }

    /// The events that have to be seen to under the settings of now.
    pub(in crate::session) fn take_due(&mut self) -> Vec<Event> {
        self.take_if(|wishes, event| !wishes.defer(event))
    }

    /// They stay at their places, since a savepoint may be gone back to.
    fn take_if(&mut self, is_due: impl Fn(&Wishes, &Event) -> bool) -> Vec<Event> {
        let mut due = Vec::new();
        for (place, (event, taken)) in self.events.iter_mut().enumerate() {
            if !*taken && is_due(&self.wishes, event) {
                *taken = true;
                self.taken.push(place);
                due.push(event.clone());
            }
        }
        due
    }
}

impl Wishes {
    fn defer(&self, event: &Event) -> bool {
        let timing = event.timing();
        let wanted = self.named.get(&timing.constraint).copied().or(self.all);
        timing.deferrable && wanted.unwrap_or(timing.initially_deferred)
    }
}
