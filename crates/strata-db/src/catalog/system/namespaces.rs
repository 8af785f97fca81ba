//! What names live in: `pg_namespace`; and the comments on named things: `pg_description`.

use super::SystemSource;
use super::classes::{Namespace, columns, number};
use super::notation::relations;
use crate::schema::Oid;

/// The comment on a relation, or on one of its columns.
pub(super) struct Comment<'a> {
    object: Oid,
    column: i32,
    text: &'a str,
}

relations! {
    pg_catalog;
    2615 table "pg_namespace" = SystemSource::namespaces, |source, dataset: Namespace<'_>| {
        "oid" OID = dataset.oid;
        "nspname" NAME = dataset.name;
        "nspowner" OID = dataset.owner;
        "nspacl" ACLITEM_ARRAY;
    }
    2609 table "pg_description" = SystemSource::comments, |source, comment: Comment<'_>| {
        "objoid" OID = comment.object;
        "classoid" OID = PG_CLASS;
        "objsubid" INT4 = comment.column;
        "description" TEXT [required] = comment.text;
    }
}

/// OID of `pg_class`, the relation that has what comments are on.
const PG_CLASS: Oid = Oid(1259);

impl<'a> SystemSource<'a> {
    /// The comments on relations, indexes and columns.
    pub(super) fn comments(&self) -> impl Iterator<Item = Comment<'a>> + use<'a> {
        let on = |object, comment: &'a Option<String>| {
            comment.as_deref().map(|text| Comment { object, column: 0, text })
        };
        let relations = self.stored().flat_map(move |relation| {
            let columns = columns(relation).iter().enumerate().filter_map(|(at, column)| {
                let text = column.comment.as_deref()?;
                Some(Comment { object: relation.oid, column: i32::from(number(at)), text })
            });
            on(relation.oid, &relation.comment).into_iter().chain(columns)
        });
        relations.chain(self.indexes().filter_map(move |of| on(of.index.oid, &of.index.comment)))
    }
}
