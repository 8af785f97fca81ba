//! How statements, requests and transactions begin and end: timeouts, notices, errors, commit, and what the client is
//! told of it.

use super::activity::State;
use super::ddl::RELATION_CLASS;
use super::notify::Sender;
use super::outbox::Outbox;
use super::session::{Running, Session};
use super::shared::Shared;
use super::transaction::Block;
use crate::catalog::Change;
use crate::error::{Result, SqlError};
use crate::schema::Oid;
use std::sync::Arc;
use strata_store::{Locked, Lsn};
use strata_types::sqlstate;

impl Session {
    /// A statement arrives: clocks are read, a transaction is there.
    pub(super) fn begin_statement(&mut self, shared: &Shared) {
        let now = shared.now();
        self.variables.answers.begin();
        self.variables.statement_time.set(now);
        if self.transaction.block() == Block::Idle {
            self.variables.transaction_time.set(now);
            self.transaction_began = shared.env.clock.monotonic_us();
        }
        self.transaction.ensure();
        self.idle_deadline = None;
        let timeout = self.variables.settings.borrow().limits().statement_timeout;
        let deadline = (timeout > 0).then(|| shared.env.clock.monotonic_us() + timeout * 1000);
        self.variables.interrupts.deadline.set(deadline);
    }

    /// Lets others see what it works on.
    pub(super) fn tells_query(&self, shared: &Shared, sql: Arc<str>) {
        let variables = &self.variables;
        let (now, since) = (variables.statement_time.get(), variables.transaction_time.get());
        shared.activities.runs(variables.session, sql, now, since);
    }

    pub(super) fn end_statement(&mut self, out: &mut dyn Outbox) {
        self.variables.interrupts.deadline.set(None);
        self.lock_deadline = None;
        self.end_notices(out);
    }

    /// Sends the notices that have gathered.
    pub(super) fn end_notices(&mut self, out: &mut dyn Outbox) {
        let notices = self.variables.notices.take();
        if notices.is_empty() {
            return;
        }
        let settings = self.variables.settings.borrow();
        let least = rank(settings.get("client_min_messages").unwrap_or_default());
        for (severity, notice) in notices.iter().filter(|(severity, _)| rank(severity) >= least) {
            out.notice(severity, notice);
        }
    }

    /// Answers with an error and ends, or fails, the transaction.
    pub(super) fn fail(&mut self, shared: &Shared, error: &SqlError, out: &mut dyn Outbox) {
        self.running = Running::Nothing;
        self.variables.interrupts.clear();
        self.end_statement(out);
        let gate = self.transaction.fail(shared, &mut self.variables.settings.borrow_mut());
        let lost = gate.and_then(|lsn| self.gate(shared, lsn, out).err());
        self.drop_portals_of(self.transaction.depth());
        self.variables.refresh_search_path();
        self.report_settings(shared, out);
        shared.advisory.withdraw(self.variables.session);
        if self.transaction.open_txn().is_none() {
            self.variables.signals.take();
            shared.advisory.end_transaction(shared, self.variables.session);
        }
        let ends = [
            sqlstate::ADMIN_SHUTDOWN,
            sqlstate::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            sqlstate::IDLE_SESSION_TIMEOUT,
            sqlstate::TRANSACTION_TIMEOUT,
        ];
        match ends.contains(&error.sqlstate()) {
            true => out.error("FATAL", error),
            // An error that rests on what was lost may be none.
            false => out.error("ERROR", lost.as_ref().unwrap_or(error)),
        }
    }

    /// The answer waits until the journal is durable up to `lsn`.
    ///
    /// # Errors
    /// 58030 if it never will be; then the answer does not wait.
    fn gate(&self, shared: &Shared, lsn: Lsn, out: &mut dyn Outbox) -> Result<()> {
        shared.can_become_durable(lsn)?;
        out.gate(lsn);
        Ok(())
    }

    /// The request is over: an implicit transaction is committed, the client may go on.
    pub(super) fn finish_request(&mut self, shared: &Shared, out: &mut dyn Outbox) {
        if self.transaction.block() == Block::Implicit
            && let Err(error) = self.commit(shared, out)
        {
            out.error("ERROR", &error);
        }
        self.end_statement(out);
        self.report_settings(shared, out);
        self.variables.interrupts.clear();
        self.deliver(shared, out);
        let state = match self.transaction.block() {
            Block::Idle | Block::Implicit => State::Idle,
            Block::Open => State::InBlock,
            Block::Failed => State::InFailedBlock,
        };
        shared.activities.rests(self.variables.session, state, shared.now());
        self.start_idling(shared);
        out.ready(self.transaction.status());
    }

    /// Tells the client what others have notified it of, unless it is in a block.
    pub(super) fn deliver(&self, shared: &Shared, out: &mut dyn Outbox) {
        if self.transaction.block() == Block::Idle {
            shared.notifications.deliver(self.variables.session, out);
        }
    }

    /// Does what can be done of a large commit before it, others being served meanwhile; `false` if the slice
    /// was over before that.
    ///
    /// # Errors
    /// 57014 if the client has cancelled it; of the store.
    pub(super) fn works_ahead(&mut self, shared: &Shared) -> Result<bool> {
        while !self.transaction.prepare_commit()? {
            self.check_interrupts(shared)?;
            if shared.is_slice_over() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same for the transaction that ends with a request.
    pub(super) fn works_ahead_of_request(&mut self, shared: &Shared) -> Result<bool> {
        if self.transaction.block() == Block::Implicit { self.works_ahead(shared) } else { Ok(true) }
    }

    /// Commits; the reply is gated.
    pub(super) fn commit(&mut self, shared: &Shared, out: &mut dyn Outbox) -> Result<()> {
        if let Err(error) = super::cursor::hold(self, shared, out) {
            self.rollback(shared, out);
            return Err(error);
        }
        self.drop_portals();
        let signals = self.variables.signals.take();
        let outcome = self.transaction.commit(shared, &mut self.variables.settings.borrow_mut());
        self.variables.refresh_search_path();
        shared.advisory.end_transaction(shared, self.variables.session);
        let lsn = outcome?;
        if !signals.is_empty() {
            let variables = &self.variables;
            let sender =
                Sender { session: variables.session, project: variables.project, pid: variables.pid };
            shared.notifications.apply(shared, &sender, signals, lsn.unwrap_or_default());
        }
        if let Some(lsn) = lsn
            && self.waits_for_disk()
        {
            self.gate(shared, lsn, out)?;
        }
        Ok(())
    }

    /// The open block waits for its second half from now on, and belongs to no session.
    ///
    /// # Errors
    /// 0A000 for what cannot be handed over; of the store.
    pub(super) fn prepare_transaction(
        &mut self,
        shared: &Shared,
        identifier: &str,
        out: &mut dyn Outbox,
    ) -> Result<()> {
        self.refuse_to_prepare(shared)?;
        let catalog = self.transaction.catalog(shared);
        let owner = catalog.role_named(&self.variables.current_user()).map_or(Oid(0), |role| role.oid);
        self.drop_portals();
        let handed = self.transaction.hand_over(shared, &mut self.variables.settings.borrow_mut());
        self.variables.refresh_search_path();
        let (session, project) = (self.variables.session, self.variables.project);
        let prepared = shared.prepared.prepare(shared, identifier, handed, (session, owner, project));
        shared.advisory.end_transaction(shared, session);
        out.gate(prepared?);
        Ok(())
    }

    /// # Errors
    /// 0A000 for what belongs to the session and not to its transaction.
    fn refuse_to_prepare(&self, shared: &Shared) -> Result<()> {
        let refused = |why: &str| {
            let message = format!("cannot PREPARE {why}");
            Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message))
        };
        if !self.variables.signals.borrow().is_empty() {
            return refused("a transaction that has executed LISTEN, UNLISTEN, or NOTIFY");
        }
        if self.portals.values().any(|portal| portal.is_to_be_held()) {
            return refused("a transaction that has created a cursor WITH HOLD");
        }
        if self.uses_temporary(shared) {
            return refused("a transaction that has operated on temporary objects");
        }
        if shared.advisory.holds_both(self.variables.session) {
            return refused(
                "while holding both session-level and transaction-level locks on the same object",
            );
        }
        Ok(())
    }

    /// Whether its transaction has a lock on a temporary table.
    fn uses_temporary(&self, shared: &Shared) -> bool {
        let Some(dataset) = self.variables.temporary.get() else { return false };
        let (txn, catalog) =
            (shared.activities.txn_of(self.variables.session), self.transaction.catalog(shared));
        let mut found = false;
        shared.store.each_object_lock(&mut |holder, locked| {
            if let Locked::Object { class: RELATION_CLASS, id, .. } = locked
                && Some(holder) == txn
            {
                let relation = u32::try_from(id).ok().and_then(|id| catalog.relation(Oid(id)));
                found |= relation.is_some_and(|relation| relation.dataset == dataset);
            }
        });
        found
            || self.transaction.has_changed(|change| match change {
                Change::Relation(_, Some(relation)) => relation.dataset == dataset,
                _ => false,
            })
    }

    /// Rolls back; the reply is gated on what was seen. If that is lost nothing is left that could wait for it: the
    /// client is warned.
    pub(super) fn rollback(&mut self, shared: &Shared, out: &mut dyn Outbox) {
        self.drop_portals();
        self.variables.signals.take();
        shared.advisory.end_transaction(shared, self.variables.session);
        let gate = self.transaction.rollback(shared, &mut self.variables.settings.borrow_mut());
        self.variables.refresh_search_path();
        if let Some(lost) = gate.and_then(|lsn| self.gate(shared, lsn, out).err()) {
            self.variables.notice("WARNING", lost);
        }
    }

    pub(super) fn waits_for_disk(&self) -> bool {
        self.variables.settings.borrow().limits().waits_for_disk
    }

    /// Portals live to their transaction's end, but for held cursors.
    pub(super) fn drop_portals(&mut self) {
        self.portals.retain(|_, portal| portal.is_held());
    }

    /// What is taken back to a savepoint takes the portals along that were made since; `depth` is the number of
    /// savepoints that are set, with that one.
    pub(super) fn drop_portals_of(&mut self, depth: usize) {
        self.portals.retain(|_, portal| portal.is_held() || portal.depth < depth);
    }

    /// A savepoint was released: the portals made since belong to what is around it.
    pub(super) fn keep_portals_of(&mut self, depth: usize) {
        self.portals.values_mut().for_each(|portal| portal.depth = portal.depth.min(depth));
    }

    pub(super) fn report_settings(&mut self, shared: &Shared, out: &mut dyn Outbox) {
        let changed = self.variables.settings.borrow_mut().take_changed();
        for setting in changed {
            let settings = self.variables.settings.borrow();
            let value = settings.get(setting.name).unwrap_or_default();
            if setting.name == "application_name" {
                shared.activities.rename(self.variables.session, value);
            }
            out.parameter_status(setting.name, value);
        }
    }
}

/// The order of severities in `client_min_messages`; INFO is always sent.
fn rank(severity: &str) -> usize {
    match severity.to_ascii_lowercase().as_str() {
        "log" => 1,
        "notice" => 2,
        "warning" => 3,
        "error" => 4,
        "info" => 5,
        _ => 0,
    }
}
