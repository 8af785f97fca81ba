//! Work on sequences: `pg_statio_*_sequences`.

use super::none;
use crate::catalog::system::SystemSource;
use crate::catalog::system::notation::relations;
use crate::schema::{RelationDef, SequenceDef};

/// The same columns under several names: of all sequences, of those of users and of those of the system.
macro_rules! sequence_statistics {
    ($($oid:literal $name:literal = $items:expr;)*) => {
        relations! {
            pg_catalog;
            $($oid view $name = $items, |source, of: (&RelationDef, &SequenceDef)| {
                "relid" OID = of.0.oid;
                "schemaname" NAME = source.dataset_name(of.0.dataset);
                "relname" NAME = &of.0.name;
                "blks_read" INT8 = 0;
                "blks_hit" INT8 = 0;
            })*
        }
    };
}

sequence_statistics! {
    12209 "pg_statio_all_sequences" = SystemSource::sequences;
    12218 "pg_statio_user_sequences" = SystemSource::sequences;
    12214 "pg_statio_sys_sequences" = none;
}
