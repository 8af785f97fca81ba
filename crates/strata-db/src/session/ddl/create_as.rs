//! CREATE TABLE AS and SELECT INTO.

use super::view::{as_statement, output_columns};
use super::{Ddl, done};
use crate::bind;
use crate::error::{Result, SqlError};
use crate::exec::{self, Step, Wait};
use crate::parse::ast::{CreateAsSource, CreateTableAs, Persistence};
use crate::plan::{Physical, PhysicalInsert, PhysicalPlan};
use crate::session::portal::{Outcome, step_plan};
use crate::session::references::Unwatched;
use crate::session::statement::Statement;
use std::sync::Arc;
use strata_types::sqlstate;

impl Ddl<'_> {
    /// `CREATE TABLE … AS`, `SELECT … INTO`.
    ///
    /// # Errors
    /// 42P07 if the name is taken, whatever is wrong with the query.
    pub(super) fn create_table_as(
        &mut self,
        statement: &Statement,
        create: &CreateTableAs,
    ) -> Result<Outcome> {
        let _ = statement;
        if create.materialized_view {
            return Err(SqlError::unsupported("CREATE MATERIALIZED VIEW").at(create.name.pos().0));
        }
        let CreateAsSource::Query(query) = &create.source else {
            return Err(SqlError::unsupported("CREATE TABLE AS EXECUTE").at(create.name.pos().0));
        };
        let temporary = create.persistence == Persistence::Temporary;
        let (dataset, name) = self.place(&create.name, temporary)?;
        if self.must_wait_for_name(dataset.oid, &name)? {
            return Ok(Outcome::Wait);
        }
        if self.skip_existing(dataset.oid, &name, create.if_not_exists)? {
            return Ok(done("CREATE TABLE AS"));
        }
        let env = self.env();
        let bound = bind::statement(&env.names(), &env, &[], &as_statement(query))?;
        let columns = output_columns(&bound, &create.columns, "CREATE TABLE AS")?;
        let plan = crate::optimize::plan(bound.plan, &env, &env)?;
        drop(env);
        let relation = self.new_table(dataset.oid, name, columns, temporary)?;
        self.put(relation.clone())?;
        if !create.with_data {
            return Ok(done("CREATE TABLE AS"));
        }
        let insert = PhysicalInsert {
            relation: Arc::new(relation),
            input: plan.root,
            checks: Vec::new(),
            indexes: Vec::new(),
            generated: Vec::new(),
            conflict: None,
            returning: None,
        };
        let plan = PhysicalPlan { root: Physical::Insert(Box::new(insert)), schema: Vec::new(), ..plan };
        let rows = self.fill(plan)?;
        Ok(Outcome::Tag(format!("SELECT {rows}")))
    }

    /// Runs an INSERT of a query to its end and tells how many rows it was.
    fn fill(&mut self, plan: PhysicalPlan) -> Result<u64> {
        let isolation = self.session.isolation();
        let view = self.session.transaction.view(self.shared, isolation);
        let mut running = exec::build(&Arc::new(plan))?;
        loop {
            match step_plan(self.session, self.shared, &mut running, view, &[], &mut Unwatched)? {
                Step::Done => return Ok(running.affected()),
                Step::Pending(Wait::Lock) => {
                    return Err(SqlError::new(
                        sqlstate::LOCK_NOT_AVAILABLE,
                        "a row that CREATE TABLE AS is to lock is locked by another transaction",
                    ));
                }
                Step::Batch(_) | Step::Pending(_) => {}
            }
        }
    }
}
