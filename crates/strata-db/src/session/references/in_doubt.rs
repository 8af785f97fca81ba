//! Rows that may have another's key, when a deferrable constraint is to hold.

use super::watch::Timing;
use crate::error::{Result, SqlError};
use crate::exec;
use crate::schema::{IndexDef, Oid, RelationDef};
use crate::session::engine::Turn;
use crate::session::session::Session;
use crate::session::shared::Shared;
use crate::table::{self, Doubt, Settled};
use std::sync::Arc;

/// A row that may have another's key.
#[derive(Clone, Debug)]
pub(in crate::session) struct InDoubt {
    table: Arc<RelationDef>,
    doubt: Doubt,
}

impl InDoubt {
    pub(super) fn new(table: &Arc<RelationDef>, doubt: Doubt) -> InDoubt {
        InDoubt { table: table.clone(), doubt }
    }

    fn index(&self) -> Option<&IndexDef> {
        super::reference::table_of(&self.table).indexes.get(self.doubt.index).map(|index| &**index)
    }

    /// When the key must be the row's alone.
    pub(super) fn timing(&self) -> Timing {
        let index = self.index().map(|index| index.oid);
        let constraints = &super::reference::table_of(&self.table).constraints;
        match constraints.iter().find(|constraint| index.is_some() && constraint.kind.index() == index) {
            Some(kept) => Timing {
                constraint: kept.oid,
                deferrable: kept.deferrable,
                initially_deferred: kept.initially_deferred,
            },
            None => Timing { constraint: Oid(0), deferrable: false, initially_deferred: false },
        }
    }

    /// Looks whether the row has the key alone (`None`), unless something must be waited for.
    ///
    /// # Errors
    /// 23505 if it does not; 40P01.
    pub(super) fn settle(&self, session: &mut Session, shared: &Shared) -> Result<Option<Turn>> {
        match table::settle(session.transaction.txn(shared), &self.table, &self.doubt)? {
            Settled::Alone => Ok(None),
            Settled::Wait => Ok(Some(Turn::Lock)),
            Settled::Duplicate => Err(self.refusal(session, shared)),
        }
    }

    /// 23505.
    pub(in crate::session) fn refusal(&self, session: &Session, shared: &Shared) -> SqlError {
        let env = session.environment(shared);
        match self.index() {
            Some(index) => {
                exec::duplicate(&self.table, index, Some(&self.doubt.values), &env.catalog, &env.format)
            }
            None => unreachable!("the index of a key in doubt is one of its table's"),
        }
    }
}
