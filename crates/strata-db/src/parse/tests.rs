//! What is accepted, what is refused, and in which words: recorded from PostgreSQL 15.

use super::ast::*;
use super::{ParseError, parse, parse_expr};

fn error(sql: &str) -> ParseError {
    parse(sql).expect_err(sql)
}

fn expr(sql: &str) -> ExprKind {
    parse_expr(sql).unwrap_or_else(|error| panic!("{sql}: {error}")).kind
}

/// Deep statements need the stack that engine threads have.
fn with_engine_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(test).unwrap();
    thread.join().unwrap();
}

#[test]
fn errors_are_worded_and_placed_as_postgres_does() {
    for (sql, message, position) in [
        ("SELECT 1 +", "syntax error at end of input", 11),
        ("SELEC 1", "syntax error at or near \"SELEC\"", 1),
        ("SELECT * FORM t", "syntax error at or near \"t\"", 15),
        ("SELECT 1 < 2 < 3", "syntax error at or near \"<\"", 14),
        ("SELECT 'é', FROM t", "syntax error at or near \"FROM\"", 13),
        ("SELECT 'abc", "unterminated quoted string at or near \"'abc\"", 8),
        ("SELECT \"\"", "zero-length delimited identifier at or near \"\"\"\"", 8),
        ("SELECT 1 /* x", "unterminated /* comment at or near \"/* x\"", 10),
        ("SELECT 123abc", "trailing junk after numeric literal at or near \"123abc\"", 8),
        ("SELECT 0x1F", "trailing junk after numeric literal at or near \"0x1F\"", 8),
        ("SELECT 'foo' 'bar'", "syntax error at or near \"'bar'\"", 14),
        ("SELECT TOP 3 a", "syntax error at or near \"3\"", 12),
        ("INSERT t VALUES (1)", "syntax error at or near \"t\"", 8),
        ("SELECT * FROM (SELECT 1)", "subquery in FROM must have an alias", 15),
        ("SELECT left", "syntax error at end of input", 12),
        ("CREATE TABLE t (a int,)", "syntax error at or near \")\"", 23),
    ] {
        let error = error(sql);
        assert_eq!((error.message.as_ref(), error.pos.reported()), (message, position), "{sql}");
        assert_eq!(error.sqlstate, "42601", "{sql}");
    }
}

#[test]
fn operators_bind_as_in_postgres() {
    for (sql, meant) in [
        ("a OR b AND NOT c = d", "a OR (b AND (NOT (c = d)))"),
        ("-a ^ 2 * b + c", "(((-a) ^ 2) * b) + c"),
        ("a || b + c", "a || (b + c)"),
        ("- a::int", "- (a::int)"),
        ("a IS NULL = b", "(a IS NULL) = b"),
        ("a BETWEEN 1 AND 2 AND b", "(a BETWEEN 1 AND 2) AND b"),
        ("NOT a IN (1) OR b", "(NOT (a IN (1))) OR b"),
        ("a AT TIME ZONE b || c", "(a AT TIME ZONE b) || c"),
        ("a LIKE b || c", "a LIKE (b || c)"),
        ("a<-1", "a < (-1)"),
        ("a @-1", "a @- 1"),
    ] {
        assert_eq!(expr(sql), expr(meant), "{sql}");
    }
}

#[test]
fn nothing_is_misread() {
    assert!(matches!(expr("a ISNULL"), ExprKind::Is { test: IsTest::Null, negated: false, .. }));
    assert_eq!(expr("U&'d\\0061t'"), ExprKind::String("dat".into()));
    assert_eq!(expr("U&'d!0061t' UESCAPE '!'"), ExprKind::String("dat".into()));
    assert_eq!(expr("E'a\\n\\x41\\u00e9'"), ExprKind::String("a\nAé".into()));
    assert_eq!(expr("'foo'\n'bar'"), ExprKind::String("foobar".into()));
    assert_eq!(expr("$x$it's$x$"), ExprKind::String("it's".into()));
    assert_eq!(expr("-9223372036854775808"), ExprKind::Integer(i64::MIN));
    assert_eq!(expr("1e3"), ExprKind::Number("1e3".into()));
    assert_eq!(expr("\"Ab\"\"c\""), ExprKind::Column(ObjectName(vec![Ident::new("Ab\"c", Pos(0))])));
    assert_eq!(expr("Ünï"), ExprKind::Column(ObjectName(vec![Ident::new("Ünï", Pos(0))])));
    assert!(matches!(expr("interval(3) '1 s'"), ExprKind::Cast { ty, .. } if ty.modifiers.len() == 1));
    assert!(matches!(expr("a --x\n- --y\n 1"), ExprKind::Binary { .. }));
}

#[test]
fn parentheses_hold_queries_or_expressions() {
    assert!(matches!(expr("((select 1) union select 2)"), ExprKind::Subquery(_)));
    assert!(matches!(expr("((select 1) + 1)"), ExprKind::Binary { .. }));
    assert!(matches!(expr("a in ((select 1))"), ExprKind::InSubquery { .. }));
    assert!(matches!(expr("(1, (select 2))"), ExprKind::Row { explicit: false, .. }));
    for sql in [
        "select * from ((select 1) union (select 2)) x",
        "select * from ((a join b on true) join c using (x)) y",
        "select * from ((select 1) a cross join b)",
        "select * from a join b join c on true on true",
        "(select 1 order by 1) limit 1",
    ] {
        assert!(parse(sql).is_ok(), "{sql}");
    }
}

#[test]
fn statements_keep_their_text() {
    let sql = ";; select 1 ; -- c\n insert into t values (2)";
    let texts: Vec<&str> = parse(sql).unwrap().iter().map(|p| &sql[p.start..p.end]).collect();
    assert_eq!(texts, ["select 1", "insert into t values (2)"]);
}

#[test]
fn positions_count_characters_across_windows() {
    let sql = format!("select '{}', {} oops oops", "é".repeat(40_000), "a1, ".repeat(20_000) + "b");
    let at = sql.chars().count() - 4;
    assert_eq!(error(&sql).pos, Pos(0));
    assert_eq!(error(&sql).pos.0 as usize, at);
}

#[test]
fn deep_statements_parse_or_are_refused() {
    with_engine_stack(|| {
        for sql in [
            format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000)),
            format!("select {}select 1{}", "(".repeat(2_500), ")".repeat(2_500)),
            format!("{}{} select 1", "/*".repeat(20_000), "*/".repeat(20_000)),
            format!("select a{}", " or a".repeat(100_000)),
            format!("select a in (1{})", ", 1".repeat(100_000)),
        ] {
            assert!(parse(&sql).is_ok(), "{}", &sql[..40]);
        }
        for sql in [
            format!("select 1{}", "+1".repeat(100_000)),
            format!("select {}1", "(".repeat(100_000)),
            format!("select 1 {}", "union select 1 ".repeat(100_000)),
            format!("select * from a {}", "cross join a ".repeat(100_000)),
            format!("select {}", "array[".repeat(100_000)),
            format!("select {}true", "not ".repeat(100_000)),
        ] {
            assert_eq!(error(&sql).sqlstate, "54001", "{}", &sql[..40]);
        }
    });
}
