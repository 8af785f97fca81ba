//! `strata` without a person: `-c`, `-f`, a pipe, and the commands that a script can use.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use server::{TestServer, scratch};

const DEMO: &str = "\
CREATE TABLE city (id bigint PRIMARY KEY, name text NOT NULL, people bigint CHECK (people >= 0));
INSERT INTO city VALUES (1, 'Oslo', 709000), (2, 'Bergen', 291000), (3, 'Turku', 202000);

SELECT name, rank() OVER (ORDER BY people DESC) FROM city;

BEGIN;
UPDATE city SET people = people + 1 WHERE id = 3;
SAVEPOINT before;
DELETE FROM city;
ROLLBACK TO before;
COMMIT;
";

#[test]
fn the_readme_holds() {
    let server = TestServer::start();
    let said = server.run(&[], DEMO);
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    let table = "  name  | rank\n--------+------\n Oslo   |    1\n Bergen |    2\n Turku  |    3\n(3 rows)\n";
    assert!(said.out.contains(table), "{}", said.out);
    let said = server.run(&["-c", "SELECT count(*), max(people) FROM city WHERE id = 3"], "");
    assert_eq!(said.out, " count |  max\n-------+--------\n     1 | 202001\n(1 row)\n\n");
}

#[test]
fn a_file_stops_at_what_fails_and_says_where() {
    let server = TestServer::start();
    let file = scratch("fails.sql", "SELECT 1;\n\nSELECT nope\n  FROM nowhere;\nSELECT 3;\n");
    let said = server.run(&["-f", file.to_str().unwrap()], "");
    assert_eq!(said.code, 1);
    assert!(said.out.contains("(1 row)") && !said.out.contains('3'), "{}", said.out);
    let place =
        "fails.sql:3: ERROR:  relation \"nowhere\" does not exist\nLINE 2:   FROM nowhere;\n               ^";
    assert!(said.err.contains(place), "{}", said.err);
}

#[test]
fn commands_follow_one_another() {
    let server = TestServer::start();
    let said = server
        .run(&["-c", "CREATE TABLE t (v int)", "-c", "INSERT INTO t VALUES (1), (2)", "-c", "\\dt"], "");
    assert!(said.out.contains(" public | t    | table"), "{}", said.out);
    let said = server.run(&["-c", "SELECT 1 / 0", "-c", "SELECT 'unreached'"], "");
    assert_eq!((said.code, said.err.trim()), (1, "ERROR:  division by zero"));
    assert!(!said.out.contains("unreached"));
}

#[test]
fn a_relation_is_described() {
    let server = TestServer::start();
    let script =
        "CREATE TABLE city (id bigint PRIMARY KEY, name varchar(20) NOT NULL);\n\\d city\n\\d nope\n";
    let said = server.run(&[], script);
    assert!(said.out.contains(" id     | bigint                | not null |"), "{}", said.out);
    assert!(said.out.contains(" name   | character varying(20) | not null"), "{}", said.out);
    assert!(said.out.contains("    \"city_pkey\" PRIMARY KEY, btree (id)"), "{}", said.out);
    assert!(said.out.contains("Table \"public.city\""), "{}", said.out);
    assert_eq!(said.err, "Did not find any relation named \"nope\".\n");
}

#[test]
fn rows_go_both_ways() {
    let server = TestServer::start();
    let from = scratch("in.csv", "1,one\n2,\"two, or more\"\n");
    let to = from.with_file_name("out.csv");
    let script = format!(
        "CREATE TABLE t (id int, name text);\n\\copy t from {}\nCOPY t FROM stdin;\n3\tthree\n\\.\n\\copy t to '{}'\n\
         COPY (SELECT id FROM t ORDER BY id) TO stdout;\n",
        from.display(),
        to.display()
    );
    let said = server.run(&[], &script);
    assert_eq!(said.err, "");
    assert!(said.out.ends_with("1\n2\n3\n"), "{}", said.out);
    assert_eq!(std::fs::read_to_string(to).unwrap(), "1,one\n2,\"two, or more\"\n3,three\n");
}

#[test]
fn answers_change_their_shape() {
    let server = TestServer::start();
    let inner = scratch("inner.sql", "SELECT 7 AS seven;\n");
    let script = format!("\\x\n\\timing\n\\i {}\n\\?\n\\l\n\\q\nSELECT 'unreached';\n", inner.display());
    let said = server.run(&[], &script);
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    for text in
        ["Expanded display is on.", "-[ RECORD 1 ]", "seven | 7", "Time: ", "\\copy TABLE", "postgres"]
    {
        assert!(said.out.contains(text), "{text} in\n{}", said.out);
    }
    assert!(!said.out.contains("unreached"));
}

#[test]
fn nobody_listens() {
    let said = TestServer::start().run(&["--port", "1"], "");
    assert_eq!(said.code, 2);
    assert!(said.err.starts_with("strata: "), "{}", said.err);
}
