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
        ("SELECT * FORM t", "syntax error at or near \"FORM\"", 10),
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
    // Positions compare equal by design, so the number inside is what is compared.
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

#[test]
fn printing_and_parsing_again_changes_nothing() {
    for sql in [
        "with recursive t(n) as (values (1) union all select n + 1 from t where n < 100) search depth first by n set o \
         cycle n set c to true default false using p select sum(n) filter (where n > 1) over (partition by n % 2 \
         order by n desc nulls last rows between 1 preceding and current row exclude ties) from t",
        "select distinct on (a, b) t.*, (r).f, (f(x)).*, a[1][2:3], -1, - a, -(1), 1.5e10, 'it''s', e'\\\\', b'01', x'ff'",
        "select a from only s.t as x (b, c) tablesample bernoulli (10) repeatable (1), lateral (select 1) y, \
         f(1) with ordinality as g (h), json_to_record('{}') as z (a int, b text collate \"C\"), \
         rows from (f(1), g(2) as (x int)) q",
        "select * from a natural join b left join (c join d using (x) as u) on a.y = d.y, (e cross join f) as g (h)",
        "select 1 union (select 2 except all select 3 order by 1 limit 1) intersect select 4 order by 1 offset 2",
        "select case a when 1 then 'x' else null end, cast(a as numeric(10, 2)[]), interval '1' day to second(3)",
        "select extract(year from d), trim(leading 'x' from y), substring(a from 1 for 2), position('a' in b), \
         overlay(a placing b from 1), d at time zone 'utc', normalize(a, nfd), collation for (a), (a, b) overlaps (c, d)",
        "select a not between symmetric 1 and 2, b not like 'x' escape '\\', c is not distinct from d, e = any (f), \
         g <> all (select 1), h in (1, 2), i not in (select 2), array[[1, 2], [3, 4]], array(select 1), row(1), (1, 2)",
        "select percentile_cont(0.5) within group (order by a), count(*), count(distinct b order by b using <), \
         f(variadic c), f(x => 1), coalesce(a, b), nullif(a, b), greatest(a), current_timestamp(3), current_user",
        "select a from t group by distinct grouping sets ((), (a, b), rollup (a), cube (b, c)) having grouping(a) > 0 \
         window w as (order by a), v as (w range unbounded preceding) for update of t skip locked for key share",
        "select a from t order by a fetch first 3 rows with ties",
        "select a operator(pg_catalog.+) b, @ c, not d and (e or f), \"Select\", \"left\", project.data.t.c from project.data.t",
        "select",
    ] {
        let [super::Parsed { statement: Statement::Query(query), .. }] = &parse(sql).unwrap()[..] else {
            panic!("{sql} is no query");
        };
        let printed = super::query_to_sql(query);
        let again = parse(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
        assert_eq!(Statement::Query(query.clone()), again[0].statement, "{printed}");
    }
}
