//! Objects by the text of the `reg*` types, and back.

use super::{Names, Relation, system};
use crate::error::{Result, SqlError};
use crate::functions::registry;
use crate::parse::{self, quote_ident};
use crate::schema::Oid;
use strata_types::{Type, Typmod, sqlstate};

/// The OID of the object that a text names; `None` if there is none.
///
/// # Errors
/// 42602 for a text that is no name, 3D000 for an unknown project.
pub fn object_oid(names: &Names<'_>, ty: Type, text: &str) -> Result<Option<u32>> {
    match ty {
        Type::REGCLASS => {
            Ok(names.find_relation(&parts(text)?, crate::plan::NO_POS)?.map(|found| match found {
                Relation::Stored(relation) => relation.oid.0,
                Relation::System(relation) => relation.oid.0,
            }))
        }
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
        Type::REGPROC | Type::REGPROCEDURE => {
            let name = text.split('(').next().unwrap_or(text);
            let parts = parts(name)?;
            let base = parts.last().map_or("", String::as_str);
            Ok(registry::by_name(base).first().map(|function| function.oid))
        }
        Type::REGOPER | Type::REGOPERATOR => {
            let symbol = text.split('(').next().unwrap_or(text);
            Ok(registry::operators(symbol).first().map(|operator| operator.oid))
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
            None => names.catalog.dataset(Oid(oid)).map(|dataset| quote_ident(&dataset.name)),
        },
        Type::REGROLE => names.catalog.role(Oid(oid)).map(|role| quote_ident(&role.name)),
        Type::REGPROC => registry::by_oid(oid).map(|function| quote_ident(function.name)),
        Type::REGPROCEDURE => registry::by_oid(oid).map(|function| {
            let args: Vec<String> =
                function.args.iter().map(|ty| ty.sql_name(Typmod::NONE).into_owned()).collect();
            format!("{}({})", quote_ident(function.name), args.join(","))
        }),
        Type::REGOPER | Type::REGOPERATOR => {
            registry::operator_by_oid(oid).map(|operator| operator.symbol.to_owned())
        }
        _ => None,
    }
}

fn relation_name(names: &Names<'_>, oid: Oid) -> Option<String> {
    let (dataset, name) = match names.relation_by_oid(oid)? {
        Relation::Stored(relation) => {
            (names.catalog.dataset(relation.dataset)?.name.clone(), relation.name.clone())
        }
        Relation::System(relation) => (relation.dataset.to_owned(), relation.name.to_owned()),
    };
    if names.is_visible(oid) {
        return Some(quote_ident(&name));
    }
    Some(format!("{}.{}", quote_ident(&dataset), quote_ident(&name)))
}

fn type_named(text: &str) -> Option<Type> {
    let tree = parse::parse_type(text).ok()?;
    let ty = Type::by_name(tree.name.base())?;
    if tree.array.is_empty() { Some(ty) } else { ty.array_of() }
}

/// A dotted name's parts, unquoted and folded.
fn parts(text: &str) -> Result<Vec<String>> {
    let bad = || SqlError::new(sqlstate::INVALID_NAME, "invalid name syntax");
    let tree = parse::parse_expr(text).map_err(|_| bad())?;
    match tree.kind {
        parse::ast::ExprKind::Column(name) => Ok(name.0.iter().map(|part| part.name.to_string()).collect()),
        // Words that are keywords in expressions are names here all the same.
        _ => Ok(text.split('.').map(|part| part.trim().trim_matches('"').to_owned()).collect()),
    }
}
