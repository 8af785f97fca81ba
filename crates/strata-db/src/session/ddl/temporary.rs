//! The dataset of a session's temporary tables: made with the first of them, emptied when the session ends.

use super::Ddl;
use crate::catalog::Change;
use crate::error::Result;
use crate::schema::DatasetDef;
use crate::session::session::Session;
use crate::session::shared::Shared;
use std::sync::Arc;

impl Ddl<'_> {
    /// The dataset of the session's temporary tables.
    pub(super) fn temporary_dataset(&mut self) -> Result<Arc<DatasetDef>> {
        let catalog = self.catalog();
        let known = self.session.variables.temporary.get();
        if let Some(dataset) = known.and_then(|oid| catalog.dataset(oid)) {
            return Ok(dataset.clone());
        }
        let project = self.session.variables.project;
        let name = format!("pg_temp_{}", self.session.variables.pid);
        // One that a session of the same number left behind is taken over.
        let dataset = match catalog.dataset_named(project, &name) {
            Some(dataset) => dataset.clone(),
            None => {
                let oid = self.fresh_oid()?;
                let dataset = Arc::new(DatasetDef { oid, project, name, owner: self.current_role() });
                self.change(Change::Dataset(oid, Some(dataset.clone())))?;
                dataset
            }
        };
        self.session.variables.temporary.set(Some(dataset.oid));
        Ok(dataset)
    }
}

/// Drops the session's temporary tables, as part of its transaction.
///
/// # Errors
/// Of the store.
pub(in crate::session) fn discard(session: &mut Session, shared: &Shared) -> Result<()> {
    let Some(dataset) = session.variables.temporary.get() else { return Ok(()) };
    let mut ddl = Ddl::new(session, shared);
    let relations: Vec<_> = ddl.catalog().relations_in(dataset).cloned().collect();
    for relation in relations {
        ddl.erase(&relation)?;
    }
    Ok(())
}

/// The session ends: its temporary tables go, with their dataset. What the store refuses now goes when the
/// next session of the same number starts using temporary tables.
pub(in crate::session) fn drop_temporary(session: &mut Session, shared: &Shared) {
    let Some(oid) = session.variables.temporary.take() else { return };
    session.variables.temporary.set(Some(oid));
    let dropped = discard(session, shared)
        .and_then(|()| session.transaction.change(shared, Change::Dataset(oid, None)));
    let mut settings = session.variables.settings.borrow_mut();
    let ended = match dropped {
        Ok(()) => session.transaction.commit(shared, &mut settings).is_ok(),
        Err(_) => false,
    };
    if !ended {
        session.transaction.rollback(shared, &mut settings);
    }
    session.variables.temporary.set(None);
}
