//! A foreign key with both of its tables.

use crate::catalog::Catalog;
use crate::plan::{Physical, PhysicalPlan};
use crate::schema::{Constraint, ConstraintKind, ForeignKey, Oid, RelationDef, RelationKind, TableDef};
use std::sync::Arc;

/// A foreign key with both of its tables.
#[derive(Debug)]
pub(in crate::session) struct Reference {
    /// Its constraint's identity.
    pub(super) oid: Oid,
    pub(super) name: String,
    pub(super) deferrable: bool,
    pub(super) initially_deferred: bool,
    pub(super) key: ForeignKey,
    /// The table whose rows refer.
    pub(super) referring: Arc<RelationDef>,
    /// The table referred to.
    pub(super) referred: Arc<RelationDef>,
}

/// The foreign keys that a statement's writes may break. Most statements have none.
#[derive(Debug, Default)]
pub(in crate::session) struct References(pub(super) Vec<Arc<Reference>>);

/// The foreign keys from and to the tables that a plan writes to.
pub(in crate::session) fn of_plan(catalog: &Catalog, plan: &PhysicalPlan) -> Arc<References> {
    let mut tables = Vec::new();
    written(&plan.root, &mut tables);
    plan.subplans.iter().for_each(|subplan| written(&subplan.plan, &mut tables));
    if tables.is_empty() {
        return Arc::default();
    }
    Arc::new(References(between(catalog, |referring, referred| {
        tables.contains(&referring) || tables.contains(&referred)
    })))
}

/// The foreign keys of a table to others.
pub(in crate::session) fn of_table(catalog: &Catalog, table: Oid, constraint: Oid) -> Option<Arc<Reference>> {
    between(catalog, |referring, _| referring == table)
        .into_iter()
        .find(|reference| reference.oid == constraint)
}

fn written(plan: &Physical, tables: &mut Vec<Oid>) {
    match plan {
        Physical::Insert(node) => tables.push(node.relation.oid),
        Physical::Update(node) => tables.push(node.relation.oid),
        Physical::Delete(node) => tables.push(node.relation.oid),
        _ => {}
    }
    plan.inputs().into_iter().for_each(|input| written(input, tables));
}

fn between(catalog: &Catalog, concerns: impl Fn(Oid, Oid) -> bool) -> Vec<Arc<Reference>> {
    let mut found = Vec::new();
    for referring in catalog.relations() {
        let RelationKind::Table(def) = &referring.kind else { continue };
        for constraint in &def.constraints {
            let ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
            if concerns(referring.oid, key.table)
                && let Some(referred) = catalog.relation(key.table)
            {
                found.push(Arc::new(Reference::new(constraint, key, referring, referred)));
            }
        }
    }
    found
}

impl Reference {
    fn new(
        constraint: &Constraint,
        key: &ForeignKey,
        referring: &Arc<RelationDef>,
        referred: &Arc<RelationDef>,
    ) -> Reference {
        Reference {
            oid: constraint.oid,
            name: constraint.name.clone(),
            deferrable: constraint.deferrable,
            initially_deferred: constraint.initially_deferred,
            key: key.clone(),
            referring: referring.clone(),
            referred: referred.clone(),
        }
    }
}

/// The definition behind a relation that has rows.
pub(super) fn table_of(relation: &RelationDef) -> &TableDef {
    match &relation.kind {
        RelationKind::Table(table) => table,
        _ => unreachable!("a foreign key is between tables"),
    }
}
