//! `LIKE table` in CREATE TABLE.

use super::Ddl;
use super::column::{OwnedSequence, plain};
use super::table::{Pending, refuse_duplicate};
use crate::error::Result;
use crate::parse::ast::{ConstraintTiming, LikeOption, LikeTable, SequenceOption, SequenceOptionKind};
use crate::schema::{
    ColumnDef, Constraint, ConstraintKind, IndexDef, KeySource, RelationDef, RelationKind, SequenceDef,
};

/// What is copied beside names, types and NOT NULL.
struct Copied {
    comments: bool,
    constraints: bool,
    defaults: bool,
    generated: bool,
    identity: bool,
    indexes: bool,
}

impl Copied {
    fn new(options: &[(bool, LikeOption)]) -> Copied {
        let has = |wanted: LikeOption| {
            options
                .iter()
                .rev()
                .find(|(_, option)| *option == wanted || *option == LikeOption::All)
                .is_some_and(|(including, _)| *including)
        };
        Copied {
            comments: has(LikeOption::Comments),
            constraints: has(LikeOption::Constraints),
            defaults: has(LikeOption::Defaults),
            generated: has(LikeOption::Generated),
            identity: has(LikeOption::Identity),
            indexes: has(LikeOption::Indexes),
        }
    }
}

impl Ddl<'_> {
    /// Adds the columns of another relation, and what the options ask for.
    ///
    /// # Errors
    /// 42P01 if there is none, 42809 if it has no columns, 42701 for columns that are there already.
    pub(super) fn add_like(
        &mut self,
        relation: &mut RelationDef,
        like: &LikeTable,
        pending: &mut Pending,
    ) -> Result<()> {
        let source = self.relation(&like.table)?;
        let copied = Copied::new(&like.options);
        let columns: &[ColumnDef] = match &source.kind {
            RelationKind::Table(table) => &table.columns,
            RelationKind::View(view) => &view.columns,
            _ => return Err(super::wrong_kind(&source, "table or view")),
        };
        // Where each column of the source goes; dropped ones go nowhere.
        let mut places = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            if column.dropped {
                places.push(None);
                continue;
            }
            let table = super::table_of_mut(relation);
            refuse_duplicate(table, &column.name)?;
            let place = table.columns.len();
            places.push(Some(place));
            table.columns.push(copy_column(column, &copied));
            if column.identity.is_some()
                && copied.identity
                && let Some(options) = self.identity_options(&source, at)
            {
                pending.sequences.push((place, OwnedSequence { ty: column.ty, options }));
            }
        }
        if let RelationKind::Table(table) = &source.kind {
            if copied.constraints {
                for constraint in
                    table.constraints.iter().filter(|one| matches!(one.kind, ConstraintKind::Check(_)))
                {
                    self.copy_check(relation, constraint)?;
                }
            }
            if copied.indexes {
                let keeps = |index: &IndexDef| {
                    let mut all = table.constraints.iter();
                    let kept = all.find(|constraint| constraint.kind.index() == Some(index.oid))?;
                    Some(ConstraintTiming {
                        deferrable: Some(kept.deferrable),
                        initially_deferred: Some(kept.initially_deferred),
                        ..ConstraintTiming::default()
                    })
                };
                let indexes = table
                    .indexes
                    .iter()
                    .filter_map(|index| Some((moved_index(index, &places)?, keeps(index))));
                pending.indexes.extend(indexes);
            }
        }
        Ok(())
    }

    fn copy_check(&self, relation: &mut RelationDef, constraint: &Constraint) -> Result<()> {
        super::constraint::refuse_duplicate_name(relation, &constraint.name)?;
        let copy = Constraint { oid: self.fresh_oid()?, ..constraint.clone() };
        super::table_of_mut(relation).constraints.push(copy);
        Ok(())
    }

    /// The options that make a sequence like that of an identity column.
    fn identity_options(&self, source: &RelationDef, column: usize) -> Option<Vec<SequenceOption>> {
        let sequence = self.sequence_of(source.oid, column)?;
        match &sequence.kind {
            RelationKind::Sequence(def) => Some(options_of(def)),
            _ => None,
        }
    }
}

fn options_of(def: &SequenceDef) -> Vec<SequenceOption> {
    let text = |number: i64| -> Box<str> { number.to_string().into() };
    let kinds = [
        SequenceOptionKind::Increment(text(def.increment)),
        SequenceOptionKind::MinValue(Some(text(def.min))),
        SequenceOptionKind::MaxValue(Some(text(def.max))),
        SequenceOptionKind::Start(text(def.start)),
        SequenceOptionKind::Cache(text(def.cache)),
        SequenceOptionKind::Cycle(def.cycle),
    ];
    kinds.into_iter().map(|kind| SequenceOption { kind, pos: Default::default() }).collect()
}

fn copy_column(column: &ColumnDef, copied: &Copied) -> ColumnDef {
    let mut copy = plain(&column.name, column.ty, column.typmod);
    copy.not_null = column.not_null;
    if copied.defaults {
        copy.default.clone_from(&column.default);
    }
    if copied.generated {
        copy.generated.clone_from(&column.generated);
    }
    if copied.identity {
        copy.identity = column.identity;
    }
    if copied.comments {
        copy.comment.clone_from(&column.comment);
    }
    copy
}

/// The same index over columns at other places.
fn moved_index(index: &IndexDef, places: &[Option<usize>]) -> Option<IndexDef> {
    let mut moved = index.clone();
    for key in &mut moved.keys {
        if let KeySource::Column(column) = &mut key.source {
            *column = places.get(*column).copied().flatten()?;
        }
    }
    for column in &mut moved.included {
        *column = places.get(*column).copied().flatten()?;
    }
    Some(moved)
}
