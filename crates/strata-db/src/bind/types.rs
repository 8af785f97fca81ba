//! Type names to types.

use crate::error::{Result, SqlError};
use crate::functions::Environment;
use crate::parse::ast::{self, TypeName};
use strata_types::{IntervalFields, Type, Typmod, sqlstate};

/// The type and modifier that a type name means.
///
/// # Errors
/// 42704 for an unknown type, 22023 for bad modifiers.
pub fn type_of(_env: &dyn Environment, name: &TypeName) -> Result<(Type, Typmod)> {
    let pos = name.pos.0;
    let base = name.name.base();
    let qualified = name.name.qualifier().last().map(|schema| &*schema.name);
    let found = match qualified {
        None | Some("pg_catalog") => Type::by_name(base),
        Some(_) => None,
    };
    let Some(mut ty) = found else {
        return Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("type \"{}\" does not exist", name.name),
        )
        .at(pos));
    };
    let typmod = modifier(ty, name)?;
    if !name.array.is_empty() {
        ty = ty.array_of().ok_or_else(|| {
            SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("could not find array type for data type {base}"),
            )
            .at(pos)
        })?;
    }
    Ok((ty, typmod))
}

fn modifier(ty: Type, name: &TypeName) -> Result<Typmod> {
    let pos = name.pos.0;
    let bad = |message: String| SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message).at(pos);
    let mut numbers = Vec::with_capacity(name.modifiers.len());
    for modifier in &name.modifiers {
        match number(modifier) {
            Some(number) => numbers.push(number),
            None => return Err(bad("type modifiers must be simple constants or identifiers".to_owned())),
        }
    }
    match (ty, numbers.as_slice()) {
        (Type::INTERVAL, precision) => interval(name, precision),
        // `char` without a length is `char(1)`; `bpchar` by that name is unlimited, as is varchar.
        (_, []) => Ok(Typmod::NONE),
        (Type::VARCHAR | Type::BPCHAR, [length]) => {
            let what = if ty == Type::VARCHAR { "varchar" } else { "char" };
            if *length < 1 {
                return Err(bad(format!("length for type {what} must be at least 1")));
            }
            if *length > 10_485_760 {
                return Err(bad(format!("length for type {what} cannot exceed 10485760")));
            }
            Ok(Typmod::chars(*length))
        }
        (Type::NUMERIC, [precision, rest @ ..]) if rest.len() <= 1 => {
            let scale = rest.first().copied().unwrap_or(0);
            if !(1..=1000).contains(precision) {
                return Err(bad(format!("NUMERIC precision {precision} must be between 1 and 1000")));
            }
            if !(-1000..=1000).contains(&scale) {
                return Err(bad(format!("NUMERIC scale {scale} must be between -1000 and 1000")));
            }
            Ok(Typmod::numeric(*precision, scale))
        }
        (Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME | Type::TIMETZ, [precision]) => {
            if *precision < 0 {
                return Err(bad(format!(
                    "{}({precision}) precision must not be negative",
                    ty.name().to_uppercase()
                )));
            }
            Ok(Typmod::plain((*precision).min(6)))
        }
        (Type::BIT | Type::VARBIT, [length]) if *length >= 1 => Ok(Typmod::plain(*length)),
        // `float(n)` has chosen its type in the parser.
        (Type::FLOAT4 | Type::FLOAT8, _) => Ok(Typmod::NONE),
        _ => Err(SqlError::new(
            sqlstate::SYNTAX_ERROR,
            format!("type modifier is not allowed for type \"{}\"", ty.name()),
        )
        .at(pos)),
    }
}

fn number(modifier: &ast::Expr) -> Option<i32> {
    match &modifier.kind {
        ast::ExprKind::Integer(number) => i32::try_from(*number).ok(),
        ast::ExprKind::Unary { op, operand } if op.symbol == "-" => number(operand).map(|number| -number),
        _ => None,
    }
}

fn interval(name: &TypeName, precision: &[i32]) -> Result<Typmod> {
    use ast::IntervalFields as Written;
    let digits = precision.first().map(|digits| (*digits).clamp(0, 6) as u32);
    let fields = match name.interval {
        None if digits.is_none() => return Ok(Typmod::NONE),
        None => IntervalFields::ALL,
        Some(fields) => {
            let words = match fields {
                Written::Year => ("year", None),
                Written::Month => ("month", None),
                Written::Day => ("day", None),
                Written::Hour => ("hour", None),
                Written::Minute => ("minute", None),
                Written::Second => ("second", None),
                Written::YearToMonth => ("year", Some("month")),
                Written::DayToHour => ("day", Some("hour")),
                Written::DayToMinute => ("day", Some("minute")),
                Written::DayToSecond => ("day", Some("second")),
                Written::HourToMinute => ("hour", Some("minute")),
                Written::HourToSecond => ("hour", Some("second")),
                Written::MinuteToSecond => ("minute", Some("second")),
            };
            IntervalFields::range(words.0, words.1.unwrap_or(words.0)).unwrap_or(IntervalFields::ALL)
        }
    };
    Ok(Typmod::interval(fields, digits))
}
