//! Operators that run out of memory answer what they answer with plenty of it.
//!
//! Every query runs twice over the same random rows: once with all the memory that it wants, once with the least
//! that can be set, 64 kB.

mod engine;

use engine::{Embedded, Row};
use proptest::prelude::*;

/// A table of rows that look random, with NULLs, equal values and values of several types.
fn with_table(rows: u32, distinct: u32, seed: u32) -> Embedded {
    let mut db = Embedded::start();
    db.ok(&format!(
        "CREATE TABLE t AS
         SELECT n AS id,
                nullif(h % {distinct}, 3) AS k,
                CASE WHEN h % 11 = 0 THEN NULL ELSE (h % 1000)::numeric / 7 END AS num,
                CASE WHEN h % 13 = 0 THEN NULL ELSE md5((h % {distinct})::text) END AS txt,
                h % 5 = 0 AS flag
         FROM (SELECT n, abs(('x' || substr(md5((n + {seed})::text), 1, 7))::bit(28)::int) AS h
               FROM generate_series(1, {rows}) AS n) AS s"
    ));
    db
}

/// The answer of a query with so much memory, sorted unless the query says how.
fn answer(db: &mut Embedded, work_mem: &str, query: &str, is_ordered: bool) -> Vec<Row> {
    db.ok(&format!("SET work_mem = '{work_mem}'"));
    let mut rows = db.ok(query);
    assert!(db.turns > 0, "a statement takes a turn");
    if !is_ordered {
        rows.sort();
    }
    rows
}

/// The lines of EXPLAIN ANALYZE with the least memory.
fn analysis(db: &mut Embedded, query: &str) -> String {
    db.ok("SET work_mem = '64kB'");
    let lines = db.ok(&format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {query}"));
    lines.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n")
}

fn agree(db: &mut Embedded, queries: &[&str], are_ordered: bool) {
    for query in queries {
        let plenty = answer(db, "1GB", query, are_ordered);
        let little = answer(db, "64kB", query, are_ordered);
        let differs = plenty.iter().zip(&little).position(|(plenty, little)| plenty != little);
        if let Some(row) = differs {
            panic!("{query}\nrow {row}: {:?}, but with little memory {:?}", plenty[row], little[row]);
        }
        assert_eq!(plenty.len(), little.len(), "{query}");
    }
}

const SORTS: &[&str] = &[
    "SELECT * FROM t ORDER BY txt, num DESC NULLS LAST, id",
    "SELECT * FROM t ORDER BY k",
    "SELECT num, id FROM t ORDER BY num DESC, txt, flag",
    "SELECT * FROM t ORDER BY txt LIMIT 3000 OFFSET 100",
    "SELECT count(*) FROM (SELECT FROM t ORDER BY num LIMIT 9000) AS s",
];

const GROUPS: &[&str] = &[
    "SELECT DISTINCT k, txt FROM t",
    "SELECT DISTINCT * FROM t",
    "SELECT DISTINCT num FROM t",
    "SELECT txt, count(*), count(num), sum(k), avg(num), min(txt), max(id) FROM t GROUP BY txt",
    "SELECT id, sum(num) FILTER (WHERE flag), count(DISTINCT k), count(txt) FROM t GROUP BY id",
    "SELECT k, flag, array_agg(id ORDER BY num, id DESC) FROM t GROUP BY k, flag",
    "SELECT flag, string_agg(DISTINCT txt, ',' ORDER BY txt DESC) FROM t GROUP BY flag",
    "SELECT flag, string_agg(DISTINCT txt, ','), array_agg(DISTINCT num) FROM t GROUP BY flag",
    "SELECT count(DISTINCT txt), sum(DISTINCT num), count(DISTINCT id), count(*) FROM t",
    "SELECT txt, k, count(*), sum(id), grouping(txt, k) FROM t GROUP BY CUBE (txt, k)",
    "SELECT id % 10, count(*) FILTER (WHERE k > 5), avg(num) FILTER (WHERE flag) FROM t GROUP BY ROLLUP (id % 10, id)",
    "SELECT num, percentile_cont(0.5) WITHIN GROUP (ORDER BY k) FROM t GROUP BY num",
];

const JOINS: &[&str] = &[
    "SELECT a.id, b.id FROM t a JOIN t b ON a.id = b.k",
    "SELECT a.id, b.id, b.txt FROM t a LEFT JOIN t b ON a.k = b.id AND a.num < b.num",
    "SELECT a.id, b.id, a.txt FROM t a RIGHT JOIN t b ON a.id = b.k AND b.flag",
    "SELECT a.id, a.num, b.id, b.num FROM t a FULL JOIN t b ON a.id = b.k + 500 AND a.txt = b.txt",
    "SELECT a.k, b.id FROM t a FULL JOIN (SELECT * FROM t WHERE id % 3 = 0) b ON a.k = b.id",
    "SELECT * FROM t a WHERE EXISTS (SELECT FROM t b WHERE b.k = a.id)",
    "SELECT * FROM t a WHERE EXISTS (SELECT FROM t b WHERE b.k = a.id AND b.num > a.num)",
    "SELECT * FROM t a WHERE NOT EXISTS (SELECT FROM t b WHERE b.txt = a.txt AND b.id > a.id)",
    "SELECT * FROM t WHERE id NOT IN (SELECT k FROM t WHERE k IS NOT NULL)",
    "SELECT * FROM t WHERE k NOT IN (SELECT id FROM t WHERE id % 2 = 0)",
    "SELECT * FROM t WHERE id NOT IN (SELECT k FROM t)",
    "SELECT count(*), sum(a.id), sum(b.id) FROM t a LEFT JOIN t b ON (a.id % 3) = 1 AND b.id % 400 = a.id % 3",
    "SELECT count(*), sum(b.id) FROM (SELECT * FROM t WHERE id < 50) a RIGHT JOIN t b ON a.flag = b.flag",
    "SELECT count(*) FROM t a WHERE EXISTS (SELECT FROM t b WHERE b.flag = a.flag AND b.id + a.id = 7000)",
    "SELECT count(*) FROM t a WHERE NOT EXISTS (SELECT FROM t b WHERE b.flag = a.flag AND b.id = a.id + 3000)",
];

const SETS: &[&str] = &[
    "SELECT txt, num FROM t UNION SELECT txt, num FROM t WHERE flag",
    "SELECT id, txt FROM t EXCEPT SELECT k, txt FROM t",
    "SELECT id FROM t EXCEPT ALL SELECT k FROM t",
    "SELECT k, flag FROM t EXCEPT ALL SELECT k, flag FROM t WHERE id % 2 = 0",
    "SELECT id FROM t INTERSECT SELECT k FROM t",
    "SELECT txt FROM t INTERSECT ALL SELECT txt FROM t WHERE id % 3 > 0",
    "SELECT * FROM t EXCEPT SELECT * FROM t WHERE num > 20",
];

const KEPT: &[&str] = &[
    "WITH c AS MATERIALIZED (SELECT * FROM t) SELECT a.id, b.txt FROM c a JOIN c b ON a.id = b.id + 1",
    "WITH c AS MATERIALIZED (SELECT * FROM t) SELECT * FROM c UNION ALL SELECT * FROM c",
    "WITH RECURSIVE r (id, n) AS (SELECT id, 0 FROM t UNION ALL SELECT id + 1, n + 1 FROM r WHERE n < 3)
     SELECT n, count(*), sum(id) FROM r GROUP BY n",
    "SELECT count(*), sum(b.id) FROM (SELECT * FROM t WHERE id < 9) a FULL JOIN t b ON a.id = 5 AND b.num > 3",
    "SELECT id, txt, row_number() OVER (ORDER BY num, id), sum(k) OVER (PARTITION BY flag ORDER BY id) FROM t",
];

#[test]
fn an_external_sort_says_so() {
    let mut db = with_table(5_000, 100, 1);
    let told = analysis(&mut db, "SELECT * FROM t ORDER BY txt");
    assert!(told.contains("Sort Method: external merge  Disk: "), "{told}");
    let told = analysis(&mut db, "SELECT * FROM t ORDER BY txt LIMIT 5");
    assert!(told.contains("Sort Method: top-N heapsort  Memory: "), "{told}");
}

#[test]
fn groups_put_aside_are_told() {
    let mut db = with_table(6_000, 10_000, 3);
    for query in ["SELECT id, count(*) FROM t GROUP BY id", "SELECT DISTINCT id, txt FROM t"] {
        let told = analysis(&mut db, query);
        assert!(told.contains("kB  Disk Usage: ") && !told.contains("Batches: 1 "), "{told}");
    }
}

#[test]
fn cursors_go_back_to_rows_in_a_file() {
    let mut db = with_table(6_000, 100, 2);
    db.ok("SET work_mem = '64kB'");
    db.ok("BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id, txt FROM t ORDER BY id");
    assert_eq!(db.ok("FETCH ALL FROM c").len(), 6_000);
    let id = |rows: Vec<Row>| rows.iter().map(|row| row[0].clone().unwrap()).collect::<Vec<_>>();
    assert_eq!(id(db.ok("FETCH ABSOLUTE 5000 FROM c")), ["5000"]);
    assert_eq!(id(db.ok("FETCH BACKWARD 3 FROM c")), ["4999", "4998", "4997"]);
    assert_eq!(id(db.ok("FETCH ABSOLUTE 1 FROM c")), ["1"]);
    assert_eq!(db.ok("MOVE ABSOLUTE 4096 IN c").len(), 0);
    assert_eq!(id(db.ok("FETCH BACKWARD ALL FROM c")).last().unwrap(), "1");
    db.ok("DECLARE h CURSOR WITH HOLD FOR SELECT id, txt FROM t ORDER BY id; COMMIT");
    assert_eq!(id(db.ok("FETCH 2 FROM h")), ["1", "2"]);
    assert_eq!(id(db.ok("FETCH ALL FROM h")).last().unwrap(), "6000");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spilled_is_as_unspilled(rows in 1u32..8_000, distinct in 1u32..12_000, seed in 0u32..1_000_000) {
        let mut db = with_table(rows, distinct, seed);
        agree(&mut db, SORTS, true);
        agree(&mut db, GROUPS, false);
        agree(&mut db, JOINS, false);
        agree(&mut db, SETS, false);
        agree(&mut db, KEPT, false);
    }
}
