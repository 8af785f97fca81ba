//! What a spec file cannot say: parameters in binary, portals, COPY, cancel. Proven on PostgreSQL like the specs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use postgres::types::{ToSql, Type};
use postgres::{Client, Config, NoTls, error::SqlState};
use spec_test::Target;
use std::io::{Read, Write};
use std::time::Duration;

/// A client whose unqualified names are in a schema of its own.
fn client(target: &Target, schema: &str) -> Client {
    let mut config = Config::new();
    config.host(&target.host).port(target.port).user(&target.user).dbname("postgres");
    let mut client = config.connect(NoTls).unwrap();
    client
        .batch_execute(&format!(
            "SET client_min_messages = warning; DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; \
             SET search_path = {schema}"
        ))
        .unwrap();
    client
}

#[test]
fn values_go_there_and_back_in_binary() {
    let (target, _runtime) = server::start();
    let mut client = client(&target, "spec_binary");
    let row = client
        .query_one(
            "SELECT $1::bool, $2::int2, $3::int4, $4::int8, $5::float4, $6::float8, $7::text, $8::bytea, $9::int4[]",
            &[&true, &-7i16, &1i32, &i64::MAX, &1.5f32, &-0.25f64, &"größe", &&b"\x00\xff"[..], &vec![Some(1), None]],
        )
        .unwrap();
    assert!(row.get::<_, bool>(0));
    assert_eq!((row.get::<_, i16>(1), row.get::<_, i32>(2), row.get::<_, i64>(3)), (-7, 1, i64::MAX));
    assert_eq!((row.get::<_, f32>(4), row.get::<_, f64>(5)), (1.5, -0.25));
    assert_eq!((row.get::<_, &str>(6), row.get::<_, &[u8]>(7)), ("größe", &b"\x00\xff"[..]));
    assert_eq!(row.get::<_, Vec<Option<i32>>>(8), [Some(1), None]);
    let none: Option<i32> = None;
    assert!(client.query_one("SELECT $1::int4 IS NULL", &[&none]).unwrap().get::<_, bool>(0));
}

#[test]
fn parameters_take_the_type_that_they_are_used_as() {
    let (target, _runtime) = server::start();
    let mut client = client(&target, "spec_types");
    client.batch_execute("CREATE TABLE t (id bigint, name varchar(9), d date)").unwrap();
    let put = client.prepare("INSERT INTO t VALUES ($1, $2, $3) RETURNING id").unwrap();
    assert_eq!(put.params(), [Type::INT8, Type::VARCHAR, Type::DATE]);
    assert_eq!(put.columns()[0].type_(), &Type::INT8);
    let get = client.prepare("SELECT id + $1 AS sum, name || $2 AS text FROM t WHERE d > $3").unwrap();
    assert_eq!(get.params(), [Type::INT8, Type::TEXT, Type::DATE]);
    let columns: Vec<_> =
        get.columns().iter().map(|column| (column.name(), column.type_().clone())).collect();
    assert_eq!(columns, [("sum", Type::INT8), ("text", Type::TEXT)]);
    assert_eq!(client.prepare("SELECT $1").unwrap().params(), [Type::TEXT]);
    let refused = client.prepare("SELECT nope FROM t").unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::UNDEFINED_COLUMN));
}

#[test]
fn a_portal_hands_out_some_rows_at_a_time() {
    let (target, _runtime) = server::start();
    let mut client = client(&target, "spec_portal");
    let mut transaction = client.transaction().unwrap();
    let portal = transaction.bind("SELECT g FROM generate_series(1, 5) g", &[]).unwrap();
    let mut taken = |rows| -> Vec<i32> {
        transaction.query_portal(&portal, rows).unwrap().iter().map(|row| row.get(0)).collect()
    };
    assert_eq!(taken(2), [1, 2]);
    assert_eq!(taken(2), [3, 4]);
    assert_eq!(taken(2), [5]);
}

#[test]
fn a_transaction_of_a_driver_rolls_back_when_it_is_dropped() {
    let (target, _runtime) = server::start();
    let mut client = client(&target, "spec_dropped");
    client.batch_execute("CREATE TABLE t (v int)").unwrap();
    let mut transaction = client.transaction().unwrap();
    assert_eq!(transaction.execute("INSERT INTO t VALUES ($1)", &[&1]).unwrap(), 1);
    let mut inner = transaction.savepoint("within").unwrap();
    inner.execute("INSERT INTO t VALUES ($1), ($2)", &[&2, &3]).unwrap();
    inner.rollback().unwrap();
    assert_eq!(transaction.query_one("SELECT count(*) FROM t", &[]).unwrap().get::<_, i64>(0), 1);
    drop(transaction);
    assert_eq!(client.query_one("SELECT count(*) FROM t", &[]).unwrap().get::<_, i64>(0), 0);
}

#[test]
fn rows_are_copied_in_and_out() {
    let (target, _runtime) = server::start();
    let mut client = client(&target, "spec_copy");
    client.batch_execute("CREATE TABLE t (id int PRIMARY KEY, v text, n numeric(8, 2))").unwrap();

    let text = "1\tone\t1.5\n2\t\\N\t\\N\n3\ttab\\there\t-2\n";
    assert_eq!(copy_in(&mut client, "COPY t FROM STDIN", text), Ok(3));
    let out = "1\tone\t1.50\n2\t\\N\t\\N\n3\ttab\\there\t-2.00\n";
    assert_eq!(copy_out(&mut client, "COPY t TO STDOUT"), out);

    let csv = "v,id\n\"say \"\"hi\"\"\",4\n\"\",5\n,6\n";
    assert_eq!(copy_in(&mut client, "COPY t (v, id) FROM STDIN WITH (FORMAT csv, HEADER)", csv), Ok(3));
    let out =
        copy_out(&mut client, "COPY (SELECT id, v FROM t WHERE id > 3 ORDER BY id) TO STDOUT CSV HEADER");
    assert_eq!(out, "id,v\n4,\"say \"\"hi\"\"\"\n5,\"\"\n6,\n");
    let out =
        copy_out(&mut client, "COPY t (id) TO STDOUT WITH (FORMAT csv, DELIMITER '|', FORCE_QUOTE (id))");
    assert!(out.starts_with("\"1\"\n"), "{out}");

    for (sql, data, code) in [
        ("COPY t FROM STDIN", "1\tagain\t0\n", "23505"),
        ("COPY t FROM STDIN", "7\ttoo few\n", "22P04"),
        ("COPY t FROM STDIN", "7\ttoo\tmany\tcolumns\n", "22P04"),
        ("COPY t FROM STDIN", "x\tbad\t0\n", "22P02"),
        ("COPY t FROM STDIN", "7\twide\t1234567\n", "22003"),
    ] {
        assert_eq!(copy_in(&mut client, sql, data), Err(code.to_owned()), "{sql} {data}");
    }
    // One row that fails takes all of its COPY with it.
    assert_eq!(copy_in(&mut client, "COPY t FROM STDIN", "8\ta\t0\n8\tb\t0\n"), Err("23505".to_owned()));
    assert_eq!(client.query_one("SELECT count(*) FROM t", &[]).unwrap().get::<_, i64>(0), 6);
}

fn copy_in(client: &mut Client, sql: &str, data: &str) -> Result<u64, String> {
    let code = |error: postgres::Error| error.code().unwrap().code().to_owned();
    let mut writer = client.copy_in(sql).map_err(code)?;
    writer.write_all(data.as_bytes()).unwrap();
    writer.finish().map_err(code)
}

fn copy_out(client: &mut Client, sql: &str) -> String {
    let mut text = String::new();
    client.copy_out(sql).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_statement_is_cancelled() {
    let (target, _runtime) = server::start();
    let mut client = client(&target, "spec_cancel");
    let token = client.cancel_token();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        token.cancel_query(NoTls).unwrap();
    });
    let error = client.query("SELECT count(*) FROM generate_series(1, 100000000000) g", &[]).unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::QUERY_CANCELED));
    canceller.join().unwrap();
    assert_eq!(client.query_one("SELECT 1", &[]).unwrap().get::<_, i32>(0), 1);
}

#[test]
fn an_error_tells_what_it_is_about() {
    let (target, _runtime) = server::start();
    let mut client = client(&target, "spec_error");
    client.batch_execute("CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL CHECK (v > 0))").unwrap();
    client.execute("INSERT INTO t VALUES (1, 1)", &[]).unwrap();
    let mut refused = |sql: &str, params: &[&(dyn ToSql + Sync)]| {
        let error = client.query(sql, params).unwrap_err();
        let db = error.as_db_error().unwrap().clone();
        (
            db.message().to_owned(),
            db.detail().map(str::to_owned),
            db.constraint().map(str::to_owned),
            db.column().map(str::to_owned),
        )
    };
    assert_eq!(
        refused("INSERT INTO t VALUES ($1, 2)", &[&1]),
        (
            "duplicate key value violates unique constraint \"t_pkey\"".to_owned(),
            Some("Key (id)=(1) already exists.".to_owned()),
            Some("t_pkey".to_owned()),
            None
        )
    );
    assert_eq!(
        refused("INSERT INTO t VALUES (2, -1)", &[]),
        (
            "new row for relation \"t\" violates check constraint \"t_v_check\"".to_owned(),
            Some("Failing row contains (2, -1).".to_owned()),
            Some("t_v_check".to_owned()),
            None
        )
    );
    assert_eq!(
        refused("INSERT INTO t VALUES (2, NULL)", &[]),
        (
            "null value in column \"v\" of relation \"t\" violates not-null constraint".to_owned(),
            Some("Failing row contains (2, null).".to_owned()),
            None,
            Some("v".to_owned())
        )
    );
}
