//! What names live in: `pg_namespace`; and the comments on named things: `pg_description`.

use super::SystemSource;
use super::classes::{Namespace, columns, number};
use super::notation::relations;
use crate::schema::Oid;

/// The comment on a dataset, a relation, or a column of one.
pub(super) struct Comment<'a> {
    /// The relation that lists the object.
    class: Oid,
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
        "classoid" OID = comment.class;
        "objsubid" INT4 = comment.column;
        "description" TEXT [required] = comment.text;
    }
}

const PG_CLASS: Oid = Oid(1259);
const PG_NAMESPACE: Oid = Oid(2615);

/// What is said of the datasets that every project begins with.
const STANDARD: [(&str, &str); 2] =
    [("pg_catalog", "system catalog schema"), ("public", "standard public schema")];

impl<'a> SystemSource<'a> {
    /// What is said of a dataset.
    pub(in crate::catalog) fn dataset_comment(&self, oid: Oid) -> Option<&'static str> {
        let name = self.dataset_name(oid);
        STANDARD.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// The comments on datasets, relations, indexes and columns.
    pub(super) fn comments(&self) -> impl Iterator<Item = Comment<'a>> + use<'a> {
        let on = |object, comment: &'a Option<String>| {
            comment.as_deref().map(|text| Comment { class: PG_CLASS, object, column: 0, text })
        };
        let datasets: Vec<Comment<'a>> = self
            .namespaces()
            .filter_map(|dataset| {
                let text = self.dataset_comment(dataset.oid)?;
                Some(Comment { class: PG_NAMESPACE, object: dataset.oid, column: 0, text })
            })
            .collect();
        let relations = self.stored().flat_map(move |relation| {
            let columns = columns(relation).iter().enumerate().filter_map(|(at, column)| {
                let text = column.comment.as_deref()?;
                let column = i32::from(number(at));
                Some(Comment { class: PG_CLASS, object: relation.oid, column, text })
            });
            on(relation.oid, &relation.comment).into_iter().chain(columns)
        });
        let relations = datasets.into_iter().chain(relations);
        relations.chain(self.indexes().filter_map(move |of| on(of.index.oid, &of.index.comment)))
    }
}
