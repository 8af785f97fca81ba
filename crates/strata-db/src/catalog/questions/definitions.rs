//! What objects are made by: `pg_get_indexdef` and its kin.

use super::{oid, pretty};
use crate::catalog::lookup;
use crate::catalog::system::{SystemSource, pg_proc};
use crate::error::{Result, SqlError};
use crate::functions::identifiers;
use crate::plan::NO_POS;
use crate::schema::{Oid, RelationKind};
use strata_types::{Type, Typmod, Value, sqlstate};

/// Answers the functions whose names begin with `pg_get_`.
pub(super) fn answer(source: &SystemSource<'_>, question: &str, args: &[Value]) -> Result<Value> {
    let text = match question {
        "pg_get_expr" => {
            args.first().and_then(Value::as_str).map(|text| source.expression(text, pretty(args)))
        }
        "pg_get_userbyid" => Some(match oid(args).and_then(|oid| source.names.catalog.role(oid)) {
            Some(role) => role.name.clone(),
            None => format!("unknown (OID={})", oid(args).map_or(0, |oid| oid.0)),
        }),
        "pg_get_indexdef" => index(source, args),
        "pg_get_constraintdef" => constraint(source, args),
        "pg_get_viewdef" => view(source, args)?,
        "pg_get_ruledef" => rule(source, args),
        "pg_get_serial_sequence" => serial_sequence(source, args)?,
        "pg_get_function_arguments" | "pg_get_function_identity_arguments" => {
            procedure(args).map(|of| arguments(&of, question == "pg_get_function_arguments"))
        }
        "pg_get_function_result" => procedure(args).map(|of| result(&of)),
        "pg_get_functiondef" => procedure(args).map(|of| function(&of)),
        _ => None,
    };
    Ok(text.map_or(Value::Null, Value::text))
}

fn index(source: &SystemSource<'_>, args: &[Value]) -> Option<String> {
    let wanted = oid(args)?;
    let of = source.indexes().find(|of| of.index.oid == wanted)?;
    match args.get(1).and_then(Value::as_i64) {
        None | Some(0) => Some(source.index_definition(&of, pretty(args))),
        Some(number) => {
            let column = usize::try_from(number)
                .ok()
                .and_then(|number| source.index_column(&of, number, pretty(args)));
            Some(column.unwrap_or_default())
        }
    }
}

fn constraint(source: &SystemSource<'_>, args: &[Value]) -> Option<String> {
    let wanted = oid(args)?;
    let held = source.constraints().find(|held| held.constraint.oid == wanted)?;
    Some(source.constraint_definition(&held, pretty(args)))
}

/// The view is given by OID or by name.
fn view(source: &SystemSource<'_>, args: &[Value]) -> Result<Option<String>> {
    match args.first().and_then(Value::as_str) {
        None => Ok(oid(args).and_then(|oid| source.view_definition(oid))),
        Some(name) => Ok(source.view_definition(relation(source, name)?)),
    }
}

/// A view's rule, by the OID that `pg_rewrite` gives it.
fn rule(source: &SystemSource<'_>, args: &[Value]) -> Option<String> {
    let view = crate::catalog::system::view_of_rule(oid(args)?);
    let name = lookup::qualified_name(&source.names, view)?;
    let query = source.view_definition(view)?;
    Some(format!("CREATE RULE \"_RETURN\" AS\n    ON SELECT TO {name} DO INSTEAD {query}"))
}

/// `pg_get_serial_sequence(table, column)`.
fn serial_sequence(source: &SystemSource<'_>, args: &[Value]) -> Result<Option<String>> {
    let (Some(table), Some(column)) =
        (args.first().and_then(Value::as_str), args.get(1).and_then(Value::as_str))
    else {
        return Ok(None);
    };
    let oid = relation(source, table)?;
    let columns = match source.names.catalog.relation(oid).map(|relation| &relation.kind) {
        Some(RelationKind::Table(def)) => &def.columns,
        _ => return Ok(None),
    };
    let Some(at) = columns.iter().position(|def| !def.dropped && def.name == column) else {
        let name = lookup::relation_name(&source.names, oid).unwrap_or_default();
        return Err(SqlError::new(
            sqlstate::UNDEFINED_COLUMN,
            format!("column \"{column}\" of relation \"{name}\" does not exist"),
        ));
    };
    let owned = source.sequences().find(|(_, sequence)| sequence.owned_by == Some((oid, at)));
    Ok(owned.and_then(|(relation, _)| lookup::qualified_name(&source.names, relation.oid)))
}

/// The OID of a relation that a text names.
///
/// # Errors
/// 42P01 if there is none, 42602 if it is no name.
pub(super) fn relation(source: &SystemSource<'_>, name: &str) -> Result<Oid> {
    let Some(parts) = identifiers::parts(name) else {
        return Err(SqlError::new(sqlstate::INVALID_NAME, "invalid name syntax"));
    };
    Ok(source.names.relation(&parts, NO_POS)?.oid())
}

fn procedure(args: &[Value]) -> Option<pg_proc::Procedure> {
    let wanted = oid(args)?;
    pg_proc::procedures().find(|of| of.oid() == wanted.0)
}

/// A function's arguments; `full` tells the columns of its rows too.
fn arguments(of: &pg_proc::Procedure, full: bool) -> String {
    let modes = of.all_args();
    let inputs = of.args().iter().enumerate().map(|(at, ty)| {
        let mode = modes.as_ref().and_then(|modes| modes.get(at)).map_or(b'i', |(mode, _)| *mode);
        let word = if mode == b'v' { "VARIADIC " } else { "" };
        format!("{word}{}", ty.sql_name(Typmod::NONE))
    });
    let outputs = of
        .columns()
        .iter()
        .map(|(name, ty)| format!("OUT {} {}", identifiers::quote(name), ty.sql_name(Typmod::NONE)));
    let direct = of.listed().filter(|function| pg_proc::is_ordered_set(function));
    let inputs: Vec<String> = inputs.chain(outputs.filter(|_| full)).collect();
    match (direct, inputs.as_slice()) {
        (Some(_), [aggregated]) => format!("ORDER BY {aggregated}"),
        (Some(_), [direct @ .., aggregated]) => format!("{} ORDER BY {aggregated}", direct.join(", ")),
        _ => inputs.join(", "),
    }
}

fn result(of: &pg_proc::Procedure) -> String {
    let set = if of.is_set() { "SETOF " } else { "" };
    format!("{set}{}", of.result().sql_name(Typmod::NONE))
}

/// The statement that would make a function of the server.
fn function(of: &pg_proc::Procedure) -> String {
    let volatility = match of.volatility() {
        b'i' => " IMMUTABLE",
        b's' => " STABLE",
        _ => "",
    };
    let strict = if of.listed().is_none_or(|function| function.strict) { " STRICT" } else { "" };
    let window = if of.kind() == b'w' { " WINDOW" } else { "" };
    let rows = if of.result() == Type::VOID { "void".to_owned() } else { result(of) };
    let (name, arguments) = (identifiers::quote(of.name()), arguments(of, true));
    let lines = [
        format!("CREATE OR REPLACE FUNCTION pg_catalog.{name}({arguments})"),
        format!(" RETURNS {rows}"),
        " LANGUAGE internal".to_owned(),
        format!("{window}{volatility} PARALLEL SAFE{strict}"),
        format!("AS $function${}$function$\n", of.name()),
    ];
    lines.join("\n")
}
