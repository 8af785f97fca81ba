//! `pg_index`: a row for every index.

use super::SystemSource;
use super::access_methods::operator_class;
use super::classes::{Indexed, number};
use super::notation::relations;
use super::pg_attribute::collation;
use crate::schema::{KeySource, Oid};
use strata_types::Type;

relations! {
    pg_catalog;
    2610 table "pg_index" = SystemSource::indexes, |source, of: Indexed<'_>| {
        "indexrelid" OID = of.index.oid;
        "indrelid" OID = of.table.oid;
        "indnatts" INT2 = of.index.keys.len() + of.index.included.len();
        "indnkeyatts" INT2 = of.index.keys.len();
        "indisunique" BOOL = of.index.unique;
        "indnullsnotdistinct" BOOL = of.index.nulls_not_distinct;
        "indisprimary" BOOL = of.index.primary;
        "indisexclusion" BOOL = false;
        "indimmediate" BOOL = !of.index.deferrable;
        "indisclustered" BOOL = false;
        "indisvalid" BOOL = true;
        "indcheckxmin" BOOL = false;
        "indisready" BOOL = true;
        "indislive" BOOL = true;
        "indisreplident" BOOL = false;
        "indkey" INT2VECTOR = of.column_numbers();
        "indcollation" OIDVECTOR = of.key_types().map(collation).collect::<Vec<Oid>>();
        "indclass" OIDVECTOR = of.key_types().map(operator_class).collect::<Vec<Oid>>();
        "indoption" INT2VECTOR = of.options();
        "indexprs" PG_NODE_TREE = of.expressions();
        "indpred" PG_NODE_TREE = of.index.predicate.as_deref();
    }
}

/// `indoption` of a key column that is sorted largest first.
const DESCENDING: i16 = 1;
/// `indoption` of a key column that has NULLs before all values.
const NULLS_FIRST: i16 = 2;

impl<'a> Indexed<'a> {
    /// The types of the key columns.
    pub(super) fn key_types(&self) -> impl Iterator<Item = Type> + use<'a> {
        let def = self.def;
        self.index.keys.iter().map(move |key| match &key.source {
            KeySource::Column(at) => def.columns.get(*at).map_or(Type::NONE, |column| column.ty),
            KeySource::Expression(_, ty) => *ty,
        })
    }

    /// The table's columns in the index, included ones last; 0 for an expression.
    fn column_numbers(&self) -> Vec<i16> {
        let keys = self.index.keys.iter().map(|key| match &key.source {
            KeySource::Column(at) => number(*at),
            KeySource::Expression(..) => 0,
        });
        keys.chain(self.index.included.iter().map(|at| number(*at))).collect()
    }

    fn options(&self) -> Vec<i16> {
        let option = |descending, nulls_first| {
            i16::from(descending) * DESCENDING + i16::from(nulls_first) * NULLS_FIRST
        };
        self.index.keys.iter().map(|key| option(key.descending, key.nulls_first)).collect()
    }

    /// The texts of the expressions in its key.
    fn expressions(&self) -> Option<String> {
        let texts: Vec<&str> = self
            .index
            .keys
            .iter()
            .filter_map(|key| match &key.source {
                KeySource::Column(_) => None,
                KeySource::Expression(text, _) => Some(text.as_str()),
            })
            .collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }
}
