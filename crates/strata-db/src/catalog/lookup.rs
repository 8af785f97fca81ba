//! Objects by the text of the `reg*` types, and back.

use super::system::{self, builtin};
use super::type_names::type_named;
use super::{Names, Relation};
use crate::error::{Result, SqlError};
use crate::functions::{identifiers, identifiers::quote, registry};
use crate::plan::NO_POS;
use crate::schema::Oid;
use strata_types::{Type, Typmod, sqlstate};

/// The OID of the object that a text names; `None` if there is none.
///
/// # Errors
/// 42602 for a text that is no name, 3D000 for an unknown project, 42725 for a function or operator that
/// needs its argument types to be told.
pub fn object_oid(names: &Names<'_>, ty: Type, text: &str) -> Result<Option<u32>> {
    match ty {
        Type::REGCLASS => Ok(names.find_relation(&parts(text)?, NO_POS)?.map(|found| found.oid().0)),
        Type::REGTYPE => Ok(type_named(text).map(|ty| ty.oid().0)),
        Type::REGNAMESPACE => Ok(match parts(text)?.as_slice() {
            [name] => system::dataset_oid(name)
                .or_else(|| names.catalog.dataset_named(names.project, name).map(|dataset| dataset.oid))
                .map(|oid| oid.0),
            _ => None,
        }),
        Type::REGROLE => Ok(match parts(text)?.as_slice() {
            [name] => names.catalog.role_named(name).map(|role| role.oid.0),
            _ => None,
        }),
        Type::REGCOLLATION => Ok(match parts(text)?.as_slice() {
            [name] => system::collation_named(name),
            [dataset, name] if dataset == "pg_catalog" => system::collation_named(name),
            _ => None,
        }
        .map(|oid| oid.0)),
        Type::REGPROC => only_one(text, "function", functions_named(&parts(text)?)),
        Type::REGPROCEDURE => {
            let Some((name, args)) = signature(text) else {
                return Err(SqlError::new(
                    sqlstate::INVALID_TEXT_REPRESENTATION,
                    "expected a left parenthesis",
                ));
            };
            let args: Option<Vec<Type>> = args.iter().map(|arg| type_named(arg)).collect();
            let candidates = functions_named(&parts(name)?);
            Ok(args.and_then(|args| candidates.into_iter().find(|oid| arguments(*oid) == args)))
        }
        Type::REGOPER => {
            only_one(text, "operator", operators_named(text).map(|operator| operator.oid).collect())
        }
        Type::REGOPERATOR => {
            let Some((symbol, args)) = signature(text) else {
                return Err(SqlError::new(
                    sqlstate::INVALID_TEXT_REPRESENTATION,
                    "expected a left parenthesis",
                ));
            };
            let operands: Vec<Option<Type>> = args.iter().map(|arg| type_named(arg)).collect();
            Ok(match operands.as_slice() {
                [left, Some(right)] => operators_named(symbol)
                    .find(|operator| operator.left == *left && operator.right == *right)
                    .map(|operator| operator.oid),
                _ => None,
            })
        }
        _ => Ok(None),
    }
}

/// The text of an object's OID, qualified where its bare name would not find it; `None` if there is none.
pub fn object_name(names: &Names<'_>, ty: Type, oid: u32) -> Option<String> {
    match ty {
        Type::REGCLASS => relation_name(names, Oid(oid)),
        Type::REGTYPE => {
            let named = Type(Oid(oid));
            named.info().map(|_| named.sql_name(Typmod::NONE).into_owned())
        }
        Type::REGNAMESPACE => match system::dataset_name(Oid(oid)) {
            Some(name) => Some(name.to_owned()),
            None => names.catalog.dataset(Oid(oid)).map(|dataset| quote(&dataset.name)),
        },
        Type::REGROLE => names.catalog.role(Oid(oid)).map(|role| quote(&role.name)),
        Type::REGCOLLATION => system::collation_name(Oid(oid)).map(quote),
        Type::REGPROC => function_name(oid).map(quote),
        Type::REGPROCEDURE => function_name(oid).map(|name| {
            let args: Vec<_> = arguments(oid).iter().map(|ty| ty.sql_name(Typmod::NONE)).collect();
            format!("{}({})", quote(name), args.join(","))
        }),
        Type::REGOPER => registry::operator_by_oid(oid).map(|operator| operator.symbol.to_owned()),
        Type::REGOPERATOR => registry::operator_by_oid(oid).map(|operator| {
            let left = operator.left.map_or("NONE".into(), |ty| ty.sql_name(Typmod::NONE));
            format!("{}({left},{})", operator.symbol, operator.right.sql_name(Typmod::NONE))
        }),
        _ => None,
    }
}

/// A relation's name, qualified where its bare name would not find it.
pub fn relation_name(names: &Names<'_>, oid: Oid) -> Option<String> {
    let (_, name) = dataset_and_name(names, oid)?;
    if names.is_visible(oid) { Some(quote(&name)) } else { qualified_name(names, oid) }
}

/// A relation's name with its dataset's.
pub fn qualified_name(names: &Names<'_>, oid: Oid) -> Option<String> {
    let (dataset, name) = dataset_and_name(names, oid)?;
    Some(format!("{}.{}", quote(&dataset), quote(&name)))
}

fn dataset_and_name(names: &Names<'_>, oid: Oid) -> Option<(String, String)> {
    Some(match names.relation_by_oid(oid)? {
        Relation::Stored(relation) => {
            (names.catalog.dataset(relation.dataset)?.name.clone(), relation.name.clone())
        }
        Relation::System(relation) => (relation.dataset.to_owned(), relation.name.to_owned()),
    })
}

/// The name of a function, of SQL or of a type's own.
pub fn function_name(oid: u32) -> Option<&'static str> {
    registry::by_oid(oid).map(|function| function.name).or_else(|| builtin::by_oid(oid).map(|row| row.name))
}

fn arguments(oid: u32) -> Vec<Type> {
    match registry::by_oid(oid) {
        Some(function) => function.args.to_vec(),
        None => builtin::by_oid(oid).map_or(Vec::new(), |row| row.args.to_vec()),
    }
}

fn functions_named(parts: &[String]) -> Vec<u32> {
    let name = match parts {
        [name] => name,
        [dataset, name] if dataset == "pg_catalog" => name,
        _ => return Vec::new(),
    };
    let listed = registry::by_name(name).iter().map(|function| function.oid);
    listed.chain(builtin::named(name).map(|row| row.oid)).collect()
}

fn operators_named(text: &str) -> impl Iterator<Item = &'static crate::functions::Operator> {
    let text = text.trim();
    registry::operators(text.strip_prefix("pg_catalog.").unwrap_or(text)).iter().copied()
}

/// What a bare name stands for if there is only one of it.
fn only_one(text: &str, what: &str, found: Vec<u32>) -> Result<Option<u32>> {
    match found.as_slice() {
        [] => Ok(None),
        [oid] => Ok(Some(*oid)),
        _ => {
            Err(SqlError::new(sqlstate::AMBIGUOUS_FUNCTION, format!("more than one {what} named \"{text}\"")))
        }
    }
}

/// `name(type, type)` as its name and the texts of its types.
fn signature(text: &str) -> Option<(&str, Vec<&str>)> {
    let (name, args) = text.trim().strip_suffix(')')?.split_once('(')?;
    let args = match args.trim() {
        "" => Vec::new(),
        args => args.split(',').map(str::trim).collect(),
    };
    Some((name.trim(), args))
}

/// A dotted name's parts, unquoted and folded.
fn parts(text: &str) -> Result<Vec<String>> {
    identifiers::parts(text).ok_or_else(|| SqlError::new(sqlstate::INVALID_NAME, "invalid name syntax"))
}
