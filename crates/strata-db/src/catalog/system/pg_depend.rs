//! What cannot be without what: `pg_depend`, and `pg_rewrite` for the views in it.

use super::SystemSource;
use super::classes::{Class, number};
use super::notation::{empty_relations, relations};
use super::pg_constraint::Held;
use crate::schema::{ColumnDef, Oid, RelationDef, RelationKind};

/// An object by the relation that lists it, its OID there, and the column of it that is meant; 0 is all.
#[derive(Clone, Copy)]
struct Object {
    class: Oid,
    oid: Oid,
    column: i16,
}

/// That an object needs another.
struct Dependency {
    object: Object,
    needs: Object,
    kind: u8,
}

relations! {
    pg_catalog;
    2608 table "pg_depend" = dependencies, |source, of: Dependency| {
        "classid" OID = of.object.class;
        "objid" OID = of.object.oid;
        "objsubid" INT4 = i32::from(of.object.column);
        "refclassid" OID = of.needs.class;
        "refobjid" OID = of.needs.oid;
        "refobjsubid" INT4 = i32::from(of.needs.column);
        "deptype" CHAR = of.kind;
    }
    2618 table "pg_rewrite" = views, |source, view: &RelationDef| {
        "oid" OID = rule(view);
        "rulename" NAME = "_RETURN";
        "ev_class" OID = view.oid;
        "ev_type" CHAR = b'1';
        "ev_enabled" CHAR = b'O';
        "is_instead" BOOL = true;
        "ev_qual" PG_NODE_TREE [required] = "<>";
        "ev_action" PG_NODE_TREE [required] = source.view_definition(view.oid);
    }
}

empty_relations! {
    pg_catalog;
    1214 table "pg_shdepend" {
        "dbid" OID, "classid" OID, "objid" OID, "objsubid" INT4, "refclassid" OID, "refobjid" OID,
        "deptype" CHAR,
    }
}

const PG_CLASS: Oid = Oid(1259);
const PG_ATTRDEF: Oid = Oid(2604);
const PG_CONSTRAINT: Oid = Oid(2606);
const PG_NAMESPACE: Oid = Oid(2615);
const PG_REWRITE: Oid = Oid(2618);

/// Goes with what it needs, or keeps it from going.
const NORMAL: u8 = b'n';
/// Goes with what it needs without further ado.
const AUTO: u8 = b'a';
/// Is a part of what it needs.
const INTERNAL: u8 = b'i';

fn whole(class: Oid, oid: Oid) -> Object {
    Object { class, oid, column: 0 }
}

fn column(relation: Oid, at: usize) -> Object {
    Object { class: PG_CLASS, oid: relation, column: number(at) }
}

fn dependencies(source: &SystemSource<'_>) -> Vec<Dependency> {
    let mut found = Vec::new();
    for class in source.classes() {
        let Class::Stored(relation) = class else { continue };
        let dataset = whole(PG_NAMESPACE, relation.dataset);
        found.push(Dependency { object: whole(PG_CLASS, relation.oid), needs: dataset, kind: NORMAL });
    }
    for default in source.defaults() {
        let needs = Object { class: PG_CLASS, oid: default.relation.oid, column: default.number };
        let object = whole(PG_ATTRDEF, default.oid());
        found.push(Dependency { object, needs, kind: AUTO });
        let read = source.relations_named_in(default.expression);
        found.extend(read.into_iter().map(|oid| Dependency {
            object,
            needs: whole(PG_CLASS, oid),
            kind: NORMAL,
        }));
    }
    sequences(source, &mut found);
    indexes(source, &mut found);
    source.constraints().for_each(|held| constraint(source, &held, &mut found));
    for view in views(source) {
        let RelationKind::View(def) = &view.kind else { continue };
        let object = whole(PG_REWRITE, rule(view));
        found.push(Dependency { object, needs: whole(PG_CLASS, view.oid), kind: INTERNAL });
        let read = def.depends_on.iter();
        found.extend(read.map(|oid| Dependency { object, needs: whole(PG_CLASS, *oid), kind: NORMAL }));
    }
    found
}

/// A sequence goes with the column that it feeds.
fn sequences(source: &SystemSource<'_>, found: &mut Vec<Dependency>) {
    for (relation, def) in source.sequences() {
        let Some((table, at)) = def.owned_by else { continue };
        let fed = source.tables().find(|candidate| candidate.relation.oid == table);
        let is_identity = |column: &ColumnDef| column.identity.is_some();
        let identity = fed.and_then(|table| table.def.columns.get(at)).is_some_and(is_identity);
        found.push(Dependency {
            object: whole(PG_CLASS, relation.oid),
            needs: column(table, at),
            kind: if identity { INTERNAL } else { AUTO },
        });
    }
}

/// An index goes with its columns, or with the constraint that it keeps.
fn indexes(source: &SystemSource<'_>, found: &mut Vec<Dependency>) {
    for of in source.indexes() {
        let object = whole(PG_CLASS, of.index.oid);
        match of.def.constraints.iter().find(|held| held.kind.index() == Some(of.index.oid)) {
            Some(held) => {
                found.push(Dependency { object, needs: whole(PG_CONSTRAINT, held.oid), kind: INTERNAL });
            }
            None => {
                let columns = super::pg_constraint::key_columns(of.def, of.index.oid);
                let needs = columns.into_iter().map(|at| column(of.table.oid, at));
                found.extend(needs.map(|needs| Dependency { object, needs, kind: AUTO }));
            }
        }
    }
}

fn constraint(source: &SystemSource<'_>, held: &Held<'_>, found: &mut Vec<Dependency>) {
    let object = whole(PG_CONSTRAINT, held.constraint.oid);
    let table = held.table.relation.oid;
    found.extend(held.columns().into_iter().map(|at| Dependency {
        object,
        needs: column(table, at),
        kind: AUTO,
    }));
    if let Some(key) = held.foreign_key() {
        let referred = key.keys.iter().map(|at| column(key.table, *at));
        found.extend(referred.map(|needs| Dependency { object, needs, kind: NORMAL }));
        found.push(Dependency { object, needs: whole(PG_CLASS, held.index(source)), kind: NORMAL });
    }
}

fn views<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = &'a RelationDef> + use<'a> {
    source.stored().filter(|relation| matches!(relation.kind, RelationKind::View(_)))
}

/// A view's rule has no number of its own: it is told by the view's.
fn rule(view: &RelationDef) -> Oid {
    Oid(view.oid.0 ^ RULE)
}

/// The view of a rule.
pub(in crate::catalog) fn view_of_rule(rule: Oid) -> Oid {
    Oid(rule.0 ^ RULE)
}

/// The bit in which the OIDs of a view and its rule differ.
const RULE: u32 = 1 << 30;
