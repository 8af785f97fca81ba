//! The notation in which families list their relations.
//!
//! ```text
//! relations! {
//!     pg_catalog;
//!     // OID kind name = items, each as; column type = value; …
//!     2615 table "pg_namespace" = namespaces, |source, dataset: Namespace<'_>| {
//!         "oid" OID = dataset.oid;
//!         "nspacl" ACLITEM_ARRAY;
//!     }
//! }
//! ```
//! Types are the constants of [`Type`](strata_types::Type); the value is any [`Cell`](super::cell::Cell) of
//! that type, NULL if none is given. A column of a `table` takes no NULL unless its type is of variable
//! length and neither a name nor a vector, which is how PostgreSQL's own are; `[required]` and `[optional]`
//! mark the exceptions. Columns of a `view` take NULL.
//!
//! `empty_relations!` lists relations that never have rows here: columns without values.

use super::SystemColumn;
use strata_types::Type;

/// A column of a table, as its type decides about NULL unless `rule` says so.
pub(super) const fn table_column(name: &'static str, ty: Type, rule: Option<bool>) -> SystemColumn {
    let not_null = match rule {
        Some(required) => required,
        None => {
            !matches!(ty, Type::TEXT | Type::PG_NODE_TREE | Type::BYTEA | Type::ANYARRAY) && !is_array(ty)
        }
    };
    SystemColumn { name, ty, not_null }
}

/// A column of a view.
pub(super) const fn view_column(name: &'static str, ty: Type, _: Option<bool>) -> SystemColumn {
    SystemColumn { name, ty, not_null: false }
}

const fn is_array(ty: Type) -> bool {
    matches!(
        ty,
        Type::ACLITEM_ARRAY
            | Type::TEXT_ARRAY
            | Type::OID_ARRAY
            | Type::INT2_ARRAY
            | Type::CHAR_ARRAY
            | Type::FLOAT4_ARRAY
            | Type::NAME_ARRAY
    )
}

/// Relations with rows: see the module's documentation.
macro_rules! relations {
    ($dataset:ident; $(
        $oid:literal $kind:ident $name:literal = $items:expr, |$source:ident, $item:ident : $ty:ty| {
            $($column:literal $type:ident $([$rule:ident])? $(= $value:expr)?;)*
        }
    )*) => {
        /// The relations of the family.
        #[allow(unused_variables, reason = "a column may hold the same in every row")]
        pub(in crate::catalog::system) static RELATIONS: &[$crate::catalog::system::SystemRelation] = &[$(
            $crate::catalog::system::SystemRelation {
                oid: $crate::schema::Oid($oid),
                dataset: stringify!($dataset),
                name: $name,
                is_table: $crate::catalog::system::notation::is_table!($kind),
                columns: &[$($crate::catalog::system::notation::column!($kind)(
                    $column,
                    ::strata_types::Type::$type,
                    $crate::catalog::system::notation::rule!($($rule)?),
                )),*],
                rows: |source, wanted| {
                    type CellOf = fn(&$crate::catalog::system::SystemSource<'_>, &$ty) -> ::strata_types::Value;
                    let cells: &[CellOf] = &[$(|$source, $item| {
                        $crate::catalog::system::cell::Cell::<$crate::catalog::system::cell::$type>::value(
                            $crate::catalog::system::notation::value!($($value)?)
                        )
                    }),*];
                    let row = |item: $ty| {
                        wanted.iter().filter_map(|at| cells.get(*at)).map(|cell| cell(source, &item)).collect()
                    };
                    Ok($items(source).into_iter().map(row).collect())
                },
            }
        ),*];
    };
}

/// Relations that never have rows: see the module's documentation.
macro_rules! empty_relations {
    ($dataset:ident; $(
        $oid:literal $kind:ident $name:literal { $($column:literal $type:ident $([$rule:ident])?),* $(,)? }
    )*) => {
        /// The relations of the family.
        pub(in crate::catalog::system) static EMPTY: &[$crate::catalog::system::SystemRelation] = &[$(
            $crate::catalog::system::SystemRelation {
                oid: $crate::schema::Oid($oid),
                dataset: stringify!($dataset),
                name: $name,
                is_table: $crate::catalog::system::notation::is_table!($kind),
                columns: &[$($crate::catalog::system::notation::column!($kind)(
                    $column,
                    ::strata_types::Type::$type,
                    $crate::catalog::system::notation::rule!($($rule)?),
                )),*],
                rows: |_, _| Ok(Vec::new()),
            }
        ),*];
    };
}

macro_rules! value {
    () => {
        $crate::catalog::system::cell::NULL
    };
    ($value:expr) => {
        $value
    };
}

macro_rules! is_table {
    (table) => {
        true
    };
    (view) => {
        false
    };
}

macro_rules! column {
    (table) => {
        $crate::catalog::system::notation::table_column
    };
    (view) => {
        $crate::catalog::system::notation::view_column
    };
}

macro_rules! rule {
    () => {
        None
    };
    (required) => {
        Some(true)
    };
    (optional) => {
        Some(false)
    };
}

pub(super) use {column, empty_relations, is_table, relations, rule, value};
