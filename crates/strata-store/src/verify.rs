//! Does every structure say the same? Walks everything, changes nothing: tables, journal, entries, tuples.
//!
//! By key: every entry of the tree leads to a tuple of the same commit and key. By extent: every visible
//! tuple is led to by an entry. What is seen is one snapshot, so commits may go on meanwhile.

use crate::engine::Engine;
use crate::keyspace::{key_of, keyspace_of, stored_key};
use crate::{Error, KeyspaceId, Result, location, tuple};
use lsm::Seq;
use std::ops::{Bound, ControlFlow};

/// Problems beyond this many are counted, not described.
const DESCRIBED_MAX: usize = 100;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Entries of index keyspaces.
    pub index_entries: u64,
    /// Entries of table keyspaces, each of which leads to its tuple unless a problem says otherwise.
    pub table_entries: u64,
    /// Visible tuples met in the heap.
    pub tuples: u64,
    /// Tuples that no snapshot of now sees: ended, and to be freed.
    pub ended_tuples: u64,
    /// Records in the journal since the last checkpoint.
    pub journal_records: u64,
    /// Versions in the tree's tables, all of whose blocks were read.
    pub stored_versions: u64,
    /// What does not agree.
    pub problems: Vec<String>,
    /// How many problems there are, also those that are not described.
    pub problem_count: u64,
}

impl VerifyReport {
    /// Whether everything agrees.
    pub fn is_sound(&self) -> bool {
        self.problem_count == 0
    }

    fn problem(&mut self, what: String) {
        self.problem_count += 1;
        if self.problems.len() < DESCRIBED_MAX {
            self.problems.push(what);
        }
    }
}

/// Verifies the store at a snapshot that the caller keeps.
pub(crate) fn verify(engine: &Engine, snapshot: Seq) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    match engine.lsm.verify() {
        Ok(versions) => report.stored_versions = versions,
        Err(error) => describe(&mut report, error.into())?,
    }
    journal(engine, &mut report)?;
    by_key(engine, snapshot, &mut report)?;
    let all = engine.table_keyspaces()?;
    for keyspace in all.into_iter().filter(|keyspace| !engine.is_dropped(*keyspace, snapshot)) {
        by_extent(engine, keyspace, snapshot, &mut report)?;
    }
    if report.table_entries != report.tuples {
        let (entries, tuples) = (report.table_entries, report.tuples);
        report.problem(format!("{entries} entries of table keyspaces, but {tuples} visible tuples"));
    }
    Ok(report)
}

/// Reads what a recovery would read.
fn journal(engine: &Engine, report: &mut VerifyReport) -> Result<()> {
    let _retained = engine.retained.lock();
    let from = engine.superblock.lock().checkpoint;
    let mut count = 0;
    let read = engine.journal.replay(from, &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    });
    report.journal_records = count;
    read.or_else(|error| describe(report, error.into()))
}

fn by_key(engine: &Engine, snapshot: Seq, report: &mut VerifyReport) -> Result<()> {
    let mut iter = engine.lsm.iter(Bound::Unbounded, Bound::Unbounded, snapshot)?;
    loop {
        match iter.next() {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            // What lies behind damage cannot be reached.
            Err(error) => return describe(report, error.into()),
        }
        let (key, seq) = (iter.key(), iter.seq());
        let keyspace = keyspace_of(key);
        if keyspace.is_index() {
            report.index_entries += 1;
            continue;
        }
        report.table_entries += 1;
        if let Err(error) = engine.tuple_of(keyspace, key, seq, iter.value()) {
            describe(report, error)?;
        }
    }
}

/// Disagreement and damage are findings; anything else ends the verification.
fn describe(report: &mut VerifyReport, error: Error) -> Result<()> {
    match error {
        Error::Disagree { .. } | Error::Corrupt { .. } => {
            report.problem(error.to_string());
            Ok(())
        }
        other => Err(other),
    }
}

fn by_extent(engine: &Engine, keyspace: KeyspaceId, snapshot: Seq, report: &mut VerifyReport) -> Result<()> {
    let space = keyspace.space();
    let mut block = 0;
    while block < engine.heap.block_count(space) {
        let mut visible = Vec::new();
        let scanned = engine.heap.scan(space, block, 1, &mut |loc, created, ended, bytes| {
            if ended.is_some_and(|ended| ended <= snapshot.0) {
                report.ended_tuples += 1;
            } else if created <= snapshot.0 {
                visible.push((
                    loc,
                    Seq(created),
                    tuple::split(bytes).map(|(key, _)| stored_key(keyspace, key)),
                ));
            }
            ControlFlow::Continue(())
        });
        if let Err(error) = scanned {
            describe(report, error.into())?;
        }
        for (loc, created, key) in visible {
            report.tuples += 1;
            let Some(key) = key else {
                report.problem(format!("keyspace {}: the tuple at {loc} is no key and value", keyspace.0));
                continue;
            };
            let entry = engine.lsm.get(&key, snapshot)?;
            let led_here =
                entry.is_some_and(|(seq, value)| seq == created && location::decode(&value) == Some(loc));
            if !led_here {
                let key = key_of(&key).escape_ascii();
                report.problem(format!(
                    "keyspace {}: no entry leads to the tuple of \"{key}\" at {loc}",
                    keyspace.0
                ));
            }
        }
        block += 1;
    }
    Ok(())
}
