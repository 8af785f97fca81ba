//! Large commits that are being made ready while others commit.
//!
//! ```text
//! journal ──┬──────┬─────────┬────────┬─────────┬────────────┬──▶
//!           │ part │ commit  │ part   │ commit  │ COMMIT     │
//!           └──────┴─────────┴────────┴─────────┴────────────┘
//!           ▲ began                    of others  ▲ the large one takes its seq
//! ```
//! Two things follow from the others in between. What they write may be what the large commit has validated:
//! each draft hears of their keys, its *rivals*. And a recovery needs the parts, which are applied only with
//! their COMMIT: no checkpoint passes the place where a draft began.

use crate::keyspace::{KeyBuf, keyspace_of};
use crate::record::{Change, Changes};
use journal::Lsn;
use std::collections::BTreeMap;

/// Names a draft among those under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// A draft that has heard of more keys than this since it last looked is begun anew.
const RIVALS_MAX: usize = 1 << 16;

/// The drafts under way.
#[derive(Default)]
pub(crate) struct Underway {
    drafts: BTreeMap<Ticket, Entry>,
    next: u64,
}

struct Entry {
    /// The journal's end before its first part.
    began: Lsn,
    heard: Heard,
}

/// What others have written since a draft last looked.
pub(crate) enum Heard {
    /// These rows.
    Rivals(Vec<KeyBuf>),
    /// So much that the draft may not hold any more.
    TooMuch,
}

impl Underway {
    /// A draft begins; the journal ends at `end`.
    pub(crate) fn enter(&mut self, end: Lsn) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.drafts.insert(ticket, Entry { began: end, heard: Heard::Rivals(Vec::new()) });
        ticket
    }

    /// A draft has become a commit, or is given up.
    pub(crate) fn leave(&mut self, ticket: Ticket) {
        self.drafts.remove(&ticket);
    }

    /// Where a recovery must begin to find every part; `None` if there are no drafts.
    pub(crate) fn began(&self) -> Option<Lsn> {
        self.drafts.values().map(|draft| draft.began).min()
    }

    /// What a draft has to look at, once.
    pub(crate) fn take_heard(&mut self, ticket: Ticket) -> Heard {
        let nothing = || Heard::Rivals(Vec::new());
        self.drafts.get_mut(&ticket).map_or_else(nothing, |draft| match draft.heard {
            Heard::Rivals(_) => std::mem::replace(&mut draft.heard, nothing()),
            Heard::TooMuch => Heard::TooMuch,
        })
    }

    /// Somebody commits these changes, and `more` that are not shown.
    pub(crate) fn tell(&mut self, changes: Changes<'_>, more: bool) {
        for draft in self.drafts.values_mut() {
            draft.hear(changes, more);
        }
    }
}

impl Entry {
    fn hear(&mut self, changes: Changes<'_>, more: bool) {
        let mut drops = false;
        if let Heard::Rivals(rivals) = &mut self.heard {
            for change in changes.flatten() {
                match change {
                    Change::PutTuple { key, .. } | Change::Delete { key } if !keyspace_of(key).is_index() => {
                        rivals.push(KeyBuf::from_slice(key));
                    }
                    Change::Drop(_) => drops = true,
                    _ => {}
                }
            }
            if more || drops || rivals.len() > RIVALS_MAX {
                self.heard = Heard::TooMuch;
            }
        }
    }
}
