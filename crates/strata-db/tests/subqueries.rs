//! Subqueries within expressions give the turn back as other queries do, and go on where they stood.

mod engine;

use engine::Embedded;

/// Rows that each subquery reads: more than a slice.
const ROWS: usize = 100_000;

#[test]
fn subqueries_are_sliced() {
    let mut db = Embedded::start();
    db.ok("CREATE TABLE few AS SELECT n AS id, 0 AS v FROM generate_series(1, 4) AS n");
    db.ok("ALTER TABLE few ADD PRIMARY KEY (id)");
    db.ok(&format!("CREATE TABLE many AS SELECT n AS v FROM generate_series(1, {ROWS}) AS n"));
    let below = "(SELECT count(*) FROM many WHERE many.v < few.id)";
    let statements = [
        (format!("SELECT {below} FROM few ORDER BY id"), "0 1 2 3"),
        (format!("SELECT id FROM few WHERE {below} > 1 ORDER BY id"), "3 4"),
        (format!("SELECT id FROM few WHERE id < 4 AND ({below} = 0 OR {below} = 2) ORDER BY id"), "1 3"),
        (format!("SELECT CASE WHEN id > 1 THEN {below} END FROM few WHERE id > 1 ORDER BY id"), "1 2 3"),
        (
            format!("SELECT (SELECT sum({below}) FROM many AS m WHERE m.v = few.id) FROM few ORDER BY id"),
            "0 1 2 3",
        ),
        (format!("SELECT sum({below}) FROM few"), "6"),
        (format!("SELECT count(*) FROM few GROUP BY {below} > 1"), "2 2"),
        (format!("SELECT count(*) FILTER (WHERE {below} > 0) FROM few"), "3"),
        (format!("SELECT id FROM few ORDER BY {below} DESC"), "4 3 2 1"),
        (format!("SELECT id FROM few ORDER BY {below} DESC LIMIT 2"), "4 3"),
        (format!("SELECT sum({below}) OVER (ORDER BY id) FROM few"), "0 1 3 6"),
        (
            format!(
                "SELECT few.id FROM few JOIN few AS o ON o.id = few.id AND {below} > o.id - 2 ORDER BY 1"
            ),
            "1 2 3 4",
        ),
        (format!("UPDATE few SET v = {below} WHERE id > 1 RETURNING v"), "1 2 3"),
        ("SELECT v FROM few WHERE id = (SELECT count(*) - 99996 FROM many AS a, few)".to_owned(), ""),
        (
            "INSERT INTO few VALUES (5, (SELECT count(*) FROM many)), (6, (SELECT count(*) + 1 FROM many)) \
             RETURNING v"
                .to_owned(),
            "100000 100001",
        ),
    ];
    for (statement, rows) in statements {
        let answer: Vec<String> = db.ok(&statement).into_iter().flatten().flatten().collect();
        assert_eq!(answer.join(" "), rows, "{statement}");
        assert!(db.turns > 2, "{statement} took {} turns", db.turns);
    }
}

#[test]
fn what_is_volatile_is_computed_once_for_each_row() {
    let mut db = Embedded::start();
    db.ok("CREATE SEQUENCE s");
    db.ok("CREATE TABLE few AS SELECT n AS id FROM generate_series(1, 4) AS n");
    db.ok(&format!("CREATE TABLE many AS SELECT n AS v FROM generate_series(1, {ROWS}) AS n"));
    let below = "(SELECT count(*) FROM many WHERE many.v < few.id)";
    db.ok(&format!("SELECT nextval('s'), {below} FROM few"));
    assert_eq!(db.ok("SELECT last_value FROM s"), [[Some("4".to_owned())]]);
    db.ok(&format!("SELECT (SELECT nextval('s') + few.id), {below} FROM few"));
    assert_eq!(db.ok("SELECT last_value FROM s"), [[Some("8".to_owned())]]);
}
