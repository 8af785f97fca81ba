//! A journal that fails takes with it what was on its way to disk: what is durable is read on, by new sessions too, and
//! nothing is committed any more.

mod engine;

use engine::Embedded;
use vfs::faulty::{Call, Faulty};

/// More than there is to do.
const STEPS: usize = 10_000;

/// An engine in which `durable` is on disk and `lost` is done, but not: its sync has failed.
fn failed(durable: &str, lost: &str) -> (Faulty, Embedded) {
    let machine = Faulty::new(1);
    let mut db = Embedded::open(machine.env());
    db.ok(durable);
    machine.step_jobs(STEPS);
    assert!(db.is_durable());
    machine.fail(Call::Sync, 1);
    db.ok(lost);
    machine.step_jobs(STEPS);
    assert!(db.has_failed());
    (machine, db)
}

fn sqlstate(db: &mut Embedded, sql: &str) -> String {
    match db.ask(sql) {
        Ok(rows) => panic!("{sql}: {rows:?}"),
        Err(error) => error.sqlstate().to_owned(),
    }
}

/// What a query shows, whose answer may go out.
fn shown(db: &mut Embedded, sql: &str) -> String {
    let rows = db.ok(sql);
    assert!(db.is_durable(), "{sql}: the answer waits for a disk that has failed");
    rows.into_iter().flatten().flatten().collect()
}

#[test]
fn rows_are_read_on_after_a_table_was_lost() {
    let (machine, mut db) =
        failed("CREATE TABLE t (a int); INSERT INTO t VALUES (7)", "CREATE TABLE u (a int)");
    db.reconnect("postgres").unwrap();
    assert_eq!(shown(&mut db, "SELECT 1"), "1");
    assert_eq!(shown(&mut db, "SELECT a FROM t"), "7");
    assert_eq!(sqlstate(&mut db, "SELECT a FROM u"), "42P01");
    assert_eq!(sqlstate(&mut db, "INSERT INTO t VALUES (8)"), "58030");
    assert_eq!(sqlstate(&mut db, "CREATE TABLE u (a int)"), "58030");
    assert_eq!(shown(&mut db, "SELECT a FROM t"), "7");
    // Whether `u` is there after a restart is for the disk to say; the rest is.
    drop(db);
    let mut db = Embedded::open(machine.restart());
    assert_eq!(shown(&mut db, "SELECT a FROM t"), "7");
}

#[test]
fn a_table_whose_removal_was_lost_is_there() {
    let (_machine, mut db) = failed("CREATE TABLE t (a int); INSERT INTO t VALUES (7)", "DROP TABLE t");
    db.reconnect("postgres").unwrap();
    assert_eq!(shown(&mut db, "SELECT a FROM t"), "7");
}

#[test]
fn a_table_is_read_as_it_was_before_its_change_was_lost() {
    let (_machine, mut db) = failed(
        "CREATE TABLE t (a int); INSERT INTO t VALUES (7)",
        "ALTER TABLE t ADD COLUMN b int DEFAULT 1; UPDATE t SET a = 8; ALTER TABLE t DROP COLUMN a",
    );
    db.reconnect("postgres").unwrap();
    assert_eq!(shown(&mut db, "SELECT * FROM t"), "7");
}

#[test]
fn a_role_that_was_lost_is_not_let_in() {
    let (_machine, mut db) = failed("CREATE ROLE old LOGIN", "CREATE ROLE new LOGIN");
    assert_eq!(db.reconnect("new").unwrap_err().sqlstate(), "28000");
    db.reconnect("old").unwrap();
    assert_eq!(shown(&mut db, "SELECT current_user"), "old");
}

#[test]
fn a_session_that_did_not_wait_for_its_commit_loses_it() {
    let (_machine, mut db) = failed(
        "CREATE TABLE t (a int); INSERT INTO t VALUES (7)",
        "SET synchronous_commit = off; CREATE TABLE u (a int); INSERT INTO u VALUES (1)",
    );
    assert_eq!(shown(&mut db, "SELECT a FROM t"), "7");
    assert_eq!(sqlstate(&mut db, "SELECT a FROM u"), "42P01");
}
