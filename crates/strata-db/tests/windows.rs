//! Window functions over large partitions give the turn back, and go on where they stood.

mod engine;

use engine::Embedded;

/// Rows of the one partition: many slices' worth.
const ROWS: usize = 50_000;

/// What a window call says, summed up, beside what it must be.
const CALLS: &[(&str, &str)] = &[
    ("count(*) FILTER (WHERE w = v + 1)", "lag(v) OVER (ORDER BY -v)"),
    ("sum(w)", "lead(v, 2, 0) OVER (ORDER BY v)"),
    ("count(DISTINCT w)", "ntile(7) OVER (ORDER BY v)"),
    ("sum(w)", "last_value(v) OVER (ORDER BY v / 10)"),
    (
        "sum(w)",
        "first_value(v) OVER (ORDER BY v ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW)",
    ),
    ("sum(w)", "nth_value(v, 2) OVER (ORDER BY v ROWS BETWEEN 1 FOLLOWING AND 5 FOLLOWING)"),
    ("sum(w)", "sum(v) OVER (ORDER BY v ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)"),
    ("sum(w)", "count(*) OVER (ORDER BY v RANGE BETWEEN 3 PRECEDING AND 4 FOLLOWING)"),
    (
        "sum(w)",
        "count(*) FILTER (WHERE v % 2 = 0) OVER (ORDER BY v / 100 GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW)",
    ),
    ("max(w)", "sum(v) OVER ()"),
    ("sum(w)", "count(*) OVER (ORDER BY v)"),
];

/// By arithmetic, in the order of [`CALLS`].
fn expected() -> Vec<i64> {
    let rows = ROWS as i64;
    let all = rows * (rows + 1) / 2;
    vec![
        rows - 1,
        all - 1 - 2,
        7,
        (1..=rows).map(|v| (v / 10 * 10 + 9).min(rows)).sum(),
        all - rows,
        (3..=rows).sum(),
        (1..=rows).map(|v| ((v - 2).max(1)..=v).sum::<i64>()).sum(),
        (1..=rows).map(|v| (v + 4).min(rows) - (v - 3).max(1) + 1).sum(),
        (1..=rows)
            .map(|v| ((v / 100 - 1) * 100).max(0)..(v / 100 * 100 + 100).min(rows + 1))
            .map(evens)
            .sum(),
        all,
        all,
    ]
}

/// The even numbers from 1 on in a range.
fn evens(range: std::ops::Range<i64>) -> i64 {
    (range.end - 1) / 2 - (range.start - 1).max(0) / 2
}

#[test]
fn large_partitions_are_sliced() {
    let mut db = Embedded::start();
    db.ok(&format!("CREATE TABLE many AS SELECT n AS v FROM generate_series(1, {ROWS}) AS n"));
    for ((sum, call), expected) in CALLS.iter().zip(expected()) {
        let answer = db.ok(&format!("SELECT {sum} FROM (SELECT v, {call} AS w FROM many) AS s"));
        assert_eq!(answer, [[Some(expected.to_string())]], "{call}");
        assert!(db.turns > 2, "{call} took {} turns", db.turns);
    }
}

/// A frame that is taken in anew for each row, and is itself more than a slice.
#[test]
fn large_frames_are_sliced() {
    let mut db = Embedded::start();
    db.ok("CREATE TABLE few AS SELECT n AS v FROM generate_series(1, 3000) AS n");
    let whole = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW";
    let answer = db.ok(&format!(
        "SELECT sum(w), min(w), max(w) FROM (SELECT count(v) OVER (ORDER BY v {whole}) AS w FROM few) AS s"
    ));
    assert_eq!(answer, [["8997000", "2999", "2999"].map(|count| Some(count.to_owned()))]);
    assert!(db.turns > 10, "took {} turns", db.turns);
}
