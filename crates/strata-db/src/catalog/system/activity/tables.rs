//! Work on tables: `pg_stat_*_tables`, `pg_stat_xact_*_tables`, `pg_statio_*_tables`.

use super::none;
use crate::catalog::system::SystemSource;
use crate::catalog::system::classes::Table;
use crate::catalog::system::notation::relations;

/// The same columns under several names: of all tables, of those of users and of those of the system.
macro_rules! table_statistics {
    (
        scans { $($scan_oid:literal $scan_name:literal = $scan_items:expr;)* }
        transactions { $($xact_oid:literal $xact_name:literal = $xact_items:expr;)* }
        blocks { $($io_oid:literal $io_name:literal = $io_items:expr;)* }
    ) => {
        relations! {
            pg_catalog;
            $($scan_oid view $scan_name = $scan_items, |source, of: Table<'_>| {
                "relid" OID = of.relation.oid;
                "schemaname" NAME = source.dataset_name(of.relation.dataset);
                "relname" NAME = &of.relation.name;
                "seq_scan" INT8 = 0;
                "seq_tup_read" INT8 = 0;
                "idx_scan" INT8 = 0;
                "idx_tup_fetch" INT8 = 0;
                "n_tup_ins" INT8 = 0;
                "n_tup_upd" INT8 = 0;
                "n_tup_del" INT8 = 0;
                "n_tup_hot_upd" INT8 = 0;
                "n_live_tup" INT8 = 0;
                "n_dead_tup" INT8 = 0;
                "n_mod_since_analyze" INT8 = 0;
                "n_ins_since_vacuum" INT8 = 0;
                "last_vacuum" TIMESTAMPTZ;
                "last_autovacuum" TIMESTAMPTZ;
                "last_analyze" TIMESTAMPTZ;
                "last_autoanalyze" TIMESTAMPTZ;
                "vacuum_count" INT8 = 0;
                "autovacuum_count" INT8 = 0;
                "analyze_count" INT8 = 0;
                "autoanalyze_count" INT8 = 0;
            })*
            $($xact_oid view $xact_name = $xact_items, |source, of: Table<'_>| {
                "relid" OID = of.relation.oid;
                "schemaname" NAME = source.dataset_name(of.relation.dataset);
                "relname" NAME = &of.relation.name;
                "seq_scan" INT8 = 0;
                "seq_tup_read" INT8 = 0;
                "idx_scan" INT8 = 0;
                "idx_tup_fetch" INT8 = 0;
                "n_tup_ins" INT8 = 0;
                "n_tup_upd" INT8 = 0;
                "n_tup_del" INT8 = 0;
                "n_tup_hot_upd" INT8 = 0;
            })*
            $($io_oid view $io_name = $io_items, |source, of: Table<'_>| {
                "relid" OID = of.relation.oid;
                "schemaname" NAME = source.dataset_name(of.relation.dataset);
                "relname" NAME = &of.relation.name;
                "heap_blks_read" INT8 = 0;
                "heap_blks_hit" INT8 = 0;
                "idx_blks_read" INT8 = 0;
                "idx_blks_hit" INT8 = 0;
                "toast_blks_read" INT8;
                "toast_blks_hit" INT8;
                "tidx_blks_read" INT8;
                "tidx_blks_hit" INT8;
            })*
        }
    };
}

table_statistics! {
    scans {
        12142 "pg_stat_all_tables" = SystemSource::tables;
        12161 "pg_stat_user_tables" = SystemSource::tables;
        12152 "pg_stat_sys_tables" = none;
    }
    transactions {
        12147 "pg_stat_xact_all_tables" = SystemSource::tables;
        12166 "pg_stat_xact_user_tables" = SystemSource::tables;
        12157 "pg_stat_xact_sys_tables" = none;
    }
    blocks {
        12170 "pg_statio_all_tables" = SystemSource::tables;
        12179 "pg_statio_user_tables" = SystemSource::tables;
        12175 "pg_statio_sys_tables" = none;
    }
}
