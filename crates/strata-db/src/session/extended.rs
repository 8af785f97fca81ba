//! The extended protocol: Parse, Bind, Describe, Execute and Sync (PostgreSQL 15, section 55.2.3).

use super::engine::Turn;
use super::environment::StepEnvironment;
use super::outbox::Outbox;
use super::portal::{Portal, Progress};
use super::request::WireFormat;
use super::session::{Running, Session};
use super::shared::Shared;
use super::statement::{Reading, Statement, Work};
use super::transaction::Block;
use crate::error::{Result, SqlError};
use crate::parse::{self, ast};
use std::sync::Arc;
use strata_types::sqlstate;

impl Session {
    pub(super) fn refuse_in_failed_block(&self, tree: &ast::Statement) -> Result<()> {
        if self.transaction.block() == Block::Failed && !super::statement::ends_failed_block(tree) {
            return Err(in_failed_block());
        }
        Ok(())
    }

    // ---- extended protocol ----------------------------------------------------------------------

    pub(super) fn parse(
        &mut self,
        shared: &Shared,
        name: String,
        sql: &str,
        types: &[strata_types::Type],
        out: &mut dyn Outbox,
    ) -> Result<()> {
        if name.is_empty() {
            self.statements.remove("");
        } else if self.statements.contains_key(&name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_PSTATEMENT,
                format!("prepared statement \"{name}\" already exists"),
            ));
        }
        self.begin_statement(shared);
        let statement = match self.cached(shared, sql, types) {
            Some(statement) => statement,
            None => self.prepare(shared, sql, types)?,
        };
        self.statements.insert(name, statement);
        out.parse_complete();
        Ok(())
    }

    /// With the columns of the prepared statement or cursor that an EXECUTE or FETCH names.
    pub(super) fn described(&self, env: &StepEnvironment<'_>, mut statement: Statement) -> Result<Statement> {
        if let Some(tree) = &statement.ast
            && let Some(fields) = super::utility::named_fields(self, env, tree)?
        {
            statement.fields = fields;
        }
        Ok(statement)
    }

    /// The statement of an equal text that this or another session prepared under the same catalog.
    pub(super) fn cached(
        &self,
        shared: &Shared,
        sql: &str,
        types: &[strata_types::Type],
    ) -> Option<Arc<Statement>> {
        if self.transaction.has_changes() || self.transaction.block() == Block::Failed || !types.is_empty() {
            return None;
        }
        let search_path = self.variables.search_path.borrow();
        let reading = Reading::of(self.variables.settings.borrow().format());
        shared.plans.get(self.variables.project, sql, &search_path, shared.catalog().version(), &reading)
    }

    pub(super) fn prepare(
        &mut self,
        shared: &Shared,
        sql: &str,
        types: &[strata_types::Type],
    ) -> Result<Arc<Statement>> {
        let mut parsed = parse::parse(sql)?;
        if parsed.len() > 1 {
            return Err(SqlError::new(
                sqlstate::SYNTAX_ERROR,
                "cannot insert multiple commands into a prepared statement",
            ));
        }
        let tree = parsed.pop().map(|one| one.statement);
        if let Some(tree) = &tree {
            self.refuse_in_failed_block(tree)?;
        }
        let env = self.environment(shared);
        let statement = Statement::prepare(&env, Arc::from(sql), tree, types)?;
        let statement = Arc::new(self.described(&env, statement)?);
        let is_plan = matches!(statement.work, Work::Plan(..));
        if is_plan
            && types.is_empty()
            && !self.transaction.has_changes()
            && self.variables.temporary.get().is_none()
        {
            shared.plans.put(self.variables.project, &statement);
        }
        Ok(statement)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one Bind message")]
    pub(super) fn bind(
        &mut self,
        shared: &Shared,
        name: String,
        statement: &str,
        formats: &[WireFormat],
        params: &[Option<bytes::Bytes>],
        results: Vec<WireFormat>,
        out: &mut dyn Outbox,
    ) -> Result<()> {
        let statement = self.statement(statement)?;
        if self.transaction.block() == Block::Failed && !statement.ends_failed_block() {
            return Err(in_failed_block());
        }
        if !name.is_empty() && self.portals.contains_key(&name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_CURSOR,
                format!("cursor \"{name}\" already exists"),
            ));
        }
        self.begin_statement(shared);
        let env = self.environment(shared);
        let statement =
            if statement.is_current(&env) { statement } else { Arc::new(statement.renewed(&env)?) };
        let params = super::bound::decode_params(&env, &statement, formats, params)?;
        super::bound::check_result_formats(&statement, &results)?;
        drop(env);
        let mut portal = Portal::new(statement, params, results);
        portal.depth = self.transaction.depth();
        self.portals.insert(name, Box::new(portal));
        out.bind_complete();
        Ok(())
    }

    pub(super) fn describe_statement(
        &mut self,
        shared: &Shared,
        name: &str,
        out: &mut dyn Outbox,
    ) -> Result<()> {
        let mut statement = self.statement(name)?;
        if self.transaction.block() == Block::Failed && !statement.fields.is_empty() {
            return Err(in_failed_block());
        }
        self.begin_statement(shared);
        let env = self.environment(shared);
        if !statement.is_current(&env) {
            statement = Arc::new(statement.renewed(&env)?);
        }
        drop(env);
        out.parameter_description(&statement.params);
        match statement.fields.as_slice() {
            [] => out.no_data(),
            fields => out.row_description(fields, &[]),
        }
        Ok(())
    }

    pub(super) fn describe_portal(&mut self, name: &str, out: &mut dyn Outbox) -> Result<()> {
        let portal = self.portal(name)?;
        match portal.statement.fields.as_slice() {
            [] => out.no_data(),
            fields => out.row_description(fields, &portal.formats),
        }
        Ok(())
    }

    pub(super) fn start_execute(&mut self, shared: &Shared, portal: String, max_rows: u32) -> Result<()> {
        let statement = &self.portal(&portal)?.statement;
        if self.transaction.block() == Block::Failed && !statement.ends_failed_block() {
            return Err(in_failed_block());
        }
        let sql = statement.sql.clone();
        self.begin_statement(shared);
        self.tells_query(shared, sql);
        self.running = Running::Execute { portal, max_rows };
        Ok(())
    }

    pub(super) fn execute(
        &mut self,
        shared: &Shared,
        name: String,
        max_rows: u32,
        out: &mut dyn Outbox,
    ) -> Option<Turn> {
        // Taken out while it runs: a statement may close or open portals.
        let mut portal = self.portals.remove(&name)?;
        match portal.step(self, shared, max_rows, out) {
            Ok(Progress::Done) => {
                if !portal.is_transaction_control() {
                    self.portals.insert(name, portal);
                }
                self.end_statement(out);
                None
            }
            Ok(Progress::Suspended) => {
                self.portals.insert(name, portal);
                out.portal_suspended();
                self.end_statement(out);
                None
            }
            Ok(Progress::CopyIn(copy)) => {
                self.running = Running::CopyIn { copy, within: Box::new(Running::Nothing) };
                None
            }
            Ok(Progress::Wait(turn)) => {
                self.portals.insert(name.clone(), portal);
                self.running = Running::Execute { portal: name, max_rows };
                Some(turn)
            }
            Err(error) => {
                self.fail(shared, &error, out);
                self.skip_to_sync = true;
                None
            }
        }
    }

    pub(super) fn sync(&mut self, shared: &Shared, out: &mut dyn Outbox) -> Option<Turn> {
        self.skip_to_sync = false;
        match self.works_ahead_of_request(shared) {
            Ok(true) => {}
            Ok(false) => {
                self.running = Running::Sync;
                return Some(Turn::Yield);
            }
            Err(error) => self.fail(shared, &error, out),
        }
        self.finish_request(shared, out);
        None
    }

    pub(super) fn portal(&self, name: &str) -> Result<&Portal> {
        self.portals.get(name).map(|portal| &**portal).ok_or_else(|| {
            SqlError::new(sqlstate::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
        })
    }
}

fn in_failed_block() -> SqlError {
    SqlError::new(
        sqlstate::IN_FAILED_SQL_TRANSACTION,
        "current transaction is aborted, commands ignored until end of transaction block",
    )
}
