//! The progress of long commands, which are not reported.

use crate::catalog::system::notation::empty_relations;

empty_relations! {
    pg_catalog;
    12297 view "pg_stat_progress_analyze" {
        "pid" INT4, "datid" OID, "datname" NAME, "relid" OID, "phase" TEXT, "sample_blks_total" INT8,
        "sample_blks_scanned" INT8, "ext_stats_total" INT8, "ext_stats_computed" INT8,
        "child_tables_total" INT8, "child_tables_done" INT8, "current_child_table_relid" OID,
    }
    12317 view "pg_stat_progress_basebackup" {
        "pid" INT4, "phase" TEXT, "backup_total" INT8, "backup_streamed" INT8, "tablespaces_total" INT8,
        "tablespaces_streamed" INT8,
    }
    12307 view "pg_stat_progress_cluster" {
        "pid" INT4, "datid" OID, "datname" NAME, "relid" OID, "command" TEXT, "phase" TEXT,
        "cluster_index_relid" OID, "heap_tuples_scanned" INT8, "heap_tuples_written" INT8,
        "heap_blks_total" INT8, "heap_blks_scanned" INT8, "index_rebuild_count" INT8,
    }
    12322 view "pg_stat_progress_copy" {
        "pid" INT4, "datid" OID, "datname" NAME, "relid" OID, "command" TEXT, "type" TEXT,
        "bytes_processed" INT8, "bytes_total" INT8, "tuples_processed" INT8, "tuples_excluded" INT8,
    }
    12312 view "pg_stat_progress_create_index" {
        "pid" INT4, "datid" OID, "datname" NAME, "relid" OID, "index_relid" OID, "command" TEXT, "phase" TEXT,
        "lockers_total" INT8, "lockers_done" INT8, "current_locker_pid" INT8, "blocks_total" INT8,
        "blocks_done" INT8, "tuples_total" INT8, "tuples_done" INT8, "partitions_total" INT8,
        "partitions_done" INT8,
    }
    12302 view "pg_stat_progress_vacuum" {
        "pid" INT4, "datid" OID, "datname" NAME, "relid" OID, "phase" TEXT, "heap_blks_total" INT8,
        "heap_blks_scanned" INT8, "heap_blks_vacuumed" INT8, "index_vacuum_count" INT8,
        "max_dead_tuples" INT8, "num_dead_tuples" INT8,
    }
}
