//! LISTEN and NOTIFY: messages between the sessions of a project, sent when the sender commits.
//!
//! A transaction gathers its [`Signal`]s; its commit applies them in order. A message waits with each
//! listening session until that is idle and outside of a block, and its delivery is gated on the commit
//! that sent it: nobody hears of what a crash could take back.

use super::engine::SessionId;
use super::outbox::Outbox;
use super::shared::Shared;
use crate::error::{Result, SqlError};
use crate::schema::Oid;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use strata_store::Lsn;
use strata_types::sqlstate;

/// Longest channel name, in bytes.
const CHANNEL_LEN_MAX: usize = 63;
/// Longest payload, in bytes.
const PAYLOAD_LEN_MAX: usize = 7999;

/// What a transaction does to channels when it commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// `LISTEN`.
    Listen(Arc<str>),
    /// `UNLISTEN`; `None` is all.
    Unlisten(Option<Arc<str>>),
    /// `NOTIFY channel, payload`.
    Notify(Arc<str>, Arc<str>),
}

impl Signal {
    /// # Errors
    /// 22023 for a bad channel name or too long a payload.
    pub(super) fn notify(channel: &str, payload: &str) -> Result<Signal> {
        if channel.is_empty() {
            return Err(invalid("channel name cannot be empty"));
        }
        if channel.len() > CHANNEL_LEN_MAX {
            return Err(invalid("channel name too long"));
        }
        if payload.len() > PAYLOAD_LEN_MAX {
            return Err(invalid("payload string too long"));
        }
        Ok(Signal::Notify(Arc::from(channel), Arc::from(payload)))
    }
}

fn invalid(message: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message)
}

/// A channel: names are per project.
type Channel = (Oid, Arc<str>);

struct Message {
    pid: i32,
    channel: Arc<str>,
    payload: Arc<str>,
    gate: Lsn,
}

/// Who listens to what, and what waits for whom.
#[derive(Default)]
pub(super) struct Notifications {
    listeners: RefCell<BTreeMap<Channel, BTreeSet<SessionId>>>,
    waiting: RefCell<BTreeMap<SessionId, Vec<Message>>>,
}

impl Notifications {
    /// Nobody listens.
    pub(super) fn new() -> Notifications {
        Notifications::default()
    }

    /// The channels that a session listens to, by name.
    pub(super) fn channels_of(&self, session: SessionId) -> Vec<Arc<str>> {
        let listeners = self.listeners.borrow();
        let heard = listeners.iter().filter(|(_, sessions)| sessions.contains(&session));
        heard.map(|((_, name), _)| name.clone()).collect()
    }

    /// Applies a committed transaction's signals. Whoever is to hear a message is woken.
    pub(super) fn apply(&self, shared: &Shared, sender: &Sender, signals: Vec<Signal>, gate: Lsn) {
        let mut sent: BTreeSet<(Arc<str>, Arc<str>)> = BTreeSet::new();
        for signal in signals {
            match signal {
                Signal::Listen(name) => {
                    let mut listeners = self.listeners.borrow_mut();
                    listeners.entry((sender.project, name)).or_default().insert(sender.session);
                }
                Signal::Unlisten(name) => self.forget(sender.session, name.as_deref()),
                // The same message twice in one transaction is one message.
                Signal::Notify(channel, payload) => {
                    if sent.insert((channel.clone(), payload.clone())) {
                        self.send(shared, sender, &channel, &payload, gate);
                    }
                }
            }
        }
    }

    fn send(&self, shared: &Shared, sender: &Sender, channel: &Arc<str>, payload: &Arc<str>, gate: Lsn) {
        let listeners = self.listeners.borrow();
        for session in listeners.get(&(sender.project, channel.clone())).into_iter().flatten() {
            let message =
                Message { pid: sender.pid, channel: channel.clone(), payload: payload.clone(), gate };
            self.waiting.borrow_mut().entry(*session).or_default().push(message);
            if *session != sender.session {
                shared.wake(*session);
            }
        }
    }

    /// Hands a session the messages that wait for it.
    pub(super) fn deliver(&self, session: SessionId, out: &mut dyn Outbox) {
        // Most sessions never listen: the look must cost nothing.
        if self.waiting.borrow().is_empty() {
            return;
        }
        let Some(messages) = self.waiting.borrow_mut().remove(&session) else { return };
        for message in messages {
            out.gate(message.gate);
            out.notification(message.pid, &message.channel, &message.payload);
        }
    }

    /// A session listens no more to a channel, or to any.
    fn forget(&self, session: SessionId, name: Option<&str>) {
        self.listeners.borrow_mut().retain(|(_, channel), sessions| {
            if name.is_none_or(|name| name == &**channel) {
                sessions.remove(&session);
            }
            !sessions.is_empty()
        });
    }

    /// A session ends.
    pub(super) fn end(&self, session: SessionId) {
        self.forget(session, None);
        self.waiting.borrow_mut().remove(&session);
    }
}

/// Whose transaction commits.
pub(super) struct Sender {
    pub(super) session: SessionId,
    pub(super) project: Oid,
    pub(super) pid: i32,
}
