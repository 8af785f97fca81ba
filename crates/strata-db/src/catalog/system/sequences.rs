//! Sequences: `pg_sequence` and `pg_sequences`.

use super::SystemSource;
use super::notation::relations;
use crate::schema::{Oid, RelationDef, SequenceDef};

relations! {
    pg_catalog;
    2224 table "pg_sequence" = SystemSource::sequences, |source, of: (&RelationDef, &SequenceDef)| {
        "seqrelid" OID = of.0.oid;
        "seqtypid" OID = of.1.ty;
        "seqstart" INT8 = of.1.start;
        "seqincrement" INT8 = of.1.increment;
        "seqmax" INT8 = of.1.max;
        "seqmin" INT8 = of.1.min;
        "seqcache" INT8 = of.1.cache;
        "seqcycle" BOOL = of.1.cycle;
    }
    12048 view "pg_sequences" = SystemSource::sequences, |source, of: (&RelationDef, &SequenceDef)| {
        "schemaname" NAME = source.dataset_name(of.0.dataset);
        "sequencename" NAME = &of.0.name;
        "sequenceowner" NAME = source.role_name(of.0.owner);
        "data_type" REGTYPE = of.1.ty;
        "start_value" INT8 = of.1.start;
        "min_value" INT8 = of.1.min;
        "max_value" INT8 = of.1.max;
        "increment_by" INT8 = of.1.increment;
        "cycle" BOOL = of.1.cycle;
        "cache_size" INT8 = of.1.cache;
        "last_value" INT8 = last_value(source, of.0.oid);
    }
}

/// The value returned last, if any was.
fn last_value(source: &SystemSource<'_>, sequence: Oid) -> Option<i64> {
    let (last, called) = source.env.sequence_position(sequence.0).ok()?;
    called.then_some(last)
}
