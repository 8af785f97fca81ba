//! Casts give what PostgreSQL gives.

use super::*;

fn shown(text: &str, from: Type, to: Type, typmod: Typmod) -> Result<String> {
    let format = Format::default();
    let value = Value::from_text(from, Typmod::NONE, text, &format)?;
    let cast = cast(&value, from, to, typmod, true, &format)?;
    Ok(cast.to_text(to, &format).unwrap_or_else(|| "NULL".to_owned()))
}

#[test]
fn values_turn_into_others() {
    let none = Typmod::NONE;
    for (text, from, to, typmod, expected) in [
        ("2.5", Type::FLOAT8, Type::INT4, none, "2"),
        ("2.5", Type::NUMERIC, Type::INT4, none, "3"),
        ("-3.5", Type::FLOAT8, Type::INT8, none, "-4"),
        ("1.005", Type::NUMERIC, Type::NUMERIC, Typmod::numeric(5, 2), "1.01"),
        ("0.1", Type::FLOAT4, Type::FLOAT8, none, "0.10000000149011612"),
        ("0.1", Type::FLOAT4, Type::NUMERIC, none, "0.1"),
        ("t", Type::BOOL, Type::TEXT, none, "true"),
        ("5", Type::INT4, Type::BOOL, none, "t"),
        ("abcdef", Type::TEXT, Type::VARCHAR, Typmod::chars(3), "abc"),
        ("ab  ", Type::BPCHAR, Type::TEXT, none, "ab"),
        ("2020-02-29", Type::DATE, Type::TIMESTAMP, none, "2020-02-29 00:00:00"),
        ("2020-02-29 13:14:15.678", Type::TIMESTAMP, Type::DATE, none, "2020-02-29"),
        ("2020-02-29 13:14:15.678", Type::TIMESTAMP, Type::TIME, Typmod::plain(1), "13:14:15.7"),
        ("infinity", Type::DATE, Type::TIMESTAMPTZ, none, "infinity"),
        ("26:00", Type::INTERVAL, Type::TIME, none, "02:00:00"),
        ("-1", Type::INT4, Type::BIT, Typmod::plain(4), "1111"),
        ("101", Type::VARBIT, Type::INT4, none, "5"),
        ("{1,2}", Type::INT4_ARRAY, Type::TEXT_ARRAY, none, "{1,2}"),
        ("1.5", Type::JSONB, Type::INT4, none, "2"),
        (" 42 ", Type::TEXT, Type::INT4, none, "42"),
    ] {
        assert_eq!(shown(text, from, to, typmod).unwrap(), expected, "{text} {from} {to}");
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let error = shown("70000", Type::INT4, Type::INT2, Typmod::NONE).unwrap_err();
    assert_eq!(error.to_string(), "smallint out of range");
    let error = shown("NaN", Type::NUMERIC, Type::INT4, Typmod::NONE).unwrap_err();
    assert_eq!(error.to_string(), "cannot convert NaN to integer");
    let error = shown("1e300", Type::FLOAT8, Type::FLOAT4, Typmod::NONE).unwrap_err();
    assert_eq!(error.sqlstate(), "22003");
    let error = shown("\"x\"", Type::JSONB, Type::INT4, Typmod::NONE).unwrap_err();
    assert_eq!(error.to_string(), "cannot cast jsonb string to type integer");
    let format = Format::default();
    let error = cast(&Value::text("abcd"), Type::TEXT, Type::VARCHAR, Typmod::chars(3), false, &format);
    assert_eq!(error.unwrap_err().sqlstate(), "22001");
}
