//! Statements that pass over all rows of a table give the turn back again and again, so that other sessions
//! are served meanwhile.

mod engine;

use engine::Embedded;

/// Rows of the table: many slices' worth.
const ROWS: usize = 200_000;

#[test]
fn passes_over_rows_are_sliced() {
    let mut db = Embedded::start();
    let statements = [
        format!("CREATE TABLE t AS SELECT n AS id, n % 10 AS k FROM generate_series(1, {ROWS}) AS n"),
        "CREATE INDEX ON t (k)".to_owned(),
        "ALTER TABLE t ADD CHECK (k >= 0)".to_owned(),
        "ALTER TABLE t ADD COLUMN r float8 DEFAULT random()".to_owned(),
        "ALTER TABLE t ALTER k TYPE bigint".to_owned(),
        "ALTER TABLE t ADD PRIMARY KEY (id)".to_owned(),
        "CREATE MATERIALIZED VIEW v AS SELECT * FROM t".to_owned(),
        "REFRESH MATERIALIZED VIEW v".to_owned(),
    ];
    for statement in statements {
        db.ok(&statement);
        assert!(db.turns > 5, "{statement} took {} turns", db.turns);
    }
    assert_eq!(db.ok("SELECT count(*) FROM v"), [[Some(ROWS.to_string())]]);
}

#[test]
fn a_pass_that_fails_leaves_the_table_as_it_was() {
    let mut db = Embedded::start();
    db.ok("CREATE TABLE t AS SELECT n AS id, n % 10 AS k FROM generate_series(1, 30000) AS n");
    for statement in [
        "CREATE UNIQUE INDEX u ON t (k)",
        "ALTER TABLE t ADD COLUMN r float8 DEFAULT random(), ADD PRIMARY KEY (k)",
        "ALTER TABLE t ADD CHECK (k > 0), ADD COLUMN x int",
    ] {
        assert!(db.ask(statement).is_err(), "{statement}");
        assert_eq!(db.ok("SELECT * FROM t WHERE id = 7"), [[Some("7".to_owned()), Some("7".to_owned())]]);
        assert_eq!(db.ok("SELECT count(*) FROM t"), [[Some("30000".to_owned())]]);
    }
    db.ok("CREATE INDEX u ON t (k)");
}
