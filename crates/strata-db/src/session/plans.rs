//! The plan cache: statements by text, for all sessions.
//!
//! A statement is found again under the same project, search path and catalog version. The cache is
//! bounded; when it is full the half that was not used since the last sweep goes (a second-chance sweep).

use super::statement::{Reading, Statement};
use crate::schema::Oid;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// Most statements kept.
const CAPACITY: usize = 4096;
/// Texts longer than this are not worth keeping.
const TEXT_LEN_MAX: usize = 16 * 1024;

/// Statements by text.
pub(super) struct Plans {
    statements: RefCell<HashMap<Box<str>, Kept>>,
}

struct Kept {
    project: Oid,
    statement: Arc<Statement>,
    used: Cell<bool>,
}

impl Plans {
    /// Empty.
    pub(super) fn new() -> Plans {
        Plans { statements: RefCell::new(HashMap::new()) }
    }

    /// The statement of this text, if it may run as it is.
    pub(super) fn get(
        &self,
        project: Oid,
        sql: &str,
        search_path: &[String],
        version: u64,
        reading: &Reading,
    ) -> Option<Arc<Statement>> {
        let statements = self.statements.borrow();
        let kept = statements.get(sql)?;
        if kept.project != project || !kept.statement.was_prepared_under(version, search_path, reading) {
            return None;
        }
        kept.used.set(true);
        Some(kept.statement.clone())
    }

    /// Keeps a statement.
    pub(super) fn put(&self, project: Oid, statement: &Arc<Statement>) {
        if statement.sql.len() > TEXT_LEN_MAX {
            return;
        }
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= CAPACITY {
            statements.retain(|_, kept| kept.used.replace(false));
            if statements.len() >= CAPACITY {
                statements.clear();
            }
        }
        let kept = Kept { project, statement: statement.clone(), used: Cell::new(true) };
        statements.insert(Box::from(&*statement.sql), kept);
    }
}
