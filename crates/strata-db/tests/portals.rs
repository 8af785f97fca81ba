//! A portal hands out as many rows as it was asked for, however often it was interrupted meanwhile.

mod engine;

use engine::Embedded;

#[test]
fn rows_of_earlier_slices_count() {
    let mut db = Embedded::start();
    db.ok("CREATE TABLE t AS SELECT generate_series(1, 5) AS g");
    let lots = db.ask_by("SELECT g FROM t ORDER BY g", 2);
    let lens: Vec<usize> = lots.iter().map(Vec::len).collect();
    assert_eq!(lens, [2, 2, 1]);
    let all: Vec<_> = lots.into_iter().flatten().flatten().flatten().collect();
    assert_eq!(all, ["1", "2", "3", "4", "5"]);
}
