//! The simple protocol: a string of statements, one transaction unless they say otherwise (PostgreSQL 15, section
//! 55.2.2).

use super::engine::Turn;
use super::outbox::Outbox;
use super::portal::{Portal, Progress};
use super::session::{Running, Session};
use super::shared::Shared;
use super::statement::Statement;
use crate::error::{Result, SqlError};
use crate::parse::{self, ast};
use std::collections::VecDeque;
use std::sync::Arc;

impl Session {
    // ---- simple protocol ------------------------------------------------------------------------

    pub(super) fn query(&mut self, shared: &Shared, sql: &str, out: &mut dyn Outbox) {
        self.statements.remove("");
        self.portals.remove("");
        self.begin_statement(shared);
        self.tells_query(shared, Arc::from(sql));
        match parse::parse(sql) {
            Ok(parsed) if parsed.is_empty() => {
                out.empty_query();
                self.finish_request(shared, out);
            }
            Ok(parsed) => {
                let rest = parsed
                    .into_iter()
                    .map(|one| (Arc::from(sql.get(one.start..one.end).unwrap_or(sql)), one.statement))
                    .collect();
                self.running = Running::Script { rest, current: None };
            }
            Err(error) => {
                self.fail(shared, &error.into(), out);
                self.finish_request(shared, out);
            }
        }
    }

    pub(super) fn script(
        &mut self,
        shared: &Shared,
        mut rest: VecDeque<(Arc<str>, ast::Statement)>,
        current: Option<Box<Portal>>,
        out: &mut dyn Outbox,
    ) -> Option<Turn> {
        let mut portal = match current {
            Some(portal) => portal,
            None => {
                let Some((sql, tree)) = rest.pop_front() else {
                    return self.end_script(shared, out);
                };
                match self.open_simple(shared, sql, tree) {
                    Ok(portal) => portal,
                    Err(error) => return self.fail_script(shared, &error, out),
                }
            }
        };
        match portal.step(self, shared, 0, out) {
            Ok(Progress::Done) => {
                self.running = Running::Script { rest, current: None };
                None
            }
            Ok(Progress::Suspended) => {
                self.running = Running::Script { rest, current: Some(portal) };
                None
            }
            Ok(Progress::CopyIn(copy)) => {
                let within = Box::new(Running::Script { rest, current: None });
                self.running = Running::CopyIn { copy, within };
                None
            }
            Ok(Progress::Wait(turn)) => {
                self.running = Running::Script { rest, current: Some(portal) };
                Some(turn)
            }
            Err(error) => self.fail_script(shared, &error, out),
        }
    }

    fn end_script(&mut self, shared: &Shared, out: &mut dyn Outbox) -> Option<Turn> {
        match self.works_ahead_of_request(shared) {
            Ok(true) => self.finish_request(shared, out),
            Ok(false) => {
                self.running = Running::Script { rest: VecDeque::new(), current: None };
                return Some(Turn::Yield);
            }
            Err(error) => return self.fail_script(shared, &error, out),
        }
        None
    }

    pub(super) fn fail_script(
        &mut self,
        shared: &Shared,
        error: &SqlError,
        out: &mut dyn Outbox,
    ) -> Option<Turn> {
        self.fail(shared, error, out);
        self.finish_request(shared, out);
        None
    }

    pub(super) fn open_simple(
        &mut self,
        shared: &Shared,
        sql: Arc<str>,
        tree: ast::Statement,
    ) -> Result<Box<Portal>> {
        self.begin_statement(shared);
        let statement = {
            let env = self.environment(shared);
            self.refuse_in_failed_block(&tree)?;
            Arc::new(self.described(&env, Statement::prepare(&env, sql, Some(tree), &[])?)?)
        };
        Ok(Box::new(Portal::simple(statement)))
    }
}
