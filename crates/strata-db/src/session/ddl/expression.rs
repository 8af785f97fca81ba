//! The text under which expressions of tables are kept: defaults, checks, what indexes hold.

use crate::bind::{self, Naming};
use crate::catalog::{Names, lookup};
use crate::parse::{ast, expr_to_sql};
use crate::plan::Expr;
use crate::schema::{ColumnDef, Oid};
use strata_types::Type;

/// The text of an expression over the columns of a table, as bound.
pub(super) fn stored_text(
    names: &Names<'_>,
    bound: &Expr,
    written: &ast::Expr,
    columns: &[ColumnDef],
) -> String {
    expr_to_sql(&bind::canonical(bound, written, &OfTable { names, columns }))
}

struct OfTable<'a> {
    names: &'a Names<'a>,
    columns: &'a [ColumnDef],
}

impl Naming for OfTable<'_> {
    fn column(&self, at: usize) -> Option<String> {
        self.columns.get(at).map(|column| column.name.clone())
    }

    fn object(&self, ty: Type, oid: u32) -> Option<String> {
        match ty {
            Type::REGCLASS => lookup::qualified_name(self.names, Oid(oid)),
            _ => lookup::object_name(self.names, ty, oid),
        }
    }
}
