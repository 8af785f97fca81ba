//! A prepared transaction is the same after a restart: with what it writes, and with all that it holds.

mod engine;

use engine::Embedded;

fn refused(db: &mut Embedded, sql: &str) -> String {
    match db.ask(sql) {
        Ok(rows) => panic!("{sql}: {rows:?}"),
        Err(error) => error.sqlstate().to_owned(),
    }
}

fn truth(db: &mut Embedded, sql: &str) -> bool {
    db.ok(sql) == [[Some("t".to_owned())]]
}

#[test]
fn row_locks_survive() {
    let mut db = Embedded::start();
    db.ok(
        "CREATE TABLE p (id int PRIMARY KEY, v int); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p)",
    );
    db.ok("INSERT INTO p VALUES (1, 0), (2, 0), (3, 0)");
    db.ok("BEGIN; INSERT INTO c VALUES (1, 1); UPDATE p SET v = 1 WHERE id = 2; PREPARE TRANSACTION 'x'");
    let mut db = db.restart();
    assert_eq!(refused(&mut db, "SELECT id FROM p WHERE id = 1 FOR UPDATE NOWAIT"), "55P03");
    assert_eq!(db.ok("SELECT id FROM p WHERE id = 1 FOR NO KEY UPDATE NOWAIT").len(), 1);
    assert_eq!(refused(&mut db, "SELECT id FROM p WHERE id = 2 FOR SHARE NOWAIT"), "55P03");
    assert_eq!(db.ok("SELECT id FROM p FOR UPDATE SKIP LOCKED"), [[Some("3".to_owned())]]);
    db.ok("COMMIT PREPARED 'x'");
    assert_eq!(refused(&mut db, "DELETE FROM p WHERE id = 1"), "23503");
    assert_eq!(db.ok("SELECT v FROM p WHERE id = 2 FOR UPDATE NOWAIT"), [[Some("1".to_owned())]]);
}

#[test]
fn advisory_locks_survive() {
    let mut db = Embedded::start();
    db.ok(
        "BEGIN; SELECT pg_advisory_xact_lock(7), pg_advisory_xact_lock_shared(1, 2); PREPARE TRANSACTION 'x'",
    );
    assert!(!truth(&mut db, "SELECT pg_try_advisory_lock(7)"));
    let mut db = db.restart();
    assert!(!truth(&mut db, "SELECT pg_try_advisory_lock(7)"));
    assert!(!truth(&mut db, "SELECT pg_try_advisory_lock(1, 2)"));
    assert!(truth(&mut db, "SELECT pg_try_advisory_lock_shared(1, 2)"));
    db.ok("ROLLBACK PREPARED 'x'");
    assert!(truth(&mut db, "SELECT pg_try_advisory_lock(7)"));
}
