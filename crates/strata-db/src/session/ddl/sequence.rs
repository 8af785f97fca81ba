//! CREATE SEQUENCE and ALTER SEQUENCE, also of identity and serial columns.

use super::column::OwnedSequence;
use super::{Ddl, done};
use crate::bind;
use crate::error::{Result, SqlError};
use crate::parse::ast::{
    AlterSequence, CreateSequence, ObjectName, Persistence, SequenceOption, SequenceOptionKind,
};
use crate::schema::{Oid, RelationDef, RelationKind, SequenceDef};
use crate::session::portal::Outcome;
use std::sync::Arc;
use strata_store::KeyspaceId;
use strata_types::{Type, sqlstate};

/// Where a sequence goes on.
enum Restart {
    AtStart,
    At(i64),
}

impl Ddl<'_> {
    /// `CREATE SEQUENCE`.
    ///
    /// # Errors
    /// 42P07 if the name is taken, 22023 for bad options.
    pub(super) fn create_sequence(&mut self, create: &CreateSequence) -> Result<Outcome> {
        let (dataset, name) = self.place(&create.name, create.persistence == Persistence::Temporary)?;
        if self.must_wait_for_name(dataset.oid, &name)? {
            return Ok(Outcome::Wait);
        }
        if self.skip_existing(dataset.oid, &name, create.if_not_exists)? {
            return Ok(done("CREATE SEQUENCE"));
        }
        let owner = self.current_role();
        let mut sequence = self.new_sequence(Type::INT8, &create.options)?;
        sequence.owned_by = self.owner_column(&create.options, dataset.oid)?.flatten();
        self.put_sequence(dataset.oid, name, owner, sequence)?;
        Ok(done("CREATE SEQUENCE"))
    }

    /// Makes the sequence of a serial or identity column.
    ///
    /// # Errors
    /// 22023 for bad options.
    pub(super) fn make_owned_sequence(
        &mut self,
        table: &RelationDef,
        column: usize,
        name: &str,
        sequence: &OwnedSequence,
    ) -> Result<()> {
        let mut def = self.new_sequence(sequence.ty, &sequence.options)?;
        def.owned_by = Some((table.oid, column));
        let named = sequence.options.iter().find_map(|option| match &option.kind {
            SequenceOptionKind::Name(name) => Some(name.base().to_owned()),
            _ => None,
        });
        self.put_sequence(table.dataset, named.unwrap_or_else(|| name.to_owned()), table.owner, def)
    }

    fn put_sequence(
        &mut self,
        dataset: Oid,
        name: String,
        owner: Oid,
        mut sequence: SequenceDef,
    ) -> Result<()> {
        let oid = self.fresh_oid()?;
        sequence.keyspace = oid.0 | super::INDEX_KEYSPACE;
        self.put(RelationDef {
            oid,
            dataset,
            name,
            owner,
            comment: None,
            kind: RelationKind::Sequence(sequence),
        })
    }

    fn new_sequence(&self, ty: Type, options: &[SequenceOption]) -> Result<SequenceDef> {
        let blank = SequenceDef {
            ty,
            start: 0,
            increment: 1,
            min: 0,
            max: 0,
            cache: 1,
            cycle: false,
            owned_by: None,
            keyspace: 0,
        };
        self.apply_options(blank, options, true).map(|(sequence, _)| sequence)
    }

    /// `ALTER SEQUENCE`.
    ///
    /// # Errors
    /// 42P01 if there is none, 22023 for bad options.
    pub(super) fn alter_sequence(&mut self, alter: &AlterSequence) -> Result<Outcome> {
        let Some(relation) = self.find_or_skip(&alter.name, alter.if_exists)? else {
            return Ok(done("ALTER SEQUENCE"));
        };
        if self.must_wait_for(&[relation.oid])? {
            return Ok(Outcome::Wait);
        }
        self.change_sequence(&relation, &alter.options)?;
        Ok(done("ALTER SEQUENCE"))
    }

    /// Changes a sequence's parameters and position.
    ///
    /// # Errors
    /// 42809 if it is none, 22023 for bad options.
    pub(super) fn change_sequence(
        &mut self,
        relation: &Arc<RelationDef>,
        options: &[SequenceOption],
    ) -> Result<()> {
        let RelationKind::Sequence(old) = &relation.kind else {
            return Err(super::wrong_kind(relation, "sequence"));
        };
        self.require_owner(relation)?;
        let (mut sequence, restart) = self.apply_options(old.clone(), options, false)?;
        if let Some(owned_by) = self.owner_column(options, relation.dataset)? {
            sequence.owned_by = owned_by;
        }
        let (last, called) = self.shared.sequences.show(self.shared, old)?;
        let (last, called) = match restart {
            None => (last, called),
            Some(Restart::AtStart) => (sequence.start, false),
            Some(Restart::At(value)) => (value, false),
        };
        refuse_outside(&sequence, "RESTART value", last)?;
        self.move_sequence(relation, sequence, last, called)
    }

    /// Puts a sequence at a position. The position lies in a new keyspace: it counts from the commit on.
    fn move_sequence(
        &mut self,
        relation: &RelationDef,
        mut def: SequenceDef,
        last: i64,
        called: bool,
    ) -> Result<()> {
        let old = def.keyspace;
        def.keyspace = self.fresh_oid()?.0 | super::INDEX_KEYSPACE;
        self.shared.sequences.set(self.shared, &relation.name, &def, last, called)?;
        self.session.transaction.txn(self.shared).drop_keyspace(KeyspaceId(old));
        let mut changed = relation.clone();
        changed.kind = RelationKind::Sequence(def);
        self.put(changed)
    }

    /// Back to its start: TRUNCATE … RESTART IDENTITY.
    ///
    /// # Errors
    /// Of the store.
    pub(super) fn restart_sequence(&mut self, relation: &RelationDef) -> Result<()> {
        let RelationKind::Sequence(def) = &relation.kind else { return Ok(()) };
        self.move_sequence(relation, def.clone(), def.start, false)
    }

    /// What OWNED BY says, if it is among the options: the column, or none.
    fn owner_column(&self, options: &[SequenceOption], dataset: Oid) -> Result<Option<Option<(Oid, usize)>>> {
        let Some(written) = options.iter().find_map(|option| match &option.kind {
            SequenceOptionKind::OwnedBy(name) => Some(name),
            _ => None,
        }) else {
            return Ok(None);
        };
        let Some(name) = written else { return Ok(Some(None)) };
        let Some((column, table)) = name.0.split_last() else { return Ok(Some(None)) };
        if table.is_empty() {
            return Err(SqlError::new(sqlstate::SYNTAX_ERROR, "invalid OWNED BY option")
                .hint("Specify OWNED BY table.column or OWNED BY NONE."));
        }
        let relation = self.relation(&ObjectName(table.to_vec()))?;
        if !matches!(relation.kind, RelationKind::Table(_)) {
            return Err(super::wrong_kind(&relation, "table"));
        }
        if relation.dataset != dataset {
            return Err(SqlError::new(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                "sequence must be in same schema as table it is linked to",
            ));
        }
        Ok(Some(Some((relation.oid, super::column_of(&relation, column)?))))
    }

    /// Applies options in PostgreSQL's order, whatever the order in which they were written.
    fn apply_options(
        &self,
        mut def: SequenceDef,
        options: &[SequenceOption],
        is_new: bool,
    ) -> Result<(SequenceDef, Option<Restart>)> {
        refuse_repeated(options)?;
        let old_type = def.ty;
        let (mut min, mut max, mut start, mut restart) = (None, None, None, None);
        for option in options {
            match &option.kind {
                SequenceOptionKind::As(ty) => def.ty = self.sequence_type(ty)?,
                SequenceOptionKind::Increment(text) => def.increment = number(text)?,
                SequenceOptionKind::MinValue(text) => min = Some(text.as_deref().map(number).transpose()?),
                SequenceOptionKind::MaxValue(text) => max = Some(text.as_deref().map(number).transpose()?),
                SequenceOptionKind::Start(text) => start = Some(number(text)?),
                SequenceOptionKind::Restart(None) => restart = Some(Restart::AtStart),
                SequenceOptionKind::Restart(Some(text)) => restart = Some(Restart::At(number(text)?)),
                SequenceOptionKind::Cache(text) => def.cache = number(text)?,
                SequenceOptionKind::Cycle(cycle) => def.cycle = *cycle,
                SequenceOptionKind::OwnedBy(_) | SequenceOptionKind::Name(_) => {}
            }
        }
        if def.increment == 0 {
            return Err(invalid("INCREMENT must not be zero".to_owned()));
        }
        let ascends = def.increment > 0;
        let (type_min, type_max) = range(def.ty);
        let (old_min, old_max) = range(old_type);
        // A bound that was the old type's own becomes the new type's.
        let fits_new_max = is_new || (def.ty != old_type && def.max == old_max);
        let fits_new_min = is_new || (def.ty != old_type && def.min == old_min);
        match max {
            Some(Some(max)) => def.max = max,
            None if !fits_new_max => {}
            None | Some(None) => def.max = if ascends { type_max } else { -1 },
        }
        match min {
            Some(Some(min)) => def.min = min,
            None if !fits_new_min => {}
            None | Some(None) => def.min = if ascends { 1 } else { type_min },
        }
        check_bounds(&def)?;
        def.start = start.unwrap_or(if !is_new {
            def.start
        } else if ascends {
            def.min
        } else {
            def.max
        });
        refuse_outside(&def, "START value", def.start)?;
        if def.cache <= 0 {
            return Err(invalid(format!("CACHE ({}) must be greater than zero", def.cache)));
        }
        Ok((def, restart))
    }

    fn sequence_type(&self, name: &crate::parse::ast::TypeName) -> Result<Type> {
        let (ty, _) = bind::type_of(&self.env(), name)?;
        if matches!(ty, Type::INT2 | Type::INT4 | Type::INT8) {
            return Ok(ty);
        }
        Err(invalid("sequence type must be smallint, integer, or bigint".to_owned()))
    }
}

fn refuse_repeated(options: &[SequenceOption]) -> Result<()> {
    for (index, option) in options.iter().enumerate() {
        let kind = std::mem::discriminant(&option.kind);
        if options.iter().take(index).any(|earlier| std::mem::discriminant(&earlier.kind) == kind) {
            return Err(
                SqlError::new(sqlstate::SYNTAX_ERROR, "conflicting or redundant options").at(option.pos.0)
            );
        }
    }
    Ok(())
}

fn check_bounds(def: &SequenceDef) -> Result<()> {
    let (type_min, type_max) = range(def.ty);
    let type_name = def.ty.sql_name(strata_types::Typmod::NONE);
    if def.max > type_max || def.max < type_min {
        return Err(invalid(format!(
            "MAXVALUE ({}) is out of range for sequence data type {type_name}",
            def.max
        )));
    }
    if def.min > type_max || def.min < type_min {
        return Err(invalid(format!(
            "MINVALUE ({}) is out of range for sequence data type {type_name}",
            def.min
        )));
    }
    if def.min >= def.max {
        return Err(invalid(format!("MINVALUE ({}) must be less than MAXVALUE ({})", def.min, def.max)));
    }
    Ok(())
}

fn refuse_outside(def: &SequenceDef, what: &str, value: i64) -> Result<()> {
    if value < def.min {
        return Err(invalid(format!("{what} ({value}) cannot be less than MINVALUE ({})", def.min)));
    }
    if value > def.max {
        return Err(invalid(format!("{what} ({value}) cannot be greater than MAXVALUE ({})", def.max)));
    }
    Ok(())
}

fn range(ty: Type) -> (i64, i64) {
    match ty {
        Type::INT2 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Type::INT4 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn number(text: &str) -> Result<i64> {
    text.parse().map_err(|_| {
        SqlError::new(
            sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
            format!("value \"{text}\" is out of range for type bigint"),
        )
    })
}

fn invalid(message: String) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message)
}
