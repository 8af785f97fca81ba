//! Work on indexes: `pg_stat_*_indexes`, `pg_statio_*_indexes`.

use super::none;
use crate::catalog::system::SystemSource;
use crate::catalog::system::classes::Indexed;
use crate::catalog::system::notation::relations;

/// The same columns under several names: of all indexes, of those of users and of those of the system.
macro_rules! index_statistics {
    (
        scans { $($scan_oid:literal $scan_name:literal = $scan_items:expr;)* }
        blocks { $($io_oid:literal $io_name:literal = $io_items:expr;)* }
    ) => {
        relations! {
            pg_catalog;
            $($scan_oid view $scan_name = $scan_items, |source, of: Indexed<'_>| {
                "relid" OID = of.table.oid;
                "indexrelid" OID = of.index.oid;
                "schemaname" NAME = source.dataset_name(of.table.dataset);
                "relname" NAME = &of.table.name;
                "indexrelname" NAME = &of.index.name;
                "idx_scan" INT8 = 0;
                "idx_tup_read" INT8 = 0;
                "idx_tup_fetch" INT8 = 0;
            })*
            $($io_oid view $io_name = $io_items, |source, of: Indexed<'_>| {
                "relid" OID = of.table.oid;
                "indexrelid" OID = of.index.oid;
                "schemaname" NAME = source.dataset_name(of.table.dataset);
                "relname" NAME = &of.table.name;
                "indexrelname" NAME = &of.index.name;
                "idx_blks_read" INT8 = 0;
                "idx_blks_hit" INT8 = 0;
            })*
        }
    };
}

index_statistics! {
    scans {
        12183 "pg_stat_all_indexes" = SystemSource::indexes;
        12192 "pg_stat_user_indexes" = SystemSource::indexes;
        12188 "pg_stat_sys_indexes" = none;
    }
    blocks {
        12196 "pg_statio_all_indexes" = SystemSource::indexes;
        12205 "pg_statio_user_indexes" = SystemSource::indexes;
        12201 "pg_statio_sys_indexes" = none;
    }
}
