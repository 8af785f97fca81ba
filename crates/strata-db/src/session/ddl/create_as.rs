//! CREATE TABLE AS, SELECT INTO, and materialized views: tables that remember their query.

use super::backfill::Pass;
use super::view::{as_statement, output_columns};
use super::{Ddl, done};
use crate::bind;
use crate::error::{Result, SqlError};
use crate::parse::ast::{CreateAsSource, CreateTableAs, Persistence, Refresh};
use crate::parse::query_to_sql;
use crate::plan::{Physical, PhysicalInsert, PhysicalPlan};
use crate::schema::{Oid, RelationDef, RelationKind, StoredQuery};
use crate::session::portal::Outcome;
use crate::session::statement::Statement;
use std::collections::BTreeSet;
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
        let words = if create.materialized_view { "CREATE MATERIALIZED VIEW" } else { "CREATE TABLE AS" };
        let CreateAsSource::Query(query) = &create.source else {
            return Err(SqlError::unsupported("CREATE TABLE AS EXECUTE").at(create.name.pos().0));
        };
        let temporary = create.persistence == Persistence::Temporary;
        let (dataset, name) = self.place(&create.name, temporary)?;
        if self.must_wait_for_name(dataset.oid, &name)? {
            return Ok(Outcome::Wait);
        }
        if self.skip_existing(dataset.oid, &name, create.if_not_exists)? {
            return Ok(done(words));
        }
        let env = self.env();
        let bound = bind::statement(&env.names(), &env, &[], &as_statement(query))?;
        let columns = output_columns(&bound, &create.columns, words)?;
        let depends_on = bound.relations.iter().copied().collect::<BTreeSet<Oid>>();
        let plan = crate::optimize::plan(bound.plan, &env, &env)?;
        drop(env);
        let mut relation = self.new_table(dataset.oid, name, columns, temporary)?;
        if create.materialized_view {
            let depends_on = depends_on.into_iter().collect();
            super::table_of_mut(&mut relation).materialized =
                Some(StoredQuery { text: query_to_sql(query), depends_on });
        }
        self.put(relation.clone())?;
        if !create.with_data {
            return Ok(done(words));
        }
        self.fill(insert_of(relation, plan), true);
        Ok(done(words))
    }

    /// `REFRESH MATERIALIZED VIEW`: its rows are computed anew.
    ///
    /// # Errors
    /// 42809 for what is none; whatever its query raises, and 23505 if its rows break one of its keys.
    pub(super) fn refresh(&mut self, refresh: &Refresh) -> Result<Outcome> {
        let old = self.relation(&refresh.name)?;
        let Some((query, _)) = old.stored_query().filter(|_| matches!(old.kind, RelationKind::Table(_)))
        else {
            let message = format!("\"{}\" is not a materialized view", old.name);
            return Err(SqlError::new(sqlstate::WRONG_OBJECT_TYPE, message));
        };
        self.require_owner(&old)?;
        if self.must_wait_for(&[old.oid])? {
            return Ok(Outcome::Wait);
        }
        let bound = self.bind_view(query)?;
        let plan = {
            let env = self.env();
            crate::optimize::plan(bound.plan, &env, &env)?
        };
        let mut renewed = (*old).clone();
        let old = self.renew_storage(&mut renewed)?;
        self.put(renewed.clone())?;
        if refresh.with_data {
            self.fill(insert_of(renewed.clone(), plan), false);
            let renewed = Arc::new(renewed);
            for position in 0..super::table_of(&renewed).indexes.len() {
                self.passes.push_back(Pass::Index(renewed.clone(), position));
            }
        }
        self.drop_storage(old);
        Ok(done("REFRESH MATERIALIZED VIEW"))
    }

    /// Notes an INSERT of a query, which sees what the statement sees.
    fn fill(&mut self, plan: PhysicalPlan, counted: bool) {
        let isolation = self.session.isolation();
        let view = self.session.transaction.view(self.shared, isolation);
        self.passes.push_back(Pass::Fill { plan: Arc::new(plan), view, counted });
    }
}

/// The plan that puts a query's rows into a table without keys or checks.
fn insert_of(relation: RelationDef, plan: PhysicalPlan) -> PhysicalPlan {
    let insert = PhysicalInsert {
        relation: Arc::new(relation),
        input: plan.root,
        checks: Vec::new(),
        indexes: Vec::new(),
        generated: Vec::new(),
        conflict: None,
        returning: None,
    };
    PhysicalPlan { root: Physical::Insert(Box::new(insert)), schema: Vec::new(), ..plan }
}
