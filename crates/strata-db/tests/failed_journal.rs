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

/// A journal that has failed under a change of `t`, which held 7.
fn failed_under_a_change() -> (Faulty, Embedded) {
    failed("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (7)", "UPDATE t SET a = 8")
}

#[test]
fn rows_are_not_locked_any_more_and_the_session_goes_on() {
    let (_machine, mut db) = failed_under_a_change();
    for sql in ["SELECT a FROM t FOR UPDATE", "BEGIN; SELECT a FROM t FOR UPDATE; COMMIT"] {
        assert_eq!(sqlstate(&mut db, sql), "58030");
        assert!(db.is_durable(), "{sql}: the error waits for a disk that has failed");
        assert_eq!(shown(&mut db, "SELECT a FROM t"), "7");
    }
}

#[test]
fn a_change_is_rolled_back_and_the_session_goes_on() {
    let (_machine, mut db) = failed_under_a_change();
    db.ok("BEGIN");
    db.ok("UPDATE t SET a = 9");
    assert_eq!(shown(&mut db, "ROLLBACK"), "");
    assert_eq!(shown(&mut db, "SELECT a FROM t"), "7");
}

#[test]
fn an_error_that_rests_on_what_was_lost_is_not_told() {
    let (_machine, mut db) = failed_under_a_change();
    assert_eq!(sqlstate(&mut db, "INSERT INTO t VALUES (8)"), "58030");
    assert!(db.is_durable());
    db.ok("BEGIN");
    assert_eq!(sqlstate(&mut db, "INSERT INTO t VALUES (8)"), "58030");
    assert!(db.is_durable());
    assert_eq!(sqlstate(&mut db, "SELECT 1"), "25P02");
    assert_eq!(shown(&mut db, "ROLLBACK"), "");
    assert_eq!(shown(&mut db, "SELECT a FROM t"), "7");
}
